"""The terms of the Generalized Information Bottleneck as the number of input features grows: values, known truth and cost."""

import json
import math
import os
import resource
import statistics

import numpy as np
from bit_functions import MAJORITY, PARITY, all_patterns, code, drawn_patterns
from experiment import read_text, replace_text

# Rows and columns of the grid whose cells are the features.
GRIDS = {5: (5, 1), 9: (3, 3), 16: (4, 4), 49: (7, 7), 100: (10, 10), 196: (14, 14), 400: (20, 20), 784: (28, 28)}
BINNINGS = ("width:30@unit", "quantile:2@unit")
TARGETS = ("label", "pmi-label")


def features(images, count):
    """float32 [n, count], from 0 to 1: the means of a grid's cells where GRIDS has one, else all values of the images.

    Images with fewer values than that are repeated, value by value: such features serve the measurement of cost alone.
    """
    if count in GRIDS:
        return images.area_means(*GRIDS[count])
    values = images.pixels.reshape(len(images.pixels), -1) / np.float32(255)
    return np.repeat(values, math.ceil(count / values.shape[1]), axis=1)[:, :count]


def terms(rows):
    """The exported rows as (split, input binning, reduction, target) → quantity → row, for the GIB's quantities."""
    found = {}
    for row in rows:
        if row["target"]:
            parameters = dict(part.split("=", 1) for part in row["parameters"].split(";"))
            key = row["split"], parameters["input"], parameters.get("reduce", ""), row["target"]
            found.setdefault(key, {})[row["quantity"]] = row
    return found


class Terms:
    """The values of one cell and target, in bits."""

    def __init__(self, rows):
        self.complexity, self.together, self.single, self.remaining, self.interaction = (
            rows[name]["value"] for name in (
                "GIB complexity", "I(X;Q)", "mean I(X_i;Q)", "mean I(X_-i;Q)", "average interaction information"))
        self.error = rows["average interaction information"]["standard_error"]
        self.flags = (rows["GIB complexity"]["flags"] or "").split("|")
        self.is_saturated = "saturated-inputs" in self.flags


def write_archive(path, splits, layer):
    """splits: name → (inputs [n, N], labels [n], layer [n, units])."""
    import infoplane

    if os.path.exists(path):
        os.remove(path)
    with infoplane.Recorder(path, splits={name: part[:2] for name, part in splits.items()}, kinds={layer: "logits"}) as recorder:
        recorder.record_arrays(0, {name: {layer: part[2]} for name, part in splits.items()})


def of_images(experiment, images, logits, source, count, reductions, scale=1):
    """Terms of the images with so many features: (split, input binning, reduction, target) → Terms.

    The split "shuffled" has the same inputs with the labels of other samples: the truth of all its terms is 0.
    source: settings by which images and logits were made. scale: what the features, from 0 to 1, are multiplied by; where it is so
    large that a kernel finds no two images alike, infoplane refuses the reduction, and its terms are missing.
    """
    shuffled = np.random.default_rng(1).permutation(len(images.labels))
    inputs = features(images, count) * np.float32(scale)
    name = f"images-{count}" + (f"-by-{scale}" if scale != 1 else "")
    archive = experiment.make(
        name, [source, count, scale], lambda path: write_archive(path, {
            "train": (inputs, images.labels, logits), "shuffled": (inputs, images.labels[shuffled], logits)}, "logits"))
    for binning in BINNINGS:
        for reduction in reductions:
            experiment.analyze(
                archive, "--binning", "argmax", "--input-binning", binning, *(f"--target={target}" for target in TARGETS),
                *(["--reduce-inputs", reduction] if reduction else []), may_fail=scale != 1)
    asked = {reduction or "" for reduction in reductions}
    return {key: Terms(rows) for key, rows in terms(experiment.rows(f"{name}.results.h5")).items() if key[2] in asked}


def of_bits(experiment, function, count, samples):
    """Terms of a function of three of so many bits; all patterns where samples is None, else so many drawn ones."""
    bits = all_patterns(count) if samples is None else drawn_patterns(count, samples, seed=count)
    labels = function.labels(bits)
    name = f"{function.name}-{count}-{'all' if samples is None else samples}"
    archive = experiment.make(name, [count, samples], lambda path: write_archive(
        path, {"train": (bits, labels, labels[:, None].astype(np.float32))}, "label"))
    results = experiment.analyze(archive, "--binning", "exact", "--target", "label")
    return Terms(next(iter(terms(experiment.rows(results)).values())))


def of_code(experiment, scale, reduction):
    """Terms of the parity of three bits within 784 features of ten bits (bit_functions.code); reduction: of --reduce-inputs."""
    copies = experiment.settings["copies"]
    inputs = code(784, scale, copies)
    labels = (inputs[:, :3] < 0).sum(1) % 2
    archive = experiment.make(f"code-{scale:g}", [784, scale, copies], lambda path: write_archive(
        path, {"train": (inputs, labels, labels[:, None].astype(np.float32))}, "label"))
    experiment.analyze(
        archive, "--binning", "exact", "--target", "label", *(["--reduce-inputs", reduction] if reduction else []))
    return Terms(terms(experiment.rows(f"code-{scale:g}.results.h5"))["train", "width:30@unit", reduction, "label"])


FUNCTIONS = (PARITY, MAJORITY)


class Cost:
    """Seconds of analyzing one record with so many features: without the GIB, with it, and with it after kernel PCA.

    All by --jobs 1 and all defaults: three targets with error bars and shuffled weights. processor: user and system time of the
    program, which other work on the machine stretches less than the time on the clock. Medians over the repeats.
    """

    def __init__(self, runs):
        median = {kind: [statistics.median(run[place] for run in runs if run[0] == kind) for place in (1, 2)]
                  for kind in {run[0] for run in runs}}
        self.clock_terms = median["gib"][0] - median["none"][0]
        self.terms = median["gib"][1] - median["none"][1]
        self.without = median["none"][1]
        self.reduced = median["kpca"][1] - median["none"][1] if "kpca" in median else None


def costs(experiment, images, counts, repeats):
    """Features → Cost. What was measured once is kept in costs.json: times are no part of what a second run computes."""
    path = experiment.path("costs.json")
    settings = [counts, repeats, len(images.labels)]
    kept = json.loads(read_text(path) or "{}")
    if kept.get("settings") != settings:
        kept = {"settings": settings, "runs": []}
        # The repeats go round all numbers of features, so that a busy minute of the machine falls on all of them.
        for _ in range(repeats):
            for count in counts:
                inputs = features(images, count)
                archive = experiment.make(f"cost-{count}", [count, len(inputs)], lambda path, inputs=inputs: write_archive(
                    path, {"train": (inputs, images.labels, np.eye(10, dtype=np.float32)[images.labels])}, "label"))
                most = max(experiment.settings["components"])
                kinds = {"none": ["--no-gib"], "gib": []}
                if most <= count:
                    kinds["kpca"] = ["--reduce-inputs", f"kpca:{most}"]
                for kind, options in kinds.items():
                    kept["runs"].append([count, kind, *_seconds(experiment, archive, options)])
        replace_text(path, json.dumps(kept))
    return {count: Cost([run[1:] for run in kept["runs"] if run[0] == count]) for count in counts}


def _seconds(experiment, archive, options):
    """Time on the clock and of the processor, for an analysis that finds nothing done."""
    results = experiment.path("cost.results.h5")
    if os.path.exists(results):
        os.remove(results)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    summary = json.loads(experiment.infoplane(
        "analyze", archive, "-o", results, "--binning", "argmax", "--jobs", 1, "--json", *options))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return summary["seconds"], after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Exponent:
    """The slope of log seconds over log features by least squares, with its 95% interval by Student's t.

    None for all three where there are fewer than three points, or a time too short to be measured.
    """

    def __init__(self, counts, seconds):
        from scipy import stats

        self.value = self.low = self.high = None
        self.count = len(counts)
        if self.count < 3 or min(seconds) <= 0:
            return
        fit = stats.linregress(np.log(counts), np.log(seconds))
        half = stats.t.ppf(0.975, len(counts) - 2) * fit.stderr
        self.value, self.low, self.high = fit.slope, fit.slope - half, fit.slope + half

    @property
    def is_linear(self):
        """The interval lies within 0.8 and 1.2; False where it lies outside, None where it holds both."""
        if self.value is None:
            return None
        return True if self.low > 0.8 and self.high < 1.2 else False if self.low > 1.2 or self.high < 0.8 else None

    def __str__(self):
        if self.value is None:
            return "too short to be measured"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}], {self.count} numbers of features"

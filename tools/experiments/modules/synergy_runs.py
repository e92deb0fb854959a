"""Networks trained on Boolean functions and on small images, and what is measured of each: synergy, influence, noise, gap."""

import dataclasses
import hashlib
import itertools
import os
import re

import boolean_functions
import h5py
import numpy as np
from experiment import CannotRun, read_text, replace_text
from infoplane import Recorder
from strata import Correlation

STEPS, BATCH = 4000, 64
FLIP = 0.1
FITTED = 0.99
_PREDICTION = ("--layer", "logits", "--binning", "argmax", "--no-error-bars", "--keep", "none")


@dataclasses.dataclass
class Network:
    """What is trained: the hidden layers all have this width; see `networks`."""

    task: str
    size: int
    width: int
    depth: int
    seed: int
    activation: str = "relu"

    @property
    def architecture(self):
        return f"{self.depth} × {self.width} {self.activation}"

    @property
    def name(self):
        return f"{file_name(self.task)}-{self.size}-{self.activation}-{self.depth}x{self.width}-{self.seed}"

    def arguments(self, samples):
        """Of infoplane record: the same number of steps for every size."""
        return [
            "--hidden", ",".join([str(self.width)] * self.depth), "--activation", self.activation, "--batch-size", BATCH,
            "--epochs", round(STEPS * BATCH / self.size), "--schedule", "log:6", "--train-share", self.size / samples,
            "--seed", self.seed]


@dataclasses.dataclass(kw_only=True)
class Run(Network):
    """A trained network. Interaction informations (synergies) are in bits; where not said otherwise, of the last record.

    first_synergy: before training; task_synergy: of the label instead of the prediction; flags: how many terms carry one.
    Of Boolean functions only: influence, the mean over the bits, worst_influence, the largest, and deviation, the largest
    |I(X;Q) − mean I(X_-i;Q) − mean influence| over all records. Of images only: finer_synergy, with finer input bins.
    """

    results: str
    train_accuracy: float
    test_accuracy: float
    synergy: float
    first_synergy: float
    task_synergy: float
    sensitivity: float
    flags: int
    influence: float = None
    worst_influence: float = None
    deviation: float = None
    finer_synergy: float = None

    @property
    def gap(self):
        return self.train_accuracy - self.test_accuracy

    @property
    def growth(self):
        return self.synergy - self.first_synergy

    @property
    def distance(self):
        return abs(self.synergy - self.task_synergy)


def networks(shapes, tasks, sizes, seeds):
    """All networks of all tasks and sizes; shapes: their widths, depths and activations. No two of a task share a seed."""
    for task, size in itertools.product(tasks, sizes):
        of_task = itertools.product(shapes["widths"], shapes["depths"], shapes["activations"], range(seeds))
        for seed, (width, depth, activation, _) in enumerate(of_task, 1):
            yield Network(task, size, width, depth, seed, activation)


@dataclasses.dataclass
class Source:
    """What to record from, as infoplane record names it, with its number of samples and what its file holds."""

    arguments: tuple
    samples: int
    digest: str = None


def boolean_run(experiment, network, source):
    """Trains on some patterns and analyzes the prediction on all of them."""
    arguments = [*source.arguments, *map(str, network.arguments(source.samples))]
    title = f"{network.task}, {network.size} samples, {network.architecture}, seed {network.seed}"

    def write(partial):
        trained = partial.replace(".partial.h5", ".trained.h5")
        experiment.infoplane("record", *arguments, "--overwrite", "-o", os.path.basename(trained))
        join(trained, partial, title)
        os.remove(trained)

    archive = experiment.make(network.name, {"record": arguments, "table": source.digest}, write)
    results = experiment.analyze(archive, *_PREDICTION, "--target", "latent", "--target", "label")
    with h5py.File(experiment.path(archive)) as file:
        inputs, logits = file["splits/all/inputs"][:], file["splits/all/layers/logits"][:]
        tables = [boolean_functions.table_of(inputs, record.argmax(1)) for record in logits]
        influences = [boolean_functions.influences(record) for record in tables]
        terms = Terms(experiment, results)
        deviations = [
            abs(terms.at(epoch, "I(X;Q)") - terms.at(epoch, "mean I(X_-i;Q)") - influence.mean())
            for epoch, influence in zip(file["epoch"][:].tolist(), influences)]
        return Run(
            **_common(network, results, file, terms),
            sensitivity=boolean_functions.noise_sensitivity(tables[-1], FLIP),
            influence=float(influences[-1].mean()), worst_influence=float(influences[-1].max()), deviation=max(deviations))


def image_run(experiment, network, source, epsilon):
    """Trains on area means of images and analyzes the prediction on the recorded test samples, plain and with noise."""
    arguments = [
        *source.arguments, *map(str, network.arguments(source.samples)), "--adversary", "noise", "--epsilon", str(epsilon),
        "--adversary-of", "test"]

    def write(partial):
        trained = os.path.basename(partial).replace(".partial.h5", ".trained.h5")
        experiment.infoplane("record", *arguments, "--overwrite", "-o", trained)
        kept = os.path.basename(partial)
        experiment.infoplane("subset", trained, "--layers", "logits", "--splits", "test,test-noise", "-o", kept)
        os.remove(experiment.path(trained))

    archive = experiment.make(network.name, {"record": arguments, "table": source.digest}, write)
    options = [*_PREDICTION, "--split", "test", "--target", "latent", "--target", "label", "--input-binning"]
    results = experiment.analyze(archive, *options, "quantile:2@unit")
    finer = experiment.analyze(archive, *options, "quantile:3@unit", results=archive.replace(".h5", ".finer.results.h5"))
    with h5py.File(experiment.path(archive)) as file:
        predictions = [file[f"splits/{split}/layers/logits"][-1].argmax(1) for split in ("test", "test-noise")]
        return Run(
            **_common(network, results, file, Terms(experiment, results)),
            sensitivity=float((predictions[0] != predictions[1]).mean()),
            finer_synergy=Terms(experiment, finer).last("average interaction information"))


def _common(network, results, file, terms):
    metrics = {name: float(file[f"metrics/{name}"][-1]) for name in ("train_accuracy", "test_accuracy")}
    return dict(
        **dataclasses.asdict(network), **metrics, results=results, synergy=terms.last("average interaction information"),
        first_synergy=terms.at(0, "average interaction information"),
        task_synergy=terms.last("average interaction information", "label"), flags=terms.flags())


def grouped(runs, *names):
    """The runs by these attributes, in their order."""
    groups = {}
    for run in runs:
        groups.setdefault(tuple(getattr(run, name) for name in names), []).append(run)
    return groups


def column(runs, name):
    return [getattr(run, name) for run in runs]


def correlated(runs, x, y, given=(), by=("task", "size")):
    """The rank correlation of two attributes within every stratum, given others; of words, their being each of them."""
    def columns(group, name):
        values = column(group, name)
        if not isinstance(values[0], str):
            return [values]
        return [[int(value == word) for value in values] for word in sorted(set(values))]

    return {
        stratum: Correlation(column(group, x), column(group, y), [one for name in given for one in columns(group, name)])
        for stratum, group in grouped(runs, *by).items()}


class Terms:
    """The measurements of the prediction in a results file, by epoch, quantity and target."""

    def __init__(self, experiment, results):
        self._rows = {
            (row["epoch"], row["quantity"], row["target"] or ""): row for row in experiment.rows(results, layer="logits")}
        self._last = max(epoch for epoch, _, _ in self._rows)

    def at(self, epoch, quantity, target="latent"):
        return self._rows[epoch, quantity, target]["value"]

    def last(self, quantity, target="latent"):
        return self.at(self._last, quantity, target)

    def flags(self):
        """How many terms of the last record carry a flag."""
        return sum(bool(row["flags"]) for (epoch, _, target), row in self._rows.items()
                   if epoch == self._last and target == "latent")


def join(trained, path, title):
    """Writes the predictions of an archive's splits train and test as one split `all`, in the order of the data set."""
    if os.path.exists(path):
        os.remove(path)
    with h5py.File(trained) as file:
        splits = [file["splits/train"], file["splits/test"]]
        ids = np.concatenate([split["sample_ids"][:] for split in splits])
        order = np.argsort(ids)
        if len(set(ids)) != len(ids):
            raise CannotRun(f"{trained}: the splits train and test share samples. Record it again.")
        inputs, labels = (np.concatenate([split[name][:] for split in splits])[order] for name in ("inputs", "labels"))
        with Recorder(
                path, splits={"all": (inputs, labels)}, title=title, sample_ids={"all": ids[order]}, kinds={"logits": "logits"},
                class_names=list(splits[0]["labels"].attrs["class_names"]), deflate=1) as recorder:
            for record, epoch in enumerate(file["epoch"][:].tolist()):
                logits = np.concatenate([split["layers/logits"][record] for split in splits])[order]
                metrics = {name: float(values[record]) for name, values in file["metrics"].items()}
                recorder.record_arrays(epoch, {"logits": logits}, **metrics)


def table_source(experiment, task, table):
    """The CSV file of a Boolean function."""
    rows = np.column_stack([boolean_functions.patterns(), table]).tolist()
    return _file_source(experiment, task, [",".join(map(str, row)) for row in rows])


def images_source(experiment, images, side):
    """A CSV file of images as means over side × side cells, from 0 to 1."""
    rows = zip(images.area_means(side, side).tolist(), images.labels.tolist())
    return _file_source(experiment, f"images-{side}x{side}", [
        ",".join([*(f"{value:.4f}" for value in row), str(label)]) for row, label in rows])


def _file_source(experiment, name, lines):
    """Writes the file where it is not there."""
    name = file_name(name) + ".csv"
    text = "\n".join(lines) + "\n"
    if read_text(experiment.path(name)) != text:
        replace_text(experiment.path(name), text)
    return Source(("csv", name), len(lines), hashlib.sha256(text.encode()).hexdigest())


def file_name(text):
    """A name without what file names should not have."""
    return re.sub("[^A-Za-z0-9]+", "-", text)

"""What the study of the input dimension found: claims and tables."""

import os
import platform

from bit_functions import PARITY
from input_dimension import BINNINGS, FUNCTIONS, GRIDS, Exponent, costs, of_bits, of_code, of_images

FINE, MEDIAN = BINNINGS
BIT_SAMPLES = 4096
FLAG = "saturated-inputs"

RULES = """Cost is linear where the 95% interval of the exponent lies within 0.8 and 1.2, and is not where it lies outside; C is
the half sum where it is within 1% of it for all N from 49 on; kernel PCA leaves inputs that can be read where no complexity is
flagged `saturated-inputs`; a known value is found where all values are within 10% of it; interaction information is kept where
every comparison of which neither side is saturated has between 90% and 110% of N times the average interaction information, less
that of shuffled labels; image features are synergistic where the average interaction information is above that of shuffled labels
by two standard errors for all N that are not saturated, and are not where it is below by two for all."""


KERNELS = ["kpca:8", "kpca:8@linear"]
SCALES = (1, 32, 255)


def steps(settings):
    """How many archives and analyses `study` makes."""
    images = sum(1 + len(BINNINGS) * (1 + sum(components <= count for components in settings["components"]))
                 for count in settings["features"])
    scales = len(SCALES) * (1 + len(BINNINGS) * len(KERNELS))
    bits = 2 * len(FUNCTIONS) * sum(2 if count <= 12 else 1 for count in settings["bits"])
    codes = 2 * 2 * 3
    return images + scales + bits + codes + len(settings["cost"]) * settings["repeats"]


def study(experiment, findings, images, logits, source):
    """Measures all cells and says what they tell. images: the samples; logits: the network's; source: how both were made."""
    settings = experiment.settings
    counts = [count for count in settings["features"] if count in GRIDS or count <= images.pixels[0].size]

    def reductions(count):
        return [None, *(f"kpca:{components}" for components in settings["components"] if components <= count)]

    cells = dict(zip(counts, experiment.each(
        counts, lambda count: of_images(experiment, images, logits, source, count, reductions(count)))))
    _saturation(findings, cells, len(images.labels))
    _known_truth(experiment, findings)
    _kept(experiment, findings, cells, source["data"])
    _signs(findings, cells)
    _image_terms(findings, cells, len(images.labels))
    _scales(findings, {scale: of_images(experiment, images, logits, source, counts[-1], KERNELS, scale)
                       for scale in SCALES}, counts[-1])
    _cost(experiment, findings, images)


def _saturation(findings, cells, samples):
    halves = {
        (count, target): abs(terms.complexity / ((terms.single + terms.together) / 2) - 1)
        for count in cells if count >= 49 for (split, binning, reduction, target), terms in cells[count].items()
        if split == "train" and not reduction and binning == FINE}
    findings.claim(
        "On raw images C is half the mean single term plus half I(X;Q): it says nothing of synergy",
        max(halves.values()) < 0.01 if halves else None,
        f"N from 49 on, 30 bins, both targets: at most {100 * max(halves.values()):.2g}% apart in {len(halves)} values"
        if halves else "no N from 49 on")
    flagged = [terms.is_saturated for found in cells.values() for (split, _, reduction, _), terms in found.items()
               if split == "train" and reduction == "kpca:50"]
    findings.claim(
        "Kernel PCA to 50 components leaves inputs that are not saturated", not any(flagged) if flagged else None,
        f"{sum(flagged)} of {len(flagged)} complexities of the images are flagged {FLAG} (30 bins and 2 bins, n = {samples})")


def _known_truth(experiment, findings):
    bits = {(function, count, samples): of_bits(experiment, function, count, samples)
            for function in FUNCTIONS for count in experiment.settings["bits"]
            for samples in ([None, BIT_SAMPLES] if count <= 12 else [BIT_SAMPLES])}
    drawn = [key for key in bits if key[2]]
    for words, keys in {
            "Of all patterns of bits, the known interaction information is found": [key for key in bits if not key[2]],
            f"Of {BIT_SAMPLES} drawn patterns, the known interaction information is found at every N": drawn,
            f"Of {BIT_SAMPLES} drawn patterns, it is found where {FLAG} is not flagged": [
                key for key in drawn if not bits[key].is_saturated]}.items():
        ratios = [bits[key].interaction / key[0].interaction(key[1]) for key in keys]
        findings.claim(
            words, all(0.9 <= ratio <= 1.1 for ratio in ratios) if ratios else None,
            f"{min(ratios):.0%} to {max(ratios):.0%} of the truth in {len(ratios)} cases" if ratios else "no case")
    findings.section(
        "Known truth: functions of three of N bits", f"""Bits. All patterns once, or {BIT_SAMPLES} drawn ones. The truth is
        (3/N)·(1 − I of one bit − I of two bits): an average over the features falls as 1/N however synergistic the function is,
        so that N times it is what can be compared among N. Where X_-i is unique the estimate is −mean I(X_i;Q), whatever the
        truth.""",
        ["function", "N", "samples", "truth", "found", "N · truth", "N · found", "flag"], [
            [function.name, count, samples or "all", f"{function.interaction(count):.4f}", f"{terms.interaction:.4f}",
             f"{count * function.interaction(count):.3f}", f"{count * terms.interaction:.3f}", FLAG if terms.is_saturated else ""]
            for (function, count, samples), terms in bits.items()])


class Kept:
    """How much interaction information a reduction keeps: N times the average, less that of shuffled labels where there is one.

    before, after: pairs of Terms, of the labels and of the shuffled labels or None. share: None where a side is saturated.
    """

    def __init__(self, name, count, binning, reduction, before, after):
        self.name, self.count, self.binning, self.reduction = name, count, binning, reduction
        components = int(reduction.removeprefix("kpca:").split("@")[0])
        self.before = count * _beyond(before, "interaction")
        self.after = components * _beyond(after, "interaction")
        information = _beyond(before, "together")
        self.information = _beyond(after, "together") / information if information else 0
        is_saturated = before[0].is_saturated or after[0].is_saturated
        self.share = None if is_saturated or self.before == 0 else self.after / self.before

    @property
    def is_kept(self):
        return None if self.share is None else 0.9 <= self.share <= 1.1

    def cells(self):
        """The comparison as texts, where there is a share."""
        return [self.name, self.count, self.binning, self.reduction, f"{self.before:+.2f}", f"{self.after:+.2f}",
                f"{self.share:.0%}", f"{self.information:.0%}"]


def _beyond(pair, name):
    terms, null = pair
    return getattr(terms, name) - (getattr(null, name) if null else 0)


def _kept(experiment, findings, cells, data):
    most = max(experiment.settings["components"])
    codes = {(scale, reduction): of_code(experiment, scale, reduction)
             for scale in (4, 0.25) for reduction in ("", f"kpca:{most}@linear", f"kpca:{most}")}
    comparisons = [
        Kept(f"code, scale {scale:g}", 784, FINE, reduction, (codes[scale, ""], None), (terms, None))
        for (scale, reduction), terms in codes.items() if reduction]
    for count, found in cells.items():
        comparisons += [
            Kept(data, count, binning, reduction, *(
                tuple(found[split, binning, inputs, target] for split in ("train", "shuffled")) for inputs in ("", reduction)))
            for one, binning, reduction, target in found if one == "train" and reduction and target == "label"]
    for words, chosen in {
            "Kernel PCA keeps the interaction information": comparisons,
            "Kernel PCA to 50 components keeps the interaction information of images": [
                one for one in comparisons if one.reduction == "kpca:50" and one.name == data]}.items():
        decided = [one.is_kept for one in chosen if one.is_kept is not None]
        findings.claim(
            words, all(decided) if decided else None,
            f"kept in {sum(decided)} of {len(decided)} comparisons; {len(chosen) - len(decided)} more have a saturated side")
    shown = [one.cells() for one in comparisons if one.share is not None]
    findings.section(
        "What kernel PCA keeps", f"""N times the average interaction information in bits, before and after, for images less that
        of shuffled labels; the {len(comparisons) - len(shown)} comparisons that have a saturated side are left out. `code`:
        {PARITY.name} of three bits within 784 features of ten bits, of which it is known that N times the interaction information
        is 3 bits; with scale 4 the three have the largest variance, with 0.25 the smallest. Kernel PCA keeps what varies most,
        which need not be what Y depends on; and the interaction information belongs to the coordinates, so that a mere rotation
        changes it. Kept I(X;Q): the share of I(X;Q), for images less that of shuffled labels; the components are made before the
        features are cut into bins, so that it may exceed 100%.""",
        ["data", "N", "binning", "inputs", "before", "after", "kept", "kept I(X;Q)"], shown)


def _signs(findings, cells):
    signs = {}
    for count, found in cells.items():
        for binning in BINNINGS:
            terms, null = (found[split, binning, "", "label"] for split in ("train", "shuffled"))
            if not terms.is_saturated:
                signs[count, binning] = (terms.interaction - null.interaction) / (terms.error**2 + null.error**2) ** 0.5
    findings.claim(
        "Features of images are synergistic: their average interaction information is above 0",
        True if signs and min(signs.values()) > 2 else False if signs and max(signs.values()) < -2 else None,
        "above that of shuffled labels, in standard errors: " + (
            ", ".join(f"{value:+.0f} (N = {count}, {binning})" for (count, binning), value in signs.items())
            or "all are saturated"))


def _image_terms(findings, cells, samples):
    grids = ", ".join(f"{GRIDS[count][0]} × {GRIDS[count][1]}" for count in cells if count in GRIDS)
    rows = []
    for count, found in cells.items():
        for (split, binning, reduction, target), terms in found.items():
            if split == "train" and target == "label":
                rows.append([
                    count, reduction or "raw", binning, *(f"{value:.3f}" for value in (
                        terms.together, terms.single, terms.remaining, terms.complexity)), f"{terms.interaction:+.3f}",
                    f"{found['shuffled', binning, reduction, target].interaction:+.3f}", FLAG if terms.is_saturated else ""])
    findings.section(
        "Images: the terms by the number of features", f"""Bits, target `label` (Q = Y, so that no network is within), n =
        {samples}. Features are the means of the cells of a grid of N cells ({grids}), from 0 to 1. Interaction: the average
        interaction information; beside it that of the same inputs with shuffled labels, whose truth is 0: what stands there is
        bias.""",
        ["N", "inputs", "binning", "I(X;Q)", "mean I(X_i;Q)", "mean I(X_-i;Q)", "C", "interaction", "shuffled labels", "flag"],
        sorted(rows, key=lambda row: (row[0], row[2], row[1] != "raw", len(row[1]), row[1])))


def _scales(findings, found, count):
    findings.section(
        "The scale of the inputs decides what kernel PCA keeps", f"""N = {count}, target `label`, each component cut at its
        median, bits. The default kernel is rbf with γ = 1/N, which expects features of about unit scale: images of larger numbers
        are all far from each other, and components tell the less of the labels, the closer the two columns are. `narrow-kernel`: an
        image is more like itself than like all others together. Refused: infoplane finds no two images alike.""",
        ["features", "inputs", "I(X;Q)", "with shuffled labels", "flag"], [
            [f"0 to {scale}", reduction, *_scaled(terms, reduction)] for scale, terms in found.items() for reduction in KERNELS])


def _scaled(terms, reduction):
    both = [terms.get((split, MEDIAN, reduction, "label")) for split in ("train", "shuffled")]
    if None in both:
        return ["–", "–", "refused"]
    return [*(f"{found.together:.3f}" for found in both), "narrow-kernel" if "narrow-kernel" in both[0].flags else ""]


def _cost(experiment, findings, images):
    settings = experiment.settings
    cost = costs(experiment, images, settings["cost"], settings["repeats"])
    large = [count for count in cost if count >= 100] if len(cost) > 3 else list(cost)
    exponent = Exponent(large, [cost[count].terms for count in large])
    findings.claim(
        "The cost of the 2N + 1 terms grows linearly with N", exponent.is_linear,
        f"processor time ∝ N^a, a = {exponent}, N = {large[0]} to {large[-1]}")
    findings.section(
        "Cost", f"""Milliseconds on this machine ({_machine()}) for one record, n = {len(images.labels)}, with all targets and
        error bars of the defaults, one job; medians of {settings["repeats"]} runs. 2N + 1 terms: the time with them less that
        without GIB, of the processor, and on the clock (other work may have run beside). Where the images have fewer values than
        N, they are repeated.""",
        ["N", "without GIB", "2N + 1 terms", "2N + 1 terms, clock", f"with kpca:{max(settings['components'])}, itself within"], [
            [count, *(f"{1000 * value:.0f}" if value is not None else "–" for value in (
                one.without, one.terms, one.clock_terms, one.reduced if count >= max(settings["components"]) else None))]
            for count, one in cost.items()])


def _machine():
    """The processor's name where the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores"

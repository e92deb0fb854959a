"""A recording under every estimator of infoplane analyze."""

import math

from agreement import cells_of

CORRECTIONS = ["miller-madow", "chao-shen", "grassberger", "jackknife", "shrinkage", "nsb"]
OF_VALUES = [
    "saxe-upper-0.001", "saxe-lower-0.001", "saxe-upper-0.1", "saxe-lower-0.1", "ksg1:k=3", "ross:k=3", "gaussian-copula",
    "kozachenko-leonenko:k=3"]
BINNINGS = ["width:30@run", "width:4@run"]
IB, LABEL, ENTROPY = "I(X;Z)", "I(Z;Y)", "h(Z)"
COPULA = "gaussian-copula"
METHODS = [*(f"{estimator} {binning}" for binning in BINNINGS for estimator in ["plug-in", *CORRECTIONS]),
           "plug-in exact", *OF_VALUES]
# One of each kind of estimator, for tables of pairs.
KINDS = {
    IB: [f"plug-in {BINNINGS[0]}", f"plug-in {BINNINGS[1]}", "saxe-upper-0.001", "saxe-upper-0.1", "ksg1:k=3", COPULA],
    LABEL: [f"plug-in {BINNINGS[0]}", f"plug-in {BINNINGS[1]}", "saxe-upper-0.001", "saxe-upper-0.1", "ross:k=3", COPULA],
}


class Network:
    """What was recorded of one network: its layers, the split that is analyzed, the layer whose bits are shown, and the runs."""

    def __init__(self, layers, split, shown, activation=None, hidden=None):
        self.layers, self.split, self.shown, self.activation, self.hidden = layers, split, shown, activation, hidden
        self.runs = []


class Recording:
    """One run under every estimator."""

    def __init__(self, experiment, archive, network):
        settings = experiment.settings
        name = archive.removesuffix(".h5")
        common = ["--split", network.split, "--no-gib", "--keep", "none"]
        common += [word for layer in network.layers for word in ("--layer", layer)]
        if not network.activation:
            common += ["--reduce-inputs", settings["reduce"]]
        estimators = [word for estimator in ["plug-in", *CORRECTIONS, *OF_VALUES] for word in ("--estimator", estimator)]
        binnings = [word for binning in BINNINGS for word in ("--binning", binning)]
        everything = [*common, "--samples", settings["szt_samples"] if network.activation else "all"]
        # The results file keeps the reasons of the last analysis for what has no answer: the one of all estimators comes last.
        experiment.analyze(archive, *everything, "--estimator", "plug-in", "--binning", "exact")
        self.results = experiment.analyze(archive, *everything, *estimators, *binnings, may_fail=True)
        few = experiment.analyze(
            archive, *common, "--samples", settings["ksg2"], "--estimator", "ksg2:k=3", results=f"{name}.ksg2.results.h5",
            may_fail=True)
        rows = experiment.rows(self.results) + experiment.rows(few)
        self.rows = [row for row in rows if row["epoch"] is not None and row["quantity"] in (IB, LABEL, ENTROPY)]
        self.cells = cells_of(self.rows, experiment.verdicts(self.results, few), (IB, LABEL, ENTROPY))
        self.epochs = sorted({row["epoch"] for row in self.rows})
        self.accuracy = dict(zip(self.epochs, experiment.metrics(archive)["train_accuracy"], strict=True))
        self.label_entropy = next(row["value"] for row in rows if row["quantity"] == "H(Y)")
        self.samples = max(row["samples"] for row in rows)
        self.failures = failures(experiment.path(self.results)) + failures(experiment.path(few))

    def bound(self, quantity):
        """The most that there can be in bits: H(Y) of I(Z;Y); log2 n of I(X;Z), as n samples tell no more apart."""
        return self.label_entropy if quantity == LABEL else math.log2(self.samples)

    def measured(self, quantity, method, layer):
        """epoch → value of the records that are a measurement; empty where there is no answer."""
        cell = self.cells.get((quantity, method, layer))
        return cell.measured if cell else {}


def family(method):
    """All that count the same symbols together; every other method by itself."""
    _, separator, binning = method.partition(" ")
    return f"symbols of {binning}" if separator and binning in BINNINGS else method


def failures(path):
    """(layer, epoch, reason) of what has no answer."""
    import h5py

    with h5py.File(path) as file:
        group = file["failures"]
        return [(layer.decode(), int(epoch), reason.decode())
                for layer, epoch, reason in zip(group["layer"][:], group["epoch"][:], group["reason"][:])]

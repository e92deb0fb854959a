"""What one network of adversarial_training shows: one value per quantity, split and record, and how many of them say little."""

import dataclasses
import statistics

WEIGHTED = ["pmi-label", "pmi-soft", "pmi-erasure", "pmi-latent", "pmi-joint", "pmi-soft-joint"]
CONTROLS = ["label", "latent", "soft-label"]
TARGETS = WEIGHTED + CONTROLS
COMPLEXITY = "GIB complexity"
SHUFFLED = "GIB complexity (shuffled weights)"
# Those under which a value is not one of the network: a ceiling, or nothing.
SATURATED = {"saturated", "saturated-inputs", "constant"}
CLEAN, ATTACKED = "test", "test-pgd"


@dataclasses.dataclass(frozen=True)
class Convention:
    """How inputs and layers become symbols. inputs: options of infoplane analyze; records: as its --epochs."""

    name: str
    words: str
    inputs: tuple
    binnings: tuple
    records: str = "last"

    def analyze(self, experiment, archive, layers):
        return experiment.analyze(
            archive, *self.inputs, "--epochs", self.records, "--split", CLEAN, "--split", ATTACKED,
            *repeated("--binning", self.binnings), *repeated("--layer", layers), *repeated("--target", TARGETS),
            "--no-error-bars", "--permutations", 0, "--keep", "none",
            results=f"{archive.removesuffix('.h5')}.{self.name}.results.h5")


def repeated(option, values):
    return [word for value in values for word in (option, value)]


class Measures:
    """The measurements of one results file, of one binning.

    Several layers become one value by their mean: the rule of both pages. mean and flagged answer for a quantity such as
    "I(X;Z)", or a pair of "GIB complexity" and its target.
    """

    def __init__(self, rows, binning):
        self._cells = {}
        for row in rows:
            if row["layer"] is not None and row["discretization"] == binning:
                key = (_quantity(row), row["split"], row["epoch"])
                self._cells.setdefault(key, {})[row["layer"]] = (row["value"], set((row["flags"] or "").split("|")))

    @property
    def epochs(self):
        return sorted({epoch for _, _, epoch in self._cells})

    def mean(self, quantity, split=CLEAN, epoch=None, layer=None):
        """The mean over layers in bits, or one layer's value; None where there is none. epoch: None is the last one."""
        cells = self._of(quantity, split, epoch)
        if layer is not None:
            return cells[layer][0] if layer in cells else None
        return statistics.fmean(value for value, _ in cells.values()) if cells else None

    def flagged(self, quantity, split=CLEAN, epoch=None, flags=SATURATED):
        """How many of the layers' values carry one of the flags, and how many there are."""
        cells = self._of(quantity, split, epoch)
        return sum(bool(found & flags) for _, found in cells.values()), len(cells)

    def _of(self, quantity, split, epoch):
        return self._cells.get((quantity, split, self.epochs[-1] if epoch is None else epoch), {})


def _quantity(row):
    return (row["quantity"], row["target"]) if row["target"] is not None else row["quantity"]

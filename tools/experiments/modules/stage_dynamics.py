"""How the information of ResNet-20's stages moves during training, and at which binnings it can be read at all."""

import collections
import statistics

from input_dimension import BINNINGS
from over_runs import MeanOverRuns

# As the publication reduces inputs, with the defaults of analyze; and so few components and bins that X_{-i} is seldom unique.
PUBLISHED = ["--split", "train", "--reduce-inputs", "kpca:50", "--keep", "none"]
COARSE_BINNINGS = [
    *(f"width:{bins}@{over}" for over in ("run", "epoch") for bins in (2, 3, 5, 10)), "width:2@unit", "quantile:2@unit", "argmax"]
COARSE = ["--split", "train", "--reduce-inputs", "kpca:8", "--input-binning", BINNINGS[1], "--keep", "none",
          *(f"--binning={binning}" for binning in COARSE_BINNINGS)]
STAGES = ("stage1", "stage2", "stage3")
# Of an interval that is one of three.
STAGE_LEVEL = 1 - 0.05 / len(STAGES)
ANSWERS = ("compresses", "does not compress", "cannot be decided")
QUANTITIES = {"I(X;Z)": "", "I(Z;Y)": "", "C pmi-label": "pmi-label", "C pmi-soft": "pmi-soft"}


def why(reason):
    """In few words why `verdict` does not decide."""
    return ("the binnings disagree" if "disagree" in reason else "the intervals hold both" if "hold both" in reason
            else "saturated" if "saturated" in reason else "–")


def flags(row):
    return (row["flags"] or "").split("|")


class Dynamics:
    """What the coarse and the published analysis of all runs say. published, coarse: exported rows, one list per run."""

    def __init__(self, published, coarse, verdicts):
        self.published, self.coarse = published, coarse
        self.runs = len(coarse)
        self.layers = list(dict.fromkeys(row["layer"] for row in coarse[0] if row["layer"]))
        self._answers = collections.defaultdict(list)
        for said in verdicts:
            for one in said:
                name = f"C {one['target']}" if one["target"] else one["quantity"]
                self._answers[one["layer"], name].append(one)

    def answers(self, layer, quantity):
        """The verdicts of the runs."""
        return self._answers[layer, quantity]

    def holds(self, quantity):
        """True: falls at every stage in more than half of the runs. False: at one stage does not in more than half of them."""
        counts = [collections.Counter(one["answer"] for one in self.answers(stage, quantity)) for stage in STAGES]
        if all(count[ANSWERS[0]] > self.runs / 2 for count in counts):
            return True
        return False if any(count[ANSWERS[1]] > self.runs / 2 for count in counts) else None

    def figures(self, quantity):
        parts = []
        for stage in STAGES:
            said = self.answers(stage, quantity)
            methods = [method for one in said for method in one["methods"] if not method["exclusion"]]
            count = collections.Counter(one["answer"] for one in said)
            falls = sum(method["answer"] == ANSWERS[0] for method in methods)
            parts.append(
                f"{stage}: {count[ANSWERS[0]]} of {len(said)} runs fall, {count[ANSWERS[1]]} do not; {falls} of {len(methods)} "
                "binnings by themselves fall")
        return "; ".join(parts)

    def verdict_rows(self):
        rows = []
        for layer in self.layers:
            for quantity in QUANTITIES:
                said = self.answers(layer, quantity)
                used = [[method for method in one["methods"] if not method["exclusion"]] for one in said]
                methods = [method for of_run in used for method in of_run]
                falls = [statistics.median(method["fall"] for method in of_run) for of_run in used if of_run]
                by_run, by_method = (collections.Counter(one["answer"] for one in answers) for answers in (said, methods))
                rows.append([
                    layer, quantity, *(" / ".join(str(counts[answer]) for answer in ANSWERS) for counts in (by_run, by_method)),
                    f"{len(methods)}/{len(COARSE_BINNINGS) * self.runs}",
                    f"{sum('undersampled' in method['flags'] for method in methods)}",
                    f"{100 * statistics.fmean(falls):.0f}%" if falls else "–",
                    collections.Counter(why(one["reason"]) for one in said).most_common(1)[0][0]])
        return rows

    def usable_rows(self):
        """Binning × layer: the share of numbers H(Z) over records and runs that are not saturated."""
        shares = collections.defaultdict(list)
        for run in [*self.published, *self.coarse]:
            for row in run:
                if row["quantity"] == "H(Z)":
                    shares[row["discretization"], row["layer"]].append("saturated" not in flags(row))
        names = list(dict.fromkeys(name for name, _ in shares))
        return [[name, *(f"{100 * statistics.fmean(shares[name, layer]):.0f}%" for layer in self.layers)] for name in names]

    def default_usable(self, layer):
        """The share of numbers H(Z) of the default binnings that are not saturated."""
        return statistics.fmean("saturated" not in flags(row) for run in self.published for row in run
                                if row["quantity"] == "H(Z)" and row["layer"] == layer)

    def saturated_inputs(self):
        """(flagged, all): GIB complexities with the inputs as published."""
        found = ["saturated-inputs" in flags(row) for run in self.published for row in run if row["quantity"] == "GIB complexity"]
        return sum(found), len(found)

    def beside_control(self):
        """Of all saturated layers: by what share of the control `label` the complexity pmi-label differs from it."""
        apart = []
        for run in [*self.published, *self.coarse]:
            value = {}
            for row in run:
                if row["quantity"] == "GIB complexity":
                    value[row["layer"], row["epoch"], row["discretization"], row["target"]] = row
            for (layer, epoch, binning, target), row in value.items():
                if target == "pmi-label" and "saturated" in flags(row):
                    control = value[layer, epoch, binning, "label"]["value"]
                    apart.append(abs(row["value"] - control) / control)
        return apart

    def ends(self, layer, quantity):
        """Per run the values of the first and the last record, means over the binnings saturated at no record; and how many."""
        name, target = ("GIB complexity" if QUANTITIES[quantity] else quantity), QUANTITIES[quantity]
        found = []
        for run in self.coarse:
            series = collections.defaultdict(dict)
            for row in run:
                if row["layer"] == layer and row["quantity"] == name and (row["target"] or "") == target:
                    series[row["discretization"]][row["epoch"]] = row
            kept = [records for records in series.values()
                    if not any({"saturated", "saturated-inputs"} & set(flags(row)) for row in records.values())]
            if kept:
                first, last = (statistics.fmean(records[end(records)]["value"] for records in kept) for end in (min, max))
                found.append((first, last, len(kept)))
        return found

    def change(self, layer, quantity, level=0.95):
        """The last record less the first, over the runs; None where every binning is saturated."""
        ends = self.ends(layer, quantity)
        return MeanOverRuns([last - first for first, last, _ in ends], level) if ends else None

    def is_lower(self, quantity):
        """True: below before training at every stage. False: above it at one. By intervals corrected for the three stages."""
        changes = [self.change(stage, quantity, STAGE_LEVEL) for stage in STAGES]
        signs = [change.sign if change else 0 for change in changes]
        return True if set(signs) == {-1} else False if 1 in signs else None

    def change_rows(self):
        rows = []
        for layer in self.layers:
            for quantity in QUANTITIES:
                ends = self.ends(layer, quantity)
                if ends:
                    first, last, used = (statistics.fmean(values) for values in zip(*ends))
                    change = self.change(layer, quantity)
                    rows.append([layer, quantity, f"{first:.3f}", f"{last:.3f}", f"{change:+.3f}", f"{used:.1f}"])
        return rows

    def peaks(self, quantity):
        """The epochs at which the quantity is highest, over usable binnings, stages and runs."""
        return [method["peak_epoch"] for stage in STAGES for one in self.answers(stage, quantity) for method in one["methods"]
                if not method["exclusion"]]

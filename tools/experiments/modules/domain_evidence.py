"""What was measured of the Transformer: series over the steps and verdicts, by run, readout and choice of X."""

import collections

HEADLINE = "width:30@run"
# The choice of X of the claims: components cut at their medians, few enough that texts share patterns.
UNSATURATED = "8 components"
_REASONS = [
    ("the inputs are saturated", "X is saturated"), ("saturated at", "Z is saturated"),
    ("with shuffled weights", "shuffled weights fall, too"), ("not above that of shuffled", "I(Z;Y) is not above chance"),
    ("hold both", "intervals too wide"), ("disagree", "binnings disagree"), ("constant", "constant")]


class Evidence:
    """The headline's measurements of every run, readout and choice of X, and their verdicts."""

    def __init__(self, experiment, runs):
        self.runs = runs
        self.experiment = experiment
        self.inputs = list(dict.fromkeys(key[1] for run in runs for key in run.results if key != "whole"))
        self.seeds = [run for run in runs if run.kind == "labels"]
        self.shuffled = next(run for run in runs if run.kind == "shuffled")
        self.others = [run for run in runs if run.kind != "labels"]
        self.metrics = {run.name: experiment.metrics(run.archive) for run in runs}
        self.series, self.flags, self.answers, self.layers = {}, collections.Counter(), {}, {}
        places = [(run, key) for run in runs for key in run.results]
        for (run, key), (rows, verdicts) in zip(places, experiment.each(places, lambda place: self._read(*place))):
            self._take(run, key, rows)
            self.answers[run.name, key] = verdicts

    def _read(self, run, key):
        rows = self.experiment.rows(run.results[key], estimator="plug-in", discretization=HEADLINE)
        return rows, self.experiment.verdicts(run.results[key])

    def _take(self, run, key, rows):
        for row in rows:
            series = self.series.setdefault((run.name, key, row["split"], row["layer"], row["quantity"], row["target"]), {})
            if row["epoch"] in series:
                raise ValueError(f"{run.results[key]}: two rows of {row['quantity']} of {row['layer']} at {row['epoch']}.")
            series[row["epoch"]] = row
            self.layers.setdefault(run.kind, {})[row["layer"]] = row["order"]
            group = "GIB" if row["target"] else "IB"
            if row["quantity"] in ("I(X;Z)", "I(Z;Y)", "GIB complexity"):
                readout, inputs = key if isinstance(key, tuple) else (key, "")
                # IB terms stand in both files of a readout.
                if group == "GIB" or inputs in ("", UNSATURATED):
                    flags = (row["flags"] or "none").split("|")
                    place = (readout, row["quantity"] + (f", X: {inputs}" if group == "GIB" else ""))
                    self.flags.update([(*place, flag) for flag in flags] + [(*place, "all")])

    def names(self, kind="labels"):
        return sorted(self.layers[kind], key=self.layers[kind].get)

    def blocks(self):
        return [name for name in self.names() if name.startswith("block") and "-" not in name]

    def values(self, run, key, split, layer, quantity, target=None):
        """Steps and values; I(Z;Y) above the mean of shuffled labels."""
        series = self.series[run.name, key, split, layer, quantity, target]
        is_relevance = quantity == "I(Z;Y)"
        return [(step, series[step]["value"] - (series[step]["null_mean"] if is_relevance else 0)) for step in sorted(series)]

    def relevance(self, run, readout, split, layer):
        return self.values(run, (readout, UNSATURATED), split, layer, "I(Z;Y)")

    def counts(self, run, key, quantity, target=""):
        """How many layers have which answer on `train`, and why those have none."""
        own = [found for found in self.answers[run.name, key]
               if found["split"] == "train" and found["quantity"] == quantity and (found["target"] or "") == target]
        reasons = collections.Counter(
            next((words for part, words in _REASONS if part in found["reason"]), "other")
            for found in own if found["answer"] == "cannot be decided")
        return collections.Counter(found["answer"] for found in own), reasons, len(own)

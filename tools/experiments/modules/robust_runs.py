"""The runs of one task, and what their values say together of robustness: a run is the unit of all statistics."""

import collections
import dataclasses

from network_measures import CLEAN, SATURATED
from rank_correlation import RankCorrelation

# Beside what is measured of layers: what is known of the whole network.
PER_NETWORK = {"Fisher trace": "fisher_trace", "clean accuracy": "test_accuracy", "train loss": "train_loss"}
ROBUST = "test_pgd_accuracy"


@dataclasses.dataclass
class Run:
    """A network with its metrics (name → one value per record) and its measures under each convention."""

    network: object
    metrics: dict
    measures: dict
    results: str

    def last(self, metric):
        return self.metrics[metric][-1]


class Runs(list):
    """The runs of one task."""

    def column(self, value):
        return [value(run) for run in self]

    @property
    def robust(self):
        return self.column(lambda run: run.last(ROBUST))

    @property
    def accuracy(self):
        return self.column(lambda run: run.last("test_accuracy"))

    def values(self, quantity, split=CLEAN, convention="main", **where):
        if quantity in PER_NETWORK:
            return self.column(lambda run: run.last(PER_NETWORK[quantity]))
        return self.column(lambda run: run.measures[convention].mean(quantity, split, **where))

    def flagged(self, quantity, split=CLEAN, convention="main", flags=SATURATED):
        """The share of the values behind a correlation that carry one of the flags."""
        counts = self.column(lambda run: run.measures[convention].flagged(quantity, split, flags=flags))
        return sum(count for count, _ in counts) / max(1, sum(of for _, of in counts))

    def correlation(self, values, level):
        return RankCorrelation(values, self.robust, level)

    def beyond_accuracy(self, values, level):
        return RankCorrelation(values, self.robust, level, given=[self.accuracy])

    def within_kinds(self, values, level):
        # Held fixed are the mean ranks of the kinds: a column of 0 and 1 for each but one.
        kinds = sorted({run.network.kind for run in self})
        columns = [[float(run.network.kind == kind) for run in self] for kind in kinds[1:]]
        return RankCorrelation(values, self.robust, level, given=columns)


def decided(found, saturated):
    """A claim of falling: an interval wholly below 0 confirms, one wholly above refutes; saturated values decide nothing."""
    if found.sign is None or saturated > 0.5:
        return None
    return {-1: True, 1: False, 0: None}[found.sign]


def majority(found):
    """Of several claims: True where more than half hold and none is refuted, False where more than half are refuted."""
    answers = collections.Counter(found)
    if answers[True] > len(found) / 2 and not answers[False]:
        return True
    return False if answers[False] > len(found) / 2 else None


def counts(answers):
    true, false, none = (answers.count(answer) for answer in (True, False, None))
    return f"so in {true} of {len(answers)}, the contrary in {false}, undecided in {none}"

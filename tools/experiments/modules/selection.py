"""Choosing one record of many by a score, and how far the choice is from the best."""

import dataclasses
import statistics

# Scores are sums of bits that ought to be equal where networks are: rounding is far below, a difference of one sample far above.
_TIED = 1e-9


@dataclasses.dataclass(frozen=True)
class Record:
    """One candidate. accuracies: name → share of right answers of the network at that epoch."""

    kind: str
    epoch: int
    layer: str | None
    score: float
    accuracies: dict


class Choice:
    """The records with the highest score, all of them where several have it: what is asked of a choice is then its expectation
    where one of them is drawn, for no order of epochs or layers is the right one.

    best: name → the highest accuracy that any candidate has.
    """

    def __init__(self, records, best):
        highest = max(record.score for record in records)
        self.records = [record for record in records if record.score >= highest - _TIED]
        self._best = best

    @property
    def is_tied(self):
        """Whether networks of different accuracy are tied; two layers of one network are no tie."""
        return len({(record.kind, record.epoch) for record in self.records}) > 1

    def regret(self, name):
        """By how much the chosen accuracy is below the best."""
        return self._best[name] - statistics.fmean(record.accuracies[name] for record in self.records)

    def share(self, holds):
        """The chance that what is chosen is so."""
        return statistics.fmean(bool(holds(record)) for record in self.records)

    @property
    def epoch(self):
        return statistics.fmean(record.epoch for record in self.records)

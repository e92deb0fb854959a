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


class MeanInterval:
    """The mean of independent values and Student's interval of the given level; without an interval for fewer than three."""

    def __init__(self, values, level=0.95):
        from scipy import stats

        self.count = len(values)
        self.mean = statistics.fmean(values)
        self.low = self.high = None
        if self.count < 3:
            return
        half = float(stats.t.ppf((1 + level) / 2, self.count - 1)) * statistics.stdev(values) / self.count**0.5
        self.low, self.high = self.mean - half, self.mean + half

    @property
    def sign(self):
        """1 or −1 where the interval excludes 0, 0 where it does not, None where there is none."""
        if self.low is None:
            return None
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    def text(self, form="{:+.4f}"):
        mean = form.format(self.mean)
        return mean if self.low is None else f"{mean} [{form.format(self.low)}, {form.format(self.high)}]"

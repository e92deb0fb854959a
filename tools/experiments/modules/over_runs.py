"""What independent runs say together."""

import math
import statistics


class MeanOverRuns:
    """The mean of one value per run, with its Student interval at the given level; the runs are the unit, not layers or samples.

    No interval (infinite bounds) with fewer than two runs. Trust it less with few runs: it takes them for normal.
    """

    def __init__(self, values, level=0.95):
        from scipy import stats

        self.values = [float(value) for value in values]
        self.count = len(self.values)
        self.mean = statistics.fmean(self.values) if self.values else math.nan
        self.low, self.high = -math.inf, math.inf
        if self.count > 1:
            half = stats.t.ppf((1 + level) / 2, self.count - 1) * statistics.stdev(self.values) / math.sqrt(self.count)
            self.low, self.high = self.mean - half, self.mean + half

    def lies_within(self, margin):
        return -margin < self.low and self.high < margin

    @property
    def sign(self):
        """1 or −1 where the interval excludes 0, else 0."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    def __format__(self, places):
        places = places or ".3f"
        if self.count < 2:
            return f"{self.mean:{places}} (n = {self.count})"
        return f"{self.mean:{places}} [{self.low:{places}}, {self.high:{places}}]"

    def __str__(self):
        return format(self)

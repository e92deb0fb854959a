"""Rank correlation of what other quantities leave of it."""

import math
import statistics

from rank_correlation import RankCorrelation


class PartialRankCorrelation(RankCorrelation):
    """Spearman's ρ of x and y where the ranks of other quantities are held fixed, with an interval of the given level.

    The correlation of what a linear regression on the ranks of `given`, and on the means of `groups`, leaves of the ranks of x
    and y. given: lists as long as x; groups: the group of each pair, for a correlation within groups. Interval: that of
    RankCorrelation with as many pairs fewer as there are numbers held fixed (for Pearson's partial correlation that is
    Fisher's, Metron 3, 329, 1924; for ranks it is an approximation). Linear in ranks: what depends on `given` in another way
    is not wholly taken out. None where it leaves nothing of one side, or fewer than four pairs beside the numbers held fixed.
    """

    def __init__(self, x, y, given=(), groups=None, level=0.95):
        import numpy
        from scipy import stats

        columns = [x, y, *given]
        usable = [
            place for place, values in enumerate(zip(*columns, strict=True))
            if all(value is not None and math.isfinite(value) for value in values)]
        self.count = len(usable)
        self.rho = self.low = self.high = None
        names = sorted({groups[place] for place in usable}) if groups else [None]
        fixed = [[1.0 if groups is None or groups[place] == name else 0.0 for place in usable] for name in names]
        fixed += [stats.rankdata([column[place] for place in usable]) for column in given]
        free = self.count - (len(fixed) - 1)
        if free < 4:
            return
        matrix = numpy.array(fixed).T
        left = []
        for column in (x, y):
            ranks = stats.rankdata([column[place] for place in usable])
            left.append(ranks - matrix @ numpy.linalg.lstsq(matrix, ranks, rcond=None)[0])
        lengths = [float(numpy.linalg.norm(part)) for part in left]
        # Ranks are up to n, their rounding errors some n² times the precision: less than that is nothing.
        if min(lengths) < 1e-12 * self.count**2:
            return
        self.rho = float(left[0] @ left[1]) / (lengths[0] * lengths[1])
        inner = max(-1 + 1e-9, min(1 - 1e-9, self.rho))
        half = statistics.NormalDist().inv_cdf((1 + level) / 2) * math.sqrt((1 + inner**2 / 2) / (free - 3))
        self.low, self.high = math.tanh(math.atanh(inner) - half), math.tanh(math.atanh(inner) + half)

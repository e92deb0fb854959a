"""Rank correlation with its interval."""

import math
import statistics


class RankCorrelation:
    """Spearman's ρ of pairs, ties by mean ranks, with an interval of the given level.

    Interval: tanh(atanh ρ ± z·sqrt((1 + ρ²/2)/(n − 3))), Bonett and Wright, Psychometrika 65, 23 (2000), equation (7).
    Pairs must be independent: take one value per run, not one per layer or epoch. Few pairs (n < 10) give wide intervals,
    and the formula is asymptotic. None for all three where fewer than four pairs are finite or one side is constant.
    """

    def __init__(self, x, y, level=0.95):
        from scipy import stats

        pairs = [(a, b) for a, b in zip(x, y, strict=True) if a is not None and b is not None and math.isfinite(a) and math.isfinite(b)]
        self.count = len(pairs)
        self.rho = self.low = self.high = None
        if self.count < 4 or any(len(set(side)) == 1 for side in zip(*pairs)):
            return
        self.rho = float(stats.spearmanr(*zip(*pairs)).statistic)
        if abs(self.rho) >= 1 - 1e-12:
            self.rho = math.copysign(1.0, self.rho)
            # Every pair agrees: the formula's interval has no width there, so take that of one exchanged neighbour's ρ.
            inner = math.copysign(1 - 12 / (self.count**3 - self.count), self.rho)
        else:
            inner = self.rho
        half = statistics.NormalDist().inv_cdf((1 + level) / 2) * math.sqrt((1 + inner**2 / 2) / (self.count - 3))
        self.low = min(math.tanh(math.atanh(inner) - half), self.rho)
        self.high = max(math.tanh(math.atanh(inner) + half), self.rho)

    @property
    def sign(self):
        """1 or −1 where the interval excludes 0, 0 where it does not, None where there is no ρ."""
        if self.rho is None:
            return None
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    def __str__(self):
        if self.rho is None:
            return f"– (n = {self.count})"
        return f"{self.rho:+.2f} [{self.low:+.2f}, {self.high:+.2f}], n = {self.count}"

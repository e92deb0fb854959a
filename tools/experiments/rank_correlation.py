"""Rank correlation with its interval."""

import math
import statistics


class RankCorrelation:
    """Spearman's ρ of pairs, ties by mean ranks, with an interval of the given level and a p-value of ρ = 0.

    Interval: tanh(atanh ρ ± z·sqrt((1 + ρ²/2)/(n − 3))), Bonett and Wright, Psychometrika 65, 23 (2000), equation (7); the
    p-value is the level at which it begins to exclude 0. given: a third value for every pair; ρ is then the partial rank
    correlation, what is left of ρ at an equal third value where ranks depend linearly on its rank, and n loses one (Fisher,
    Metron 3, 329 (1924)). A third value that is constant changes nothing.
    Pairs must be independent: take one value per run, not one per layer or epoch. Few pairs (n < 10) give wide intervals,
    and the formula is asymptotic. None for all where fewer than four pairs (with a third value: five) are finite, one side
    is constant, or one side has the ranks of the third value.
    """

    def __init__(self, x, y, level=0.95, given=None):
        columns = [x, y] if given is None else [x, y, given]
        rows = [row for row in zip(*columns, strict=True) if all(value is not None and math.isfinite(value) for value in row)]
        self.count = len(rows)
        self.rho = self.low = self.high = self.transformed = self.standard_error = self.p_value = None
        if not rows:
            return
        x, y, *given = zip(*rows)
        given = given[0] if given and len(set(given[0])) > 1 else None
        degrees = self.count - (3 if given is None else 4)
        if degrees < 1 or len(set(x)) == 1 or len(set(y)) == 1:
            return
        self.rho = _spearman(x, y) if given is None else _partial(_spearman(x, y), _spearman(x, given), _spearman(y, given))
        if self.rho is None:
            return
        if abs(self.rho) >= 1 - 1e-12:
            self.rho = math.copysign(1.0, self.rho)
            # Every pair agrees: the formula's interval has no width there, so take that of one exchanged neighbour's ρ.
            inner = math.copysign(1 - 12 / (self.count**3 - self.count), self.rho)
        else:
            inner = self.rho
        # atanh ρ and its standard error: what means over several correlations are taken of.
        self.transformed, self.standard_error = math.atanh(inner), math.sqrt((1 + inner**2 / 2) / degrees)
        normal = statistics.NormalDist()
        half = normal.inv_cdf((1 + level) / 2) * self.standard_error
        self.low = min(math.tanh(self.transformed - half), self.rho)
        self.high = max(math.tanh(self.transformed + half), self.rho)
        self.p_value = 2 * normal.cdf(-abs(self.transformed) / self.standard_error)

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


def _spearman(x, y):
    from scipy import stats

    return float(stats.spearmanr(x, y).statistic)


def _partial(xy, xz, yz):
    """The correlation of x and y without what both share with z; None where one of them is z, up to its sign."""
    rest = (1 - xz**2) * (1 - yz**2)
    return max(-1.0, min(1.0, (xy - xz * yz) / math.sqrt(rest))) if rest > 1e-12 else None

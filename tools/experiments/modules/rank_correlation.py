"""Rank correlation with its interval."""

import math
import statistics


class RankCorrelation:
    """Spearman's ρ of pairs, ties by mean ranks, with an interval of the given level and a p-value of ρ = 0.

    Interval: tanh(atanh ρ ± z·sqrt((1 + ρ²/2)/(n − 3))), Bonett and Wright, Psychometrika 65, 23 (2000), equation (7); the
    p-value is the level at which it begins to exclude 0. given: columns of further values, one for every pair; ρ is then the
    partial rank correlation, of what is left of both sides' ranks without their linear dependence on the ranks of these
    columns, and n loses one for each that is independent of the others (Fisher, Metron 3, 329 (1924)).
    Pairs must be independent: take one value per run, not one per layer or epoch. Few pairs (n < 10) give wide intervals,
    and the formula is asymptotic. None for all where fewer than four pairs (and one more for every given column) are finite, one
    side is constant, or given columns say all of one side.
    """

    def __init__(self, x, y, level=0.95, given=()):
        rows = [row for row in zip(x, y, *given, strict=True) if all(value is not None and math.isfinite(value) for value in row)]
        self.count = len(rows)
        self.rho = self.low = self.high = self.transformed = self.standard_error = self.p_value = None
        if self.count < 4:
            return
        self.rho, degrees = _correlation(*zip(*rows))
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


def _correlation(x, y, *given):
    """Spearman's ρ without what depends on the given columns, None where there is none, and its degrees of freedom."""
    import numpy as np
    from scipy import stats

    ranks = np.stack([stats.rankdata(column) for column in (x, y, *given)], 1)
    ranks -= ranks.mean(0)
    sides, others = ranks[:, :2], ranks[:, 2:]
    directions, sizes, _ = np.linalg.svd(others, full_matrices=False)
    # Ranks are multiples of ½, so what is smaller than this is rounding.
    directions = directions[:, sizes > 1e-9 * len(x) ** 1.5]
    rest = sides - directions @ (directions.T @ sides)
    squares = (rest**2).sum(0)
    degrees = len(x) - 3 - directions.shape[1]
    if degrees < 1 or (squares <= 1e-9 * len(x)).any():
        return None, degrees
    return float(rest[:, 0] @ rest[:, 1] / math.sqrt(squares[0] * squares[1])), degrees

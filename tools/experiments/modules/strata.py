"""Claims about many strata, such as tasks and training set sizes: one test in each, and all tests of a page judged together."""

import collections
import math
import statistics

from over_runs import MeanOverRuns
from rank_correlation import RankCorrelation


class Growth:
    """By how much values grow from first to last, one pair per run: the mean, its 95% interval, and Student's paired test."""

    def __init__(self, first, last):
        from scipy import stats

        grown = [b - a for a, b in zip(first, last, strict=True)]
        self.count = len(grown)
        self.mean = self.p_value = self.low = self.high = None
        if self.count < 4 or len(set(grown)) == 1:
            return
        found = MeanOverRuns(grown)
        self.mean, self.low, self.high = found.mean, found.low, found.high
        self.p_value = float(stats.ttest_1samp(grown, 0).pvalue)

    @property
    def estimate(self):
        return self.mean


class Correlation(RankCorrelation):
    """Spearman's ρ of one stratum as a test; none with fewer than 8 runs, or where more than half of y is one value."""

    def __init__(self, x, y, given=()):
        is_usable = len(y) >= 8 and collections.Counter(y).most_common(1)[0][1] <= len(y) / 2
        super().__init__(x, y if is_usable else [None] * len(y), given=given)
        self.count = len(y)

    @property
    def estimate(self):
        return self.rho


class Claim:
    """What is expected to have this sign in every stratum.

    tests: stratum → a test with `count`, `estimate` and `p_value`, both None where the stratum cannot be used.
    """

    def __init__(self, statement, sign, tests):
        self.statement = statement
        self.sign = sign
        self.tests = tests
        self.agreeing, self.contrary = [], []

    @property
    def usable(self):
        return {stratum: test for stratum, test in self.tests.items() if test.p_value is not None}

    @property
    def holds(self):
        """True: more than half of the usable strata say so, and none the contrary. False: at least one says the contrary."""
        if self.contrary:
            return False
        return True if len(self.agreeing) > len(self.usable) / 2 else None

    @property
    def counts(self):
        return f"as claimed in {len(self.agreeing)} of {len(self.usable)} strata, the contrary in {len(self.contrary)}"


def judge(claims, level=0.05):
    """Decides every test of all claims together (Holm's step-down), and returns how many tests there were.

    The chance that any stratum of any claim is called agreeing or contrary with no correlation there is at most `level`.
    """
    tests = [(claim, stratum, test) for claim in claims for stratum, test in claim.usable.items()]
    for claim in claims:
        claim.agreeing, claim.contrary = [], []
    for (claim, stratum, test), rejected in zip(tests, holm([test.p_value for _, _, test in tests], level)):
        if rejected:
            (claim.agreeing if test.estimate * claim.sign > 0 else claim.contrary).append(stratum)
    return len(tests)


def holm(p_values, level):
    """Which are rejected by Holm's step-down test, Scandinavian Journal of Statistics 6, 65 (1979)."""
    rejected = [False] * len(p_values)
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[place] > level / (len(p_values) - rank):
            break
        rejected[place] = True
    return rejected


class MeanCorrelation:
    """The mean of the strata's ρ, weighted by 1/variance of atanh ρ, and its 95% interval.

    It is the mean over just these strata: where they differ by more than chance, another choice of strata has another mean.
    """

    def __init__(self, correlations):
        used = [found for found in correlations if found.rho is not None]
        self.count = len(used)
        self.rho = self.low = self.high = None
        if not used:
            return
        weights = [1 / found.standard_error**2 for found in used]
        mean = sum(weight * found.transformed for weight, found in zip(weights, used)) / sum(weights)
        half = statistics.NormalDist().inv_cdf(0.975) / math.sqrt(sum(weights))
        self.rho, self.low, self.high = math.tanh(mean), math.tanh(mean - half), math.tanh(mean + half)

    def __str__(self):
        return "–" if self.rho is None else f"{self.rho:+.2f} [{self.low:+.2f}, {self.high:+.2f}]"

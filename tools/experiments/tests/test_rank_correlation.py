"""Rank correlation against closed forms, known truth and its own definition."""

import math

import pytest
from rank_correlation import RankCorrelation


def test_rank_correlation_of_known_ranks():
    # Σd² = 4 + 1 + 1 + 0 + 0 = 6: ρ = 1 − 6·6/(5·24) = 0.7; the interval is the formula with n = 5.
    found = RankCorrelation([1, 2, 3, 4, 5], [30, 10, 20, 40, 50])
    half = 1.959964 * math.sqrt((1 + 0.49 / 2) / 2)
    assert found.rho == pytest.approx(0.7, abs=1e-12)
    assert (found.low, found.high) == pytest.approx(
        (math.tanh(math.atanh(0.7) - half), math.tanh(math.atanh(0.7) + half)), abs=1e-6)
    assert found.sign == 0


def test_rank_correlation_where_there_is_none():
    assert RankCorrelation([1, 2, 3], [1, 2, 3]).rho is None
    assert RankCorrelation([1, 2, 3, 4], [1, 2, 4, 3], given=[[4, 1, 2, 3]]).rho is None
    assert RankCorrelation([1, 2, 3, 4], [5, 5, 5, 5]).sign is None
    assert RankCorrelation([1, 2, 3, 4, None], [1, 2, 3, 4, 5]).count == 4


def test_rank_correlation_of_equal_orders_has_an_interval():
    found = RankCorrelation(range(20), [2**i for i in range(20)])
    assert found.rho == 1 and 0.9 < found.low < 1 and found.high <= 1 and found.sign == 1
    turned = RankCorrelation(range(20), [-(2**i) for i in range(20)])
    assert (turned.rho, turned.low, turned.high) == pytest.approx((-1, -found.high, -found.low), abs=1e-12)


def test_interval_covers_the_rank_correlation_of_normal_pairs():
    # Pairs of normals with r = 0.6 have ρ = 6/π·asin(r/2). 400 intervals of 95% over n = 30: the standard error of the
    # coverage is 1.1%, and Bonett and Wright report 94 to 95% there; below 91% (four standard errors and 0.5%) something is wrong.
    import numpy as np

    random = np.random.default_rng(1)
    truth = 6 / math.pi * math.asin(0.3)
    covered = 0
    for _ in range(400):
        x = random.normal(size=30)
        found = RankCorrelation(x.tolist(), (0.6 * x + 0.8 * random.normal(size=30)).tolist())
        covered += found.low <= truth <= found.high
    assert covered / 400 > 0.91


def test_partial_rank_correlation_is_that_of_the_residuals_of_ranks():
    import numpy as np
    from scipy import stats

    random = np.random.default_rng(3)
    third = random.normal(size=60)
    x, y = third + random.normal(size=60), third + random.normal(size=60)
    found = RankCorrelation(x.tolist(), y.tolist(), given=[third.tolist()])
    ranks = [stats.rankdata(values) for values in (x, y, third)]

    def rest(values):
        return values - np.polyval(np.polyfit(ranks[2], values, 1), ranks[2])

    assert found.rho == pytest.approx(np.corrcoef(rest(ranks[0]), rest(ranks[1]))[0, 1], abs=1e-9)
    assert found.standard_error == pytest.approx(math.sqrt((1 + found.rho**2 / 2) / 56), abs=1e-12)
    assert abs(found.rho) < RankCorrelation(x.tolist(), y.tolist()).rho
    # Columns of equal ranks are one.
    twice = RankCorrelation(x.tolist(), y.tolist(), given=[third.tolist(), (2 * third).tolist(), [1] * 60])
    assert (twice.rho, twice.standard_error) == pytest.approx((found.rho, found.standard_error), abs=1e-9)
    assert RankCorrelation(x.tolist(), y.tolist(), given=[[1] * 60]).rho == RankCorrelation(x.tolist(), y.tolist()).rho
    assert RankCorrelation(x.tolist(), y.tolist(), given=[x.tolist()]).rho is None


def test_the_interval_excludes_0_where_the_p_value_says_so():
    import numpy as np

    random = np.random.default_rng(4)
    decided = set()
    for _ in range(50):
        x = random.normal(size=20)
        found = RankCorrelation(x.tolist(), (0.4 * x + random.normal(size=20)).tolist())
        assert (found.p_value < 0.05) == (found.sign != 0)
        decided.add(found.sign)
    assert decided >= {0, 1}


def test_one_quantity_held_fixed_gives_the_closed_form():
    x, y, z = [3, 1, 4, 2, 5, 9, 7, 6], [2, 7, 1, 8, 3, 9, 4, 6], [1, 2, 3, 5, 4, 8, 7, 6]
    xy, xz, yz = (RankCorrelation(*pair).rho for pair in ((x, y), (x, z), (y, z)))
    expected = (xy - xz * yz) / math.sqrt((1 - xz**2) * (1 - yz**2))
    found = RankCorrelation(x, y, given=[z])
    assert found.rho == pytest.approx(expected, abs=1e-12)
    half = 1.959964 * math.sqrt((1 + expected**2 / 2) / (8 - 1 - 3))
    assert found.low == pytest.approx(math.tanh(math.atanh(expected) - half), abs=1e-6)


def test_a_common_cause_is_taken_out_and_a_link_is_not():
    # x and y are both z and noise: nothing is left of their correlation. The standard error of ρ is 1/sqrt(2000) = 0.022;
    # the bound is 4.5 of them, as z is taken out linearly in ranks only.
    import numpy

    random = numpy.random.default_rng(3)
    z = random.normal(size=2000)
    x, y = z + random.normal(size=2000), z + random.normal(size=2000)
    assert RankCorrelation(x.tolist(), y.tolist()).rho > 0.4
    assert abs(RankCorrelation(x.tolist(), y.tolist(), given=[z.tolist()]).rho) < 0.1
    assert RankCorrelation(x.tolist(), (y + x).tolist(), given=[z.tolist()]).low > 0.4


def test_within_groups_the_sign_may_be_the_contrary_of_that_over_all():
    x = [1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24]
    y = [4, 3, 2, 1, 14, 13, 12, 11, 24, 23, 22, 21]
    groups = [[float(place // 4 == group) for place in range(12)] for group in (1, 2)]
    assert RankCorrelation(x, y).sign == 1
    found = RankCorrelation(x, y, given=groups)
    assert found.rho == pytest.approx(-1, abs=1e-12) and found.sign == -1


def test_nothing_is_left_of_what_is_held_fixed_itself():
    x = [1, 2, 3, 4, 5, 6, 7, 8]
    assert RankCorrelation(x, [3, 1, 2, 5, 4, 8, 6, 7], given=[[2 * a for a in x]]).rho is None
    assert RankCorrelation([1.0] * 8, x).sign is None
    assert RankCorrelation(x[:4], x[:4], given=[[4, 2, 1, 3]]).rho is None

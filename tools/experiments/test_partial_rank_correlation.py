"""Partial rank correlation against its closed form and against known truth."""

import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from partial_rank_correlation import PartialRankCorrelation  # noqa: E402
from rank_correlation import RankCorrelation  # noqa: E402


def test_with_nothing_held_fixed_it_is_the_rank_correlation():
    x, y = [3, 1, 4, 1, 5, 9, 2, 6], [2, 7, 1, 8, 2, 8, 1, 8]
    found, plain = PartialRankCorrelation(x, y), RankCorrelation(x, y)
    assert (found.rho, found.low, found.high) == pytest.approx((plain.rho, plain.low, plain.high), abs=1e-12)


def test_one_quantity_held_fixed_gives_the_closed_form():
    x, y, z = [3, 1, 4, 2, 5, 9, 7, 6], [2, 7, 1, 8, 3, 9, 4, 6], [1, 2, 3, 5, 4, 8, 7, 6]
    xy, xz, yz = (RankCorrelation(*pair).rho for pair in ((x, y), (x, z), (y, z)))
    expected = (xy - xz * yz) / math.sqrt((1 - xz**2) * (1 - yz**2))
    found = PartialRankCorrelation(x, y, given=[z])
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
    assert abs(PartialRankCorrelation(x.tolist(), y.tolist(), given=[z.tolist()]).rho) < 0.1
    assert PartialRankCorrelation(x.tolist(), (y + x).tolist(), given=[z.tolist()]).low > 0.4


def test_within_groups_the_sign_may_be_the_contrary_of_that_over_all():
    x = [1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24]
    y = [4, 3, 2, 1, 14, 13, 12, 11, 24, 23, 22, 21]
    groups = [place // 4 for place in range(12)]
    assert RankCorrelation(x, y).sign == 1
    found = PartialRankCorrelation(x, y, groups=groups)
    assert found.rho == pytest.approx(-1, abs=1e-12) and found.sign == -1


def test_nothing_is_left_of_what_is_held_fixed_itself():
    x = [1, 2, 3, 4, 5, 6, 7, 8]
    assert PartialRankCorrelation(x, [3, 1, 2, 5, 4, 8, 6, 7], given=[[2 * a for a in x]]).rho is None
    assert PartialRankCorrelation([1.0] * 8, x).sign is None
    assert PartialRankCorrelation(x[:4], x[:4], given=[[4, 2, 1, 3]]).rho is None

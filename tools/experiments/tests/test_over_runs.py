"""Means over runs against Student's table."""

import math

import pytest
from over_runs import MeanOverRuns


def test_mean_over_runs_has_students_interval():
    # t of 0.975 with 3 degrees of freedom is 3.182446; sd of 1, 2, 3, 4 is sqrt(5/3).
    found = MeanOverRuns([1, 2, 3, 4])
    half = 3.182446 * math.sqrt(5 / 3) / 2
    assert (found.mean, found.low, found.high) == pytest.approx((2.5, 2.5 - half, 2.5 + half), abs=1e-5)
    assert found.sign == 1 and found.lies_within(5) and not found.lies_within(4)
    assert f"{found} {found:.0f}" == "2.500 [0.446, 4.554] 2 [0, 5]" and str(MeanOverRuns([3])) == "3.000 (n = 1)"
    assert MeanOverRuns([3]).sign == 0 and not MeanOverRuns([3]).lies_within(1e9)

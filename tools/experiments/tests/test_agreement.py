"""The order of records, shares and cells against values counted by hand."""

import itertools
import math
import random

import pytest
from agreement import Share, cells_of, kendall, mean_and_range, mean_of, method_name, unanimous
from conventions import FALLS, OPEN, OUT, STAYS
from every_estimator import family


def test_kendall_by_hand():
    a = dict(enumerate([1, 2, 3, 4, 5]))
    # One of ten pairs is turned: (9 − 1)/10.
    assert kendall(a, dict(enumerate([1, 2, 3, 5, 4]))) == pytest.approx(0.8, abs=1e-15)
    assert kendall(a, dict(enumerate([5, 4, 3, 2, 1]))) == -1
    # One tie in b: 9 concordant of sqrt(10 · 9).
    assert kendall(a, dict(enumerate([1, 2, 3, 4, 4]))) == pytest.approx(9 / math.sqrt(90), abs=1e-15)


def test_kendall_of_what_cannot_be_compared():
    a = dict(enumerate([1, 2, 3, 4, 5]))
    assert kendall(a, {}) is None
    assert kendall(a, {epoch: 7 for epoch in a}) is None
    assert kendall(a, dict(enumerate([1, 2, 3, 4]))) is None
    assert kendall(a, {epoch + 3: value for epoch, value in a.items()}, fewest=2) == 1


def test_kendall_is_that_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    draws = random.Random(1)
    for _ in range(50):
        x, y = ([draws.randrange(5) for _ in range(9)] for _ in range(2))
        # Both divide integers below 2⁵³ by one square root: a few units in the last place.
        assert kendall(dict(enumerate(x)), dict(enumerate(y))) == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-14)


def test_means_over_what_is_there():
    assert mean_of([None, 1, 3]) == 2 and mean_of([None]) is None
    assert mean_and_range([0.5, None, -0.1]) == "+0.20 [-0.10, +0.50] (2 of 3)"
    assert mean_and_range([0.5, -0.1]) == "+0.20 [-0.10, +0.50]"
    assert mean_and_range([2.0], "{:.1f}") == "2.0" and mean_and_range([None]) == "–"


def test_a_share_needs_nine_of_ten():
    share = Share()
    assert share.holds is None and str(share) == "0 of 0"
    for number in range(10):
        share.add(number != 3)
    assert share.holds and str(share) == "9 of 10 (90%)"
    share.add(False)
    assert share.holds is False


def test_only_those_who_decide_can_contradict():
    assert unanimous([FALLS, OPEN, OUT]) is None
    assert unanimous([FALLS, OPEN, FALLS]) is True
    for answers in itertools.permutations([FALLS, STAYS, OUT]):
        assert unanimous(answers) is False


def test_methods_of_the_same_symbols_are_one_family():
    assert family("nsb width:30@run") == family("plug-in width:30@run") != family("plug-in width:4@run")
    assert family("plug-in exact") == "plug-in exact"
    assert family("ksg2:k=3, n = 500") == method_name("ksg2:k=3", "", 500, 2000)


def test_cells_from_rows_and_verdicts():
    def row(epoch, value, samples=20, flags="", estimator="plug-in"):
        return {"quantity": "I(X;Z)", "target": None, "estimator": estimator, "discretization": "exact", "samples": samples,
                "layer": "fc1", "epoch": epoch, "value": value, "flags": flags, "ceiling": 4.3}

    verdict = {"quantity": "I(X;Z)", "target": "", "layer": "fc1", "methods": [{
        "estimator": "plug-in", "discretization": "exact", "samples": 20, "answer": "compresses", "exclusion": None, "fall": 0.5,
        "peak_epoch": 1}]}
    cells = cells_of(
        [row(2, 1.0), row(0, 4.0, flags="saturated|ties"), row(1, 2.0), row(0, 3.0, 10, "bound-violated")], [verdict], ("I(X;Z)",))
    cell = cells["I(X;Z)", "plug-in exact", "fc1"]
    assert cell.epochs == (0, 1, 2) and cell.measured == {1: 2.0, 2: 1.0} and cell.says == FALLS and cell.is_usable_at_the_end
    few = cells["I(X;Z)", "plug-in exact, n = 10", "fc1"]
    assert few.says == OUT and few.measured == {0: 3.0} and not few.is_usable_at_the_end

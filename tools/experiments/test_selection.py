"""Choices, ties and their regret."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from selection import Choice, MeanInterval, Record  # noqa: E402

BEST = {"test": 0.9}


def records(*scores):
    """Epochs 0, 1, ... of one network with these scores and the test accuracies 0.5, 0.6, ..."""
    return [Record("plain", epoch, "fc1", score, {"test": 0.5 + epoch / 10}) for epoch, score in enumerate(scores)]


def test_the_highest_score_is_chosen():
    choice = Choice(records(1, 3, 2), BEST)
    assert choice.epoch == 1 and not choice.is_tied
    assert choice.regret("test") == pytest.approx(0.3, abs=1e-12)


def test_of_tied_records_the_expectation_is_told():
    choice = Choice(records(3, 1, 3 + 1e-13, 3 - 1e-13), BEST)
    assert choice.is_tied and choice.epoch == pytest.approx(5 / 3)
    assert choice.regret("test") == pytest.approx(0.9 - (0.5 + 0.7 + 0.8) / 3, abs=1e-12)
    assert choice.share(lambda record: record.epoch == 0) == pytest.approx(1 / 3)


def test_two_layers_of_one_network_are_no_tie():
    both = [Record("pgd", 4, layer, 1.0, {"test": 0.8}) for layer in ("fc1", "fc2")]
    choice = Choice(both, BEST)
    assert not choice.is_tied and choice.regret("test") == pytest.approx(0.1, abs=1e-12)
    assert choice.share(lambda record: record.layer == "fc1") == 0.5


def test_mean_interval_of_known_numbers():
    # Of 1, 2, 3: s = 1, t(0.975; 2) = 4.302653, so 2 ± 4.302653/√3.
    found = MeanInterval([1, 2, 3])
    assert (found.mean, found.low, found.high) == pytest.approx((2, 2 - 2.484138, 2 + 2.484138), abs=1e-5)
    assert found.sign == 0 and MeanInterval([-1.1, -1.0, -0.9]).sign == -1
    assert MeanInterval([1, 2]).sign is None
    assert MeanInterval([0.0, 0.0, 0.0]).sign == 0

"""Choices, ties and their regret."""


import pytest
from selection import Choice, Record

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

"""What robustness and model-selection are made of: their data, their networks, and how values become claims."""

import gzip

import numpy as np
import pytest
from adversarial_training import Task, idx, networks
from images import _idx
from network_measures import Measures
from robust_runs import decided, majority

TASK = Task("fashion", "Fashion-MNIST", 0.05, (64, 32), 20, (0, 20), 20_000, 2000, 2000)


def test_an_idx_file_reads_back(tmp_path):
    path = tmp_path / "images.gz"
    values = np.random.default_rng(1).integers(0, 256, (4, 2, 3))
    path.write_bytes(gzip.compress(idx(values)))
    assert (_idx(str(path), 3) == values).all()


def test_runs_have_seeds_of_their_own_and_doses_in_equal_steps():
    found = networks(TASK, 3)
    assert len({network.seed for network in found}) == len({network.name for network in found}) == 12
    doses = {kind: [network.dose for network in found if network.kind == kind] for kind in ("plain", "noise", "fgsm", "pgd")}
    assert doses["plain"] == [0, 0, 0]
    assert doses["fgsm"] == doses["pgd"] == pytest.approx([0.02, 0.04, 0.06], abs=1e-6)
    assert doses["noise"] == pytest.approx([0.08, 0.16, 0.24], abs=1e-6)


def row(layer, epoch, value, flags=None, **other):
    return {"split": "test", "layer": layer, "epoch": epoch, "quantity": "I(X;Z)", "target": None,
            "discretization": "width:3@run", "value": value, "flags": flags} | other


def test_a_value_is_the_mean_over_layers_of_one_binning_split_and_record():
    measures = Measures([
        row("fc1", 0, 9.0), row("fc1", 5, 1.0, "saturated|undersampled"), row("fc2", 5, 2.0), row(None, 5, 7.0),
        row("fc1", 5, 8.0, discretization="width:4@run"), row("fc1", 5, 8.0, split="test-pgd"),
        row("fc1", 5, 0.25, quantity="GIB complexity", target="label")], "width:3@run")
    assert measures.epochs == [0, 5]
    assert measures.mean("I(X;Z)") == 1.5 and measures.mean("I(X;Z)", epoch=0) == 9 and measures.mean("I(X;Z)", layer="fc2") == 2
    assert measures.mean(("GIB complexity", "label")) == 0.25 and measures.mean("I(Z;Y)") is None
    assert measures.flagged("I(X;Z)") == (1, 2) and measures.flagged("I(X;Z)", flags={"constant"}) == (0, 2)


class Signed:
    def __init__(self, sign):
        self.sign = sign


def test_an_interval_on_one_side_decides_unless_the_values_are_saturated():
    assert [decided(Signed(sign), 0) for sign in (-1, 0, 1, None)] == [True, None, False, None]
    assert decided(Signed(-1), 0.5) is True and decided(Signed(-1), 0.51) is None


def test_a_majority_needs_more_than_half_and_no_contrary():
    assert majority([True, True, True, True, None, None]) is True
    assert majority([True, True, True, None, None, None]) is None
    assert majority([True, True, True, True, False, None]) is None
    assert majority([False, False, False, False, True, None]) is False

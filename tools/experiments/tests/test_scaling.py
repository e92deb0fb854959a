"""The study of the input dimension: its features, known truth, comparisons and rules."""

import collections
import math

import numpy as np
import pytest
from bit_functions import MAJORITY, PARITY, all_patterns, code, drawn_patterns
from images import Images
from input_dimension import Exponent, Terms, features, terms
from input_dimension_findings import Kept
from stage_dynamics import Dynamics


def entropy(symbols):
    counts = collections.Counter(map(tuple, symbols))
    return -sum(count / len(symbols) * math.log2(count / len(symbols)) for count in counts.values())


def information(x, y):
    """I(X;Y) in bits by counting rows."""
    return entropy(x) + entropy(y[:, None]) - entropy(np.column_stack([x, y]))


def interaction(x, y):
    """The average interaction information in bits, term by term."""
    columns = range(x.shape[1])
    return information(x, y) - np.mean([
        information(x[:, [i]], y) + information(np.delete(x, i, axis=1), y) for i in columns])


@pytest.mark.parametrize("function", [PARITY, MAJORITY])
@pytest.mark.parametrize("count", [3, 5, 7])
def test_interaction_of_a_bit_function_is_that_of_counting(function, count):
    bits = all_patterns(count)
    assert len(np.unique(bits, axis=0)) == 2**count
    labels = function.labels(bits)
    assert information(bits[:, [0]], labels) == pytest.approx(function.single, abs=1e-12)
    assert information(bits[:, :2], labels) == pytest.approx(function.remaining, abs=1e-12)
    assert interaction(bits, labels) == pytest.approx(function.interaction(count), abs=1e-12)


def test_bit_functions_of_all_three_bits():
    # The rows of all_patterns count upwards, first bit fastest: 000 100 010 110 001 101 011 111.
    assert PARITY.labels(all_patterns(3)).tolist() == [0, 1, 1, 0, 1, 0, 0, 1]
    assert MAJORITY.labels(all_patterns(3)).tolist() == [0, 0, 0, 1, 0, 1, 1, 1]
    drawn = drawn_patterns(4, 1000, seed=1)
    assert set(np.unique(drawn)) == {0, 1} and (drawn == drawn_patterns(4, 1000, seed=1)).all()


def test_code_keeps_the_interaction_of_its_three_bits():
    x = code(40, 0.25, copies=1)
    labels = (x[:, :3] < 0).sum(1) % 2
    assert interaction(x, labels) == pytest.approx(PARITY.interaction(40), abs=1e-12)
    assert information(x[:, 3:], labels) == pytest.approx(0, abs=1e-12)
    eigenvalues = np.linalg.eigvalsh(code(784, 4, copies=1).T @ code(784, 4, copies=1) / 1024)[::-1]
    # 781 columns of 127 combinations: 19 occur seven times, 108 six times.
    assert eigenvalues[:3] == pytest.approx([16 * 1.44, 16 * 1.21, 16], rel=1e-5)
    assert eigenvalues[3:130] == pytest.approx([7] * 19 + [6] * 108, rel=1e-5)
    assert abs(eigenvalues[130:]).max() < 1e-3


def test_features_are_means_of_cells_or_repeated_values():
    random = np.random.default_rng(0)
    images = Images(random.integers(0, 256, (3, 2, 28, 28)).astype(np.uint8), np.zeros(3, int), ())
    grey = images.pixels.mean(1) / 255
    assert features(images, 784) == pytest.approx(grey.reshape(3, -1), abs=1e-6)
    assert features(images, 49)[1, 8] == pytest.approx(grey[1, 4:8, 4:8].mean(), abs=1e-6)
    # Five bands of 5.6 rows: the first is rows 0 to 4 and six tenths of row 5.
    assert features(images, 5)[2, 0] == pytest.approx((grey[2, :5].sum() + 0.6 * grey[2, 5].sum()) / (5.6 * 28), abs=1e-6)
    assert features(images, 16).mean(1) == pytest.approx(grey.mean((1, 2)), abs=1e-6)
    repeated = features(images, 3072)
    assert repeated.shape == (3, 3072)
    assert (repeated[:, ::2] == repeated[:, 1::2]).all() and np.rint(repeated[:, ::2] * 255).tolist() == (
        images.pixels.reshape(3, -1)[:, :1536].tolist())


def cell(interaction, together=1.0, flags=None):
    rows = {name: {"value": 0.5, "flags": flags, "standard_error": 0.1} for name in (
        "GIB complexity", "I(X;Q)", "mean I(X_i;Q)", "mean I(X_-i;Q)", "average interaction information")}
    rows["average interaction information"]["value"] = interaction
    rows["I(X;Q)"]["value"] = together
    return Terms(rows)


def test_finds_the_terms_of_each_input():
    row = {"split": "train", "target": "label", "parameters": "input=width:30@unit;reduce=kpca:8@linear", "quantity": "I(X;Q)"}
    raw = row | {"parameters": "input=width:30@unit;shuffles=10;seed=0"}
    assert terms([row, raw, {"target": None, "quantity": "H(Z)"}]) == {
        ("train", "width:30@unit", "kpca:8@linear", "label"): {"I(X;Q)": row},
        ("train", "width:30@unit", "", "label"): {"I(X;Q)": raw}}


def test_kept_is_by_the_sum_over_features():
    # 0.25 of 12 features is 3 bits, 0.5 of 6 components as well.
    kept = Kept("bits", 12, "exact", "kpca:6@linear", (cell(0.25), None), (cell(0.5), None))
    assert (kept.before, kept.after, kept.share, kept.information, kept.is_kept) == (3, 3, 1, 1, True)
    lost = Kept("images", 10, "exact", "kpca:5", (cell(0.5, 2), cell(0.1, 1)), (cell(0.3, 1.5), cell(0.2, 1)))
    assert (lost.before, lost.after, lost.information) == pytest.approx((4, 0.5, 0.5)) and lost.is_kept is False
    saturated = Kept("images", 10, "exact", "kpca:5", (cell(0.5, flags="undersampled|saturated-inputs"), None), (cell(0.3), None))
    assert saturated.is_kept is None and kept.cells()[-4:] == ["+3.00", "+3.00", "100%", "100%"]


def test_exponent_of_a_power_law():
    exact = Exponent([1, 10, 100, 1000], [3, 30, 300, 3000])
    assert (exact.value, exact.low, exact.high) == pytest.approx((1, 1, 1)) and exact.is_linear
    assert Exponent([1, 10, 100, 1000], [1, 100, 10**4, 10**6]).is_linear is False
    assert Exponent([1, 10, 100, 1000], [1, 2, 900, 1000]).is_linear is None
    assert Exponent([1, 10, 100], [1, 0, 1]).value is None and Exponent([1, 10], [1, 10]).is_linear is None


@pytest.mark.parametrize("answers, holds", [
    # Of stage1, stage2 and stage3 in each of three runs: c compresses, d does not, - cannot be decided.
    (["ccc", "ccc", "-d-"], True),
    (["ccd", "ccd", "ccc"], False),
    (["cc-", "cc-", "ccd"], None),
])
def test_rule_of_three_stages(answers, holds):
    words = {"c": "compresses", "d": "does not compress", "-": "cannot be decided"}
    verdicts = [[{"layer": f"stage{stage}", "quantity": "I(X;Z)", "target": "", "answer": words[letter], "methods": []}
                 for stage, letter in enumerate(run, 1)] for run in answers]
    dynamics = Dynamics([], [[{"layer": f"stage{stage}"} for stage in (1, 2, 3)]] * 3, verdicts)
    assert dynamics.holds("I(X;Z)") is holds


def test_reads_saturation_and_controls_of_rows():
    def row(layer, quantity, value, flags, target=None, binning="width:30@run"):
        return {"layer": layer, "quantity": quantity, "value": value, "flags": flags, "target": target, "epoch": 1,
                "discretization": binning}

    published = [
        row("stage1", "H(Z)", 9, None), row("stage1", "H(Z)", 12, "saturated|undersampled", binning="width:100@run"),
        row("stage1", "GIB complexity", 1.02, "saturated|saturated-inputs", "pmi-label"),
        row("stage1", "GIB complexity", 1.0, "saturated-inputs", "label"),
    ]
    coarse = [row("stage1", "H(Z)", 3, None, binning="argmax")]
    dynamics = Dynamics([published], [coarse], [[]])
    assert dynamics.default_usable("stage1") == 0.5
    assert dynamics.usable_rows() == [["width:30@run", "100%"], ["width:100@run", "0%"], ["argmax", "100%"]]
    assert dynamics.saturated_inputs() == (2, 2)
    assert dynamics.beside_control() == pytest.approx([0.02])


def test_change_is_over_binnings_that_are_never_saturated():
    def row(stage, binning, epoch, value, flags=None):
        return {"layer": f"stage{stage}", "quantity": "I(X;Z)", "target": None, "discretization": binning, "epoch": epoch,
                "value": value, "flags": flags}

    def run(last):
        return [part for stage in (1, 2, 3) for part in (
            row(stage, "argmax", 0, 2), row(stage, "argmax", 9, last), row(stage, "width:2@run", 0, 4),
            row(stage, "width:2@run", 9, 4 + last, "undersampled"), row(stage, "exact", 0, 9),
            row(stage, "exact", 9, 0, "saturated"))]

    dynamics = Dynamics([], [run(1), run(1.1), run(0.9)], [])
    assert dynamics.ends("stage2", "I(X;Z)")[0] == (3, 3, 2)
    assert dynamics.change("stage2", "I(X;Z)").mean == pytest.approx(0) and dynamics.is_lower("I(X;Z)") is None
    assert Dynamics([], [run(-3), run(-3.1), run(-2.9)], []).is_lower("I(X;Z)") is True
    assert Dynamics([], [run(3), run(3.1), run(2.9)], []).is_lower("I(X;Z)") is False
    assert Dynamics([], [run(3)], []).is_lower("I(X;Z)") is None and Dynamics([], [run(3)], []).ends("stage1", "C pmi-soft") == []

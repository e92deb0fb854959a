"""What the experiment on synergy computes itself: Boolean functions, strata, and the joined archives."""

import itertools
import json
import math
import os
import subprocess
from types import SimpleNamespace

import boolean_functions
import numpy as np
import pytest
from conftest import EXPERIMENTS
from rank_correlation import RankCorrelation
from strata import Claim, Correlation, Growth, MeanCorrelation, holm, judge


def test_influences_of_known_functions():
    # A majority of 5 changes with a bit where the other four are two and two: 6 of 16 patterns.
    assert boolean_functions.influences(boolean_functions.parity(3)).tolist() == [1.0] * 3 + [0.0] * 9
    assert boolean_functions.influences(boolean_functions.majority(5)).tolist() == [6 / 16] * 5 + [0.0] * 7


def test_noise_sensitivity_of_known_functions():
    # One bit: the flip. Parity of k: the chance of an odd number of flips, (1 − (1 − 2·flip)^k)/2. Sums of 4096 squares of
    # doubles of at most 1 have an error of some 4096·2^-53.
    assert boolean_functions.noise_sensitivity(boolean_functions.parity(1), 0.1) == pytest.approx(0.1, abs=1e-12)
    for of in (2, 5, 12):
        assert boolean_functions.noise_sensitivity(boolean_functions.parity(of), 0.1) == pytest.approx((1 - 0.8**of) / 2, abs=1e-12)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_sensitivity_is_the_sum_over_all_flips(seed):
    table = np.random.RandomState(seed).randint(2, size=32)
    places = np.arange(32)
    expected = sum(
        0.2**flips.bit_count() * 0.8 ** (5 - flips.bit_count()) * (table != table[places ^ flips]).mean() for flips in range(32))
    assert boolean_functions.noise_sensitivity(table, 0.2) == pytest.approx(expected, abs=1e-14)


def test_functions_are_balanced_and_depend_on_the_bits_that_are_said_to_matter():
    for name, (table, relevant) in boolean_functions.functions().items():
        assert table.sum() == 2048, name
        matter = boolean_functions.influences(table) > 0
        assert not matter[relevant:].any() and matter[relevant - 1], name
        # Of all balanced functions, those of one bit are the least sensitive.
        assert boolean_functions.noise_sensitivity(table, 0.1) >= 0.1 - 1e-12, name
    halfspace = boolean_functions.threshold(1, 1)
    turned = boolean_functions.noisy(halfspace, 0.1, 1)
    assert turned.sum() == 2048 and (turned != halfspace).sum() == 2 * round(204.8)


def test_table_of_takes_every_pattern_once():
    table = boolean_functions.majority(3)
    order = np.random.RandomState(1).permutation(4096)
    assert (boolean_functions.table_of(boolean_functions.patterns()[order], table[order]) == table).all()
    with pytest.raises(ValueError, match="4095 samples of 12 bits hold 4095 patterns; expected each of 4096 once"):
        boolean_functions.table_of(boolean_functions.patterns()[1:], table[1:])


def test_holm_of_a_known_example():
    # 0.01 ≤ 0.05/4, 0.013 ≤ 0.05/3, then 0.03 > 0.05/2 stops, though 0.04 ≤ 0.05/1.
    assert holm([0.04, 0.01, 0.03, 0.013], 0.05) == [False, True, False, True]
    assert holm([], 0.05) == []


def test_claims_are_decided_by_their_strata():
    def test(estimate, p_value):
        return SimpleNamespace(estimate=estimate, p_value=p_value)

    claims = [
        Claim("most agree", -1, {"a": test(-0.9, 1e-9), "b": test(-0.8, 1e-8), "c": test(0.1, 0.6), "d": test(None, None)}),
        Claim("one is contrary", -1, {"a": test(-0.9, 1e-9), "b": test(-0.8, 1e-8), "c": test(0.9, 1e-7)}),
        Claim("too few agree", 1, {"a": test(0.9, 1e-9), "b": test(0.3, 0.04)})]
    assert judge(claims) == 8
    assert [claim.holds for claim in claims] == [True, False, None]
    assert claims[1].contrary == ["c"] and len(claims[0].usable) == 3


def test_chance_decides_no_stratum():
    # 40 strata without any correlation: at 5% for all of them together, one in 20 such pages may decide one. Of 40 pages
    # more than 7 would (binomial, 5%) with a chance of 0.2%.
    random = np.random.default_rng(5)
    wrong = 0
    for _ in range(40):
        claim = Claim("", 1, {place: Correlation(*random.normal(size=(2, 30)).tolist()) for place in range(40)})
        judge([claim])
        wrong += bool(claim.agreeing or claim.contrary)
    assert wrong <= 7


def test_a_stratum_of_equal_gaps_or_few_runs_is_not_used():
    assert Correlation(range(8), [0, 0, 0, 0, 0, 1, 2, 3]).p_value is None
    assert Correlation(range(8), [0, 0, 0, 0, 4, 1, 2, 3]).p_value is not None
    assert Correlation(range(7), range(7)).p_value is None


def test_growth_is_the_paired_test():
    from scipy import stats

    first, last = [0.1, 0.2, 0.3, 0.1, 0.0], [0.3, 0.3, 0.2, 0.5, 0.1]
    found = Growth(first, last)
    expected = stats.ttest_rel(last, first)
    assert found.mean == pytest.approx(0.14, abs=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval()), abs=1e-9)
    assert Growth([0] * 5, [0] * 5).p_value is None


def test_mean_correlation_of_equal_strata_has_a_narrower_interval():
    one = RankCorrelation([1, 2, 3, 4, 5, 6], [2, 1, 3, 5, 4, 6])
    mean = MeanCorrelation([one] * 4)
    assert mean.rho == pytest.approx(one.rho, abs=1e-12)
    # Half the width in atanh for four times the strata.
    widths = [math.atanh(found.high) - math.atanh(found.rho) for found in (mean, one)]
    assert widths[0] == pytest.approx(widths[1] / 2, abs=1e-9)
    assert str(MeanCorrelation([])) == "–"


def binary():
    built = EXPERIMENTS.parent.parent / ".build" / "release" / "infoplane"
    return os.environ.get("INFOPLANE_BINARY") or str(built)


def test_joined_splits_are_the_recorded_whole(tmp_path):
    # The 12-bit task is recorded as a whole, too: what is joined of its parts must be the same.
    import h5py
    from synergy_runs import join

    subprocess.run(
        [binary(), "record", "szt", "--hidden", "4", "--epochs", "3", "--train-share", "0.1", "-o", tmp_path / "run.h5"],
        check=True, capture_output=True)
    join(str(tmp_path / "run.h5"), str(tmp_path / "joined.h5"), "joined")
    with h5py.File(tmp_path / "run.h5") as whole, h5py.File(tmp_path / "joined.h5") as joined:
        assert (whole["splits/train/sample_ids"].shape[0], joined["splits/all/inputs"].shape[0]) == (410, 4096)
        for name in ("inputs", "labels", "sample_ids", "layers/logits"):
            assert (whole[f"splits/all/{name}"][:] == joined[f"splits/all/{name}"][:]).all(), name
        for name in ("epoch", "metrics/test_accuracy", "metrics/train_loss"):
            assert (whole[name][:] == joined[name][:]).all(), name


def test_synergy_is_influence_less_what_single_bits_say(tmp_path):
    # The identity of the page, all of it counted here and held against the tool's terms of a trained network.
    import h5py
    from synergy_runs import join

    def infoplane(*arguments):
        return subprocess.run([binary(), *map(str, arguments)], check=True, capture_output=True, text=True, cwd=tmp_path).stdout

    infoplane("record", "szt", "--hidden", "8", "--epochs", "20", "-o", "run.h5")
    join(str(tmp_path / "run.h5"), str(tmp_path / "joined.h5"), "joined")
    infoplane("analyze", "joined.h5", "--epochs", "last", "--layer", "logits", "--binning", "argmax", "--target", "latent")
    rows = json.loads(infoplane("export", "joined.results.h5", "--format", "json"))
    terms = {row["quantity"]: row["value"] for row in rows if row["target"] == "latent"}
    with h5py.File(tmp_path / "joined.h5") as file:
        table = boolean_functions.table_of(file["splits/all/inputs"][:], file["splits/all/layers/logits"][-1].argmax(1))

    def entropy(share):
        return sum(-p * math.log2(p) for p in (share, 1 - share) if p > 0)

    bits = boolean_functions.patterns().astype(bool)
    singles = [
        entropy(table.mean()) - (entropy(table[bits[:, bit]].mean()) + entropy(table[~bits[:, bit]].mean())) / 2 for bit in range(12)]
    influence = boolean_functions.influences(table).mean()
    # Sums of at most 4096 terms of entropies of at most 12 bits: 4096·12·2^-53 for each of a few of them.
    assert 0.05 < influence < 0.5
    assert terms["I(X;Q)"] - terms["mean I(X_-i;Q)"] == pytest.approx(influence, abs=1e-10)
    assert terms["mean I(X_i;Q)"] == pytest.approx(np.mean(singles), abs=1e-10)
    assert terms["average interaction information"] == pytest.approx(influence - np.mean(singles), abs=1e-10)


def test_no_two_networks_of_a_stratum_share_a_seed():
    from synergy_runs import networks

    made = list(networks({"widths": [4, 8], "depths": [1, 2], "activations": ["relu", "tanh"]}, ["a", "b"], [10, 20], 3))
    assert len(made) == len({network.name for network in made}) == 2 * 2 * 24
    for _, stratum in itertools.groupby(made, lambda network: (network.task, network.size)):
        seeds = [network.seed for network in stratum]
        assert len(seeds) == len(set(seeds)) == 24

"""The parts of the experiment on texts: what is drawn, what is recorded, what is read out, and the rule of its claims."""

import collections
import math
import random

import minilm
import numpy as np
import pytest
from domain_findings import fall_holds, rise
from readouts import principal, probe
from reviews import PADDING, UNKNOWN, Reviews, without_repeats, words_of
from transformer import Encoder, classifier, record_steps, torch


def invented(count=40, source="here"):
    """Texts whose last word names their label, 0 first as in the package."""
    draw = random.Random(1)
    labels = [int(place >= count // 2) for place in range(count)]
    return [(f"{' '.join(draw.choices('abcdefghij', k=6))} t{place} {['bad', 'good'][label]}", label, source)
            for place, label in enumerate(labels)]


def drawn(rows, seed=1, length=8):
    return Reviews(rows, "here", {"fit": 12, "train": 16, "test": 8}, length, 10, 5, seed)


def test_words_and_repeats():
    assert words_of("It's GOOD!<br />Really (so), 9/10..") == ["it's", "good", "!", "really", "so", ",", "9", "10", ".", "."]
    assert without_repeats([("a", 1, "x"), ("b", 0, "x"), ("a", 1, "y")]) == [("a", 1, "x"), ("b", 0, "x")]


def test_splits_are_balanced_disjoint_and_those_of_the_seed():
    rows = invented() + invented(10, "elsewhere")
    reviews = drawn(rows)
    places = [place for split in reviews.places.values() for place in split]
    assert len(places) == len(set(places)) == 36 and max(places) < 40
    assert all(labels.mean() == 0.5 for labels in reviews.labels.values())
    for split, texts in reviews.texts.items():
        assert [text[-1] for text in texts] == [["bad", "good"][label] for label in reviews.labels[split]]
    assert (drawn(rows).places["test"] == reviews.places["test"]).all()
    assert (drawn(rows, seed=2).places["test"] != reviews.places["test"]).any()
    with pytest.raises(ValueError, match="20 texts of one label, expected at least 25"):
        Reviews(rows, "here", {"fit": 50}, 8, 10, 5, 1)


def test_tokens_and_bags_are_of_the_words_trained_on():
    reviews = drawn(invented(), length=7)
    # Of the words t0, t1, … every text has its own: they are not in the vocabulary, which holds what two texts have.
    assert set(reviews.number_of) <= {*"abcdefghij", "bad", "good"} and min(reviews.number_of.values()) == UNKNOWN + 1
    assert reviews.bag_words == list(reviews.number_of)[:5]
    tokens, bags = reviews.tokens["test"], reviews.bags["test"]
    assert (tokens[:, 6] == UNKNOWN).all() and reviews.cut == 1
    for text, row, bag in zip(reviews.texts["test"], tokens, bags):
        assert [reviews.number_of.get(word, UNKNOWN) for word in text[:7]] == row.tolist()
        assert bag.tolist() == [int(word in text[:7]) for word in reviews.bag_words]


@pytest.fixture(scope="module")
def network():
    return classifier(lambda: Encoder(20, 12, 8, 2, 2), 3).eval()


def outputs(network, tokens):
    """What each recorded module gives."""
    found = collections.defaultdict(list)
    hooks = [getattr(network, name).register_forward_hook(lambda module, given, output, name=name: found[name].append(output))
             for name in network.kinds]
    with torch.no_grad():
        network(tokens)
    for hook in hooks:
        hook.remove()
    return found


def test_every_place_fires_once_and_blocks_add_what_attention_and_mlp_give(network):
    tokens = torch.randint(2, 20, (5, 12), generator=torch.Generator().manual_seed(1))
    tokens[0, 4:] = tokens[1, 9:] = PADDING
    found = outputs(network, tokens)
    assert list(found) == list(network.kinds) and all(len(values) == 1 for values in found.values())
    # The mean over tokens is linear. Sums of three numbers of order 1 in Float32, of 12 tokens: 12 · 3 · 2^-24 < 1e-5.
    for number, before in ((1, "embedding"), (2, "block1")):
        total = found[before][0] + found[f"block{number}-attention"][0] + found[f"block{number}-mlp"][0]
        assert torch.allclose(found[f"block{number}"][0], total, rtol=0, atol=1e-5)


def test_padding_changes_nothing(network):
    tokens = torch.randint(2, 20, (5, 7), generator=torch.Generator().manual_seed(2))
    padded = torch.cat([tokens, torch.full((5, 5), PADDING)], 1)
    short, long = outputs(network, tokens), outputs(network, padded)
    # Sums in another order, in Float32, through two blocks of values of order 1.
    assert all(torch.allclose(short[name][0], long[name][0], rtol=0, atol=1e-5) for name in network.kinds)


def test_weights_are_those_of_the_seed():
    first, again, other = (classifier(lambda: Encoder(20, 12, 8, 2, 1), seed).logits.weight for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_records_begin_with_the_untrained_network_and_end_with_the_last_step():
    assert record_steps(1000, 5) == [0, 1, 10, 100, 1000]
    assert record_steps(3, 12) == [0, 1, 2, 3]
    assert record_steps(7, 2) == [0, 1, 7]


def test_principal_components_are_those_of_fit_in_units_of_their_deviation():
    draw = np.random.default_rng(1)
    axes = np.linalg.qr(draw.normal(size=(4, 4)))[0]
    fit = draw.normal(size=(500, 4)) * [9, 3, 1, 0.1] @ axes.T + 7
    own, = principal(fit, None, [fit])
    # Means and covariance of the scores on fit itself are exact but for rounding.
    assert np.allclose(own.mean(0), 0, atol=1e-9) and np.allclose(own.T @ own / 500, np.eye(2), atol=1e-9)
    # Scale and place of the layer drop out.
    assert np.allclose(*principal(fit, None, [fit]), *principal(5 * fit - 3, None, [5 * fit - 3]), atol=1e-7)
    # What is added along the axis of least variance of fit is not seen.
    least = np.linalg.eigh(np.cov(fit.T))[1][:, 0]
    assert np.allclose(*principal(fit, None, [fit[:3] + 100 * least]), own[:3], atol=1e-9)
    constant, = principal(np.ones((10, 3)), None, [np.ones((4, 3))])
    assert constant.shape == (4, 2) and not constant.any()


def test_probe_is_the_ridge_regression_of_the_labels():
    draw = np.random.default_rng(2)
    fit, labels, others = draw.normal(size=(300, 3)) * [1, 5, 0.2] + 4, draw.integers(0, 2, 300), draw.normal(size=(20, 3))
    found, = probe(fit, labels, [others], penalty=0.5)
    # The same by least squares over rows that stand for the penalty: Σ(y − zw)² + n·0.5·|w|².
    z, y = (fit - fit.mean(0)) / fit.std(0), np.where(labels, 1.0, -1.0)
    weights = np.linalg.lstsq(
        np.vstack([z, math.sqrt(150) * np.eye(3)]), np.concatenate([y - y.mean(), np.zeros(3)]), rcond=None)[0]
    assert np.allclose(found[:, 0], (others - fit.mean(0)) / fit.std(0) @ weights + y.mean(), atol=1e-9)
    # A unit that never moves is left out, and labels that are linear in the units are found.
    told, = probe(np.column_stack([labels * 2.0, np.ones(300)]), labels, [np.array([[0.0, 1.0], [2.0, 50.0]])])
    assert told[0, 0] < -0.99 and told[1, 0] > 0.99


def test_a_rise_lies_between_records():
    assert rise([(0, 0.0), (10, 0.1), (30, 0.5), (60, 0.6)], 0.3) == pytest.approx(20)
    assert rise([(0, 0.4), (10, 0.5)], 0.3) == 0
    assert rise([(0, 0.0), (10, 0.01)], 0.3) is None


@pytest.mark.parametrize(("answers", "holds"), [
    ([("compresses", 3), ("compresses", 4)], True),
    ([("compresses", 3), ("compresses", 2)], None),
    ([("compresses", 4), ("does not compress", 3)], False),
    ([("cannot be decided", 4), ("cannot be decided", 4)], None)])
def test_a_fall_holds_in_every_convention_or_is_refuted_in_half_of_them(answers, holds):
    class Small:
        seeds = [1, 2]

        @staticmethod
        def counts(run, convention):
            answer, count = answers[convention]
            return collections.Counter({answer: count, "cannot be decided": 5 - count}), None, 5

    assert fall_holds(Small, [(0,), (1,)]) is holds


def test_says_what_a_folder_of_minilm_lacks(tmp_path, monkeypatch):
    monkeypatch.setattr(minilm.importlib.util, "find_spec", lambda name: None)
    assert "cannot import it. Type: " in minilm.missing(tmp_path) and "pip install transformers==" in minilm.missing(tmp_path)
    monkeypatch.setattr(minilm.importlib.util, "find_spec", lambda name: name)
    assert f"{tmp_path} has no config.json" in minilm.missing(tmp_path)
    (tmp_path / "vocab.txt").write_text("")
    (tmp_path / "config.json").write_text("[]")
    assert "config.json is no JSON object" in minilm.missing(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "roberta"}')
    assert "type roberta, expected bert" in minilm.missing(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    assert "no model.safetensors or pytorch_model.bin" in minilm.missing(tmp_path)
    (tmp_path / "model.safetensors").write_text("")
    assert minilm.missing(tmp_path) is None

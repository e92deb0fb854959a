"""What a layer, a run and several runs say; and the interval of infoplane verdict, held against the program's own."""

import collections
import json
import os
import subprocess

import pytest
from conftest import EXPERIMENTS
from conventions import (
    FALLS,
    OPEN,
    OUT,
    STAYS,
    LayerAnswer,
    Tally,
    answer_of,
    any_layer,
    counted,
    last_layer,
    majority,
    most_layers,
    own_fall,
)


def row(value, error, flags=()):
    return {"value": value, "standard_error": error, "flags": "|".join(flags)}


def test_a_run_falls_where_any_layer_does_and_stays_where_all_do():
    assert any_layer([OUT, STAYS, FALLS]) == FALLS
    assert any_layer([OUT, STAYS, STAYS]) == STAYS
    assert any_layer([STAYS, OPEN]) == OPEN
    assert any_layer([OUT, OUT]) == any_layer([]) == OUT


def test_other_rules_of_a_run():
    assert most_layers([OUT, FALLS, FALLS, STAYS]) == FALLS
    assert most_layers([FALLS, STAYS]) == OPEN
    assert most_layers([OUT]) == OUT
    assert last_layer([FALLS, OUT]) == OUT


def test_majority_needs_more_than_half():
    assert majority([FALLS, FALLS, STAYS]) == FALLS
    assert majority([FALLS, FALLS, STAYS, OUT]) == OPEN
    assert majority([OUT]) == OUT


def test_tally_of_a_claim_about_two_groups():
    tally = Tally([([FALLS, STAYS], found) for found in ([FALLS, STAYS], [FALLS, FALLS], [OPEN, OUT], [FALLS, OPEN])])
    assert (tally.holding, tally.against, tally.holds) == (1, 1, None)
    assert str(tally) == "in 1 of 4 conventions; the contrary in 1, undecided in 2"
    assert Tally([([FALLS], [FALLS])] * 2 + [([FALLS], [STAYS])]).holds is True
    assert Tally([([FALLS], [FALLS])] + [([FALLS], [STAYS])] * 2).holds is False


def test_counts_in_words():
    assert counted([OUT, STAYS, FALLS, STAYS]) == "1 falls, 2 stays, 1 excluded"


def test_fall_of_a_series():
    assert own_fall([1, 4, 3]) == 0.25
    assert own_fall([0, 0]) == own_fall([-2, -1]) == 0


def test_answer_by_hand():
    # R = 0.5, SE = sqrt((0.1/2)² + (1·0.1/4)²) = 0.0559; m = 2, one layer: c = Φ⁻¹(1 − 0.05/4) = 2.2414: 0.5 ± 0.1253.
    assert answer_of([row(1.5, 0.1), row(2, 0.1), row(1, 0.1)], 1) == FALLS
    # The same with SE = 0.2795: 0.5 ± 0.6265 holds 0 and 5%.
    assert answer_of([row(1.5, 0.1), row(2, 0.5), row(1, 0.5)], 1) == OPEN
    assert answer_of([row(1.5, 0.001), row(2, 0.001), row(2, 0.001)], 1) == STAYS
    # Surely below the peak, but by 4% only.
    assert answer_of([row(2, 0.0001), row(1.92, 0.0001)], 1) == STAYS
    assert answer_of([row(2, 0.1), row(1, 0.1, ["saturated"])], 1) == OUT
    assert answer_of([row(2, 0.1, ["saturated"]), row(1, 0.1)], 1) == OUT
    assert answer_of([row(2, 0.1), row(0, 0.0, ["constant"])], 1) == OUT
    assert answer_of([row(2, None), row(1, None)], 1) == OUT
    # A saturated record can be no peak.
    assert answer_of([row(9, 0.001, ["saturated"]), row(2, 0.001), row(2, 0.001)], 1) == STAYS


@pytest.mark.parametrize("sample", ["szt-tanh", "szt-relu"])
def test_answers_as_verdict_does(sample):
    binary = os.environ.get("INFOPLANE_BINARY") or EXPERIMENTS.parent.parent / ".build" / "release" / "infoplane"

    def printed(*arguments):
        return json.loads(subprocess.run(
            [binary, *arguments], cwd=EXPERIMENTS.parent.parent / "samples", check=True, capture_output=True, text=True).stdout)

    series = collections.defaultdict(list)
    rows = printed("export", f"{sample}.results.h5", "--format", "json")
    for own in sorted((own for own in rows if own["epoch"] is not None), key=lambda own: own["epoch"]):
        series[own["split"], own["layer"], own["quantity"], own["target"] or "", own["discretization"]].append(own)
    layers = collections.defaultdict(set)
    for split, layer, *_ in series:
        layers[split].add(layer)
    compared = collections.Counter()
    for verdict in printed("verdict", f"{sample}.results.h5", "--json"):
        for method in verdict["methods"]:
            said = LayerAnswer.of(verdict["layer"], method).says
            key = verdict["split"], verdict["layer"], verdict["quantity"], verdict["target"], method["discretization"]
            own = answer_of(series[key], len(layers[verdict["split"]]))
            # The p-value adjusted for the false discovery rate may forbid the verdict a fall; nothing else differs.
            assert own == said or (own, said) == (FALLS, OPEN), (key, own, said)
            compared[said] += 1
    assert compared[FALLS] > 5 and compared[STAYS] > 5 and compared[OUT] > 5

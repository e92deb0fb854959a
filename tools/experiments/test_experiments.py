"""Every experiment at --size tiny, as its user starts it; and what all of them share."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
NAMES = sorted(path.name for path in HERE.iterdir() if path.is_file() and not path.suffix)
sys.path.insert(0, str(HERE))

from findings import Findings, table  # noqa: E402
from rank_correlation import RankCorrelation  # noqa: E402


def start(name, *arguments, **environment):
    return subprocess.run(
        [sys.executable, HERE / name, *map(str, arguments)], capture_output=True, text=True, check=False,
        env=os.environ | environment)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("experiments")


@pytest.mark.parametrize("name", NAMES)
def test_runs_and_changes_nothing_when_it_runs_again(name, folder):
    ended = start(name, "--size", "tiny", "-o", folder / name)
    assert ended.returncode == 0, ended.stderr
    found = json.loads((folder / name / "findings.json").read_text())
    assert found["claims"] and found["tables"]
    assert all(claim["here"] in ("holds", "does not hold", "cannot be decided") for claim in found["claims"])
    page = (folder / name / "findings.md").read_text()
    assert all(claim[name].replace("|", "\\|") in page for claim in found["claims"] for name in ("claim", "figures"))
    assert (folder / name / "report.html").stat().st_size > 10_000

    made = {path: path.stat().st_mtime_ns for path in (folder / name).glob("*.h5") if ".results." not in path.name}
    assert made
    again = start(name, "--size", "tiny", "-o", folder / name, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == found
    assert {path: path.stat().st_mtime_ns for path in made} == made


@pytest.mark.parametrize("name", NAMES)
def test_says_what_a_binary_must_be(name, folder):
    ended = start(name, "--size", "tiny", "-o", folder / "none", INFOPLANE_BINARY="/nowhere/infoplane")
    assert ended.returncode == 2
    assert "INFOPLANE_BINARY is /nowhere/infoplane" in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize("name", NAMES)
def test_refuses_a_page_of_findings_that_mean_nothing(name):
    ended = start(name, "--size", "tiny", "--page")
    assert ended.returncode == 64
    assert "--size tiny mean nothing" in ended.stderr


@pytest.mark.parametrize("name", [name for name in NAMES if "--fashion-mnist" in start(name, "--help").stdout])
def test_says_how_to_get_the_images(name, folder):
    ended = start(name, "--size", "tiny", "-o", folder / "none", "--fashion-mnist", folder / "nowhere")
    assert ended.returncode == 2
    assert "nowhere has no train-images-idx3-ubyte.gz. Type: apt-get install dataset-fashion-mnist" in ended.stderr


def test_rank_correlation_of_known_ranks():
    # Σd² = 4 + 1 + 1 + 0 + 0 = 6: ρ = 1 − 6·6/(5·24) = 0.7; the interval is the formula with n = 5.
    found = RankCorrelation([1, 2, 3, 4, 5], [30, 10, 20, 40, 50])
    half = 1.959964 * math.sqrt((1 + 0.49 / 2) / 2)
    assert found.rho == pytest.approx(0.7, abs=1e-12)
    assert (found.low, found.high) == pytest.approx(
        (math.tanh(math.atanh(0.7) - half), math.tanh(math.atanh(0.7) + half)), abs=1e-6)
    assert found.sign == 0


def test_rank_correlation_where_there_is_none():
    assert RankCorrelation([1, 2, 3], [1, 2, 3]).rho is None
    assert RankCorrelation([1, 2, 3, 4], [1, 2, 4, 3], given=[[4, 1, 2, 3]]).rho is None
    assert RankCorrelation([1, 2, 3, 4], [5, 5, 5, 5]).sign is None
    assert RankCorrelation([1, 2, 3, 4, None], [1, 2, 3, 4, 5]).count == 4


def test_rank_correlation_of_equal_orders_has_an_interval():
    found = RankCorrelation(range(20), [2**i for i in range(20)])
    assert found.rho == 1 and 0.9 < found.low < 1 and found.high <= 1 and found.sign == 1
    turned = RankCorrelation(range(20), [-(2**i) for i in range(20)])
    assert (turned.rho, turned.low, turned.high) == pytest.approx((-1, -found.high, -found.low), abs=1e-12)


def test_interval_covers_the_rank_correlation_of_normal_pairs():
    # Pairs of normals with r = 0.6 have ρ = 6/π·asin(r/2). 400 intervals of 95% over n = 30: the standard error of the
    # coverage is 1.1%, and Bonett and Wright report 94 to 95% there; below 91% (four standard errors and 0.5%) something is wrong.
    import numpy as np

    random = np.random.default_rng(1)
    truth = 6 / math.pi * math.asin(0.3)
    covered = 0
    for _ in range(400):
        x = random.normal(size=30)
        found = RankCorrelation(x.tolist(), (0.6 * x + 0.8 * random.normal(size=30)).tolist())
        covered += found.low <= truth <= found.high
    assert covered / 400 > 0.91


def test_partial_rank_correlation_is_that_of_the_residuals_of_ranks():
    import numpy as np
    from scipy import stats

    random = np.random.default_rng(3)
    third = random.normal(size=60)
    x, y = third + random.normal(size=60), third + random.normal(size=60)
    found = RankCorrelation(x.tolist(), y.tolist(), given=[third.tolist()])
    ranks = [stats.rankdata(values) for values in (x, y, third)]

    def rest(values):
        return values - np.polyval(np.polyfit(ranks[2], values, 1), ranks[2])

    assert found.rho == pytest.approx(np.corrcoef(rest(ranks[0]), rest(ranks[1]))[0, 1], abs=1e-9)
    assert found.standard_error == pytest.approx(math.sqrt((1 + found.rho**2 / 2) / 56), abs=1e-12)
    assert abs(found.rho) < RankCorrelation(x.tolist(), y.tolist()).rho
    # Columns of equal ranks are one.
    twice = RankCorrelation(x.tolist(), y.tolist(), given=[third.tolist(), (2 * third).tolist(), [1] * 60])
    assert (twice.rho, twice.standard_error) == pytest.approx((found.rho, found.standard_error), abs=1e-9)
    assert RankCorrelation(x.tolist(), y.tolist(), given=[[1] * 60]).rho == RankCorrelation(x.tolist(), y.tolist()).rho
    assert RankCorrelation(x.tolist(), y.tolist(), given=[x.tolist()]).rho is None


def test_rank_correlation_given_a_group_is_that_within_groups():
    # Two groups far apart: pooled, ρ is positive; within each it is −1, and a column of 0 and 1 takes the groups away.
    x, y, group = [1, 2, 3, 11, 12, 13], [3, 2, 1, 13, 12, 11], [0, 0, 0, 1, 1, 1]
    assert RankCorrelation(x, y).rho == pytest.approx(19 / 35, abs=1e-12)
    assert RankCorrelation(x, y, given=[group]).rho == -1


def test_the_interval_excludes_0_where_the_p_value_says_so():
    import numpy as np

    random = np.random.default_rng(4)
    decided = set()
    for _ in range(50):
        x = random.normal(size=20)
        found = RankCorrelation(x.tolist(), (0.4 * x + random.normal(size=20)).tolist())
        assert (found.p_value < 0.05) == (found.sign != 0)
        decided.add(found.sign)
    assert decided >= {0, 1}


def test_publishes_the_claims_of_all_pages(tmp_path):
    class Small:
        name, size = "one", "small"

    findings = Findings("One", "A question?", "Conditions.")
    findings.claim("it falls", True, "3 of 4")
    findings.claim("H(Q|X) stays", None, "0 usable")
    (tmp_path / "README.md").write_text("before\n<!-- claims: made by --page -->\nstale\n<!-- end of claims -->\nafter\n")
    findings.publish(tmp_path, "one", findings.page(Small))
    text = (tmp_path / "README.md").read_text()
    assert "stale" not in text and text.startswith("before") and text.endswith("after\n")
    assert table(["experiment", "claim", "here"], [
        ["[one](one.md)", "it falls", "holds"], ["[one](one.md)", "H(Q|X) stays", "cannot be decided"]]) in text
    assert "| H(Q\\|X) stays | cannot be decided |" in text

"""Every experiment at --size tiny, as its user starts it; and what all of them share."""

import json
import os
import subprocess
import sys

import pytest
from conftest import EXPERIMENTS
from findings import Findings, table

NAMES = sorted(path.name for path in EXPERIMENTS.iterdir() if path.is_file() and not path.suffix)


def start(name, *arguments, **environment):
    return subprocess.run(
        [sys.executable, EXPERIMENTS / name, *map(str, arguments)], capture_output=True, text=True, check=False,
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

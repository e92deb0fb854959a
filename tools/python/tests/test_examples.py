"""What is shown to users runs: the examples, and the named blocks of the README."""

import contextlib
import doctest
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import infoplane

PACKAGE = Path(__file__).resolve().parents[1]
SAMPLES = PACKAGE.parents[1] / "samples"
NEEDS = {"torch_mlp": "torch", "jax_mlp": "jax", "keras_mlp": "keras", "numpy_arrays": "numpy"}


def test_every_example_is_among_those_that_are_run():
    assert {path.stem for path in (PACKAGE / "examples").glob("*.py")} == set(NEEDS)


@pytest.mark.parametrize("name, framework", NEEDS.items())
def test_an_example_runs_and_the_command_line_reads_what_it_recorded(name, framework, tmp_path, binary):
    # Not by importing it: Keras without its backend would look as if it were absent.
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    archive = tmp_path / "run.h5"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, str(PACKAGE / "examples" / f"{name}.py"), str(archive)], check=True, env=environment,
                   timeout=300)
    shown = subprocess.run([binary, "inspect", str(archive)], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert ("score" if name == "numpy_arrays" else "logits" if name != "torch_mlp" else "tanh") in shown.stdout
    analyzed = subprocess.run(
        [binary, "analyze", str(archive), "-o", str(tmp_path / "run.results.h5"), "--binning", "width:10@run"],
        capture_output=True, text=True)
    assert analyzed.returncode == 0, analyzed.stderr


def block(name):
    text = (PACKAGE / "README.md").read_text()
    (found,) = re.findall(rf"<!-- example: {name} -->\n```python\n(.*?)```", text, re.DOTALL)
    return found


def test_the_named_blocks_of_the_readme_are_run():
    # tools/documentation runs every block; these are run with all frameworks and readers, and looked at.
    text = (PACKAGE / "README.md").read_text()
    assert re.findall("<!-- example: (.*) -->", text) == ["torch", "arrays", "reading", "results"]


@contextlib.contextmanager
def inside(directory):
    before = os.getcwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


def test_three_lines_record_a_pytorch_model(tmp_path):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    pytest.importorskip("xarray", reason="xarray is not installed")
    model = torch.nn.Sequential()
    model.add_module("fc1", torch.nn.Linear(4, 3))
    model.add_module("fc2", torch.nn.Linear(3, 2))
    names = {"model": model, "inputs": torch.randn(20, 4), "labels": torch.arange(20) % 2, "train": lambda epoch: 0.5 * epoch}
    with inside(tmp_path):
        exec(block("torch"), names)
        with infoplane.open_archive("run.h5", split="train") as run:
            assert run["fc1"].shape == (4, 20, 3) and run["train_loss"].values.tolist() == [0, 0.5, 1, 1.5]


def test_arrays_of_two_splits_are_recorded(tmp_path):
    pytest.importorskip("xarray", reason="xarray is not installed")
    with inside(tmp_path):
        exec(block("arrays"), {})
        with infoplane.open_archive("arrays.h5") as archive:
            assert archive["train"]["fc1"].shape == (3, 80, 4) and archive["test"]["fc1"].shape == (3, 20, 4)


@pytest.mark.parametrize("name, module", [("reading", "xarray"), ("results", "pandas")])
def test_what_the_readme_shows_is_what_comes_out(name, module, tmp_path):
    pytest.importorskip(module, reason=f"{module} is not installed")
    for sample in SAMPLES.glob("szt-tanh*.h5"):
        shutil.copy(sample, tmp_path)
    with inside(tmp_path):
        test = doctest.DocTestParser().get_doctest(block(name), {}, name, "README.md", 0)
        said = []
        runner = doctest.DocTestRunner()
        assert runner.run(test, out=said.append).failed == 0, "".join(said)
        assert runner.tries > 5

"""The script `infoplane` of the package, and that package and binary have one version."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

import infoplane

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
CODE = "import sys; sys.argv[0] = {script!r}; import infoplane_command; infoplane_command.main()"


def run(*arguments, script="infoplane", package=PACKAGE, **variables):
    environment = {name: value for name, value in os.environ.items() if name != "INFOPLANE_BINARY"}
    return subprocess.run(
        [sys.executable, "-c", CODE.format(script=str(script)), *map(str, arguments)],
        env={**environment, "PYTHONPATH": str(package), **{name: str(value) for name, value in variables.items()}},
        capture_output=True, text=True)


@pytest.fixture
def echo(tmp_path):
    """A binary that prints its arguments, one a line, and ends with 3."""
    path = tmp_path / "echo"
    path.write_text('#!/bin/sh\nfor argument; do echo "$argument"; done\nexit 3\n')
    path.chmod(0o755)
    return path


def test_the_named_binary_gets_the_arguments_as_they_are(echo):
    done = run("analyze", "a file.h5", "--x='$HOME'", INFOPLANE_BINARY=echo)
    assert (done.returncode, done.stdout, done.stderr) == (3, "analyze\na file.h5\n--x='$HOME'\n", "")


def test_the_carried_binary_runs(tmp_path, echo):
    package = tmp_path / "installed"
    program = package / "infoplane/program/bin/infoplane"
    program.parent.mkdir(parents=True)
    echo.rename(program)
    (package / "infoplane_command.py").write_bytes((PACKAGE / "infoplane_command.py").read_bytes())
    done = run("--version", package=package)
    assert (done.returncode, done.stdout, done.stderr) == (3, "--version\n", "")

    program.chmod(0o644)
    done = run(package=package)
    assert done.returncode == 2
    assert done.stderr.endswith("cannot be run (Permission denied). Install the wheel again.\n")


def test_without_a_binary_it_says_where_to_get_one():
    done = run("analyze", "run.h5")
    assert (done.returncode, done.stdout) == (2, "")
    assert "tools/release wheel" in done.stderr and "INFOPLANE_BINARY" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_named_binary_that_cannot_run_is_said(tmp_path):
    absent = run(INFOPLANE_BINARY=tmp_path / "absent")
    assert absent.returncode == 2 and f"{tmp_path}/absent: this file is not there" in absent.stderr
    folder = run(INFOPLANE_BINARY=tmp_path)
    assert folder.returncode == 2 and "expected the binary" in folder.stderr
    text = tmp_path / "text"
    text.write_text("not a program")
    text.chmod(0o755)
    refused = run(INFOPLANE_BINARY=text)
    assert refused.returncode == 2 and "cannot be run (Exec format error)" in refused.stderr


def test_it_does_not_run_itself_forever(echo):
    done = run(script=echo, INFOPLANE_BINARY=echo)
    assert done.returncode == 2 and "this is the script that looks for the binary" in done.stderr


def test_it_loads_neither_numpy_nor_the_package(echo):
    code = "import sys, infoplane_command; print({'numpy', 'h5py', 'infoplane'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(PACKAGE)}, check=True,
                          capture_output=True, text=True)
    assert done.stdout == "set()\n"


def test_package_and_binary_have_one_version(binary):
    told = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    assert told == infoplane.__version__
    source = (PACKAGE.parents[1] / "Sources/infoplane/Infoplane.swift").read_text()
    assert re.findall(r'static let version = "(.*)"', source) == [infoplane.__version__]

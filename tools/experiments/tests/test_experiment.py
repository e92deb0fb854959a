"""Experiment itself: what a kill, Ctrl-C and changed settings leave, and what the same command then does."""

import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import EXPERIMENTS

# Three archives, one after the other or side by side, each with results. The second takes long enough to be stopped in.
SCRIPT = f"""
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, {str(EXPERIMENTS / 'modules')!r})
from experiment import Experiment
from findings import Findings

def main(experiment):
    def made(item):
        name, epochs = item
        archive = experiment.record(name, "szt", "--hidden", 4, "--epochs", epochs, "--schedule", f"0,{{epochs}}")
        return experiment.analyze(archive, "--epochs", "last", "--no-gib", "--layer", "fc1", "--no-error-bars")

    runs = list(zip("abc", experiment.settings["epochs"]))
    work = experiment.each if experiment.options.side_by_side else lambda items, work: [work(item) for item in items]
    results = work(runs, made)
    findings = Findings("Of the tests", "What?", "So.")
    findings.claim("it ends", True, f"{{len(results)}} results")
    experiment.finish(findings, results)

Experiment(
    "of-the-tests", "What?",
    {{"tiny": {{"epochs": [2, 2, 2]}}, "small": {{"epochs": [2, 3000, 2]}}, "large": {{"epochs": [2, 2, 3]}}}},
    more=lambda parser: parser.add_argument("--side-by-side", action="store_true")).run(main)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "of-the-tests"
    path.write_text(SCRIPT)
    return path


def command(script, size, *options):
    return [sys.executable, script, "--size", size, "-o", script.parent / "files", *options]


def finished(script, size, *options):
    return subprocess.run(command(script, size, *options), capture_output=True, text=True, check=False, timeout=120)


def started(script, size, *options, **others):
    return subprocess.Popen(command(script, size, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **others)


def children(process):
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as direct:
        found = direct.read().split()
    # Those that threads have started are listed with the thread.
    for task in os.listdir(f"/proc/{process.pid}/task"):
        with open(f"/proc/{process.pid}/task/{task}/children", encoding="ascii") as of_thread:
            found += of_thread.read().split()
    return sorted({int(child) for child in found})


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition, what, process=None):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, f"60 s without {what}"
        assert process is None or process.poll() is None, process.stderr.read()
        time.sleep(0.01)


def while_recording(script, *options, **others):
    """A run whose second archive is being recorded, its files, and its recorder."""
    files = script.parent / "files"
    process = started(script, "small", *options, **others)
    until(lambda: (files / "a.h5").exists() and (files / "b.partial.h5").exists() and children(process), "a recorder", process)
    return process, files, children(process)


def checksums(files):
    binary = os.environ.get("INFOPLANE_BINARY") or EXPERIMENTS.parent.parent / ".build" / "release" / "infoplane"
    answer = subprocess.run([binary, "checksum", *sorted(files.glob("?.h5"))], capture_output=True, text=True, check=True)
    return [line.split()[0] for line in answer.stdout.splitlines()]


def times(files):
    return {path.name: path.stat().st_mtime_ns for path in files.glob("*.h5")}


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="looks for processes in /proc")
@pytest.mark.parametrize("options", [(), ("--side-by-side",)])
def test_goes_on_after_kill_9(script, options, tmp_path_factory):
    process, files, recorders = while_recording(script, *options)
    process.kill()
    process.wait()
    before = times(files)
    assert "b.h5" not in before and "a.h5" in before
    # Its recorder goes on without it, as it can: the second try must not care.
    again = finished(script, "small", *options)
    assert again.returncode == 0, again.stderr
    until(lambda: not any(map(is_running, recorders)), "an end of the old recorder")
    after = times(files)
    assert after["a.h5"] == before["a.h5"]
    assert sorted(after) == [f"{name}{end}" for name in "abc" for end in (".h5", ".results.h5")]

    other = tmp_path_factory.mktemp("fresh") / "of-the-tests"
    other.write_text(SCRIPT)
    assert finished(other, "small", *options).returncode == 0
    assert checksums(other.parent / "files") == checksums(files)


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="looks for processes in /proc")
@pytest.mark.parametrize("options", [(), ("--side-by-side",)])
@pytest.mark.parametrize("how", ["Ctrl-C", "SIGINT", "SIGTERM"])
def test_stops_with_its_recorders_and_goes_on(script, options, how):
    process, files, recorders = while_recording(script, *options, start_new_session=True)
    if how == "Ctrl-C":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(getattr(signal, how))
    output, errors = process.communicate(timeout=60)
    assert not any(map(is_running, recorders))
    assert process.returncode == 1, errors
    assert output == "" and errors == "stopped: what was made is kept, the same command goes on.\n"
    before = times(files)
    assert "a.h5" in before and "b.h5" not in before

    again = finished(script, "small", *options)
    assert again.returncode == 0, again.stderr
    assert times(files)["a.h5"] == before["a.h5"]


def test_changed_settings_record_again_and_drop_what_was_of_the_old_archive(script):
    assert finished(script, "tiny").returncode == 0
    files = script.parent / "files"
    (files / "c.other.results.h5").write_text("results of the old archive")
    (files / "c.reduction.h5").write_text("a reduction of the old archive")
    before = times(files)
    again = finished(script, "large")
    assert again.returncode == 0, again.stderr
    after = times(files)
    assert sorted(after) == [f"{name}{end}" for name in "abc" for end in (".h5", ".results.h5")]
    assert {name: after[name] == before[name] for name in ("a.h5", "b.h5", "c.h5")} == {"a.h5": True, "b.h5": True, "c.h5": False}
    assert '"3"' in (files / "c.settings.json").read_text()


def test_says_which_command_failed_and_leaves_what_is_whole(script):
    script.write_text(SCRIPT.replace('"--hidden", 4', '"--hidden", 4 if name == "a" else "four"'))
    ended = finished(script, "tiny", "--side-by-side")
    assert ended.returncode == 2
    assert "infoplane record szt --hidden four" in ended.stderr and "Correct that" in ended.stderr
    assert "Traceback" not in ended.stderr

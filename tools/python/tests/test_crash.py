"""Writers that are killed: every record that was acknowledged stays, and recording goes on after it."""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

import infoplane
import killed
from conftest import record

HERE = pathlib.Path(__file__).parent
KILLS = int(os.environ.get("INFOPLANE_KILLS", "30"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="preloading and /proc are Linux's")
def test_a_kill_at_any_write_and_at_any_page_within_it_loses_nothing(tmp_path):
    library = tmp_path / "torn.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", library, HERE / "torn_write.c", "-ldl"],
                   check=True)
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    done = subprocess.run([sys.executable, HERE / "torn_cases.py", tmp_path], env=environment, capture_output=True,
                          text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-2000:]
    for name, (kills, continued, lost) in json.loads(done.stdout).items():
        assert not lost, "\n".join(lost)
        assert kills >= 50 and continued >= 20, (name, kills, continued)


def killed_writer(path, seconds):
    """A writer in a process of its own that is killed after some time; the epochs that it told to be safe."""
    code = (f"import sys; sys.path.insert(0, {str(HERE)!r}); import conftest, killed; print('go', flush=True); "
            f"killed.write(sys.argv[1], lambda epoch: print(epoch, flush=True), epochs=100000)")
    process = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "go\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    told = [int(line) for line in process.stdout.read().split("\n")[:-1]]
    process.wait()
    process.stdout.close()
    return told


def test_kills_at_random_times_lose_nothing_and_the_command_line_reads_what_is_left(tmp_path, binary):
    times = random.Random(4)
    survived = 0
    for index in range(KILLS):
        path = tmp_path / f"{index}.h5"
        told = killed_writer(str(path), times.uniform(0, 0.15))
        if told:
            survived += 1
            assert killed.committed(path, live=True) > told[-1]
            shown = subprocess.run([binary, "inspect", "--json", str(path)], capture_output=True)
            assert shown.returncode == 0, shown.stderr
        status, more = killed.forked(lambda tell: killed.go_on(path, tell))
        if status == 3 << 8 and not told:
            continue
        if not path.exists():
            assert not told
            continue
        assert status == 0 and more[0] > (told[-1] if told else -1)
        assert killed.committed(path, live=False) == more[-1] + 1
        path.unlink()
    assert survived >= KILLS // 4


def test_a_file_that_a_program_holds_is_not_continued(tmp_path):
    path, description = tmp_path / "run.h5", killed.small()
    with infoplane.ArchiveWriter(path, description) as writer:
        record(writer, description, 0, loss=0.0)
        before = path.read_bytes()
        status, _ = killed.forked(lambda tell: killed.go_on(path, tell))
        assert status == 3 << 8
        with pytest.raises(infoplane.ArchiveError, match="a program is using the file"):
            infoplane.ArchiveWriter.append(path, description)
        assert path.read_bytes() == before
        record(writer, description, 1, loss=1.0)
    assert killed.committed(path, live=False) == 2
    assert killed.forked(lambda tell: killed.go_on(path, tell)) == (0, [2, 3])


def test_a_damaged_last_record_and_foreign_files_are_not_continued(tmp_path):
    path = tmp_path / "run.h5"
    killed.write(path, lambda epoch: None, epochs=2)
    description = killed.small()
    values = killed.values_of(description.splits[0].layers[0], 30, 1).tobytes()
    data = bytearray(path.read_bytes())
    data[data.index(values)] ^= 1
    path.write_bytes(data)
    refusals = {path: "record 1, the last committed, does not have its digest"}
    for name, content, message in [("empty", b"", "the file is empty"), ("text", b"hello" * 20, "not an HDF5 file"),
                                   ("head", bytes(data[:40]), "not a file of the format"),
                                   ("bits", bytes(data[:30]) + b"!" + bytes(data[31:]), "first bytes .* damaged"),
                                   ("cut", bytes(data[:8192]), "damaged")]:
        refusals[tmp_path / name] = message
        (tmp_path / name).write_bytes(content)
    for broken, message in refusals.items():
        before = broken.read_bytes()
        with pytest.raises(infoplane.ArchiveError, match=message):
            infoplane.ArchiveWriter.append(broken, description)
        assert broken.read_bytes() == before
    with pytest.raises(infoplane.ArchiveError, match="there is no such file"):
        infoplane.ArchiveWriter.append(tmp_path / "none.h5", description)

"""Kills a writer at every write and at every page boundary within one; run with torn_write.c preloaded.

Prints what it did as JSON: how many kills, and every kill after which something committed was lost.
"""

import ctypes
import json
import os
import shutil
import signal
import sys

import killed

torn = ctypes.CDLL(None)


def armed(work, path, at, pages):
    def run(tell, *arguments):
        torn.torn_arm(os.path.basename(path).encode(), ctypes.c_long(at), ctypes.c_long(pages))
        work(path, tell, *arguments)
        if at == 0:
            for event in range(1, torn.torn_count() + 1):
                tell(1_000_000 + torn.torn_boundaries(ctypes.c_long(event)))
    return run


def points(work, path, *arguments):
    """Every event of a whole run, with the page boundaries in it."""
    status, told = killed.forked(armed(work, path, 0, 0), *arguments)
    assert status == 0, status
    counts = [number - 1_000_000 for number in told if number >= 1_000_000]
    assert len(counts) > 20
    return [(event, pages) for event, count in enumerate(counts, 1) for pages in range(count + 1)]


def check(path, told):
    """What is wrong with the file that a killed writer left, None where nothing is; and with going on."""
    safe = (max(told) + 1) if told else 0

    def read(tell, live):
        tell(killed.committed(path, live=live))

    if safe:
        status, count = killed.forked(read, True)
        if status != 0 or count[0] < safe:
            return f"acknowledged {safe}, read {count}, status {status}"
    status, more = killed.forked(lambda tell: killed.go_on(path, tell))
    if status == 3 << 8 and not safe:
        return None
    if status != 0 or len(more) != 2 or more[0] < safe:
        return f"acknowledged {safe}, went on with {more}, status {status}"
    status, count = killed.forked(read, False)
    if status != 0 or count[0] != more[-1] + 1:
        return f"after going on: {more}, read {count}, status {status}"
    return None


def enumerate_kills(folder, name, work, *arguments, start=None):
    kills, lost, continued = 0, [], 0
    path = os.path.join(folder, f"{name}.h5")

    def prepare():
        if os.path.exists(path):
            os.unlink(path)
        if start:
            shutil.copyfile(start[0], path)

    prepare()
    for at, pages in points(work, path, *arguments):
        prepare()
        status, told = killed.forked(armed(work, path, at, pages), *arguments)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, (at, pages, status)
        kills += 1
        told = told or (start[1] if start else [])
        continued += bool(told)
        trouble = check(path, told)
        if trouble:
            lost.append(f"{name}: write {at}, page {pages}: {trouble}")
    return kills, continued, lost


def main(folder):
    results = {
        "recording": enumerate_kills(folder, "recording", killed.write, 3),
        "deflated": enumerate_kills(folder, "deflated", killed.write, 2, 1),
    }
    # A writer that is killed between its second and third record, and again while it goes on.
    left = os.path.join(folder, "left.h5")
    events = points(killed.write, left, 2)
    before_last = [event for event, _ in points(killed.write, os.path.join(folder, "whole.h5"), 3)]
    os.unlink(left)
    status, told = killed.forked(armed(killed.write, left, (len({e for e, _ in events}) + max(before_last)) // 2, 0), 3)
    assert os.WIFSIGNALED(status) and told, (status, told)
    results["going on"] = enumerate_kills(folder, "again", killed.go_on, start=(left, told))
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1])

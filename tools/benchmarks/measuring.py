"""Processes, timed in turns: A B A B ..., so that what else the machine does meets all of them.

Only the standard library is imported here: the peak memory of a child that Linux reports is at least that of the process
that started it, so that this one stays small.
"""

import dataclasses
import json
import os
import statistics
import sys
import tempfile
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))


class Failure(Exception):
    """A sentence about what could not be run."""


@dataclasses.dataclass
class Sample:
    """One run: seconds of the whole process, seconds and processor seconds of computing, and its peak memory.

    Computing is what the process says it is; processor seconds are those of the whole process where it does not say.
    """

    process: float
    compute: float
    cpu: float
    memory: int
    answer: object


def run(argv, parse=json.loads, timed=True):
    """Runs one process. timed: its standard output is JSON, whose "seconds" (summed over rows) are those of computing."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        child = os.posix_spawn(
            argv[0], argv, os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)])
        _, status, usage = os.wait4(child, 0)
        process = time.perf_counter() - start
        code = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
        if code != 0:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()
            raise Failure(f"{' '.join(argv)}: exit {code}: {said[-1] if said else 'it said nothing'}")
    answer = parse(text)
    rows = answer if isinstance(answer, list) else [answer]
    compute = sum(row["seconds"] for row in rows) if timed else process
    cpu = usage.ru_utime + usage.ru_stime
    if timed and "cpu" in rows[0]:
        cpu = rows[0]["cpu"]
    # Linux counts in KiB, macOS in bytes.
    return Sample(process, compute, cpu, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), answer)


class Stopwatch:
    """For peers: what their computing took, as members of their answer."""

    def __init__(self):
        self.start, self.cpu_start = time.perf_counter(), time.process_time()

    def read(self):
        return {"seconds": time.perf_counter() - self.start, "cpu": time.process_time() - self.cpu_start}


def combined(samples):
    """Several processes as one: times add up, memory is the largest."""
    return Sample(
        sum(s.process for s in samples), sum(s.compute for s in samples), sum(s.cpu for s in samples), max(s.memory for s in samples),
        [s.answer for s in samples])


@dataclasses.dataclass
class Row:
    """One comparison: times of both, round by round; `target` bounds the median of their ratios."""

    work: str
    ours: list
    theirs: list
    peer: str
    target: str = ""
    # Processor seconds, round by round; None where they say nothing.
    cpu: tuple = None
    memory: tuple = (None, None)
    agreement: str = ""
    limit: str = ""
    note: str = ""
    # theirs / ours; else ours / theirs, a cost.
    speedup: bool = True
    unit: str = "s"

    @property
    def ratios(self):
        """Round by round."""
        return self.divided(self.ours, self.theirs)

    def divided(self, ours, theirs):
        return [t / o if self.speedup else o / t for o, t in zip(ours, theirs)]

    @property
    def cpu_ratio(self):
        return None if self.cpu is None else statistics.median(self.divided(*self.cpu))

    @property
    def ratio(self):
        return statistics.median(self.ratios)

    @property
    def met(self):
        """None where there is no target."""
        if not self.target:
            return None
        bound = float(self.target[1:])
        return self.ratio >= bound if self.target.startswith("≥") else self.ratio <= bound

    def as_json(self):
        return {
            "work": self.work, "peer": self.peer, "ratio": self.ratio, "ratio_range": [min(self.ratios), max(self.ratios)],
            "ratio_is": "theirs/ours" if self.speedup else "ours/theirs", "target": self.target or None, "met": self.met,
            "cpu_ratio": self.cpu_ratio, "unit": self.unit, "ours_median": statistics.median(self.ours),
            "theirs_median": statistics.median(self.theirs), "ours": self.ours, "theirs": self.theirs,
            "peak_bytes_ours": self.memory[0], "peak_bytes_theirs": self.memory[1], "agreement": self.agreement or None,
            "limit": self.limit or None, "note": self.note or None,
        }


def compared(work, ours, theirs, peer, *, what="compute", scale=1.0, **rest):
    """A row of two lists of samples. what: compute or process. scale: where theirs was timed on a part."""
    return Row(
        work=work, ours=[getattr(s, what) for s in ours], theirs=[getattr(s, what) * scale for s in theirs], peer=peer,
        cpu=([s.cpu for s in ours], [s.cpu * scale for s in theirs]),
        memory=(max(s.memory for s in ours), max(s.memory for s in theirs)), **rest)


def agree(what, ours, theirs, tolerance, why):
    """The largest difference of paired numbers, as words; raises where it is beyond the tolerance."""
    if len(ours) != len(theirs) or not ours:
        raise Failure(f"{what}: {len(ours)} numbers here and {len(theirs)} there; expected as many of both")
    difference = max(abs(a - b) for a, b in zip(ours, theirs))
    # Not >, so that a NaN is no agreement.
    if not difference <= tolerance:
        raise Failure(
            f"{what}: the numbers differ by {difference:.3g}, and may by {tolerance:.3g} ({why}); the times mean nothing")
    return f"{what}: {len(ours)} of each, differ by ≤ {difference:.1e} of {tolerance:.1e} allowed ({why})"


class Bench:
    """What every subject needs: the binary, the peers, the data, how much to do ("full", "quick" or "check")."""

    def __init__(self, binary, data, extent, large, scratch, progress):
        self.binary, self.data, self.extent, self.large = binary, data, extent, large
        self.scratch, self.progress = scratch, progress
        self.limits = {}

    def size(self, full, quick, check=None):
        return {"full": full, "quick": quick, "check": quick if check is None else check}[self.extent]

    def in_turns(self, contenders, repeats):
        """Runs every contender (name: a function that gives a Sample) once in every round; {name: its samples}."""
        if self.extent == "check":
            repeats = 1
        found = {name: [] for name in contenders}
        for round_ in range(repeats):
            for name, action in contenders.items():
                self.progress(f"round {round_ + 1} of {repeats}: {name}")
                found[name].append(action())
        return found

    def ours(self, *arguments):
        return run([self.binary, *map(str, arguments)])

    def analyze(self, archive, *arguments):
        """A fresh analysis; the results stay as `results` until the next."""
        if os.path.exists(self.results):
            os.unlink(self.results)
        return self.ours("analyze", archive, "--json", "-o", self.results, *arguments)

    @property
    def results(self):
        return os.path.join(self.scratch, "results.h5")

    def exported(self, quantity, table="measurements"):
        """The rows of one quantity in the last results."""
        text = run([self.binary, "export", self.results, "--format", "json", "--table", table], str, timed=False).answer
        return [row for row in json.loads(text) if row["quantity"] == quantity]

    def peer(self, subject, function, *arguments):
        """A function of a subject, in a process of its own; it returns what it prints, with its seconds."""
        return run([sys.executable, os.path.join(FOLDER, "peer.py"), subject, function, *map(str, arguments)])

    def kept(self, name, make):
        """The path of a file that `make(path)` makes once; it has its name only when it is complete."""
        stem, suffix = os.path.splitext(os.path.join(self.data, name))
        path = stem + suffix
        if not os.path.exists(path):
            self.progress(f"making {path}")
            os.makedirs(self.data, exist_ok=True)
            partial = f"{stem}.{os.getpid()}.partial{suffix}"
            try:
                make(partial)
                os.replace(partial, path)
            finally:
                if os.path.exists(partial):
                    os.unlink(partial)
        return path

    def made(self, subject, function, *arguments):
        """A file that a function of a subject makes, given its path and arguments."""
        suffix = ".npy" if function.endswith("_npy") else ".h5"
        name = "-".join([subject, function, *map(str, arguments)]).replace("_", "-") + suffix
        return self.kept(name, lambda path: self.peer(subject, function, path, *arguments))

    def twelve_bit_run(self):
        """The 12-bit run with tanh: 4096 samples, 150 records."""
        arguments = ["szt", "--activation", "tanh", "--epochs", "149", "--schedule", "every:1", "--seed", "1"]
        return self.kept(
            "szt-tanh-150.h5", lambda path: run([self.binary, "record", *arguments, "-o", path], str, timed=False))

    def wide(self, records):
        """An archive of cells of 20 MB."""
        return self.made("reading", "wide", records)

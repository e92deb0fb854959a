"""Reading: IB terms at the rate of the page cache, of a deflated archive, and in bounded memory."""

import os
import statistics

from measuring import Row, Stopwatch, compared

SAMPLES, UNITS = 5000, 1024
CELL = SAMPLES * UNITS * 4
ANALYSIS = ["--binning", "width:30@run", "--no-gib", "--permutations", 0, "--keep", "none"]


def rows(bench):
    """Row 7 and 9: one archive of some GB."""
    records = bench.large * 10**9 // CELL if bench.large else bench.size(120, 12)
    archive = bench.wide(records)
    bench.peer("reading", "pread", archive)  # Into the page cache.
    found = bench.in_turns(
        {
            "no error bars": lambda: bench.analyze(archive, *ANALYSIS, "--no-error-bars"),
            "pread": lambda: bench.peer("reading", "pread", archive),
            "with error bars": lambda: bench.analyze(archive, *ANALYSIS),
        }, bench.size(5, 3))
    size = os.path.getsize(archive)
    rate = size / statistics.median(s.compute for s in found["pread"]) / 1e9
    for ours in ("no error bars", "with error bars"):
        own = size / statistics.median(s.process for s in found[ours]) / 1e9
        yield Row(
            work=f"IB terms, one binning, {ours}, archive of {size / 1e9:.1f} GB in the page cache",
            cpu=([s.cpu for s in found[ours]], [s.cpu for s in found["pread"]]),
            ours=[s.process for s in found[ours]], theirs=[s.compute for s in found["pread"]],
            peer="pread of the same bytes", target="≥0.6",
            memory=(max(s.memory for s in found[ours]), max(s.memory for s in found["pread"])),
            limit=f"{own:.2f} of {rate:.2f} GB/s")
    allowed = 4 * CELL + 150 * 10**6
    memory = [float(s.memory) for s in found["with error bars"]]
    yield Row(
        work=f"peak memory, cells of {CELL / 1e6:.1f} MB, archive of {size / 1e9:.1f} GB", ours=memory,
        theirs=[float(allowed)] * len(memory), peer="4 cells + 150 MB", target="≤1", speedup=False, unit="B",
        memory=(max(s.memory for s in found["with error bars"]), None))


def deflated(bench):
    records = bench.size(25, 8)
    archive = bench.made("reading", "sparse", records)
    found = bench.in_turns(
        {
            "InfoPlane": lambda: bench.analyze(archive, *ANALYSIS),
            "h5py": lambda: bench.peer("reading", "h5py_read", archive),
        }, bench.size(5, 3))
    size = records * CELL
    rate = bench.limits["libdeflate_bytes_per_second"] or bench.limits["zlib_bytes_per_second"]
    own = size / statistics.median(s.process for s in found["InfoPlane"])
    yield compared(
        f"IB terms, one binning, {size / 1e6:.0f} MB of ReLU deflated to {os.path.getsize(archive) / 1e6:.0f} MB",
        found["InfoPlane"], found["h5py"], "h5py reading the same, no computing", what="process", target="≥2.5",
        limit=f"{own / 1e9:.2f} of {os.cpu_count()} × {rate / 1e9:.2f} GB/s to inflate")


# --- In the process of the peer.

def pread(path):
    buffer = bytearray(4 << 20)
    watch = Stopwatch()
    file = os.open(path, os.O_RDONLY)
    offset = 0
    while count := os.preadv(file, [buffer], offset):
        offset += count
    os.close(file)
    return watch.read()


def h5py_read(path):
    import h5py
    import numpy as np

    watch = Stopwatch()
    with h5py.File(path) as file:
        layer = file["splits/all/layers/fc1"]
        cell = np.empty(layer.shape[1:], layer.dtype)
        for record in range(layer.shape[0]):
            layer.read_direct(cell, np.s_[record])
    return watch.read()


def recorded(path, records, title, layer_of, **options):
    import infoplane
    import numpy as np

    random = np.random.default_rng(7)
    inputs = random.integers(0, 2, size=(SAMPLES, 16), dtype="uint8")
    labels = np.arange(SAMPLES, dtype="int64") % 10
    base = random.normal(size=(SAMPLES, UNITS)).astype("float32")
    with infoplane.Recorder(path, inputs=inputs, labels=labels, split="all", title=title, **options) as recorder:
        for record in range(int(records)):
            # Another cell each time, without drawing it anew.
            recorder.record_arrays(record, {"fc1": layer_of(np, np.roll(base, record, axis=0))})


def wide(path, records):
    recorded(path, records, "reading benchmark", lambda np, base: np.tanh(base))


def sparse(path, records):
    # Half zeros, the others in steps of 1/64: deflates to about a sixth, as trained ReLU layers do.
    recorded(
        path, records, "inflating benchmark", lambda np, base: np.maximum(np.round(base * 64) / 64, 0).astype("float32"),
        deflate=4)

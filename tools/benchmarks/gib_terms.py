"""All 2N + 1 GIB terms of a cell, and how their cost grows with N."""

import math
import statistics

from measuring import Stopwatch, agree, compared

SAMPLES = 5000


def rows(bench):
    features, samples = bench.size(784, 784, 48), bench.size(SAMPLES, SAMPLES, 1000)
    archive = bench.made("gib_terms", "inputs", samples, features)
    part = bench.size(32, 8)
    base = [archive, "--binning", "width:30@run"]

    def terms():
        """The slope over further permutations of the weights: each is all 2N + 1 terms anew."""
        few, many = 10, 60
        less = bench.analyze(*base, "--target", "pmi-label", "--shuffles", few, "--jobs", 1)
        more = bench.analyze(*base, "--target", "pmi-label", "--shuffles", many, "--jobs", 1)
        more.compute = (more.compute - less.compute) / (many - few)
        more.cpu = (more.cpu - less.cpu) / (many - few)
        return more

    found = bench.in_turns(
        {
            "InfoPlane, terms": terms,
            # Last, so that its results stay.
            "InfoPlane, cell": lambda: bench.analyze(*base, "--target", "label"),
            "numpy": lambda: bench.peer("gib_terms", "obvious", archive, part),
        }, bench.size(5, 3))
    exported = sorted(bench.exported("GIB complexity", "features"), key=lambda row: row["feature"])
    theirs = found["numpy"][0].answer
    ours = [value for row in exported for value in (row["I(X_i;Q)"], row["I(X_-i;Q)"]) if row["feature"] in theirs["features"]]
    ours.append(bench.exported("I(X;Q)")[0]["value"])
    # Three sums of at most n terms of p·log2 p each (see ib_terms), on either side.
    tolerance = 2 * 3 * (samples + 4) * 2**-53 * 12.3
    said = agree("GIB terms, numpy", ours, theirs["values"], tolerance, f"rounding of sums of {samples} terms")
    times = {"scale": features / part, "agreement": said}
    peer = f"numpy, np.unique, {part} of {features} features × {features // part}"
    limit = f"{samples * features / bench.limits['copy_bytes_per_second'] * 2e3:.2g} ms to read codes and members once"
    yield compared(
        f"2·{features} + 1 GIB terms, n = {samples}: the terms", found["InfoPlane, terms"], found["numpy"], peer,
        target="≥1000", limit=limit, note="ours: the slope over further permutations of pmi-label's weights, on one core",
        **times)
    yield compared(
        f"2·{features} + 1 GIB terms, n = {samples}: the cell", found["InfoPlane, cell"], found["numpy"], peer,
        target="≥1000", note="ours with reading, input symbols, IB terms, and error bars (all terms ten times more)",
        **times)


def curve(bench):
    sizes = [48, 96, 192, 384, 768, 1536, 3072]
    archives = {size: bench.made("gib_terms", "inputs", SAMPLES, size) for size in sizes}

    def gib(size):
        base = [archives[size], "--binning", "width:30@run", "--jobs", 1]
        without = bench.analyze(*base, "--no-gib")
        whole = bench.analyze(*base, "--target", "label")
        # On one core, processor seconds are seconds of a machine that does nothing else.
        whole.cpu -= without.cpu
        whole.compute = whole.cpu
        return whole

    found = bench.in_turns({size: lambda size=size: gib(size) for size in sizes}, bench.size(5, 3))
    medians = [statistics.median(s.compute for s in found[size]) for size in sizes]
    logs = [(math.log(size), math.log(max(median, 1e-6))) for size, median in zip(sizes, medians)]
    middle = [statistics.fmean(axis) for axis in zip(*logs)]
    exponent = sum((x - middle[0]) * (y - middle[1]) for x, y in logs) / sum((x - middle[0]) ** 2 for x, _ in logs)
    for index, size in enumerate(sizes):
        last = index + 1 == len(sizes)
        yield compared(
            f"GIB of one cell, n = {SAMPLES}, N = {size}", found[size], found[sizes[0]], f"N = {sizes[0]} (ours)",
            speedup=False, note=f"time grows as N^{exponent:.2f} over the curve; O(nN) is 1" if last else "")


# --- In the process of the peer.

def inputs(path, samples, features):
    """Rows that differ from one of a third as many prototypes in at most one feature, so that X_{-i} joins some of them."""
    import infoplane
    import numpy as np

    samples, features = int(samples), int(features)
    random = np.random.default_rng(features)
    prototypes = random.integers(0, 25, size=(samples // 3, features), dtype="uint8")
    chosen = random.integers(0, len(prototypes), size=samples)
    x = prototypes[chosen]
    changed = random.random(samples) < 0.5
    places = random.integers(0, features, size=samples)
    x[changed, places[changed]] = random.integers(0, 25, size=changed.sum(), dtype="uint8")
    labels = (chosen % 10 + (random.random(samples) < 0.1)).astype("int64") % 10
    layer = (labels[:, None] * np.linspace(-1, 1, 8) + random.normal(size=(samples, 8))).astype("float32")
    with infoplane.Recorder(path, inputs=x, labels=labels, split="all", title="GIB benchmark") as recorder:
        recorder.record_arrays(0, {"fc1": np.tanh(layer)})


def obvious(path, part):
    """One np.unique of the rows for every feature left out."""
    import h5py
    import numpy as np

    with h5py.File(path) as file:
        x, y = file["splits/all/inputs"][:], file["splits/all/labels"][:]

    def entropy(ids):
        _, counts = np.unique(ids, return_counts=True)
        shares = counts / len(ids)
        return -np.sum(shares * np.log2(shares))

    def ids_of_rows(rows):
        rows = np.ascontiguousarray(rows)
        return np.unique(rows.view(np.dtype((np.void, rows.shape[1]))).ravel(), return_inverse=True)[1]

    def information(ids):
        return entropy(ids) + label_entropy - entropy(ids * 10 + y)

    features = [int(i) for i in np.linspace(0, x.shape[1] - 1, int(part))]
    watch = Stopwatch()
    label_entropy = entropy(y)
    values = []
    for feature in features:
        values.append(information(x[:, feature].astype("int64")))
        values.append(information(ids_of_rows(np.delete(x, feature, axis=1))))
    took = watch.read()
    values.append(information(ids_of_rows(x)))
    return {**took, "values": [float(value) for value in values], "features": features}

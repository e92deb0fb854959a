"""IB terms of every cell of the 12-bit run, and what a sweep of bin counts costs."""

from measuring import Stopwatch, agree, compared

LAYERS = ["fc1", "fc2", "fc3", "fc4", "fc5", "softmax"]
STEP = 0.07


def rows(bench):
    run = bench.twelve_bit_run()
    every = bench.size(1, 5, 75)
    layers = [word for layer in LAYERS for word in ("--layer", layer)]
    ours = [run, "--split", "all", *layers, "--no-gib", "--permutations", 0, "--keep", "none", "--binning", f"saxe-{STEP}"]
    # The code of 2017 is slow: every 75th record, as a part.
    part = 75
    found = bench.in_turns(
        {
            "numpy, 2017": lambda: bench.peer("ib_terms", "published", run, part, "idnns"),
            "InfoPlane, no error bars, as theirs": lambda: bench.analyze(
                *ours, "--no-error-bars", "--epochs", f"every:{every}"),
            "InfoPlane, with error bars": lambda: bench.analyze(*ours, "--epochs", f"every:{every}"),
            "numpy, 2018": lambda: bench.peer("ib_terms", "published", run, every, "simple"),
        }, bench.size(5, 3))

    # A sum of m ≤ n terms p·log2 p, each rounded by some ulps of at most log2(n)/n: (m + 4)·2^-53·log2 n on either side, and
    # three such sums in a difference of entropies.
    tolerance = 2 * 3 * (4096 + 4) * 2**-53 * 12

    def agreement(form, quantities, every):
        cells = sorted(
            (LAYERS.index(row["layer"]), row["epoch"], quantities.index(quantity), row["value"])
            for quantity in quantities for row in bench.exported(quantity) if row["epoch"] % every == 0)
        theirs = found[form][0].answer["values"]
        return agree(f"IB terms, {form}", [cell[3] for cell in cells], theirs, tolerance, "rounding of sums of 4096 terms")

    said = agreement("numpy, 2018", ["H(Z)", "I(Z;Y)"], every)
    cells = len(LAYERS) * (150 // every)
    work = f"IB terms of {cells} cells, 4096 samples, file to results"
    note = "ours also I(X;Z) from distinct inputs and total correlation; numpy H(Z) and I(Z;Y)"
    for ours in ("no error bars, as theirs", "with error bars"):
        pair = (found[f"InfoPlane, {ours}"], found["numpy, 2018"], "numpy, np.unique as Saxe et al. 2018")
        yield compared(f"{work}, {ours}: computing", *pair, target="≥30", agreement=said, note=note)
        yield compared(f"{work}, {ours}: process", *pair, what="process", target="≥15", agreement=said, note=note)
    yield compared(
        f"{work}, with error bars: computing", found["InfoPlane, with error bars"], found["numpy, 2017"],
        f"numpy as Shwartz-Ziv, Tishby 2017, {150 // part * len(LAYERS)} cells × {part // every}", scale=part / every,
        agreement=agreement("numpy, 2017", ["I(X;Z)", "I(Z;Y)"], part), note="an np.unique for each of the 4096 inputs")


def sweep(bench):
    archive = bench.wide(bench.size(20, 5))
    ours = [archive, "--no-gib", "--permutations", 0, "--keep", "none"]
    counts = [10, 20, 30, 40, 50, 60, 80, 100]
    found = bench.in_turns(
        {
            "8 bin counts": lambda: bench.analyze(*ours, *[w for b in counts for w in ("--binning", f"width:{b}@run")]),
            "1 bin count": lambda: bench.analyze(*ours, "--binning", "width:30@run"),
        }, bench.size(7, 3))
    yield compared(
        "sweep of 8 bin counts, n = 5000, d = 1024", found["8 bin counts"], found["1 bin count"], "1 bin count (ours)",
        target="≤2.5", speedup=False)


# --- In the process of the peer.

def entropy(rows):
    """Rows as opaque bytes through np.unique, with the inverse, as the published functions take it."""
    import numpy as np

    rows = np.ascontiguousarray(rows)
    opaque = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1])))
    _, _, counts = np.unique(opaque, return_inverse=True, return_counts=True)
    shares = counts / counts.sum()
    return -np.sum(shares * np.log2(shares))


def published(path, every, form):
    """H(Z) and I(Z;Y): floor(a/w), np.unique of all rows and of those of each label (Saxe et al. 2018, "simplebinmi").

    form idnns: H(Z|X) also input by input, as the code of Shwartz-Ziv and Tishby (2017) does.
    """
    import h5py
    import numpy as np

    watch = Stopwatch()
    values = []
    with h5py.File(path) as file:
        split = file["splits/all"]
        labels = split["labels"][:]
        of_label = [labels == label for label in np.unique(labels)]
        _, of_input = np.unique(split["inputs"][:], axis=0, return_inverse=True)
        epochs = file["epoch"][:]
        for name in LAYERS:
            layer = split["layers"][name]
            for record in range(0, len(epochs), int(every)):
                # In float64, as InfoPlane does.
                bins = np.floor(layer[record].astype("float64") / STEP).astype("int64")
                whole = entropy(bins)
                given = sum(mask.mean() * entropy(bins[mask]) for mask in of_label)
                values += [whole, whole - given]
                if form == "idnns":
                    known = sum(entropy(bins[of_input == i]) for i in range(of_input.max() + 1)) / len(bins)
                    values[-2] -= known
    return {**watch.read(), "values": [float(value) for value in values]}

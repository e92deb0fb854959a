"""The estimator of Kraskov, Stögbauer and Grassberger (first form, k = 3)."""

from measuring import Stopwatch, agree, combined, compared

UNITS, NEIGHBOURS = 10, 3


def rows(bench):
    samples = bench.size(5000, 2000, 500)
    table = bench.made("neighbours", "samples_npy", samples)
    arguments = ["estimate", table, "--y", UNITS + 1, "--estimator", f"ksg1:k={NEIGHBOURS}", "--json"]
    bare = [*arguments, "--no-error-bars"]
    found = bench.in_turns(
        {
            "InfoPlane, 10 columns": lambda: bench.ours(*bare),
            "InfoPlane, 10 columns, error bars": lambda: bench.ours(*arguments),
            "NPEET": lambda: bench.peer("neighbours", "npeet", table),
            "InfoPlane, each column": lambda: bench.ours(*bare, "--each"),
            "InfoPlane, each column, error bars": lambda: bench.ours(*arguments, "--each"),
            "ennemi": lambda: bench.peer("neighbours", "ennemi", table),
        }, bench.size(5, 3))

    def rows_beside(contender, peer, what, name, tolerance, why, note):
        for suffix, ours in (("", "no error bars, as theirs"), (", error bars", "with error bars and halves and quarters")):
            answers = found[contender + suffix]
            said = agree(
                f"KSG, {peer}", [row["value"] for row in answers[0].answer], found[peer][0].answer["values"], tolerance, why)
            yield compared(
                f"KSG, n = {samples}, {what}, {ours}", answers, found[peer], name, target="≥5", agreement=said, note=note)

    # NPEET adds noise of up to 1e-10 to every number. A neighbour count changes where two of the some n² distances of each of
    # 2 spaces (of a density of about 1) fall within 4e-10 of each other: 2e-2 are expected at n = 5000, three are allowed, each
    # of which moves ψ of one sample by 1 nat at most, of n.
    yield from rows_beside(
        "InfoPlane, 10 columns", "NPEET", f"d = {UNITS} and 1", "NPEET (npeet-plus)", 3 / samples / 0.693,
        "NPEET's noise may change three neighbour counts", "NPEET computes on one core, InfoPlane on all")
    yield from rows_beside(
        "InfoPlane, each column", "ennemi", f"each of {UNITS} columns and 1", "ennemi", 1e-5 / 0.693 * 2,
        "ennemi interpolates ψ, good to 1e-5 nats, in two means", "both on all cores")


# --- In the process of the peer.

def samples_npy(path, count):
    import numpy as np

    random = np.random.default_rng(6)
    x = random.normal(size=(int(count), UNITS))
    y = x @ random.normal(size=UNITS) / UNITS**0.5 + 0.5 * random.normal(size=len(x))
    np.save(path, np.column_stack([x, y]))


def npeet(path):
    import npeet_plus
    import numpy as np

    table = np.load(path)
    np.random.seed(0)
    watch = Stopwatch()
    value = npeet_plus.mi(table[:, :UNITS], table[:, UNITS:], k=NEIGHBOURS)
    return {**watch.read(), "values": [float(value)]}


def ennemi(path):
    import ennemi
    import numpy as np

    table = np.load(path)
    watch = Stopwatch()
    nats = ennemi.estimate_mi(table[:, UNITS], table[:, :UNITS], k=NEIGHBOURS, preprocess=False)
    return {**watch.read(), "values": [float(value) for value in nats[0] / np.log(2)]}

"""Boolean functions of 12 bits as tables over all 4096 patterns, and their exact influence and noise sensitivity.

A table is an array of 0 and 1; its place p is the pattern whose bit i is (p >> i) & 1. The functions that are made by a seed
are balanced (as many 1 as 0), so that H(f) = 1 bit and no constant answer is better than a guess.
"""

import numpy as np

BITS = 12


def patterns(bits=BITS):
    """All patterns in the order of a table: uint8 [2^bits, bits]."""
    return (np.arange(2**bits)[:, None] >> np.arange(bits) & 1).astype(np.uint8)


def parity(of):
    """1 where an odd number of the first `of` bits are on. Single bits say nothing of it, where of > 1."""
    return patterns()[:, :of].sum(1) % 2


def majority(of):
    """1 where more than half of the first `of` bits are on; of: odd."""
    return (patterns()[:, :of].sum(1) > of // 2).astype(int)


def junta(of, seed):
    """A random balanced function of the first `of` bits, all of which matter."""
    random = np.random.RandomState(seed)
    answers = np.zeros(2**of, int)
    while not influences(answers).all():
        answers = random.permutation(np.arange(2**of) % 2)
    return answers[np.arange(2**BITS) % 2**of]


def threshold(degree, seed):
    """1 where a polynomial of this degree with normal coefficients is above its median; degree 1: a halfspace."""
    signs = 1.0 - 2.0 * patterns()
    random = np.random.RandomState(seed)
    value = signs @ random.normal(size=BITS)
    for order in range(2, degree + 1):
        # Products of `order` bits, each drawn with normal weight, as many as there are pairs: more would only cost time.
        for _ in range(BITS * (BITS - 1) // 2):
            value += random.normal() * signs[:, random.permutation(BITS)[:order]].prod(1)
    table = np.zeros(2**BITS, int)
    table[np.argsort(value, kind="stable")[2 ** (BITS - 1):]] = 1
    return table


def noisy(table, share, seed):
    """The same with this share of its answers turned, as many from 0 to 1 as from 1 to 0."""
    random = np.random.RandomState(seed)
    turned = table.copy()
    for answer in (0, 1):
        places = random.permutation(np.flatnonzero(table == answer))
        turned[places[:round(share * len(places))]] = 1 - answer
    return turned


def functions():
    """The functions to learn by name: (table, how many bits matter)."""
    found = {"one bit": (parity(1), 1)}
    found |= {f"parity of {of}": (parity(of), of) for of in (2, 3, 4, 5, 6, 8, 10, 12)}
    found |= {f"majority of {of}": (majority(of), of) for of in (3, 5, 7, 9, 11)}
    found |= {f"junta of {of} no. {seed}": (junta(of, seed), of) for of in (3, 4, 5, 6, 8, 10) for seed in (1, 2, 3)}
    found |= {f"random no. {seed}": (junta(BITS, seed), BITS) for seed in (1, 2, 3)}
    for degree, name in ((1, "halfspace"), (2, "quadratic"), (3, "cubic")):
        found |= {f"{name} no. {seed}": (threshold(degree, seed), BITS) for seed in (1, 2, 3, 4)}
    return found


def influences(table):
    """The chance, for every bit, that flipping it changes f(x), x uniform: counted over all patterns. O(m·2^m)."""
    table = np.asarray(table)
    places = np.arange(len(table))
    return np.array([(table != table[places ^ 1 << bit]).mean() for bit in range(len(table).bit_length() - 1)])


def noise_sensitivity(table, flip):
    """The chance that f(x) changes when every bit of a uniform x is flipped, each by itself, with chance `flip`.

    ½ − ½ Σ_S (1 − 2·flip)^|S| F(S)², F the Walsh-Hadamard coefficients of (−1)^f (O'Donnell, Analysis of Boolean Functions,
    theorem 2.49). Of balanced functions, those of one bit have the least: flip. O(m·2^m).
    """
    count = len(table)
    coefficients = 1.0 - 2.0 * np.asarray(table, float)
    step = 1
    while step < count:
        halves = coefficients.reshape(-1, 2, step)
        coefficients = np.stack([halves[:, 0] + halves[:, 1], halves[:, 0] - halves[:, 1]], 1).reshape(-1)
        step *= 2
    sizes = patterns(count.bit_length() - 1).sum(1)
    return float(0.5 - 0.5 * ((1 - 2 * flip) ** sizes * (coefficients / count) ** 2).sum())


def table_of(inputs, answers):
    """The table of the answers to these inputs, samples × bits: every pattern exactly once, in any order."""
    bits = inputs.shape[1]
    places = (np.asarray(inputs) > 0.5).astype(int) @ (1 << np.arange(bits))
    if len(places) != 2**bits or len(set(places)) != 2**bits:
        raise ValueError(
            f"{len(places)} samples of {bits} bits hold {len(set(places))} patterns; expected each of {2**bits} once.")
    table = np.empty(2**bits, int)
    table[places] = answers
    return table

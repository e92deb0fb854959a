"""Functions of a few of many bits, whose terms of the Generalized Information Bottleneck are known."""

import dataclasses

import numpy as np
from boolean_functions import patterns


@dataclasses.dataclass(frozen=True)
class BitFunction:
    """A function of three independent uniform bits, with H(Y) = 1 bit.

    single, remaining: I(X_i;Y) of one of the three bits, and I(Y; the other two), in bits.
    """

    name: str
    single: float
    remaining: float

    def labels(self, bits):
        """int64 [n] of the first three columns."""
        ones = bits[:, :3].astype(np.int64).sum(1)
        return ones % 2 if self.name == "parity" else (ones >= 2).astype(np.int64)

    def interaction(self, features):
        """The average interaction information (bits) over so many features, the others being independent of the three bits.

        I(X;Y) = 1; of every other feature I(X_i;Y) = 0 and I(X_{-i};Y) = 1. So it is (3/N)·(1 − single − remaining): it falls
        with the number of features N, however synergistic Y is.
        """
        return 3 / features * (1 - self.single - self.remaining)


# Majority: given one bit, Y has the chances 3/4 and 1/4; two equal bits decide it, two unequal ones leave 1 bit.
PARITY = BitFunction("parity", 0.0, 0.0)
MAJORITY = BitFunction("majority", 1 - (-(3 / 4) * np.log2(3 / 4) - (1 / 4) * np.log2(1 / 4)), 0.5)


def all_patterns(features):
    """float32 [2^features, features]: every pattern of bits once, so that counted terms are the true ones."""
    return patterns(features).astype(np.float32)


def drawn_patterns(features, count, seed):
    """float32 [count, features]: independent uniform bits."""
    return np.random.default_rng(seed).integers(0, 2, (count, features)).astype(np.float32)


def code(features, scale, copies=4):
    """float32 [1024 · copies, features]: all patterns of ten bits, as three columns of values ± scale and many of values ± 1.

    The three are the first three bits by scale · (1, 1.1, 1.2); every other column is the parity of some of the other seven bits,
    each of the 127 combinations as often as any other, give or take one. X has 1024 patterns, so that with four copies no sample
    is alone. The columns' covariance has 130 eigenvalues: 1 to 1.44 times scale² of the three, and the numbers of repetitions.
    """
    bits = np.tile(all_patterns(10), (copies, 1))
    signs = 1 - 2 * bits
    combinations = 1 + np.arange(features - 3) % 127
    rest = np.stack([np.prod(signs[:, 3:] ** ((number >> np.arange(7)) & 1), axis=1) for number in combinations], axis=1)
    return np.concatenate([signs[:, :3] * scale * np.array([1.0, 1.1, 1.2]), rest], axis=1).astype(np.float32)

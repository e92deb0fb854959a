"""The bounds of Kolchinsky and Tracey from pairwise distances."""

import statistics

from measuring import Stopwatch, agree, compared

FEATURES, VARIANCE = 512, 0.1


def rows(bench):
    samples = bench.size(5000, 2000, 500)
    table = bench.made("pairwise_bounds", "samples_npy", samples)
    estimators = [w for bound in ("upper", "lower") for w in ("--estimator", f"pairwise-{bound}:variance={VARIANCE}")]
    found = bench.in_turns(
        {
            "InfoPlane": lambda: bench.ours("estimate", table, *estimators, "--json"),
            "numpy, scipy": lambda: bench.peer("pairwise_bounds", "logsumexp", table),
        }, bench.size(5, 3))
    # ‖x − y‖² from ‖x‖² + ‖y‖² − 2xy is wrong by (d + 2)·2^-53·(‖x‖ + ‖y‖)² at most, with ‖x‖² < 1 here, in an exponent over
    # 2σ² nats, on both sides; and d/2·log2(2πeσ²) by an ulp of its size.
    tolerance = 2 * (FEATURES + 2) * 2**-53 * 4 / (2 * VARIANCE) / 0.693 + 4 * FEATURES * 2**-52
    said = agree(
        "pairwise bounds", [row["value"] for row in found["InfoPlane"][0].answer], found["numpy, scipy"][0].answer["values"],
        tolerance, "rounding of distances from products")
    least = samples**2 * FEATURES / bench.limits["dgemm_flops"]
    share = least / statistics.median(s.compute for s in found["InfoPlane"])
    yield compared(
        f"pairwise bounds, both, n = {samples}, d = {FEATURES}, Float64", found["InfoPlane"], found["numpy, scipy"],
        "numpy, scipy.special.logsumexp", target="≥4", agreement=said,
        limit=f"{share:.0%} of the rate of dgemm, for the distances alone ({least:.2f} s)",
        note="ours with error bars and halves and quarters")


# --- In the process of the peer.

def samples_npy(path, count):
    import numpy as np

    # Distances of about 1, some 5 nats under noise of this variance.
    np.save(path, np.random.default_rng(5).normal(size=(int(count), FEATURES)) * (2 * FEATURES) ** -0.5)


def logsumexp(path):
    import numpy as np
    from scipy.special import logsumexp

    x = np.load(path)
    watch = Stopwatch()
    n, d = x.shape
    squares = (x**2).sum(1)
    distances = squares[:, None] + squares[None, :] - 2 * (x @ x.T)
    np.fill_diagonal(distances, 0)

    def bound(scale):
        # (d/2)·ln(2πeσ²) − mean ln( mean exp(−distance/(scale·σ²)) )
        log_sums = logsumexp(-distances / (scale * VARIANCE), axis=1) - np.log(n)
        return (d / 2 * np.log(2 * np.pi * np.e * VARIANCE) - log_sums.mean()) / np.log(2)

    values = [float(bound(2)), float(bound(8))]
    return {**watch.read(), "values": values}

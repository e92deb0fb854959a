"""Kernel PCA, rbf, 50 components."""

import os
import statistics

from measuring import Failure, Stopwatch, agree, compared

FEATURES, COMPONENTS = 3072, 50


def rows(bench):
    samples = bench.size(5000, 2000, 600)
    archive = bench.made("kernel_pca", "inputs", samples)
    table = bench.made("kernel_pca", "inputs_npy", samples)
    output = os.path.join(bench.scratch, "reduction.h5")

    def ours():
        if os.path.exists(output):
            os.unlink(output)
        return bench.ours("reduce", archive, "--components", COMPONENTS, "--samples", samples, "--json", "-o", output)

    found = bench.in_turns(
        {
            "InfoPlane": ours,
            "scikit-learn, arpack": lambda: bench.peer("kernel_pca", "scikit", table, "arpack"),
            "scikit-learn, dense": lambda: bench.peer("kernel_pca", "scikit", table, "dense"),
        }, bench.size(3, 2))
    answer = found["InfoPlane"][0].answer
    largest = answer["eigenvalues"][0]
    residual = max(answer["residuals"])
    if not residual <= 1e-8 * largest:
        raise Failure(
            f"kernel PCA: a residual of {residual:.2g}; expected at most 1e-8 of the largest eigenvalue, {largest:.4g}")
    # Weyl: an eigenvalue moves by at most the norm of what moves the matrix: of our residual; of the rounding of n² entries,
    # each an exponential of γ·‖x − y‖² from sums of N products of numbers of some size, N·2^-53·4 at most, on either side.
    tolerance = residual + 2 * samples * 4 * FEATURES * 2**-53
    said = {}
    for name in ("arpack", "dense"):
        said[name] = agree(
            f"eigenvalues, scikit-learn {name}", answer["eigenvalues"], found[f"scikit-learn, {name}"][0].answer["values"], tolerance,
            f"our residual ({residual:.1e}) and rounding of the kernel matrix")
    # The distances of all pairs, half of them.
    least = samples**2 * FEATURES / bench.limits["dgemm_flops"]
    share = least / statistics.median(s.compute for s in found["InfoPlane"])
    for name, label, target in (("dense", "default solver", "≥10"), ("arpack", "eigen_solver='arpack'", "≥1.8")):
        yield compared(
            f"kernel PCA, rbf, n = {samples}, d = {FEATURES}, {COMPONENTS} components", found["InfoPlane"],
            found[f"scikit-learn, {name}"], f"scikit-learn, {label}", target=target, agreement=said[name],
            limit=f"{share:.0%} of the rate of dgemm, for the distances alone ({least:.2f} s)",
            note="ours with reading the archive and writing the scores")


# --- In the process of the peer.

def samples_of(count):
    """Smooth images and some noise, of mean square 1."""
    import numpy as np

    random = np.random.default_rng(4)
    scales = 0.93 ** np.arange(200)
    x = random.normal(size=(int(count), 200)) * scales @ random.normal(size=(200, FEATURES)) + 0.3 * random.normal(
        size=(int(count), FEATURES))
    return (x / np.sqrt((x**2).mean())).astype("float32")


def inputs(path, count):
    import infoplane
    import numpy as np

    x = samples_of(count)
    labels = np.arange(len(x), dtype="int64") % 10
    with infoplane.Recorder(path, inputs=x, labels=labels, split="all", title="kernel PCA benchmark") as recorder:
        recorder.record_arrays(0, {"fc1": x[:, :2]})


def inputs_npy(path, count):
    import numpy as np

    np.save(path, samples_of(count).astype("float64"))


def scikit(path, solver):
    import numpy as np
    from sklearn.decomposition import KernelPCA

    x = np.load(path)
    # "dense" is what the default, "auto", takes for 50 components.
    model = KernelPCA(n_components=COMPONENTS, kernel="rbf", eigen_solver="auto" if solver == "dense" else solver, random_state=0)
    watch = Stopwatch()
    model.fit_transform(x)
    return {**watch.read(), "values": [float(value) for value in model.eigenvalues_]}

"""The kernels alone: what vector instructions gain, and the time of a value."""

import glob
import os
import shutil
import statistics
import subprocess

from measuring import FOLDER, Failure, Row, run


def rows(bench):
    program = compiled(bench)
    if bench.extent == "check":
        return  # That they can be compiled as kernels.c calls them.
    for kernel in run([program], timed=False).answer:
        best = min(kernel["vectors"]) / kernel["work"]
        yield Row(
            work=f"kernel: {kernel['name']}", ours=kernel["vectors"], theirs=kernel["plain"], peer="the same loop, any CPU's instructions",
            limit=f"{1e9 * statistics.median(kernel['vectors']) / kernel['work']:.3g} ns an element, at best {1e9 * best:.3g}")


def compiled(bench):
    # The kernels use what clang understands: that of Swift, as in the build.
    swift = shutil.which("swift")
    clang = os.path.join(os.path.dirname(os.path.realpath(swift)), "clang") if swift else None
    if clang is None or not os.access(clang, os.X_OK):
        clang = shutil.which("clang")
    if clang is None:
        raise Failure("no clang is here; Swift brings one along")
    sources = os.path.join(os.path.dirname(os.path.dirname(FOLDER)), "Sources")
    program = os.path.join(bench.scratch, "kernels")
    done = subprocess.run(
        [clang, "-O2", "-I", f"{sources}/CDiscretization/include", "-I", f"{sources}/CLinearAlgebra",
         os.path.join(FOLDER, "kernels.c"), *sorted(glob.glob(f"{sources}/CDiscretization/*.c")), "-lm", "-o", program],
        capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"kernels.c: clang says: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'nothing'}")
    return program

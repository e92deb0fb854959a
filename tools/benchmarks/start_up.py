"""How long it takes until the first word."""

import os
import shutil

from measuring import Failure, compared, run


def rows(bench):
    h5ls = shutil.which("h5ls")
    if h5ls is None:
        raise Failure("h5ls is not installed; on Debian: apt-get install hdf5-tools")
    sample = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "samples", "szt-tanh.h5")

    def of(*argv):
        return lambda: run(list(argv), str, timed=False)

    found = bench.in_turns(
        {
            "infoplane --help": of(bench.binary, "--help"), "h5ls --help": of(h5ls, "--help"),
            "infoplane inspect": of(bench.binary, "inspect", sample), "h5ls -r": of(h5ls, "-r", sample),
        }, bench.size(41, 15))
    for ours, theirs, target in (
        ("infoplane --help", "h5ls --help", "≤3"), ("infoplane inspect", "h5ls -r", "≤4"),
    ):
        yield compared(ours, found[ours], found[theirs], theirs, what="process", target=target, speedup=False)

"""The command `infoplane` of the Python package: runs the binary that a wheel carries, or that INFOPLANE_BINARY names.

Beside the package and not in it: importing `infoplane` loads NumPy and h5py, which takes longer than most commands.
"""

import os
import sys

CARRIED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "infoplane", "program", "bin", "infoplane")


def main() -> None:
    named = os.environ.get("INFOPLANE_BINARY", "")
    binary = named or CARRIED
    problem = "this file is not there"
    if os.path.isfile(binary):
        if os.path.realpath(binary) == os.path.realpath(sys.argv[0]):
            problem = "this is the script that looks for the binary"
        else:
            try:
                os.execv(binary, [binary, *sys.argv[1:]])
            except OSError as error:
                problem = f"this file cannot be run ({error.strerror})"
    if named:
        print(f"infoplane: INFOPLANE_BINARY={named}: {problem}; expected the binary infoplane. "
              "Name one that was built, or unset the variable.", file=sys.stderr)
    elif os.path.isfile(CARRIED):
        print(f"infoplane: {CARRIED}: {problem}. Install the wheel again.", file=sys.stderr)
    else:
        print("infoplane: this installation of the Python package has no binary; it records and reads. Install a wheel "
              "that carries one (tools/release wheel makes it), or name a built one in INFOPLANE_BINARY.", file=sys.stderr)
    sys.exit(2)

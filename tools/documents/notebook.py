"""Runs blocks of Python, one JSON string a line, in one namespace, and answers each with null or what it said.

A block that shows a prompt is a doctest: what it prints must be what it shows.
"""

import contextlib
import doctest
import io
import json
import os
import sys
import traceback

# A block that needs one of these is left out where it is not installed.
LIBRARIES = {"torch", "lightning", "pytorch_lightning", "keras", "jax", "numpy", "h5py", "pandas", "xarray"}


def run(code, names):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            if ">>>" in code:
                test = doctest.DocTestParser().get_doctest(code + "\n", names, "block", None, 0)
                runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
                failed = runner.run(test, clear_globs=False).failed
                names.update(test.globs)
                return said.getvalue() if failed else None
            exec(compile(code, "<block>", "exec"), names)
        except ModuleNotFoundError as error:
            if error.name in LIBRARIES:
                return f"absent: {error.name} is not installed"
            return traceback.format_exc()
        except BaseException:
            return said.getvalue() + traceback.format_exc()
    return None


def main():
    names = {"__name__": "__main__"}
    # What libraries print to the file itself must not stand between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line), names)), file=answers, flush=True)


if __name__ == "__main__":
    main()

"""Runs every command and every Python block of the documents, in order, and says which fail.

Each document has a folder of its own, in which lies what fixtures.py makes, beside copies of samples/ and tools/python.
Blocks that are not marked (see markdown.py) are run: commands by bash, one by one, each with exit code 0; Python as in a
notebook, or as a doctest where it shows a prompt.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import fixtures
import markdown

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "Sources/infoplane/Documentation.docc"
SECONDS = 300  # the most that one command may take
DATA = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "infoplane"
PYTHONS = Path(os.environ.get("INFOPLANE_PYTHONS") or DATA / "python")


def documents():
    return [ROOT / "README.md", ROOT / "samples/README.md", ROOT / "tools/python/README.md", *sorted(CATALOG.glob("*.md"))]


def python_of(environment):
    """The Python of an environment of tools/setup; where it is not there, the other one, else that of the PATH."""
    for name in {"debian": ("lightning", "newest"), "newest": ("newest",)}[environment]:
        if (python := PYTHONS / name / "bin/python").exists():
            return str(python)
    return "python3"


def commands_of(code):
    """The commands of a block with the number of their first line in it: lines, joined while bash wants more."""
    pending, start = [], 0
    for number, line in enumerate(code.splitlines()):
        if not pending and (not line.strip() or line.strip().startswith("#")):
            continue
        start = start if pending else number
        pending.append(line)
        text = "\n".join(pending)
        if line.endswith("\\") or subprocess.run(["bash", "-n", "-c", text], capture_output=True).returncode != 0:
            continue
        yield start, text
        pending = []
    if pending:
        yield start, "\n".join(pending)


class Notebook:
    """One Python for all blocks of a document, so that later ones see the names of earlier ones."""

    def __init__(self, python, folder, environment):
        self.process = subprocess.Popen(
            [python, str(ROOT / "tools/documents/notebook.py")], cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, code):
        """None where the code ran; what it said where not, beginning with "absent:" where a library is missing."""
        self.process.stdin.write(json.dumps(code) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        return json.loads(answer) if answer else "Python ended."

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Run:
    """What ran of all documents, what did not, and what failed."""

    def __init__(self, binary, scratch):
        self.scratch = scratch
        self.commands, self.blocks, self.left_out, self.failures = 0, 0, [], []
        programs = scratch / "bin"
        programs.mkdir()
        (programs / "infoplane").symlink_to(binary)
        # `pip install` of a document installs here, offline: what the package needs is there already.
        subprocess.run([shutil.which("python3", path="/usr/bin:" + os.environ["PATH"]), "-m", "venv", "--system-site-packages",
                        scratch / "venv"], check=True)
        (programs / "pip").symlink_to(scratch / "venv/bin/pip")
        self.environment = {
            **os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "tools/python"),
            "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONDONTWRITEBYTECODE": "1", "KERAS_BACKEND": "jax", "OMP_NUM_THREADS": "1"}
        for name in ("GIT_DIR", "GIT_WORK_TREE", "VIRTUAL_ENV"):
            self.environment.pop(name, None)

    def document(self, path, shown, fixture):
        blocks = markdown.blocks(shown, path.read_text())
        folder = self.scratch / shown.replace("/", "-")
        shutil.copytree(fixture, folder)
        notebooks = {}
        for block in blocks:
            if block.left_out:
                for start, command in commands_of(block.code) if block.kind == "shell" else [(0, "Python")]:
                    self.left_out.append(f"{shown}:{block.line + start}: {command}: {block.left_out}")
            elif block.kind == "shell":
                self.shell(block, shown, folder)
            elif block.kind == "python":
                if block.environment not in notebooks:
                    notebooks[block.environment] = Notebook(python_of(block.environment), folder, self.environment)
                self.python(block, shown, notebooks[block.environment])
        for notebook in notebooks.values():
            notebook.close()
        shutil.rmtree(folder)

    def shell(self, block, shown, folder):
        for code in block.before:
            self.command(code, 0, f"{shown}:{block.line} (run: before)", folder)
        for start, command in commands_of(block.code):
            self.command(command, block.exit, f"{shown}:{block.line + start}", folder)
            self.commands += 1

    def command(self, command, expected, place, folder):
        process = subprocess.Popen(
            ["bash", "-e", "-o", "pipefail", "-c", command], cwd=folder, env=self.environment, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            output, _ = process.communicate(timeout=SECONDS)
            ended = f"exit {process.returncode}"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            ended = f"not done after {SECONDS} s"
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        if process.returncode != expected:
            self.fail(place, command, f"{ended}, expected exit {expected}", output)

    def python(self, block, shown, notebook):
        for code in [*block.before, block.code]:
            said = notebook.run(code)
            if said and said.startswith("absent:"):
                self.left_out.append(f"{shown}:{block.line}: Python: {said[len('absent:'):].strip()}; see tools/setup python")
                return
            if said:
                self.fail(f"{shown}:{block.line}", code, "it raised", said)
                break
        self.blocks += 1

    def fail(self, place, code, problem, output):
        lines = output.strip().splitlines()
        shown = "\n".join(f"    {line}" for line in lines[-25:])
        self.failures.append(place)
        code = "\n".join(f"    {line}" for line in code.splitlines())
        print(f"{place}: {problem}\n  command:\n{code}\n  output:\n{shown}", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description="Runs every command of the documents.")
    parser.add_argument("documents", nargs="*", type=Path, help="Markdown files (default: README, those of the Python "
                        "package and the samples, and all guides)")
    parser.add_argument("--keep", action="store_true", help="leave the scratch folder, and say where it is")
    options = parser.parse_args()
    binary = Path(os.environ.get("INFOPLANE_BINARY") or ROOT / ".build/release/infoplane").resolve()
    if not os.access(binary, os.X_OK):
        print(f"{binary}: not there. Build it, or name it by INFOPLANE_BINARY.", file=sys.stderr)
        return 2
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # so that what was begun is ended and removed
    scratch = Path(tempfile.mkdtemp(prefix="infoplane-documents-"))
    try:
        run = Run(binary, scratch)
        fixture = scratch / "fixture"
        missing = fixtures.make(fixture, python_of("debian"), run.environment)
        if missing:
            print(f"{missing}\nThe files that the documents name cannot be made; tools/setup python installs what that needs.",
                  file=sys.stderr)
            return 2
        for path in options.documents or documents():
            path = path.resolve()
            shown = str(path.relative_to(ROOT)) if ROOT in path.parents else path.name
            before = run.commands + run.blocks
            start = time.monotonic()
            run.document(path, shown, fixture)
            print(f"{shown}: {run.commands + run.blocks - before} in {time.monotonic() - start:.0f} s", flush=True)
    except markdown.MarkdownError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if options.keep:
            print(f"Left: {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    print(f"Commands: {run.commands} commands and {run.blocks} Python blocks ran in {time.monotonic() - began:.0f} s, "
          f"{len(run.failures)} failed, {len(run.left_out)} left out.")
    for line in run.left_out:
        print(f"  left out: {line}")
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())

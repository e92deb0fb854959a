"""One experiment: what it needs, its folder, and the archives and results in it, each made once."""

import argparse
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

from needs import interpreter_with

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Where the Python recorder lies, for those that record.
sys.path.insert(0, os.path.join(ROOT, "tools", "python"))


class CannotRun(Exception):
    """Why the experiment cannot go on, in a sentence with what to do."""


class Stopped(Exception):
    """The user has stopped the experiment."""


class Experiment:
    """Runs infoplane in a folder of its own. What is complete there is used again, so that a stopped experiment goes on.

    name: the script's; about: what it asks, for --help; sizes: the settings of `tiny`, `small` and `large`;
    needs: what must be installed beside infoplane; more: adds options of its own to the argparse parser.
    """

    def __init__(self, name, about, sizes, needs=(), more=None):
        interpreter_with(needs)
        self.name = name
        self.options = self._parse(about, needs, more)
        self.size = self.options.size
        self.settings = sizes[self.size]
        self.folder = os.path.abspath(self.options.folder or os.path.join(ROOT, "experiments", name, self.size))
        self.cores = os.cpu_count() or 1
        self._jobs = self.cores
        self._steps = self._done = self._made = 0
        self._lock = threading.Lock()
        self._children = set()
        self._is_stopping = False
        self._binary = None
        self._needs = needs

    def _parse(self, about, needs, more):
        needed = "".join(f"\n  {need.provided_by}" for need in needs)
        parser = argparse.ArgumentParser(
            prog=f"tools/experiments/{self.name}", formatter_class=argparse.RawDescriptionHelpFormatter, description=about,
            epilog=f"""Needs infoplane, built by tools/demo or named by INFOPLANE_BINARY{", and:" if needed else "."}{needed}
tools/setup experiments installs all that any experiment needs. Nothing is downloaded here.

EXAMPLES:
  tools/experiments/{self.name}                        # under 20 minutes on 2 cores
  tools/experiments/{self.name} --size large -o big    # more of everything; hours
  tools/experiments/{self.name} --size tiny            # does it run? Its findings mean nothing
  tools/experiments/{self.name} --page                 # also renews tools/experiments/{self.name}.md

Ctrl-C and kill are safe: the same command goes on.
EXIT CODES: 0 done, whether the claims hold or not; 1 stopped; 2 could not run; 64 usage.""")
        parser.add_argument("--size", choices=["tiny", "small", "large"], default="small", help="how much (default: small)")
        parser.add_argument("-o", "--folder", help=f"where all files go (default: experiments/{self.name}/SIZE)")
        parser.add_argument("--page", action="store_true", help=f"write the findings to tools/experiments/{self.name}.md, too")
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")
        for need in needs:
            need.add_option(parser)
        if more:
            more(parser)
        try:
            options = parser.parse_args()
            if options.page and options.size == "tiny":
                parser.error("--page: the findings of --size tiny mean nothing; expected small or large.")
            return options
        except SystemExit as end:
            sys.exit(64 if end.code else 0)

    def run(self, body):
        """Calls body(experiment) and ends the process: the one way to run an experiment."""
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        try:
            for need in self._needs:
                sentence = need.missing(self.options)
                if sentence:
                    raise CannotRun(sentence)
            self._binary = self._find_binary()
            os.makedirs(self.folder, exist_ok=True)
            body(self)
        except (KeyboardInterrupt, Stopped):
            self._stop_children()
            self._clear()
            print("stopped: what was made is kept, the same command goes on.", file=sys.stderr)
            os._exit(1)
        except (CannotRun, OSError) as error:
            self._stop_children()
            self._clear()
            print(f"error: {error}", file=sys.stderr)
            os._exit(2)

    @staticmethod
    def _find_binary():
        named = os.environ.get("INFOPLANE_BINARY")
        if named:
            if not (os.path.isfile(named) and os.access(named, os.X_OK)):
                raise CannotRun(f"INFOPLANE_BINARY is {named}, which is no program. Name infoplane by it, or unset it.")
            return os.path.abspath(named)
        built = os.path.join(ROOT, ".build", "release", "infoplane")
        found = built if os.access(built, os.X_OK) else shutil.which("infoplane")
        if not found:
            raise CannotRun("infoplane is not built. Type: tools/setup build report && swift build -c release")
        return found

    # Files

    def path(self, name):
        return os.path.join(self.folder, name)

    def infoplane(self, *arguments, accepted=(0,)):
        """What the command prints; an exit code that is not accepted ends the experiment."""
        command = [self._binary, *map(str, arguments)]
        with self._lock:
            if self._is_stopping:
                raise Stopped
            child = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self._children.add(child)
        try:
            answer, errors = child.communicate()
        except BaseException:
            # Stopped while the main thread itself waits: the child must not go on alone.
            child.terminate()
            child.wait()
            raise
        finally:
            with self._lock:
                self._children.discard(child)
        if self._is_stopping:
            raise Stopped
        if child.returncode not in accepted:
            raise CannotRun(
                f"{' '.join(['infoplane', *command[1:]])}\nin {self.folder} ended with {child.returncode}:\n"
                + errors.strip() + "\nCorrect that, then type the same command again.")
        return answer

    def record(self, name, *arguments):
        """Records an archive by infoplane record, unless it is there, whole and by these arguments."""
        return self.make(
            name, list(map(str, arguments)),
            lambda partial: self.infoplane("record", *arguments, "--overwrite", "-o", os.path.basename(partial)))

    def make(self, name, settings, write):
        """Makes an archive by write(path), unless it is there, whole and by these settings. settings: anything of JSON.

        What a killed write left at the path is removed first.
        """
        archive, made_by = f"{name}.h5", self.path(f"{name}.settings.json")
        text = json.dumps(settings, indent=1, sort_keys=True)
        with self._step(f"record {name}") as step:
            if not (os.path.exists(self.path(archive)) and read_text(made_by) == text):
                for old in os.listdir(self.folder):
                    if old == archive or old.startswith(f"{name}.") and old.endswith((".results.h5", ".reduction.h5")):
                        os.remove(self.path(old))
                partial = self.path(f"{name}.partial.h5")
                if os.path.exists(partial):
                    os.remove(partial)
                write(partial)
                replace_text(made_by, text)
                os.replace(partial, self.path(archive))
                step.made()
        return archive

    def analyze(self, archive, *arguments, results=None, may_fail=False):
        """Computes what the results file lacks. results: its name, where one archive has several; may_fail: goes on where an
        estimator has no answer for some cells, whose reasons are in the results file under /failures.
        """
        results = results or archive.removesuffix(".h5") + ".results.h5"
        with self._step(f"analyze {archive.removesuffix('.h5')}") as step:
            summary = json.loads(self.infoplane(
                "analyze", archive, "-o", results, "--jobs", self._jobs, "--json", *arguments,
                accepted=(0, 1) if may_fail else (0,)))
            if summary["interrupted"]:
                raise Stopped
            if summary.get("computed", 1):
                step.made()
        return results

    def rows(self, results, *options, **where):
        """The exported measurements as dictionaries; only those with these values, such as layer="fc1"."""
        found = json.loads(self.infoplane("export", results, "--format", "json", *options))
        return [row for row in found if all(row[name] == value for name, value in where.items())]

    def verdicts(self, *results, options=()):
        """The objects of infoplane verdict --json, one per layer, quantity and target."""
        return json.loads(self.infoplane("verdict", *results, *options, "--json"))

    def metrics(self, archive):
        """The archive's metrics: name → one value per record."""
        return json.loads(self.infoplane("inspect", archive, "--json"))["metrics"]

    # Work and its progress

    def each(self, items, work):
        """[work(item) for item in items], on all cores at once: everything within work runs on one core."""
        outer, self._jobs = self._jobs, 1
        with concurrent.futures.ThreadPoolExecutor(self.cores) as pool:
            futures = [pool.submit(work, item) for item in items]
            try:
                answers = [future.result() for future in futures]
            except BaseException:
                self._stop_children()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        self._jobs = outer
        return answers

    def expect(self, steps):
        """Says how many archives and analyses there will be, for the progress."""
        self._steps = steps

    def show(self, note):
        """Shows on a terminal how far the present step is, such as an epoch; ends the step where the user has stopped all."""
        with self._lock:
            if self._is_stopping:
                raise Stopped
            self._draw(note)

    def _step(self, note):
        return Step(self, note)

    def _draw(self, note):
        if not sys.stderr.isatty():
            return
        left = ""
        if self._made and self._steps > self._done:
            seconds = (time.monotonic() - self._start) / self._made * (self._steps - self._done)
            left = f" · about {max(1, round(seconds / 60))} min left"
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\033[2K{f'[{self._done}/{self._steps}] {note}{left}'[:width]}")
        sys.stderr.flush()

    _start = time.monotonic()

    @staticmethod
    def _clear():
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[2K")

    def _stop_children(self):
        with self._lock:
            self._is_stopping = True
            children = list(self._children)
        for child in children:
            child.terminate()
        for child in children:
            child.wait()

    # The end

    def finish(self, findings, report):
        """Prints the findings, writes them beside the archives, and the report. report: arguments of infoplane report."""
        page = findings.page(self)
        replace_text(self.path("findings.md"), page)
        replace_text(self.path("findings.json"), findings.json(self))
        self.infoplane("report", *report, "-o", "report.html", "--brief")
        self._clear()
        if self.options.page:
            findings.publish(HERE, self.name, page)
        print(findings.json(self) if self.options.json else findings.text())
        print(f"Archives, results, findings.md, findings.json and report.html: {self.folder}", file=sys.stderr)


class Step:
    """One archive or analysis, as the progress counts it."""

    def __init__(self, experiment, note):
        self._experiment = experiment
        self._note = note

    def __enter__(self):
        self._experiment.show(self._note)
        return self

    def made(self):
        """The step has taken its time: it was not there before."""
        with self._experiment._lock:
            self._experiment._made += 1

    def __exit__(self, *_):
        with self._experiment._lock:
            self._experiment._done += 1
        self._experiment.show(self._note)


def read_text(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def replace_text(path, text):
    """Writes a file that is always whole."""
    with open(path + ".partial", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".partial", path)

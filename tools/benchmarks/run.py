"""The benchmark: subjects in order, one table, one JSON file."""

import argparse
import datetime
import importlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap

from measuring import Bench, Failure

# Name: module, function, what.
SUBJECTS = {
    "ib-terms": ("ib_terms", "rows", "IB terms of the 12-bit run, against numpy"),
    "gib-terms": ("gib_terms", "rows", "all 2N + 1 GIB terms of one cell, against numpy"),
    "sweep": ("ib_terms", "sweep", "eight bin counts against one"),
    "kernel-pca": ("kernel_pca", "rows", "kernel PCA, against scikit-learn"),
    "bounds": ("pairwise_bounds", "rows", "Kolchinsky-Tracey bounds, against numpy and scipy"),
    "neighbours": ("neighbours", "rows", "KSG, against NPEET and ennemi"),
    "reading": ("reading", "rows", "IB terms at the rate of the page cache, and in bounded memory"),
    "deflated": ("reading", "deflated", "IB terms of a deflated archive, against h5py reading it"),
    "start-up": ("start_up", "rows", "--help and inspect, against h5ls"),
    "jobs": ("two_jobs", "rows", "two jobs against one"),
    "kernels": ("kernels", "rows", "the kernels alone, with vector instructions and without"),
    "gib-curve": ("gib_terms", "curve", "how the cost of GIB terms grows with the number of inputs"),
}

# Those whose numbers others compute, too, and what only has to compile.
CHECKED = ["ib-terms", "gib-terms", "kernel-pca", "bounds", "neighbours", "kernels"]


def parsed():
    names = "\n".join(f"  {name:<11} {what}" for name, (_, _, what) in SUBJECTS.items())
    parser = argparse.ArgumentParser(
        prog="tools/benchmark", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Runs InfoPlane beside the programs that people use today: checks that both give the same numbers, then\n"
        "times them in turns and prints medians, their ratio and peak memory. Sets up what it needs.",
        epilog=f"""SUBJECTS:
{names}

EXAMPLES:
  tools/benchmark --quick                        # under 3 minutes
  tools/benchmark --check                        # the same numbers? Small samples, no times
  tools/benchmark -o benchmark.json              # larger, with more rounds
  tools/benchmark --only reading --only deflated
  tools/benchmark --only reading --large 20      # an archive of 20 GB

INFOPLANE_BINARY names a binary to run instead of building one. Archives are kept in
${{XDG_DATA_HOME:-~/.local/share}}/infoplane/benchmark (3 GB); remove that folder at any time.
EXIT CODES: 0 done, whether targets are met or not; 1 numbers differ or a subject could not be run; 2 could not run;
64 usage.""")
    parser.add_argument("--quick", action="store_true", help="smaller and fewer rounds")
    parser.add_argument("--check", action="store_true", help="compare numbers on small samples, print no times")
    parser.add_argument("--only", action="append", metavar="NAME", help="a subject; repeat for several")
    parser.add_argument("--large", type=int, default=0, metavar="GB", help="the size of the archive that reading reads")
    parser.add_argument("-o", "--json", metavar="FILE", help="write all times as JSON")
    parser.error = lambda message: (print(f"tools/benchmark: {message}; see --help", file=sys.stderr), sys.exit(64))
    options = parser.parse_args()
    for name in options.only or []:
        if name not in SUBJECTS:
            parser.error(f"no subject is named '{name}'; there are {', '.join(SUBJECTS)}")
    if options.check and (options.quick or options.json or options.large or options.only):
        parser.error("--check goes with no other option")
    if options.large < 0:
        parser.error(f"--large {options.large}: expected a positive number of GB")
    return options


class Progress:
    """One line on a terminal that is rewritten; nothing in a pipe."""

    def __init__(self):
        self.subject = ""
        self.watched = sys.stderr.isatty()

    def __call__(self, text):
        if self.watched:
            width = shutil.get_terminal_size().columns - 1
            print("\r\x1b[K" + f"{self.subject}: {text}"[:width], end="", file=sys.stderr, flush=True)

    def clear(self):
        if self.watched:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def seconds(value):
    for limit, scale, unit in ((1e-3, 1e6, "µs"), (1, 1e3, "ms")):
        if value < limit:
            return f"{value * scale:.3g} {unit}"
    return f"{value:.3g} s"


def size(value):
    return "–" if value is None else f"{value / 1e6:.0f} MB"


def line_of(number, row):
    show = size if row.unit == "B" else seconds
    low, high = min(row.ratios), max(row.ratios)
    digits = ".3g" if row.ratio < 100 else ".0f"
    return [
        str(number), row.work, row.peer, f"{row.ratio:{digits}}×", f"{low:{digits}}–{high:{digits}}",
        "" if row.cpu is None else f"{row.cpu_ratio:{digits}}×", row.target,
        {None: "", True: "met", False: "MISSED"}[row.met], show(statistics.median(row.ours)),
        show(statistics.median(row.theirs)), size(row.memory[0]), size(row.memory[1]),
    ]


HEAD = ["", "work", "beside", "ratio", "range", "CPU", "target", "", "InfoPlane", "beside", "memory", "beside"]


def table(rows):
    lines = [HEAD] + [line_of(number, row) for number, row in enumerate(rows, 1)]
    wraps = {1: 46, 2: 28}
    widths = [min(max(len(line[i]) for line in lines), wraps.get(i, 99)) for i in range(len(HEAD))]
    text = []
    for index, line in enumerate(lines):
        parts = [(textwrap.wrap(cell, widths[i]) if i in wraps else [cell]) for i, cell in enumerate(line)]
        for part in range(max(map(len, parts))):
            cells = [cell[part] if part < len(cell) else "" for cell in parts]
            text.append("  ".join(
                cell.ljust(width) if i in wraps else cell.rjust(width) for i, (cell, width) in enumerate(zip(cells, widths))).rstrip())
        if index == 0:
            text.append("─" * len(text[0]))
    # What is said of several rows is said once.
    remarks = {}
    for number, row in enumerate(rows, 1):
        for remark in (
            f"limit: {row.limit}" if row.limit else "", row.note,
            f"same numbers: {row.agreement}" if row.agreement else "",
        ):
            if remark:
                remarks.setdefault(remark, []).append(str(number))
    text.append("")
    for remark, numbers in sorted(remarks.items(), key=lambda item: int(item[1][0])):
        text += textwrap.wrap(f"{', '.join(numbers)}: {remark}", 118, subsequent_indent="    ")
    return "\n".join(text)


def limits_text(limits):
    parts = [
        ("copying memory", limits["copy_bytes_per_second"], "GB/s"), ("dgemm", limits["dgemm_flops"], "GFLOP/s"),
        ("zlib inflates", limits["zlib_bytes_per_second"], "GB/s"),
        ("libdeflate", limits["libdeflate_bytes_per_second"], "GB/s"),
    ]
    return ", ".join(f"{name} {value / 1e9:.3g} {unit}" for name, value, unit in parts if value)


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def write_json(path, text):
    partial = f"{path}.{os.getpid()}.tmp"
    try:
        with open(partial, "w") as file:
            file.write(text + "\n")
        os.replace(partial, path)
    except OSError as error:
        print(f"tools/benchmark: {path}: cannot be written: {error.strerror}", file=sys.stderr)
        return False
    return True


def main():
    options = parsed()
    binary = os.environ.get("INFOPLANE_BINARY", "")
    if not os.access(binary, os.X_OK):
        print(f"tools/benchmark: {binary or 'INFOPLANE_BINARY'}: no program is there; run tools/benchmark, which builds it",
              file=sys.stderr)
        return 2
    share = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    data = os.path.join(share, "infoplane", "benchmark")
    progress = Progress()
    load = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    rows, by_subject, failed = [], {}, []
    with tempfile.TemporaryDirectory(prefix="infoplane-benchmark-") as scratch:
        bench = Bench(os.path.abspath(binary), data, "check" if options.check else "quick" if options.quick else "full", options.large, scratch, progress)
        try:
            progress("the limits of the machine")
            bench.limits = bench.peer("machine", "limits").answer
            bench.limits.pop("seconds")
            for name in options.only or (CHECKED if options.check else SUBJECTS):
                module, function, _ = SUBJECTS[name]
                progress.subject = name
                try:
                    found = list(getattr(importlib.import_module(module), function)(bench))
                    by_subject[name] = found
                    rows += found
                except Failure as failure:
                    failed.append((name, str(failure)))
                    progress.clear()
                    print(f"tools/benchmark: {name}: {failure}", file=sys.stderr)
        except KeyboardInterrupt:
            progress.clear()
            print("tools/benchmark: stopped", file=sys.stderr)
            return 130
        except (Failure, OSError) as error:
            progress.clear()
            print(f"tools/benchmark: {error}", file=sys.stderr)
            return 2
    progress.clear()
    if options.check:
        for agreement in dict.fromkeys(row.agreement for row in rows):
            print(agreement)
        return 1 if failed else 0
    version = subprocess.run([binary, "--version"], capture_output=True, text=True).stdout.strip()
    machine = f"{processor()}, {cores} cores; load {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    if rows:
        print(table(rows))
        print()
    print(f"{machine}\n{limits_text(bench.limits)}")
    variables = {name: value for name, value in sorted(os.environ.items()) if name.startswith(("OPENBLAS_", "OMP_", "MKL_"))}
    if variables:
        print("Set for both sides: " + ", ".join(f"{name}={value}" for name, value in variables.items()))
    print("Times are medians of runs in turns; the ratio is the median of the ratios within a round, range its extremes, CPU the\n"
          "same of processor time.")
    if load > 0.5:
        print(f"The machine was busy before (load {load:.1f}): the column CPU says more than the others.")
    missed = [row for row in rows if row.met is False]
    print(f"{sum(row.met is True for row in rows)} targets met, {len(missed)} missed"
          + (f", {len(failed)} subjects not run" if failed else ""))
    if options.json:
        document = {
            "version": version, "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "quick": options.quick, "processor": processor(), "cores": cores, "load_before": load,
            "load_after": os.getloadavg()[0], "limits": bench.limits, "environment": variables,
            "subjects": {name: [row.as_json() for row in found] for name, found in by_subject.items()},
            "failures": dict(failed),
        }
        if not write_json(options.json, json.dumps(document, indent=1, ensure_ascii=False)):
            return 2
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

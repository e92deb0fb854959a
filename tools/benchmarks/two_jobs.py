"""What a second job gains."""

import statistics

from measuring import compared


def rows(bench):
    wide = bench.wide(bench.size(20, 5))
    run = bench.twelve_bit_run()
    every = bench.size(5, 30)
    works = [
        ("sweep of 8 binnings, n = 5000, d = 1024", [wide, "--no-gib"]),
        ("default analysis of the 12-bit run, GIB and permutations", [run, "--split", "all", "--epochs", f"every:{every}"]),
    ]
    for work, arguments in works:
        found = bench.in_turns(
            {
                "two jobs": lambda: bench.analyze(*arguments, "--jobs", 2),
                "one job": lambda: bench.analyze(*arguments, "--jobs", 1),
            }, bench.size(5, 3))
        # From the page cache, one job works all the time: where it waits, others had the cores.
        share = statistics.median(s.cpu / s.process for s in found["one job"])
        is_idle = share > 0.85
        yield compared(
            f"two jobs: {work}", found["two jobs"], found["one job"], "one job (ours)", what="process",
            target="≥1.7" if is_idle else "",
            note="" if is_idle else f"not judged: the machine was busy and gave one job {share:.0%} of a core")

#!/usr/bin/env python3
"""How long an analysis takes on a cluster, by formula and by simulation from measured costs of cells.

    tools/cluster/scaling.py                       # the table of tools/cluster/README.md
    tools/cluster/scaling.py --measure             # measures a cell, opening and merging on this machine first
    tools/cluster/scaling.py --terabytes 10 --tasks 4000 --bandwidth 50

The simulation: tasks start as the controller launches them, open the archive, then read and compute their cells at the same
time (the next cell is read ahead); the file system's bandwidth is shared fairly among all tasks that read, and no task
reads faster than its network. Costs of cells are log-normal about the measured mean. Some tasks are killed at a random point
and go on from their last checkpoint in a second array, when the first has ended. Then one process merges.
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Costs:
    """Measured on one AMD EPYC core (user and system time): cells of 5000 samples × 1024 units of float32, 784 inputs,
    the default request."""

    cell_bytes: float = 20.5e6
    cell_seconds: float = 0.16
    # The process, opening the archive, its inputs as features.
    start_seconds: float = 0.16
    rows_per_cell: float = 48
    # Merging: a part, and a row with its share of the arrays beside it.
    part_seconds: float = 0.011
    row_seconds: float = 52e-6
    # PMI of 5000 samples, and both terms of 784 features for three targets.
    result_bytes_per_cell: float = 5000 * 8 + 3 * 2 * 784 * 8 + 48 * 60


@dataclass(frozen=True)
class Cluster:
    """Assumptions, not measurements: a common parallel file system, and a controller that is not alone with us."""

    bandwidth: float = 10e9
    task_bandwidth: float = 1e9
    launches_per_second: float = 50.0
    killed_share: float = 0.01
    # Lines between a job's end and the next one's begin.
    dependency_seconds: float = 5.0
    checkpoint_seconds: float = 20.0
    spread: float = 0.3


def formula(size: float, tasks: int, costs: Costs, cluster: Cluster) -> dict[str, float]:
    """Seconds of each stage, one after the other; the sum is the prediction."""
    cells = size / costs.cell_bytes
    reading = max(size / cluster.bandwidth, size / tasks / cluster.task_bandwidth)
    computing = cells / tasks * costs.cell_seconds
    return {
        "launching": tasks / cluster.launches_per_second,
        "starting": costs.start_seconds,
        "reading": reading,
        "computing": computing,
        "merging": cluster.dependency_seconds + tasks * costs.part_seconds + cells * costs.rows_per_cell * costs.row_seconds,
    }


def total(stages: dict[str, float]) -> float:
    """Tasks run while others are launched, and read while they compute: of the three the longest counts."""
    return max(stages["launching"], stages["reading"], stages["computing"]) + stages["starting"] + stages["merging"]


def run_tasks(
    demands: list[tuple[float, float]], costs: Costs, cluster: Cluster
) -> float:
    """When the last task ends. A task has bytes to read and seconds to compute, and needs the longer of both."""
    starts = [
        (index / cluster.launches_per_second + costs.start_seconds, index) for index in range(len(demands))]
    now, next_start = 0.0, 0
    left: dict[int, float] = {}  # the share of the task that is still to do
    while next_start < len(starts) or left:
        share = cluster.bandwidth / len(left) if left else 0.0
        speed = {}
        for index in left:
            size, seconds = demands[index]
            reading = size / min(cluster.task_bandwidth, share)
            speed[index] = 1 / max(reading, seconds, 1e-9)
        end = min((now + left[i] / speed[i] for i in left), default=float("inf"))
        # Starts are taken in steps of a hundredth of a second at least, which bounds the number of events.
        start = starts[next_start][0] if next_start < len(starts) else float("inf")
        then = min(end, start)
        for index in left:
            left[index] -= (then - now) * speed[index]
        left = {index: rest for index, rest in left.items() if rest > 1e-9}
        now = then
        while next_start < len(starts) and starts[next_start][0] <= now + 0.01:
            left[starts[next_start][1]] = 1.0
            next_start += 1
    return now


def simulate(size: float, tasks: int, costs: Costs, cluster: Cluster, seed: int = 1) -> dict[str, float]:
    """Seconds until the tasks have ended, until those submitted again have, and until all is merged."""
    source = random.Random(seed)
    cells = max(tasks, round(size / costs.cell_bytes))
    demands = []
    for index in range(tasks):
        own = cells * (index + 1) // tasks - cells * index // tasks
        # exp of a normal variable, with mean 1.
        seconds = sum(source.lognormvariate(-cluster.spread**2 / 2, cluster.spread) for _ in range(own))
        demands.append((own * costs.cell_bytes, seconds * costs.cell_seconds))
    killed = []
    for index in range(tasks):
        if source.random() < cluster.killed_share:
            done = source.random()
            size_, seconds = demands[index]
            duration = max(seconds, size_ / min(cluster.task_bandwidth, cluster.bandwidth / tasks))
            lost = min(done, cluster.checkpoint_seconds / max(duration, 1e-9))
            rest = 1 - done + lost
            killed.append((size_ * rest, seconds * rest))
            demands[index] = (size_ * done, seconds * done)
    first = run_tasks(demands, costs, cluster)
    again = 0.0
    if killed:
        # The merge job first reads every part to find what is missing.
        check = cluster.dependency_seconds + tasks * costs.part_seconds
        again = check + run_tasks(killed, costs, cluster)
    merging = formula(size, tasks, costs, cluster)["merging"]
    return {"first": first, "again": again, "merging": merging, "all": first + again + merging, "killed": len(killed)}


def minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def table(cases: list[tuple[str, float, int, Costs, Cluster]]) -> str:
    lines = ["| case | launching | reading | computing | merging | formula | simulated | of which submitted again |",
             "|---|---|---|---|---|---|---|---|"]
    for name, size, tasks, costs, cluster in cases:
        stages = formula(size, tasks, costs, cluster)
        found = simulate(size, tasks, costs, cluster)
        lines.append(
            f"| {name} | {minutes(stages['launching'])} | {minutes(stages['reading'])} | {minutes(stages['computing'])} | "
            f"{minutes(stages['merging'])} | {minutes(total(stages))} | {minutes(found['all'])} | "
            f"{minutes(found['again'])}, {found['killed']} tasks |")
    return "\n".join(lines)


def measure() -> Costs:
    """The costs on this machine: processor time, so that other work on it counts little."""
    infoplane = Path(os.environ.get("INFOPLANE_BINARY", ROOT / ".build" / "release" / "infoplane"))
    images = "/usr/share/datasets/fashion-mnist"
    if not Path(images).exists():
        raise SystemExit(f"{images} is not there; tools/setup data installs it.")
    with tempfile.TemporaryDirectory() as folder:

        def seconds(*arguments: str) -> float:
            before = os.times()
            subprocess.run([infoplane, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            after = os.times()
            return after.children_user - before.children_user + after.children_system - before.children_system

        record = ["record", "idx", images, "--activation", "relu", "--recorded-samples", "5000"]
        seconds(*record, "--hidden", "1024,1024,1024,1024,1024", "--epochs", "1", "-o", "wide.h5")
        one = ["analyze", "wide.h5", "--split", "test", "-j", "1", "--layer", "fc1"]
        all_five = [*one, *(word for layer in range(2, 6) for word in ["--layer", f"fc{layer}"])]
        few = seconds(*one, "-o", "few.h5")
        many = seconds(*all_five, "-o", "many.h5")
        # Two records: 2 cells, and 10.
        cell = (many - few) / 8
        for shard in range(1, 9):
            seconds(*all_five, "--shard", f"{shard}/8", "-o", f"{shard}.part")
        merge_few, merge_many = (seconds("merge", name, "-o", f"again-{name}") for name in ["few.h5", "many.h5"])
        parts = seconds("merge", *(f"{shard}.part" for shard in range(1, 9)), "-o", "merged.h5")
        plan = subprocess.run([infoplane, *all_five, "--dry-run", "--json", "-o", "n.h5"], cwd=folder, check=True,
                              capture_output=True, text=True)
        rows = json.loads(plan.stdout)["measurements"] / 10
        return replace(
            Costs(), cell_seconds=cell, start_seconds=max(0.0, few - 2 * cell), rows_per_cell=rows,
            part_seconds=max(0.0, (parts - merge_many) / 7),
            row_seconds=max(0.0, (merge_many - merge_few) / (rows * 8)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="measure the costs on this machine first")
    parser.add_argument("--terabytes", type=float, help="one case of this size instead of the table")
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--bandwidth", type=float, default=10, help="of the file system, in GB/s")
    options = parser.parse_args()
    costs = measure() if options.measure else Costs()
    if options.measure:
        print(f"a cell: {costs.cell_seconds:.3f} s, starting: {costs.start_seconds:.3f} s, {costs.rows_per_cell:.0f} rows a "
              f"cell, merging: {costs.part_seconds * 1e3:.1f} ms a part, {costs.row_seconds * 1e6:.1f} us a row\n")
    here = Cluster(bandwidth=options.bandwidth * 1e9)
    if options.terabytes:
        size = options.terabytes * 1e12
        print(table([(f"{options.terabytes:g} TB, {options.tasks} tasks", size, options.tasks, costs, here)]))
        return
    neighbours = replace(costs, cell_seconds=costs.cell_seconds + 14)
    print(table([
        ("1 TB, 64 tasks", 1e12, 64, costs, here),
        ("1 TB, 200 tasks", 1e12, 200, costs, here),
        ("1 TB, 1000 tasks", 1e12, 1000, costs, here),
        ("1 TB, 1000 tasks, with ksg1", 1e12, 1000, neighbours, here),
        ("1 TB, 1000 tasks, 1 GB/s (NFS)", 1e12, 1000, costs, replace(here, bandwidth=1e9)),
        ("100 TB, 1000 tasks", 100e12, 1000, costs, here),
        ("100 TB, 1000 tasks, 100 GB/s", 100e12, 1000, costs, replace(here, bandwidth=100e9)),
    ]))
    cells = 1e12 / costs.cell_bytes
    print(f"\n1 TB is {cells:.0f} cells, {cells * costs.cell_seconds / 3600:.1f} core hours, "
          f"{cells * costs.rows_per_cell / 1e6:.1f} million rows, {cells * costs.result_bytes_per_cell / 1e9:.1f} GB of results.")


if __name__ == "__main__":
    main()

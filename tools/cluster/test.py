"""Runs infoplane slurm on a real Slurm of this machine, disturbs it, and compares with a single-machine run.

    tools/slurm test                 # two archives, 280 cells, 12 tasks: kills, a preemption, a lost node; 1 to 2 minutes
    tools/slurm test --long          # one archive of 2002 cells, 64 tasks, 20 kills, a lost node
    tools/slurm test --if-possible   # says why and ends well where Slurm cannot run

Prints what happened, and ends with exit code 1 where a byte differs. The seed of the disturbances is --seed.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLES = ["measurements", "features", "pmi"]


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def obstacle() -> str | None:
    """Why Slurm cannot run here; None where it can."""
    if os.geteuid() != 0:
        return "its daemons run as root here, and you are not root"
    paths = os.environ["PATH"] + ":/usr/sbin:/sbin"
    for program in ["munged", "slurmctld", "slurmd", "sbatch"]:
        if shutil.which(program, path=paths) is None:
            return f"{program} is not installed (tools/setup slurm installs it)"
    return None


class Cluster:
    """The Slurm of tools/slurm in a folder of its own."""

    def __init__(self, folder: Path):
        self.environment = dict(os.environ, INFOPLANE_SLURM=str(folder), SLURM_CONF=str(folder / "slurm.conf"))

    def control(self, *arguments: str) -> None:
        subprocess.run([ROOT / "tools" / "slurm", *arguments], env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def ask(self, *arguments: str) -> str:
        return subprocess.run(arguments, env=self.environment, capture_output=True, text=True).stdout

    def running(self) -> list[tuple[str, str]]:
        """The tasks at work, each with its node; the merge job is none."""
        lines = self.ask("squeue", "--noheader", "--array", "--states=RUNNING", "--format=%i %N").splitlines()
        return [(job, node) for job, node in (line.split() for line in lines) if "_" in job]


def analyses(binary: Path, folder: Path) -> list[int]:
    """The processes that analyze a shard into this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if len(words) > 3 and words[0] == bytes(binary) and words[1] == b"analyze" and bytes(folder) in b" ".join(words):
            found.append(int(process.name))
    return found


class Disturbance:
    """Kills, preempts and takes a node away, at random times, while a job runs."""

    def __init__(self, cluster: Cluster, binary: Path, folder: Path, seed: int, kills: int, pause: float):
        self.cluster, self.binary, self.folder = cluster, binary, folder
        self.random = random.Random(seed)
        self.kills, self.pause = kills, pause
        self.killed = self.preempted = 0
        self.lost: str | None = None
        self.returns = 0.0
        self.is_back = False

    def step(self) -> None:
        time.sleep(self.random.uniform(0.5, 1.5) * self.pause)
        if self.lost and not self.is_back and time.monotonic() > self.returns:
            self.cluster.control("return", self.lost)
            self.is_back = True
            say(f"{self.lost} is back")
        running = self.cluster.running()
        if not running:
            return
        if self.lost is None and self.killed >= self.kills // 2:
            job, self.lost = self.random.choice(running)
            self.cluster.control("lose", self.lost)
            # Longer than SlurmdTimeout: it is noticed.
            self.returns = time.monotonic() + 25
            say(f"{self.lost} is lost, with task {job}")
        elif self.killed < self.kills and self.killed % 4 == 3 and self.preempted < self.kills // 4:
            job, node = self.random.choice(running)
            self.cluster.ask("scontrol", "requeue", job)
            self.preempted += 1
            say(f"task {job} on {node} is put back into the queue, as by a preemption")
        elif self.killed < self.kills:
            processes = analyses(self.binary, self.folder)
            if processes:
                os.kill(self.random.choice(processes), signal.SIGKILL)
                self.killed += 1
                say("an analysis is killed by SIGKILL")


def run(binary: Path, *arguments: str, folder: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run([binary, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"infoplane {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def disturbed_run(cluster: Cluster, binary: Path, folder: Path, options: argparse.Namespace) -> bool:
    epochs = [285] if options.long else [19, 19]
    archives = []
    for number, last in enumerate(epochs):
        archives.append(f"run{number}.h5")
        record = ["record", "szt", "--epochs", str(last), "--schedule", "every:1", "--seed", str(number)]
        run(binary, *record, "-o", archives[-1], folder=folder)
    tasks = 64 if options.long else 12
    say(f"{sum(last + 1 for last in epochs) * 7} cells of {len(archives)} archives, {tasks} tasks on 4 nodes")
    start = time.monotonic()
    # Kills may hit one task again and again: as many retries as kills.
    words = ["slurm", *archives, "-o", "all.results.h5", "--tasks", str(tasks), "--retries", "20", "--wait"]
    job = subprocess.Popen([binary, *words], cwd=folder, env=cluster.environment, stdout=subprocess.PIPE, text=True)
    kills = 20 if options.long else 4
    disturbance = Disturbance(
        cluster, binary, folder, options.seed, kills=kills, pause=2.5 if options.long else 0.8)
    while job.poll() is None:
        disturbance.step()
    said = job.communicate()[0]
    say(f"the job ended with exit code {job.returncode} after {time.monotonic() - start:.0f} s: {said.splitlines()[-1]}")
    lines = (folder / "all.slurm" / "jobs.tsv").read_text().splitlines()
    say(
        f"{disturbance.killed} kills, {disturbance.preempted} preemptions, 1 lost node" if disturbance.lost
        else f"{disturbance.killed} kills, {disturbance.preempted} preemptions, no lost node")
    say("tasks submitted, round by round: " + ", ".join(line.split("\t")[3] for line in lines))
    right = job.returncode == 0
    if disturbance.killed == 0 or disturbance.lost is None:
        say("WRONG: the job was over before it was disturbed")
        right = False
    if len(lines) < 2:
        say("WRONG: nothing was submitted again, though tasks were killed")
        right = False
    say("the same on one machine ...")
    for archive in archives:
        run(binary, "analyze", archive, "-o", archive + ".one", folder=folder)
    run(binary, "merge", *(archive + ".one" for archive in archives), "-o", "one.results.h5", folder=folder)
    for table in TABLES:
        one, all_ = (run(binary, "export", name, "--table", table, folder=folder)
                     for name in ["one.results.h5", "all.results.h5"])
        same = one == all_ and one.count("\n") > 10
        say(f"{table}: {one.count(chr(10)) - 1} rows, {'the same bytes' if same else 'DIFFERENT'}")
        right = right and same
    return right


def invisible_archive(cluster: Cluster, binary: Path, folder: Path) -> bool:
    """An archive that no node sees: the tasks and the waiting command say so."""
    archive = folder / "gone.h5"
    run(binary, "record", "szt", "--epochs", "1", "--schedule", "every:1", "-o", archive.name, folder=folder)
    words = ["slurm", "gone.h5", "--tasks", "2", "--retries", "0"]
    run(binary, *words, "--", "--begin=now+4", folder=folder, environment=cluster.environment)
    archive.rename(folder / "elsewhere.h5")
    say("an archive is moved away before its tasks begin")
    while cluster.ask("squeue", "--noheader"):
        time.sleep(1)
    log = (folder / "gone.slurm" / "logs" / "1.log").read_text()
    outcome = (folder / "gone.slurm" / "outcome.json").read_text()
    if "gone.h5 is not visible on this node" in log and "gone.h5" in outcome:
        say("both say so: " + log.splitlines()[-1])
        return True
    say(f"WRONG: the log says {log!r}, the outcome {outcome!r}")
    return False


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/slurm test", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--if-possible", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    reason = obstacle()
    if reason:
        print(f"tools/slurm test: the job array is not tested on a real Slurm: {reason}.", file=sys.stderr)
        return 0 if options.if_possible else 2
    binary = Path(os.environ.get("INFOPLANE_BINARY", ROOT / ".build" / "release" / "infoplane"))
    if not binary.exists():
        print(f"tools/slurm test: {binary} is not there; swift build -c release builds it.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="infoplane-slurm-") as name:
        folder = Path(name).resolve()
        cluster = Cluster(folder / "slurm")
        # As Slurm's tasks see it, the program must not change while they run.
        own = folder / "infoplane"
        shutil.copy(binary, own)
        cluster.control("start")
        try:
            right = disturbed_run(cluster, own, folder, options)
            right = invisible_archive(cluster, own, folder) and right
        finally:
            cluster.control("stop")
    say("all as it should be" if right else "NOT as it should be")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())

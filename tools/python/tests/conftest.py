"""What the tests share: where the schema and the command line are, and small archives."""

import os
import pathlib
import sys

import numpy as np
import pytest

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))

import infoplane  # noqa: E402

SCHEMAS = HERE.parents[3] / "schemas"


@pytest.fixture(scope="session")
def binary():
    """The command line, built from Swift; named by INFOPLANE_BINARY."""
    named = os.environ.get("INFOPLANE_BINARY", str(HERE.parents[3] / ".build/release/infoplane"))
    if not os.access(named, os.X_OK):
        pytest.skip(f"there is no {named}; build it, or name it by INFOPLANE_BINARY")
    return named


def describe(samples=10, *, layers=None, **changes):
    """A description of one split with two layers."""
    random = np.random.default_rng(0)
    layers = layers or [
        infoplane.LayerDescription("fc1", 1, "dense", (5,), activation="tanh"),
        infoplane.LayerDescription("block/1", 2, "block", (2, 3), "float64"),
    ]
    split = infoplane.SplitDescription(
        "train", random.normal(size=(samples, 3)).astype("float32"), np.arange(samples) % 2, layers,
        class_names=["no", "yes"])
    return infoplane.ArchiveDescription([split], **changes)


def values_of(layer, samples, epoch):
    """What is recorded for a layer; computable again, so that a test knows what must be in the file."""
    random = np.random.default_rng([epoch, layer.order])
    return random.normal(size=(samples, *layer.unit_shape)).astype(layer.dtype)


def record(writer, description, epoch, **metrics):
    """Records one epoch of everything."""
    writer.begin_record(epoch)
    for split in description.splits:
        for layer in split.layers:
            writer.write(values_of(layer, split.samples, epoch), split=split.name, layer=layer.name)
    writer.commit_record(metrics)

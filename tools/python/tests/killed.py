"""What must hold of an archive whose writer was killed, and the writers that are killed."""

import hashlib
import os

import h5py

# First, for it finds the package where that is not installed.
from conftest import describe, record, values_of

import infoplane

EPOCHS = 4


def small():
    """Layers whose records lie within a page and across several, in one split."""
    return describe(30, layers=[
        infoplane.LayerDescription("fc1", 1, "dense", (5,)),
        infoplane.LayerDescription("wide", 2, "dense", (300,), "float16"),
    ], metric_names=["loss"])


def write(path, acknowledge, epochs=EPOCHS, deflate=None):
    """Records; tells of every epoch that is safe."""
    description = small()
    with infoplane.ArchiveWriter(path, description, deflate=deflate) as writer:
        for epoch in range(epochs):
            record(writer, description, epoch, loss=float(epoch))
            acknowledge(epoch)


def go_on(path, acknowledge, more=2):
    """Records some more epochs to an archive that was left."""
    description = small()
    with infoplane.ArchiveWriter.append(path, description) as writer:
        first = 0 if writer.last_epoch is None else writer.last_epoch + 1
        for epoch in range(first, first + more):
            record(writer, description, epoch, loss=float(epoch))
            acknowledge(epoch)


def committed(path, *, live):
    """The committed epochs, after every record's values, digest, range and metric were compared with what was meant."""
    description = small()
    with h5py.File(path, "r", swmr=live, libver="latest" if live else None) as file:
        count = int(file["committed"][()])
        epochs = file["epoch"][:count].tolist()
        assert epochs == list(range(count)), epochs
        assert file["metrics/loss"][:count].tolist() == [float(epoch) for epoch in epochs]
        for layer in description.splits[0].layers:
            for epoch in epochs:
                values = file[f"splits/train/layers/{layer.name}"][epoch]
                assert (values == values_of(layer, 30, epoch)).all(), (layer.name, epoch)
                digest = file[f"splits/train/digests/{layer.name}"][epoch].tobytes()
                assert digest == hashlib.sha256(values.tobytes()).digest(), (layer.name, epoch)
                low, high = file[f"splits/train/ranges/{layer.name}"][epoch]
                assert (low, high) == (values.min(), values.max())
        return count


def forked(work, *arguments):
    """Runs ``work(tell, ...)`` in a child; its status as `os.wait` has it, and what it told, a number a line."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 1
        try:
            work(lambda number: os.write(writing, b"%d\n" % number), *arguments)
            status = 0
        except infoplane.ArchiveError as error:
            os.write(2, f"{error}\n".encode())
            status = 3
        except BaseException:
            import traceback

            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = [int(line) for line in pipe]
    return os.waitpid(child, 0)[1], told

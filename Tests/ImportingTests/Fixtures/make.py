"""Writes the fixtures of the import tests with the libraries whose files are imported (numpy, h5py).

    python3 Tests/ImportingTests/Fixtures/make.py

Value (i, j) of layer l in epoch e is e + l/4 + i - j/2, exact in every type that is used.
"""

import os

import h5py
import numpy

folder = os.path.dirname(os.path.abspath(__file__))


def values(epoch, layer, samples=6, units=3):
    i, j = numpy.indices((samples, units))
    return epoch + layer / 4 + i - j / 2


inputs = numpy.arange(12, dtype="f4").reshape(6, 2)
labels = numpy.array([0, 1, 0, 1, 2, 2])
for epoch, save in ((0, numpy.savez), (10, numpy.savez_compressed)):
    save(
        os.path.join(folder, f"run2_epoch_{epoch}.npz"),
        fc2=values(epoch, 2).astype("f4"),
        fc10=numpy.asfortranarray(values(epoch, 10)),
        half=values(epoch, 0).astype("f2"),
        big=values(epoch, 1).astype(">f4"),
        inputs=inputs,
        labels=labels,
    )
with h5py.File(os.path.join(folder, "deep-bottleneck.h5"), "w") as file:
    file["X"] = inputs
    file["y"] = labels
    for epoch in (0, 1, 10):
        file[f"{epoch}/activations/0"] = values(epoch, 0).astype("f4")
        file[f"{epoch}/activations/1"] = values(epoch, 1)
        file[f"{epoch}/weights/0"] = numpy.zeros((2, 3))

"""Makes archive-1.0-shuffle.h5: a whole archive whose one layer passes the filter shuffle, which the format forbids."""

import hashlib

import h5py
import numpy as np


def write(group, name, values, **options):
    dataset = group.create_dataset(name, data=values, **options)
    dataset.attrs["sha256"] = hashlib.sha256(values.tobytes()).hexdigest()


activations = np.linspace(-1, 1, 12, dtype="<f4").reshape(2, 3, 2)
with h5py.File(
    "archive-1.0-shuffle.h5", "w", libver=("v110", "v110"), fs_strategy="page", fs_threshold=1, fs_page_size=4096
) as file:
    for name, value in {
        "format": "activation-archive", "version": "1.0", "id": "00000000-0000-4000-8000-000000000002",
        "created": "2026-01-02T03:04:05Z", "producer": "shuffled.py 1", "title": "Shuffled", "model": "2-2",
        "hyperparameters": '{"seed": 1}',
    }.items():
        file.attrs[name] = value
    file.attrs["closed"] = np.uint8(1)
    file["committed"] = np.int64(2)
    file["epoch"] = np.array([0, 1], "<i8")
    split = file.create_group("splits/train")
    write(split, "inputs", np.arange(6, dtype="u1").reshape(3, 2))
    write(split, "labels", np.array([0, 1, 0], "<i8"))
    split["labels"].attrs["class_names"] = ["no", "yes"]
    write(split, "sample_ids", np.arange(3, dtype="<i8"))
    layer = split.create_dataset("layers/fc", data=activations, chunks=(1, 3, 2), shuffle=True)
    layer.attrs["order"] = 1
    layer.attrs["kind"] = "dense"
    split["ranges/fc"] = np.array([[r.min(), r.max()] for r in activations], "<f8")
    split["digests/fc"] = np.array([list(hashlib.sha256(r.tobytes()).digest()) for r in activations], "u1")

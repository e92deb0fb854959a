"""Makes archive-1.0-lzf.h5: a whole archive whose layer passes the filter lzf, which h5py brings along, and libhdf5 finds
only where its plug-in is installed (Debian: hdf5-plugin-lzf)."""

import hashlib

import h5py
import numpy as np


def write(group, name, values, **options):
    dataset = group.create_dataset(name, data=values, **options)
    dataset.attrs["sha256"] = hashlib.sha256(values.tobytes()).hexdigest()


# Mostly zeros, so that lzf makes the chunks smaller: a chunk that would grow is stored as it is.
samples = 64
activations = np.zeros((2, samples, 8), "<f4")
activations[:, ::4, ::2] = np.arange(1, 2 * 16 * 4 + 1).reshape(2, 16, 4)
with h5py.File(
    "archive-1.0-lzf.h5", "w", libver=("v110", "v110"), fs_strategy="page", fs_threshold=1, fs_page_size=4096
) as file:
    for name, value in {
        "format": "activation-archive", "version": "1.0", "id": "00000000-0000-4000-8000-000000000003",
        "created": "2026-01-02T03:04:05Z", "producer": "lzf.py 1", "title": "lzf", "model": "2-8",
        "hyperparameters": '{"seed": 1}',
    }.items():
        file.attrs[name] = value
    file.attrs["closed"] = np.uint8(1)
    file["committed"] = np.int64(2)
    file["epoch"] = np.array([0, 1], "<i8")
    split = file.create_group("splits/train")
    write(split, "inputs", np.arange(2 * samples, dtype="u1").reshape(samples, 2))
    write(split, "labels", np.arange(samples, dtype="<i8") % 2)
    split["labels"].attrs["class_names"] = ["no", "yes"]
    write(split, "sample_ids", np.arange(samples, dtype="<i8"))
    layer = split.create_dataset("layers/fc", data=activations, chunks=(1, samples, 8), compression="lzf")
    layer.attrs["order"] = 1
    layer.attrs["kind"] = "dense"
    split["ranges/fc"] = np.array([[r.min(), r.max()] for r in activations], "<f8")
    split["digests/fc"] = np.array([list(hashlib.sha256(r.tobytes()).digest()) for r in activations], "u1")
    assert layer.id.get_storage_size() < activations.nbytes / 2

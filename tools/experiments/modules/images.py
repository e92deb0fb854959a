"""Labelled images from local files: Fashion-MNIST as IDX files, CIFAR-10 in its binary version. Nothing is downloaded."""

import dataclasses
import gzip
import os
import struct
import zlib

import numpy as np
from experiment import CannotRun

_FASHION_CLASSES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
_CIFAR_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_CIFAR_LAYOUT = (
    "Expected the binary version, whose folder cifar-10-batches-bin holds data_batch_1.bin to data_batch_5.bin and "
    "test_batch.bin, each of records of 1 + 3072 bytes: the class, then the red, green and blue plane of 32 rows of 32 pixels")


@dataclasses.dataclass
class Images:
    """Images of one split, in the order of their files: pixels uint8 [n, channels, rows, columns], labels int64 [n]."""

    pixels: np.ndarray
    labels: np.ndarray
    class_names: tuple

    def some(self, count, seed):
        """count of them, drawn without replacement in the order of the draw, and their indices; all where count is None."""
        order = np.random.default_rng(seed).permutation(len(self.labels))[:count]
        return Images(self.pixels[order], self.labels[order], self.class_names), order

    def first(self, count):
        return Images(self.pixels[:count], self.labels[:count], self.class_names)

    def area_means(self, rows, columns):
        """float32 [n, rows · columns]: the mean over all channels of each cell of a grid, from 0 to 1.

        A pixel that a line of the grid cuts counts in both cells by its parts.
        """
        grey = self.pixels.mean(1, dtype=np.float64) / 255
        return np.einsum("rp,npq,cq->nrc", _shares(rows, grey.shape[1]), grey, _shares(columns, grey.shape[2])).reshape(
            len(grey), -1).astype(np.float32)


def _shares(cells, pixels):
    """[cells, pixels]: which part of a cell's length each pixel is."""
    edges = np.linspace(0, pixels, cells + 1)
    starts = np.arange(pixels)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return np.clip(overlap, 0, None) * cells / pixels


def fashion_mnist(folder, split):
    """The split "train" (60,000) or "test" (10,000) of 28 × 28 grey pixels."""
    prefix = os.path.join(folder, {"train": "train", "test": "t10k"}[split])
    pixels = _idx(f"{prefix}-images-idx3-ubyte.gz", 3)
    labels = _idx(f"{prefix}-labels-idx1-ubyte.gz", 1)
    if len(pixels) != len(labels):
        raise CannotRun(f"{prefix}-labels-idx1-ubyte.gz: {len(labels)} labels for {len(pixels)} images. Install the data again.")
    return Images(pixels[:, None], labels.astype(np.int64), _FASHION_CLASSES)


def cifar10(folder, split):
    """The split "train" (50,000) or "test" (10,000) of 32 × 32 pixels of three colours, as many as the files hold.

    folder: cifar-10-batches-bin, or the folder that holds it. The Python version is pickled, and to read a pickle is to run
    what it says: it is refused.
    """
    within = os.path.join(folder, "cifar-10-batches-bin")
    folder = within if os.path.isdir(within) else folder
    names = [f"data_batch_{number}.bin" for number in range(1, 6)] if split == "train" else ["test_batch.bin"]
    records = np.concatenate([_cifar_records(os.path.join(folder, name)) for name in names])
    return Images(records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].astype(np.int64), _CIFAR_CLASSES)


def _cifar_records(path):
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise CannotRun(f"{path} cannot be read ({error.strerror}). {_CIFAR_LAYOUT}. Name that folder by --cifar10.") from error
    if not content or len(content) % 3073:
        raise CannotRun(f"{path}: {len(content)} bytes are not whole records of 3073. {_CIFAR_LAYOUT}. Copy the file again.")
    records = np.frombuffer(content, np.uint8).reshape(-1, 3073)
    wrong = np.flatnonzero(records[:, 0] > 9)
    if len(wrong):
        raise CannotRun(f"{path}: image {wrong[0]} has class {records[wrong[0], 0]}, expected 0 to 9. {_CIFAR_LAYOUT}.")
    return records


def _idx(path, axes):
    """The unsigned bytes of a gzipped IDX file of so many axes."""
    try:
        with gzip.open(path, "rb") as file:
            content = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise CannotRun(f"{path} cannot be read ({error}). Install the data again, or name another folder.") from error
    start = 4 + 4 * axes
    if len(content) < start or content[:4] != bytes([0, 0, 8, axes]):
        raise CannotRun(
            f"{path}: no IDX file of unsigned bytes with {axes} axes. Install the data again, or name another folder.")
    shape = struct.unpack(f">{axes}I", content[4:start])
    values = np.frombuffer(content, np.uint8, offset=start)
    if values.size != np.prod(shape, dtype=np.int64):
        raise CannotRun(
            f"{path}: {values.size} bytes of data, its header says {' × '.join(map(str, shape))}. Install the data again.")
    return values.reshape(shape)

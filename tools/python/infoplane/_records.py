"""The data sets that grow with every record."""

from __future__ import annotations

import hashlib
import math
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
from h5py import h5d, h5g

from . import _hdf5
from ._check import first_not_finite
from ._description import little_endian
from ._error import refusal

CHUNK_BYTES = 16 * 1024 * 1024
SERIES_ROWS = 128


def samples_per_chunk(samples: int, bytes_per_sample: int) -> int:
    """ceil(n/m), m the fewest chunks of at most 16 MiB. Whole samples: cut ones read many times slower."""
    most = max(1, CHUNK_BYTES // max(1, bytes_per_sample))
    return math.ceil(samples / math.ceil(samples / most))


def sha256(values: np.ndarray) -> bytes:
    """The digest of the bytes of ``values`` as they are stored."""
    return hashlib.sha256(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data).digest()


class Series:
    """A data set with a few numbers per record."""

    def __init__(self, dataset: h5d.DatasetID) -> None:
        self.dataset = dataset

    @classmethod
    def create(cls, parent: h5g.GroupID, name: str, dtype: str, *width: int) -> "Series":
        return cls(_hdf5.create_dataset(parent, name, dtype, (0, *width), grows=True, chunk=(SERIES_ROWS, *width)))

    def write(self, record: int, values: Any) -> None:
        _hdf5.write_row(self.dataset, record, np.array([values], self.dataset.dtype))


class Records:
    """A data set with all samples per record, with its digests and, for a layer, its ranges."""

    def __init__(self, place: str, dataset: h5d.DatasetID, digests: Series, ranges: Optional[Series]) -> None:
        self.place, self.dataset, self.digests, self.ranges = place, dataset, digests, ranges
        self.shape: Tuple[int, ...] = dataset.shape[1:]
        self.dtype: np.dtype = dataset.dtype
        self.is_written = False

    @classmethod
    def create(
        cls, place: str, parent: h5g.GroupID, name: str, dtype: str, shape: Tuple[int, ...], deflate: Optional[int],
        digests: Series, ranges: Optional[Series],
    ) -> "Records":
        rows = samples_per_chunk(shape[0], np.dtype(dtype).itemsize * math.prod(shape[1:]))
        dataset = _hdf5.create_dataset(
            parent, name, dtype, (0, *shape), grows=True, chunk=(1, rows, *shape[1:]), deflate=deflate)
        return cls(place, dataset, digests, ranges)

    def accept(self, values: np.ndarray, epoch: int) -> np.ndarray:
        """The values as they will be stored, after all checks."""
        if values.shape != self.shape:
            raise refusal(self.place, f"the shape is {list(values.shape)} at epoch {epoch}, expected "
                          f"{list(self.shape)}: samples, then units", "Write all samples, of the same shape in every record.")
        units = max(1, math.prod(self.shape[1:]))
        bad = first_not_finite(values)
        if bad is not None:
            raise refusal(self.place, f"{values.reshape(-1)[bad]} at {self._where(bad, units, epoch)}; expected finite "
                          "numbers", "Look at the loss and the learning rate; nothing of this record is kept.")
        if values.dtype == self.dtype:
            return little_endian(values)
        if not (self.dtype.kind == values.dtype.kind == "f" and self.dtype.itemsize < values.dtype.itemsize):
            raise refusal(self.place, f"{values.dtype.name} values at epoch {epoch}, expected {self.dtype.name}",
                          "Write the type that the archive was created with.")
        largest = np.finfo(self.dtype).max
        outside = np.abs(values) > largest
        if outside.any():
            at = int(np.argmax(outside.reshape(-1)))
            reach = "65504" if self.dtype.itemsize == 2 else f"{largest:.4g}"
            wider = "float32" if self.dtype.itemsize == 2 else "float64"
            raise refusal(self.place, f"{values.reshape(-1)[at]} at {self._where(at, units, epoch)}; {self.dtype.name} "
                          f"reaches to {reach}", f"Record this layer as {wider}.")
        return little_endian(values.astype(self.dtype))

    def _where(self, index: int, units: int, epoch: int) -> str:
        return f"epoch {epoch}, sample {index // units}, unit {index % units}"

    def write(self, record: int, values: np.ndarray) -> None:
        _hdf5.write_row(self.dataset, record, values)
        if self.ranges is not None:
            self.ranges.write(record, (float(values.min()), float(values.max())))
        self.digests.write(record, np.frombuffer(sha256(values), np.uint8))
        self.is_written = True


class Split:
    """The data sets of one split that is being written."""

    def __init__(self, layers: Dict[str, Records], inputs: Optional[Records]) -> None:
        self.layers, self.inputs = layers, inputs

    def records(self) -> List[Records]:
        """Everything that a record must hold."""
        return [*self.layers.values(), *([self.inputs] if self.inputs else [])]

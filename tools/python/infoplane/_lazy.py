"""Data sets of an archive as arrays that xarray reads when they are needed, record by record."""

from __future__ import annotations

import threading
import time
from typing import Any

import h5py
import numpy as np
from xarray.backends import BackendArray
from xarray.core import indexing

from ._error import refusal as refuse
from ._file import Node


class StoredArray(BackendArray):
    """One data set, of which only the committed records exist.

    Reads one record at a time, so that memory is what is asked for and one record, in any order of records.
    """

    def __init__(self, node: Node, lock: threading.Lock, records: int | None) -> None:
        data = node.item
        self._node = node
        self._lock = lock
        self._has_records = records is not None
        self.shape = data.shape if records is None else (records, *data.shape[1:])
        self.dtype = data.dtype

    def __getitem__(self, key: Any) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    def _read(self, key: tuple[Any, ...]) -> np.ndarray:
        key = (*key, *(slice(None) for _ in range(len(self.shape) - len(key))))
        if not self._has_records:
            return self._rows((), key)
        first, rest = key[0], key[1:]
        if isinstance(first, (int, np.integer)):
            return self._rows((int(first),), rest)
        records = np.arange(self.shape[0])[first]
        if len(records) == 0:
            sizes = [len(np.arange(n)[k]) for n, k in zip(self.shape[1:], rest) if not isinstance(k, (int, np.integer))]
            return np.empty((0, *sizes), self.dtype)
        result: np.ndarray | None = None
        for i, record in enumerate(records):
            row = self._rows((int(record),), rest)
            if result is None:
                result = np.empty((len(records), *np.shape(row)), self.dtype)
            result[i] = row
        assert result is not None
        return result

    def _rows(self, record: tuple[int, ...], key: tuple[Any, ...]) -> np.ndarray:
        """Reads the box that holds what is asked for, and picks from it: lists of rows are slow in libhdf5."""
        box: list[Any] = []
        pick: list[Any] = []
        for index, size in zip(key, self.shape[len(record):]):
            if isinstance(index, np.ndarray):
                if len(index) == 0:
                    box.append(slice(0, 0))
                    pick.append(index)
                else:
                    low = int(index.min())
                    box.append(slice(low, int(index.max()) + 1))
                    pick.append(index - low)
            elif isinstance(index, slice):
                start, stop, step = index.indices(size)
                box.append(slice(start, max(start, stop)))
                pick.append(slice(None, None, step))
            else:
                box.append(int(index))
        values = self._stored((*record, *box))
        for axis, picked in enumerate(pick):
            if not (isinstance(picked, slice) and picked.step in (None, 1)):
                values = values[(slice(None),) * axis + (picked,)]
        return values

    def _stored(self, key: tuple[Any, ...]) -> np.ndarray:
        # A writer may be replacing the index that leads to the bytes: what fails once is tried again.
        for attempt in range(4):
            try:
                with self._lock:
                    data: h5py.Dataset = self._node.item
                    if attempt:
                        data.refresh()
                    return np.asarray(data[key])
            except (OSError, RuntimeError) as error:
                reason = error
                time.sleep(0.01 * attempt)
            except ValueError:
                # The file was closed; a name can no longer be asked for.
                raise refuse(self._node.path, "the archive is closed", "Open it again with open_archive.") from None
        raise refuse(self._node.where, f"it could not be read ({reason})", "The file is damaged: copy it again.")

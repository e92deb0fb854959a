"""Files, data sets and attributes as the format wants them, over h5py's low-level calls.

The high level is passed by: it makes links and attributes of other kinds, and renames attributes into place.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
from typing import Any, Optional, Sequence

import h5py
import numpy as np
from h5py import h5a, h5d, h5f, h5g, h5p, h5s, h5t

from ._error import ArchiveError, refusal

_TEXT = h5py.string_dtype("utf-8")


def create(path: str) -> h5f.FileID:
    """Creates a file of the format of libhdf5 1.10; one that exists is left alone and refused."""
    creation = h5p.create(h5p.FILE_CREATE)
    # Pages of 4096 bytes, the default: no structure lies across two, where a kill within a write could tear it.
    creation.set_file_space_strategy(h5f.FSPACE_STRATEGY_PAGE, False, 1)
    if os.path.lexists(path):
        raise exists(path)
    try:
        return _private(h5f.create(os.fsencode(path), h5f.ACC_EXCL, fcpl=creation, fapl=_access()))
    except (OSError, RuntimeError, ValueError) as error:
        raise _creation_failed(path, error) from error


def open_to_read(path: str) -> h5f.FileID:
    """Opens a file that nobody writes."""
    return _private(h5f.open(os.fsencode(path), h5f.ACC_RDONLY, fapl=_access()))


def open_to_write(path: str, *, shared: bool) -> h5f.FileID:
    """Opens a file to go on writing; ``shared``: with readers let in at once.

    Else libhdf5 locks it, and marks it as closed to readers until SWMR writing starts: a kill before that would leave
    records that no reader gets at. Shared, libhdf5 tries again almost for ever where a checksum is wrong: the file must
    have been read as a whole before.
    """
    flags = h5f.ACC_RDWR | (h5f.ACC_SWMR_WRITE if shared else 0)
    file = _private(h5f.open(os.fsencode(path), flags, fapl=_access()))
    if shared:
        _lock_shared(file)
    return file


def exists(path: str) -> ArchiveError:
    return refusal(path, "there is such a file already", "Choose another path, go on with append=True, or remove the file.")


def _access() -> h5p.PropFAID:
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_libver_bounds(h5f.LIBVER_V110, h5f.LIBVER_V110)
    access.set_fclose_degree(h5f.CLOSE_STRONG)
    return access


def _private(file: h5f.FileID) -> h5f.FileID:
    # A program that is started meanwhile must not inherit the file, nor its lock.
    fcntl.fcntl(file.get_vfd_handle(), fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    return file


def _creation_failed(path: str, error: Exception) -> ArchiveError:
    text = str(error)
    if "File exists" in text:
        return exists(path)
    if "No such file" in text or "Not a directory" in text:
        return refusal(path, "there is no such directory", "Create it first.")
    if "Permission denied" in text or "Read-only file system" in text:
        return refusal(path, "there is no permission to write here", "Choose another directory.")
    if "No locks available" in text or "Function not implemented" in text:
        return refusal(path, "this file system has no locks, which safe writing needs",
                       "Record to a local disk and move the file when it is closed.")
    return failed(path, error)


def failed(path: str, error: Exception) -> ArchiveError:
    """What libhdf5 said when writing failed, as a sentence."""
    text = " ".join(str(error).split()).rstrip(".")
    reason = "the disk is full" if "No space left" in text else f"the file cannot be written ({text})"
    return refusal(path, reason, "See to the disk; the committed records are safe, and append=True goes on after them.")


def start_sharing(file: h5f.FileID) -> None:
    """Lets readers in. Everything must exist, and no handle of an attribute be open.

    libhdf5 gives its lock back here; a shared lock tells a living writer from a killed one.
    """
    file.start_swmr_write()
    _lock_shared(file)


def _lock_shared(file: h5f.FileID) -> None:
    fcntl.flock(file.get_vfd_handle(), fcntl.LOCK_SH | fcntl.LOCK_NB)


def synchronize(file: h5f.FileID) -> None:
    """Waits until everything flushed is on the disk."""
    descriptor = file.get_vfd_handle()
    if hasattr(fcntl, "F_FULLFSYNC"):
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(descriptor)


def close(file: h5f.FileID) -> None:
    """Closes the file, and gives the lock back even where a process that was being forked has inherited it."""
    descriptor = fcntl.fcntl(file.get_vfd_handle(), fcntl.F_DUPFD_CLOEXEC, 0)
    try:
        file.close()
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def abandon(file: h5f.FileID, *objects: Any) -> None:
    """Leaves a file as it lies after writing has failed, and gives its lock back.

    Closing it would write a superblock that promises what is not there. ``objects`` are never released.
    """
    nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.dup2(nowhere, file.get_vfd_handle(), inheritable=False)
    finally:
        os.close(nowhere)
    keep(file, *objects)


def keep(*objects: Any) -> None:
    """Keeps objects of a file that has failed for ever, and libhdf5 from closing them when the process ends.

    libhdf5 1.10 crashes there, whatever their files are by then. It cannot be told not to; with glibc the process can
    end, with its exit status, before libhdf5 has its turn.
    """
    global _ends_early
    for kept in objects:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))
    library = ctypes.CDLL(None)
    if not _ends_early and hasattr(library, "on_exit"):
        library.on_exit(ctypes.cast(library._exit, ctypes.c_void_p), None)
        _ends_early = True


_ends_early = False


def create_group(parent: h5g.GroupID, name: str) -> h5g.GroupID:
    """Creates a group."""
    return h5g.create(parent, name.encode("utf-8"))


def create_dataset(parent: h5g.GroupID, name: str, dtype: Any, shape: Sequence[int], *, grows: bool = False,
                   chunk: Optional[Sequence[int]] = None, deflate: Optional[int] = None) -> h5d.DatasetID:
    """Creates a data set; ``grows``: along axis 0."""
    creation = h5p.create(h5p.DATASET_CREATE)
    creation.set_obj_track_times(False)
    creation.set_fill_time(h5d.FILL_TIME_IFSET)
    if chunk is not None:
        creation.set_chunk(tuple(chunk))
        if deflate is not None:
            creation.set_deflate(deflate)
    largest = (h5s.UNLIMITED, *shape[1:]) if grows else tuple(shape)
    space = h5s.create_simple(tuple(shape), largest) if shape else h5s.create(h5s.SCALAR)
    return h5d.create(parent, name.encode("utf-8"), h5t.py_create(np.dtype(dtype)), space, dcpl=creation)


def write_dataset(parent: h5g.GroupID, name: str, values: np.ndarray, **layout: Any) -> h5d.DatasetID:
    """Creates a data set that holds ``values``."""
    dataset = create_dataset(parent, name, values.dtype, values.shape, **layout)
    dataset.write(h5s.ALL, h5s.ALL, values)
    return dataset


def write_row(dataset: h5d.DatasetID, row: int, values: np.ndarray) -> None:
    """Writes row ``row``, growing the data set where it is shorter."""
    shape = dataset.shape
    if shape[0] <= row:
        dataset.set_extent((row + 1, *shape[1:]))
    space = dataset.get_space()
    count = (1, *shape[1:])
    space.select_hyperslab((row,) + (0,) * (len(shape) - 1), count)
    dataset.write(h5s.create_simple(count), space, values)


def read_row(dataset: h5d.DatasetID, row: int) -> np.ndarray:
    """Row ``row`` of a data set."""
    shape = dataset.shape
    values = np.empty(shape[1:], dataset.dtype)
    space = dataset.get_space()
    count = (1, *shape[1:])
    space.select_hyperslab((row,) + (0,) * (len(shape) - 1), count)
    dataset.read(h5s.create_simple(count), space, values)
    return values


def set_attribute(target: Any, name: str, value: Any) -> None:
    """Creates an attribute, or overwrites one of the same type in place: text, a list of texts, or a NumPy scalar."""
    key = name.encode("utf-8")
    if isinstance(value, str):
        kind, data = h5t.py_create(_TEXT, logical=True), np.array(value, dtype=_TEXT)
    elif isinstance(value, (list, tuple)):
        kind, data = h5t.py_create(_TEXT, logical=True), np.array(list(value), dtype=_TEXT)
    else:
        data = np.asarray(value)
        kind = h5t.py_create(data.dtype)
    if h5a.exists(target, key):
        attribute = h5a.open(target, key)
    else:
        space = h5s.create_simple(data.shape) if data.ndim else h5s.create(h5s.SCALAR)
        attribute = h5a.create(target, key, kind, space)
    attribute.write(data)
    attribute._close()


def get_attribute(target: Any, name: str) -> Any:
    """The value of an attribute as Python has it, None where there is none."""
    holder = h5py.Group(target) if isinstance(target, h5g.GroupID) else h5py.Dataset(target)
    value = holder.attrs.get(name)
    return value.item() if isinstance(value, np.generic) else value


def is_busy(error: Exception) -> bool:
    """Whether another program's lock is in the way."""
    return f"errno = {errno.EAGAIN}," in str(error)


def open_root(file: h5f.FileID) -> h5g.GroupID:
    """The group ``/``."""
    return h5g.open(file, b"/")


def flush(file: h5f.FileID) -> None:
    """Hands everything written so far to the operating system."""
    h5f.flush(file, h5f.SCOPE_GLOBAL)

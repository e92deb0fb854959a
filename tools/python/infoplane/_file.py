"""Opening HDF5 files of others: as they lie, while they are written, and with a sentence for what is wrong."""

from __future__ import annotations

import errno
import os
import time
from typing import Any, Iterator

import h5py
import numpy as np

from ._error import ArchiveError
from ._error import refusal as refuse
from . import _trial

# Deflate packs at most 1032 bytes into one; what claims more than that is not in the file.
_LARGEST_DEFLATE_RATIO = 1032
_LARGEST_ATTRIBUTE = 64 << 20
_KNOWN_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
_FOREIGN = [
    (b"PK\x03\x04", "a zip archive, perhaps NumPy's npz or a PyTorch checkpoint"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
]


def open_for_reading(path: str | os.PathLike[str]) -> h5py.File:
    """Opens as one reader of many: behind a writer where one holds the file or died while it did (SWMR), and without
    locks where the file system has none."""
    path = os.fspath(path)
    _check_first_bytes(path)
    options: dict[str, Any] = {}
    _trial.check(path)
    for attempt in range(40):
        try:
            return h5py.File(path, "r", **options)
        except OSError as error:
            text = str(error)
            if "locking" not in options and _has_no_locks(text):
                options["locking"] = False
            elif "swmr" not in options and _is_left_by_writer(text) and _has_writer_mark(path):
                _trial.check(path, swmr=True)
                options["swmr"] = True
            elif _is_passing(text) and attempt < 39:
                # A writer holds its lock only until it lets readers in, and may be about to rewrite the superblock.
                options.pop("swmr", None)
                time.sleep(0.02)
            else:
                raise _refusal(path, text) from error
    raise refuse(path, "a program holds the file", "Close that program, then open it again.")


def _has_no_locks(text: str) -> bool:
    return any(word in text for word in ("No locks available", "Function not implemented", "not supported"))


def _is_left_by_writer(text: str) -> bool:
    return "already open for" in text or "truncated file" in text


def _has_writer_mark(path: str) -> bool:
    """Whether the superblock says that a writer shares the file. Where none does, what cannot be read is damage, and
    newer versions of libhdf5 would try a reading for SWMR again without end."""
    with open(path, "rb") as file:
        start = file.read(12)
    return len(start) == 12 and start[8] >= 3 and start[11] & 5 == 5


def _is_passing(text: str) -> bool:
    return "Resource temporarily unavailable" in text or "unable to lock file" in text


def _refusal(path: str, text: str) -> ArchiveError:
    if _is_passing(text):
        return refuse(
            path, "a program holds the file and has not let readers in yet",
            "Wait until its first record is written, or close that program.")
    if "truncated file" in text or "not already open for SWMR" in text:
        return refuse(path, "the file is cut off", "Copy it again, whole, from its source, or save what is whole of it: "
                      "infoplane repair FILE -o NEW.")
    if "already open for" in text:
        return refuse(
            path, "its writer died before the first record, or holds it without sharing",
            "Wait for the writer, run `infoplane repair`, or record again.")
    return refuse(path, f"the HDF5 file is damaged ({text})", "Copy it again from its source, or record again.")


def _check_first_bytes(path: str) -> None:
    if os.path.isdir(path):
        raise refuse(path, "this is a directory", "Name a file in it.")
    try:
        with open(path, "rb") as file:
            start = file.read(8)
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise refuse(path, "there is no such file", "Check the path.") from None
        raise refuse(path, f"it could not be read ({error.strerror})", "Ask its owner, or copy it.") from error
    if not start:
        raise refuse(path, "the file is empty", "Record again.")
    if start != b"\x89HDF\r\n\x1a\n":
        guess = next((f"; it looks like {name}" for magic, name in _FOREIGN if start.startswith(magic)), "")
        raise refuse(path, f"this is not an HDF5 file{guess}", "Name a file that InfoPlane wrote.")


class Node:
    """A group or data set, and what names it in a message. Follows hard links only."""

    @classmethod
    def root(cls, file: h5py.File, path: str) -> Node:
        """The group /."""
        try:
            return cls(file["/"], path)
        except (OSError, KeyError, RuntimeError) as error:
            raise refuse(path, f"the HDF5 file is damaged ({error})", "Copy it again from its source.") from error

    def __init__(self, item: h5py.Group | h5py.Dataset, path: str) -> None:
        self.item = item
        self.path = path

    @property
    def where(self) -> str:
        return f"{self.path}:{self.item.name}"

    def names(self) -> list[str]:
        """Of the members of a group, ascending."""
        try:
            names = sorted(self.item)
            for name in names:
                name.encode()
            return names
        except (OSError, RuntimeError, UnicodeError) as error:
            raise refuse(self.where, f"its members could not be listed ({error})", "Copy the file again.") from error

    def _child(self, name: str, kind: type) -> Node | None:
        place = f"{self.path}:{self.item.name.rstrip('/')}/{name}"
        try:
            link = self.item.get(name, getlink=True)
            if link is None:
                return None
            if not isinstance(link, h5py.HardLink):
                word = "external" if isinstance(link, h5py.ExternalLink) else "soft"
                raise refuse(
                    place, f"this is a {word} link, which may lead anywhere; expected the object itself",
                    "Copy the data into the file, or record again.")
            child = self.item[name]
        except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
            raise refuse(place, f"it could not be opened ({error})", "Copy the file again from its source.") from error
        if not isinstance(child, kind):
            expected = "group" if kind is h5py.Group else "data set"
            raise refuse(place, f"expected a {expected}, found another object", "Record again.")
        return Node(child, self.path)

    def group(self, name: str) -> Node:
        found = self._child(name, h5py.Group)
        if found is None:
            raise refuse(self.where, f"there is no group '{name}' here", "The file is not whole: copy or record it again.")
        return found

    def groups(self) -> Iterator[tuple[str, Node]]:
        for name in self.names():
            yield name, self.group(name)

    def optional_group(self, name: str) -> Node | None:
        return self._child(name, h5py.Group)

    def optional_dataset(self, name: str, types: tuple[str, ...]) -> Node | None:
        return self.dataset(name, types) if name in self.names() else None

    def dataset(self, name: str, types: tuple[str, ...], ndim: range | None = None) -> Node:
        """A data set of one of these types and numbers of axes, whose bytes lie in this file."""
        found = self._child(name, h5py.Dataset)
        if found is None:
            raise refuse(self.where, f"there is no data set '{name}' here", "The file is not whole: copy or record it again.")
        data = found.item
        try:
            dtype = data.dtype
            is_text = h5py.check_string_dtype(dtype) is not None
            creation = data.id.get_create_plist()
            filters = [creation.get_filter(i)[0] for i in range(creation.get_nfilters())]
            elsewhere = data.is_virtual or creation.get_external_count() > 0
        except (OSError, TypeError, ValueError, RuntimeError, KeyError) as error:
            raise refuse(found.where, f"its type is none that NumPy knows ({error})", "Record again.") from error
        spelled = "string" if is_text else dtype.name
        if spelled not in types:
            raise refuse(found.where, f"expected {' or '.join(types)}, found {spelled}", "Record again.")
        if data.shape is None or (ndim is not None and len(data.shape) not in ndim):
            count = "no" if data.shape is None else str(len(data.shape))
            raise refuse(found.where, f"found {count} axes; expected {ndim.start if ndim else 'some'}"
                         + (" or more" if ndim and ndim.stop > ndim.start + 1 else ""), "Record again.")
        if elsewhere:
            raise refuse(found.where, "its bytes lie in other files", "Copy them into this file.")
        for filter in filters:
            if filter not in _KNOWN_FILTERS:
                raise refuse(
                    found.where, f"it is packed by the filter {filter}; expected deflate",
                    "Write it again without, for example by h5repack.")
        return found

    def check_stored(self, rows: int | None = None) -> None:
        """Refuses a shape that the bytes in the file cannot fill, before memory is taken for it."""
        data = self.item
        shape = data.shape if rows is None else (rows, *data.shape[1:])
        claimed = int(np.prod([int(axis) for axis in shape], dtype=object)) * data.dtype.itemsize
        try:
            ratio = _LARGEST_DEFLATE_RATIO if data.id.get_create_plist().get_nfilters() else 1
            # What damage makes libhdf5 believe to be stored is no more than the file is long.
            stored = min(data.id.get_storage_size(), os.path.getsize(self.path))
        except (OSError, RuntimeError) as error:
            raise refuse(self.where, f"its size is unknown ({error})", "Copy the file again from its source.") from error
        if claimed > stored * ratio:
            raise refuse(
                self.where, f"it claims {claimed:,} bytes, but the file holds {stored:,} of it",
                "The file is cut off or damaged: copy it again, or record again.")

    def read(self, rows: int | None = None) -> np.ndarray:
        """All of a data set, or its first rows."""
        self.check_stored(rows)
        if rows is not None and self.item.shape[0] < rows:
            raise refuse(self.where, f"expected {rows} rows, found {self.item.shape[0]}", "Copy the file again.")
        try:
            data = self.item
            if h5py.check_string_dtype(data.dtype) is not None:
                return np.asarray(data.asstr()[...], dtype=object)
            return data[()] if rows is None else data[:rows]
        except (OSError, RuntimeError, UnicodeError) as error:
            raise refuse(self.where, f"it could not be read ({error})", "Copy the file again.") from error

    def attribute(self, name: str) -> Any:
        """Text, a whole number or a list of texts; None where there is none."""
        attributes = self.item.attrs
        try:
            if name not in attributes:
                return None
            if attributes.get_id(name).get_storage_size() > _LARGEST_ATTRIBUTE:
                raise refuse(self.where, f"its attribute {name} is larger than 64 MiB", "Record again.")
            value = attributes[name]
        except (OSError, TypeError, ValueError, RuntimeError, KeyError, UnicodeError) as error:
            raise refuse(self.where, f"its attribute {name} could not be read ({error})", "Copy the file again.") from error
        if isinstance(value, bytes):
            return value.decode(errors="replace")
        if isinstance(value, np.ndarray):
            return [item.decode(errors="replace") if isinstance(item, bytes) else item for item in value.tolist()] \
                if value.ndim else value.item()
        return value.item() if isinstance(value, np.generic) else value

    def check_format(self, format: str, name: str) -> None:
        """Refuses what is another kind of file, and another major version."""
        found = self.attribute("format")
        if found != format:
            says = f"it says '{found}'" if isinstance(found, str) else "it does not say what it is"
            raise refuse(self.path, f"this is no {name}: {says}; expected '{format}'", f"Name a {name} of InfoPlane.")
        version = self.attribute("version")
        if not isinstance(version, str) or version.split(".")[0] != "1":
            raise refuse(
                self.path, f"this {name} has version {version}; this reader knows 1.x",
                "Install a newer infoplane." if isinstance(version, str) else "Record again.")

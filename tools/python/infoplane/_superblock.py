"""The first bytes of an HDF5 file, where a killed writer leaves its mark."""

from __future__ import annotations

import fcntl
import os
import struct

from ._error import ArchiveError, refusal

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SIZE = 48
_PAGE = 4096
_MASK = 0xFFFFFFFF


def clear_writer_mark(path: str) -> bool:
    """Makes a file that a killed writer left open to any program again; True where there was a mark.

    The end of the file is written anew, too: a kill can leave the superblock behind the file, and new data would go over
    old ones. Refused where a program, a living writer above all, holds a lock on the file.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise refusal(path, "there is no such file", "Check the path, or record without append.") from error
    except OSError as error:
        raise refusal(path, f"it cannot be opened for writing ({error.strerror})", "Ask its owner, or copy it.") from error
    try:
        lock(descriptor, path)
        return _clear(descriptor, path)
    finally:
        os.close(descriptor)


def lock(descriptor: int, path: str) -> None:
    """Takes the exclusive lock of who changes a file; a living writer holds a shared one."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise busy(path) from error
    except OSError as error:
        raise refusal(path, f"this file system has no locks ({error.strerror}), which safe writing needs",
                      "Move the file to a local disk.") from error


def busy(path: str) -> ArchiveError:
    """A file that is locked."""
    return refusal(path, "a program is using the file", "Wait until it is done, or record to another archive.")


def _clear(descriptor: int, path: str) -> bool:
    block = os.pread(descriptor, _SIZE, 0)
    if len(block) == 0:
        raise refusal(path, "the file is empty: its writer died before the first record", "Remove it and record again.")
    if not block.startswith(_SIGNATURE):
        raise refusal(path, "this is not an HDF5 file", "Name an archive that a recorder wrote.")
    if len(block) < _SIZE or block[8] != 3:
        raise refusal(path, "this is not a file of the format of libhdf5 1.10", "Name an archive that a recorder wrote.")
    if struct.unpack_from("<I", block, 44)[0] != lookup3(block[:44]):
        raise refusal(path, "the first bytes of the file are damaged", "Copy it again from its source, or record again.")
    if block[11] == 0:
        return False
    size = os.fstat(descriptor).st_size
    end = -(-max(size, struct.unpack_from("<Q", block, 28)[0]) // _PAGE) * _PAGE
    if size < end:
        os.ftruncate(descriptor, end)
    changed = bytearray(block[:44])
    changed[11] = 0
    struct.pack_into("<Q", changed, 28, end)
    # One write within one page: it happens as a whole or not at all.
    os.pwrite(descriptor, bytes(changed) + struct.pack("<I", lookup3(bytes(changed))), 0)
    return True


def lookup3(data: bytes) -> int:
    """The checksum of libhdf5's metadata: Bob Jenkins' lookup3, hashlittle with 0."""
    a = b = c = (0xDEADBEEF + len(data)) & _MASK
    if not data:
        return c
    blocks = (len(data) - 1) // 12
    for index in range(blocks):
        x, y, z = struct.unpack_from("<III", data, 12 * index)
        a, b, c = (a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK
        a = (a - c) & _MASK ^ _rotated(c, 4)
        c = (c + b) & _MASK
        b = (b - a) & _MASK ^ _rotated(a, 6)
        a = (a + c) & _MASK
        c = (c - b) & _MASK ^ _rotated(b, 8)
        b = (b + a) & _MASK
        a = (a - c) & _MASK ^ _rotated(c, 16)
        c = (c + b) & _MASK
        b = (b - a) & _MASK ^ _rotated(a, 19)
        a = (a + c) & _MASK
        c = (c - b) & _MASK ^ _rotated(b, 4)
        b = (b + a) & _MASK
    x, y, z = struct.unpack("<III", data[12 * blocks:].ljust(12, b"\0"))
    a, b, c = (a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK
    c = ((c ^ b) - _rotated(b, 14)) & _MASK
    a = ((a ^ c) - _rotated(c, 11)) & _MASK
    b = ((b ^ a) - _rotated(a, 25)) & _MASK
    c = ((c ^ b) - _rotated(b, 16)) & _MASK
    a = ((a ^ c) - _rotated(c, 4)) & _MASK
    b = ((b ^ a) - _rotated(a, 14)) & _MASK
    return ((c ^ b) - _rotated(b, 24)) & _MASK


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (32 - bits)) & _MASK

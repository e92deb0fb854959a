"""Every file of others is read on trial before it is opened.

libhdf5 crashes, loops, or takes memory without bound on some damaged files: heaps of texts have no checksums. So a process
of its own, with limits of memory and time, walks all that could be touched later, data aside. It takes about as long as to
start Python and to load h5py.
"""

from __future__ import annotations

import os
import subprocess
import sys

from ._error import refusal

_SECONDS = 20
# Of addresses: h5py and NumPy alone take about 1 GiB.
_MEMORY = 4 << 30
# Numbers up to here are read: counters, epochs, metrics, ranges, digests.
_MOST_NUMBERS = 64 << 10


def check(path: str, *, swmr: bool = False) -> None:
    """Refuses a file that libhdf5 cannot bear; ``swmr``: as it is to be opened."""
    if not sys.executable or getattr(sys, "frozen", False):
        return
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    command = [sys.executable, "-c", f"from {__name__} import main; main()", path] + (["swmr"] if swmr else [])
    try:
        child = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise _damaged(path, "libhdf5 does not come to an end with it") from error
    if child.returncode < 0:
        raise _damaged(path, "libhdf5 crashes on it")


def _damaged(path: str, reason: str) -> Exception:
    return refusal(path, f"the HDF5 file is damaged ({reason})", "Copy it again from its source, or record again.")


def _walk(path: str, swmr: bool) -> None:
    """Touches names, types, attributes and small data sets; what h5py refuses is the caller's to report."""
    import h5py
    import numpy as np

    # Texts are known where the package's own classes find them; errors are those of damage that libhdf5 has noticed.
    expected = (OSError, KeyError, RuntimeError, ValueError, TypeError, UnicodeError, MemoryError, AttributeError)

    def touch(item: object) -> None:
        try:
            for name in item.attrs:  # type: ignore[attr-defined]
                item.attrs[name]  # type: ignore[attr-defined]
        except expected:
            pass
        try:
            if isinstance(item, h5py.Dataset):
                creation = item.id.get_create_plist()
                [creation.get_filter(index) for index in range(creation.get_nfilters())]
                item.id.get_storage_size()
                is_elsewhere = item.is_virtual or creation.get_external_count() > 0
                if not is_elsewhere and item.dtype.itemsize * np.prod(item.shape or (), dtype=object) <= _MOST_NUMBERS:
                    item[()]
        except expected:
            pass

    def visit(group: "h5py.Group", seen: set, depth: int) -> None:
        try:
            names = list(group)
        except expected:
            return
        for name in names:
            try:
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    continue
                item = group[name]
                address = h5py.h5o.get_info(item.id).addr
            except expected:
                continue
            if address in seen or depth > 64:
                continue
            seen.add(address)
            touch(item)
            if isinstance(item, h5py.Group):
                visit(item, seen, depth + 1)

    try:
        file = h5py.File(path, "r", swmr=swmr, locking=False)
    except expected:
        return
    touch(file)
    visit(file, set(), 0)


def _restrict() -> None:
    try:
        import resource
    except ImportError:
        return
    for limit, value in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, _SECONDS)):
        highest = resource.getrlimit(limit)[1]
        try:
            resource.setrlimit(limit, (value if highest == resource.RLIM_INFINITY else min(value, highest), highest))
        except (OSError, ValueError):
            pass


def main() -> None:
    """What the process does: walks the file that its first argument names."""
    _restrict()
    _walk(sys.argv[1], "swmr" in sys.argv[2:])
    # Without libhdf5's closing, which damage can crash as well; the caller does not close a file that it cannot read.
    os._exit(0)

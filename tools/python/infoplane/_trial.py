"""Every file of others is read on trial before it is opened.

libhdf5 crashes, loops, or takes memory without bound on some damaged files: heaps of texts have no checksums. So a process
of its own, with limits of memory and time, walks all that could be touched later, data aside. It takes about as long as to
start Python and to load h5py.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import warnings
from typing import Any, Iterator

from ._error import ArchiveError, refusal

# Of processor time, and one more for each GiB of the file.
_SECONDS = 20
# Of addresses: h5py and NumPy alone take about 1 GiB.
_MEMORY = 4 << 30
# Numbers up to here are read: counters, epochs, metrics, ranges, digests.
_MOST_NUMBERS = 64 << 10
# Exit statuses that Python itself does not have.
_PASSED, _LARGE = 40, 41


def check(path: str, *, swmr: bool = False) -> None:
    """Refuses a file that libhdf5 cannot bear; ``swmr``: as it is to be opened. Warns where it cannot be tried."""
    if not sys.executable or getattr(sys, "frozen", False):
        _tell(path, "this Python cannot start another one")
        return
    # Python puts the current directory first, where modules may lie beside a file that nobody trusts.
    program = f"import sys; sys.path[:] = [p for p in sys.path if p]; from {__name__} import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    try:
        seconds = _SECONDS + (os.path.getsize(path) >> 30)
        status = subprocess.run(
            [sys.executable, "-c", program, os.path.abspath(path), str(seconds), "swmr" if swmr else ""],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=8 * seconds).returncode
    except subprocess.TimeoutExpired as error:
        raise _damaged(path, "libhdf5 does not come to an end with it") from error
    except OSError as error:
        _tell(path, str(error))
        return
    judge(path, status)


def judge(path: str, status: int) -> None:
    """What the end of the process says of the file; negative: the signal that ended it."""
    if status in (_LARGE, -signal.SIGKILL):
        raise _damaged(path, "it claims more memory than any file of its kind needs")
    if status == -signal.SIGXCPU:
        raise _damaged(path, "libhdf5 does not come to an end with it")
    if status < 0:
        raise _damaged(path, "libhdf5 crashes on it")
    if status != _PASSED:
        _tell(path, f"its process ended with status {status}")


def _tell(path: str, reason: str) -> None:
    warnings.warn(f"infoplane: {path} is opened without a trial of its structures: {reason}.", stacklevel=4)


def _damaged(path: str, reason: str) -> ArchiveError:
    return refusal(path, f"the HDF5 file is damaged ({reason})", "Copy it again from its source, or record again.")


@contextlib.contextmanager
def _damage_noticed() -> Iterator[None]:
    """Damage that libhdf5 notices is the caller's to report, but it has no limit of memory."""
    try:
        yield
    except MemoryError:
        os._exit(_LARGE)
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, UnicodeError, AttributeError) as error:
        if "alloc" in str(error):
            os._exit(_LARGE)


def _touch(item: Any) -> None:
    import h5py

    with _damage_noticed():
        for name in item.attrs:
            with _damage_noticed():
                item.attrs[name]
    with _damage_noticed():
        if isinstance(item, h5py.Dataset):
            creation = item.id.get_create_plist()
            for index in range(creation.get_nfilters()):
                creation.get_filter(index)
            item.id.get_storage_size()
            count = 1
            for extent in item.shape or ():
                count *= int(extent)
            is_elsewhere = item.is_virtual or creation.get_external_count() > 0
            if not is_elsewhere and item.dtype.itemsize * count <= _MOST_NUMBERS:
                item[()]


def _visit(group: Any, seen: set, depth: int) -> None:
    import h5py

    names: list = []
    with _damage_noticed():
        names = list(group)
    for name in names:
        with _damage_noticed():
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen or depth > 64:
                continue
            seen.add(address)
            _touch(item)
            if isinstance(item, h5py.Group):
                _visit(item, seen, depth + 1)


def _restrict(seconds: int) -> None:
    try:
        import resource
    except ImportError:
        return
    for limit, value in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, seconds)):
        highest = resource.getrlimit(limit)[1]
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (value if highest == resource.RLIM_INFINITY else min(value, highest), highest))


def main() -> None:
    """What the process does: walks the file that its arguments name, and says whether it came to the end."""
    import h5py

    path, seconds, swmr = sys.argv[1:4]
    _restrict(int(seconds))
    with _damage_noticed():
        file = h5py.File(path, "r", swmr=bool(swmr), locking=False)
        _touch(file)
        _visit(file, set(), 0)
    # Without libhdf5's closing, which damage can crash as well; the caller does not close a file that it cannot read.
    os._exit(_PASSED)

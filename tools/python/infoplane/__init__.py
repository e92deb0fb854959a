"""Records the activations of a network to an InfoPlane archive."""

from ._description import (
    VERSION as __version__,
    ArchiveDescription,
    LayerDescription,
    PerEpochInputs,
    SplitDescription,
)
from ._error import ArchiveError, Finding
from ._recorder import Recorder
from ._writer import ArchiveWriter

__all__ = [
    "ArchiveDescription", "ArchiveError", "ArchiveWriter", "Finding", "LayerDescription", "PerEpochInputs", "Recorder",
    "SplitDescription", "__version__",
]


def __getattr__(name):
    # Reading needs xarray and pandas in its own time; recording does not wait for it.
    if name in ("open_archive", "read_results"):
        from . import reading

        return getattr(reading, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

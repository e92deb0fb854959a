"""Records the activations of a network to an InfoPlane archive."""

from typing import Any

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

# Messages name them as users do.
for _public in (ArchiveDescription, ArchiveError, ArchiveWriter, Finding, LayerDescription, PerEpochInputs, Recorder,
                SplitDescription):
    _public.__module__ = __name__


def __getattr__(name: str) -> Any:
    # What needs xarray, pandas, Keras or Lightning is loaded when it is asked for; recording needs none of them.
    import importlib

    if name in ("open_archive", "read_results"):
        return getattr(importlib.import_module(".reading", __name__), name)
    if name in ("keras", "lightning", "reading"):
        return importlib.import_module("." + name, __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

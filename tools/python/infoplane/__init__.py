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

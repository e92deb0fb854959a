"""What is known about a new archive before its first record."""

from __future__ import annotations

import dataclasses
import datetime
import uuid
from typing import Any, Mapping, Optional, Sequence, Union

import numpy as np

VERSION = "0.1.0"
PRODUCER = f"infoplane-python {VERSION}"


@dataclasses.dataclass
class LayerDescription:
    """A layer: its name, its place from the input on, what it is, and the shape of one sample.

    ``kind`` is one of the schema's words ("dense", "convolution", ...), ``activation`` the function after which the
    layer is recorded, ``module`` the framework's type, ``pooling`` how axes were reduced before recording.
    """

    name: str
    order: int
    kind: str
    unit_shape: tuple[int, ...]
    dtype: str = "float32"
    activation: Optional[str] = None
    module: Optional[str] = None
    pooling: Optional[str] = None


@dataclasses.dataclass
class PerEpochInputs:
    """Inputs that change from record to record; ``shape`` is that of one sample."""

    shape: tuple[int, ...]
    dtype: str = "float32"


@dataclasses.dataclass
class SplitDescription:
    """A fixed set of samples. ``labels`` say how many: integers are class ids, floats numbers to predict."""

    name: str
    inputs: Union[np.ndarray, PerEpochInputs]
    labels: np.ndarray
    layers: Sequence[LayerDescription]
    # None: 0, 1, 2, ...
    sample_ids: Any = None
    class_names: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.inputs, PerEpochInputs):
            self.inputs = _stored_inputs(np.asarray(self.inputs))
        self.labels = _stored_labels(np.asarray(self.labels))
        ids = np.arange(self.samples) if self.sample_ids is None else np.asarray(self.sample_ids)
        self.sample_ids = _stored_labels(ids)

    @property
    def samples(self) -> int:
        """The number of samples."""
        return len(self.labels) if self.labels.ndim else 0


@dataclasses.dataclass
class ArchiveDescription:
    """Everything about an archive but its records.

    ``metric_names``: all metrics, or None for those of the first record. ``hyperparameters``: what JSON can hold.
    """

    splits: Sequence[SplitDescription]
    producer: str = PRODUCER
    title: str = ""
    model: str = ""
    hyperparameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    derived_from: Optional[str] = None
    metric_names: Optional[Sequence[str]] = None
    has_steps: bool = False
    id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    created: str = dataclasses.field(
        default_factory=lambda: datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))


def stored_name(name: str) -> str:
    """A framework's name as it stands in the archive: ``/`` would make groups."""
    return name.replace("/", ":")


def little_endian(values: np.ndarray) -> np.ndarray:
    """The same numbers, as they lie in the file."""
    # np.ascontiguousarray makes a scalar an array of one axis.
    return np.asarray(values, dtype=values.dtype.newbyteorder("<"), order="C")


def _stored_inputs(values: np.ndarray) -> np.ndarray:
    # The nearest type of the format that holds every value; what is none of these is refused by the check.
    wider = {"bool": "uint8", "int8": "int32", "int16": "int32", "uint16": "int32", "uint32": "int64"}
    name = values.dtype.name
    return little_endian(values.astype(wider[name]) if name in wider else values)


def _stored_labels(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind in "biu" and not (values.dtype.kind == "u" and np.any(values > np.iinfo(np.int64).max)):
        return little_endian(values.astype(np.int64))
    if values.dtype.kind == "f":
        return little_endian(values.astype(np.float64))
    return values

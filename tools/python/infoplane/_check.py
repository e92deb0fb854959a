"""The rules that the description of a new archive must keep, all contradictions at once."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Collection, Iterable, List, Optional, Sequence

import numpy as np

from ._description import ArchiveDescription, LayerDescription, PerEpochInputs, SplitDescription, stored_name
from ._error import Finding, counted, listed

KINDS = ("input", "dense", "convolution", "recurrent", "attention", "normalization", "embedding", "block", "logits",
         "softmax", "other")
INPUT_TYPES = ("uint8", "int32", "int64", "float16", "float32", "float64")
LAYER_TYPES = ("float16", "float32", "float64")


def check(description: ArchiveDescription, path: str) -> List[Finding]:
    """Everything that forbids an archive of this description."""
    rules = _Rules(path)
    rules.root(description)
    rules.names([split.name for split in description.splits], "/splits")
    rules.names(description.metric_names or (), "/metrics")
    for split in description.splits:
        rules.split(split)
    return rules.findings


def check_metrics(names: Iterable[str], path: str) -> List[Finding]:
    """Everything that forbids metrics of these names."""
    rules = _Rules(path)
    rules.names(names, "/metrics")
    return rules.findings


def first_not_finite(values: np.ndarray) -> Optional[int]:
    """The index of the first NaN or infinity in row-major order, None where all are finite."""
    if values.dtype.kind != "f" or not values.size:
        return None
    finite = np.isfinite(values)
    return None if finite.all() else int(np.argmin(finite.reshape(-1)))


class _Rules:
    def __init__(self, path: str) -> None:
        self.path = path
        self.findings: List[Finding] = []

    def add(self, place: str, problem: str, remedy: str) -> None:
        self.findings.append(Finding(f"{self.path}:{place}", problem, remedy))

    def root(self, description: ArchiveDescription) -> None:
        if not re.fullmatch(r"(?!\.)[A-Za-z0-9._-]{1,128}", description.id):
            self.add("/", f"“{description.id}” is no id; expected 1 to 128 of a-z, A-Z, 0-9, “-”, “_” and “.”, not "
                     "starting with “.”", "Give a UUID, or leave the id as it is by default.")
        if not description.splits:
            self.add("/splits", "no split is described", "Describe at least one split.")
        for name in ("producer", "title", "model", "created", "derived_from"):
            self.text(getattr(description, name), f"the attribute “{name}”", "/")
        try:
            json.dumps(dict(description.hyperparameters), allow_nan=False)
        except (TypeError, ValueError) as error:
            self.add("/", f"the hyperparameters cannot be written as JSON ({error})",
                     "Give a dictionary of numbers, texts, lists and dictionaries.")

    def text(self, text: Any, what: str, place: str) -> None:
        if text is not None and not _can_be_stored(text):
            self.add(place, f"{what} is {text!r}, which cannot be stored; expected text without U+0000",
                     "Write it otherwise.")

    def names(self, names: Iterable[str], place: str) -> None:
        seen = set()
        for name in names:
            if not isinstance(name, str) or name in ("", ".", "..") or not _can_be_stored(name):
                self.add(place, f"{name!r} cannot be a name in a file", "Choose another name.")
            elif stored_name(name) in seen:
                self.add(place, f"the name “{stored_name(name)}” occurs twice",
                         "Give each its own name (“/” is written as “:”).")
            else:
                seen.add(stored_name(name))

    def split(self, split: SplitDescription) -> None:
        place = f"/splits/{stored_name(str(split.name))}"
        self.labels(split, f"{place}/labels")
        ids = split.sample_ids
        if ids.dtype != np.int64 or ids.ndim != 1:
            self.add(f"{place}/sample_ids", f"they are {ids.dtype.name} {list(ids.shape)}, expected whole numbers [n]",
                     "Give the index of each sample in the original data set.")
        elif len(ids) != split.samples:
            self.add(f"{place}/sample_ids",
                     f"{counted(len(ids), 'sample')}, but the labels have {split.samples}", "Give one id per sample.")
        self.inputs(split, f"{place}/inputs")
        self.names([layer.name for layer in split.layers], f"{place}/layers")
        if not split.layers:
            self.add(f"{place}/layers", "no layer is described", "Describe at least one.")
        orders = set()
        for layer in split.layers:
            self.layer(layer, f"{place}/layers/{stored_name(str(layer.name))}", layer.order in orders)
            orders.add(layer.order)

    def labels(self, split: SplitDescription, place: str) -> None:
        labels = split.labels
        is_class = labels.dtype == np.int64 and labels.ndim == 1
        is_value = labels.dtype == np.float64 and labels.ndim in (1, 2)
        if not is_class and not is_value:
            self.add(place, f"the labels are {labels.dtype.name} {list(labels.shape)}, expected class ids [n], or "
                     "floating-point numbers [n] or [n, k]", "Give one row per sample.")
            return
        if labels.size == 0:
            self.add(place, "there are no samples" if not len(labels) else "there are no columns",
                     "Give at least one.")
        bad = first_not_finite(labels)
        if bad is not None:
            width = labels.size // len(labels)
            self.add(place, f"{labels.reshape(-1)[bad]} at sample {bad // width}, column {bad % width}",
                     "Leave samples out whose label is not known.")
        names = list(split.class_names)
        for name in names:
            self.text(name, "a class name", place)
        if names and not is_class:
            self.add(place, "there are class names, but the labels are no classes", "Give whole numbers as labels.")
        elif names:
            outside = np.flatnonzero((labels < 0) | (labels >= len(names)))
            if len(outside):
                self.add(place, f"sample {outside[0]} has class {labels[outside[0]]}, but there "
                         f"{'is' if len(names) == 1 else 'are'} {counted(len(names), 'class name')}",
                         "Name every class, from 0 on.")

    def inputs(self, split: SplitDescription, place: str) -> None:
        inputs = split.inputs
        if isinstance(inputs, PerEpochInputs):
            self.shape(inputs.shape, inputs.dtype, place, INPUT_TYPES)
            return
        if inputs.ndim < 1:
            self.add(place, "the inputs are one number", "Give one input per sample.")
            return
        self.shape(inputs.shape[1:], inputs.dtype.name, place, INPUT_TYPES)
        if len(inputs) != split.samples:
            self.add(place, f"{counted(len(inputs), 'sample')}, but the labels have {split.samples}",
                     "Give one input per sample.")
        bad = first_not_finite(inputs)
        if bad is not None:
            width = inputs.size // len(inputs)
            self.add(place, f"{inputs.reshape(-1)[bad]} at sample {bad // width}, feature {bad % width}",
                     "Clean the inputs before recording.")

    def layer(self, layer: LayerDescription, place: str, order_is_taken: bool) -> None:
        self.shape(layer.unit_shape, layer.dtype, place, LAYER_TYPES)
        if layer.kind not in KINDS:
            self.add(place, f"the kind is {layer.kind!r}; expected one of {listed(KINDS)}", "Give one of these.")
        for name in ("activation", "module", "pooling"):
            self.text(getattr(layer, name), f"the attribute “{name}”", place)
        if layer.order < 0:
            self.add(place, f"its order is {layer.order}", "Number the layers from 0 or 1 on.")
        if order_is_taken:
            self.add(place, f"another layer has the order {layer.order}, too", "Number the layers from the input on.")

    def shape(self, shape: Sequence[int], dtype: str, place: str, types: Collection[str]) -> None:
        if dtype not in types:
            self.add(place, f"the type is {dtype}; expected one of {listed(types)}", "Convert it before recording.")
            return
        if any(extent < 1 for extent in shape):
            self.add(place, f"the shape of one sample is {list(shape)}", "Give every axis at least one element.")
        elif np.dtype(dtype).itemsize * math.prod(shape) >= 1 << 32:
            # A sample is never cut, and a chunk of HDF5 stays below 4 GiB.
            self.add(place, f"one sample of shape {list(shape)} takes 4 GiB or more", "Pool it before recording.")
        elif len(shape) > 30:
            self.add(place, f"a sample has {len(shape)} axes", "HDF5 has 32 axes at most, two are taken: merge some.")


def _can_be_stored(text: Any) -> bool:
    if not isinstance(text, str) or "\0" in text:
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True

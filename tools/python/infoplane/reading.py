"""Reading what was recorded, as xarray, and what was computed, as pandas."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Union, overload

import numpy as np

from ._error import ArchiveError, listed, suggestion
from ._error import refusal as refuse
from ._file import Node, open_for_reading

if TYPE_CHECKING:
    import h5py
    import pandas
    import xarray

__all__ = ["Archive", "ArchiveError", "open_archive", "read_results"]

_Path = Union[str, "os.PathLike[str]"]
_FLOATS = ("float16", "float32", "float64")
_NUMBERS = ("uint8", "int32", "int64", *_FLOATS)
_PROVENANCE = ("id", "created", "producer", "title", "model", "hyperparameters", "derived_from", "closed", "version")


class Archive(Mapping[str, "xarray.Dataset"]):
    """The splits of an archive by name, each an `xarray.Dataset`. Close it, or use it in a `with` statement."""

    def __init__(self, path: str, file: h5py.File, splits: dict[str, xarray.Dataset]) -> None:
        self._path = path
        self._file = file
        self._splits = splits

    def __getitem__(self, split: str) -> xarray.Dataset:
        try:
            return self._splits[split]
        except KeyError:
            raise KeyError(str(_unknown_split(self._path, split, list(self._splits)))) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._splits)

    def __len__(self) -> int:
        return len(self._splits)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}: {split.sizes['sample']} samples" for name, split in self._splits.items())
        records = next(iter(self._splits.values())).sizes["epoch"]
        return f"<infoplane.Archive {self._path}: {records} records; {sizes}>"

    def close(self) -> None:
        """Closes the file; what was not loaded can no longer be read."""
        self._file.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@overload
def open_archive(path: _Path, split: None = None) -> Archive: ...
@overload
def open_archive(path: _Path, split: str) -> xarray.Dataset: ...


def open_archive(path: _Path, split: str | None = None) -> Archive | xarray.Dataset:
    """Opens the committed records of an archive, lazily: activations are read when they are used, record by record.

    Works on an archive as it lies, also while a recorder writes to it or after one was killed. What is recorded later
    is not seen: open it again. Needs xarray.

    Each split is a Dataset with

    - the dimension `epoch`, whose coordinate is the epoch number of each record (and, where recorded, the coordinate
      `step` on it), and `sample`, whose coordinate is the index of each sample in the original data set;
    - one variable per layer, in the order of the network, with the dimensions epoch, sample and `<layer>_unit`
      (`<layer>_unit0`, `<layer>_unit1`, ... where a sample has several axes), and the layer's attributes;
    - `inputs` (sample, `feature` or `feature0`, ...; with epoch in front where they change) and `labels` (sample, and
      `target` where there are several);
    - one variable per metric on epoch. A name that is taken is written `layers/<name>` or `metrics/<name>`;
    - provenance (id, created, producer, model, ...) as attributes.

    Args:
        path: The archive.
        split: The split to open; without it, all of them.

    Returns:
        The Dataset of the split, or a mapping of every split's name to its Dataset.

    Raises:
        ArchiveError: The file is no archive, damaged, or has no such split.
    """
    _need("xarray", "open_archive")
    path = os.fspath(path)
    file = open_for_reading(path)
    try:
        root = Node.root(file, path)
        root.check_format("activation-archive", "activation archive")
        # First of all: what lies beyond it may be half written.
        committed = int(root.dataset("committed", ("int64",), range(0, 1)).read())
        if committed < 0:
            raise refuse(f"{path}:/committed", f"found {committed}; expected a number of records", "Record again.")
        splits = root.group("splits")
        names = splits.names()
        if split is not None and split.replace("/", ":") not in names:
            raise _unknown_split(path, split, names)
        if not names:
            raise refuse(splits.where, "there is no split here; expected at least one", "Record again.")
        lock = threading.Lock()
        shared = _Shared(root, committed)
        wanted = names if split is None else [split.replace("/", ":")]
        datasets = {name: _dataset(splits.group(name), name, shared, lock) for name in wanted}
    except BaseException:
        file.close()
        raise
    if split is None:
        return Archive(path, file, datasets)
    (dataset,) = datasets.values()
    dataset.set_close(file.close)
    return dataset


class _Shared:
    """What all splits have in common: records, metrics, provenance."""

    def __init__(self, root: Node, committed: int) -> None:
        self.path = root.path
        self.committed = committed
        self.epochs = root.dataset("epoch", ("int64",), range(1, 2)).read(committed)
        step = root.optional_dataset("step", ("int64",))
        self.steps = None if step is None else step.read(committed)
        metrics = root.optional_group("metrics")
        self.metrics: dict[str, np.ndarray] = {}
        if metrics is not None:
            for name in metrics.names():
                self.metrics[name] = metrics.dataset(name, ("float64",), range(1, 2)).read(committed)
        found = {name: root.attribute(name) for name in _PROVENANCE}
        self.provenance = {name: value for name, value in found.items() if value is not None}


def _dataset(split: Node, name: str, shared: _Shared, lock: threading.Lock) -> xarray.Dataset:
    import xarray
    from xarray.core.indexing import LazilyIndexedArray

    from ._lazy import StoredArray

    def lazy(node: Node, records: int | None) -> Any:
        node.check_stored(records)
        return LazilyIndexedArray(StoredArray(node, lock, records))

    ids = split.dataset("sample_ids", ("int64",), range(1, 2)).read()
    samples = len(ids)
    group = split.group("layers")
    layers = []
    for layer in group.names():
        node = group.dataset(layer, _FLOATS, range(2, 33))
        _check_shape(node, samples, shared.committed)
        layers.append((node.attribute("order") or 0, layer, node))
    layers.sort(key=lambda entry: entry[:2])

    taken = {"epoch", "step", "sample", "inputs", "labels"}

    def free(wanted: str, otherwise: str) -> str:
        chosen = otherwise if wanted in taken else wanted
        taken.add(chosen)
        return chosen

    layer_names = {layer: free(layer, f"layers/{layer}") for _, layer, _ in layers}
    metric_names = {metric: free(metric, f"metrics/{metric}") for metric in shared.metrics}

    def axes(count: int, stem: str, otherwise: str) -> list[str]:
        if count == 1:
            return [free(stem, otherwise)]
        return [free(f"{stem}{axis}", f"{otherwise}{axis}") for axis in range(count)]

    variables: dict[str, Any] = {}
    for order, layer, node in layers:
        attributes = {key: node.attribute(key) for key in ("order", "kind", "activation", "module", "pooling")}
        variables[layer_names[layer]] = xarray.Variable(
            ["epoch", "sample", *axes(node.item.ndim - 2, f"{layer}_unit", f"layers/{layer}_unit")],
            lazy(node, shared.committed),
            {key: value for key, value in attributes.items() if value is not None})

    inputs = split.dataset("inputs", _NUMBERS, range(1, 33))
    per_epoch = inputs.attribute("per_epoch") == 1
    _check_shape(inputs, samples, shared.committed if per_epoch else None)
    leading = ["epoch", "sample"] if per_epoch else ["sample"]
    variables["inputs"] = xarray.Variable(
        leading + axes(inputs.item.ndim - len(leading), "feature", "inputs/feature"),
        lazy(inputs, shared.committed if per_epoch else None))

    labels = split.dataset("labels", ("int64", "float64"), range(1, 3))
    _check_shape(labels, samples, None)
    class_names = labels.attribute("class_names")
    variables["labels"] = xarray.Variable(
        ["sample"] + (axes(1, "target", "labels/target") if labels.item.ndim == 2 else []),
        lazy(labels, None), {} if class_names is None else {"class_names": class_names})

    for metric, values in shared.metrics.items():
        variables[metric_names[metric]] = xarray.Variable(["epoch"], values)
    coordinates: dict[str, Any] = {"epoch": shared.epochs, "sample": ids}
    if shared.steps is not None:
        coordinates["step"] = ("epoch", shared.steps)
    dataset = xarray.Dataset(variables, coordinates, {"split": name, **shared.provenance})
    dataset.encoding["source"] = shared.path
    return dataset


def _check_shape(node: Node, samples: int, records: int | None) -> None:
    shape = node.item.shape
    if records is not None:
        if len(shape) < 2 or shape[0] < records:
            raise refuse(
                node.where, f"found {shape[0]} records; /committed counts {records}",
                "Copy the file again from its source, or run `infoplane repair`.")
        shape = shape[1:]
    if shape[0] != samples:
        raise refuse(
            node.where, f"found {shape[0]} samples; the split has {samples} sample ids", "Record this split again.")


def _unknown_split(path: str, split: str, names: list[str]) -> ArchiveError:
    return refuse(path, f"there is no split “{split}”; there are {listed(names)}", suggestion(split, names))


def _need(module: str, function: str) -> None:
    try:
        __import__(module)
    except ImportError as error:
        raise ImportError(
            f"infoplane.{function} needs {module}, which is not installed. Install it by: pip install {module}"
        ) from error


# MARK: Results

_TEXTS = (
    "archive", "split", "layer", "quantity", "estimator", "discretization", "range", "target", "parameters", "flags")
_COLUMNS = (
    "archive", "split", "layer", "order", "epoch", "quantity", "estimator", "discretization", "target", "parameters",
    "samples", "value", "standard_error", "null_mean", "p_value", "ceiling", "flags")
# In the order in which tables list them, that of `quantities` in schemas/results-v1.json.
_QUANTITIES = (
    "H(Z)", "H(Y)", "h(Z)", "I(X;Z)", "I(Z;Y)", "total correlation", "I(X;Q)", "mean I(X_i;Q)", "mean I(X_-i;Q)",
    "GIB complexity", "GIB complexity (shuffled weights)", "average interaction information")
_SORTED_BY = (
    "archive", "split", "order", "epoch", "quantity", "estimator", "discretization", "target", "parameters", "samples",
    "layer", "range")


def read_results(path: _Path) -> pandas.DataFrame:
    """Reads the measurements of a results file, one row each: the table of `infoplane export`, in bits, in its order.
    Needs pandas.

    Text columns are categorical; a text that does not apply is empty. `flags` is plain text, joined by `|`: why to
    distrust the value. `order` and `epoch` are nullable whole numbers, <NA> where they do not apply. NaN in
    `standard_error`, `null_mean`, `p_value` and `ceiling` says "not computed".

    Raises:
        ArchiveError: The file is no results file, or damaged.
    """
    _need("pandas", "read_results")
    import pandas

    path = os.fspath(path)
    with open_for_reading(path) as file:
        root = Node.root(file, path)
        root.check_format("infoplane-results", "results file")
        measurements, categories = root.group("measurements"), root.group("categories")
        columns: dict[str, Any] = {}
        ranks: dict[str, np.ndarray] = {}
        for name in (*_COLUMNS, "range"):
            if name in _TEXTS:
                node = measurements.dataset(name, ("int32",), range(1, 2))
                codes = node.read()
                texts = categories.dataset(name, ("string",), range(1, 2)).read()
                if len(codes) and not (0 <= codes.min() and codes.max() < len(texts)):
                    raise refuse(
                        node.where, f"an index is not among the {len(texts)} texts of /categories/{name}",
                        "The file is damaged: copy it again, or analyze again into a new file.")
                ranks[name] = _ranks(texts, _QUANTITIES if name == "quantity" else ())[codes]
                if name == "flags" or len(set(texts)) < len(texts):
                    columns[name] = texts[codes]
                else:
                    columns[name] = pandas.Categorical.from_codes(codes, texts)
            elif name in ("order", "epoch", "samples"):
                values = measurements.dataset(name, ("int64",), range(1, 2)).read()
                ranks[name] = values
                columns[name] = values if name == "samples" else pandas.arrays.IntegerArray(values, values == -1)
            else:
                columns[name] = measurements.dataset(name, ("float64",), range(1, 2)).read()
            expected, found = len(columns["archive"]), len(columns[name])
            if found != expected:
                raise refuse(
                    f"{path}:/measurements/{name}", f"found {found} rows; /measurements/archive has {expected}",
                    "The file is damaged: copy it again, or analyze again into a new file.")
    frame = pandas.DataFrame({name: columns[name] for name in _COLUMNS})
    order = np.lexsort([ranks[name] for name in reversed(_SORTED_BY)])
    return frame.iloc[order].reset_index(drop=True)


def _ranks(texts: np.ndarray, known: tuple[str, ...]) -> np.ndarray:
    """Where each text stands among all, first those that are known in their order, then by Unicode scalars."""
    keys = [(known.index(text) if text in known else len(known), text) for text in texts]
    places = {key: place for place, key in enumerate(sorted(set(keys)))}
    return np.array([places[key] for key in keys], np.int64)

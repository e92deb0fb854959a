"""The recorder: three lines in a training script."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from ._description import ArchiveDescription, LayerDescription, SplitDescription, stored_name
from ._error import ArchiveError, Finding, counted, listed, refusal, suggestion
from ._file import Node, open_for_reading
from ._hdf5 import exists
from ._check import LAYER_TYPES, check
from ._writer import ArchiveWriter, check_deflate

POOLINGS = ("none", "mean", "max", "flatten")


class Recorder:
    """Records the activations of a network, epoch by epoch, to one archive.

    ::

        with infoplane.Recorder("run.h5", model, inputs, labels, layers=["fc1", "fc2"]) as recorder:
            for epoch in range(epochs):
                recorder.record(epoch, train_loss=loss)

    Without a model, `record_arrays` takes arrays of any framework. The file is created by the first record; what can be
    wrong is checked when the recorder is made. Every record that returned is safe, whatever happens to the process.

    path: of the archive; it must not exist, unless ``append``.
    model: a PyTorch module; it is run in evaluation mode without gradients, and left as it was.
    inputs, labels: of the split named ``split``, NumPy arrays or tensors, one row per sample. Whole numbers are class
        ids, floats are numbers to predict. NumPy floats are given to the model in the type of its weights.
    splits: several instead, ``{"train": (inputs, labels), "test": (inputs, labels)}``.
    layers: names of modules or patterns such as ``"block*.relu"``. A layer is recorded as its module returns it: name
        the module of the activation function where there is one. None: every module with weights and every activation
        function, without those that an activation function or a normalization directly follows.
    pooling: of outputs with more than one axis per sample: "none", "flatten", or "mean" or "max" over the positions of
        feature maps (all axes after the channels) and of sequences (axis 1).
    dtype: "float16", "float32" or "float64" for every layer; None: as they come, bfloat16 as float32.
    batch_size: samples per forward pass.
    deflate: level 1 to 9 of compression. sync: wait for the disk at every record, against loss of power.
    append: go on with the archive at ``path`` after its last committed record, if there is one.
    kinds: what layers are, by name, where it is not seen from the module ("dense", "logits", ...).
    sample_ids: the index of each sample in the original data set; with several splits, by split.
    """

    def __init__(
        self, path: "str | os.PathLike[str]", model: Any = None, inputs: Any = None, labels: Any = None, *,
        split: str = "train", splits: Optional[Mapping[str, Tuple[Any, Any]]] = None,
        layers: "Sequence[str] | str | None" = None, pooling: str = "none", dtype: Optional[str] = None,
        batch_size: int = 256, deflate: Optional[int] = None, sync: bool = False, append: bool = False,
        title: str = "", hyperparameters: Optional[Mapping[str, Any]] = None, class_names: Sequence[str] = (),
        sample_ids: Any = None, kinds: Optional[Mapping[str, str]] = None,
    ) -> None:
        self.path = os.fspath(path)
        self._writer: Optional[ArchiveWriter] = None
        self._is_closed = self._created = False
        self._options: Dict[str, Any] = {"deflate": deflate, "sync": sync}
        self._append, self._dtype, self._kinds = append, dtype, dict(kinds or {})
        self._texts: Dict[str, Any] = {"title": title, "hyperparameters": dict(hyperparameters or {}),
                                       "model": "" if model is None else _model_name(model)}
        self._check_options(pooling, dtype, batch_size, deflate)
        self._check_path()
        self._splits = self._take_splits(split, inputs, labels, splits)
        self._class_names, self._sample_ids = list(class_names), self._take_ids(sample_ids)
        self._first_types: Dict[Tuple[str, str], str] = {}
        self._network: Any = None
        self._described: Dict[str, List[LayerDescription]] = {}
        if model is not None:
            self._network = self._watch(model, layers, pooling, batch_size)
            self._check_description()
            if append and os.path.exists(self.path):
                self._open(has_steps=None)
        elif layers is not None or pooling != "none":
            raise refusal(self.path, "layers or pooling are given, but no model",
                          "Give the model, or pool the arrays and name the layers in record_arrays.")

    # MARK: recording

    def record(self, epoch: int, step: Optional[int] = None, **metrics: Any) -> None:
        """Runs the model over all splits and records every layer. Metrics are numbers by name, NaN for "not measured".

        All metrics must be given with the first record. Where it returns, the record is safe.
        """
        self._check_open()
        # Before the model runs, for that takes time.
        if self._writer is not None and self._network is not None:
            self._writer.begin_record(epoch, step)
        self._record(epoch, step, self.activations(), metrics)

    def activations(self) -> Dict[str, Dict[str, np.ndarray]]:
        """What `record` writes, by split and layer: the model is run over all splits, and nothing is recorded."""
        self._check_open()
        if self._network is None:
            raise refusal(self.path, "the recorder has no model", "Give the model, or use record_arrays.")
        return {name: self._network.run(name, data[0]) for name, data in self._splits.items()}

    def record_arrays(self, epoch: int, arrays: Mapping[str, Any], step: Optional[int] = None, **metrics: Any) -> None:
        """Records arrays, samples on the first axis: ``{"fc1": a}``, or with several splits ``{"train": {"fc1": a}}``."""
        self._check_open()
        if self._network is not None:
            raise refusal(self.path, "the recorder has a model", "Use record, or make the recorder without the model.")
        by_split = self._by_split(arrays)
        if self._writer is None:
            self._describe(by_split)
        self._check_layers(by_split, epoch)
        self._record(epoch, step, by_split, metrics)

    def close(self) -> None:
        """Marks the archive as closed and closes it. Nothing is written where nothing was recorded."""
        self._is_closed = True
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def committed_records(self) -> int:
        """Records safely written, with append those of earlier runs, too."""
        return 0 if self._writer is None else self._writer.committed_records

    @property
    def last_epoch(self) -> Optional[int]:
        """The epoch of the last committed record, where to go on with append; None where there is none."""
        if self._writer is None and self._append and os.path.lexists(self.path):
            return _last_epoch(self.path)
        return None if self._writer is None else self._writer.last_epoch

    @property
    def metric_names(self) -> List[str]:
        """The metrics of the archive, "/" written as ":"; none before the first record."""
        return [] if self._writer is None else self._writer.metric_names

    def _record(self, epoch: int, step: Optional[int], arrays: Mapping[str, Mapping[str, np.ndarray]],
                metrics: Mapping[str, Any]) -> None:
        is_new = self._writer is None
        if is_new:
            self._open(has_steps=step is not None)
        assert self._writer is not None
        try:
            self._writer.begin_record(epoch, step)
            for split, layers in arrays.items():
                for name, values in layers.items():
                    self._writer.write(values, split=split, layer=name)
            self._writer.commit_record(metrics)
        except BaseException:
            # A refused first record must not leave a file that is in the way of the next try.
            if is_new and self._created and self._writer.committed_records == 0:
                self._writer.close()
                os.unlink(self.path)
                self._writer = None
            raise

    # MARK: opening

    def _open(self, has_steps: Optional[bool]) -> None:
        description = self._description(bool(has_steps))
        self._created = not (self._append and os.path.lexists(self.path))
        if self._created:
            self._writer = ArchiveWriter(self.path, description, **self._options)
        else:
            self._writer = ArchiveWriter.append(self.path, description, sync=self._options["sync"])

    def _description(self, has_steps: bool) -> ArchiveDescription:
        splits = [
            SplitDescription(name, as_numpy(inputs), as_numpy(labels), self._described[name],
                             sample_ids=self._sample_ids.get(name), class_names=self._class_names)
            for name, (inputs, labels) in self._splits.items()
        ]
        return ArchiveDescription(splits, has_steps=has_steps, **self._texts)

    def _check_description(self) -> None:
        findings = check(self._description(False), self.path)
        if findings:
            raise ArchiveError(*findings)

    # MARK: what is given

    def _check_options(self, pooling: str, dtype: Optional[str], batch_size: int, deflate: Optional[int]) -> None:
        findings = check_deflate(deflate, self.path)
        if pooling not in POOLINGS:
            findings.append(Finding(self.path, f"the pooling is {pooling!r}, expected one of {listed(POOLINGS)}",
                                    suggestion(str(pooling), POOLINGS)))
        if dtype is not None and dtype not in LAYER_TYPES:
            findings.append(Finding(self.path, f"the dtype is {dtype!r}, expected one of {listed(LAYER_TYPES)}, or None",
                                    suggestion(str(dtype), LAYER_TYPES)))
        if not isinstance(batch_size, int) or batch_size < 1:
            findings.append(Finding(self.path, f"the batch size is {batch_size!r}, expected a whole number from 1 on",
                                    "Give the number of samples that fit into memory."))
        if findings:
            raise ArchiveError(*findings)

    def _check_path(self) -> None:
        # Now, and not after the first epoch of training.
        if os.path.lexists(self.path):
            if not self._append:
                raise exists(self.path)
            return
        folder = os.path.dirname(self.path) or "."
        if not os.path.isdir(folder):
            raise refusal(self.path, "there is no such directory", "Create it first.")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise refusal(self.path, "there is no permission to write here", "Choose another directory.")

    def _take_splits(self, split: str, inputs: Any, labels: Any, splits: Any) -> Dict[str, Tuple[Any, Any]]:
        if splits is not None and (inputs is not None or labels is not None):
            raise refusal(self.path, "both splits and inputs or labels are given", "Give one of them.")
        if splits is None:
            if inputs is None or labels is None:
                raise refusal(self.path, f"no {'inputs' if inputs is None else 'labels'} are given",
                              "Give inputs and labels, one row per sample, or splits.")
            return {split: (inputs, labels)}
        for name, pair in splits.items():
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise refusal(f"{self.path}:/splits/{name}", "expected a pair (inputs, labels)",
                              'Write splits={"train": (inputs, labels)}.')
        if not splits:
            raise refusal(f"{self.path}:/splits", "no split is described", "Describe at least one split.")
        return {name: tuple(pair) for name, pair in splits.items()}

    def _take_ids(self, ids: Any) -> Dict[str, Any]:
        if ids is None:
            return {}
        if not isinstance(ids, Mapping):
            if len(self._splits) > 1:
                raise refusal(f"{self.path}:/splits", "sample_ids are one array, but there are several splits",
                              'Write sample_ids={"train": ids, "test": ids}.')
            return {name: as_numpy(ids) for name in self._splits}
        for name in ids:
            if name not in self._splits:
                raise refusal(f"{self.path}:/splits", f"sample_ids name the split “{name}”; there are "
                              f"{listed(self._splits)}", suggestion(str(name), self._splits))
        return {name: as_numpy(values) for name, values in ids.items()}

    def _watch(self, model: Any, layers: Any, pooling: str, batch_size: int) -> Any:
        torch = sys.modules.get("torch")
        if torch is None or not isinstance(model, torch.nn.Module):
            raise refusal(self.path, f"the model is a {type(model).__name__}, expected a PyTorch module",
                          "With other frameworks, leave the model out and use record_arrays.")
        from ._torch import Network

        network = Network(model, layers, pooling, batch_size, self.path)
        for name, (inputs, labels) in self._splits.items():
            # What the labels are, and whether there are samples, is needed before the model can run.
            kept = as_numpy(labels)
            if not hasattr(inputs, "shape"):
                inputs = np.asarray(inputs)
                self._splits[name] = (inputs, labels)
            if kept.ndim == 0 or len(kept) == 0 or len(inputs) != len(kept):
                raise refusal(f"{self.path}:/splits/{stored_name(name)}/labels",
                              f"there are {counted(len(kept) if kept.ndim else 0, 'label')} for "
                              f"{counted(len(inputs), 'input')}", "Give one input and one label per sample.")
            described = network.describe(name, inputs, kept.dtype.kind in "biu", self._dtype)
            self._described[name] = [self._with_kind(layer) for layer in described]
        self._check_kinds()
        return network

    def _with_kind(self, layer: LayerDescription) -> LayerDescription:
        layer.kind = self._kinds.get(layer.name, layer.kind)
        return layer

    def _check_kinds(self) -> None:
        names = {layer.name for layers in self._described.values() for layer in layers}
        for name in self._kinds:
            if name not in names:
                raise refusal(self.path, f"kinds name the layer “{name}”; there are {listed(names)}",
                              suggestion(name, names))

    # MARK: arrays

    def _by_split(self, arrays: Mapping[str, Any]) -> Dict[str, Dict[str, np.ndarray]]:
        nested = [isinstance(value, Mapping) for value in arrays.values()]
        if any(nested) != all(nested) or not arrays:
            raise refusal(self.path, "expected arrays by layer, or by split and layer",
                          'Write {"fc1": array}, or {"train": {"fc1": array}}.')
        if not any(nested):
            if len(self._splits) > 1:
                raise refusal(self.path, f"the arrays are not by split; there are {listed(self._splits)}",
                              'Write {"train": {"fc1": array}, ...}.')
            arrays = {next(iter(self._splits)): arrays}
        for name in arrays:
            if name not in self._splits:
                raise refusal(self.path, f"there is no split “{name}”; there are {listed(self._splits)}",
                              suggestion(str(name), self._splits))
        for name in self._splits:
            if name not in arrays:
                raise refusal(f"{self.path}:/splits/{stored_name(name)}", "no arrays are given for this split",
                              "Give the layers of every split with every record.")
        return {split: {name: as_numpy(value) for name, value in layers.items()} for split, layers in arrays.items()}

    def _describe(self, arrays: Mapping[str, Mapping[str, np.ndarray]]) -> None:
        self._described = {
            split: [
                LayerDescription(name, order, self._kinds.get(name, "other"), tuple(values.shape[1:]),
                                 self._dtype or values.dtype.name)
                for order, (name, values) in enumerate(layers.items(), 1)
            ]
            for split, layers in arrays.items()
        }
        self._first_types = {(split, name): values.dtype.name for split, layers in arrays.items()
                             for name, values in layers.items()}
        self._check_kinds()
        self._check_description()

    def _check_layers(self, arrays: Mapping[str, Mapping[str, np.ndarray]], epoch: int) -> None:
        """Refuses what changed since the first record, and what could not be stored."""
        for split, layers in arrays.items():
            place = f"{self.path}:/splits/{stored_name(split)}"
            names = [layer.name for layer in self._described[split]]
            for name in set(layers) ^ set(names):
                problem = (f"there is no layer “{name}”; there are {listed(names)}" if name in layers
                           else f"the layer “{name}” is missing at epoch {epoch}")
                raise refusal(place, problem, suggestion(name, names) if name in layers
                              else "Give the same layers with every record.")
            for name, values in layers.items():
                first = self._first_types[split, name]
                if values.dtype.name != first:
                    raise refusal(f"{place}/layers/{stored_name(name)}", f"the array is {values.dtype.name} at epoch "
                                  f"{epoch}, in the first record it was {first}", "Give one type, or name it as dtype.")

    def _check_open(self) -> None:
        if self._is_closed:
            raise refusal(self.path, "the recorder is closed", "Record to a new archive, or go on with append=True.")


def as_numpy(value: Any) -> np.ndarray:
    """A NumPy array of what any framework has; bfloat16, which NumPy does not have, as float32."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = (value.float() if value.dtype == torch.bfloat16 else value).numpy()
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def _last_epoch(path: str) -> Optional[int]:
    with open_for_reading(path) as file:
        root = Node.root(file, path)
        root.check_format("activation-archive", "archive")
        committed = int(root.dataset("committed", ("int64",), range(0, 1)).read())
        if committed < 1:
            return None
        return int(root.dataset("epoch", ("int64",), range(1, 2)).read(committed)[-1])


def _model_name(model: Any) -> str:
    while hasattr(model, "_orig_mod") or type(model).__name__ in ("DataParallel", "DistributedDataParallel"):
        model = model._orig_mod if hasattr(model, "_orig_mod") else model.module
    return type(model).__name__

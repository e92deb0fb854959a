"""Recording while `model.fit` trains, for Keras 3 with any of its backends.

::

    model.fit(x, y, callbacks=[infoplane.keras.RecorderCallback("run.h5", x[:1000], y[:1000])])
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import keras
import numpy as np

from ._description import ArchiveDescription, LayerDescription, SplitDescription
from ._error import ArchiveError, Finding, counted, listed, refusal, suggestion
from ._hdf5 import exists
from ._recorder import as_numpy
from ._watching import FirstRecordWaits
from ._writer import ArchiveWriter

__all__ = ["RecorderCallback"]

_KINDS = (
    ("attention", "Attention"), ("convolution", "Conv"), ("recurrent", "LSTM"), ("recurrent", "GRU"),
    ("recurrent", "RNN"), ("normalization", "Normalization"), ("embedding", "Embedding"), ("softmax", "Softmax"),
    ("dense", "Dense"),
)


class RecorderCallback(keras.callbacks.Callback):
    """Records layers of the model that is fitted: before training, and after every epoch.

    Epoch 0 is before training; the metrics of the archive are those of Keras's logs. What a layer returns from its
    call in inference mode is recorded, so `Dense(..., activation="relu")` after its activation function.

    path: of the archive; it must not exist, unless ``append``.
    inputs, labels: of the split named ``split``, one row per sample; whole numbers are class ids.
    splits: several instead, ``{"train": (inputs, labels), "test": (inputs, labels)}``.
    layers: names of layers, or patterns such as ``"dense*"``, in the whole model, nested ones, too. None: every layer
        that has weights or is an activation function.
    every: records after each so many epochs.
    metrics: names of the metrics; None: those of the first epoch, for which the record before training waits in memory.
    batch_size: samples per call of the model.
    append: go on with the archive at ``path``, if there is one; epochs that it has stay as they are. Give `fit` the
        ``initial_epoch`` of your checkpoint.
    deflate, sync, title, hyperparameters, class_names: as for `infoplane.Recorder`.
    """

    def __init__(
        self, path: "str | os.PathLike[str]", inputs: Any = None, labels: Any = None, *, split: str = "train",
        splits: Optional[Mapping[str, Tuple[Any, Any]]] = None, layers: "Sequence[str] | str | None" = None,
        every: int = 1, metrics: Optional[Sequence[str]] = None, batch_size: int = 256, deflate: Optional[int] = None,
        sync: bool = False, append: bool = False, title: str = "", hyperparameters: Optional[Mapping[str, Any]] = None,
        class_names: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.path = os.fspath(path)
        if (splits is None) == (inputs is None or labels is None):
            raise refusal(self.path, "expected inputs and labels, or splits", "Give one of them.")
        for name, value in (("every", every), ("batch_size", batch_size)):
            if not isinstance(value, int) or value < 1:
                raise refusal(self.path, f"{name} is {value!r}, expected a whole number from 1 on", "Choose 1 or more.")
        if os.path.lexists(self.path) and not append:
            raise exists(self.path)
        self._append = append
        pairs = {split: (inputs, labels)} if splits is None else dict(splits)
        self._splits = {name: (as_numpy(pair[0]), as_numpy(pair[1])) for name, pair in pairs.items()}
        self._layers, self._every, self._batch_size = layers, every, batch_size
        self._options: Dict[str, Any] = {"deflate": deflate, "sync": sync}
        self._texts: Dict[str, Any] = {"title": title, "hyperparameters": dict(hyperparameters or {})}
        self._class_names = list(class_names)
        self._writer: Optional[ArchiveWriter] = None
        self._records = FirstRecordWaits(self._write, metrics)
        self._has_begun = self._created = False

    # MARK: Keras

    def on_epoch_begin(self, epoch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        """Records the model as it is before it is trained."""
        if not self._has_begun:
            self._has_begun = True
            arrays = self._activations()
            if self._append and os.path.lexists(self.path):
                self._writer = ArchiveWriter.append(self.path, self._description(arrays), sync=self._options["sync"])
                self._records.go_on(self._writer.last_epoch, self._writer.metric_names)
            self._records.before_training(epoch, arrays)

    def on_epoch_end(self, epoch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        """Records the model after an epoch, with the logs as metrics."""
        if (epoch + 1) % self._every == 0:
            self._records.after_epoch(epoch + 1, self._activations(), logs or {})

    def on_train_end(self, logs: Optional[Mapping[str, Any]] = None) -> None:
        """Closes the archive."""
        self.close()

    def close(self) -> None:
        """Closes the archive; needed only where `fit` was left by an exception."""
        if self._has_begun:
            self._records.flush()
        if self._writer is not None:
            self._writer.close()

    # MARK: recording

    def _write(self, epoch: int, arrays: Dict[str, Dict[str, np.ndarray]], metrics: Dict[str, float]) -> None:
        if self._writer is None:
            self._writer = ArchiveWriter(self.path, self._description(arrays, list(metrics)), **self._options)
            self._created = True
        try:
            self._writer.begin_record(epoch)
            for split, layers in arrays.items():
                for name, values in layers.items():
                    self._writer.write(values, split=split, layer=name)
            self._writer.commit_record(metrics)
        except ArchiveError:
            # A refused first record must not leave a file that is in the way of the next try.
            if self._created and self._writer.committed_records == 0:
                self._writer.close()
                os.unlink(self.path)
                self._writer = None
            raise

    def _description(
        self, arrays: Dict[str, Dict[str, np.ndarray]], metrics: Optional[List[str]] = None
    ) -> ArchiveDescription:
        by_name = {layer.name: layer for layer in _all_layers(self.model)}
        splits = []
        for split, layers in arrays.items():
            inputs, labels = self._splits[split]
            described = []
            for order, (name, values) in enumerate(layers.items(), 1):
                kind, activation = _kind(by_name[name])
                if order == len(layers) and (kind, activation) == ("dense", "linear") and labels.dtype.kind in "biu":
                    kind = "logits"
                described.append(LayerDescription(
                    name, order, kind, values.shape[1:], values.dtype.name, activation,
                    f"{type(by_name[name]).__module__.replace('.src.', '.')}.{type(by_name[name]).__name__}"))
            splits.append(SplitDescription(split, inputs, labels, described, class_names=self._class_names))
        return ArchiveDescription(splits, model=self.model.name, metric_names=metrics, **self._texts)

    def _activations(self) -> Dict[str, Dict[str, np.ndarray]]:
        """What every layer returns for every split, in the order in which the layers are called."""
        return {name: self._activations_of(inputs) for name, (inputs, _) in self._splits.items()}

    def _activations_of(self, inputs: np.ndarray) -> Dict[str, np.ndarray]:
        if len(inputs) == 0:
            raise refusal(self.path, "there is no sample in a split", "Give at least one.")
        layers = self._chosen()
        batches: Dict[str, List[np.ndarray]] = {}
        for start in range(0, len(inputs), self._batch_size):
            batch = inputs[start : start + self._batch_size]
            outputs: Dict[str, List[Any]] = {}
            with _watched(layers, outputs), _without_gradients():
                self.model(batch, training=False)
            self._check(layers, outputs)
            for name, (output,) in outputs.items():
                values = as_numpy(keras.ops.convert_to_numpy(output))
                if values.ndim == 0 or len(values) != len(batch):
                    raise refusal(f"{self.path}:layer {name}", f"its output has the shape {list(values.shape)} for "
                                  f"{counted(len(batch), 'sample')}; expected samples on the first axis",
                                  "Name other layers.")
                batches.setdefault(name, []).append(values)
        return {name: np.concatenate(parts) for name, parts in batches.items()}

    def _chosen(self) -> List[Any]:
        every = _all_layers(self.model)
        if self._layers is None:
            chosen = [layer for layer in every if layer.weights or _is_activation(layer)]
        else:
            names = [layer.name for layer in every]
            wanted: List[str] = []
            findings = []
            for pattern in [self._layers] if isinstance(self._layers, str) else self._layers:
                found = [pattern] if pattern in names else fnmatch.filter(names, pattern)
                if not found:
                    findings.append(Finding(self.path, f"the model has no layer “{pattern}”; it has {listed(names)}",
                                            suggestion(pattern, names)))
                wanted += found
            if findings:
                raise ArchiveError(*findings)
            chosen = [layer for layer in every if layer.name in wanted]
        names = [layer.name for layer in chosen]
        for name in names:
            if names.count(name) > 1:
                raise refusal(self.path, f"several layers are named “{name}”", "Give each layer a name of its own.")
        if not chosen:
            raise refusal(self.path, "no layer is named", "Name at least one.")
        return chosen

    def _check(self, layers: List[Any], outputs: Dict[str, List[Any]]) -> None:
        findings = []
        for layer in layers:
            times = len(outputs.get(layer.name, ()))
            if times != 1:
                findings.append(Finding(
                    f"{self.path}:layer {layer.name}", f"it was called {counted(times, 'time')} in one call of the model, "
                    "expected once", "Name other layers, or give the model a layer of its own for each use."))
        if findings:
            raise ArchiveError(*findings)


def _all_layers(model: Any) -> List[Any]:
    """Every layer that has no layers within, by the order of the model."""
    found: List[Any] = []
    for layer in model._flatten_layers(include_self=False, recursive=True):
        has_parts = any(True for _ in layer._flatten_layers(include_self=False, recursive=True))
        is_input = isinstance(layer, keras.layers.InputLayer)
        if not is_input and not (has_parts and isinstance(layer, keras.Model)) and all(layer is not f for f in found):
            found.append(layer)
    return found


@contextlib.contextmanager
def _watched(layers: List[Any], outputs: Dict[str, List[Any]]) -> Iterator[None]:
    """While it lasts, what the layers return is kept."""
    def watching(layer: Any) -> Any:
        call = layer.call

        def watched(*arguments: Any, **named: Any) -> Any:
            result = call(*arguments, **named)
            outputs.setdefault(layer.name, []).append(keras.tree.flatten(result)[0])
            return result
        return watched

    try:
        for layer in layers:
            # Past __setattr__, which would track it as a part of the layer.
            layer.__dict__["call"] = watching(layer)
        yield
    finally:
        for layer in layers:
            layer.__dict__.pop("call", None)


def _without_gradients() -> Any:
    if keras.backend.backend() == "torch":
        import torch

        return torch.no_grad()
    return contextlib.nullcontext()


def _is_activation(layer: Any) -> bool:
    return type(layer).__name__ in ("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax")


def _kind(layer: Any) -> Tuple[str, Optional[str]]:
    """What a layer is by the schema's words, and its activation function."""
    name = type(layer).__name__
    function = getattr(layer, "activation", None)
    activation = getattr(function, "__name__", None) if function is not None else (
        name.lower() if _is_activation(layer) else None)
    if activation == "softmax":
        return "softmax", activation
    return next((kind for kind, part in _KINDS if part in name), "other"), activation

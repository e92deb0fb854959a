"""Activations of a PyTorch model, by forward hooks."""

from __future__ import annotations

import contextlib
import dataclasses
import fnmatch
import random
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np
import torch

from ._description import LayerDescription
from ._error import ArchiveError, Finding, counted, listed, refusal, suggestion

_KINDS: Tuple[Tuple[str, str], ...] = (
    ("softmax", "Softmax LogSoftmax Softmax2d"),
    ("dense", "Linear Bilinear"),
    ("recurrent", "RNNBase RNNCellBase"),
    ("attention", "MultiheadAttention"),
    ("normalization", "LayerNorm GroupNorm LocalResponseNorm RMSNorm"),
    ("embedding", "Embedding EmbeddingBag"),
)
_SPELLED = {"LeakyReLU": "leaky-relu", "LogSoftmax": "log-softmax", "LogSigmoid": "log-sigmoid"}
_TYPES = {torch.float16: "float16", torch.float32: "float32", torch.float64: "float64", torch.bfloat16: "float32"}


@dataclasses.dataclass
class _Layer:
    """A module that is recorded, and what the first pass showed of it."""

    name: str
    module: torch.nn.Module
    place: str
    kind: str = "other"
    activation: Optional[str] = None
    axes: Tuple[int, ...] = ()
    pooling: Optional[str] = None


class Network:
    """A model whose layers are recorded.

    Wrappers (`DataParallel`, compiled modules) are taken off: the model itself runs, on one device and uncompiled,
    because hooks inside of wrappers fire several times or not at all.
    """

    def __init__(self, model: torch.nn.Module, layers: Optional[Sequence[str]], pooling: str, batch_size: int,
                 path: str) -> None:
        self.model, self.pooling, self.batch_size, self.path = _unwrapped(model), pooling, batch_size, path
        named: Dict[str, torch.nn.Module] = {}
        for name, module in self.model.named_modules(remove_duplicate=False):
            if name:
                named.setdefault(_plain(name, self.model), module)
        self.named = named
        self.layers = [_Layer(name, named[name], f"{path}:layer {name}") for name in self._chosen(layers)]
        self.shapes: Dict[str, Dict[str, Tuple[Tuple[int, ...], torch.dtype]]] = {}

    # MARK: choosing

    def _chosen(self, wanted: Optional[Sequence[str]]) -> List[str]:
        if wanted is None:
            return []
        findings, chosen = [], []  # type: Tuple[List[Finding], List[str]]
        for pattern in [wanted] if isinstance(wanted, str) else wanted:
            found = self._matching(pattern)
            if not found:
                findings.append(Finding(self.path, f"the model has no layer “{pattern}”; it has {listed(self.named)}",
                                        suggestion(pattern, self.named)))
            chosen += [name for name in found if name not in chosen]
        owners: Dict[int, str] = {}
        for name in chosen:
            owner = owners.setdefault(id(self.named[name]), name)
            if owner != name:
                findings.append(Finding(self.path, f"the layers “{owner}” and “{name}” are one and the same module",
                                        "Name one of them, or give the model a module for each."))
        if findings:
            raise ArchiveError(*findings)
        if not chosen:
            raise refusal(self.path, "no layer is named", f"Name some of {listed(self.named)}.")
        return chosen

    def _matching(self, pattern: str) -> List[str]:
        while True:
            found = [pattern] if pattern in self.named else fnmatch.filter(self.named, pattern)
            prefix = next((p for p in ("module.", "_orig_mod.") if pattern.startswith(p)), None)
            if found or prefix is None:
                return found
            pattern = pattern[len(prefix):]

    # MARK: running

    def describe(self, split: str, inputs: Any, is_classes: bool, dtype: Optional[str]) -> List[LayerDescription]:
        """Runs two samples, and tells of the layers in the order in which they fire."""
        trace = _Trace(self)
        with _undisturbed(self.model), trace.hooks():
            output = self.model(self._batch(inputs, 0, min(2, len(inputs))))
        layers = trace.layers(_tensor(output), is_classes)
        self.layers = [layer for layer, _ in layers]
        self.shapes[split] = {}
        descriptions = []
        for order, (layer, shown) in enumerate(layers, 1):
            pooled = self._pooled(layer, shown, min(2, len(inputs)))
            self.shapes[split][layer.name] = (tuple(pooled.shape[1:]), pooled.dtype)
            descriptions.append(LayerDescription(
                layer.name, order, layer.kind, tuple(pooled.shape[1:]), dtype or _TYPES[pooled.dtype],
                layer.activation, _type_name(layer.module), layer.pooling))
        return descriptions

    def run(self, split: str, inputs: Any) -> Dict[str, np.ndarray]:
        """The activations of all samples; the model is left as it was."""
        shapes, count = self.shapes[split], len(inputs)
        arrays = {name: np.empty((count, *shape), _TYPES[dtype]) for name, (shape, dtype) in shapes.items()}
        targets = {name: torch.from_numpy(array) for name, array in arrays.items()}
        fired: Dict[str, int] = {}
        start, stop = 0, 0

        def keep(layer: _Layer, output: Any) -> None:
            fired[layer.name] = fired.get(layer.name, 0) + 1
            if fired[layer.name] > 1:
                return
            pooled = self._pooled(layer, _tensor(output), stop - start)
            shape, dtype = shapes[layer.name]
            if tuple(pooled.shape[1:]) != shape or pooled.dtype != dtype:
                raise refusal(layer.place, f"a sample is now {_name(pooled.dtype)} {list(pooled.shape[1:])}; in the "
                              f"first batch it was {_name(dtype)} {list(shape)}",
                              "Give samples of one shape, and record under one setting of autocast.")
            # Copied here and now: a later operation in place, such as ReLU, would change the tensor.
            targets[layer.name][start:stop].copy_(pooled)

        with _undisturbed(self.model), contextlib.ExitStack() as stack:
            for layer in self.layers:
                stack.callback(layer.module.register_forward_hook(
                    lambda module, given, output, layer=layer: keep(layer, output)).remove)
            while stop < count:
                start, stop = stop, min(stop + self.batch_size, count)
                fired.clear()
                self.model(self._batch(inputs, start, stop))
                self.check_fired(fired)
        return arrays

    def check_fired(self, fired: Mapping[str, int]) -> None:
        """Each layer must fire once per pass: else its activations are none, or several."""
        findings = []
        for layer in self.layers:
            times = fired.get(layer.name, 0)
            if times == 0:
                findings.append(Finding(layer.place, "it never fired in a forward pass, expected once",
                                        "Is it compiled, scripted, or not called as a module? Name another layer."))
            elif times > 1:
                others = [name for name, module in self.named.items()
                          if module is layer.module and name != layer.name]
                shared = f"; it is shared with {listed(others)}" if others else ""
                findings.append(Finding(layer.place, f"it fired {times} times in one forward pass, expected once{shared}",
                                        "Give the model a module of its own for each use, or name another layer."))
        if findings:
            raise ArchiveError(*findings)

    def _batch(self, inputs: Any, start: int, stop: int) -> torch.Tensor:
        first = next(iter(self.model.parameters()), None)
        if first is None:
            first = next(iter(self.model.buffers()), None)
        batch = inputs[start:stop]
        if not isinstance(batch, torch.Tensor):
            batch = torch.from_numpy(np.array(batch, order="C"))
            # NumPy makes float64 where nobody asked for it.
            if first is not None and first.is_floating_point() and batch.is_floating_point():
                batch = batch.to(first.dtype)
        return batch if first is None else batch.to(first.device)

    def _pooled(self, layer: _Layer, output: Optional[torch.Tensor], samples: int) -> torch.Tensor:
        if output is None:
            raise refusal(layer.place, "its output holds no tensor", "Name another layer.")
        output = output.detach()
        if output.dtype not in _TYPES:
            raise refusal(layer.place, f"its output is {_name(output.dtype)}, expected floating-point numbers",
                          "Name another layer.")
        if output.ndim == 0 or output.shape[0] != samples:
            raise refusal(layer.place, f"its output has the shape {list(output.shape)} for {counted(samples, 'sample')}; "
                          "expected samples on the first axis", "Use batch_first=True, or name another layer.")
        if output.ndim <= 2 or self.pooling == "none":
            return output
        if self.pooling == "flatten":
            return output.flatten(1)
        output = output.to(torch.float32) if output.dtype in (torch.float16, torch.bfloat16) else output
        return output.mean(layer.axes) if self.pooling == "mean" else output.amax(layer.axes)


class _Trace:
    """One pass in which every module is watched: what fires, in what order, and what it works on."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.outputs: Dict[int, List[torch.Tensor]] = {}
        self.order: List[torch.nn.Module] = []
        self.kinds: Dict[int, str] = {}
        self.first_kinds: Dict[int, str] = {}
        self.producers: Dict[int, torch.nn.Module] = {}
        self.superseded: set = set()
        # Tensors are known by their identity, so none may go before the pass ends.
        self.alive: List[Any] = []

    @contextlib.contextmanager
    def hooks(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for module in {id(m): m for m in self.network.named.values()}.values():
                stack.callback(module.register_forward_hook(self._fired).remove)
            yield

    def _fired(self, module: torch.nn.Module, given: Tuple[Any, ...], output: Any) -> None:
        source, result = _tensor(given), _tensor(output)
        own, before = _kind(module), self.kinds.get(id(source), "other")
        kind = own or before
        is_leaf = not any(True for _ in module.children())
        if is_leaf and (_is_activation(module) or own == "normalization") and id(source) in self.producers:
            self.superseded.add(id(self.producers[id(source)]))
        self.first_kinds.setdefault(id(module), kind)
        # Copied, for an operation in place may follow; the tensor itself keeps its identity alive.
        self.outputs.setdefault(id(module), []).append(result if result is None else result.detach().clone())
        self.order.append(module)
        self.alive += [given, output]
        if result is not None and is_leaf:
            # The activation function after a normalized convolution is a convolution's.
            inherited = before if own == "normalization" and before != "other" else kind
            self.kinds[id(result)], self.producers[id(result)] = inherited, module

    def layers(self, final: Optional[torch.Tensor], is_classes: bool) -> List[Tuple[_Layer, Optional[torch.Tensor]]]:
        """The layers in the order of firing, with their outputs, after all checks."""
        network = self.network
        if not network.layers:
            network.layers = self._by_default()
        network.check_fired({layer.name: len(self.outputs.get(id(layer.module), ())) for layer in network.layers})
        places = {id(module): place for place, module in enumerate(self.order)}
        found = []
        for layer in sorted(network.layers, key=lambda layer: places[id(layer.module)]):
            output = self.outputs[id(layer.module)][0]
            layer.kind, layer.activation = self.first_kinds[id(layer.module)], _activation(layer.module)
            if final is not None and self.producers.get(id(final)) is layer.module and is_classes \
                    and layer.kind in ("dense", "convolution") and layer.activation is None:
                layer.kind, layer.activation = "logits", "identity"
            if output is not None:
                _decide_pooling(layer, output, network.pooling)
            found.append((layer, output))
        return found

    def _by_default(self) -> List[_Layer]:
        """Modules with weights and activation functions; of those directly after another the last."""
        fired = {id(module) for module in self.order}
        chosen = [
            _Layer(name, module, f"{self.network.path}:layer {name}") for name, module in self.network.named.items()
            if id(module) in fired and id(module) not in self.superseded
            and not any(True for _ in module.children())
            and (_is_activation(module) or _kind(module) == "softmax" or any(True for _ in module.parameters()))
        ]
        unique = {id(layer.module): layer for layer in reversed(chosen)}
        if not unique:
            raise refusal(self.network.path, "the model has no module with weights or an activation function",
                          f"Name layers; there are {listed(self.network.named)}.")
        return list(unique.values())


def _decide_pooling(layer: _Layer, output: torch.Tensor, pooling: str) -> None:
    if output.ndim <= 2:
        layer.axes, layer.pooling = (), None
        return
    # Feature maps have their channels on axis 1; sequences have their positions there.
    has_channels = output.ndim > 3 or layer.kind == "convolution" or isinstance(
        layer.module, (torch.nn.modules.batchnorm._NormBase, torch.nn.GroupNorm))
    layer.axes = tuple(range(2, output.ndim)) if has_channels else (1,)
    over = f"{'axis' if len(layer.axes) == 1 else 'axes'} {', '.join(map(str, layer.axes))}"
    layer.pooling = f"{pooling} over {over}" if pooling in ("mean", "max") else pooling


@contextlib.contextmanager
def _undisturbed(model: torch.nn.Module) -> Iterator[None]:
    """Evaluation without gradients; mode, gradient mode and all random states are restored, whatever happens."""
    flags = [(module, module.training) for module in model.modules()]
    states = (torch.get_rng_state(), np.random.get_state(), random.getstate())
    has_cuda = torch.cuda.is_available() and torch.cuda.is_initialized()
    cuda = torch.cuda.get_rng_state_all() if has_cuda else []
    has_mps = hasattr(torch, "mps") and torch.backends.mps.is_available()
    mps = torch.mps.get_rng_state() if has_mps else None
    try:
        # Not by eval(): an override of train() could do more than set the flag, and could not be undone.
        for module, _ in flags:
            module.training = False
        with torch.no_grad():
            yield
    finally:
        for module, flag in flags:
            module.training = flag
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])
        random.setstate(states[2])
        if has_cuda:
            torch.cuda.set_rng_state_all(cuda)
        if has_mps:
            torch.mps.set_rng_state(mps)


def _unwrapped(model: torch.nn.Module) -> torch.nn.Module:
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and _is_parallel(model):
            inner = model.module
        if not isinstance(inner, torch.nn.Module):
            return model
        model = inner


def _is_parallel(module: torch.nn.Module) -> bool:
    return isinstance(module, (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel))


def _plain(name: str, model: torch.nn.Module) -> str:
    """The name without the parts of wrappers in its midst."""
    parts, module = [], model
    for part in name.split("."):
        if part != "_orig_mod" and not (part == "module" and _is_parallel(module)):
            parts.append(part)
        module = module._modules[part] or module
    return ".".join(parts)


def _tensor(value: Any) -> Optional[torch.Tensor]:
    """The first tensor of an output: of a tuple, a list or a dictionary its first entry that holds one."""
    if isinstance(value, torch.Tensor):
        return value
    entries = value.values() if isinstance(value, Mapping) else value if isinstance(value, (tuple, list)) else ()
    return next((found for found in map(_tensor, entries) if found is not None), None)


def _kind(module: torch.nn.Module) -> Optional[str]:
    """What a module is; None where it is what it works on is: an activation function, dropout, a reshape."""
    for kind, names in _KINDS:
        types = tuple(getattr(torch.nn, name, None) or getattr(torch.nn.modules.rnn, name, None) or _Never
                      for name in names.split())
        if isinstance(module, types):
            return kind
    if isinstance(module, torch.nn.modules.conv._ConvNd):
        return "convolution"
    if isinstance(module, torch.nn.modules.batchnorm._NormBase):
        return "normalization"
    if "Attention" in type(module).__name__:
        return "attention"
    return "block" if any(True for _ in module.children()) else None


class _Never:
    """Stands for a type that this version of PyTorch does not have."""


def _is_activation(module: torch.nn.Module) -> bool:
    return type(module).__module__ == "torch.nn.modules.activation" and _kind(module) is None


def _activation(module: torch.nn.Module) -> Optional[str]:
    name = type(module).__name__
    is_named = _is_activation(module) or _kind(module) == "softmax"
    return _SPELLED.get(name, name.lower()) if is_named else None


def _type_name(module: torch.nn.Module) -> str:
    kind = type(module)
    is_public = getattr(torch.nn, kind.__name__, None) is kind
    return f"torch.nn.{kind.__name__}" if is_public else f"{kind.__module__}.{kind.__qualname__}"


def _name(dtype: torch.dtype) -> str:
    return str(dtype).replace("torch.", "")

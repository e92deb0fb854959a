"""What the callbacks of frameworks share: which metrics are recorded, and record 0, which waits for their names."""

from __future__ import annotations

import math
import warnings
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from ._description import stored_name


class FirstRecordWaits:
    """Hands records to ``write(epoch, arrays, metrics)``, the one before training together with the first after it.

    An archive has the metrics of its first record, but before training a framework does not tell which there will be.
    Where ``names`` are given, nothing waits. What is measured later under a new name is left out, with one warning.
    """

    def __init__(self, write: Callable[[int, Any, Dict[str, float]], None], names: Optional[Sequence[str]]) -> None:
        self._write = write
        self._names: Optional[List[str]] = None if names is None else [stored_name(name) for name in names]
        self._waiting: Optional[Tuple[int, Any]] = None
        self._last = -1
        self._told: set = set()

    def go_on(self, last_epoch: Optional[int], names: Iterable[str]) -> None:
        """The archive has records up to an epoch, and so its metrics: from now on only later epochs are recorded."""
        if last_epoch is not None:
            self._last, self._names = last_epoch, list(names)

    def before_training(self, epoch: int, arrays: Any) -> None:
        """The record before training; its metrics are not measured."""
        if epoch <= self._last:
            return
        if self._names is None:
            self._waiting = (epoch, arrays)
        else:
            self._write(epoch, arrays, dict.fromkeys(self._names, math.nan))

    def after_epoch(self, epoch: int, arrays: Any, metrics: Mapping[str, Any]) -> None:
        """The record after an epoch; metrics that are no single number are left out."""
        if epoch <= self._last:
            self._tell(f"epoch {epoch}", f"the archive has records up to epoch {self._last}, which stay as they are")
            return
        numbers: Dict[str, float] = {}
        for name, value in metrics.items():
            try:
                numbers[stored_name(name)] = float(value)
            except (TypeError, ValueError, RuntimeError):
                self._tell(f"the metric {name}", "it is no single number")
        if self._names is None:
            self._names = list(numbers)
        self.flush()
        for name in numbers:
            if name not in self._names:
                self._tell(f"the metric {name}",
                           "the first record had no such metric; name it by metrics=[...] from the start")
        self._write(epoch, arrays, {name: numbers.get(name, math.nan) for name in self._names})

    def flush(self) -> None:
        """Writes the record before training, where it still waits."""
        if self._waiting is not None:
            (epoch, arrays), self._waiting = self._waiting, None
            self._write(epoch, arrays, dict.fromkeys(self._names or [], math.nan))

    def _tell(self, what: str, reason: str) -> None:
        if what not in self._told:
            self._told.add(what)
            warnings.warn(f"infoplane: {what} is not recorded: {reason}.", stacklevel=4)

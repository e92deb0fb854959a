"""What the callbacks of frameworks share: which metrics are recorded, and record 0, which waits for their names."""

from __future__ import annotations

import math
import warnings
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple


class FirstRecordWaits:
    """Hands records to ``write(epoch, arrays, metrics)``, the one before training together with the first after it.

    An archive has the metrics of its first record, but before training a framework does not tell which there will be.
    Where ``names`` are given, nothing waits. What is measured later under a new name is left out, with one warning.
    """

    def __init__(self, write: Callable[[int, Any, Dict[str, float]], None], names: Optional[Sequence[str]]) -> None:
        self._write = write
        self._names: Optional[List[str]] = None if names is None else list(names)
        self._waiting: Optional[Tuple[int, Any]] = None
        self._told: set = set()

    def before_training(self, epoch: int, arrays: Any) -> None:
        """The record before training; its metrics are not measured."""
        if self._names is None:
            self._waiting = (epoch, arrays)
        else:
            self._write(epoch, arrays, dict.fromkeys(self._names, math.nan))

    def after_epoch(self, epoch: int, arrays: Any, metrics: Mapping[str, Any]) -> None:
        """The record after an epoch; metrics that are no single number are left out."""
        numbers: Dict[str, float] = {}
        for name, value in metrics.items():
            try:
                numbers[name] = float(value)
            except (TypeError, ValueError, RuntimeError):
                self._tell(name, "it is no single number")
        if self._names is None:
            self._names = list(numbers)
        self.flush()
        for name in numbers:
            if name not in self._names:
                self._tell(name, "the first record had no such metric; name it by metrics=[...] from the start")
        self._write(epoch, arrays, {name: numbers.get(name, math.nan) for name in self._names})

    def flush(self) -> None:
        """Writes the record before training, where it still waits."""
        if self._waiting is not None:
            (epoch, arrays), self._waiting = self._waiting, None
            self._write(epoch, arrays, dict.fromkeys(self._names or [], math.nan))

    def _tell(self, name: str, reason: str) -> None:
        if name not in self._told:
            self._told.add(name)
            warnings.warn(f"infoplane: the metric {name} is not recorded: {reason}.", stacklevel=4)

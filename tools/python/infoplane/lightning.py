"""Recording while Lightning's `Trainer.fit` trains.

::

    trainer = Trainer(callbacks=[infoplane.lightning.RecorderCallback("run.h5", x[:1000], y[:1000], layers=["fc1"])])
"""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, Mapping, Optional, Sequence

import numpy as np

if "pytorch_lightning" in sys.modules:
    import pytorch_lightning as pl
else:
    try:
        import lightning.pytorch as pl  # type: ignore[no-redef]
    except ImportError:
        import pytorch_lightning as pl  # type: ignore[no-redef]

from ._error import refusal
from ._recorder import Recorder
from ._watching import FirstRecordWaits

__all__ = ["RecorderCallback"]


class RecorderCallback(pl.Callback):
    """Records layers of the module that is fitted: before training, and after every epoch.

    Epoch 0 is before training; the metrics of the archive are the trainer's `callback_metrics`, which hold what the
    module logs. Only the first process records.

    path, inputs, labels, and what is not named here: as for `infoplane.Recorder`. With ``append=True`` epochs that the
        archive has stay as they are; later ones are added.
    every: records after each so many epochs.
    metrics: names of the metrics; None: those of the first epoch, for which the record before training waits in memory.
    """

    def __init__(
        self, path: "str | os.PathLike[str]", inputs: Any = None, labels: Any = None, *, every: int = 1,
        metrics: Optional[Sequence[str]] = None, **options: Any,
    ) -> None:
        super().__init__()
        if not isinstance(every, int) or every < 1:
            raise refusal(os.fspath(path), f"every is {every!r}, expected a whole number from 1 on", "Choose 1 or more.")
        self._arguments, self._options = (path, inputs, labels), options
        self._every = every
        self._recorder: Optional[Recorder] = None
        self._records = FirstRecordWaits(self._write, metrics)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Records the module as it is before it is trained; here a checkpoint has been loaded already."""
        if trainer.is_global_zero:
            path, inputs, labels = self._arguments
            self._recorder = Recorder(path, pl_module, inputs, labels, **self._options)
            self._records.go_on(self._recorder.last_epoch, self._recorder.metric_names)
            self._records.before_training(trainer.current_epoch, self._recorder.activations())

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Records the module after an epoch, with what it logged as metrics."""
        epoch = trainer.current_epoch + 1
        if self._recorder is not None and epoch % self._every == 0:
            self._records.after_epoch(epoch, self._recorder.activations(), trainer.callback_metrics)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Closes the archive."""
        self.close()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Closes the archive; what was recorded stays."""
        self.close()

    def close(self) -> None:
        """Closes the archive; closing twice does nothing."""
        if self._recorder is not None:
            self._records.flush()
            self._recorder.close()

    def _write(self, epoch: int, arrays: Mapping[str, Mapping[str, np.ndarray]], metrics: Dict[str, float]) -> None:
        assert self._recorder is not None
        self._recorder._record(epoch, None, arrays, metrics)

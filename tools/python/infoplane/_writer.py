"""The writer of archives, at the level of arrays."""

from __future__ import annotations

import json
import math
import os
import threading
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple

import numpy as np
from h5py import h5g, h5s

from . import _hdf5, _trial
from ._adoption import Adoption
from ._check import check, check_metrics
from ._description import ArchiveDescription, PerEpochInputs, SplitDescription, stored_name
from ._error import ArchiveError, Finding, counted, listed, refusal, suggestion
from ._records import Records, Series, Split, samples_per_chunk, sha256
from ._superblock import busy, clear_writer_mark

class ArchiveWriter:
    """Records arrays to a new archive, record by record; a committed record survives the death of the process.

    ::

        writer = ArchiveWriter("run.h5", description)
        writer.begin_record(0)
        writer.write(values, split="train", layer="fc1")     # once for every layer of every split
        writer.commit_record({"train_loss": 0.7})
        writer.close()

    A record that was begun and not committed leaves no trace for readers; ``begin_record`` starts it anew. After a
    refused value the writer may go on with ``begin_record``, after a failure of the disk no more.

    ``deflate``: level 1 to 9, or None. ``sync``: whether every record is forced to the disk, against loss of power.
    Raises `ArchiveError`: every contradiction of the description at once, before anything is created; a file that
    exists is left alone.
    """

    def __init__(self, path: "str | os.PathLike[str]", description: ArchiveDescription, *,
                 deflate: Optional[int] = None, sync: bool = False) -> None:
        self.path = os.fspath(path)
        findings = check(description, self.path) + check_deflate(deflate, self.path)
        if findings:
            raise ArchiveError(*findings)
        self._begin_life(sync)
        self._file = _hdf5.create(self.path)
        try:
            self._create(description, deflate)
        except ArchiveError:
            raise
        except Exception as error:
            self._fail(error)
            os.unlink(self.path)
            raise _hdf5.failed(self.path, error) from error

    @classmethod
    def append(cls, path: "str | os.PathLike[str]", description: ArchiveDescription, *,
               sync: bool = False) -> "ArchiveWriter":
        """Goes on with an archive after its last committed record, also one that a killed writer left.

        The inputs, labels, ids, layers, shapes and types must be those of the archive (all contradictions are told at
        once, before anything is recorded), and the last committed record must have its digests. Compression, texts,
        and whether there are steps, are those of the archive. Refused while a program holds the file.
        """
        writer = cls.__new__(cls)
        writer.path = os.fspath(path)
        findings = check(description, writer.path)
        if findings:
            raise ArchiveError(*findings)
        clear_writer_mark(writer.path)
        _trial.check(writer.path)
        writer._begin_life(sync)
        found = writer._reopen(description, lambda: _hdf5.open_to_read(writer.path))
        # Without records and metrics, its writer died before the first record, which says what metrics there are: they
        # can still be created, but not while readers are let in.
        writer._is_shared = bool(found.records or found.metrics)
        _hdf5.close(writer._file)
        found = writer._reopen(description, lambda: _hdf5.open_to_write(writer.path, shared=writer._is_shared))
        try:
            writer._adopt(found)
        except Exception as error:
            writer._fail(error)
            raise _hdf5.failed(writer.path, error) from error
        return writer

    def _reopen(self, description: ArchiveDescription, opened: Callable[[], Any]) -> Adoption:
        try:
            self._file = opened()
        except (OSError, RuntimeError) as error:
            raise busy(self.path) if _hdf5.is_busy(error) else _damaged(self.path, error) from error
        try:
            return Adoption(self._file, self.path, description)
        except Exception as error:
            self._is_closed = True
            _hdf5.close(self._file)
            if isinstance(error, ArchiveError):
                raise
            raise _damaged(self.path, error) from error

    def _begin_life(self, sync: bool) -> None:
        self._sync = sync
        self._lock = threading.RLock()
        self._committed_records = 0
        self._metrics: Dict[str, Series] = {}
        self._splits: Dict[str, Split] = {}
        self._is_shared = self._is_closed = self._has_failed = False
        self._pending: Optional[Tuple[int, Optional[int]]] = None
        self._last: Optional[Tuple[int, Optional[int]]] = None

    def _adopt(self, found: Adoption) -> None:
        self._root, self._committed, self._epochs, self._steps = found.root.id, found.committed, found.epochs, found.steps
        self._metrics, self._splits, self._last = found.metrics, found.splits, found.last
        self._metrics_group = found.root["metrics"].id
        self._committed_records = found.records
        _hdf5.set_attribute(self._root, "closed", np.uint8(0))

    @property
    def committed_records(self) -> int:
        """Records safely written."""
        return self._committed_records

    @property
    def last_epoch(self) -> Optional[int]:
        """The epoch of the last committed record, None where there is none."""
        return None if self._last is None else self._last[0]

    @property
    def metric_names(self) -> List[str]:
        """The metrics of the archive, as they are stored; none before the first record."""
        return list(self._metrics)

    def _create(self, description: ArchiveDescription, deflate: Optional[int]) -> None:
        self._root = root = _hdf5.open_root(self._file)
        texts = {
            "format": "activation-archive", "version": "1.0", "id": description.id, "created": description.created,
            "producer": description.producer, "title": description.title, "model": description.model,
            "hyperparameters": json.dumps(dict(description.hyperparameters), ensure_ascii=False, allow_nan=False,
                                          separators=(",", ":")),
        }
        if description.derived_from is not None:
            texts["derived_from"] = description.derived_from
        for name, text in texts.items():
            _hdf5.set_attribute(root, name, text)
        _hdf5.set_attribute(root, "closed", np.uint8(0))
        self._committed = _hdf5.write_dataset(root, "committed", np.array(0, "<i8"))
        self._epochs = Series.create(root, "epoch", "<i8")
        self._steps = Series.create(root, "step", "<i8") if description.has_steps else None
        self._metrics_group = _hdf5.create_group(root, "metrics")
        splits = _hdf5.create_group(root, "splits")
        for split in description.splits:
            name = stored_name(split.name)
            self._splits[name] = self._create_split(split, _hdf5.create_group(splits, name), name, deflate)
        if description.metric_names is not None:
            self._share(description.metric_names)

    def _create_split(self, split: SplitDescription, group: h5g.GroupID, name: str, deflate: Optional[int]) -> Split:
        place = f"{self.path}:/splits/{name}"
        inputs = None
        if isinstance(split.inputs, PerEpochInputs):
            inputs = Records.create(f"{place}/inputs", group, "inputs", split.inputs.dtype,
                                     (split.samples, *split.inputs.shape), deflate,
                                     Series.create(group, "input_digests", "u1", 32), None)
            _hdf5.set_attribute(inputs.dataset, "per_epoch", np.uint8(1))
        else:
            layout: Dict[str, Any] = {}
            if deflate is not None:
                rows = samples_per_chunk(split.samples, split.inputs[0].nbytes)
                layout = {"chunk": (rows, *split.inputs.shape[1:]), "deflate": deflate}
            dataset = _hdf5.write_dataset(group, "inputs", split.inputs, **layout)
            _hdf5.set_attribute(dataset, "per_epoch", np.uint8(0))
            _hdf5.set_attribute(dataset, "sha256", sha256(split.inputs).hex())
        labels = _hdf5.write_dataset(group, "labels", split.labels)
        if len(split.class_names):
            _hdf5.set_attribute(labels, "class_names", list(split.class_names))
        _hdf5.set_attribute(labels, "sha256", sha256(split.labels).hex())
        ids = _hdf5.write_dataset(group, "sample_ids", split.sample_ids)
        _hdf5.set_attribute(ids, "sha256", sha256(split.sample_ids).hex())

        groups = [_hdf5.create_group(group, part) for part in ("layers", "ranges", "digests")]
        layers = {}
        for layer in split.layers:
            stored = stored_name(layer.name)
            ranges = Series.create(groups[1], stored, "<f8", 2)
            digests = Series.create(groups[2], stored, "u1", 32)
            records = Records.create(f"{place}/layers/{stored}", groups[0], stored, layer.dtype,
                                      (split.samples, *layer.unit_shape), deflate, digests, ranges)
            _hdf5.set_attribute(records.dataset, "order", np.int64(layer.order))
            _hdf5.set_attribute(records.dataset, "kind", layer.kind)
            for attribute in ("activation", "module", "pooling"):
                text = getattr(layer, attribute)
                if text is not None:
                    _hdf5.set_attribute(records.dataset, attribute, text)
            layers[stored] = records
        return Split(layers, inputs)

    def _share(self, metric_names: Iterable[str]) -> None:
        """Creates the metrics, the last objects, and lets readers in. Creating an object later could cost the file."""
        for name in metric_names:
            self._metrics[name] = Series.create(self._metrics_group, stored_name(name), "<f8")
        self._file_flush()
        _hdf5.start_sharing(self._file)
        self._is_shared = True

    def begin_record(self, epoch: int, step: Optional[int] = None) -> None:
        """Begins the next record; an uncommitted one is given up. Epochs, or the pairs with steps, ascend from 0."""
        with self._lock:
            self._check_open()
            if (step is None) != (self._steps is None):
                problem = ("a step is given, but the archive was created without" if self._steps is None
                           else f"no step is given for epoch {epoch}")
                raise refusal(f"{self.path}:/step", problem, "Give every record a step, or none.")
            for name, value in (("epoch", epoch), ("step", 0 if step is None else step)):
                if isinstance(value, bool) or not hasattr(type(value), "__index__") or not 0 <= value < 1 << 63:
                    raise refusal(f"{self.path}:/{name}", f"the {name} is {value!r}, expected a whole number from 0 on",
                                  "Count from 0, which is before training.")
            pair = (int(epoch), None if step is None else int(step))
            if self._last is not None and (pair[0], pair[1] or 0) <= (self._last[0], self._last[1] or 0):
                raise refusal(f"{self.path}:/epoch", f"{_named(pair)} follows {_named(self._last)}; records must be "
                              "written in ascending order", "Record every epoch once.")
            self._pending = pair
            for split in self._splits.values():
                for records in split.records():
                    records.is_written = False

    def write(self, values: Any, *, split: str, layer: str) -> None:
        """Writes one layer for all samples of the split. Wider floats are rounded to nearest even; overflow is refused."""
        with self._lock:
            found = self._split(split)
            name = stored_name(layer)
            if name not in found.layers:
                raise refusal(f"{self.path}:/splits/{stored_name(split)}",
                              f"there is no layer “{name}”; there are {listed(found.layers)}",
                              suggestion(name, found.layers))
            self._write(found.layers[name], values)

    def write_inputs(self, values: Any, *, split: str) -> None:
        """Writes the inputs of a split whose inputs change per epoch, for the record that is begun."""
        with self._lock:
            records = self._split(split).inputs
            if records is None:
                raise refusal(f"{self.path}:/splits/{stored_name(split)}/inputs", "the inputs were written when the "
                              "archive was created, and do not change per epoch", "Create it with inputs per epoch.")
            self._write(records, values)

    def _split(self, name: str) -> Split:
        self._check_begun("writing to it")
        stored = stored_name(name)
        if stored not in self._splits:
            raise refusal(self.path, f"there is no split “{stored}”; there are {listed(self._splits)}",
                          suggestion(stored, self._splits))
        return self._splits[stored]

    def _write(self, records: Records, values: Any) -> None:
        assert self._pending is not None
        accepted = records.accept(np.asarray(values), self._pending[0])
        with _Guard(self):
            records.write(self._committed_records, accepted)

    def commit_record(self, metrics: Optional[Mapping[str, float]] = None) -> None:
        """Commits the record that is begun; a metric that is absent is stored as NaN, "not measured".

        Raises `ArchiveError` where a layer is missing, or a metric that the first record did not have is new.
        """
        with self._lock:
            pending = self._check_begun("committing it")
            values = {name: self._number(name, value) for name, value in (metrics or {}).items()}
            missing = [records.place for split in self._splits.values() for records in split.records()
                       if not records.is_written]
            if missing:
                raise ArchiveError(*(Finding(place, f"nothing was written for {_named(pending)}",
                                             "Write every layer of every split before committing.")
                                     for place in missing))
            if self._is_shared:
                for name in values:
                    if name not in self._metrics:
                        raise refusal(f"{self.path}:/metrics/{name}", f"this metric is new at {_named(pending)}; the "
                                      f"archive has {listed(self._metrics)}",
                                      "Give all metrics with the first record, NaN where there is none yet.")
            else:
                findings = check_metrics(values, self.path)
                if findings:
                    raise ArchiveError(*findings)
            with _Guard(self):
                if not self._is_shared:
                    self._share(sorted(values))
                self._epochs.write(self._committed_records, pending[0])
                if self._steps is not None:
                    self._steps.write(self._committed_records, pending[1])
                for name, series in self._metrics.items():
                    series.write(self._committed_records, values.get(name, math.nan))
                # The counter must not reach the disk before what it counts.
                self._file_flush()
                self._committed.write(h5s.ALL, h5s.ALL, np.array(self._committed_records + 1, "<i8"))
                self._file_flush()
            self._committed_records += 1
            self._last, self._pending = pending, None

    def _number(self, name: str, value: Any) -> float:
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise refusal(f"{self.path}:/metrics/{name}", f"the value is {value!r}, expected a number",
                          "Give one number per record and metric.") from error

    def _file_flush(self) -> None:
        _hdf5.flush(self._file)
        if self._sync:
            _hdf5.synchronize(self._file)

    def close(self) -> None:
        """Marks the archive as closed normally and closes it; closing twice does nothing."""
        with self._lock:
            if self._is_closed or self._has_failed:
                return
            with _Guard(self):
                _hdf5.set_attribute(self._root, "closed", np.uint8(1))
                self._file_flush()
            self._is_closed = True
            try:
                _hdf5.close(self._file)
            except Exception as error:
                # The file's identifier is one of freed memory now.
                _hdf5.keep(self._file, self)
                raise _hdf5.failed(self.path, error) from error

    def __enter__(self) -> "ArchiveWriter":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _fail(self, error: BaseException) -> None:
        self._has_failed = True
        # The frames of the error hold objects of the file, too.
        _hdf5.abandon(self._file, self, error)

    def _check_open(self) -> None:
        if self._has_failed:
            raise refusal(self.path, "writing has failed; the archive ends with "
                          f"{counted(self._committed_records, 'record')}", "See to the disk, then go on with append=True.")
        if self._is_closed:
            raise refusal(self.path, "the archive is closed", "Record to a new archive, or go on with append=True.")

    def _check_begun(self, purpose: str) -> Tuple[int, Optional[int]]:
        self._check_open()
        if self._pending is None:
            raise refusal(self.path, "no record is begun", f"Begin a record before {purpose}.")
        return self._pending


def _damaged(path: str, error: Exception) -> ArchiveError:
    text = " ".join(str(error).split()).rstrip(".")
    return refusal(path, f"its writer died before the first record, or the file is damaged ({text})",
                   "Remove it and record again, or copy it again from its source.")


class _Guard:
    """Gives the file up where a call of libhdf5 fails, because closing it then would damage it."""

    def __init__(self, writer: ArchiveWriter) -> None:
        self.writer = writer

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Optional[BaseException], trace: Any) -> None:
        # Not for a KeyboardInterrupt: it comes between two calls, and the file can be closed as it is.
        if isinstance(error, Exception):
            self.writer._fail(error)
            raise _hdf5.failed(self.writer.path, error) from error


def check_deflate(level: Optional[int], path: str) -> List[Finding]:
    """Refuses a level that there is not."""
    if level is None or level in range(1, 10):
        return []
    return [Finding(path, f"the level of deflate is {level!r}, expected 1 to 9, or None", "Choose 1 for speed.")]


def _named(record: Tuple[int, Optional[int]]) -> str:
    return f"epoch {record[0]}" + ("" if record[1] is None else f", step {record[1]}")

"""What an archive that is to be continued holds, compared with what is to be recorded."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Tuple

import h5py
import numpy as np
from h5py import h5d

from . import _hdf5
from ._description import ArchiveDescription, LayerDescription, PerEpochInputs, SplitDescription, stored_name
from ._error import ArchiveError, Finding, counted, listed, refusal
from ._records import Records, Series, Split, sha256


class Adoption:
    """The data sets of an existing archive, after all checks."""

    def __init__(self, file: Any, path: str, description: ArchiveDescription) -> None:
        self.path = path
        self.findings: List[Finding] = []
        root = h5py.Group(_hdf5.open_root(file))
        kind, version = root.attrs.get("format"), root.attrs.get("version")
        if kind != "activation-archive":
            raise refusal(path, "this HDF5 file is not an activation archive", "Name an archive that a recorder wrote.")
        if not isinstance(version, str) or version.split(".")[0] != "1":
            raise refusal(path, f"the archive has the version {version}, expected 1.x", "Use a newer recorder.")
        self.root = root
        self.committed = self.data("committed")
        self.records = int(h5py.Dataset(self.committed)[()])
        self.epochs = Series(self.data("epoch"))
        self.steps = Series(self.data("step")) if "step" in root else None
        self.metrics = {name: Series(self.data(f"metrics/{name}")) for name in root.get("metrics", ())}
        self.splits: Dict[str, Split] = {}
        wanted = {stored_name(split.name): split for split in description.splits}
        self._same_names("", "split", root["splits"], wanted)
        for name, split in wanted.items():
            if name in root["splits"]:
                self.splits[name] = self._split(name, split)
        if self.findings:
            raise ArchiveError(*self.findings)
        self._check_last_record()

    @property
    def last(self) -> Optional[Tuple[int, Optional[int]]]:
        """Epoch and step of the last committed record."""
        if not self.records:
            return None
        epoch, step = (None if series is None else int(_hdf5.read_row(series.dataset, self.records - 1))
                       for series in (self.epochs, self.steps))
        return (epoch or 0, step)

    def data(self, place: str) -> h5d.DatasetID:
        """A data set that must be there."""
        found = self.root.get(place)
        if not isinstance(found, h5py.Dataset):
            raise refusal(f"{self.path}:/{place}", "this data set is missing: the writer died before the first record",
                          "Remove the file and record again.")
        return found.id

    def _add(self, place: str, problem: str) -> None:
        self.findings.append(Finding(f"{self.path}:/splits{place}", problem,
                                     "Record the same as before, or to another archive."))

    def _same_names(self, place: str, noun: str, there: Iterable[str], wanted: Iterable[str]) -> None:
        there, wanted = set(there), set(wanted)
        for name in sorted(there - wanted):
            self._add(place, f"the archive has the {noun} “{name}”, which is not recorded now")
        for name in sorted(wanted - there):
            self._add(place, f"the {noun} “{name}” is not in the archive, which has {listed(sorted(there))}")

    def _split(self, name: str, split: SplitDescription) -> Split:
        place, group = f"/{name}", self.root["splits"][name]
        inputs = None
        if isinstance(split.inputs, PerEpochInputs):
            if not group["inputs"].attrs.get("per_epoch", 0):
                self._add(f"{place}/inputs", "they do not change in the archive, but now")
            else:
                self._same_cell(f"{place}/inputs", group["inputs"], (split.samples, *split.inputs.shape),
                                split.inputs.dtype)
                inputs = Records(f"{self.path}:/splits/{name}/inputs", group["inputs"].id,
                                 Series(self.data(f"splits/{name}/input_digests")), None)
        elif group["inputs"].attrs.get("per_epoch", 0):
            self._add(f"{place}/inputs", "they change per record in the archive, but not now")
        else:
            self._same_data(f"{place}/inputs", group["inputs"], split.inputs)
        self._same_data(f"{place}/labels", group["labels"], split.labels)
        names = list(group["labels"].attrs.get("class_names", ()))
        if names != list(split.class_names):
            self._add(f"{place}/labels", f"the class names are {listed(names)}, now {listed(split.class_names)}")
        self._same_data(f"{place}/sample_ids", group["sample_ids"], split.sample_ids)

        wanted = {stored_name(layer.name): layer for layer in split.layers}
        self._same_names(f"{place}/layers", "layer", group["layers"], wanted)
        layers = {layer: self._layer(name, layer, wanted[layer], split.samples)
                  for layer in wanted if layer in group["layers"]}
        return Split(layers, inputs)

    def _layer(self, split: str, name: str, layer: LayerDescription, samples: int) -> Records:
        place, data = f"/{split}/layers/{name}", self.root[f"splits/{split}/layers/{name}"]
        self._same_cell(place, data, (samples, *layer.unit_shape), layer.dtype)
        pooling = data.attrs.get("pooling")
        if pooling != layer.pooling:
            self._add(place, f"the pooling is {pooling or 'none'} in the archive, now {layer.pooling or 'none'}")
        return Records(f"{self.path}:/splits{place}", data.id, Series(self.data(f"splits/{split}/digests/{name}")),
                       Series(self.data(f"splits/{split}/ranges/{name}")))

    def _same_cell(self, place: str, data: h5py.Dataset, shape: Tuple[int, ...], dtype: str) -> None:
        if data.shape[1:] != tuple(shape) or data.dtype != np.dtype(dtype):
            self._add(place, f"a record is {data.dtype.name} {list(data.shape[1:])} in the archive, now {dtype} "
                      f"{list(shape)}")

    def _same_data(self, place: str, data: h5py.Dataset, values: np.ndarray) -> None:
        if data.shape != values.shape or data.dtype != values.dtype:
            self._add(place, f"they are {data.dtype.name} {list(data.shape)} in the archive, now {values.dtype.name} "
                      f"{list(values.shape)}")
        elif data.attrs.get("sha256") != sha256(values).hex():
            self._add(place, "they have other values in the archive than now")

    def _check_last_record(self) -> None:
        """The record that is continued must be whole: what is behind a torn one would be lost with it."""
        for split in self.splits.values():
            for records in split.records():
                counts = {series.dataset.shape[0] for series in (records, records.digests, records.ranges) if series}
                if min(counts) < self.records:
                    raise refusal(records.place, f"{counted(min(counts), 'record')}, but {self.records} are committed",
                                  "The file is damaged; copy it again, or record to another archive.")
                if self.records and sha256(_hdf5.read_row(records.dataset, self.records - 1)) != _hdf5.read_row(
                        records.digests.dataset, self.records - 1).tobytes():
                    raise refusal(records.place, f"record {self.records - 1}, the last committed, does not have its "
                                  "digest", "The file is damaged; copy it again, or record to another archive.")

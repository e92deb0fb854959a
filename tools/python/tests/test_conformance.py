"""Both writers make the same file; the schema is all that they share."""

import json
import subprocess

import h5py
import numpy as np
import pytest
from h5py import h5a, h5d, h5g, h5o

import infoplane
from conftest import SCHEMAS, describe, record

STEPLESS = ("record", "csv", "{table}", "--hidden", "4,3", "--epochs", "3", "--adversary", "fgsm")
KINDS = {
    "plain": STEPLESS,
    "deflated": (*STEPLESS, "--deflate", "4"),
    "large": ("record", "szt", "--epochs", "2"),
}


@pytest.fixture(params=sorted(KINDS))
def both(request, tmp_path, binary):
    """An archive of the Swift recorder, and one of the same content by the Python writer."""
    table = tmp_path / "table.csv"
    rows = [f"0.{i},{i % 7},{'yes' if i % 3 else 'nö'}" for i in range(10, 60)]
    table.write_text("a,b,y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    swift, python = tmp_path / "swift.h5", tmp_path / "python.h5"
    command = [word.format(table=table) for word in KINDS[request.param]]
    subprocess.run([binary, *command, "-o", str(swift)], check=True, capture_output=True)
    write_again(swift, python, deflate=4 if request.param == "deflated" else None)
    return swift, python


def write_again(source, target, deflate):
    """Writes what ``source`` holds by the Python writer."""
    with h5py.File(source, "r") as file:
        splits = [split_of(file["splits"][name], name) for name in file["splits"]]
        attributes = dict(file.attrs)
        description = infoplane.ArchiveDescription(
            splits, metric_names=list(file["metrics"]), hyperparameters=json.loads(attributes["hyperparameters"]),
            **{name: attributes[name] for name in ("id", "created", "producer", "title", "model")})
        with infoplane.ArchiveWriter(target, description, deflate=deflate) as writer:
            for index in range(file["committed"][()]):
                writer.begin_record(int(file["epoch"][index]))
                for name, split in file["splits"].items():
                    if split["inputs"].attrs["per_epoch"]:
                        writer.write_inputs(split["inputs"][index], split=name)
                    for layer in split["layers"]:
                        writer.write(split["layers"][layer][index], split=name, layer=layer)
                writer.commit_record({name: file["metrics"][name][index] for name in file["metrics"]})


def split_of(group, name):
    layers = [
        infoplane.LayerDescription(
            layer, int(data.attrs["order"]), data.attrs["kind"], data.shape[2:], data.dtype.name,
            *(data.attrs.get(key) for key in ("activation", "module", "pooling")))
        for layer, data in group["layers"].items()
    ]
    inputs = group["inputs"]
    if inputs.attrs["per_epoch"]:
        inputs = infoplane.PerEpochInputs(inputs.shape[2:], inputs.dtype.name)
    return infoplane.SplitDescription(
        name, inputs[()] if isinstance(inputs, h5py.Dataset) else inputs, group["labels"][()], layers,
        sample_ids=group["sample_ids"][()], class_names=list(group["labels"].attrs.get("class_names", [])))


def portrait(path):
    """All that libhdf5 tells of every object and attribute of a file, with the values."""
    with h5py.File(path, "r") as file:
        creation = file.id.get_create_plist()
        found = {"": {
            "space": creation.get_file_space_strategy(), "page": creation.get_file_space_page_size(),
            "version": creation.get_version(), "userblock": creation.get_userblock(),
            "links": creation.get_link_creation_order(), "superblock": open(path, "rb").read(12),
        }}

        def visit(place, parent, name, target):
            link = parent.links.get_info(name.encode()) if parent is not None else None
            entry = {
                "link": (link.type, link.cset, link.corder_valid) if link else None,
                "attributes": attributes_of(target),
            }
            if isinstance(target, h5d.DatasetID):
                entry.update(dataset_of(target))
            found[place or "/"] = entry
            if isinstance(target, h5g.GroupID):
                entry["order"] = target.get_create_plist().get_link_creation_order()
                for child in h5py.Group(target):
                    visit(f"{place}/{child}", target, child, h5o.open(target, child.encode()))

        visit("", None, "", file["/"].id)
        return found


def attributes_of(target):
    entries = {}
    for index in range(h5a.get_num_attrs(target)):
        attribute = h5a.open(target, index=index)
        kind = attribute.get_type()
        text = (kind.get_cset(), kind.get_strpad(), kind.is_variable_str()) if isinstance(kind, h5py.h5t.TypeStringID) else None
        name = attribute.name.decode()
        value = (h5py.Group if isinstance(target, h5g.GroupID) else h5py.Dataset)(target).attrs[name]
        entries[name] = (kind.encode(), text, attribute.shape, attribute.get_space().get_simple_extent_type(),
                         np.asarray(value).tolist(), index)
    return entries


def dataset_of(target):
    creation, space = target.get_create_plist(), target.get_space()
    layout = creation.get_layout()
    return {
        "type": target.get_type().encode(), "shape": target.shape,
        "largest": space.get_simple_extent_dims(True) if target.shape else (), "layout": layout,
        "chunk": creation.get_chunk() if layout == h5d.CHUNKED else None,
        "filters": [creation.get_filter(i) for i in range(creation.get_nfilters())],
        "fill": (creation.get_fill_time(), creation.fill_value_defined()), "allocation": creation.get_alloc_time(),
        "times": creation.get_obj_track_times(), "values": h5py.Dataset(target)[()].tobytes(),
        "storage": target.get_storage_size(),
    }


def test_both_writers_make_the_same_objects(both):
    swift, python = map(portrait, both)
    assert swift.keys() == python.keys()
    for place in swift:
        assert python[place] == swift[place], place
    assert len(swift) > 20


def test_both_writers_make_files_of_the_same_size(both):
    # Not of the same bytes: Swift writes the metrics of a record in the order of a hash table.
    swift, python = both
    assert swift.stat().st_size == python.stat().st_size


def test_the_command_line_reads_what_python_writes(both, binary):
    told = [subprocess.run([binary, "inspect", "--json", str(path)], check=True, capture_output=True).stdout
            for path in both]
    swift, python = (json.loads(text.replace(str(path).encode(), b"")) for text, path in zip(told, both))
    assert python == swift


def test_every_object_and_attribute_is_one_of_the_schema(tmp_path):
    description = describe(title="t", metric_names=["loss"])
    with infoplane.ArchiveWriter(tmp_path / "run.h5", description) as writer:
        record(writer, description, 0, loss=1.0)
    schema = json.loads((SCHEMAS / "activation-archive-v1.json").read_text())
    rules = {tuple(rule["path"].strip("/").split("/")): rule for rule in schema["objects"]}
    types = {"string": str, "uint8": np.uint8, "integer": (np.uint8, np.int64), "strings": np.ndarray}
    fired = set()

    def rule_of(place):
        for path, rule in rules.items():
            if len(path) == len(place) and all(a == b or a.startswith("<") for a, b in zip(path, place)):
                return path, rule
        raise AssertionError(f"the schema has no {'/'.join(place)}")

    def check(place, target):
        path, rule = rule_of(place)
        fired.add(path)
        assert isinstance(target, h5py.Group if rule["kind"] == "group" else h5py.Dataset), place
        known = {entry["name"]: entry for entry in rule["attributes"]}
        assert set(target.attrs) <= set(known), place
        for name, entry in known.items():
            assert name in target.attrs or entry["required"] != "always", (place, name)
            if name in target.attrs:
                assert isinstance(target.attrs[name], types[entry["type"]]), (place, name)
                assert target.attrs[name] in entry["values"] if "values" in entry else True
        for form in rule.get("forms", []):
            if target.dtype.name in form["types"] and (
                    len(form["shape"]) == target.ndim or form["shape"][-1:] == ["..."]):
                break
        else:
            assert rule["kind"] == "group", place
        if rule["kind"] == "group":
            for child in target:
                check((*place, child) if place != ("",) else (child,), target[child])

    with h5py.File(tmp_path / "run.h5", "r") as file:
        check(("",), file["/"])
    required = {path for path, rule in rules.items() if rule["required"] == "always"}
    assert required <= fired

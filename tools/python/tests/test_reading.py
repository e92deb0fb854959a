"""Reading archives and results: what the file holds, lazily, and sentences for everything else."""

import csv
import io
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest

from infoplane import ArchiveError, _trial, open_archive, read_results

xarray = pytest.importorskip("xarray", reason="xarray is not installed")
pandas = pytest.importorskip("pandas", reason="pandas is not installed")

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
TANH = SAMPLES / "szt-tanh.h5"


@pytest.fixture
def copy(tmp_path):
    target = tmp_path / "copy.h5"
    shutil.copy(TANH, target)
    return target


def make_archive(path, records=4, samples=50, committed=None, units=(6,), float_type="float32", compression=None):
    """An archive with chunks of one record, whose value at (record, sample, unit) says where it stands."""
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        file.attrs.update(format="activation-archive", version="1.0", id="made", created="", producer="test")
        file.attrs["closed"] = np.uint8(1)
        file["committed"] = np.int64(records if committed is None else committed)
        file["epoch"] = np.arange(records, dtype="int64") * 10
        file["metrics/loss"] = np.arange(records, dtype="float64")
        split = file.create_group("splits/train")
        split["inputs"] = np.zeros((samples, 2, 3), "float32")
        split["labels"] = np.zeros(samples, "int64")
        split["sample_ids"] = np.arange(samples, dtype="int64") + 100
        shape = (records, samples, *units)
        values = np.arange(np.prod(shape)).reshape(shape).astype(float_type)
        layer = split.create_dataset("layers/fc1", data=values, chunks=(1, *shape[1:]), compression=compression)
        layer.attrs["order"] = np.int64(1)
        layer.attrs["kind"] = "dense"
    return values


def test_values_dimensions_and_provenance_are_those_of_the_file():
    with open_archive(TANH) as archive, h5py.File(TANH) as file:
        assert list(archive) == ["all", "test", "train"]
        run = archive["train"]
        assert list(run.data_vars)[:7] == ["fc1", "fc2", "fc3", "fc4", "fc5", "logits", "softmax"]
        assert run["fc1"].dims == ("epoch", "sample", "fc1_unit")
        assert run["fc1"].attrs == {"order": 1, "kind": "dense", "activation": "tanh"}
        assert run["epoch"].values.tolist() == file["epoch"][:].tolist()
        assert run["sample"].values.tolist() == file["splits/train/sample_ids"][:].tolist()
        for layer in file["splits/train/layers"]:
            assert np.array_equal(run[layer].values, file["splits/train/layers"][layer][:])
            assert run[layer].dtype == file["splits/train/layers"][layer].dtype
        assert np.array_equal(run["inputs"].values, file["splits/train/inputs"][:])
        assert np.array_equal(run["labels"].values, file["splits/train/labels"][:])
        assert run["labels"].attrs["class_names"] == list(file["splits/train/labels"].attrs["class_names"])
        assert np.array_equal(run["train_loss"].values, file["metrics/train_loss"][:])
        assert run.attrs["id"] == file.attrs["id"] and run.attrs["closed"] == 1
        assert repr(archive).endswith("3 records; all: 4096 samples, test: 500 samples, train: 500 samples>")


def test_one_split_is_a_dataset():
    with open_archive(TANH, split="test") as run:
        assert isinstance(run, xarray.Dataset) and run.attrs["split"] == "test" and run.sizes["sample"] == 500


def test_any_selection_equals_that_of_numpy(tmp_path):
    values = make_archive(tmp_path / "run.h5", units=(4, 5))
    rng = np.random.default_rng(1)
    with open_archive(tmp_path / "run.h5", split="train") as run:
        layer = run["fc1"]
        assert layer.dims == ("epoch", "sample", "fc1_unit0", "fc1_unit1")
        assert run["inputs"].dims == ("sample", "feature0", "feature1")
        for _ in range(200):
            picks = []
            for size in values.shape:
                kind = rng.integers(4)
                if kind == 0:
                    picks.append(int(rng.integers(-size, size)))
                elif kind == 1:
                    picks.append(rng.integers(-size, size, rng.integers(0, 5)))
                elif kind == 2:
                    low, high = sorted(rng.integers(0, size + 1, 2))
                    picks.append(slice(int(low), int(high), int(rng.integers(1, 4))))
                else:
                    picks.append(slice(None, None, -int(rng.integers(1, 3))))
            expected = values
            for axis in reversed(range(4)):
                expected = expected[(slice(None),) * axis + (picks[axis],)]
            found = layer.isel(dict(zip(layer.dims, picks))).values
            assert np.array_equal(found, expected), picks
        assert np.array_equal(layer.sel(epoch=20, sample=[103, 101]).values, values[2, [3, 1]])
        points = layer.isel(epoch=xarray.DataArray([0, 3], dims="p"), sample=xarray.DataArray([7, 2], dims="p"))
        assert np.array_equal(points.values, values[[0, 3], [7, 2]])


def test_one_record_is_read_alone_and_memory_stays_bounded(tmp_path):
    path = tmp_path / "run.h5"
    make_archive(path, records=60, samples=1000, units=(500,))  # 2 MB a record, 120 MB in all
    program = textwrap.dedent("""
        import sys, infoplane, resource, numpy
        with infoplane.open_archive(sys.argv[1], split="train") as run:
            run["fc1"].isel(epoch=0, sample=0).values
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            assert run["fc1"].shape == (60, 1000, 500)
            for epoch in run["epoch"].values:
                total = float(run["fc1"].sel(epoch=epoch).sum())
            assert run["fc1"].isel(epoch=[0, 59], sample=[0, 999], fc1_unit=0).values.shape == (2, 2)
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """)
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 24_000, "kB beyond one record; the whole layer takes 120,000"


def test_who_reads_one_record_does_not_touch_the_others(tmp_path):
    values = make_archive(tmp_path / "run.h5", compression="gzip")
    with h5py.File(tmp_path / "run.h5", "r+") as file:
        for record in (0, 1, 2):
            file["splits/train/layers/fc1"].id.write_direct_chunk((record, 0, 0), b"not what deflate packs")
    with open_archive(tmp_path / "run.h5", split="train") as run:
        assert np.array_equal(run["fc1"].isel(epoch=3).values, values[3])
        assert "/splits/train/layers/fc1: it could not be read" in refusal(lambda: run["fc1"].isel(epoch=2).values)


def test_only_committed_records_exist(tmp_path):
    values = make_archive(tmp_path / "run.h5", records=5, committed=3)
    with open_archive(tmp_path / "run.h5", split="train") as run:
        assert run["epoch"].values.tolist() == [0, 10, 20]
        assert np.array_equal(run["fc1"].values, values[:3]) and run["loss"].values.tolist() == [0, 1, 2]
        assert np.array_equal(run["fc1"].isel(epoch=-1).values, values[2])


def test_an_archive_without_records_is_empty(tmp_path):
    make_archive(tmp_path / "run.h5", committed=0)
    with open_archive(tmp_path / "run.h5", split="train") as run:
        assert run["fc1"].values.shape == (0, 50, 6) and run["inputs"].values.shape == (50, 2, 3)


@pytest.mark.parametrize("float_type", ["float16", "float32", "float64"])
def test_compressed_and_half_precision_layers_are_read(tmp_path, float_type):
    values = make_archive(tmp_path / "run.h5", float_type=float_type, compression="gzip")
    with open_archive(tmp_path / "run.h5", split="train") as run:
        assert run["fc1"].dtype == float_type and np.array_equal(run["fc1"].values, values)


def test_names_that_are_taken_are_written_with_their_group(tmp_path):
    make_archive(tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5", "r+") as file:
        layers = file["splits/train/layers"]
        for order, name in enumerate(["inputs", "loss", "fc1_unit", "feature0"], start=2):
            layers[name] = layers["fc1"][:]
            layers[name].attrs["order"] = order
    with open_archive(tmp_path / "run.h5", split="train") as run:
        assert {"layers/inputs", "loss", "metrics/loss", "fc1_unit", "feature0"} <= set(run.data_vars)
        assert run["fc1"].dims[2] == "layers/fc1_unit" and run["inputs"].dims[1] == "inputs/feature0"
        assert run["loss"].ndim == 3 and run["metrics/loss"].dims == ("epoch",)
        assert np.array_equal(run["layers/inputs"].values, run["fc1"].values)


def test_steps_are_a_coordinate_and_inputs_may_change(tmp_path):
    make_archive(tmp_path / "run.h5", records=3)
    with h5py.File(tmp_path / "run.h5", "r+") as file:
        file["step"] = np.array([5, 6, 7])
        del file["splits/train/inputs"]
        file["splits/train/inputs"] = np.arange(300, dtype="uint8" if 300 < 256 else "int32").reshape(3, 50, 2)
        file["splits/train/inputs"].attrs["per_epoch"] = np.int64(1)
    with open_archive(tmp_path / "run.h5", split="train") as run:
        assert run["step"].dims == ("epoch",) and run["step"].values.tolist() == [5, 6, 7]
        assert run["inputs"].dims == ("epoch", "sample", "feature")
        assert run["inputs"].isel(epoch=2).values[0].tolist() == [200, 201]


WRITER = textwrap.dedent("""
    import sys, time, h5py, numpy
    file = h5py.File(sys.argv[1], "r+", libver=("v110", "v110"))
    layer, epoch = file["splits/train/layers/fc1"], file["epoch"]
    loss, committed = file["metrics/loss"], file["committed"]
    file.swmr_mode = True
    print("ready", flush=True)
    for record in range(100000):
        for data in (layer, epoch, loss):
            data.resize(record + 1, axis=0)
        layer[record] = record
        epoch[record] = record
        loss[record] = record
        file.flush()
        committed[()] = record + 1
        file.flush()
""")


def make_extendible(path):
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        file.attrs.update(format="activation-archive", version="1.0", id="made", created="", producer="test")
        file["committed"] = np.int64(0)
        file.create_dataset("epoch", (0,), "int64", maxshape=(None,), chunks=(128,))
        file.create_dataset("metrics/loss", (0,), "float64", maxshape=(None,), chunks=(128,))
        split = file.create_group("splits/train")
        split["inputs"], split["labels"] = np.zeros((20, 2), "float32"), np.zeros(20, "int64")
        split["sample_ids"] = np.arange(20, dtype="int64")
        split.create_dataset("layers/fc1", (0, 20, 30), "float32", maxshape=(None, 20, 30), chunks=(1, 20, 30))


def test_a_run_is_read_while_it_is_written_and_after_its_writer_was_killed(tmp_path):
    path = tmp_path / "live.h5"
    make_extendible(path)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
    try:
        assert writer.stdout.readline() == b"ready\n"
        seen = []
        until = time.monotonic() + 120
        while len(seen) < 5 or seen[-1] == seen[0]:
            assert time.monotonic() < until
            with open_archive(path, split="train") as run:
                records = run.sizes["epoch"]
                assert run["epoch"].values.tolist() == list(range(records))
                assert np.array_equal(run["fc1"].isel(fc1_unit=0, sample=0).values, np.arange(records))
                seen.append(records)
        assert seen == sorted(seen)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    with open_archive(path, split="train") as run:
        records = run.sizes["epoch"]
        assert records >= seen[-1] and np.array_equal(run["fc1"].isel(sample=3, fc1_unit=4).values, np.arange(records))


def refusal(function, *arguments):
    with pytest.raises(ArchiveError) as caught:
        function(*arguments)
    text = str(caught.value)
    assert text.endswith((".", "?")) and ": " in text
    return text


def test_foreign_files_are_refused_with_a_sentence(tmp_path):
    np.savez(tmp_path / "a.npz", a=1)
    assert "looks like a zip archive, perhaps NumPy's npz" in refusal(open_archive, tmp_path / "a.npz")
    (tmp_path / "empty").touch()
    assert "the file is empty" in refusal(open_archive, tmp_path / "empty")
    assert "there is no such file" in refusal(open_archive, tmp_path / "none.h5")
    assert "this is a directory" in refusal(open_archive, tmp_path)
    h5py.File(tmp_path / "other.h5", "w").close()
    assert "does not say what it is" in refusal(open_archive, tmp_path / "other.h5")
    assert "it says 'infoplane-results'" in refusal(open_archive, SAMPLES / "szt-tanh.results.h5")
    assert "it says 'activation-archive'" in refusal(read_results, TANH)


def test_another_major_version_is_refused_by_name_and_a_newer_minor_one_is_read(copy):
    with h5py.File(copy, "r+") as file:
        file.attrs["version"] = "1.9"
        file["splits/train/news"] = 1
    open_archive(copy).close()
    with h5py.File(copy, "r+") as file:
        file.attrs["version"] = "2.0"
    assert "has version 2.0; this reader knows 1.x" in refusal(open_archive, copy)


@pytest.mark.parametrize("link, word", [
    (h5py.SoftLink("/splits/all/layers/fc1"), "soft"), (h5py.ExternalLink("/etc/other.h5", "/x"), "external")])
@pytest.mark.parametrize("place", ["splits/train/layers/fc1", "splits/train", "splits", "epoch", "metrics/train_loss"])
def test_links_are_refused(copy, link, word, place):
    with h5py.File(copy, "r+") as file:
        del file[place]
        file[place] = link
    assert f"/{place}: this is a {word} link" in refusal(open_archive, copy)


def test_shapes_that_the_file_cannot_hold_are_refused_before_memory_is_taken(copy):
    with h5py.File(copy, "r+") as file:
        layers = file["splits/train/layers"]
        for name in ("fc1", "inputs"):
            parent = layers if name == "fc1" else file["splits/train"]
            del parent[name]
            shape = (3, 500, 1 << 40) if name == "fc1" else (500, 1 << 40)
            parent.create_dataset(name, shape, "float32", chunks=(1,) * (len(shape) - 1) + (1 << 20,))
            assert "it claims" in refusal(open_archive, copy) if name == "fc1" else True
            file.flush()
    assert "it claims" in refusal(open_archive, copy)


def test_a_layer_of_other_length_or_type_is_refused(copy):
    with h5py.File(copy, "r+") as file:
        del file["splits/train/layers/fc1"]
        file["splits/train/layers/fc1"] = np.zeros((3, 499, 10), "float32")
    assert "fc1: found 499 samples; the split has 500 sample ids" in refusal(open_archive, copy)
    with h5py.File(copy, "r+") as file:
        del file["splits/train/layers/fc1"]
        file["splits/train/layers/fc1"] = np.zeros((3, 500, 10), "int8")
    assert "expected float16 or float32 or float64, found int8" in refusal(open_archive, copy)
    with h5py.File(copy, "r+") as file:
        del file["splits/train/layers/fc1"]
        file["splits/train/layers/fc1"] = np.zeros((2, 500, 10), "float32")
    assert "found 2 records; /committed counts 3" in refusal(open_archive, copy)


def test_an_unknown_split_names_those_there_are():
    assert "there is no split “valid”; there are all, test, train" in refusal(open_archive, TANH, "valid")
    with open_archive(TANH) as archive, pytest.raises(KeyError, match="there are all, test, train"):
        archive["valid"]


def test_a_closed_archive_says_so():
    archive = open_archive(TANH)
    archive.close()
    with pytest.raises(ArchiveError, match="the archive is closed"):
        archive["train"]["fc1"].values


def test_cut_off_and_damaged_files_are_a_sentence_or_read_rightly(tmp_path):
    whole = TANH.read_bytes()
    rng = np.random.default_rng(3)
    path = tmp_path / "damaged.h5"
    for trial in range(60):
        damaged = bytearray(whole)
        if trial % 3 == 0:
            damaged = damaged[: int(rng.integers(8, len(whole)))]
        else:
            # In the first 64 KiB lies most of what leads to the data.
            for _ in range(8):
                damaged[int(rng.integers(8, 65536 if trial % 3 == 1 else len(whole)))] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            with open_archive(path) as archive:
                for run in archive.values():
                    for name in run.data_vars:
                        assert run[name].values.nbytes < len(whole) * 10
        except ArchiveError as error:
            assert str(error).startswith(str(path))


def test_what_crashes_libhdf5_is_a_sentence(tmp_path):
    whole = TANH.read_bytes()
    heap = whole.index(b"GCOL")
    said = []
    for offset in range(16, 64, 8):
        # The index, the size and the first bytes of texts in their heap, which has no checksum.
        damaged = bytearray(whole)
        damaged[heap + offset + 4] ^= 2
        path = tmp_path / f"{offset}.h5"
        path.write_bytes(damaged)
        try:
            open_archive(path).close()
        except ArchiveError as error:
            said.append(str(error))
    if h5py.version.hdf5_version.startswith("1.10."):
        assert any("damaged (libhdf5 crashes on it)" in text for text in said)


def test_the_end_of_a_trial_is_told_as_what_it_is(tmp_path, monkeypatch):
    for status, words in ((-11, "libhdf5 crashes on it"), (-9, "more memory"), (41, "more memory"), (-24, "come to an end")):
        assert words in refusal(_trial.judge, "run.h5", status)
    with pytest.warns(UserWarning, match="opened without a trial .* ended with status 1"):
        _trial.judge("run.h5", 1)
    # What lies in the current directory is not run.
    (tmp_path / "h5py.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _trial.check(str(TANH))


# MARK: Results


@pytest.mark.parametrize("name", ["szt-tanh.results.h5", "szt-relu.results.h5"])
def test_results_equal_the_csv_that_the_command_exports(name, binary):
    text = subprocess.run([binary, "export", str(SAMPLES / name)], capture_output=True, text=True, check=True).stdout
    rows = list(csv.reader(io.StringIO(text)))
    frame = read_results(SAMPLES / name)
    assert list(frame.columns) == rows[0] and len(frame) == len(rows) - 1 > 500
    for column, name in enumerate(rows[0]):
        found = frame[name].tolist()
        for row, value in zip(rows[1:], found):
            text = row[column]
            if name in ("value", "standard_error", "null_mean", "p_value", "ceiling"):
                assert float(text) == value if text else np.isnan(value)
            elif name in ("order", "epoch", "samples"):
                assert value is pandas.NA if text == "" else int(text) == value
            else:
                assert text == value


def test_flags_are_text_and_columns_can_be_selected():
    frame = read_results(SAMPLES / "szt-tanh.results.h5")
    assert set(frame["flags"]) == {"", "undersampled", "saturated|undersampled"}
    assert isinstance(frame["layer"].dtype, pandas.CategoricalDtype)
    headline = frame[(frame["quantity"] == "I(Z;Y)") & (frame["discretization"] == "width:30@run")]
    assert len(headline) == 21 and (headline["value"] <= headline["ceiling"]).all()


def test_damaged_results_are_refused(tmp_path):
    path = tmp_path / "results.h5"

    def damaged(change):
        shutil.copy(SAMPLES / "szt-tanh.results.h5", path)
        with h5py.File(path, "r+") as file:
            change(file)
        return refusal(read_results, path)

    def outside(file):
        file["measurements/layer"][0] = 99

    def shorter(file):
        del file["measurements/value"]
        file["measurements/value"] = np.zeros(5)

    def linked(file):
        del file["measurements/value"]
        file["measurements/value"] = h5py.SoftLink("/measurements/ceiling")

    assert "an index is not among the 8 texts of /categories/layer" in damaged(outside)
    assert "found 5 rows; /measurements/archive has 1009" in damaged(shorter)
    assert "this is a soft link" in damaged(linked)
    assert "there is no data set 'flags' here" in damaged(lambda file: file.__delitem__("measurements/flags"))
    assert "has version 3.1" in damaged(lambda file: file.attrs.__setitem__("version", "3.1"))

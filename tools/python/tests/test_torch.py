"""The recorder with real PyTorch: what is recorded is right, and the model is left as it was."""

import random

import h5py
import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

import infoplane  # noqa: E402

torch.set_num_threads(1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.relu = nn.Linear(6, 5), nn.ReLU(inplace=True)
        self.drop, self.norm = nn.Dropout(0.5), nn.BatchNorm1d(5)
        self.fc2 = nn.Linear(5, 3)

    def forward(self, x):
        return self.fc2(self.norm(self.drop(self.relu(self.fc1(x)))))


@pytest.fixture
def data():
    torch.manual_seed(0)
    return torch.randn(23, 6), torch.arange(23) % 3


def layer(path, name, split="train"):
    with h5py.File(path, "r") as file:
        found = file[f"splits/{split}/layers/{name}"]
        return found[()], dict(found.attrs)


def refused(*arguments, **options):
    with pytest.raises(infoplane.ArchiveError) as caught:
        infoplane.Recorder(*arguments, **options)
    return str(caught.value)


def test_a_layer_before_an_in_place_relu_is_recorded_as_it_was(tmp_path, data):
    torch.manual_seed(1)
    model, path = Net(), tmp_path / "run.h5"
    with infoplane.Recorder(path, model, *data, layers=["fc1", "relu", "fc2"], batch_size=10) as recorder:
        recorder.record(0, loss=1)
    model.eval()
    with torch.no_grad():
        expected = nn.functional.linear(data[0], model.fc1.weight, model.fc1.bias)
        values, attributes = layer(path, "fc1")
        # Batches of another size may take another way through the matrix product: a few units in the last place.
        assert np.allclose(values[0], expected, atol=1e-6) and values.min() < 0
        assert (attributes["kind"], attributes["module"], "activation" in attributes) == ("dense", "torch.nn.Linear", False)
        values, attributes = layer(path, "relu")
        assert np.allclose(values[0], expected.clamp(min=0), atol=1e-6)
        assert (attributes["kind"], attributes["activation"], attributes["order"]) == ("dense", "relu", 2)
        values, attributes = layer(path, "fc2")
        assert np.allclose(values[0], model(data[0]), atol=1e-6)
        assert (attributes["kind"], attributes["activation"]) == ("logits", "identity")


def state(model):
    return ([m.training for m in model.modules()], [p.clone() for p in model.state_dict().values()],
            [len(m._forward_hooks) for m in model.modules()], torch.is_grad_enabled(), torch.get_rng_state(),
            np.random.get_state()[1].copy(), np.random.get_state()[2], random.getstate())


def same(a, b):
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return bool((a == b).all()) if isinstance(a, (np.ndarray, torch.Tensor)) else a == b


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("gradients", [False, True])
def test_mode_gradients_buffers_hooks_and_random_state_are_left_as_they_were(tmp_path, data, fails, gradients):
    class Restless(Net):
        broken = False

        def forward(self, x):
            torch.rand(1), np.random.rand(), random.random()
            assert not self.training and not self.norm.training and not torch.is_grad_enabled()
            if self.broken:
                raise ArithmeticError("broken")
            return super().forward(x)

    model = Restless().train()
    model.norm.eval()
    with torch.set_grad_enabled(gradients):
        before = state(model)
        recorder = infoplane.Recorder(tmp_path / "run.h5", model, *data, layers=["relu"])
        assert same(before, state(model))
        recorder.record(0)
        assert same(before, state(model))
        model.broken = fails
        if fails:
            with pytest.raises(ArithmeticError, match="broken"):
                recorder.record(1)
        else:
            recorder.record(1)
        assert same(before, state(model))
        assert recorder.committed_records == (1 if fails else 2)
        recorder.close()


def test_training_is_the_same_with_and_without_a_recorder(tmp_path, data):
    def train(records):
        torch.manual_seed(7)
        model = Net()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        recorder = infoplane.Recorder(tmp_path / "run.h5", model, *data, layers=["relu"]) if records else None
        for epoch in range(3):
            if recorder:
                recorder.record(epoch)
            for start in torch.randperm(20)[:5]:
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(data[0][start:start + 3]), data[1][start:start + 3]).backward()
                optimizer.step()
        return [p.detach().clone() for p in model.state_dict().values()]

    assert same(train(False), train(True))


def test_patterns_prefixes_wrappers_and_several_splits(tmp_path, data):
    class Compiled(nn.Module):
        def __init__(self, model):
            super().__init__()
            self._orig_mod = model

        def forward(self, x):
            raise AssertionError("the compiled path must not run: its hooks do not fire")

    x, y = data
    splits = {"train": (x, y), "test": (x[:4].numpy().astype("float64"), y[:4].tolist())}
    for index, model in enumerate([Net(), nn.DataParallel(Net()), Compiled(Net()), Compiled(nn.DataParallel(Net()))]):
        path = tmp_path / f"{index}.h5"
        with infoplane.Recorder(path, model, splits=splits, layers=["module.fc*", "_orig_mod.relu"]) as recorder:
            recorder.record(0)
        with h5py.File(path) as file:
            assert list(file["splits/test/layers"]) == ["fc1", "fc2", "relu"]
            assert file.attrs["model"] == "Net"
            assert file["splits/train/layers/fc1"].shape == (1, 23, 5)
            assert file["splits/test/inputs"].dtype == "float64" and file["splits/test/layers/fc1"].dtype == "float32"
            assert np.allclose(file["splits/train/layers/fc2"][0, :4], file["splits/test/layers/fc2"][0], atol=1e-6)


def test_tuples_dictionaries_and_bfloat16_are_recorded(tmp_path, data):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.cell, self.low = nn.LSTM(6, 4, batch_first=True), Cell(), nn.Linear(4, 2).bfloat16()

        def forward(self, x):
            return self.low(self.cell(self.rnn(x)[0][:, -1])["hidden"].bfloat16())

    class Cell(nn.Module):
        def forward(self, x):
            return {"none": None, "hidden": x * 2}

    model, path = Odd(), tmp_path / "run.h5"
    sequence = torch.randn(9, 7, 6)
    with infoplane.Recorder(path, model, sequence, torch.arange(9), layers=["*"], pooling="mean") as recorder:
        recorder.record(0)
    with torch.no_grad():
        hidden = model.rnn(sequence)[0]
    values, attributes = layer(path, "rnn")
    assert np.allclose(values[0], hidden.mean(1), atol=1e-6)
    assert (attributes["kind"], attributes["pooling"]) == ("recurrent", "mean over axis 1")
    assert np.allclose(layer(path, "cell")[0][0], 2 * hidden[:, -1], atol=1e-6)
    assert layer(path, "low")[0].dtype == "float32"
    exact = torch.from_numpy(layer(path, "low")[0])
    assert torch.equal(exact.bfloat16().float(), exact)


@pytest.mark.parametrize("pooling", ["none", "mean", "max", "flatten"])
def test_feature_maps_are_pooled_over_their_positions(tmp_path, pooling):
    torch.manual_seed(0)
    model, x, path = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Tanh()), torch.randn(5, 2, 6, 7), tmp_path / "run.h5"
    with infoplane.Recorder(path, model, x, torch.randn(5), layers=["1"], pooling=pooling, dtype="float16") as recorder:
        recorder.record(0)
    with torch.no_grad():
        maps = model(x)
    expected = {"none": maps, "mean": maps.mean((2, 3)), "max": maps.amax((2, 3)), "flatten": maps.flatten(1)}[pooling]
    values, attributes = layer(path, "1")
    assert values.dtype == "float16" and np.allclose(values[0], expected, atol=1e-3)
    assert values.shape[1:] == tuple(expected.shape)
    text = {"mean": "mean over axes 2, 3", "max": "max over axes 2, 3"}.get(pooling, pooling)
    assert (attributes["pooling"], attributes["kind"], attributes["activation"]) == (text, "convolution", "tanh")


def test_without_names_what_an_activation_function_follows_is_left_out(tmp_path, data):
    with infoplane.Recorder(tmp_path / "run.h5", Net(), *data) as recorder:
        recorder.record(0)
    with h5py.File(tmp_path / "run.h5") as file:
        assert list(file["splits/train/layers"]) == ["fc2", "norm", "relu"]


def test_layers_that_fire_never_or_twice_are_refused_by_name(tmp_path, data):
    class Reusing(Net):
        def __init__(self):
            super().__init__()
            self.alias, self.unused = self.fc1, nn.Linear(2, 2)

        def forward(self, x):
            return self.fc2(self.relu(self.relu(self.fc1(x))))

    path = tmp_path / "run.h5"
    text = refused(path, Reusing(), *data, layers=["relu", "unused", "fc2"])
    assert text.count("\n") == 1
    assert f"{path}:layer relu: it fired 2 times in one forward pass, expected once. Give the model" in text
    assert f"{path}:layer unused: it never fired in a forward pass, expected once." in text
    assert "“fc1” and “alias” are one and the same module" in refused(path, Reusing(), *data, layers=["fc1", "alias"])
    assert "Did you mean “fc2” or “fc1”?" in refused(path, Net(), *data, layers=["fc"])
    assert "the model has no layer “conv*”; it has fc1, relu, drop, norm, fc2." in refused(
        path, Net(), *data, layers=["conv*"])
    assert not path.exists()


def test_a_layer_that_stops_firing_is_refused_and_the_archive_stays_whole(tmp_path, data):
    class Early(Net):
        stops = False

        def forward(self, x):
            return x if self.stops else super().forward(x)

    model, path = Early(), tmp_path / "run.h5"
    with infoplane.Recorder(path, model, *data, layers=["fc1"]) as recorder:
        recorder.record(0)
        model.stops = True
        with pytest.raises(infoplane.ArchiveError, match="never fired"):
            recorder.record(1)
        model.stops = False
        recorder.record(1)
    assert layer(path, "fc1")[0].shape[0] == 2


def test_shapes_that_change_between_records_are_refused(tmp_path, data):
    model, path = Net(), tmp_path / "run.h5"
    with infoplane.Recorder(path, model, *data, layers=["fc1"]) as recorder:
        recorder.record(0)
        model.fc1, model.norm, model.fc2 = nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)
        with pytest.raises(infoplane.ArchiveError, match="never fired"):
            recorder.record(1)
    class Growing(nn.Module):
        width = 3

        def __init__(self):
            super().__init__()
            self.part = Slice(self)

        def forward(self, x):
            return self.part(x)

    class Slice(nn.Module):
        def __init__(self, owner):
            super().__init__()
            self.owner = [owner]

        def forward(self, x):
            return x[:, :self.owner[0].width]

    model = Growing()
    with infoplane.Recorder(tmp_path / "b.h5", model, *data, layers=["part"]) as recorder:
        recorder.record(0)
        model.width = 2
        with pytest.raises(infoplane.ArchiveError, match=r"a sample is now float32 \[2\]; in the first batch .* \[3\]"):
            recorder.record(1)
    assert layer(tmp_path / "b.h5", "part")[0].shape == (1, 23, 3)


def test_what_has_no_sample_axis_or_no_floats_is_refused(tmp_path, data):
    class Sequences(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.best = nn.LSTM(6, 4), Best()

        def forward(self, x):
            return self.best(self.rnn(x.transpose(0, 1))[0])

    class Best(nn.Module):
        def forward(self, x):
            return x.argmax(2)

    given = (Sequences(), torch.randn(7, 9, 6), torch.arange(7))
    assert refused(tmp_path / "a.h5", *given, layers=["rnn"]) == (
        f"{tmp_path}/a.h5:layer rnn: its output has the shape [9, 2, 4] for 2 samples; expected samples on the first "
        "axis. Use batch_first=True, or name another layer.")
    assert "its output is int64, expected floating-point" in refused(tmp_path / "a.h5", *given, layers=["best"])


def test_the_model_runs_where_its_weights_are(tmp_path, data):
    devices = []
    model = Net()
    model.fc1.register_forward_pre_hook(lambda module, given: devices.append(given[0].device))
    model.to(torch.float64)
    with infoplane.Recorder(tmp_path / "run.h5", model, data[0].numpy(), data[1], layers=["fc1"]) as recorder:
        recorder.record(0)
    assert {device.type for device in devices} == {"cpu"}
    assert layer(tmp_path / "run.h5", "fc1")[0].dtype == "float64"


def test_a_run_is_continued_from_its_last_record(tmp_path, data):
    model, path = Net(), tmp_path / "run.h5"
    for expected in (None, 1, 3):
        with infoplane.Recorder(path, model, *data, layers=["fc1", "relu"], append=True) as recorder:
            assert recorder.last_epoch == expected
            first = 0 if expected is None else expected + 1
            for epoch in (first, first + 1):
                recorder.record(epoch, loss=epoch)
    with h5py.File(path) as file:
        assert file["epoch"][()].tolist() == list(range(6)) and file["metrics/loss"].shape == (6,)
    assert "the archive has the layer “relu”, which is not recorded now" in refused(
        path, model, *data, layers=["fc1"], append=True)
    assert "a record is float32 [23, 5] in the archive, now float16 [23, 5]" in refused(
        path, model, *data, layers=["fc1", "relu"], dtype="float16", append=True)

"""The callback of Keras records what the layers return, and leaves the training as it was."""

import importlib.util
import os
import warnings

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
if importlib.util.find_spec("keras") is None:
    pytest.skip("Keras is not installed; tools/setup python installs it", allow_module_level=True)
import keras  # noqa: E402


import infoplane  # noqa: E402
from infoplane.keras import RecorderCallback  # noqa: E402

pytest.importorskip("xarray", reason="xarray is not installed")


def data(samples=120):
    random = np.random.default_rng(0)
    x = random.normal(size=(samples, 6)).astype("float32")
    return x, (x[:, 0] * x[:, 1] > 0).astype("int64")


def network(dropout=0.3):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([
        keras.layers.Input((6,)), keras.layers.Dense(8, activation="tanh", name="fc1"),
        keras.layers.Dropout(dropout, name="drop"), keras.layers.BatchNormalization(name="norm"),
        keras.layers.Dense(5, name="fc2"), keras.layers.ReLU(name="relu2"), keras.layers.Dense(2, name="logits"),
    ], name="small")
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def fit(model, callback, epochs=3, **options):
    x, y = data()
    return model.fit(x, y, batch_size=32, epochs=epochs, verbose=0, callbacks=[callback] if callback else [], **options)


def test_layers_metrics_and_attributes_are_recorded(tmp_path):
    x, y = data()
    model = network()
    history = fit(model, RecorderCallback(tmp_path / "run.h5", x[:50], y[:50], batch_size=16, class_names=["a", "b"]))
    with infoplane.open_archive(tmp_path / "run.h5", split="train") as run:
        assert run["epoch"].values.tolist() == [0, 1, 2, 3] and run.attrs["closed"] == 1
        assert run.attrs["model"] == "small"
        assert list(run.data_vars)[:5] == ["fc1", "norm", "fc2", "relu2", "logits"]
        assert [run[n].attrs["kind"] for n in ("fc1", "norm", "relu2", "logits")] == \
            ["dense", "normalization", "other", "logits"]
        assert run["fc1"].attrs["activation"] == "tanh"
        assert np.isnan(run["loss"].values[0])
        assert run["loss"].values[1:].tolist() == history.history["loss"]
        assert np.array_equal(run["inputs"].values, x[:50]) and np.array_equal(run["labels"].values, y[:50])
        # After the last epoch the model is as it was recorded: an independent path through the network.
        sub = keras.Model(model.inputs, [model.get_layer(n).output for n in ("fc1", "relu2", "logits")])
        for name, expected in zip(("fc1", "relu2", "logits"), sub.predict(x[:50], verbose=0)):
            np.testing.assert_allclose(run[name].sel(epoch=3).values, expected, atol=1e-6)
        assert not np.allclose(run["fc1"].sel(epoch=0).values, run["fc1"].sel(epoch=3).values)


def test_record_0_is_the_untrained_network(tmp_path):
    x, y = data()
    model = network()
    expected = np.asarray(model(x[:20], training=False))
    fit(model, RecorderCallback(tmp_path / "run.h5", x[:20], y[:20], layers="logits"), epochs=1)
    with infoplane.open_archive(tmp_path / "run.h5", split="train") as run:
        np.testing.assert_allclose(run["logits"].sel(epoch=0).values, expected, atol=1e-6)


def test_training_is_the_same_with_and_without_recording(tmp_path):
    x, y = data()
    plain, recorded = network(), None
    without = fit(plain, None).history
    recorded = network()
    with_ = fit(recorded, RecorderCallback(tmp_path / "run.h5", x[:50], y[:50])).history
    assert without == with_
    for a, b in zip(plain.get_weights(), recorded.get_weights()):
        assert np.array_equal(a, b)
    assert all("call" not in layer.__dict__ for layer in recorded.layers)


def test_several_splits_every_second_epoch_and_a_subclassed_model(tmp_path):
    class Custom(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = keras.layers.Dense(4, activation="relu", name="first")
            self.last = keras.layers.Dense(2, name="last")

        def call(self, x, training=False):
            return self.last(self.first(x))

    x, y = data()
    model = Custom()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    fit(model, RecorderCallback(tmp_path / "run.h5", splits={"train": (x[:9], y[:9]), "test": (x[50:], y[50:])}, every=2),
        epochs=4)
    with infoplane.open_archive(tmp_path / "run.h5") as archive:
        assert archive["train"]["epoch"].values.tolist() == [0, 2, 4]
        assert archive["test"]["first"].shape == (3, 70, 4) and archive["train"]["last"].shape == (3, 9, 2)


def test_a_metric_that_comes_later_is_left_out_with_a_warning_or_named_at_the_start(tmp_path):
    x, y = data()
    options = {"validation_data": (x, y), "validation_freq": 2}
    with pytest.warns(UserWarning, match="the metric val_loss is not recorded: the first record had no such metric"):
        fit(network(), RecorderCallback(tmp_path / "a.h5", x, y), **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        fit(network(), RecorderCallback(tmp_path / "b.h5", x, y, metrics=["val_loss", "loss", "accuracy", "val_accuracy"]),
            **options)
    with infoplane.open_archive(tmp_path / "b.h5", split="train") as run:
        assert np.isnan(run["val_loss"].values).tolist() == [True, True, False, True]


def test_a_training_is_gone_on_with_from_a_checkpoint(tmp_path):
    x, y = data()
    model = network()
    fit(model, RecorderCallback(tmp_path / "run.h5", x[:50], y[:50], append=True), epochs=3)
    before = (tmp_path / "run.h5").read_bytes()
    with pytest.raises(infoplane.ArchiveError, match="/splits/train/inputs: they have other values"):
        fit(model, RecorderCallback(tmp_path / "run.h5", x[:50] + 1, y[:50], append=True), epochs=3)
    assert (tmp_path / "run.h5").read_bytes() == before
    # The checkpoint is one epoch behind the archive, whose record of it stays.
    with pytest.warns(UserWarning, match="epoch 3 is not recorded: the archive has records up to epoch 3"):
        fit(model, RecorderCallback(tmp_path / "run.h5", x[:50], y[:50], append=True), epochs=5, initial_epoch=2)
    with infoplane.open_archive(tmp_path / "run.h5", split="train") as run:
        assert run["epoch"].values.tolist() == [0, 1, 2, 3, 4, 5] and run.attrs["closed"] == 1
        assert np.isfinite(run["loss"].values[1:]).all()
        sub = keras.Model(model.inputs, model.get_layer("logits").output)
        np.testing.assert_allclose(run["logits"].sel(epoch=5).values, sub.predict(x[:50], verbose=0), atol=1e-6)


def test_wrong_names_existing_files_and_reused_layers_are_refused(tmp_path):
    x, y = data()
    with pytest.raises(infoplane.ArchiveError, match="no layer “fc3”; it has .*Did you mean"):
        fit(network(), RecorderCallback(tmp_path / "run.h5", x, y, layers=["fc3"]))
    assert not (tmp_path / "run.h5").exists()
    (tmp_path / "there.h5").touch()
    with pytest.raises(infoplane.ArchiveError, match="there is such a file already"):
        RecorderCallback(tmp_path / "there.h5", x, y)
    given = keras.Input((6,))
    twice = keras.layers.Dense(6, name="twice")
    model = keras.Model(given, keras.layers.Dense(2, name="out")(twice(twice(given))))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(infoplane.ArchiveError, match="layer twice: it was called 2 times"):
        fit(model, RecorderCallback(tmp_path / "run.h5", x, y))
    broken = network()
    broken.get_layer("logits").set_weights([np.full((5, 2), np.nan), np.zeros(2)])
    with pytest.raises(infoplane.ArchiveError, match="layers/logits: nan at .*epoch 0"):
        fit(broken, RecorderCallback(tmp_path / "run.h5", x, y, metrics=[]))
    assert not (tmp_path / "run.h5").exists()
    fit(model, RecorderCallback(tmp_path / "run.h5", x, y, layers="out"))


def test_the_command_line_reads_it(tmp_path, binary):
    import subprocess

    x, y = data()
    fit(network(), RecorderCallback(tmp_path / "run.h5", x, y))
    shown = subprocess.run([binary, "inspect", str(tmp_path / "run.h5")], capture_output=True, text=True)
    assert shown.returncode == 0 and "logits" in shown.stdout, shown.stderr

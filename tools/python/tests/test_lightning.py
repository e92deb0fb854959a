"""The callback of Lightning records what the modules return, and leaves the training as it was."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
# Debian's PyTorch 1.13 cannot import its own torch.distributed.fsdp in Python 3.11, which Lightning imports where
# PyTorch says that it has it.
if torch.__version__.startswith("1.13"):
    torch.distributed.is_available = lambda: False
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    try:
        import lightning.pytorch as pl
    except ImportError:
        pl = pytest.importorskip("pytorch_lightning", reason="Lightning is not installed; tools/setup python installs it")

import infoplane  # noqa: E402
from infoplane.lightning import RecorderCallback  # noqa: E402

pytest.importorskip("xarray", reason="xarray is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:.*lightning.*", "ignore::DeprecationWarning")


class Network(pl.LightningModule):
    def __init__(self, late_metric=False, fail_at=None):
        super().__init__()
        self.fc1 = torch.nn.Linear(6, 8)
        self.drop = torch.nn.Dropout(0.3)
        self.relu = torch.nn.ReLU(inplace=True)
        self.out = torch.nn.Linear(8, 2)
        self.late_metric, self.fail_at = late_metric, fail_at

    def forward(self, x):
        return self.out(self.relu(self.drop(self.fc1(x))))

    def training_step(self, batch, index):
        if self.current_epoch == self.fail_at:
            raise RuntimeError("as planned")
        loss = torch.nn.functional.cross_entropy(self(batch[0]), batch[1])
        self.log("train/loss", loss, on_epoch=True, on_step=False)
        if self.late_metric and self.current_epoch > 0:
            self.log("late", loss, on_epoch=True, on_step=False)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def data():
    x = np.random.default_rng(0).normal(size=(64, 6)).astype("float32")
    return x, (x[:, 0] > 0).astype("int64")


def fit(callbacks, epochs=3, **options):
    torch.manual_seed(3)
    x, y = data()
    module = Network(**options)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y)), 16, shuffle=True)
    trainer = pl.Trainer(max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False,
                         enable_progress_bar=False, enable_model_summary=False, callbacks=callbacks)
    trainer.fit(module, loader)
    return module, trainer


def test_every_epoch_is_recorded_with_what_the_module_logs(tmp_path):
    x, y = data()
    module, trainer = fit([RecorderCallback(tmp_path / "run.h5", x[:20], y[:20], layers=["fc1", "relu", "out"])])
    with infoplane.open_archive(tmp_path / "run.h5", split="train") as run:
        assert run["epoch"].values.tolist() == [0, 1, 2, 3] and run.attrs["closed"] == 1
        assert list(run.data_vars)[:3] == ["fc1", "relu", "out"] and run.attrs["model"] == "Network"
        losses = run["train:loss"].values
        assert np.isnan(losses[0]) and losses[3] == float(trainer.callback_metrics["train/loss"])
        module.eval()
        with torch.no_grad():
            np.testing.assert_allclose(run["out"].sel(epoch=3).values, module(torch.from_numpy(x[:20])), atol=1e-6)
        # Before the operation in place.
        assert (run["fc1"].values < 0).any() and (run["relu"].values >= 0).all()


def test_training_is_the_same_with_and_without_recording(tmp_path):
    x, y = data()
    plain, _ = fit([])
    recorded, _ = fit([RecorderCallback(tmp_path / "run.h5", x, y, layers="out")])
    for a, b in zip(plain.parameters(), recorded.parameters()):
        assert torch.equal(a, b)


def test_a_late_metric_warns_and_a_failure_leaves_a_whole_archive(tmp_path):
    x, y = data()
    with pytest.warns(UserWarning, match="the metric late is not recorded"):
        fit([RecorderCallback(tmp_path / "late.h5", x, y, layers="out", every=1)], late_metric=True)
    fit([RecorderCallback(tmp_path / "named.h5", x, y, layers="out", metrics=["late"])], late_metric=True)
    with infoplane.open_archive(tmp_path / "named.h5", split="train") as run:
        assert np.isnan(run["late"].values).tolist() == [True, True, False, False]
    with pytest.raises(RuntimeError, match="as planned"):
        fit([RecorderCallback(tmp_path / "failed.h5", x, y, layers="out")], fail_at=2)
    with infoplane.open_archive(tmp_path / "failed.h5", split="train") as run:
        assert run["epoch"].values.tolist() == [0, 1, 2]


def test_a_training_is_gone_on_with(tmp_path):
    x, y = data()
    for epochs in (2, 4):
        # Started anew each time: the epochs that the archive has stay as they are.
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            module, _ = fit([RecorderCallback(tmp_path / "run.h5", x[:20], y[:20], layers="out", append=True)], epochs)
        assert [f"epoch {epoch} is not recorded" in " ".join(str(w.message) for w in told) for epoch in (1, 2, 3)] == \
            [epochs == 4, epochs == 4, False]
    with infoplane.open_archive(tmp_path / "run.h5", split="train") as run:
        assert run["epoch"].values.tolist() == [0, 1, 2, 3, 4] and run.attrs["closed"] == 1
        assert np.isfinite(run["train:loss"].values[1:]).all()
        with torch.no_grad():
            np.testing.assert_allclose(run["out"].sel(epoch=4).values, module.eval()(torch.from_numpy(x[:20])), atol=1e-6)


def test_a_wrong_name_is_refused_before_training(tmp_path):
    x, y = data()
    with pytest.raises(infoplane.ArchiveError, match="the model has no layer “fc2”"):
        fit([RecorderCallback(tmp_path / "run.h5", x, y, layers=["fc2"])])
    assert not (tmp_path / "run.h5").exists()

"""ResNet-20 for small images (He et al. 2016, section 4.2), trained in PyTorch and recorded as it learns."""

import json
import math
import os
import pickle

import infoplane
import torch
from torch import nn
from torch.nn import functional

# The mean over the positions of stage3 is what the dense layer sees: the module pool would be recorded twice.
LAYERS = ("stem", "stage1", "stage2", "stage3", "logits")


class Block(nn.Module):
    """Two 3 × 3 convolutions with batch normalization, and the shortcut around them.

    Where the size changes the shortcut is option A of the paper: every second pixel, zeros as the new channels; no weights.
    """

    def __init__(self, incoming, channels):
        super().__init__()
        self.stride = 1 if incoming == channels else 2
        self.conv1 = nn.Conv2d(incoming, channels, 3, self.stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        y = self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(x)))))
        if self.stride != 1:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, y.shape[1] - x.shape[1]))
        return functional.relu(x + y)


class ResNet20(nn.Module):
    """A convolution, three stages of three blocks with 16, 32 and 64 channels, the mean of each channel, a dense layer.

    Modules: stem, stage1, stage2, stage3, pool, logits. Images are pixels from 0 to 1; its first step is to take mean and
    deviation of the training images from them.
    """

    def __init__(self, channels=1, classes=10, mean=0.0, deviation=1.0):
        super().__init__()
        for name, value in {"mean": mean, "deviation": deviation}.items():
            by_channel = torch.as_tensor(value, dtype=torch.float32).expand(channels)
            self.register_buffer(name, by_channel.reshape(1, -1, 1, 1).clone())
        self.stem = nn.Sequential(nn.Conv2d(channels, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.stage1 = nn.Sequential(Block(16, 16), Block(16, 16), Block(16, 16))
        self.stage2 = nn.Sequential(Block(16, 32), Block(32, 32), Block(32, 32))
        self.stage3 = nn.Sequential(Block(32, 64), Block(64, 64), Block(64, 64))
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.logits = nn.Linear(64, classes)

    def initialize(self, generator):
        """He's normal weights for the convolutions, PyTorch's uniform ones for the dense layer; reads no global random state."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.data.normal_(0, math.sqrt(2 / (module.out_channels * 9)), generator=generator)
        for part in self.logits.parameters():
            part.data.uniform_(-1 / 8, 1 / 8, generator=generator)
        return self

    def forward(self, x):
        x = self.stem((x - self.mean) / self.deviation)
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.logits(self.pool(x))


def train_and_record(path, state, train, test, settings, show=lambda note: None):
    """Trains a ResNet-20 and records its stages to the archive at path: before training (epoch 0) and after every epoch.

    Stochastic gradient descent with momentum 0.9, weight decay 1e-4 and rate 0.1, a tenth of it from half of the epochs on and a
    hundredth from three quarters on, as in the paper; no augmentation. Recorded are the first samples of both splits, and of the
    outputs of LAYERS the mean over the positions of each channel, so that a stage has 16, 32 or 64 values: whole feature maps
    have 3136 to 12544, and every sample would be a symbol of its own.

    state: a file for weights, momentum and random state; a training that was stopped goes on from it, and afterwards it holds the
    trained network for `load`. train, test: images.Images. settings: {"seed", "epochs", "batch", "recorded", "title"}, recorded
    being how many samples of each split, and whatever else says by what the archive was made. show: is told the epoch at every
    batch, and may raise an exception to stop.

    Trainings may run side by side in threads, each on as many cores as torch.set_num_threads says.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pixels, labels = _tensors(train)
    model = ResNet20(pixels.shape[1], len(train.class_names), pixels.mean((0, 2, 3)), pixels.std((0, 2, 3)))
    order = torch.Generator().manual_seed(settings["seed"])
    model = model.initialize(order).to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    epochs, count = settings["epochs"], settings["recorded"]

    kept = _State.read(state, settings) if os.path.exists(path) else None
    if kept:
        kept.restore(model, optimizer, order)
        done, metrics = kept.epoch, kept.metrics
    else:
        for stale in (path, state):
            if os.path.exists(stale):
                os.remove(stale)
        done, metrics = 0, _metrics(model, device, pixels, labels, test)
    splits = {"train": (pixels[:count], labels[:count]), "test": tuple(part[:count] for part in _tensors(test))}
    with infoplane.Recorder(
            path, model, splits=splits,
            layers=LAYERS, pooling="mean", append=True, title=settings["title"], hyperparameters=settings,
            class_names=train.class_names, kinds={"stem": "convolution"}) as recorder:
        while True:
            # The state is kept first: whichever of the two a kill leaves behind is made up for when the training goes on.
            if recorder.last_epoch is None or recorder.last_epoch < done:
                _State.of(settings, done, metrics, model, optimizer, order).write(state)
                recorder.record(done, **metrics)
            if done == epochs:
                return
            for group in optimizer.param_groups:
                group["lr"] = 0.1 if 2 * done < epochs else 0.01 if 4 * done < 3 * epochs else 0.001
            done += 1
            model.train()
            for batch in torch.randperm(len(labels), generator=order).split(settings["batch"]):
                show(f"epoch {done} of {epochs}")
                optimizer.zero_grad()
                functional.cross_entropy(model(pixels[batch].to(device)), labels[batch].to(device)).backward()
                optimizer.step()
            metrics = _metrics(model, device, pixels, labels, test)


def load(state):
    """The trained network of a state file, in evaluation mode, on the CPU."""
    weights = torch.load(state, map_location="cpu", weights_only=True)["model"]
    model = ResNet20(weights["mean"].shape[1], len(weights["logits.bias"]))
    model.load_state_dict(weights)
    return model.eval()


def record_maps(path, state, images):
    """Records the whole feature maps of a trained network as float16: 69 kB a sample of 28 × 28 pixels."""
    if os.path.exists(path):
        os.remove(path)
    pixels, labels = _tensors(images)
    with infoplane.Recorder(
            path, load(state), pixels, labels, layers=LAYERS, pooling="flatten", dtype="float16", kinds={"stem": "convolution"},
            class_names=images.class_names) as recorder:
        recorder.record(0)


def logits(state, images):
    """float32 [n, classes]: what the trained network of a state file says of images."""
    model = load(state)
    with torch.no_grad():
        return torch.cat([model(batch) for batch in _tensors(images)[0].split(500)]).numpy()


def _tensors(images):
    return torch.from_numpy(images.pixels).float() / 255, torch.from_numpy(images.labels)


def _metrics(model, device, pixels, labels, test):
    """Loss and accuracy in evaluation mode, over the training samples and the test samples."""
    found = {}
    model.eval()
    with torch.no_grad():
        for split, (x, y) in {"train": (pixels, labels), "test": _tensors(test)}.items():
            logits = torch.cat([model(batch.to(device)).cpu() for batch in x.split(500)])
            found[f"{split}_loss"] = functional.cross_entropy(logits, y).item()
            found[f"{split}_accuracy"] = (logits.argmax(1) == y).float().mean().item()
    return found


class _State:
    """Where a training is: tensors and one JSON text, for PyTorch 1.13 reads nothing else without running pickled code."""

    def __init__(self, parts):
        self.parts = parts
        self.made_by, self.epoch, self.metrics = json.loads(parts["text"])

    @staticmethod
    def of(settings, epoch, metrics, model, optimizer, order):
        momentum = [kept["momentum_buffer"] for kept in optimizer.state_dict()["state"].values()]
        return _State({"text": json.dumps([settings, epoch, metrics]), "model": model.state_dict(), "momentum": momentum,
                       "order": order.get_state()})

    @staticmethod
    def read(path, settings):
        """None where there is none that can be read, or it is of other settings: then the training begins anew."""
        try:
            state = _State(torch.load(path, map_location="cpu", weights_only=True))
        except (OSError, RuntimeError, EOFError, KeyError, ValueError, pickle.UnpicklingError):
            return None
        return state if state.made_by == settings else None

    def write(self, path):
        torch.save(self.parts, path + ".partial")
        os.replace(path + ".partial", path)

    def restore(self, model, optimizer, order):
        model.load_state_dict(self.parts["model"])
        described = optimizer.state_dict()
        optimizer.load_state_dict(described | {
            "state": {number: {"momentum_buffer": kept} for number, kept in enumerate(self.parts["momentum"])}})
        order.set_state(self.parts["order"])

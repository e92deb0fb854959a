"""How much longer an epoch takes when it is recorded.

Trains a perceptron 784-256-128-10 on 60,000 images, and after each epoch does or does not record all layers of some
samples. Both kinds of epochs alternate, so that a busy machine slows both; the medians are compared.

    python3 recorder_overhead.py --samples 5000 --epochs 7
"""

import argparse
import gzip
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

import infoplane


def read_idx(path):
    with gzip.open(path) as file:
        data = file.read()
    axes = data[3]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(axes)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def load(directory):
    """60,000 images and labels, and what they are."""
    images = directory / "train-images-idx3-ubyte.gz"
    if images.exists():
        x = read_idx(images).reshape(-1, 784).astype(np.float32) / 255
        return x, read_idx(directory / "train-labels-idx1-ubyte.gz").astype(np.int64), "Fashion-MNIST"
    random = np.random.default_rng(0)
    return (random.random((60000, 784), np.float32), random.integers(0, 10, 60000),
            f"random numbers, because there is no {images}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=5000, help="how many samples are recorded")
    parser.add_argument("--epochs", type=int, default=7, help="how many epochs of each kind")
    parser.add_argument("--batch", type=int, default=64, help="samples in a batch of training")
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    options = parser.parse_args()

    x, y, name = load(options.data)
    torch.manual_seed(0)
    model = nn.Sequential()
    for layer, module in [("fc1", nn.Linear(784, 256)), ("relu1", nn.ReLU()), ("fc2", nn.Linear(256, 128)),
                          ("relu2", nn.ReLU()), ("logits", nn.Linear(128, 10))]:
        model.add_module(layer, module)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)

    def train():
        total = 0.0
        order = torch.randperm(len(inputs))
        for start in range(0, len(order), options.batch):
            batch = order[start : start + options.batch]
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(batch)
        return total / len(order)

    print(f"data: {name}; {len(x):,} samples, batches of {options.batch}; "
          f"recorded: {options.samples:,} samples of relu1 (256), relu2 (128), logits (10), float32")
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, "
          f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', '(not set)')}")
    plain, recorded, recording = [], [], []
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "run.h5"
        with infoplane.Recorder(str(path), model, x[: options.samples], y[: options.samples],
                                layers=["relu1", "relu2", "logits"]) as recorder:
            recorder.record(0, train_loss=float("nan"))
            train()  # to warm up
            for epoch in range(1, options.epochs + 1):
                start = time.perf_counter()
                train()
                plain.append(time.perf_counter() - start)
                start = time.perf_counter()
                loss = train()
                trained = time.perf_counter()
                recorder.record(epoch, train_loss=loss)
                end = time.perf_counter()
                recorded.append(end - start)
                recording.append(end - trained)
        size = path.stat().st_size
    without, with_, alone = map(statistics.median, (plain, recorded, recording))
    print(f"{'median of ' + str(options.epochs) + ' epochs':28}{'seconds':>10}")
    print(f"{'epoch, not recorded':28}{without:10.3f}")
    print(f"{'epoch, recorded':28}{with_:10.3f}")
    print(f"{'recording alone':28}{alone:10.3f}")
    print(f"file: {size / 1e6:.1f} MB")
    print(f"overhead: {100 * (with_ / without - 1):.1f}% by the medians of epochs, "
          f"{100 * alone / without:.1f}% by the time that recording took; the target is under 10%")


if __name__ == "__main__":
    main()

"""What recording costs beside training: a perceptron on 60,000 samples, of which the first 5,000 or all are recorded.

Processor time, on one thread, medians over epochs; the first record, which writes the inputs, is told apart.
"""

import pathlib
import statistics
import sys
import tempfile
import time

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import infoplane  # noqa: E402


def measure(recorded, epochs, folder):
    torch.manual_seed(0)
    inputs, labels = torch.rand(60_000, 784), torch.randint(0, 10, (60_000,))
    model = nn.Sequential(
        nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(model.parameters())
    training, recording = [], []
    with infoplane.Recorder(
            f"{folder}/{recorded}.h5", model, inputs[:recorded], labels[:recorded], layers=["1", "3", "5", "6"],
            batch_size=1000) as recorder:
        for epoch in range(epochs):
            start = time.process_time()
            recorder.record(epoch, loss=0.0)
            recording.append(time.process_time() - start)
            start = time.process_time()
            order = torch.randperm(60_000)
            for first in range(0, 60_000, 128):
                batch = order[first:first + 128]
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(inputs[batch]), labels[batch]).backward()
                optimizer.step()
            training.append(time.process_time() - start)
    epoch, record = statistics.median(training), statistics.median(recording[1:])
    print(f"{recorded:6} samples recorded: epoch {epoch:.3f} s, record {record:.3f} s ({100 * record / epoch:.1f}%), "
          f"first record {recording[0]:.3f} s")


if __name__ == "__main__":
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for recorded in (5_000, 60_000):
            measure(recorded, int(sys.argv[1]) if len(sys.argv) > 1 else 6, folder)

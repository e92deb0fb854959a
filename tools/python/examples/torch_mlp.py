"""PyTorch: a recorder beside the training loop. Run: python torch_mlp.py run.h5"""

import sys

import numpy as np
import torch

import infoplane

path = sys.argv[1] if len(sys.argv) > 1 else "torch.h5"
torch.manual_seed(0)
random = np.random.default_rng(0)
inputs = random.normal(size=(500, 8)).astype("float32")
labels = (inputs[:, 0] * inputs[:, 1] > 0).astype("int64")
x, y = torch.from_numpy(inputs), torch.from_numpy(labels)

model = torch.nn.Sequential(
    torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)


def train():
    for batch in torch.randperm(len(x)).split(50):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
    return loss.item()


with infoplane.Recorder(path, model, inputs, labels, title="torch_mlp") as recorder:
    recorder.record(0, train_loss=float("nan"))
    for epoch in range(1, 11):
        recorder.record(epoch, train_loss=train())
print(f"recorded to {path}; next: infoplane analyze {path}")

"""NumPy, or anything else that can give arrays: two splits at once. Run: python numpy_arrays.py run.h5"""

import sys

import numpy as np

import infoplane

path = sys.argv[1] if len(sys.argv) > 1 else "numpy.h5"
random = np.random.default_rng(0)
x = random.normal(size=(500, 8)).astype("float32")
y = (x[:, 0] + x[:, 1] > 0).astype("int64")
splits = {"train": (x[:400], y[:400]), "test": (x[400:], y[400:])}
weight = np.float32(0.1) * random.normal(size=8).astype("float32")


def layers(x):
    score = x @ weight
    return {"score": score[:, None], "probability": 1 / (1 + np.exp(-score[:, None]))}


with infoplane.Recorder(path, splits=splits, title="logistic regression") as recorder:
    for epoch in range(11):
        if epoch > 0:
            error = layers(x[:400])["probability"][:, 0] - y[:400]
            weight -= np.float32(0.5) * (x[:400].T @ error / 400).astype("float32")
        hits = (layers(x[400:])["score"][:, 0] > 0) == y[400:]
        recorder.record_arrays(epoch, {name: layers(inputs) for name, (inputs, _) in splits.items()},
                               test_accuracy=hits.mean())
print(f"recorded to {path}; next: infoplane analyze {path}")

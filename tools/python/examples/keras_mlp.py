"""Keras 3: a callback of fit. Run: KERAS_BACKEND=jax python keras_mlp.py run.h5"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras  # noqa: E402
import numpy as np  # noqa: E402

import infoplane  # noqa: E402

path = sys.argv[1] if len(sys.argv) > 1 else "keras.h5"
keras.utils.set_random_seed(0)
inputs = np.random.default_rng(0).normal(size=(500, 8)).astype("float32")
labels = (inputs[:, 0] * inputs[:, 1] > 0).astype("int64")

model = keras.Sequential([
    keras.layers.Input((8,)),
    keras.layers.Dense(16, activation="tanh", name="fc1"),
    keras.layers.Dense(8, activation="tanh", name="fc2"),
    keras.layers.Dense(2, name="logits"),
])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(inputs, labels, batch_size=50, epochs=5, verbose=0,
          callbacks=[infoplane.keras.RecorderCallback(path, inputs, labels, title="keras_mlp")])
print(f"recorded to {path}; next: infoplane analyze {path}")

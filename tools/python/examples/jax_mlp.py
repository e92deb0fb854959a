"""JAX: the network returns its layers, and record_arrays takes them. Run: python jax_mlp.py run.h5"""

import sys

import jax
import jax.numpy as jnp
import numpy as np

import infoplane

path = sys.argv[1] if len(sys.argv) > 1 else "jax.h5"
random = np.random.default_rng(0)
inputs = random.normal(size=(500, 8)).astype("float32")
labels = (inputs[:, 0] * inputs[:, 1] > 0).astype("int64")

sizes = [8, 16, 8, 2]
keys = jax.random.split(jax.random.PRNGKey(0), len(sizes) - 1)
weights = [(jax.random.normal(key, (m, n)) / np.sqrt(m), jnp.zeros(n)) for key, m, n in zip(keys, sizes, sizes[1:])]


def layers(weights, x):
    (w1, b1), (w2, b2), (w3, b3) = weights
    fc1 = jnp.tanh(x @ w1 + b1)
    fc2 = jnp.tanh(fc1 @ w2 + b2)
    return {"fc1": fc1, "fc2": fc2, "logits": fc2 @ w3 + b3}


def loss_of(weights, x, y):
    predicted = jax.nn.log_softmax(layers(weights, x)["logits"])
    return -jnp.mean(predicted[jnp.arange(len(y)), y])


@jax.jit
def step(weights, x, y):
    loss, gradient = jax.value_and_grad(loss_of)(weights, x, y)
    return jax.tree_util.tree_map(lambda w, g: w - 0.5 * g, weights, gradient), loss


kinds = {"fc1": "dense", "fc2": "dense", "logits": "logits"}
with infoplane.Recorder(path, None, inputs, labels, kinds=kinds, title="jax_mlp") as recorder:
    recorder.record_arrays(0, jax.jit(layers)(weights, inputs), train_loss=float("nan"))
    for epoch in range(1, 11):
        for batch in np.split(random.permutation(len(inputs)), 10):
            weights, loss = step(weights, inputs[batch], labels[batch])
        recorder.record_arrays(epoch, jax.jit(layers)(weights, inputs), train_loss=loss)
print(f"recorded to {path}; next: infoplane analyze {path}")

"""Makes the files that the documents name as the reader's own: run.h5, x.npy, epochs/, iris.csv and so on.

Run by the Python that has NumPy and h5py; the archives are recorded by `infoplane`.
"""

import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# 1500 samples, so that 1000 of them are a part; 200 epochs, so that the epochs 100 to 200 and every tenth are there.
RUN = ["--hidden", "8,6,4", "--epochs", "200", "--schedule", "every:20", "--train-share", "0.8"]


def make(folder, python, environment):
    """Fills a folder that is not there yet. Returns None, or why that cannot be."""
    folder.mkdir()
    shutil.copytree(ROOT / "samples", folder / "samples")
    ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__", "tests")
    shutil.copytree(ROOT / "tools/python", folder / "tools/python", ignore=ignored)
    done = subprocess.run([python, __file__, str(folder)], capture_output=True, text=True, env=environment)
    return (done.stderr or done.stdout).strip() if done.returncode else None


def record(folder, name, *options):
    subprocess.run(["infoplane", "record", "csv", "points.csv", *RUN, *options, "-o", name], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)


def main():
    import h5py
    import numpy as np

    folder = Path(sys.argv[1])
    random = np.random.default_rng(0)

    points = random.integers(0, 4, size=(1500, 4))
    classes = (points[:, 0] + points[:, 1] > 3).astype(int)
    rows = [",".join(map(str, [*point, name])) for point, name in zip(points, classes)]
    (folder / "points.csv").write_text("\n".join(["a,b,c,d,class", *rows]) + "\n")
    record(folder, "run.h5", "--seed", "1")
    (folder / "runs").mkdir()
    record(folder, "runs/tanh.h5", "--seed", "2")
    record(folder, "runs/relu.h5", "--seed", "2", "--activation", "relu")
    shutil.copy(folder / "run.h5", folder / "copy.h5")
    # As a full disk leaves it.
    whole = (folder / "run.h5").read_bytes()
    (folder / "damaged.h5").write_bytes(whole[: len(whole) * 3 // 4])

    # Four measurements and the species, as the table of R. A. Fisher (1936) has them; these are drawn, not measured.
    centres = np.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.6, 2.0]])
    flowers = ["setosa", "versicolor", "virginica"]
    lines = [",".join([*(f"{value:.1f}" for value in centres[kind] + random.normal(scale=0.3, size=4)), flowers[kind]])
             for kind in np.repeat([0, 1, 2], 50)]
    (folder / "iris.csv").write_text("\n".join(["sepal_length,sepal_width,petal_length,petal_width,species", *lines]) + "\n")

    # Activations that some other program saved: 200 samples of four layers at three epochs.
    x = random.normal(size=(200, 4)).astype("float32")
    y = (x[:, 0] * x[:, 1] > 0).astype("int64")
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    with h5py.File(folder / "data.h5", "w") as file:
        file["x"], file["y"] = x, y
    layers = {"conv1": 6, "conv2": 5, "fc1": 4, "fc2": 2}
    (folder / "epochs").mkdir()
    (folder / "tensors").mkdir()
    with h5py.File(folder / "activations.h5", "w") as file:
        for epoch in (0, 1, 10):
            arrays = {name: np.maximum(0, x @ random.normal(size=(4, units))).astype("float32") - 0.1
                      for name, units in layers.items()}
            np.savez(folder / f"epochs/epoch_{epoch}.npz", **arrays)
            (folder / f"tensors/epoch_{epoch}.safetensors").write_bytes(safetensors(arrays))
            for name, values in arrays.items():
                file[f"{epoch}/activations/{name}"] = values
    np.save(folder / "tensors/inputs.npy", x)
    np.save(folder / "tensors/labels.npy", y)

    # Samples for the estimators: two normal pairs with correlation 0.8, and a class that follows the first.
    a = random.normal(size=(400, 2))
    b = 0.8 * a + 0.6 * random.normal(size=(400, 2))
    table = [",".join([*(f"{value:.6f}" for value in [*p, *q]), "high" if p[0] > 0 else "low"]) for p, q in zip(a, b)]
    (folder / "samples.csv").write_text("\n".join(["a,b,c,d,class", *table]) + "\n")
    with h5py.File(folder / "samples.h5", "w") as file:
        file["group/x"], file["group/y"] = a, b


def safetensors(arrays):
    """The bytes of a safetensors file of float32 arrays."""
    header, body = {}, b""
    for name, values in arrays.items():
        data = values.tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


if __name__ == "__main__":
    main()

"""Few numbers per layer instead of all its units: archives made of an archive.

The readouts are fitted to the texts of the split `fit` and written for the others, so that none has seen what is analyzed. Both
are functions of the layer alone: by the data processing inequality, what they say of input and label the layer says, too, and
more. The converse is not so: what a readout does not show may still be there.
"""

import os


def principal(fit, labels, others, components=2):
    """The first principal components of a layer, each in units of its standard deviation over `fit`.

    fit: [n, units]; others: arrays of any number of rows. Without looking at labels. A component that has no variance is 0.
    """
    import numpy as np

    mean = fit.mean(0)
    variances, axes = np.linalg.eigh((fit - mean).T @ (fit - mean) / len(fit))
    axes, deviations = axes.T[::-1][:components], np.sqrt(np.maximum(variances[::-1][:components], 0))
    # The sign of an axis is arbitrary: its largest entry is positive.
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    scale = np.where(deviations > 1e-6 * max(deviations[0], 1e-300), deviations, np.inf)
    return [(other - mean) @ axes.T / scale for other in others]


def probe(fit, labels, others, penalty=1e-3):
    """The score of a linear probe: ridge regression of the labels, as −1 and +1, on the standardized units.

    penalty: by which the diagonal of the units' correlations is raised; a unit that has no variance is left out.
    """
    import numpy as np

    mean, deviation = fit.mean(0), fit.std(0)
    scale = np.where(deviation > 1e-9 * max(deviation.max(), 1e-300), deviation, np.inf)
    units, targets = (fit - mean) / scale, np.where(labels == 1, 1.0, -1.0)
    correlations = units.T @ units / len(units) + penalty * np.eye(units.shape[1])
    weights = np.linalg.solve(correlations, units.T @ (targets - targets.mean()) / len(units))
    return [(other - mean) / scale @ weights[:, None] + targets.mean() for other in others]


READOUTS = {"principal": principal, "probe": probe}


def write_readouts(path, whole, readout, inputs, title, show):
    """Writes one readout of every layer and record of the archive `whole`. inputs: by split, instead of its own."""
    import h5py
    import infoplane
    import numpy as np

    if os.path.exists(path):
        os.remove(path)
    with h5py.File(whole) as archive:
        splits = {split: archive["splits"][split] for split in archive["splits"]}
        labels = {split: group["labels"][:] for split, group in splits.items()}
        layers = sorted(splits["fit"]["layers"], key=lambda layer: splits["fit"]["layers"][layer].attrs["order"])
        kinds = {layer: splits["fit"]["layers"][layer].attrs["kind"] for layer in layers}
        analyzed = [split for split in splits if split != "fit"]
        with infoplane.Recorder(
                path, splits={split: (inputs[split], labels[split]) for split in analyzed}, kinds=kinds,
                class_names=["negative", "positive"], title=title) as recorder:
            for record in range(int(archive["committed"][()])):
                show(f"{title}: record {record}")
                arrays = {split: {} for split in analyzed}
                for layer in layers:
                    values = {split: group["layers"][layer][record].astype("float64") for split, group in splits.items()}
                    found = READOUTS[readout](values["fit"], labels["fit"], [values[split] for split in analyzed])
                    for split, array in zip(analyzed, found):
                        arrays[split][layer] = array.astype("float32")
                accuracies = {
                    f"{split}_accuracy": float(np.mean(group["layers"]["logits"][record].argmax(1) == labels[split]))
                    for split, group in splits.items()}
                loss = float(archive["metrics/train_loss"][record])
                recorder.record_arrays(int(archive["epoch"][record]), arrays, train_loss=loss, **accuracies)

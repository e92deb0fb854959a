"""Prints what other packages estimate from the samples on standard input, as JSON: {name: bits}.

Input: {"x": rows of 2 numbers, "y": rows of 2 numbers, "z": whole numbers, "labels": whole numbers}.
The packages are run as they are, and share no code with InfoPlane.
"""

import json
import os
import sys
import warnings

# Some packages write to standard output: it is kept for the result.
result = os.dup(1)
os.dup2(2, 1)

import ennemi
import infomeasure
import npeet_plus
import numpy as np
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.metrics import mutual_info_score

warnings.filterwarnings("ignore")

data = json.load(sys.stdin)
x, y = np.array(data["x"]), np.array(data["y"])
z, labels = np.array(data["z"]), np.array(data["labels"])
bits = 1 / np.log(2)
found = {
    "npeet ksg1": npeet_plus.mi(x, y, k=3),
    "npeet entropy": npeet_plus.entropy(x, k=3),
    "infomeasure ksg1": infomeasure.mutual_information(x, y, approach="ksg", k=3, base=2, noise_level=0),
    "ennemi ksg1": float(ennemi.estimate_mi(y[:, 0], x[:, 0], k=3, preprocess=False)[0, 0]) * bits,
    "scikit-learn regression": mutual_info_regression(x[:, :1], y[:, 0], n_neighbors=3, random_state=0)[0] * bits,
    "scikit-learn classif": mutual_info_classif(x[:, :1], labels, n_neighbors=3, random_state=0)[0] * bits,
    "scikit-learn score": mutual_info_score(z, labels) * bits,
}
for approach in ["discrete", "miller_madow", "chao_shen", "grassberger", "shrink"]:
    found["infomeasure H " + approach] = infomeasure.entropy(z, approach=approach, base=2)
    found["infomeasure I " + approach] = infomeasure.mutual_information(z, labels, approach=approach, base=2)
os.write(result, json.dumps({name: float(value) for name, value in found.items()}).encode())

#!/bin/sh
# scikit-learn 1.9.1, MLPRegressor with k outputs: the loss that it reports (loss_) is half the squared error averaged over samples AND
# outputs, but the gradient that it descends is that of the sum over outputs, k times as long. A good engineer would guess that
# a step of plain SGD (no momentum, no penalty) moves against the gradient of the reported loss. For one output it does. So the penalty
# alpha weighs 1/k of what the reported loss suggests, tol is compared with a loss that falls k times slower than the steps say,
# and a gradient check against loss_ fails by exactly k.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "scikit-learn==1.9.1" "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" - <<'PYTHON'
from copy import deepcopy
from importlib.metadata import version

import numpy as np
from sklearn.neural_network import MLPRegressor

print("scikit-learn", version("scikit-learn"))
random = np.random.default_rng(0)
X = random.normal(size=(20, 3))
RATE, H = 0.5, 1e-5


def first(k):
    y = random.normal(size=(20, k))
    start = MLPRegressor(hidden_layer_sizes=(4,), activation="tanh", solver="sgd", learning_rate_init=RATE, momentum=0.0, alpha=0.0,
                         batch_size=20, shuffle=False, random_state=0)
    start.partial_fit(X, y if k > 1 else y.ravel())

    def loss(shift):
        moved = deepcopy(start)
        moved.coefs_[0][0, 0] += shift
        moved.partial_fit(X, y if k > 1 else y.ravel())
        return moved.loss_, moved.coefs_[0][0, 0]

    difference = (loss(H)[0] - loss(-H)[0]) / (2 * H)
    taken = (start.coefs_[0][0, 0] - loss(0.0)[1]) / RATE
    return taken / difference


for k in (1, 2, 3, 5):
    ratio = first(k)
    print(f"{k} output(s): the step taken is {ratio:.6f} times the gradient of the reported loss")
    assert abs(ratio - k) < 1e-4, "this has changed"
PYTHON

#!/bin/sh
# Keras 3.15.1: keras.losses.Huber(delta=0.5) does not write its delta down. Its config is the name and the reduction, so a model that was
# compiled with it, saved as .keras and loaded again goes on training with delta = 1, without a word. A good engineer would guess that
# what a loss is made with is in its config, as it is for other losses (label_smoothing of the cross-entropies is).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "keras==3.15.1" "torch==2.13.0" "numpy==2.4.6"
cd "$folder"
KERAS_HOME="$folder" KERAS_BACKEND=torch "$folder/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np

print("Keras", keras.__version__)
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
model.compile(loss=keras.losses.Huber(delta=0.5))
X, y = np.array([[3.0]], dtype=np.float32), np.array([[0.0]], dtype=np.float32)
before = model.evaluate(X, y, verbose=0)
model.save("m.keras")
after = keras.models.load_model("m.keras").evaluate(X, y, verbose=0)
config = keras.losses.Huber(delta=0.5).get_config()
kept = keras.losses.BinaryCrossentropy(label_smoothing=0.1).get_config()
print("loss of an error of 3 with delta 0.5:", before, "after saving and loading:", after)
print("config of Huber:", config)
print("config of BinaryCrossentropy:", kept)
assert "delta" not in config and kept["label_smoothing"] == 0.1, "this has changed"
assert abs(before - 1.375) < 1e-6 and abs(after - 2.5) < 1e-6, "this has changed"
PYTHON

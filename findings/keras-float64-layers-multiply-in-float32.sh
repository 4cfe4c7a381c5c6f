#!/bin/sh
# Keras 3.15.1 on PyTorch 2.13.0: a Dense layer with dtype="float64" has float64 weights, takes float64 rows and says that its output is
# float64, but its matrix product is computed in float32: keras.backend.result_type("float64", "float64") is "float32" as long as
# floatx is float32, its default, and matmul, dot and tensordot cast to that. add, multiply, exp and einsum of the same tensors
# stay float64. A good engineer would guess that dtype="float64" is float64 throughout. So outputs of a float64 network differ by 1e-7
# from those of any other library, and a numeric gradient check of it fails.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "keras==3.15.1" "torch==2.13.0" "numpy==2.4.6"
KERAS_HOME="$folder" KERAS_BACKEND=torch "$folder/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np
import torch

print("Keras", keras.__version__, "PyTorch", torch.__version__, "floatx", keras.config.floatx())
X = np.random.default_rng(0).normal(size=(200, 4))
layer = keras.layers.Dense(5, dtype="float64")
layer.build((None, 4))
W, b = layer.get_weights()
found = layer(torch.tensor(X))
error = np.abs(keras.ops.convert_to_numpy(found) - (X @ W + b)).max()
print("weights", W.dtype, "output", found.dtype, "error of the output", error)
print("result_type of float64 and float64:", keras.backend.result_type("float64", "float64"))
a = keras.ops.convert_to_tensor(X, dtype="float64")
kinds = {
    "matmul": keras.ops.matmul(a.T, a).dtype,
    "einsum": keras.ops.einsum("ij,ik->jk", a, a).dtype,
    "multiply": keras.ops.multiply(a, a).dtype,
}
print(kinds)
assert W.dtype == np.float64 and found.dtype == torch.float64, "this has changed"
assert 1e-9 < error < 1e-5, "this has changed"
assert [str(kind) for kind in kinds.values()] == ["torch.float32", "torch.float64", "torch.float64"], "this has changed"
PYTHON

#!/bin/sh
# safetensors 0.8.0, safetensors.numpy.save: an array whose elements do not lie one after the other in memory (a transpose, every
# second element, a Fortran-ordered matrix) is written in the order of its memory and read back with other values, without an error or
# a warning. A good engineer would guess a copy or a refusal, as safetensors.torch refuses tensors that are not contiguous.
# And the same metadata is written in another order each time, so that saving the same model twice gives two different files.
# For users: np.ascontiguousarray before saving; write metadata with one key to get the same bytes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "safetensors==0.8.0" "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import numpy as np
from safetensors.numpy import load, save

print("safetensors", version("safetensors"), "numpy", version("numpy"))
matrix = np.arange(6.0).reshape(2, 3)
for name, array in [("transpose", matrix.T), ("Fortran order", np.asfortranarray(matrix)), ("every second", np.arange(6.0)[::2])]:
    back = load(save({"x": array}))["x"]
    print(f"{name}: wrote {array.tolist()}, read {back.tolist()}")
    assert back.shape == array.shape
    assert not np.array_equal(back, array), "it is written rightly now"
copied = load(save({"x": np.ascontiguousarray(matrix.T)}))["x"]
assert np.array_equal(copied, matrix.T)
print("a contiguous copy is written rightly")

keys = {str(i): str(i) for i in range(6)}
different = len({save({"x": matrix}, metadata=keys) for _ in range(20)})
print(f"the same model with the same six metadata keys, saved 20 times: {different} different files")
assert different > 1, "metadata keep their order now"
assert len({save({"x": matrix}, metadata={"only": "one"}) for _ in range(20)}) == 1
PYTHON

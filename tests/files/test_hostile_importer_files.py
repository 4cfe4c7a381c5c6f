"""Files of our own making that say of themselves what is not true: refused before memory is taken for them."""

import json
import struct
import time
import tracemalloc
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save_file

from clearprop import from_keras, from_torch_state
from clearprop.errors import FileError
from clearprop.files.importers.keras_config import layers_of

HUGE = 2**40


def safetensors(header, numbers=b"\0" * 16):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + numbers


def entry(dtype="F32", shape=(2, 2), offsets=(0, 16)):
    return {"w": {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}}


def zipped(parts, compression=zipfile.ZIP_STORED):
    def write(path):
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, data in parts:
                archive.writestr(name, data)

    return write


def cut(write):
    """The same, and of what was written one half."""

    def half(path):
        write(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return half


def written(data):
    return lambda path: path.write_bytes(data)


def nested_json(depth):
    return b'{"a":' * depth + b"1" + b"}" * depth


def many_models():
    config = {"class_name": "Dense", "config": {"name": "d"}}
    for n in range(60):
        config = {"class_name": "Sequential", "config": {"name": f"m{n}", "layers": [config]}}
    return config


OF_TORCH = {
    "a huge shape": (written(safetensors(entry(shape=(HUGE, HUGE)))), "has the shape"),
    "a negative size": (written(safetensors(entry(shape=(-2, -2)))), "has the shape"),
    "offsets beyond the end": (written(safetensors(entry(offsets=(0, HUGE)))), "not what the file holds"),
    "offsets backwards": (written(safetensors(entry(offsets=(16, 0)))), "not what the file holds"),
    "another type": (written(safetensors(entry(dtype="F8_E4M3"))), "has the type 'F8_E4M3'; read are"),
    "a broken entry": (written(safetensors({"w": [1]})), "has a broken entry"),
    "a header that is no JSON": (written(safetensors(b"{" * 1000)), "a header that is not JSON"),
    "a deep header": (written(safetensors(nested_json(100_000))), "a header that is not JSON|broken entry"),
    "cut off in its header": (written(safetensors(entry())[:30]), "cut off in its header"),
    "empty": (written(b""), "is empty"),
    "a pickle": (written(b"\x80\x02}q\x00."), "is a pickle, or of PyTorch before"),
    "an HDF5 file": (written(b"\x89HDF\r\n\x1a\n"), "an HDF5 file .*from_keras"),
    "a text": (written(b"hello, world"), "neither a .pt nor a .safetensors file"),
    "a zip bomb": (
        zipped([("m/data.pkl", b"x"), ("m/data/0", bytes(20_000_000))], zipfile.ZIP_DEFLATED), "compressed parts"),
    "a zip without a pickle": (zipped([("a.txt", b"x")]), "not one of torch.save"),
    "a Keras file": (zipped([("config.json", b"{}")]), "is a Keras file: see from_keras"),
    "a zip that is cut off": (cut(zipped([("m/data.pkl", b"x"), ("m/data/0", bytes(1000))])), "damaged or cut off zip"),
}  # fmt: skip
OF_KERAS = {
    "a text": (written(b"hello, world"), "neither a .keras nor an .h5 file"),
    "empty": (written(b""), "is empty"),
    "a zip without weights": (zipped([("config.json", b"{}")]), "without model.weights.h5"),
    "two parts of one name": (zipped([("config.json", b"{}"), ("config.json", b"{}")]), "two parts of one name"),
    "a bomb": (zipped([("config.json", b" " * 8_000_000), ("model.weights.h5", b"")], zipfile.ZIP_DEFLATED),
               "no JSON|too large"),
    "a config too large": (zipped([("config.json", b" " * 9_000_000), ("model.weights.h5", b"")]), "too large"),
    "a deep config": (zipped([("config.json", nested_json(100_000)), ("model.weights.h5", b"")]), "nested too deeply"),
    "weights that are no HDF5": (zipped([("config.json", b"{}"), ("model.weights.h5", b"abc")]), "not an HDF5 file"),
    "a zip that is cut off": (
        cut(zipped([("config.json", b"{}"), ("model.weights.h5", bytes(1000))])), "damaged or cut off zip"),
    "names that lead outside": (
        zipped([("../../config.json", b"{}"), ("/model.weights.h5", b"")]), "without config.json"),
}  # fmt: skip


def refused(read, message):
    """Refused in a sentence of that message, within a second and, when memory is watched, within 64 MiB."""
    began = time.process_time()
    with pytest.raises(FileError, match=message):
        read()
    assert time.process_time() - began < 1
    tracemalloc.start()
    with pytest.raises(FileError):
        read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * 2**20


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", OF_TORCH)
def test_of_torch(tmp_path, name):
    write, message = OF_TORCH[name]
    write(tmp_path / "hostile")
    refused(lambda: from_torch_state(tmp_path / "hostile", ["Linear"]), message)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", OF_KERAS)
def test_of_keras(tmp_path, name):
    if name == "weights that are no HDF5":
        pytest.importorskip("pyfive", reason="pyfive is not installed")
    write, message = OF_KERAS[name]
    write(tmp_path / "hostile")
    refused(lambda: from_keras(tmp_path / "hostile"), message)


def test_models_within_models_without_end():
    refused(lambda: layers_of(many_models()), "more than 20 models within each other")


def test_a_functional_config_that_goes_round():
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["b", 0, 0]}}
    layers = [
        {"class_name": "Dense", "config": {"name": name}, "inbound_nodes": [{"args": [tensor], "kwargs": {}}]}
        for name in "ab"
    ]
    config = {"layers": layers, "input_layers": [["start", 0, 0]], "output_layers": [["a", 0, 0]]}
    refused(lambda: layers_of({"class_name": "Functional", "config": config}), "no way from its output to its input")


def test_activations_alone_are_those_of_the_layers(tmp_path):
    tensors = {"fc.weight": np.ones((3, 2), dtype=np.float32), "out.weight": np.ones((1, 3), dtype=np.float32)}
    save_file(tensors, tmp_path / "m.safetensors")
    found = from_torch_state(tmp_path / "m.safetensors", ["relu", "identity"], loss="squared_error")
    assert [layer.activation.name for layer in found.network.layers] == ["relu", "identity"]


def test_types_of_a_true_file(tmp_path):
    for dtype in (np.float64, np.float32, np.float16):
        save_file({"weight": np.ones((2, 3), dtype=dtype)}, tmp_path / "m.safetensors")
        found = from_torch_state(tmp_path / "m.safetensors", ["Linear"], loss="squared_error")
        assert found.source.dtype == (np.float64 if dtype == np.float64 else np.float32)
    header = {"w.weight": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}
    numbers = np.array([0x3F80, 0xC000, 0, 0x4040], dtype="<u2").tobytes()
    (tmp_path / "m.safetensors").write_bytes(safetensors(header, numbers))
    found = from_torch_state(tmp_path / "m.safetensors", ["w"], loss="squared_error")
    assert found.source.layers[0].weights.tolist() == [[1.0, 0.0], [-2.0, 3.0]]

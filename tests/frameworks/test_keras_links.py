"""Files of Keras of our own making whose HDF5 part is links: refused by our reader within a second and 64 MiB."""

import json
import time
import tracemalloc
import zipfile

import numpy as np
import pytest

from clearprop import from_keras
from clearprop.errors import FileError

h5py = pytest.importorskip("h5py", reason="h5py is not installed (make test-frameworks)")
pytest.importorskip("pyfive", reason="pyfive is not installed")


def in_a_circle(file):
    layers = file.create_group("layers")
    layers.create_group("dense")["layers"] = layers


def many_in_a_circle(file):
    group = file.create_group("layers")
    for k in range(40):
        inner = group.create_group(f"dense_{k}" if k else "dense")
        inner["layers"] = group


def soft_to_itself(file):
    file["layers"] = h5py.SoftLink("/layers")


def soft_in_a_circle(file):
    file.create_group("layers/dense")
    file["layers/dense/vars"] = h5py.SoftLink("/layers/dense/layers")
    file["layers/dense/layers"] = h5py.SoftLink("/layers/dense/vars")


def outside(file):
    file.create_group("layers/dense/vars")
    file["layers/dense/vars/0"] = h5py.ExternalLink("/etc/hostname", "/")


def one_array_many_times(file):
    first = file.create_dataset("layers/dense/vars/0", data=np.zeros((500, 500)))
    for k in range(1, 400):
        file[f"layers/dense/vars/{k}"] = first


def of_another_type(file):
    file.create_dataset("layers/dense/vars/0", data=np.array([b"text", b"more"]))


def a_declared_shape(file):
    file.create_dataset("layers/dense/vars/0", (10**6, 10**6), "f4", chunks=(1000, 1000))


LINKS = (
    in_a_circle,
    many_in_a_circle,
    soft_to_itself,
    soft_in_a_circle,
    outside,
    one_array_many_times,
    of_another_type,
    a_declared_shape,
)


@pytest.mark.parametrize("make", LINKS)
def test_links_are_refused(make, tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        make(file)
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {"layers": []}}))
        archive.write(tmp_path / "w.h5", "model.weights.h5")
    began = time.process_time()
    with pytest.raises(FileError):
        from_keras(tmp_path / "m.keras", loss="squared_error")
    assert time.process_time() - began < 1
    tracemalloc.start()
    with pytest.raises(FileError):
        from_keras(tmp_path / "m.keras", loss="squared_error")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * 2**20


@pytest.mark.parametrize("make", [soft_to_itself, outside, one_array_many_times])
def test_links_in_an_h5_file_are_refused(make, tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        make(file)
        file["model_weights"] = h5py.SoftLink("/layers")
        layers = [{"class_name": "Dense", "config": {"name": "dense"}}]
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": layers}})
        if make is not soft_to_itself:
            names = [f"vars/{k}" for k in range(400 if make is one_array_many_times else 1)]
            file["layers/dense"].attrs["weight_names"] = np.array(names, dtype="S9")
    began = time.process_time()
    with pytest.raises(FileError):
        from_keras(tmp_path / "m.h5", loss="squared_error")
    assert time.process_time() - began < 1

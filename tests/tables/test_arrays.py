import io
import zipfile

import numpy as np
import pytest

from clearprop.errors import TableError
from clearprop.tables import read


def test_x_and_y(tmp_path):
    X = np.arange(12.0).reshape(3, 2, 2)
    np.savez(tmp_path / "t.npz", X=X, y=np.array(["a", "b", "a"]))
    found = read(tmp_path / "t.npz")
    assert found.default_target == "y"
    assert found.table.column("X").to_pylist() == X.reshape(3, 4).tolist()
    assert found.table.column("y").to_pylist() == ["a", "b", "a"]


def test_x_alone(tmp_path):
    np.savez_compressed(tmp_path / "t.npz", X=np.eye(2, dtype=bool))
    found = read(tmp_path / "t.npz")
    assert found.default_target is None
    assert found.table.column("X").to_pylist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": np.ones((2, 2))}, "must hold an array named 'X'"),
        ({"X": np.ones(3)}, r"must have one row per sample, shape \(n_samples, n_features\), not \(3,\)"),
        ({"X": np.ones((0, 3))}, "one row per sample"),
        ({"X": np.array([["a"]])}, "must hold numbers"),
        ({"X": np.ones((2, 2), dtype=complex)}, "must hold numbers"),
        ({"X": np.ones((3, 2)), "y": np.ones(2)}, r"shape \(3,\), not \(2,\)"),
        ({"X": np.ones((3, 2)), "y": np.ones((3, 2))}, r"one value per row"),
        ({"X": np.array([[None, 1]], dtype=object)}, "Python objects"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path, arrays, words):
    np.savez(tmp_path / "t.npz", **arrays)
    with pytest.raises(TableError, match=words):
        read(tmp_path / "t.npz")


def test_a_header_that_asks_for_32_gib_is_refused_before_memory_is_taken(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (2**16, 2**16)})
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as archive:
        archive.writestr("X.npy", header.getvalue())
    with pytest.raises(TableError, match="more than the file holds"):
        read(tmp_path / "t.npz")


def test_a_file_that_is_cut_off(tmp_path):
    np.savez(tmp_path / "t.npz", X=np.ones((100, 2)), y=np.ones(100))
    content = (tmp_path / "t.npz").read_bytes()
    for end in (0, 10, 100, len(content) // 2, len(content) - 5):
        (tmp_path / "t.npz").write_bytes(content[:end])
        with pytest.raises(TableError, match="damaged"):
            read(tmp_path / "t.npz")


def test_arrays_of_other_names_are_said(tmp_path):
    np.savez(tmp_path / "t.npz", X=np.ones((2, 2)), y=[0, 1], names=["a", "b"], weights=[1, 2])
    (notice,) = read(tmp_path / "t.npz").notices
    assert "X and y are read; left out: 'names', 'weights'" in notice

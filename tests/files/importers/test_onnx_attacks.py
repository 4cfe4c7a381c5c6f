"""Files of our own making that nobody should read are refused in a sentence, quickly and without taking memory."""

import contextlib
import gc
import os
import struct
import time
import tracemalloc

import numpy as np
import pytest

from clearprop.errors import FileError, InputError
from clearprop.files import onnx_messages as onnx
from clearprop.files.importers.onnx import read
from clearprop.files.protobuf import written
from onnx_made import declared, model, node, tensor, write

W = np.ones((3, 4), dtype=np.float32)
PRODUCT = [node("MatMul", "x w", "y")]
SECONDS, MEMORY = 1.0, 64 * 2**20


def refused(path, message, is_counted=False):
    """Refused in a sentence of that message, within a second of computing and 64 MiB."""
    gc.freeze()  # what other tests have left is not looked through meanwhile
    start = time.process_time()
    with pytest.raises((FileError, InputError), match=message) as caught:
        read(path)
    seconds = time.process_time() - start
    gc.unfreeze()
    assert seconds < SECONDS, seconds
    if is_counted:
        return
    tracemalloc.start()
    with pytest.raises((FileError, InputError)):
        read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(str(caught.value)) < 500
    assert peak < MEMORY, peak


def with_tensor(**fields):
    return model(PRODUCT, {"w": onnx.Tensor(name="w", **({"dims": [3, 4], "data_type": onnx.FLOAT} | fields))})


def beside(**place):
    entries = [onnx.Entry(key, value) for key, value in place.items()]
    return with_tensor(data_location=1, external_data=entries)


def chain(n, kind="Mul"):
    nodes = [node("MatMul", "x w", "z0"), *(node(kind, f"z{k} z{k}", f"z{k + 1}") for k in range(n))]
    return model(nodes, {"w": W}, outputs=(f"z{n}",))


def functions_in_a_circle():
    sets = [onnx.OperatorSet("", 20)]
    made = [
        onnx.Function(name, ["x"], ["y"], node=[node(other, "x", "y", "mine")], opset_import=sets, domain="mine")
        for name, other in (("a", "b"), ("b", "a"))
    ]
    return model([node("MatMul", "x w", "h"), node("a", "h", "y", "mine")], {"w": W}, functions=made)


def functions_of_functions():
    sets = [onnx.OperatorSet("", 20)]
    made = [
        onnx.Function(
            f"f{k}", ["x"], ["y"], domain="mine", opset_import=sets,
            node=[node(f"f{k + 1}", "x", "a", "mine"), node(f"f{k + 1}", "a", "b", "mine"),
                  node(f"f{k + 1}", "b", "c", "mine"), node(f"f{k + 1}", "c", "y", "mine")],
        )
        for k in range(9)
    ]  # fmt: skip
    made.append(onnx.Function("f9", ["x"], ["y"], node=[node("Identity", "x", "y")], opset_import=sets, domain="mine"))
    return model([node("MatMul", "x w", "h"), node("f0", "h", "y", "mine")], {"w": W}, functions=made)


def nested(levels):
    """A graph in the attribute of a node in a graph …, as If has them."""
    inner = b""
    for _ in range(levels):
        attribute = b"\x0a\x04then" + b"\x32" + _length(inner) + inner
        body = b"\x22\x02If" + b"\x2a" + _length(attribute) + attribute + b"\x12\x01y"
        inner = b"\x0a" + _length(body) + body
    graph = onnx.Node([], ["y"], "n", "If", [onnx.Attribute("then_branch", g=inner, type=5)])
    return model([graph], {})


def _length(content):
    n, found = len(content), bytearray()
    while n > 0x7F:
        found.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes([*found, n])


EMPTY = b"\x0a\x00" * 300_000  # nodes without anything
HOSTILE = {
    "a declared shape without end": (with_tensor(dims=[2**40, 2**40], raw_data=b"12345678"), "but 2 are there"),
    "inputs without end": (model(PRODUCT, {"w": W}, [("x", ("n", 2**50))]), "more than 100,000 inputs"),
    "negative sizes": (with_tensor(dims=[-3, 4], raw_data=W.tobytes()), r"the impossible shape \(-3, 4\)"),
    "an input of negative size": (model(PRODUCT, {"w": W}, [("x", ("n", -3))]), "the impossible shape"),
    "a type that does not exist": (with_tensor(data_type=99, raw_data=W.tobytes()), "numbers of type 99"),
    "half a number": (with_tensor(raw_data=W.tobytes()[:-1]), "47 bytes, which are not whole numbers of 4"),
    "texts as weights": (model(PRODUCT, {"w": np.array(["a"] * 12).reshape(3, 4)}), "not by a matrix"),
    "a place outside": (beside(location="../../../etc/hostname"), "only files in the folder of"),
    "an absolute place": (beside(location="/etc/hostname"), "only files in the folder of"),
    "a file that is not there": (beside(location="gone.data"), "copy both together"),
    "numbers behind the end": (beside(location="short.data", offset="0"), "should be 48 bytes of short.data"),
    "a length of its own": (beside(location="short.data", length="9" * 19), "cut off, or of another export"),
    "an offset that is no number": (beside(location="short.data", offset="-8"), "'-8' where its offset"),
    "a link": (beside(location="link.data"), "which is a link; links are not followed"),
    "a folder that is a link": (beside(location="linked/short.data"), "which is a link; links are not followed"),
    "a cycle": (
        model([node("MatMul", "y w", "a"), node("Relu", "a", "y")], {"w": np.ones((4, 4), np.float32)}),
        "takes 'y', which nothing before it makes: the graph has a cycle",
    ),
    "one name made twice": (model([*PRODUCT, node("Relu", "y", "y")], {"w": W}), "makes 'y', which is there already"),
    "functions in a circle": (functions_in_a_circle(), "call each other without end"),
    "functions of functions": (functions_of_functions(), "the graph runs more than 20,000 nodes"),
    "deep nesting": (nested(3000), r"the node 'n' \(If\) is not a dense layer"),
    "a formula that doubles": (chain(64), "a formula of more than 10,000 operations"),
    "a formula without end": (chain(1500, "Add"), "a formula of more than 10,000 operations"),
    "constants that multiply": (
        model([node("Add", "a b", "c"), node("MatMul", "x c", "y")],
              {"a": np.ones((30_000, 1), np.float32), "b": np.ones((1, 30_000), np.float32)}),
        "would make 900,000,000 numbers",
    ),
    "constants computed for ever": (
        model([node("Exp", "w", "w0"), *(node("Exp", f"w{k}", f"w{k + 1}") for k in range(300)),
               node("MatMul", "x w300", "y")], {"w": np.ones((3, 30_000), np.float32)}),
        "has too much computed of its constants",
    ),
    "columns that multiply": (
        model([node("Mul", "x many", "c"), node("MatMul", "c w", "y")],
              {"many": np.arange(200_000, dtype=np.float32), "w": W}, [("x", ("n", 1))]),
        "makes more than 100,000 inputs",
    ),
    "nodes without end": (b"\x08\x08\x3a" + _length(EMPTY) + EMPTY, "more than 50,000 nodes, names and settings"),
    "weights that are not finite": (model(PRODUCT, {"w": W * np.nan}), "weights that are NaN or infinite"),
    "a newer format": (model(PRODUCT, {"w": W}), "version 99 of ONNX's format; .* Upgrade clearprop"),
    "an unknown opset": (model(PRODUCT, {"w": W}, opset=999), "uses version 999 of the operators of ai.onnx"),
    "operators of nobody": (model([node("Wild", "x", "y", "com.nobody")], {}), r"'the Wild' \(Wild\) is not a dense"),
    "sparse weights": (model(PRODUCT, {}), "takes 'w', which nothing before it makes"),
    "no graph": (onnx.Model(8, opset_import=[onnx.OperatorSet("", 20)]), "without a graph"),
}  # fmt: skip
COUNTED = ("nodes without end", "functions of functions")  # small things by number: watching memory takes half a minute
HOSTILE["a newer format"][0].ir_version = 99


@pytest.fixture
def folder(tmp_path):
    there = tmp_path / "there"
    there.mkdir()
    (there / "short.data").write_bytes(b"short")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "short.data").write_bytes(W.tobytes())
    (there / "link.data").symlink_to(tmp_path / "outside" / "short.data")
    (there / "linked").symlink_to(tmp_path / "outside")
    return there


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused(case, folder):
    message, reason = HOSTILE[case]
    refused(write(folder / "net.onnx", message), reason, is_counted=case in COUNTED)


def test_a_file_that_is_cut_off_anywhere_is_refused(folder):
    whole = written(model(PRODUCT, {"w": W}))
    for n in range(1, len(whole)):
        (folder / "net.onnx").write_bytes(whole[:n])
        with pytest.raises((FileError, InputError)):
            read(folder / "net.onnx")


def test_damaged_bytes_never_get_past_a_sentence(folder):
    whole = written(model(PRODUCT, {"w": W, "b": np.ones(4, np.float32)}))
    random = np.random.default_rng(3)
    for _ in range(400):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 3):
            damaged[place] = random.integers(256)
        (folder / "net.onnx").write_bytes(damaged)
        with contextlib.suppress(FileError, InputError):
            read(folder / "net.onnx")


OTHERS = {
    "PK\x03\x04rest": "it looks like a zip archive, as .keras and .pt files are: try from_keras or from_torch_state",
    "\x89HDF\r\n\x1a\n": "it looks like an HDF5 file",
    "PAR1....": "it looks like a Parquet table",
    "\x80\x04\x95....": "it looks like a pickle, which clearprop does not open",
    "\x1c\x00\x00\x00TFL3": "it looks like a TensorFlow Lite model",
    "a,b,c\n1,2,3\n": "is a text, not an ONNX file",
    "": "is empty, not an ONNX file",
    "\x00" * 100: "is cut off, damaged or not an ONNX file",
    "\xff" * 40: "is cut off, damaged or not an ONNX file: a number in it does not end",
}


@pytest.mark.parametrize("content", OTHERS)
def test_other_kinds_of_files_are_called_by_their_names(content, tmp_path):
    (tmp_path / "net.onnx").write_bytes(content.encode("latin-1"))
    refused(tmp_path / "net.onnx", OTHERS[content])


def test_what_is_no_file_and_what_is_too_large_are_refused_before_reading(tmp_path):
    refused(tmp_path, "is a folder, not an ONNX file")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "is a pipe or a device")
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "gone.onnx")
    with open(tmp_path / "net.onnx", "wb") as file:
        file.truncate(2**40)
    refused(tmp_path / "net.onnx", "an ONNX file has at most 2.15 GB")
    with open(tmp_path / "net.onnx", "wb") as file:  # a header that claims what is not there, of 2 GB of zeros
        file.write(b"\x08\x08" + b"\x3a" + struct.pack("<BBBBB", 0xFF, 0xFF, 0xFF, 0xFF, 0x07))
        file.truncate(2**31 - 1)
    refused(tmp_path / "net.onnx", "it should have")


def test_the_guards_do_not_refuse_what_is_legal(tmp_path):
    shape = declared("x", ("n", 3))
    many = [node("MatMul", "x w", "z0"), *(node("Relu", f"z{k}", f"z{k + 1}") for k in range(900))]
    path = write(tmp_path / "net.onnx", model(many, {"w": tensor("w", W)}, [shape], outputs=("z900",)))
    assert read(path).layers[0].activation.name == "relu"

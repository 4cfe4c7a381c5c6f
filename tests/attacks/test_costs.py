"""What it costs to read a hostile model file of n bytes: 64 MiB + 4 n of memory, and 0.5 s + n / 200 MB per second.

Seconds are of the processor, and the least of three readings, so that a busy machine fails no test.
"""

import contextlib
import json
import time
import tracemalloc

import numpy as np
import pytest
from mutations import file_of, parts_of

from clearprop import MLPClassifier, Network, save
from clearprop.errors import ModelFileError
from clearprop.tabular.model import TableModel

ROOM, SECONDS = 64 * 2**20, 0.5
SIZE = 5 * 2**20
OWN = {"name": "own", "parameters": {}, "trees": {"value": ["z", ["tanh", 0]]}}


def filled(unit, size=SIZE):
    return "[" + ",".join([unit] * (size // (len(unit) + 1))) + "]"


def many(values):
    return filled(values, SIZE // 16)


DETAILS = {  # JSON of `details`
    "lists": filled("[]"),
    "few lists": many("[]"),
    "mappings": filled("{}"),
    "mappings of one": many('{"a":0}'),
    "whole numbers": filled("12"),
    "numbers": filled("1.2345678901234567"),
    "short numbers": many("1.5"),
    "texts": filled('"ab"'),
    "few texts": many('"ab"'),
    "wide characters": '"😀' + "a" * SIZE + '"',
    "escapes": '"' + 'ab\\"' * (SIZE // 5) + '"',
    "names": "{" + ",".join(f'"{i}":0' for i in range(SIZE // 20)) + "}",
    "nested": "[" * 100_000 + "]" * 100_000,
    "digits": "1" * 4000,
    "many digits": "[" + "1" * SIZE + "]",
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("cost") / "m"
    network = Network.mlp([2, 1])
    save(path, network, network.initial(seed=0))
    return path.read_bytes()


def cost(path, content, read):
    """Peak memory and the least seconds of three readings, which must be refused or done; how it was refused."""
    path.write_bytes(content)
    said = None
    tracemalloc.start()
    try:
        read(path)
    except ModelFileError as error:
        said = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    seconds = []
    for _ in range(3):
        began = time.process_time()
        with contextlib.suppress(ModelFileError):
            read(path)
        seconds.append(time.process_time() - began)
    assert said is None or len(said) < 700
    assert peak <= ROOM + 4 * len(content), f"{peak / 2**20:.0f} MiB"
    assert min(seconds) <= SECONDS + len(content) / 200e6, f"{min(seconds):.2f} s"
    return said


@pytest.mark.parametrize("name", DETAILS)
def test_no_json_costs_more_than_its_size_allows(plain, tmp_path, name):
    header, document, theta = parts_of(plain)
    text = json.dumps(document).replace('"details": {}', f'"details": {{"x": {DETAILS[name]}}}')
    assert len(text) > len(DETAILS[name])
    cost(tmp_path / "m", file_of(header, text, theta), TableModel.load)


@pytest.mark.parametrize("case", ["many formulas", "long formulas", "parameters", "deep", "other numbers"])
def test_no_network_costs_more_than_its_size_allows(plain, tmp_path, case):
    header, document, _ = parts_of(plain)
    tree = ["z", 1.0, *[["add", 0, 1]] * 9000, ["add", 2, 0]]
    own = {
        "many formulas": [OWN | {"trees": {"value": ["z", float(i), ["add", 0, 1]]}} for i in range(999)],
        "long formulas": [OWN | {"name": f"own{i}", "trees": {"value": tree}} for i in range(10)],
        "parameters": [OWN | {"parameters": {f"p{i}": 1.0 for i in range(20_000)}}],
        "deep": [OWN | {"trees": {"value": ["z", *[["tanh", i] for i in range(9000)]]}}],
        "other numbers": [OWN] * 900,
    }[case]
    layer = document["network"]["layers"][0]
    width = 10**9 if case == "other numbers" else 1
    document["network"]["layers"] = [layer | {"activation": spec, "outputs": width} for spec in own]
    document["network"]["inputs"] = width
    theta = np.zeros(2 * len(own), dtype="<f4")
    header["theta"] = {"dtype": "F32", "shape": [len(theta)], "data_offsets": [0, theta.nbytes]}
    said = cost(tmp_path / "m", file_of(header, document, theta.tobytes()), TableModel.load)
    assert "formula" in said or "parameters" in said


def test_no_class_is_wider_than_its_text(tmp_path):
    X = np.random.default_rng(0).standard_normal((900, 2))
    names = np.array([f"class {i}" for i in range(300)])
    options = {"hidden_layer_sizes": (2,), "max_iter": 1, "engine": "reference", "random_state": 0}
    MLPClassifier(**options).partial_fit(X, np.tile(names, 3), classes=names).save(tmp_path / "m")
    header, document, theta = parts_of((tmp_path / "m").read_bytes())
    document["details"]["targets"]["type"] = "<U99999"
    content = file_of(header, document, theta)
    assert cost(tmp_path / "m", content, MLPClassifier.load) is None
    assert MLPClassifier.load(tmp_path / "m").classes_.dtype == "<U9"
    document["details"]["targets"]["classes"] = ["x" * 2_000_000, *names[1:].tolist()]
    cost(tmp_path / "m", file_of(header, document, theta), MLPClassifier.load)


@pytest.mark.parametrize("asked", [10**5, 10**11, 2**63 - 1])
def test_threads_that_no_machine_has_are_not_waited_for(tmp_path, asked):
    """Memory was once taken for each thread that was asked for, by a parameter or by a file of two kilobytes."""
    X = np.random.default_rng(0).standard_normal((5000, 20))
    options = {"hidden_layer_sizes": (64,), "max_iter": 1, "engine": "compiled", "random_state": 0, "n_threads": asked}
    tracemalloc.start()
    try:
        MLPClassifier(**options).partial_fit(X, np.arange(5000) % 2, classes=[0, 1]).save(tmp_path / "m")
        MLPClassifier.load(tmp_path / "m").predict(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < ROOM


@pytest.mark.parametrize("kind", ["vector", "images"])
def test_no_encoder_is_wider_than_the_network(trained, tmp_path, kind):
    header, document, theta = parts_of((trained / "flats.clearprop").read_bytes())
    details = document["details"]
    if kind == "vector":
        step = {"kind": "vector", "column": "x", "size": 10**12, "centres": [0.0], "scales": [1.0]}
        details["encoder"]["steps"] = [step]
    else:
        details["images"] = {"height": 4096, "width": 4096, "channels": 3}
    said = cost(tmp_path / "m", file_of(header, document, theta), TableModel.load)
    assert "do not belong together" in said or "not what its encoder takes" in said


@pytest.mark.parametrize("kind", ["estimator", "table"])
def test_no_job_is_made_for_a_network_that_is_not_there(trained, tmp_path, kind):
    """A file of a megabyte once took 20 seconds: a job was made for each of its seeds, with all its class weights."""
    if kind == "table":
        content, read = (trained / "pets.clearprop").read_bytes(), TableModel.load
    else:
        X = np.random.default_rng(0).standard_normal((300, 2))
        options = {"hidden_layer_sizes": (2,), "max_iter": 1, "engine": "reference", "random_state": 0}
        MLPClassifier(**options).partial_fit(X, np.arange(300), classes=np.arange(300)).save(tmp_path / "m")
        content, read = (tmp_path / "m").read_bytes(), MLPClassifier.load
    header, document, theta = parts_of(content)
    training = document["details"]["training"]
    (training if kind == "table" else training["jobs"])["seeds"] = [1] * 300_000
    assert "300,000 networks were trained" in cost(tmp_path / "m", file_of(header, document, theta), read)


def test_a_model_that_costs_too_much_to_read_is_not_written(tmp_path):
    network = Network.mlp([2, 1])
    for details in ({"x": [[]] * 1_000_000}, {"x": "a" * 13 * 2**20}, {"x": "😀" + "a" * 7 * 2**20}):
        with pytest.raises(ModelFileError, match=r"more than the .* that a model file may have"):
            save(tmp_path / "m", network, network.initial(), details)
        assert not (tmp_path / "m").exists()

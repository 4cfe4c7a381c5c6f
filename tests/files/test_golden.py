"""Model files of earlier releases, as they were written then: they are read, and predict what they predicted.

`golden/` has the files of each format, made by the version that their names say nothing of: `clearprop inspect` does.
They are never written anew. A change of the format that they do not survive needs a new format number and a migration.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from safetensors import safe_open

from clearprop import MLPClassifier, Network, forward, load, save
from clearprop.files.model_file import FORMAT
from clearprop.tabular import TableModel

GOLDEN = Path(__file__).parent / "golden"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text())


@pytest.mark.parametrize("name", ["network", "own-activation"])
def test_a_network_computes_what_it_did(name):
    model, expected = load(GOLDEN / f"{name}.clearprop"), EXPECTED[name]
    X = np.array(expected["X"], dtype=model.parameters.theta.dtype)
    found = forward(model.network, model.parameters, X).a[-1]
    np.testing.assert_allclose(found, expected["outputs"], rtol=1e-6)


def test_an_estimator_predicts_what_it_did():
    model, expected = MLPClassifier.load(GOLDEN / "estimator.clearprop"), EXPECTED["estimator"]
    assert model.classes_.tolist() == expected["classes"]
    np.testing.assert_allclose(model.predict_proba(np.array(expected["X"])), expected["outputs"], rtol=1e-6)


def test_a_table_with_quantiles_predicts_what_it_did():
    model, expected = TableModel.load(GOLDEN / "table.clearprop"), EXPECTED["table"]
    table = model.read(GOLDEN / expected["rows"]).table
    np.testing.assert_allclose(model.predict(table).values, expected["outputs"], rtol=1e-5)
    np.testing.assert_allclose(model.predict_quantiles(table)[0], expected["quantiles"], rtol=1e-5)


def test_means_of_the_target_a_threshold_and_sets_are_what_they_were():
    model, expected = TableModel.load(GOLDEN / "means.clearprop"), EXPECTED["means"]
    table = pa.table({"shop": expected["shop"], "size": expected["size"]})
    found = model.predict(table)
    np.testing.assert_allclose(found.probabilities, expected["outputs"], rtol=1e-5)
    assert found.values == expected["values"]
    assert model.predict_set(table, 0.9)[0].tolist() == expected["sets"]


def test_there_is_a_file_of_the_present_format():
    formats = set()
    for path in GOLDEN.glob("*.clearprop"):
        content = path.read_bytes()
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        formats.add(json.loads(header["__metadata__"]["clearprop"])["format"])
    assert FORMAT in formats


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_model_is_the_same_bytes_and_safetensors_reads_them(tmp_path, dtype):
    network, path = Network.mlp([3, 4, 2]), tmp_path / "net.clearprop"
    several = [network.initial(seed, dtype=dtype) for seed in (1, 2)]
    found = set()
    for _ in range(20):
        save(path, network, several, {"a": "größer \x7f \u2028", "b": [1.5]})
        found.add(path.read_bytes())
    assert len(found) == 1
    with safe_open(path, "numpy") as read:
        assert list(read.keys()) == ["theta"]
        np.testing.assert_array_equal(read.get_tensor("theta"), [each.theta for each in several])
        document = json.loads(read.metadata()["clearprop"])
    assert document["details"] == {"a": "größer \x7f \u2028", "b": [1.5]}

"""The five models that every medium is held against, as ONNX files in ONNX Runtime."""

import numpy as np
import pandas as pd
import pytest

from clearprop import from_onnx
from clearprop.estimators.exporting import program_of
from clearprop.files.export.onnx import bytes_of
from evaluated_programs import answered
from exported_models import MODELS, TEN_THOUSAND, Exported, exported
from imported_tables import FRAME, STRANGE, strict, with_strange

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


def session(content):
    """The file in ONNX Runtime, after onnx's checker."""
    onnx.checker.check_model(onnx.load_model_from_string(content), full_check=True)
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def fed(program, rows):
    """Rows as the file takes them."""
    if program.is_plain:
        return {program.columns[0].name: np.asarray(rows, dtype=program.dtype)}
    return {column.name: _column(column, rows[column.name]) for column in program.columns}


def _column(column, values):
    if column.kind == "moment":
        seconds = (values - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
        return np.asarray(seconds, dtype=np.float64)[:, None]
    if column.kind == "number":
        return np.asarray(values, dtype=np.float64)[:, None]
    texts = ["" if pd.isna(value) else str(value) for value in values]
    return np.array(texts, dtype=object)[:, None]


@pytest.mark.parametrize("name", TEN_THOUSAND)
def test_ten_thousand_rows_of_five_models(name):
    model = exported(name)
    program = model.program
    found = session(bytes_of(program))
    names = [output.name for output in found.get_outputs()]
    outputs = dict(zip(names, found.run(None, fed(program, model.rows)), strict=True))
    if program.answer.kind == "numbers":
        model.check(np.concatenate([outputs[n] for n in ("prediction", "quantiles") if n in outputs], axis=1), "ONNX")
        return
    model.check(outputs["probabilities"], "ONNX")
    if program.answer.kind == "labels":
        assert (outputs["labels"] == (outputs["probabilities"] > 0.5)).all()
        return
    said = np.array([str(label) for label in program.answer.labels])[outputs["probabilities"].argmax(axis=1)]
    assert (outputs["label"].astype(str) == said).all()
    logs = np.log(np.maximum(answered(program, _inputs(model)), 1e-300))
    assert np.abs(outputs["log_probabilities"] - logs).max() < 1e-4


def _inputs(exported):
    if exported.program.is_plain:
        return np.asarray(exported.rows, dtype=exported.program.dtype)
    return exported.model.model_.encoder.encode(exported.model._predicted(exported.rows)).X


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_ensemble_with_its_encoder_whatever_its_rows_hold_and_back(dtype, tmp_path):
    """10,000 diamonds with texts that training did not have, and with gaps in every column."""
    exported = MODELS["diamonds"]()
    program, frame, random = exported.program, exported.rows.copy(), np.random.default_rng(5)
    for column in program.columns:
        values = frame[column.name].astype(object if column.kind == "category" else float)
        if column.kind == "category":
            values[random.random(len(frame)) < 0.2] = "unheard of"
        values[random.random(len(frame)) < 0.2] = None if column.kind == "category" else np.nan
        frame[column.name] = values
    model = exported.model
    changed = Exported(model, frame, model.predict(frame)[:, None])
    content = bytes_of(program, dtype)
    found = session(content).run(["prediction"], fed(program, frame))[0]
    if dtype == "float32":
        changed.check(found, "ONNX")
    (tmp_path / "net.onnx").write_bytes(content)
    back = from_onnx(tmp_path / "net.onnx", loss="half_squared_error")
    assert back.proof.n_rows == 1000
    assert back.proof.greatest < 1e-5 if dtype == "float32" else back.proof.passed
    for member, theta in zip(back.members, model.model_.thetas, strict=True):
        assert np.array_equal(member.parameters.theta, theta.astype(dtype))
    assert np.abs(back.outputs(frame) / found - 1).max() < (1e-5 if dtype == "float32" else 1e-12)
    assert np.abs(back.outputs(frame) / changed.exact - 1).max() < (1e-5 if dtype == "float32" else 1e-7)  # of inputs


@pytest.mark.parametrize("name", MODELS)
def test_the_file_says_nothing_of_the_machine_and_is_the_same_twice(name):
    content = bytes_of(MODELS[name]().program)
    assert content == bytes_of(MODELS[name]().program)
    model = onnx.load_model_from_string(content)
    assert not model.metadata_props
    assert not model.doc_string
    assert [(item.domain, item.version) for item in model.opset_import] == [("", 18), ("ai.onnx.ml", 3)]
    for word in (b"/root", b"/home", b"/tmp", b"2026"):
        assert word not in content


@pytest.mark.parametrize("name", ["digits", "labels"])
def test_fitted_networks_come_back_to_the_bit(name, tmp_path):
    exported = MODELS[name]()
    (tmp_path / "net.onnx").write_bytes(bytes_of(exported.program))
    loss = "cross_entropy" if name == "digits" else "binary_cross_entropy"
    ours = from_onnx(tmp_path / "net.onnx", loss=loss)
    assert ours.network.n_parameters == exported.program.network.n_parameters
    assert np.array_equal(ours.parameters.theta, exported.model._run.state.theta)
    assert ours.proof.passed
    assert np.abs(ours.outputs(exported.rows[:100]) - exported.expected[:100]).max() < 1e-6


def test_a_runtime_stops_at_what_the_source_of_a_network_refuses():
    theirs, ours = strict()
    program = program_of(ours)
    found = session(bytes_of(program))
    _, probabilities, *_ = found.run(None, fed(program, FRAME))
    assert np.abs(probabilities - theirs.predict_proba(FRAME)).max() < 1e-12
    for column in STRANGE:
        with pytest.raises(Exception, match=f"{column}_must_be_known"):
            found.run(None, fed(program, with_strange(column)))

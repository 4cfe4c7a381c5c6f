"""Certificates, verified by a program that knows the format, NumPy and json, and nothing of clearprop."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from clearprop.cli.app import exit_code
from clearprop.engines import Job
from clearprop.errors import InputError
from clearprop.explain import CASES, case, check, explain
from clearprop.explain.checking.certificate import certificate, verify_certificate
from clearprop.formulas import Adam
from clearprop.network import Network

# Written by docs/certificates.md alone; it runs in a process of its own, where clearprop cannot be imported.
VERIFIER = """
import hashlib, json, sys
import numpy as np

sys.modules["clearprop"] = None
with open(sys.argv[1], encoding="utf-8") as file:
    found = json.load(file)
content = {key: value for key, value in found.items() if key != "sha256"}
canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
if hashlib.sha256(canonical.encode()).hexdigest() != found["sha256"]:
    sys.exit("changed")

given, values = found["input"], found["values"]
depth = len(given["widths"]) - 1
W = [None] + [np.array(given["parameters"][f"W{l}"]) for l in range(1, depth + 1)]
b = [None] + [np.array(given["parameters"][f"b{l}"]) for l in range(1, depth + 1)]
X, Y = np.array(given["x"]), np.array(given["y"])
assert {layer["name"] for layer in given["activations"]} == {"logistic"}
factor = {"squared_error": 2, "half_squared_error": 1}[given["loss"]["name"]]

def cost(W, b):
    a = X
    for l in range(1, depth + 1):
        a = 1 / (1 + np.exp(-(a @ W[l] + b[l])))
    return factor / 2 * ((Y - a) ** 2).sum() / len(X)

z, a = [None], [X]
for l in range(1, depth + 1):
    z.append(a[-1] @ W[l] + b[l])
    a.append(1 / (1 + np.exp(-z[l])))
delta = factor * (a[depth] - Y) * a[depth] * (1 - a[depth]) / len(X)
assert np.isclose(values["loss"], cost(W, b), rtol=1e-12)
for l in range(depth, 0, -1):
    for name, own in ((f"z{l}", z[l]), (f"a{l}", a[l]), (f"delta{l}", delta)):
        assert np.allclose(np.reshape(values[name], own.shape), own, rtol=1e-12, atol=1e-15), name
    assert np.allclose(values[f"dW{l}"], a[l - 1].T @ delta, rtol=1e-12, atol=1e-15)
    assert np.allclose(values[f"db{l}"], delta.sum(axis=0), rtol=1e-12, atol=1e-15)
    rate = given["optimizer"]["parameters"]["learning_rate"]
    for name, old in ((f"W{l}", W[l]), (f"b{l}", b[l])):
        new = old - rate * given["rates"][name] * np.array(values[f"d{name}"])
        assert np.allclose(values[f"{name}_new"], new, rtol=1e-12), name
    for place in np.ndindex(W[l].shape):  # and without any derivative
        moved = []
        for step in (-1e-5, 1e-5):
            other = [None] + [array.copy() for array in W[1:]]
            other[l][place] += step
            moved.append(cost(other, b))
        assert np.isclose((moved[1] - moved[0]) / 2e-5, np.array(values[f"dW{l}"])[place], rtol=1e-6, atol=1e-9)
    delta = delta @ W[l].T * a[l - 1] * (1 - a[l - 1])
assert all(found["residuals"][name]["largest"] < 1e-8 for name in ("engine", "replay", "central_difference"))
print("verified")
"""


def run_verifier(path):
    return subprocess.run([sys.executable, "-c", VERIFIER, str(path)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["case_study", "mazur", "three_players"])
def test_another_program_verifies_it(tmp_path, name):
    path = tmp_path / "certificate.json"
    assert exit_code(["explain", "--case", name, "--section", "loss", "--certificate", str(path)]) == 0
    found = run_verifier(path)
    assert found.stdout == "verified\n", found.stderr


def test_biases_that_stay_as_they_are_are_verified_too(tmp_path):
    sheet, path = tmp_path / "work.md", tmp_path / "certificate.json"
    sheet.write_text("case: mazur\nbiases: fixed\nz1 = 0.3775, 0.3925\n", encoding="utf-8")
    assert exit_code(["check", str(sheet), "--certificate", str(path)]) == 0
    assert json.loads(path.read_text())["input"]["rates"] == {"W1": 1.0, "b1": 0.0, "W2": 1.0, "b2": 0.0}
    assert run_verifier(path).stdout == "verified\n"


def numbers_of(document, path=()):
    """Where the numbers of a document are."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from numbers_of(value, (*path, key))
    elif isinstance(document, list):
        for place, value in enumerate(document):
            yield from numbers_of(value, (*path, place))
    elif isinstance(document, float):
        yield path


def test_every_changed_number_is_found_out(tmp_path):
    document = json.loads(json.dumps(certificate(case("case_study").trace())))
    verify_certificate(document)
    paths = list(numbers_of(document))
    assert len(paths) > 60
    for path in paths:
        changed = json.loads(json.dumps(document))
        place = changed
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = float(np.nextafter(place[path[-1]], 1e9))  # by the last bit
        with pytest.raises(InputError, match="changed after it was made"):
            verify_certificate(changed)
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(changed), encoding="utf-8")
    assert run_verifier(file).stderr == "changed\n"


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_small_residuals_and_the_order_of_keys_says_nothing(name):
    made = certificate(case(name).trace())
    assert made["residuals"]["replay"]["largest"] == 0
    assert made["residuals"]["engine"]["largest"] < 1e-12
    assert made["residuals"]["central_difference"]["largest"] < 1e-8
    assert made["residuals"]["central_difference"]["passed"]
    verify_certificate(dict(reversed(json.loads(json.dumps(made, indent=3)).items())))


def test_all_that_a_fit_asks_for_is_in_it():
    net = Network.mlp([2, 3, 2], hidden="relu", output="softmax", loss="cross_entropy")
    job = Job(net, Adam(), l2=0.1, dropout=(0.0, 0.5), label_smoothing=0.1, class_weight=(1.0, 2.0), seed=1)
    x, y = np.array([[0.5, -1.0], [2.0, 0.3], [0.1, 0.2]]), np.eye(2)[[0, 1, 1]]
    trace = explain(net, net.initial(seed=1), x, y, job=job, sample_weight=[1.0, 2.0, 0.5])
    made = json.loads(json.dumps(certificate(trace), allow_nan=False))
    assert made["input"]["job"]["l2"] == 0.1
    assert made["input"]["sample_weight"] == [1.0, 2.0, 0.5]
    assert set(made["input"]["memory"]) == {"m", "v"}
    assert made["input"]["dropout_masks"]["1"] == trace["mask1"].value.tolist()
    assert made["residuals"]["engine"]["largest"] < 1e-12
    assert made["residuals"]["central_difference"]["passed"]


def test_a_wrong_gradient_shows_in_the_residuals(monkeypatch):
    from clearprop.explain.checking import certificate as room

    trace = case("case_study").trace()

    def wrong(*arguments, **options):
        found = right(*arguments, **options)
        found.W[1][0, 0] += 0.25
        return found

    right = room.backward
    monkeypatch.setattr(room, "backward", wrong)
    found = certificate(trace)["residuals"]["engine"]
    assert found["largest"] == pytest.approx(0.25)
    assert found["at"] == "dW1[0,0]"


@pytest.mark.parametrize("document", [[], {}, {"format": "other"}, {"format": "clearprop-certificate", "version": 9}])
def test_what_is_no_certificate_is_refused(document):
    with pytest.raises(InputError, match="certificate"):
        verify_certificate(document)


def test_numbers_of_a_sheet_say_their_step_and_the_conventions_that_they_follow():
    text = "case: case_study\ndelta: minus\nbiases: fixed\nδ2 = 0.0193\nstep 2:\nδ2 = 0.0192\n"
    checked = check(text)
    found = certificate(checked.sheet.trace, checked)["sheet"]
    assert found["conventions"] == ["delta: minus", "biases: fixed"]
    assert [(number["step"], number["verdict"]) for number in found["numbers"]] == [(1, "right"), (2, "right")]
    assert found["numbers"][1]["exact"] == pytest.approx(0.0192, abs=5e-5)


SHEET = "case: case_study\nz1 = 0.31, 0.47\n"


def test_a_sheet_gets_a_certificate_with_its_verdicts(tmp_path, capfd):
    sheet, path = tmp_path / "work.md", tmp_path / "certificate.json"
    sheet.write_text(SHEET, encoding="utf-8")
    assert exit_code(["check", str(sheet), "--certificate", str(path)]) == 1
    document = json.loads(path.read_text(encoding="utf-8"))
    verify_certificate(document)
    first = document["sheet"]["numbers"][0]
    assert (document["sheet"]["passed"], first["name"], first["written"], first["verdict"]) == (
        False, "z1[0]", "0.31", "wrong",
    )  # fmt: skip
    assert first["exact"] == pytest.approx(0.41)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    capfd.readouterr()
    assert exit_code(["check", str(sheet), "--certificate", str(path)]) not in (0,)
    assert "exists already; --force replaces it" in capfd.readouterr().err
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert exit_code(["check", str(sheet), "--certificate", str(path), "--force"]) == 1
    exit_code(["check", str(sheet), "--certificate", str(sheet), "--force"])
    assert "also another file of this command" in capfd.readouterr().err
    assert sheet.read_text(encoding="utf-8") == SHEET

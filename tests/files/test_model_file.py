"""The model file: what is saved comes back, and whatever is not whole or not ours is refused with a sentence."""

import copy
import json
import os
import pickle
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from clearprop import Network, forward, load, save, train
from clearprop.errors import ClearpropError, ModelFileError, NotFiniteError
from clearprop.files.contents import checksum
from clearprop.formulas import ACTIVATIONS, LOSSES, Activation, Huber, LeakyRelu, Loss, absolute, exp, log
from clearprop.formulas.losses import fitting_activations
from clearprop.network import Dense

X = np.random.default_rng(0).standard_normal((5, 3))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.clearprop"


@pytest.fixture
def saved(path):
    network = Network.mlp([3, 4, 2], hidden=LeakyRelu(0.2), loss=Huber(0.5))
    save(path, network, network.initial(seed=1), {"classes": ["a", "b"]})
    return path


def test_network_parameters_and_details_come_back(saved):
    model = load(saved)
    network = Network.mlp([3, 4, 2], hidden=LeakyRelu(0.2), loss=Huber(0.5))
    assert model.network == network
    np.testing.assert_array_equal(model.parameters.theta, network.initial(seed=1).theta)
    assert model.details == {"classes": ["a", "b"]}
    assert model.version


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted({cls.name for cls in ACTIVATIONS.values()} - {"softmax"}))
def test_every_activation_comes_back(path, name, dtype):
    network = Network.mlp([3, 4, 2], hidden=name)
    params = network.initial(seed=1, dtype=dtype)
    save(path, network, params)
    model = load(path)
    assert model.parameters.theta.dtype == dtype
    given = X.astype(dtype)
    np.testing.assert_array_equal(
        forward(model.network, model.parameters, given).a[2], forward(network, params, given).a[2]
    )


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_comes_back(path, name):
    for output in fitting_activations(name):
        network = Network.mlp([3, 2], output=output, loss=name)
        save(path, network, network.initial())
        assert load(path).network == network


def test_factors_of_layers_come_back(path):
    layer = Dense(3, 2, LeakyRelu(), weight_rate=0.5, bias_rate=0.1, weight_decay=0.2, bias_decay=0.3)
    network = Network((layer,), Huber())
    save(path, network, network.initial())
    assert load(path).network == network


class Bump(Activation):
    """A user's own activation, with a parameter."""

    range = (0, 1)
    width: float = 1.0

    def value(z, width):
        return exp(-((z / width) ** 2))


class LogCosh(Loss):
    """A user's own loss."""

    def value(a, y):
        return absolute(y - a) + log(1 + exp(-2 * absolute(y - a))) - log(2)


def test_a_users_own_formulas_come_back_without_their_classes(path):
    network = Network.mlp([3, 4, 2], hidden=Bump(2.0), loss=LogCosh())
    params = network.initial(seed=1)
    save(path, network, params)
    model = load(path)
    assert not isinstance(model.network.layers[0].activation, Bump)
    np.testing.assert_array_equal(forward(model.network, model.parameters, X).a[2], forward(network, params, X).a[2])
    again = train(model.network, model.parameters, X, X[:, :2], epochs=3)
    np.testing.assert_array_equal(
        again.parameters.theta, train(network, params, X, X[:, :2], epochs=3).parameters.theta
    )
    save(path, model.network, model.parameters)
    assert load(path).network.layers[0].activation.parameters == {"width": 2.0}


def test_a_network_from_a_file_is_equal_to_itself_loaded_again_and_can_be_pickled(path):
    network = Network.mlp([3, 4, 2], hidden=Bump(2.0), loss=LogCosh())
    save(path, network, network.initial(seed=1))
    model = load(path)
    assert load(path).network == model.network
    assert pickle.loads(pickle.dumps(model.network)) == model.network
    assert copy.deepcopy(model.network) == model.network
    save(path, Network.mlp([3, 4, 2], hidden=Bump(3.0), loss=LogCosh()), network.initial())
    assert load(path).network != model.network


def test_parameters_that_are_not_finite_are_not_saved(path):
    network = Network.mlp([1, 1])
    params = network.initial()
    params.theta[1] = np.nan
    with pytest.raises(NotFiniteError, match="parameter 1 is not finite"):
        save(path, network, params)
    assert not path.exists()


def test_a_write_that_fails_leaves_the_old_file_and_no_other(saved, monkeypatch):
    before = saved.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(saved, Network.mlp([1, 1]), Network.mlp([1, 1]).initial())
    assert saved.read_bytes() == before
    assert [item.name for item in saved.parent.iterdir()] == [saved.name]


def test_details_that_json_cannot_hold_are_refused(path):
    network = Network.mlp([1, 1])
    with pytest.raises((TypeError, ValueError)):
        save(path, network, network.initial(), {"score": float("nan")})
    assert not path.exists()


def test_a_missing_file_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing.clearprop")


def test_a_folder_is_no_model(tmp_path):
    with pytest.raises(ModelFileError, match="is a folder"):
        load(tmp_path)


def test_every_truncation_is_refused(saved):
    whole = saved.read_bytes()
    for length in range(len(whole)):
        saved.write_bytes(whole[:length])
        with pytest.raises(ModelFileError):
            load(saved)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_byte_is_refused(saved_once, data):
    path, whole = saved_once
    place = data.draw(st.integers(0, len(whole) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda value: value != whole[place]))
    path.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
    if chr(whole[place]) == " " and chr(value).isspace():
        return  # white space for white space in the header changes nothing
    with pytest.raises(ModelFileError):
        load(path)


@pytest.fixture(scope="module")
def saved_once(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "net.clearprop"
    network = Network.mlp([3, 4, 2], hidden=Bump(2.0), loss=Huber(0.5))
    save(path, network, network.initial(seed=1), {"classes": ["a", "b"]})
    return path, path.read_bytes()


@given(content=st.binary(max_size=200))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_other_bytes_are_refused(tmp_path, content):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(ModelFileError):
        load(path)


def document(path: Path) -> dict:
    """The JSON that a model file holds."""
    whole = path.read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    return json.loads(json.loads(whole[8 : 8 + length])["__metadata__"]["clearprop"])


def rewrite(path: Path, change, theta=None) -> None:
    """The same file with its JSON changed."""
    found = document(path)
    found = change(found) or found
    text = found if isinstance(found, str) else json.dumps(found)
    theta = load(path).parameters.theta if theta is None else theta
    save_file({"theta": theta}, path, metadata={"clearprop": text, "sha256": checksum(text, theta)})


def changed(*keys, to):
    def change(found):
        place = found
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: "no json", "it is not JSON"),
        (lambda found: "[" * 100_000, "it is not JSON"),
        (lambda found: "[" * 100 + "]" * 100, "nested more than 50 levels"),
        (lambda found: "[],".join(["["] + [""] * 1_000_000) + "[]]", "more values than any model"),
        (lambda found: "[]", "names no format"),
        (changed("format", to=99), "Upgrade clearprop"),
        (changed("format", to=0), "no version of clearprop writes"),
        (changed("details", to=[]), "no version of clearprop writes"),
        (changed("network", to=None), "description of the network is damaged"),
        (changed("network", "inputs", to=-3), "description of the network is damaged"),
        (changed("network", "inputs", to=10**12), "its network has"),
        (changed("network", "layers", to=[]), "1 to 1000 layers"),
        (changed("network", "layers", to=[{}] * 1001), "1 to 1000 layers"),
        (changed("network", "layers", 0, "outputs", to=5), "its network has"),
        (changed("network", "layers", 0, "outputs", to="many"), "description of the network is damaged"),
        (changed("network", "layers", 0, "weight_rate", to=-1), "description of the network is damaged"),
        (changed("network", "layers", 0, "activation", to={"name": "import os", "parameters": {}}), "does not know"),
        (changed("network", "layers", 0, "activation", "parameters", to={"slope": 1}), "parameters of 'leaky_relu'"),
        (changed("network", "loss", "parameters", to={"delta": -1}), "parameters of 'huber'"),
        (changed("network", "loss", to="huber"), "must have a name"),
    ],
)
def test_a_crafted_description_is_refused(saved, change, said):
    rewrite(saved, change)
    with pytest.raises(ModelFileError, match=said):
        load(saved)


@pytest.mark.parametrize(
    ("theta", "said"),
    [
        (np.zeros(7), "its network has 26 parameters"),
        (np.zeros((2, 13)), "its network has 26 parameters"),
        (np.zeros(26, dtype=np.int64), "holds I64 numbers"),
        (np.full(26, np.nan), "not finite"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(saved, theta, said):
    rewrite(saved, lambda found: None, theta)
    with pytest.raises(ModelFileError, match=said):
        load(saved)


def test_a_safetensors_file_of_another_program_is_refused(path):
    save_file({"weight": np.zeros(3)}, path)
    with pytest.raises(ModelFileError, match="lacks our metadata"):
        load(path)


def test_a_header_that_promises_gigabytes_takes_no_memory(path):
    header = json.dumps({"theta": {"dtype": "F64", "shape": [2**40], "data_offsets": [0, 2**43]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError):
            load(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_all_refusals_are_clearprops_own():
    assert issubclass(ModelFileError, ClearpropError)
    assert issubclass(ModelFileError, ValueError)

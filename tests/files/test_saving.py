"""What is not saved, and where, and several networks in one file."""

import numpy as np
import pytest

from clearprop import Network, load, save
from clearprop.errors import InputError, ShapeError


def test_parameters_of_another_network_are_not_saved(tmp_path):
    path = tmp_path / "net.clearprop"
    with pytest.raises(ShapeError, match="belong to another network"):
        save(path, Network.mlp([2, 3, 1]), Network.mlp([2, 4, 1]).initial())
    assert not path.exists()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    network = Network.mlp([2, 1])
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        save(tmp_path / "nowhere" / "net.clearprop", network, network.initial())


def test_an_ensemble_is_one_file(tmp_path):
    net = Network.mlp([2, 3, 1])
    members = [net.initial(seed=seed) for seed in range(3)]
    save(tmp_path / "m", net, members)
    found = load(tmp_path / "m")
    np.testing.assert_array_equal(found.thetas, [member.theta for member in members])
    np.testing.assert_array_equal(found.parameters.theta, members[0].theta)
    save(tmp_path / "one", net, members[:1])
    assert load(tmp_path / "one").thetas.shape == (1, net.n_parameters)
    with pytest.raises(InputError, match="from 1 to 1,000 networks, not 0"):
        save(tmp_path / "none", net, [])
    with pytest.raises(ShapeError, match="belong to another network"):
        save(tmp_path / "other", net, [members[0], Network.mlp([2, 1]).initial()])

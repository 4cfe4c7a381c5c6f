"""Callbacks that take the records of several epochs at once."""

import dataclasses

import numpy as np

from clearprop import Network
from clearprop.training import train

random = np.random.default_rng(0)
X = random.standard_normal((37, 3))
Y = (X[:, :1] ** 2 + X[:, 1:2]) / 2


def without_time(records):
    return [dataclasses.replace(record, seconds=0.0) for record in records]


class Taking:
    """A callback that takes the records of several epochs at once."""

    looks = False

    def __init__(self):
        self.seen, self.at_once = [], []

    def __call__(self, epoch):
        self.take([epoch])

    def take(self, epochs):
        self.seen += list(epochs)
        self.at_once.append(len(epochs))


def test_a_callback_that_can_take_several_epochs_gets_them_together_and_others_one_by_one():
    taking, beside, one_by_one = Taking(), Taking(), []
    network, given = Network.mlp([3, 2, 1]), {"epochs": 300, "tolerance": 0, "patience": 300, "engine": "compiled"}
    params = network.initial(seed=0)
    trained = train(network, params, X, Y, callbacks=[taking], **given)
    train(network, params, X, Y, callbacks=[beside, one_by_one.append], **given)
    assert max(taking.at_once) > 50
    assert without_time(taking.seen) == without_time(trained.history) == without_time(one_by_one)
    assert set(beside.at_once) == {1}
    assert without_time(beside.seen) == without_time(one_by_one)

"""An embedding of numbers in every engine: the same numbers as the reference, and the same bits on any thread."""

import numpy as np
import pytest
import scipy.sparse

from clearprop import Network
from clearprop.engines import Job, ReferenceEngine, TrainingState, choose
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.errors import EngineRefusal
from clearprop.formulas import AdamW
from clearprop.job import Layout
from clearprop.network import Dense, NumberEmbedding
from conforming import TOLERANCES, agrees, evaluations_agree, go_on, rows, typed


def embedded(n, columns, waves, hidden, outputs=3):
    """A network of classes whose first layer embeds these inputs."""
    first = NumberEmbedding.of(n, columns, waves, scale=2.0, rate=0.5)
    rest = Network.mlp([first.outputs, *hidden, outputs], hidden="tanh", loss="cross_entropy")
    return Network((first, *rest.layers), rest.loss)


# Around the edges: fewer waves than a vector has lanes, one, as many, more; one neuron behind them; many inputs.
NETWORKS = {
    "one": embedded(2, (0,), 1, (1,)),
    "few": embedded(3, (0, 2), 5, (7,)),
    "all": embedded(6, tuple(range(6)), 16, (32, 32)),
    "odd": embedded(20, (0, 3, 7, 19), 13, (33,)),
    "many inputs": embedded(300, (1, 2, 299), 9, (17,)),
    "no hidden layer": embedded(4, (1, 3), 16, ()),
}
SETTINGS = {
    "plain": {},
    "dropout": {"dropout": (0.1, 0.2, 0.3)},
    "everything": {"l2": 0.1, "l1": 0.01, "clip_norm": 0.3, "label_smoothing": 0.1},
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("n", [1, 70, 1003])
@pytest.mark.parametrize("dtype", TOLERANCES)
def test_outputs_loss_and_gradient(name, n, dtype):
    evaluations_agree(CompiledEngine(), dtype, NETWORKS[name], rows(NETWORKS[name], n, weights=n > 1), l2=0.1)


@pytest.mark.parametrize("what", SETTINGS)
@pytest.mark.parametrize("size", [7, 64, 260])  # rows shared out; two halves; shards
@pytest.mark.parametrize("dtype", TOLERANCES)
def test_updates(what, size, dtype):
    network = NETWORKS["few"]
    job = Job(network, AdamW(0.01, weight_decay=0.02), epochs=3, batch_size=size, seed=5, **SETTINGS[what])
    agrees(CompiledEngine, dtype, job, rows(network, 600))


@pytest.mark.parametrize("name", ["few", "all", "many inputs"])
@pytest.mark.parametrize("size", [30, 260])
def test_the_same_bits_with_one_thread_and_two(name, size):
    network, found = NETWORKS[name], []
    data = typed(rows(network, 530), np.float32)
    job = Job(network, AdamW(0.01, weight_decay=0.02), epochs=2, batch_size=size)
    for threads in (1, 2):
        state = TrainingState.start(job, network.initial(1, dtype=np.float32).theta)
        go_on(CompiledEngine(threads), job, data, state, 0)
        found.append(state.theta)
    assert (found[0] == found[1]).all()


def test_sparse_rows_are_refused_for_training_and_read_for_outputs():
    network = NETWORKS["many inputs"]
    X = scipy.sparse.random(50, 300, 0.1, "csr", np.float64, np.random.default_rng(0))
    params = network.initial(2)
    dense = ReferenceEngine().outputs(network, params, X.toarray())
    np.testing.assert_allclose(CompiledEngine().outputs(network, params, X), dense, rtol=1e-10)
    layout = Layout.dense(50, np.float64)._replace(kind="csr_matrix", is_dense=False)
    with pytest.raises(EngineRefusal, match="embeds the numbers of dense rows only, and X is sparse"):
        choose("compiled", Job(network), layout)


def test_an_embedding_behind_a_layer_is_left_to_the_reference_engine():
    layers = (Dense(3, 4, "tanh"), NumberEmbedding.of(4, (1,), 2), Dense(6, 1, "identity"))
    choice = choose("auto", Job(Network(layers, "squared_error")), Layout.dense(9, np.float64))
    assert isinstance(choice.engine, ReferenceEngine)
    assert "it embeds numbers in the first layer only, and layer 2 is a NumberEmbedding" in choice.reason


def test_a_network_that_ends_with_an_embedding_is_left_to_the_reference_engine():
    network = Network((NumberEmbedding.of(3, (1,), 2),), "squared_error")
    with pytest.raises(EngineRefusal, match="needs a dense layer behind an embedding of numbers, and there is none"):
        choose("compiled", Job(network), Layout.dense(9, np.float64))

"""The recipe for tables: which network, and how it is trained, as a function of the table's size.

Everything in it is a formula or a step that can be looked at: silu, Adam with decoupled weight decay and a rate that
falls along a cosine, dropout, label smoothing; inputs by `clearprop.tables`; several networks, each with validation
rows that it does not learn from. What decided it: docs/decisions/0010.
"""

from __future__ import annotations

import math

from clearprop.engines import Job
from clearprop.errors import InputError
from clearprop.formulas import AdamW, Cosine, Loss
from clearprop.network import Network, NumberEmbedding
from clearprop.tabular.quality import LEVELS, MOST_ROWS_OF_ENSEMBLE
from clearprop.tabular.settings import TableSettings
from clearprop.training.asked import dropout_per_layer

HIDDEN = (128, 128, 128)
LEARNING_RATE = 0.006  # for the largest batches; smaller ones take the root of their share of it
WEIGHT_DECAY = 0.02
DROPOUT = 0.15  # after each hidden layer; but numbers are learned from many rows without
MOST_ROWS_OF_DROPOUT_FOR_NUMBERS = 10_000
LABEL_SMOOTHING = 0.1
LARGEST_BATCH, SMALLEST_BATCH = 256, 64
BATCHES_PER_EPOCH = 20  # at least, for tables too small for large batches
TARGET_MEANS = 100  # different values from which a category has the mean of the target as an input
WAVES = 0  # learned waves of each number
FREQUENCIES = 2.0  # standard deviation of the frequencies that they start from, in radians for each interquartile range
FEWEST_BINS = {"classification": 8, "regression": 2}  # few bins of a number help to predict numbers, not classes


def batch_size(n_rows: int) -> int:
    """Smaller batches for smaller tables, so that each gets enough updates."""
    size = LARGEST_BATCH
    while size > SMALLEST_BATCH and n_rows < BATCHES_PER_EPOCH * size:
        size //= 2
    return size


def n_epochs(n_rows: int, settings: TableSettings, size: int) -> int:
    """More epochs for smaller tables, unless the user asked for a number; `size` is that of a batch."""
    if settings.epochs is not None:
        return settings.epochs
    level = LEVELS[settings.quality]
    return min(level.most_epochs, max(level.fewest_epochs, math.ceil(level.updates / math.ceil(n_rows / size))))


def n_members(n_rows: int, settings: TableSettings) -> int:
    """How many networks, unless the user asked for a number."""
    level = LEVELS[settings.quality]
    return settings.ensemble or (level.networks if n_rows <= MOST_ROWS_OF_ENSEMBLE else level.networks_of_many)


def network(
    n_inputs: int, n_outputs: int, loss: str | Loss, settings: TableSettings, numbers: tuple[int, ...] = ()
) -> Network:
    """The network for so many inputs and outputs; `numbers` are the inputs that can be embedded.

    Raises
    ------
    InputError
        When waves are asked for and there is no number.
    """
    hidden = HIDDEN if settings.hidden is None else settings.hidden
    waves = WAVES if settings.waves is None else settings.waves
    if settings.waves and not numbers:
        raise InputError(f"waves={waves}: no column holds numbers or dates that could be embedded; leave the waves out")
    if not waves or not numbers:
        return Network.mlp([n_inputs, *hidden, n_outputs], hidden=settings.activation, loss=loss)
    first = NumberEmbedding.of(n_inputs, numbers, waves, scale=FREQUENCIES)
    rest = Network.mlp([first.outputs, *hidden, n_outputs], hidden=settings.activation, loss=loss)
    return Network((first, *rest.layers), rest.loss)


def job(
    network: Network,
    n_rows: int,
    settings: TableSettings,
    seed: int,
    class_weight: tuple[float, ...] | None = None,
    slower: float = 1.0,
) -> Job:
    """What training one network on so many rows is asked to do; `slower` is a factor on the recipe's learning rate."""
    size = batch_size(n_rows) if settings.batch_size is None else settings.batch_size
    rate = settings.learning_rate or slower * LEARNING_RATE * math.sqrt(min(1.0, size / LARGEST_BATCH))
    smoothes = network.loss.is_distribution and not settings.probabilities
    drops = network.loss.is_distribution or n_rows <= MOST_ROWS_OF_DROPOUT_FOR_NUMBERS
    dropout = (DROPOUT if drops else 0.0) if settings.dropout is None else settings.dropout
    decay = WEIGHT_DECAY if settings.weight_decay is None else settings.weight_decay
    return Job(
        network=network,
        update_rule=AdamW(learning_rate=rate, weight_decay=decay),
        schedule=Cosine(),
        epochs=n_epochs(n_rows, settings, size),
        batch_size=size,
        label_smoothing=LABEL_SMOOTHING if smoothes else 0.0,
        dropout=dropout_per_layer(network, dropout if network.depth > 1 else 0.0),
        class_weight=class_weight,
        seed=seed,
    )

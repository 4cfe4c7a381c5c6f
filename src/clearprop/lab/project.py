"""A project: what a workspace is about. Data, network, the weights that training begins with, the job; all frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.engines import Choice, choose
from clearprop.errors import InputError
from clearprop.explain import case as built_in
from clearprop.formulas import LBFGS, SGD, Initialiser
from clearprop.job import Job, prepared
from clearprop.lab import limits
from clearprop.lab.building import fitted, fitting, job_of, natural_loss, network_of
from clearprop.lab.making import case_data, from_recipe
from clearprop.lab.rows import Rows
from clearprop.network import Dense, Network, Parameters

HIDDEN_WIDTH, RATE, BATCH, EPOCHS = 4, 0.1, 10, 500  # of data that somebody has just chosen


@dataclass(frozen=True, eq=False)
class Project:
    """What is worked on.

    Attributes
    ----------
    rows : Rows
    network : Network
    initial : array of shape (n_parameters,), float64
        The weights that training begins with; never written to.
    job : Job
    choice : Choice
        The engine, and why.
    initialiser : Initialiser or None
        What drew the weights; None for those that suit the activations, or that came from elsewhere.
    seed : int
    """

    rows: Rows
    network: Network
    initial: Any
    job: Job
    choice: Choice
    initialiser: Initialiser | None = None
    seed: int = 0

    @classmethod
    def of(
        cls, rows: Rows, network: Network, initial: Any, job: Job, engine: str = "reference", **drawn: Any
    ) -> Project:
        """A project with its engine; checks what must fit together.

        Raises
        ------
        InputError
            Where targets do not suit the loss, or it is more than the lab takes.
        """
        limits.check_most("layers with weights", network.depth, limits.LAYERS, "take fewer")
        limits.check_most("neurons in a layer", max(network.widths[1:]), limits.WIDTH, "take fewer")
        limits.check_most("weights and biases", network.n_parameters, limits.PARAMETERS, "take narrower layers")
        if isinstance(job.update_rule, LBFGS):
            raise InputError("L-BFGS chooses its steps itself, so none of them can be shown; take another optimizer")
        for l, layer in enumerate(network.layers, start=1):
            if not isinstance(layer, Dense):
                raise InputError(
                    f"the lab draws layers of weights, and layer {l} of this network is a {type(layer).__name__} "
                    f"({layer.summary}); clearprop explain shows every number of its steps"
                )
        fitted(job, rows.n_training)
        _check_targets(network, rows)
        frozen = np.array(initial, dtype=np.float64)
        frozen.flags.writeable = False
        return cls(rows, network, frozen, job, choose(engine, job, rows.training.layout), **drawn)

    @property
    def parameters(self) -> Parameters:
        """The weights that training begins with."""
        return self.network.views(self.initial)

    def with_job(self, asked: Mapping[str, Any]) -> Project:
        """The same with another job; what is not named in it stays."""
        return replace(self, job=job_of(asked, self.job, self.rows.n_training))

    def with_network(self, asked: Mapping[str, Any]) -> Project:
        """The same data with another network, its weights newly drawn."""
        network, initialiser, seed = network_of(asked, self.rows)
        return self._newly(self.rows, network, initialiser, seed)

    def with_rows(self, rows: Rows) -> Project:
        """The same kind of network for other data; its weights stay where nothing about it had to change."""
        network, notes = fitting(self.network, self.rows, rows)
        if network == self.network:
            return Project.of(rows, network, self.initial, self.job, self._engine, **self._drawn)
        return self._newly(rows.with_notes(*rows.notes, *notes), network, self.initialiser, self.seed)

    def _newly(self, rows: Rows, network: Network, initialiser: Initialiser | None, seed: int) -> Project:
        initial = network.initial(seed, initialiser).theta
        return Project.of(
            rows, network, initial, job_for(network, self.job), self._engine, initialiser=initialiser, seed=seed
        )  # fmt: skip

    @property
    def _engine(self) -> str:
        return self.choice.engine.name

    @property
    def _drawn(self) -> dict[str, Any]:
        return {"initialiser": self.initialiser, "seed": self.seed}


def _check_targets(network: Network, rows: Rows) -> None:
    """Raise InputError for targets that the loss has no meaning for; the shapes are checked too."""
    prepared(Job(network), rows.X, rows.Y)


def job_for(network: Network, job: Job) -> Job:
    """The same job for another network; what does not go with it is left out."""
    hidden = max(job.dropout[1:], default=0.0)
    dropout = () if not hidden else (0.0, *(hidden,) * (network.depth - 1))
    smoothing = job.label_smoothing if network.loss.natural_output in ("softmax", "logistic") else 0.0
    return replace(job, network=network, dropout=dropout, label_smoothing=smoothing, class_weight=None)


def case_project(name: str, engine: str = "reference") -> Project:
    """A built-in case as its texts have it: its network, its weights, its sample, its update rule.

    Raises
    ------
    UnknownNameError
        For another name.

    Examples
    --------
    >>> from clearprop.lab.project import case_project
    >>> project = case_project("mazur")
    >>> project.network.widths, project.job.update_rule.learning_rate
    ((2, 2, 2), 0.5)
    """
    rows, found = case_data(name), built_in(name)
    job = Job(found.network, found.optimizer, epochs=EPOCHS, batch_size=len(rows.X), shuffle=False)
    return Project.of(rows, found.network, found.params.theta, job, engine)


def new_project(recipe: Mapping[str, Any], before: Project | None = None, engine: str = "reference") -> Project:
    """The project that a recipe of data makes; a case brings its own network, other data take over the one before.

    Raises
    ------
    InputError
        For what cannot be.
    """
    if recipe.get("kind") == "case":
        rows = from_recipe(recipe)
        return case_project(rows.name, engine if before is None else before.choice.engine.name)
    return project_of(from_recipe(recipe), before, engine)


def project_of(rows: Rows, before: Project | None = None, engine: str = "reference") -> Project:
    """A project for rows: with a small network, or with the one before where it was made by hand for other rows."""
    if before is not None and before.rows.kind != "case":
        return before.with_rows(rows)
    network = Network.mlp([rows.X.shape[1], HIDDEN_WIDTH, rows.Y.shape[1]], "tanh", loss=natural_loss(rows))
    job = Job(network, SGD(RATE), epochs=EPOCHS, batch_size=min(BATCH, rows.n_training))
    name = engine if before is None else before.choice.engine.name
    return Project.of(rows, network, network.initial(0).theta, job, name)

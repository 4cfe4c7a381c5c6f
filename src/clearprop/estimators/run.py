"""What an estimator holds of its fits: one object, made anew or copied when another fit begins."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from clearprop.engines import Engine, Job, TrainingState
from clearprop.estimators.class_weights import ClassFactors
from clearprop.estimators.settings import Settings
from clearprop.estimators.targets import Targets
from clearprop.files.checkpoints import identity_of
from clearprop.job import History
from clearprop.job.data import Layout
from clearprop.network import Network
from clearprop.training import Fitting, OneNetwork
from clearprop.training.joining import made_together
from clearprop.training.progress import announced


class Seeds(NamedTuple):
    """What a fit draws at random comes from these, drawn once from `random_state`; a fit that goes on keeps them."""

    weights: int
    order: int
    split: int


@dataclass
class Run:
    """The last fit, and what it has of those that it went on from.

    Attributes
    ----------
    network : Network
    targets : Targets
    seeds : Seeds
    state : TrainingState
        Its θ are the weights of the estimator.
    job : Job
        Of the last fit.
    factors : ClassFactors or None
        What classes weigh rows with.
    history : History
    n_samples : int
        Rows of the last fit.
    engine : Engine
        Chosen when the rows are there. It predicts, too.
    engine_reason : str
    is_validated : bool
        Whether there were validation rows in the last fit.
    keeps_best : bool
        Whether these decided which weights were put back.
    made_for : tuple of Settings and Layout, or None
        What `job` and `engine` were made for: a stream of `partial_fit` asks for the same ones part by part, and to
        make them takes longer than to learn a row.
    """

    network: Network
    targets: Targets
    seeds: Seeds
    state: TrainingState
    job: Job
    factors: ClassFactors | None = None
    history: History = field(default_factory=History)
    n_samples: int = 1
    engine: Engine = field(init=False)
    engine_reason: str = field(init=False)
    is_validated: bool = False
    keeps_best: bool = False
    made_for: tuple[Settings, Layout] | None = None

    def goes_on_as(self, settings: Settings, layout: Layout | None = None) -> bool:
        """Whether the last part was learned with the same settings, and its rows were laid out like these."""
        if self.made_for is None or self.job.network is not self.network:
            return False
        made_for, its_layout = self.made_for
        return made_for is settings and layout in (None, its_layout)  # plain settings are one object


class UnderWay(NamedTuple):
    """A fit that is about to begin, or under way."""

    run: Run
    settings: Settings
    source: OneNetwork
    fitting: Fitting
    is_part: bool

    @property
    def has_best(self) -> bool:
        """Whether the weights of a best epoch, one with a finite score, were kept."""
        best, watched = self.fitting.result.best, self.fitting.stopping.watch
        return best is not None and math.isfinite(best.scores[watched])


@contextmanager
def by_all(fit: UnderWay) -> Iterator[UnderWay]:
    """A fit that other processes make too, where torchrun has started them; its estimator predicts alone."""
    run, source, fitting = fit.run, fit.source, fit.fitting
    same = partial(identity_of, source.job, fitting.stopping, tuple(source.data))
    tell = announced(fit.settings.verbose)
    with made_together(source, same, fitting.keeper, tell) as keeper:
        run.state, resume = source.state, keeper is not None
        if source.engine is not run.engine:
            fitting = Fitting(source, fitting.stopping, fitting.callbacks, resume=resume, keeper=keeper)
        yield fit._replace(fitting=fitting)

"""Going on from a network that there is: its encoder and its target stay, its layers learn at rates of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError, TableError, quoted
from clearprop.network import Network
from clearprop.network.embedding import FREQUENCIES
from clearprop.network.rates import at_rates
from clearprop.tables import ClassTarget, CountTarget, Encoder, NumberTarget, Target, TaskChoice
from clearprop.tables.formula_step import Computed
from clearprop.tables.target_means import TargetMeans
from clearprop.tabular.model import TableModel
from clearprop.tabular.settings import TableSettings, stays
from clearprop.tabular.target import FoundTarget

SLOWER = 0.1  # of the recipe's learning rate: what has learned already is not to be undone


@dataclass(frozen=True)
class Start:
    """A model to go on from.

    Attributes
    ----------
    model : TableModel
    network : Network
        Its network, each layer at its rate.
    """

    model: TableModel
    network: Network

    @classmethod
    def of(cls, settings: TableSettings) -> Start | None:
        """The model that the settings name, or None.

        Raises
        ------
        ModelFileError
            When its file cannot be read.
        InputError
            When a layer that there is not is to be frozen, or a setting would change the network.
        """
        if settings.start is None:
            if settings.frozen or settings.layer_rates:
                raise InputError("--freeze and --layer-rates are for a network to go on from; name it, as --from MODEL")
            return None
        model = TableModel.load(Path(settings.start))
        depth = model.network.depth
        for l in settings.frozen:
            if not 1 <= l <= depth:
                raise InputError(f"--freeze {l}: the network of {settings.start} has layers 1 … {depth}")
        rates = list(settings.layer_rates or (1.0,) * depth)
        if len(rates) != depth:
            raise InputError(f"--layer-rates must be {depth} numbers, one for each layer, not {len(rates)}")
        rates = [0.0 if l in settings.frozen else rate for l, rate in enumerate(rates, start=1)]
        if settings.ensemble not in (None, len(model.thetas)):
            raise InputError(f"{settings.start} has {len(model.thetas)} networks; leave --ensemble out")
        return cls(model, at_rates(model.network, rates))

    @property
    def encoder(self) -> Encoder:
        """That of the model; inputs are float32, as training computes."""
        found = self.model.encoder
        steps = tuple(replace(step, exact=False) if isinstance(step, Computed) else step for step in found.steps)
        return replace(found, steps=steps)

    @property
    def dropout(self) -> tuple[float, ...]:
        """What its training dropped out, and going on does too: nothing of a network that was imported."""
        job = self.model.job(0)
        return () if job is None else job.dropout

    def initial(self, k: int) -> Any:
        """θ of network k, from 0, before the first update."""
        return self.model.thetas[k].astype(np.float32)

    def asked(self, settings: TableSettings) -> TableSettings:
        """The settings with the target, its logarithm, the task and the number of networks of the model."""
        target = self.model.target
        if settings.log_target:  # asked for here, as only the model may say it
            raise InputError(stays("--log-target"))
        columns = target.columns
        return replace(
            settings,
            target=settings.target or (columns[0] if len(columns) == 1 else columns),
            task=settings.task or (None if len(columns) > 1 else target.task),
            log_target=not isinstance(target, ClassTarget) and target.each[0].log,
            ensemble=len(self.model.thetas),
        )

    def found(self, table: pa.Table, names: tuple[str, ...], found: FoundTarget) -> FoundTarget:
        """What each row is, by the classes of the model."""
        target = self.model.target
        if found.task.name != target.task or len(names) != len(target.columns):
            raise InputError(
                f"the model to go on from predicts {target.kind}, and {', '.join(map(repr, names))} is something else"
            )
        if not isinstance(target, ClassTarget):
            return found
        target = replace(target, column=names[0])
        y = target.codes(table.column(names[0]))
        if (y < 0).any():
            row = int(np.argmax(y < 0))
            known = ", ".join(map(repr, target.labels[:10]))
            raise TableError(
                f"row {row + 1:,} is of the class {quoted(table.column(names[0])[row].as_py())}, which the network to "
                f"go on from does not have; its classes are {known}. Leave such rows out, or train anew"
            )
        return FoundTarget(TaskChoice("classification", "the network to go on from predicts classes"), target, y)

    def target(self, fitted: Target) -> Target:
        """The target as the network has learned it; predictions may be as far as the new rows are, too."""
        before = self.model.target
        if isinstance(before, ClassTarget) or isinstance(fitted, ClassTarget):
            return fitted
        each = tuple(
            replace(old, column=new.column, low=min(old.low, new.low), high=max(old.high, new.high))
            for old, new in zip(before.each, fitted.each, strict=True)
        )
        if isinstance(before, CountTarget) and each[0].low < 0:
            raise InputError(f"the network to go on from learned amounts of at least 0; {each[0].column!r} has less")
        found: Target = each[0] if isinstance(before, NumberTarget) else replace(before, each=each)
        return found

    @property
    def notices(self) -> tuple[str, ...]:
        """What to know of such a training."""
        blocks = (block for block in self.network.blocks if block.letter in ("W", FREQUENCIES))
        frozen = [str(block.layer) for block in blocks if block.rate == 0]
        stays = f"; of its {self.network.depth} layers {', '.join(frozen)} stay as they are" if frozen else ""
        means = ", ".join(repr(step.column) for step in self.model.encoder.steps if isinstance(step, TargetMeans))
        own = (
            f"; of rows that it has learned from, the means of the target by {means} hold their own target, so that it "
            "trusts these means too much"
        )
        return (
            f"going on from a network that has learned before{stays}. Where it has seen rows that are held out here, "
            "their scores flatter it" + (own if means else ""),
        )

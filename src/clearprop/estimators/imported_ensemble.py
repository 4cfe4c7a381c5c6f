"""Several networks of one file whose outputs are averaged, brought in together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.estimators.exports import Exports
from clearprop.estimators.imported import Imported, imported
from clearprop.estimators.imported_proof import Proof, proof_of
from clearprop.estimators.imported_targets import ImportedTargets
from clearprop.files.importers.affine import Z, affine_of
from clearprop.files.importers.source import SourceNetwork
from clearprop.formulas import Expression, Loss, Symbol, evaluate
from clearprop.formulas.expressions import Apply, Constant
from clearprop.network import Network

A = Symbol("a")
FAR = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class ImportedEnsemble(Exports):
    """Networks of one form, the mean of whose outputs is what a file gives.

    Each of `members` is an `Imported`, which explains, checks and trains its network; together they are saved and
    exported. `from_onnx` makes one of the ONNX file of an ensemble.

    Parameters
    ----------
    source : SourceNetwork
        The file as it was read.
    members : tuple of Imported
    proof : Proof or None
        How the outputs compare with the source's own.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from clearprop import TabularRegressor, from_onnx
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "sums.onnx"
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> model = TabularRegressor(ensemble=3, max_iter=2, random_state=0).fit(X, X.sum(axis=1))
    >>> model.export(path)
    >>> ours = from_onnx(path, loss="half_squared_error")
    >>> len(ours.members), bool(np.allclose(ours.outputs(X)[:, 0], model.predict(X), atol=1e-5))
    (3, True)
    """

    source: SourceNetwork
    members: tuple[Imported, ...]
    proof: Proof | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"the mean of {len(self.members)} networks has no {name!r}; each of its `members` may")

    @property
    def network(self) -> Network:
        """What each of them is."""
        return self.members[0].network

    @property
    def loss(self) -> Loss:
        """What each of them learns."""
        return self.members[0].loss

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """In the order of the outputs; None for numbers."""
        return self.members[0].classes

    @property
    def targets(self) -> ImportedTargets:
        """How y becomes what the networks learn."""
        return self.members[0].targets

    def inputs(self, X: Any) -> Any:
        """What their first layers get for these rows, (n_rows, n₀), of the source's precision."""
        return self.members[0].inputs(X)

    def outputs(self, X: Any) -> Any:
        """What the source's own output gives, float64 (n_rows, n_outputs); X as it takes it."""
        total = sum(each.outputs(X).astype(np.float64) for each in self.members)
        mean, after = total / len(self.members), self.source.after
        with np.errstate(all="ignore"):
            if len({*after}) == 1:
                return np.broadcast_to(evaluate(after[0], {"a": mean}), mean.shape)
            return np.stack([evaluate(tree, {"a": mean[:, k]}) for k, tree in enumerate(after)], axis=1)

    def save(self, path: str | os.PathLike[str], target: str | Sequence[str] | None = None) -> None:
        """Write a model file of all of them; see `Imported.save`."""
        self.table_model(target).save(path)

    def table_model(self, target: str | Sequence[str] | None = None) -> Any:
        """All of them as a `clearprop.tabular.TableModel`; see `Imported.table_model`.

        Raises
        ------
        InputError
            Where something is made of the mean that no model file holds.
        """
        made = [each.table_model(target) for each in self.members]
        settings = {
            **made[0].settings,
            "notes": list(self.notes),
            "proof": None if self.proof is None else str(self.proof),
        }
        thetas = np.concatenate([each.thetas for each in made])
        return replace(made[0], thetas=thetas, settings=settings, **self._answer(made[0].target))

    def _answer(self, target: Any) -> dict[str, Any]:
        """What of a TableModel says what is made of the mean."""
        from clearprop.tables import NumberTarget, NumberTargets

        after = self.source.after
        if self.classes is not None:
            return {} if {*after} == {A} else {"temperature": _temperature(after[0])}
        each = tuple(_target(one, tree) for one, tree in zip(target.each, after, strict=True))
        return {"target": each[0] if isinstance(target, NumberTarget) else NumberTargets(each)}

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each thing that was folded, added, dropped or assumed."""
        after = ", ".join(dict.fromkeys(map(str, self.source.after)))
        made = "" if {*self.source.after} == {A} else f", and of the mean a is made {after}"
        return (f"the outputs of {len(self.members)} networks are averaged{made}", *self.members[0].notes)

    @property
    def report(self) -> str:
        """What was read, and the proof that it computes the same."""
        first = self.members[0].report.splitlines()[2 : 2 + self.network.depth]
        lines = [self.source.source, "", f"{len(self.members)} networks, each:", *first, f"loss: {self.loss.name}"]
        lines += [*(f"- {note}" for note in self.notes), ""]
        return "\n".join([*lines, "no rows to compare with the source" if self.proof is None else str(self.proof)])


def ensemble_of(
    source: SourceNetwork, *, loss: Any = None, classes: Sequence[Any] | None = None, rows: Any = None
) -> ImportedEnsemble:
    """The networks of a source that has several; parameters as of `clearprop.estimators.imported.imported`."""
    alone = replace(source, others=(), after=(), reference=None)
    made = [replace(alone, layers=layers) for layers in (source.layers, *source.others)]
    members = tuple(imported(each, loss=loss, classes=classes) for each in made)
    if members[0].added is not None:
        raise InputError(
            f"the file averages the outputs {source.layers[-1].activation.name!r} of {len(members)} networks, with "
            f"which the loss {members[0].loss.name!r} does not go: export the networks with their probabilities"
        )
    result = ImportedEnsemble(source, members)
    return replace(result, proof=proof_of(result, rows))


def _temperature(tree: Expression) -> float:
    """The temperature that probabilities are brought to by a tree in a."""
    from clearprop.files.export.onnx import temperature_of
    from clearprop.files.export.program import Answer
    from clearprop.tabular.calibration import at_temperature

    p = np.random.default_rng(0).dirichlet(np.ones(3), 50)
    with np.errstate(all="ignore"):
        found = temperature_of(Answer("class", ("y",), row=tree))
        same = found > 0 and np.allclose(evaluate(tree, {"a": p}), at_temperature(p, found), rtol=1e-9, atol=1e-12)
    if not same:
        raise InputError(f"of the mean of the networks' probabilities is made {tree}, which no model file holds")
    return round(found, 12)


def _target(target: Any, tree: Expression) -> Any:
    """The target of numbers with what is made of the mean: bounds, a scale, and whether a logarithm is undone."""
    from clearprop.tables.number_target import LARGEST_LOGARITHM

    log = isinstance(tree, Apply) and tree.function == "exp"
    inner = tree.arguments[0] if isinstance(tree, Apply) and log else tree
    bounds = {"maximum": -FAR, "minimum": LARGEST_LOGARITHM if log else FAR}
    while isinstance(inner, Apply) and inner.function in bounds and isinstance(inner.arguments[1], Constant):
        bounds[inner.function] = float(inner.arguments[1].value)
        inner = inner.arguments[0]
    affine = affine_of(evaluate(inner, {"a": Z}))
    if affine is None or not affine.scale > 0:
        raise InputError(f"of the mean of the networks' outputs is made {tree}, which no model file holds")
    low, high = bounds["maximum"], bounds["minimum"]
    return replace(target, log=log, centre=affine.shift, scale=affine.scale, low=low, high=high)

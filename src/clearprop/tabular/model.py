"""Networks together with the table they were trained on: encoder, target, scores. It prints nothing.

`fit` makes one; the commands and whoever else wants a trained table use it: predict, evaluate, save, load.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.engines import Choice, Job, choose_for_prediction, finite
from clearprop.errors import InputError, TableError
from clearprop.files import save
from clearprop.job.saving import jobs_to_json
from clearprop.network import Network, Parameters
from clearprop.tables import Encoder, ImageFormat, NumberTarget, Reading, ReadOptions, Target, missing_column
from clearprop.tables.class_target import ClassLabel
from clearprop.tables.columns import present
from clearprop.tabular.actual import actual_of
from clearprop.tabular.conformal import Conformity
from clearprop.tabular.details import QuantileNetworks
from clearprop.tabular.results import Evaluation, Outputs, Predictions, Remarks
from clearprop.tabular.roles import weights
from clearprop.tabular.same_way import read_as_trained
from clearprop.tabular.saving import KIND, read_model
from clearprop.tabular.scores import NumberScores, Scores, quantile_scores
from clearprop.tabular.scoring import Scoring, scoring_of
from clearprop.tabular.seen import outside

MOST_CLASSES_NAMED = 10


@dataclass(frozen=True)
class TableModel:
    """A trained ensemble of networks, or a single one, and how a table goes into it and comes out of it.

    Attributes
    ----------
    network : Network
        What each of its networks is.
    thetas : array of shape (k, n_parameters)
        The parameters of each; their outputs are averaged.
    encoder : Encoder
    target : ClassTarget, NumberTarget or NumberTargets
    trivial : class label, float or list of float
        What the trivial predictor always says: the most frequent class, or the mean (of each target) of the training
        rows.
    images : ImageFormat or None
        The form that images are brought to, for a model of images.
    settings : mapping
        How it was trained, as JSON holds it.
    held_out : Scores or None
        Its scores on the rows held out in training.
    version : str
        Of clearprop that wrote its file.
    temperature : float
        Of the probabilities; see `clearprop.tabular.calibration`.
    quantiles : tuple of QuantileNetworks
        What predicts quantiles, rising.
    conformity : Conformity or None
        Of classes: what makes `predict_set` hold the true one as often as is asked.
    jobs : tuple of Job
        What the training of each network was asked to do; () where its file does not say.
    """

    network: Network
    thetas: Any
    encoder: Encoder
    target: Target
    trivial: ClassLabel | list[float]
    images: ImageFormat | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    held_out: Scores | None = None
    version: str = ""
    temperature: float = 1.0
    quantiles: tuple[QuantileNetworks, ...] = ()
    conformity: Conformity | None = None
    jobs: tuple[Job, ...] = ()
    _choices: dict[int | None, Choice] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_choices": {}}

    @property
    def parameters(self) -> Parameters:
        """The parameters of the first network, the one that is explained."""
        return self.network.views(self.thetas[0])

    def job(self, member: int) -> Job | None:
        """What the training of this network was asked to do; None where the file does not say."""
        return self.jobs[member] if self.jobs else None

    def read(
        self, path: str | os.PathLike[str], options: ReadOptions | None = None, keep: Collection[str] = ()
    ) -> Reading:
        """Read a file as the training file was read: text columns as text, images in the same form.

        Parameters
        ----------
        path : path
        options : ReadOptions, optional
            How this file is written, where it differs from the training file.
        keep : collection of str
            Columns to leave as they are written, beside those that training was told to keep.
        """
        keep = (*keep, *(self.settings.get("keep") or ()))
        return read_as_trained(Path(path), self.encoder, self.target, self.images, options, keep)

    def of_target(self, table: pa.Table) -> pa.ChunkedArray:
        """The target's column, with null for what counts as missing.

        Raises
        ------
        TableError
            When the table has no such column; the nearest name is offered.
        """
        column = self.target.column
        if column not in table.column_names:
            raise missing_column(column, table.column_names)
        return present(table.column(column), self.encoder.read.missing_words)

    def outputs(self, table: pa.Table, n_threads: int | None = None) -> Outputs:
        """The mean of the networks' outputs, remarks on unseen or missing values, and the engine.

        Probabilities are brought to their temperature.

        Parameters
        ----------
        table : pyarrow.Table
        n_threads : int, optional
            The most threads; by default as many as the process may use.

        Raises
        ------
        TableError
            When a column is missing or a value does not fit; with the row.
        NotFiniteError
            When outputs are not finite, as those of damaged weights can be.
        """
        X, remarks = self._encoded(table)
        return self._outputs_of(X, remarks, n_threads)

    def _encoded(self, table: pa.Table) -> tuple[Any, Remarks]:
        """The inputs, and what training was not prepared for."""
        X, remarks = self.encoder.encode(table)
        return X, (*remarks, *outside(self.encoder, X, table, self.settings.get("seen")))

    def _outputs_of(self, X: Any, remarks: Remarks, n_threads: int | None) -> Outputs:
        choice = self._choice(n_threads)
        values = self._outputs(choice, X)
        return Outputs(finite(values), remarks, choice)

    def _choice(self, n_threads: int | None = None) -> Choice:
        """The engine that predicts. A fast one is kept, with what it has made ready; a slower one may be replaced."""
        if n_threads in self._choices:
            return self._choices[n_threads]
        choice = choose_for_prediction(self.network, self.thetas.dtype, n_threads)
        if choice.engine.name != "reference":
            self._choices[n_threads] = choice
        return choice

    def outputs_for(self, X: Any, n_threads: int | None = None) -> Any:
        """The same for rows that are encoded already, float32 (n_rows, n_inputs)."""
        return self._outputs(self._choice(n_threads), X)

    def member_outputs(self, table: pa.Table) -> Any:
        """The outputs of every network by itself, (k, n_rows, n_outputs); errors as of `outputs`."""
        choice = self._choice()
        X, _ = self.encoder.encode(table)
        return np.stack([choice.engine.outputs(self.network, self.network.views(theta), X) for theta in self.thetas])

    def mean_outputs(self, table: pa.Table) -> Any:
        """Their mean, (n_rows, n_outputs), probabilities not yet at their temperature."""
        choice = self._choice()
        return mean_outputs(choice, self.network, self.thetas, self.encoder.encode(table).X)

    def _outputs(self, choice: Choice, X: Any) -> Any:
        return self.scoring.at(mean_outputs(choice, self.network, self.thetas, X), self.temperature)

    def predict(self, table: pa.Table, n_threads: int | None = None) -> Predictions:
        """Predict the target of each row; parameters and errors as of `outputs`."""
        outputs, remarks, choice = self.outputs(table, n_threads)
        values, probabilities = self.target.predicted(outputs)
        return Predictions(values if probabilities is not None else finite(values), probabilities, remarks, choice)

    def predict_set(self, table: pa.Table, coverage: float = 0.9, n_threads: int | None = None) -> tuple[Any, Remarks]:
        """For each row a set of classes that holds the true one with this probability, and remarks.

        The guarantee is of split conformal prediction, on average over rows drawn as those of training were: see
        `clearprop.tabular.conformal`.

        Parameters
        ----------
        table : pyarrow.Table
        coverage : float
            Between 0 and 1.
        n_threads : int, optional
            As of `outputs`.

        Returns
        -------
        sets : bool array of shape (n_rows, n_classes)
        remarks : tuple of Remark and Outside

        Raises
        ------
        InputError
            When the coverage cannot be, or the model has learned no classes or keeps nothing to make sets by.
        """
        self.check_sets()
        assert self.conformity is not None
        outputs, remarks, _ = self.outputs(table, n_threads)
        return self.conformity.sets(outputs, coverage), remarks

    def check_sets(self) -> None:
        """Raise InputError where the model can make no sets of classes."""
        if self.target.task != "classification":
            raise InputError("sets are of classes, and this model predicts numbers: train it with quantiles")
        if self.conformity is None:
            raise InputError(
                "the model keeps no scores of validation rows to make sets by: it was imported, written by an older "
                "version, or its training was interrupted; train it again"
            )

    def predict_quantiles(self, table: pa.Table, n_threads: int | None = None) -> tuple[Any, Remarks]:
        """Each quantile of each row in the target's own unit, float64 (n_rows, n_quantiles), and remarks.

        Each is predicted by networks of its own, so they could cross; each row's are put in order, which brings none of
        them further from the truth (Chernozhukov, Fernández-Val & Galichon, 2010).
        """
        X, remarks = self._encoded(table)
        return self._quantiles_of(X, n_threads), remarks

    def _quantiles_of(self, X: Any, n_threads: int | None = None) -> Any:
        assert isinstance(self.target, NumberTarget)
        choice = self._choice(n_threads)
        found = [
            self.target.decode(mean_outputs(choice, self.network, each.thetas, X)) + each.shift
            for each in self.quantiles
        ]
        return finite(self.target.in_unit(np.sort(np.stack(found, axis=1), axis=1)))

    def evaluate(self, table: pa.Table, n_threads: int | None = None) -> Evaluation:
        """Score the predictions against the target, which the table must have in every row.

        Where the model was trained with a column of weights, and the table has it, each row counts as much as it says.
        """
        y = actual_of(table, self.target, self.encoder.read)
        if not self.target.known(y).any():
            raise self._none_known(self.of_target(table))
        X, remarks = self._encoded(table)
        outputs, _, choice = self._outputs_of(X, remarks, n_threads)
        name = str(self.settings.get("weights"))
        weight = weights(table, name, self.encoder.read) if name in table.column_names else None
        scores = self.scores_of(outputs, y, weight)
        return Evaluation(self._with_quantiles(scores, X, y, weight), remarks, choice)

    def _with_quantiles(self, scores: Scores, X: Any, y: Any, weight: Any) -> Scores:
        """The scores with those of the quantiles."""
        if not self.quantiles:
            return scores
        assert isinstance(self.target, NumberTarget)
        assert isinstance(scores, NumberScores)
        true = self.target.in_unit(y)
        found = self._quantiles_of(X)
        each = [quantile_scores(q.quantile, found[:, k], true, weight) for k, q in enumerate(self.quantiles)]
        return replace(scores, quantiles=tuple(each))

    def scored(self, X: Any, y: Any, weight: Any = None) -> Scores:
        """The scores for rows that are encoded already, of which it is known what is true."""
        return self._with_quantiles(self.scores_of(self.outputs_for(X), y, weight), X, y, weight)

    def scores_of(self, outputs: Any, y: Any, weight: Any = None) -> Scores:
        """The scores of these outputs, where this is true: class numbers, or numbers on the scale that is learned."""
        weight = None if weight is None or not weight.any() else weight
        return self.scoring.held_out(outputs, y, self.trivial, weight)

    @property
    def scoring(self) -> Scoring:
        """How its predictions are scored."""
        return scoring_of(self.target)

    def _none_known(self, actual: pa.ChunkedArray) -> TableError:
        known = ", ".join(map(repr, self.target.labels[:MOST_CLASSES_NAMED]))
        more = ", …" if len(self.target.labels) > MOST_CLASSES_NAMED else ""
        return TableError(
            f"none of the {len(actual):,} rows has a class of the training: {self.target.column!r} is "
            f"{actual[0].as_py()!r} in row 1, and the classes are {known}{more}; write them as the training file did"
        )

    def save(self, path: str | os.PathLike[str], *, replace: bool = True) -> None:
        """Write the model to one file; `replace` and what is raised are as of `clearprop.save`."""
        thetas = [*self.thetas, *(theta for each in self.quantiles for theta in each.thetas)]
        save(path, self.network, [self.network.views(theta) for theta in thetas], self._details(), replace=replace)

    def export(self, path: str | os.PathLike[str], to: str | None = None, **options: Any) -> None:
        """Write a file that predicts the same without clearprop: see `clearprop.tabular.exporting.export`."""
        from clearprop.tabular.exporting import export

        export(self, path, to, **options)

    def _details(self) -> dict[str, Any]:
        """All of the model but its networks, as JSON holds it."""
        sizes = {len(self.thetas), *(len(each.thetas) for each in self.quantiles)}
        kept = self.conformity
        return {
            "kind": KIND,
            **({"networks": len(self.thetas)} if len(sizes) > 1 else {}),
            "encoder": self.encoder.to_json(),
            "target": self.target.to_json(),
            "trivial": self.trivial,
            "images": None if self.images is None else asdict(self.images),
            "settings": dict(self.settings),
            "held_out": None if self.held_out is None else self.held_out.to_json(),
            "temperature": self.temperature,
            "quantiles": [{"quantile": each.quantile, "shift": each.shift} for each in self.quantiles],
            "training": jobs_to_json(self.jobs) if self.jobs else None,
            **({} if kept is None else {"conformity": {"rows": kept.n_rows, "scores": list(kept.scores)}}),
        }

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TableModel:
        """Read a model file.

        Raises
        ------
        ModelFileError
            When there is no such file, or it is damaged, foreign, or a network without a table.
        """
        return cls(**read_model(Path(path)))


def mean_outputs(choice: Choice, network: Network, thetas: Any, X: Any) -> Any:
    """The mean of the outputs of networks with these parameters, (n_rows, n_outputs), computed in blocks of rows."""
    total = choice.engine.outputs(network, network.views(thetas[0]), X)
    for theta in thetas[1:]:
        total += choice.engine.outputs(network, network.views(theta), X)
    return total / len(thetas) if len(thetas) > 1 else total

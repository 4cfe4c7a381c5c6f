"""Networks together with the table they were trained on: encoder, target, scores. It prints nothing.

`fit` makes one; the commands and whoever else wants a trained table use it: predict, evaluate, save, load.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.engines import Choice, Job, choose_for_prediction, finite
from clearprop.errors import ModelFileError, TableError
from clearprop.files import load, save
from clearprop.files.json_text import refusing
from clearprop.network import Network, Parameters
from clearprop.tables import (
    ClassTarget,
    Encoder,
    ImageFormat,
    NumberTarget,
    NumberTargets,
    Reading,
    ReadOptions,
    Remark,
    Target,
    missing_column,
    target_from_json,
)
from clearprop.tables.columns import present
from clearprop.tables.targets import ClassLabel
from clearprop.tabular import recipe
from clearprop.tabular.actual import actual_of
from clearprop.tabular.calibration import at_temperature
from clearprop.tabular.details import QuantileNetworks, groups_of, settings_of, temperature_of, trivial_of
from clearprop.tabular.roles import weights
from clearprop.tabular.same_way import read_as_trained
from clearprop.tabular.scores import NumberScores, Scores, class_scores, number_scores, quantile_scores, several_scores
from clearprop.tabular.scores_json import scores_from_json
from clearprop.tabular.seen import Outside, outside

Remarks = tuple[Remark | Outside, ...]

KIND = "table"  # what the details of such a model file say that they are
MOST_CLASSES_NAMED = 10


class Predictions(NamedTuple):
    """What `TableModel.predict` returns.

    Attributes
    ----------
    values : list of class labels, or float64 array of shape (n_rows,)
        The most probable class, or the number in the target's own unit.
    probabilities : array of shape (n_rows, n_classes) or None
    remarks : tuple of Remark and Outside
        Values that training had not prepared for, and what was done.
    choice : Choice
        The engine that computed them.
    """

    values: Any
    probabilities: Any
    remarks: Remarks
    choice: Choice


class Evaluation(NamedTuple):
    """What `TableModel.evaluate` returns."""

    scores: Scores
    remarks: Remarks
    choice: Choice


class Outputs(NamedTuple):
    """What `TableModel.outputs` returns: float32 (n_rows, n_outputs), and how they came about."""

    values: Any
    remarks: Remarks
    choice: Choice


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

    @property
    def parameters(self) -> Parameters:
        """The parameters of the first network, the one that is explained."""
        return self.network.views(self.thetas[0])

    def job(self, member: int) -> Job | None:
        """What the training of this network was asked to do; None where the file does not say."""
        recipes = self.settings.get("recipes")
        if not isinstance(recipes, list) or member >= len(recipes):
            return None
        return recipe.job_of(self.network, recipes[member])

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
        """The mean of the networks' outputs, what the encoder had to put up with, and the engine.

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
        choice = choose_for_prediction(self.network, self.parameters.theta.dtype, n_threads)
        values = self._outputs(choice, X)
        return Outputs(finite(values), remarks, choice)

    def outputs_for(self, X: Any, n_threads: int | None = None) -> Any:
        """The same for rows that are encoded already, float32 (n_rows, n_inputs)."""
        return self._outputs(choose_for_prediction(self.network, self.thetas.dtype, n_threads), X)

    def member_outputs(self, table: pa.Table) -> Any:
        """The outputs of every network by itself, (k, n_rows, n_outputs); errors as of `outputs`."""
        choice = choose_for_prediction(self.network, self.thetas.dtype, None)
        X, _ = self.encoder.encode(table)
        return np.stack([choice.engine.outputs(self.network, self.network.views(theta), X) for theta in self.thetas])

    def mean_outputs(self, table: pa.Table) -> Any:
        """Their mean, (n_rows, n_outputs), probabilities not yet at their temperature."""
        choice = choose_for_prediction(self.network, self.thetas.dtype, None)
        return mean_outputs(choice, self.network, self.thetas, self.encoder.encode(table).X)

    def _outputs(self, choice: Choice, X: Any) -> Any:
        outputs = mean_outputs(choice, self.network, self.thetas, X)
        return at_temperature(outputs, self.temperature) if isinstance(self.target, ClassTarget) else outputs

    def predict(self, table: pa.Table, n_threads: int | None = None) -> Predictions:
        """Predict the target of each row; parameters and errors as of `outputs`."""
        outputs, remarks, choice = self.outputs(table, n_threads)
        if isinstance(self.target, ClassTarget):
            return Predictions(self.target.decode(outputs), outputs, remarks, choice)
        return Predictions(finite(self.target.in_unit(self.target.decode(outputs))), None, remarks, choice)

    def predict_quantiles(self, table: pa.Table, n_threads: int | None = None) -> tuple[Any, Remarks]:
        """Each quantile of each row in the target's own unit, float64 (n_rows, n_quantiles), and remarks.

        Each is predicted by networks of its own, so they could cross; each row's are put in order, which brings none of
        them further from the truth (Chernozhukov, Fernández-Val & Galichon, 2010).
        """
        X, remarks = self._encoded(table)
        return self._quantiles_of(X, n_threads), remarks

    def _quantiles_of(self, X: Any, n_threads: int | None = None) -> Any:
        assert isinstance(self.target, NumberTarget)
        choice = choose_for_prediction(self.network, self.thetas.dtype, n_threads)
        found = [
            self.target.decode(mean_outputs(choice, self.network, each.thetas, X)) + each.shift
            for each in self.quantiles
        ]
        return finite(self.target.in_unit(np.sort(np.stack(found, axis=1), axis=1)))

    def evaluate(self, table: pa.Table, n_threads: int | None = None) -> Evaluation:
        """Score the predictions against the target, which the table must have in every row.

        Where the model was trained with a column of weights, and the table has it, each row counts as much as it says.
        """
        learned = actual_of(table, self.target, self.encoder.read)
        if isinstance(self.target, ClassTarget) and (learned < 0).all():
            raise self._none_known(self.of_target(table))
        X, remarks = self._encoded(table)
        outputs, _, choice = self._outputs_of(X, remarks, n_threads)
        name = str(self.settings.get("weights"))
        weight = weights(table, name, self.encoder.read) if name in table.column_names else None
        scores = self.scores_of(outputs, learned, weight)
        return Evaluation(self._with_quantiles(scores, X, learned, weight), remarks, choice)

    def _with_quantiles(self, scores: Scores, X: Any, learned: Any, weight: Any) -> Scores:
        """The scores with those of the quantiles."""
        if not self.quantiles:
            return scores
        assert isinstance(self.target, NumberTarget)
        assert isinstance(scores, NumberScores)
        true = self.target.in_unit(learned)
        found = self._quantiles_of(X)
        each = [quantile_scores(q.quantile, found[:, k], true, weight) for k, q in enumerate(self.quantiles)]
        return replace(scores, quantiles=tuple(each))

    def scored(self, X: Any, learned: Any, weight: Any = None) -> Scores:
        """The scores for rows that are encoded already, of which it is known what is true."""
        return self._with_quantiles(self.scores_of(self.outputs_for(X), learned, weight), X, learned, weight)

    def scores_of(self, outputs: Any, learned: Any, weight: Any = None) -> Scores:
        """The scores of these outputs, where this is true: class numbers, or numbers on the scale that is learned."""
        weight = None if weight is None or not weight.any() else weight
        if isinstance(self.target, ClassTarget):
            return class_scores(self.target, outputs, learned, self.trivial, weight)
        found = self.target.decode(outputs)
        if isinstance(self.target, NumberTargets):
            return several_scores(self.target, found, learned, self.trivial, weight)
        assert not isinstance(self.trivial, list)
        return number_scores(self.target, found, learned, float(self.trivial), weight)

    def _none_known(self, actual: pa.ChunkedArray) -> TableError:
        assert isinstance(self.target, ClassTarget)
        known = ", ".join(map(repr, self.target.classes[:MOST_CLASSES_NAMED]))
        more = ", …" if len(self.target.classes) > MOST_CLASSES_NAMED else ""
        return TableError(
            f"none of the {len(actual):,} rows has a class of the training: {self.target.column!r} is "
            f"{actual[0].as_py()!r} in row 1, and the classes are {known}{more}; write them as the training file did"
        )

    def save(self, path: str | os.PathLike[str], *, replace: bool = True) -> None:
        """Write the model to one file; `replace` and what is raised are as of `clearprop.save`."""
        details = {
            "kind": KIND,
            "encoder": self.encoder.to_json(),
            "target": self.target.to_json(),
            "trivial": self.trivial,
            "images": None if self.images is None else asdict(self.images),
            "settings": dict(self.settings),
            "held_out": None if self.held_out is None else self.held_out.to_json(),
            "temperature": self.temperature,
            "quantiles": [{"quantile": each.quantile, "shift": each.shift} for each in self.quantiles],
        }
        thetas = [*self.thetas, *(theta for each in self.quantiles for theta in each.thetas)]
        save(path, self.network, [self.network.views(theta) for theta in thetas], details, replace=replace)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TableModel:
        """Read a model file.

        Raises
        ------
        ModelFileError
            When there is no such file, or it is damaged, foreign, or a network without a table.
        """
        found = _loaded(Path(path))
        details = found.details
        if details.get("kind") != KIND:
            raise ModelFileError(
                f"{path} holds a network that was not trained by 'clearprop train', so it does not know any table; "
                "use it from Python, with clearprop.load"
            )
        with refusing(Path(path), "cannot be used"):
            encoder = Encoder.from_json(details.get("encoder"))
            target = target_from_json(details.get("target"))
            if found.network.widths[0] != encoder.n_inputs or found.network.widths[-1] != target.n_outputs:
                raise ModelFileError("its network, encoder and target do not belong together")
            images = None if details.get("images") is None else ImageFormat(**details["images"])
            if images is not None and images.height * images.width * images.channels > encoder.n_inputs:
                raise ModelFileError(f"images of {images} are not what its encoder takes")
            held_out = None if details.get("held_out") is None else scores_from_json(details["held_out"])
            thetas, quantiles = groups_of(found.thetas, details.get("quantiles", []))
            temperature = temperature_of(details.get("temperature", 1.0))
            trivial, settings = trivial_of(details.get("trivial"), target), settings_of(details.get("settings"))
        return cls(
            network=found.network,
            thetas=thetas,
            encoder=encoder,
            target=target,
            trivial=trivial,
            images=images,
            settings=settings,
            held_out=held_out,
            version=found.version,
            temperature=temperature,
            quantiles=quantiles,
        )


def mean_outputs(choice: Choice, network: Network, thetas: Any, X: Any) -> Any:
    """The mean of the outputs of networks with these parameters, (n_rows, n_outputs), computed in blocks of rows."""
    total = choice.engine.outputs(network, network.views(thetas[0]), X)
    for theta in thetas[1:]:
        total += choice.engine.outputs(network, network.views(theta), X)
    return total / len(thetas) if len(thetas) > 1 else total


def _loaded(path: Path) -> Any:
    from clearprop.tables import missing_file

    try:
        return load(path)
    except FileNotFoundError:
        raise ModelFileError(str(missing_file(path))) from None
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}") from None

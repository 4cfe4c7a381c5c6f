"""Saving and loading the estimators for tables: a model as `clearprop train` writes it, with their parameters."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from sklearn.utils.validation import check_is_fitted

from clearprop.errors import ModelFileError, quoted, shortened
from clearprop.estimators.saving import feature_names, parameters_from_json, parameters_to_json
from clearprop.estimators.tabular_data import columns_of
from clearprop.estimators.tabular_settings import settings_of
from clearprop.files.json_text import refusing
from clearprop.tables import Target
from clearprop.tabular.model import TableModel


class SavedWithItsTable:
    """`save` and `load` of an estimator that has a `TableModel`."""

    model_: TableModel
    n_features_in_: int
    ensemble_: int
    feature_names_in_: Any
    _settings: Callable[[], Any]
    _columns: tuple[str, ...]  # as the encoder knows them, in the order of the fit

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write networks, encoders and parameters to one file without code, which `clearprop predict` reads too.

        Raises
        ------
        NotFittedError
            Before `fit`.
        OSError
            When the file cannot be written.
        """
        check_is_fitted(self)
        self.model_.save(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The estimator that `save` wrote: it predicts, explains and can be fitted anew; the history is not kept.

        Raises
        ------
        ModelFileError
            When there is no such file, or it is damaged or that of something else.
        """
        model = TableModel.load(path)
        kept = model.settings.get("parameters")
        if model.settings.get("estimator") != cls.__name__ or not isinstance(kept, dict):
            was = shortened(str(model.settings.get("estimator", "'clearprop train'")))
            raise ModelFileError(f"{path} was not written by {cls.__name__}.save but by {was}")
        with refusing(Path(path), f"is damaged: its parameters are not those of {cls.__name__}"):
            estimator = cls(**parameters_from_json(kept["init"]))
            settings_of(estimator)
            n_features = kept["n_features"]
            if type(n_features) is not int or n_features < len(model.encoder.steps):
                raise ModelFileError(f"{quoted(n_features)} features do not go with its encoder")
            names = feature_names(kept["feature_names"], n_features)
            estimator.model_, estimator.n_features_in_ = model, n_features
            if names is not None:
                estimator.feature_names_in_ = names
            estimator._columns = columns_of(kept, n_features, model.encoder)
            estimator.ensemble_ = len(model.thetas)
            estimator._restore(model.target)
        return estimator

    def _restore(self, target: Target) -> None:
        """The attributes that follow from the target."""

    def _parameters_for_file(self) -> dict[str, Any]:
        """The parameters that JSON can hold (not a RandomState), and what the columns were called."""
        names = getattr(self, "feature_names_in_", None)
        return {
            "init": parameters_to_json(self),
            "feature_names": None if names is None else [str(name) for name in names],
            "n_features": self.n_features_in_,
            "columns": list(self._columns),
        }

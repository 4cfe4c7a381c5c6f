"""`export`, the method of whatever predicts; what it needs is imported when it is called."""

from __future__ import annotations

import os
from typing import Any


class Exports:
    """`export` of whatever predicts."""

    def export(self, path: str | os.PathLike[str], to: str | None = None, **options: Any) -> None:
        """Write a file that predicts the same without clearprop: see docs/exports.md.

        Parameters
        ----------
        path : path
            A file of that name is replaced.
        to : {"python", "javascript", "c", "onnx"}, optional
            By default what the ending of the name says.
        **options
            What the medium can be asked for. `calibration`, rows as `predict` takes them or a pair of rows and y, makes
            C of whole numbers of eight bits, and a table of what that costs.

        Raises
        ------
        NotFittedError
            Before `fit`.
        InputError
            For something that the medium cannot say, by its name.
        OSError
            When the file cannot be written.

        Examples
        --------
        >>> import pathlib, runpy, tempfile
        >>> import numpy as np
        >>> from clearprop import MLPRegressor
        >>> X = np.linspace(0, 1, 30)[:, None]
        >>> model = MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", random_state=0).fit(X, X[:, 0] ** 2)
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "square.py"
        >>> model.export(path)
        >>> bool(np.allclose(runpy.run_path(str(path))["predict"](X), model.predict(X)))
        True
        """
        from clearprop.estimators.exporting import export

        export(self, path, to, **options)

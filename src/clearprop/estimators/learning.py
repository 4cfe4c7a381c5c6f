"""How an estimator learns: `fit`, an epoch at a time, a part of the rows at a time, or not at all yet."""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator, Iterator
from typing import Any, Self

from sklearn.exceptions import ConvergenceWarning

from clearprop.distributed import launch
from clearprop.errors import DivergenceError
from clearprop.estimators.fitted import KeptIfItFails
from clearprop.estimators.preparing import Preparation
from clearprop.estimators.ranges import callbacks_of
from clearprop.estimators.rows import HeldOut
from clearprop.estimators.run import UnderWay, by_all
from clearprop.estimators.targets import Targets
from clearprop.files.checkpoints import SECONDS, kept_in
from clearprop.training import Epoch
from clearprop.training.progress import shown
from clearprop.training.stopping import look_at_states, take_several


class Learning(Preparation):
    """`fit` and its kin."""

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        coefs_init: Any = None,
        intercepts_init: Any = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_seconds: float = SECONDS,
        resume: bool = False,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            float32 stays float32, everything else becomes float64. Of a sparse matrix the compiled
            engine reads what is not zero; the reference engine makes it dense batch by batch.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), optional
            At least 0; a row of weight 2 counts as two rows. All 1 by default. A batch in which all are 0 changes
            nothing.
        X_val, y_val, sample_weight_val : as X, y and sample_weight, optional
            + Validation rows. Loss and score over them are in `history_` after every epoch, of lbfgs too. With
            early_stopping=True they decide when to stop and which weights are put back, and no rows of X are held out.
        coefs_init, intercepts_init : list of array-likes, optional
            + Weights of shape (n_{l−1}, n_l) and biases of shape (n_l,) of the layers 1 … L to start from; those left
            out are drawn.
        checkpoint : path, optional
            + A folder that the fit is written to while it is under way, and when it ends.
        checkpoint_seconds : float
            + At least so long from one checkpoint to the next.
        resume : bool
            + Go on from the last checkpoint of the same call, to the same bits as if it had never stopped; `callbacks`
            see its epochs again. Without one, begin.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When data or a parameter cannot be used (`clearprop.errors.InputError` and scikit-learn's own), and when
            training diverges (`clearprop.errors.DivergenceError`, with the best weights so far). The fit before, where
            there was one, then remains.
            Of checkpoints `clearprop.errors.FileError`, when they cannot be written, are another training's, or
            `resume` is False.

        Warns
        -----
        ConvergenceWarning
            When `max_iter`, `max_seconds`, or `max_fun` with lbfgs ends training; when it diverges after an epoch whose
            weights early stopping has kept, and these are put back; for each time that it went on after diverging,
            with on_divergence="retry".
        UserWarning
            When Ctrl-C ends it, with the best weights kept. A second Ctrl-C within two seconds, in this fit or in one
            before it, is raised as KeyboardInterrupt, and the best weights are kept as well.
        """
        process = launch()
        with kept_in(checkpoint, checkpoint_seconds, resume) as checkpoints, KeptIfItFails(self):
            held_out = HeldOut(X_val, y_val, sample_weight_val)
            fit = self._start(X, y, sample_weight, held_out, coefs_init, intercepts_init, checkpoints)
            if process is None:  # it trains alone: nothing more is called that Ctrl-C might come to
                self._carry_out(fit)
            else:
                with by_all(fit) as fit:
                    self._carry_out(fit)
        if process is None or process.rank == 0:
            self._tell(fit)
        return self

    def fit_epochs(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        coefs_init: Any = None,
        intercepts_init: Any = None,
    ) -> Iterator[Epoch]:
        """Train as `fit` does, one epoch for each that is asked for.

        Parameters
        ----------
        X, y, sample_weight, X_val, y_val, sample_weight_val, coefs_init, intercepts_init
            As for `fit`.

        Returns
        -------
        iterator of Epoch
            After each one the estimator predicts and shows its attributes as after a fit that ended there. To stop is
            to ask for no more. It ends, too, when another fit of this estimator begins.

        Raises
        ------
        ValueError
            As `fit`. Data and parameters are looked at when this is called, before the first epoch is asked for. When
            training diverges, the last good weights remain; the error has those of the best epoch.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from clearprop import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier(learning_rate_init=0.01, random_state=0)
        >>> for epoch in model.fit_epochs(X, y):
        ...     if model.score(X, y) > 0.95:
        ...         break
        >>> epoch.n == model.n_iter_ < 100
        True
        """
        with KeptIfItFails(self):
            held_out = HeldOut(X_val, y_val, sample_weight_val)
            fit = self._start(X, y, sample_weight, held_out, coefs_init, intercepts_init)
        return self._read(fit)

    def _read(self, fit: UnderWay) -> Iterator[Epoch]:
        yield from self._epochs(fit)
        self._tell(fit)

    def initialize(self, X: Any, y: Any, *, coefs_init: Any = None, intercepts_init: Any = None) -> Self:
        """Make the network with its initial weights, and train nothing.

        `coefs_` and `intercepts_` can then be looked at and written, `predict` and `gradients` work, and `partial_fit`,
        or `fit` with warm_start=True, goes on from there. A plain `fit` begins anew.

        Parameters
        ----------
        X, y
            As for `fit`: what they hold decides the number of inputs, the classes and the outputs.
        coefs_init, intercepts_init : list of array-likes, optional
            As for `fit`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As `fit`.

        Examples
        --------
        >>> from clearprop import MLPClassifier
        >>> own = [[[1, 2], [3, 4]], [[1], [1]]]
        >>> model = MLPClassifier((2,), random_state=0).initialize([[0.6, 0.8]], [0], coefs_init=own)
        >>> model.coefs_[0].tolist(), model.n_iter_
        ([[1.0, 2.0], [3.0, 4.0]], 0)
        """
        settings = self._settings()
        with KeptIfItFails(self):
            X, y = self._checked(X, y, reset=True)
            targets = self._learn_targets(y)
            rows, factors = self._rows(X, y, None, targets)
            self._begin(settings, rows, targets, factors)
            self._set_initial(coefs_init, intercepts_init)
            self._finish(self._prepared(settings, rows, None, 1, is_part=True))
            self.stopping_reason_ = "not trained yet: these are the initial weights"
        return self

    def _learn_a_part(self, X: Any, y: Any, sample_weight: Any, first_targets: Targets | None = None) -> Self:
        """One pass over these rows; a first call begins with the targets given, by default those found in y."""
        settings = self._settings()
        goes_on = self.__sklearn_is_fitted__()
        with KeptIfItFails(self):
            X, y = self._checked(X, y, reset=not goes_on)
            targets = self._run.targets if goes_on else first_targets or self._learn_targets(y)
            rows, factors = self._rows(X, y, sample_weight, targets)
            if goes_on:
                self._go_on(settings, factors, is_part=True)
            else:
                self._begin(settings, rows, targets, factors)
            fit = self._prepared(settings, rows, None, 1, is_part=True)
            self._carry_out(fit)
        self._tell(fit, stacklevel=4)
        return self

    def _carry_out(self, fit: UnderWay) -> None:
        """Train to the end, or until Ctrl-C; whenever it comes, the best weights and the attributes are kept."""
        callbacks = callbacks_of(fit.settings.callbacks)
        fit.fitting.looks = look_at_states(callbacks)
        if take_several(callbacks) and not fit.settings.verbose:  # nobody reads each record before the end
            fit.fitting.callbacks, fit.fitting.is_read = tuple(callbacks), False
        epochs, whole, came = self._epochs(fit), False, False
        while not whole:
            try:
                if came:  # between two epochs, or the second one
                    fit.fitting.interrupts.note()
                    fit.fitting.interrupted()
                for _ in epochs:
                    pass
                if came and fit.run is self._run:
                    self._finish(fit)
                whole = True
            except KeyboardInterrupt:
                came = True

    def _epochs(self, fit: UnderWay) -> Generator[Epoch, None, None]:
        """Train, one epoch for each that is asked for; the attributes follow."""
        try:
            with shown(fit.settings.verbose, fit.run.state.epoch, fit.run.job.epochs) as show:
                for epoch in fit.fitting:
                    show(epoch)
                    yield epoch
                    if fit.run is not self._run:  # another fit has begun since, and the estimator is its own
                        return
        except DivergenceError:
            if not fit.has_best:
                raise
        finally:
            fit.fitting.close()  # done here, too, for those who ask for one epoch after the other
            if fit.run is self._run:
                self._finish(fit)

    def _finish(self, fit: UnderWay) -> None:
        """The attributes that tell how the fit ended."""
        done, run = fit.fitting.result, fit.run
        # Those that no callback saw: one that diverged, or all.
        if len(done.history) > self.n_iter_:
            self._take(done.history[self.n_iter_ :] if self.n_iter_ else done.history)
        self.stopping_reason_, self.retries_ = done.reason, done.retries
        if not done.history:  # ended before the first epoch did
            self.loss_ = run.engine.loss_and_gradient(run.job, run.state.theta, fit.source.data)[0]
        if fit.has_best and done.best is not None:
            self.best_validation_score_ = done.best.scores["validation_score"]

    def _tell(self, fit: UnderWay, stacklevel: int = 3) -> None:
        """Raise a second Ctrl-C, now that everything is kept; otherwise warn of an end that nobody asked for."""
        done, settings, interrupts = fit.fitting.result, fit.settings, fit.fitting.interrupts
        interrupts.raise_again()
        for retry in done.retries:
            warnings.warn(f"{settings.solver_name}: {retry}", ConvergenceWarning, stacklevel=stacklevel)
        if interrupts.came:
            warnings.warn("Training interrupted by user.", stacklevel=stacklevel)
        elif done.stopped_by == "divergence":
            warnings.warn(f"{settings.solver_name}: {done.reason}", ConvergenceWarning, stacklevel=stacklevel)
        elif fit.fitting.is_halted or fit.is_part:
            pass  # whoever ended it knows, and a part of the rows has no end of its own
        elif done.stopped_by in ("epochs", "evaluations", "line_search", "time"):
            limit = {"evaluations": "max_fun", "time": "max_seconds"}.get(done.stopped_by, "max_iter")
            warnings.warn(
                f"{settings.solver_name}: training {done.reason} and hasn't converged yet. Increase {limit} "
                f"({getattr(settings, limit)}) or scale the data",
                ConvergenceWarning,
                stacklevel=stacklevel,
            )

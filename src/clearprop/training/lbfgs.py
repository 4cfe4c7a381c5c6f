"""L-BFGS through SciPy, as the same generator of Epoch records as the loop.

SciPy calls back after each iteration, while a generator hands out records when it is asked. A thread of its own runs
SciPy and waits after every iteration until the reader asks for the next; when the reader stops asking, SciPy is told to
stop.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from queue import SimpleQueue
from typing import Any

import numpy as np

from clearprop.engines import Data, Engine, Job, TrainingState
from clearprop.engines.first_use import FIRST_USE
from clearprop.formulas import LBFGS
from clearprop.job import Epoch
from clearprop.job.divergence import divergence, layer_norms
from clearprop.training.loop import Measure
from clearprop.training.stopping import Ending

BYTES_AHEAD = 2**24


def _ending(result: Any, rule: LBFGS, most_iterations: int) -> Ending:
    """What SciPy's result says of the end: status 0 is convergence, 1 a limit, 2 a line search that found nothing."""
    after = f"stopped after {result.nit} iterations"
    if result.status == 0:
        return Ending("minimum", f"{after}: the gradient or the gain became too small (converged)")
    if result.status == 2:
        return Ending("line_search", f"{after}: no step in the direction of search lowers the loss")
    if result.nit >= most_iterations:
        return Ending("epochs", f"stopped at the preset number of {most_iterations} iterations")
    most = f"the preset number of {rule.max_evaluations} evaluations of the loss was reached"
    return Ending("evaluations", f"{after}: {most}")


def lbfgs_epochs(
    job: Job,
    state: TrainingState,
    data: Data,
    engine: Engine,
    *,
    measure: Measure | None = None,
    ahead: Callable[[], int] = lambda: 1,
    began: float | None = None,
) -> Generator[Epoch, None, Ending]:
    """Minimise the loss over all rows, and yield a record after every iteration.

    Parameters
    ----------
    job : Job
        With an LBFGS as its update rule; its `epochs` is the most iterations.
    state : TrainingState
        From a copy that was taken in the middle of a search, that search goes on: its iterations are computed again
        from where it began, without records, and give the same weights to the bit.
    data, engine, measure, ahead, began
        As for `clearprop.training.loop.epochs`; the state is never further than the last record, only the search is.

    Yields
    ------
    Epoch
        Its learning rate is NaN: L-BFGS chooses the length of each step itself.

    Returns
    -------
    Ending

    Raises
    ------
    DivergenceError
        When the loss or the gradient is not finite.
    """
    rule = job.update_rule
    assert isinstance(rule, LBFGS)
    with FIRST_USE:
        from scipy.optimize import minimize

    state.own()
    began = time.perf_counter() if began is None else began
    dtype = state.theta.dtype
    if state.search_start is None:
        state.search_start, state.searched = state.theta.copy(), 0
    known, most_iterations = state.searched, job.epochs - state.epoch + state.searched
    reports: SimpleQueue[Any] = SimpleQueue()  # (θ, loss, norms) of each iteration, then SciPy's result or an exception
    orders: SimpleQueue[int] = SimpleQueue()  # how many iterations to make; 0 to stop
    last: dict[str, Any] = {"is_over": False, "waits": True}

    def most_ahead() -> int:
        """How many iterations the search may be ahead of its reader; each leaves a copy of θ."""
        return 1 if measure is not None else max(1, min(ahead(), BYTES_AHEAD // state.theta.nbytes))

    def objective(theta: Any) -> tuple[float, Any]:
        if last["is_over"]:
            raise StopIteration
        with np.errstate(all="ignore"):
            loss, gradient = engine.loss_and_gradient(job, theta.astype(dtype, copy=False), data)
            norms = layer_norms(job.network, gradient)
        if not (np.isfinite(loss) and np.isfinite(norms).all()):
            raise divergence(job, state, loss, norms, float("nan"))
        last.update(norms=norms)
        return loss, gradient.astype(np.float64, copy=False)

    def report(intermediate_result: Any) -> None:
        reports.put((intermediate_result.x.copy(), float(intermediate_result.fun), last["norms"]))
        last["left"] -= 1
        if last["waits"] and last["left"] <= 0:
            last["left"] = orders.get()
            if not last["left"]:
                raise StopIteration

    def run() -> None:
        try:
            options = {
                "maxiter": most_iterations,
                "maxfun": rule.max_evaluations,
                "gtol": rule.tolerance,
                "maxcor": rule.history,
            }
            start = state.search_start.astype(np.float64)
            reports.put(minimize(objective, start, jac=True, method="L-BFGS-B", callback=report, options=options))
        except BaseException as error:  # handed to the reader, whose thread it belongs to
            reports.put(error)

    last["left"] = expected = most_ahead()
    worker = threading.Thread(target=run, name="clearprop-lbfgs", daemon=True)
    try:
        try:
            worker.start()
        except RuntimeError:  # no more threads, as when the process ends: all iterations first, then their records
            last["waits"] = False
            run()
        while True:
            item = reports.get()
            if isinstance(item, BaseException):
                raise item
            if not isinstance(item, tuple):
                state.theta[:] = item.x
                return _ending(item, rule, most_iterations)
            if known:  # of an earlier search that goes on here
                known -= 1
            else:
                theta, loss, norms = item
                state.theta[:] = theta
                state.step, state.searched, state.gradient_norms = state.step + 1, state.searched + 1, norms
                state.end_epoch(data.n_samples)
                yield Epoch(
                    n=state.epoch,
                    loss=loss,
                    gradient_norms=tuple(norms.tolist()),
                    learning_rate=float("nan"),
                    seconds=time.perf_counter() - began,
                    steps=state.step,
                    scores={} if measure is None else measure(state.theta),
                )
            expected -= 1
            if not expected:
                expected = most_ahead()
                orders.put(expected)
    finally:
        state.search_start = None
        last["is_over"] = True  # Python looks for Ctrl-C at calls: one that comes in the next finds all of this done
        orders.put(0)
        if worker.ident is not None:
            worker.join()

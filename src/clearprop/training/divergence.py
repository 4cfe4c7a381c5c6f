"""What a fit does when a loss or a gradient is not finite: what it keeps, and going on with a lower learning rate.

To go on is to put every network back to its best epoch: weights, the optimizer's memory, the number of updates. Where
no epoch was whole, or none has been better since it went back the last time, it is put back to the beginning of the
fit: the weights at the end of an epoch may be lost already, though its mean loss is not. The epoch that diverged begins
again, with its own order of rows and half the learning rate. All of that follows from the states, so a fit that has
diverged has the same bits at every repeat, and where it goes on from a checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence

from clearprop.errors import DivergenceError
from clearprop.job import Epoch, Progress, Retry, TrainingState

RETRIES = 10  # half the rate each time: a thousandth in the end
SLOWER = 0.5


def planned(progress: Progress, states: Sequence[TrainingState], error: DivergenceError) -> Retry | None:
    """How a fit that has diverged can go on; None where it cannot, as a lower rate would change nothing.

    Parameters
    ----------
    progress : Progress
    states : sequence of TrainingState
        As they are when the error has come.
    error : DivergenceError
    """
    if len(progress.retries) >= RETRIES:
        return None
    best, scale = progress.best, SLOWER * states[0].rate_scale
    last = progress.retries[-1].epoch if progress.retries else 0
    if best is not None and best.epoch.n >= last and _moved(best.states, states, error):
        return Retry(error.epoch, error.step, error.layer, best.epoch.n, False, scale)
    if _moved(progress.start, states, error):
        return Retry(error.epoch, error.step, error.layer, progress.first_epoch, True, scale)
    return None


def _moved(before: Sequence[TrainingState], states: Sequence[TrainingState], error: DivergenceError) -> bool:
    """Whether an update lies between these weights and the error, so that its rate made a difference."""
    pairs = zip(states, before, strict=True)
    return not any(now.step == then.step and error.step == now.step + 1 for now, then in pairs)


def go_back(progress: Progress, states: Sequence[TrainingState], retry: Retry) -> None:
    """Put the states back to where the retry goes on; to do it twice changes nothing."""
    n_done = progress.first_epoch + len(progress.history)
    before = progress.start if retry.is_start or progress.best is None else progress.best.states
    for now, then in zip(states, before, strict=True):
        if now.epoch > n_done:  # this network has ended the epoch in which another diverged
            now.samples -= (now.samples - then.samples) // (now.epoch - then.epoch)
            now.epoch = n_done
        now.theta[:] = then.theta
        for vector, kept in zip(now.memory, then.memory, strict=True):
            vector[:] = kept
        now.step, now.cursor, now.loss_sum, now.weight_sum = then.step, 0, 0.0, 0.0
        now.rate_scale = retry.rate_scale


def explained(progress: Progress, states: Sequence[TrainingState], error: DivergenceError) -> None:
    """Give an error what was learned before it, and say how often the fit went on."""
    best = progress.best
    if best is not None and best.thetas:
        error.thetas, error.best_epoch = best.thetas, best.epoch.n
    else:
        error.thetas = tuple(state.theta.copy() for state in states)
    if progress.retries:
        times, scale = len(progress.retries), progress.retries[-1].rate_scale
        again = "once" if times == 1 else f"{times} times"
        error.args = (f"{error} It had gone on {again} with a lower rate, at last {scale:g} times the one asked for.",)


def broken_off(progress: Progress, states: Sequence[TrainingState], error: DivergenceError, seconds: float) -> Epoch:
    """The record of the epoch that diverged, of which nothing can be said."""
    nothing, history = float("nan"), progress.history
    scores = dict.fromkeys(history[-1].scores, nothing) if history else {}
    steps = sum(state.step for state in states)
    norms = (nothing,) * len(states[0].gradient_norms)
    return Epoch(error.epoch, nothing, norms, nothing, seconds, steps, scores, complete=False)

"""`explain`: one step of training, every number of it kept under its name, and shown in words and formulas."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from clearprop.errors import InputError
from clearprop.explain.derivations.chain_rule import ChainRule
from clearprop.explain.derivations.paths import path
from clearprop.explain.explanation import Explanation
from clearprop.formulas import LBFGS, UpdateRule, update_rule
from clearprop.job import Job, TrainingState
from clearprop.network import Network, Parameters
from clearprop.trace import record
from clearprop.trace.setting import setting_of
from clearprop.trace.trace import Trace as PlainTrace


@dataclass(frozen=True, eq=False, repr=False)
class Trace(PlainTrace):
    """What `explain` returns: the sites of one step of training, by name, in the order of computation.

    See `clearprop.trace.trace.Trace` for its attributes; this one can explain itself.
    """

    def path(self, parameter: str, most: int = 1000, *, only_folded: bool = False) -> ChainRule:
        """The chain rule for one weight or bias: every path from the loss back, every factor, product and sum.

        Of a batch every sample has its paths, and what the samples add is summed.

        Parameters
        ----------
        parameter : str
            For example "W1[0,0]" (from input 0 to neuron 0) or "b1[0]".
        most : int
            The most paths that are written out.
        only_folded : bool
            Only the form in which the shared parts are computed once, whatever the number of paths.

        Raises
        ------
        UnknownNameError, InputError
            When there is no such parameter, or there are more than `most` paths.

        Examples
        --------
        >>> from clearprop.explain import case
        >>> rule = case("mazur").trace().path("W1[0,0]")
        >>> rule.n_paths, len(rule.paths[0].factors), round(rule.value, 9)
        (2, 5, 0.000438568)
        >>> batch = case("xor").trace()
        >>> rule = batch.path("W1[0,0]")
        >>> len(rule.parts), round(rule.value, 5)
        (4, -0.06631)
        """
        return path(self, parameter, most, only_folded=only_folded)

    def explained(self, **style: Any) -> Explanation:
        """This trace as an explanation in words and formulas; see `Explanation` for the choices."""
        return Explanation(self, **style)

    def following(self) -> Trace:
        """The trace of the next step: the same samples, the updated parameters, the optimizer's memory kept."""
        return record.next_step(self)

    def sample(self, i: int) -> Trace:
        """The trace of sample i of a batch, from 0, as a loss of its own: without its share of the mean.

        Raises
        ------
        InputError
            When there is no such sample, or it has no weight and a penalty would be divided by it.
        """
        return record.one_sample(self, i)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.explained()._repr_mimebundle_()


def explain(
    network: Network,
    params: Parameters,
    x: Any,
    y: Any,
    optimizer: str | UpdateRule | LBFGS | None = None,
    state: TrainingState | None = None,
    *,
    job: Job | None = None,
    sample_weight: Any = None,
    n_samples: int | None = None,
) -> Trace:
    """Every number of one step of training: forward, loss, errors, gradients, update, and the loss afterwards.

    Parameters
    ----------
    network : Network
    params : Parameters
        Left as they are. Numbers of float32 are explained in float64.
    x : array of shape (n₀,) or (n_samples, n₀)
        One sample, or a batch whose mean loss is explained.
    y : array of shape (n_L,) or (n_samples, n_L)
        A number will do for one sample and one output.
    optimizer : update rule, optional
        A name or the rule itself, ``sgd(0.1)``; by default that of the job, or sgd.
    state : TrainingState, optional
        Before this step: the optimizer's memory and how far the fit has come. A fresh one by default.
    job : Job, optional
        What else the fit asks: penalties, dropout, label smoothing, clipping, class weights, a schedule. The step
        explained is then the one that the engine makes of these rows in this state.
    sample_weight : number or array of shape (n_samples,), optional
    n_samples : int, optional
        Rows of the whole fit, for schedules that go by epochs; by default the rows given.

    Returns
    -------
    Trace

    Raises
    ------
    ShapeError, NotFiniteError, InputError
        When the sample does not fit the network, with row and column; when the optimizer is L-BFGS, which chooses its
        steps itself and has no update formula; when the job is for another network.

    Examples
    --------
    >>> from clearprop import Network, sgd
    >>> from clearprop.explain import explain
    >>> net = Network.mlp([2, 2, 1], hidden="sigmoid", output="sigmoid", loss="squared_error")
    >>> params = net.parameters([[[0.5, 0.3], [0.2, 0.4]], [0.6, 0.7]], [[0.1, 0.2], 0.3])
    >>> trace = explain(net, params, [0.5, 0.3], 0.8, optimizer=sgd(0.1))
    >>> trace["z1"].value.round(2), trace["delta2"].value.round(4)
    (array([0.41, 0.47]), array([-0.0193]))
    >>> trace.value_of("dW1[0,0]") < 0
    True

    With a penalty and clipping, as the engine would make the step:

    >>> from clearprop.engines import Job
    >>> job = Job(net, sgd(0.1), l2=0.01, clip_norm=0.02)
    >>> trace = explain(net, params, [0.5, 0.3], 0.8, job=job)
    >>> trace["W1_new"].inputs, trace["clipped_W1"].inputs, trace["g_W1"].inputs
    (('W1', 'clipped_W1', 'rate'), ('g_W1', 'clip'), ('dW1', 'W1', 'l2', 'total_weight'))
    """
    if job is not None and job.network != network:
        raise InputError("the job is for another network than the one to be explained")
    if job is None:
        job = Job(network, _rule("sgd" if optimizer is None else optimizer))
    elif optimizer is not None:
        job = replace(job, update_rule=_rule(optimizer))
    return record.trace_of(setting_of(job, params, x, y, state, sample_weight, n_samples), params, Trace)


def _rule(optimizer: str | UpdateRule | LBFGS) -> UpdateRule | LBFGS:
    if optimizer == "lbfgs":
        return LBFGS()
    return optimizer if isinstance(optimizer, LBFGS) else update_rule(optimizer)

"""The compiled engine: whole stretches of updates as machine code. The fast one; `reference` is the clean one.

Everything Python does here is to lay out a job (`plan`), to start the threads, and to write the state afterwards.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from clearprop.engines.compiled.codegen import fixed_kernels
from clearprop.engines.compiled.codegen.addresses import place as address
from clearprop.engines.compiled.codegen.job_kernels import extras_of, needed
from clearprop.engines.compiled.compiler.kernel_cache import make_all
from clearprop.engines.compiled.host.compressed import is_compressed
from clearprop.engines.compiled.host.moving import Move
from clearprop.engines.compiled.host.partition import cut, is_tiny, rows_of_prediction, threads_for
from clearprop.engines.compiled.host.plan import Plan
from clearprop.engines.compiled.host.plan_base import PlanBase
from clearprop.engines.compiled.host.readiness import (
    COMPILES_FIRST,
    can_be_printed,
    made_for,
    no_compiler,
    now_and_then,
    way_of_tiny_updates,
)
from clearprop.engines.compiled.host.refusals import uncompilable, unprintable
from clearprop.engines.compiled.host.tiny_plan import TinyPlan
from clearprop.engines.compiled.kernels.layout import MOST_MEMORY, Task
from clearprop.engines.compiled.workers.crew import CREW
from clearprop.engines.compiled.workers.thread_tuning import CROWD
from clearprop.engines.cores import threads_asked, threads_granted
from clearprop.errors import InputError
from clearprop.formulas import UpdateRule
from clearprop.job.data import Data, Layout, Place
from clearprop.job.divergence import divergence
from clearprop.job.job import Job
from clearprop.job.memory import check_outputs, rows_at_once
from clearprop.job.one_hot import OneHot
from clearprop.job.records import Endings
from clearprop.job.state import TrainingState
from clearprop.network import Network, Parameters
from clearprop.network.embedding import embedded_inputs

PLANNED = tuple(field.name for field in fields(Job) if field.name not in ("epochs", "schedule", "seed"))
SHORT = 1e7  # operations of a call of one thread that is over before anything about threads would be worth knowing
SHUFFLED_AT_ONCE = 1024  # rows whose random numbers are drawn together: 8 kB, which stay in the first-level cache


class CompiledEngine:
    """Computes with machine code made from the formulas.

    Parameters
    ----------
    n_threads : int, optional
        The most threads; by default as many as the process may use. The results have the same bits with any number.

    Raises
    ------
    InputError
        When `n_threads` is not at least 1.
    """

    name = "compiled"
    uses_blas = False
    crosses_epochs = True

    def __init__(self, n_threads: int | None = None) -> None:
        self.n_threads = threads_asked(n_threads)
        self._local = threading.local()  # plans hold buffers, so each thread that calls has its own

    def __reduce__(self) -> Any:
        return _unpickled, (self.n_threads,)

    def refuses(self, job: Job, layout: Layout) -> str | None:
        if not layout.is_dense and not layout.is_compressed:
            return f"it reads dense NumPy arrays and sparse rows (CSR), and X is a {layout.kind}"
        if not layout.is_dense and job.dropout and job.dropout[0]:
            return "it drops inputs of dense rows only, and X is sparse"
        if not layout.is_dense and embedded_inputs(job.network) is not None:
            return "it embeds the numbers of dense rows only, and X is sparse"
        if layout.dtype not in (np.float32, np.float64) or layout.target_dtype != layout.dtype:
            types = f"{layout.dtype} and {layout.target_dtype}"
            return f"it computes in float32 or float64, with X and Y of one type, not {types}"
        if not layout.is_contiguous:
            return "X and Y must lie in memory row by row"
        remembered = job.update_rule.memory if isinstance(job.update_rule, UpdateRule) else ()
        if len(remembered) > MOST_MEMORY:
            return f"an update rule may remember at most {MOST_MEMORY} vectors, not {len(remembered)}"
        return unprintable(job.network, job.update_rule)

    def missing(self, dtype: Any) -> str | None:
        """Numba is imported only where something must be compiled: it takes half a second; machine code needs none."""
        return None if self.preparation(dtype) is None else no_compiler()

    def preparation(self, dtype: Any) -> str | None:
        return COMPILES_FIRST if not fixed_kernels.are_compiled(np.dtype(dtype).name) else None

    def make_ready(
        self, job: Job, layout: Layout, *, predicts: bool = False, tell: Callable[[str], object] | None = None
    ) -> str | None:
        """Compile what a job needs, or what predictions of its network need; a sentence where that cannot be done."""
        asked = job.network, None if predicts else job.update_rule, extras_of(job), layout.dtype.name
        make_all(needed(*asked).items(), now_and_then(tell))
        return uncompilable(*asked)

    def remark(self, job: Job, layout: Layout) -> str:
        return way_of_tiny_updates() if is_tiny(job, layout.n_samples) else ""

    def made_with(self, job: Job, layout: Layout) -> str:
        return f"the compiled engine for {made_for()}{self.remark(job, layout)}"

    def shuffle(self, order: Any, key: int) -> None:
        room = np.empty(SHUFFLED_AT_ONCE, dtype=np.int64)
        fixed_kernels.alone("shuffle")(address(order), address(room), len(room), len(order), key)

    def steps(
        self,
        job: Job,
        state: TrainingState,
        data: Data,
        order: Any,
        rates: Any,
        ended: Endings | None = None,
        place: Place | None = None,
    ) -> None:
        size, (first, whole, _) = min(job.batch_size, data.n_samples), place or Place(0, data.n_samples)
        plan = self._training_plan(job, Task.STEPS, size, data, state.theta.dtype, whole)
        order = np.ascontiguousarray(order, dtype=np.int64)
        uniforms = plan.uniforms.of(rates, state.step, plan.dtype)
        vectors = [state.theta, *state.memory]
        if not all(vector.flags.writeable for vector in vectors):
            raise InputError("the parameters or the optimizer's memory are read-only; TrainingState.own copies them")
        theta, *memory = dense = [np.ascontiguousarray(vector) for vector in vectors]
        plan.describe(plan.as_read(data), theta, memory)
        called, made, most = plan.job, 0, 0 if ended is None else len(order) // data.n_samples
        called.seed = job.seed  # a plan serves jobs of any seed
        called.batch_size, called.batches = size, job.steps_per_epoch(data.n_samples)
        records = np.empty((most, 2 + job.network.depth))
        called.ended = address(records) if most else 0
        while made < len(rates):  # threads that only wait for each other come back early
            called.order = address(order) if not ended else address(order[len(ended) * data.n_samples :])
            called.steps = left = len(rates) - made
            called.cursor, called.step = state.cursor - first, state.step
            called.update_uniforms = address(uniforms[made:])
            result, cut = plan.result, None
            result.loss_sum, result.weight_sum = state.loss_sum, state.weight_sum
            result.steps_done, result.diverged = 0, 0
            try:
                self._run(plan, 6.0 * job.network.n_parameters * size, left)
            except KeyboardInterrupt as error:  # it came while compiled code moved θ: the state has to follow
                cut = error
            for mine, moved in zip(vectors, dense, strict=True):
                if moved is not mine:
                    mine[...] = moved
            made += self._write(job, state, plan, rates[made:], records, ended)
            if cut is not None:
                raise cut

    def _write(
        self, job: Job, state: TrainingState, plan: PlanBase, rates: Any, records: Any, ended: Endings | None
    ) -> int:
        """Move the state on by what the compiled code reports; how many updates that were."""
        result, norms = plan.result, plan.norms.copy()
        done, before = int(result.steps_done), state.weight_sum
        cursor = state.cursor + done
        state.step += done
        if ended is not None and cursor >= plan.job.batches:
            whole, cursor = divmod(cursor, plan.job.batches)
            ended.rows.append(records[:whole].copy())
            state.end_epochs(ended.rows[-1], plan.job.n_samples)
            before = 0.0
        state.cursor = cursor
        # Compiled code adds to the sums so far, so that they have the same bits however an epoch is cut into stretches.
        if cursor or ended is None:
            state.loss_sum, state.weight_sum = result.loss_sum, result.weight_sum
        if result.diverged:
            raise divergence(job, state, result.cost, norms, float(rates[done]))
        if state.weight_sum > before:
            state.gradient_norms = norms
        return done

    def update(self, job: Job, state: TrainingState, gradient: Any, rate: float) -> None:
        kept = vars(self._local).get("move")
        if kept is None or kept[0] is not job or kept[1] != gradient.dtype:
            kept = self._local.move = job, gradient.dtype, Move(job, gradient.dtype)
        kept[2].by(gradient, state, rate)

    def loss_and_gradient(self, job: Job, theta: Any, data: Data) -> tuple[float, Any]:
        plan = self._training_plan(job, Task.GRADIENT, data.n_samples, data, theta.dtype)
        theta = np.ascontiguousarray(theta)
        gradient = np.empty_like(theta)
        plan.describe(data, theta)
        plan.job.gradient, plan.job.total = address(gradient), data.total_weight
        self._run(plan, 6.0 * job.network.n_parameters * data.n_samples, 1)
        return plan.result.cost, gradient

    def loss(self, network: Network, params: Parameters, data: Data) -> float:
        theta = np.ascontiguousarray(params.theta)
        Y = data.Y.astype(theta.dtype) if isinstance(data.Y, OneHot) else _dense(data.Y, theta.dtype)
        data = Data(_rows(network, data.X, theta.dtype), Y, _dense(data.weight, theta.dtype))
        key, sparse = ("loss", network, data.n_samples, theta.dtype), is_compressed(data.X)
        plan = self._plan(key, network, Task.LOSS, data.n_samples, theta, sparse)
        plan.describe(data, theta)
        plan.job.total = data.total_weight
        if not plan.job.total > 0:
            return 0.0
        self._run(plan, 2.0 * network.n_parameters * data.n_samples, 1)
        return float(plan.result.cost)

    def outputs(self, network: Network, params: Parameters, X: Any) -> Any:
        theta = np.ascontiguousarray(params.theta)
        check_outputs(network, X.shape[0], theta.dtype)
        found = np.empty((X.shape[0], network.widths[-1]), dtype=theta.dtype)
        network.check_inputs(X)
        is_read_as_it_is = isinstance(X, np.ndarray) and X.dtype == theta.dtype and X.flags.c_contiguous
        if is_read_as_it_is or (hasattr(X, "toarray") and embedded_inputs(network) is None):
            self._outputs(network, theta, _rows(network, X, theta.dtype), found)
            return found
        size = rows_at_once(network.widths)  # a copy of all rows might not fit into memory
        for start in range(0, X.shape[0], size):
            part = slice(start, start + size)
            self._outputs(network, theta, _rows(network, X[part], theta.dtype), found[part])
        return found

    def _outputs(self, network: Network, theta: Any, X: Any, found: Any) -> None:
        rows = X.shape[0]
        if not rows:
            return
        key = "outputs", network, "row" if rows == 1 else "rows", theta.dtype
        plan = self._plan(key, network, Task.OUTPUTS, rows, theta, is_compressed(X))
        job = plan.job
        job.theta, job.outputs_to = address(theta), address(found)
        copies = plan.describe_rows(X)
        if rows == 1:
            _run_on(plan, 1)
        else:
            self._run(plan, 2.0 * network.n_parameters * rows, 1)
        copies.clear()

    def _training_plan(self, job: Job, task: Task, rows: int, data: Data, dtype: Any, whole: int = 0) -> PlanBase:
        """The plan for updates or gradients of this job, in batches of `rows`; `whole` is how many an epoch has."""
        plans = vars(self._local).setdefault("training", {})
        sparse = is_compressed(data.X)
        tiny = task == Task.STEPS and is_tiny(job, whole) and not sparse and can_be_printed()
        key = rows, whole or data.n_samples, data.weight is None, dtype, sparse, tiny
        kept = plans.get(task)
        if kept is not None and kept[1] == key and (kept[0] is job or _needs_the_same_plan(kept[0], job)):
            plans[task] = (job, *kept[1:])
            return kept[2]  # type: ignore[no-any-return]
        network = job.network
        plan: PlanBase
        if tiny:
            plan = TinyPlan(job, dtype, weighted=data.weight is not None)
        else:
            how = cut(network.widths, network.n_parameters, rows, dtype.itemsize)
            plan = Plan(network, dtype, task, how, rows, self._most_threads(), job, sparse=sparse)
        plans[task] = (job, key, plan)
        return plan

    def _plan(self, key: Any, network: Network, task: Task, rows: int, theta: Any, sparse: bool) -> Plan:
        """The plan for a loss or for outputs; the last few are kept."""
        plans = vars(self._local).setdefault("other", {})
        plan = plans.get((*key, sparse))
        if plan is None:
            if len(plans) >= 4:
                plans.pop(next(iter(plans)))
            how = cut(network.widths, network.n_parameters, rows, theta.itemsize)
            if task == Task.OUTPUTS:
                at_once = 1 if key[2] == "row" else rows_of_prediction(network.widths, theta.itemsize)
                how = how._replace(chunk=at_once, shards=0)
            plan = Plan(network, theta.dtype, task, how, rows, self._most_threads(), sparse=sparse)
            plans[*key, sparse] = plan
        return plan  # type: ignore[no-any-return]

    def _most_threads(self) -> int:
        return threads_for(math.inf, 1, self.n_threads)

    def _run(self, plan: PlanBase, operations: float, steps: int) -> None:
        """Do a job on as many threads as help, and wait for them."""
        most = min(plan.threads, threads_for(operations, steps, self.n_threads))
        if most == 1 and operations * steps < SHORT:
            _run_on(plan, 1)
            return
        makes_steps = plan.job.task == Task.STEPS
        with CROWD.share(most) as granted:
            threads = plan.pace.threads(granted)
            if makes_steps:
                plan.job.steps = plan.pace.updates(threads, steps)
            began = time.perf_counter()
            _run_on(plan, threads)
            made = plan.result.steps_done if makes_steps else steps
            plan.pace.saw(threads, (time.perf_counter() - began) / max(made, 1))


def _run_on(plan: PlanBase, threads: int) -> None:
    """Do a job on so many threads."""
    CREW.help(plan, threads)


def _dense(array: Any, dtype: Any) -> Any:
    """An array as compiled code reads it: of this type, row by row; None stays."""
    return None if array is None else np.ascontiguousarray(array, dtype=dtype)


def _rows(network: Network, X: Any, dtype: Any) -> Any:
    """X as compiled code reads it: dense, or compressed rows, of which an embedding reads none."""
    if not hasattr(X, "toarray"):
        return _dense(X, dtype)
    return X.tocsr() if embedded_inputs(network) is None else _dense(X.toarray(), dtype)


def _needs_the_same_plan(job: Job, other: Job) -> bool:
    """Whether jobs differ in seed, length and schedule alone, as members of `train_many` and passes over parts do."""
    return all(getattr(job, name) == getattr(other, name) for name in PLANNED)


def _unpickled(n_threads: int | None) -> CompiledEngine:
    """An engine that may come from a machine with more cores."""
    return CompiledEngine(threads_granted(n_threads))

"""The source of a tiny network's updates: every number a local variable, every weight written out, no vector.

For a network of a few neurons an update of the general engine is mostly calls through addresses, masks and buffers.
Here the whole stretch of updates is one function, printed for the network from the same expression trees: θ and the
rule's memory are read once at the beginning and written once at the end, and between stand straight lines of
arithmetic. What remains is the chain of operations that each depend on the one before: from a weight through the
activations to δ and back to the weight.

Only the sizes, formulas and settings of a job are in the source; the values of parameters come in as numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clearprop.engines.compiled.codegen.job_kernels import Constants
from clearprop.engines.compiled.codegen.scalar_functions import Called, Functions
from clearprop.formulas import L1, L2, ClipByNorm, Identity, LabelSmoothing, UpdateRule

HEADER = '''"""Generated from a network's formulas by clearprop: all updates of a stretch; changes to it are lost."""

from __future__ import annotations

import math

from numba import cfunc, {dtype}

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.calling import types_of
from clearprop.engines.compiled.kernels.kernel_vocabulary import *
'''
KERNEL = """

def work(thread: int, job: Job) -> None:
{body}

kernel = cfunc(types_of(work, {dtype}), error_model="numpy")(work)
"""


class Printer:
    """Prints the module for a job; `constants` then holds the numbers that it is given.

    Parameters
    ----------
    job : Job
    dtype : {"float32", "float64"}
    weighted : bool
        Whether rows have weights.
    kinds : sequence of int
        For each block of θ, which of the factors on rate and decay hold.
    n_kinds : int
    """

    def __init__(self, job: Any, dtype: str, *, weighted: bool, kinds: Sequence[int], n_kinds: int) -> None:
        self.job, self.network, self.dtype, self.weighted = job, job.network, dtype, weighted
        self.kinds, self.n_kinds = kinds, n_kinds
        self.constants, self.functions = Constants(), Functions()
        self.is_single = job.batch_size == 1 and not weighted  # the mean of a batch is then that of its row
        self.widths, self.depth = self.network.widths, self.network.depth
        self.theta = [f"w{l}_{i}_{j}" if i < n else f"b{l}_{j}" for l, (n, m) in enumerate(
            zip(self.widths, self.widths[1:], strict=False), 1) for i in range(n + 1) for j in range(m)]  # fmt: skip
        rule = job.update_rule
        assert isinstance(rule, UpdateRule)
        self.memory = len(rule.memory)
        self.rule = self.functions.add("update", rule.computed_trees(), ["theta", "g", *rule.memory], 1)

    def source(self) -> str:
        """The module."""
        rows = [*self._row(), *self._forward(), *self._errors(), *self._gradient()]
        if not self.is_single:
            rows = ["for position in range(first, first + count):", *_indented(rows)]
            rows = [*(f"g_{p} = zero" for p in self.theta), *rows]
        step = [
            "if batch == batches:",
            *_indented([*self._end_epoch(), "epoch, batch, loss_sum, weight_sum = epoch + 1, 0, 0.0, 0.0"]),
            "first, count = epoch * samples + batch * size, min(size, samples - batch * size)",
            "batch += 1",
            *self._total(), "cost = 0.0", *rows, *([] if self.weighted else ["cost = cost / total"]),
            *self._penalties(), *self._norms(), *self._clipping(), *self._update(),
            "loss_sum += cost * total",
            "weight_sum += total",
        ]  # fmt: skip
        body = [*self._begin(), "for s in range(job.steps):", *_indented(step), *self._end()]
        kernel = KERNEL.format(dtype=self.dtype, body="\n".join(_indented(body)) + "\n")
        return HEADER.format(dtype=self.dtype) + str(self.functions) + kernel

    def _call(self, called: Called, arguments: Sequence[str], parameters: Mapping[str, Any]) -> str:
        begin = self.constants.add(called.uniforms, parameters)
        uniforms = [f"c{begin + i}" for i in range(len(called.uniforms))]
        return f"{called.name}({', '.join([*arguments, *uniforms])})"

    def _layer_call(
        self, called: Called, results: Sequence[str], arguments: Sequence[Sequence[str]], parameters: Mapping[str, Any]
    ) -> list[str]:
        """The function applied to every neuron of a layer; `arguments` has a list of neurons for each variable."""
        if called.is_coupled:
            flat = [name for names in arguments for name in names]
            return [f"{', '.join(results)}, = {self._call(called, flat, parameters)}"]
        call = self._call(called, ["{}"] * len(arguments), parameters)
        return [f"{name} = {call.format(*of)}" for name, *of in zip(results, *arguments, strict=True)]

    def _begin(self) -> list[str]:
        """Everything that is read once."""
        lines = [f"memory{k} = job.memory[{k}]" for k in range(self.memory)]
        lines += [
            "theta, X, Y, weight, order = job.theta, job.x, job.y, job.weight, job.order",
            "constants, uniforms, result = job.constants, job.update_uniforms, job.result",
            "epoch, batch, batches, size, samples = 0, job.cursor, job.batches, job.batch_size, job.n_samples",
            "zero = one_lane(theta, 0.0)",
            "loss_sum, weight_sum = result.loss_sum, result.weight_sum",
            "diverged, done = 0, job.steps",
            *(f"norm{l} = 0.0" for l in range(1, self.depth + 1)),
        ]
        lines += [f"c{i} = load_one(constants, {i})" for i in range(len(self.constants.numbers))]
        lines += [f"{p} = load_one(theta, {i})" for i, p in enumerate(self.theta)]
        return lines + [
            f"m{k}_{p} = load_one(memory{k}, {i})" for k in range(self.memory) for i, p in enumerate(self.theta)
        ]

    def _total(self) -> list[str]:
        """The weight of a batch."""
        if self.is_single:
            return ["position = first", "total = 1.0"]
        if not self.weighted:
            return ["total = float(count)", "mean = one_lane(theta, 1.0 / total)"]
        return [
            "total = 0.0",
            "for position in range(first, first + count):",
            "    total += float(weight[order[position]])",
            "if not total > 0.0:",
            "    continue",
        ]

    def _row(self) -> list[str]:
        """One row of the batch, its targets smoothed."""
        n, m = self.widths[0], self.widths[-1]
        lines = ["row = order[position]"]
        lines += [f"a0_{i} = load_one(X, row * {n} + {i})" for i in range(n)]
        lines += [f"y_{j} = load_one(Y, row * {m} + {j})" for j in range(m)]
        if self.weighted:
            lines.append("share = one_lane(theta, float(weight[row]) / total)")
        if self.job.label_smoothing:
            smooth = self.functions.add("smoothed", [LabelSmoothing.tree("value")], ["y"], m)
            y = [f"y_{j}" for j in range(m)]
            values = {"smoothing": self.job.label_smoothing, "n_classes": self.job.smoothing_classes}
            lines += self._layer_call(smooth, y, [y], values)
        return lines

    def _forward(self) -> list[str]:
        """z and a of every layer."""
        lines = []
        for l, layer in enumerate(self.network.layers, 1):
            z, a = ([f"{name}{l}_{j}" for j in range(layer.outputs)] for name in "za")
            for j in range(layer.outputs):
                total = f"b{l}_{j}"
                for i in range(layer.inputs):
                    total = f"multiply_add(a{l - 1}_{i}, w{l}_{i}_{j}, {total})"
                lines.append(f"z{l}_{j} = {total}")
            activation = layer.activation
            if type(activation) is Identity:
                lines += [f"{one} = {other}" for one, other in zip(a, z, strict=True)]
                continue
            name, tree = f"{activation.name}_forward", activation.computed_tree()
            forward = self.functions.add(name, [tree], ["z"], layer.outputs)
            lines += self._layer_call(forward, a, [z], activation.parameters)
        return lines

    def _errors(self) -> list[str]:
        """The loss, BP1 and BP2."""
        L, m, head = self.depth, self.widths[-1], self.network.head
        z, a, y, d, cost = ([f"{name}_{j}" for j in range(m)] for name in (f"z{L}", f"a{L}", "y", f"d{L}", "loss"))
        source = head.computed
        value = self.functions.add(f"{source.name}_loss", [head.loss_tree()], ["z", "a", "y"], m)
        lines = self._layer_call(value, cost, [z, a, y], source.parameters)
        lines.append(f"cost += {'as_float(share) * ' if self.weighted else ''}as_float({' + '.join(cost)})")
        error = self.functions.add(f"{source.name}_error", [head.error_tree()], ["z", "a", "y"], m)
        lines += self._layer_call(error, d, [z, a, y], source.parameters)
        if not head.gives_delta:
            lines += self._pulled_back(L)
        if not self.is_single:
            lines += [f"{name} = {name} * {'share' if self.weighted else 'mean'}" for name in d]
        for l in range(L - 1, 0, -1):
            above = self.widths[l + 1]
            for i in range(self.widths[l]):
                total = f"d{l + 1}_0 * w{l + 1}_{i}_0"
                for j in range(1, above):
                    total = f"multiply_add(d{l + 1}_{j}, w{l + 1}_{i}_{j}, {total})"
                lines.append(f"d{l}_{i} = {total}")
            lines += self._pulled_back(l)
        return lines

    def _pulled_back(self, l: int) -> list[str]:
        """From ∂C/∂a to ∂C/∂z of layer l, under the same names."""
        activation, n = self.network.layers[l - 1].activation, self.widths[l]
        if type(activation) is Identity:
            return []
        d, z, a = ([f"{name}{l}_{j}" for j in range(n)] for name in "dza")
        backward = self.functions.add(f"{activation.name}_backward", [activation.pullback_tree()], ["g", "z", "a"], n)
        return self._layer_call(backward, d, [d, z, a], activation.parameters)

    def _gradient(self) -> list[str]:
        """BP3 and BP4, added up over the rows."""
        lines = []
        for l in range(1, self.depth + 1):
            for j in range(self.widths[l]):
                d, before = f"d{l}_{j}", [(f"a{l - 1}_{i}", f"g_w{l}_{i}_{j}") for i in range(self.widths[l - 1])]
                if self.is_single:
                    lines += [f"{g} = {a} * {d}" for a, g in before] + [f"g_b{l}_{j} = {d}"]
                else:
                    lines += [f"{g} = multiply_add({a}, {d}, {g})" for a, g in before]
                    lines.append(f"g_b{l}_{j} = g_b{l}_{j} + {d}")
        return lines

    def _blocks(self) -> list[tuple[Any, list[str]]]:
        """The blocks of θ and the names of their numbers."""
        return [(block, self.theta[block.start : block.stop]) for block in self.network.blocks]

    def _penalties(self) -> list[str]:
        """l2 and l1: their value and what they add to the gradient."""
        lines = []
        for penalty in (L2(self.job.l2), L1(self.job.l1)):
            if not penalty.strength:
                continue
            value = self.functions.add(f"{penalty.name}_value", [penalty.tree("value")], ["theta"], 1)
            moved = self.functions.add(f"{penalty.name}_slope", [penalty.added_tree()], ["theta", "g", "factor"], 1)
            value_call = self._call(value, ["{}"], penalty.parameters)
            moved_call = self._call(moved, ["{}", "g_{}", "factor"], penalty.parameters)
            for block, names in self._blocks():
                if not block.decay:
                    continue
                lines += [f"factor = one_lane(theta, {block.decay!r} / total)"]
                values = " + ".join(value_call.format(p) for p in names)
                lines += [f"cost += {block.decay!r} / total * as_float({values})"]
                lines += [f"g_{p} = {moved_call.format(p, p)}" for p in names]
        return lines

    def _norms(self) -> list[str]:
        """The squared norm of every layer, and the end of everything if one is not finite."""
        lines = []
        for l in range(1, self.depth + 1):
            parameters = [p for block, names in self._blocks() for p in names if block.layer == l]
            sums: list[str] = []
            for k in range(min(4, len(parameters))):  # four sums beside each other: a chain of one would be long
                own = parameters[k::4]
                total = f"g_{own[0]} * g_{own[0]}"
                for p in own[1:]:
                    total = f"multiply_add(g_{p}, g_{p}, {total})"
                sums.append(f"({total})")
            lines.append(f"square{l} = as_float({' + '.join(sums)})")
        finite = " and ".join(f"math.isfinite(square{l})" for l in range(1, self.depth + 1))
        lines += [f"norm{l} = square{l}" for l in range(1, self.depth + 1)]
        lines += [f"if not (math.isfinite(cost) and {finite}):"]
        return [*lines, "    diverged, done, batch = 1, s, batch - 1", "    result.cost = cost", "    break"]

    def _clipping(self) -> list[str]:
        if self.job.clip_norm is None:
            return []
        clip = self.functions.add("clip", [ClipByNorm.tree("value")], ["norm"], 1)
        whole = " + ".join(f"square{l}" for l in range(1, self.depth + 1))
        call = self._call(clip, ["norm"], ClipByNorm(self.job.clip_norm).parameters)
        lines = [f"norm = one_lane(theta, math.sqrt({whole}))", f"shorter = {call}"]
        return lines + [f"g_{p} = g_{p} * shorter" for p in self.theta]

    def _update(self) -> list[str]:
        """The update rule for every parameter; its uniforms are those of this step."""
        n = len(self.rule.uniforms)
        lines = [
            f"u{k}_{i} = load_one(uniforms, (s * {self.n_kinds} + {k}) * {max(1, n)} + {i})"
            for k in range(self.n_kinds) for i in range(n)
        ]  # fmt: skip
        for (_, names), kind in zip(self._blocks(), self.kinds, strict=True):
            uniforms = [f"u{kind}_{i}" for i in range(n)]
            for p in names:
                memory = [f"m{k}_{p}" for k in range(self.memory)]
                arguments = ", ".join([p, f"g_{p}", *memory, *uniforms])
                lines.append(f"{', '.join([p, *memory])} = {self.rule.name}({arguments})")
        return lines

    def _end_epoch(self) -> list[str]:
        """The norms of every layer, and the end of an epoch that another may follow."""
        norms = [f"job.norms[{l - 1}] = math.sqrt(norm{l})" for l in range(1, self.depth + 1)]
        return [*norms, "end_epoch(job, epoch, loss_sum, weight_sum)"]

    def _end(self) -> list[str]:
        """Everything that is written once."""
        lines = [f"store_one(theta, {i}, {p})" for i, p in enumerate(self.theta)]
        lines += [f"store_one(memory{k}, {i}, m{k}_{p})" for k in range(self.memory) for i, p in enumerate(self.theta)]
        *norms, end = self._end_epoch()
        return [
            *lines, *norms, "if batch == batches:", f"    {end}",
            "result.diverged, result.steps_done = diverged, done",
            "result.loss_sum, result.weight_sum = loss_sum, weight_sum",
        ]  # fmt: skip


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]

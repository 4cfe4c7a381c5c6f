"""The networks of a program in float: their weights as constants, and one pass forward through each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clearprop.errors import InputError
from clearprop.files.export.c.dialects import FLOAT
from clearprop.files.export.c.words import comment, identifier, listed, singles
from clearprop.files.export.program import Layer, Member, Program
from clearprop.formulas import Expression
from clearprop.formulas.printers.code import to_code

# Four products are added before they meet the sum: a larger sum is rounded less often, and read and written less often.
LAYER = """\
/* z = x @ weights + biases; weights has a row for each input */
static void layer(const float *restrict x, int n_in, const float *restrict weights, const float *restrict biases,
                  float *restrict z, int n_out)
{
    int i = 0;
    for (int j = 0; j < n_out; j++) z[j] = biases[j];
    for (; i + 4 <= n_in; i += 4, weights += 4 * n_out) {
        const float *second = weights + n_out, *third = second + n_out, *fourth = third + n_out;
        for (int j = 0; j < n_out; j++)
            z[j] += (x[i] * weights[j] + x[i + 1] * second[j]) + (x[i + 2] * third[j] + x[i + 3] * fourth[j]);
    }
    for (; i < n_in; i++, weights += n_out)
        for (int j = 0; j < n_out; j++) z[j] += x[i] * weights[j];
}
"""
# Nothing behind the last layer averages its errors, and it is small. Kahan (1965), Further remarks on reducing
# truncation errors, CACM 8(1).
LAST = """\
/* Add a part to a sum, and keep what rounding put to it too much */
static void add(float part, float *sum, float *excess)
{
    const float less = part - *excess, total = *sum + less;
    *excess = (total - *sum) - less;
    *sum = total;
}

/* The last layer: z = x @ weights + biases, added up with the rounding of each sum made good */
static void last_layer(const float *x, int n_in, const float *weights, const float *biases, float *z, float *excess,
                       int n_out)
{
    int i = 0;
    for (int j = 0; j < n_out; j++) z[j] = biases[j], excess[j] = 0.0f;
    for (; i + 4 <= n_in; i += 4, weights += 4 * n_out) {
        const float *second = weights + n_out, *third = second + n_out, *fourth = third + n_out;
        for (int j = 0; j < n_out; j++)
            add((x[i] * weights[j] + x[i + 1] * second[j]) + (x[i + 2] * third[j] + x[i + 3] * fourth[j]), z + j,
                excess + j);
    }
    for (; i < n_in; i++, weights += n_out)
        for (int j = 0; j < n_out; j++) add(x[i] * weights[j], z + j, excess + j);
}
"""


@dataclass(frozen=True)
class FloatNetworks:
    """The networks of a program in float.

    Parameters
    ----------
    program : Program
    """

    program: Program

    real = "float"
    precision = "float"

    @property
    def n_bytes(self) -> int:
        """Of all constants."""
        groups = [self.program.members, *(each.members for each in self.program.quantiles)]
        return sum(
            4 * (layer.weights.size + layer.biases.size) for group in groups for member in group for layer in member
        )

    def prepared(self) -> tuple[list[str], str]:
        """The lines between inputs in float and the networks, and what the networks are given."""
        return [], "input"

    def definitions(self) -> str:
        """Constants and functions, up to `forward` of one network."""
        first = self.program.members[0]
        groups = [self.program.members, *(each.members for each in self.program.quantiles)]
        fields = "".join(
            f"    float weights{l}[{layer.weights.size}]; /* {layer.weights.shape[0]} x {layer.weights.shape[1]} */\n"
            f"    float biases{l}[{layer.biases.size}];\n"
            for l, layer in enumerate(first, start=1)
        )
        constants = [
            constants_text(group_name(n), "struct network", [_constant(member) for member in group])
            for n, group in enumerate(groups)
        ]
        return "\n".join(
            [
                f"struct network {{\n{fields}}};\n",
                *constants,
                *([LAYER] if len(first) > 1 else []),
                LAST,
                _forward(first),
            ]
        )


def group_name(n: int) -> str:
    """What the networks are called: those of the answer, then those of each quantile."""
    return f"quantile{n}" if n else "members"


def constants_text(name: str, kind: str, members: Sequence[str]) -> str:
    """The networks of one group as a constant."""
    return f"static const {kind} {name}[{len(members)}] = {{\n" + ",\n".join(members) + "\n};\n"


def _constant(member: Member) -> str:
    parts = [listed(singles(_in_range(block, l)), 8) for l, layer in enumerate(member, 1) for block in _blocks(layer)]
    return "    {\n" + ",\n".join(f"        {{\n{part}\n        }}" for part in parts) + "\n    }"


def _blocks(layer: Layer) -> tuple[object, object]:
    return layer.weights, layer.biases


def _in_range(block: object, l: int) -> object:
    if not np.abs(block).max() <= np.finfo(np.float32).max:  # type: ignore[call-overload]
        raise InputError(f"layer {l} has weights beyond what a float of C holds")
    return block


def _forward(member: Member) -> str:
    names, texts = activation_functions([layer.tree for layer in member], [layer.activation.name for layer in member])
    lines = [f"    float a{l}[{layer.biases.size}];" for l, layer in enumerate(member[:-1], start=1)]
    lines.append(f"    float excess[{member[-1].biases.size}];")
    for l, layer in enumerate(member, start=1):
        n_in, n_out = layer.weights.shape
        source, target = f"a{l - 1}" if l > 1 else "input", f"a{l}" if l < len(member) else "output"
        given = f"{source}, {n_in}, network->weights{l}, network->biases{l}, {target}"
        lines.append(
            f"    layer({given}, {n_out});" if l < len(member) else f"    last_layer({given}, excess, {n_out});"
        )
        if names[l - 1]:
            lines.append(f"    {names[l - 1]}({target}, {n_out});")
    head = "static void forward(const struct network *network, const float *input, float *output)\n{\n"
    return "\n".join([*texts, head + "\n".join(lines) + "\n}\n"])


def activation_functions(trees: Sequence[Expression], called: Sequence[str]) -> tuple[list[str], list[str]]:
    """The name of each layer's function, "" where there is nothing to compute, and the definitions, each once."""
    known: dict[Expression, str] = {}
    texts = []
    for tree, name in zip(trees, called, strict=True):
        if tree not in known:
            chosen = identifier(f"activation_{name}", known.values())
            text = row_function(tree, chosen, "z")
            known[tree] = chosen if text else ""
            texts += [text] if text else []
    return [known[tree] for tree in trees], texts


def row_function(tree: Expression, name: str, symbol: str) -> str:
    """A function that replaces the numbers of a row by what the tree makes of each; "" where it leaves them."""
    code = to_code([tree], {symbol: "a[j]"}, FLOAT)
    if not code.passes[-1].lines and code.passes[-1].results == ("a[j]",):
        return ""
    lines = [f"/* {comment(str(tree))} */", f"static void {name}(float *a, int n)", "{"]
    lines += [f"    {line}" for line in code.before]
    for step in code.passes:
        (result,) = step.results
        if not step.reduction:
            body = [*step.lines, f"a[j] = {result};"]
        elif step.reduction == "row_sum":
            lines.append(f"    float {step.name} = 0.0f;")
            body = [*step.lines, f"{step.name} += {result};"]
        else:
            lines.append(f"    float {step.name} = -INFINITY;")
            body = [*step.lines, f"{step.name} = largerf({step.name}, {result});"]
        lines += _loop(body)
    return "\n".join([*lines, "}\n"])


def _loop(body: Sequence[str]) -> list[str]:
    if len(body) == 1:
        return [f"    for (int j = 0; j < n; j++) {body[0]}"]
    return ["    for (int j = 0; j < n; j++) {", *(f"        {line}" for line in body), "    }"]

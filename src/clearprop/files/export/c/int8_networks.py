"""The networks of a program in whole numbers of eight bits, printed: see `clearprop.files.export.c.quantising`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.files.export.c.networks import activation_functions, constants_text, group_name
from clearprop.files.export.c.quantising import LEAST, Int8Layer, Int8Program
from clearprop.files.export.c.words import array, listed, singles
from clearprop.files.export.program import Program

# Shifts of negative numbers are arithmetic with every compiler that is met; where they are not, this does not compile.
START = """\
#include <stdint.h>

typedef char shifts_keep_the_sign[(-1 >> 1) == -1 ? 1 : -1];
"""
QUANTISE = """\
/* The nearest steps of each input's own grid, from -{least} to {least} */
static void quantise(const float *x, int8_t *q)
{{
    for (int i = 0; i < {n}; i++) {{
        const float steps = (x[i] - input_offsets[i]) * input_factors[i];
        if (!(steps > -{least}.0f)) q[i] = -{least};
        else if (steps >= {least}.0f) q[i] = {least};
        else q[i] = (int8_t)(steps + (steps < 0.0f ? -0.5f : 0.5f));
    }}
}}
"""
SUM = """\
/* bias + the products of n inputs and weights */
static int32_t sum_of(const int8_t *x, const int8_t *weights, int n, int32_t bias)
{
    for (int i = 0; i < n; i++) bias += (int32_t)x[i] * weights[i];
    return bias;
}
"""

HIDDEN = """\
/* A hidden layer: round(sum * factor / 2^shift), no more than the largest, and what an activation with a table makes
   of that */
static void hidden(const int8_t *x, int n_in, const int8_t *weights, const int32_t *biases, const int32_t *factors,
                   const int8_t *shifts, int largest, const int8_t *table, int8_t *a, int n_out)
{
    for (int j = 0; j < n_out; j++) {
        const int64_t sum = sum_of(x, weights + n_in * j, n_in, biases[j]);
        const int64_t scaled = (sum * factors[j] + ((int64_t)1 << (shifts[j] - 1))) >> shifts[j];
        const int found = scaled < -largest ? -largest : scaled > largest ? largest : (int)scaled;
        a[j] = table ? table[found + largest] : (int8_t)found;
    }
}
"""


@dataclass(frozen=True)
class Int8Networks:
    """What `clearprop.files.export.c.networks.FloatNetworks` is, in whole numbers.

    Parameters
    ----------
    program : Program
    int8 : Int8Program
    """

    program: Program
    int8: Int8Program

    real = "int8_t"
    precision = "int8"

    @property
    def n_bytes(self) -> int:
        """Of all constants."""
        inputs = 8 * self.program.n_inputs
        return inputs + sum(
            int(block.nbytes)
            for group in self.int8.groups
            for network in group
            for layer in network
            for block in _blocks(layer)
        )

    def prepared(self) -> tuple[list[str], str]:
        """The lines between inputs in float and the networks, and what the networks are given."""
        return [f"int8_t q[{self.program.n_inputs}];", "quantise(input, q);"], "q"

    def definitions(self) -> str:
        """Constants and functions, up to `forward` of one network."""
        grid, layers = self.int8.grid, self.int8.groups[0][0]
        n = self.program.n_inputs
        fields = "".join(
            f"    {_declared(block, l)};\n" for l, layer in enumerate(layers, 1) for block in _named(layer)
        )
        groups = [
            constants_text(group_name(k), "struct network", [_constant(network) for network in group])
            for k, group in enumerate(self.int8.groups)
        ]
        parts = [
            START,
            f"/* Weights have a row for each neuron */\nstruct network {{\n{fields}}};\n",
            *groups,
            array(f"float input_offsets[{n}]", singles(np.broadcast_to(grid.offset, n))),
            array(f"float input_factors[{n}]", singles(np.broadcast_to((1 / grid.scale).astype(np.float32), n))),
            QUANTISE.format(n=n, least=LEAST),
            SUM,
            *([HIDDEN] if len(layers) > 1 else []),
            self._forward(layers),
        ]
        return "\n".join(parts)

    def _forward(self, layers: Any) -> str:
        last = self.program.members[0][-1]
        names, texts = activation_functions([last.tree], [last.activation.name])
        source = "input"
        lines = [f"int8_t a{l}[{layer.biases.size}];" for l, layer in enumerate(layers[:-1], start=1)]
        for l, layer in enumerate(layers, start=1):
            n_in, n_out = layer.weights.shape
            if l < len(layers):
                table = "0" if layer.table is None else f"network->table{l}"
                lines.append(
                    f"hidden({source}, {n_in}, network->weights{l}, network->biases{l}, network->factors{l}, "
                    f"network->shifts{l}, {layer.largest}, {table}, a{l}, {n_out});"
                )
                source = f"a{l}"
            else:
                total = f"sum_of({source}, network->weights{l} + {n_in} * j, {n_in}, network->biases{l}[j])"
                lines.append(f"for (int j = 0; j < {n_out}; j++)")
                lines.append(f"    output[j] = (float){total} * network->scales{l}[j];")
        if names[0]:
            lines.append(f"{names[0]}(output, {n_out});")
        head = "static void forward(const struct network *network, const int8_t *input, float *output)\n{\n"
        return "\n".join([*texts, head + "".join(f"    {line}\n" for line in lines) + "}\n"])


def _named(layer: Int8Layer) -> list[tuple[str, Any]]:
    """What a network holds of a layer, in the order of the struct."""
    if layer.factors is None:
        return [("weights", layer.weights.T), ("biases", layer.biases), ("scales", layer.scales)]
    table = [] if layer.table is None else [("table", layer.table)]
    rest = [("factors", layer.factors), ("shifts", layer.shifts)]
    return [("weights", layer.weights.T), ("biases", layer.biases), *rest, *table]


def _blocks(layer: Int8Layer) -> list[Any]:
    return [block for _, block in _named(layer)]


def _declared(block: tuple[str, Any], l: int) -> str:
    name, numbers = block
    kind = "float" if numbers.dtype == np.float32 else f"{numbers.dtype.name}_t"
    return f"{kind} {name}{l}[{numbers.size}]"


def _constant(network: Any) -> str:
    parts = [listed(_numbers(block), 8) for layer in network for block in _blocks(layer)]
    return "    {\n" + ",\n".join(f"        {{\n{part}\n        }}" for part in parts) + "\n    }"


def _numbers(block: Any) -> list[str]:
    if block.dtype == np.float32:
        return singles(block)
    return [str(value) for value in block.ravel().tolist()]

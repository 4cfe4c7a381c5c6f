"""Nodes of an ONNX graph, made one after the other; a formula becomes the nodes of its functions.

Only operators are used that ONNX Runtime computes in float32 and in float64 alike, and accurately: its Sigmoid in
float32 is 0 from −18 down, its Elu loses digits near 0, and it has no Erf, Softplus or LeakyRelu in float64. What ONNX
has no word for (log1p, expm1), or none in float64 (erf), is written in others without loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.polynomial.chebyshev import cheb2poly

from clearprop.files import onnx_messages as onnx
from clearprop.formulas import evaluate
from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, nodes

DTYPES = {"float32": (onnx.FLOAT, np.float32), "float64": (onnx.DOUBLE, np.float64)}
KINDS = {
    np.dtype(np.float32): onnx.FLOAT, np.dtype(np.float64): onnx.DOUBLE, np.dtype(np.int64): onnx.INT64,
    np.dtype(np.bool_): onnx.BOOL,
}  # fmt: skip
WORDS: Mapping[str, str] = {
    "add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "power": "Pow", "negative": "Neg",
    "exp": "Exp", "log": "Log", "tanh": "Tanh", "sqrt": "Sqrt", "cos": "Cos", "sin": "Sin", "erf": "Erf",
    "absolute": "Abs", "sign": "Sign", "floor": "Floor", "maximum": "Max", "minimum": "Min", "less": "Less",
    "less_equal": "LessOrEqual", "equal": "Equal", "where": "Where",
}  # fmt: skip
COMPARISONS = ("less", "less_equal", "equal")

# erfc(x) = t·exp(−x² + P(2t − 1)) for x ≥ 0 with t = 2/(2 + x): the Chebyshev coefficients of P, the first one twice.
# Press et al., Numerical Recipes (2007), section 6.2.2; right to 1.2e-16.
ERFC = (
    -1.3026537197817094, 6.4196979235649026e-1, 1.9476473204185836e-2, -9.561514786808631e-3, -9.46595344482036e-4,
    3.66839497852761e-4, 4.2523324806907e-5, -2.0278578112534e-5, -1.624290004647e-6, 1.303655835580e-6,
    1.5626441722e-8, -8.5238095915e-8, 6.529054439e-9, 5.059343495e-9, -9.91364156e-10, -2.27365122e-10,
    9.6467911e-11, 2.394038e-12, -6.886027e-12, 8.94487e-13, 3.13092e-13, -1.12708e-13, 3.81e-16, 7.106e-15,
    -1.523e-15, -9.4e-17, 1.21e-16, -2.8e-17,
)  # fmt: skip


class Graph:
    """A graph while nodes are added; every method gives the name of the value that it makes.

    Parameters
    ----------
    dtype : {"float32", "float64"}
        What numbers are, unless a method is told otherwise.
    """

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.nodes: list[onnx.Node] = []
        self.arrays: dict[tuple[Any, ...], onnx.Tensor] = {}
        self.inputs: list[onnx.ValueInfo] = []
        self.outputs: list[onnx.ValueInfo] = []
        self.taken: set[str] = set()

    def name(self, wanted: str) -> str:
        """A name that nothing has yet."""
        found, number = wanted, 2
        while found in self.taken:
            found, number = f"{wanted}_{number}", number + 1
        self.taken.add(found)
        return found

    def add(
        self, kind: str, inputs: Sequence[str], output: str = "", domain: str = "", more: Sequence[str] = (),
        **settings: Any,
    ) -> str:  # fmt: skip
        """A node; `more` are outputs that it has beside the one that is used."""
        made = self.name(output or kind.lower())
        attributes = [_attribute(name, value) for name, value in settings.items()]
        self.nodes.append(onnx.Node(list(inputs), [made, *map(self.name, more)], made, kind, attributes, domain))
        return made

    def array(self, values: Any, name: str = "") -> str:
        """An array that the file holds; equal small ones once."""
        array = np.asarray(values)
        key = (array.dtype.str, array.shape, array.tobytes()) if array.size <= 64 and array.dtype != object else (name,)
        if key not in self.arrays or not key[0]:
            self.arrays[key] = tensor(self.name(name or "constant"), array)
        return self.arrays[key].name

    def number(self, value: float, dtype: str = "") -> str:
        """A number that the file holds."""
        return self.array(np.array(value, dtype=DTYPES[dtype or self.dtype][1]))

    def cast(self, value: str, dtype: str) -> str:
        """A value in another type."""
        return self.add("Cast", [value], to=DTYPES[dtype][0])

    def declare(self, name: str, size: int | None, kind: int) -> str:
        """An input of the graph, (rows, size)."""
        self.taken.add(name)
        self.inputs.append(declared(name, size, kind))
        return name

    def give(self, value: str, name: str, size: int | None, kind: int) -> None:
        """An output of the graph."""
        self.nodes.append(onnx.Node([value], [self.name(name)], name, "Identity"))
        self.outputs.append(declared(name, size, kind))

    def formula(self, tree: Expression, symbols: Mapping[str, str], dtype: str = "", output: str = "") -> str:
        """The nodes of a tree, each part of it once; an axis of rows goes through, the last is the row's.

        Parameters
        ----------
        tree : Expression
        symbols : mapping of str to str
            The values that its symbols stand for.
        dtype : {"float32", "float64"}, optional
        output : str
            What its value is called.
        """
        return _Formula(self, symbols, dtype or self.dtype).value(tree, output)


class _Formula:
    """Makes the nodes of one formula."""

    def __init__(self, graph: Graph, symbols: Mapping[str, str], dtype: str) -> None:
        self.graph, self.symbols, self.dtype = graph, symbols, dtype
        self.names: dict[int, str] = {}
        self.conditions: set[int] = set()

    def value(self, tree: Expression, output: str = "") -> str:
        """The name of the value of a tree."""
        fixed: dict[int, bool] = {}
        for item in nodes(tree):
            arguments = item.arguments if isinstance(item, Apply) else ()
            fixed[id(item)] = isinstance(item, Constant) or (
                isinstance(item, Apply) and all(fixed[id(a)] for a in arguments)
            )
            if isinstance(item, Symbol):
                self.names[id(item)] = self.symbols[item.name]
            elif fixed[id(item)]:
                self.names[id(item)] = self.number(float(evaluate(item, {})))
            elif isinstance(item, Apply):
                self.names[id(item)] = self._applied(item, output if item is tree else "")
        found = self.as_number(tree)
        if fixed[id(tree)]:  # as many rows as anything has
            like = next(iter(self.symbols.values()))
            return self.graph.add("Where", [self.graph.add("Equal", [like, like]), found, found], output)
        return found

    def number(self, value: float) -> str:
        """A number in the type of the formula."""
        return self.graph.number(value, self.dtype)

    def node(self, kind: str, *inputs: str | float, output: str = "", **settings: Any) -> str:
        """A node of values and numbers."""
        names = [item if isinstance(item, str) else self.number(item) for item in inputs]
        return self.graph.add(kind, names, output, **settings)

    def as_number(self, item: Expression) -> str:
        """A value in a place where a number is needed; a condition counts as 1 or 0."""
        name = self.names[id(item)]
        return self.node("Where", name, 1.0, 0.0) if id(item) in self.conditions else name

    def _applied(self, item: Apply, output: str) -> str:
        """The nodes of one function of its arguments."""
        function = item.function
        if function == "where":
            condition, *others = item.arguments
            name = self.names[id(condition)]
            if id(condition) not in self.conditions:
                name = self.graph.add("Not", [self.node("Equal", name, 0.0)])
            return self.node("Where", name, *map(self.as_number, others), output=output)
        values = [self.as_number(argument) for argument in item.arguments]
        if function in COMPARISONS:
            self.conditions.add(id(item))
        if function in ("row_sum", "row_max"):
            axes = self.graph.array(np.array([-1]), "last_axis")
            kind = "ReduceSum" if function == "row_sum" else "ReduceMax"
            return self.graph.add(kind, [values[0], axes], output, keepdims=1)
        if function == "log1p":
            return self._log1p(values[0])
        if function == "expm1":
            return self._expm1(values[0])
        if self.dtype == "float64" and function == "erf":
            return self._erf(values[0])
        if self.dtype == "float64" and function == "cos":  # ONNX Runtime has no other in float64
            return self.node("Sin", self.node("Add", values[0], np.pi / 2), output=output)
        return self.node(WORDS[function], *values, output=output)

    def _log1p(self, x: str) -> str:
        """log(1 + x), with u = 1 + x rounded: log(u)·x/(u − 1). Kahan's; Higham (2002), problem 1.5."""
        u = self.node("Add", x, 1.0)
        exact = self.node("Div", self.node("Mul", self.node("Log", u), x), self.node("Sub", u, 1.0))
        return self.node("Where", self.node("Equal", u, 1.0), x, exact)

    def _expm1(self, x: str) -> str:
        """e^x − 1, with u = e^x rounded: (u − 1)·x/log(u). Kahan's; Higham (2002), section 1.14.1."""
        u = self.node("Exp", x)
        less = self.node("Sub", u, 1.0)
        exact = self.node("Div", self.node("Mul", less, x), self.node("Log", u))
        small = self.node("Where", self.node("Equal", u, 1.0), x, exact)
        far = self.graph.add("Or", [self.node("Less", u, 1e-30), self.node("Less", 1e30, u)])  # where log(u) is ±∞
        return self.node("Where", far, less, small)

    def _erf(self, x: str) -> str:
        """erf in float64: sign(x)·(1 − erfc|x|)."""
        far = self.node("Min", self.node("Abs", x), 27.0)  # where erfc is 0 in float64
        t = self.node("Div", 2.0, self.node("Add", far, 2.0))
        s = self.node("Sub", self.node("Mul", t, 2.0), 1.0)
        powers = cheb2poly([ERFC[0] / 2, *ERFC[1:]]).tolist()  # for Horner's rule, which uses each value once
        value = self.number(powers[-1])
        for coefficient in reversed(powers[:-1]):
            value = self.node("Add", self.node("Mul", value, s), coefficient)
        power = self.node("Sub", value, self.node("Mul", far, far))
        rest = self.node("Sub", 1.0, self.node("Mul", t, self.node("Exp", power)))
        return self.node("Mul", self.node("Sign", x), rest)


def tensor(name: str, array: Any) -> onnx.Tensor:
    """An array as ONNX holds it."""
    if array.dtype == object:
        return onnx.Tensor(list(array.shape), onnx.STRING, string_data=[t.encode() for t in array.flat], name=name)
    raw = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    return onnx.Tensor(list(array.shape), KINDS[array.dtype], name=name, raw_data=raw)


def declared(name: str, size: int | None, kind: int) -> onnx.ValueInfo:
    """The name, type and shape of an input or output: rows, and columns where there are several."""
    dims = [onnx.Dimension(None, "rows"), *([onnx.Dimension(size)] if size is not None else [])]
    return onnx.ValueInfo(name, onnx.Type(onnx.TensorType(kind, onnx.Shape(dims))))


def _attribute(name: str, value: Any) -> onnx.Attribute:
    if isinstance(value, float):
        return onnx.Attribute(name, f=value, type=onnx.ATTRIBUTE_TYPES["f"])
    if isinstance(value, int):
        return onnx.Attribute(name, i=value, type=onnx.ATTRIBUTE_TYPES["i"])
    if value and isinstance(value[0], str):
        return onnx.Attribute(name, strings=[v.encode() for v in value], type=onnx.ATTRIBUTE_TYPES["strings"])
    return onnx.Attribute(name, floats=np.array(value, dtype=np.float32), type=onnx.ATTRIBUTE_TYPES["floats"])

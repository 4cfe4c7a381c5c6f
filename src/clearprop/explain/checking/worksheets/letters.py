"""What letters and words of a name stand for, and the forms that names have in any network."""

from __future__ import annotations

import re
from collections.abc import Mapping

BASES: Mapping[str, tuple[str, ...]] = {
    "z": ("z", "Z", "net", "Net"), "a": ("a", "A", "out", "o", "O", "h", "H", "act"), "b": ("b", "B", "bias"),
    "x": ("x", "X", "i", "I", "input", "in"), "y": ("y", "Y", "t", "T", "target", "label"), "W": ("W", "w", "weight"),
    "dW": ("dW", "dw"), "db": ("db", "dB"), "error": ("error", "da", "dA", "do", "dout", "dO"),
    "delta": ("delta", "dz", "dZ", "dnet", "err", "Err"), "slope": ("slope",), "losses": ("losses",),
    "loss": ("C", "E", "L", "J", "loss", "Loss", "cost", "Cost", "MSE", "mse", "BCE", "CE", "SSE", "Etotal", "Error"),
    "penalty": ("R", "penalty"), "yhat": ("yhat", "Yhat", "ypred", "p", "P"), "passed": ("atilde",),
}  # fmt: skip
KIND_OF: Mapping[str, str] = {base: kind for kind, bases in BASES.items() for base in bases}
OF_LOSS: Mapping[str, str] = {"W": "dW", "b": "db", "a": "error", "z": "delta", "passed": "carried", "yhat": "error"}
LOSSES = r"(?:C|E|L|J|loss|Loss|cost|Cost|MSE|BCE|CE|[CEL]_\{?(?:total|tot|T)\}?|Etotal)"
ATOM = re.compile(r"([A-Za-z]+?)(\d*)((?:[\^_]\{[^{}]*\})*)((?:\[[^\[\]]*\])*)")
DERIVATIVE = re.compile(rf"d\(?({LOSSES}?)\)?/d(.+)")
TOGETHER = re.compile(rf"d{LOSSES}_?\{{?d(.+?)\}}?")
GRADIENT = re.compile(
    rf"grad\((.+)\)|(?:grad|gradient|Grad|nabla)[_ ]?[\{{(]?(.+?)[\}})]*(?: ?{LOSSES})?|(.+?)[._]\{{?grad(?:ient)?\}}?"
)
CALL = re.compile(r"(sigma|sigmoid|tanh|relu|ReLU|softmax|phi|f|g|act)('?)\((.+)\)")
MEMORY = re.compile(r"(m|v|mhat|vhat)(?:_\{([A-Za-z]+)(.*?)\}|\(([A-Za-z]+)(.*?)\))((?:\[[^\[\]]*\])*)")
PLACE = re.compile(r"(hidden|hid|h|H|output|out|o|O|input|in|i)[,.]?(\d*)(?:[,.](\d+))?")
NODES = "abcdefg"
COST = ("J", "cost", "Cost")  # where there are penalties, what is minimised
TOTAL = ("total", "tot", "T", "all")  # subscripts of the loss over all outputs


def is_name(name: str) -> bool:
    """Whether a name in the one spelling has the form of a name, in any network.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.letters import is_name
    >>> [is_name(name) for name in ("z^{1}_{1}", "dE/dw5", "hello", "0.5")]
    [True, True, False, False]
    """
    plain = re.sub(r"^nabla_\{(.+)\}.*$", r"grad(\1)", name.rstrip("+"))
    match = ATOM.fullmatch(plain)
    if match and (match[1] in KIND_OF or match[1].startswith("Delta")):
        return True
    for pattern in (DERIVATIVE, TOGETHER, GRADIENT, CALL):
        if match := pattern.fullmatch(plain):
            inner = [group for group in match.groups() if group][-1]
            return len(inner) < len(plain) and is_name(inner)
    if match := re.fullmatch(r"d(.+?)/d(.+)", plain):
        return is_name(match[1]) and is_name(match[2])
    return MEMORY.fullmatch(plain) is not None


def scripted(name: str) -> str:
    """The parameter that a memory belongs to, from how it stands in a subscript: w2,11 is w^{2}_{11}."""
    match = re.fullmatch(r"([A-Za-z]+)(\d+),(\d[\d,]*)", name)
    return f"{match[1]}^{{{match[2]}}}_{{{match[3]}}}" if match else name

"""References: how a derivation names one number of a trace, independent of any notation.

A reference is the name of a site and, in brackets, which of its numbers is meant: ``W1[0, 1]``, ``delta2[0]``,
``m_W1_new[0, 1]``, ``loss``. Expression trees hold them as the names of their symbols, and a notation decides how each
is written. General statements use letters in both places, in braces for the layer: ``delta{l+1}[k]``. A partial
derivative is two references: ``∂a2[0]/∂z2[0]``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from clearprop.errors import InputError
from clearprop.trace.kinds import KINDS, PER_SAMPLE, Kind, kind_named

__all__ = ["PER_SAMPLE", "Partial", "Reference", "at", "parse", "reference"]

PATTERN = re.compile(
    r"(?:(?P<memory>(?!rate_|sample_|class_|row_|total_)[a-z]+(?:_hat)?)_(?=[A-Za-z]+\d))?"
    r"(?P<kind>rate_(?:[A-Za-z]+\d+|start)|(?:sample|class|row|total)_weight|sample_loss|[A-Za-z]+)(?P<layer>\d+|\{[^}]*\})?"
    r"(?P<after>_new)?(?:\[(?P<index>[^\]]*)\])?"
)


class Reference(NamedTuple):
    """One number (or, without an index, one array) of a trace.

    Attributes
    ----------
    kind : str
        "a", "z", "W", "b", "delta", "error", "slope", "dW", "db", "y", "loss", "rate", …
    layer : str
        "1", or a letter such as "l+1" in a general statement; "" where there is none.
    indices : tuple of str
        As in the trace's array; ":" for a whole axis.
    after : bool
        Whether the value after the update is meant.
    memory : str
        What belongs to this parameter: the optimizer's memory of it, "g" for the gradient of loss and penalties,
        "clipped" for that gradient after clipping, "m_hat" and "v_hat" for Adam's corrected moments; "" otherwise.
    """

    kind: str
    layer: str = ""
    indices: tuple[str, ...] = ()
    after: bool = False
    memory: str = ""

    @property
    def site(self) -> str:
        """The name of the site, without the index."""
        memory = f"{self.memory}_" if self.memory else ""
        return f"{memory}{self.kind}{self.layer}{'_new' if self.after else ''}"

    @property
    def what(self) -> Kind:
        """What values of its kind are."""
        return kind_named(self.kind)

    @property
    def place(self) -> tuple[int, ...]:
        """The indices as numbers, of one number of a trace."""
        return tuple(map(int, self.indices))

    @property
    def is_general(self) -> bool:
        """Whether letters stand for layer or index."""
        return any(part and not part.lstrip("-").isdigit() and part != ":" for part in (self.layer, *self.indices))

    def __str__(self) -> str:
        layer = f"{{{self.layer}}}" if self.layer and not self.layer.isdigit() else self.layer
        site = self._replace(layer=layer).site
        return f"{site}[{','.join(self.indices)}]" if self.indices else site


class Partial(NamedTuple):
    """∂(of)/∂(by)."""

    of: Reference
    by: Reference

    def __str__(self) -> str:
        return f"∂{self.of}/∂{self.by}"


@lru_cache(maxsize=65_536)
def parse(name: str) -> Reference | Partial | None:
    """The reference that a symbol's name is, or None for a plain symbol such as a formula's parameter.

    Examples
    --------
    >>> from clearprop.trace.names import parse
    >>> parse("W1[0, 1]")
    Reference(kind='W', layer='1', indices=('0', '1'), after=False, memory='')
    >>> print(parse("∂a2[0]/∂z2[0]").by)
    z2[0]
    """
    if name.startswith("∂"):
        of, by = (parse(part) for part in name[1:].split("/∂"))
        assert isinstance(of, Reference)
        assert isinstance(by, Reference)
        return Partial(of, by)
    match = PATTERN.fullmatch(name.strip())
    if match is None:
        return None
    kind = _kind_of(match["kind"])
    if kind is None or (match["memory"] and not kind.is_parameter):
        return None
    if kind.has_layer and not match["layer"] and match["index"] is None:
        return None
    index = () if match["index"] is None else tuple(part.strip() for part in match["index"].split(","))
    layer = (match["layer"] or "").strip("{}")
    return Reference(match["kind"], layer, index, match["after"] is not None, match["memory"] or "")


def _kind_of(name: str) -> Kind | None:
    """The kind that a name begins with; of a rate the block that it is for has to be one of parameters."""
    if not name.startswith("rate"):
        return KINDS.get(name)
    block = name.removeprefix("rate_").rstrip("0123456789")
    is_known = block == name or block == "start" or (block in KINDS and KINDS[block].is_parameter)
    return KINDS["rate"] if is_known else None


def reference(name: str) -> Reference:
    """The reference of this name, for one that a person wrote.

    Raises
    ------
    InputError
        When it has not the form of one.
    """
    found = parse(name)
    if not isinstance(found, Reference):
        raise InputError(f"{name!r} names no value of a trace; write for example W1[0,1], b2[0], delta1[0] or z2")
    return found


def at(site: str, *index: int | str) -> str:
    """The name of one number of a site.

    Examples
    --------
    >>> from clearprop.trace.names import at
    >>> at("W1", 0, 1)
    'W1[0,1]'
    """
    return f"{site}[{','.join(map(str, index))}]"

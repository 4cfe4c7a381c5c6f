"""The notes that a recording takes: one site after the other, each computed from those before by its equation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.formulas import Expression
from clearprop.formulas.expressions import symbols
from clearprop.trace.equations import Elementwise, Equation, Given
from clearprop.trace.setting import Setting
from clearprop.trace.trace import Site

AGREEING = 1e-9  # relative: a textbook form that is further from the engine's value has lost too many digits


class Notes:
    """Writes the sites of a trace; used once, by `explain`.

    Parameters
    ----------
    setting : Setting
    params : Parameters
        Of float64.
    """

    def __init__(self, setting: Setting, params: Any) -> None:
        self.setting, self.network, self.params = setting, setting.network, params
        self.sites: dict[str, Site] = {}
        self.arrays: dict[str, Any] = {}

    def keep(self, name: str, equation: Equation) -> Any:
        """Add a site, and return the value that its equation gives."""
        value = np.array(equation.compute(self.arrays))
        value.flags.writeable = False
        self.sites[name] = Site(name, equation, value)
        self.arrays[name] = value
        return value

    def formula(self, name: str, tree: Expression, sites: Mapping[str, str], law: str, **more: Any) -> Any:
        """Add a site that a formula gives, number by number; `sites` may name more than the formula uses."""
        used = {symbol: site for symbol, site in sites.items() if symbol in symbols(tree)}
        return self.keep(name, Elementwise(tree, used or dict([next(iter(sites.items()))]), law=law, **more))

    def give(self, name: str, value: Any, *, per_sample: bool = False) -> Any:
        """Add a site that somebody gave; a single sample loses its axis of samples."""
        found = np.array(value[0] if per_sample and not self.setting.is_batch else value)
        found.flags.writeable = False
        return self.keep(name, Given(found))

    def has(self, name: str) -> bool:
        """Whether there is such a site already."""
        return name in self.sites

    def rows(self, name: str) -> Any:
        """A site's array with its axis of samples."""
        return self.arrays[name] if self.setting.is_batch else self.arrays[name][None]

    @property
    def target(self) -> str:
        """The site that the outputs are compared with."""
        return "smoothed" if self.has("smoothed") else "y"

    def passed(self, l: int) -> str:
        """The site of what layer l passes on: its activations, or what dropout left of them."""
        return f"passed{l}" if self.has(f"passed{l}") else f"a{l}"

    def shared(self, tree: Expression) -> Expression:
        """The tree times each sample's share in the mean, where there are several samples."""
        from clearprop.formulas import Symbol

        if self.has("share"):
            return Symbol("share") * tree
        return tree / len(self.setting.X) if self.setting.is_batch else tree


def agree(found: Any, engines: Any) -> bool:
    """Whether a textbook form gives what the engine computes, to rounding."""
    return bool(np.allclose(found, engines, rtol=AGREEING, atol=0.0))

"""How much work back-propagation saves: the multiplications of the expanded chain rule, and those with δ's reused."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.explain.derivations.paths import n_paths
from clearprop.trace.trace import Trace, check_dense

BY_NAME = {2: "_two", 3: "_three", 4: "_four"}  # a half, a third, a quarter: fractions that have a name


@dataclass(frozen=True)
class Multiplications:
    """How many multiplications all partial derivatives of one sample take.

    Attributes
    ----------
    expanded : int
        With the chain rule written out for every parameter by itself, path by path.
    back_propagation : int
        With every δ computed once and reused.
    """

    expanded: int
    back_propagation: int

    @property
    def saving(self) -> tuple[str, int]:
        """The key of the words for the share of the work that is left, and k where that is (less than) 1/k of it.

        k is rounded down to two digits, so that "less than" stays true.
        """
        if self.back_propagation >= self.expanded:
            return "count_same", 1
        k = self.expanded // max(1, self.back_propagation)
        if k == 1:
            return "count_less", 1
        exact = k * self.back_propagation == self.expanded and k < 100
        rounding = 10 ** max(0, len(str(k)) - 2)
        k = k // rounding * rounding
        kind = "count_exactly" if exact else "count_below"
        return f"{kind}{BY_NAME.get(k, '')}", k


def multiplications(trace: Trace) -> Multiplications:
    """Count the multiplications between factors: those inside an activation's or the loss's formula are not counted.

    A path of m factors takes m − 1 (the last factor of a bias is 1 and takes none). Back-propagation takes, for every
    layer, the products for Wᵀδ and for σ′ (or the Jacobian) and one for each weight.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.explain.derivations.operation_count import multiplications
    >>> multiplications(case("mazur").trace())
    Multiplications(expanded=54, back_propagation=16)
    """
    network = trace.network
    check_dense(network, "the count of multiplications")
    L, widths = network.depth, network.widths
    expanded = folded = 0
    for l in range(1, L + 1):
        factors_to_z = 2 * (L - l) + 2
        each = n_paths(trace, l)
        expanded += widths[l - 1] * widths[l] * each * factors_to_z + widths[l] * each * (factors_to_z - 1)
        carried = 0 if l == L else widths[l] * widths[l + 1]
        slope = widths[l] ** 2 if f"jacobian{l}" in trace else widths[l]
        folded += carried + slope + widths[l - 1] * widths[l]
    return Multiplications(expanded, folded)

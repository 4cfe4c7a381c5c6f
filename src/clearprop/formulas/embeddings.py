"""Embeddings: what one number becomes before the first layer with weights, each class one formula as activations are.

They are no activations that a layer can be asked for by name: their layer is `clearprop.network.embedding`.
"""

from __future__ import annotations

from collections.abc import Mapping

from clearprop.formulas.activation_base import Activation
from clearprop.formulas.vocabulary import cos, sin


class Wave(Activation):
    """a = cos z of an angle z = f·x + φ: frequency f and phase φ are learned.

    Gorishniy, Rubachev & Babenko (2022), On Embeddings for Numerical Features in Tabular Deep Learning, section 3.3;
    with a phase in place of the sine: Holzmüller, Grinsztajn & Steinwart (2024), Better by Default, section 3.
    """

    range = (-1, 1)
    reaches_bounds = True

    def value(z):
        return cos(z)

    def slope(z, a):
        return -sin(z)


EMBEDDINGS: Mapping[str, type[Activation]] = {"wave": Wave}

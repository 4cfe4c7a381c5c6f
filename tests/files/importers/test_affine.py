"""Formulas between two matrices taken apart: scales and shifts of each unit, and the activations between them."""

import numpy as np

from clearprop.files.importers.affine import Affine, Curve, pieces
from clearprop.files.importers.recognise import recognised
from clearprop.formulas import Symbol, erf

Z, V = Symbol("z"), [Symbol(f"v{k}") for k in range(4)]
VECTORS = {f"v{k}": np.linspace(-1, 2, 5) + k for k in range(4)}


def test_a_gelu_whose_half_goes_to_the_normalisation_behind_it():
    """As Keras' exporter writes Dense(…, "gelu") before a BatchNormalization."""
    shifted = Z + V[0]
    tree = (shifted * (1 + erf(shifted / 1.4142135623730951)) / 2 - V[1]) * V[2] + V[3]
    found = pieces(tree, VECTORS, "float32")
    (curve,) = [piece for piece in found if isinstance(piece, Curve)]
    assert recognised(curve.tree, "float32").name == "gelu"
    z = np.linspace(-3, 3, 20)[:, None]
    values = np.broadcast_to(z, (20, 5))
    for piece in found:
        is_affine = isinstance(piece, Affine)
        known = None if is_affine else recognised(piece.tree, "float32")
        values = values * piece.scale + piece.shift if is_affine else known.forward(values)
    gelu = recognised(curve.tree, "float32").forward(z + VECTORS["v0"])
    np.testing.assert_allclose(values, (gelu - VECTORS["v1"]) * VECTORS["v2"] + VECTORS["v3"], rtol=1e-9, atol=1e-9)

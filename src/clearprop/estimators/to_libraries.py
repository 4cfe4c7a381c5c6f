"""Fitted and imported networks as objects of PyTorch and Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clearprop.network import Parameters
from clearprop.network.layers import Layer


class ToLibraries:
    """What estimators and imported networks have in common here: layers, and their numbers."""

    def _layers_and_parameters(self) -> tuple[Sequence[Layer], Parameters]:
        """The layers that give what the source, or the network, gives out, and their numbers."""
        raise NotImplementedError

    def to_torch(self) -> Any:
        """The network as a torch.nn.Sequential with the same numbers, in evaluation.

        An activation that PyTorch has no module for becomes a torch.fx.GraphModule of its formula. A classifier's ends
        in its softmax or sigmoid: it gives probabilities, in the order of ``classes_``.

        Raises
        ------
        MissingExtra
            Where PyTorch is not installed.

        Examples
        --------
        >>> from clearprop import MLPRegressor
        >>> model = MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs").fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0])
        >>> model.to_torch()  # doctest: +SKIP
        Sequential(
          (0): Linear(in_features=1, out_features=3, bias=True)
          (1): ReLU()
          (2): Linear(in_features=3, out_features=1, bias=True)
        )
        """
        from clearprop.files.export.torch import to_torch

        return to_torch(*self._layers_and_parameters())

    def to_keras(self) -> Any:
        """The network as a keras.Sequential with the same numbers, not compiled.

        Raises
        ------
        MissingExtra
            Where Keras is not installed.
        InputError
            When Keras has no name and no layer for an activation.
        """
        from clearprop.files.export.keras import to_keras

        return to_keras(*self._layers_and_parameters())

"""What a network is: its frozen spec, its parameters, and the four equations of back-propagation (`backprop`)."""

from clearprop.network.backprop import Gradient, Tape, backward, forward, loss
from clearprop.network.embedding import NumberEmbedding
from clearprop.network.gradient_check import GradientCheck, check_gradient
from clearprop.network.layers import Dense
from clearprop.network.parameters import Block, FromOne, Parameters
from clearprop.network.sample_weights import shares
from clearprop.network.specs import Network

__all__ = [
    "Block",
    "Dense",
    "FromOne",
    "Gradient",
    "GradientCheck",
    "Network",
    "NumberEmbedding",
    "Parameters",
    "Tape",
    "backward",
    "check_gradient",
    "forward",
    "loss",
    "shares",
]

# ruff: noqa: E501 (a sentence is one string)
"""English: what pages and drawings say beside the explanation itself."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "piecewise_if": "if",
    "piecewise_otherwise": "otherwise",
    "contents": "Contents",
    "by_equations": "by {equations}",
    "wide_formula": "Wide formula {n}, can be scrolled sideways",
    "wide_table": "Table {n}, can be scrolled sideways",
    "wide_picture": "Picture {n}, can be scrolled sideways",
    "drawn_forward": "The forward pass of a network whose layers have {widths} neurons",
    "drawn_backward": "The backward pass of a network whose layers have {widths} neurons",
    "drawn_layer": "Layer {layer}: {numbers}.",
    "drawn_weights": "Weights: {weights}.",
    "forward_words": "Signals run to the right. A positive weight is violet and marked +, a negative one amber and marked −; "
    "weights that the error reaches directly are solid, those behind a hidden layer dashed. The path of {parameter} is bold.",
    "backward_words": "The same network, the other way: every error goes back over the weight that carried the signal.",
    "neurons_in_all": "⋮ {count} neurons",
    "drawn_sharing": "Standing at a hidden neuron and looking forward",
    "drawn_shares": "{own} is what arrives from the outputs, whose errors are {ends}: the shares {shares}, along one thick arrow each.",
    "drawn_shares_one": "{own} is what arrives from the only output, whose error is {ends}: the share {shares}, along one thick arrow.",
    "drawn_shares_part": "{own} is what arrives from all {n} outputs. {drawn} of them are drawn; their errors are {ends}, and the shares {shares} come along one thick arrow each.",
    "drawn_more": "⋮ {count} more",
    "drawn_share": "share {share}",
    "sharing_figure_words": "Stand at the hidden neuron and look forward: its error comes back over one thick arrow from each output.",
    "sharing_figure_words_one": "Stand at the hidden neuron and look forward: its error comes back over one thick arrow from the only output.",
    "sharing_figure_part": "Stand at the hidden neuron and look forward: its error comes back over one thick arrow from each output; {drawn} of the {n} outputs are drawn.",
    "drawn_porter": "One weight, two journeys",
    "drawn_porter_words": "Forward the porter carries the signal {signal} over the weight {weight}; backward the error {error} over the same weight.",
    "porter_figure_words": "The same porter on the same weight: forward with the signal, backward with the error.",
    "drawn_loss": "The loss over the steps",
    "drawn_losses": "Loss, from step 0: {losses}.",
    "loss_figure_words": "The loss after each step.",
    "animated_forward": "Step {n}, forward: the loss is {loss}.",
    "animated_backward": "Step {n}, backward: every error goes back over the weight that carried the signal.",
    "animated_end": "After {updates} updates the loss is {loss}.",
    "animated_colon": ": ",
    "animated_loss": "loss",
}

# ruff: noqa: E501 (a sentence is one string)
"""English: what a fit may ask for."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "asked_smoothing": "Label smoothing: a share α = {smoothing} of every target is spread evenly over the K = {classes} classes.",
    "asked_dropout": "Dropout ({layers}; layer and rate): what is kept is divided by the probability of being kept. Which neurons drop out follows from the seed {seed} and the number of the step.",
    "asked_l2": "l2 penalty of strength {strength}, on weights but not on biases; it belongs to the sum over the samples and is therefore divided by their total weight.",
    "asked_l1": "l1 penalty of strength {strength}, on weights but not on biases; it belongs to the sum over the samples and is therefore divided by their total weight.",
    "asked_clipping": "The gradient is shortened if it is longer than {limit}.",
    "asked_decay": "Decoupled weight decay of strength {decay}: before the step the weights shrink by it, whatever their gradient.",
    "loss_weighted": "Samples count by their weights: {share} is the share of one sample in the total weight; it enters once, in {error}.",
    "embedding_words": "This layer embeds numbers: of its outputs the first {inputs} are what came in, as it is, and the {waves} behind them are waves of single inputs, whose frequency and phase are learned. A wave lets the next layer answer in another way to every stretch of a number.",
    "dropout_words": "Dropout: what each neuron sends is multiplied by {mask}, which is 0 where the neuron drops out.",
    "smoothing_words": "Label smoothing moves the targets a little closer together; the loss compares the outputs with these.",
    "penalty_heading": "With the penalties",
    "penalty_words": "The step lowers the loss and the penalties together, so the gradient of the penalties is added to that of the loss.",
    "clipping_heading": "Gradient clipping",
    "clipping_words": "The gradients for all parameters form one long vector. If it is too long, it is shortened without changing its direction.",
    "went_up_masked": "With these neurons dropped out the loss went up: the step was too long for the curvature of the loss.",
}  # fmt: skip

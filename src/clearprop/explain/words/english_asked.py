# ruff: noqa: E501 (a sentence is one string)
"""English: what a fit may ask for."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "asked_smoothing": "Label smoothing: the share {smoothing} of every target is spread over {classes} classes.",
    "asked_dropout": "Dropout, layer and fraction ({layers}): what is kept is divided by the chance of being kept. Which neurons drop out "
    "follows from the seed {seed} and the number of the step.",
    "asked_l2": "Penalty l2 of strength {strength}, on weights and not on biases; it belongs to the sum over samples and is divided by their weight.",
    "asked_l1": "Penalty l1 of strength {strength}, on weights and not on biases; it belongs to the sum over samples and is divided by their weight.",
    "asked_clipping": "The gradient is shortened where it is longer than {limit}.",
    "asked_decay": "Decoupled decay of strength {decay}: weights shrink by it before the step, whatever their gradient.",
    "loss_weighted": "Samples count by their weights: {share} is the share of a sample in the total weight, and enters once, in {error}.",
    "dropout_words": "Dropout: what each neuron sends is multiplied by {mask}, which is 0 where it drops out.",
    "smoothing_words": "Label smoothing moves the targets a little towards each other; the loss compares with these.",
    "penalty_heading": "With the penalties",
    "penalty_words": "The step makes the loss and the penalties smaller together, so the slope of the penalty is added to that of the loss.",
    "clipping_heading": "Clipping",
    "clipping_words": "The gradient of all parameters together is an arrow. Where it is too long it is shortened, its direction kept.",
    "went_up_masked": "With these neurons dropped out the loss went up: the step was too long for how much the loss bends.",
}  # fmt: skip

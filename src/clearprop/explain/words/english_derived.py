# ruff: noqa: E501 (a sentence is one string)
"""English: derivations, of one sample and of a batch."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "title_alone": "One step of back-propagation: a {widths} network, sample {sample} of {n} alone, as a loss of its own",
    # The chain rule
    "picture_batch": "The drawing shows the signals and errors of sample 1.",
    "one_path": "path {n}",
    "one_sample": "sample {n}",
    "paths": "The chain rule, parameter by parameter",
    "paths_words": "Walk back from the loss until a weight or bias is in sight, and write down one factor for every edge on the way. As far as the z of a neuron, the factors are the same for all its weights and its bias; only the last one differs: the signal that travels along the weight, or 1 for the bias.",
    "paths_batch": "The loss is the mean over the samples (here {samples}), so every sample has paths of its own. Its share of the mean stands in the first factor, {share}, and the contributions of the samples are added up.",
    "path_words_batch": "Walk back from the loss until {parameter} is in sight, and write down one factor for every edge on the way. The loss is the mean over the samples (here {samples}, each with {n} paths), and the share of a sample in the mean stands in its first factor, {share}.",
    "path_words_batch_one": "Walk back from the loss until {parameter} is in sight, and write down one factor for every edge on the way. The loss is the mean over the samples (here {samples}, each with one path), and the share of a sample in the mean stands in its first factor, {share}.",
    "path_of_samples": "{slope}, sample by sample:",
    "path_sample": "Sample {n}",
    "path_fold_batch": "For every sample, what its paths share is computed once; it stands in a box, with its name:",
    "path_samples_sum": "The contributions of the samples add up:",
    "path_layer": "Layer {layer}",
    "path_table": "All parameters of layer {layer}",
    "path_table_parameter": "parameter",
    "path_table_law": "BP3, BP4",
    "path_table_last": "last factor",
    "path_table_delta": "δ",
    "path_table_slope": "partial derivative",
    "count_batch": "That is the work for one sample; this batch has {samples} of them.",
    # The equations in matrices, and the replay
    "at_once": "Both steps in one line:",
    "statement_matrix": "In matrices: ",
    "statement_components": "In components: ",
    "matrix_reason_BP1": "The vectors are multiplied entry by entry, so entry j of this is the component form:",
    "matrix_reason_BP1_in_full": "The product with the Jacobian adds up {error} times {slope} over all k, so entry j of this is the component form:",
    "matrix_reason_BP2": "The transposed matrix brings together the weights that lead away from neuron j, so entry j of this is the component form:",
    "matrix_reason_BP3": "Entry j of this is the component form:",
    "matrix_reason_BP3_batch": "The vector of ones adds up the samples, so entry j of this is the component form:",
    "matrix_reason_BP4": "Every entry of a column times a row is one entry of the column times one of the row, which is the component form:",
    "matrix_reason_BP4_batch": "Every entry of the matrix product is a sum over the samples, of a signal times a δ, which is the component form:",
    "chain_this_layer_batch": "the chain rule: the loss depends on this parameter only through the weighted inputs of its layer, in every sample",
    "replayed": "The proofs replayed",
    "replayed_words": "Tried on {networks} random networks: each of the {steps} steps of the proofs was evaluated, its partial derivatives taken numerically (by complex steps), and compared with the gradient of the engine; greatest difference {worst}.",
    # What is assumed of a loss
    "assumptions": "Two assumptions on the loss",
    "assumptions_words": "Two things have to be true of a loss, or the four equations do not give its gradient.",
    "assumption_mean": "It is an average over the samples",
    "assumption_mean_words": "The loss of a batch is the average of the losses of its samples (weighted, where the samples have weights). So its gradient is the average of theirs, and back-propagation can take one sample at a time.",
    "assumption_mean_single": "Here there is one sample, and the average is its own loss.",
    "assumption_mean_without": "Otherwise, with a loss that compares samples with one another, such as a ranking of them, δ of one sample would depend on the outputs of others, and no sample could be taken by itself.",
    "assumption_outputs": "It depends on the network only through the outputs",
    "assumption_outputs_words": "The loss is a function of the output activations {output}; the targets {target} are fixed numbers, not something that the network changes. So the error enters at the outputs and nowhere else, and there BP1 starts:",
    "assumption_outputs_without": "Otherwise, with a loss that also contains hidden activations, say because large ones are to be avoided, a hidden neuron would act on the loss past the outputs: {delta} would need one more term, which BP2 does not have.",
    "assumption_penalty": "The penalty in {cost} contains the weights themselves. That is why it is no part of the loss here: its derivative is added to the gradient after BP1 to BP4.",
    # Why, wiggling, sharing
    "why_output_batch": "Gradient descent needs an error for whatever it changes. Output 1 has one for every sample: for sample 1 the target is {target}, and it says {output}.",
    "why_hidden_batch": "For sample 1 the first hidden neuron sent {signal}. Nobody says what it should have sent: there is no target to compare it with, and so nothing to descend on.",
    "wiggle_cost": "loss with penalties",
    "sharing_batch": "In a batch every sample has an error of its own to share out: y − a times the share of the sample in the mean.",
    "sharing_collect": "A weight's share is the weight over the sum of all weights that point to the same output. A hidden neuron collects its shares:",
    "sharing_without_u": "Without the denominators something else arrives, so it gets another name, {u}:",
    "sharing_matrix": "All of it at once: the matrix of the fractions, in which the shares of each output add up to 1, times the error:",
    "sharing_matrix_without": "Without the denominators the matrix is exactly the transposed weight matrix:",
    "sharing_table_batch": "Side by side, for the neurons of layer {layer}, summed over the samples",
    "sharing_one_output": "With a single output both ways keep the proportions of the weights. It takes at least two outputs to see them differ.",
    "sharing_example": "An example: with W = [[1, 1], [3, 1]], rows the outputs, and errors 1 and 1, the shares are {share_1}\u00a0:\u00a0{share_2}, but without denominators {without_1}\u00a0:\u00a0{without_2}.",
}  # fmt: skip

# ruff: noqa: E501 (a sentence is one string)
"""English."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "more": "{count} more",
    "left_out": "… and {count} more like these.",
    "title": "One step of back-propagation: a {widths} network",
    "title_batch": "One step of back-propagation: a {widths} network, {n} samples",
    # Conventions
    "conventions": "Conventions",
    "layers_counted": "The input is layer 0; the layers with weights are 1 to {depth}. (Some books count it as a "
    "network of {one_more} layers, others as one of {depth}.)",
    "weights_nielsen": "The weight {weight} goes to the neuron of its first index from the neuron of its second; "
    "{sum}, and a sample is a column.",
    "weights_code": "Rows of a weight matrix are the inputs, columns the neurons: {weight} goes from its first index "
    "to its second; {sum}, counted from 0.",
    "weights_letters": "Every node has a letter, layer by layer; the weight {weight} of layer 1 goes from the node of "
    "its first index to that of its second; {sum}.",
    "weights_mazur": "Weights are numbered through, layer by layer, those into one node side by side: {weight} is the "
    "first; {sum}.",
    "weights_rashid": "A weight is named after the two layers it joins, from its first index to its second: {weight}; "
    "{sum}.",
    "named_after": "A weight, its bias and their neuron carry the number of the layer that they enter.",
    "bias_each": "Every neuron has a bias of its own (a bias unit that always sends 1 is the same thing, drawn otherwise).",
    "loss_of_output": "The loss of one output is {loss} ({name}), summed over the outputs.",
    "loss_mean": "The loss of the batch is the mean over its {n} samples; 1/{n} enters once, in {error}.",
    "loss_single": "There is one sample, so there is no mean to take.",
    "half": "It has the ½ of the textbooks, so that its slope is the plain difference.",
    "no_half": "It is written without ½, so that its slope has the factor 2.",
    "activation_is": "Layer {layer}: {call} is {formula}, with the slope {slope}.",
    "activation_named": "Layer {layer}: {call}, with the slope {slope}.",
    "activation_coupled": "Layer {layer}: {call} is {formula}; every output depends on all weighted inputs of its layer.",
    "optimizer_is": "Update: {name}, learning rate {rate}, step number {step}.",
    "plus_means": "A raised + marks a value after the update.",
    "rounding": "Numbers are shown with {digits} significant digits and computed with all; = stands where what is "
    "written is the number itself, ≈ where it is rounded.",
    "fractions": "Numbers are exact fractions.",
    "delta_is": "δ is the slope of the loss with respect to a weighted input. It is not σ, which is the activation.",
    # The parts of a step
    "given": "What is given",
    "given_input": "Input and target",
    "picture": "The network",
    "picture_words": "A network of {widths} neurons; signals run to the right, errors to the left; positive weights "
    "are blue and marked +, negative ones red and marked −.",
    "forward": "Forward propagation",
    "forward_layer": "Layer {layer}",
    "look_back": "Stand at a neuron and look back: one arrow from every neuron of the layer before, each signal "
    "multiplied by the weight of its arrow, all added up, and the bias.",
    "loss": "The loss",
    "backward": "The errors, from the output back",
    "output_error": "The output layer (BP1)",
    "output_error_words": "At the output the error is there for the taking: how the loss changes with each output, "
    "times how the output changes with its weighted input.",
    "shortcut": "For this pair of activation and loss the product comes to a difference of output and target.",
    "hidden_error": "Layer {layer} (BP2)",
    "hidden_error_words": "A hidden neuron has no target. Look forward from it: its error comes back over the very "
    "weights that carried its signal, and is multiplied by its own slope.",
    "all_before": "All δ's are there before any weight changes.",
    "gradients": "The gradients (BP3 and BP4)",
    "gradients_words": "The slope for a bias is δ itself; for a weight it is what came in over that weight, times δ.",
    "update": "The update",
    "update_layer": "Layer {layer}",
    "moments": "What the optimizer remembers is brought up to date first.",
    "afterwards": "Afterwards",
    "prediction_words": "The gradient predicts the loss to first order: every parameter's step times its slope, added up.",
    "afterwards_words": "Forward propagation with the new parameters gives {after}; predicted was {predicted}, and it "
    "was {before}. What is left over is the bend of the loss between the two points.",
    "went_up": "The loss went up: the step was too long for how much the loss bends.",
    # The chain rule
    "path": "The chain rule for one parameter: {name}",
    "path_words": "Walk from the loss back until {parameter} is in sight, and write down one factor for every edge. "
    "Number of paths: {n}.",
    "path_folded_words": "Number of paths that lead from the loss to {parameter}: {n}. Written out, each would be a "
    "product of its own; folded, what they share is computed once.",
    "one_path": "path {n}",
    "one_sample": "sample {n}",
    "path_sum": "The paths add up:",
    "path_fold": "What the paths share, computed once, in its box with its name:",
    "path_named": "With the names, that is {law}:",
    "boxes": "From the long derivations to δ",
    "boxes_words": "Three derivations side by side. The part in the box is the same wherever the same neuron is "
    "involved; it gets a name, δ, and is computed once.",
    "box_output_delta": "δ of the output (and the slope of its bias)",
    "box_hidden_delta": "δ of a hidden neuron (and the slope of its bias)",
    "box_weight": "what a weight adds: the signal that came in over it",
    "box_legend": "Boxes: {output}; {hidden}; {weight}.",
    "count": "How much work that saves",
    "count_words": "With the chain rule written out for each of the {n} parameters by itself: {expanded} "
    "multiplications. By back-propagation, every δ computed once and reused (which is dynamic programming): {folded}. "
    "That is {ratio} times fewer.",
    # The proofs
    "proofs": "The four equations and their proofs",
    "statement": "Statement",
    "proof": "Proof",
    "instance": "With these numbers ({name})",
    "coupled_note": "The outputs depend on each other here (softmax), so the sum stays: this is BP1 in full.",
    "definition_delta": "the definition of δ",
    "chain_outputs": "the chain rule: the loss depends on this weighted input only through the outputs",
    "own_input_only": "an output depends on its own weighted input only; every other term is 0",
    "definition_slope": "the slope of the activation, taken at the weighted input",
    "chain_next_layer": "the chain rule: the loss depends on this weighted input only through those of the next layer",
    "slope_of_weighted_sum": "the weighted sum of the next layer, differentiated: weight times slope",
    "factor_out": "the slope does not depend on the summation index",
    "chain_this_layer": "the chain rule: the loss depends on this parameter only through the weighted inputs of its layer",
    "own_bias_only": "a bias enters the weighted input of its own neuron only",
    "bias_slope_one": "the weighted input grows one for one with its bias",
    "own_weight_only": "a weight enters the weighted input of the neuron that it leads to only",
    "weight_slope_activation": "the weighted input grows with a weight as fast as the signal that comes in over it",
    # Why, and wiggling
    "why": "Why gradient descent by itself stops at a hidden layer",
    "why_output": "Gradient descent needs an error for what it changes. At output 1 there is one: the target is "
    "{target}, the output {output}.",
    "why_hidden": "The first hidden neuron sent {signal}. Nobody says what it should have sent: there is no target to "
    "compare with, and so nothing to descend on.",
    "why_answer": "Back-propagation brings it an error by the chain rule, {error}, and gradient descent does the rest. "
    "Strictly, back-propagation is the computation of the gradient, not the use that is made of it.",
    "why_none": "This network has no hidden layer (with a logistic output it is logistic regression): the error is at "
    "every weight already, and gradient descent needs no back-propagation.",
    "wiggle": "A partial derivative, felt: wiggle one weight, hold the rest",
    "wiggle_words": "Move {parameter} by {step} up and down, leave every other number as it is, and run the network "
    "forward each time.",
    "wiggle_table": "What the loss does",
    "wiggle_moved": "moved by",
    "wiggle_value": "parameter",
    "wiggle_loss": "loss",
    "wiggle_result": "The difference of the losses over the difference of the parameter is {felt}; back-propagation "
    "says {slope}.",
    # Sharing
    "sharing": "The error shared out by weights, and the exact rule",
    "sharing_words": "The picture of many books: every output shares its error y − a among the arrows that point to it, "
    "in proportion to their weights, and a hidden neuron collects its shares.",
    "sharing_without": "Without the denominators that is the transposed weight matrix times the error:",
    "sharing_exact": "The exact rule takes δ in place of the error and multiplies by the slope: BP2.",
    "sharing_table": "Side by side, for the neurons of layer {layer}",
    "neuron": "neuron",
    "by_shares": "by shares",
    "transposed": "Wᵀ · error",
    "exact_rule": "exact rule, −δ",
    "total": "total",
    "sharing_totals": "The shares conserve the total: {error} are shared out and {shares} arrive. Without denominators "
    "{without} arrive.",
    "sharing_proportion": "Dropping the denominators does not keep the proportions in general: here the first two "
    "neurons stand at {share_1} : {share_2} by shares and at {without_1} : {without_2} without denominators.",
    "sharing_angles": "The angle to the exact rule: {shares} degrees for the shares, {without} degrees for Wᵀ · error.",
    "sharing_not_delta": "Neither is δ yet: the slope of the activation is missing.",
    "sharing_blown": "The weights to neuron {neuron} nearly cancel: their sum is {sum}, and the shares of its error are "
    "many times the error itself. The exact rule has no such denominator.",
    # Iterations
    "iterations": "Iterations",
    "iteration": "step",
    "stopped_converged": "Stopped after {n} steps: the loss changed by less than {tolerance}. That is where descent came "
    "to rest, which need not be the lowest loss there is.",
    "stopped_preset": "Stopped at the preset number of {n} steps.",
    "stopped_diverged": "Stopped after {n} steps: the loss is no longer a finite number. The learning rate is too large.",
    "vanishing": "The δ's of layer {layer} are {ratio} times smaller than those of the output layer: its weights hardly "
    "learn (a vanishing gradient).",
    "exploding": "The δ's of layer {layer} are {ratio} times larger than those of the output layer (an exploding gradient).",
    "norm_of": "‖δ‖ layer {layer}",
    # Legends and drawing
    "legend": "Colours",
    "signals": "signals",
    "errors": "errors",
    "others": "+ {count}",
}  # fmt: skip

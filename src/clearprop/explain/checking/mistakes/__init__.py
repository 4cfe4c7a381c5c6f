"""The mistakes that hand calculations make, each as the calculation that makes it.

A mistake belongs to one site. It computes that site wrongly, from values that are otherwise right; what follows from
it further down is computed by the right equations. So `check` finds it even where the wrong line itself was not
written down, as in Mazur's example: the published loss after the update comes from hidden errors that were carried
back over output weights already updated.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clearprop.explain.checking.mistakes import afterwards, backward, forward, gradients, updates
from clearprop.explain.checking.mistakes.spot import MOST, Arrays, Spot, Variant, swaps
from clearprop.trace.equations import CarriedBack, OuterProduct, WeightedSum
from clearprop.trace.totals import SecondPass
from clearprop.trace.trace import Trace

__all__ = ["LOCAL", "MISTAKES", "Spot", "Variant", "variants"]

# In the order in which they are likely where several come out at the same number.
MISTAKES = (
    "bias_forgotten", "activation_left_out", "slope_left_out", "sign", "gradient_added", "rate_left_out",
    "bias_not_updated", "weight_not_updated", "updated_weights", "weight_left_out", "gradients_summed", "transposed",
    "path_dropped", "input_dropped", "two_lost", "half_lost", "mean_lost", "half_added", "two_and_mean_lost",
    "mean_over_outputs", "input_for_activation", "weighted_input_for_activation", "weights_for_activations",
    "output_dropped", "slope_at_a", "slope_with_z", "slope_is_a", "slope_one_minus_a", "square_lost_in_slope",
    "sigmoid_slope", "tanh_slope", "slope_of_another_layer", "slope_twice", "extra_slope", "short_form",
    "shares_for_error", "error_for_delta", "delta_for_error", "delta_of_another_layer", "activation_of_another_layer",
    "delta_without_activation", "weights_of_another_layer", "biases_exchanged", "bias_subtracted", "bias_twice",
    "bias_of_another_layer", "bias_of_another_neuron", "numbers_exchanged", "inputs_exchanged", "exponent_sign",
    "sigmoid_used", "tanh_used", "relu_used", "slope_for_activation", "softmax_not_normalised",
    "softmax_without_exponential", "softmax_over_samples", "square_forgotten", "absolute_for_square",
    "square_of_the_sum", "root_taken", "plus_for_minus", "minus_forgotten", "log10_used", "log2_used", "term_dropped",
    "other_term_added", "targets_exchanged", "squared_error_used", "sample_missing", "one_sample_only", "mean_twice",
    "mean_over_others", "target_left_out", "error_left_out", "rate_included", "bias_gradients_summed",
    "bias_multiplied", "rate_ten_times", "rate_a_tenth", "rate_squared", "old_weight_left_out", "bias_updated",
    "step_of_another_weight", "weight_of_a_neighbour", "plain_sgd", "no_bias_correction", "no_correction_of_m",
    "no_correction_of_v", "epsilon_under_root", "root_forgotten", "decay_left_out", "decay_in_gradient",
    "betas_exchanged", "momentum_for_nesterov", "nesterov_for_momentum", "coefficient_exchanged", "gradient_damped",
    "memory_not_updated", "memory_left_out", "one_minus_beta_lost", "square_forgotten_in_v", "square_of_all",
    "correction_multiplied", "power_forgotten", "correction_by_beta", "root_taken_early", "old_parameters_used",
    "biases_not_updated_after", "one_layer_updated",
)  # fmt: skip
# Those that may be made at one number of a line and not at the others.
LOCAL = frozenset(MISTAKES) - {
    "transposed", "two_lost", "half_lost", "mean_lost", "half_added", "two_and_mean_lost", "mean_over_outputs",
    "biases_exchanged", "numbers_exchanged", "inputs_exchanged", "sample_missing", "one_sample_only", "mean_twice",
    "mean_over_others", "rate_squared", "rate_ten_times", "rate_a_tenth", "exponent_sign", "log10_used", "log2_used",
    "softmax_not_normalised", "softmax_without_exponential", "softmax_over_samples", "rate_included",
}  # fmt: skip


def variants(trace: Trace, site: str, world: Arrays) -> Iterator[Variant]:
    """Every mistake that can be made at a site, computed from the values of `world`."""
    spot = Spot(trace, site, world)
    with np.errstate(all="ignore"):
        yield from _of_kind(spot)
        if trace.sites[site].inputs and not isinstance(spot.equation, CarriedBack):
            yield from _exchanged(spot)


def _of_kind(spot: Spot) -> Iterator[Variant]:
    equation, kind = spot.equation, spot.kind
    if isinstance(equation, WeightedSum):
        yield from forward.weighted_sum(spot, equation)
    elif forward.is_activation(spot):
        yield from forward.activation(spot)
    elif kind in ("losses", "sample_loss", "loss"):
        yield from forward.loss(spot)
    elif isinstance(equation, SecondPass):
        yield from afterwards.second_pass(spot, equation)
    elif isinstance(equation, CarriedBack):
        yield from backward.carried_back(spot, equation)
    elif kind == "error":
        yield from backward.output_error(spot)
    elif kind == "slope":
        yield from backward.slope(spot)
    elif kind == "delta":
        yield from backward.delta(spot)
    elif isinstance(equation, OuterProduct):
        yield from gradients.outer(spot, equation)
    elif kind == "db":
        yield from gradients.over_samples(spot)
    elif "_hat_" in spot.site:
        yield from updates.corrected(spot)
    elif spot.site.endswith("_new") and spot.site[0] in "Wb":
        yield from updates.update(spot)
    elif spot.site.endswith("_new") and equation.law == "update":
        yield from updates.remembered(spot)


def _exchanged(spot: Spot) -> Iterator[Variant]:
    """Two numbers of the line have changed places."""
    right = spot.right()
    n = right.size
    if not 1 < n <= MOST:
        return
    flat = right.ravel()
    for order in swaps(n):
        if not np.array_equal(flat[order], flat):
            yield spot.made("numbers_exchanged", flat[order].reshape(right.shape))

# ruff: noqa: E501 (a line of a calculation is one line)
"""The mistakes that `check` is measured by, each made in a whole hand calculation, in NumPy and nothing else."""

from __future__ import annotations

import numpy as np

from hand_calculations import ACTIVATIONS, Net, afterwards, losses, right_lines, sigmoid, slope


def networks(seed):
    """Four kinds of networks, their numbers drawn from a seed."""
    return {
        f"2-2-1, {seed}": Net((2, 2, 1), "sigmoid", "sigmoid", "half_squared_error", 1.5, seed),
        f"2-3-2 of 3, {seed}": Net((2, 3, 2), "tanh", "sigmoid", "squared_error", 0.4, seed, n=3),
        f"3-2-3, {seed}": Net((3, 2, 3), "sigmoid", "softmax", "cross_entropy", 0.2, seed),
        f"2-2-2-1, {seed}": Net((2, 2, 2, 1), "relu", "sigmoid", "binary_cross_entropy", 0.3, seed),
    }


def row(matrix_or_row):
    return np.asarray(matrix_or_row)


def has(condition, change):
    """The change where the network can have the mistake."""
    return change if condition else None


def share(net):
    return 1 / net.n


def out_factor(net):
    return (2 if net.loss == "squared_error" else 1) / net.n


def error_out(net, v):
    """∂C/∂a of the output."""
    a, y = v[f"a{net.L}"], v["y"]
    if net.loss == "cross_entropy":
        return -y / a / net.n
    if net.loss == "binary_cross_entropy":
        return (a - y) / (a * (1 - a)) / net.n
    return out_factor(net) * (a - y)


def hidden_delta(net, l, error=None, factor=None):
    """δ of a hidden layer from another error or another slope."""

    def line(v):
        e = v[f"delta{l + 1}"] @ v[f"W{l + 1}"].T if error is None else error(v)
        s = slope(net, l, v[f"z{l}"], v[f"a{l}"]) if factor is None else factor(v)
        return e * s

    return {f"delta{l}": line}


def out_delta(net, factor):
    return {f"delta{net.L}": lambda v: error_out(net, v) * factor(v)}


def scaled(net, line, factor):
    return {line: lambda v: right_lines(net)[line](v) * factor}


def z_with(net, l, a=None, W=None, b=None):
    return {
        f"z{l}": lambda v: (
            (v[f"a{l - 1}"] if a is None else a(v)) @ (v[f"W{l}"] if W is None else W(v))
            + (v[f"b{l}"] if b is None else b(v))
        )
    }


def made(net):
    """Every mistake that this network can have: (description, acceptable names, changed lines)."""
    L, H = net.L, net.L - 1
    w = net.widths
    sq, ce = net.loss.endswith("squared_error"), net.loss.endswith("cross_entropy")
    sig_hidden, sig_out, many = net.hidden == "sigmoid", net.output == "sigmoid", net.n > 1
    several = w[-1] > 1
    yield "b forgotten in z1", {"bias_forgotten"}, z_with(net, 1, b=lambda v: 0)
    yield "b forgotten in zL", {"bias_forgotten"}, z_with(net, L, b=lambda v: 0)
    yield "b subtracted in z1", {"bias_subtracted"}, z_with(net, 1, b=lambda v: -v["b1"])
    yield "b twice in z1", {"bias_twice"}, z_with(net, 1, b=lambda v: 2 * v["b1"])
    yield "b1 turned round", {"biases_exchanged"}, z_with(net, 1, b=lambda v: v["b1"][::-1])
    yield "b of the other layer in zL", {"bias_of_another_layer"}, has(
        w[-1] in (1, w[H]), z_with(net, L, b=lambda v: v[f"b{H}"][: w[-1]]))  # fmt: skip
    yield "b of neuron 1 for all", {"bias_of_another_neuron"}, z_with(net, 1, b=lambda v: v["b1"][0])
    yield "W1 transposed", {"transposed"}, has(w[0] == w[1], z_with(net, 1, W=lambda v: v["W1"].T))
    yield "a term of z1 missing", {"input_dropped"}, z_with(
        net, 1, a=lambda v: v["a0"] * (np.arange(w[0]) != w[0] - 1))  # fmt: skip
    yield "x for a1 in z2", {"input_for_activation"}, has(w[0] == w[1], z_with(net, 2, a=lambda v: v["a0"]))
    yield "z1 for a1 in z2", {"weighted_input_for_activation", "activation_left_out"}, z_with(
        net, 2, a=lambda v: v["z1"])  # fmt: skip
    yield "σ left out in a1", {"activation_left_out"}, {"a1": lambda v: v["z1"]}
    yield "e^z for e^−z", {"exponent_sign"}, has(sig_hidden, {"a1": lambda v: sigmoid(-v["z1"])})
    yield "tanh for σ", {"tanh_used"}, has(net.hidden != "tanh", {"a1": lambda v: np.tanh(v["z1"])})
    yield "σ for the activation", {"sigmoid_used"}, has(not sig_hidden, {"a1": lambda v: sigmoid(v["z1"])})
    yield "softmax not normalised", {"softmax_not_normalised"}, has(
        net.output == "softmax", {f"a{L}": lambda v: np.exp(v[f"z{L}"])})  # fmt: skip
    yield "softmax without exp", {"softmax_without_exponential"}, has(
        net.output == "softmax", {f"a{L}": lambda v: v[f"z{L}"] / v[f"z{L}"].sum()})  # fmt: skip
    yield "σ for softmax", {"sigmoid_used"}, has(net.output == "softmax", {f"a{L}": lambda v: sigmoid(v[f"z{L}"])})
    yield "σ′ for σ in a1", {"slope_for_activation"}, has(
        net.hidden != "relu", {"a1": lambda v: slope(net, 1, v["z1"], ACTIVATIONS[net.hidden][0](v["z1"]))})  # fmt: skip
    yield "a1 exchanged", {"numbers_exchanged"}, has(
        net.n == 1, {"a1": lambda v: ACTIVATIONS[net.hidden][0](v["z1"])[..., ::-1]})  # fmt: skip
    yield "½ lost in the loss", {"half_lost"}, has(net.loss[:4] == "half", scaled(net, "loss", 2))
    yield "½ put in", {"half_added"}, has(net.loss == "squared_error", scaled(net, "loss", 0.5))
    yield "square forgotten", {"square_forgotten"}, has(
        sq, {"loss": lambda v: (v["y"] - v[f"a{L}"]).sum() / net.n})  # fmt: skip
    yield "Σ|t − o|", {"absolute_for_square", "square_forgotten"}, has(
        sq, {"loss": lambda v: np.abs(v["y"] - v[f"a{L}"]).sum() / net.n})  # fmt: skip
    yield "square of the sum", {"square_of_the_sum"}, has(
        sq and several, {"loss": lambda v: ((v["y"] - v[f"a{L}"]).sum(axis=1) ** 2).mean()})  # fmt: skip
    yield "root of the loss", {"root_taken"}, has(sq, {"loss": lambda v: np.sqrt(right_lines(net)["loss"](v))})
    yield "minus of the cross-entropy", {"minus_forgotten"}, has(ce, scaled(net, "loss", -1))
    yield "log10", {"log10_used"}, has(ce, scaled(net, "loss", 1 / np.log(10)))
    yield "log2", {"log2_used"}, has(ce, scaled(net, "loss", 1 / np.log(2)))
    yield "y and 1 − y exchanged", {"targets_exchanged"}, has(
        net.loss == "binary_cross_entropy", {"loss": lambda v: losses(net, v[f"a{L}"], 1 - v["y"]).sum() / net.n})  # fmt: skip
    yield "squares for cross-entropy", {"squared_error_used"}, has(
        ce, {"loss": lambda v: ((v["y"] - v[f"a{L}"]) ** 2).sum() / net.n})  # fmt: skip
    yield "mean over outputs", {"mean_over_outputs", "half_added"}, has(several, scaled(net, "loss", 1 / w[-1]))
    yield "an output missing in the loss", {"output_dropped"}, has(
        sq and several, {"loss": lambda v: losses(net, v[f"a{L}"], v["y"])[:, 0].sum() / net.n})  # fmt: skip
    yield "1/n lost in the loss", {"mean_lost"}, has(many, scaled(net, "loss", net.n))
    yield "last sample missing in the loss", {"sample_missing"}, has(
        many, {"loss": lambda v: losses(net, v[f"a{L}"], v["y"])[:-1].sum() / net.n})  # fmt: skip
    yield "first sample alone in the loss", {"one_sample_only"}, has(
        many, {"loss": lambda v: losses(net, v[f"a{L}"], v["y"])[0].sum()})  # fmt: skip
    yield "y + a", {"plus_for_minus"}, has(
        sq, {"loss": lambda v: ((v["y"] + v[f"a{L}"]) ** 2).sum() * (0.5 if net.loss[:4] == "half" else 1) / net.n})  # fmt: skip
    yield "y − a in δL", {"sign"}, scaled(net, f"delta{L}", -1)
    aL, zL = (lambda v: v[f"a{L}"]), (lambda v: v[f"z{L}"])
    yield "σ′ left out in δL", {"slope_left_out", "short_form"}, has(sq, out_delta(net, lambda v: 1))
    yield "σ′ at a in δL", {"slope_at_a"}, has(sq, out_delta(net, lambda v: sigmoid(aL(v)) * (1 - sigmoid(aL(v)))))
    yield "σ′ = a in δL", {"slope_is_a"}, has(sq, out_delta(net, aL))
    yield "σ′ = 1 − a in δL", {"slope_one_minus_a"}, has(sq, out_delta(net, lambda v: 1 - aL(v)))
    yield "σ′ = z(1 − z) in δL", {"slope_with_z"}, has(sq, out_delta(net, lambda v: zL(v) * (1 - zL(v))))
    yield "σ′ = 1 − a² in δL", {"tanh_slope"}, has(sq and sig_out, out_delta(net, lambda v: 1 - aL(v) ** 2))
    yield "σ′ once more with cross-entropy", {"extra_slope", "delta_for_error"}, has(
        ce, {f"delta{L}": lambda v: (aL(v) - v["y"]) * aL(v) * (1 - aL(v)) / net.n})  # fmt: skip
    yield "2 lost", {"two_lost"}, has(net.loss == "squared_error", scaled(net, f"delta{L}", 0.5))
    yield "½ lost in δL", {"half_lost"}, has(net.loss[:4] == "half", scaled(net, f"delta{L}", 2))
    yield "1/n lost in δL", {"mean_lost"}, has(many, scaled(net, f"delta{L}", net.n))
    yield "2 and 1/n lost", {"two_and_mean_lost"}, has(
        many and net.loss == "squared_error", scaled(net, f"delta{L}", net.n / 2))  # fmt: skip
    yield (
        "mean over outputs in δL",
        {"mean_over_outputs", "two_lost"},
        has(several, scaled(net, f"delta{L}", 1 / w[-1])),
    )
    yield "target left out", {"target_left_out"}, has(not sq, {f"delta{L}": lambda v: aL(v) / net.n})
    yield "σ′ twice in δL", {"slope_twice"}, has(sq, out_delta(net, lambda v: (aL(v) * (1 - aL(v))) ** 2))
    aH, zH = (lambda v: v[f"a{H}"]), (lambda v: v[f"z{H}"])
    yield "σ′ left out in the hidden δ", {"slope_left_out"}, has(
        net.hidden != "relu", hidden_delta(net, H, factor=lambda v: 1))  # fmt: skip
    is_zero = net.output == "softmax"  # the δ's of softmax with cross-entropy come to 0 together
    yield "weight left out", {"weight_left_out"}, has(not is_zero, hidden_delta(
        net, H, error=lambda v: v[f"delta{L}"].sum(axis=1, keepdims=True)))  # fmt: skip
    yield "gradients summed", {"gradients_summed"}, has(not is_zero, hidden_delta(
        net, H, error=lambda v: (v[f"a{H}"].T @ v[f"delta{L}"]).sum(axis=1)))  # fmt: skip
    yield "updated weights", {"updated_weights"}, hidden_delta(
        net, H, error=lambda v: v[f"delta{L}"] @ (v[f"W{L}"] - net.rate * v[f"a{H}"].T @ v[f"delta{L}"]).T)  # fmt: skip
    yield "W transposed on the way back", {"transposed"}, has(
        L > 2 and w[1] == w[2], hidden_delta(net, 1, error=lambda v: v["delta2"] @ v["W2"]))  # fmt: skip
    yield "a path dropped", {"path_dropped"}, hidden_delta(
        net, 1, error=lambda v: (v["delta2"] * (np.arange(w[2]) != 0)) @ v["W2"].T) if w[2] > 1 else None  # fmt: skip
    yield "shares for the error", {"shares_for_error"}, has(
        w[2] > 1, hidden_delta(net, 1, error=lambda v: v["delta2"] @ (v["W2"] / v["W2"].sum(axis=0)).T))  # fmt: skip
    yield "∂C/∂a for δ on the way back", {"error_for_delta"}, has(
        sq, hidden_delta(net, H, error=lambda v: error_out(net, v) @ v[f"W{L}"].T))  # fmt: skip
    hidden_at_a = {
        "sigmoid": lambda v: sigmoid(aH(v)) * (1 - sigmoid(aH(v))), "tanh": lambda v: 1 - np.tanh(aH(v)) ** 2
    }  # fmt: skip
    yield "σ′ at a in the hidden δ", {"slope_at_a"}, has(
        net.hidden != "relu", hidden_delta(net, H, factor=hidden_at_a.get(net.hidden)))  # fmt: skip
    yield (
        "σ′ = a in the hidden δ",
        {"slope_is_a"} | ({"slope_with_z"} if net.hidden == "relu" else set()),
        hidden_delta(net, H, factor=aH),
    )
    yield "σ′ = 1 − a in the hidden δ", {"slope_one_minus_a"}, has(
        sig_hidden, hidden_delta(net, H, factor=lambda v: 1 - aH(v)))  # fmt: skip
    yield "tanh′ = 1 − a", {"square_lost_in_slope"}, has(
        net.hidden == "tanh", hidden_delta(net, H, factor=lambda v: 1 - aH(v)))  # fmt: skip
    yield "tanh′ = a(1 − a)", {"sigmoid_slope"}, has(
        not sig_hidden, hidden_delta(net, H, factor=lambda v: aH(v) * (1 - aH(v))))  # fmt: skip
    yield "z for a in the hidden σ′", {"slope_with_z"}, has(
        net.hidden != "relu",
        hidden_delta(net, H, factor=lambda v: zH(v) * (1 - zH(v)) if sig_hidden else 1 - zH(v) ** 2))  # fmt: skip
    yield "σ′ = 1 − a² in the hidden δ", {"tanh_slope"}, has(
        sig_hidden, hidden_delta(net, H, factor=lambda v: 1 - aH(v) ** 2))  # fmt: skip
    yield "sign of the hidden δ", {"sign"}, scaled(net, f"delta{H}", -1)
    yield "δ2 for δ1", {"delta_of_another_layer"}, has(
        w[1] == w[2] and L > 2, {"delta1": lambda v: v["delta2"]})  # fmt: skip
    yield "σ′ of the output in the hidden δ", {"slope_of_another_layer"}, has(
        w[-1] == 1, hidden_delta(net, H, factor=lambda v: aL(v) * (1 - aL(v))))  # fmt: skip
    yield "σ′ alone for δ", {"error_left_out"}, has(net.hidden != "relu", hidden_delta(net, H, error=lambda v: 1))
    yield "x for a1 in dW2", {"input_for_activation"}, has(
        w[0] == w[1], {"dW2": lambda v: v["a0"].T @ v["delta2"]})  # fmt: skip
    yield "z1 for a1 in dW2", {"weighted_input_for_activation"}, has(
        net.hidden != "relu", {"dW2": lambda v: v["z1"].T @ v["delta2"]})  # fmt: skip
    yield "W for a in dWL", {"weights_for_activations"}, {f"dW{L}": lambda v: v[f"W{L}"] * v[f"delta{L}"].sum(axis=0)}
    yield "δ for the gradient", {"delta_without_activation"}, {
        f"dW{L}": lambda v: v[f"delta{L}"].sum(axis=0) + 0 * v[f"W{L}"]}  # fmt: skip
    yield "sign of dW1", {"sign"}, scaled(net, "dW1", -1)
    yield "dW1 transposed", {"transposed"}, has(w[0] == w[1], {"dW1": lambda v: (v["a0"].T @ v["delta1"]).T})
    yield "aL for a in dWL", {"activation_of_another_layer"}, {
        f"dW{L}": lambda v: (v[f"a{L}"] * v[f"delta{L}"]).sum(axis=0) + 0 * v[f"W{L}"]}  # fmt: skip
    yield "δL for δ in dW", {"delta_of_another_layer"}, has(
        w[-1] == 1, {f"dW{H}": lambda v: v[f"a{H - 1}"].T @ (v[f"delta{L}"] + 0 * v[f"delta{H}"])})  # fmt: skip
    yield "∂C/∂a for δ in dWL", {"error_for_delta"}, has(
        sq, {f"dW{L}": lambda v: v[f"a{H}"].T @ error_out(net, v)})  # fmt: skip
    yield "1/n lost in dW1", {"mean_lost"}, has(many, scaled(net, "dW1", net.n))
    yield "last sample missing in dW1", {"sample_missing"}, has(
        many, {"dW1": lambda v: v["a0"][:-1].T @ v["delta1"][:-1]})  # fmt: skip
    yield "db of the first sample", {"one_sample_only"}, has(many, {"db1": lambda v: v["delta1"][0]})
    yield "η in dW already", {"rate_included"}, scaled(net, "dW1", net.rate)
    yield "dWL exchanged", {"numbers_exchanged"}, has(
        w[-1] == 1, {f"dW{L}": lambda v: (v[f"a{H}"].T @ v[f"delta{L}"])[::-1]})  # fmt: skip
    yield "db summed over neurons", {"bias_gradients_summed"}, {"db1": lambda v: v["delta1"].sum() + 0 * v["b1"]}
    yield "db times b", {"bias_multiplied"}, {"db1": lambda v: v["delta1"].sum(axis=0) * v["b1"]}
    yield from of_update(net)


def of_update(net):
    """The mistakes of gradient descent, and of the loss afterwards."""
    L, rate = net.L, net.rate
    step = lambda v, p: -rate * v[f"d{p}"]  # noqa: E731
    yield "gradient added", {"gradient_added"}, {"W1_new": lambda v: v["W1"] - step(v, "W1")}
    yield "η left out", {"rate_left_out"}, {"W1_new": lambda v: v["W1"] + step(v, "W1") / rate}
    yield "weight not updated", {"weight_not_updated"}, {"W1_new": lambda v: v["W1"]}
    yield "bias not updated", {"bias_not_updated"}, {"b1_new": lambda v: v["b1"]}
    yield "η ten times", {"rate_ten_times"}, {"W1_new": lambda v: v["W1"] + 10 * step(v, "W1")}
    yield "η a tenth", {"rate_a_tenth"}, {"W1_new": lambda v: v["W1"] + step(v, "W1") / 10}
    yield "η squared", {"rate_squared"}, {"W1_new": lambda v: v["W1"] + step(v, "W1") * rate}
    yield "old weight left out", {"old_weight_left_out"}, {"W1_new": lambda v: step(v, "W1")}
    yield "step of the neighbour", {"step_of_another_weight"}, {
        f"W{L}_new": lambda v: v[f"W{L}"] + step(v, f"W{L}")[::-1]}  # fmt: skip
    yield "weight of the neighbour", {"weight_of_a_neighbour"}, {
        f"W{L}_new": lambda v: v[f"W{L}"][::-1] + step(v, f"W{L}")}  # fmt: skip
    yield "old parameters in the loss afterwards", {"old_parameters_used"}, {"loss_new": lambda v: v["loss"]}
    yield "old biases in the loss afterwards", {"biases_not_updated_after"}, {
        "loss_new": lambda v: afterwards(net, v, {f"W{l}" for l in range(1, L + 1)})}  # fmt: skip
    yield "one layer updated", {"one_layer_updated"}, {"loss_new": lambda v: afterwards(net, v, {f"W{L}", f"b{L}"})}

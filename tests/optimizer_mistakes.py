"""The mistakes that are made with optimizers, each in a whole hand calculation, in NumPy and nothing else."""

from dataclasses import replace

import numpy as np


def of_optimizers(net):
    """The optimizers' own mistakes: (description, names, network with that optimizer, changed lines)."""
    numbers = net.given()
    memory = {f"v_{p}": np.round(0.3 * numbers[p] + 0.07, 2) for p in numbers if p[0] in "Wb"}

    def with_(name, rate=0.1, **constants):
        return replace(net, optimizer=name, rate=rate, constants=constants, numbers=numbers)

    adam = with_("adam", eps=0.01, b1=0.8, b2=0.9)
    k = {"rate": 0.1, "eps": 0.01}
    b1, b2 = 0.8, 0.9

    def adam_step(m, v, top=lambda m: m / (1 - b1), below=lambda v: np.sqrt(v / (1 - b2)) + k["eps"]):
        return top(m) / below(v)

    def adam_new(**parts):
        return {"W1_new": lambda v: v["W1"] - k["rate"] * adam_step(v["m_W1_new"], v["v_W1_new"], **parts)}

    yield "no bias correction", {"no_bias_correction"}, adam, adam_new(
        top=lambda m: m, below=lambda v: np.sqrt(v) + k["eps"])  # fmt: skip
    yield "no correction of v", {"no_correction_of_v"}, adam, adam_new(below=lambda v: np.sqrt(v) + k["eps"])
    yield "ε under the root", {"epsilon_under_root"}, adam, adam_new(below=lambda v: np.sqrt(v / (1 - b2) + k["eps"]))
    yield "root forgotten", {"root_forgotten"}, adam, adam_new(below=lambda v: v / (1 - b2) + k["eps"])
    yield "plain sgd for adam", {"plain_sgd"}, adam, {"W1_new": lambda v: v["W1"] - k["rate"] * v["dW1"]}
    yield "β's exchanged in m", {"betas_exchanged"}, adam, {"m_W1_new": lambda v: (1 - b2) * v["dW1"]}
    yield "v without the square", {"square_forgotten_in_v"}, adam, {"v_W1_new": lambda v: (1 - b2) * v["dW1"]}
    yield "1 − β lost", {"one_minus_beta_lost"}, adam, {"m_W1_new": lambda v: v["dW1"]}
    yield "β for 1 − β", {"coefficient_exchanged"}, adam, {"m_W1_new": lambda v: b1 * v["dW1"]}
    adamw = with_("adamw", eps=0.01, decay=0.3)

    def decayed(v, decay, extra):
        g = v["dW1"] + extra * v["W1"]
        m_hat, v_hat = g, g**2
        return v["W1"] * (1 - 0.1 * decay) - 0.1 * m_hat / (np.sqrt(v_hat) + 0.01)

    yield "decay left out", {"decay_left_out"}, adamw, {"W1_new": lambda v: decayed(v, 0, 0)}
    yield "decay in the gradient", {"decay_in_gradient"}, adamw, {"W1_new": lambda v: decayed(v, 0, 0.3)}
    momentum = replace(with_("momentum"), numbers={**numbers, **memory})
    nesterov = replace(with_("nesterov"), numbers={**numbers, **memory})
    mu, r = 0.9, 0.1
    yield "μ for 1 − μ", {"coefficient_exchanged"}, momentum, {
        "v_W1_new": lambda v: (1 - mu) * v["v_W1"] - r * v["dW1"]}  # fmt: skip
    yield "gradient damped", {"gradient_damped"}, momentum, {
        "v_W1_new": lambda v: mu * v["v_W1"] - (1 - mu) * r * v["dW1"]}  # fmt: skip
    yield "memory left out", {"memory_left_out"}, momentum, {"v_W1_new": lambda v: -r * v["dW1"]}
    yield "plain sgd for momentum", {"plain_sgd"}, momentum, {"W1_new": lambda v: v["W1"] - r * v["dW1"]}
    yield "nesterov for momentum", {"nesterov_for_momentum"}, momentum, {
        "W1_new": lambda v: v["W1"] + mu * v["v_W1_new"] - r * v["dW1"]}  # fmt: skip
    yield "momentum for nesterov", {"momentum_for_nesterov"}, nesterov, {
        "W1_new": lambda v: v["W1"] + v["v_W1_new"]}  # fmt: skip
    rms = with_("rmsprop", eps=0.01)
    yield "rmsprop without the root", {"root_forgotten"}, rms, {
        "W1_new": lambda v: v["W1"] - r * v["dW1"] / (v["v_W1_new"] + 0.01)}  # fmt: skip
    yield "rmsprop, ε under the root", {"epsilon_under_root"}, rms, {
        "W1_new": lambda v: v["W1"] - r * v["dW1"] / np.sqrt(v["v_W1_new"] + 0.01)}  # fmt: skip

"""Students by chance: no right sheet is marked wrong, and a planted mistake is found and judged as one."""

import numpy as np
import pytest

from clearprop import Network, sgd
from clearprop.explain import check, explain
from clearprop.explain.checking.mistakes import variants
from clearprop.explain.checking.worksheets import WrittenNumber
from clearprop.explain.exercises import random_case as drawn

RESULTS = ("z", "a", "losses", "loss", "error", "slope", "delta", "dW", "db", "_new")


def rounded(value, digits):
    """A number as somebody writes it who rounds to so many significant digits."""
    text = f"{value:.{digits - 1}e}"
    mantissa, exponent = text.split("e")
    shift = int(exponent)
    return f"{value:.{max(0, digits - 1 - shift)}f}" if -6 < shift < digits else f"{mantissa}e{shift}"


def random_case(random):
    depth = int(random.integers(1, 4))
    widths = [int(n) for n in random.integers(1, 4, depth + 1)]
    loss = str(random.choice(["squared_error", "half_squared_error"]))
    hidden = str(random.choice(["sigmoid", "tanh", "relu", "softplus"]))
    output = str(random.choice(["sigmoid", "identity", "tanh"]))
    network = Network.mlp(widths, hidden, output, loss)
    params = network.views(random.uniform(-1, 1, network.n_parameters).round(2))
    n = int(random.integers(2, 4)) if random.random() < 0.3 else None
    shape = (n,) if n else ()
    x, y = random.uniform(-1, 1, (*shape, widths[0])).round(2), random.uniform(0, 1, (*shape, widths[-1])).round(2)
    return explain(network, params, x, y, sgd(float(random.choice([0.1, 0.5, 1.0]))))


def worked_out(trace, random, digits, carries):
    """A correct calculation: every line from earlier ones, as written, with all digits, or now the one, now the other.

    `carries` says for each reading of an earlier number whether all its digits are taken.
    """
    kept = {name: np.array(site.value, dtype=float) for name, site in trace.sites.items() if not site.inputs}
    written = {name: array.copy() for name, array in kept.items()}
    lines = {}
    for name, site in trace.sites.items():
        if not site.inputs or name == "prediction":
            continue
        inputs = {key: (kept if carries() else written)[key] for key in site.inputs}
        value = np.array(site.equation.compute({**written, **inputs}), dtype=float)
        text = [rounded(float(item), digits) for item in value.ravel()]
        kept[name] = value
        written[name] = np.array([float(item) for item in text]).reshape(value.shape)
        lines[name] = ", ".join(text)
    return lines


@pytest.mark.parametrize("how", ["as written", "all digits", "mixed"])
def test_no_correct_sheet_is_marked_wrong(how):
    random = np.random.default_rng(5)
    for number in range(70):
        trace = random_case(random)
        digits = int(random.integers(2, 7))
        carries = {"as written": lambda: False, "all digits": lambda: True, "mixed": lambda: random.random() < 0.5}[how]
        lines = worked_out(trace, random, digits, carries)
        if random.random() < 0.5:  # nobody writes everything down
            lines = {
                name: text for name, text in lines.items() if how == "all digits" and random.random() < 0.6
            } or lines
        found = check(lines, trace)
        wrong = [
            f"{n.reference}: {n.written.text} exact {n.exact} own {n.own}"
            for n in found.numbers
            if n.verdict == "wrong"
        ]
        assert not wrong, f"sheet {number}, {digits} digits: {wrong}"


def test_a_number_changed_in_a_correct_sheet_is_found():
    """So that the test above does not pass because everything is let through."""
    random = np.random.default_rng(6)
    for _ in range(60):
        trace = random_case(random)
        digits = int(random.integers(3, 7))
        lines = worked_out(trace, random, digits, lambda: False)
        name = str(random.choice(list(lines)))
        numbers = lines[name].split(", ")
        place = int(random.integers(len(numbers)))
        changed = WrittenNumber.read(numbers[place])
        numbers[place] = rounded(changed.value + 40 * changed.unit, digits + 2)
        found = check({**lines, name: ", ".join(numbers)}, trace)
        wrong = [number.reference for number in found.numbers if number.verdict == "wrong"]
        assert wrong[0].site == name


PLANTS = {
    # mistake: (site it is planted at, networks that can have it)
    "bias_forgotten": "z1", "bias_not_updated": "b1_new", "updated_weights": "error1", "slope_left_out": "delta1",
    "slope_at_a": "slope1", "weight_left_out": "error1", "gradients_summed": "error1", "transposed": "z1",
    "path_dropped": "error1", "input_dropped": "z1", "sign": "delta2", "gradient_added": "W1_new",
    "two_lost": "error2", "half_lost": "loss", "mean_lost": "error2", "input_for_activation": "dW2",
    "weighted_input_for_activation": "dW2", "weights_for_activations": "dW2", "activation_left_out": "a1",
    "rate_left_out": "W1_new", "output_dropped": "loss",
}  # fmt: skip


def planted_network(mistake, seed):
    random = np.random.default_rng(100 + seed)
    network = Network.mlp(
        [2, 2, 2], ["sigmoid", "tanh", "softplus"][seed % 3], "sigmoid",
        "half_squared_error" if mistake == "half_lost" else "squared_error",
    )  # fmt: skip
    params = network.views(random.uniform(-1, 1, network.n_parameters).round(2))
    shape = (3,) if mistake == "mean_lost" else ()
    x, y = random.uniform(-1, 1, (*shape, 2)).round(2), random.uniform(0, 1, (*shape, 2)).round(2)
    return explain(network, params, x, y, sgd(0.3))


@pytest.mark.parametrize("mistake", sorted(PLANTS))
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("lines_follow", [True, False])
def test_a_planted_mistake_is_found_and_what_follows_is_judged_given_it(mistake, seed, lines_follow):
    """The person makes one mistake, and works on from it without another."""
    trace = planted_network(mistake, seed)
    site = PLANTS[mistake]
    world = {name: np.asarray(item.value, dtype=float) for name, item in trace.sites.items()}
    planted = next(v.value for v in variants(trace, site, world) if v.mistake == mistake)
    lines, changed = {}, set()
    for name, item in trace.sites.items():
        if not item.inputs or name == "prediction":
            continue
        if name == site:
            world[name], _ = np.broadcast_to(planted, world[name].shape).astype(float), changed.add(name)
        elif changed & set(item.inputs):
            world[name] = np.array(item.equation.compute(world), dtype=float)
            changed.add(name)
        lines[name] = ", ".join(rounded(float(v), 7) for v in np.ravel(world[name]))
        if name == site and not lines_follow:
            break
    found = check(lines, trace)
    wrong = [number for number in found.numbers if number.verdict == "wrong"]
    assert wrong
    assert {number.reference.site for number in wrong} == {site}
    assert all(mistake in number.names for number in wrong), [(str(n.reference), n.names) for n in wrong]
    later = [number for number in found.numbers if number.reference.site in changed - {site}]
    assert all(number.verdict == "right" for number in later)


@pytest.mark.parametrize("mistake", ["slope_left_out", "updated_weights", "bias_forgotten", "sign"])
def test_a_mistake_is_found_in_a_line_that_was_not_written_down(mistake):
    """Only the update is written, and the mistake was made further up."""
    trace = planted_network(mistake, 1)
    site = PLANTS[mistake]
    world = {name: np.asarray(item.value, dtype=float) for name, item in trace.sites.items()}
    world[site] = np.asarray(next(v.value for v in variants(trace, site, world) if v.mistake == mistake))
    for name, item in list(trace.sites.items())[list(trace).index(site) + 1 :]:
        if item.inputs:
            world[name] = np.array(item.equation.compute(world), dtype=float)
    text = ", ".join(rounded(float(v), 8) for v in np.ravel(world["W1_new"]))
    found = check({"W1_new": text}, trace)
    assert all(mistake in number.names for number in found.numbers), [n.names for n in found.numbers]


@pytest.mark.parametrize("factor", [3.0, 1.5, 0.3])
@pytest.mark.parametrize("seed", [1, 2, 7])
def test_a_multiple_of_a_whole_line_is_no_mistake_that_fits_one_of_its_numbers(seed, factor):
    """Three times the right dW1 has numbers that 1 − a in place of σ′ would give as well; the line says three times."""
    trace = drawn((2, 3, 2), seed).trace()
    for site in ("dW1", "dW2", "delta1", "error1"):
        written = ", ".join(f"{factor * value:.4g}" for value in np.ravel(trace[site].value))
        numbers = check({site: written}, trace).numbers
        named = {number.names for number in numbers if number.is_certain and number.mistakes}
        assert len(named) <= 1
        if named:  # then it explains every one of them
            assert all(number.mistakes for number in numbers)
        else:
            assert all(number.relation.value == pytest.approx(factor, rel=2e-3) for number in numbers)

"""Sharing by weights, wiggling, iterations, games, counts: what the ideas say, held against the engine."""

import numpy as np
import pytest
from hypothesis import given, settings

from clearprop import Network, sgd
from clearprop.errors import InputError, UnknownNameError
from clearprop.explain import CASES, case, explain, iterate, multiplications, play, share, wiggle
from clearprop.explain.derivations.sharing import angle, share_line, share_out
from clearprop.formulas import ACTIVATIONS, Apply, Symbol
from clearprop.formulas.expressions import fold
from kinks import KINKS
from sample_networks import jobs


def test_shares_are_not_proportional_to_the_transposed_matrix():
    _, by_shares, without = share_out([[1, 3], [1, 1]], [1, 1])
    assert by_shares.tolist() == [1.25, 0.75]
    assert without.tolist() == [4.0, 2.0]


def share_lines(trace, found):
    """The lines of every hidden neuron: by shares, without denominators, by shares, …"""
    places = np.ndindex(found.by_shares.shape)
    return [share_line(trace, found, place, law) for place in places for law in ("share", "transpose")]


def test_the_case_sharing():
    trace = case("sharing").trace()
    found = share(trace)
    error, shares, without = found.total
    assert shares == pytest.approx(error)
    assert without != pytest.approx(error)
    np.testing.assert_allclose(found.exact, -trace["delta1"].value)
    for line in share_lines(trace, found):
        assert line.replay() == pytest.approx(line.value)
    assert found.blown_up == ()


@settings(max_examples=40, deadline=None)
@given(jobs(batch=False))
def test_the_lines_of_sharing_come_to_the_numbers_of_the_table(job):
    trace = explain(*job)
    for layer in range(1, trace.network.depth):
        found = share(trace, layer)
        if not np.isfinite(found.by_shares).all():
            continue
        lines = share_lines(trace, found)
        assert [line.value for line in lines[0::2]] == found.by_shares.tolist()
        assert [line.value for line in lines[1::2]] == found.without_denominators.tolist()


@settings(max_examples=50, deadline=None)
@given(jobs(batch=False))
def test_shares_conserve_the_total_through_any_number_of_layers(job):
    trace = explain(*job)
    if trace.network.depth == 1:
        with pytest.raises(InputError, match="no hidden layer"):
            share(trace)
        return
    found = share(trace, 1)
    total = float((trace["y"].value - trace[f"a{trace.network.depth}"].value).sum())
    if all(np.abs(trace[f"W{l}"].value.sum(axis=0)).min() > 0.2 for l in range(2, trace.network.depth + 1)):
        assert found.by_shares.sum() == pytest.approx(total, rel=1e-6, abs=1e-9)
    assert found.exact.shape == (trace.network.widths[1],)


def test_weights_that_cancel_blow_the_shares_up():
    network = Network.mlp([1, 2, 1], "sigmoid")
    trace = explain(network, network.parameters([[[1.0, -1.0]], [[1.0], [-0.999]]], [[0, 0], [0]]), [1.0], 1.0)
    found = share(trace)
    assert found.blown_up == (0,)
    assert np.abs(found.by_shares).max() > 100 * np.abs(found.error).max()
    exactly_zero = explain(network, network.parameters([[[1.0, -1.0]], [[1.0], [-1.0]]], [[0, 0], [0]]), [1.0], 1.0)
    assert np.isnan(share(exactly_zero).by_shares).all()
    assert "nearly cancel" in exactly_zero.explained(sections=["sharing"]).text()


def test_angles():
    assert angle(np.array([1.0, 0.0]), np.array([1.0, 1.0])) == pytest.approx(45)
    assert np.isnan(angle(np.zeros(2), np.ones(2)))


@settings(max_examples=40, deadline=None)
@given(jobs())
def test_a_wiggled_parameter_feels_like_its_slope_where_the_loss_is_smooth(job):
    trace = explain(*job)
    smooth = set(ACTIVATIONS) - set(KINKS)
    names = {layer.activation.name for layer in trace.network.layers}
    if not names <= smooth or trace.network.loss.name in ("absolute_error", "huber", "quantile"):
        return
    found = wiggle(trace, "b1[0]", 1e-4)
    assert found.felt == pytest.approx(found.slope, rel=1e-3, abs=1e-5)
    assert found.at == trace.value_of("loss")


def test_wiggle_refuses_what_it_cannot_move():
    trace = case("mazur").trace()
    with pytest.raises(InputError, match="not a weight or bias"):
        wiggle(trace, "z1[0]")
    with pytest.raises(InputError, match="above 0"):
        wiggle(trace, "W1[0,0]", 0.0)
    with pytest.raises(UnknownNameError):
        wiggle(trace, "W7[0,0]")


def products(tree):
    """Multiplications between factors when a tree is computed as it stands: a product of n factors has n − 1."""

    def node(function, _, below):
        return sum(below) + (function == "multiply")

    return fold(tree, lambda _: 0, node)


@pytest.mark.parametrize("widths", [(2, 1), (2, 2, 2), (3, 2, 4, 2), (1, 1, 1, 1)])
def test_the_count_of_multiplications_is_that_of_the_trees(widths):
    network = Network.mlp(widths, "sigmoid", "sigmoid")
    random = np.random.default_rng(0)
    trace = explain(network, network.initial(0), random.random(widths[0]), random.random(widths[-1]))
    expanded = 0
    for block in network.blocks:
        for place in np.ndindex(block.shape):
            for path in trace.path(f"{block.name}[{','.join(map(str, place))}]").paths:
                tree = None
                for factor in path.factors[: None if block.name[0] == "W" else -1]:
                    tree = factor.partial if tree is None else Apply("multiply", (tree, factor.partial))
                expanded += products(tree)
    folded = sum(
        products(site.equation.tree(_scope(trace), place))
        for name, site in trace.sites.items()
        if (name[:5] in ("error", "delta") and name != f"error{network.depth}") or name.startswith("dW")
        for place in np.ndindex(site.value.shape)
    )
    found = multiplications(trace)
    assert (found.expanded, found.back_propagation) == (expanded, folded)
    assert isinstance(Symbol("x"), Symbol)


def _scope(trace):
    from clearprop.trace.scalar_trees import Scope

    return Scope(trace.arrays, widest=100)


def test_iterations_are_the_steps_of_training_and_end_for_a_reason():
    trace = case("case_study").trace()
    run = iterate(trace, 5, chosen=("W2[0,0]", "b1[1]"))
    assert [row.step for row in run.rows] == [1, 2, 3, 4, 5, 6]
    assert run.rows[1].parameters[0] == trace.value_of("W2_new[0,0]")
    assert run.rows[1].loss == trace.value_of("loss_new")
    assert run.reason == "preset"
    assert iterate(trace, 500, tolerance=1e-4).reason == "converged"
    network = Network.mlp([1, 1])
    wild = explain(network, network.parameters([[3.0]], [0.0]), [1e3], 0.0, sgd(1e3))
    with np.errstate(all="ignore"):
        assert iterate(wild, 500).reason == "diverged"
    with pytest.raises(InputError, match="at least 1"):
        iterate(trace, 0)


def test_vanishing_and_exploding_errors_are_named():
    network = Network.mlp([1, *[1] * 6, 1], "sigmoid", "sigmoid")
    small = explain(network, network.parameters([[0.5]] * 7, [[0.0]] * 7), [1.0], 1.0)
    assert [l for l, _ in iterate(small, 1).vanishing] == [1, 2, 3, 4]  # a factor of at most ⅛ a layer
    linear = Network.mlp([1, 1, 1, 1], "identity")
    large = explain(linear, linear.parameters([[20.0]] * 3, [[0.0]] * 3), [1e-5], 1.0, sgd(1e-12))
    assert [l for l, _ in iterate(large, 1).exploding] == [1]
    text = small.explained(sections=["iterations"], steps=1).text()
    assert "vanishing gradient" in text
    assert "exploding gradient" in large.explained(sections=["iterations"], steps=1).text()


@pytest.mark.parametrize(("name", "has_girl"), [("two_players", False), ("three_players", True)])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_games_are_played_by_real_networks(name, has_girl, language):
    trace = case(name).trace()
    game = play(trace, 3)
    assert game.has_girl == has_girl
    assert list(game.direct.values()) == ([False, True] if has_girl else [True])
    losses = [played.value_of("loss") for played in game.rounds]
    assert losses == sorted(losses, reverse=True)
    text = trace.explained(sections=["game"], language=language, steps=3).text()
    for played in game.rounds:
        for site in ("z1[0]", f"delta{trace.network.depth}[0]", "W1_new[0,0]"):
            from clearprop.explain.writing.numbers import NumberFormat

            assert NumberFormat(4).shown(played.value_of(site)).text() in text.replace("\n", "")
    svg = trace.explained().svg()
    assert svg.count("stroke-dasharray") == has_girl


def test_games_need_a_network_of_players():
    with pytest.raises(InputError, match="not by 2-2-2"):
        play(case("mazur").trace())
    with pytest.raises(InputError, match="rounds"):
        play(case("two_players").trace(), 0)


def test_descent_has_something_to_say_about_hidden_layers():
    deep = case("mazur").trace().explained(sections=["why"]).text()
    assert "there is no target to compare it with" in deep.replace("\n", " ")
    assert "0.03635" in deep
    flat = case("logistic_regression").trace().explained(sections=["why"]).text()
    assert "no hidden layer" in flat


def test_shares_and_what_has_no_denominators_have_names_of_their_own():
    text = case("sharing").trace().explained(sections=["sharing"]).text()
    for name in ("e¹₁", "u¹₁", "e²₁ = y₁ − a²₁", "= (w²)ᵀ · e²"):
        assert name in text
    assert "[w²₁₁/(w²₁₁ + w²₁₂), w²₂₁/(w²₂₁ + w²₂₂); w²₁₂/(w²₁₁ + w²₁₂), w²₂₂/(w²₂₁ + w²₂₂)] · e²" in text
    assert "1.25 : 0.75, but without denominators 4 : 2" in text.replace("\n", " ").replace("\u00a0", " ")
    latex = case("sharing").trace().explained(sections=["sharing"], forms=["matrix"]).latex()
    assert r"\begin{bmatrix} \frac{w^{2}_{11}}{w^{2}_{11} + w^{2}_{12}}" in latex


@pytest.mark.parametrize(("language", "words"), [("en", "Two assumptions on the loss"), ("zh", "对损失的两个假设")])
def test_the_two_assumptions_on_a_loss_have_a_section(language, words):
    for name in sorted(CASES):
        text = case(name).trace().explained(sections=["assumptions"], language=language).text()
        assert words in text
        assert "BP1" in text


def test_iterations_count_the_updates_made():
    text = case("mazur").trace().explained(sections=["iterations"], steps=5).text()
    rows = [line.split("│")[1].strip() for line in text.splitlines() if line.startswith("│")]
    assert rows == ["0", "1", "2", "3", "4", "5"]
    assert "the 5 steps" in text

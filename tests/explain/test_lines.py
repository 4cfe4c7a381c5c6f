import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop import Network, adam
from clearprop.errors import InputError, UnknownNameError
from clearprop.explain import CASES, case, explain
from clearprop.explain.lines import Line, Omission, line_of, lines_of, matrix_line, neuron_line, places
from clearprop.explain.notation import NOTATIONS, notation
from clearprop.explain.numbers import NumberFormat
from clearprop.explain.pen import TEXT, Pen
from clearprop.explain.sections.chain import rule_of
from replaying import evaluate, interval
from sample_networks import jobs


def pen_for(trace, digits, name="nielsen"):
    return Pen(TEXT, notation(name, trace.network.widths, trace.is_batch), NumberFormat(digits))


def every_line(trace, widest=8):
    """All lines of single numbers that an explanation of the trace can hold."""
    for name, site in trace.sites.items():
        if site.inputs and name != "loss_new":
            yield from (line for line in lines_of(trace, name, widest) if isinstance(line, Line))


def numbers_of(pen, line):
    """The text of the numbers put in, or of the symbols where those are numbers already."""
    return pen.with_numbers(line.forms[-1], line.values)


@settings(max_examples=60, deadline=None)
@given(jobs(), st.sampled_from([2, 8]))
def test_every_printed_line_replays_at_17_digits(job, widest):
    trace = explain(*job)
    pen = pen_for(trace, 17)
    for line in every_line(trace, widest):
        text = numbers_of(pen, line)
        largest = max((abs(float(v)) for v in line.values.values()), default=1.0)
        found = evaluate(text)
        assert found == pytest.approx(line.value, rel=1e-13, abs=1e-15 * max(1.0, largest)), f"{line.target}: {text}"


@settings(max_examples=60, deadline=None)
@given(jobs(), st.integers(2, 8))
def test_every_printed_line_replays_within_the_rounding_of_its_numbers(job, digits):
    trace = explain(*job)
    pen = pen_for(trace, digits)
    for line in every_line(trace):
        text = numbers_of(pen, line)
        found = interval(text)
        slack = 1e-9 * max(1.0, abs(float(line.value)))
        assert found.low - slack <= line.value <= found.high + slack, f"{line.target}: {text} gives {found}"


@settings(max_examples=60, deadline=None)
@given(jobs())
def test_lines_hold_the_tree_and_the_engines_value(job):
    trace = explain(*job)
    for line in every_line(trace):
        assert line.replay() == pytest.approx(line.value, rel=1e-11, abs=1e-13)
        assert line.value == trace.value_of(line.target.name)


@settings(max_examples=60, deadline=None)
@given(jobs(), st.booleans())
def test_matrix_and_neuron_lines_replay(job, columns):
    trace = explain(*job)
    for name, site in trace.sites.items():
        if not site.inputs:
            continue
        line = matrix_line(trace, name, columns)
        if line is not None and name != "loss":
            with np.errstate(over="ignore"):
                found = np.broadcast_to(line.replay(), np.shape(line.value))
            np.testing.assert_allclose(found, line.value, rtol=1e-10, atol=1e-12, err_msg=name)
        if site.value.ndim and not trace.is_batch:
            single = neuron_line(trace, name, site.value.shape[-1] - 1, columns)
            if single is not None:
                found = np.asarray(single.replay()).ravel()
                np.testing.assert_allclose(found, single.value, rtol=1e-10, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(jobs(batch=False), st.data())
def test_the_chain_rule_of_every_parameter_replays(job, data):
    trace = explain(*job)
    block = data.draw(st.sampled_from(trace.network.blocks))
    place = data.draw(st.sampled_from(list(np.ndindex(block.shape))))
    name = f"{block.name}[{','.join(map(str, place))}]"
    rule = trace.path(name, most=10**4)
    assert len(rule.paths) == rule.n_paths
    pen = pen_for(trace, 17)
    scale = max(1e-12, *(abs(path.value) for path in rule.paths))
    assert sum(path.value for path in rule.paths) == pytest.approx(rule.value, rel=1e-9, abs=1e-11 * scale)
    for line in (*(path.line for path in rule.paths), rule.total, rule.folded, rule.named):
        with np.errstate(all="ignore"):
            assert line.replay() == pytest.approx(line.value, rel=1e-8, abs=1e-11 * scale), str(line.forms[-1])
        assert evaluate(numbers_of(pen, line)) == pytest.approx(line.value, rel=1e-8, abs=1e-11 * scale)
    assert rule.value == trace.value_of(f"d{name}")


def test_negative_numbers_put_in_are_bracketed():
    trace = case("sharing").trace()
    pen = pen_for(trace, 4)
    text = " ".join(numbers_of(pen, line) for line in every_line(trace))
    assert "(−" in text
    assert not re.search(r"[·+−/] ?−\d", text)
    assert not re.search(r"^−\d.*[·+]", text, re.M)


def test_a_wide_sum_says_what_it_leaves_out_and_its_share():
    network = Network.mlp([50, 2, 1], hidden="relu")
    random = np.random.default_rng(0)
    trace = explain(network, network.initial(0), random.random(50), 1.0)
    line = line_of(trace, "z1[0]")
    pen = pen_for(trace, 17)
    assert "… + w¹₁,₅₀·x₅₀" in pen.formula(line.forms[0]).replace("w¹_{1,50}", "w¹₁,₅₀")
    share = float(re.search(r"\[46 more: (−?[\d.e⁻·]+)\]", numbers_of(pen, line))[1].replace("−", "-"))
    W, x = trace["W1"].value[:, 0], trace["a0"].value
    assert share == pytest.approx(float(W[3:49] @ x[3:49]), rel=1e-12)
    assert evaluate(numbers_of(pen, line)) == pytest.approx(line.value, rel=1e-12)


def test_piecewise_formulas_print_cases_in_symbols_and_the_branch_taken_in_numbers():
    network = Network.mlp([1, 1, 1], hidden="leaky_relu")
    trace = explain(network, network.parameters([[[1.0]], [[1.0]]], [[0.0], [0.0]]), [-2.0], 1.0)
    line = line_of(trace, "a1[0]")
    pen = pen_for(trace, 4)
    assert "otherwise" in pen.formula(line.forms[0])
    assert numbers_of(pen, line) == "0.01·(−2)"


def test_wide_layers_are_left_out_with_a_count():
    assert places((3,)) == [(0,), (1,), (2,)]
    assert places((100,)) == [(0,), (1,), (2,), Omission(96), (99,)]
    assert places((784, 128)) == [(0, 0), (0, 127), (783, 0), Omission(784 * 128 - 4), (783, 127)]
    assert places(()) == [()]


@pytest.mark.parametrize("name", sorted(NOTATIONS))
@pytest.mark.parametrize("chosen", sorted(CASES))
def test_every_notation_names_every_number_differently(name, chosen):
    trace = case(chosen).trace()
    written = notation(name, trace.network.widths, trace.is_batch)
    seen = {}
    from clearprop.explain.references import at, parse

    for site in trace:
        for place in np.ndindex(np.shape(trace[site].value)):
            if np.size(trace[site].value) > 2000:
                continue
            label = at(site, *place) if place else site
            text = written.write(parse(label)).text()
            assert text not in seen or {seen[text], label} <= {"loss", "losses[0]", "C"}, (label, seen[text], text)
            seen[text] = label


def test_notations_by_example():
    def written(name, *labels, widths=(2, 2, 2)):
        from clearprop.explain.references import parse

        return [notation(name, widths).write(parse(label)).text() for label in labels]

    labels = ("W2[0,1]", "z1[1]", "a1[0]", "a0[1]", "b2[0]", "delta2[0]", "dW1[0,0]", "W1_new[0,1]", "loss")
    assert written("nielsen", *labels) == ["w²₂₁", "z¹₂", "a¹₁", "x₂", "b²₁", "δ²₁", "∂C/∂w¹₁₁", "w¹⁺₂₁", "C"]
    assert written("code", *labels) == [
        "W2[0, 1]", "z1[1]", "a1[0]", "x[1]", "b2[0]", "delta2[0]", "dW1[0, 0]", "W1_new[0, 1]", "loss"
    ]  # fmt: skip
    assert written("letters", *labels) == ["w⁽²⁾₁₂", "z_d", "o_c", "x_b", "b_e", "δ_e", "∂C/∂w⁽¹⁾₁₁", "w⁽¹⁾⁺₁₂", "C"]
    assert written("mazur", *labels) == [
        "w₇", "net_h2", "out_h1", "i₂", "b_o1", "δ_o1", "∂E_total/∂w₁", "w⁺₃", "E_total"
    ]  # fmt: skip
    assert written("rashid", *labels)[:2] == ["w^ho_{1,2}", "X_{hidden,2}"]


def test_adam_is_explained_moment_by_moment():
    found = case("case_study")
    trace = explain(found.network, found.params, found.x, found.y, adam(0.1))
    text = pen_for(trace, 4).formula(line_of(trace, "W1_new[0,0]").forms[0])
    assert "m⁺" in text
    assert "β₁^t" in text


def test_questions_that_have_no_line():
    trace = case("mazur").trace()
    with pytest.raises(InputError, match="is not derived"):
        line_of(trace, "W1[0,0]")
    with pytest.raises(UnknownNameError, match="did you mean 'W1'"):
        trace.path("W11[0,0]")
    with pytest.raises(InputError, match="no weight or bias"):
        trace.path("z1[0]")
    with pytest.raises(InputError, match="written out for one sample"):
        case("xor").trace().path("W1[0,0]")


def test_a_network_too_large_for_the_long_form_says_how_many_paths_there_are():
    network = Network.mlp([3, 20, 20, 20, 5], hidden="tanh")
    trace = explain(network, network.initial(0), [1, 2, 3], np.zeros(5))
    with pytest.raises(InputError, match=r"2,000 paths lead from the loss to W1\[0,0\].*only_folded=True"):
        trace.path("W1[0,0]")
    rule = trace.path("W1[0,0]", only_folded=True)
    assert rule.folded.replay() == pytest.approx(trace.value_of("dW1[0,0]"))
    assert not rule_of(trace, "W1[0,0]").paths

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop import Network, adam, sgd
from clearprop.errors import InputError, UnknownNameError
from clearprop.explain import CASES, Explanation, case, explain
from clearprop.explain.derivations.lines import Line, Omission, line_of, lines_of, matrix_line, neuron_line, places
from clearprop.explain.sections.chain import rule_of
from clearprop.explain.sections.kit import FORMS
from clearprop.explain.writing.document import Columns, Derivation
from clearprop.explain.writing.notation import NOTATIONS, notation
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.explain.writing.pen import TEXT, Pen
from replaying import evaluate, exactly, interval
from sample_networks import fits, jobs


def pen_for(trace, digits, name="nielsen"):
    return Pen(TEXT, notation(name, trace.network.widths, trace.is_batch), NumberFormat(digits))


def every_line(trace):
    """All lines of single numbers that an explanation of the trace can hold."""
    for name, site in trace.sites.items():
        if site.inputs and name != "loss_new":
            yield from (line for line in lines_of(trace, name) if isinstance(line, Line))


def numbers_of(pen, line):
    """The text of the numbers put in, or of the symbols where those are numbers already."""
    return pen.with_numbers(line.forms[-1], line.values)


def lines_in(document):
    """Every line that a document prints with numbers."""
    for block in document.blocks:
        parts = [block] if isinstance(block, Derivation) else []
        parts += [part for _, part in block.parts] if isinstance(block, Columns) else []
        for part in parts:
            yield from (line for line in part.lines if isinstance(line, Line) and line.forms and line.value is not None)


def assert_replays(pen, line):
    """The numbers of a line, as printed with 17 digits, give its value to the last bit."""
    found = exactly(numbers_of(pen, line), line.calls)
    if found is not None:
        expected = np.asarray(line.value, dtype=float)
        found = found.reshape(expected.shape) if found.size == expected.size else found
        shape = np.broadcast_shapes(found.shape, expected.shape)  # a slope of 1 is printed once for all neurons
        found, expected = np.broadcast_to(found, shape), np.broadcast_to(expected, shape)
        assert np.array_equal(found, expected, equal_nan=True), f"{line.target}: {numbers_of(pen, line)}"


EVERYTHING = ("step", "path", "boxes", "proofs", "why", "sharing")


@settings(max_examples=60, deadline=None)
@given(jobs(), st.data())
def test_every_printed_line_replays_exactly_at_17_digits(job, data):
    trace = explain(*job)
    block = data.draw(st.sampled_from(trace.network.blocks))
    parameter = f"{block.name}[{','.join('0' for _ in block.shape)}]"
    found = Explanation(trace, digits=17, sections=EVERYTHING, forms=FORMS, parameter=parameter)
    count = 0
    for line in lines_in(found.document):
        assert_replays(found.pen(TEXT), line)
        count += 1
    assert count > 10


@settings(max_examples=40, deadline=None)
@given(fits(), st.sampled_from(sorted(NOTATIONS)))
def test_lines_of_fits_that_ask_for_much_replay_exactly_too(fit, name):
    trace = explain(*fit[0], **fit[1])
    found = Explanation(trace, name, digits=17, sections=EVERYTHING)
    for line in lines_in(found.document):
        assert_replays(found.pen(TEXT), line)


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_line_of_every_case_replays_exactly(name):
    found = Explanation(case(name).trace(), digits=17, sections=(*EVERYTHING, "afterwards"))
    lines = list(lines_in(found.document))
    for line in lines:
        assert_replays(found.pen(TEXT), line)
    assert len(lines) > 15


def test_wide_sums_replay_exactly_with_what_they_leave_out():
    network = Network.mlp([50, 20, 9], "tanh", loss="cross_entropy")
    random = np.random.default_rng(0)
    trace = explain(network, network.initial(0), random.normal(size=50), np.eye(9)[2], adam(0.1))
    found = Explanation(trace, digits=17, sections=EVERYTHING)
    lines = list(lines_in(found.document))
    assert sum(" more: " in numbers_of(found.pen(TEXT), line) for line in lines) > 10
    for line in lines:
        assert_replays(found.pen(TEXT), line)


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
        assert line.replay() == line.value or np.isnan(line.value)
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
            np.testing.assert_array_equal(found, line.value, err_msg=name)
        if site.value.ndim:
            single = neuron_line(trace, name, tuple(n - 1 for n in site.value.shape), columns)
            if single is not None:
                found = np.asarray(single.replay()).ravel()
                np.testing.assert_array_equal(found, single.value)


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
    assert places((784, 128)) == [(0, 0), (0, 127), Omission(784 * 128 - 4), (783, 0), (783, 127)]
    assert places(()) == [()]


@pytest.mark.parametrize("name", sorted(NOTATIONS))
@pytest.mark.parametrize("chosen", sorted(CASES))
def test_every_notation_names_every_number_differently(name, chosen):
    trace = case(chosen).trace()
    written = notation(name, trace.network.widths, trace.is_batch)
    seen = {}
    from clearprop.trace.names import at, parse

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
        from clearprop.trace.names import parse

        return [notation(name, widths).write(parse(label)).text() for label in labels]

    labels = ("W2[0,1]", "z1[1]", "a1[0]", "a0[1]", "b2[0]", "delta2[0]", "dW1[0,0]", "W1_new[0,1]", "loss")
    assert written("nielsen", *labels) == ["w²₂₁", "z¹₂", "a¹₁", "x₂", "b²₁", "δ²₁", "∂C/∂w¹₁₁", "w¹₂₁⁺", "C"]
    assert written("code", *labels) == [
        "W2[0, 1]", "z1[1]", "a1[0]", "x[1]", "b2[0]", "delta2[0]", "dW1[0, 0]", "W1_new[0, 1]", "loss"
    ]  # fmt: skip
    assert written("letters", *labels) == ["w⁽²⁾₁₂", "z_d", "o_c", "x_b", "b_e", "δ_e", "∂C/∂w⁽¹⁾₁₁", "w⁽¹⁾₁₂⁺", "C"]
    assert written("mazur", *labels) == [
        "w₇", "net_h2", "out_h1", "i₂", "b_o1", "δ_o1", "∂E_total/∂w₁", "w₃⁺", "E_total"
    ]  # fmt: skip
    assert written("rashid", *labels)[:2] == ["w^ho_{1,2}", "X_{hidden,2}"]


def test_adam_is_explained_moment_by_moment():
    found = case("case_study")
    trace = explain(found.network, found.params, found.x, found.y, adam(0.1))

    def text(name):
        return pen_for(trace, 4).formula(line_of(trace, name).forms[0])

    assert "m̂" in text("W1_new[0,0]")
    assert "v̂" in text("W1_new[0,0]")
    assert "m⁺" in text("m_hat_W1[0,0]")
    assert "β₁^t" in text("m_hat_W1[0,0]")
    assert "v⁺" in text("v_hat_W1[0,0]")
    assert "β₂^t" in text("v_hat_W1[0,0]")


def test_questions_that_have_no_line():
    trace = case("mazur").trace()
    with pytest.raises(InputError, match="is not derived"):
        line_of(trace, "W1[0,0]")
    with pytest.raises(UnknownNameError, match="did you mean 'W1'"):
        trace.path("W11[0,0]")
    with pytest.raises(InputError, match="not a weight or bias"):
        trace.path("z1[0]")


def test_a_network_too_large_for_the_long_form_says_how_many_paths_there_are():
    network = Network.mlp([3, 20, 20, 20, 5], hidden="tanh")
    trace = explain(network, network.initial(0), [1, 2, 3], np.zeros(5))
    with pytest.raises(InputError, match=r"2,000 paths lead from the loss to W1\[0,0\].*only_folded=True"):
        trace.path("W1[0,0]")
    rule = trace.path("W1[0,0]", only_folded=True)
    assert rule.folded.replay() == pytest.approx(trace.value_of("dW1[0,0]"))
    assert not rule_of(trace, "W1[0,0]").paths


def test_the_digits_follow_the_change():
    found = case("sharing")
    trace = explain(found.network, found.params, found.x, found.y, sgd(1e-5))
    text = trace.explained(sections=["update", "afterwards"], digits=4).text()
    assert "3.000000043" in text  # w²₂₁, moved by 4.3e-8
    after, predicted = (trace.value_of(name) for name in ("loss_new", "prediction"))
    assert after != predicted
    shown = [piece for piece in text.replace("\n", " ").split() if piece.startswith("0.0355")]
    assert len(set(shown[-3:])) == 3  # afterwards, predicted, before


def test_a_quotient_of_vectors_is_not_written_as_a_fraction():
    for name in ("xor", "digits"):
        text = case(name).trace().explained(sections=["backward"], forms=["matrix"]).text(400)
        assert "⊘" in text.split("≈")[0].split("BP1")[1]

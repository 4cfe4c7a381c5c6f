"""Random sheets: whatever is written is read or refused; a network written in random ways is read back as it is."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop import Network
from clearprop.errors import InputError
from clearprop.explain import explain, read_sheet
from clearprop.explain.checking.worksheets.arithmetic import worked_out
from clearprop.explain.checking.worksheets.sheet import Sheet
from clearprop.explain.checking.worksheets.spelling import spelled
from clearprop.explain.checking.worksheets.values import readings
from clearprop.explain.writing.notation import NOTATIONS, notation
from clearprop.trace.names import at, parse

SIGNS = "z1 = 0.41,47 a¹₂δ∂C/∂w_{}^()[]|\\frac$#*-:;=≈%?…\n\tx y W b loss 步 损失 输出 ，：＝ step 2 \"'+·e"
LETTERS = st.text(st.sampled_from(SIGNS), max_size=60) | st.text(max_size=30)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(["", "case: case_study\n", "case: xor\nnotation: letters\n", "network: 2-2-1\nx = 1, 2\n"]),
       st.lists(LETTERS, max_size=6))  # fmt: skip
def test_any_text_is_a_sheet_or_refused_with_words(head, lines):
    start = time.process_time()
    said = ""
    try:
        assert isinstance(read_sheet(head + "\n".join(lines)), Sheet)
    except InputError as error:
        said = str(error)
    assert not said or len(said) > 10
    assert time.process_time() - start < 5


@settings(max_examples=300, deadline=None)
@given(LETTERS)
def test_any_text_can_be_spelled_and_worked_out(text):
    assert isinstance(spelled(text), str)
    assert worked_out(text) is None or np.isfinite(worked_out(text))
    for value in readings(text):
        assert all(item.text for item in value.items)


def network_of(random):
    widths = [int(n) for n in random.integers(1, 4, int(random.integers(2, 5)))]
    network = Network.mlp(widths, "sigmoid", "identity", "half_squared_error")
    params = network.views(random.uniform(-2, 2, network.n_parameters).round(2))
    return explain(
        network, params, random.uniform(-1, 1, widths[0]).round(2), random.uniform(0, 1, widths[-1]).round(2)
    )


def number(value, random, comma):
    """A number as somebody writes it."""
    text = f"{value:.4f}" if random.random() < 0.7 else f"{value:.3e}"
    text = text.replace("-", str(random.choice(["-", "−", "–"])), 1) if value < 0 else text
    return text.replace(".", ",") if comma else text


def array(value, random, comma):
    """An array as somebody writes it: a list, in brackets of many kinds, over several lines, in LaTeX."""
    value = np.asarray(value)
    if value.ndim == 0:
        return number(float(value), random, comma)
    items = [number(float(item), random, comma) for item in value.ravel()]
    if value.ndim == 2 and min(value.shape) > 1 and not comma:
        rows = [items[i : i + value.shape[1]] for i in range(0, len(items), value.shape[1])]
        way = int(random.integers(5))
        if way == 0:
            return "[" + ", ".join("[" + ", ".join(row) + "]" for row in rows) + "]"
        if way == 1:
            return "[" + "; ".join(" ".join(row) for row in rows) + "]"
        if way == 2:
            return "array([" + ",\n       ".join("[" + ", ".join(row) + "]" for row in rows) + "])"
        if way == 3:
            return r"\begin{bmatrix} " + r" \\ ".join(" & ".join(row) for row in rows) + r" \end{bmatrix}"
        return "\n" + "\n".join("  ".join(row) for row in rows)
    joint = "; " if comma else str(random.choice([", ", " ", "; ", "，", ",\n   "]))
    left, right = [("", ""), ("(", ")"), ("[", "]"), ("{", "}")][int(random.integers(4))]
    return left + joint.join(items) + right


def name(site, random):
    """A whole array's name as somebody writes it; names that only some books have are left to the next test."""
    found = parse(site)
    kind, layer, after = found.kind, found.layer, found.after
    ways = [site]
    new = "_new" if after else ""
    if kind in ("z", "a", "W", "b") and layer != "0" and not after:
        ways += [
            f"{kind}_{layer}",
            f"${kind}_{{{layer}}}$",
            f"{kind}[{layer}]",
            f"**{kind}{layer}**",
            f"`{kind}{layer}`",
        ]
    if kind == "delta":
        ways += [f"δ{layer}", f"δ_{layer}", f"δ^({layer})", rf"\delta^{{({layer})}}", f"δ⁽{'⁰¹²³⁴'[int(layer)]}⁾"]
    if kind in ("dW", "db"):
        ways += [f"∂C/∂{kind[1]}{layer}", f"dL/d{kind[1]}{layer}", f"grad_{kind[1]}{layer}", f"∇{kind[1]}{layer}",
                 rf"\frac{{\partial L}}{{\partial {kind[1]}_{layer}}}", f"{kind[1]}{layer}.grad"]  # fmt: skip
    if kind in ("W", "b") and after:
        one = f"{kind}{layer}"
        ways += [f"{one}'", f"{one}+", f"new {one}", f"{kind}_{layer}^{{new}}", f"{one}(new)"]
    if kind == "loss":
        ways += [f"Loss{new}", f"E{new}", f"C{new}"] + ([] if after else ["MSE", "total error", "损失"])
    return str(random.choice(ways))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_a_network_written_in_random_ways_is_read_back(seed):
    random = np.random.default_rng(seed)
    trace = network_of(random)
    comma = random.random() < 0.2
    lines = [f"network: {'-'.join(map(str, trace.network.widths))}", "output: identity", "loss: half_squared_error"]
    wanted = {}
    for site in trace:
        if site in ("losses", "t", "rate", "prediction") or site.startswith("rate"):
            continue
        sign = str(random.choice([" = ", "=", ": ", " ≈ ", "＝"]))
        said = "x" if site == "a0" else name(site, random)
        lines.append(str(random.choice(["", "- ", "  ", "* "])) + said + sign + array(trace[site].value, random, comma))
        if random.random() < 0.2:
            lines += ["", "Now we go on."]
        if trace[site].inputs:
            wanted |= {
                at(site, *i) if i else site: trace[site].value[i] for i in np.ndindex(np.shape(trace[site].value))
            }
    text = "\n".join(lines)
    sheet = read_sheet(text)
    found = {str(reference): written for entry in sheet.entries for reference, written in entry.numbers}
    assert set(found) == set(wanted), text
    for key, written in found.items():
        assert abs(written.value - wanted[key]) <= 0.51 * written.unit, f"{key}\n{text}"
    for site in ("a0", "y", "W1", "b1"):
        reach = 6e-4 * max(1.0, float(np.abs(trace[site].value).max()))
        assert sheet.trace[site].value == pytest.approx(trace[site].value, abs=reach)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(sorted(NOTATIONS)))
def test_every_number_is_read_under_the_name_that_a_notation_gives_it(seed, style):
    random = np.random.default_rng(seed)
    trace = network_of(random)
    written = notation(style, trace.network.widths)
    head = f"network: {'-'.join(map(str, trace.network.widths))}\noutput: identity\nnotation: {style}\n"
    given_lines, lines, wanted = [], [], []
    for site in trace:
        if site.startswith("rate") or site == "t":
            continue
        for place in np.ndindex(np.shape(trace[site].value)):
            reference = parse(at(site, *place) if place else site)
            line = f"{written.write(reference).text()} = {float(trace[site].value[place]):.5f}"
            if trace[site].inputs:
                lines.append(line)
                wanted.append(str(reference))
            else:
                given_lines.append(line)
    sheet = read_sheet(head + "\n".join(given_lines + lines))
    assert [str(reference) for entry in sheet.entries for reference, _ in entry.numbers] == wanted
    assert sheet.trace["W1"].value == pytest.approx(trace["W1"].value, abs=1e-5)

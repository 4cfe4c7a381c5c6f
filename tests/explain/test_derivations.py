"""Every derivation of every section against the engine's gradient and a central difference: none may differ."""

import numpy as np
import pytest

from choosing_pairs import alternating, covering
from clearprop import Network, adam, backward, forward, sgd
from clearprop.engines import Job
from clearprop.explain import Explanation, case, explain, share
from clearprop.explain.derivations.lines import Line, oriented, turned
from clearprop.explain.derivations.paths import added_by
from clearprop.explain.derivations.sharing import settled_sum
from clearprop.explain.derivations.telling import telling_weight
from clearprop.explain.renderers.numbering import Numbering
from clearprop.explain.renderers.numbering import lines_of as numbered
from clearprop.explain.sections import IDEAS, STEP
from clearprop.explain.sections.kit import FORMS
from clearprop.explain.writing.document import Columns, Derivation, Number, Table
from clearprop.explain.writing.notation import NOTATIONS, notation
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.explain.writing.pen import LATEX, MATHML, TEXT
from clearprop.formulas import Symbol
from clearprop.trace.names import Partial, at, parse, reference

EVERYTHING = tuple(name for name in (*STEP, *IDEAS) if name not in ("picture", "conventions"))
NETWORKS = {
    "no hidden layer": ((2, 1), [], "logistic", "binary_cross_entropy"),
    "softmax": ((2, 3), [], "softmax", "cross_entropy"),
    "softmax behind a hidden layer": ((3, 2, 2), ["tanh"], "softmax", "squared_error"),
    "one output": ((2, 2, 1), ["logistic"], "logistic", "squared_error"),
    "several outputs": ((2, 3, 3), ["softplus"], "identity", "half_squared_error"),
    "two hidden layers": ((2, 3, 2, 2), ["tanh", "silu"], "logistic", "binary_cross_entropy"),
}
ASKED = {
    "plain": {},
    "rows": {"rows": True},
    "classes": {"rows": True, "class_weight": True},
    "dropout and penalties": {"rows": True, "dropout": 0.4, "l2": 0.1, "l1": 0.02},
    "smoothing and clipping": {"label_smoothing": 0.1, "clip_norm": 0.05, "optimizer": True},
}


def trace_of(name, samples, asked):
    """A step of this network; 0 samples for one that is no batch. None where the network cannot be asked that."""
    widths, hidden, output, loss = NETWORKS[name]
    network = Network.mlp(list(widths), hidden, output, loss)
    asked = dict(ASKED[asked])
    distribution = network.loss.is_distribution
    if ("class_weight" in asked and not distribution) or (
        "label_smoothing" in asked and network.loss.natural_output not in ("softmax", "logistic")
    ):
        return None
    random = np.random.default_rng([samples, len(widths), widths[-1]])
    params = network.views(random.normal(scale=0.8, size=network.n_parameters))
    n = max(1, samples)
    X, Y = random.normal(size=(n, widths[0])), random.random((n, widths[-1]))
    if distribution:
        Y = np.eye(widths[-1])[random.integers(0, widths[-1], n)]
    weight = random.uniform(0.3, 3, n) if asked.pop("rows", False) else None
    if asked.pop("class_weight", False):
        asked["class_weight"] = tuple(random.uniform(0.5, 2, widths[-1]))
    if "dropout" in asked:
        asked["dropout"] = tuple(asked["dropout"] if l else 0.0 for l in range(network.depth))
    job = Job(network, adam(0.05) if asked.pop("optimizer", False) else sgd(0.1), seed=3, **asked)
    x, y = (X, Y) if samples else (X[0], Y[0])
    return explain(network, params, x, y, job=job, sample_weight=weight)


def lines_of(blocks):
    for block in blocks:
        parts = [block] if isinstance(block, Derivation) else []
        parts += [part for _, part in block.parts] if isinstance(block, Columns) else []
        for part in parts:
            yield from (line for line in part.lines if isinstance(line, Line) and line.forms and line.value is not None)


def engines_gradient(trace):
    """∂C/∂θ by the engine's own forward and backward, by the names of the blocks."""
    setting, params = trace.setting, trace.params
    tape = forward(trace.network, params, setting.X, setting.mask)
    found = backward(trace.network, params, tape, setting.target, setting.weight)
    layers = range(1, trace.network.depth + 1)
    return {f"d{kind}{l}": getattr(found, kind)[l] for l in layers for kind in "Wb"}


def felt(trace, h=1e-6):
    """The same by central differences of the engine's loss."""
    theta, found = trace.params.theta, np.empty(len(trace.params.theta))
    for i in range(len(theta)):
        moved = np.zeros_like(theta)
        moved[i] = h
        found[i] = (trace.setting.loss(theta + moved) - trace.setting.loss(theta - moved)) / (2 * h)
    blocks = trace.network.blocks
    return {f"d{block.name}": found[block.start : block.stop].reshape(block.shape) for block in blocks}


def assert_true(trace, line, columns, gradient, difference):
    """A line's value is what its form comes to, the trace's number, the engine's gradient and the difference felt."""
    with np.errstate(all="ignore"):
        found = np.asarray(line.replay(), float)
    found = found.reshape(np.shape(line.value)) if found.size == np.size(line.value) else found
    found = np.broadcast_to(found, np.shape(line.value))
    np.testing.assert_allclose(found, np.asarray(line.value, float), rtol=1e-9, atol=1e-12, err_msg=str(line.target))
    name = parse(line.target.name)
    if name is None:
        assert line.target.name.startswith(("~one_path", "~one_sample")), line.target
        return
    if isinstance(name, Partial):
        name = name.by._replace(kind=f"d{name.by.kind}")
    if name.kind in ("e", "u"):
        return  # shares are held against `share` below
    place = tuple(int(i) for i in name.indices)
    expected = trace.value_of(str(name)) if place else oriented(trace, name.site, columns)
    np.testing.assert_allclose(line.value, expected, rtol=1e-9, atol=1e-12, err_msg=str(line.target))
    if name.site in gradient:
        for array in (gradient[name.site], difference[name.site]):
            whole = array[place] if place else turned(array, columns)
            np.testing.assert_allclose(line.value, whole, rtol=1e-6, atol=1e-8, err_msg=str(line.target))


@pytest.mark.parametrize(("name", "asked", "samples"), covering(NETWORKS, ASKED, [0, 1, 2, 5]))
def test_no_derivation_differs_from_the_engine(name, samples, asked):
    trace = trace_of(name, samples, asked)
    if trace is None:
        return
    gradient, difference = engines_gradient(trace), felt(trace)
    chosen = at(f"W{trace.network.depth}", 0, 0)
    for parameter, columns in ((None, True), (chosen, False), ("b1[0]", True)):
        style = {"notation": "nielsen" if columns else "code", "parameter": parameter, "forms": FORMS}
        sections = EVERYTHING if parameter is None else ("path", "wiggle", "sharing", "proofs", "backward")
        page = Explanation(trace, sections=sections, steps=1, **style)
        lines = list(lines_of(page.document.blocks))
        assert len(lines) > (20 if parameter is None else 4)
        targets = {line.target.name for line in lines}
        for line in lines:
            assert_true(trace, line, columns, gradient, difference)
        assert {f"d{parameter or 'W1[0,0]'}", f"d{parameter or 'b1[0]'}"} <= targets or trace.is_batch


@pytest.mark.parametrize("name", list(NETWORKS))
@pytest.mark.parametrize("samples", [1, 2, 5, 12])
def test_what_a_sample_adds_is_its_own_slope_times_its_share(name, samples):
    trace = trace_of(name, samples, "rows")
    shares = trace["share"].value
    for parameter in ("W1[0,0]", "b1[0]", at(f"W{trace.network.depth}", 0, 0)):
        found = reference(parameter)
        added = added_by(trace, found)
        for i in range(samples):
            alone = trace.sample(i)
            assert added[i] == pytest.approx(shares[i] * alone.value_of(f"d{parameter}"), rel=1e-9, abs=1e-14)
        assert added.sum() == pytest.approx(trace.value_of(f"d{parameter}"), rel=1e-9, abs=1e-13)
        rule = trace.path(parameter)
        assert len(rule.parts) == samples
        assert len(rule.paths) == rule.n_paths
        for part, value in zip(rule.parts, added, strict=True):
            assert part.folded.value == value
            assert part.total.replay() == pytest.approx(value, rel=1e-9, abs=1e-13)


def numbers_in(blocks, head):
    """The rows of the tables under this caption, as the numbers in them."""
    for block in blocks:
        if isinstance(block, Table) and block.caption.startswith(head):
            for row in block.rows:
                if isinstance(row[0], Symbol):
                    yield row[0].name, [cell.value for cell in row[1:] if isinstance(cell, Number)]


@pytest.mark.parametrize("name", list(NETWORKS))
@pytest.mark.parametrize("samples", [0, 1, 2, 5])
def test_the_table_of_a_layer_holds_every_partial_derivative(name, samples):
    trace = trace_of(name, samples, "rows")
    seen = set()
    for parameter, cells in numbers_in(Explanation(trace, sections=["path"]).document.blocks, "All parameters"):
        seen.add(parameter)
        assert cells[-1] == trace.value_of(f"d{parameter}")
        if samples:
            assert sum(cells[:-1]) == pytest.approx(cells[-1], rel=1e-9, abs=1e-13)
        else:
            assert np.prod(cells[:-1]) == pytest.approx(cells[-1], rel=1e-9)
    assert seen == {at(block.name, *place) for block in trace.network.blocks for place in np.ndindex(block.shape)}


@pytest.mark.parametrize(("written", "medium"), alternating(list(NOTATIONS), ["text", "markdown", "latex", "html"]))
def test_every_notation_and_medium_prints_the_slope_of_the_batch(written, medium):
    trace = case("xor").trace()
    assert trace.value_of("dW1[0,0]") == pytest.approx(-0.06631, abs=5e-6)
    pen = {"text": TEXT, "markdown": LATEX, "latex": LATEX, "html": MATHML}[medium]
    for style in ({"sections": ["path"]}, {"sections": ["path"], "parameter": "W1[0,0]"}, {"sections": ["boxes"]}):
        page = Explanation(trace, written, **style)
        assert page.pen(pen).number(trace.value_of("dW1[0,0]")) in getattr(page, medium)()
        assert page.pen(pen).number(trace.sample(0).value_of("dW2[0,0]")) not in getattr(page, medium)()


@pytest.mark.parametrize(("written", "samples"), alternating(list(NOTATIONS), [1, 2, 5]))
def test_every_medium_prints_the_value_of_every_line(written, samples):
    """Their values are those of the engine, by the test above; a line ends with its own, rounded, in every medium."""
    trace = trace_of("one output", samples, "rows")
    page = Explanation(trace, written, sections=EVERYTHING, forms=FORMS, steps=1)
    media = {"text": TEXT, "markdown": LATEX, "latex": LATEX, "html": MATHML}
    printed = {name: getattr(page, name)() for name in media}
    lines = list(lines_of(page.document.blocks))
    assert len(lines) > 80
    for line in lines:
        for name, medium in media.items():
            finer = line.finer.get(line.target.name, 0)
            pen = page.pen(medium).finer(finer)
            sign, last = page.pen(medium).line(line)[-1]
            value = line.value if line.is_matrix else float(line.value)
            assert last == pen.number(value), (name, line.target)
            assert sign == "≈" or pen.is_exact(value), (name, line.target)
            assert last in printed[name], (name, line.target)


@pytest.mark.parametrize("name", ["xor", "sharing", "mazur"])
def test_a_sum_is_linked_to_the_terms_of_its_own_derivation(name):
    blocks = Explanation(case(name).trace(), sections=EVERYTHING).document.blocks
    numbering, checked = Numbering(blocks), 0
    for line in numbered(blocks):
        terms = [name for name in line.values if name.startswith("~one_")]
        sources = [other for other in numbered(blocks) if numbering[other] in numbering.sources(line)]
        assert all(numbering[other] < numbering[line] for other in sources)
        for source in sources:
            if str(source.target) in terms:
                checked += 1
                assert source.value == line.values[str(source.target)]
    assert checked >= 4


def test_a_weight_behind_a_signal_of_zero_is_not_chosen_to_show_something_with():
    trace = case("digits").trace()
    assert trace.value_of("dW1[0,0]") == 0
    assert telling_weight(trace) == "W1[1,0]"
    text = trace.explained(sections=["wiggle", "iterations"], steps=2).text()
    assert "w¹₁₂" in text
    assert "w¹₁₁" not in text
    assert trace.explained(sections=["wiggle"], parameter="W1[0,0]").chosen == "W1[0,0]"


def test_what_rounding_leaves_of_a_total_of_zero_is_not_shown_as_one():
    found = share(case("digits").trace())
    assert float(found.error.sum()) != 0  # softmax minus a class: 1 − 1
    assert found.total[:2] == (0, 0)
    assert settled_sum([0.1, 0.2, -0.3]) == 0
    assert settled_sum([0.1, 0.2, -0.3 + 1e-14]) != 0


@pytest.mark.parametrize("written", list(NOTATIONS))
def test_the_index_of_a_neuron_is_never_written_as_that_of_a_sample(written):
    letters = notation(written, (2, 2, 2), is_batch=True)
    second_neuron = {
        "nielsen": "a¹⁽¹⁾₂", "code": "a1[0, 1]", "letters": "o⁽¹⁾_d", "mazur": "out⁽¹⁾_h2", "rashid": "O⁽¹⁾_{hidden,2}"
    }[written]  # fmt: skip
    assert letters.write(parse("a1[0,1]")).text() == second_neuron
    general = letters.write(parse("delta{l}[i,j]")).text()
    assert general == ("delta[l][i, j]" if written == "code" else "δˡ⁽ⁱ⁾ⱼ")
    trace = case("xor").trace()
    for site in ("a1", "z1", "delta1", "slope1", "error1"):
        names = {letters.write(parse(at(site, i, j))).text() for i, j in np.ndindex(trace[site].value.shape)}
        assert len(names) == trace[site].value.size


def test_paths_carry_the_names_that_their_sum_refers_to():
    text = case("mazur").trace().explained(sections=["path"], parameter="w11").text()
    for name in ("\n  path 1\n", "\n  path 2\n", "∂C/∂w¹₁₁ = path 1 + path 2"):
        assert name in text
    assert text.count("\n  ∂C/∂w¹₁₁") == 2  # the sum and the folded form; under the name of BP4 once more
    chinese = case("mazur").trace().explained(sections=["path"], parameter="w11", language="zh").text()
    assert "∂C/∂w¹₁₁ = 路径 1 + 路径 2" in chinese


def test_a_large_batch_is_elided_in_the_middle():
    random = np.random.default_rng(0)
    network = Network.mlp([3, 4, 2], "tanh", loss="squared_error")
    trace = explain(network, network.initial(0), random.normal(size=(300, 3)), random.normal(size=(300, 2)))
    text = trace.explained(sections=["path"], parameter="W1[0,0]").text()
    assert "sample 1 + sample 2 + sample 3 + … + sample 300" in text
    assert "[296 more: " in text
    assert NumberFormat(4).shown(trace.value_of("dW1[0,0]")).text() in text
    assert len(text.splitlines()) < 80
    assert len(trace.explained(sections=["ideas"]).text().splitlines()) < 800


def test_the_shares_of_a_batch_are_those_of_its_samples_times_their_share_of_the_mean():
    trace = trace_of("several outputs", 5, "rows")
    whole = share(trace)
    for i in range(5):
        alone = share(trace.sample(i))
        part = trace["share"].value[i]
        np.testing.assert_allclose(whole.by_shares[i], part * alone.by_shares, rtol=1e-12)
        np.testing.assert_allclose(whole.without_denominators[i], part * alone.without_denominators, rtol=1e-12)
        np.testing.assert_allclose(whole.exact[i], part * alone.exact, rtol=1e-12)
    np.testing.assert_allclose(whole.summed[2], -trace["db1"].value, rtol=1e-12)

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop import Network, sgd
from clearprop.errors import ClearpropError, InputError, UnknownNameError
from clearprop.explain import case, check, explain, read_sheet
from clearprop.explain.checking.mistakes import variants
from clearprop.explain.checking.worksheets import WrittenNumber
from clearprop.explain.words import LANGUAGES

ARTICLE = """
network: 2-2-1
hidden: sigmoid
output: sigmoid
loss: squared_error
learning rate: 0.1
x = 0.5, 0.3
W1 = [[0.5, 0.3], [0.2, 0.4]]
b1 = 0.1, 0.2
W2 = [0.6, 0.7]
b2 = 0.3
y = 0.8

z1 = 0.31, 0.29
a1 = 0.57, 0.57
z2 = 0.71
a2 = 0.67
loss = 0.017
δ2 = −0.05
δ1 = −0.01, −0.01
∂W2 = −0.03, −0.04
∂b2 = −0.05
"""

MAZUR = """
case: mazur
biases: fixed
notation: mazur
net_h1 = 0.3775
out_h1 = 0.593269992
out_h2 = 0.596884378
out_o1 = 0.75136507
out_o2 = 0.772928465
E_o1 = 0.274811083
E_o2 = 0.023560026
E_total = 0.298371109
w5+ = 0.35891648
w6+ = 0.408666186
w7+ = 0.511301270
w8+ = 0.561370121
w1+ = 0.149780716
w2+ = 0.19956143
w3+ = 0.24975114
w4+ = 0.29950229
"""


def test_the_sheet_of_the_article_gets_its_verdicts():
    found = check(ARTICLE)
    assert {str(number.reference): number.status for number in found.numbers} == {
        "z1[0]": "wrong", "z1[1]": "wrong",
        "a1[0]": "cut_off_given", "a1[1]": "right_given",
        "z2[0]": "wrong_given",
        "a2[0]": "right_given", "loss": "right_given",
        "delta2[0]": "cut_off_given",
        "delta1[0]": "right_given", "delta1[1]": "right_given",
        "dW2[0,0]": "right_given", "dW2[1,0]": "wrong_given",
        "db2[0]": "right_given",
    }  # fmt: skip
    assert found["z1[0]"].names == ("bias_forgotten",)
    assert found["z1[1]"].names == ()
    assert found["z2[0]"].names == ()
    assert found["dW2[1,0]"].names == ("weights_for_activations",)
    assert found.first_wrong is found.numbers[0]
    assert not found.passed


def test_mazurs_error_after_the_update_comes_from_updated_weights():
    found = check(MAZUR + "loss_new = 0.291027924")
    assert [number.status for number in found.numbers[:-1]] == ["right"] * (len(found.numbers) - 1)
    assert found["loss_new"].status == "wrong"
    assert found["loss_new"].names == ("updated_weights",)
    assert found["loss_new"].mistakes[0].site == "error1"
    assert check(MAZUR + "loss_new = 0.291027774").passed


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_report_names_the_slip_in_words(language):
    text = check(ARTICLE).text(language)
    assert LANGUAGES[language]["mistake_bias_forgotten"] in text
    assert LANGUAGES[language]["mistake_weights_for_activations"] in text
    assert text.count("\n") > 15
    mazur = check(MAZUR + "loss_new = 0.291027924").text(language, "mazur")
    assert "0.2910277737" in mazur


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


def test_a_slip_of_arithmetic_is_no_known_mistake_and_is_counted_once():
    trace = case("case_study").trace()
    lines = {"z1": "0.4100, 0.4713", "a1": "0.6011, 0.6157"}
    found = check(lines, trace)
    assert [number.status for number in found.numbers] == ["right", "wrong", "right", "right_given"]
    assert found["z1[1]"].names == ()


def test_halves_may_be_rounded_either_way_and_cut_off_is_no_mistake():
    trace = case("case_study").trace()  # z1[0] = 0.41, a1[0] = 0.60108…, z2 = 1.09142…
    assert check({"a1": "0.6010, 0.6153"}, trace)["a1[1]"].status == "cut_off"
    assert check({"z2": "1.09"}, trace).passed
    assert WrittenNumber.read("−1,25").value == -1.25


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [("0.310", 0.31, 0.001), ("1.2e-3", 0.0012, 1e-4), ("3.1·10^-2", 0.031, 1e-3), ("12", 12, 1), ("0", 0, 0.005),
     ("7", 7, 0.1), (".5", 0.5, 0.1)],
)  # fmt: skip
def test_a_written_number_knows_its_last_digit(text, value, unit):
    found = WrittenNumber.read(text)
    assert found.value == pytest.approx(value)
    assert found.unit == pytest.approx(unit)


def test_the_format_forgives(tmp_path):
    text = """
| the sheet of a pupil |
|---|
network: 2-2-1
activation: sigmoid
output: sigmoid
loss: squared_error
η = 0.1
- x = (0,5; 0,3)
- y = 0,8
- **W1** = 0.5 0.3 0.2 0.4
* b1: [0.1, 0.2]
1. W2 = 0.6, 0.7
2. b2 = 0.3
- `z1` = 0.41, 0.47       # a comment
- δ² = -0.0193
- dL/dW2 = -0.0116, -0.0119
- a1[1] ≈ 0.6154
- W2' = 0.6012; 0.7012
- new b2 = 0.3019
- C = 0.00264
""".replace("| the sheet of a pupil |\n|---|\n", "").replace("δ²", "δ2")
    found = check(text)
    assert found.passed
    assert [str(number.reference) for number in found.numbers] == [
        "z1[0]", "z1[1]", "delta2[0]", "dW2[0,0]", "dW2[1,0]", "a1[1]", "W2_new[0,0]", "W2_new[1,0]", "b2_new[0]",
        "loss",
    ]  # fmt: skip
    path = tmp_path / "sheet.md"
    path.write_text(text, encoding="utf-8")
    assert check(Path(path)).passed


def test_toml_says_the_same(tmp_path):
    text = """
[network]
network = "2-2-1"
hidden = "sigmoid"
output = "sigmoid"
loss = "squared_error"
"learning rate" = 0.1
x = [0.5, 0.3]
y = 0.8
W1 = [[0.5, 0.3], [0.2, 0.4]]
b1 = [0.1, 0.2]
W2 = [0.6, 0.7]
b2 = 0.3
[results]
z1 = [0.31, 0.47]
a2 = 0.750
"""
    path = tmp_path / "sheet.toml"
    path.write_text(text, encoding="utf-8")
    for source in (text, Path(path)):
        found = check(source)
        assert found["z1[0]"].names == ("bias_forgotten",)
        assert found["a2[0]"].written.unit == 0.001


def test_books_write_the_matrix_the_other_way_round():
    sheet = read_sheet(ARTICLE.replace("W1 = [[0.5, 0.3], [0.2, 0.4]]", "rows: outputs\nW1 = [[0.5, 0.2], [0.3, 0.4]]"))
    assert np.array_equal(sheet.trace["W1"].value, [[0.5, 0.3], [0.2, 0.4]])


def test_a_batch_sheet():
    trace = case("xor").trace()
    text = ", ".join(f"{v:.3f}" for v in trace["z2"].value.ravel())
    assert check(f"case: xor\nz2 = {text}").passed


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("z1 = 0.41, 0.47", InputError, "names no network"),
        ("case: mazurr\nz1 = 1, 2", UnknownNameError, "did you mean 'mazur'"),
        ("case: mazur\nz1 = 0.41, abc", InputError, r"line 2, column 12: 'abc' is not a number"),
        ("case: mazur\nz1 = 1, 2, 3", InputError, r"line 2, column 6: z1 holds 2 number\(s\) in this network, not 3"),
        ("case: mazur\nzz1 = 0.41", InputError, "line 2.*there is no result 'zz1'"),
        ("case: mazur\nz9 = 0.41", InputError, "line 2.*there is no result 'z9'"),
        ("case: mazur\nW1[0,9] = 0.41", InputError, "W1 has shape"),
        ("case: mazur\nnotation: mazzur\nz1=1,2", UnknownNameError, "did you mean 'mazur'"),
        ("network: 2-1\noutput: sigmoid\nx = 1, 2\ny = 1\nW1 = 1, 2, 3\nb1 = 1", InputError, "line 5.*W1 holds 2"),
        ("network: 2-1\noutput: sigmoid\nx = 1, 2\ny = 1\nb1 = 1", InputError, "the sheet gives no W1"),
        ("[network]\ncase = 'mazur'\n[resluts]\nz1 = 1", UnknownNameError, "did you mean 'results'"),
        ("[network]\ncase = ", InputError, "not TOML"),
    ],
)
def test_sheets_that_cannot_be_read(text, error, words):
    with pytest.raises(error, match=words):
        check(text)


def test_values_alone_need_a_trace():
    with pytest.raises(InputError, match="give the trace too"):
        check({"z1": "0.41"})
    trace = case("case_study").trace()
    assert check({"z1": [0.41, 0.47], "loss": 0.0026368966648948637}, trace).passed
    with pytest.raises(InputError, match="nan"):
        check({"loss": float("nan")}, trace)


PIECES = st.sampled_from(
    """network: 2-2-1 | network: 0-1 | network: 2 | hidden: sigmoid | hidden: nothing | output: softmax | loss: huber
    loss = 0.1 | x = 0.5, 0.3 | y = 0.8 | W1 = 1 2 3 4 | b1 = 1, 2 | W2 = 1, 2 | b2 = 1 | b2 = 1e999 | z1 = 1, 2
    z1[0] = 3 | z1[5] = 3 | z1[a] = 3 | dW1[0,1] = 2 | δ1 = 1, 2 | ∂C/∂W2 = 1, 2 | W2_new = 1, 2 | t = 1 | rate = 2
    case: xor | case: mazur | notation: mazur | w5+ = 0.3 | net_h1 = 1 | rows: outputs | biases: fixed | rate: ,
    learning rate: -1 | learning rate: fast | optimizer: adam | loss_new = 0.1 | x = 1, 2, 3, 4 | y = 1, 1 | = 3 | :
    a1 = , | a1 = 1,5; 2,5 | prediction = 1 | [network] | [results] | z1 = [1, 2 | b1 = nan, 1 | a0 = 1, 2
    z1 = 1e400, 1 | z1 = 1e300, 1 |
        a2 = 0.7 | delta2 = 0.1 | W1 = 1, 2 | error1 = 1, 1 | slope1[1] = 0.2 | m_W1_new = 1 | y[0] = 3 | b9 = 1
    """.replace("\n", "|").split("|")
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["", "case: mazur", "case: xor", "case: two_players", ARTICLE]),
    st.lists(PIECES | st.text(max_size=20), max_size=9),
)
def test_any_text_is_judged_or_refused_with_words(start, lines):
    try:
        found = check("\n".join([start, *lines]))
    except ClearpropError:
        return
    assert found.text()


def test_a_sheet_of_a_wide_network_is_judged_in_no_time():
    trace = case("digits").trace()
    lines = {
        name: ", ".join(rounded(float(value), 3) for value in np.ravel(trace[name].value))
        for name in ("z1", "a1", "z2", "a2", "delta2", "error1", "delta1")
    }
    start = time.perf_counter()
    found = check(lines, trace)
    assert found.passed
    assert time.perf_counter() - start < 20


BROKEN = """network: 2-1
output: sgimoid
W1 = 0.5
x = 0.5, oops
nonsense here
z9 = 1
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BROKEN, r"(?m)^line 4, column 10: 'oops' is not a number"),
        ("case: nobody\n  - **z1** = 0.5, 0.4x, 3", r"(?m)^line 2, column 19: '0.4x' is not a number"),
        ("case: mazur\n`z1` = 5oops, oops", r"(?m)^line 2, column 8: '5oops' is not a number"),
        ("case: mazur\nz1 = 0,5; nan", r"(?m)^line 2, column 11: 'nan' is not a number"),
        ("case: mazur\nz1 = 0.5, inf", r"(?m)^line 2, column 11: 'inf' is not a number"),
        ("case: mazur\nz1 = 0.4, 1.2.3", r"(?m)^line 2, column 11: '1.2.3' is not a number"),
        ("case: mazur\nz1 = 0.5-0.1, 1", r"(?m)^line 2, column 6: '0.5-0.1' is not a number"),
        ("z1 = 1, 1e999", r"(?m)^line 1, column 9: '1e999' is infinite or too large a number"),
        ("network: 2-1\nlearning rate: fast\nx = 1", r"(?m)^line 2, column 16: 'fast' is not a number"),
        ("[network]\ncase = 'nobody'\n[results]\nz1 = [0.5, oops]", r"(?m)^line 4, column 12: 'oops' is not a number"),
        ("[network]\nx = [0.5, 'oops']\ny = 1", r"(?m)^line 2, column 12: 'oops' is not a number"),
        ("[network]\n  'x' = '''0.5\n  0.4, oops'''", r"(?m)^line 3, column 8: 'oops' is not a number"),
        (
            "# x = 9\n[network]\nnetwork = '2-1' # x = oops\nx = [ 0.5, # one\n  true ]\ny = 'also wrong'",
            r"(?m)^line 5, column 3: 'true' is not a number",
        ),
        ("[network]\nloss = 'hubber'\nnetwork = '2-1'\nx = nan", r"(?m)^line 4, column 5: 'nan' is not a number"),
        ('[network]\ncase = "mazur"\n[results]\n"δ2" = [0.1, "0.2oops"]', r"(?m)^line 4, column 15: '0.2oops' is not"),
        ("[network]\ncase = 'mazur'\n[results]\nz1 = 2024-01-01", r"(?m)^line 4, column 6: '2024-01-01' is not"),
    ],
)
def test_what_is_no_number_is_named_with_line_and_column(text, words):
    with pytest.raises(InputError, match=words):
        check(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("case: mazurr", r"^line 1, column 7: there is no case 'mazurr'; did you mean 'mazur'"),
        (
            "network: 2-1\nactvation: relu\nx = 1, 2",
            r"^line 2, column 12: there is no setting or result 'actvation'; did",
        ),
        (
            "network: 2-2-1\nhidden: sgimoid\nx = 1, 2",
            r"^line 2, column 9: there is no activation 'sgimoid'; did you mean",
        ),
        ("network: 2-1\nloss: hubber\nx = 1, 2", r"^line 2, column 7: there is no loss 'hubber'; did you mean 'huber'"),
        ("network: 0-1\nx = 1, 2", r"^line 1, column 10: a layer needs a whole number of inputs"),
        ("case: mazur\nnotation: mazzur", r"^line 2, column 11: there is no notation"),
        ("case: mazur\noptimizer: adamm", r"^line 2, column 12: there is no update rule 'adamm'; did you mean 'adam'"),
        ("case: mazur\nlearning rate: -1", r"^line 2, column 16: sgd: learning_rate must be above 0"),
        ("case: mazur\nbiases: sometimes", r"^line 2, column 9: biases may be updated, fixed, none, shared"),
        ("case: mazur\nz1[5] = 0.4", r"^line 2, column 9: z1\[5\] is not a single number"),
        (
            "network: 2-1\nx = 1, 2\ny = 1\nx = 3, 4",
            r"^line 4, column 5: x is given twice; the first time was in line 2",
        ),
        ("[network]\ncase = 'mazur'\n[results.more]\nz1 = 1", r"^line \d+, column \d+: 'more' must be a number"),
        ("[network]\ncase = 'mazur'\n[results]\nz1 = [1, 2", r"^line 4, column 11: the sheet is not TOML"),
        ("[network]\ncase = 'mazur'\n\n[results]\nz1 = [\n 0.1,\n 0.2, 0.3]", r"^line 5, column 6: z1 holds 2 number"),
    ],
)
def test_every_other_fault_is_placed_too(text, words):
    with pytest.raises(InputError, match=words):
        check(text)


def test_a_sheet_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "sheet.md"
    path.write_bytes(b"case: mazur\nz1 = \xff\xfe")
    with pytest.raises(InputError, match=r"sheet.md is not text in UTF-8 \(byte 18 is none\)"):
        check(path)
    path.write_bytes("\ufeffcase: mazur\nz1 = 0.3775, 0.3925".encode())
    assert check(path).passed


def test_toml_may_run_over_lines_and_hold_comments():
    found = check(
        "[network]\ncase = 'mazur'\n[results]\nz1 = [ # both\n  0.3775, # h1\n  0.3925,\n]\n\"loss\" = '0.298'\n"
    )
    assert found.passed
    assert [line.entry.line for line in found.lines] == [4, 8]

"""Sentences that are true of some networks only: one output or many, coupled outputs, no hidden layer."""

from __future__ import annotations

import pytest

from clearprop.explain import CASES, Explanation, case
from clearprop.explain.checking.worksheets.arithmetic import worked_out
from clearprop.explain.derivations.lines import plain
from clearprop.explain.renderers.numbering import Numbering, lines_of
from clearprop.explain.writing.document import Columns
from clearprop.formulas.expressions import symbols
from clearprop.trace.names import Partial, parse


def part(name, *sections, medium="text", language="en"):
    page = Explanation(case(name).trace(), "nielsen", language, sections=sections, networks=1)
    return " ".join(getattr(page, medium)().split())


def test_the_figure_of_shares_speaks_of_as_many_outputs_as_it_draws():
    one, many = (part(name, "sharing", medium="html") for name in ("case_study", "digits"))
    assert "one thick arrow from the only output" in one
    assert "is what arrives from the only output, whose error is" in one
    assert "3 of the 10 outputs are drawn" in many
    assert "⋮ 7 more" in many
    assert "arrives from all 10 outputs. 3 of them are drawn" in many


@pytest.mark.parametrize(("language", "said"), [("en", "BP2 is not needed here"), ("zh", "这里用不到 BP2")])
def test_a_network_without_hidden_layer_is_told_why_there_is_no_bp2(language, said):
    assert said in part("logistic_regression", "proofs", language=language)
    assert said not in part("mazur", "proofs", language=language)


def test_coupled_outputs_are_added_up_in_words_as_in_the_formula():
    own = "how that output changes with its weighted input"
    assert own in part("mazur", "backward")
    digits = part("digits", "backward")
    assert own not in digits
    assert "Every output depends on all the weighted inputs of its layer" in digits


def test_bp2_goes_on_to_delta_in_wide_layers():
    proofs = part("digits", "proofs")
    after = proofs.split("With these numbers (BP2)")[1].split("BP3 In")[0]
    assert "δ¹₁ = ∂C/∂a¹₁·σ′(z¹₁)" in after


def test_long_vectors_of_exact_numbers_have_their_equals_sign():
    assert "x = [0; 0.25; 0.9375;" in part("digits", "given")
    assert "w¹ ≈ [" in part("digits", "given")


def test_left_out_terms_are_counted_in_groups_of_digits_and_read_so():
    assert "[1,806 more: " in part("digits", "afterwards")
    assert worked_out("[1,806 more: 2.5] + 1") == 3.5


@pytest.mark.parametrize(
    ("name", "used"),
    [("logistic_regression", "⊙ ᵀ L ∇ₐC"), ("mazur", "⊙ ᵀ L ∇ₐC"), ("digits", "⊙ ⊘ ᵀ softmax ∂a²/∂z² L ∇ₐC")],
)
def test_the_table_of_symbols_has_what_is_used(name, used):
    table = part(name, "symbols", "proofs").split("BP1")[0]
    assert all(f"│ {symbol} │" in table for symbol in used.split())
    assert "│ L │" not in part(name, "symbols")


BATCH = {
    "en": ["the gradient for a bias is the sum of δ over the samples", "divided by 4, the number of samples",
           "what this sample adds to the gradient for its bias", "The matrices are multiplied entry by entry",
           "the entry of neuron j and sample i", "natural logarithm", "vector of ones"],
    "zh": ["损失对偏置的偏导数是各样本的 δ 之和", "除以样本数 4", "这个样本对其偏置梯度的贡献", "两个矩阵逐元素相乘",
           "神经元 j、样本 i 的元素", "自然对数", "全 1 向量"],
}  # fmt: skip


@pytest.mark.parametrize("language", sorted(BATCH))
def test_of_a_batch_nothing_is_said_that_is_true_of_one_sample_alone(language):
    told = part("xor", "symbols", "backward", "gradients", "boxes", "proofs", language=language)
    assert [words for words in BATCH[language] if words not in told] == []
    alone = part("mazur", "symbols", "backward", "gradients", "boxes", "proofs", language=language)
    assert [words for words in BATCH[language] if words in alone] == []


def test_the_ones_that_add_up_a_batch_are_bold_in_every_medium():
    assert "δ¹ · 𝟏 ≈" in part("xor", "gradients")
    page = Explanation(case("xor").trace(), sections=("symbols", "gradients", "proofs"), networks=1)
    assert "delta^1 * ones ~=" in " ".join(page.text(ascii_only=True).split())
    assert page.text(ascii_only=True).isascii()
    assert "<mi>𝟏</mi>" in part("xor", "gradients", medium="html")
    assert r"\boldsymbol{1}" in part("xor", "gradients", medium="latex")


def test_a_minus_in_a_script_is_no_hyphen():
    html = part("mazur", "proofs", medium="html")
    assert "<mo>−</mo><mn>1</mn>" in html
    assert "<mo>-</mo>" not in html


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_network_of_one_weight_is_not_derived_twice(language):
    page = Explanation(case("two_players").trace(), language=language, sections=("boxes",))
    targets = [str(name) for block in page.document.blocks if isinstance(block, Columns) for name, _ in block.parts]
    assert targets == ["dW1[0,0]", "db1[0]"]


@pytest.mark.parametrize(
    ("name", "said", "unsaid"),
    [
        ("two_players", ["The weight with a number is positive: violet and marked +."], ["dashed", "negative"]),
        ("logistic_regression", ["A positive weight is violet and marked +, a negative one"], ["dashed"]),
        ("case_study", ["The weights with numbers are positive", "those behind a hidden layer dashed"], ["negative"]),
        ("digits", ["Of the other weights only lines are drawn.", "The dashed weight lies behind"], ["directly"]),
    ],
)
def test_a_caption_explains_what_is_drawn_and_nothing_else(name, said, unsaid):
    caption = part(name, "picture", medium="html").split("<figcaption>")[1].split("</figcaption>")[0]
    caption = caption.split("<math")[0]
    assert [words for words in said if words not in caption] == []
    assert [words for words in unsaid if words in caption] == []


@pytest.mark.parametrize(("language", "dashed"), [("en", "dashed"), ("zh", "虚线")])
def test_the_game_of_two_speaks_of_no_dashes(language, dashed):
    two, three = (part(f"{n}_players", "game", language=language, medium="html") for n in ("two", "three"))
    assert dashed not in two.split("<main>")[1]
    assert dashed in three.split("<main>")[1]


@pytest.mark.parametrize(
    ("name", "en", "zh"),
    [
        ("two_players", "the only layer with weights is layer 1", "有权重的只有第 1 层"),
        ("mazur", "the layers with weights are layers 1 and 2", "有权重的是第 1 层和第 2 层"),
    ],
)
def test_layers_are_counted_as_one_says_it(name, en, zh):
    assert en in part(name, "conventions")
    assert zh in part(name, "conventions", language="zh").replace("\u00a0", " ")


def test_a_product_with_zero_is_exactly_zero():
    lines = Explanation(case("xor").trace(), sections=("path", "gradients")).text(width=400).splitlines()
    ends = [line.split()[-2] for line in lines if line.split()[-1:] == ["0"] and line.split()[-2] in "=≈"]
    assert len(ends) > 1
    assert set(ends) == {"="}


def test_sources_one_behind_the_other_are_told_as_from_to_and_many_are_elided():
    blocks = Explanation(case("digits").trace(), sections=("step",)).document.blocks
    numbering = Numbering(blocks)
    cited = [numbering.cited(line) for line in lines_of(blocks) if numbering[line]]
    assert any(run is not None and run[0] < run[1] for runs in cited for run in runs)
    assert max(map(len, cited)) <= 8
    assert [run for runs in cited for run in runs if run is not None and run[0] > run[1]] == []


def test_of_a_wide_layer_numbers_are_shown_that_say_something():
    trace = case("digits").trace()
    page = Explanation(trace, sections=("gradients", "update", "path", "proofs"), networks=1)
    shown = [line for line in lines_of(page.document.blocks) if str(line.target).startswith(("dW", "W"))]
    single = [line for line in shown if not line.is_matrix]
    assert len(single) > 12
    assert all(line.value != 0 for line in single if str(line.target).startswith("dW"))


GIVEN = ("a0", "y", "W", "b", "rate", "ones", "sample_weight", "class_weight", "mask", "t")


def is_given(name, trace):
    """Whether a number that a line puts in was given, or stands for what a sum leaves out."""
    found = parse(name)
    if name.startswith("…") or found is None:
        return not name.startswith("~")
    if isinstance(found, Partial):
        return found.of.kind == "z" and (found.by.kind in ("a", "b") or found.of.layer == "1")
    if found.kind == "jacobian" and found.indices:  # in a wide layer most of its numbers have no line
        return True
    return found.site not in trace or not trace[found.site].inputs


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_number_that_a_line_puts_in_is_traced_to_the_line_that_computed_it(name):
    trace = case(name).trace()
    blocks = Explanation(trace, sections=("step", "ideas"), networks=1).document.blocks
    numbering = Numbering(blocks)
    missing = [
        (numbering[line], str(line.target), symbol)
        for line in lines_of(blocks) if numbering[line] is not None
        for symbol in symbols(plain(line.forms[-1]))
        if not is_given(symbol, trace) and not numbering.source(symbol, line)
    ]  # fmt: skip
    assert missing == []

"""Sentences that are true of some networks only: one output or many, coupled outputs, no hidden layer."""

from __future__ import annotations

import pytest

from clearprop.explain import Explanation, case
from clearprop.explain.checking.worksheets.arithmetic import worked_out


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

"""The proofs replayed on random networks: nothing differs, and what is wrong would be found."""

from dataclasses import replace

import numpy as np
import pytest

from clearprop.errors import InputError
from clearprop.explain import Explanation, case, replay_proofs
from clearprop.explain.derivations.proofs import PROOFS, ProofStep, over_samples, proof
from clearprop.explain.derivations.replayed import Felt, differences, random_trace
from clearprop.formulas import Symbol
from clearprop.trace.names import at, parse


def test_no_step_differs_from_the_engines_gradient():
    found = replay_proofs(60, seed=1)
    assert found.networks == 60
    assert found.steps > 10 * 60
    assert found.worst < 1e-14, found.where
    assert replay_proofs(5) == replay_proofs(5)
    assert replay_proofs(5, seed=1) != replay_proofs(5)


@pytest.mark.parametrize("name", sorted(PROOFS))
@pytest.mark.parametrize("batch", [False, True])
def test_a_wrong_step_is_found(name, batch, monkeypatch):
    """So that the test above is known to be able to fail: one factor is taken twice in the last step."""
    right = PROOFS[name]
    wrong = replace(right, steps=(*right.steps[:-1], ProofStep(right.statement * Symbol("delta{l}[j]"), "factor_out")))
    worst = []
    for seed in range(50):
        random = np.random.default_rng(seed)
        trace = random_trace(random)
        if trace.is_batch != batch or (name == "BP2" and trace.network.depth == 1):
            continue
        monkeypatch.setitem(PROOFS, name, wrong if name != "BP1" else replace(wrong, steps=wrong.steps[-1:]))
        if name == "BP1" and f"jacobian{trace.network.depth}" in trace:
            continue
        worst.append(max(gap for place, gap in differences(trace, random) if place.startswith(name)))
    assert len(worst) > 3
    assert min(worst) > 1e-7


def moved(trace, of, by, h):
    """The number `of` with the number `by` moved by h, everything between computed anew."""
    arrays, changed = dict(trace.arrays), {by.site}
    arrays[by.site] = np.array(arrays[by.site], dtype=float)
    arrays[by.site][tuple(map(int, by.indices))] += h
    for name, site in trace.sites.items():
        if name not in changed and changed & set(site.inputs) and not name.endswith("_new"):
            arrays[name] = site.equation.compute(arrays)
            changed.add(name)
        if name == of.site:
            break
    return float(np.asarray(arrays[of.site])[tuple(map(int, of.indices))])


def test_what_is_felt_by_a_complex_step_is_felt_by_a_real_one_too():
    for seed in range(12):
        trace = random_trace(np.random.default_rng(seed))
        felt, L = Felt(trace), trace.network.depth
        last = at("", *((0, 0) if trace.is_batch else (0,)))
        for name in (f"∂C/∂z{L}{last}", f"∂a{L}{last}/∂z{L}{last}", f"∂z{L}{last}/∂W{L}[0,0]", f"∂C/∂b{L}[0]"):
            of, by = parse(name)
            whole, h = parse("loss") if of.kind == "C" else of, 1e-6
            slope = (moved(trace, whole, by, h) - moved(trace, whole, by, -h)) / (2 * h)
            assert felt.value(name) == pytest.approx(slope, rel=1e-6, abs=1e-8), name


def test_the_section_ends_with_what_the_replay_found():
    for language, words in (("en", "Tried on 7 random networks"), ("zh", "在 7 个随机网络上试过")):
        text = Explanation(case("mazur").trace(), language=language, sections=["proofs"], networks=7).text()
        ending = text.replace("\n", " ").split("The proofs replayed" if language == "en" else "用数值检验这些证明")[1]
        assert words in ending
        assert "10⁻¹⁶" in ending


def test_the_statements_in_matrices_stand_in_the_form_that_was_asked_for():
    trace = case("sharing").trace()
    matrix = trace.explained(sections=["proofs"], forms=["matrix"]).text()
    component = trace.explained(sections=["proofs"], forms=["component"]).text()
    for statement in (
        "δᴸ = ∇ₐC ⊙ σ′(zᴸ)", "δˡ = ((wˡ⁺¹)ᵀ · δˡ⁺¹) ⊙ σ′(zˡ)", "∂C/∂bˡ = δˡ", "∂C/∂wˡ = δˡ · (aˡ⁻¹)ᵀ"
    ):  # fmt: skip
        assert statement in matrix
        assert statement not in component
    assert "Proof" not in matrix
    assert "Proof" in component
    code = trace.explained(sections=["proofs"], forms=["matrix"], notation="code").text()
    assert "delta[l] = (delta[l+1] · W[l+1]ᵀ) ⊙ slope[l]" in code
    batch = case("xor").trace().explained(sections=["proofs"], forms=["matrix"]).text()
    assert "∂C/∂bˡ = δˡ · 𝟏" in batch


def test_the_proof_of_a_batch_adds_up_its_samples():
    found = proof("BP4", case("xor").trace())
    assert str(found.statement) == "Σᵢ a{l-1}[i,k]·delta{l}[i,j]"
    assert over_samples(PROOFS["BP2"]).target == Symbol("delta{l}[i,j]")


@pytest.mark.parametrize("networks", [0, -3, 1.5, "many", True])
def test_there_must_be_a_network_to_try(networks):
    with pytest.raises(InputError, match="whole number of at least 1"):
        replay_proofs(networks)
    with pytest.raises(InputError, match="networks must be a whole number"):
        Explanation(case("mazur").trace(), networks=networks)

"""Every derivative that is shown, felt: one number moved, what follows computed anew, the difference taken."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clearprop import forward
from clearprop.errors import InputError
from clearprop.explain import explain, gradient_norms, output_jacobian, per_sample_gradients, saliency, share
from clearprop.explain.derivations.proof_instances import instance_of, symbol_value
from clearprop.explain.derivations.proofs import PROOFS, proof
from clearprop.formulas.expressions import symbols
from clearprop.trace.names import Partial, parse
from sample_networks import fits, jobs

STEPS = (1e-6, 1e-5, 1e-4, 1e-7, 1e-3)  # a sharp bend wants a small one, a flat place a large one
TOLERANCE = 2e-5


def agrees(value, moved):
    """Whether (moved(h) − moved(−h)) / 2h comes to `value` for one of the steps; a wrong slope does for none."""
    scale = max(1.0, abs(moved(0.0)))
    for h in STEPS:
        with np.errstate(all="ignore"):
            felt = (moved(h) - moved(-h)) / (2 * h)
        if abs(felt - value) <= TOLERANCE * max(1.0, abs(value)) + 1e-15 * scale / h:
            return True
    return False


def moved(trace, of, by):
    """The number `of` as a function of how far the number `by` is moved, everything between following."""
    place, index = tuple(map(int, by.indices)), tuple(map(int, of.indices))

    def at(h):
        arrays, changed = dict(trace.arrays), {by.site}
        arrays[by.site] = np.array(arrays[by.site], dtype=float)
        arrays[by.site][place] += h
        for name, site in trace.sites.items():
            if name not in changed and changed & set(site.inputs) and not name.endswith("_new"):
                arrays[name] = site.equation.compute(arrays)
                changed.add(name)
            if name == of.site:
                break
        return float(np.asarray(arrays[of.site])[index])

    return at


def assert_partial(trace, name, value, whole="loss"):
    """A partial derivative between two numbers of a trace, felt."""
    found = parse(name)
    assert isinstance(found, Partial)
    of = found.of._replace(kind=whole) if found.of.kind == "C" else found.of
    assert agrees(value, moved(trace, of, found.by)), f"{name} = {value}"


def usable(trace):
    """Whether the numbers are of a size for differences (a loss near a pole bends too sharply for any step)."""
    return all(np.isfinite(trace[name].value).all() and np.abs(trace[name].value).max() < 1e4 for name in trace)


def numbers_of(trace, site):
    return np.ndindex(trace[site].value.shape)


def named(site, place):
    return f"{site}[{','.join(map(str, place))}]"


SLOPES = {"delta": "z", "error": "a", "carried": "passed", "dW": "W", "db": "b"}


@settings(max_examples=60, deadline=None)
@given(fits())
def test_errors_slopes_and_gradients(fit):
    trace = explain(*fit[0], **fit[1])
    assume(usable(trace))
    for site in trace:
        kind, layer = site.rstrip("0123456789"), site[len(site.rstrip("0123456789")) :]
        for place in numbers_of(trace, site):
            value = float(trace[site].value[place])
            if kind in SLOPES and layer:
                assert_partial(trace, f"∂C/∂{named(f'{SLOPES[kind]}{layer}', place)}", value)
            elif kind == "slope":
                assert_partial(trace, f"∂{named(f'a{layer}', place)}/∂{named(f'z{layer}', place)}", value)
            elif kind == "jacobian":
                *sample, k, j = place
                of, by = named(f"a{layer}", (*sample, k)), named(f"z{layer}", (*sample, j))
                assert_partial(trace, f"∂{of}/∂{by}", value)
            elif site.startswith("g_"):
                assert_partial(trace, f"∂C/∂{named(site[2:], place)}", value, whole="cost")


@settings(max_examples=60, deadline=None)
@given(fits(batch=False), st.data())
def test_every_factor_and_every_product_of_a_chain_rule(fit, data):
    trace = explain(*fit[0], **fit[1])
    assume(usable(trace))
    block = data.draw(st.sampled_from(trace.network.blocks))
    place = data.draw(st.sampled_from(list(np.ndindex(block.shape))))
    rule = trace.path(named(block.name, place))
    for path in rule.paths[:12]:
        product = 1.0
        for factor in path.factors:
            assert_partial(trace, factor.partial.name, factor.value)
            product *= factor.value
        assert path.value == pytest.approx(product, rel=1e-12)
    assert sum(path.value for path in rule.paths) == pytest.approx(rule.value, rel=1e-9, abs=1e-12)
    assert_partial(trace, f"∂C/∂{named(block.name, place)}", rule.value)


@settings(max_examples=40, deadline=None)
@given(jobs(batch=False))
def test_every_partial_derivative_of_the_proofs(job):
    trace = explain(*job)
    assume(usable(trace))
    L = trace.network.depth
    for name in PROOFS:
        l = L if name == "BP1" else L - 1
        if l < 1:
            continue
        if name == "BP2" and f"jacobian{l}" in trace:
            with pytest.raises(InputError, match=f"those of layer {l} depend on each other"):
                instance_of(trace, proof(name, trace), l, 0)
            continue
        for line in instance_of(trace, proof(name, trace), l, 0):
            for symbol in symbols(line.forms[0]):
                if symbol.startswith("∂"):
                    assert_partial(trace, symbol, symbol_value(trace, symbol))


@settings(max_examples=40, deadline=None)
@given(jobs(batch=False, most_layers=3))
def test_the_exact_rule_of_sharing_is_the_slope_of_the_loss_turned_round(job):
    trace = explain(*job)
    assume(usable(trace) and trace.network.depth > 1)
    for layer in range(1, trace.network.depth):
        found = share(trace, layer)
        for k, value in enumerate(found.exact):
            assert_partial(trace, f"∂C/∂z{layer}[{k}]", -value)


@settings(max_examples=40, deadline=None)
@given(fits(batch=True))
def test_gradients_of_every_sample_and_their_norms(fit):
    trace = explain(*fit[0], **fit[1])
    assume(usable(trace))
    each, setting = per_sample_gradients(trace), trace.setting
    names = [f"{named(b.name, place)}" for b in trace.network.blocks for place in np.ndindex(b.shape)]
    assert each.shape == (trace.n_samples, len(names))
    random = np.random.default_rng(0)
    for i in range(trace.n_samples):
        alone = setting.alone(i)
        for p in random.choice(len(names), min(4, len(names)), replace=False):

            def at(h, alone=alone, p=p):
                theta = trace.params.theta.copy()
                theta[p] += h
                return alone.loss(theta)

            assert agrees(each[i, p], at), names[p]
    felt = []
    for name in names:
        change = moved(trace, parse("loss"), parse(name))
        felt.append((change(1e-6) - change(-1e-6)) / 2e-6)
    assert gradient_norms(trace)["all"] == pytest.approx(np.linalg.norm(felt), rel=1e-3, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(fits())
def test_saliency_and_the_jacobian_of_the_outputs(fit):
    (network, params, X, _), asked = fit
    trace = explain(*fit[0], **asked)
    assume(usable(trace))
    found, setting = np.atleast_2d(saliency(trace)), trace.setting
    for i, k in np.ndindex(found.shape):

        def loss_at(h, i=i, k=k):
            rows = setting.X.copy()
            rows[i, k] += h
            return replace(setting, X=rows).alone(i).loss(params.theta)

        assert agrees(found[i, k], loss_at)
    x = np.atleast_2d(X)[0]
    jacobian = output_jacobian(network, params, x)
    for j, k in np.ndindex(jacobian.shape):

        def output_at(h, j=j, k=k):
            return float(forward(network, params, (x + h * (np.arange(len(x)) == k))[None]).a[-1][0, j])

        assert agrees(jacobian[j, k], output_at)


@settings(max_examples=60, deadline=None)
@given(fits())
def test_the_predicted_loss_is_the_slope_along_the_step(fit):
    trace = explain(*fit[0], **fit[1])
    assume(usable(trace))
    theta, step = trace.params.theta, trace.updated.theta - trace.params.theta
    predicted = trace.value_of("prediction") - trace.value_of(trace.minimised)
    assert agrees(predicted, lambda h: trace.setting.cost(theta + h * step))

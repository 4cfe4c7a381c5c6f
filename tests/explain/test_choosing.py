"""What is explained of a step: one sample alone, the whole batch, a parameter by any of its names."""

import numpy as np
import pytest

from clearprop import Network, sgd
from clearprop.engines import Job
from clearprop.errors import InputError, UnknownNameError
from clearprop.explain import Explanation, case, explain, read_sheet
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.trace.names import parse

SHEET = """network: 2-2-1
x = [[0.5, 0.3], [0.1, 0.9], [1, -1]]
y = 0.8, 0.2, 0.5
W1 = [[0.5, 0.3], [0.2, 0.4]]
b1 = 0.1, 0.2
W2 = 0.6, 0.7
b2 = 0.3
"""


def test_the_sheet_of_a_batch_gets_its_true_slopes(tmp_path):
    (tmp_path / "batch.md").write_text(SHEET)
    trace = read_sheet(tmp_path / "batch.md").trace
    slopes = {"W1[0,0]": "0.03667", "W1[1,1]": "0.01752", "b1[0]": "0.08305"}
    for parameter, value in slopes.items():
        text = trace.explained(sections=["path"], parameter=parameter).text()
        assert text.count(f"≈ {value}\n") == 2  # the sum over the samples, and BP3 or BP4
        assert f" {value} " in trace.explained(sections=["path"]).text()
    text = trace.explained(sections=["path", "boxes", "proofs", "why"]).text()
    assert "≈ 0.08305" in text
    assert "0.02096" not in text  # sample 1 as a loss of its own


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_sample_is_shown_alone_as_a_loss_of_its_own_and_the_heading_says_so(language):
    trace = case("xor").trace()
    page = Explanation(trace, language=language, sample=2, sections=["step", "path", "proofs", "sharing"])
    text = page.text()
    title = {"en": "sample 3 of 4 alone, as a loss of its own", "zh": "4 个样本中只看第 3 个"}[language]
    assert title in text.splitlines()[0]
    alone = trace.sample(2)
    for site in ("dW1[0,0]", "delta2[0]", "loss"):
        assert NumberFormat(4).shown(alone.value_of(site)).text() in text
    assert "a¹⁽³⁾₂" in text
    assert "C⁽³⁾" in text
    assert '"is_batch": false' in page.json()


@pytest.mark.parametrize(
    ("sample", "words"),
    [(4, "there is no sample 4"), (-1, "there is no sample -1"), ("2", "whole number"), (True, "whole number")],
)
def test_samples_that_are_not_there(sample, words):
    with pytest.raises(InputError, match=words):
        Explanation(case("xor").trace(), sample=sample)
    with pytest.raises(InputError, match="one sample already"):
        Explanation(case("mazur").trace(), sample=0)


def test_a_sample_without_weight_is_not_taken_alone_where_a_penalty_would_be_divided_by_it():
    network = Network.mlp([1, 1])
    rows = ([[1.0], [2.0]], [[1.0], [0.0]])
    job = Job(network, sgd(0.1), l2=0.1)
    trace = explain(network, network.initial(0), *rows, job=job, sample_weight=[0.0, 1.0])
    with pytest.raises(InputError, match="sample 0 has the weight 0"):
        trace.sample(0)
    assert np.isfinite(trace.sample(1).value_of("cost"))
    assert np.isfinite(explain(network, network.initial(0), *rows, sample_weight=[0, 1]).sample(0).value_of("loss"))


@pytest.mark.parametrize(
    ("written", "name", "meant"),
    [
        ("nielsen", "W1[0,1]", "W1[0,1]"), ("nielsen", "w¹₁₂", "W1[1,0]"), ("nielsen", "w12", "W1[1,0]"),
        ("nielsen", "w^2_{12}", "W2[1,0]"), ("nielsen", "b1", "b1[0]"), ("nielsen", "b2", "b2[0]"),
        ("nielsen", "b¹₂", "b1[1]"), ("mazur", "w5", "W2[0,0]"), ("mazur", "w₅", "W2[0,0]"),
        ("mazur", "b_h2", "b1[1]"), ("letters", "w⁽²⁾₁₂", "W2[0,1]"), ("letters", "b_d", "b1[1]"),
        ("rashid", "w^ho_{1,2}", "W2[0,1]"), ("code", "b2[1]", "b2[1]"), ("nielsen", r"$w^{1}_{21}$", "W1[0,1]"),
    ],
)  # fmt: skip
def test_a_parameter_may_be_named_in_the_notation_in_use(written, name, meant):
    page = Explanation(case("mazur").trace(), written, parameter=name, sections=["path"])
    assert page.chosen == meant
    assert page.written.write(parse(meant)).text() in page.text()


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("w13", UnknownNameError, "did you mean w¹₁"), ("w9999", UnknownNameError, "write for example W1"),
        ("z1[0]", InputError, "not a weight or bias"), ("W3[0,0]", UnknownNameError, "did you mean 'W2'"),
        ("loss", InputError, "not a weight or bias"), ("W1[0,9]", InputError, "not a single number"),
    ],
)  # fmt: skip
def test_parameters_that_are_not_there(name, error, words):
    with pytest.raises(error, match=words):
        Explanation(case("mazur").trace(), parameter=name)

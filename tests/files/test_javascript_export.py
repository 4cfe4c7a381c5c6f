"""A model as a module of JavaScript, run in node: it predicts what the model does, and trains as the reference does."""

import base64
import warnings
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from clearprop import Activation, Network, TabularClassifier
from clearprop.engines import ReferenceEngine
from clearprop.estimators.exporting import program_of
from clearprop.files.export import python_values as values
from clearprop.files.export.javascript import text_of
from clearprop.files.export.program import plain_program
from clearprop.formulas import ACTIVATIONS, LOSSES, UPDATE_RULES, Cosine, erf
from clearprop.formulas.library_update_rules import LIBRARY_UPDATE_RULES
from clearprop.job import Data, Job, TrainingState
from evaluated_programs import answered
from exported_models import MODELS, TEN_THOUSAND, exported
from imported_tables import FRAME, STRANGE, strict, with_strange
from run_in_node import needs_node, run, run_module

pytestmark = needs_node


def told(rows):
    """Rows as JSON has them."""
    if not isinstance(rows, pd.DataFrame):
        return np.asarray(rows, dtype=float).tolist()
    rows = rows.assign(**{n: rows[n].astype(str) for n in rows if rows[n].dtype.kind == "M"}).astype(object)
    return rows.where(rows.notna(), None).to_dict("records")


@pytest.mark.parametrize("name", TEN_THOUSAND)
def test_ten_thousand_rows_of_five_models(name, tmp_path):
    model = exported(name)
    script = "say([(m.predictProba ?? m.predict)(rows), m.predictQuantiles?.(rows) ?? null])"
    says, more = run(tmp_path, model.program, script, rows=told(model.rows))
    says = np.array(says).reshape(len(says), -1)
    model.check(says if more is None else np.concatenate([says, more], axis=1), "JavaScript")


@pytest.mark.parametrize("name", MODELS)
def test_one_row_alone_is_answered_alone(name, tmp_path):
    exported = MODELS[name]()
    row = told(exported.rows[:2])[0]
    alone, first = run(tmp_path, exported.program, "say([m.predict(row), m.predict([row])[0]])", row=row)
    assert alone == first


@pytest.mark.parametrize("name", [name for name, cls in ACTIVATIONS.items() if name == cls.name])
def test_every_activation(name, tmp_path):
    net = Network.mlp([3, 5, 4, 2], hidden=[name, "tanh"])
    program = plain_program(net, [net.initial(seed).theta for seed in (0, 1)])
    X = np.random.default_rng(0).normal(0, 3, (20, 3))
    found = run(tmp_path, program, "say(m.predict(X))", X=X.tolist())
    np.testing.assert_allclose(found, answered(program, X), rtol=1e-12)


def test_erf(tmp_path):
    class Erf(Activation):
        def value(z):
            return erf(z)

    net = Network.mlp([1, 1], output=Erf())
    x = np.concatenate([np.linspace(-7, 7, 281), [1e-300, -1e-9, 2.4999999, 2.5]])
    program = plain_program(net, [np.array([1.0, 0.0])])
    found = run(tmp_path, program, "say(m.predict(x))", x=x[:, None].tolist())
    np.testing.assert_allclose(found, erf(x), rtol=4e-15)


class Bump(Activation):
    """One of a user's own, without a slope, whose outputs hang together."""

    def value(z):
        return z * z / (1 + z * z)


SHAPES = {"2-2-1": ([2, 2, 1], {"hidden": "logistic", "output": "logistic", "loss": "squared_error"}),
          "4-5-3": ([4, 5, 3], {"hidden": "tanh", "loss": "cross_entropy"}),
          "64-32-10": ([64, 32, 10], {"hidden": "relu", "loss": "cross_entropy"})}  # fmt: skip


def trained(folder, job, n_steps, n_rows=7, seed=0):
    """Parameters after some steps in node and by the reference engine, and both losses of the last step."""
    net, random = job.network, np.random.default_rng(seed)
    X = random.normal(size=(n_steps, n_rows, net.widths[0]))
    low = 0.0 if net.loss.targets[0] == 0 else -1.0
    Y = random.uniform(low, 1, (n_steps, n_rows, net.widths[-1]))
    if net.loss.is_distribution:
        Y = np.eye(net.widths[-1])[random.integers(0, net.widths[-1], (n_steps, n_rows))]
    theta = net.initial(seed).theta
    script = """
      const trainer = new m.Trainer();
      let made;
      for (let i = 0; i < X.length; i++) made = trainer.step(X[i], Y[i]);
      const parameters = Object.fromEntries(Object.entries(trainer.parameters).map(([k, v]) => [k, Array.from(v)]));
      say([parameters, made.loss]);
    """
    program = plain_program(net, [theta], job=job)
    found, loss = run(folder, program, script, X=X.tolist(), Y=Y.tolist())
    engine, state = ReferenceEngine(), TrainingState.start(job, theta.copy())
    for x, y in zip(X, Y, strict=True):
        before = net.views(state.theta.copy())
        state.cursor = 0
        engine.steps(job, state, Data(x, y), np.arange(n_rows), [job.update_rule.learning_rate])
    expected = engine.loss(net, before, Data(x, job.smoothed(y)))
    return np.concatenate([found[block.name] for block in net.blocks]), state.theta, loss, expected


@pytest.mark.parametrize("rule", UPDATE_RULES)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_hundred_updates_are_those_of_the_reference_engine(shape, rule, tmp_path):
    widths, asked = SHAPES[shape]
    job = Job(Network.mlp(widths, **asked), UPDATE_RULES[rule](), batch_size=7)
    found, expected, loss, same = trained(tmp_path, job, 100)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    assert loss == pytest.approx(same, abs=1e-10)


@pytest.mark.parametrize("rule", LIBRARY_UPDATE_RULES)
def test_rules_of_other_libraries_train_too(rule, tmp_path):
    widths, asked = SHAPES["4-5-3"]
    job = Job(Network.mlp(widths, **asked), LIBRARY_UPDATE_RULES[rule](), batch_size=7)
    found, expected, _, _ = trained(tmp_path, job, 20)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_and_what_a_job_asks_for(loss, tmp_path):
    net = Network.mlp([3, 4, 3, 2], hidden=["softmax", Bump()], loss=loss)
    more = {"label_smoothing": 0.1} if "cross" in loss else {}
    job = Job(net, UPDATE_RULES["adamw"](), batch_size=7, l1=0.01, l2=0.1, clip_norm=0.05, **more)
    found, expected, cost, same = trained(tmp_path, job, 20)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    assert cost == pytest.approx(same, abs=1e-10)


@pytest.mark.parametrize("name", [name for name, cls in ACTIVATIONS.items() if name == cls.name])
def test_every_activation_trains(name, tmp_path):
    net = Network.mlp([3, 4, 2], hidden=name)
    found, expected, _, _ = trained(tmp_path, Job(net, batch_size=7), 20)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


def test_softmax_with_a_loss_that_is_no_pair_of_it(tmp_path):
    net = Network.mlp([3, 4, 2], output="softmax", loss="squared_error")
    found, expected, _, _ = trained(tmp_path, Job(net, batch_size=7), 20)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


def test_predictions_follow_the_training(tmp_path):
    net = Network.mlp([2, 3, 1])
    program = plain_program(net, [net.initial(0).theta])
    script = """
      const before = m.predict(X)[0];
      const trainer = new m.Trainer(0, 0.1);
      for (let i = 0; i < 200; i++) trainer.step(X, [1, 0]);
      say([before, m.predict(X)]);
    """
    before, after = run(tmp_path, program, script, X=[[0.5, 0.3], [1.0, -1.0]])
    assert abs(before - 1) > 0.1
    np.testing.assert_allclose(after, [1, 0], atol=0.01)


def test_what_of_the_training_is_left_out_is_said():
    net = Network.mlp([2, 3, 2], loss="cross_entropy")
    job = Job(net, schedule=Cosine(), dropout=(0.1, 0.0), class_weight=(1.0, 2.0))
    text = text_of(plain_program(net, [net.initial(0).theta], job=job))
    assert "It does not have dropout, class weights, the schedule of the learning rate, which training had." in text


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"weight": "heavy", "says": "moo"}, 'TypeError: column weight holds "heavy" in row 1: a number is expected'),
        ({"weight": 1}, "TypeError: row 1 has no says; null says that a value is missing"),
        ({"weight": 1e200, "says": "moo"}, "RangeError: column weight holds 1e+200 in row 1: more than can be"),
        ({"weight": [1], "says": "moo"}, "TypeError: column weight holds [1] in row 1: a number is expected"),
    ],
)
def test_bad_rows_get_a_sentence(row, says, tmp_path):
    assert run(tmp_path, MODELS["own"]().program, "say(m.predict(row))", row=row).startswith(says)


def test_bad_rows_of_numbers_and_bad_batches_get_a_sentence(tmp_path):
    program = MODELS["digits"]().program
    assert "row 2 has 1 numbers, not 64" in run(tmp_path, program, "say(m.predict(X))", X=[[0] * 64, [1]])
    assert "row 1 holds null, which is no finite number" in run(tmp_path, program, "say(m.predict(X))", X=[[None] * 64])
    says = run(tmp_path, program, "say(new m.Trainer().step(X, [1]))", X=[[0] * 64])
    assert "rows of 64 inputs and of 10 targets are expected, not 64 and 1 numbers" in says


def test_texts_numbers_and_dates_are_read_as_python_reads_them(tmp_path):
    texts = [
        "1.10",
        "3.0",
        "1e-05",
        "0.00001",
        "-0.0",
        "TRUE",
        " red ",
        "01",
        "1e16",
        "1.5e+300",
        "é",
        "e\u0301",
        "1.5",
    ]
    numbers = [3, 3.5, 1e-5, 1e20, -0.0, 123456789012, 1e16, 0.0001, 1.5e-7, True]
    dates = ["1970-01-02", "1970-01-01T00:01", "0001-01-01", "1970-01-01T01:00:00+01:00", "2024-02-29 23:59:59.5", 90]
    written = ["1,234.5", "12.5", "\u22123", " 1e3 "]
    script = """
      const grouped = written.map((text) => m.numberOf(text, { thousands: "," }));
      say([texts.map(m.textOf), numbers.map(m.textOf), dates.map(m.secondsOf), grouped]);
    """
    piece = resources.files("clearprop.files.export").joinpath("pieces", "values.mjs").read_text("utf-8")
    (tmp_path / "model.mjs").write_text(f"{piece}\nexport {{ textOf, secondsOf, numberOf }};\n", "utf-8")
    found = run_module(tmp_path, script, {"texts": texts, "numbers": numbers, "dates": dates, "written": written})
    assert found[0] == list(map(values.text_of, texts))
    assert found[1] == [values.text_of(value) for value in numbers]
    assert found[2] == list(map(values.seconds_of, dates))
    assert found[3] == [values.number_of(text, thousands=",") for text in written]


def test_an_own_class_name_that_is_a_word_of_the_language(tmp_path):
    class Switch(Activation):
        def value(z):
            return z * z

    net = Network.mlp([1, 2, 1], hidden=Switch())
    program = plain_program(net, [net.initial(0).theta])
    found = run(tmp_path, program, "say(m.predict([1.5]))")
    np.testing.assert_allclose(found, answered(program, np.array([[1.5]]))[0, 0], rtol=1e-12)


def test_classes_that_are_numbers_truths_and_texts(tmp_path):
    frame = pd.DataFrame({"x": np.arange(40.0), 'a b\n"c"': ["u", "v"] * 20})
    for classes in (["one", "two\u2028"], [1, 2], [True, False]):
        y = np.array(classes * 20)
        model = TabularClassifier(ensemble=1, max_iter=40, hidden_layer_sizes=(4,), random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes that are hardly told apart
            model.fit(frame, y)
        found = run(tmp_path, program_of(model), "say(m.predict(rows))", rows=told(frame))
        assert found == model.predict(frame).tolist()


def test_a_browser_predicts_and_trains_too(browser):
    exported = MODELS["own"]()
    url = "data:text/javascript;base64," + base64.b64encode(text_of(exported.program).encode()).decode()
    script = """async ([url, row]) => {
      const m = await import(url);
      return [m.predict(row), new m.Trainer().step(m.encode([row]), [1, 0, 0]).loss];
    }"""
    page = browser.new_page()
    said, loss = page.evaluate(script, [url, {"weight": 480, "says": "moo"}])
    page.close()
    assert said == "cow"
    assert loss > 1


@pytest.mark.parametrize("column", STRANGE)
def test_what_the_source_of_a_network_refuses_is_refused(column, tmp_path):
    theirs, ours = strict()
    found = run(tmp_path, program_of(ours), "say(m.predictProba(rows))", rows=told(FRAME))
    assert np.abs(np.array(found) - theirs.predict_proba(FRAME)).max() < 1e-12
    said = run_module(tmp_path, "say(m.predict(rows))", {"rows": told(with_strange(column))})
    assert said.startswith(f"TypeError: column {column} holds ")
    assert said.endswith("in row 2: training did not have it")

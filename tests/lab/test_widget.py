"""The drawing and the curves in notebooks: the numbers of the trace, with a kernel, and saved without one."""

import base64
import copy
import json
import pickle
import shutil
import subprocess

import numpy as np
import pytest

from clearprop import MLPRegressor
from clearprop.explain import case, explain
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.job import Epoch
from clearprop.lab.bundle import bundled, widget_style
from clearprop.lab.still import Still, answer, finite
from clearprop.lab.style import Style
from clearprop.lab.watched import Watched
from clearprop.network import Network

# What anywidget gives to `render`: a model of traits, and a kernel behind it, or none.
NOTEBOOK = """async ([code, traits, hasKernel, ground]) => {
  document.body.style.background = ground;
  const heard = {};
  const fire = (event, ...what) => (heard[event] ?? []).slice().forEach((f) => f(...what));
  window.model = {
    traits, fire,
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value; },
    save_changes: async () => {
      const { request } = traits;
      if (!hasKernel || !request || request.key in traits.answers) return;
      const answer = JSON.parse(await kernel(request.path, request.query));
      traits.answers = { ...traits.answers, [request.key]: answer };
      fire("change:answers");
    },
    on: (event, f) => { (heard[event] ??= []).push(f); },
    off: (event, f) => { heard[event] = (heard[event] ?? []).filter((one) => one !== f); },
  };
  const { default: { render } } = await import(code);
  document.body.innerHTML = "<div id=cell></div>";
  window.close = render({ model, el: document.querySelector("#cell") });
}"""
READ = """() => Object.fromEntries([...document.querySelectorAll("svg [data-name]")].map((e) =>
  [e.dataset.name, e.getAttribute("aria-label")]))"""
CODE = "data:text/javascript;base64," + base64.b64encode(bundled("widget").encode()).decode()


def opened(browser, traits, kernel=None, ground=""):
    """A page that is a notebook of one cell; what it complains of is in `page.faults`."""
    page = browser.new_page()
    page.set_default_timeout(20_000)
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    if kernel:
        page.expose_function("kernel", lambda path, query: json.dumps(kernel(path, query), allow_nan=False))
    page.evaluate(NOTEBOOK, [CODE, traits, kernel is not None, ground])
    page.add_style_tag(content=widget_style())
    return page


def look(style):
    return {"language": style.language, "notation": style.notation, "digits": style.digits, "comma": int(style.comma)}


def of_trace(still, style):
    """The traits of a widget whose kernel has answered nothing yet."""
    at = still.shown().stops.end_of("backward")
    return {"kind": "network", "look": look(style), "at": at, "request": {}, "answers": {}}


def test_the_numbers_are_those_of_the_trace_and_come_step_by_step(browser):
    trace, style = case("mazur").trace(), Style(digits=6)
    still = Still(trace)
    page = opened(browser, of_trace(still, style), lambda path, query: answer(still, path, query, style))
    page.wait_for_selector("svg [data-name='W1[0,0]']")
    for name, said in page.evaluate(READ).items():
        if name != "loss":
            assert f" = {'+' if name[0] == 'W' else ''}{style.text(trace.value_of(name))}" in said.replace("+−", "−"), (
                name
            )
    slider = page.locator(".steps input")
    slider.evaluate("e => { e.value = 1; e.dispatchEvent(new Event('input')); }")
    said = page.evaluate(READ)
    assert style.text(trace.value_of("a1[0]")) in said["a1[0]"]
    assert "not computed yet" in said["a1[1]"]
    assert page.locator(".sentence").inner_text().startswith("Layer 1, neuron 1")
    page.locator("[data-name='W1[0,1]']").dispatch_event("click")
    page.wait_for_selector(".behind .derived math")
    assert style.text(trace.value_of("dW1[0,1]")) in page.locator(".behind .value").inner_text()
    page.wait_for_selector(".behind .lever output:not(:empty)")
    saved = page.evaluate("() => model.traits")
    page.evaluate("() => window.close()")
    assert page.faults == []
    page.close()
    page = opened(browser, saved)  # the notebook on another day: no kernel
    page.wait_for_selector("svg [data-name='W1[0,0]']")
    assert "not computed yet" in page.evaluate(READ)["a1[1]"]  # it opens where it was left
    page.locator("[aria-label=Step]").click()
    assert style.text(trace.value_of("a1[1]")) in page.evaluate(READ)["a1[1]"]
    page.locator("[data-name='W1[0,1]']").dispatch_event("click")
    page.wait_for_selector(".behind .derived math")
    page.locator("[data-name='W1[1,1]']").dispatch_event("click")
    page.wait_for_selector("[role=alert]:not([hidden])")
    assert page.locator("[role=alert]").inner_text().startswith("No kernel answers")
    page.close()


def record(n, loss):
    return Epoch(n, loss, (0.1, 0.2), 0.1, 0.01 * n, 10 * n)


def test_the_curves_of_a_training_grow_and_a_loss_that_is_none_is_a_gap(browser):
    from clearprop.lab.routes import Asked

    watched, style = Watched("houses"), Style(language="zh")
    for n, loss in ((1, 1.0), (2, 0.5), (3, float("nan"))):
        watched.see(record(n, loss))

    def curves(since):
        return finite(dict(watched.answer("GET", "curves", Asked({"since": str(since)}, style, {}))))

    found = curves(0)
    assert [point["loss"] for point in found["points"]] == [1.0, 0.5, None]
    told = {**watched.present(None), "run": found["run"], "says": found["says"], "layers": found["layers"]}
    traits = {"kind": "curves", "look": look(style), "points": found["points"], "told": told}
    page = opened(browser, traits, ground="color(srgb 0.1 0.1 0.1)")
    scheme = "() => document.querySelector('.notebook').style.colorScheme"
    assert page.evaluate(scheme) == "dark"
    page.close()
    page = opened(browser, traits, ground="oklch(0.97 0 0)")  # as marimo writes its colours
    assert page.evaluate(scheme) == "light"
    page.wait_for_selector(".curves [role=slider]")
    watched.see(record(4, 0.25))
    new = curves(3)
    message = {**{name: new[name] for name in ("since", "run", "points", "next")}, "told": told}
    page.evaluate("m => model.fire('msg:custom', m)", message)
    page.wait_for_function("() => document.querySelector('.curves [role=slider]').ariaValueMax === '3'")
    page.locator(".curves summary").first.click()
    rows = [row.split("\t") for row in page.locator(".curves table").first.inner_text().splitlines()[1:]]
    assert [row[2] for row in rows] == [style.text(value) for value in (1.0, 0.5, float("nan"), 0.25)]
    assert page.faults == []
    page.close()


def test_the_bundle_is_one_module_that_asks_for_nothing(tmp_path):
    text = bundled("widget")
    assert "import " not in text.replace("imports", "")
    assert "http" not in text.replace("http://www.w3.org/", "")
    assert "url(" not in widget_style().replace("url(#", "")
    assert len(text) < 150_000
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    (tmp_path / "widget.mjs").write_text(text, encoding="utf-8")
    subprocess.run(["node", "--check", tmp_path / "widget.mjs"], check=True, timeout=60)


@pytest.mark.parametrize("name", ["case_study", "xor", "three_players", "logistic_regression"])
def test_the_whole_of_a_step_has_every_number_of_its_trace(name):
    trace = case(name).trace()
    still = Still(trace)
    found = answer(still, "whole", {"sample": 0}, Style())
    assert set(found["state"]["values"]) == set(trace)
    assert len(found["cursors"]) == found["state"]["cursor"]["of"] + 1
    assert [cursor["at"] for cursor in found["cursors"]] == list(range(len(found["cursors"])))
    last = {site: place[1] for site, place in found["places"].items()}
    assert max(last.values()) == len(found["cursors"]) - 2
    json.dumps(found, allow_nan=False)


def test_what_is_asked_of_a_trace_belongs_to_its_own_step():
    """Its optimizer's memory, its penalties: the trace is shown, and not another one of the same weights."""
    net = Network.mlp([2, 2, 1], "tanh")
    params = net.initial(0)
    trace = explain(net, params, [[0.5, 0.3], [0.1, 0.9]], [[0.8], [0.1]], optimizer="adam").following()
    still, style = Still(trace), Style()
    state = answer(still, "whole", {"sample": 1}, style)["state"]
    assert state["values"]["m_W1"] == trace["m_W1"].value.tolist()
    assert state["values"]["a1"] == trace["a1"].value[1].tolist()
    found = answer(still, "whatif", {"of": "rate", "value": 0.001}, style)
    assert found["loss"]["after"] == pytest.approx(float(trace["loss_new"].value), rel=1e-12)
    assert answer(still, "derivation", {"of": "W9[0,0]"}, style)["error"].startswith("this step has no number")
    assert "no answer to" in answer(still, "export/model", {}, style)["error"]
    assert NumberFormat(4).shown(found["value"]).text() == found["texts"]["value"]


# --- the widgets themselves, where anywidget is


def test_a_network_answers_what_its_view_asks():
    pytest.importorskip("anywidget", reason="anywidget is not installed")
    from clearprop.lab import NetworkWidget

    trace = case("mazur").trace()
    widget = NetworkWidget(trace, digits=6)
    assert [json.loads(key)[0] for key in widget.answers] == ["whole", "names"]
    widget.request = {"key": "k", "path": "derivation", "query": {"of": "W1[0,0]", "sample": 0}}
    assert widget.answers["k"]["value"] == 0.15
    widget.request = {"key": "bad", "path": "derivation", "query": {"of": "W7[0,0]"}}
    assert "no number" in widget.answers["bad"]["error"]
    json.dumps(widget.get_state(), allow_nan=False, default=str)
    whole = NetworkWidget(case("case_study").trace(), whole=True)
    asked = [json.loads(key) for key in whole.answers]
    assert sum(one[0] == "derivation" for one in asked) == 1 + 9 + 3 * 3
    assert all("error" not in found for found in whole.answers.values())
    data, _ = widget._repr_mimebundle_()
    assert {"text/html", "application/vnd.jupyter.widget-view+json"} <= set(data)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_curves_follow_a_training_and_are_kept_whole():
    pytest.importorskip("anywidget", reason="anywidget is not installed")
    from clearprop.lab import CurvesWidget

    X = np.linspace(-1, 1, 30)[:, None]
    with CurvesWidget("a parabola") as curves:
        sent = []
        curves.send = lambda message, buffers=None: sent.append(message)
        model = MLPRegressor(hidden_layer_sizes=(3,), max_iter=6, engine="reference", callbacks=curves)
        model.fit(X, X[:, 0] ** 2)
        assert copy.deepcopy(curves) is curves
        assert pickle.loads(pickle.dumps(curves))(record(1, 1.0)) is None
        curves._tell()
        curves(record(7, float("nan")))
        curves._tell()
    assert [point["loss"] for message in sent for point in message["points"]] == [*model.loss_curve_, None]
    assert sent[1]["since"] == 6
    assert [point["loss"] for point in curves.points] == [*model.loss_curve_, None]
    assert not curves.told["time"]["is_running"]
    again = CurvesWidget.from_history(model.history_)
    assert [point["loss"] for point in again.points] == list(model.loss_curve_)

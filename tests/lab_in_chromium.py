"""The page of the lab in Debian's Chromium: served on 127.0.0.1, opened, stepped through and read."""

from contextlib import contextmanager

import numpy as np

from clearprop import Network
from clearprop.formulas import SGD
from clearprop.job import Job
from clearprop.lab.desk import Desk
from clearprop.lab.project import Project
from clearprop.lab.rows import Rows
from clearprop.lab.server import OfDesk
from clearprop.lab.serving import Serving

# Every number of the drawing: what stands there, and what is read out.
READ = """() => Object.fromEntries([...document.querySelectorAll("#network svg [data-name]")].map((e) => {
  const label = document.querySelector(`#network svg .label[data-of="${CSS.escape(e.dataset.name)}"]`);
  const text = (e.querySelector("text") ?? label)?.textContent ?? "";
  return [e.dataset.name, { text, said: e.getAttribute("aria-label") }];
}))"""


def project(widths, hidden="sigmoid", output="sigmoid", loss="squared_error", *, n=1, rows=None, rate=0.1, seed=0):
    """A network with random weights and rows, a batch of `n` of them at a time."""
    network = Network.mlp(list(widths), hidden=hidden, output=output, loss=loss)
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows or n, widths[0])).round(2)
    Y = random.uniform(0.1, 0.9, size=(len(X), widths[-1])).round(2)
    if output == "softmax":
        Y = np.eye(widths[-1])[random.integers(widths[-1], size=len(X))]
    inputs, outputs = (
        tuple(f"{letter}{i + 1}" for i in range(count)) for letter, count in (("x", widths[0]), ("y", widths[-1]))
    )
    job = Job(network, SGD(rate), epochs=200, batch_size=n, shuffle=False)
    task = "classification" if output == "softmax" else "regression"
    classes = tuple(map(str, range(widths[-1]))) if output == "softmax" else None
    made = Rows("rows", "made", X, Y, len(X), inputs, outputs, task, classes, recipe={"kind": "rows", "name": "made"})
    return Project.of(made, network, network.initial(seed).theta, job)


@contextmanager
def at_work(project):
    """A server for a project; its desk, and itself."""
    desk = Desk(project)
    with Serving(OfDesk(desk)) as serving:
        yield desk, serving


@contextmanager
def opened(browser, address, *, width=1280, height=900, excused="", **look):
    """The page at this address; whatever it asks of others, or complains of in its console, fails the test."""
    look.setdefault("reduced_motion", "reduce")
    context = browser.new_context(viewport={"width": width, "height": height}, **look)
    context.set_default_timeout(25_000)  # the machine may be busy with other tests
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(error.stack or str(error)))
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.goto(address)
    page.wait_for_selector("body.ready")
    page.wait_for_selector("#network[data-revision]")
    try:
        yield page
    finally:
        context.close()
    own = address.split("#")[0]
    assert [url for url in asked if not url.startswith(own)] == []
    left = [words for words in complaints if not excused or excused not in words]
    assert left == [], left


def look(page, name, value):
    """Choose how things are written."""
    page.evaluate("() => { document.querySelector('#writing').open = true; }")
    page.select_option(f"select[name={name}]", value)


def settled(page, desk, sample=0):
    """Wait until what is drawn is the present state."""
    page.wait_for_selector(f'#network[data-revision="{desk.workspace.revision}"][data-sample="{sample}"]')


def stepped(page, desk, button="step_on"):
    """Press a button of the steps, and wait until its state is drawn."""
    before = desk.workspace.revision
    page.locator(f"#steps [data-key={button}]").click()
    page.wait_for_function(f"() => Number(document.querySelector('#network').dataset.revision) > {before}")
    settled(page, desk)


def chosen(page, name):
    """Click a number or weight in the drawing and wait for its derivation."""
    page.locator(f'#network svg [data-name="{name}"]').dispatch_event("click")
    page.wait_for_selector(f'#panel[data-of="{name}"]')

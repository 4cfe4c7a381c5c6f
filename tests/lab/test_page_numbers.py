"""Every number that the page shows is the engine's, to the digits shown."""

import re

import pytest

from clearprop.explain import explain
from clearprop.explain.writing.numbers import NumberFormat
from lab_in_chromium import READ, at_work, chosen, look, opened, settled, stepped
from lab_projects import NETWORKS, project
from panels_in_chromium import IS_LONG, longer

EVERY = [(name, n, language) for name in NETWORKS for n in (1, 2, 3) for language in ("en", "zh")]
SOME = [("softmax", 3, "en"), ("table", 1, "zh")]
PER_SAMPLE = re.compile(r"(a|z|y|error|delta|losses)\d*\[")


class Values:
    """The numbers of the first step, computed here, by the names that the page has for them."""

    def __init__(self, workspace):
        made = workspace.project
        rows = list(workspace.next_rows())
        x, y = (made.rows.X[rows], made.rows.Y[rows]) if len(rows) > 1 else (made.rows.X[rows[0]], made.rows.Y[rows[0]])
        n = made.rows.n_training
        self.trace = explain(made.network, made.parameters, x, y, job=workspace.job, n_samples=n)

    def text(self, name, sample, digits):
        if self.trace.is_batch and PER_SAMPLE.match(name):
            name = name.replace("[", f"[{sample},", 1)
        value = self.trace.value_of(name)
        shown = NumberFormat(digits).shown(value).text()
        return f"+{shown}" if name.startswith("W") and value >= 0 else shown


def check(page, values, digits, *, sample=0, unknown=()):
    """That every number of the drawing is that of the trace, read out too; a dash where it is not computed yet."""
    found = page.evaluate(READ)
    assert len(found) > 5
    for name, item in found.items():
        if re.match(r"[A-Za-z]+", name)[0] in unknown and not name.startswith("a0"):
            assert item["text"].endswith("= –"), name
            continue
        text = values.text(name, sample, digits)
        assert re.search(rf"= {re.escape(text)}(,|，| )", item["said"]), (name, item, text)
        if not name.startswith("W") or "=" in item["text"]:
            assert item["text"].rpartition("= ")[2] == text, name
        else:
            assert item["text"] in ("", text[0]), name  # many arrows have a mark for their sign only


@pytest.mark.parametrize(("name", "n", "language"), EVERY if IS_LONG else SOME)
def test_every_number_drawn_is_that_of_the_trace(name, n, language, browser):
    digits = {"en": 4, "zh": 6}[language]
    made = project(name, n)
    with at_work(made) as (desk, serving), opened(browser, serving.address, locale=f"{language}-CN") as page:
        assert page.locator("html").get_attribute("lang").startswith(language)
        look(page, "digits", str(digits))
        page.wait_for_selector(f'#network[data-digits="{digits}"]')
        values = Values(desk.workspace)
        check(page, values, digits, unknown=("z", "a", "losses", "loss"))
        for grain in ("forward", "loss", "backward"):
            page.select_option("[data-key=grain]", grain)
            stepped(page, desk)
            check(page, values, digits, unknown=("losses", "loss") if grain == "forward" else ())
        assert page.locator("#network svg").get_attribute("class") == "backward"
        for sample in range(1, n):
            page.locator(".samples button").last.click()
            settled(page, desk, sample=sample)
            check(page, values, digits, sample=sample)
        raw = desk.workspace.project.rows.table
        if raw is not None and n == 1:  # behind an input stands what the row says
            chosen(page, "a0[0]")
            text = NumberFormat(digits).shown(raw.origin(desk.workspace.next_rows()[0], 0).value).text()
            assert text in page.locator("#panel .derived").inner_text()


@longer
def test_digits_decimal_comma_and_notation_change_what_is_written_and_nothing_else(browser):
    with at_work(project("no_hidden_layer", 1)) as (desk, serving), opened(browser, serving.address) as page:
        values, before = Values(desk.workspace), desk.workspace.revision
        for notation in ("mazur", "code"):
            look(page, "notation", notation)
            page.wait_for_function("() => !document.querySelector('#network text tspan').textContent.startsWith('x₁')")
            check(page, values, 4, unknown=("z", "losses", "loss", "a"))
        look(page, "comma", "1")
        page.wait_for_function("() => document.querySelector('[data-name=\"W1[0,0]\"]').ariaLabel.includes('0,')")
        assert desk.workspace.revision == before

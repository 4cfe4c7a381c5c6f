"""Curves, histogram, scores and surfaces of the page: the engine's numbers, never those of older weights."""

import numpy as np
import pytest

from clearprop.job import Epoch
from clearprop.lab.style import Style
from clearprop.lab.watched import Watched
from clearprop.network import forward
from clearprop.network import loss as loss_of
from panels_in_chromium import IS_LONG, longer, opened_lab, trained

CIRCLES = {"kind": "circles", "n": 40, "noise": 0.05, "seed": 1, "validation": 0.25}
LINE = {"kind": "function", "text": "x^2", "n": 20, "seed": 2, "validation": 0}


def table_of(page, figure):
    """The rows of a plot's table, as text."""
    found = page.locator("#curves figure, #surface figure", has_text=figure).first
    if not found.locator("details").evaluate("e => e.open"):
        found.locator("summary").click()
    return [row.split("\t") for row in found.locator("table").inner_text().splitlines()]


def outputs(page, rows):
    project = page.desk.workspace.project
    return forward(project.network, project.network.views(page.desk.workspace.state.theta), rows)


@pytest.mark.parametrize(("recipe", "language"), [(CIRCLES, "en"), (LINE, "zh")] if IS_LONG else [(CIRCLES, "zh")])
def test_the_curves_are_the_losses_of_the_engine(browser, recipe, language):
    with opened_lab(browser, recipe, language=language, digits=5, comma=1) as page:
        workspace = page.desk.workspace
        style, project = Style(digits=5, comma=True), workspace.project
        thetas = [workspace.state.theta.copy()]
        for _ in range(3):
            trained(page, count=1)
            thetas.append(workspace.state.theta.copy())
        name = {"en": "loss", "zh": "损失"}[language]
        page.wait_for_function("() => document.querySelectorAll('#curves figure').length >= 3")
        page.wait_for_function("() => document.querySelector('#curves [role=slider]').ariaValueMax === '3'")
        rows = table_of(page, name)
        sets = [project.rows.training, project.rows.validation]
        for theta, row in zip(thetas, rows[1:], strict=True):
            params = project.network.views(theta)
            wanted = [style.text(loss_of(project.network, params, data.X, data.Y)) for data in sets if data is not None]
            assert row[2:] == wanted
        reader = page.locator("#curves [role=slider]").first
        reader.focus()
        page.keyboard.press("Home")
        page.wait_for_function("text => document.activeElement.ariaValueText.includes(text)", arg=rows[1][2])
        page.keyboard.press("ArrowRight")
        assert rows[2][2] in page.locator("#curves output").first.inner_text()


def test_a_curve_that_was_cut_begins_again_and_scores_are_never_those_of_other_weights(browser):
    """Two trainings are never joined: also where the second one is longer than what the page has of the first."""
    with opened_lab(browser, CIRCLES) as page:
        trained(page, count=2)
        page.wait_for_function("() => document.querySelector('#curves [role=slider]')?.ariaValueMax === '2'")
        page.evaluate("() => document.querySelector('#curves').hidden = true")  # the page looks elsewhere
        with page.desk.workspace.changing(page.desk.workspace.revision):
            page.desk.workspace.set_number("rate", 0.5)
        with page.desk.workspace.changing(page.desk.workspace.revision):
            page.desk.workspace.rewind()
        trained(page, count=4)
        page.evaluate("() => document.querySelector('#curves').hidden = false")
        trained(page, count=1)
        page.wait_for_function("() => document.querySelector('#curves [role=slider]')?.ariaValueMax === '5'")
        shown = [row[2] for row in table_of(page, "loss")[1:]]
        assert shown == [Style().text(point.loss) for point in page.desk.workspace.curves.points]
        page.wait_for_function("() => document.querySelector('#curves caption')?.textContent.includes('step 15')")
        rows = page.desk.workspace.project.rows
        right = rows.labels(outputs(page, rows.training.X).a[-1]) == rows.labels(rows.training.Y)
        percent = Style().text(100 * float(np.mean(right)))
        assert f"{percent} %" in page.locator("#curves table").first.inner_text()
        page.route("**/api/scores*", lambda route: None)  # an answer that never comes
        trained(page, "batch", 1)
        page.wait_for_selector("#curves .stale caption")
        assert page.locator("#curves .stale caption").inner_text().startswith("Out of date")
        page.unroute("**/api/scores*")


@longer
def test_the_histogram_counts_what_the_engine_has(browser):
    with opened_lab(browser, CIRCLES) as page:
        trained(page)
        rows = table_of(page, "Activations of layer 1")
        a = outputs(page, page.desk.workspace.project.rows.training.X).a[1]
        assert sum(int(row[1]) for row in rows[1:]) == a.size
        counts, edges = np.histogram(a, bins=24)
        assert [int(row[1]) for row in rows[1:]] == counts.tolist()
        assert rows[1][0] == f"{Style().text(edges[0])} to {Style().text(edges[1])}"


@longer
def test_the_surface_is_what_the_network_answers(browser):
    with opened_lab(browser, CIRCLES) as page:
        page.wait_for_selector("#surface canvas")
        page.wait_for_selector("#surface .thumbs button >> nth=4")
        page.click("#surface .thumbs [data-of='a1[2]']")
        page.wait_for_selector("#surface [data-of='a1[2]'][aria-pressed=true]")
        rows = table_of(page, "x1")
        X = page.desk.workspace.project.rows.X
        low, high = X.min(axis=0), X.max(axis=0)
        room = 0.1 * (high - low)
        corner = np.array([[low[0] - room[0], high[1] + room[1]]])
        assert rows[1][1] == Style().text(outputs(page, corner).a[1][0, 2])


@longer
def test_a_fit_is_read_where_its_table_has_rows(browser):
    with opened_lab(browser, LINE) as page:
        page.wait_for_selector("#surface [role=slider]")
        reader = page.locator("#surface [role=slider]")
        reader.focus()
        page.keyboard.press("Home")
        rows = table_of(page, "x")
        assert all(text in reader.get_attribute("aria-valuetext") for text in rows[1])
        x = page.desk.workspace.project.rows.X
        first = x.min() - 0.1 * (x.max() - x.min())
        assert rows[1] == [Style().text(first), Style().text(outputs(page, np.array([[first]])).a[-1][0, 0])]


@longer
def test_digits_have_pictures_of_weights(browser):
    with opened_lab(browser, "digits") as page:
        page.wait_for_selector("#surface .pictures canvas >> nth=16")
        page.locator("#surface figure summary").nth(1).click()
        weights = page.desk.workspace.project.network.views(page.desk.workspace.state.theta).W[1][:, 0]
        shown = page.locator("#surface table").first.inner_text().splitlines()[1].split("\t")[1:]
        assert shown == [Style().text(value) for value in weights[:8]]


@longer
def test_a_watched_training_has_its_curves_and_nothing_else(browser):
    watched = Watched("houses.csv")
    watched.begin("houses.csv", [2, 3, 1])
    for n in range(1, 5):
        watched.see(Epoch(n, 1.0 / n, (0.1, 0.2), 0.1, 0.01 * n, 10 * n))
    with opened_lab(browser, served=watched) as page:
        page.wait_for_selector("#curves [role=slider]")
        assert "houses.csv" in page.locator("#curves .watched").inner_text()
        assert [row[2] for row in table_of(page, "loss")[1:]] == [Style().text(1.0 / n) for n in range(1, 5)]
        assert not page.locator("#network").is_visible()
        watched.end("it was stopped")
        page.wait_for_function("() => document.querySelector('.watched').textContent.includes('it was stopped')")

"""Settings in the page: all that the library has; what changes nothing is not accepted, what another tab set stays."""

from clearprop.formulas import ACTIVATIONS, INITIALISERS, LOSSES, SCHEDULES, UPDATE_RULES
from panels_in_chromium import longer, opened_lab, part


def names(root, field):
    return set(root.locator(f"select[name='{field}'] option").evaluate_all("all => all.map(e => e.value)"))


@longer
def test_all_that_the_library_has_can_be_chosen(browser):
    with opened_lab(browser) as page:
        root = part(page, "choices")
        own = {name for name in ACTIVATIONS if name != "sigmoid"}
        assert names(root, "output") - {"typed…"} == own
        assert names(root, "loss") == set(LOSSES)
        assert names(root, "optimizer") == set(UPDATE_RULES)
        assert names(root, "schedule") == set(SCHEDULES)
        assert names(root, "initialiser") >= set(INITIALISERS)


def test_an_edit_without_effect_is_not_accepted_and_a_rate_set_elsewhere_stays(browser):
    with opened_lab(browser) as page:
        root = part(page, "choices")
        workspace = page.desk.workspace
        revision = workspace.revision
        for go in root.locator("button.go[aria-disabled]").all():
            assert go.get_attribute("aria-disabled") == "true"
            go.click(force=True)
        assert workspace.revision == revision
        epochs, go = root.locator("input[name=epochs]"), root.locator("button.go").nth(1)
        old = epochs.input_value()
        for text, is_disabled in (("7", "false"), (old, "true")):
            epochs.fill(text)
            assert go.get_attribute("aria-disabled") == is_disabled
        with workspace.changing(workspace.revision):
            workspace.set_number("rate", 0.025)
        page.wait_for_function("() => document.querySelector(\"[name='optimizer:learning_rate']\").value === '0.025'")
        epochs.fill("7")
        go.click()
        page.wait_for_function("() => document.querySelectorAll('#choices button.go')[1].ariaDisabled === 'true'")
        assert (workspace.project.job.epochs, workspace.rate) == (7, 0.025)


@longer
def test_layers_are_added_taken_away_and_typed(browser):
    with opened_lab(browser) as page:
        root = part(page, "choices")
        root.locator("text=Add a hidden layer").click()
        root.locator("ol.layers input[type=number]").nth(1).fill("3")
        root.locator("ol.layers select").nth(1).select_option("typed…")
        box = root.locator("ol.layers input[id^=typed]")
        box.fill("z/(1 + abs(z)")
        page.wait_for_selector("#choices [aria-invalid=true]")
        box.fill("z/(1 + abs(z))")
        page.wait_for_selector("#choices .typed math mfrac")
        root.locator("button.go").first.click()
        page.wait_for_function("() => document.querySelector('#what').textContent.includes('2-2-3-1')")
        network = page.desk.workspace.project.network
        assert network.widths == (2, 2, 3, 1)
        assert float(network.layers[1].activation.forward(1.0)) == 0.5
        while root.locator("ol.layers .remove").count():
            root.locator("ol.layers .remove").first.click()
        root.locator("button.go").first.click()
        page.wait_for_function("() => document.querySelector('#what').textContent.includes('2-1')")
        assert page.desk.workspace.project.network.widths == (2, 1)


@longer
def test_what_cannot_be_built_is_told_and_stays_in_the_form(browser):
    with opened_lab(browser) as page:
        root = part(page, "choices")
        for field, text in (("ol.layers input[type=number]", "100000"), ("input[name=seed] >> nth=0", "-1")):
            root.locator(field).first.fill(text)
            root.locator("button.go").first.click()
            page.wait_for_selector("#problem:not([hidden])")
            assert root.locator(field).first.input_value() == text
            root.locator(field).first.fill("2")
        assert page.desk.workspace.project.network.widths == (2, 2, 1)


@longer
def test_the_range_test_changes_nothing_but_its_suggestion_when_taken(browser):
    with opened_lab(browser, {"kind": "blobs", "n": 60}) as page:
        root = part(page, "choices")
        workspace = page.desk.workspace
        theta = workspace.state.theta.copy()
        root.locator("input[name=steps]").fill("12")
        root.locator("text=Run the range test").click()
        page.wait_for_selector("#choices [role=slider]")
        assert "too few to tell" in root.inner_text()
        assert root.locator("figure + button").count() == 0
        root.locator("input[name=steps]").fill("60")
        root.locator("text=Run the range test").click()
        root.locator("figure + button").click()
        page.wait_for_selector("#choices figure.stale")  # it was made at another rate
        assert (workspace.state.theta == theta).all()
        assert workspace.rate != 0.1
        assert f"{workspace.rate:.4g}" in root.locator("figure + button").inner_text()

"""Everything by keyboard: what is drawn is reached and read; what is covered or hidden cannot be."""

from clearprop.explain.writing.numbers import NumberFormat
from lab_in_chromium import at_work, opened, project, settled

FOCUSED = """() => {
  const e = document.activeElement;
  return [e.dataset.name ?? e.dataset.key ?? e.id ?? e.localName, e.getAttribute("aria-label") ?? e.textContent];
}"""

# Keeps where the focus goes from now on: what is around it, by its id or what it is; "" for nothing of the kind.
KEEP_WHERE = """(around) => {
  window.places = [];
  const where = (e) => e.closest(around) ? e.closest(around).id || e.closest(around).localName : "";
  document.addEventListener("focusin", (event) => places.push(where(event.target)));
}"""


def tabbed_to(page, selector, most=60):
    """Press Tab until what is focused lies in there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => !!document.activeElement.closest(selector)", selector):
            return
    raise AssertionError(f"{most} times Tab do not lead to {selector}")


def walked(page):
    """Every number of the drawing that arrow keys lead to, column by column, with what is read out."""
    found = {}
    while True:
        page.keyboard.press("Home")
        name, said = page.evaluate(FOCUSED)
        if name in found:
            return found
        while name not in found:
            found[name] = said
            page.keyboard.press("ArrowDown")
            name, said = page.evaluate(FOCUSED)
        page.keyboard.press("ArrowRight")


def test_every_weight_is_reached_and_read_by_keyboard_alone(browser):
    made = project([4, 5, 3], "tanh", "softmax", "cross_entropy")
    with at_work(made) as (_, serving), opened(browser, serving.address) as page:
        tabbed_to(page, "#network svg")
        found = walked(page)
        weights = made.parameters.named
        for name in ("W1", "W2"):
            for k, row in enumerate(weights[name]):
                for j, value in enumerate(row):
                    text = NumberFormat(4).shown(value).text()
                    said = found[f"{name}[{k},{j}]"]
                    assert f" = {'+' if value >= 0 else ''}{text}, weight from neuron {k + 1} to neuron {j + 1}" in said
        assert {f"b1[{j}]" for j in range(5)} | {f"b2[{j}]" for j in range(3)} | {"z1[4]", "a2[2]", "loss"} <= set(
            found
        )
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        page.wait_for_selector('#panel[data-of="loss"] math')
        page.keyboard.press("Tab")  # one tab stop: the next one is outside
        assert page.evaluate("() => document.activeElement.closest('#network svg')") is None
        page.locator('[data-name="a0[3]"]').focus()  # the arrow keys follow the weights
        for key, name in [("ArrowRight", "W1[3,0]"), ("ArrowDown", "W1[0,1]"), ("ArrowRight", "z1[1]"),
                          ("ArrowDown", "a1[1]"), ("ArrowRight", "W2[1,0]"), ("ArrowRight", "z2[0]"),
                          ("ArrowLeft", "W2[0,0]"), ("ArrowLeft", "z1[0]")]:  # fmt: skip
            page.keyboard.press(key)
            assert page.evaluate(FOCUSED)[0] == name


def test_the_step_is_spoken_the_focus_stays_and_shortcuts_work_where_they_are_shown_only(browser):
    with at_work(project([2, 2, 1])) as (desk, serving), opened(browser, serving.address) as page:
        page.locator('[data-name="W1[0,1]"]').focus()
        page.keyboard.press("n")
        page.wait_for_function("() => document.querySelector('#said').textContent.includes('Layer 1')")
        settled(page, desk)
        assert page.evaluate(FOCUSED)[0] == "W1[0,1]"
        assert page.locator("#said").get_attribute("aria-live") == "polite"
        assert page.locator("#said").inner_text() == page.locator("#steps .sentence").inner_text()
        assert desk.workspace.cursor == 2
        page.keyboard.press("b")
        page.wait_for_function("() => document.querySelector('#network').dataset.revision === '3'")
        page.keyboard.press("?")
        page.wait_for_selector("dialog:modal")
        page.keyboard.press("n")  # the steps are covered
        page.evaluate(KEEP_WHERE, "dialog")
        for _ in range(12):
            page.keyboard.press("Tab")
        assert set(page.evaluate("() => places")) == {page.locator("dialog:modal").get_attribute("id") or "dialog"}
        page.get_by_label("Single-letter shortcuts").uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("n")  # turned off
        page.locator("select[name=notation]").focus()
        assert (desk.workspace.revision, desk.workspace.cursor) == (3, 0)
        page.evaluate("() => document.activeElement.blur()")
        tabbed_to(page, "#tabs")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert page.locator("#data").is_visible()
        assert not page.locator("#panel").is_visible()
        page.evaluate(KEEP_WHERE, "[role=tabpanel]")
        for _ in range(40):
            page.keyboard.press("Tab")
        assert set(page.evaluate("() => places")) == {"", "data"}  # what is hidden cannot be reached

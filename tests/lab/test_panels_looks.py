"""How the panels look: axe-core finds nothing, nothing leaves the window, every letter stands out."""

import re
from importlib.resources import files

import pytest

from pages_in_chromium import axe, faint
from panels_in_chromium import IS_LONG, opened_lab, part, trained

LOOKS = [("en", "light"), ("zh", "dark"), ("en", "dark"), ("zh", "light")]
TABS = ("data", "choices", "exercise", "games", "files") if IS_LONG else ("choices", "exercise")
SOURCES = ("case", "made", "function", "drawn", "file")
STATIC = files("clearprop.lab") / "static"
OVERFLOWING = """() => {
  const root = document.documentElement;
  const leaves = (e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".sheet, .t, .w, .g");
  const found = [...document.querySelectorAll("main *")].filter(leaves).map((e) => e.outerHTML.slice(0, 90));
  return root.scrollWidth > root.clientWidth ? ["the page is wider than the window", ...found] : found;
}"""


def states(page):
    """Each panel in its states, one after another."""
    for tab in TABS:
        root = part(page, tab)
        page.wait_for_selector(f"#{tab} h3")
        if tab == "data":
            for source in SOURCES:
                root.locator(f"input[value={source}]").check()
                yield f"{tab} {source}"
            continue
        if tab == "exercise":
            root.locator("button.go").first.click()
            page.wait_for_selector("#exercise form.paper")
            root.locator("form.paper input").first.fill("9.5")
            root.locator("form.paper button").click()
            page.wait_for_selector("#exercise [aria-invalid=true]")
        if tab == "games":
            page.wait_for_selector("#games svg.scene")
            for _ in range(5):
                root.locator("button[name=next]").click()
        yield tab


@pytest.mark.parametrize(("language", "scheme"), LOOKS if IS_LONG else LOOKS[1:2])
def test_axe_finds_nothing_in_any_panel(language, scheme, browser):
    with opened_lab(browser, language=language, scheme=scheme) as page:
        trained(page, count=4)
        page.wait_for_selector("#curves figure")
        for summary in page.locator("#curves summary, #surface summary").all():
            summary.click()
        for state in states(page):
            assert faint(page) == [], state
            if IS_LONG or state == "exercise":
                assert axe(page) == [], state
            for width in (1900, 390) if IS_LONG else (390,):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate(OVERFLOWING) == [], (state, width)
            page.set_viewport_size({"width": 1280, "height": 900})


def test_every_word_that_the_panels_use_is_there():
    tables = "".join((STATIC / f"{name}-en.js").read_text(encoding="utf-8") for name in ("words", "panels"))
    words = set(re.findall(r"^  (\w+):", tables, re.M))
    used = set()
    for item in STATIC.iterdir():
        if item.name.endswith(".js") and not item.name.startswith(("words-", "panels-")):
            used |= set(re.findall(r"\bt\(\"(\w+)\"", item.read_text(encoding="utf-8")))
    assert used - words == set()

"""How the page looks: nothing of it leaves the window, axe-core finds nothing, and drawing it takes no time."""

import gzip
import re

import pytest

from clearprop.lab.static_files import static_files
from lab_in_chromium import at_work, chosen, opened, project, settled, stepped
from pages_in_chromium import axe, faint
from panels_in_chromium import IS_LONG, longer

LOOKS = [(language, scheme) for language in ("en", "zh") for scheme in ("light", "dark")]
OVERFLOWING = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const sticksOut = (e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".t, .w, .g");
  return [...document.querySelectorAll("main *")].filter(sticksOut).map((e) => e.outerHTML.slice(0, 90));
}"""

# The smallest letters of the drawing, those that are raised and lowered.
LETTERS = """() => {
  const svg = document.querySelector("#network svg");
  return svg.getBoundingClientRect().width / svg.viewBox.baseVal.width * 0.75 * svg.getAttribute("font-size");
}"""
FRESH_IN_SIGHT = """() => {
  const sheet = document.querySelector("#network .sheet").getBoundingClientRect();
  const box = document.querySelector("#network .now").getBoundingClientRect();
  return box.left >= sheet.left && box.right <= sheet.right;
}"""
IN_SIGHT = """() => {
  const box = document.activeElement.getBoundingClientRect();
  const sheet = document.querySelector("#network .sheet").getBoundingClientRect();
  return scrollX === 0 && box.width > 0 && box.left >= sheet.left - 1 && box.right <= sheet.right + 1;
}"""


def states(page, desk):
    """Six states of the page, one after another."""
    yield "as it opens"
    chosen(page, "W1[0,0]")
    yield "a weight chosen"
    page.select_option("[data-key=grain]", "backward")
    stepped(page, desk)
    yield "errors going back"
    page.locator(".lever input").last.evaluate("e => { e.value = e.max; e.dispatchEvent(new Event('input')); }")
    page.wait_for_selector(".lever:last-of-type table")
    yield "what if"
    page.locator("#network details.table summary").click()
    page.locator("#help-button").click()
    page.wait_for_selector("dialog:modal")
    yield "covered by the keyboard's help"
    page.keyboard.press("Escape")
    page.locator(".pills input[value=matrix]").check(force=True)
    settled(page, desk)
    yield "matrices, tables open"


@pytest.mark.parametrize(("language", "scheme"), LOOKS if IS_LONG else LOOKS[3:])
def test_axe_finds_nothing_and_nothing_leaves_the_window(language, scheme, browser):
    look = {"locale": {"en": "en-GB", "zh": "zh-CN"}[language], "color_scheme": scheme}
    with at_work(project([2, 3, 2], n=2)) as (desk, serving), opened(browser, serving.address, **look) as page:
        for i, state in enumerate(states(page, desk)):
            if not IS_LONG and i in (0, 2):
                continue
            assert faint(page) == [], state
            if IS_LONG:
                assert axe(page) == [], state
            for width in (1900, 1280, 800, 390) if IS_LONG else (1900, 390):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate(OVERFLOWING) == [], (state, width)
            for name in ("loss", "a0[0]") if "covered" not in state else ():
                page.locator(f'#network [data-name="{name}"]').focus()
                assert page.evaluate(IN_SIGHT), (state, name)
            assert page.evaluate(LETTERS) >= 9, state  # px, at the width of a phone
            page.set_viewport_size({"width": 1280, "height": 900})
            if not IS_LONG and i == 3:
                assert axe(page, formulas=False) == [], state  # whose letters are measured above
                break


@longer
def test_on_a_phone_the_drawing_follows_the_steps(browser):
    with at_work(project([2, 3, 3, 2])) as (desk, serving), opened(browser, serving.address, width=390) as page:
        for _ in range(desk.workspace.shown().stops.end_of("backward") // 2):
            stepped(page, desk)
            assert page.evaluate(FRESH_IN_SIGHT)


@longer
def test_a_wide_network_is_drawn_in_no_time(browser):
    """784-128-10 in aggregate, while it is played: what each frame costs the page itself."""
    made = project([784, 128, 10], "relu", "softmax", "cross_entropy", rows=64, n=16, rate=0.01)
    with at_work(made) as (desk, serving), opened(browser, serving.address) as page:
        page.evaluate("""() => {
          window.costs = [];
          const kept = (list) => window.costs.push(...list.getEntriesByName("drawing").map((e) => e.duration));
          new PerformanceObserver(kept).observe({ entryTypes: ["measure"] });
        }""")
        page.select_option("[data-key=grain]", "batch")
        for _ in range(5):
            stepped(page, desk)
        costs = sorted(page.evaluate("() => window.costs"))
        assert len(costs) >= 5
        assert costs[len(costs) // 2] <= 12
        more = page.locator("#network svg .more").first
        assert more.text_content().startswith("⋮ 778")
        more.dispatch_event("click")
        page.wait_for_selector('[data-name="a0[9]"]')


def test_the_page_is_small():
    """Page, scripts and styles as a browser would get them compressed; the font beside them."""
    files = static_files()
    packed = {name: len(gzip.compress(content)) for name, (content, _) in files.items() if not name.endswith(".woff2")}
    assert sum(packed.values()) <= 100_000
    assert len(files["math.woff2"][0]) <= 40_000
    assert not any(b"style=" in content for name, (content, _) in files.items() if name.endswith(".html"))


def test_both_languages_say_the_same_things():
    """The same keys in both, and the same fields in each sentence."""
    for table in ("words", "panels"):
        english, chinese = (static_files()[f"{table}-{language}.js"][0].decode() for language in ("en", "zh"))
        keys = [re.findall(r"^ {2}(\w+):", text, re.M) for text in (english, chinese)]
        assert keys[0] == keys[1]
        assert len(set(keys[0])) == len(keys[0])
        sentences = [re.split(r"^ {2}\w+:", text, flags=re.M)[1:] for text in (english, chinese)]
        for key, one, other in zip(keys[0], *sentences, strict=True):
            assert set(re.findall(r"\{\w+\}", one)) >= set(re.findall(r"\{\w+\}", other)), key

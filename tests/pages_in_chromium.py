"""Explanations opened in Debian's Chromium and measured: what is cut off, what collides, what axe-core finds."""

import shutil
from contextlib import contextmanager

OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
A4 = 718  # CSS pixels between margins of 10 mm
WIDTHS = {"screen": (1100, 500, 390), "print": (A4,)}

# Everything that leaves the page, is cut, lies over its neighbour or has a scroll bar that nobody can reach.
MEASURE = """() => {
  const found = [], name = e => (e.className || e.tagName) + ": " + (e.textContent || "").slice(0, 60);
  const region = e => e.closest("[role=region][tabindex='0'][aria-label]");
  const root = document.documentElement, main = document.querySelector("main").getBoundingClientRect();
  if (root.scrollWidth > root.clientWidth) found.push("the page is wider than the window: " + root.scrollWidth);
  for (const e of document.querySelectorAll("main *")) {
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (!box.width || e.closest("annotation, title, desc, .said")) continue;
    const scrolls = region(e);
    if (!scrolls && box.right > main.right + 1) found.push("leaves the page: " + name(e));
    const wider = e.scrollWidth > e.clientWidth + 1, higher = e.scrollHeight > e.clientHeight + 1;
    if (style.overflowX !== "visible" && wider && e !== scrolls) found.push("cut: " + name(e));
    if (["auto", "scroll"].includes(style.overflowY) && higher) found.push("bar: " + name(e));
    if (e.matches(".w") && wider && e.querySelectorAll("math").length !== 1)
      found.push("could break and does not: " + name(e));
  }
  for (const line of document.querySelectorAll(".l, li, p")) {
    const box = line.getBoundingClientRect();
    for (const math of line.querySelectorAll("math")) {
      const inside = math.getBoundingClientRect();
      const stands_out = inside.top < box.top - 2 || inside.bottom > box.bottom + 2;
      if (box.height && stands_out) found.push("collides: " + name(line));
    }
  }
  return found;
}"""
SCROLLING = """() => [...document.querySelectorAll(".w")].filter(e => e.scrollWidth > e.clientWidth + 1).length"""


@contextmanager
def chromium():
    """A browser; requests that leave the machine fail the test that makes them."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser, path, width=1100, **look):
    """A page with all that is folded away opened; at its end it must have asked for nothing but itself."""
    context = browser.new_context(viewport={"width": width, "height": 800}, **look)
    context.set_default_timeout(120_000)  # the machine may be busy with other tests
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.evaluate("() => document.querySelectorAll('details').forEach(e => e.open = true)")
    page.evaluate("() => document.fonts.ready.then(() => true)")
    yield page
    context.close()
    assert [url for url in asked if not url.startswith(("data:", path.as_uri()))] == []


def measured(page, media="screen"):
    """What is wrong with a page at each of the widths of its medium."""
    page.emulate_media(media=media)
    found = []
    for width in WIDTHS[media]:
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{media} {width}: {item}" for item in page.evaluate(MEASURE)]
    return found


def axe(page, *, contrast_of_formulas=True):
    """What axe-core finds with all of its rules; the contrast of every formula takes it by far the longest."""
    from axe_playwright_python.sync_playwright import Axe

    runs = [(None, {"rules": {"color-contrast": {"enabled": contrast_of_formulas}}})]
    if not contrast_of_formulas:
        runs.append(({"exclude": [["math"]]}, {"runOnly": ["color-contrast"]}))
    found = []
    for context, options in runs:
        violations = Axe().run(page, context, {"resultTypes": ["violations"], **options}).response["violations"]
        found += [f"{v['id']}: {node['html'][:100]}" for v in violations for node in v["nodes"]]
    return found

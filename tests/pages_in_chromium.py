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
  const sticks_out = (e, box) => e.left < box.left - 1.5 || e.right > box.right + 1.5;
  for (const child of document.querySelectorAll("mtd > *, .box > .in math, nav a")) {
    const around = child.closest("mtd, .in, nav li"), box = child.getBoundingClientRect();
    if (box.width && sticks_out(box, around.getBoundingClientRect())) found.push("sticks out: " + name(around));
  }
  for (const li of document.querySelectorAll("nav li"))
    if (li.getBoundingClientRect().left - main.left < 30) found.push("no room for its number: " + name(li));
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
SCROLLING = """() => [...document.querySelectorAll("main *")]
  .filter(e => ["auto", "scroll"].includes(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1)
  .map(e => `${(e.scrollWidth / e.clientWidth).toFixed(2)} of room: ${e.className} ${e.textContent.slice(0, 70)}`)"""


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


# The insides of formulas, most of the elements of a page, hold nothing that axe-core has a rule for but their colours.
# Those are measured here, of every letter of a page, and the insides are then left out of what axe-core goes through.
CONTRAST = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number), found = new Set();
  const linear = c => c <= 0.04045 * 255 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor, parts = channels(colour);
      if (parts.length === 3 || parts[3] === 1) return colour;
      if (parts[3] > 0) found.add("a ground that lets others through: " + colour);
    }
    return "rgb(255, 255, 255)";
  };
  const letters = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node = letters.nextNode(); node; node = letters.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || e.closest("annotation, svg, .said")) continue;
    const colours = [getComputedStyle(e).color, ground(e)];
    const [low, high] = colours.map(c => luminance(channels(c))).sort((a, b) => a - b);
    if ((high + 0.05) / (low + 0.05) < 4.5) found.add(colours.join(" on ") + ": " + node.data.slice(0, 40));
  }
  return [...found];
}"""
PLAIN = """() => {
  const named = [...document.querySelectorAll("math *")].filter(e => !e.closest("annotation") &&
    [...e.attributes].some(({name}) => /^(id|role|tabindex|title|href|lang|aria-)/.test(name)));
  document.querySelectorAll("math").forEach(e => e.replaceChildren(document.createTextNode("x")));
  return named.map(e => "a formula holds " + e.outerHTML.slice(0, 100));
}"""


def faint(page):
    """Letters of a page that stand out too little from their ground, formulas included, after WCAG 2.2 AA."""
    return page.evaluate(CONTRAST)


def axe(page, *, formulas=True):
    """What axe-core finds with all of its rules; without `formulas` their insides are gone from the page afterwards."""
    from axe_playwright_python.sync_playwright import Axe

    found = [] if formulas else page.evaluate(PLAIN)
    options = {"resultTypes": ["violations"], "preload": False, "selectors": False}
    violations = Axe().run(page, None, options).response["violations"]
    return found + [f"{v['id']}: {node['html'][:100]}" for v in violations for node in v["nodes"]]

"""Make the pictures of docs/lab/ anew: the lab's page in eight states, by Debian's Chromium.

``python docs/build_lab_pictures.py [NAME …]``
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from clearprop.lab.desk import Desk
from clearprop.lab.project import case_project, new_project
from clearprop.lab.server import OfDesk
from clearprop.lab.serving import Serving

FOLDER = Path(__file__).with_name("lab")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
PROJECTOR, LAPTOP, PHONE = (1920, 1080), (1280, 800), (390, 844)
COLOURS = 200  # of a picture


class State(NamedTuple):
    """What a picture shows."""

    recipe: dict[str, Any]
    size: tuple[int, int]
    scheme: str
    language: str
    come_to: Callable[[Page], object]


def steps(page: Page, grain: str, count: int = 1) -> None:
    """Press Step so often."""
    page.select_option("[data-key=grain]", grain)
    for _ in range(count):
        before = page.locator("#network").get_attribute("data-revision")
        page.locator("[data-key=step_on]").click()
        page.wait_for_function(f"() => document.querySelector('#network').dataset.revision !== '{before}'")


def choose(page: Page, name: str) -> None:
    """Click a number of the drawing."""
    page.locator(f'#network svg [data-name="{name}"]').dispatch_event("click")
    page.wait_for_selector(f'#panel[data-of="{name}"]')


def forward(page: Page) -> None:
    """A weight chosen after the forward pass."""
    steps(page, "forward")
    choose(page, "W1[0,0]")


def backward(page: Page) -> None:
    """The δ of a hidden neuron."""
    steps(page, "backward")
    choose(page, "delta1[0]")


def trained(page: Page) -> None:
    """After some epochs: curves and surface."""
    steps(page, "epoch", 30)
    page.evaluate("() => document.querySelector('#curves').scrollIntoView()")


def signals(page: Page) -> None:
    """After the forward pass, as far as a phone shows it."""
    steps(page, "forward")


def wide(page: Page) -> None:
    """A network that is drawn in aggregate, a weight of it chosen."""
    steps(page, "forward")
    choose(page, "W1[2,1]")


def settings(page: Page) -> None:
    """The settings of network and training."""
    page.locator("#tab-choices").click()


def exercise(page: Page) -> None:
    """The exercise in the page, with its blanks."""
    page.locator("#tab-exercise").click()
    page.locator("#exercise button.go").first.click()
    page.wait_for_selector("#exercise form.paper")
    page.locator("#exercise form.paper").evaluate("e => e.scrollIntoView()")


def scrolled(page: Page) -> None:
    """The derivation on a phone."""
    backward(page)
    page.locator("#side").scroll_into_view_if_needed()
    page.evaluate("() => document.querySelector('#side').scrollIntoView()")


CASE: dict[str, Any] = {"kind": "case", "name": "case_study"}
MAZUR: dict[str, Any] = {"kind": "case", "name": "mazur"}
STATES = {
    "projector-light": State(MAZUR, PROJECTOR, "light", "en", forward),
    "projector-dark": State(MAZUR, PROJECTOR, "dark", "en", backward),
    "laptop-trained": State({"kind": "circles", "n": 200, "seed": 1}, LAPTOP, "light", "en", trained),
    "laptop-wide-dark": State({"kind": "case", "name": "digits"}, LAPTOP, "dark", "en", wide),
    "laptop-chinese": State(CASE, LAPTOP, "light", "zh", settings),
    "phone-light": State(CASE, PHONE, "light", "en", signals),
    "phone-dark": State(CASE, PHONE, "dark", "en", scrolled),
    "laptop-exercise": State(CASE, LAPTOP, "light", "en", exercise),
}


@contextmanager
def at_work(recipe: dict[str, Any]) -> Iterator[str]:
    """The address of a server that begins with these data."""
    name = recipe.get("name")
    project = case_project(name) if recipe["kind"] == "case" and isinstance(name, str) else new_project(recipe)
    with Serving(OfDesk(Desk(project))) as serving:
        yield serving.address


def taken(state: State, browser: Any) -> bytes:
    """The picture of a state, in few colours."""
    width, height = state.size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=state.scheme, reduced_motion="reduce",
        locale={"en": "en-GB", "zh": "zh-CN"}[state.language], has_touch=state.size == PHONE,
    )  # fmt: skip
    page = context.new_page()
    with at_work(state.recipe) as address:
        page.goto(address)
        page.wait_for_selector("#network[data-revision]")
        state.come_to(page)
        page.mouse.move(0, 0)
        page.wait_for_timeout(600)  # for what is asked of the server when a section comes into sight
        picture = Image.open(io.BytesIO(page.screenshot()))
        context.close()
    found = io.BytesIO()
    picture.convert("RGB").quantize(COLOURS, kmeans=1, dither=Image.Dither.NONE).save(found, "PNG", optimize=True)
    return found.getvalue()


def main(names: list[str]) -> None:
    """Write the pictures of these names, or all."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        for name in names or STATES:
            (FOLDER / f"{name}.png").write_bytes(taken(STATES[name], browser))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])

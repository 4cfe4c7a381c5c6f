"""The panels of the lab's page in Debian's Chromium: a server for each page, which may ask nobody else."""

import os
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from clearprop.lab.desk import Desk
from clearprop.lab.project import case_project, new_project
from clearprop.lab.server import OfDesk
from clearprop.lab.serving import Serving
from clearprop.lab.steps import step

IS_LONG = "CLEARPROP_EVERY_PAGE" in os.environ
longer = pytest.mark.skipif(not IS_LONG, reason="takes seconds; run by `make test-pages`")
WAIT = 20_000  # ms; the machine may be busy
REFUSED = "the server responded with a status of 4"  # what is meant: a sentence is shown for it


def project_of(recipe):
    """A project from the name of a case, or from what the page would send to /api/data."""
    return case_project(recipe) if isinstance(recipe, str) else new_project(recipe, case_project("case_study"))


@contextmanager
def opened_lab(browser, recipe="case_study", *, width=1280, height=900, served=None, scheme="light", **look):
    """The page; `page.desk` is what it works on. What it complained about in the console fails the test."""
    desk = Desk(project_of(recipe)) if served is None else None
    with Serving(served or OfDesk(desk)) as serving:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
        )
        context.set_default_timeout(WAIT)
        page = context.new_page()
        asked, faults = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        kept = ", ".join(f"{key}: {value!r}" for key, value in {"language": "en", **look}.items())
        page.add_init_script(f"localStorage.setItem('clearprop-look', JSON.stringify({{{kept}}}))")
        page.goto(serving.address)
        page.wait_for_selector("body.ready")
        page.desk = desk
        yield page
        context.close()
    own = urlsplit(serving.address).netloc
    assert {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))} == {own}
    assert [fault for fault in faults if REFUSED not in fault] == []


def part(page, name):
    """One of the parts beside the drawing, brought into sight."""
    page.click(f"#tab-{name}")
    return page.locator(f"#{name}")


def trained(page, grain="epoch", count=3, direction=1):
    """Let the page's workspace train, as a request of another tab does."""
    workspace = page.desk.workspace
    with workspace.changing(workspace.revision):
        step(workspace, grain, direction, count)

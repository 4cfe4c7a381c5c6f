"""What the lab's tests share."""

import pytest

from panels_in_chromium import a_browser


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium; without it, or without Playwright, those tests are skipped."""
    with a_browser() as found:
        yield found

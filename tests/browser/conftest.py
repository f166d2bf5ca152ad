"""A browser, and the app served to it as it is served to visitors."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.find_browser import find
from tests.served import Served, serve


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all browser tests; without one they fail."""
    path = find()
    if not path:
        pytest.fail("no Chrome or Chromium: run `make test`, which gets one")
    with sync_playwright() as playwright:
        # A container's root cannot use Chromium's sandbox; the microphone is one that beeps.
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--use-fake-device-for-media-stream"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """The app in a process of its own, as `cuecard run` serves it."""
    with serve() as running:
        yield running


@pytest.fixture
def context(browser: Browser, served: Served) -> Iterator[BrowserContext]:
    """A browser window of its own: no cookies, no storage."""
    context = browser.new_context(base_url=served.url)
    yield context
    context.close()


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    """A tab in which any uncaught error, console error or refused script fails the test."""
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on(
        "console",
        lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None,
    )
    yield tab
    assert not complaints, complaints

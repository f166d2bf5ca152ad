"""Take the pictures of the README from the running app: make readme."""

from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.find_browser import find
from tests.served import serve

HERE = Path(__file__).parent
BUILDER = "/events/beta/response.create"


def main() -> None:
    """Write the pictures beside this file."""
    with serve() as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        try:
            for scheme in ("light", "dark"):
                _wide(browser, served.url, scheme)
            _phone(browser, served.url)
        finally:
            browser.close()


def _wide(browser: Browser, url: str, scheme: str) -> None:
    """The whole builder after a spoken reply."""
    page = _page(browser, url, scheme, 1440, 900)
    page.goto(f"{BUILDER}?example=forced-function")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("completed").first.wait_for(timeout=20_000)
    page.goto(f"{BUILDER}?example=spoken-greeting")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("completed").nth(1).wait_for(timeout=60_000)
    page.wait_for_timeout(500)
    page.screenshot(path=HERE / f"builder-{scheme}.png")


def _phone(browser: Browser, url: str) -> None:
    page = _page(browser, url, "light", 390, 844)
    page.goto(f"{BUILDER}?example=several-turns")
    page.screenshot(path=HERE / "builder-phone.png")


def _page(browser: Browser, url: str, scheme: str, width: int, height: int) -> Page:
    context = browser.new_context(
        base_url=url,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
    )
    return context.new_page()


if __name__ == "__main__":
    main()

"""Find a Chromium for the browser tests, or get one: `python -m tests.browser.find_browser`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
DOWNLOAD_TIMEOUT_S = 300
START_TIMEOUT_S = 60


def find() -> str | None:
    """Return the path of a Chromium or Chrome that starts, or None."""
    return next((path for path in _candidates() if _starts(path)), None)


def find_or_install() -> str | None:
    """Return the path of one, after installing it where none was found."""
    return find() or _downloaded() or _from_debian()


def _candidates() -> Iterator[str]:
    named = os.environ.get("CUECARD_BROWSER")
    if named:
        yield named
    yield from filter(None, map(shutil.which, COMMANDS))
    yield from filter(os.path.exists, MAC)
    own = _of_playwright()
    if own:
        yield own


def _of_playwright() -> str | None:
    """Return where Playwright keeps its own download, if it has been made."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # starts a process

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _starts(path: str) -> bool:
    """Whether it runs at all: a download may lack libraries of the system."""
    return _run([path, "--version"], START_TIMEOUT_S)


def _downloaded() -> str | None:
    print("No Chrome or Chromium here: fetching Playwright's own ...", file=sys.stderr)
    _run([sys.executable, "-m", "playwright", "install", "chromium"], DOWNLOAD_TIMEOUT_S)
    return find()


def _from_debian() -> str | None:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return None
    print("Installing Debian's Chromium ...", file=sys.stderr)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        _run(["apt-get", "-qq", *arguments], 2 * DOWNLOAD_TIMEOUT_S, environ)
    return find()


def _run(command: list[str], timeout_s: int, environ: dict[str, str] | None = None) -> bool:
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=timeout_s, check=False, env=environ
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    browser = find_or_install()
    if not browser:
        sys.exit("No Chrome or Chromium could be found or installed: the tests need one.")
    print(browser)

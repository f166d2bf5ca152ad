"""The browser of the tests is one that starts: named, installed, or fetched."""

from pathlib import Path

import pytest

from tests.browser import find_browser


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the search path; Playwright has downloaded nothing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    monkeypatch.delenv("CUECARD_BROWSER", raising=False)
    monkeypatch.setattr(find_browser, "MAC", ())
    return tmp_path


def program(folder: Path, name: str, *, starts: bool = True) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {0 if starts else 1}\n")
    path.chmod(0o755)
    return str(path)


def test_none_is_found_where_there_is_none(folder: Path) -> None:
    assert find_browser.find() is None


def test_an_installed_one_is_found(folder: Path) -> None:
    chrome = program(folder, "google-chrome")
    assert find_browser.find() == chrome


def test_one_that_does_not_start_is_passed_over(folder: Path) -> None:
    program(folder, "chromium", starts=False)
    chrome = program(folder, "google-chrome-stable")
    assert find_browser.find() == chrome


def test_a_named_one_comes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(folder, "chromium")
    named = program(folder, "my-chromium")
    monkeypatch.setenv("CUECARD_BROWSER", named)
    assert find_browser.find() == named


def test_debians_package_is_the_last_resort(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt = folder / "apt-get"
    apt.write_text(
        f'#!/bin/sh\n[ "$2" = install ] || exit 0\n'
        f"printf '#!/bin/sh\\nexit 0\\n' > {folder}/chromium\n/bin/chmod 755 {folder}/chromium\n"
    )
    apt.chmod(0o755)
    monkeypatch.setattr(find_browser.os, "geteuid", lambda: 0)
    monkeypatch.setattr(find_browser, "_downloaded", lambda: None)
    assert find_browser.find_or_install() == f"{folder}/chromium"


def test_packages_are_installed_by_root_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(folder, "apt-get")
    monkeypatch.setattr(find_browser.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(find_browser, "_downloaded", lambda: None)
    assert find_browser.find_or_install() is None

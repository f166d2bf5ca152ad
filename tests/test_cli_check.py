"""``cuecard check``: what it prints and how it exits."""

import io
import json
from pathlib import Path

import pytest

from webapp import cli

FINE = '{"type": "response.create", "response": {"voice": "sage"}}'
NOTED = '{"type": "response.create", "response": {"instructions": ""}}'
FAULTY = '{"type": "response.create", "response": {"temperature": 0.3, "model": "m"}}'
BROKEN = '{"type":\n  response}'


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with events, and we in it."""
    for name, text in (("fine", FINE), ("noted", NOTED), ("faulty", FAULTY), ("broken", BROKEN)):
        (tmp_path / f"{name}.json").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_no_problem_is_no_line(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "fine.json"]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "cuecard: 1 file, 0 errors, 0 warnings, 0 notes\n"


def test_a_problem_is_a_line_with_file_and_place(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "fine.json", "noted.json", "faulty.json", "--dialect", "beta"]) == 1
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["noted.json:/response/instructions", "note"],
        ["faulty.json:/response/temperature", "error"],
        ["faulty.json:/response/model", "error"],
    ]
    assert lines[1].endswith(": Too small: the lowest value allowed is 0.6.")
    assert told.err == "cuecard: 3 files, 2 errors, 0 warnings, 1 note\n"


def test_notes_and_warnings_fail_no_job(files: Path) -> None:
    assert cli.main(["check", "noted.json"]) == 0


def test_the_dialect_decides(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "fine.json", "--dialect", "ga"]) == 1
    assert "audio.output.voice" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("broken.json", "broken.json:2:3: unreadable: "),
        ("nowhere.json", "nowhere.json: unreadable: No such file or directory."),
    ],
)
def test_what_cannot_be_read_is_exit_2_and_the_rest_is_checked(
    files: Path, file: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", file, "faulty.json"]) == 2
    told = capsys.readouterr()
    assert words in told.err
    assert told.out.count("\n") == 2


def test_json_is_one_line_for_each_file(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--json", "fine.json", "faulty.json", "broken.json", "gone"]) == 2
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["file"] for one in told] == ["fine.json", "faulty.json", "broken.json", "gone"]
    assert told[0]["dialect"] == "beta"
    assert json.loads(told[0]["wire"]) == json.loads(FINE)
    assert told[0]["problems"] == []
    assert [one["at"] for one in told[1]["problems"]] == [
        "/response/temperature",
        "/response/model",
    ]
    assert told[1]["problems"][1]["fix"] == [{"op": "remove", "path": "/response/model"}]
    assert told[2]["unreadable"]["line"] == 2
    assert told[2]["unreadable"]["column"] == 3
    assert told[3]["unreadable"] == {"reason": "No such file or directory."}


def test_a_dash_is_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FAULTY.encode()), "utf-8"))
    assert cli.main(["check", "-", "--dialect", "beta"]) == 1
    assert capsys.readouterr().out.startswith("-:/response/temperature: error: ")


def test_no_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli.main(["check"])
    assert leaving.value.code == 2
    assert "FILE" in capsys.readouterr().err

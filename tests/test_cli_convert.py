"""``cuecard convert``: what it prints where, and how it exits."""

import io
import json
from pathlib import Path

import pytest

from webapp import cli

BETA = (
    '{"type":"response.create",'
    '"response":{"voice":"sage","temperature":0.70,"max_output_tokens":1e2}}'
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A Beta event in a file, and we beside it."""
    (tmp_path / "event.json").write_text(BETA, "utf-8")
    monkeypatch.chdir(tmp_path)
    return "event.json"


def test_the_event_goes_out_and_the_notes_go_beside(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["convert", "--to", "ga", file]) == 0
    told = capsys.readouterr()
    assert told.out == (
        '{\n  "type": "response.create",\n  "response": {\n    "audio": {\n      "output": {\n'
        '        "voice": "sage"\n      }\n    },\n    "max_output_tokens": 1e2\n  }\n}\n'
    )
    assert told.err.splitlines() == [
        "event.json:/response/voice: moved to /response/audio/output/voice: "
        "GA has it at audio.output.voice.",
        "event.json:/response/temperature: lost: GA has no temperature.",
    ]


def test_there_and_back_through_standard_input(
    file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.main(["convert", "--to", "ga", file])
    there = capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(there.encode())))
    assert cli.main(["convert", "--to", "beta", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["response"] == {
        "voice": "sage",
        "max_output_tokens": 100.0,
    }


def test_an_event_of_the_wanted_dialect_is_left_alone(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["convert", "--to", "beta", file]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == json.loads(BETA)
    assert told.err == "event.json: this is Beta already: nothing to convert\n"


@pytest.mark.parametrize(
    ("text", "words"), [("{", "line 1, column 2"), (None, "No such file"), ("", "line 1, column 1")]
)
def test_what_cannot_be_read_is_exit_2(
    file: str, text: str | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is None:
        Path(file).unlink()
    else:
        Path(file).write_text(text, "utf-8")
    assert cli.main(["convert", "--to", "ga", file]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err


def test_the_dialect_must_be_one(file: str) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli.main(["convert", "--to", "alpha", file])
    assert leaving.value.code == 2

"""``cuecard send`` and ``cuecard export``: what they print, and how they end."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.realtime_servers import CREATED, answering, playing, playing_raw, text_frame, upgraded
from tests.recorded_sandbox import recorded_sandbox
from tests.serving import in_thread
from webapp.commands.send import Lines, Words, send, target_at
from webapp.endpoints import Endpoint, Key, endpoint_at
from webapp.errors import LocalError

PATIENCE_S = 60
CANARY = "sk-canary-77a0"
BETA = '{"type": "response.create", "response": {"modalities": ["text"], "instructions": "Hush"}}'


def cuecard(*arguments: str, given: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    keyless = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    return subprocess.run(
        [sys.executable, "-m", "webapp.cli", *arguments],
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
        env={**keyless, **environ},
    )


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    """The address of a sandbox in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "webapp.cli", "sandbox", "--port", "0", "--speed", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        found = re.search(r"ws://\S+", process.stdout.readline())
        assert found
        yield found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
        process.stdout.close()


# -- words -----------------------------------------------------------------------------------------


def test_an_answer_is_told_in_words(sandbox: str) -> None:
    done = cuecard("send", "-", "--endpoint", sandbox, given=BETA)
    assert done.returncode == 0, done.stderr
    opened, said, outcome, tokens = done.stdout.splitlines()
    assert opened == "Session open with rehearsal."
    assert "“Hush”" in said
    assert outcome == "Response completed."
    assert re.fullmatch(r"Tokens: \d+ in, \d+ out, \d+ in all\.", tokens)
    assert done.stderr == ""


def test_the_embedded_sandbox_is_started_for_it() -> None:
    done = cuecard("send", "-", "--model", "mine", given=BETA)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Session open with mine.\n")


def test_spoken_words_are_told_too(sandbox: str) -> None:
    text = '{"type":"response.create","response":{"output_modalities":["audio"]}}'
    done = cuecard("send", "-", "--endpoint", sandbox, given=text)
    assert done.returncode == 0
    assert "No instructions are in force." in done.stdout


def test_a_function_call_is_told(sandbox: str) -> None:
    tool = {"type": "function", "name": "lookup", "parameters": {"type": "object"}}
    event = {"type": "response.create", "response": {"tools": [tool], "tool_choice": "required"}}
    done = cuecard("send", "-", "--endpoint", sandbox, given=json.dumps(event))
    assert done.returncode == 0
    assert "Calls lookup({})\n" in done.stdout


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        ("fail:insufficient_quota", "Response failed"),
        ("incomplete:max_output_tokens", "Response incomplete: the token limit was reached."),
        ("close:1011", "The session ended with code 1011: the server failed."),
        ("drop", "The session ended with code 1006"),
        ("silence", "The server said nothing for 1 s."),
    ],
)
def test_other_fates_are_told_and_exit_1(fate: str, words: str, sandbox: str) -> None:
    event = {"type": "response.create", "response": {"metadata": {"sandbox": fate}}}
    done = cuecard("send", "-", "--endpoint", sandbox, "--quiet", "1", given=json.dumps(event))
    assert done.returncode == 1
    assert words in done.stdout


def test_a_refusal_is_told_with_advice_and_exit_1(sandbox: str) -> None:
    event = '{"type": "response.create", "response": {"temperature": 9}}'
    done = cuecard("send", "-", "--endpoint", sandbox, "--dialect", "beta", given=event)
    assert done.returncode == 1
    assert "(decimal_above_max_value, response.temperature)" in done.stdout
    assert "Lower it to the named bound." in done.stdout


@pytest.mark.parametrize("members", ["", ', "event_id": "mine"'])
def test_an_event_of_no_known_type_is_refused(members: str, sandbox: str) -> None:
    event = f'{{"type": "response.crate"{members}}}'
    done = cuecard("send", "-", "--endpoint", sandbox, given=event)
    assert done.returncode == 1
    assert "Refused: " in done.stdout


def test_another_client_event_ends_with_its_acknowledgement(sandbox: str) -> None:
    event = '{"type": "session.update", "session": {"type": "realtime", "instructions": "x"}}'
    arguments = ("send", "-", "--json", "--dialect", "ga", "--endpoint", sandbox)
    done = cuecard(*arguments, given=event)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout.splitlines()[-1])["type"] == "session.updated"


# -- JSON ------------------------------------------------------------------------------------------


def test_words_name_the_acknowledgement(sandbox: str) -> None:
    event = '{"type": "session.update", "session": {"instructions": "x"}}'
    done = cuecard("send", "-", "--dialect", "beta", "--endpoint", sandbox, given=event)
    assert done.returncode == 0
    assert done.stdout == "Session open with rehearsal.\nAnswered with session.updated.\n"


@pytest.mark.parametrize(
    ("audio", "status", "words"),
    [
        ("AAAA", 0, "Not refused; input_audio_buffer.append has no answer."),
        ("no sound", 1, "Refused: Invalid 'audio'"),
    ],
)
def test_sound_that_is_appended_is_not_waited_for(
    audio: str, status: int, words: str, sandbox: str
) -> None:
    event = json.dumps({"type": "input_audio_buffer.append", "audio": audio})
    done = cuecard("send", "-", "--endpoint", sandbox, given=event)
    assert done.returncode == status
    assert words in done.stdout


@pytest.mark.parametrize("dialect", ["beta", "ga"])
def test_json_is_one_line_for_each_server_event(dialect: str, sandbox: str) -> None:
    arguments = ("send", "-", "--json", "--endpoint", sandbox, "--dialect", dialect)
    done = cuecard(*arguments, given='{"type": "response.create"}')
    assert done.returncode == 0
    kinds = [json.loads(line)["type"] for line in done.stdout.split("\n") if line]
    assert kinds[0] == "session.created"
    assert kinds[-1] == "response.done"
    word = "response.audio.delta" if dialect == "beta" else "response.output_audio.delta"
    assert word in kinds


# -- bytes and handshake ---------------------------------------------------------------------------


def test_the_bytes_of_the_file_are_sent(tmp_path: Path) -> None:
    text = (
        '{ "type":\t"response.create",\r\n "response": {"metadata": {"é": "\\u00e9😀\u2028"}} }\n\n'
    )
    path = tmp_path / "event.json"
    path.write_bytes(text.encode())
    with recorded_sandbox() as recorded:
        arguments = ("send", str(path), "--dialect", "ga", "--endpoint", recorded.url)
        done = cuecard(*arguments, REALTIME_API_KEY=f" {CANARY}\n")
    assert done.returncode == 0, done.stdout
    (visit,) = recorded.visits
    assert visit.frames == [text]
    assert recorded.frames_before_opening == 0
    assert visit.headers["authorization"] == f"Bearer {CANARY}"
    assert "openai-beta" not in visit.headers
    assert "sec-websocket-extensions" not in visit.headers
    assert CANARY not in done.stdout + done.stderr


def test_the_dialect_and_the_model_go_into_the_handshake() -> None:
    with recorded_sandbox() as recorded:
        done = cuecard("send", "-", "--endpoint", recorded.url, "--model", "é m", given=BETA)
        assert done.returncode == 0
    (visit,) = recorded.visits
    assert visit.headers["openai-beta"] == "realtime=v1"
    assert visit.path == "/v1/realtime?model=%C3%A9+m"
    assert "authorization" not in visit.headers


def test_no_proxy_of_the_environment_is_asked(sandbox: str) -> None:
    nowhere = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "ws_proxy"), nowhere)
    done = cuecard("send", "-", "--endpoint", sandbox, given=BETA, **proxies)
    assert done.returncode == 0


def test_a_redirect_is_not_followed() -> None:
    with recorded_sandbox() as elsewhere:
        head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere.url}\r\n"
        moved = f"{head}Content-Length: 0\r\n\r\n".encode()
        with in_thread(playing_raw(answering(moved))) as url:
            done = cuecard("send", "-", "--endpoint", url, given=BETA, REALTIME_API_KEY=CANARY)
    assert done.returncode == 1
    assert "Redirect refused (HTTP status 307)" in done.stdout
    assert elsewhere.visits == []


def test_nothing_is_sent_before_the_session_is_open() -> None:
    refusal = json.dumps({"type": "error", "error": {"code": "invalid_api_key", "message": "No."}})

    async def refuse(socket: object) -> None:
        await socket.send(refusal)  # type: ignore[attr-defined]
        await socket.close(3000, "no")  # type: ignore[attr-defined]

    with in_thread(playing(refuse)) as url:
        done = cuecard("send", "-", "--endpoint", url, given=BETA)
    assert done.returncode == 1
    assert done.stdout == "Refused: No. (invalid_api_key)\nCheck the key.\n"


def test_a_server_that_writes_rubbish_does_nothing_to_the_terminal() -> None:
    delta = {"type": "response.text.delta", "delta": "\x1b[2J\x9bm\u202e\r\x07ok"}
    rubbish = text_frame(json.dumps(delta)) + text_frame("\x1b]0;x\x07") + text_frame("{\n}")
    with in_thread(playing_raw(upgraded(rubbish, hang_up=True))) as url:
        words = cuecard("send", "-", "--endpoint", url, given=BETA)
        lines = cuecard("send", "-", "--json", "--endpoint", url, given=BETA)
    assert words.returncode == lines.returncode == 1
    assert re.fullmatch(r"[^\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]*", words.stdout)
    assert "ok\n" in words.stdout
    assert all(line.isprintable() for line in lines.stdout.split("\n"))
    assert json.loads(lines.stdout.strip().split("\n")[-1])["type"] == "ended"


# -- what cannot be used ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["send", "-", "--endpoint", "openai"], "Set OPENAI_API_KEY in the environment."),
        (["send", "-", "--endpoint", "azure"], "The address of your Azure resource is not known."),
        (["send", "-", "--endpoint", "ws://server.example/v1/realtime"], "Use wss://."),
        (["send", "-", "--endpoint", "nowhere"], "An address looks like"),
        (["send", "-", "--endpoint", "wss://x.example/?api_key=k"], "Leave the key out"),
        (["send", "/no/such/file"], "/no/such/file: No such file or directory"),
        (["export", "-", "--language", "cobol"], "there is json, json-compact, shell, python"),
        (["export", "-", "--language", "browser"], "not reached by WebRTC"),
        (["export", "/", "--language", "json"], "/: Is a directory"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_2(arguments: list[str], words: str) -> None:
    done = cuecard(*arguments, given='{"type": "response.create"}')
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [["send", "-"], ["export", "-", "--language", "python"]])
def test_a_text_that_is_not_json_is_one_line_and_exit_2(command: list[str]) -> None:
    done = cuecard(*command, given='{"type":\n }')
    assert done.returncode == 2
    assert done.stderr.startswith("cuecard: standard input: line 2, column 2: ")
    assert done.stderr.count("\n") == 1


def test_a_key_goes_only_where_it_belongs() -> None:
    keys = {"OPENAI_API_KEY": "o", "AZURE_OPENAI_API_KEY": "a", "REALTIME_API_KEY": "r"}
    for name, header in (
        ("openai", ("Authorization", "Bearer o")),
        ("wss://api.openai.com/v1/realtime?model=m", ("Authorization", "Bearer o")),
        ("wss://x.openai.azure.com/openai/v1/realtime?model=m", ("api-key", "a")),
        ("wss://api.openai.com.evil.example/v1/realtime", ("Authorization", "Bearer r")),
        ("wss://openai.azure.com/v1/realtime", ("Authorization", "Bearer r")),
    ):
        target = target_at(endpoint_at(name, "ga"), keys)
        assert target.headers == (header,)
        assert header[1] not in repr(target) or len(header[1]) == 1
    assert target_at(endpoint_at("sandbox", "ga"), keys).headers == ()


def test_a_key_with_a_line_break_inside_is_refused() -> None:
    with pytest.raises(LocalError, match="no key has"):
        target_at(endpoint_at("openai", "ga"), {"OPENAI_API_KEY": "a\r\nX-Evil: b"})


# -- export ----------------------------------------------------------------------------------------


def test_export_writes_the_program() -> None:
    done = cuecard("export", "-", "--language", "python", "--endpoint", "openai", given=BETA)
    assert done.returncode == 0
    compile(done.stdout, "event.py", "exec")
    assert "written in Beta" in done.stdout
    assert 'os.environ["OPENAI_API_KEY"]' in done.stdout


def test_a_report_lists_the_problems() -> None:
    event = '{"type": "response.create", "response": {"colour": 1}}'
    done = cuecard("export", "-", "--language", "markdown", "--dialect", "ga", given=event)
    assert done.returncode == 0
    assert "- error at `/response/colour`: " in done.stdout


def test_an_event_of_another_type_is_exported_too() -> None:
    done = cuecard("export", "-", "--language", "markdown", given='{"type": "session.update"}')
    assert done.returncode == 0
    assert "None." in done.stdout


# -- in this process -------------------------------------------------------------------------------


def test_a_whole_text_is_told_where_no_deltas_came() -> None:
    done = {
        "type": "response.done",
        "response": {
            "id": "r",
            "status": "completed",
            "output": [{"type": "message", "content": [{"type": "text", "text": "All of it"}]}],
        },
    }

    async def answer(socket: object) -> None:
        await socket.send(CREATED)  # type: ignore[attr-defined]
        await socket.recv()  # type: ignore[attr-defined]
        await socket.send(b"\x00")  # type: ignore[attr-defined]
        await socket.send(json.dumps(done, indent=1))  # type: ignore[attr-defined]
        await socket.send("{}")  # type: ignore[attr-defined]

    for as_json in (False, True):
        told: list[str] = []
        with in_thread(playing(answer)) as url:
            code = send(BETA, endpoint_at(url, "ga"), {}, out=told.append, as_json=as_json)
        assert code == 0
        lines = "".join(told).splitlines()
        if as_json:
            assert [json.loads(line)["type"] for line in lines][1:] == ["", "response.done"]
            assert json.loads(lines[1])["unreadable"] == "00"
        else:
            assert lines == [
                "Session open with m.",
                "Something unreadable came: A binary frame of 1 bytes.",
                "All of it",
                "Response completed.",
            ]


def test_nothing_listens_there() -> None:
    told: list[str] = []
    there = Endpoint("x", "ws://127.0.0.1:9/v1/realtime", "ga", ("ga",), Key("K", required=False))
    assert send(BETA, there, {}, out=told.append) == 1
    assert told == ["Nothing listens at the address of the server.\n"]


def test_both_ways_to_show_tell_the_end() -> None:
    told: list[str] = []
    Words(told.append).ended("Over.")
    Lines(told.append).ended("Over.")
    assert told == ["Over.\n", '{"type":"ended","message":"Over."}\n']


@pytest.mark.parametrize(
    "arguments",
    [
        ["send", "-", "--json"],
        ["convert", "-", "--to", "ga"],
        ["export", "-", "--language", "shell"],
        ["check", "-", "--json"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_reader_who_stops_reading_ends_a_command_quietly(arguments: list[str]) -> None:
    event = json.dumps({"type": "response.create", "response": {"instructions": "x" * 300_000}})
    with subprocess.Popen(
        [sys.executable, "-m", "webapp.cli", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdin
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        running.stdin.write(event.encode())
        running.stdin.close()
        told = running.stderr.read().decode()
        assert running.wait(PATIENCE_S) == 141
    assert "Traceback" not in told
    assert "rror:" not in told

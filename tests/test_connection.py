"""A session over a real WebSocket: exact, bounded, and honest about how it ended."""

import asyncio
import json
import logging
import threading
import time
from collections import deque
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from tests.realtime_servers import (
    CREATED,
    IMPATIENT,
    Recorder,
    answering,
    entries,
    playing,
    playing_raw,
    session_at,
    text_frame,
    unlike,
    upgraded,
    wait_closed,
    wait_for,
    wait_for_frames,
    wait_open,
)
from webapp.errors import LocalError
from webapp.sandbox.server import serve_sandbox
from webapp.sessions.connection import Serve
from webapp.sessions.protocol import State

MIB = 1024 * 1024


def sandbox() -> Serve:
    return lambda: serve_sandbox(seed=7, speed=0)


def create(**response: object) -> str:
    return json.dumps({"type": "response.create", "event_id": "evt_1", "response": response})


# -- with the sandbox ------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["beta", "ga"])
def test_a_text_reply_arrives_whole(dialect: str) -> None:
    modalities = {"beta": "modalities", "ga": "output_modalities"}[dialect]
    with session_at(sandbox(), dialect) as session:
        session.send(create(**{modalities: ["text"], "instructions": "Greet the room."}))
        session.wait_while(State.CONNECTING, 10)
        wait_for(lambda: bool(entries(session, "response")))
        session.wait_until_quiet(10)
        (response,) = entries(session, "response")
        assert response.mark("outcome") == "completed"
        assert "Greet the room." in response.parts[0].words("text")
        assert response.words("usage")
        assert not [entry for entry in entries(session, "event") if entry.mark("flaw")]


@pytest.mark.parametrize("form", ["pcm16", "g711_ulaw", "g711_alaw"])
def test_a_spoken_reply_can_be_played(form: str) -> None:
    with session_at(sandbox()) as session:
        session.send(create(modalities=["text", "audio"], output_audio_format=form))
        wait_for(lambda: bool(entries(session, "response")))
        session.wait_until_quiet(10)
        (part,) = entries(session, "response")[0].parts
        assert part.kind == "speech"
        assert part.words("text")
        wav = session.wav(part.key)
        rate_hz = 24_000 if form == "pcm16" else 8_000
        seconds = (len(wav) - 44) / 2 / rate_hz
        assert f"{seconds:.1f} s" == part.words("duration")
        assert session.pcm16(part.key, 0) == wav[44:]


def test_a_function_call_arrives_with_its_arguments() -> None:
    tool = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}
    choice = {"type": "function", "name": "get_weather"}
    with session_at(sandbox()) as session:
        session.send(create(tools=[tool], tool_choice=choice))
        wait_for(lambda: bool(entries(session, "response")))
        session.wait_until_quiet(10)
        (call,) = entries(session, "response")[0].parts
        assert (call.kind, call.words("name")) == ("call", "get_weather")
        assert isinstance(json.loads(call.words("arguments")), dict)


def test_a_refused_event_carries_the_error() -> None:
    with session_at(sandbox()) as session:
        session.send(create(temperature=9))
        wait_for(lambda: bool(entries(session, "error")))
        (error,), (sent,) = entries(session, "error"), entries(session, "sent")
        assert error.words("param") == "response.temperature"
        assert error.mark("answers") == sent.key
        assert sent.mark("status") == "refused"


def test_a_dropped_socket_keeps_everything_and_can_be_reconnected() -> None:
    with session_at(lambda: serve_sandbox(seed=7, speed=50)) as session:
        session.send(create(modalities=["text"], metadata={"sandbox": "drop"}))
        notice = wait_closed(session)
        assert notice.mark("tone") == "danger"
        assert "without a goodbye" in notice.words("text")
        assert "reconnect" in notice.words("text")
        (response,) = entries(session, "response")
        assert response.mark("outcome") == "cut"
        received = response.parts[0].words("text")
        assert received
        with pytest.raises(LocalError, match="closed"):
            session.send(create())
        session.connect()
        session.send(create(modalities=["text"]))
        wait_for(lambda: len(entries(session, "response")) == 2)
        session.wait_until_quiet(10)
        first, second = entries(session, "response")
        assert first.parts[0].words("text") == received
        assert second.mark("outcome") == "completed"


def test_cancel_stops_a_running_response() -> None:
    with session_at(lambda: serve_sandbox(seed=7, speed=1)) as session:
        session.send(create(modalities=["text"], metadata={"sandbox": "slow:16"}))
        wait_for(lambda: any(entry.parts for entry in entries(session, "response")))
        session.cancel()
        session.wait_until_quiet(10)
        (response,) = entries(session, "response")
        assert response.mark("outcome") == "cancelled"
        with pytest.raises(LocalError, match="No response"):
            session.cancel()


BETA_SESSION = {"modalities": ["text"], "voice": "alloy", "input_audio_format": "pcm16"}
GA_SESSION = {"type": "realtime", "output_modalities": ["audio"], "audio": {}}


@pytest.mark.parametrize(
    ("asked", "session", "spoken"),
    [
        ("beta", BETA_SESSION, "beta"),
        ("beta", GA_SESSION, "ga"),
        ("beta", {"output_modalities": ["text"]}, "ga"),
        ("ga", GA_SESSION, "ga"),
        ("ga", BETA_SESSION, "beta"),
        ("ga", {"voice": "alloy"}, "beta"),
        ("ga", {"model": "m"}, "ga"),
        ("beta", {"modalities": ["text"], "audio": {}}, "beta"),
        ("ga", {"modalities": ["text"], "audio": {}}, "ga"),
        ("beta", [], "beta"),
    ],
)
def test_the_shape_of_the_session_tells_which_dialect_is_spoken(
    asked: str, session: object, spoken: str
) -> None:
    async def create(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "session.created", "session": session}))
        await socket.wait_closed()

    with session_at(playing(create), asked) as live:
        wait_for(lambda: live.state is not State.CONNECTING or bool(entries(live, "event")))
        said = [entry.words("text") for entry in entries(live, "notice")]
        assert live.dialect == spoken
        corrected = [words for words in said if words.startswith("The server speaks")]
        assert len(corrected) == (asked != spoken)


# -- what we send ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "response.create"}',
        '{\n  "b": 1.50,\n  "a": -0,\n  "n": 1e5 \n}\n',
        "not even JSON",
        '"é 😀 \\u00e9 \\u2028 \u2028"',
        "",
        json.dumps({"text": "x" * 300_000}),
    ],
)
def test_the_server_gets_the_very_text(text: str) -> None:
    server = Recorder()
    with session_at(playing(server.play)) as session:
        wait_open(session)
        session.send(text)
        server.wait_for(1)
        assert server.got == [text]
        sent = [json.loads(line) for line in session.log()][-1]
        assert (sent["direction"], sent["text"]) == ("sent", text)


def test_what_is_sent_while_connecting_waits_and_keeps_its_order() -> None:
    server = Recorder()
    with session_at(playing(server.play)) as session:
        texts = [json.dumps({"n": number}) for number in range(20)]
        for text in texts:
            session.send(text)
        server.wait_for(20)
        assert server.got == texts


def test_what_waits_goes_out_whoever_sees_first_that_the_session_is_open() -> None:
    held_back = threading.Event()

    class SeenAtOnce(deque[Any]):
        """Messages that somebody takes in as soon as they lie there."""

        def append(self, message: Any) -> None:
            super().append(message)
            assert session.last_seq

    async def play(socket: ServerConnection) -> None:
        await asyncio.to_thread(held_back.wait)
        await server.play(socket)

    server = Recorder()
    with session_at(playing(play)) as session:
        session._arrived = SeenAtOnce()
        session.send("waits")
        held_back.set()
        server.wait_for(1)
        assert server.got == ["waits"]


@pytest.mark.parametrize(("dialect", "header"), [("beta", "realtime=v1"), ("ga", None)])
def test_the_handshake_says_the_dialect_and_hides_nothing_else(
    dialect: str, header: str | None
) -> None:
    server = Recorder()
    with session_at(playing(server.play), dialect) as session:
        wait_open(session)
    (handshake,) = server.handshakes
    assert handshake.get("OpenAI-Beta") == header
    assert handshake["User-Agent"] == "Cuecard"
    assert "Sec-WebSocket-Extensions" not in handshake
    assert "Origin" not in handshake
    assert server.paths == ["/v1/realtime?model=sandbox"]


def test_a_server_that_does_not_read_is_given_up() -> None:
    async def deaf(socket: ServerConnection) -> None:
        await socket.send(CREATED)
        socket.transport.pause_reading()
        await asyncio.sleep(1)

    patience = unlike(IMPATIENT, read_s=0.3)
    with session_at(playing(deaf), patience=patience) as session:
        wait_open(session)
        began_s = time.monotonic()
        session.send("x" * 15 * MIB)
        wait_closed(session, 3)
        assert time.monotonic() - began_s < 3


def test_the_library_is_never_asked_to_log_headers() -> None:
    assert logging.getLogger("websockets.client").getEffectiveLevel() >= logging.WARNING


# -- how it does not open --------------------------------------------------------------------------

PAGE = b"<h1>sk-secret-in-the-body-0123456789</h1>" + b"x" * 100_000


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nnope!", "HTTP status 401"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 100041\r\n\r\n" + PAGE,
         "The server said: “[key] xxx"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 44\r\n\r\n"
         b"<title>No</title>\x07 for <b onclick=1>you</b>!", "The server said: “No for you !”"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "no such model"),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", "overloaded"),
        (b"HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", "failed on its own side"),
        (b"HTTP/1.1 429 Slow\r\nRetry-After: 12\r\nContent-Length: 0\r\n\r\n", "after 12 s"),
        (b"HTTP/1.1 429 Slow\r\nRetry-After: <b>\r\nContent-Length: 0\r\n\r\n", "HTTP status 429"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP status 200"),
        (b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
         "Redirect refused"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         b"Sec-WebSocket-Accept: wrong\r\n\r\n", "not as a Realtime server"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "not as a Realtime server"),
        (b"HTTP/1.1 101 S\r\n" + b"x: y\r\n" * 100_000, "not as a Realtime server"),
        (b"HTTP/1.1 101 S\r\nx: " + b"y" * 1_000_000, "not as a Realtime server"),
        (b"HTTP/1.1 403 No\r\n" + b"x: y\r\n" * 100_000, "HTTP status 403"),
        (b"HTTP/1.1 403 No\r\nContent-Length: 10485760\r\n\r\n" + b"<p>Go away!</p>" * 700_000,
         "The server said: “Go away! Go away!"),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
         + b"FFFF\r\n" + b"x" * 0xFFFF, "after 9 s"),
        (b"HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nOh!\r\n0\r\n\r\n",
         "The server said: “Oh!”"),
        (b"HTTP/1.1 200", "did not answer within 1 s"),
        (b"", "did not answer within 1 s"),
    ],
)  # fmt: skip
def test_a_failed_handshake_is_said_in_our_words(answer: bytes, words: str) -> None:
    server = playing_raw(answering(answer))
    with session_at(server, text=create(), patience=IMPATIENT) as session:
        notice = wait_closed(session)
        assert words in notice.words("text")
        assert "secret" not in notice.words("text")
        assert "The event was not sent." in notice.words("text")
        assert notice.mark("tone") == "danger"


def test_a_redirect_is_not_followed() -> None:
    other = Recorder()
    asked: list[str] = []

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.append("once")
        server = await asyncio.start_server(
            lambda r, w: other.got.append("followed"), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        location = f"ws://127.0.0.1:{port}/".encode()
        writer.write(b"HTTP/1.1 307 Go\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.5)
        server.close()

    with session_at(playing_raw(redirect), patience=IMPATIENT) as session:
        wait_closed(session)
        time.sleep(0.3)
    assert asked == ["once"]
    assert other.got == []


def test_closing_while_connecting_works_at_once() -> None:
    with session_at(playing_raw(answering(b""))) as session:
        began_s = time.monotonic()
        session.close()
        wait_closed(session, 1)
        assert time.monotonic() - began_s < 1


def test_a_refusal_after_the_handshake_shows_error_and_close() -> None:
    async def refuse(socket: ServerConnection) -> None:
        error = {"type": "invalid_request_error", "code": "invalid_api_key", "message": "No."}
        await socket.send(json.dumps({"type": "error", "error": error}))
        await socket.close(3000, "invalid_request_error.invalid_api_key")

    with session_at(playing(refuse)) as session:
        notice = wait_closed(session)
        assert entries(session, "error")[0].words("meaning").startswith("The key is not valid")
        assert notice.words("text") == (
            "The connection ended with code 3000: the key was refused, or there was none. The key"
            " is not valid at this server. Check the key. The server said:"
            " “invalid_request_error.invalid_api_key”. Reconnect to try again."
        )


@pytest.mark.parametrize(
    ("said", "code", "reason", "words"),
    [
        ("Missing bearer or basic authentication in header", 3000, "invalid_request_error",
         "No key came with the connection."),
        (None, 4000, "invalid_request_error.invalid_model", "The server does not know this model."),
        (None, 4000, "invalid_request_error.missing_model", "The address names no model."),
        (None, 4000, "invalid_request_error.beta_api_shape_disabled",
         "This server has switched the Beta dialect off."),
        (None, 1001, "session_expired", "The session has reached its longest age."),
        ("It broke.", 1011, "", "The server failed on its own side."),
    ],
)  # fmt: skip
def test_a_refusal_is_explained_from_its_code_or_words(
    said: str | None, code: int, reason: str, words: str
) -> None:
    async def refuse(socket: ServerConnection) -> None:
        if said:
            type_ = "server_error" if code == 1011 else "invalid_request_error"
            error = {"type": type_, "code": None, "message": said}
            await socket.send(json.dumps({"type": "error", "error": error}))
        await socket.close(code, reason)

    with session_at(playing(refuse)) as session:
        notice = wait_closed(session).words("text")
        meanings = [entry.words("meaning") for entry in entries(session, "error")]
        assert words in " ".join([*meanings, notice])
        assert "What was received" not in notice


# -- how it ends -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1000, "closed in the usual way"),
        (1001, "the server went away"),
        (1008, "refused by a rule"),
        (1011, "the server failed"),
        (3999, "a code of the server's own"),
        (4999, "a code of the server's own"),
    ],
)
def test_a_close_code_is_said_in_words(code: int, words: str) -> None:
    async def leave(socket: ServerConnection) -> None:
        await socket.send(CREATED)
        await socket.close(code, "<b>bye</b>\x07" + "é" * 40)

    with session_at(playing(leave)) as session:
        text = wait_closed(session).words("text")
        assert f"code {code}: {words}" in text
        assert "The server said: “<b>bye</b> éé" in text
        assert text.endswith("What was received is kept; reconnect to go on.")
        assert "\x07" not in text


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (b"\x81\x7f" + (1 << 30).to_bytes(8, "big"), "1009"),
        (b"\x81\x02\xff\xfe", "1007"),
        (b"\xc1\x01x", "1002"),
        (b"\x83\x01x", "1002"),
        (b"\x80\x01x", "1002"),
        (b"\x81\x81\0\0\0\0x", "1002"),
        (b"\x89\x7e\x00\x7e" + b"x" * 126, "1002"),
        (b"\x88\x02\x03\xed", "1002"),
        (b"\x88\x02\x00\x00", "1002"),
    ],
    ids=[
        "1 GiB announced",
        "not UTF-8",
        "compressed unasked",
        "unknown opcode",
        "lone continuation",
        "masked",
        "long ping",
        "close 1005",
        "close 0",
    ],
)  # fmt: skip
def test_a_broken_rule_ends_the_session_soon_though_the_server_stays(
    after: bytes, words: str
) -> None:
    with session_at(playing_raw(upgraded(after)), patience=IMPATIENT) as session:
        notice = wait_closed(session, 1.5)
        assert f"code {words}" in notice.words("text")
        assert "broke a rule" in notice.words("text")
        assert "The server said" not in notice.words("text")


def test_a_broken_rule_is_shown_within_three_seconds_as_it_is_shipped() -> None:
    with session_at(playing_raw(upgraded(b"\x83\x01x"))) as session:
        began_s = time.monotonic()
        wait_closed(session)
        assert time.monotonic() - began_s < 3.5


def test_endless_fragments_end_at_the_cap() -> None:
    async def fragments(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgraded(b"\x01\x01x")(reader, writer)
        while not writer.is_closing():
            writer.write(b"\x00\x7f" + MIB.to_bytes(8, "big") + b"x" * MIB)
            await writer.drain()

    with session_at(playing_raw(fragments), patience=IMPATIENT) as session:
        assert "code 1009" in wait_closed(session).words("text")


@pytest.mark.parametrize("after", [b"", text_frame(b"x")[:2], b"\x01\x01x"])
def test_a_cut_line_is_noticed_at_once(after: bytes) -> None:
    with session_at(playing_raw(upgraded(after, hang_up=True))) as session:
        assert "code 1006" in wait_closed(session, 1.5).words("text")


def test_a_server_that_answers_no_ping_is_given_up() -> None:
    patience = unlike(IMPATIENT, ping_s=0.2)
    with session_at(playing_raw(upgraded(b"")), patience=patience) as session:
        wait_open(session)
        assert "stopped answering" in wait_closed(session, 3).words("text")


def test_a_ping_flood_does_not_keep_the_session_from_closing() -> None:
    async def ping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgraded(b"")(reader, writer)
        while not writer.is_closing():
            writer.write(b"\x89\x04ping" * 1_000)
            await writer.drain()
            await asyncio.sleep(0)

    with session_at(playing_raw(ping)) as session:
        wait_open(session)
        began_s = time.monotonic()
        session.close()
        wait_closed(session, 5)
        assert time.monotonic() - began_s < 3.5


def test_odd_frames_are_shown_and_the_session_goes_on() -> None:
    async def odd(socket: ServerConnection) -> None:
        for frame in ("not JSON", "[]", "7", "null", "", b"\x00\xff", '{"type": "brand.new"}'):
            await socket.send(frame)
        await socket.send(" " * 5 * MIB + '{"type": "late"}')

    server = Recorder(odd)
    with session_at(playing(server.play)) as session:
        wait_for(lambda: len(entries(session, "event")) == 8)
        shown = [entry.words("json") for entry in entries(session, "event")][:7]
        assert shown == [
            "not JSON",
            "[]",
            "7",
            "null",
            "",
            "binary, 2 bytes",
            '{"type": "brand.new"}',
        ]
        assert entries(session, "event")[-1].words("type") == "late"
        assert session.state is State.OPEN


def test_ten_thousand_events_are_all_there_and_more_leave_an_explicit_gap() -> None:
    async def flood(socket: ServerConnection) -> None:
        for number in range(12_000):
            await socket.send(json.dumps({"type": "numbered", "n": number}))

    server = Recorder(flood)
    with session_at(playing(server.play)) as session:
        wait_for_frames(session, 12_002)
        lines = [json.loads(line) for line in session.log()][1:]
        (gap,) = [line for line in lines if line["direction"] == "gap"]
        got = [json.loads(line["text"])["n"] for line in lines if line["direction"] == "received"]
        assert got == list(range(12_000 - len(got), 12_000))
        assert len(lines) - 1 == 10_000
        assert gap["events"] + 10_000 == lines[-1]["seq"]


def test_fifteen_mebibytes_of_sound_in_one_delta_are_taken() -> None:
    async def loud(socket: ServerConnection) -> None:
        await socket.send(
            json.dumps(
                {"type": "response.audio.delta", "response_id": "r", "delta": "A" * 15 * MIB}
            )
        )
        await socket.send(json.dumps({"type": "response.text.delta", "delta": "still here"}))

    server = Recorder(loud)
    with session_at(playing(server.play)) as session:
        wait_for(lambda: len(entries(session, "response")) == 2, 30)
        assert entries(session, "response")[1].parts[0].words("text") == "still here"


def test_blanks_before_an_event_count_against_the_cap_and_are_kept() -> None:
    event = '{"type": "response.text.delta", "response_id": "r", "delta": "behind"}'

    async def pad(socket: ServerConnection) -> None:
        await socket.send(" " * 5 * MIB + event)
        await socket.send(" " * 16 * MIB + event)

    with session_at(playing(Recorder(pad).play)) as session:
        notice = wait_closed(session, 30)
        words = notice.words("text")
        assert "code 1009: The server broke a rule of WebSocket" in words
        assert "exceeds limit of 16777216 bytes" in words
        assert "The server said" not in words
        (response,) = entries(session, "response")
        assert response.parts[0].words("text") == "behind"
        lines = [json.loads(line) for line in session.log()]
        texts = [line["text"] for line in lines if line["direction"] == "received"]
        assert texts[1:] == [" " * 5 * MIB + event]

"""Server events of both dialects become the same readable transcript, in any order and shape."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.sessions import transcript as transcripts
from webapp.sessions.protocol import Protocol, read_received
from webapp.sessions.record import Direction, Record, RecordLimits
from webapp.sessions.transcript import APPROVAL, CALL, Change, Shown, Transcript

BETA = {"text": "response.text", "audio": "response.audio", "item": "conversation.item.created"}
GA = {
    "text": "response.output_text",
    "audio": "response.output_audio",
    "item": "conversation.item.added",
}


@dataclass
class Session:
    """A session without a socket: every frame takes 10 ms."""

    limits: RecordLimits = field(default_factory=RecordLimits)
    protocol: Protocol = field(default_factory=Protocol)
    transcript: Transcript = field(default_factory=Transcript)

    def __post_init__(self) -> None:
        self.record = Record(self.limits)

    def send(self, **event: Any) -> None:
        text = json.dumps(event)
        frame = self.record.add(Direction.SENT, self.record.seq * 10, text)
        self.transcript.sent(frame, self.protocol.send(text, frame.seq))

    def hear(self, type_: str, **members: Any) -> None:
        self.hear_text(json.dumps({"type": type_, **members}))

    def hear_text(self, payload: str | bytes) -> None:
        frame = self.record.add(Direction.RECEIVED, self.record.seq * 10, payload)
        self.transcript.received(frame, self.protocol.receive(read_received(payload)))
        if dropped := self.record.trim():
            self.transcript.forget(dropped, self.record.first_seq)
        self.transcript.state(
            frame, self.protocol.state, responding=self.protocol.responding, status="as it is"
        )

    def begin(self, id_: str = "resp_1", **members: Any) -> None:
        response = {"id": id_, "conversation_id": "conv_1", "status": "in_progress", **members}
        self.hear("response.created", response=response)

    def end(self, id_: str = "resp_1", status: str = "completed", **members: Any) -> None:
        self.hear("response.done", response={"id": id_, "status": status, **members})

    def lose(self) -> None:
        self.protocol.closed()
        frame = self.record.add(Direction.NOTICE, self.record.seq * 10, "The connection broke.")
        self.transcript.notice(frame, "danger")
        self.transcript.lost()

    def entries(self, kind: str) -> list[Shown]:
        return [entry for entry in self.transcript.shown()[1:] if entry.kind == kind]

    def one(self, kind: str) -> Shown:
        (entry,) = self.entries(kind)
        return entry

    @property
    def header(self) -> Shown:
        return self.transcript.shown()[0]


def session() -> Session:
    opened = Session()
    opened.hear("session.created", session={"model": "rehearsal"})
    return opened


def at(response: str = "resp_1", item: str = "item_1", index: int = 0) -> dict[str, Any]:
    return {"response_id": response, "item_id": item, "output_index": 0, "content_index": index}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("names", [BETA, GA], ids=["beta", "ga"])
def test_text_grows_and_ends_with_outcome_usage_and_times(names: dict[str, str]) -> None:
    told = session()
    told.send(type="response.create", event_id="evt_1")
    told.begin(metadata={"topic": "weather"})
    told.hear("response.output_item.added", response_id="resp_1", item={"id": "item_1"})
    told.hear(names["item"], item={"id": "item_1", "type": "message"})
    told.hear("response.content_part.added", **at(), part={"type": "text", "text": ""})
    told.hear(f"{names['text']}.delta", **at(), delta="Good ")
    assert told.one("response").mark("outcome") == "running"
    assert told.one("response").parts[0].words("text") == "Good "
    told.hear(f"{names['text']}.delta", **at(), delta="day")
    told.hear(f"{names['text']}.done", **at(), text="Good day")
    told.hear("response.content_part.done", **at(), part={"type": "text", "text": "Good day"})
    told.end(usage={"input_tokens": 5, "output_tokens": 2, "total_tokens": 7})
    response = told.one("response")
    assert response.mark("outcome") == "completed"
    assert [part.words("text") for part in response.parts] == ["Good day"]
    assert response.words("usage") == "tokens: 5 in, 2 out, 7 in all"
    assert response.words("timings") == "first event 10 ms · first text 50 ms · done 90 ms"
    assert response.words("metadata") == '{"topic": "weather"}'
    assert told.one("sent").mark("status") == "answered"
    assert told.one("sent").mark("answered") == response.key
    assert response.mark("answers") == told.one("sent").key
    assert not told.entries("event")


@pytest.mark.parametrize("names", [BETA, GA], ids=["beta", "ga"])
def test_speech_is_words_and_sound_in_one_part(names: dict[str, str]) -> None:
    told = session()
    told.begin(output_audio_format="pcm16")
    told.hear(f"{names['audio']}_transcript.delta", **at(), delta="Hello")
    told.hear(f"{names['audio']}.delta", **at(), delta=b64(b"\1\0" * 960))
    told.hear(f"{names['audio']}.delta", **at(), delta=b64(b"\2\0" * 960))
    told.hear(f"{names['audio']}.done", **at())
    told.hear(f"{names['audio']}_transcript.done", **at(), transcript="Hello")
    told.end()
    (part,) = told.one("response").parts
    assert part.kind == "speech"
    assert part.words("text") == "Hello"
    assert part.words("duration") == "0.1 s"
    assert len(part.words("peaks")) == 2
    assert (part.mark("sound"), part.mark("done"), part.mark("rate")) == ("yes", "yes", "24000")
    track = told.transcript.track(part.key)
    assert track is not None
    assert track.pcm16() == b"\1\0" * 960 + b"\2\0" * 960
    assert "first audio" in told.one("response").words("timings")


def test_the_format_of_the_session_holds_where_a_response_names_none() -> None:
    told = Session()
    told.hear("session.created", session={"audio": {"output": {"format": {"type": "audio/pcmu"}}}})
    told.hear("response.audio.delta", **at(), delta=b64(b"\xff" * 8_000))
    assert told.one("response").parts[0].words("duration") == "1.0 s"


def test_sound_in_an_unknown_format_says_so() -> None:
    told = session()
    told.begin(output_audio_format="opus")
    told.hear("response.audio.delta", **at(), delta=b64(b"1234"))
    (part,) = told.one("response").parts
    assert "opus cannot be played" in part.words("note")
    assert part.mark("sound") == ""


@pytest.mark.parametrize("delta", ["not base64", "A", "data:text/html,x", "AAA"])
def test_bad_sound_is_named_and_the_rest_plays_on(delta: str) -> None:
    told = session()
    told.hear("response.audio.delta", **at(), delta=delta)
    told.hear("response.audio.delta", **at(), delta=b64(b"\0\0"))
    (part,) = told.one("response").parts
    assert part.words("note").startswith("Bad audio")
    assert part.mark("sound") == "yes"


def test_a_function_call_shows_name_and_arguments() -> None:
    told = session()
    told.begin()
    item = {"id": "item_1", "type": "function_call", "name": "get_weather", "call_id": "call_1"}
    told.hear("response.output_item.added", response_id="resp_1", item={**item, "arguments": ""})
    for delta in ('{"city"', ': "Bern"}'):
        told.hear("response.function_call_arguments.delta", **at(), call_id="call_1", delta=delta)
    told.hear("response.function_call_arguments.done", **at(), arguments='{"city": "Bern"}')
    told.end(output=[{**item, "arguments": '{"city": "Bern"}'}])
    (call,) = told.one("response").parts
    assert call.kind == "call"
    assert (call.words("name"), call.words("call_id")) == ("get_weather", "call_1")
    assert call.words("arguments") == '{"city": "Bern"}'


def call(call_id: str, name: str = "get_weather") -> dict[str, Any]:
    return {"id": f"item_{call_id}", "type": "function_call", "name": name, "call_id": call_id}


def test_calls_wait_for_an_output_until_it_is_given() -> None:
    s = session()
    s.begin()
    long = "c" * 500
    for call_id in ("call_1", long):
        s.hear("response.output_item.added", response_id="resp_1", item=call(call_id))
        s.hear("response.output_item.done", response_id="resp_1", item=call(call_id))
    first, second = s.one("response").parts
    assert first.mark("returns") == second.mark("returns") == "yes"
    assert s.transcript.waiting(first.key, CALL) == ("call_1", 1)
    assert s.transcript.waiting(second.key, CALL) == (long, 1)
    assert s.transcript.waiting("e999", CALL) == ("", 0)
    assert s.transcript.waiting(first.key, APPROVAL) == ("", 0)
    frame = s.record.add(Direction.NOTICE, 1, "returned")
    s.transcript.returned(frame, first.key, "Output returned.")
    assert s.transcript.waiting(first.key, CALL) == ("", 0)
    assert s.transcript.waiting(second.key, CALL) == (long, 0)
    s.end(output=[call("call_1"), call(long)])
    first, second = s.one("response").parts
    assert first.mark("returns") == ""
    assert "1 other call waits" in first.words("returned")
    s.lose()
    assert s.one("response").parts[1].mark("returns") == ""
    assert s.transcript.waiting(second.key, CALL) == ("", 0)


def approval(id_: str, **members: Any) -> dict[str, Any]:
    asked = {"server_label": "night", "name": "stars", "arguments": "{}"}
    return {"id": id_, "type": "mcp_approval_request", **asked, **members}


def ask_for(s: Session, *items: dict[str, Any]) -> tuple[Shown, ...]:
    """Hear a response of these items, and return its parts."""
    s.begin()
    for each in items:
        s.hear("response.output_item.added", response_id="resp_1", item=each)
        s.hear("conversation.item.added", item=each)
        s.hear("response.output_item.done", response_id="resp_1", item=each)
    s.end(output=list(items))
    return s.one("response").parts


def test_an_approval_shows_what_is_to_run_and_waits_for_one_answer() -> None:
    s = session()
    first, second = ask_for(s, approval("mcpr_1", arguments='{"at": 7}'), approval("mcpr_2"))
    assert (first.kind, first.words("name"), first.words("server")) == (
        "approval",
        "stars",
        "at night",
    )
    assert first.words("arguments") == '{"at": 7}'
    assert (first.mark("returns"), first.mark("done")) == ("yes", "yes")
    assert s.transcript.waiting(first.key, APPROVAL) == ("mcpr_1", 1)
    s.transcript.returned(s.record.add(Direction.NOTICE, 1, "x"), first.key, "Denied.")
    assert not s.transcript.asks(first.key)
    s.transcript.returned(s.record.add(Direction.NOTICE, 1, "x"), second.key, "Approved.")
    s.end(output=[approval("mcpr_1"), approval("mcpr_2")])
    first, second = s.one("response").parts
    assert "1 other call waits" in first.words("returned")
    assert second.words("returned") == "Approved."
    assert (first.mark("returns"), second.mark("returns")) == ("", "")
    assert s.transcript.waiting(second.key, APPROVAL) == ("", 0)
    assert (first.mark("asks"), second.mark("asks")) == ("", "yes")


@pytest.mark.parametrize("next_", ["default", "asked", "lost"])
def test_a_response_is_offered_after_an_approval_until_one_comes(next_: str) -> None:
    s = session()
    (part,) = ask_for(s, approval("mcpr_1"))
    s.transcript.returned(s.record.add(Direction.NOTICE, 1, "x"), part.key, "Approved.")
    s.send(type="response.create", response={"conversation": "none"})
    s.begin("resp_2", conversation_id=None)
    assert s.transcript.asks(part.key), "one that is out-of-band is no answer"
    match next_:
        case "default":
            s.begin("resp_3")
        case "asked":
            s.transcript.asked(s.record.add(Direction.NOTICE, 1, "x"))
        case _:
            s.lose()
    assert not s.transcript.asks(part.key)
    assert s.entries("response")[0].parts[0].mark("asks") == ""


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (approval("one"), {"type": "mcp_approval_response", "approval_request_id": "one"}),
        (call("one"), {"type": "function_call_output", "call_id": "one"}),
    ],
)
def test_an_answer_that_was_sent_by_hand_counts(
    asked: dict[str, Any], answer: dict[str, Any]
) -> None:
    s = session()
    (part,) = ask_for(s, asked)
    s.hear("conversation.item.added", item={"id": "x", **answer, "call_id": "other"} | answer)
    (part,) = s.one("response").parts
    assert (part.mark("returns"), part.words("returned")) == ("", "Answered by an event of yours.")
    s.hear("conversation.item.added", item={"id": "y", **answer})
    assert len(s.one("response").parts) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"id": ""},
        {"server_label": 3},
        {"name": None},
        {"arguments": {}},
        {"id": "i" * 900},
    ],
)
def test_approvals_of_any_shape_are_shown(odd: dict[str, Any]) -> None:
    (part,) = ask_for(session(), approval("mcpr_1", **odd))
    assert part.kind == "approval"
    assert bool(part.mark("returns")) is (odd.get("id") != "")


@pytest.mark.parametrize("type_", ["mcp_call", "message", "x"])
def test_nothing_but_a_function_call_waits_for_an_output(type_: str) -> None:
    s = session()
    s.begin()
    item = {**call("call_1"), "type": type_}
    s.hear("response.output_item.done", response_id="resp_1", item=item)
    assert not [part for part in s.one("response").parts if part.mark("returns")]


@pytest.mark.parametrize(
    ("members", "output", "note"),
    [
        ({"output": "14 degrees", "error": None}, "14 degrees", ""),
        ({"error": {"type": "tool", "message": "No such town."}}, "", "It failed: No such town."),
        ({"error": "timeout"}, "", "It failed: timeout"),
        ({"error": [7], "output": 3}, "", "It failed: [7]"),
        ({"output": "x" * 70_000}, "x" * 65_536, ""),
    ],
)
def test_an_mcp_call_shows_what_it_gave_back(
    members: dict[str, Any], output: str, note: str
) -> None:
    s = session()
    s.begin()
    item = {"id": "mcp_1", "type": "mcp_call", "name": "weather", "arguments": "{}", **members}
    s.hear("response.output_item.done", response_id="resp_1", item=item)
    (part,) = s.one("response").parts
    assert (part.words("output"), part.words("note")) == (output, note)
    assert bool(part.words("cut")) is (len(output) > 60_000)


@pytest.mark.parametrize(
    ("asked", "model", "told"),
    [
        ("gpt-realtime", "gpt-realtime", False),
        ("gpt-realtime", "gpt-realtime-2025-08-28", False),
        ("gpt-realtime", "gpt-4o-realtime-preview", True),
        ("gpt-realtime", "", False),
        ("", "anything", False),
    ],
)
def test_another_model_than_was_asked_for_is_told(asked: str, model: str, told: bool) -> None:
    s = Session()
    s.transcript.asked_model = asked
    s.hear("session.created", session={"model": model})
    notice = s.one("notice")
    assert ("was asked for" in notice.words("text")) is told
    assert notice.mark("tone") == ("warning" if told else "ok")


@pytest.mark.parametrize(
    ("updated", "words"),
    [
        ({"id": "sess_1", "model": "m"}, ""),
        ({}, ""),
        ({"id": None, "model": 7}, ""),
        ({"model": "m-2025-08-28"}, ""),
        ({"id": "sess_2"}, "This is about session sess_2, not sess_1."),
        ({"model": "n"}, "Its model is n now; it was m."),
        (
            {"id": "x" * 900, "model": "n"},
            f"This is about session {'x' * 200}…, not sess_1. Its model is n now; it was m.",
        ),
    ],
)
def test_an_update_of_another_session_or_model_is_told(updated: dict[str, Any], words: str) -> None:
    s = Session()
    s.hear("session.created", session={"id": "sess_1", "model": "m"})
    for _ in range(2):
        s.hear("session.updated", session=updated)
    first, *others = s.entries("notice")
    assert first.mark("tone") == "ok"
    assert [(each.words("text"), each.mark("tone")) for each in others] == (
        [(words, "warning")] * 2 if words else []
    )
    assert len(s.entries("event")) == 2


def test_a_second_session_on_a_connection_is_told_and_one_on_the_next_is_not() -> None:
    s = Session()
    for id_ in ("sess_1", "sess_2"):
        s.hear("session.created", session={"id": id_, "model": "m"})
    s.hear("session.updated", session={"id": "sess_2", "model": "m"})
    s.lose()
    s.hear("session.created", session={"id": "sess_3", "model": "n"})
    s.hear("session.updated", session={"id": "sess_3", "model": "n"})
    told = [(each.words("text"), each.mark("tone")) for each in s.entries("notice")]
    assert told == [
        ("Connected: the server has opened a session.", "ok"),
        ("Connected: the server has opened another session.", "warning"),
        ("The connection broke.", "danger"),
        ("Connected: the server has opened a session.", "ok"),
    ]


def test_a_cancelled_response_is_the_answer_to_the_cancel() -> None:
    s = session()
    s.send(type="response.create")
    s.begin()
    s.send(type="response.cancel", event_id="evt_c")
    s.end(status="cancelled")
    assert [entry.mark("status") for entry in s.entries("sent")] == ["answered", "answered"]


def test_an_error_that_ends_a_response_says_so_and_more_of_it_revives_it() -> None:
    s = session()
    s.send(type="response.create", event_id="evt_1")
    s.begin()
    s.hear("error", error={"message": "It broke.", "event_id": "evt_1"})
    assert s.one("response").mark("outcome") == "failed"
    assert s.one("response").words("reason") == "no response.done has come"
    s.hear("response.text.delta", response_id="resp_1", item_id="i", delta="on")
    assert s.one("response").mark("outcome") == "running"
    assert s.one("response").words("reason") == ""
    s.end()
    assert s.one("response").mark("outcome") == "completed"


def test_a_name_that_comes_late_is_shown() -> None:
    told = session()
    told.hear("response.function_call_arguments.done", **at(), arguments="{}", name="late")
    assert told.one("response").parts[0].words("name") == "late"


def test_mcp_items_are_shown_as_json() -> None:
    told = session()
    told.begin()
    item = {"id": "m", "type": "mcp_list_tools", "server_label": "docs", "tools": []}
    told.hear("response.output_item.done", response_id="resp_1", item=item)
    (part,) = told.one("response").parts
    assert part.kind == "item"
    assert json.loads(part.words("json")) == item


def test_what_only_the_end_tells_is_shown_too() -> None:
    told = session()
    told.begin()
    content = [{"type": "text", "text": "All at once"}, {"type": "audio", "transcript": "Aloud"}]
    told.end(output=[{"id": "item_1", "type": "message", "content": content}])
    parts = told.one("response").parts
    assert [(part.kind, part.words("text")) for part in parts] == [
        ("text", "All at once"),
        ("speech", "Aloud"),
    ]


@pytest.mark.parametrize(
    ("members", "outcome", "reason"),
    [
        ({"status": "cancelled", "status_details": {"reason": "client_cancelled"}}, "cancelled",
         "cancelled on request (client_cancelled)"),
        ({"status": "incomplete", "status_details": {"reason": "max_output_tokens"}}, "incomplete",
         "the token limit was reached (max_output_tokens)"),
        ({"status": "incomplete", "status_details": {"reason": "new_one"}}, "incomplete",
         "new_one"),
        ({"status": "failed", "status_details": {"error": {"code": "insufficient_quota",
          "message": "No money."}}}, "failed",
         "The account has no quota left. Check plan and billing of the account."
         " The server said: insufficient_quota: No money."),
        ({"status": "failed", "status_details": {"error": {"type": "odd"}}}, "failed",
         "The server said: odd"),
        ({"status": "exploded"}, "other", ""),
        ({"status": 7}, "other", ""),
    ],
)  # fmt: skip
def test_every_ending_is_said_in_words(members: dict[str, Any], outcome: str, reason: str) -> None:
    told = session()
    told.begin()
    told.hear("response.done", response={"id": "resp_1", **members})
    response = told.one("response")
    assert response.mark("outcome") == outcome
    assert response.words("reason") == reason
    assert response.words("outcome")


def test_parallel_responses_are_kept_apart() -> None:
    told = session()
    told.send(type="response.create")
    told.send(type="response.create", response={"conversation": "none"})
    told.begin("a")
    told.begin("b", conversation_id=None)
    for letter in "123":
        told.hear("response.text.delta", **at("a", "x"), delta=letter)
        told.hear("response.text.delta", **at("b", "x"), delta=letter.translate({49: "I"}))
    told.end("b")
    first, second = told.entries("response")
    assert [first.parts[0].words("text"), second.parts[0].words("text")] == ["123", "I23"]
    assert (first.mark("band"), second.mark("band")) == ("default", "apart")
    assert second.words("band") == "out-of-band"
    assert (first.mark("outcome"), second.mark("outcome")) == ("running", "completed")


def test_a_second_default_response_is_refused_at_the_event_that_asked() -> None:
    told = session()
    told.send(type="response.create")
    told.begin()
    told.send(type="response.create")
    message = "Conversation already has an active response in progress: resp_1."
    told.hear("error", error={"code": None, "message": message, "event_id": None})
    error, (first, second) = told.one("error"), told.entries("sent")
    assert (first.mark("status"), second.mark("status")) == ("answered", "refused")
    assert error.mark("answers") == second.key
    assert second.mark("answered") == error.key
    assert "second answer was refused" in error.words("meaning")
    assert "cancel it and send again" in error.words("advice")
    assert error.words("said") == message


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        ({"error": {"code": "invalid_value", "message": "m", "param": "response.voice"}},
         "invalid_value", "m"),
        ({"error": "Unknown event type", "code": "unknown_event"}, "unknown_event",
         "Unknown event type"),
        ({"error": {"type": "server_error"}}, "server_error", ""),
        ({"error": {"type": "unknown_event", "message": "m"}}, "unknown_event", "m"),
        ({"error": {"type": "invalid_request_error", "message": "m"}},
         "invalid_request_error", "m"),
        ({"code": "session_expired", "message": "m"}, "session_expired", "m"),
        ({"error": {"code": 400, "message": 7}}, "400", "7"),
        ({"error": None}, "error", ""),
        ({"error": []}, "error", ""),
        ({"error": {}}, "error", ""),
        ({"error": [1, {"a": 2}]}, "error", '[1, {"a": 2}]'),
        ({"error": {"code": 42, "message": {"x": ["deep"]}}}, "42", '{"x": ["deep"]}'),
        ({"error": {"detail": [{"msg": "needed"}]}}, "error", '{"detail": [{"msg": "needed"}]}'),
        ({"error": {"type": "server_error", "message": None, "id": "r"}}, "server_error",
         '{"id": "r"}'),
    ],
)  # fmt: skip
def test_errors_of_any_shape_are_errors(value: dict[str, Any], code: str, said: str) -> None:
    told = session()
    told.hear("error", **value)
    error = told.one("error")
    assert (error.words("code"), error.words("said")) == (code, said)
    assert error.words("json")


def test_an_error_that_does_not_stop_talking_is_cut() -> None:
    told = session()
    told.hear("error", error={"message": "m" * 2_000})
    told.hear("error", error={"message": "m" * 9_000})
    whole, cut = told.entries("error")
    assert whole.words("said") == "m" * 2_000
    assert cut.words("said") == "m" * 2_000 + "… and 7,000 characters more"
    assert "m" * 9_000 in cut.words("json")


def test_an_error_about_nothing_in_particular_may_be_all_the_answer_there_is() -> None:
    told = session()
    told.send(type="response.create", event_id="evt_1")
    told.hear("error", error={"message": "inference failed", "event_id": None})
    assert told.one("sent").words("status") == "no answer came"
    told.begin()
    assert told.one("sent").words("status") == "answered"


def test_param_of_an_error_is_shown() -> None:
    told = session()
    told.hear("error", error={"param": "response.tools[0].name"})
    assert told.one("error").words("param") == "response.tools[0].name"


def test_a_lost_connection_cuts_off_what_ran_and_keeps_it() -> None:
    told = session()
    told.send(type="response.create")
    told.begin()
    told.hear("response.text.delta", **at(), delta="Half a sen")
    told.send(type="response.create")
    told.lose()
    response = told.one("response")
    assert response.mark("outcome") == "cut"
    assert response.parts[0].words("text") == "Half a sen"
    assert told.entries("sent")[1].mark("status") == "unanswered"
    assert told.entries("notice")[-1].mark("tone") == "danger"


@pytest.mark.parametrize("payload", ["", "not JSON", "[]", "7", "null", b"\x00\x01", '{"type":7}'])
def test_what_is_no_event_is_shown_as_it_came(payload: str | bytes) -> None:
    told = session()
    told.hear_text(payload)
    event = told.one("event")
    assert event.mark("flaw") == "yes"
    assert event.words("summary")
    assert event.words("json") == (payload if isinstance(payload, str) else "binary, 2 bytes")


def test_an_unknown_event_is_shown_as_json() -> None:
    told = session()
    told.hear("brand.new", anything=[1])
    assert told.one("event").words("type") == "brand.new"
    assert told.one("event").words("json") == '{"type": "brand.new", "anything": [1]}'


def test_rate_limits_are_said_in_words_and_taken_as_given() -> None:
    told = session()
    told.hear(
        "rate_limits.updated",
        rate_limits=[
            {"name": "tokens", "limit": 40000, "remaining": 39950, "reset_seconds": 0.5},
            {"name": "odd", "remaining": -1},
            {"limit": 5},
            7,
        ],
    )
    words = "tokens: 39950 of 40000 left, odd: -1 left, a limit: some of 5 left"
    assert told.one("event").words("summary") == words


@pytest.mark.parametrize(
    ("type_", "members"),
    [
        ("response.text.delta", {"delta": 7}),
        ("response.audio.delta", {"delta": None}),
        ("response.created", {"response": None}),
        ("response.created", {"response": []}),
        ("response.output_item.added", {"item": []}),
        ("response.content_part.added", {"part": "text"}),
        ("session.updated", {}),
    ],
)
def test_known_types_of_wrong_shape_are_flagged(type_: str, members: dict[str, Any]) -> None:
    told = session()
    told.hear(type_, **members)
    assert told.one("event").mark("flaw") == "yes"
    assert "should be" in told.one("event").words("summary")


@pytest.mark.parametrize("index", [10**9, -1, "0", None, 1.5, [], {}])
def test_a_strange_index_is_a_name_like_any_other(index: object) -> None:
    told = session()
    place = {"response_id": "r", "item_id": "i", "content_index": index}
    told.hear("response.text.delta", **place, delta="a")
    told.hear("response.text.delta", **place, delta="b")
    assert [part.words("text") for part in told.one("response").parts] == ["ab"]


def test_deltas_that_name_no_response_have_a_block_of_their_own() -> None:
    told = session()
    told.begin("known")
    told.hear("response.text.delta", delta="lost")
    told.hear("response.text.delta", **at("stranger"), delta="found")
    texts = [[part.words("text") for part in each.parts] for each in told.entries("response")]
    assert texts == [[], ["lost"], ["found"]]
    assert told.entries("response")[1].words("id") == "without an id"


def test_an_end_before_the_beginning_is_taken() -> None:
    told = session()
    told.end()
    told.begin()
    assert told.one("response").mark("outcome") == "completed"


def test_a_response_whose_beginning_never_comes_is_still_the_answer() -> None:
    told = session()
    told.send(type="response.create")
    told.hear("response.text.delta", **at(), delta="early")
    told.end()
    assert told.one("sent").mark("status") == "answered"
    assert told.one("response").mark("answers") == told.one("sent").key
    assert told.one("response").parts[0].words("text") == "early"


@pytest.mark.parametrize("event_id", ["same", None, 7, "x" * 1_000_000])
def test_event_ids_of_the_server_do_not_matter(event_id: object) -> None:
    told = session()
    for _ in range(2):
        told.hear("response.text.delta", **at(), event_id=event_id, delta="a")
    assert told.one("response").parts[0].words("text") == "aa"


def test_long_names_and_texts_are_cut_for_the_page() -> None:
    told = session()
    told.send(type="x" * 1_000, event_id="y" * 1_000, more="z" * 100_000)
    told.begin("r" * 100_000)
    sent = told.one("sent")
    assert len(sent.words("type")) == len(sent.words("event_id")) == 201
    assert len(sent.words("wire")) == 64 * 1024
    assert "the log has all of it" in sent.words("cut")
    assert len(told.one("response").words("id")) == 201


def test_a_text_without_end_is_cut_for_the_page() -> None:
    told = session()
    for _ in range(5):
        told.hear("response.text.delta", **at(), delta="x" * 100_000)
    told.hear("response.text.done", **at(), text="x" * 500_000)
    (part,) = told.one("response").parts
    assert len(part.words("text")) == transcripts.SHOWN_GROWING_CHARS
    assert "the log has all of it" in part.words("cut")


def test_old_entries_go_when_their_frames_are_no_longer_kept() -> None:
    told = Session(RecordLimits(max_events=20))
    told.hear("session.created", session={})
    for number in range(100):
        told.hear("brand.new", number=number)
    kept = [json.loads(event.words("json"))["number"] for event in told.entries("event")]
    assert kept == list(range(80, 100))
    assert told.header.words("gap") == "81 older frames are no longer kept."


def test_a_response_that_still_grows_is_not_dropped() -> None:
    told = Session(RecordLimits(max_events=20))
    told.begin()
    for number in range(100):
        told.hear("response.text.delta", **at(), delta=str(number))
    assert told.one("response").parts[0].words("text") == "".join(map(str, range(100)))


@pytest.mark.parametrize("after", ["delta", "done", "end"])
def test_a_part_that_is_no_longer_kept_may_still_go_on(after: str) -> None:
    told = Session(RecordLimits(max_events=5))
    told.begin()
    told.hear("response.text.delta", **at(item="old"), delta="long ago, ")
    for _ in range(10):
        told.hear("response.text.delta", **at(item="new"), delta="w")
    assert [part.words("text") for part in told.one("response").parts] == ["w" * 10]
    if after == "delta":
        told.hear("response.text.delta", **at(item="old"), delta="again")
        assert told.one("response").parts[-1].words("text") == "again"
    elif after == "done":
        told.hear("response.text.done", **at(item="old"), text="long ago, and whole")
        assert told.one("response").parts[-1].words("text") == "long ago, and whole"
    told.end()
    assert told.one("response").mark("outcome") == "completed"


def test_a_response_without_an_id_outlives_what_is_dropped_beside_it() -> None:
    told = Session(RecordLimits(max_events=5))
    told.hear("brand.new")
    for _ in range(10):
        told.hear("response.text.delta", delta="w")
    assert told.one("response").parts[0].words("text") == "w" * 10


def test_what_a_lost_connection_has_left_is_dropped_part_by_part() -> None:
    told = Session(RecordLimits(max_events=5))
    told.begin()
    told.hear("response.text.delta", **at(item="old"), delta="long ago")
    told.hear("response.text.delta", **at(item="new"), delta="w")
    told.lose()
    for _ in range(10):
        told.hear("brand.new")
    assert [entry.kind for entry in told.transcript.shown()[1:]] == ["event"] * 5


def test_dropped_sound_leaves_the_rest_playable() -> None:
    told = Session(RecordLimits(max_events=3))
    for number in range(5):
        told.hear("response.audio.delta", **at(), delta=b64(bytes([number, 0])))
    track = told.transcript.track(told.one("response").parts[0].key)
    assert track is not None
    assert track.first_sample > 0


# -- the page and the stream say the same ----------------------------------------------------------


@dataclass
class Model:
    """What the page's script does with changes, without a page."""

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, changes: list[Change]) -> None:
        for what, *rest in changes:
            match what, rest:
                case "reset", []:
                    self.entries.clear()
                case "drop", [key]:
                    self.entries.pop(str(key), None)
                case "put", [key, parent, kind, dict(slots), dict(marks)]:
                    assert not parent or parent in self.entries
                    entry = self.entries.setdefault(
                        str(key), {"kind": kind, "parent": parent, "words": {}, "marks": {}}
                    )
                    entry["words"].update(slots)
                    entry["marks"].update(marks)
                case "set", [key, slot, text]:
                    self.entries[str(key)]["words"][slot] = text
                case "add", [key, slot, text]:
                    words = self.entries[str(key)]["words"]
                    words[slot] = words.get(slot, "") + str(text)

    def seen(self) -> list[Any]:
        order = sorted(self.entries.items(), key=lambda each: (each[0] != "session", each[0]))
        return [
            (key, entry["kind"], entry["parent"], _filled(entry["words"]), _filled(entry["marks"]))
            for key, entry in order
        ]


def rendered(transcript: Transcript) -> Model:
    """What a page that was loaded now shows."""
    model = Model()
    for entry, parent in _walk(transcript.shown()):
        words, marks = dict(entry.slots), dict(entry.marks)
        model.entries[entry.key] = {
            "kind": entry.kind, "parent": parent, "words": words, "marks": marks,
        }  # fmt: skip
    return model


def _walk(entries: list[Shown]) -> Iterator[tuple[Shown, str]]:
    for entry in entries:
        yield entry, ""
        for part in entry.parts:
            yield part, entry.key


def _filled(words: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in words.items() if text}


ids = st.sampled_from(["r1", "r2", "", 7, None])
places = st.fixed_dictionaries({"response_id": ids, "item_id": ids, "content_index": ids})
deltas = st.one_of(st.text(max_size=5), st.binary(max_size=9).map(b64), st.none(), st.integers())
items = st.fixed_dictionaries(
    {},
    optional={
        "id": ids,
        "type": st.sampled_from(["message", "function_call", "mcp_call", "mcp_list_tools", 3]),
        "name": deltas,
        "arguments": deltas,
        "content": st.lists(
            st.fixed_dictionaries(
                {}, optional={"type": st.just("audio"), "text": deltas, "transcript": deltas}
            )
            | st.none(),
            max_size=2,
        ),
    },
)
responses = st.fixed_dictionaries(
    {},
    optional={
        "id": ids,
        "status": st.sampled_from(["completed", "failed", "odd", 1]),
        "conversation_id": ids,
        "metadata": st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
        "output": st.lists(items, max_size=2) | st.none(),
        "usage": st.fixed_dictionaries({"total_tokens": deltas}) | st.none(),
        "output_audio_format": st.sampled_from(["pcm16", "g711_ulaw", "odd", 5]),
        "status_details": st.fixed_dictionaries({"reason": deltas, "error": st.none() | items}),
    },
)
types = st.sampled_from(
    [
        "session.created", "session.updated", "response.created", "response.done",
        "response.output_item.added", "response.output_item.done", "conversation.item.created",
        "response.content_part.added", "response.content_part.done",
        "response.text.delta", "response.output_text.done", "response.audio.delta",
        "response.audio.done", "response.audio_transcript.delta",
        "response.function_call_arguments.delta", "response.function_call_arguments.done",
        "rate_limits.updated", "error", "brand.new",
    ]
)  # fmt: skip
events = st.builds(
    lambda type_, place, rest: {"type": type_, **place, **rest},
    types,
    places,
    st.fixed_dictionaries(
        {},
        optional={
            "delta": deltas,
            "text": deltas,
            "arguments": deltas,
            "response": responses | st.none(),
            "item": items | st.lists(st.none()),
            "part": items | st.none(),
            "session": st.dictionaries(st.text(max_size=3), deltas, max_size=2),
            "error": st.one_of(st.none(), st.text(max_size=5), items),
            "rate_limits": st.lists(st.fixed_dictionaries({"remaining": deltas}), max_size=2),
        },
    ),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(events, max_size=30), st.lists(st.integers(0, 30), max_size=5), st.integers(2, 40))
def test_a_stream_from_anywhere_ends_in_the_page_that_a_reload_shows(
    told: list[dict[str, Any]], loads: list[int], max_events: int
) -> None:
    session = Session(RecordLimits(max_events=max_events))
    pages: list[tuple[int, Model]] = []
    for number, event in enumerate(told):
        if number in loads:
            pages.append((session.transcript.seq, rendered(session.transcript)))
        session.hear_text(json.dumps(event))
        for place, (seq, page) in enumerate(pages):
            if number % (place + 2) == 0:
                page.take(session.transcript.changes_since(seq))
                pages[place] = (session.transcript.seq, page)
    for seq, page in pages:
        page.take(session.transcript.changes_since(seq))
        assert page.seen() == rendered(session.transcript).seen()
    fresh = Model()
    fresh.take(session.transcript.changes_since(-1))
    assert fresh.seen() == rendered(session.transcript).seen()


def test_a_page_that_fell_too_far_behind_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "REMEMBERED_DROPS", 5)
    told = Session(RecordLimits(max_events=3))
    told.hear("brand.new")
    seq, page = told.transcript.seq, rendered(told.transcript)
    for _ in range(50):
        told.hear("brand.new")
    changes = told.transcript.changes_since(seq)
    assert changes[0] == ["reset"]
    page.take(changes)
    assert page.seen() == rendered(told.transcript).seen()


def test_a_delta_costs_what_it_adds() -> None:
    told = session()
    told.begin()
    for _ in range(1_000):
        told.hear("response.text.delta", **at(), delta="word ")
    seq = told.transcript.seq
    told.hear("response.text.delta", **at(), delta="more")
    key = told.one("response").parts[0].key
    assert told.transcript.changes_since(seq) == [["add", key, "text", "more"]]
    assert told.transcript.changes_since(told.transcript.seq) == []

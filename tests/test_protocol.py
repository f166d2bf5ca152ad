"""What a session may send, what answers what, and which responses run."""

import json
from typing import Any

import pytest

from webapp.errors import LocalError
from webapp.events.server import UnreadableServerEvent, read_server_event
from webapp.sessions.protocol import Protocol, Received, State, read_received


def opened() -> Protocol:
    protocol = Protocol()
    hear(protocol, "session.created", session={"model": "sandbox"})
    return protocol


def hear(protocol: Protocol, type_: str, **members: Any) -> Received:
    return protocol.receive(read_server_event({"type": type_, **members}))


def begin(protocol: Protocol, id_: str, **members: Any) -> Received:
    response = {"id": id_, "status": "in_progress", "conversation_id": "conv_1", **members}
    return hear(protocol, "response.created", response=response)


def end(protocol: Protocol, id_: str, status: str = "completed") -> Received:
    return hear(protocol, "response.done", response={"id": id_, "status": status})


def create(**members: Any) -> str:
    return json.dumps({"type": "response.create", **members})


def test_connected_means_that_the_session_was_created() -> None:
    protocol = Protocol()
    assert protocol.state is State.CONNECTING
    hear(protocol, "conversation.created")
    assert protocol.state is State.CONNECTING
    hear(protocol, "session.created", session={})
    assert protocol.state is State.OPEN


@pytest.mark.parametrize("session", [None, 7, []])
def test_an_odd_session_is_a_session(session: object) -> None:
    protocol = Protocol()
    hear(protocol, "session.created", session=session)
    assert protocol.state is State.OPEN


def test_nothing_can_be_sent_before_or_after() -> None:
    with pytest.raises(LocalError, match="connecting"):
        Protocol().send(create(), 1)
    protocol = opened()
    protocol.closing()
    with pytest.raises(LocalError, match="closed"):
        protocol.send(create(), 1)
    protocol.closed()
    with pytest.raises(LocalError, match="closed"):
        protocol.send(create(), 1)
    protocol.closing()
    assert protocol.state is State.CLOSED


@pytest.mark.parametrize("text", ["", "not JSON", "[]", "7", '{"type": 3}', '{"type": "x", }'])
def test_broken_text_can_be_sent_too(text: str) -> None:
    assert opened().send(text, 1).type == ""


def test_a_response_answers_the_event_that_asked_for_it() -> None:
    protocol = opened()
    sent = protocol.send(create(), 1)
    assert begin(protocol, "resp_1").answers == sent
    assert protocol.active == "resp_1"
    assert protocol.waiting == []
    end(protocol, "resp_1")
    assert not protocol.responding


def test_out_of_band_responses_run_beside_the_default_one() -> None:
    protocol = opened()
    default = protocol.send(create(), 1)
    first = protocol.send(create(response={"conversation": "none", "metadata": {"n": "1"}}), 2)
    second = protocol.send(create(response={"conversation": "none", "metadata": {"n": "2"}}), 3)
    got = begin(protocol, "b", conversation_id=None, metadata={"n": "2"})
    assert (got.answers, got.out_of_band) == (second, True)
    got = begin(protocol, "d")
    assert (got.answers, got.out_of_band) == (default, False)
    got = begin(protocol, "a", conversation_id=None, metadata={"n": "1"})
    assert (got.answers, got.out_of_band) == (first, True)
    assert protocol.active == "d"
    assert list(protocol.out_of_band) == ["b", "a"]
    end(protocol, "b")
    assert list(protocol.out_of_band) == ["a"]


def test_a_server_without_conversation_ids_still_has_a_default_response() -> None:
    protocol = opened()
    protocol.send(create(), 1)
    assert not begin(protocol, "resp_1", conversation_id=None).out_of_band
    assert protocol.active == "resp_1"


def test_a_response_nobody_asked_for_is_the_default_one() -> None:
    protocol = opened()
    assert begin(protocol, "by_voice").answers is None
    assert protocol.active == "by_voice"


def test_a_response_that_fails_without_beginning_is_still_the_answer() -> None:
    protocol = opened()
    sent = protocol.send(create(), 1)
    assert end(protocol, "resp_1", "failed").answers == sent
    assert protocol.waiting == []


def test_an_error_is_about_the_event_that_it_names() -> None:
    protocol = opened()
    first = protocol.send(create(event_id="evt_1"), 1)
    second = protocol.send(create(event_id="evt_2"), 2)
    assert hear(protocol, "error", error={"event_id": "evt_2"}).answers == second
    assert protocol.waiting == [first]
    assert hear(protocol, "error", error={"event_id": "stranger"}).answers is None


def test_an_error_without_a_name_is_about_the_only_nameless_event_that_waits() -> None:
    protocol = opened()
    protocol.send(create(), 1)
    begin(protocol, "resp_1")
    refused = protocol.send(create(), 2)
    assert hear(protocol, "error", error={"event_id": None}).answers == refused
    assert hear(protocol, "error", error={"message": "anything"}).answers is None
    protocol.send(create(), 3)
    protocol.send(create(), 4)
    assert hear(protocol, "error", error={"message": "which?"}).answers is None


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ("session.update", {"type": "session.updated", "session": {}}),
        ("conversation.item.create", {"type": "conversation.item.created", "item": {}}),
        ("conversation.item.create", {"type": "conversation.item.added", "item": {"id": "i"}}),
        ("conversation.item.delete", {"type": "conversation.item.deleted"}),
        ("input_audio_buffer.commit", {"type": "input_audio_buffer.committed"}),
    ],
)
def test_other_events_are_acknowledged(sent: str, answer: dict[str, Any]) -> None:
    protocol = opened()
    event = protocol.send(json.dumps({"type": sent}), 1)
    assert protocol.receive(read_server_event(answer)).answers == event


def test_an_item_that_a_response_writes_acknowledges_nothing() -> None:
    protocol = opened()
    protocol.send('{"type": "conversation.item.create"}', 1)
    hear(protocol, "response.output_item.added", response_id="r", item={"id": "item_1"})
    assert hear(protocol, "conversation.item.created", item={"id": "item_1"}).answers is None


def test_sound_that_is_appended_is_not_waited_for() -> None:
    protocol = opened()
    protocol.send('{"type": "input_audio_buffer.append", "audio": ""}', 1)
    assert protocol.waiting == []


def test_cancel_names_the_responses_beside_the_default_one() -> None:
    protocol = opened()
    with pytest.raises(LocalError, match="No response"):
        protocol.cancel_texts(lambda: "evt_own")
    protocol.send(create(), 1)
    begin(protocol, "d")
    protocol.send(create(response={"conversation": "none"}), 2)
    begin(protocol, 'o"', conversation_id=None)
    assert [json.loads(text) for text in protocol.cancel_texts(lambda: "evt_own")] == [
        {"type": "response.cancel", "event_id": "evt_own"},
        {"type": "response.cancel", "event_id": "evt_own", "response_id": 'o"'},
    ]
    alone = protocol.cancel_texts(lambda: "evt_own", default_only=True)
    assert [json.loads(text) for text in alone] == [
        {"type": "response.cancel", "event_id": "evt_own"}
    ]


def test_a_cancelled_response_answers_the_cancel() -> None:
    protocol = opened()
    protocol.send(create(), 1)
    begin(protocol, "d")
    cancel = protocol.send('{"type": "response.cancel"}', 2)
    assert end(protocol, "d", "cancelled").settles == (cancel,)
    assert protocol.waiting == []


def test_a_cancel_is_answered_by_the_response_that_it_names() -> None:
    protocol = opened()
    protocol.send(create(), 1)
    begin(protocol, "d")
    protocol.send(create(response={"conversation": "none"}), 2)
    begin(protocol, "o", conversation_id=None)
    general = protocol.send('{"type": "response.cancel"}', 3)
    aimed = protocol.send('{"type": "response.cancel", "response_id": "o"}', 4)
    assert end(protocol, "o", "cancelled").settles == (aimed,)
    assert end(protocol, "d", "cancelled").settles == (general,)


def test_a_response_that_speech_has_cut_off_answers_no_cancel() -> None:
    protocol = opened()
    protocol.send(create(), 1)
    begin(protocol, "d")
    cancel = protocol.send('{"type": "response.cancel", "event_id": "evt_c"}', 2)
    response = {"id": "d", "status": "cancelled", "status_details": {"reason": "turn_detected"}}
    assert hear(protocol, "response.done", response=response).settles == ()
    error = {"code": "response_cancel_not_active", "event_id": "evt_c"}
    assert hear(protocol, "error", error=error).answers == cancel


def test_a_conversation_is_being_answered_from_the_asking_on() -> None:
    protocol = opened()
    assert not protocol.writing
    protocol.send(create(response={"conversation": "none"}), 1)
    assert not protocol.writing
    protocol.send(create(), 2)
    assert protocol.writing
    begin(protocol, "d")
    assert protocol.writing
    end(protocol, "d")
    assert not protocol.writing


def test_an_error_about_its_event_ends_a_response_that_has_begun() -> None:
    protocol = opened()
    protocol.send(create(event_id="evt_1"), 1)
    begin(protocol, "d")
    error = {"code": "server_error", "event_id": "evt_1"}
    assert hear(protocol, "error", error=error).ends == ("d",)
    assert not protocol.responding


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        ({"type": "server_error", "message": "It broke."}, ("d",)),
        ({"type": "invalid_request_error", "message": "inference failed"}, ("d",)),
        ({}, ("d",)),
        ({"message": "no", "event_id": "stranger"}, ()),
        ({"code": "conversation_already_has_active_response"}, ()),
        ({"message": "Conversation already has an active response in progress"}, ()),
        ({"code": "response_cancel_not_active"}, ()),
        ({"code": "invalid_value", "message": "x"}, ()),
        ({"message": "x", "param": "response.input"}, ()),
    ],
)
def test_a_stray_error_ends_the_only_response_unless_it_refuses_an_event(
    error: dict[str, Any], ends: tuple[str, ...]
) -> None:
    protocol = opened()
    protocol.send(create(), 1)
    begin(protocol, "d")
    assert hear(protocol, "error", error=error).ends == ends
    assert protocol.responding is not bool(ends)


def test_a_response_that_counted_as_ended_may_go_on() -> None:
    protocol = opened()
    protocol.send(create(), 1)
    begin(protocol, "d")
    protocol.send(create(response={"conversation": "none"}), 2)
    begin(protocol, "o", conversation_id=None)
    assert protocol.lapse() == ("d", "o")
    assert not protocol.responding
    delta = {"delta": "x", "response_id": "o"}
    assert hear(protocol, "response.text.delta", **delta).revives == "o"
    assert hear(protocol, "response.text.delta", **delta).revives == ""
    assert hear(protocol, "response.output_item.done", response_id="d", item={}).revives == "d"
    assert protocol.running == ["d", "o"]
    end(protocol, "d")
    end(protocol, "o")
    assert not protocol.responding


def test_an_answer_that_was_given_up_holds_nothing_back_and_still_counts() -> None:
    protocol = opened()
    sent = protocol.send(create(event_id="evt_1"), 1)
    assert protocol.writing
    assert protocol.give_up() == [sent]
    assert protocol.give_up() == []
    assert not protocol.writing
    assert not protocol.standing.busy
    protocol.send(create(event_id="evt_2"), 2)
    assert protocol.writing
    assert begin(protocol, "d").answers == sent


@pytest.mark.parametrize(
    ("error", "writing"),
    [
        ({"type": "invalid_request_error", "message": "inference failed"}, False),
        ({"message": "inference failed", "event_id": "stranger"}, True),
    ],
)
def test_an_error_about_nothing_in_particular_leaves_nothing_to_wait_for(
    error: dict[str, Any], writing: bool
) -> None:
    protocol = opened()
    sent = protocol.send(create(event_id="evt_1"), 1)
    assert hear(protocol, "error", error=error).answers is None
    assert protocol.writing is writing
    assert begin(protocol, "d").answers == sent


def test_an_error_that_repeats_our_id_as_its_own_is_about_that_event() -> None:
    protocol = opened()
    sent = protocol.send(create(event_id="evt_1"), 1)
    answered = hear(protocol, "error", event_id="evt_1", error="unknown event", code="unknown")
    assert answered.answers == sent


def test_an_error_that_refuses_without_a_name_is_about_the_only_event_that_waits() -> None:
    protocol = opened()
    sent = protocol.send(create(event_id="evt_1"), 1)
    assert hear(protocol, "error", error={"message": "general"}).answers is None
    refusal = {"type": "unknown_parameter", "message": "no"}
    assert hear(protocol, "error", error=refusal).answers == sent


def test_a_lost_connection_leaves_nothing_running() -> None:
    protocol = opened()
    protocol.send(create(), 1)
    begin(protocol, "d")
    protocol.closed()
    assert protocol.state is State.CLOSED
    assert not protocol.responding
    with pytest.raises(LocalError):
        protocol.cancel_texts(lambda: "evt_own")


def test_what_is_remembered_is_bounded() -> None:
    protocol = opened()
    for at in range(1_200):
        protocol.send(create(event_id=f"e{at}"), at)
    for at in range(1_200):
        hear(protocol, "response.output_item.added", item={"id": f"i{at}"})
    assert len(protocol.waiting) == 1_000
    assert hear(protocol, "error", error={"event_id": "e0"}).answers is None
    assert hear(protocol, "error", error={"event_id": "e1199"}).answers is not None


@pytest.mark.parametrize(
    "payload",
    ["", "not JSON", "[]", "null", "7", '"x"', "{}", '{"type": 1}', "\ud800", b"\x00", "[" * 99],
)
def test_a_frame_that_is_no_event_is_still_something(payload: str | bytes) -> None:
    event = read_received(payload)
    assert isinstance(event, UnreadableServerEvent)
    assert event.why

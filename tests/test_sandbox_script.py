"""What a session does with the events it gets, without a socket."""

import base64
import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases_on_disk import all_cases
from tests.sandbox_client import Event, add, create, kinds, only, user_says
from tests.sandbox_stage import Stage, sound
from webapp.sandbox import buffer
from webapp.sandbox import conversation as conversation_module
from webapp.sandbox.conversation import Conversation
from webapp.sandbox.script import MAX_REPLIES
from webapp.sandbox.steps import Say
from webapp.sandbox.terms import Dialect

both = pytest.mark.parametrize("dialect", ["beta", "ga"])
WEATHER = {"type": "function", "name": "weather"}
NIGHT = {"type": "mcp", "server_label": "night", "server_url": "https://mcp.example.com/"}


@both
def test_session_settings_change_only_where_asked(dialect: Dialect) -> None:
    stage = Stage(dialect)
    before = stage.script.session
    change: Event = {"instructions": "Be brief.", "tools": [WEATHER]}
    if dialect == "ga":
        change |= {"type": "realtime", "audio": {"output": {"voice": "cedar"}}}
    (updated,) = stage.tell({"type": "session.update", "session": change})
    after = updated["session"]
    assert updated["type"] == "session.updated"
    assert (after["instructions"], after["tools"]) == ("Be brief.", [WEATHER])
    assert (after["id"], after["model"]) == (before["id"], "m")
    if dialect == "ga":
        old = before["audio"]
        assert isinstance(old, dict)
        assert isinstance(old["output"], dict)
        assert after["audio"] == {**old, "output": {**old["output"], "voice": "cedar"}}
    assert "“Be brief.”" in stage.words()


@both
def test_a_session_cannot_change_its_model_or_show_a_secret(dialect: Dialect) -> None:
    change: Event = {"model": "other"} | ({"type": "realtime"} if dialect == "ga" else {})
    if dialect == "beta":
        change["client_secret"] = {"value": "ek_1", "expires_at": 1}
    (updated,) = Stage(dialect).tell({"type": "session.update", "session": change})
    assert updated["session"]["model"] == "m"
    assert "client_secret" not in updated["session"]


def test_the_voice_is_fixed_once_it_has_been_heard() -> None:
    stage = Stage()
    change = {"type": "session.update", "session": {"voice": "ash"}}
    assert stage.tell(change)[0]["type"] == "session.updated"
    stage.tell(create())
    assert stage.tell(change)[0]["type"] == "session.updated"
    assert stage.code({"type": "session.update", "session": {"voice": "sage"}}) == (
        "cannot_update_voice"
    )


@both
def test_speech_is_as_fast_as_the_session_says(dialect: Dialect) -> None:
    def seconds(speed: float) -> float:
        stage = Stage(dialect)
        audio = {"type": "realtime", "audio": {"output": {"speed": speed}}}
        session = {"speed": speed} if dialect == "beta" else audio
        stage.tell({"type": "session.update", "session": session})
        kind = "response.audio.delta" if dialect == "beta" else "response.output_audio.delta"
        chunks = [e["delta"] for e in stage.tell(create()) if e["type"] == kind]
        return sum(len(base64.b64decode(chunk)) for chunk in chunks) / 48_000

    assert seconds(0.5) == pytest.approx(2 * seconds(1.0), rel=0.02)
    assert seconds(1.5) == pytest.approx(seconds(1.0) / 1.5, rel=0.02)


@both
def test_speed_stays_while_a_response_speaks(dialect: Dialect) -> None:
    stage = Stage(dialect)
    stage.begin()
    audio = {"type": "realtime", "audio": {"output": {"speed": 0.5}}}
    session = {"speed": 0.5} if dialect == "beta" else audio
    (error,) = stage.tell({"type": "session.update", "session": session})
    param = "session.speed" if dialect == "beta" else "session.audio.output.speed"
    assert error["error"]["param"] == param
    stage.tell({"type": "response.cancel"})
    assert stage.tell({"type": "session.update", "session": session})[0]["type"] == (
        "session.updated"
    )


def test_tracing_stays_once_it_is_enabled() -> None:
    def trace(tracing: Any) -> Event:
        return {"type": "session.update", "session": {"tracing": tracing}}

    stage = Stage()
    assert stage.tell(trace(None))[0]["type"] == "session.updated"
    assert stage.tell(trace({"group_id": "g"}))[0]["session"]["tracing"] == {"group_id": "g"}
    assert stage.tell(trace({"group_id": "g"}))[0]["type"] == "session.updated"
    for other in (None, "auto"):
        assert stage.tell(trace(other))[0]["error"]["param"] == "session.tracing"


@pytest.mark.parametrize(
    ("settings", "code", "param"),
    [
        ({"truncation": "sometimes"}, "invalid_value", "truncation"),
        ({"truncation": {"type": "retention_ratio"}}, "missing_required_parameter",
         "truncation.retention_ratio"),
        ({"truncation": {"type": "retention_ratio", "retention_ratio": 1.5}},
         "decimal_above_max_value", "truncation.retention_ratio"),
        ({"tracing": {"colour": "red"}}, "unknown_parameter", "tracing.colour"),
        ({"audio": {"input": {"turn_detection": {"type": "vad"}}}}, "invalid_value",
         "audio.input.turn_detection.type"),
        ({"audio": {"input": {"turn_detection": {"type": "server_vad", "eagerness": "low"}}}},
         "unknown_parameter", "audio.input.turn_detection.eagerness"),
        ({"audio": {"input": {"turn_detection": {"type": "semantic_vad", "threshold": 0.5}}}},
         "unknown_parameter", "audio.input.turn_detection.threshold"),
        ({"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 2}}}},
         "decimal_above_max_value", "audio.input.turn_detection.threshold"),
        ({"audio": {"input": {"turn_detection": {"type": "server_vad",
                                                 "idle_timeout_ms": 100}}}},
         "integer_below_min_value", "audio.input.turn_detection.idle_timeout_ms"),
        ({"audio": {"output": {"speed": 3}}}, "decimal_above_max_value", "audio.output.speed"),
        ({"max_output_tokens": 0}, "integer_below_min_value", "max_output_tokens"),
        ({"output_modalities": ["text", "audio"]}, "invalid_value", "output_modalities"),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "tools[0].name"),
        ({"type": "transcription"}, "invalid_value", "type"),
        ({"voice": "sage"}, "unknown_parameter", "voice"),
    ],
)  # fmt: skip
def test_a_session_is_held_to_the_rules(settings: Event, code: str, param: str) -> None:
    stage = Stage("ga")
    before = copy.deepcopy(stage.script.session)
    (error,) = stage.tell({"type": "session.update", "session": {"type": "realtime", **settings}})
    assert (error["error"]["code"], error["error"]["param"]) == (code, f"session.{param}")
    assert stage.script.session == before


def test_the_settings_of_a_response_come_before_those_of_the_session() -> None:
    stage = Stage()
    session = {
        "voice": "sage",
        "temperature": 0.7,
        "max_response_output_tokens": 900,
        "output_audio_format": "g711_alaw",
    }
    stage.tell({"type": "session.update", "session": session})
    asked = {"voice": {"id": "voice_9"}, "temperature": 1, "modalities": ["text", "audio"]}
    response = stage.tell(create(**asked))[0]["response"]
    assert response["voice"] == "voice_9"
    assert response["temperature"] == 1
    assert response["modalities"] == ["text", "audio"]
    assert response["output_audio_format"] == "g711_alaw"
    assert response["max_output_tokens"] == 900


@both
def test_the_response_object_has_its_members_in_the_order_of_the_wire(dialect: Dialect) -> None:
    response = Stage(dialect).tell(create())[0]["response"]
    flat = ["modalities", "voice", "output_audio_format", "temperature", "max_output_tokens"]
    nested = ["output_modalities", "max_output_tokens", "audio"]
    head = ["object", "id", "status", "status_details", "output", "conversation_id"]
    tail = ["usage", "metadata"]
    assert list(response) == [*head, *(flat if dialect == "beta" else nested), *tail]
    assert response["usage"] is None
    assert response["status"] == "in_progress"


@pytest.mark.parametrize("params", [{}, {"modalities": ["text"]}, {"max_output_tokens": 30},
                                    {"tools": [WEATHER], "tool_choice": "required"}])  # fmt: skip
def test_usage_adds_up(params: Event) -> None:
    stage = Stage()
    stage.tell(add(user_says("Add me up, please")))
    picture = {"type": "input_image", "image_url": "data:image/png;base64,aGk="}
    voice = {"type": "input_audio", "audio": sound(1)}
    stage.tell(add({"type": "message", "role": "user", "content": [picture, voice]}))
    usage = only(stage.tell(create(**params)), "response.done")["response"]["usage"]
    read, written = usage["input_token_details"], usage["output_token_details"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["output_tokens"] == written["text_tokens"] + written["audio_tokens"] > 0
    parts = (read[f"{kind}_tokens"] for kind in ("text", "audio", "image"))
    assert usage["input_tokens"] == sum(parts)
    assert (read["audio_tokens"], read["image_tokens"]) == (10, 85)
    if "max_output_tokens" in params:
        assert usage["output_tokens"] <= 30
    limits = stage.tell(create())[-1]["rate_limits"]
    assert [limit["name"] for limit in limits] == ["tokens"]
    assert limits[0]["remaining"] < limits[0]["limit"]


def test_the_context_is_the_conversation_the_input_or_nothing() -> None:
    stage = Stage()
    assert "Nobody has said anything yet." in stage.words()
    stage.tell(add(user_says("from the conversation")))
    assert "“from the conversation”" in stage.words()
    assert "“from the input”" in stage.words(input=[user_says("from the input")])
    assert "The context is empty" in stage.words(input=[])
    assert "“from the conversation”" in stage.words(conversation="none")
    only_system = {"type": "message", "role": "system",
                   "content": [{"type": "input_text", "text": "Hush"}]}  # fmt: skip
    assert "no words from the user" in stage.words(input=[only_system])


def test_an_item_of_the_input_can_refer_to_the_conversation() -> None:
    stage = Stage()
    stage.tell(add(user_says("first words", id="one")))
    stage.tell(add(user_says("second words")))
    assert "“first words”" in stage.words(input=[{"type": "item_reference", "id": "one"}])
    (error,) = stage.tell(create(input=[{"type": "item_reference", "id": "two"}]))
    assert error["error"]["code"] == "item_reference_invalid_item_id"
    assert error["error"]["param"] == "response.input[0].id"


def test_the_answer_names_instructions_prompt_tools_and_fate() -> None:
    stage = Stage()
    assert "“Speak softly.”" in stage.words(instructions="Speak softly.")
    assert "No instructions are in force." in stage.words(instructions="")
    assert "pmpt_7" in stage.words(prompt={"id": "pmpt_7"})
    tools = [{"type": "function", "name": f"tool_{number}"} for number in range(4)]
    assert "On offer to call: tool_0, tool_1, tool_2…" in stage.words(tools=tools)
    assert "night" in Stage("ga").words(tools=[NIGHT])
    assert "“{} {0} %s”" in stage.words(instructions="{} {0} %s")


def test_long_words_are_quoted_in_part() -> None:
    words = Stage().words(instructions="word " * 500, input=[user_says("y" * 5000)])
    assert "word…”" in words
    assert len(words) < 700


def test_sound_and_pictures_without_words_are_mentioned() -> None:
    stage = Stage()
    voice = {"type": "input_audio", "audio": sound(1)}
    picture = {"type": "input_image", "image_url": "data:image/jpeg;base64,aGk="}
    for part, mention in ((voice, "sound"), (picture, "image")):
        item = {"type": "message", "role": "user", "content": [part]}
        assert f"{mention} from you" in stage.words(input=[item])
    silent = {"type": "message", "role": "user", "content": []}
    assert "no words from the user" in stage.words(input=[silent])
    spoken = {**voice, "transcript": "by voice"}
    item = {"type": "message", "role": "user", "content": [spoken]}
    assert "“by voice”" in stage.words(input=[item])


def test_the_session_may_insist_on_a_tool_but_not_right_after_its_output() -> None:
    stage = Stage()
    session = {"tools": [WEATHER], "tool_choice": "required"}
    stage.tell({"type": "session.update", "session": session})
    call = only(stage.tell(create()), "response.done")["response"]["output"][0]
    stage.tell(add({"type": "function_call_output", "call_id": call["call_id"], "output": ""}))
    assert "weather returned nothing." in stage.words()
    again = stage.tell(create(tool_choice="required"))
    assert "response.function_call_arguments.done" in kinds(again)


def test_a_choice_that_no_tool_answers_to_is_refused_or_answered_in_words() -> None:
    stage = Stage()
    choice = {"type": "function", "name": "absent"}
    assert stage.code(create(tools=[WEATHER], tool_choice=choice)) == "invalid_value"
    assert "response.text.done" in kinds(
        stage.tell(create(modalities=["text"], tool_choice="required"))
    )
    stage.tell({"type": "session.update", "session": {"tool_choice": choice}})
    assert stage.words()


@pytest.mark.parametrize(
    ("conversation", "code"), [("auto", ""), ("none", ""), ("conv_x", "invalid_value")]
)
def test_conversation_is_auto_none_or_the_session_s_own(conversation: str, code: str) -> None:
    events = Stage().tell(create(conversation=conversation))
    assert (events[0]["error"]["code"] if code else "") == code
    stage = Stage()
    own = stage.script.conversation.id
    assert stage.tell(create(conversation=own))[0]["response"]["conversation_id"] == own


def test_so_many_responses_at_a_time_and_no_more() -> None:
    stage = Stage()
    for _ in range(MAX_REPLIES):
        stage.begin(conversation="none")
    assert stage.code(create(conversation="none")) == "too_many_responses"


def test_a_cancel_right_after_the_create_gives_a_short_frame() -> None:
    stage = Stage()
    stage.begin()
    events = stage.tell({"type": "response.cancel"})
    assert kinds(events) == ["response.done", "rate_limits.updated"]
    assert events[0]["response"]["output"] == []


def test_a_cancelled_function_call_keeps_its_half_arguments() -> None:
    stage = Stage()
    parameters = {"type": "object", "properties": {"town": {"type": "string"}}}
    answer = stage.script.answer(
        json.dumps(create(tools=[{**WEATHER, "parameters": parameters}], tool_choice="required"))
    )
    assert answer.reply
    while (step := answer.reply.next()) and not (
        isinstance(step, Say) and str(step.event["type"]).endswith(".delta")
    ):
        pass
    events = stage.tell({"type": "response.cancel"})
    done = only(events, "response.function_call_arguments.done")
    assert done["arguments"] == '{"town'
    assert only(events, "response.output_item.done")["item"]["status"] == "incomplete"


# Items.


@both
def test_items_go_where_they_ask_to_be(dialect: Dialect) -> None:
    stage = Stage(dialect)
    stage.tell(add(user_says("b", id="b")))
    stage.tell(add(user_says("d", id="d")))
    stage.tell(add(user_says("a", id="a"), previous_item_id="root"))
    events = stage.tell(add(user_says("c", id="c"), previous_item_id="b"))
    assert [item["id"] for item in stage.script.conversation.items] == ["a", "b", "c", "d"]
    assert {event["previous_item_id"] for event in events} == {"b"}
    assert len(events) == (1 if dialect == "beta" else 2)
    nowhere = stage.tell(add(user_says("e"), previous_item_id="z"))[0]["error"]
    assert nowhere["param"] == "previous_item_id"


def test_an_item_without_an_id_gets_one_and_an_id_is_used_once() -> None:
    stage = Stage()
    item = stage.tell(add(user_says("Hi")))[0]["item"]
    assert item["id"].startswith("item_")
    assert len(item["id"]) <= 32
    assert item["status"] == "completed"
    assert stage.code(add(user_says("Hi", id=item["id"]))) == "item_create_duplicate_item_id"


def test_a_reference_is_no_item() -> None:
    assert Stage().code(add({"type": "item_reference", "id": "x"})) == "invalid_value"


def test_an_output_needs_a_call() -> None:
    output = {"type": "function_call_output", "call_id": "call_x", "output": "1"}
    assert Stage().code(add(output)) == "invalid_tool_call_id"
    stage = Stage()
    stage.tell(add({"type": "function_call", "call_id": "call_x", "name": "f", "arguments": "{}"}))
    assert stage.tell(add(output))[0]["type"] == "conversation.item.created"


def test_items_are_shown_without_their_sound_and_retrieved_with_it() -> None:
    stage = Stage()
    voice = {"type": "input_audio", "audio": sound(0.5), "transcript": "hm"}
    item = {"type": "message", "role": "user", "content": [voice], "id": "v"}
    (created,) = stage.tell(add(item))
    assert created["item"]["content"] == [{"type": "input_audio", "transcript": "hm"}]
    (got,) = stage.tell({"type": "conversation.item.retrieve", "item_id": "v"})
    assert got["type"] == "conversation.item.retrieved"
    assert got["item"]["content"] == [voice]


def test_deleted_items_are_gone() -> None:
    stage = Stage()
    stage.tell(add(user_says("Hi", id="x")))
    (deleted,) = stage.tell({"type": "conversation.item.delete", "item_id": "x"})
    assert (deleted["type"], deleted["item_id"]) == ("conversation.item.deleted", "x")
    for what in ("delete", "retrieve"):
        code = stage.code({"type": f"conversation.item.{what}", "item_id": "x"})
        assert code == f"item_{what}_invalid_item_id"
    assert "Nobody has said anything yet." in stage.words()


@both
def test_an_item_deleted_while_it_is_spoken_stays_deleted(dialect: Dialect) -> None:
    stage = Stage(dialect)
    answer = stage.script.answer(json.dumps(create()))
    assert answer.reply
    while not stage.script.conversation.items:
        answer.reply.next()
    item_id = stage.script.conversation.last_id
    stage.tell({"type": "conversation.item.delete", "item_id": item_id})
    events = [s.event for s in iter(answer.reply.next, None) if isinstance(s, Say)]
    assert "conversation.item.done" not in {event["type"] for event in events}
    assert stage.script.conversation.items == []


def test_a_truncated_answer_loses_sound_and_transcript() -> None:
    stage = Stage()
    item = only(stage.tell(create()), "response.done")["response"]["output"][0]
    cut = {"type": "conversation.item.truncate", "item_id": item["id"], "content_index": 0}
    (answer,) = stage.tell({**cut, "audio_end_ms": 500})
    assert answer["type"] == "conversation.item.truncated"
    assert (answer["content_index"], answer["audio_end_ms"]) == (0, 500)
    (got,) = stage.tell({"type": "conversation.item.retrieve", "item_id": item["id"]})
    part = got["item"]["content"][0]
    assert len(base64.b64decode(part["audio"])) == 24_000
    assert part["transcript"] == ""
    (error,) = stage.tell({**cut, "audio_end_ms": 900})
    assert error["error"]["message"] == "Audio content of 500ms is already shorter than 900ms"
    assert stage.code({**cut, "audio_end_ms": -1}) == "integer_below_min_value"
    assert stage.code({**cut, "content_index": 1, "audio_end_ms": 0}) == "invalid_value"
    assert stage.code({**cut, "item_id": "?", "audio_end_ms": 0}) == "item_truncate_invalid_item_id"


def test_only_answers_can_be_truncated_each_in_its_own_format() -> None:
    stage = Stage()
    voice = {"type": "input_audio", "audio": sound(0.5)}
    stage.tell(add({"type": "message", "role": "user", "content": [voice], "id": "v"}))
    cut = {"type": "conversation.item.truncate", "content_index": 0, "audio_end_ms": 400}
    assert stage.code({**cut, "item_id": "v"}) == "invalid_value"
    told = stage.tell(create(output_audio_format="g711_ulaw"))
    item_id = only(told, "response.done")["response"]["output"][0]["id"]
    assert stage.tell({**cut, "item_id": item_id})[0]["type"] == "conversation.item.truncated"
    (got,) = stage.tell({"type": "conversation.item.retrieve", "item_id": item_id})
    assert len(base64.b64decode(got["item"]["content"][0]["audio"])) == 3_200


def test_old_sound_is_forgotten_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conversation_module, "MAX_SOUND_CHARS", 100)
    kept = Conversation("c")
    for name in ("a", "b"):
        part = {"type": "input_audio", "audio": "A" * 60}
        kept.add({"id": name, "type": "message", "content": [part]}, after=kept.last_id)
    assert [conversation_module.sound_chars(item) for item in kept.items] == [0, 60]


def test_a_conversation_holds_so_many_items_and_no_more() -> None:
    stage = Stage()
    stage.script.conversation.items = [{"id": str(number)} for number in range(2_000)]
    assert stage.code(add(user_says("one more"))) == "too_many_items"


# The input buffer.


@both
def test_committed_sound_becomes_an_item_of_the_user(dialect: Dialect) -> None:
    stage = Stage(dialect)
    assert stage.tell({"type": "input_audio_buffer.append", "audio": sound(0.3)}) == []
    assert stage.tell({"type": "input_audio_buffer.append", "audio": sound(0.2)}) == []
    events = stage.tell({"type": "input_audio_buffer.commit"})
    created = "conversation.item.created" if dialect == "beta" else "conversation.item.added"
    done = [] if dialect == "beta" else ["conversation.item.done"]
    assert kinds(events) == ["input_audio_buffer.committed", created, *done]
    assert events[0]["previous_item_id"] is None
    assert events[1]["item"]["id"] == events[0]["item_id"]
    assert events[1]["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    item = stage.script.conversation.items[0]
    assert item["content"] == [{"type": "input_audio", "transcript": None, "audio": sound(0.5)}]


def test_a_buffer_with_too_little_in_it_cannot_be_committed() -> None:
    stage = Stage()
    (answer,) = stage.tell({"type": "input_audio_buffer.commit"})
    assert answer["error"]["code"] == "input_audio_buffer_commit_empty"
    assert answer["error"]["message"].endswith(
        "Expected at least 100ms of audio, but buffer only has 0.00ms of audio."
    )
    stage.tell({"type": "input_audio_buffer.append", "audio": sound(5)})
    assert stage.tell({"type": "input_audio_buffer.clear"})[0]["type"] == (
        "input_audio_buffer.cleared"
    )
    assert stage.code({"type": "input_audio_buffer.commit"}) == "input_audio_buffer_commit_empty"


@pytest.mark.parametrize("audio", ["?", "YQ", "Y Q==", "é"])
def test_sound_that_is_not_base64_is_refused(audio: str) -> None:
    assert Stage().code({"type": "input_audio_buffer.append", "audio": audio}) == "invalid_value"


def test_the_buffer_is_bounded_and_lets_go_of_silence_while_it_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(buffer, "MAX_BUFFER_BYTES", 48_000)
    stage = Stage()
    append = {"type": "input_audio_buffer.append", "audio": sound(0.9)}
    assert stage.tell(append) == []
    assert stage.tell(append) == []
    stage.tell({"type": "input_audio_buffer.commit"})
    stage.tell({"type": "session.update", "session": {"turn_detection": None}})
    assert stage.tell(append) == []
    assert stage.code(append) == "input_audio_buffer_full"
    part = stage.script.conversation.items[0]["content"]
    assert isinstance(part, list)
    assert part[0] == {"type": "input_audio", "transcript": None, "audio": sound(1)}


def test_clearing_the_output_names_the_last_response() -> None:
    stage = Stage()
    response_id = stage.tell(create())[0]["response"]["id"]
    (cleared,) = stage.tell({"type": "output_audio_buffer.clear"})
    assert (cleared["type"], cleared["response_id"]) == (
        "output_audio_buffer.cleared",
        response_id,
    )


# The whole.


def test_the_same_seed_gives_the_same_events_and_another_one_others() -> None:
    def play(seed: int) -> list[Event]:
        stage = Stage(seed=seed)
        text = create(modalities=["text"])
        return stage.tell(add(user_says("Hi"))) + stage.tell(create()) + stage.tell(text)

    assert play(1) == play(1)
    assert play(1) != play(2)


def test_no_two_ids_of_a_session_are_the_same() -> None:
    stage = Stage()
    events = [event for _ in range(5) for event in stage.tell(create(modalities=["text"]))]
    ids = [event["event_id"] for event in events]
    assert len(set(ids)) == len(ids)


def test_an_expired_session_says_so() -> None:
    (error,) = Stage().script.expiry()
    assert isinstance(error.event["error"], dict)
    assert error.event["error"]["code"] == "session_expired"


# Anything at all.

VOICED = base64.b64encode(bytes(range(256)) * 60 + bytes(30_000)).decode()
PLAIN: list[Event] = [
    *(case.event for case in all_cases() if isinstance(case.event, dict)),
    add(user_says("Hi", id="x"), previous_item_id="root"),
    add({"type": "message", "role": "assistant", "id": "y",
         "content": [{"type": "output_audio", "audio": "AAAA", "transcript": "t"}]}),
    {"type": "conversation.item.truncate", "item_id": "y", "content_index": 0, "audio_end_ms": 0},
    {"type": "conversation.item.retrieve", "item_id": "x"},
    {"type": "conversation.item.delete", "item_id": "x"},
    {"type": "input_audio_buffer.append", "audio": "AAAA"},
    {"type": "response.cancel", "response_id": "resp_1"},
    {"type": "session.update", "session": {"type": "realtime", "tools": [WEATHER, NIGHT],
     "audio": {"output": {"voice": "ash", "speed": 1.0}, "input": {"turn_detection": None}}}},
    {"type": "session.update", "session": {"voice": "ash", "max_response_output_tokens": 9}},
    {"type": "session.update", "session": {"turn_detection": {"type": "server_vad"},
     "input_audio_transcription": {"model": "whisper-1"}, "input_audio_format": "g711_alaw"}},
    {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {
     "turn_detection": {"type": "semantic_vad"}, "transcription": {"model": "sandbox-fail"}}}}},
    {"type": "input_audio_buffer.append", "audio": VOICED},
    {"type": "input_audio_buffer.commit"},
    {"type": "input_audio_buffer.clear"},
    {"type": "output_audio_buffer.clear"},
    create(tools=[NIGHT], tool_choice="required"),
    add({"type": "mcp_approval_request", "id": "z", "server_label": "night", "name": "n",
         "arguments": "{}"}),
    add({"type": "mcp_approval_response", "id": "w", "approval_request_id": "z",
         "approve": True}),
]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from([None, True, 0, -1, 1.5, 10**30, "", "auto", "none", "|string", [], {}, [[]]]),
    st.text(max_size=5),
    st.dictionaries(st.sampled_from(["type", "id", "name", "role"]), st.text(max_size=3)),
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[Any, ...]] = []
    for step, below in pairs:
        found.append((*at, step))
        if isinstance(below, dict | list):
            found += places(below, (*at, step))
    return found


@given(st.data(), st.sampled_from(["beta", "ga"]))
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_answered_and_never_breaks_the_session(
    data: st.DataObject, dialect: Dialect
) -> None:
    stage = Stage(dialect)
    for _ in range(5):
        event = copy.deepcopy(data.draw(st.sampled_from(PLAIN)))
        if data.draw(st.booleans()):
            *path, last = data.draw(st.sampled_from(places(event)))
            target: Any = event
            for step in path:
                target = target[step]
            target[last] = data.draw(VALUES)
        for told in stage.tell(event):
            json.dumps(told, allow_nan=False)
            error = told.get("error")
            assert error is None or error["message"]

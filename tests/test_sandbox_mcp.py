"""Tools of MCP servers, as far as a sandbox without any can rehearse them."""

import json
from typing import Any

import pytest

from tests.sandbox_client import Caller, Event, add, create, in_session, kinds, only
from tests.sandbox_stage import Stage
from webapp.sandbox.mcp import REHEARSED, UNREACHED
from webapp.sandbox.steps import Say

URL = "https://mcp.example.com"
AWAY = {"type": "mcp", "server_label": "night", "server_url": URL}
NEAR = {"type": "mcp", "server_label": "sandbox", "server_url": URL}
CALL = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.done",
    "response.mcp_call.in_progress",
    "response.mcp_call.failed",
    "conversation.item.done",
    "response.output_item.done",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
    "rate_limits.updated",
]


def update(*tools: Event) -> Event:
    return {"type": "session.update", "session": {"type": "realtime", "tools": list(tools)}}


def choose(label: str, name: str = "stars") -> Event:
    return {"type": "mcp", "server_label": label, "name": name}


def ask(stage: Stage, server: Event, **params: Any) -> list[Event]:
    """Return the events of a response that has to call a server's tool."""
    params = {"tool_choice": choose(server["server_label"]), **params}
    return stage.tell(create(tools=[server], output_modalities=["text"], **params))


def response_events(events: list[Event]) -> list[Event]:
    """Return the events without those of a look-up, which runs beside."""
    end = next(place for place, e in enumerate(events) if e["type"] == "rate_limits.updated")
    return events[: end + 1]


def test_the_tools_of_a_server_out_of_reach_are_looked_up_in_vain() -> None:
    stage = Stage("ga")
    events = stage.tell(update(AWAY))
    assert kinds(events) == [
        "session.updated",
        "conversation.item.added",
        "mcp_list_tools.in_progress",
        "mcp_list_tools.failed",
        "conversation.item.done",
    ]
    item = events[-1]["item"]
    assert item == {
        "id": item["id"],
        "type": "mcp_list_tools",
        "server_label": "night",
        "tools": [],
    }
    assert {events[2]["item_id"], events[3]["item_id"]} == {item["id"]}
    assert "MCP servers are out of my reach: night." in stage.words()


def test_a_server_called_sandbox_lists_what_is_allowed() -> None:
    for allowed, names in ((None, ["rehearse"]), (["a", "b"], ["a", "b"]),
                           ({"tool_names": ["c"]}, ["c"])):  # fmt: skip
        stage = Stage("ga")
        events = stage.tell(update({**NEAR, "allowed_tools": allowed}))
        assert only(events, "mcp_list_tools.completed")
        assert [tool["name"] for tool in events[-1]["item"]["tools"]] == names
        assert "out of my reach" not in stage.words()


def test_a_server_is_looked_up_once() -> None:
    stage = Stage("ga")
    assert "mcp_list_tools.in_progress" in kinds(stage.tell(update(AWAY)))
    assert kinds(stage.tell(update(AWAY))) == ["session.updated"]
    assert kinds(stage.tell(update(AWAY, NEAR))).count("mcp_list_tools.in_progress") == 1


def test_a_response_can_bring_a_server_of_its_own() -> None:
    events = Stage("ga").tell(create(tools=[AWAY]))
    assert "mcp_list_tools.failed" in kinds(events)


def test_a_call_fails_where_no_server_is_reached_and_the_answer_says_so() -> None:
    events = response_events(ask(Stage("ga"), {**AWAY, "require_approval": "never"}))
    assert kinds(events) == CALL
    first, second = only(events, "response.done")["response"]["output"]
    assert (first["type"], first["server_label"], first["name"]) == ("mcp_call", "night", "stars")
    assert first["error"] == {"type": "http_error", "code": 502, "message": UNREACHED}
    assert first["output"] is None
    assert json.loads(first["arguments"]) == {}
    assert "status" not in first
    assert second["type"] == "message"
    assert [e["output_index"] for e in events if e["type"] == "response.output_item.done"] == [0, 1]
    assert {e["output_index"] for e in events if e["type"] == "response.output_text.delta"} == {1}


def test_a_call_of_the_sandbox_s_own_server_is_rehearsed() -> None:
    server = {**NEAR, "require_approval": "never"}
    events = response_events(ask(Stage("ga"), server, tool_choice="required"))
    assert [kind.replace("failed", "completed") for kind in CALL] == kinds(events)
    call = only(events, "response.done")["response"]["output"][0]
    assert (call["name"], call["output"], call["error"]) == ("rehearse", REHEARSED, None)
    assert list(json.loads(call["arguments"])) == ["topic"]
    said = "".join(e["delta"] for e in events if e["type"] == "response.mcp_call_arguments.delta")
    assert said == call["arguments"]


@pytest.mark.parametrize(
    ("trust", "asks"),
    [
        ({}, True),
        ({"require_approval": None}, True),
        ({"require_approval": "always"}, True),
        ({"require_approval": "never"}, False),
        ({"require_approval": {"never": {"tool_names": ["stars"]}}}, False),
        ({"require_approval": {"never": {"tool_names": ["moon"]}}}, True),
        ({"require_approval": {"always": {"tool_names": ["stars"]}}}, True),
    ],
)
def test_approval_is_asked_for_unless_the_server_is_trusted(trust: Event, asks: bool) -> None:
    output = only(ask(Stage("ga"), {**AWAY, **trust}), "response.done")["response"]["output"]
    assert [item["type"] for item in output] == (
        ["mcp_approval_request"] if asks else ["mcp_call", "message"]
    )


def approval(request: Event, *, approve: bool, **more: Any) -> Event:
    answer = {"approval_request_id": request["id"], "approve": approve, **more}
    return add({"type": "mcp_approval_response", "id": "mine", **answer})


def test_what_was_approved_is_called_at_once() -> None:
    stage = Stage("ga")
    stage.tell(update(NEAR))
    events = stage.tell(create(tool_choice=choose("sandbox", "rehearse")))
    (request,) = only(events, "response.done")["response"]["output"]
    assert (request["server_label"], request["name"]) == ("sandbox", "rehearse")
    events = stage.tell(approval(request, approve=True))
    assert kinds(events)[:3] == [
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    assert "status" not in events[0]["item"]
    call, message = only(events, "response.done")["response"]["output"]
    assert (call["approval_request_id"], call["output"]) == (request["id"], REHEARSED)
    assert REHEARSED in message["content"][0]["transcript"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, ""),
        ({"reason": None}, ""),
        ({"reason": " "}, ""),
        ({"reason": "Not now"}, " Your reason was “Not now”."),
    ],
)
def test_what_was_not_approved_is_not_called(more: Event, why: str) -> None:
    stage = Stage("ga")
    stage.tell(update(NEAR))
    events = stage.tell(create(tool_choice=choose("sandbox", "rehearse")))
    (request,) = only(events, "response.done")["response"]["output"]
    events = stage.tell(approval(request, approve=False, **more))
    (message,) = only(events, "response.done")["response"]["output"]
    said = message["content"][0]["transcript"]
    told = "You did not approve of calling rehearse at sandbox, so I did not."
    assert f"{told}{why}" in said
    assert ("Your reason" in said) is bool(why)


def test_an_approval_during_a_response_waits_for_the_next() -> None:
    stage = Stage("ga")
    (request,) = only(ask(stage, AWAY), "response.done")["response"]["output"]
    stage.begin()
    assert "response.created" not in kinds(stage.tell(approval(request, approve=True)))
    stage.tell({"type": "response.cancel"})
    output = only(stage.tell(create()), "response.done")["response"]["output"]
    assert output[0]["approval_request_id"] == request["id"]


def test_an_approval_of_nothing_is_refused() -> None:
    (error,) = Stage("ga").tell(approval({"id": "mcpr_x"}, approve=True))
    assert error["error"]["param"] == "item.approval_request_id"


def test_an_approval_in_the_input_needs_its_request_there() -> None:
    stage = Stage("ga")
    request = {"type": "mcp_approval_request", "id": "mcpr_1", "server_label": "sandbox",
               "name": "rehearse", "arguments": "{}"}  # fmt: skip
    answer = approval({"id": "mcpr_1"}, approve=True)["item"]
    for given, kinds_of_items in (
        ([answer], ["message"]),
        ([request, answer], ["mcp_call", "message"]),
    ):
        done = only(stage.tell(create(input=given)), "response.done")
        assert [item["type"] for item in done["response"]["output"]] == kinds_of_items
        assert " at ." not in str(done)


def test_a_server_that_is_not_there_cannot_be_chosen() -> None:
    (error,) = Stage("ga").tell(create(tools=[AWAY], tool_choice=choose("day")))
    assert (error["error"]["code"], error["error"]["param"]) == (
        "invalid_value",
        "response.tool_choice",
    )
    # Without a name there is nothing to call at a server whose tools nobody knows.
    choice = {"type": "mcp", "server_label": "night"}
    events = ask(Stage("ga"), {**AWAY, "require_approval": "never"}, tool_choice=choice)
    assert [item["type"] for item in only(events, "response.done")["response"]["output"]] == [
        "message"
    ]


def test_a_call_can_be_cancelled_while_it_is_argued() -> None:
    stage = Stage("ga")
    server = {**NEAR, "require_approval": "never"}
    answer = stage.script.answer(json.dumps(create(tools=[server], tool_choice="required")))
    assert answer.reply
    while (step := answer.reply.next()) and not (
        isinstance(step, Say) and str(step.event["type"]).endswith("arguments.delta")
    ):
        pass
    events = stage.tell({"type": "response.cancel"})
    assert "response.mcp_call.in_progress" not in kinds(events)
    (call,) = only(events, "response.done")["response"]["output"]
    assert call["arguments"] == only(events, "response.mcp_call_arguments.done")["arguments"]


def test_so_many_servers_are_looked_up_and_no_more() -> None:
    stage = Stage("ga")
    many = [{**AWAY, "server_label": f"s{number}"} for number in range(100)]
    events = stage.tell(update(*many))
    assert sum(event["type"] == "mcp_list_tools.failed" for event in events) == 64


def test_a_look_up_runs_beside_the_session_over_a_socket() -> None:
    async def talk(caller: Caller) -> None:
        await caller.send(update(AWAY))
        await caller.send(create(output_modalities=["text"]))
        events = await caller.until("response.done")
        while "mcp_list_tools.failed" not in kinds(events):
            events.append(await caller.next())
        assert events[0]["type"] == "session.updated"
        assert only(events, "response.done")["response"]["status"] == "completed"

    in_session(talk, "ga", speed=5)

"""The models say what OpenAI's document says, and every difference has a reason."""

import json
from pathlib import Path

import pytest

from tests.cases_on_disk import Case, all_cases
from tests.schema_facts import facts_of, unexplained
from webapp.events import EVENTS

DOCUMENT = json.loads(
    (Path(__file__).parent / "document" / "realtime-2.3.0.json").read_text(encoding="utf-8")
)

NAMES = {
    "beta": "RealtimeBetaClientEventResponseCreate",
    "ga": "RealtimeClientEventResponseCreate",
}

_USER = "response.input[]<message user>.content[]"
_ASSISTANT = "response.input[]<message assistant>.content[]"

_SPLIT = "the prose of each member names the one type of part it belongs to"
_PROSE = "the bound stands in the prose of the document"
_REFERENCE = "the document's own examples of the event use item references"

# Facts of the document that a model does not have.
LACKED = {
    f"{_USER}<input_text>.audio *": _SPLIT,
    f"{_USER}<input_text>.transcript *": _SPLIT,
    f"{_USER}<input_text>.image_url *": _SPLIT,
    f"{_USER}<input_text>.detail *": _SPLIT,
    f"{_USER}<input_audio>.text *": _SPLIT,
    f"{_USER}<input_audio>.image_url *": _SPLIT,
    f"{_USER}<input_audio>.detail *": _SPLIT,
    f"{_USER}<input_image>.text *": _SPLIT,
    f"{_USER}<input_image>.audio *": _SPLIT,
    f"{_USER}<input_image>.transcript *": _SPLIT,
    f"{_ASSISTANT}<output_text>.audio *": _SPLIT,
    f"{_ASSISTANT}<output_text>.transcript *": _SPLIT,
    f"{_ASSISTANT}<output_audio>.text *": _SPLIT,
}

_ADDED_TO_BOTH = {
    "* closed": "servers refuse the whole event for one unknown member",
    "response.input[]<item_reference>*": _REFERENCE,
    "response.max_output_tokens minimum 1": _PROSE,
    "response.max_output_tokens maximum 4096": _PROSE,
    "response.metadata maxProperties 16": _PROSE,
    "response.metadata names {'maxLength': 64}": _PROSE,
    "response.metadata{} maxLength 512": _PROSE,
}

# Facts of a model that the document does not have.
ADDED = {
    "beta": {
        **_ADDED_TO_BOTH,
        "response.temperature minimum 0.6": _PROSE,
        "response.temperature maximum 1.2": _PROSE,
    },
    "ga": _ADDED_TO_BOTH,
}


def _of_document(dialect: str) -> set[str]:
    return facts_of({"$ref": f"#/components/schemas/{NAMES[dialect]}"}, DOCUMENT)


def _of_model(dialect: str) -> set[str]:
    schema = EVENTS[dialect, "response.create"].model.model_json_schema()
    return facts_of(schema, schema)


@pytest.mark.parametrize("dialect", NAMES)
def test_the_model_has_all_the_document_has_or_says_why_not(dialect: str) -> None:
    lacked, idle = unexplained(_of_document(dialect) - _of_model(dialect), LACKED)
    assert lacked == set()
    assert idle == set(), "these reasons explain nothing"


@pytest.mark.parametrize("dialect", NAMES)
def test_the_model_adds_nothing_to_the_document_or_says_why(dialect: str) -> None:
    added, idle = unexplained(_of_model(dialect) - _of_document(dialect), ADDED[dialect])
    assert added == set()
    assert idle == set(), "these reasons explain nothing"


@pytest.mark.parametrize("dialect", NAMES)
def test_the_document_is_walked_to_its_ends(dialect: str) -> None:
    facts = _of_document(dialect)
    assert {
        "type required",
        "response.conversation string",
        "response.max_output_tokens = inf",
        "response.max_output_tokens integer",
        "response.metadata null",
        "response.input[]<mcp_call>.error<http_error>.code integer",
        "response.prompt.variables{}<input_image>.detail required",
        "response.tool_choice<mcp>.name null",
    } <= facts


def test_every_schema_of_the_excerpt_is_reached() -> None:
    reached: set[str] = set()
    waiting = list(NAMES.values())
    while waiting:
        name = waiting.pop()
        reached.add(name)
        text = json.dumps(DOCUMENT["components"]["schemas"][name])
        found = {piece.split('"')[0] for piece in text.split("#/components/schemas/")[1:]}
        waiting += found - reached
    assert reached == DOCUMENT["components"]["schemas"].keys()


@pytest.mark.parametrize("dialect", NAMES)
def test_the_members_stand_in_the_order_of_the_document(dialect: str) -> None:
    event = EVENTS[dialect, "response.create"]
    document = DOCUMENT["components"]["schemas"]
    params = NAMES[dialect].replace("ClientEventResponseCreate", "ResponseCreateParams")
    assert [*event.model.model_fields] == [*document[NAMES[dialect]]["properties"]]
    assert [*event.params.model_fields] == [*document[params]["properties"]]


@pytest.mark.parametrize("case", [case for case in all_cases() if case.valid], ids=str)
def test_the_schema_of_the_model_takes_what_servers_take(case: Case) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = EVENTS[case.dialect, "response.create"].model.model_json_schema()
    jsonschema.Draft202012Validator(schema).validate(case.event)

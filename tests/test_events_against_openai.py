"""The models say what the types of the ``openai`` package say, or there is a reason."""

import re
from typing import Any

import pytest
from openai.types.beta.realtime.conversation_item_with_reference_param import (
    ConversationItemWithReferenceParam,
)
from openai.types.beta.realtime.response_create_event_param import ResponseCreateEventParam
from openai.types.realtime.response_create_event_with_references_param import (
    ResponseCreateEventWithReferencesParam,
)
from pydantic import TypeAdapter

from tests.schema_facts import facts_of, unexplained
from webapp.events import EVENTS

THEIRS: dict[str, Any] = {
    "beta": ResponseCreateEventParam,
    "ga": ResponseCreateEventWithReferencesParam,
}

_USER = "response.input[]<message user>.content[]"
_ASSISTANT = "response.input[]<message assistant>.content[]"

_FLAT = "the package has one flat item for the Beta dialect; the document has ten, compared there"
_OLD = "the package's Beta types were frozen before the document took this up"
_SPLIT = "the prose of each member names the one type of part it belongs to"
_NEWER = "the package follows a later document than 2.3.0"
_OBJECT = "the package says any value, the document says an object"
_BOUND = "the package writes bounds and formats in prose only"

# What the package has and a model has not.
LACKED = {
    "beta": {
        "response.input[]*": _FLAT,
        "response.max_response_output_tokens *": (
            "the document calls it max_output_tokens; the checks offer to rename it"
        ),
        "response.tools[]<function>.parameters anything": _OBJECT,
    },
    "ga": {
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
        "response.prompt.variables{}*.prompt_cache_breakpoint.ttl *": _NEWER,
        "response.input[]<mcp_list_tools>.tools[].annotations anything": _OBJECT,
        "response.input[]<mcp_list_tools>.tools[].input_schema anything": _OBJECT,
        "response.tools[]<function>.parameters anything": _OBJECT,
    },
}

_ADDED_TO_BOTH = {
    "* closed": "servers refuse the whole event for one unknown member",
    "response.max_output_tokens minimum 1": _BOUND,
    "response.max_output_tokens maximum 4096": _BOUND,
    "response.metadata maxProperties 16": _BOUND,
    "response.metadata names {'maxLength': 64}": _BOUND,
    "response.metadata{} maxLength 512": _BOUND,
    "response.tools[]<function>.parameters free object": _OBJECT,
}

# What a model has and the package has not.
ADDED = {
    "beta": {
        **_ADDED_TO_BOTH,
        "response.temperature minimum 0.6": _BOUND,
        "response.temperature maximum 1.2": _BOUND,
        "response.input[]*": _FLAT,
        "response.max_output_tokens *": "the package has the older max_response_output_tokens",
        "response.prompt*": _OLD,
        "response.tool_choice = *": _OLD,
        "response.tool_choice<*": _OLD,
        "response.voice object": _OLD,
        "response.voice.id *": _OLD,
    },
    "ga": {
        **_ADDED_TO_BOTH,
        "event_id maxLength 512": _BOUND,
        "response.*_url format uri": _BOUND,
        "response.tools[]<mcp>.allowed_callers minItems 1": _BOUND,
        "response.tools[]<mcp>.tunnel_id pattern *": _BOUND,
        "response.input[]<mcp_list_tools>.tools[].annotations free object": _OBJECT,
        "response.input[]<mcp_list_tools>.tools[].input_schema free object": _OBJECT,
    },
}


def _of_package(dialect: str) -> set[str]:
    schema = TypeAdapter(THEIRS[dialect]).json_schema()
    return facts_of(schema, schema)


def _of_model(dialect: str) -> set[str]:
    schema = EVENTS[dialect, "response.create"].model.model_json_schema()
    return facts_of(schema, schema)


@pytest.mark.parametrize("dialect", THEIRS)
def test_the_model_has_all_the_package_has_or_says_why_not(dialect: str) -> None:
    lacked, idle = unexplained(_of_package(dialect) - _of_model(dialect), LACKED[dialect])
    assert lacked == set()
    assert idle == set(), "these reasons explain nothing"


@pytest.mark.parametrize("dialect", THEIRS)
def test_the_model_adds_nothing_to_the_package_or_says_why(dialect: str) -> None:
    added, idle = unexplained(_of_model(dialect) - _of_package(dialect), ADDED[dialect])
    assert added == set()
    assert idle == set(), "these reasons explain nothing"


# Words of the package's flat Beta item that no item of the document has.
FLAT_ONLY = {
    "content.type = item_reference": "a reference is an item of its own, not a part of one",
    "content.type = text": "the document calls it output_text; the checks only warn",
    "content.id": "the id of a reference among the parts",
}


def test_every_member_of_the_flat_beta_item_is_known_to_some_item() -> None:
    flat = TypeAdapter(ConversationItemWithReferenceParam).json_schema()
    theirs = _members_and_values(flat, flat)
    ours: set[str] = set()
    schema = EVENTS["beta", "response.create"].model.model_json_schema()
    for definition in schema["$defs"].values():
        ours |= _members_and_values(definition, schema)
    assert theirs - ours == FLAT_ONLY.keys()


def _members_and_values(schema: dict[str, Any], root: dict[str, Any]) -> set[str]:
    """Member names, those of parts under ``content``, and the words they may hold."""
    facts = {re.sub(r"<[^>]*>|[][{}]", "", fact).strip() for fact in facts_of(schema, root)}
    words = {fact for fact in facts if " = " in fact}
    return words | {fact.split()[0] for fact in facts}

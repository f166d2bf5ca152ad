"""A JSON Schema of a few lines becomes the field that asks for its values."""

import ast
from pathlib import Path
from typing import Any

import pytest

from webapp import forms
from webapp.drafts import form_of
from webapp.forms.derive import derive
from webapp.forms.fields import (
    KINDS,
    Choice,
    Field,
    Fixed,
    Flag,
    Group,
    Items,
    Json,
    LongText,
    Media,
    Number,
    Pairs,
    Text,
    Variant,
    Variants,
)

NULL = {"type": "null"}
TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        (TEXT, Text(required=True)),
        ({**TEXT, "maxLength": 64}, Text(required=True)),
        ({**TEXT, "x-suggestions": ["a", "b"]}, Text(suggestions=("a", "b"), required=True)),
        ({**TEXT, "x-multiline": True}, LongText(required=True)),
        ({**TEXT, "x-media": "audio"}, Media(media="audio", required=True)),
        ({**TEXT, "x-secret": True}, Text(secret=True, required=True)),
        ({**TEXT, "enum": ["a", "b"]}, Choice(options=("a", "b"), required=True)),
        ({**TEXT, "enum": ["a"]}, Fixed(value="a", required=True)),
        ({**TEXT, "const": "a"}, Fixed(value="a", required=True)),
        ({"type": "boolean"}, Flag(required=True)),
        ({"type": "number"}, Number(required=True)),
        (
            {"type": "integer", "minimum": 1, "maximum": 9, "x-initial": 5},
            Number(integer=True, minimum=1, maximum=9, initial="5", required=True),
        ),
        ({"type": "object"}, Json(initial="{}", required=True)),
        ({"type": "object", "additionalProperties": True}, Json(initial="{}", required=True)),
        ({"type": "object", "additionalProperties": {}}, Json(initial="{}", required=True)),
        ({"type": "object", "x-initial": '{"a": 1}'}, Json(initial='{"a": 1}', required=True)),
        ({"type": "object", "x-rows": True}, Json(initial="{}", rows=True, required=True)),
        ({}, Json(required=True)),
        (NULL, Json(required=True)),
        ({"type": "array"}, Json(required=True)),
        ({"enum": [1, "a"]}, Json(required=True)),
        ({"type": ["string", "null"]}, Json(required=True)),
    ],
)
def test_a_schema_becomes_a_field(schema: dict[str, Any], field: Field) -> None:
    assert derive(schema) == field


def test_words_of_a_schema_become_words_of_the_field() -> None:
    schema = {**TEXT, "title": "Name", "description": "Who.", "x-absent": "nobody"}
    assert derive(schema) == Text(title="Name", help="Who.", absent="nobody", required=True)


def test_an_object_becomes_a_group_of_its_members_in_their_order() -> None:
    schema = {"type": "object", "properties": {"b": TEXT, "a": TEXT}, "required": ["a"]}
    group = derive(schema)
    assert group == Group(members={"b": Text(), "a": Text(required=True)}, required=True)
    assert isinstance(group, Group)
    assert list(group.members) == ["b", "a"]


def test_a_wanted_member_is_optional_and_says_so() -> None:
    schema = {"type": "object", "properties": {"a": {**TEXT, "x-wanted": True}}}
    assert derive(schema) == Group(members={"a": Text(wanted=True)}, required=True)


@pytest.mark.parametrize(("needed", "wanted"), [(True, False), (False, True), (False, False)])
def test_a_fixed_member_is_implied_where_it_is_required_or_wanted(
    needed: bool, wanted: bool
) -> None:
    assert Fixed(value="a", required=needed, wanted=wanted).implied is (needed or wanted)


def test_a_list_becomes_items_with_the_noun_of_one() -> None:
    schema = {"type": "array", "items": TEXT, "x-add-label": "tool", "x-empty-label": "No tools"}
    items = Items(item=Text(required=True), noun="tool", empty="No tools", required=True)
    assert derive(schema) == items
    assert not items.of_objects


def test_items_that_are_objects_or_unions_get_blocks_of_their_own() -> None:
    assert Items(item=Group(members={})).of_objects
    assert Items(item=Variants(variants=())).of_objects


def test_a_free_map_becomes_pairs() -> None:
    schema = {"type": "object", "additionalProperties": TEXT, "x-add-label": "pair"}
    assert derive(schema) == Pairs(value=Text(required=True), noun="pair", required=True)


def test_an_item_of_one_value_is_a_choice_for_nothing_fills_it_in() -> None:
    items = derive({"type": "array", "items": {"const": "a", "title": "A", "description": "It."}})
    one = Choice(title="A", help="It.", options=("a",), required=True)
    assert items == Items(item=one, required=True)
    pairs = derive({"type": "object", "additionalProperties": {"enum": ["a"]}})
    assert pairs == Pairs(value=Choice(options=("a",), required=True), required=True)


def test_null_beside_one_branch_makes_the_field_nullable() -> None:
    assert derive({"anyOf": [TEXT, NULL]}) == Text(nullable=True, required=True)


def test_the_words_of_a_nullable_member_win_over_those_of_its_branch() -> None:
    branch = {**TEXT, "title": "Branch", "description": "Kept.", "x-multiline": True}
    schema = {"anyOf": [branch, NULL], "title": "Member", "x-absent": "nothing"}
    assert derive(schema) == LongText(
        title="Member", help="Kept.", absent="nothing", nullable=True, required=True
    )


def test_a_reference_is_followed_and_the_words_beside_it_win() -> None:
    schema = {
        "$defs": {"Name": {"$ref": "#/$defs/Line"}, "Line": {**TEXT, "title": "Line"}},
        "type": "object",
        "properties": {
            "a": {"$ref": "#/$defs/Name", "title": "Beside"},
            "b": {"$ref": "#/$defs/Line"},
        },
    }
    assert derive(schema) == Group(
        members={"a": Text(title="Beside"), "b": Text(title="Line")}, required=True
    )


def test_a_number_or_a_word_is_one_input() -> None:
    branches = [{"type": "integer", "minimum": 1}, {**TEXT, "const": "inf"}]
    assert derive({"anyOf": branches, "x-initial": "9"}) == Number(
        integer=True, minimum=1, words=("inf",), initial="9", required=True
    )


def test_an_enumeration_beside_free_text_only_suggests() -> None:
    branches = [TEXT, {**TEXT, "enum": ["a", "b"]}, {**TEXT, "x-suggestions": ["b", "c"]}]
    field = derive({"anyOf": branches, "x-suggestions": ["c"]})
    assert field == Text(suggestions=("c", "a", "b"), required=True)


def test_enumerations_side_by_side_are_one_choice() -> None:
    branches = [{**TEXT, "const": "a"}, {**TEXT, "enum": ["b", "c"]}]
    assert derive({"oneOf": branches}) == Choice(options=("a", "b", "c"), required=True)


def test_a_union_becomes_variants_named_by_their_titles() -> None:
    group = {"type": "object", "properties": {}, "title": "Custom voice (by id)"}
    field = derive({"anyOf": [{**TEXT, "title": "Built-in"}, group, NULL]})
    assert field == Variants(
        variants=(
            Variant(key="built_in", label="Built-in", field=Text(title="Built-in", required=True)),
            Variant(
                key="custom_voice_by_id",
                label="Custom voice (by id)",
                field=Group(title="Custom voice (by id)", members={}, required=True),
            ),
        ),
        nullable=True,
        required=True,
    )
    assert isinstance(field, Variants)
    assert field.named("built_in") is field.variants[0]
    assert field.named("other") is None


def test_a_union_inside_a_union_opens_in_its_place() -> None:
    inner = {"anyOf": [{**TEXT, "title": "b"}, {"type": "boolean", "title": "c"}]}
    field = derive(
        {"oneOf": [{"type": "object", "title": "a"}, inner, {"type": "array", "title": "d"}]}
    )
    assert isinstance(field, Variants)
    assert [variant.key for variant in field.variants] == ["a", "b", "c", "d"]


def keys_of(*titles: str) -> list[str]:
    field = derive({"anyOf": [{"title": title, "type": "object"} for title in titles]})
    assert isinstance(field, Variants)
    return [variant.key for variant in field.variants]


def test_the_keys_of_variants_differ_even_when_their_titles_do_not() -> None:
    assert keys_of("Same", "Same", "Same", "same_2") == ["same", "same_2", "same_3", "same_2_4"]


def test_a_variant_without_usable_title_still_has_a_key() -> None:
    assert keys_of("", "語", "!") == ["form_1", "form", "form_3"]


def test_no_variant_takes_the_key_of_another_way_to_fill_a_question() -> None:
    assert keys_of("JSON", "Null", "First") == ["json_1", "null_2", "first_3"]


def test_every_kind_has_its_own_word() -> None:
    assert len({kind.kind for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("dialect", ["beta", "ga"])
def test_the_form_of_an_event_has_a_title_and_help_for_every_member(dialect: str) -> None:
    def walk(field: Field, name: str) -> None:
        match field:
            case Group():
                for member, below in field.members.items():
                    assert below.title, f"{name}.{member}"
                    assert below.help, f"{name}.{member}"
                    walk(below, f"{name}.{member}")
            case Items():
                walk(field.item, f"{name}[]")
            case Pairs():
                walk(field.value, f"{name}{{}}")
            case Variants():
                assert all(variant.label for variant in field.variants), name
                for variant in field.variants:
                    walk(variant.field, f"{name}|{variant.key}")
            case _:
                return

    walk(form_of(dialect, "response.create"), dialect)


def test_forms_know_schemas_and_never_the_events() -> None:
    for path in Path(forms.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
            assert not [name for name in names if name.startswith("webapp.events")], path.name

"""Arguments of rehearsed calls fit the schema of the function, whatever it asks for."""

import json
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from webapp.sandbox.arguments import example
from webapp.sandbox.patterns import Unsupported, matching
from webapp.sandbox.schema_fit import resolve, same

TREE = {
    "type": "object",
    "properties": {"leaf": {"type": "integer"}, "next": {"$ref": "#/$defs/n"}},
    "required": ["leaf"],
}


def fits(value: Any, schema: Any) -> bool:
    return bool(Draft202012Validator(schema).is_valid(value))


def having(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        having(town={"type": "string"}, unit={"enum": ["celsius", "fahrenheit"]}),
        having(days={"type": "integer", "minimum": 3, "maximum": 7}),
        having(code={"type": "string", "pattern": r"^[A-Z]{3}-\d{4}$"}),
        having(tags={"type": "array", "items": {"type": "string"}, "minItems": 3,
                     "uniqueItems": True}),
        having(flags={"type": "array", "items": {"type": "boolean"}, "minItems": 2,
                      "uniqueItems": True}),
        having(pick={"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3,
                     "uniqueItems": True}),
        having(one={"oneOf": [{"type": "integer"}, {"type": "number"}]}),
        having(any={"anyOf": [{"type": "null"}, {"type": "string", "minLength": 20}]}),
        having(either={"type": ["null", "integer"], "exclusiveMinimum": 5, "multipleOf": 4}),
        having(share={"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
        having(debt={"type": "integer", "maximum": -10}),
        having(debt={"type": "number", "exclusiveMaximum": -0.5}),
        having(odd={"type": "integer", "exclusiveMinimum": 2, "exclusiveMaximum": 4}),
        having(steps={"type": "number", "multipleOf": 0.25, "minimum": 0.3}),
        having(big={"type": "integer", "minimum": 10**40}),
        having(half={"type": "integer", "multipleOf": 1.5, "minimum": 2}),
        having(no={"not": {"type": "string"}}),
        having(fixed={"const": {"a": [1, None]}}),
        having(short={"type": "string", "maxLength": 3}, long={"type": "string", "minLength": 99}),
        having(when={"type": "string", "format": "date-time"}),
        having(pair={"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}],
                     "items": False, "minItems": 2}),
        having(lucky={"type": "array", "items": {"type": "integer"}, "contains": {"const": 7},
                      "minContains": 2}),
        having(none={"type": "array", "maxItems": 0}),
        having(nothing={"type": "null"}, anything={}, all=True),
        {"$ref": "#/$defs/n", "$defs": {"n": TREE}},
        having(node={"$ref": "#/$defs/n"}) | {"$defs": {"n": TREE}},
        {"allOf": [having(x={"type": "integer", "minimum": 3}),
                   {"properties": {"x": {"maximum": 4}}}, having(y={"const": "q"})]},
        {"allOf": [having(x={"type": "number", "multipleOf": 2}),
                   {"properties": {"x": {"type": "integer", "multipleOf": 3, "minimum": 1}}}]},
        {"allOf": [having(x={"type": "integer", "minimum": 3}),
                   having(x={"type": "number", "minimum": 5, "maximum": 9}),
                   {"properties": {"x": {"maximum": 7}}}]},
        {"allOf": [having(x={"type": "array", "items": {"type": "integer"}}),
                   {"properties": {"x": {"items": {"minimum": 5}, "minItems": 2}}}]},
        having(x={"type": "integer", "exclusiveMaximum": 1}),
        having(x={"type": "integer", "exclusiveMaximum": 9, "multipleOf": 4, "minimum": 5}),
        {"allOf": [having(x={"enum": [1, 2, 3]}), {"properties": {"x": {"enum": [3, 4]}}}]},
        {"allOf": [having(x={"not": {"const": 1}, "type": "integer"}),
                   {"properties": {"x": {"not": {"const": 2}}}}]},
        having(kind={"enum": ["a", "b"]}) | {"if": {"properties": {"kind": {"const": "a"}}},
                                             "then": {"required": ["more"]}},
        having(kind={"const": "b"}) | {"if": {"properties": {"kind": {"const": "a"}}},
                                       "then": False, "else": {"required": ["less"]}},
        {"oneOf": [having(kind={"const": "a"}, n={"type": "integer"}),
                   having(kind={"const": "b"})]},
        {"type": "object", "minProperties": 3, "additionalProperties": {"type": "integer"}},
        {"type": "object", "properties": {"a": True, "b": True, "c": True}, "maxProperties": 2,
         "required": ["c"]},
        {"type": "object", "properties": {"a": False, "b": True}},
        {"type": "object", "properties": {"a": {"not": {}}, "b": {"type": "string"}}},
        {"type": "object", "required": ["unlisted"], "additionalProperties": {"type": "boolean"}},
        {"type": "object", "properties": {"card": True, "bill": True},
         "dependentRequired": {"card": ["bill"]}},
        {"type": "object", "properties": {"card": True}, "dependentSchemas":
         {"card": {"required": ["bill"]}}},
        {"type": "object", "properties": {"long_name": True, "abc": True},
         "propertyNames": {"maxLength": 3}},
        {"type": "object", "properties": {"x": {"patternProperties": {"^a": {"type": "integer"}},
                                                "additionalProperties": False}}},
        {"properties": {"untyped": {"minLength": 3}, "counted": {"minimum": 3}}},
    ],
    ids=lambda schema: json.dumps(schema)[:60],
)  # fmt: skip
def test_the_example_fits(schema: Any) -> None:
    made = example(schema)
    assert isinstance(made, dict)
    assert fits(made, schema)
    assert example(schema) == made


def test_optional_members_are_shown_and_required_ones_come_first_when_deep() -> None:
    schema = having(town={"type": "string"})
    schema["properties"]["days"] = {"type": "integer"}
    assert example(schema) == {"town": "Lisbon", "days": 1}
    deep = example({"$ref": "#/$defs/n", "$defs": {"n": TREE}})
    assert len(json.dumps(deep)) < 200


@pytest.mark.parametrize("schema", [None, True, [], "object", {}, {"type": "string"}])
def test_arguments_are_an_object_whatever_the_schema_says(schema: Any) -> None:
    assert example(schema) == {}


def test_nullable_of_older_schemas_is_understood() -> None:
    schema = having(note={"type": "string", "nullable": True, "enum": [None]})
    assert example(schema) == {"note": None}
    draft4 = having(n={"type": "integer", "minimum": 1, "exclusiveMinimum": True,
                       "maximum": 3, "exclusiveMaximum": True})  # fmt: skip
    assert example(draft4) == {"n": 2}
    old_items = having(pair={"type": "array", "items": [{"const": 1}], "additionalItems": False})
    assert example(old_items) == {"pair": [1]}


LEAVES = st.one_of(
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.builds(
        lambda low, span: {"type": "integer", "minimum": low, "maximum": low + span},
        st.integers(-1000, 1000),
        st.integers(0, 50),
    ),
    st.builds(
        lambda low, span: {"type": "number", "exclusiveMinimum": low, "maximum": low + span},
        st.integers(-1000, 1000),
        st.integers(1, 50),
    ),
    st.builds(
        lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more},
        st.integers(0, 40),
        st.integers(0, 40),
    ),
    st.builds(lambda options: {"enum": options}, st.lists(st.text() | st.integers(), min_size=1)),
    st.sampled_from([{"type": "string", "format": name} for name in ("date", "uuid", "email")]),
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda item, low: {"type": "array", "items": item, "minItems": low},
            inner,
            st.integers(0, 4),
        ),
        st.builds(
            lambda members, count: {
                "type": "object",
                "properties": members,
                "required": list(members)[:count],
                "additionalProperties": False,
            },
            st.dictionaries(st.text(max_size=8), inner, max_size=4),
            st.integers(0, 4),
        ),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=12,
)


@given(SCHEMAS)
@settings(max_examples=150, deadline=None)
def test_examples_fit_schemas_of_many_shapes(schema: Any) -> None:
    whole = having(value=schema)
    assert fits(example(whole), whole)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "properties", "items", "required", "enum", "anyOf", "oneOf",
                         "allOf", "not", "if", "then", "$ref", "pattern", "minimum", "maximum",
                         "multipleOf", "minLength", "minItems", "uniqueItems", "contains",
                         "maxProperties", "minProperties", "additionalProperties", "const",
                         "dependentRequired", "propertyNames", "prefixItems", "format"])
        | st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(JUNK)
@settings(max_examples=200, deadline=None)
def test_no_schema_breaks_it(schema: Any) -> None:
    made = example({"type": "object", "properties": {"x": schema}, "required": ["x"]})
    json.dumps(made, allow_nan=False)


@pytest.mark.parametrize(
    "hostile",
    [
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"anyOf": [{"$ref": "#"}] * 30},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9, "items": {"type": "array", "minItems": 10**9}},
        having(a={"$ref": "#"}, b={"$ref": "#"}),
        {"type": "string", "pattern": "(a{99}){99}{99}"},
        {"type": "string", "pattern": "(" * 5000},
        {"type": "number", "minimum": 10**3000, "maximum": 10**3000 + 1},
        {"type": "object", "minProperties": 10**20},
        {"enum": list(range(40_000))},
    ],
    ids=lambda schema: json.dumps(schema)[:40],
)
def test_hostile_schemas_cost_little(hostile: Any) -> None:
    began = time.process_time()
    made = example(having(x=hostile))
    assert time.process_time() - began < 2
    assert len(json.dumps(made)) < 500_000


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[a-z]+$", r"^\d{3}-\d{2,4}$", r"^(red|green)$", r"^a?b*c+$", r"[^a-z]{4}",
        r"\+\d\s\w", r"^[^\d\x00-\x20]$",
        r"^(?:ab){2}$", r"^(?P<y>\d{4})$", r"^(?<y>\d{4})$", r"\bword\b",
        r"^[\w.-]+@[\w-]+\.[a-z]+$",
        r"^\x41\u0042$", r"^.{3}$", r"^[-a]$", r"^\D\W\S$", r"^tunnel_[a-z0-9]{32}$", r"^(|a)$",
        r"^\n\t$", r"^a{0,2}?$", r"^[\]\\]$",
    ],
)  # fmt: skip
def test_a_text_matches_its_pattern(pattern: str) -> None:
    for nth in (0, 3):
        assert re.search(pattern.replace("(?<y", "(?P<y"), matching(pattern, nth=nth))


@pytest.mark.parametrize(
    "pattern",
    [r"(?=a)", r"(?<=a)b", r"(?!a)", r"(a)\1", r"\p{L}", "a)", "(a", "[", "[a", "[^\x00-\uffff]",
     "*", "a{x}", "a{2", "a{1,x}", "\\", r"\x4", r"\uzzzz", "a{99999}", "(" * 60],
)  # fmt: skip
def test_rare_patterns_are_given_up(pattern: str) -> None:
    try:
        made = matching(pattern)
    except Unsupported:
        return
    assert re.search(pattern, made)


def test_references_lead_through_objects_and_lists_or_nowhere() -> None:
    root: Any = {"a/b": [{"type": "string"}], "c%d": 1}
    assert resolve("#/a~1b/0", root) == {"type": "string"}
    assert resolve("#", root) is root
    for nowhere in ("#/a~1b/9", "#/x", "https://example.com/", None, "#/c%25d/e"):
        assert resolve(nowhere, root) is True
    assert resolve("#/c%25d", root) == 1


def test_equal_json_is_told_from_equal_python() -> None:
    assert same([1, {"a": 1.0}], [1.0, {"a": 1}])
    assert not same(True, 1)
    assert not same([1], [1, 1])
    assert not same({"a": 1}, {"b": 1})

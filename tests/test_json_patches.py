"""JSON Patch on exact values: what it does, what it refuses, and how it is put in words."""

import copy
from typing import Any

import pytest
from hypothesis import given

from tests.made_up import any_json, brief, names
from webapp.exact_json.patches import Misfit, apply, in_words, loses_nothing
from webapp.exact_json.reader import read_json
from webapp.exact_json.writer import write


def step(op: str, path: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """One step of a patch."""
    with_value = {"value": value} if op in ("add", "replace", "test") else {}
    return {"op": op, "path": path, **with_value, **more}


def move(source: str, path: str, op: str = "move") -> dict[str, Any]:
    return {"op": op, "from": source, "path": path}


# The examples of RFC 6902, appendix A, and what they leave open.
FITS = [
    ({"foo": "bar"}, [step("add", "/baz", "qux")], {"foo": "bar", "baz": "qux"}),
    ({"foo": ["bar", "baz"]}, [step("add", "/foo/1", "qux")], {"foo": ["bar", "qux", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [step("remove", "/baz")], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [step("remove", "/foo/1")], {"foo": ["bar", "baz"]}),
    ({"baz": "qux", "foo": 1}, [step("replace", "/baz", "boo")], {"baz": "boo", "foo": 1}),
    (
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [move("/foo/waldo", "/qux/thud")],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        {"foo": ["all", "grass", "cows", "eat"]},
        [move("/foo/1", "/foo/3")],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    ({"baz": "qux"}, [step("test", "/baz", "qux")], {"baz": "qux"}),
    ({"foo": "bar"}, [step("add", "/child", {"a": {}})], {"foo": "bar", "child": {"a": {}}}),
    ({"foo": ["bar"]}, [step("add", "/foo/-", ["abc"])], {"foo": ["bar", ["abc"]]}),
    ({"/": 9, "~1": 10}, [step("test", "/~01", 10)], {"/": 9, "~1": 10}),
    ({"foo": None}, [step("add", "/foo", 1)], {"foo": 1}),
    ({"foo": 1}, [step("test", "/foo", 1.0)], {"foo": 1}),
    ({"a": 1}, [step("add", "", [1])], [1]),
    ({"a": 1}, [step("replace", "", None)], None),
    ({"a": [1]}, [move("/a/0", "/b", "copy")], {"a": [1], "b": 1}),
    ({"a": 1}, [move("/a", "/a")], {"a": 1}),
    ({"a": 1, "b": 2}, [move("/a", "/b")], {"b": 1}),
    ({"": 1}, [step("remove", "/")], {}),
    ([], [step("add", "/0", 1)], [1]),
    ({}, [step("add", "/a", {}), step("add", "/a/b", 1)], {"a": {"b": 1}}),
]


@pytest.mark.parametrize(("value", "patch", "after"), FITS)
def test_a_patch_does_what_the_standard_says(value: Any, patch: Any, after: Any) -> None:
    before = copy.deepcopy(value)
    assert apply(value, patch) == after
    assert value == before


@pytest.mark.parametrize(
    ("value", "patch", "words"),
    [
        ({"foo": "bar"}, [step("add", "/baz/bat", 1)], "step 1 (add): there is nothing at 'baz'"),
        ({}, [step("remove", "/a")], "step 1 (remove): there is no member 'a'"),
        ({}, [step("replace", "/a", 1)], "there is no member 'a'"),
        ({"a": 1}, [step("remove", "/a"), step("remove", "/a")], "step 2 (remove)"),
        ({"a": 1}, [step("test", "/a", True)], "/a holds something else"),
        ({"a": [1]}, [step("test", "/a", [1, 2])], "/a holds something else"),
        ({}, [step("test", "", {"a": 1})], "the whole holds something else"),
        ([1], [step("add", "/2", 1)], "no place '2'"),
        ([1], [step("remove", "/-")], "no place '-'"),
        ([1], [step("replace", "/01", 1)], "no place '01'"),
        ([1], [step("replace", "/1", 1)], "no place '1'"),
        ([], [step("remove", "/0")], "no place '0'"),
        ("text", [step("add", "/a", 1)], "can only be put into an object or a list"),
        ("text", [step("remove", "/a")], "nothing inside"),
        ({"a": {}}, [move("/a", "/a/b")], "cannot go into itself"),
        ({}, [step("remove", "")], "the whole cannot be taken away"),
        ({}, [step("add", "a", 1)], "no JSON Pointer"),
        ({}, [step("grow", "/a")], "there is no 'grow'"),
        ({}, [{"op": "add", "path": "/a"}], "there is no 'value'"),
        ({}, [{"op": "move", "path": "/a"}], "there is no 'from'"),
    ],
)
def test_a_patch_that_does_not_fit_says_which_step_and_why(
    value: Any, patch: Any, words: str
) -> None:
    before = copy.deepcopy(value)
    with pytest.raises(Misfit) as refusal:
        apply(value, patch)
    assert words in str(refusal.value)
    assert value == before


def test_a_member_that_is_renamed_keeps_its_place() -> None:
    after = apply({"a": 1, "b": 2, "c": 3}, [move("/b", "/z")])
    assert isinstance(after, dict)
    assert list(after) == ["a", "z", "c"]


def test_what_a_patch_leaves_alone_is_shared_and_numbers_stay_as_written() -> None:
    value: Any = read_json('{"a": {"b": 0.70}, "c": [1e2, {"d": -0}]}')
    after: Any = apply(value, [step("replace", "/c/1/d", 5)])
    assert after["a"] is value["a"]
    assert write(after, indent=None) == '{"a":{"b":0.70},"c":[1e2,{"d":5}]}'


@brief
@given(any_json, any_json)
def test_adding_and_removing_are_inverse(value: Any, new: Any) -> None:
    around = {"in": [value]}
    added = apply(around, [step("add", "/in/0", new), step("add", "/x~0y~1z", new)])
    assert apply(added, [step("remove", "/in/0"), step("remove", "/x~0y~1z")]) == around


@brief
@given(names, any_json)
def test_any_name_can_be_pointed_at(name: str, value: Any) -> None:
    path = "/" + name.replace("~", "~0").replace("/", "~1")
    assert apply({}, [step("add", path, value)]) == {name: value}


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        (
            [move("/response/max_tokens", "/response/max_output_tokens")],
            "rename to max_output_tokens",
        ),
        ([move("/response/voice", "/response/audio/output/voice")], "move to audio.output.voice"),
        ([move("/instructions", "/response/instructions")], "move to response.instructions"),
        ([step("remove", "/response/model")], "remove model"),
        ([step("add", "/type", "response.create")], 'add type: "response.create"'),
        ([step("replace", "/response/voice", "v" * 60)], 'write "' + "v" * 38 + "…"),
        ([step("replace", "/a", 1), move("/a", "/b")], "rename to b"),
        ([step("test", "/a", 1)], "change it"),
    ],
)
def test_a_patch_is_put_in_words(patch: Any, words: str) -> None:
    assert in_words(patch) == words


def test_only_adding_and_moving_lose_nothing() -> None:
    assert loses_nothing([step("add", "/a", 1), move("/a", "/b"), step("test", "/b", 1)])
    assert not loses_nothing([move("/a", "/b"), step("remove", "/c")])
    assert not loses_nothing([step("replace", "/a", 1)])

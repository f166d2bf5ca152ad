"""A field and its answer side by side: what a page shows of each question."""

import pytest

from tests.made_up import EVENT
from webapp.drafts import form_of
from webapp.exact_json.reader import JsonValue
from webapp.forms.fields import (
    Choice,
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
from webapp.forms.nodes import Node, Record
from webapp.forms.questions import Question, ask, dom_id, find, inside, summary_of
from webapp.forms.submission import fill, read_form

TOKEN = f"{'0' * 64}.4096.audio_3072_B"
UNION = Variants(
    title="Way",
    variants=(
        Variant(key="plain", label="Plain", field=Text()),
        Variant(key="box", label="A box", field=Group(members={"a": Text(), "b": Text()})),
        Variant(key="sound", label="Sound", field=Group(members={"s": Media(media="audio")})),
    ),
)
MANY = Variants(
    variants=tuple(Variant(key=key, label=key.upper(), field=Text()) for key in "abcde")
)
FORM = Group(
    members={
        "id": Text(title="Name", nullable=True),
        "note": LongText(),
        "count": Number(),
        "flag": Flag(),
        "mood": Choice(options=("calm", "loud"), title="Mood"),
        "free": Json(),
        "sound": Media(media="audio"),
        "pairs": Pairs(value=Text(), noun="entry"),
        "tags": Items(item=Text(), noun="tag"),
        "moods": Items(item=Choice(options=("calm", "loud")), noun="boy"),
        "inner": Group(
            members={
                "type": Fixed(value="t", required=True),
                "kind": Fixed(value="k", wanted=True),
                "extra": Fixed(value="e"),
                "a": Text(required=True),
                "b": Text(),
            }
        ),
        "way": UNION,
        "many": MANY,
        "items": Items(item=UNION, noun="item"),
    }
)


def asked(value: JsonValue) -> Question:
    return ask(FORM, fill(FORM, value))


def typed(*inputs: tuple[str, str]) -> Question:
    return ask(FORM, read_form(FORM, inputs))


def one(name: str, value: JsonValue) -> Question:
    found = find(asked(value), name)
    assert found is not None
    return found


# -- states ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "state", "template"),
    [
        ("id", {}, "absent", "absent"),
        ("id", {"id": "a"}, "set", "text"),
        ("id", {"id": None}, "null", "null"),
        ("id", {"id": 1}, "json", "json"),
        ("free", {"free": 1}, "set", "json"),
        ("free", {"free": None}, "set", "json"),
        ("pairs", {"pairs": {}}, "set", "pairs"),
        ("tags", {"tags": []}, "set", "items"),
        ("inner", {"inner": {}}, "set", "group"),
        ("inner.kind", {"inner": {"kind": "k"}}, "set", "fixed"),
        ("way", {"way": "a"}, "set", "text"),
        ("way", {"way": {"a": ""}}, "set", "group"),
        ("way", {"way": 1}, "json", "json"),
        ("+k1", {"new": 1}, "set", "extra"),
    ],
)
def test_a_question_knows_how_it_is_answered(
    name: str, value: JsonValue, state: str, template: str
) -> None:
    question = one(name, value)
    assert question.state == state
    assert question.template == f"builder/fields/{template}.html"


@pytest.mark.parametrize(
    ("name", "value", "shape"),
    [
        ("id", {}, ""),
        ("id", {"id": "a"}, ""),
        ("id", {"id": None}, "null"),
        ("id", {"id": 1}, "json"),
        ("free", {"free": 1}, ""),
        ("pairs", {"pairs": {}}, "map"),
        ("tags", {"tags": []}, "list"),
        ("inner", {"inner": {}}, "group"),
        ("way", {"way": "a"}, "plain"),
        ("", {}, ""),
    ],
)
def test_the_shape_is_what_the_hidden_input_says(name: str, value: JsonValue, shape: str) -> None:
    assert one(name, value).shape == shape


def test_a_stored_sound_is_shown_by_what_it_is() -> None:
    question = find(typed(("sound@", "stored"), ("sound", TOKEN)), "sound")
    assert question is not None
    assert question.shape == "stored"
    assert question.stored is not None
    assert question.stored.token == TOKEN
    assert question.text == ""
    assert one("sound", {"sound": "UklG"}).stored is None


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("id", {}, ""),
        ("id", {"id": "a"}, "a"),
        ("id", {"id": 1}, "1"),
        ("id", {"id": None}, ""),
        ("way", {"way": "a"}, "a"),
        ("+k1", {"new": [1]}, "[\n  1\n]"),
        ("tags", {"tags": []}, ""),
    ],
)
def test_the_text_is_what_was_typed(name: str, value: JsonValue, text: str) -> None:
    assert one(name, value).text == text


def test_a_name_of_the_visitor_goes_where_it_fits() -> None:
    assert one("+k1", {"new": 1}).given_name == ("name", "new")
    assert one("+k1", {"a\nb": 1}).given_name == ("quoted", '"a\\nb"')
    assert one("pairs.k1", {"pairs": {"": ""}}).given_name == ("name", "")


# -- names and words -------------------------------------------------------------------------------


def test_a_question_is_called_by_its_title_else_its_noun_else_its_member() -> None:
    assert one("id", {}).label == "Name"
    assert one("note", {}).label == "note"
    assert one("tags.k1", {"tags": ["a"]}).label == "Tag"
    assert one("items.k1", {"items": [{"a": ""}]}).label == "A box"
    assert one("items.k1", {"items": [1]}).label == "Way"
    assert one("way", {"way": "a"}).label == "Way"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("tags", [], "0 tags"),
        ("tags", ["a"], "1 tag"),
        ("tags", ["a", "b"], "2 tags"),
        ("pairs", {}, "0 entries"),
        ("pairs", {"a": ""}, "1 entry"),
        ("moods", [], "0 boys"),
        ("inner", {"b": ""}, "5 parts"),
    ],
)
def test_parts_are_counted_in_words(name: str, value: JsonValue, words: str) -> None:
    assert one(name, {name: value}).number == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"name": "f", "content": "c"}, "f c"),
        ({"type": "message", "content": [{"text": "one"}, {"text": "two"}]}, "one two"),
        ({"output": "o", "id": 7, "arguments": "x"}, "o 7 x"),
        (["a", "b", "c", "d"], "a b c"),
        ({"text": "two\nlines"}, "two lines"),
        (None, ""),
        (True, ""),
        ({}, ""),
        ("x" * 61, "x" * 59 + "…"),
        ({"name": "x" * 59, "text": "yy"}, "x" * 59 + "…"),
    ],
)
def test_a_summary_says_what_tells_an_item_apart(value: JsonValue, words: str) -> None:
    assert summary_of(value) == words


def test_only_what_is_there_has_a_summary() -> None:
    assert one("inner", {}).summary == ""
    assert one("items.k1", {"items": [{"a": "x"}]}).summary == ""
    assert one("tags.k1", {"tags": ["hello"]}).summary == "hello"


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("response.input.k1", "response-input-k1"),
        ("response.+k1", "response-u-k1"),
        ("response@open", "response--open"),
        ("", ""),
    ],
)
def test_a_name_becomes_part_of_an_id(name: str, part: str) -> None:
    assert dom_id(name) == part


# -- choices ---------------------------------------------------------------------------------------


def test_a_value_that_is_no_choice_stands_last() -> None:
    assert one("mood", {"mood": "calm"}).options == ["calm", "loud"]
    odd = one("mood", {"mood": "odd"})
    assert odd.options == ["calm", "loud", "odd"]
    assert odd.foreign


def test_a_fixed_member_with_another_value_is_a_choice_between_the_two() -> None:
    assert one("inner.kind", {"inner": {"kind": "odd"}}).options == ["k", "odd"]
    assert not one("id", {"id": "a"}).foreign


def test_fixed_members_are_shown_in_short_or_not_at_all() -> None:
    value: JsonValue = {"inner": {"type": "t", "kind": "k", "extra": "e"}}
    shown = {name: one(f"inner.{name}", value) for name in ("type", "kind", "extra")}
    assert [question.unseen for question in shown.values()] == [True, False, False]
    assert [question.chip for question in shown.values()] == [False, True, True]
    odd: JsonValue = {"inner": {"type": "odd", "kind": None}}
    assert not one("inner.type", odd).unseen
    assert not one("inner.kind", odd).chip
    assert not one("inner.extra", odd).chip


# -- what can be done ------------------------------------------------------------------------------


def other_ways(name: str, value: JsonValue) -> list[tuple[str, str]]:
    return one(name, value).other_ways


JSON = ("json", "Edit as JSON")


def test_any_question_can_be_edited_as_json_and_back() -> None:
    assert other_ways("note", {"note": "a"}) == [JSON]
    assert other_ways("note", {"note": ["a"]}) == []
    assert other_ways("tags", {"tags": []}) == [JSON]
    assert other_ways("id", {"id": 7}) == [("null", "Set to null")]
    assert find(typed(("tags@", "json"), ("tags", "[1]")), "tags").other_ways == [  # type: ignore[union-attr]
        ("", "Edit as a form")
    ]


def test_free_json_and_unknown_members_are_json_already() -> None:
    assert other_ways("free", {"free": 1}) == []
    assert other_ways("+k1", {"new": 1}) == []


def test_null_is_offered_where_it_may_be() -> None:
    assert other_ways("id", {"id": "a"}) == [JSON, ("null", "Set to null")]
    assert other_ways("id", {"id": None}) == [JSON]


def test_what_holds_a_stored_sound_is_not_offered_as_json() -> None:
    inputs = [("items@", "list"), ("items.k1@", "sound"), ("items.k1.s@", "stored"),
              ("items.k1.s", TOKEN)]  # fmt: skip
    form = typed(*inputs)
    assert [find(form, name).other_ways for name in ("items", "items.k1.s")] == [[], []]  # type: ignore[union-attr]


def test_a_few_variants_stand_side_by_side_and_many_in_the_menu() -> None:
    way = one("way", {"way": "a"})
    assert way.inline_ways == [("plain", "Plain"), ("box", "A box"), ("sound", "Sound")]
    assert way.other_ways == [JSON]
    many = one("many", {"many": "a"})
    assert many.inline_ways == []
    assert many.other_ways == [(key, f"Change to {key}") for key in "bcde"] + [JSON]
    item = one("items.k1", {"items": ["a"]})
    assert item.inline_ways == []
    assert item.other_ways == [("box", "Change to a box"), ("sound", "Change to sound"), JSON]
    assert one("id", {"id": "a"}).inline_ways == []


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("User message", "user message"),
        ("MCP server", "MCP server"),
        ("One MCP server", "one MCP server"),
        ("", ""),
    ],
)
def test_a_label_inside_a_sentence_keeps_its_acronyms(label: str, said: str) -> None:
    assert inside(label) == said


def test_a_question_says_how_it_can_start() -> None:
    assert one("way", {}).ways == [("plain", "Plain"), ("box", "A box"), ("sound", "Sound")]
    assert one("items", {}).ways == one("way", {}).ways
    assert one("mood", {}).ways == [("calm", "calm"), ("loud", "loud")]
    assert one("moods", {}).ways == one("mood", {}).ways
    assert one("id", {}).ways == []


# -- hidden inputs ---------------------------------------------------------------------------------


def test_order_and_parked_answers_are_text_for_hidden_inputs() -> None:
    question = one("inner", {"inner": {"b": "", "type": "t"}})
    assert question.order == "b,type"
    assert question.parked == ""
    assert one("id", {"id": "a"}).order == ""
    parked = '{"box":[["x@","group"]]}'
    way = find(typed(("way@", "plain"), ("way", ""), ("way@parked", parked)), "way")
    assert way is not None
    assert way.parked == parked


# -- parts and blocks ------------------------------------------------------------------------------


def test_members_are_asked_in_the_order_of_the_model_and_unknown_ones_last() -> None:
    value: JsonValue = {"new": 1, "flag": True, "id": "a"}
    names = [part.name for part in asked(value).parts]
    assert names == [*FORM.members, "+k1"]
    inner = one("inner", {"inner": {"b": ""}})
    assert [part.member for part in inner.missing] == ["type", "kind", "extra", "a"]


def test_items_and_pairs_know_their_places() -> None:
    items = one("tags", {"tags": ["a", "b"]}).parts
    assert [(item.member, item.place, item.places, item.within) for item in items] == [
        ("k1", 0, 2, "tag"),
        ("k2", 1, 2, "tag"),
    ]
    pairs = one("pairs", {"pairs": {"a": "x", "": "y"}}).parts
    assert [(pair.pair, pair.place, pair.places) for pair in pairs] == [("a", 0, 2), ("", 1, 2)]
    assert one("pairs", {"pairs": {}}).pair is None


def test_an_answer_in_json_has_no_parts() -> None:
    assert one("inner", {"inner": 1}).parts == []
    assert one("tags", {"tags": None}).parts == []


def test_nothing_is_found_by_a_name_that_is_not_there() -> None:
    assert find(asked({}), "evil") is None
    assert find(asked({"tags": ["a"]}), "tags.k9") is None
    assert find(asked({"tags": ["a"]}), "tags.k1.x") is None


def names_of(question: Question, kind: str) -> set[str]:
    found = {question.name} if getattr(question, kind) else set()
    return found.union(*(names_of(part, kind) for part in question.parts))


def event(value: JsonValue) -> Question:
    form = form_of("beta", EVENT)
    return ask(form, fill(form, value))


def test_an_event_is_cut_into_blocks_at_its_members_and_the_items_of_its_lists() -> None:
    params: JsonValue = {
        "modalities": ["text"],
        "voice": {"id": "v"},
        "metadata": {"a": "b"},
        "tools": [{"type": "function"}],
        "input": [{"type": "item_reference", "id": "i"}],
        "new": 1,
    }
    present = {
        name
        for name in names_of(event({"type": EVENT, "response": params, "more": 2}), "block")
        if find(event({"type": EVENT, "response": params, "more": 2}), name).node is not None  # type: ignore[union-attr]
    }
    assert present == {
        "type",
        "response.modalities",
        "response.voice",
        "response.metadata",
        "response.tools.k1",
        "response.input.k1",
        "response.+k6",
        "+k3",
    }


def test_what_is_not_cut_further_is_one_block() -> None:
    block = names_of(event({"type": EVENT, "response": {"input": None, "tools": {}}}), "block")
    assert {"response.input", "response.tools"} <= block
    assert "response" in names_of(event({"type": EVENT, "response": 1}), "block")
    assert "response" not in names_of(event({"type": EVENT, "response": {}}), "block")


def test_an_event_without_params_still_asks_for_them() -> None:
    form = event({"type": EVENT})
    response = find(form, "response")
    assert response is not None
    assert response.state == "absent"
    assert [part.state for part in response.parts] == ["absent"] * len(response.parts)
    assert "response.instructions" in names_of(form, "top")
    assert find(event({"type": EVENT, "response": None}), "response").parts == []  # type: ignore[union-attr]


def test_members_further_in_are_asked_only_once_their_group_is_there() -> None:
    assert one("inner", {}).parts != []
    deeper = Group(members={"a": Group(members={"b": Group(members={"c": Text()})})})
    root: Node = Record({})
    assert find(ask(deeper, root), "a.b") is not None
    assert find(ask(deeper, root), "a.b.c") is None

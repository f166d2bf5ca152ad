"""Flat inputs become a tree of what was typed, and a tree becomes the same inputs again."""

import time
import tracemalloc
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases_on_disk import Case, all_cases
from tests.made_up import DIALECTS, EVENT, any_events, texts, thorough
from webapp.drafts import form_of
from webapp.exact_json.reader import JsonValue, read_json
from webapp.exact_json.values import ExactFloat
from webapp.exact_json.writer import write
from webapp.forms.branches import BadSubmission
from webapp.forms.edits import value_of
from webapp.forms.fields import (
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
from webapp.forms.nodes import (
    Entry,
    Leaf,
    Listing,
    Node,
    Null,
    Picked,
    Raw,
    Record,
    Stored,
    Table,
    Unknown,
    raw,
)
from webapp.forms.submission import (
    LONGEST_KEPT,
    fill,
    flatten,
    is_token,
    pick,
    read_form,
    read_part,
)
from webapp.wire_text import blocks, text_of

Inputs = list[tuple[str, str]]

MESSAGE = Group(members={"type": Fixed(value="message", required=True), "text": Text()})
CALL = Group(members={"type": Fixed(value="call", required=True), "name": Text(), "text": Text()})
FORM = Group(
    members={
        "id": Text(),
        "note": LongText(nullable=True),
        "count": Number(integer=True),
        "flag": Flag(),
        "mood": Choice(options=("calm", "loud")),
        "free": Json(),
        "sound": Media(media="audio"),
        "pairs": Pairs(value=Text()),
        "words": Items(item=Text()),
        "inner": Group(members={"kind": Fixed(value="k", wanted=True), "a": Text(), "b": Text()}),
        "item": Variants(
            variants=(
                Variant(key="plain", label="Plain", field=LongText()),
                Variant(key="word", label="Word", field=Fixed(value="word", required=True)),
                Variant(key="message", label="Message", field=MESSAGE),
                Variant(key="call", label="Call", field=CALL),
            )
        ),
    }
)
TOKEN = f"{'0' * 64}.4096.audio_3072_B"


def read(*inputs: tuple[str, str]) -> Node:
    return read_form(FORM, inputs)


def filled(value: JsonValue) -> Inputs:
    return list(flatten(FORM, fill(FORM, value), ""))


def through_a_form(form: Field, value: JsonValue) -> str:
    inputs = list(flatten(form, fill(form, value), ""))
    names = [name for name, _ in inputs]
    assert len(set(names)) == len(names)
    sent = parse_qsl(urlencode(as_a_browser_sends(inputs)), keep_blank_values=True)
    return text_of(line for block in blocks(form, read_form(form, sent)) for line in block.lines)


def as_a_browser_sends(inputs: Inputs) -> Inputs:
    """Line breaks become CRLF."""
    return [(name, text.replace("\n", "\r\n")) for name, text in inputs]


# -- one input, one answer -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("id", "", ""),
        ("id", " é\ufeff\u2028 ", " é\ufeff\u2028 "),
        ("note", "two\nlines", "two\nlines"),
        ("flag", "true", True),
        ("flag", "false", False),
        ("mood", "loud", "loud"),
        ("mood", "none of these", "none of these"),
        ("sound", "UklGRg==", "UklGRg=="),
        ("free", "[1, 2]", [1, 2]),
        ("free", "null", None),
        ("free", "{", "{"),
        ("free", "", ""),
    ],
)
def test_what_is_typed_is_the_value(name: str, text: str, value: JsonValue) -> None:
    assert value_of(read((name, text))) == {name: value}


@pytest.mark.parametrize("text", ["on", "TRUE", "1", "yes", ""])
def test_a_truth_value_of_another_spelling_is_kept_as_text(text: str) -> None:
    assert value_of(read(("flag", text))) == {"flag": text}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("7", "7"),
        (" 7 ", "7"),
        ("\t7\n", "7"),
        ("-0", "-0"),
        ("1.0", "1.0"),
        ("1E2", "1E2"),
        ("0.1000000000000000055", "0.1000000000000000055"),
        ("9007199254740993", "9007199254740993"),
        ("9" * 4_000, "9" * 4_000),
    ],
)
def test_a_number_is_sent_as_it_is_spelled_without_the_blanks_around_it(
    text: str, written: str
) -> None:
    node = read(("count", text))
    assert write(value_of(node), indent=None) == f'{{"count":{written}}}'
    assert list(flatten(FORM, node, "")) == [("count", text)]


@pytest.mark.parametrize(
    "text",
    [
        *("", "3,5", "1e400", "-1e999", "nan", "Infinity", "0x10", "1_000", "01", "+1", ".5"),
        *("5.", "1 2", "\uff11\uff12", "\u0663", "\xa07", "9" * 4_001),
    ],
)
def test_what_is_no_number_is_kept_and_sent_as_the_text_it_is(text: str) -> None:
    assert value_of(read(("count", text))) == {"count": text}


def test_line_breaks_of_a_browser_become_single_ones() -> None:
    assert value_of(read(("note", "a\r\nb\rc\nd"))) == {"note": "a\nb\nc\nd"}


# -- states, lists, maps, unions -------------------------------------------------------------------


def test_nothing_sent_is_nothing_there() -> None:
    assert read() == Record({})


def test_absent_null_and_empty_are_three_states() -> None:
    assert value_of(read(("words@", "list"), ("note@", "null"))) == {"note": None, "words": []}
    assert value_of(read(("note", ""))) == {"note": ""}


def test_any_question_can_be_answered_in_json() -> None:
    node = read(("words@", "json"), ("words", '{"a": 1}'))
    assert node == Record({"words": Raw('{"a": 1}', {"a": 1})})
    assert list(flatten(FORM, node, "")) == [("words@", "json"), ("words", '{"a": 1}')]


def test_half_typed_json_stays_as_typed_with_line_and_column() -> None:
    node = read(("free", '{"a": 1,\n  b'))
    assert isinstance(node, Record)
    free = node.members["free"]
    assert isinstance(free, Raw)
    assert free.value == free.text == '{"a": 1,\n  b'
    assert free.fault is not None
    assert (free.fault.line, free.fault.column) == (2, 3)


def test_items_keep_the_order_and_the_keys_they_were_sent_in() -> None:
    node = read(("words@", "list"), ("words.k7", "a"), ("words.k1", "b"), ("words.k30", "c"))
    assert value_of(node) == {"words": ["a", "b", "c"]}
    assert isinstance(node, Record)
    assert list(node.members["words"].items) == ["k7", "k1", "k30"]  # type: ignore[union-attr]


def test_a_map_keeps_equal_and_empty_names_in_order() -> None:
    inputs = [("pairs@", "map")]
    for key, name in (("k1", "a"), ("k2", ""), ("k3", "a"), ("k4", "__proto__")):
        inputs += [(f"pairs.{key}@name", name), (f"pairs.{key}", key)]
    node = read(*inputs)
    assert list(flatten(FORM, node, "")) == inputs
    lines = [line for block in blocks(FORM, node) for line in block.lines]
    assert text_of(lines, compact=True) == (
        '{"pairs":{"a":"k1","":"k2","a":"k3","__proto__":"k4"}}'
    )


def test_an_entry_without_a_name_has_the_empty_one() -> None:
    entry = Entry("", Leaf("v", "v"))
    assert read(("pairs@", "map"), ("pairs.k1", "v")) == Record({"pairs": Table({"k1": entry})})


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "\r\n", 'a"\n'])
def test_a_name_that_does_not_fit_on_a_line_is_quoted(name: str) -> None:
    value: JsonValue = {name: 1, "pairs": {name: "x"}, "inner": {"kind": "k", name: None}}
    inputs = filled(value)
    assert {at.partition("@")[2] for at, _ in inputs} >= {"quoted"}
    assert not any("\n" in text or "\r" in text for _, text in inputs)
    assert value_of(read(*inputs)) == value


@pytest.mark.parametrize(("typed", "name"), [('"a\\n', '"a\\n'), ("12", "12"), ('"b"', "b")])
def test_a_quoted_name_that_is_no_longer_quoted_is_kept_as_typed(typed: str, name: str) -> None:
    assert value_of(read(("+k1@quoted", typed), ("+k1", "1"))) == {name: 1}


def test_a_union_is_what_it_was_picked_to_be() -> None:
    node = read(("item@", "call"), ("item.name", "f"))
    assert value_of(node) == {"item": {"type": "call", "name": "f"}}
    assert value_of(read(("item@", "plain"), ("item", "call"))) == {"item": "call"}


def test_a_variant_of_one_value_needs_no_input() -> None:
    assert value_of(read(("item@", "word"))) == {"item": "word"}
    assert filled({"item": "word"}) == [("item@", "word")]


def test_what_other_variants_held_travels_with_the_picked_one() -> None:
    parked = '{"message":[["x@","group"],["x.text","hi"]]}'
    inputs = [("item@", "plain"), ("item@parked", parked), ("item", "")]
    node = read(*inputs)
    held = {"message": (("x@", "group"), ("x.text", "hi"))}
    assert node == Record({"item": Picked("plain", Leaf("", ""), held)})
    assert list(flatten(FORM, node, "")) == inputs


def test_an_empty_parking_place_is_none_at_all() -> None:
    node = read(("item@", "plain"), ("item@parked", ""), ("item", "a"))
    assert list(flatten(FORM, node, "")) == [("item@", "plain"), ("item", "a")]


@pytest.mark.parametrize(
    "parked",
    ["{", "[]", "1", '{"a": 1}', '{"a": [1]}', '{"a": [["x"]]}', '{"a": [["x", 1]]}', '{"a": "x"}'],
)
def test_a_parking_place_of_another_make_is_refused(parked: str) -> None:
    with pytest.raises(BadSubmission, match=r"item@parked: .*parks"):
        read(("item@", "plain"), ("item@parked", parked), ("item", "a"))


def test_a_fixed_member_needs_no_input_and_can_be_taken_out() -> None:
    assert value_of(read(("inner@", "group"))) == {"inner": {"kind": "k"}}
    inputs = [("inner@", "group"), ("inner.kind@", "absent")]
    assert value_of(read(*inputs)) == {"inner": {}}
    assert filled({"inner": {}}) == inputs
    assert filled({"inner": {"kind": "k"}}) == [("inner@", "group")]


def test_a_fixed_member_can_hold_what_it_should_not() -> None:
    for value in ("other", None, ["k"]):
        inputs = filled({"inner": {"kind": value}})
        assert value_of(read(*inputs)) == {"inner": {"kind": value}}


def test_members_keep_an_order_of_their_own() -> None:
    value: JsonValue = {"inner": {"b": "1", "new": 2, "a": "3", "kind": "k"}, "id": "x"}
    inputs = filled(value)
    assert ("@order", "inner,id") in inputs
    assert ("inner@order", "b,+k2,a,kind") in inputs
    assert write(value_of(read(*inputs))) == write(value)


def test_the_order_of_the_model_needs_no_words() -> None:
    assert not [
        name for name, _ in filled({"id": "x", "inner": {"a": "1"}, "new": 1}) if "order" in name
    ]


def test_names_in_an_order_that_are_not_there_do_not_matter() -> None:
    node = read(("@order", "count,gone,id"), ("id", "x"), ("count", "1"), ("note", "n"))
    assert list(value_of(node)) == ["count", "id", "note"]  # type: ignore[arg-type]


def test_a_stored_string_is_its_token() -> None:
    node = read(("sound@", "stored"), ("sound", TOKEN))
    assert node == Record({"sound": Stored(TOKEN)})
    assert list(flatten(FORM, node, "")) == [("sound@", "stored"), ("sound", TOKEN)]


@pytest.mark.parametrize(
    "token",
    ["", "../../etc/passwd", TOKEN.replace("0", "A"), TOKEN[1:], TOKEN + "\n", TOKEN + "<"],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert not is_token(token)
    with pytest.raises(BadSubmission, match="no stored recording or picture"):
        read(("sound@", "stored"), ("sound", token))


def test_a_part_of_a_form_is_read_from_its_own_inputs() -> None:
    inputs = [("words@", "list"), ("words.k1", "a")]
    assert read_part(FORM.members["words"], "words", inputs) == Listing({"k1": Leaf("a", "a")})
    assert read_part(FORM.members["note"], "note", []) == Leaf("", "")
    item = read_part(Text(), "words.k1", [("words.k1", "a")])
    assert item == Leaf("a", "a")


def test_a_part_takes_no_inputs_of_its_neighbours() -> None:
    with pytest.raises(BadSubmission, match="id: this form has no such input"):
        read_part(FORM.members["words"], "words", [("words@", "list"), ("id", "a")])


# -- forms that no page sends ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "inputs",
    [
        [("__proto__.x", "1")],
        [("constructor.prototype.x", "1")],
        [("__class__.__init__", "1")],
        [("members", "1")],
        [("evil", "1")],
        [("owner", "1")],
        [("inner@", "group"), ("inner.evil", "1")],
        [("inner.a", "1")],
        [("words@", "list"), ("words.0", "a")],
        [("words@", "list"), ("words.999999999", "a")],
        [("words@", "list"), ("words.-1", "a")],
        [("words@", "list"), ("words.+1", "a")],
        [("words@", "list"), ("words.01", "a")],
        [("words@", "list"), ("words.1e3", "a")],
        [("words@", "list"), ("words.", "a")],
        [("words@", "list"), ("words.k0", "a")],
        [("words@", "list"), ("words.k01", "a")],
        [("words@", "list"), ("words.k1000000", "a")],
        [("words@", "list"), ("words.k\u0661", "a")],
        [("words@", "list"), ("words.k1.k1", "a")],
        [("words@", "list"), ("words", "x"), ("words.k1", "a")],
        [("words@", "list"), ("words.k1", "a"), ("words", "x")],
        [("words@", "null"), ("words.k1", "a")],
        [("words@", "json"), ("words", "[]"), ("words.k1", "a")],
        [("words@", "list"), ("words@name", "x")],
        [("pairs@", "map"), ("pairs.k1@name", "a"), ("pairs.k1@quoted", '"a"'), ("pairs.k1", "")],
        [("pairs@", "map"), ("pairs.x1", "a")],
        [("id", "1"), ("id", "1")],
        [("id@", "null"), ("id@", "null")],
        [("inner@", "group"), ("inner.kind@", "absent"), ("inner.kind", "k")],
        [("item", "x")],
        [("item@", "unheard"), ("item", "x")],
        [("item@", "call"), ("item.text", "x"), ("item.body", "x")],
        [("item@", "plain"), ("item", "x"), ("item.text", "x")],
        [("+k1", "1"), ("+k1.a", "1")],
        [("+x", "1")],
        [("+k", "1")],
        [("+k01", "1")],
        [("", "1")],
        [("@", "json"), ("", "1")],
        [("@name", "x")],
        [("id@else", "x")],
        [(".id", "x")],
        [("id.", "x")],
        [("inner..a", "x")],
        [("inner[a]", "x")],
        [("id\n", "x")],
        [("i\u202ed", "x")],
        [("x" * 201, "x")],
        [("x" * 10_000, "x")],
        [(".".join(["a"] * 17), "x")],
        [(".".join(["a"] * 50_000), "x")],
    ],
    ids=lambda inputs: " ".join(name[:40] for name, _ in inputs),
)  # fmt: skip
def test_a_form_that_no_page_sends_is_refused_at_once(inputs: Inputs) -> None:
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(BadSubmission):
        read(*inputs)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - started < 0.05
    assert peak_bytes < 1024 * 1024


def test_a_refusal_names_the_input_short_and_printable() -> None:
    with pytest.raises(BadSubmission) as caught:
        read(("\n\u202e\x1b[31m" + "x" * 300, "1"))
    assert str(caught.value) == f"\ufffd\ufffd\ufffd[31m{'x' * 73}: this is no name of an input"
    assert caught.value.reason == "this is no name of an input"


def test_the_strange_one_of_many_inputs_is_named() -> None:
    with pytest.raises(BadSubmission, match=r"inner\.c: this form has no such input"):
        read(("id", "1"), ("inner@", "group"), ("inner.a", "2"), ("inner.c", "3"))


@given(st.text(max_size=30), st.text(max_size=5))
@thorough
def test_any_name_is_either_understood_or_refused(name: str, text: str) -> None:
    try:
        node = read((name, text))
    except BadSubmission:
        return
    assert read(*flatten(FORM, node, "")) == node


# -- values into a form ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "inputs"),
    [
        ({"id": "a"}, [("id", "a")]),
        ({"id": 1}, [("id@", "json"), ("id", "1")]),
        ({"id": "a\nb"}, [("id@", "json"), ("id", '"a\\nb"')]),
        ({"note": "a\nb"}, [("note", "a\nb")]),
        ({"note": "a\rb"}, [("note@", "json"), ("note", '"a\\rb"')]),
        ({"note": None}, [("note@", "null")]),
        ({"id": None}, [("id@", "null")]),
        ({"count": ExactFloat("1E2")}, [("count", "1E2")]),
        ({"count": "3,5"}, [("count", "3,5")]),
        ({"count": "5"}, [("count@", "json"), ("count", '"5"')]),
        ({"count": " 5"}, [("count@", "json"), ("count", '" 5"')]),
        ({"count": True}, [("count@", "json"), ("count", "true")]),
        ({"flag": True}, [("flag", "true")]),
        ({"flag": "true"}, [("flag@", "json"), ("flag", '"true"')]),
        ({"mood": "odd"}, [("mood", "odd")]),
        ({"free": None}, [("free", "null")]),
        ({"free": {"a": []}}, [("free", '{\n  "a": []\n}')]),
        ({"words": {}}, [("words@", "json"), ("words", "{}")]),
        ({"words": ["a"]}, [("words@", "list"), ("words.k1", "a")]),
        ({"words": [1]}, [("words@", "list"), ("words.k1@", "json"), ("words.k1", "1")]),
        ({"pairs": []}, [("pairs@", "json"), ("pairs", "[]")]),
        ({"pairs": {"": "b"}}, [("pairs@", "map"), ("pairs.k1@name", ""), ("pairs.k1", "b")]),
        (
            {"pairs": {"a": 1}},
            [("pairs@", "map"), ("pairs.k1@name", "a"), ("pairs.k1@", "json"), ("pairs.k1", "1")],
        ),
        ({"inner": []}, [("inner@", "json"), ("inner", "[]")]),
        ({"item": []}, [("item@", "json"), ("item", "[]")]),
        ({"item": {"type": "call"}}, [("item@", "call")]),
        ({"item": {"type": "other"}}, [("item@", "json"), ("item", '{\n  "type": "other"\n}')]),
        ({"item": {"text": "t"}}, [("item@", "json"), ("item", '{\n  "text": "t"\n}')]),
        ({"new": [1]}, [("+k1@name", "new"), ("+k1", "[\n  1\n]")]),
        (
            {"+k1": 1, "a.b": 2},
            [("+k1@name", "+k1"), ("+k1", "1"), ("+k2@name", "a.b"), ("+k2", "2")],
        ),
    ],
)  # fmt: skip
def test_a_value_fills_the_inputs(value: JsonValue, inputs: Inputs) -> None:
    assert filled(value) == inputs
    assert value_of(read(*inputs)) == value


def test_what_is_no_object_becomes_the_text_of_it() -> None:
    assert fill(FORM, [1]) == Raw("[\n  1\n]", [1])
    assert fill(FORM, None) == Null()


def test_long_media_is_kept_elsewhere_and_short_media_typed() -> None:
    kept: Inputs = []

    def keep(media: str, text: str) -> str:
        kept.append((media, text))
        return TOKEN

    assert fill(FORM, {"sound": "A" * 1_025}, keep) == Record({"sound": Stored(TOKEN)})
    assert fill(FORM, {"sound": "A" * 1_024}, keep) == Record(
        {"sound": Leaf("A" * 1_024, "A" * 1_024)}
    )
    assert kept == [("audio", "A" * 1_025)]


def test_the_likeliest_variant_is_picked() -> None:
    item = FORM.members["item"]
    assert isinstance(item, Variants)

    def key(value: JsonValue) -> str | None:
        variant = pick(item, value)
        return variant.key if variant else None

    assert key("text") == "plain"
    assert key({"type": "message", "name": "f"}) == "message"
    assert key({"type": "call"}) == "call"
    assert key({"type": "else"}) is None
    assert key([]) is None
    assert key(None) is None


def test_a_known_word_is_likelier_than_free_text_and_a_flag_or_number_like_itself() -> None:
    fields = {
        "text": Text(),
        "mode": Choice(options=("auto",)),
        "list": Items(item=Text()),
        "map": Pairs(value=Text()),
        "flag": Flag(),
        "number": Number(),
    }
    union = Variants(
        variants=tuple(Variant(key=key, label=key, field=one) for key, one in fields.items())
    )
    picked = {write(v): pick(union, v) for v in ("auto", [], {}, True, 1, ExactFloat("1.5"))}
    assert [one and one.key for one in picked.values()] == [
        "mode", "list", "map", "flag", "number", "number",
    ]  # fmt: skip
    assert pick(Variants(variants=(Variant(key="j", label="J", field=Json()),)), {})


def test_a_field_of_json_takes_anything_as_text() -> None:
    assert raw("[1]") == Raw("[1]", [1])
    assert fill(Json(), "a") == Raw('"a"', "a")


# -- the way there and back ------------------------------------------------------------------------


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_a_case_goes_through_the_form_unchanged(case: Case) -> None:
    value = read_json(case.text)
    assert through_a_form(form_of(case.dialect, EVENT), value) == write(value)


@given(st.sampled_from(DIALECTS).flatmap(lambda one: st.tuples(st.just(one), any_events(one))))
@thorough
def test_any_event_goes_through_the_form_unchanged(made_up: tuple[str, JsonValue]) -> None:
    dialect, event = made_up
    assert through_a_form(form_of(dialect, EVENT), event) == write(event)


@given(st.sampled_from(DIALECTS).flatmap(lambda one: st.tuples(st.just(one), any_events(one))))
@thorough
def test_what_a_form_holds_reads_as_the_same_tree(made_up: tuple[str, JsonValue]) -> None:
    dialect, event = made_up
    form = form_of(dialect, EVENT)
    node = fill(form, event, lambda media, text: f"{'a' * 64}.{len(text)}.{media}_3_B")
    assert read_form(form, flatten(form, node, "")) == node


@given(texts, texts, texts)
@thorough
def test_any_text_typed_anywhere_stays_as_typed(line: str, long: str, free: str) -> None:
    typed = [("id", line), ("note", long), ("count", line), ("free", free), ("+k1", free)]
    inputs = [(name, text.replace("\r\n", "\n").replace("\r", "\n")) for name, text in typed]
    node = read(*typed)
    assert list(flatten(FORM, node, "")) == [*inputs[:4], ("+k1@name", ""), inputs[4]]
    assert node == read(*flatten(FORM, node, ""))
    assert isinstance(node, Record)
    assert isinstance(node.members["+k1"], Unknown)


# -- what was read before --------------------------------------------------------------------------


def test_an_item_that_did_not_change_is_not_read_again() -> None:
    form = Group(members={"list": Items(item=FORM.members["item"])})

    def after(*texts_: str) -> Node:
        items: list[JsonValue] = [{"type": "message", "text": text} for text in texts_]
        tree = read_form(form, flatten(form, fill(form, {"list": items}), ""))
        assert value_of(tree) == {"list": items}
        assert isinstance(tree, Record)
        return tree.members["list"]

    first, second = after("a", "b"), after("a", "c")
    assert isinstance(first, Listing)
    assert isinstance(second, Listing)
    assert second.items["k1"] is first.items["k1"]
    assert second.items["k2"] is not first.items["k2"]


@pytest.mark.parametrize(("length", "kept"), [(LONGEST_KEPT, True), (LONGEST_KEPT + 1, False)])
def test_only_short_items_are_kept(length: int, kept: bool) -> None:
    form = Items(item=Text())
    first, second = (read_form(form, [("k1", "x" * length)]) for _ in range(2))
    assert first == second
    assert isinstance(first, Listing)
    assert isinstance(second, Listing)
    assert (first.items["k1"] is second.items["k1"]) is kept


def test_an_item_is_read_by_the_field_it_belongs_to() -> None:
    texts_, numbers = Items(item=Text()), Items(item=Number())
    assert value_of(read_form(texts_, [("k1", "7")])) == ["7"]
    assert value_of(read_form(numbers, [("k1", "7")])) == [7]


def test_what_was_made_of_an_item_does_not_go_along_with_a_change() -> None:
    node = Picked("plain", Leaf("a", "a"))
    node.made["lines"] = "of a"
    assert replace(node, node=Leaf("b", "b")).made == {}
    assert node == Picked("plain", Leaf("a", "a"))


def test_members_may_be_called_like_keys_of_items() -> None:
    form = Group(members={"k1": Text(), "k2": Group(members={"k3": Text(), "a": Text()})})
    value: JsonValue = {"k1": "x", "k2": {"k3": "y", "a": "z"}}
    assert read_json(through_a_form(form, value)) == value


@pytest.mark.parametrize("strange", ["words.k1.x", "pairs.k1.x", "k1", "inner.k1.x", "item.k1"])
def test_an_input_below_a_key_that_the_form_does_not_have_is_named(strange: str) -> None:
    inputs = [("words@", "list"), ("words.k1", "a"), ("pairs@", "map"), ("item@", "plain")]
    with pytest.raises(BadSubmission) as caught:
        read(*inputs, ("inner@", "group"), (strange, "?"))
    assert caught.value.name == strange


def test_an_input_of_an_item_sent_twice_is_named() -> None:
    with pytest.raises(BadSubmission, match=r"words\.k1: it was sent twice"):
        read(("words@", "list"), ("words.k1", "a"), ("words.k1", "a"))

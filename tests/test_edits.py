"""Every button of a form gives a new tree, and a name to go on with."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_up import DIALECTS, EVENT, any_events, thorough
from webapp.drafts import form_of
from webapp.exact_json.reader import JsonValue
from webapp.exact_json.writer import write
from webapp.forms.branches import BadSubmission
from webapp.forms.edits import press, value_of
from webapp.forms.fields import (
    Choice,
    Extra,
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
from webapp.forms.nodes import Leaf, Listing, Node, Picked, Raw, Record, Stored
from webapp.forms.questions import Question, ask, dom_id
from webapp.forms.submission import fill, flatten, read_form

TOKEN = f"{'0' * 64}.4096.audio_3072_B"


def fixed(value: str) -> Fixed:
    return Fixed(value=value, required=True)


def variants(**fields: Field) -> Variants:
    return Variants(
        variants=tuple(
            Variant(key=key, label=key.capitalize(), field=field) for key, field in fields.items()
        )
    )


USER_PARTS = variants(
    text=Group(members={"type": fixed("input_text"), "text": LongText(wanted=True)}),
    sound=Group(
        members={"type": fixed("input_sound"), "sound": Media(media="audio"), "said": Text()}
    ),
)
MODEL_PARTS = variants(
    text=Group(members={"type": fixed("output_text"), "text": LongText(wanted=True)}),
    sound=Group(
        members={"type": fixed("output_sound"), "sound": Media(media="audio"), "said": Text()}
    ),
)
ITEM = variants(
    user=Group(
        members={
            "id": Text(),
            "type": fixed("user"),
            "count": Number(),
            "content": Items(item=USER_PARTS, required=True),
        }
    ),
    model=Group(
        members={
            "id": Text(title="Other words"),
            "type": fixed("model"),
            "count": Number(title="Other words"),
            "content": Items(item=MODEL_PARTS, required=True),
            "mood": Choice(options=("calm", "loud")),
        }
    ),
    call=Group(members={"type": fixed("call"), "id": Text(), "free": Json(initial='{"a":1}')}),
    word=Text(),
)
FORM = Group(
    members={
        "id": Text(nullable=True),
        "count": Number(initial="5", nullable=True),
        "flag": Flag(),
        "mood": Choice(options=("calm", "loud")),
        "free": Json(initial='{"a":1}'),
        "blank": Json(),
        "sound": Media(media="audio"),
        "pairs": Pairs(value=Text()),
        "words": Items(item=Text()),
        "moods": Items(item=Choice(options=("calm", "loud"))),
        "inner": Group(
            members={
                "kind": Fixed(value="k", wanted=True),
                "name": Text(required=True),
                "tags": Items(item=Text(), wanted=True),
                "note": Text(),
            }
        ),
        "values": Pairs(value=variants(plain=Text(), several=Items(item=Text()))),
        "voice": variants(plain=Text(), several=Items(item=Text()), map=Pairs(value=Text())),
        "item": ITEM,
        "items": Items(item=ITEM),
    }
)


def after(button: str, value: JsonValue = None) -> JsonValue:
    """The value after a button was pressed on the form of ``value``."""
    return value_of(press(FORM, fill(FORM, value or {}), button).root)


def focus(button: str, value: JsonValue = None) -> str:
    return press(FORM, fill(FORM, value or {}), button).focus


def pressed(node: Node, *buttons: str) -> Node:
    for button in buttons:
        node = press(FORM, node, button).root
    return node


def typed(*inputs: tuple[str, str]) -> Node:
    return read_form(FORM, inputs)


# -- set and unset ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "value"),
    [
        ("set:id", {"id": ""}),
        ("set:id:null", {"id": None}),
        ("set:count", {"count": 5}),
        ("set:count:null", {"count": None}),
        ("set:flag", {"flag": True}),
        ("set:flag:true", {"flag": True}),
        ("set:flag:false", {"flag": False}),
        ("set:mood", {"mood": "calm"}),
        ("set:mood:loud", {"mood": "loud"}),
        ("set:free", {"free": {"a": 1}}),
        ("set:blank", {"blank": ""}),
        ("set:sound", {"sound": ""}),
        ("set:pairs", {"pairs": {"": ""}}),
        ("set:pairs:empty", {"pairs": {}}),
        ("set:words:first", {"words": [""]}),
        ("set:words:empty", {"words": []}),
        ("set:words", {"words": []}),
        ("set:moods:loud", {"moods": ["loud"]}),
        ("set:voice:plain", {"voice": ""}),
        ("set:voice:several", {"voice": []}),
        ("set:item:call", {"item": {"type": "call"}}),
        ("set:items:call", {"items": [{"type": "call"}]}),
        ("set:inner", {"inner": {"kind": "k", "name": "", "tags": [""]}}),
        ("set:inner.note", {"inner": {"kind": "k", "name": "", "tags": [""], "note": ""}}),
    ],
)  # fmt: skip
def test_setting_a_member_gives_it_a_first_value(button: str, value: JsonValue) -> None:
    assert after(button) == value
    assert focus(button) == button.split(":")[1]


def test_setting_a_stored_sound_puts_it_there() -> None:
    assert pressed(Record({}), f"set:sound:{TOKEN}") == Record({"sound": Stored(TOKEN)})


def test_a_new_member_stands_where_the_model_has_it() -> None:
    assert list(after("set:count", {"id": "", "flag": True, "new": 1})) == [
        "id",
        "count",
        "flag",
        "new",
    ]


def test_a_new_member_stands_last_where_the_visitor_chose_the_order() -> None:
    assert list(after("set:count", {"flag": True, "id": ""})) == ["flag", "id", "count"]  # type: ignore[arg-type]


def test_unsetting_takes_a_member_out_and_keeps_the_focus_there() -> None:
    assert after("unset:id", {"id": "a", "flag": True}) == {"flag": True}
    assert focus("unset:id", {"id": "a"}) == "id"
    assert after("unset:inner.kind", {"inner": {"kind": "k"}}) == {"inner": {}}
    assert after("unset:+k1", {"new": 1}) == {}


def test_setting_again_after_unsetting_gives_the_fixed_member_back() -> None:
    node = fill(FORM, {"inner": {"kind": "k", "note": "n"}})
    assert pressed(node, "unset:inner.kind", "set:inner.kind") == node


# -- lists, maps and unknown members ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "value", "then", "focused"),
    [
        ("add:words", {}, {"words": [""]}, "words.k1"),
        ("add:words", {"words": ["a"]}, {"words": ["a", ""]}, "words.k2"),
        ("add:moods:loud", {"moods": ["calm"]}, {"moods": ["calm", "loud"]}, "moods.k2"),
        ("add:items:word", {}, {"items": [""]}, "items.k1"),
        ("add:pairs", {"pairs": {"a": "b"}}, {"pairs": {"a": "b", "": ""}}, "pairs.k2"),
        ("add:voice", {"voice": ["a"]}, {"voice": ["a", ""]}, "voice.k2"),
        ("add:voice", {"voice": {}}, {"voice": {"": ""}}, "voice.k1"),
        ("add:", {"id": "a"}, {"id": "a", "": ""}, "+k1"),
        ("add:", {"a": 1, "b": 2}, {"a": 1, "b": 2, "": ""}, "+k3"),
        ("add:inner", {"inner": {}}, {"inner": {"": ""}}, "inner.+k1"),
        ("add:item", {"item": {"type": "call"}}, {"item": {"type": "call", "": ""}}, "item.+k1"),
    ],
)
def test_adding_puts_a_new_one_last(
    button: str, value: JsonValue, then: JsonValue, focused: str
) -> None:
    assert after(button, value) == then
    assert focus(button, value) == focused


def test_a_new_key_is_one_that_was_not_there() -> None:
    node = typed(("words@", "list"), ("words.k9", "a"), ("words.k2", "b"))
    assert press(FORM, node, "add:words").focus == "words.k10"


@pytest.mark.parametrize(
    ("button", "words", "focused"),
    [
        ("move:words.k1:up", "abc", "words.k1"),
        ("move:words.k1:down", "bac", "words.k1"),
        ("move:words.k3:up", "acb", "words.k3"),
        ("move:words.k3:down", "abc", "words.k3"),
        ("move:words.k1:last", "bca", "words.k1"),
        ("move:words.k3:k1", "cab", "words.k3"),
        ("move:words.k1:k3", "bac", "words.k1"),
        ("copy:words.k1", "aabc", "words.k4"),
        ("copy:words.k3", "abcc", "words.k4"),
        ("unset:words.k1", "bc", "words.k2"),
        ("unset:words.k2", "ac", "words.k3"),
        ("unset:words.k3", "ab", "words.k2"),
    ],
)
@pytest.mark.parametrize("name", ["words", "voice"])
def test_items_are_moved_copied_and_removed(
    button: str, words: str, focused: str, name: str
) -> None:
    value: JsonValue = {name: ["a", "b", "c"]}
    button = button.replace("words", name)
    assert after(button, value) == {name: [*words]}
    assert focus(button, value) == focused.replace("words", name)


@pytest.mark.parametrize("name", ["pairs", "voice"])
def test_pairs_are_moved_copied_and_removed(name: str) -> None:
    value: JsonValue = {name: {"a": "1", "b": "2"}}
    assert list(after(f"move:{name}.k2:up", value)[name]) == ["b", "a"]  # type: ignore[index, call-overload]
    assert after(f"unset:{name}.k1", value) == {name: {"b": "2"}}
    twice = press(FORM, fill(FORM, value), f"copy:{name}.k1")
    assert twice.focus == f"{name}.k3"
    assert [text for at, text in flatten(FORM, twice.root, "") if at.endswith("@name")] == [
        "a",
        "a",
        "b",
    ]


def test_the_value_of_a_pair_is_edited_like_any_other() -> None:
    value: JsonValue = {"values": {"a": "b", "c": ["d"]}}
    assert after("shape:values.k1:several", value) == {"values": {"a": [], "c": ["d"]}}
    assert after("add:values.k2", value) == {"values": {"a": "b", "c": ["d", ""]}}


def test_after_the_last_one_is_gone_the_list_itself_is_next() -> None:
    assert focus("unset:words.k1", {"words": ["a"]}) == "words"
    assert after("unset:words.k1", {"words": ["a"]}) == {"words": []}


# -- other ways to fill a question -----------------------------------------------------------------


def test_an_answer_becomes_json_and_a_form_again() -> None:
    value: JsonValue = {"inner": {"kind": "k", "note": "n", "new": [1]}}
    node = fill(FORM, value)
    as_json = pressed(node, "shape:inner:json")
    assert as_json == Record({"inner": Raw(write(value["inner"]), value["inner"])})  # type: ignore[index, call-overload]
    assert pressed(as_json, "shape:inner:json") == as_json
    assert pressed(as_json, "shape:inner:") == node


def test_json_that_fits_no_form_stays_as_typed() -> None:
    for text in ("{", "[1]", "null"):
        node = typed(("inner@", "json"), ("inner", text))
        assert pressed(node, "shape:inner:") == node


def test_half_typed_json_of_a_text_becomes_that_text() -> None:
    node = typed(("id@", "json"), ("id", '"ab'))
    assert pressed(node, "shape:id:") == Record({"id": Leaf('"ab', '"ab')})


def test_null_is_one_press_away_where_it_may_be() -> None:
    assert after("shape:count:null", {"count": 7}) == {"count": None}


def test_a_stored_sound_is_not_edited_as_text() -> None:
    node = with_sound("user")
    for name in ("item", "item.content", "item.content.k1", "item.content.k1.sound"):
        with pytest.raises(BadSubmission, match="not edited as text"):
            press(FORM, node, f"shape:{name}:json")


# -- unions ----------------------------------------------------------------------------------------

USER: JsonValue = {
    "id": "i",
    "type": "user",
    "count": 1,
    "content": [{"type": "input_text", "text": "hi"}],
}


def test_members_that_both_variants_have_survive_the_switch() -> None:
    assert after("shape:item:model", {"item": USER}) == {
        "item": {
            "id": "i",
            "type": "model",
            "count": 1,
            "content": [{"type": "output_text", "text": "hi"}],
        }
    }
    assert focus("shape:item:model", {"item": USER}) == "item"


def test_what_is_carried_over_stands_where_the_model_has_it() -> None:
    switched = after("shape:item:model", {"item": USER})
    assert list(switched["item"]) == ["id", "type", "count", "content"]  # type: ignore[index, call-overload]


def test_going_back_restores_the_rest() -> None:
    node = fill(FORM, {"item": USER})
    there = pressed(node, "shape:item:call")
    assert value_of(there) == {"item": {"type": "call", "id": "i"}}
    assert value_of(pressed(there, "shape:item:user")) == {"item": USER}
    further = pressed(there, "shape:item:word", "shape:item:model", "shape:item:user")
    assert value_of(further) == {"item": USER}


def test_what_was_changed_meanwhile_wins_over_what_was_parked() -> None:
    there = pressed(fill(FORM, {"item": USER}), "shape:item:call")
    inputs = [
        (name, "new" if name == "item.id" else text) for name, text in flatten(FORM, there, "")
    ]
    back = pressed(read_form(FORM, inputs), "shape:item:user")
    assert value_of(back) == {"item": {**USER, "id": "new"}}  # type: ignore[dict-item]


def test_picking_the_picked_variant_changes_nothing() -> None:
    node = pressed(fill(FORM, {"item": USER}), "shape:item:call")
    assert pressed(node, "shape:item:call") is not node
    assert pressed(node, "shape:item:call") == node


def test_what_is_typed_stays_as_typed_in_another_variant() -> None:
    node = typed(("item@", "user"), ("item.count", " 07 "), ("item.content@", "json"),
                 ("item.content", "[half"))  # fmt: skip
    switched = pressed(node, "shape:item:model")
    inputs = dict(flatten(FORM, switched, ""))
    assert inputs["item.count"] == " 07 "
    assert (inputs["item.content@"], inputs["item.content"]) == ("json", "[half")


def test_members_that_no_variant_knows_are_carried_over_and_back() -> None:
    value: JsonValue = {"item": {**USER, "new": 1, "other": None}}  # type: ignore[dict-item]
    there = pressed(fill(FORM, value), "shape:item:call")
    assert value_of(there) == {"item": {"type": "call", "id": "i", "new": 1, "other": None}}
    inputs = [(at, "2" if text == "1" else text) for at, text in flatten(FORM, there, "")]
    back = pressed(read_form(FORM, inputs), "shape:item:user")
    assert value_of(back) == {"item": {**USER, "new": 2, "other": None}}  # type: ignore[dict-item]


def test_a_member_that_only_the_new_variant_knows_becomes_its_own() -> None:
    there = pressed(fill(FORM, {"item": {**USER, "free": [1]}}), "shape:item:call")  # type: ignore[dict-item]
    assert dict(flatten(FORM, there, ""))["item.free"] == "[\n  1\n]"
    back = pressed(there, "shape:item:user")
    assert value_of(back) == {"item": {**USER, "free": [1]}}  # type: ignore[dict-item]


def test_half_typed_json_becomes_a_free_member_as_typed() -> None:
    node = typed(("item@", "user"), ("item.content@", "list"),
                 ("item.+k1@name", "free"), ("item.+k1", "{half"))  # fmt: skip
    there = pressed(node, "shape:item:call")
    assert dict(flatten(FORM, there, ""))["item.free"] == "{half"


def test_json_that_is_a_variant_becomes_that_variant() -> None:
    node = typed(("item@", "json"), ("item", write(USER)))
    assert pressed(node, "shape:item:user") == fill(FORM, {"item": USER})


def test_json_of_another_variant_gives_what_both_have() -> None:
    node = typed(("item@", "json"), ("item", write({"type": "what", "id": "i", "new": 1})))
    assert value_of(pressed(node, "shape:item:call")) == {
        "item": {"type": "call", "id": "i", "new": 1}
    }


@pytest.mark.parametrize("text", ["{half", "[1]", "7"])
def test_json_that_is_no_object_starts_anew(text: str) -> None:
    node = typed(("item@", "json"), ("item", text))
    assert value_of(pressed(node, "shape:item:call")) == {"item": {"type": "call"}}


def test_a_text_or_null_starts_anew_as_an_object() -> None:
    assert after("shape:item:call", {"item": "a word"}) == {"item": {"type": "call"}}
    assert after("shape:item:call", {"item": None}) == {"item": {"type": "call"}}
    assert after("shape:item:word", {"item": USER}) == {"item": ""}


def test_a_list_inside_a_variant_keeps_the_keys_of_its_items() -> None:
    node = typed(("item@", "user"), ("item.content@", "list"),
                 ("item.content.k7@", "text"), ("item.content.k7.text", "hi"))  # fmt: skip
    switched = pressed(node, "shape:item:model")
    assert dict(flatten(FORM, switched, ""))["item.content.k7.text"] == "hi"


def test_a_part_of_a_kind_that_the_other_variant_lacks_stays_as_json() -> None:
    part: JsonValue = {"type": "picture", "url": "u"}
    item: JsonValue = {"type": "user", "content": [part]}
    assert after("shape:item:model", {"item": item}) == {
        "item": {"type": "model", "content": [part]}
    }


def with_sound(item: str) -> Node:
    return typed(("item@", item), ("item.content@", "list"), ("item.content.k1@", "sound"),
                 ("item.content.k1.sound@", "stored"), ("item.content.k1.sound", TOKEN),
                 ("item.content.k1.said", "hello"))  # fmt: skip


def test_a_stored_sound_is_carried_over() -> None:
    assert pressed(with_sound("user"), "shape:item:model", "shape:item:user") == pressed(
        with_sound("user"), "shape:item:user", "shape:item:model", "shape:item:user"
    )
    assert dict(flatten(FORM, pressed(with_sound("user"), "shape:item:model"), ""))[
        "item.content.k1.sound"
    ] == TOKEN  # fmt: skip


def test_a_stored_sound_that_cannot_be_carried_over_is_there_on_the_way_back() -> None:
    form = Group(
        members={
            "item": variants(
                user=Group(members={"type": fixed("u"), "part": USER_PARTS}),
                model=Group(members={"type": fixed("m"), "part": Text(required=True)}),
            )
        }
    )
    inputs = [("item@", "user"), ("item.part@", "sound"), ("item.part.sound@", "stored"),
              ("item.part.sound", TOKEN)]  # fmt: skip
    there = press(form, read_form(form, inputs), "shape:item:model").root
    assert value_of(there) == {"item": {"type": "m", "part": ""}}
    back = press(form, there, "shape:item:user").root
    assert dict(flatten(form, back, ""))["item.part.sound"] == TOKEN


def test_texts_and_lists_that_differ_in_words_only_are_carried_as_they_are() -> None:
    node = typed(("item@", "user"), ("item.id", "i"), ("item.content@", "list"))
    switched = pressed(node, "shape:item:model")
    assert isinstance(switched, Record)
    picked = switched.members["item"]
    assert isinstance(picked, Picked)
    assert isinstance(picked.node, Record)
    assert picked.node.members["id"] == Leaf("i", "i")
    assert picked.node.members["content"] == Listing({})


# -- buttons that are not there --------------------------------------------------------------------


@pytest.mark.parametrize(
    "button",
    [
        "",
        ":",
        "nonsense",
        "set:",
        "shape::json",
        "shape::null",
        "unset:",
        "move:",
        "burn:id",
        "set:evil",
        "set:id.x",
        "set:+k1",
        "set:+k9",
        "shape:+k1:json",
        "add:+k1",
        "add:id",
        "add:free",
        "add:words:null",
        "set:flag:null",
        "shape:flag:null",
        "shape:id:",
        "shape:id:odd",
        "shape:item:odd",
        "shape:item:",
        "unset:flag",
        "unset:evil",
        "unset:words.k9",
        "unset:words.k1.k1",
        "unset:id.x",
        "unset:+k9",
        "copy:id",
        "copy:item",
        "copy:inner",
        "copy:words.k9",
        "move:id:up",
        "move:words.k1",
        "move:words.k1:sideways",
        "move:words.k1:k1",
        "move:words.k9:up",
        "unset:pairs.k9",
        "set:words.k9",
        "set:pairs.k9",
        "set:mood:odd",
        "set:flag:maybe",
        "set:voice:loud",
        "set:id:loud",
        "set:moods:odd",
        "add:moods:odd",
        "add:pairs:odd",
        "add::odd",
        "unset:id:odd",
        "set:__class__",
        "set:item.__class__",
        "unset:" + "a." * 50_000,
    ],
    ids=lambda button: button[:40],
)
def test_a_button_that_is_not_there_is_refused(button: str) -> None:
    node = fill(FORM, {"id": "a", "new": 1, "words": ["a"], "pairs": {}, "free": 1, "item": USER,
                       "inner": {}})  # fmt: skip
    with pytest.raises(BadSubmission):
        press(FORM, node, button)


def test_a_parking_place_with_other_inputs_is_refused_when_it_is_needed() -> None:
    node = typed(("item@", "word"), ("item", ""), ("item@parked", '{"call": [["x.evil", ""]]}'))
    with pytest.raises(BadSubmission, match=r"x\.evil"):
        press(FORM, node, "shape:item:call")


# -- any buttons in any order ----------------------------------------------------------------------


def buttons_of(question: Question) -> Iterator[str]:
    """Every button that a page would show for a question and those inside it."""
    field, name = question.shown_field, question.name
    if name:
        yield from _buttons_on(question)
    if question.state == "set" and isinstance(field, (Group, Items, Pairs)):
        yield f"add:{name}"
        if isinstance(field, Items):
            yield from (f"add:{name}:{key}" for key, _ in question.ways)
    for part in question.parts:
        yield from buttons_of(part)


def _buttons_on(question: Question) -> Iterator[str]:
    name = question.name
    if question.node is None:
        yield f"set:{name}"
        yield from (f"set:{name}:{way}" for way, _ in question.ways)
        truths = ("true", "false") if isinstance(question.field, Flag) else ()
        yield from (f"set:{name}:{way}" for way in ("empty", "first", *truths))
        if question.field.nullable:
            yield f"set:{name}:null"
        return
    yield f"unset:{name}"
    yield from (f"shape:{name}:{way}" for way, _ in question.other_ways + question.inline_ways)
    if question.within:
        yield from (f"copy:{name}", f"move:{name}:up", f"move:{name}:down", f"move:{name}:last")


def names_of(question: Question) -> Iterator[str]:
    yield question.name
    for part in question.parts:
        yield from names_of(part)


def check_whole(form: Field, node: Node) -> None:
    """What a page shows of a tree comes back as the same tree; nothing has one name twice."""
    inputs = list(flatten(form, node, ""))
    assert len({name for name, _ in inputs}) == len(inputs)
    assert read_form(form, inputs) == node
    names = list(names_of(ask(form, node)))
    assert len({dom_id(name) for name in names}) == len(names)


events = st.sampled_from(DIALECTS).flatmap(lambda one: st.tuples(st.just(one), any_events(one)))


@given(events, st.data())
@thorough
def test_any_buttons_in_any_order_leave_a_whole_form(
    made_up: tuple[str, JsonValue], data: st.DataObject
) -> None:
    dialect, event = made_up
    form = form_of(dialect, EVENT)
    node = fill(form, event, lambda media, text: f"{'a' * 64}.{len(text)}.{media}_3_B")
    for _ in range(data.draw(st.integers(1, 8))):
        button = data.draw(st.sampled_from(list(buttons_of(ask(form, node)))))
        edited = press(form, node, button)
        node = edited.root
        check_whole(form, node)
        assert edited.focus in names_of(ask(form, node)) or button.startswith("unset:"), button


@given(events, st.data())
@thorough
def test_any_words_on_a_button_are_obeyed_or_refused(
    made_up: tuple[str, JsonValue], data: st.DataObject
) -> None:
    dialect, event = made_up
    form = form_of(dialect, EVENT)
    node = fill(form, event)
    asked = ask(form, node)
    verb = data.draw(st.sampled_from(("set", "unset", "add", "shape", "copy", "move", "menu", "")))
    name = data.draw(st.sampled_from([*names_of(asked), "response.x", "response.input.k9.x"]))
    how = data.draw(
        st.sampled_from(("", "null", "json", "up", "k1", "first", "empty", "text", ":"))
    )
    try:
        after = press(form, node, f"{verb}:{name}:{how}").root
    except BadSubmission:
        return
    check_whole(form, after)


@given(events)
@thorough
def test_what_was_copied_and_removed_or_moved_up_and_down_is_as_before(
    made_up: tuple[str, JsonValue],
) -> None:
    dialect, event = made_up
    form = form_of(dialect, EVENT)
    node = fill(form, event)

    def walk(question: Question) -> None:
        for part in question.parts:
            if part.within:
                copied = press(form, node, f"copy:{part.name}")
                assert press(form, copied.root, f"unset:{copied.focus}").root == node
            if part.within and part.place > 0:
                up = press(form, node, f"move:{part.name}:up").root
                assert list(flatten(form, press(form, up, f"move:{part.name}:down").root, "")) == (
                    list(flatten(form, node, ""))
                )
            if not part.within and part.node is None and not isinstance(part.field, Extra):
                there = press(form, node, f"set:{part.name}").root
                back = press(form, there, f"unset:{part.name}").root
                assert value_of(back) == value_of(node) or "response" not in value_of(node)  # type: ignore[operator]
            walk(part)

    walk(ask(form, node))

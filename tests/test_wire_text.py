"""The text of a draft in blocks and lines: what is sent, to the byte, and what the page shows."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_up import DIALECTS, EVENT, any_events, thorough
from webapp.drafts import form_of
from webapp.exact_json.reader import JsonValue
from webapp.exact_json.writer import write
from webapp.forms.fields import Group, Items, Media, Pairs, Text
from webapp.forms.nodes import Raw
from webapp.forms.submission import fill, flatten, read_form, read_part
from webapp.wire_text import (
    LONGEST_SHOWN,
    Block,
    Line,
    blocks,
    one_block,
    part_of,
    shown,
    text_of,
)

TOKEN = f"{'0' * 64}.4096.image/png_64x32"
PARAMS = Group(
    members={
        "note": Text(),
        "names": Items(item=Text()),
        "items": Items(item=Group(members={"a": Text(), "b": Items(item=Text())})),
        "picture": Media(media="image"),
        "pairs": Pairs(value=Text()),
    }
)
FORM = Group(members={"type": Text(), "params": PARAMS})

events = st.sampled_from(DIALECTS).flatmap(lambda one: st.tuples(st.just(one), any_events(one)))


def cut(value: JsonValue) -> list[Block]:
    return list(blocks(FORM, fill(FORM, value)))


def as_shown(markup: str) -> list[str]:
    """The lines of some HTML as a reader sees them."""
    return [
        html.unescape(re.sub("<[^>]*>", "", line))
        for line in re.findall(r'<span class="ln.*?</span>', markup, re.DOTALL)
    ]


# -- blocks ----------------------------------------------------------------------------------------


def test_an_event_is_cut_at_its_members_and_at_items_that_are_objects() -> None:
    value: JsonValue = {
        "type": "t",
        "params": {
            "note": "n",
            "names": ["a"],
            "items": [{"a": ""}, {}],
            "pairs": {"x": "y"},
            "new": 1,
        },
        "more": None,
    }
    found = cut(value)
    assert [(block.name, block.pointer) for block in found] == [
        ("@open", ""),
        ("type", "/type"),
        ("params@open", "/params"),
        ("params.note", "/params/note"),
        ("params.names", "/params/names"),
        ("params.items@open", "/params/items"),
        ("params.items.k1", "/params/items/0"),
        ("params.items.k2", "/params/items/1"),
        ("params.items@close", "/params/items"),
        ("params.pairs", "/params/pairs"),
        ("params.+k5", "/params/new"),
        ("params@close", "/params"),
        ("+k3", "/more"),
        ("@close", ""),
    ]
    assert text_of(line for block in found for line in block.lines) == write(value)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({}, ["@open"]),
        ({"params": {}}, ["@open", "params@open", "@close"]),
        (
            {"params": {"items": []}},
            ["@open", "params@open", "params.items@open", "params@close", "@close"],
        ),
        ({"params": None}, ["@open", "params", "@close"]),
        ({"params": [1]}, ["@open", "params", "@close"]),
        ([1], ["@open"]),
    ],
)  # fmt: skip
def test_what_holds_nothing_to_cut_is_one_block(value: JsonValue, names: list[str]) -> None:
    found = cut(value)
    assert [block.name for block in found] == names
    assert text_of(line for block in found for line in block.lines) == write(value)


def test_a_form_of_another_kind_is_one_block() -> None:
    assert [block.name for block in blocks(Items(item=Text()), fill(FORM, {}))] == ["@open"]


def test_a_block_knows_whether_a_comma_follows() -> None:
    found = {
        block.name: block for block in cut({"type": "t", "params": {"items": [{}, {"a": ""}]}})
    }
    assert found["type"].followed
    assert found["params.items.k1"].followed
    assert not found["params.items.k2"].followed
    assert not found["params@close"].followed


def test_a_line_knows_its_place_inside_its_block() -> None:
    _, _, _, item, *_ = cut({"params": {"items": [{"b": ["x"], "new": {"c/~": [1]}}]}})
    assert item.name == "params.items.k1"
    assert item.lines == (
        Line(3, "", "{", "p", "", ""),
        Line(4, '"b"', "[", "p", ".b", "/b"),
        Line(5, "", '"x"', "s", ".b.k1", "/b/0"),
        Line(4, "", "]", "p", ".b", "/b", ","),
        Line(4, '"new"', "{", "p", ".+k2", "/new"),
        Line(5, '"c/~"', "[", "p", ".+k2", "/new/c~1~0"),
        Line(6, "", "1", "n", ".+k2", "/new/c~1~0/0"),
        Line(5, "", "]", "p", ".+k2", "/new/c~1~0"),
        Line(4, "", "}", "p", ".+k2", "/new"),
        Line(3, "", "}", "p", "", ""),
    )


def test_pairs_of_one_name_are_both_written() -> None:
    inputs = [("params@", "group"), ("params.pairs@", "map")]
    for key in ("k1", "k2"):
        inputs += [(f"params.pairs.{key}@name", "a"), (f"params.pairs.{key}", key)]
    lines = [line for block in blocks(FORM, read_form(FORM, inputs)) for line in block.lines]
    assert text_of(lines, compact=True) == '{"params":{"pairs":{"a":"k1","a":"k2"}}}'


def test_a_stored_string_is_named_on_the_page_and_whole_on_the_wire() -> None:
    inputs = [("params@", "group"), ("params.picture@", "stored"), ("params.picture", TOKEN)]
    node = read_form(FORM, inputs)
    [shown_line] = next(b for b in blocks(FORM, node) if b.name == "params.picture").lines
    assert shown_line.kind == "m"
    assert "64 × 32" in shown_line.text.replace("×", " × ").replace("  ", " ")
    contents = {TOKEN: 'data:"x"'}
    sent = text_of(
        (line for b in blocks(FORM, node, contents.get) for line in b.lines), compact=True
    )
    assert sent == '{"params":{"picture":"data:\\"x\\""}}'
    gone = text_of((line for b in blocks(FORM, node, {}.get) for line in b.lines), compact=True)
    assert gone == '{"params":{"picture":""}}'


# -- one block alone -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "depth", "key"),
    [
        ("type", 1, '"type"'),
        ("params", 1, '"params"'),
        ("params.note", 2, '"note"'),
        ("params.items.k7", 3, ""),
        ("params.+k2", 2, '"params"'),
    ],
)
def test_a_block_is_found_by_its_name(name: str, depth: int, key: str) -> None:
    assert part_of(FORM, name)[1:] == (depth, key)


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "evil", "params.", "params.evil", "params.note.x", "@open", "params@open"),
        *("params.items.1", "params.items.k0", "params.items.<b>", "params.+x", "params.+k1.x"),
        "params.items.k1<script>",
    ],
)
def test_there_is_no_block_by_another_name(name: str) -> None:
    with pytest.raises(KeyError):
        part_of(FORM, name)


@given(events)
@thorough
def test_blocks_one_after_the_other_are_the_whole_text(made_up: tuple[str, JsonValue]) -> None:
    dialect, event = made_up
    form = form_of(dialect, EVENT)
    found = list(blocks(form, fill(form, event)))
    assert len({block.name for block in found}) == len(found)
    lines = [line for block in found for line in block.lines]
    assert text_of(lines) == write(event)
    assert text_of(lines, compact=True) == write(event, indent=None)
    assert "\n".join(text_of(block.lines) for block in found) == write(event)


@given(events)
@thorough
def test_a_block_read_from_its_own_inputs_is_that_of_the_whole(
    made_up: tuple[str, JsonValue],
) -> None:
    dialect, event = made_up
    form = form_of(dialect, EVENT)
    node = fill(form, event)
    inputs = list(flatten(form, node, ""))
    for block in blocks(form, node):
        if "@" in block.name:
            continue
        own = [pair for pair in inputs if re.match(rf"{re.escape(block.name)}([.@]|$)", pair[0])]
        field, _, _ = part_of(form, block.name)
        alone = one_block(form, read_part(field, block.name, own), block.name, comma=block.followed)
        assert alone.lines == block.lines


# -- what the page shows ---------------------------------------------------------------------------


def test_a_line_is_shown_in_spans() -> None:
    line = Line(2, '"note"', '"<&>\\""', "s", "", "")
    assert shown([line], {}) == (
        '<span class="ln" data-n="" data-p="">    <b>"note"</b>: '
        '<i class="s">"&lt;&amp;&gt;\\""</i></span>'
    )
    assert shown([line], {}, compact=True) == (
        '<span class="ln" data-n="" data-p=""><b>"note"</b>:'
        '<i class="s">"&lt;&amp;&gt;\\""</i></span>'
    )


def test_a_line_with_a_problem_is_marked() -> None:
    lines = [Line(0, "", "1", "n", ".a", "/a"), Line(0, "", "2", "n", ".b", "/b")]
    assert re.findall(r'class="(ln[^"]*)"', shown(lines, {"/b": " ln--error"})) == [
        "ln",
        "ln ln--error",
    ]


def test_names_from_the_event_cannot_leave_their_attributes() -> None:
    line = Line(0, '"\\"><b>"', '""', "s", ".x", '/"><script>&')
    markup = shown([line], {})
    assert "<script>" not in markup
    assert 'data-p="/&#34;&gt;&lt;script&gt;&amp;"' in markup


def test_a_very_long_text_is_shown_cut_and_says_so() -> None:
    text = f'"{"x" * (LONGEST_SHOWN + 1_000)}"'
    markup = shown([Line(0, "", text, "s", "", "")], {})
    assert '<em class="cut">… 1,002 more characters</em>' in markup
    assert len(markup) < LONGEST_SHOWN + 200
    assert "cut" not in shown([Line(0, "", "x" * LONGEST_SHOWN, "s", "", "")], {})


@given(events)
@thorough
def test_what_is_shown_reads_as_what_is_sent(made_up: tuple[str, JsonValue]) -> None:
    dialect, event = made_up
    form = form_of(dialect, EVENT)
    lines = [line for block in blocks(form, fill(form, event)) for line in block.lines]
    if any(len(line.text) > LONGEST_SHOWN for line in lines):
        return
    assert "\n".join(as_shown(shown(lines, {}))) == write(event)
    assert "".join(as_shown(shown(lines, {}, compact=True))) == write(event, indent=None)


def test_half_typed_json_is_shown_as_the_text_it_is_sent_as() -> None:
    node = read_form(FORM, [("params@", "json"), ("params", "{half")])
    assert isinstance(node.members["params"], Raw)  # type: ignore[union-attr]
    lines = [line for block in blocks(FORM, node) for line in block.lines]
    assert text_of(lines, compact=True) == '{"params":"{half"}'

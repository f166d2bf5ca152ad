"""Undo and redo: every change of a draft can be taken back, with script and without."""

import json
import sqlite3
import zlib
from pathlib import Path

import pytest

from tests.page import Page, Visitor, text_of
from tests.swapping import after
from tests.test_builder_views import BETA, EVENT, GREETING, answers, wire
from webapp.exact_json.reader import JsonValue
from webapp.exact_json.writer import write
from webapp.store.drafts import DraftStore, Kept
from webapp.store.history import MOST_VERSIONS, ONE_BREATH_S, touched

EXAMPLE = f"{BETA}?example=short-text"


def pressed(page: Visitor, shown: Page, button: str, *, htmx: bool = False) -> Page:
    fields = [*shown.fields("builder"), ("do", button)]
    answer = page.post(f"{BETA}/form", fields, htmx=htmx)
    return after(shown, answer) if htmx else answer


def back(page: Visitor, shown: Page) -> Page:
    return page.submit(shown, press="Undo")


def forth(page: Visitor, shown: Page) -> Page:
    return page.submit(shown, press="Redo")


def test_a_whole_group_that_was_unset_comes_back(page: Visitor) -> None:
    shown = page.get(EXAMPLE)
    text = wire(shown)
    gone = pressed(page, shown, "unset:response")
    assert json.loads(wire(gone)) == {"type": EVENT}
    again = back(page, gone)
    assert wire(again) == text
    assert answers(again) == answers(shown)
    assert wire(forth(page, again)) == wire(gone)


def test_undoing_goes_back_to_what_the_page_began_with_and_no_further(page: Visitor) -> None:
    shown = page.get(EXAMPLE)
    texts = [wire(shown)]
    for button in ("set:response.voice", "unset:response.instructions", "add:response.tools"):
        shown = pressed(page, shown, button)
        texts.append(wire(shown))
    for text in [*reversed(texts[:-1]), texts[0]]:
        shown = back(page, shown)
        assert wire(shown) == text
    for text in [*texts[1:], texts[-1]]:
        shown = forth(page, shown)
        assert wire(shown) == text


def test_typing_that_nobody_kept_yet_is_a_change_of_its_own(page: Visitor) -> None:
    shown = page.get(EXAMPLE)
    typed = page.submit(
        shown, press="Undo", change={"response.instructions": "Typed, then regretted."}
    )
    assert wire(typed) == wire(shown)
    assert "then regretted" in wire(forth(page, typed))
    # And what was typed before a button was pressed is not passed over either.
    fields = [
        (name, "Kept." if name == "response.instructions" else text)
        for name, text in page.get(EXAMPLE).fields("builder")
    ]
    both = page.post(f"{BETA}/form", [*fields, ("do", "unset:response.modalities")])
    once = back(page, both)
    assert "Kept." in wire(once)
    assert "modalities" in wire(once)
    assert wire(back(page, once)) == wire(shown)


def test_a_change_after_undoing_forgets_what_was_undone(page: Visitor) -> None:
    shown = pressed(page, page.get(EXAMPLE), "unset:response.modalities")
    other = pressed(page, back(page, shown), "unset:response.instructions")
    assert other.button("Redo").get("data-spent") is not None
    assert wire(forth(page, other)) == wire(other)


@pytest.mark.parametrize("value", [GREETING, {"type": EVENT}, {"x": 1, "response": {"y": [2]}}])
def test_a_pasted_event_can_be_taken_back(page: Visitor, value: JsonValue) -> None:
    shown = page.get(EXAMPLE)
    names = ("draft", "origin")
    fields = [pair for pair in shown.fields("builder") if pair[0] in names]
    filled = after(shown, page.post(f"{BETA}/raw", [*fields, ("text", write(value))], htmx=True))
    assert wire(filled) == write(value)
    undone = after(filled, page.post(f"{BETA}/undo", filled.fields("builder"), htmx=True))
    assert wire(undone) == wire(shown)
    assert answers(undone) == answers(shown)
    again = after(undone, page.post(f"{BETA}/redo", undone.fields("builder"), htmx=True))
    assert wire(again) == write(value)
    assert answers(again) == answers(filled)


def test_script_is_told_what_changed_and_what_can_be_done_next(page: Visitor) -> None:
    shown = pressed(page, page.get(EXAMPLE), "unset:response.instructions")
    answer = page.post_raw(f"{BETA}/undo", shown.fields("builder"), htmx=True)
    events = json.loads(answer.headers["HX-Trigger"])
    assert events["cuecard:stepped"] == {"at": "response.instructions"}
    assert (events["cuecard:kept"]["undo"], events["cuecard:kept"]["redo"]) == (0, 1)


@pytest.mark.parametrize("way", ["undo", "redo"])
def test_where_there_is_nothing_to_go_to_all_stays(page: Visitor, way: str) -> None:
    shown = page.get(EXAMPLE)
    assert page.post_raw(f"{BETA}/{way}", shown.fields("builder"), htmx=True).status_code == 204
    assert wire(page.post(f"{BETA}/{way}", shown.fields("builder"))) == wire(shown)
    nameless = [pair for pair in shown.fields("builder") if pair[0] != "draft"]
    assert page.post_raw(f"{BETA}/{way}", nameless, htmx=True).status_code == 204


def test_tokens_stay_as_they_are_typed_and_reach_no_disk(page: Visitor, tmp_path: Path) -> None:
    tool: JsonValue = {"type": "mcp", "server_label": "s", "authorization": "canary-token"}
    event: JsonValue = {"type": EVENT, "response": {"tools": [tool], "instructions": "a"}}
    ga = f"/events/ga/{EVENT}"
    start = page.get(ga).fields("builder")
    shown = page.post(f"{ga}/raw", [*start, ("text", write(event)), ("raw", "unread")])
    fields = [*shown.fields("builder"), ("do", "unset:response.instructions")]
    changed = page.post(f"{ga}/form", fields)
    undone = back(page, changed)
    assert json.loads(wire(undone)) == event
    assert "never kept" not in undone.text
    gone = page.post(f"{ga}/form", [*undone.fields("builder"), ("do", "unset:response.tools.k1")])
    again = back(page, gone)
    assert "mcp" in wire(again)
    assert "canary" not in wire(again)
    assert "Tokens and headers are never kept" in again.text
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"canary" not in file.read_bytes()
    with sqlite3.connect(tmp_path / "drafts.sqlite") as db:
        for (inputs,) in db.execute("select inputs from version"):
            assert b"canary" not in zlib.decompress(inputs)


def test_the_layout_of_the_text_is_no_change(page: Visitor) -> None:
    shown = pressed(page, page.get(EXAMPLE), "unset:response.modalities")
    compact = page.submit(shown, press="Update the preview", change={"style": "compact"})
    assert "modalities" in wire(back(page, compact))


# -- the store -------------------------------------------------------------------------------------

Inputs = tuple[tuple[str, str], ...]


def kept(inputs: Inputs, at_s: float, draft_id: str = "d", owner: str = "o") -> Kept:
    return Kept(draft_id, owner, "beta", EVENT, "", inputs, at_s)


def texted(text: str, **others: str) -> Inputs:
    return (("a", text), *others.items())


@pytest.fixture
def store(tmp_path: Path) -> DraftStore:
    return DraftStore(tmp_path / "drafts.sqlite")


def test_typing_in_one_box_without_a_pause_is_one_change(store: DraftStore) -> None:
    start = 1_000.0
    for place, text in enumerate(("", "h", "he", "hey")):
        store.keep(kept(texted(text), start + place))
    assert store.steps("d") == (1, 0)
    store.keep(kept(texted("hey you"), start + 3 + ONE_BREATH_S + 1))
    assert store.steps("d") == (2, 0)
    store.keep(kept(texted("hey you", b="1"), start + 9))
    store.keep(kept(texted("hey you!", b="1"), start + 9.5))
    assert store.steps("d") == (4, 0)
    assert [store.step("d", "o", -1) for _ in range(5)] == [
        texted("hey you", b="1"),
        texted("hey you"),
        texted("hey"),
        texted(""),
        None,
    ]


@pytest.mark.parametrize(
    ("before", "now", "name"),
    [
        (texted("x"), texted("y"), "a"),
        (texted("x"), texted("x"), ""),
        (texted("x", b="1"), texted("y", b="2"), ""),
        (texted("x"), texted("x", b="1"), ""),
        (texted("x"), (("b", "x"),), ""),
    ],
)
def test_what_was_typed_into_alone_is_told(before: Inputs, now: Inputs, name: str) -> None:
    assert touched(before, now) == name


def test_a_draft_keeps_so_many_versions_and_bytes(store: DraftStore) -> None:
    for number in range(MOST_VERSIONS + 20):
        store.keep(kept((("n", ""), *((f"x{n}", "") for n in range(number % 7))), number * 60.0))
    before, behind = store.steps("d")
    assert (before, behind) == (MOST_VERSIONS - 1, 0)


def test_versions_go_with_their_draft_and_stay_with_their_owner(
    store: DraftStore, tmp_path: Path
) -> None:
    store.keep(kept(texted("mine"), 1.0))
    store.keep(kept(texted("theirs"), 2.0, owner="another"))
    assert store.steps("d") == (0, 0)
    assert store.step("d", "o", -1) is None
    store.keep(kept(texted("mine", b="too"), 3.0))
    assert store.step("d", "another", -1) is None
    assert store.steps("d") == (1, 0)
    store.keep(kept(texted("new"), 40 * 86_400.0, draft_id="e"))
    with sqlite3.connect(tmp_path / "drafts.sqlite") as db:
        assert db.execute("select distinct draft from version").fetchall() == [("e",)]
        assert db.execute("select draft from standing").fetchall() == [("e",)]


def test_a_disk_that_fails_costs_the_way_back_and_nothing_else(
    tmp_path: Path, page: Visitor
) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"this is no database" * 100)
    store = DraftStore(broken)
    assert store.step("d", "o", -1) is None
    assert store.steps("d") == (0, 0)
    assert text_of(page.get(EXAMPLE).one("h1"))

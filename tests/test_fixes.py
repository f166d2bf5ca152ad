"""Fixes of a draft: applied by a button, and what was typed elsewhere stays as it was typed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_up import any_events, any_json, brief
from tests.page import Page, Visitor, text_of
from tests.written_events import MENDED, SAID, SLIPS, wire
from webapp.drafts import Draft, form_of
from webapp.events import DIALECTS
from webapp.exact_json.patches import apply
from webapp.fixes import fixed, safely_fixed
from webapp.forms.edits import value_of
from webapp.forms.refit import refit
from webapp.forms.submission import fill, flatten, read_form

BUILDER = "/events/{}/response.create"
EVENT = "response.create"
ID = "a" * 32


def draft(event: Any, dialect: str = "beta") -> Draft:
    return Draft.from_value(dialect, EVENT, event)


def inputs(one: Draft) -> dict[str, str]:
    return dict(flatten(one.form, one.root, ""))


# The core.


def test_one_problem_is_fixed_and_named() -> None:
    found = fixed(draft(SLIPS), "unknown_parameter", "/response/max_tokens")
    assert [problem.at for problem in found.done] == ["/response/max_tokens"]
    assert found.draft.value == {
        **SLIPS,
        "response": {
            "max_output_tokens" if name == "max_tokens" else name: value
            for name, value in SLIPS["response"].items()
        },
    }


@pytest.mark.parametrize(
    ("code", "at"),
    [
        ("unknown_parameter", "/response/nowhere"),
        ("nonsense", "/response/max_tokens"),
        ("instructions_replace", "/response/instructions"),
        ("", ""),
    ],
)
def test_a_problem_that_is_not_there_or_has_no_fix_changes_nothing(code: str, at: str) -> None:
    before = draft(SLIPS)
    found = fixed(before, code, at)
    assert found.done == ()
    assert found.draft is before


def test_all_that_is_safe_is_fixed_at_once() -> None:
    found = safely_fixed(draft({**SLIPS, "model": "m"}))
    assert found.draft.value == {**MENDED, "model": "m"}
    assert len(found.done) == 3


def test_a_fix_that_another_one_brings_up_is_applied_too() -> None:
    short = {"role": "user", "content": "Hi"}
    found = safely_fixed(draft(wire(input=short, max_tokens="5", tools={"name": "f", "type": "x"})))
    assert found.draft.value["response"]["input"] == [{**SAID, **short, "content": SAID["content"]}]
    assert found.draft.value["response"]["max_output_tokens"] == 5


def test_without_anything_safe_nothing_changes() -> None:
    before = draft(wire(model="m"))
    assert safely_fixed(before).draft.root == before.root


def test_half_typed_json_numbers_and_keys_stay_as_they_were_typed() -> None:
    typed = [
        ("response@", "group"),
        ("response.temperature", " 0.70 "),
        ("response.tools@", "list"),
        ("response.tools.k3@", "type=function"),
        ("response.tools.k3.name", "f"),
        ("response.tools.k3.parameters", '{"type": '),
        ("response.metadata@", "map"),
        ("response.metadata.k2@name", "a"),
        ("response.metadata.k2", "1"),
        ("response.metadata.k5@name", "a"),
        ("response.metadata.k5", "2"),
        ("response.+k1@name", "max_tokens"),
        ("response.+k1", "5"),
    ]
    keys = {key for key, _ in form_keys("response.tools")}
    typed = [(name, text if text != "type=function" else min(keys)) for name, text in typed]
    before = Draft.read("beta", EVENT, typed)
    after = fixed(before, "unknown_parameter", "/response/max_tokens").draft
    was, now = inputs(before), inputs(after)
    assert now.pop("response.max_output_tokens") == "5"
    for name in ("response.+k1@name", "response.+k1"):
        was.pop(name)
    assert now == was


def form_keys(name: str) -> list[tuple[str, str]]:
    """The variants of the items of a list, as the form of Beta names them."""
    asked = draft(wire(tools=[{"type": "function"}])).asked
    part = next(one for one in asked.parts if one.name == "response")
    tools = next(one for one in part.parts if one.name == name)
    return [(one.shape, one.label) for one in tools.parts]


def test_a_lost_sound_is_no_problem_that_a_fix_repairs() -> None:
    token = f"{'0' * 64}.6400.audio/pcm_4800B"
    said: list[tuple[str, str]] = [*inputs(draft(wire(input=[SAID], max_tokens=5))).items()]
    before = Draft.read("beta", EVENT, said, lambda _: False)
    assert safely_fixed(before).draft.has(token) is False


@brief
@given(st.data())
@pytest.mark.parametrize("dialect", DIALECTS)
def test_any_value_can_be_put_in_place_of_any_other(dialect: str, data: st.DataObject) -> None:
    form = form_of(dialect, EVENT)
    old, new = data.draw(any_events(dialect)), data.draw(any_events(dialect))
    node = fill(form, old)
    after = refit(form, node, value_of(node), new)
    assert value_of(after) == new
    assert value_of(read_form(form, flatten(form, after, ""))) == new


@brief
@given(st.data())
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_a_patch_leaves_alone_keeps_its_inputs(dialect: str, data: st.DataObject) -> None:
    form = form_of(dialect, EVENT)
    event = {**data.draw(any_events(dialect)), "event_id": "e"}
    node = fill(form, event)
    old = value_of(node)
    new = apply(old, [{"op": "replace", "path": "/event_id", "value": data.draw(any_json)}])
    after = refit(form, node, old, new)
    kept = [pair for pair in flatten(form, node, "") if not pair[0].startswith("event_id")]
    assert [pair for pair in flatten(form, after, "") if not pair[0].startswith("event_id")] == kept


def test_pairs_that_come_and_go_leave_the_others_alone() -> None:
    form = form_of("beta", EVENT)
    node = fill(form, wire(metadata={"a": "1", "b": "2"}))
    old = value_of(node)
    new = apply(
        old,
        [
            {"op": "move", "from": "/response/metadata/a", "path": "/response/metadata/c"},
            {"op": "add", "path": "/response/metadata/d", "value": "4"},
        ],
    )
    after = dict(flatten(form, refit(form, node, old, new), ""))
    named = {after[f"response.metadata.{key}@name"] for key in ("k2", "k3", "k4")}
    assert after["response.metadata.k2"] == "2"
    assert named == {"b", "c", "d"}


def test_a_text_of_one_name_typed_twice_stays_twice() -> None:
    typed = [
        ("response@", "group"),
        ("response.metadata@", "map"),
        *((f"response.metadata.k{n}@name", "a") for n in (1, 2)),
        *((f"response.metadata.k{n}", str(n)) for n in (1, 2)),
    ]
    form = form_of("beta", EVENT)
    node = read_form(form, typed)
    old = value_of(node)
    new = apply(old, [{"op": "add", "path": "/response/metadata/b", "value": "3"}])
    after = dict(flatten(form, refit(form, node, old, new), ""))
    assert [after[f"response.metadata.k{n}"] for n in (1, 2, 3)] == ["1", "2", "3"]
    gone = apply(new, [{"op": "remove", "path": "/response/metadata/a"}])
    assert value_of(refit(form, refit(form, node, old, new), new, gone)) == wire(
        metadata={"b": "3"}
    ) | {"type": EVENT}


# The page.


def opened(page: Visitor, event: Any, dialect: str = "beta") -> Page:
    """The builder, filled from text."""
    fields = [("text", json.dumps(event)), ("draft", ID)]
    return page.post(f"{BUILDER.format(dialect)}/raw", fields)


def fix(page: Visitor, shown: Page, asked: str, **how: Any) -> Page:
    fields = [*shown.fields("builder"), ("fix", asked)]
    return page.post(f"{BUILDER.format('beta')}/fix", fields, **how)


def sent(page: Visitor, shown: Page) -> Any:
    answer = page.post_raw(f"{BUILDER.format('beta')}/wire", shown.fields("builder"))
    return json.loads(answer.get_data(as_text=True))


def buttons(shown: Page) -> set[str]:
    return {button.get("value", "") for button in shown.all("button[data-fix]")}


def test_a_problem_with_a_fix_has_a_button_in_the_list_and_at_the_field(page: Visitor) -> None:
    shown = opened(page, wire(temperature=0.3, instructions="x"))
    found = shown.all("button[data-fix]")
    assert {text_of(button) for button in found} == {"Fix: write 0.6"}
    assert len(found) == 2
    assert {button.get("formaction") for button in found} == {f"{BUILDER.format('beta')}/fix"}


def test_one_safe_fix_has_no_button_for_all(page: Visitor) -> None:
    assert "safe" not in buttons(opened(page, wire(max_tokens=5)))
    assert "safe" in buttons(opened(page, SLIPS))


def test_without_script_a_fix_is_a_page_that_says_what_was_done(page: Visitor) -> None:
    shown = fix(page, opened(page, SLIPS), "unknown_parameter@/response/max_tokens")
    assert shown.whole
    assert "Fixed /response/max_tokens: rename to max_output_tokens" in shown.text
    assert "unknown_parameter@/response/max_tokens" not in buttons(shown)
    assert sent(page, shown)["response"]["max_output_tokens"] == 5


def test_all_safe_ones_are_fixed_by_one_button(page: Visitor) -> None:
    shown = fix(page, opened(page, SLIPS), "safe")
    assert "3 problems fixed" in shown.text
    assert sent(page, shown) == MENDED


def test_many_safe_ones_are_counted_whole_and_named_by_the_first(page: Visitor) -> None:
    said = {"type": "message", "role": "user", "content": [{"type": "text", "text": "Hi"}]}
    before = opened(page, wire(input=[said] * 70))
    assert "Fix all 70 safe ones" in before.text
    shown = fix(page, before, "safe")
    assert "70 problems fixed" in shown.text
    assert "and 50 more" in shown.text
    content = [item["content"] for item in sent(page, shown)["response"]["input"]]
    assert content == [[{"type": "input_text", "text": "Hi"}]] * 70


def test_a_fix_can_be_undone(page: Visitor) -> None:
    shown = fix(page, opened(page, SLIPS), "safe")
    [undo] = [link for link in shown.all("a.button") if text_of(link) == "Undo"]
    before = page.get(undo.get("href", ""))
    assert sent(page, before) == SLIPS
    assert f"draft={ID}" not in undo.get("href", "")


def test_the_draft_is_kept_as_it_was_fixed(page: Visitor) -> None:
    fix(page, opened(page, SLIPS), "safe")
    assert sent(page, page.get(f"{BUILDER.format('beta')}?draft={ID}")) == MENDED


def test_a_secret_is_not_in_the_way_back(page: Visitor) -> None:
    mcp = {"type": "mcp", "server_label": "s", "server_url": "x.example", "authorization": "hush"}
    shown = opened(page, wire(tools=[mcp]), "ga")
    fields = [*shown.fields("builder"), ("fix", "invalid_value@/response/tools/0/server_url")]
    done = page.post(f"{BUILDER.format('ga')}/fix", fields)
    assert "without tokens and headers" in done.text


def test_a_problem_that_is_gone_is_said(page: Visitor) -> None:
    shown = opened(page, wire(max_tokens=5))
    answer = fix(page, shown, "unknown_parameter@/response/nope", status=409, htmx=True)
    assert "no longer there" in answer.text


def test_with_script_only_what_changed_is_swapped(page: Visitor) -> None:
    shown = opened(page, SLIPS)
    asked = "unknown_parameter@/response/max_tokens"
    answer = fix(page, shown, asked, htmx=True).response
    text = answer.get_data(as_text=True)
    assert 'hx-target="#q-response-max_output_tokens" hx-swap="outerHTML"' in text
    assert 'hx-target="#q-response-u-k1" hx-swap="delete"' in text
    assert 'hx-target="#problems"' in text
    assert 'hx-target="#raw-status"' in text
    for target in ("#form", "#q-response", "#q-response-tools", "#q-response-input"):
        assert f'hx-target="{target}"' not in text
    events = json.loads(answer.headers["HX-Trigger"])
    assert events["cuecard:focus"] == {"on": "response.max_output_tokens"}
    assert events["cuecard:kept"]["kept"] is True


def test_params_that_a_fix_makes_bring_the_whole_group(page: Visitor) -> None:
    shown = opened(page, {"type": EVENT, "instructions": "Hi"})
    answer = fix(page, shown, "unknown_parameter@/instructions", htmx=True).response
    assert 'hx-target="#q-response" hx-swap="outerHTML"' in answer.get_data(as_text=True)


def test_a_fix_of_the_type_changes_the_top(page: Visitor) -> None:
    shown = opened(page, {"type": "response_create"})
    after = fix(page, shown, "invalid_value@/type")
    assert sent(page, after) == {"type": EVENT}


def test_a_slip_made_many_times_is_fixed_everywhere_at_once() -> None:
    said = {"type": "message", "role": "user", "content": [{"type": "text", "text": "Hi"}]}
    meant = {**said, "content": [{"type": "input_text", "text": "Hi"}]}
    found = safely_fixed(draft(wire(input=[said] * 300)))
    assert found.draft.value["response"]["input"] == [meant] * 300
    assert len(found.done) == 300


def test_items_taken_out_and_items_changed_do_not_get_in_each_others_way() -> None:
    one, two = {"type": "function", "name": "f"}, {"name": "g"}
    found = safely_fixed(draft(wire(tools=[one, two, one, two, one])))
    assert found.draft.value["response"]["tools"] == [one, {"type": "function", **two}]


def test_two_fixes_of_one_place_wait_for_each_other() -> None:
    found = safely_fixed(draft(wire(max_tokens=5, max_completion_tokens=5)))
    assert found.draft.value["response"] == {"max_output_tokens": 5}

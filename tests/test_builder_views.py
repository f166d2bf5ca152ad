"""The builder as a visitor meets it: every address, with and without script, and hostile forms."""

import json
import random
import re
from urllib.parse import quote_plus

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.cases_on_disk import Case, all_cases
from tests.made_up import DIALECTS, EVENT, any_events, brief
from tests.page import Page, Visitor, quick, read, text_of
from tests.swapping import after
from webapp.drafts import form_of
from webapp.events import EVENTS
from webapp.exact_json.reader import JsonValue, read_json
from webapp.exact_json.writer import write
from webapp.examples import EXAMPLES, Example
from webapp.forms.submission import fill, flatten
from webapp.views.wire_pane import MOST_CHANGES

Inputs = list[tuple[str, str]]

BETA = f"/events/beta/{EVENT}"
GREETING: JsonValue = {
    "type": EVENT,
    "response": {
        "instructions": "Say <b>hello</b> & “goodbye”.",
        "temperature": 0.8,
        "tools": [{"type": "function", "name": "look"}],
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "one"}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "two"}]},
            {"type": "item_reference", "id": "item_1"},
        ],
        "metadata": {"a": "1", "b": "2"},
    },
}


def pasted(page: Visitor, value: JsonValue, dialect: str = "beta") -> Page:
    return page.post(f"/events/{dialect}/{EVENT}/raw", {"text": write(value)})


def sent(page: Visitor, fields: Inputs, dialect: str = "beta") -> str:
    answer = page.post_raw(f"/events/{dialect}/{EVENT}/wire", fields)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2_000]
    assert answer.mimetype == "application/json"
    return answer.get_data(as_text=True)


def answers(shown: Page) -> Inputs:
    """What a page holds of the event itself, and which blocks of it are shown."""
    strangers = ("draft", "token", "text", "raw")
    return [pair for pair in shown.fields("builder") if pair[0] not in strangers]


def wire(shown: Page) -> str:
    """The text of the event as the page shows it."""
    return "\n".join("".join(line.itertext()) for line in shown.all("#wire .ln"))


def problems(shown: Page) -> list[str]:
    return [text_of(link) for link in shown.all("#problems .problem__at")]


# -- pages -----------------------------------------------------------------------------------------


def test_the_first_page_is_the_beta_builder(page: Visitor) -> None:
    answer = page.client.get("/")
    assert answer.status_code == 302
    assert answer.location == BETA
    assert page.get("/").one("form#builder").get("action") == f"{BETA}/form"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_builder_starts_with_the_bare_event(page: Visitor, dialect: str) -> None:
    shown = page.get(f"/events/{dialect}/{EVENT}")
    assert wire(shown) == '{\n  "type": "response.create"\n}'
    assert problems(shown) == []
    assert text_of(shown.one("#problems .ok")) == "No problems"
    assert {"Unset Event type", "Set Instructions"} <= {
        b.get("aria-label") or text_of(b) for b in shown.all("button")
    } or shown.all("button[value=set:response.instructions]")


@pytest.mark.parametrize(
    "address",
    [
        f"/events/gamma/{EVENT}",
        "/events/beta/session.update",
        f"{BETA}?example=no-such",
        f"{BETA}?example=../../x",
        "/api/v1/schema/gamma/response.create",
        "/api/v1/schema/beta/session.update",
    ],
)
def test_there_is_nothing_elsewhere(page: Visitor, address: str) -> None:
    assert page.client.get(address).status_code == 404


@pytest.mark.parametrize(
    "route", ["preview", "check", "form", "raw", "raw/edit", "wire", "block/type"]
)
def test_an_unknown_event_is_not_found_on_any_route(page: Visitor, route: str) -> None:
    assert page.post_raw(f"/events/beta/session.update/{route}").status_code == 404
    assert page.post_raw(f"/events/gamma/{EVENT}/{route}", htmx=True).status_code == 404


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.dialect}-{one.slug}")
def test_every_example_loads_without_error_and_is_sent_as_it_is(
    page: Visitor, example: Example
) -> None:
    shown = page.get(f"/events/{example.dialect}/{EVENT}?example={example.slug}")
    assert not shown.all("#problems .problem--error")
    assert example.title in shown.text or example.title in shown.response.get_data(as_text=True)
    assert sent(page, shown.fields("builder"), example.dialect) == write(example.event)
    assert example.shows


def test_there_are_ten_examples_or_more_and_no_two_share_a_name() -> None:
    assert len(EXAMPLES) >= 10
    assert len({(one.dialect, one.slug) for one in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_schema_is_that_of_the_model(page: Visitor, dialect: str) -> None:
    answer = page.client.get(f"/api/v1/schema/{dialect}/{EVENT}")
    assert answer.mimetype == "application/json"
    assert json.loads(answer.data)["title"]
    model = EVENTS[dialect, EVENT].model
    assert json.loads(answer.data) == model.model_json_schema(mode="serialization")


# -- preview, block, check -------------------------------------------------------------------------


def test_the_preview_is_a_fragment_for_htmx_and_a_page_for_a_browser(page: Visitor) -> None:
    fields = pasted(page, GREETING).fields("builder")
    fragment = page.post(f"{BETA}/preview", fields, htmx=True)
    whole = page.post(f"{BETA}/preview", fields)
    assert not fragment.whole
    assert fragment.one("#preview") is not None
    assert wire(fragment) == wire(whole) == write(GREETING)
    assert answers(whole) == [pair for pair in fields if pair[0] not in ("draft", "token")]


def test_a_draft_with_problems_is_previewed(page: Visitor) -> None:
    shown = pasted(page, {"type": EVENT, "response": {"temperature": "hot", "new": 1}})
    fragment = page.post(f"{BETA}/preview", shown.fields("builder"), htmx=True)
    assert set(problems(fragment)) == {"/response/temperature", "/response/new"}
    assert {line.get("data-p") for line in fragment.all("#wire .ln--error")} == {""}


def test_compact_text_is_shown_and_sent_compact(page: Visitor) -> None:
    fields = [
        (n, "compact" if n == "style" else v) for n, v in pasted(page, GREETING).fields("builder")
    ]
    fragment = page.post(f"{BETA}/preview", fields, htmx=True)
    assert "wire--compact" in fragment.one("#wire").get("class", "")
    assert wire(fragment).replace("\n", "") == write(GREETING, indent=None)
    assert sent(page, fields) == write(GREETING, indent=None)


def block_fields(shown: Page, name: str) -> Inputs:
    """What the fieldset of a block sends: its own controls, and what it includes."""
    fieldset = next(e for e in shown.all("fieldset") if e.get("data-name") == name)
    own = set(fieldset.iter())
    included = shown.one(f"[id=s-{name.replace('.', '-').replace('+', 'u-')}]")
    controls = [c for c in shown.controls("builder") if c in own or c is included]
    part = Page(shown.response, shown.root, whole=True)
    names = {c.get("name") for c in controls if c.tag != "button"}
    return [(n, v) for n, v in part.fields("builder") if n in names and n != "shown"] + [
        ("shown", included.get("value", ""))
    ]


def blocks(shown: Page) -> dict[str, str]:
    return {
        block.get("data-name", ""): "\n".join(
            "".join(line.itertext()) for line in block.iter("span")
        )
        for block in shown.all("#wire .blk")
    }


@pytest.mark.parametrize("style", ["pretty", "compact"])
def test_each_block_posted_alone_is_as_in_the_whole(page: Visitor, style: str) -> None:
    fields = [
        (n, style if n == "style" else v) for n, v in pasted(page, GREETING).fields("builder")
    ]
    shown = page.post(f"{BETA}/preview", fields)
    texts = blocks(shown)
    asked = [f.get("data-name", "") for f in shown.all("fieldset") if f.get("hx-post")]
    assert {"response.instructions", "response.tools.k1", "response.input.k3"} <= set(asked)
    for name in asked:
        answer = page.post(f"{BETA}/block/{name}", block_fields(shown, name), htmx=True)
        lines = ["".join(line.itertext()) for line in answer.all(".ln")]
        assert "\n".join(lines) == texts[name]
        seen = answer.all("input[name=shown]")[0].get("value")
        assert ("shown", seen) in shown.fields("builder")


def test_the_summary_of_an_item_follows_what_is_typed(page: Visitor) -> None:
    shown = pasted(page, GREETING)
    fields = [
        (n, v.replace("one", "<i>three</i>")) for n, v in block_fields(shown, "response.input.k1")
    ]
    answer = page.post(f"{BETA}/block/response.input.k1", fields, htmx=True)
    [partial] = answer.all("hx-partial")
    assert partial.get("hx-target") == "#m-response-input-k1"
    assert text_of(partial) == "<i>three</i>"


@pytest.mark.parametrize(
    "name",
    [
        "evil",
        "response.input.1",
        "response.tools.%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "response.tools.%22%3E%3Cb%3E",
        "response.+x%22",
        "@open",
    ],
)
def test_a_block_of_another_name_is_not_found(page: Visitor, name: str) -> None:
    answer = page.post_raw(f"{BETA}/block/{name}", [], htmx=True)
    assert answer.status_code == 404
    assert b"<script" not in answer.data
    assert b"<b>" not in answer.data


def test_a_block_takes_no_inputs_of_another(page: Visitor) -> None:
    answer = page.post_raw(
        f"{BETA}/block/response.instructions", [("response.voice", "")], htmx=True
    )
    assert answer.status_code == 400


def test_a_check_of_what_the_page_shows_changes_no_block(page: Visitor) -> None:
    shown = pasted(page, GREETING)
    answer = page.post(f"{BETA}/check", shown.fields("builder"), htmx=True)
    targets = [partial.get("hx-target") for partial in answer.all("hx-partial")]
    assert targets == ["#problems"]


def test_a_check_changes_the_blocks_that_the_page_shows_otherwise(page: Visitor) -> None:
    shown = pasted(page, GREETING)
    fields = [(n, "3,5" if n == "response.temperature" else v) for n, v in shown.fields("builder")]
    answer = page.post(f"{BETA}/check", fields, htmx=True)
    changed = after(shown, answer)
    assert wire(changed) == wire(page.post(f"{BETA}/preview", fields))
    assert '"temperature": "3,5"' in wire(changed)
    assert "/response/temperature" in problems(changed)
    assert len(answer.all("hx-partial")) == 2


# -- the form's buttons ----------------------------------------------------------------------------


def buttons(shown: Page) -> list[str]:
    return [
        button.get("value", "")
        for button in shown.all("button")
        if button.get("name") == "do" and button.get("form") == "builder"
    ]


def in_menus(shown: Page) -> list[str]:
    return [button.get("value", "") for menu in shown.all("[data-popup]") for button in menu]


def pressed(page: Visitor, shown: Page, button: str, *, htmx: bool, dialect: str = "beta") -> Page:
    fields = [*shown.fields("builder"), ("do", button)]
    answer = page.post_raw(f"/events/{dialect}/{EVENT}/form", fields, htmx=htmx)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2_000]
    return quick(answer)


def check_same(swapped: Page, whole: Page, button: str) -> None:
    """What htmx makes of the page is what a browser is given anew."""
    assert answers(swapped) == answers(whole), button
    assert wire(swapped) == wire(whole), button
    assert problems(swapped) == problems(whole), button
    ids = [element.get("id") for element in swapped.root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids), button
    for one in (swapped, whole):
        for target in one.all("#problems .problem__at"):
            assert one.find(f"[id={target.get('href', '')[1:]}]") is not None, target.get("href")


def test_a_form_without_a_button_stays_as_it_is(page: Visitor) -> None:
    shown = pasted(page, GREETING)
    assert answers(page.post(f"{BETA}/form", shown.fields("builder"))) == answers(shown)
    answer = page.post_raw(f"{BETA}/form", shown.fields("builder"), htmx=True)
    assert (answer.status_code, answer.data) == (204, b"")


def test_the_page_is_told_where_to_go_on(page: Visitor) -> None:
    shown = pasted(page, GREETING)
    answer = pressed(page, shown, "copy:response.input.k1", htmx=True)
    events = json.loads(answer.response.headers["HX-Trigger"])
    assert events["cuecard:focus"] == {"on": "response.input.k4"}


PART: JsonValue = {"type": "input_text", "text": "one"}
# Small events with something of every kind: each press of a button costs two pages.
EVERYTHING: dict[str, JsonValue] = {
    "beta": {
        "type": EVENT,
        "response": {
            "temperature": 0.8,
            "tools": [{"type": "function", "name": "look", "new": 1}],
            "input": [
                {"type": "message", "role": "user", "content": [PART, 7], "status": None},
                {"type": "item_reference", "id": "item_1"},
            ],
            "metadata": {"a": "1", "b": "2"},
        },
        "more": {"a": [1]},
    },
    "ga": {
        "type": EVENT,
        "response": {
            "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "x"}},
            "tools": [
                {
                    "type": "mcp",
                    "server_label": "s",
                    "allowed_tools": ["a", "b"],
                    "headers": {"k": ""},
                }
            ],
            "prompt": {"id": "p", "variables": {"a": "t", "b": {"type": "input_text"}}},
            "metadata": None,
            "input": [{"type": "odd"}, {"type": "mcp_list_tools", "tools": [{}]}],
        },
    },
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_buttons_of_a_page_work_the_same_with_and_without_script(
    page: Visitor, dialect: str
) -> None:
    shown = pasted(page, EVERYTHING[dialect], dialect)
    # One of each: what works for one item works for its neighbours.
    alike = {re.sub(r"k\d+", "k", button): button for button in buttons(shown)}
    menus = [button for button in alike.values() if button.startswith("menu:")]
    opened = [pressed(page, shown, menu, htmx=False, dialect=dialect) for menu in menus]
    alike |= {re.sub(r"k\d+", "k", button): button for one in opened for button in buttons(one)}
    assert {"copy", "move", "shape", "set", "unset", "add"} < {one.split(":")[0] for one in alike}
    some = random.Random(dialect).sample([*alike.values()], 40)  # noqa: S311  # the same each time
    for button in some:
        whole = pressed(page, shown, button, htmx=False, dialect=dialect)
        answer = pressed(page, shown, button, htmx=True, dialect=dialect)
        check_same(after(shown, answer), whole, button)


@pytest.mark.parametrize("seed", range(6))
def test_any_buttons_in_any_order_work_the_same_with_and_without_script(
    page: Visitor, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # the same buttons every time
    dialect = DIALECTS[seed % 2]
    shown = (
        pasted(page, EVERYTHING[dialect], dialect)
        if seed > 1
        else page.get(f"/events/{dialect}/{EVENT}")
    )
    for _ in range(15):
        button = chance.choice(buttons(shown))
        if button.startswith("menu:"):
            shown = after(shown, pressed(page, shown, button, htmx=True, dialect=dialect))
            button = chance.choice(in_menus(shown) or buttons(shown))
        whole = pressed(page, shown, button, htmx=False, dialect=dialect)
        answer = pressed(page, shown, button, htmx=True, dialect=dialect)
        shown = after(shown, answer)
        check_same(shown, whole, button)


def test_a_button_further_in_than_the_page_goes_brings_the_whole_form(page: Visitor) -> None:
    shown = page.get(f"/events/ga/{EVENT}")
    button = "set:response.audio.output.voice"
    whole = pressed(page, shown, button, htmx=False, dialect="ga")
    check_same(after(shown, pressed(page, shown, button, htmx=True, dialect="ga")), whole, button)


def test_a_menu_opens_where_it_was_asked_for(page: Visitor) -> None:
    shown = pasted(page, GREETING)
    whole = pressed(page, shown, "menu:response.input.k1", htmx=False)
    swapped = after(shown, pressed(page, shown, "menu:response.input.k1", htmx=True))
    for opened in (whole, swapped):
        assert "move:response.input.k1:up" in buttons(opened)
        assert "shape:response.input.k1:json" in buttons(opened)
        assert answers(opened) == answers(shown)


@pytest.mark.parametrize(
    "button",
    [
        "menu:evil",
        "open:response.input.k9",
        "nonsense",
        "set:evil",
        "set:response.voice:no_such_kind",
        "set:response.conversation:neither",
        "set:response.instructions:loud",
        "add:response.input:no_such_item",
        "add:response.metadata:no_such_pair",
        "add:response.instructions",
        "unset:response.input.k9",
        "move:response.input.k1:k9",
        "shape::json",
        "set:<script>",
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_a_button_that_is_not_there_is_refused_and_the_form_stays(
    page: Visitor, button: str, htmx: bool
) -> None:
    before = pasted(page, GREETING)
    fields = [*before.fields("builder"), ("do", button)]
    answer = page.post_raw(f"{BETA}/form", fields, htmx=htmx)
    assert b"<script>" not in answer.data
    assert answer.headers.get("HX-Retarget") == ("#messages" if htmx else None)
    shown = read(answer, 400)
    assert "there is nothing by this name on the form now" in text_of(shown.one(".message__what"))
    if not htmx:
        assert answers(shown) == answers(before)
        assert wire(shown) == write(GREETING)


@pytest.mark.parametrize("name", ["text", "draft", "do", "style", "origin", "raw"])
def test_a_control_that_comes_twice_is_refused(page: Visitor, name: str) -> None:
    for route in ("check", "form", "raw", "wire", "preview", "undo"):
        answer = page.post_raw(f"{BETA}/{route}", [(name, "a"), (name, "b")])
        assert answer.status_code == 400, route
        assert "sent twice" in read(answer, 400).text


# -- raw text --------------------------------------------------------------------------------------


def test_pasted_text_fills_the_form(page: Visitor) -> None:
    shown = pasted(page, GREETING)
    assert wire(shown) == write(GREETING)
    fragment = page.post(f"{BETA}/raw", {"text": write(GREETING)}, htmx=True)
    swapped = after(page.get(BETA), fragment)
    assert answers(swapped) == answers(shown)
    assert wire(swapped) == wire(shown)


def test_repairs_are_listed(page: Visitor) -> None:
    text = "{type: 'response.create', // bare\n}"
    for htmx in (True, False):
        shown = page.post(f"{BETA}/raw", {"text": text}, htmx=htmx)
        assert len(shown.all(".repairs li")) >= 2
        assert re.search(r"Read, with \d repairs", shown.text)


@pytest.mark.parametrize("htmx", [True, False])
def test_unreadable_text_stays_with_line_and_column(page: Visitor, htmx: bool) -> None:
    text = '{\n  "type": "response.create",\n  "response": }<b>\n\n'
    shown = page.post(f"{BETA}/raw", {"text": text}, status=422, htmx=htmx)
    assert re.search(r"Line 3, column 15", shown.text)
    if not htmx:
        assert shown.one("textarea#raw-text").text == text.removesuffix("")
        assert ("text", text.replace("\n", "\r\n")) in shown.fields("builder")


def test_the_form_waits_while_the_text_cannot_be_read(page: Visitor) -> None:
    shown = pasted(page, GREETING)
    editing = page.submit(shown, "builder", press=shown.one(f"button[formaction={BETA}/raw/edit]"))
    broken = page.submit(editing, press="Read into the form", change={"text": "{"}, status=422)
    assert wire(broken) == write(GREETING)
    assert answers(broken) == answers(editing)


def test_the_last_of_equal_names_is_kept_on_request(page: Visitor) -> None:
    text = '{"type": "response.create", "event_id": "a", "event_id": "b"}'
    refused = page.post(f"{BETA}/raw", {"text": text}, status=422)
    assert "event_id" in refused.text
    again = page.submit(refused, press="Keep the last of each")
    assert read_json(wire(again)) == {"type": EVENT, "event_id": "b"}


@pytest.mark.parametrize("text", ["", " \n", "null", "[]", '"x"', "1", "true", "<html>", "\ud7ff"])
def test_text_without_an_event_is_unreadable(page: Visitor, text: str) -> None:
    shown = page.post(f"{BETA}/raw", {"text": text}, status=422)
    assert shown.one("[data-fault]") is not None


def test_the_text_of_the_form_can_be_edited(page: Visitor) -> None:
    fields = pasted(page, GREETING).fields("builder")
    for htmx in (True, False):
        shown = page.post(f"{BETA}/raw/edit", fields, htmx=htmx)
        assert ("text", write(GREETING).replace("\n", "\r\n")) in shown.fields("builder")


@pytest.mark.parametrize("value", [{"a\nb": 1}, {"type": EVENT, "response": {"\r": None}}, {}])
def test_any_object_is_shown_and_sent_as_it_is(page: Visitor, value: JsonValue) -> None:
    assert sent(page, pasted(page, value).fields("builder")) == write(value)


# -- wire ------------------------------------------------------------------------------------------


def test_the_wire_text_can_be_downloaded(page: Visitor) -> None:
    fields = pasted(page, GREETING).fields("builder")
    answer = page.post_raw(f"{BETA}/wire?download=1", fields)
    assert answer.data == write(GREETING).encode()
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="response.create.beta.json"'
    )
    assert "Content-Disposition" not in page.post_raw(f"{BETA}/wire", fields).headers


def test_a_page_read_quickly_is_the_page(page: Visitor) -> None:
    for dialect in DIALECTS:
        shown = pasted(page, EVERYTHING[dialect], dialect)
        assert quick(shown.response).fields("builder") == shown.fields("builder")
        assert wire(quick(shown.response)) == wire(shown)


# -- proof: every case, and made-up events, through the page ---------------------------------------


@pytest.mark.parametrize("case", [case for case in all_cases() if case.valid], ids=str)
def test_a_valid_case_goes_through_the_page_unchanged(page: Visitor, case: Case) -> None:
    text = write(read_json(case.text))
    shown = page.post(f"/events/{case.dialect}/{EVENT}/raw", {"text": text})
    assert not shown.all("#problems .problem--error")
    assert sent(page, shown.fields("builder"), case.dialect) == text


@pytest.mark.parametrize("case", [case for case in all_cases() if not case.valid], ids=str)
def test_an_invalid_case_is_previewed_with_its_problem(page: Visitor, case: Case) -> None:
    text = write(read_json(case.text))
    shown = page.post(f"/events/{case.dialect}/{EVENT}/raw", {"text": text})
    preview = page.post(
        f"/events/{case.dialect}/{EVENT}/preview", shown.fields("builder"), htmx=True
    )
    assert set(problems(preview)) & set(case.error_at)
    assert sent(page, shown.fields("builder"), case.dialect) == text
    for finding in shown.all("#problems .problem"):
        name = finding.get("data-problem", "")
        slot = shown.one(f"[id=p-{name.replace('.', '-').replace('+', 'u-')}]")
        assert text_of(finding.find("span[@class='problem__message']")) in text_of(slot)
    assert [f.get("data-problem") for f in preview.all("#problems .problem")] == [
        f.get("data-problem") for f in shown.all("#problems .problem")
    ]


made_up = st.sampled_from(DIALECTS).flatmap(lambda one: st.tuples(st.just(one), any_events(one)))


def test_made_up_events_go_through_the_page_unchanged(app: Flask) -> None:
    page = Visitor(app)

    @given(made_up)
    @brief
    def check(event: tuple[str, JsonValue]) -> None:
        dialect, value = event
        answer = page.post_raw(f"/events/{dialect}/{EVENT}/raw", {"text": write(value)})
        assert answer.status_code == 200
        shown = quick(answer)
        ids = [element.get("id") for element in shown.root.iter() if element.get("id")]
        assert len(set(ids)) == len(ids)
        assert sent(page, shown.fields("builder"), dialect) == write(value)
        for link in shown.all("#problems .problem__at"):
            assert shown.find(f"[id={link.get('href', '')[1:]}]") is not None

    check()


def test_a_page_that_shows_one_event_is_brought_to_any_other(app: Flask) -> None:
    page = Visitor(app)

    @given(made_up, made_up)
    @brief
    def check(one: tuple[str, JsonValue], other: tuple[str, JsonValue]) -> None:
        address = f"/events/{one[0]}/{EVENT}"
        before = quick(page.post_raw(f"{address}/raw", {"text": write(one[1])}))
        seen = [pair for pair in before.fields("builder") if pair[0] == "shown"]
        form = form_of(one[0], EVENT)
        inputs = list(flatten(form, fill(form, other[1]), ""))
        answer = page.post_raw(f"{address}/check", [*inputs, *seen], htmx=True)
        assert answer.status_code == 200
        swapped = after(before, quick(answer))
        whole = quick(page.post_raw(f"{address}/preview", inputs))
        assert [pair for pair in swapped.fields("builder") if pair[0] == "shown"] == [
            pair for pair in whole.fields("builder") if pair[0] == "shown"
        ]
        assert wire(swapped) == wire(whole)

    check()


# -- problems --------------------------------------------------------------------------------------


def test_fifty_problems_are_shown_and_the_rest_counted(page: Visitor) -> None:
    params: JsonValue = {f"x{n}": n for n in range(2_000)}
    shown = quick(page.post_raw(f"{BETA}/raw", {"text": write({"response": params})}, htmx=True))
    assert len(shown.all("#problems .problem")) == 50
    assert text_of(shown.one(".problems__more")) == "and 1951 more"
    assert "2001 errors" in shown.text
    assert len(shown.all("#wire .ln--error")) == 2_002  # "type" is missing: both lines of the event


def test_the_gravest_of_several_problems_marks_a_line(page: Visitor) -> None:
    part: JsonValue = {"type": "input_text", "text": 7}
    tool: JsonValue = {"type": "function", "name": "n", "description": 1, "new": 2}
    item: JsonValue = {"type": "message", "role": "user", "content": [part]}
    shown = pasted(page, {"response": {"tools": [tool], "input": [item]}})
    marked = ["".join(line.itertext()).strip() for line in shown.all("#wire .ln--error")]
    assert '"text": 7' in marked
    assert {'"description": 1,', '"new": 2'} <= set(marked)
    assert marked[0] == "{"
    assert marked[-1] == "}"


def test_problems_are_counted_on_what_is_around_them(page: Visitor) -> None:
    part: JsonValue = {"type": "input_text", "text": 7}
    item: JsonValue = {"type": "message", "role": "user", "content": [part, part]}
    shown = pasted(page, {"type": EVENT, "response": {"input": [item]}})
    badge = shown.one("[data-count=response.input.k1]")
    assert text_of(badge) == "2"
    assert badge.get("hidden") is None
    assert shown.one("[data-count=response.input.k1.content.k1]").get("hidden") is None
    [control] = [
        c for c in shown.all("textarea") if c.get("name") == "response.input.k1.content.k1.text"
    ]
    assert control.get("aria-invalid") == "true"


def test_an_item_that_moved_is_answered_with_the_whole_text(page: Visitor) -> None:
    shown = pasted(page, GREETING)
    answer = pressed(page, shown, "move:response.input.k1:down", htmx=True)
    assert "#wire" in [p.get("hx-target") for p in answer.all("hx-partial")]


@pytest.mark.parametrize("seen", [[], ["response.evil-00000000-10"], ["@close-00000000-00"]])
def test_a_page_that_shows_something_else_altogether_is_given_the_whole_text(
    page: Visitor, seen: list[str]
) -> None:
    answer = page.post(f"{BETA}/check", [("shown", one) for one in seen], htmx=True)
    assert answer.all("hx-partial")[0].get("hx-target") == "#wire"


def test_names_of_blocks_that_the_page_claims_to_show_are_nothing_but_names(page: Visitor) -> None:
    seen = [("shown", "@open-0-00"), ("shown", '"><b id="x">-0-00')]
    answer = page.post_raw(f"{BETA}/check", seen, htmx=True)
    assert b"<b id" not in answer.data


def test_many_changes_are_answered_with_the_whole_text(page: Visitor) -> None:
    item: JsonValue = {"type": "item_reference", "id": "a"}
    shown = pasted(page, {"type": EVENT, "response": {"input": [item] * (MOST_CHANGES + 1)}})
    fields = [
        (n, v.replace("a", "b") if n.endswith(".id") else v) for n, v in shown.fields("builder")
    ]
    answer = page.post(f"{BETA}/check", fields, htmx=True)
    assert [p.get("hx-target") for p in answer.all("hx-partial")] == ["#wire", "#problems"]
    assert wire(after(shown, answer)) == wire(page.post(f"{BETA}/preview", fields))


# -- hostile forms ---------------------------------------------------------------------------------

RESPONSE: Inputs = [("response@", "group")]
INPUT: Inputs = [*RESPONSE, ("response.input@", "list")]


@pytest.mark.parametrize("route", ["wire", "form", "preview", "check"])
@pytest.mark.parametrize(
    "fields",
    [
        [("__proto__.x", "1")],
        [("constructor.prototype.x", "1")],
        [("__class__.__init__", "1")],
        [*INPUT, ("response.input.999999999.content.0.text", "x")],
        [*INPUT, ("response.input.-1", "x")],
        [*INPUT, ("response.input.+1", "x")],
        [*INPUT, ("response.input.01", "x")],
        [*INPUT, ("response.input.1e3", "x")],
        [*INPUT, ("response.input.", "x")],
        [(".".join(["a"] * 60), "x")],
        [*INPUT, ("response.input", "x"), ("response.input.k1.type", "y")],
        [*INPUT, ("response.input.k1.type", "y"), ("response.input", "x")],
        [("response..instructions", "x")],
        [(".response", "x")],
        [("response.", "x")],
        [("response[input][0]", "x")],
        [("id", "x")],
        [("owner", "x")],
        [("version", "x")],
        [("share_token", "x")],
        [*RESPONSE, ("response.evil", "x")],
        [("a\nb", "x")],
        [("a\u202eb", "x")],
        [*INPUT, ("response.input.k1@", "function_call"), ("response.input.k1.content@", "list")],
        [*RESPONSE, ("response.temperature", "1"), ("response.temperature", "2")],
        [("event_id", "a"), ("event_id", "b")],
    ],
    ids=lambda fields: " ".join(quote_plus(name[:40]) for name, _ in fields),
)  # fmt: skip
def test_a_form_that_no_page_of_ours_sends_is_refused(
    page: Visitor, fields: Inputs, route: str
) -> None:
    for htmx in (True, False):
        answer = page.post_raw(f"{BETA}/{route}", fields, htmx=htmx)
        shown = read(answer, 400)
        assert "\u202e" not in shown.text
        assert len(re.sub(r"\s+", " ", shown.text)) < 1_000


def test_an_input_without_a_name_is_none(page: Visitor) -> None:
    assert page.post_raw(f"{BETA}/wire", [("", "x")]).status_code == 400


def test_a_name_of_ten_thousand_characters_is_refused_short(page: Visitor) -> None:
    answer = page.post_raw(f"{BETA}/wire", [("x" * 10_000, "1")])
    assert answer.status_code == 400
    assert len(answer.data) < 10_000


def test_items_with_gaps_between_their_keys_are_kept_in_the_order_of_the_page(
    page: Visitor,
) -> None:
    fields = [*INPUT]
    for key in ("k8", "k1", "k4"):
        fields += [
            (f"response.input.{key}@", "reference_to_an_item"),
            (f"response.input.{key}.id", key),
        ]
    event = read_json(sent(page, fields))
    assert [item["id"] for item in event["response"]["input"]] == ["k8", "k1", "k4"]  # type: ignore[index, call-overload, union-attr]


@pytest.mark.parametrize(
    "text",
    ["1e400", "nan", "Infinity", "0x10", "9" * 5_000, "3,5", "1_000", "\uff11\uff12", "\u0663"],
)
def test_a_number_that_is_none_goes_as_typed_and_is_flagged(page: Visitor, text: str) -> None:
    fields = [*RESPONSE, ("response.temperature", text)]
    assert read_json(sent(page, fields)) == {"type": EVENT, "response": {"temperature": text}}
    assert "/response/temperature" in problems(page.post(f"{BETA}/preview", fields, htmx=True))


def test_blanks_around_a_number_are_no_part_of_it(page: Visitor) -> None:
    assert '"temperature": 0.7\n' in sent(page, [*RESPONSE, ("response.temperature", " 0.7 ")])


@pytest.mark.parametrize("text", ["on", "TRUE", "1", "yes"])
def test_a_truth_value_of_another_spelling_goes_as_typed_and_is_flagged(
    page: Visitor, text: str
) -> None:
    fields = [*RESPONSE, ("response.parallel_tool_calls", text)]
    event = sent(page, fields, "ga")
    assert read_json(event) == {"type": EVENT, "response": {"parallel_tool_calls": text}}
    shown = page.post(f"/events/ga/{EVENT}/preview", fields, htmx=True)
    assert problems(shown) == ["/response/parallel_tool_calls"]


def pairs(*entries: tuple[str, str]) -> Inputs:
    fields = [*RESPONSE, ("response.metadata@", "map")]
    for place, (name, value) in enumerate(entries, start=1):
        fields += [
            (f"response.metadata.k{place}@name", name),
            (f"response.metadata.k{place}", value),
        ]
    return fields


@pytest.mark.parametrize(
    "fields",
    [
        pairs(*((f"k{n}", "v") for n in range(17))),
        pairs(("k" * 65, "v")),
        pairs(("k", "v" * 513)),
        pairs(("k", "v"), ("k", "w")),
        pairs(("", "v")),
        [("event_id", "x" * 513)],
    ],
    ids=["17 pairs", "name of 65", "value of 513", "name twice", "no name", "id of 513"],
)
def test_what_is_too_much_is_sent_as_it_is_and_flagged(page: Visitor, fields: Inputs) -> None:
    assert page.post_raw(f"{BETA}/wire", fields).status_code == 200
    assert problems(page.post(f"{BETA}/preview", fields, htmx=True))


def test_a_pair_called_proto_is_a_pair_like_any(page: Visitor) -> None:
    fields = pairs(("__proto__", "v"))
    assert json.loads(sent(page, fields))["response"]["metadata"] == {"__proto__": "v"}
    assert problems(page.post(f"{BETA}/preview", fields, htmx=True)) == []


def test_an_event_id_of_any_characters_is_text_and_nothing_else(page: Visitor) -> None:
    name = "\"'><script>alert(1)</script>"
    shown = page.post(f"{BETA}/preview", [("event_id", name)])
    assert not [script for script in shown.all("script") if not script.get("src")]
    assert json.loads(sent(page, shown.fields("builder")))["event_id"] == name
    assert problems(page.post(f"{BETA}/preview", [("event_id", "x" * 512)], htmx=True)) == []


def test_a_text_above_the_limit_is_refused_with_its_length_and_one_at_the_limit_is_whole(
    page: Visitor,
) -> None:
    most = 1024 * 1024
    fields = [*RESPONSE, ("response.instructions", "x" * most)]
    assert len(sent(page, fields)) > most
    answer = page.post_raw(f"{BETA}/wire", [*RESPONSE, ("response.instructions", "x" * (most + 1))])
    assert answer.status_code == 422
    assert "1,048,577" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "text",
    [
        "\x7f",
        "\ufffe",
        "\u202eabc\u2069",
        "👩‍👩‍👧",
        "e" + "\u0301" * 10_000,
        "e\u0301",
        "\u00e9",
        "\u2028\u2029\x85\ufeff",
        "{{7*7}}{% raw %}${7*7}",
        "</script><!-- ]]> &lt;",
    ],
    ids=ascii,
)  # fmt: skip
def test_text_is_sent_character_by_character(page: Visitor, text: str) -> None:
    fields = [*RESPONSE, ("response.instructions", text)]
    assert read_json(sent(page, fields)) == {"type": EVENT, "response": {"instructions": text}}
    shown = quick(page.post_raw(f"{BETA}/preview", fields))
    assert ("response.instructions", text) in shown.fields("builder")


def test_nul_is_refused(page: Visitor) -> None:
    answer = page.post_raw(f"{BETA}/wire", [*RESPONSE, ("response.instructions", "a\0b")])
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"type": ', "line 1, column 10"),
        ('{"a": 1, "a": 2}', "line 1, column 10"),
        ("[" * 65 + "]" * 65, "line 1, column 65"),
        ("[]", "Expected an object"),
    ],
)
def test_broken_json_in_its_box_is_flagged_in_place_and_everything_else_kept(
    page: Visitor, text: str, words: str
) -> None:
    shown = pasted(page, GREETING)
    started = pressed(page, shown, "set:response.tools.k1.parameters", htmx=False)
    fields = [
        (n, text if n == "response.tools.k1.parameters" else v)
        for n, v in started.fields("builder")
    ]
    flagged = page.post(f"{BETA}/preview", fields)
    assert words in text_of(flagged.one("[id=p-response-tools-k1-parameters]"))
    strangers = ("draft", "token", "shown")
    assert [pair for pair in flagged.fields("builder") if pair[0] not in strangers] == [
        pair for pair in fields if pair[0] not in strangers
    ]


def test_a_malformed_body_is_refused_and_wipes_nothing(page: Visitor) -> None:
    for kind in ("text/plain", "multipart/form-data", "application/json"):
        answer = page.client.post(f"{BETA}/wire", data=b"response@=group", content_type=kind)
        assert answer.status_code in (400, 415)
    answer = page.client.post(
        f"{BETA}/wire", data=b"event_id=\xff", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 422

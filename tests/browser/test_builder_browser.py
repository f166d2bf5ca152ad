"""What a visitor does in the builder, in a real browser."""

import json
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.served import Served

BUILDER = "/events/beta/response.create"

WEATHER = {
    "type": "object",
    "properties": {"town": {"type": "string"}},
    "required": ["town"],
}


def shown(tab: Page) -> object:
    """The event that the wire column shows."""
    lines = tab.locator("#wire .ln").all_text_contents()
    return json.loads("\n".join(lines))


def expect_shown(tab: Page, event: object) -> None:
    """Wait until the wire column shows ``event``."""
    script = """event => {
      const lines = [...document.querySelectorAll('#wire .ln')].map(line => line.textContent);
      try {
        return JSON.stringify(JSON.parse(lines.join('\\n'))) === event;
      } catch {
        return false;
      }
    }"""
    tab.wait_for_function(
        script, arg=json.dumps(event, separators=(",", ":"), ensure_ascii=False), timeout=10_000
    )


def quiet(tab: Page) -> None:
    """Wait until no request is under way and the check of the whole has been answered."""
    tab.wait_for_timeout(450)
    tab.wait_for_function("() => !document.querySelector('.htmx-request')")


def held_back(tab: Page, address: str) -> list[Route]:
    """Requests to ``address`` that are made from now on; each waits to be let go."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.route(address, hold)
    return held


def tab_to(tab: Page, name: str) -> None:
    """Press Tab until the control called ``name`` has the focus, as a keyboard user would."""
    look = """() => {
      const at = document.activeElement;
      const by = at.getAttribute('aria-labelledby')?.split(' ')
        .map(id => document.getElementById(id))
        .map(part => part === at ? at.getAttribute('aria-label') : part?.textContent).join(' ');
      return by ?? at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent.trim()
        ?? at.textContent.trim();
    }"""
    for _ in range(250):
        if tab.evaluate(look) == name:
            return
        tab.keyboard.press("Tab")
    pytest.fail(f"no control called {name!r} is reached by the Tab key")


def press(tab: Page, name: str) -> None:
    """Reach a button with the Tab key, press Enter, and wait for the form to follow."""
    tab_to(tab, name)
    with tab.expect_response("**/form"):
        tab.keyboard.press("Enter")
    tab.wait_for_function("() => !document.querySelector('.htmx-request')")


def test_a_forced_function_call_is_built_by_keyboard_alone(tab: Page) -> None:
    tab.goto(BUILDER)
    press(tab, "Add text")
    press(tab, "Add tool")
    tab_to(tab, "Name")
    tab.keyboard.type("get_weather")
    tab_to(tab, "Description")
    tab.keyboard.type("The weather of one town.")
    tab_to(tab, "Parameters")
    tab.keyboard.press("ControlOrMeta+a")
    tab.keyboard.type(json.dumps(WEATHER))
    press(tab, "Set Tool choice to One function")
    tab_to(tab, "Function")
    tab.keyboard.type("get_weather")
    press(tab, "Add user message")
    tab.keyboard.type("Do I need an umbrella in Bergen?")
    expect_shown(
        tab,
        {
            "type": "response.create",
            "response": {
                "modalities": ["text"],
                "tools": [
                    {
                        "type": "function",
                        "name": "get_weather",
                        "description": "The weather of one town.",
                        "parameters": WEATHER,
                    }
                ],
                "tool_choice": {"type": "function", "name": "get_weather"},
                "input": [
                    {
                        "type": "message",
                        "role": "user",
                        "content": [
                            {"type": "input_text", "text": "Do I need an umbrella in Bergen?"}
                        ],
                    }
                ],
            },
        },
    )
    quiet(tab)
    said = tab.locator("#problems .problems__count")
    expect(said).to_have_text("No errors 1 note")  # no audio will come


def test_200_characters_at_typing_speed_lose_nothing_not_even_the_caret(tab: Page) -> None:
    tab.goto(BUILDER)
    tab.get_by_role("button", name="Set Instructions").click()
    box = tab.locator("#f-response-instructions")
    expect(box).to_be_focused()
    words = ("The quick brown fox jumps over the lazy dog; naïve café 42. " * 4)[:200]
    box.evaluate("box => { window.theBox = box; }")
    tab.keyboard.type(words, delay=12)
    assert box.input_value() == words
    assert tab.evaluate("() => document.activeElement === window.theBox"), "the box was replaced"
    assert box.evaluate("box => box.selectionStart") == 200
    # In the middle of the text, where a redraw would throw the caret to the end.
    for _ in range(100):
        tab.keyboard.press("ArrowLeft")
    tab.keyboard.type("[here]", delay=12)
    quiet(tab)
    expected = words[:100] + "[here]" + words[100:]
    assert box.input_value() == expected
    assert box.evaluate("box => box.selectionStart") == 106
    expect_shown(tab, {"type": "response.create", "response": {"instructions": expected}})


# Answers to keystrokes come the later the earlier they were asked for; an abort still counts.
LATE_ANSWERS = """
  const ask = window.fetch;
  const delays = [400, 300, 200, 100];
  window.fetch = async (url, options) => {
    const answer = await ask(url, options);
    const delay = String(url).includes("/block/") ? delays.shift() ?? 0 : 0;
    await new Promise((done, broken) => {
      setTimeout(done, delay);
      options?.signal?.addEventListener("abort", () => broken(options.signal.reason));
    });
    return answer;
  };
"""


def test_the_newest_state_wins_over_late_answers(tab: Page) -> None:
    tab.add_init_script(LATE_ANSWERS)
    tab.goto(BUILDER)
    tab.get_by_role("button", name="Set Instructions").click()
    expect(tab.locator("#f-response-instructions")).to_be_focused()
    tab.keyboard.type("abcde", delay=20)
    expect_shown(tab, {"type": "response.create", "response": {"instructions": "abcde"}})
    tab.wait_for_timeout(600)
    assert shown(tab) == {"type": "response.create", "response": {"instructions": "abcde"}}


def test_a_text_is_shown_as_it_is_typed_and_the_answer_has_the_last_word(tab: Page) -> None:
    tab.goto(BUILDER)
    tab.get_by_role("button", name="Set Instructions").click()
    expect(tab.locator("#f-response-instructions")).to_be_focused()
    quiet(tab)
    held = held_back(tab, "**/block/**")
    tab.keyboard.type('Say "ü\\".')
    event = {"type": "response.create", "response": {"instructions": 'Say "ü\\".'}}
    expect_shown(tab, event)
    expect(tab.locator("#wire [data-echoed]")).to_have_count(1)
    answer = held[-1].fetch()
    assert answer.ok
    held[-1].fulfill(response=answer)
    expect(tab.locator("#wire [data-echoed]")).to_have_count(0)
    assert shown(tab) == event


def test_what_is_no_plain_text_waits_for_its_answer(tab: Page) -> None:
    tab.goto(BUILDER)
    tab.get_by_role("button", name="Set Temperature").click()
    expect(tab.locator("#f-response-temperature")).to_be_focused()
    quiet(tab)
    before = shown(tab)
    held = held_back(tab, "**/block/**")
    tab.keyboard.type("0.9")
    assert shown(tab) == before
    held[-1].continue_()
    expect_shown(tab, {"type": "response.create", "response": {"temperature": 0.9}})


def test_a_keystroke_posts_its_own_block_and_nothing_else(tab: Page) -> None:
    tab.goto(f"{BUILDER}?example=several-turns")
    box = tab.locator("#f-response-input-k2-content-k1-text")
    with tab.expect_request("**/block/**") as sent:
        box.press("End")
        tab.keyboard.type("!")
    names = set(parse_qs(sent.value.post_data or "", keep_blank_values=True))
    assert names <= {
        "shown",
        "response.input.k2@",
        "response.input.k2.content@",
        "response.input.k2.content.k1@",
        "response.input.k2.content.k1.text",
    }


@pytest.mark.parametrize("style", ["Pretty", "Compact"])
def test_copy_puts_the_servers_bytes_on_the_clipboard(
    context: BrowserContext, tab: Page, style: str
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto(f"{BUILDER}?example=classify")
    tab.get_by_text(style, exact=True).click()
    quiet(tab)
    with tab.expect_response("**/wire") as answered:
        tab.get_by_role("button", name="Copy").click()
    expect(tab.get_by_role("button", name="Copied")).to_be_visible()
    copied = tab.evaluate("() => navigator.clipboard.readText()")
    assert copied == answered.value.text()
    assert ("\n" in copied) == (style == "Pretty")
    assert "".join(tab.locator("#wire .ln").all_text_contents()) == copied.replace("\n", "")


def test_a_download_is_the_same_bytes(tab: Page) -> None:
    tab.goto(f"{BUILDER}?example=classify")
    with tab.expect_download() as downloaded:
        tab.get_by_role("button", name="Download").click()
    assert downloaded.value.suggested_filename == "response.create.beta.json"
    text = downloaded.value.path().read_text("utf-8")
    assert json.loads(text) == shown(tab)


def test_a_line_leads_to_its_field_and_a_field_marks_its_lines(tab: Page) -> None:
    tab.goto(f"{BUILDER}?example=forced-function")
    tab.locator("#wire .ln", has_text='"description": "Look up').click()
    box = tab.locator("#f-response-tools-k1-description")
    expect(box).to_be_focused()
    expect(tab.locator("#wire .ln--here")).to_have_text(
        '"description": "Look up the weather of one town right now.",'
    )
    tab.keyboard.type("x")
    expect(tab.locator("#wire .ln--here")).to_contain_text("x")
    # By keyboard: a cursor walks the lines, Enter goes to the field.
    tab.locator("#wire").focus()
    for _ in range(2):
        tab.keyboard.press("ArrowDown")
    tab.locator("#wire .ln--cursor", has_text="response.create").wait_for()


def test_list_items_are_added_moved_copied_and_removed_with_the_focus_following(tab: Page) -> None:
    tab.goto(BUILDER)
    for name in ("first", "second"):
        tab.get_by_role("button", name="Add tool").click()
        tab.wait_for_timeout(200)
        tab.keyboard.type(name)
    quiet(tab)
    tab.locator("#f-response-tools-k2-name").press("Alt+ArrowUp")
    expect(tab.locator("#items-response-tools .item__summary")).to_have_text(["second", "first"])
    expect(tab.locator("#f-response-tools-k2-name")).to_be_focused()
    tab.get_by_role("button", name="More for Function second").click()
    tab.get_by_role("button", name="Duplicate").click()
    expect(tab.locator("#items-response-tools .item__summary")).to_have_text(
        ["second", "second", "first"]
    )
    expect(tab.locator("#f-response-tools-k3-name")).to_be_focused()
    tab.get_by_role("button", name="Remove Function first").click()
    expect(tab.locator("#items-response-tools .item__summary")).to_have_text(["second", "second"])
    expect(tab.locator("#f-response-tools-k3-name")).to_be_focused()
    names = [tool["name"] for tool in shown(tab)["response"]["tools"]]  # type: ignore[index]
    assert names == ["second", "second"]


def test_an_item_is_dragged_to_another_place(tab: Page) -> None:
    tab.goto(f"{BUILDER}?example=several-turns")
    heads = tab.locator("#items-response-input > .q > .item > .item__head")
    expect(heads).to_have_count(4)
    for head in heads.all():
        head.click()  # folded, so that both stand on the screen
    tab.drag_and_drop(
        "#q-response-input-k1 > .item > .item__head",
        "#q-response-input-k3 > .item > .item__head",
        target_position={"x": 40, "y": 28},
    )
    expect(tab.locator("#items-response-input > .q").nth(2)).to_have_attribute(
        "id", "q-response-input-k1"
    )
    roles = [item["role"] for item in shown(tab)["response"]["input"]]  # type: ignore[index]
    assert roles == ["user", "assistant", "system", "user"]


def test_problems_stand_at_the_field_the_line_the_list_and_what_is_folded(tab: Page) -> None:
    tab.goto(BUILDER)
    tab.get_by_role("button", name="Set Temperature").click()
    box = tab.locator("#f-response-temperature")
    expect(box).to_be_focused()
    tab.keyboard.type("hot")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(tab.locator("#p-response-temperature")).to_contain_text("number")
    expect(tab.locator("#wire .ln--error")).to_have_text('"temperature": "hot"')
    tab.get_by_role("link", name="/response/temperature").click()
    expect(box).to_be_focused()
    tab.keyboard.press("ControlOrMeta+a")
    tab.keyboard.type("0.9")
    expect(tab.locator("#problems")).to_have_text("No problems")
    expect(box).not_to_have_attribute("aria-invalid", "true")


def test_text_that_cannot_be_read_stays_and_says_where(context: BrowserContext) -> None:
    # The browser itself logs an answer of 422, so this tab may complain.
    tab = context.new_page()
    tab.goto(f"{BUILDER}?example=short-text")
    tab.get_by_role("button", name="Edit text").click()
    text = tab.locator("#raw-text")
    expect(text).to_be_focused()
    before = shown(tab)
    text.fill('{"type": "response.create",\n "response": {"voice" "sage"}}')
    expect(tab.locator("#raw-status")).to_contain_text("Line 2, column 23")
    assert text.input_value().endswith('"sage"}}')
    assert shown(tab) == before
    text.fill("{type: 'response.create', response: {voice: 'sage'}}  // from the wiki")
    expect_shown(tab, {"type": "response.create", "response": {"voice": "sage"}})
    expect(tab.locator("#raw-status")).to_contain_text("repairs")
    expect(text).to_be_focused()


def test_a_draft_survives_reload_under_its_own_address(tab: Page) -> None:
    tab.goto(f"{BUILDER}?example=short-text")
    tab.locator("#f-response-instructions").fill("Kept, I hope.")
    expect(tab.locator("[data-kept]")).to_have_text("Kept")
    tab.reload()
    expect(tab.locator("#f-response-instructions")).to_have_value("Kept, I hope.")
    tab.goto(BUILDER)
    tab.locator("summary", has_text="Recent").click()
    tab.get_by_role("link", name="Kept, I hope.").click()
    expect(tab.locator("#f-response-instructions")).to_have_value("Kept, I hope.")


def test_everything_is_built_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(BUILDER)
    tab.get_by_role("button", name="Add text").click()
    tab.get_by_role("button", name="Add tool").click()
    tab.locator("#f-response-tools-k1-name").fill("get_weather")
    tab.get_by_role("button", name="Set Tool choice to One function").click()
    tab.locator("#f-response-tool_choice-name").fill("get_weather")
    tab.get_by_role("button", name="More for Function get_weather").click()
    tab.get_by_role("button", name="Duplicate").click()
    tab.get_by_role("button", name="Remove Function get_weather").last.click()
    tab.get_by_role("button", name="Set Instructions").click()
    tab.locator("#f-response-instructions").fill("Be brief.\nBe kind.")
    tab.locator("#f-response-instructions").press("Tab")
    tab.get_by_role("button", name="Update the preview").focus()
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    event = shown(tab)
    assert event == {
        "type": "response.create",
        "response": {
            "modalities": ["text"],
            "instructions": "Be brief.\nBe kind.",
            "tools": [
                {
                    "type": "function",
                    "name": "get_weather",
                    "description": "",
                    "parameters": {"type": "object", "properties": {}},
                }
            ],
            "tool_choice": {"type": "function", "name": "get_weather"},
        },
    }
    tab.get_by_role("button", name="Copy").click()
    assert json.loads(tab.locator("body").inner_text()) == event
    context.close()


def test_the_page_talks_to_no_other_origin(tab: Page, served: Served) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(f"{BUILDER}?example=audio-input")
    tab.get_by_role("button", name="Set Instructions").click()
    quiet(tab)
    assert asked
    assert [url for url in asked if not url.startswith((served.url, "data:", "blob:"))] == []


@pytest.mark.parametrize("width", [360, 390, 768, 1024, 1440])
def test_nothing_scrolls_sideways(tab: Page, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(f"{BUILDER}?example=tool-output")
    for pane in ("event", "wire", "session"):
        label = tab.locator(f"label[for=pane-{pane}]")
        if label.is_visible():
            label.click()
        wide = """() => [...document.querySelectorAll('html, .main, .pane, .pane__body')]
          .filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.className)"""
        assert tab.evaluate(wide) == []

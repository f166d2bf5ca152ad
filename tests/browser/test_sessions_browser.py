"""What only a browser can show of a session: text that grows, sound that plays, nothing lost."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.realtime_servers import wait_for
from tests.served import Served, serve

BUILDER = "/events/beta/response.create"
GA = "/events/ga/response.create"
DONE = re.compile("^completed$")


def fill(tab: Page, builder: str = BUILDER, **response: Any) -> None:
    """Open the builder and paste an event into it."""
    event = {"type": "response.create", "event_id": "evt_browser", "response": response}
    tab.goto(builder)
    tab.get_by_role("button", name="Edit text").click()
    tab.locator("#raw-text").fill(json.dumps(event))
    tab.get_by_role("button", name="Read into the form").click()
    expect(tab.locator("#preview")).to_contain_text("evt_browser")


def send(tab: Page) -> None:
    """Press Send as somebody does who means it: not within a second of the press before."""
    expect(tab.locator("[data-next-token]")).to_have_count(0)
    tab.get_by_role("button", name="Send", exact=True).click()


def outcome(tab: Page, number: int = 0) -> Any:
    return tab.locator(".entry--response [data-words=outcome]").nth(number)


def log(tab: Page) -> list[dict[str, Any]]:
    """The record of the session that the page shows."""
    text = tab.evaluate(
        """async () => {
          const { session } = document.querySelector("[data-session]").dataset;
          return (await fetch(`/sessions/${session}/log.jsonl`)).text();
        }"""
    )
    return [json.loads(line) for line in text.splitlines()]


def received(tab: Page, *types: str) -> list[dict[str, Any]]:
    """The server events of these types, as the record has them."""
    lines = (line for line in log(tab) if line["direction"] == "received")
    return [event for line in lines if (event := json.loads(line["text"]))["type"] in types]


def transcript(tab: Page) -> list[Any]:
    """What the transcript says, entry by entry: kind, marks and words."""
    found = tab.evaluate(
        """() => [...document.querySelectorAll("[data-transcript] [data-key]")].map((entry) => [
          entry.className,
          { ...entry.dataset, playing: undefined },
          [...entry.querySelectorAll("[data-words]")]
            .filter((words) => words.closest("[data-key]") === entry)
            .map((words) => [words.dataset.words, words.textContent]),
        ])"""
    )
    assert isinstance(found, list)
    return [[kind, {k: v for k, v in marks.items() if v}, words] for kind, marks, words in found]


def test_text_arrives_word_by_word_after_one_click(tab: Page) -> None:
    fill(tab, modalities=["text"], instructions="Welcome the audience warmly.")
    wire = tab.locator("#preview").inner_text()
    send(tab)
    expect(tab.locator("[data-words=status]").first).to_have_text("Connected to Sandbox")
    text = tab.locator(".part--text [data-words=text]")
    expect(text).not_to_be_empty()
    expect(outcome(tab)).to_have_text("running")
    first = text.inner_text()
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    whole = text.inner_text()
    assert whole.startswith(first)
    assert len(whole) > len(first)
    deltas = received(tab, "response.text.delta")
    assert "".join(event["delta"] for event in deltas) == whole
    (sent,) = [line["text"] for line in log(tab) if line["direction"] == "sent"]
    assert json.loads(sent)["event_id"] == "evt_browser"
    assert "evt_browser" in wire
    expect(tab.locator(".entry__facts")).to_contain_text("tokens:")
    expect(tab.locator("[data-announcer]")).to_have_text("Response completed")


def test_a_reload_in_the_middle_loses_and_repeats_nothing(tab: Page) -> None:
    fill(tab, modalities=["text", "audio"], instructions="Tell how a rehearsal goes.")
    send(tab)
    text = tab.locator(".part--speech [data-words=text]")
    for _ in range(3):
        expect(text).not_to_be_empty()
        before = text.inner_text()
        tab.reload()
        expect(text).to_contain_text(before)
    expect(outcome(tab)).to_have_text(DONE, timeout=30_000)
    deltas = received(tab, "response.audio_transcript.delta")
    assert "".join(event["delta"] for event in deltas) == text.inner_text()
    expect(tab.locator(".entry--event [data-words=type]").last).to_have_text("rate_limits.updated")
    streamed = transcript(tab)
    tab.reload()
    assert transcript(tab) == streamed


def test_the_streamed_page_is_the_page_that_a_reload_shows(tab: Page) -> None:
    tool = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}
    choice = {"type": "function", "name": "get_weather"}
    fill(tab, tools=[tool], tool_choice=choice, metadata={"topic": "weather"})
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    expect(tab.locator(".part--call [data-words=name]")).to_have_text("get_weather")
    json.loads(tab.locator(".part--call [data-words=arguments]").inner_text())
    expect(tab.locator(".entry--event [data-words=type]").last).to_have_text("rate_limits.updated")
    streamed = transcript(tab)
    tab.reload()
    assert transcript(tab) == streamed


def test_speech_plays_while_it_arrives_and_again_as_a_whole(tab: Page) -> None:
    fill(tab, modalities=["text", "audio"], instructions="Count the chairs in the hall.")
    send(tab)
    part = tab.locator(".part--speech")
    play = part.get_by_role("button")
    play.click()
    expect(part).to_have_attribute("data-playing", "")
    expect(outcome(tab)).to_have_text("running")
    expect(outcome(tab)).to_have_text(DONE, timeout=30_000)
    expect(play).to_have_text("Play", timeout=30_000)
    play.click()
    position = "document.querySelector('.part--speech audio').currentTime"
    for _ in range(100):
        if tab.evaluate(position) > 0.2:
            break
        tab.wait_for_timeout(50)
    assert tab.evaluate(position) > 0.2
    duration = tab.evaluate("document.querySelector('.part--speech audio').duration")
    said = part.locator("[data-words=duration]").inner_text()
    assert abs(duration - float(said.removesuffix(" s"))) < 0.1
    play.click()
    expect(part).not_to_have_attribute("data-playing", "")
    painted = tab.evaluate(
        """() => {
          const canvas = document.querySelector("[data-wave]");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.some((value) => value > 0);
        }"""
    )
    assert painted


def test_replies_play_by_themselves_where_that_is_wished(tab: Page) -> None:
    fill(tab, modalities=["text", "audio"])
    tab.get_by_label("Play replies as they arrive").check()
    send(tab)
    expect(tab.locator(".part--speech")).to_have_attribute("data-playing", "", timeout=10_000)
    assert tab.get_by_label("Play replies as they arrive").is_checked()


def test_cancel_works_while_a_response_runs_and_only_then(tab: Page) -> None:
    fill(tab, modalities=["text"], metadata={"sandbox": "slow:16"})
    send(tab)
    cancel = tab.get_by_role("button", name="Cancel response")
    expect(tab.locator(".part--text [data-words=text]")).not_to_be_empty()
    expect(cancel).to_be_enabled()
    cancel.click()
    expect(outcome(tab)).to_have_text("cancelled")
    expect(cancel).to_be_disabled()
    expect(tab.locator(".entry--response")).to_have_attribute("data-outcome", "cancelled")


def test_a_dropped_socket_says_so_keeps_all_and_reconnects(tab: Page) -> None:
    fill(tab, modalities=["text"], metadata={"sandbox": "drop"})
    send(tab)
    notice = tab.locator(".entry--notice[data-tone=danger]")
    expect(notice).to_contain_text("code 1006", timeout=20_000)
    expect(notice).to_contain_text("What was received is kept")
    expect(outcome(tab)).to_have_text("cut off")
    kept = tab.locator(".part--text [data-words=text]").inner_text()
    assert kept
    expect(tab.get_by_role("button", name="Close", exact=True)).to_be_hidden()
    tab.get_by_role("button", name="Reconnect").click()
    expect(tab.locator("[data-words=status]").first).to_have_text("Connected to Sandbox")
    assert tab.locator(".part--text [data-words=text]").first.inner_text() == kept
    expect(tab.locator(".entry--notice[data-tone=ok]")).to_have_count(2)


def test_close_and_new_session(tab: Page) -> None:
    fill(tab, modalities=["text"])
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    tab.get_by_role("button", name="Close", exact=True).click()
    expect(tab.locator("[data-words=status]").first).to_have_text("Closed")
    expect(tab.locator(".entry--notice").last).to_contain_text("Closed from here.")
    tab.get_by_role("button", name="New session").click()
    expect(tab.locator("[data-words=status]").first).to_have_text("Connected to Sandbox")
    expect(tab.locator(".entry--response")).to_have_count(0)


def test_a_second_default_response_is_refused_where_it_was_sent(tab: Page) -> None:
    ask_while_it_runs(tab)
    tab.get_by_role("button", name="Send anyway").click()
    error = tab.locator(".entry--error")
    expect(error).to_contain_text("second answer was refused")
    expect(error).to_contain_text("cancel it and send again")
    expect(tab.locator(".entry--sent").nth(1)).to_have_attribute("data-status", "refused")
    error.get_by_role("link").click()
    expect(tab.locator(".entry--sent").nth(1)).to_be_focused()
    expect(tab.locator("[data-announcer]")).to_contain_text("second answer was refused")


def ask_while_it_runs(tab: Page) -> None:
    """Press Send while a default response runs, which brings up a question."""
    fill(tab, modalities=["text"], metadata={"sandbox": "slow:16"})
    send(tab)
    expect(outcome(tab)).to_have_text("running")
    send(tab)
    expect(tab.locator(".said__text")).to_contain_text("still being answered")


def sent(tab: Page) -> list[Any]:
    """The events that went out, as the record has them."""
    return [json.loads(line["text"]) for line in log(tab) if line["direction"] == "sent"]


def wire(tab: Page) -> Any:
    return json.loads(tab.locator("#wire").inner_text())


def test_an_event_waits_until_the_response_is_done(tab: Page) -> None:
    ask_while_it_runs(tab)
    tab.get_by_role("button", name="Send when it is done").click()
    waits = tab.locator("[data-words=held]")
    expect(waits).to_have_text("1 event will be sent when the response is done.")
    assert len(sent(tab)) == 1
    tab.get_by_role("button", name="Cancel response").click()
    expect(outcome(tab, 0)).to_have_text("cancelled")
    expect(outcome(tab, 1)).to_have_text("running")
    expect(waits).to_be_hidden()
    states = [e.get_attribute("data-status") for e in tab.locator(".entry--sent").all()]
    assert states == ["answered"] * 3


def test_what_waits_can_be_called_back(tab: Page) -> None:
    ask_while_it_runs(tab)
    tab.get_by_role("button", name="Send when it is done").click()
    tab.get_by_role("button", name="Do not send").click()
    expect(tab.get_by_role("button", name="Do not send")).to_be_hidden()
    tab.get_by_role("button", name="Cancel response").click()
    expect(outcome(tab)).to_have_text("cancelled")
    assert [event["type"] for event in sent(tab)] == ["response.create", "response.cancel"]


def test_what_runs_is_cancelled_for_the_next_event(tab: Page) -> None:
    ask_while_it_runs(tab)
    tab.get_by_role("button", name="Cancel it and send").click()
    expect(outcome(tab, 0)).to_have_text("cancelled")
    expect(outcome(tab, 1)).to_have_text("running")
    assert [event["type"] for event in sent(tab)] == [
        "response.create",
        "response.cancel",
        "response.create",
    ]


def test_an_event_is_answered_beside_the_conversation(tab: Page) -> None:
    ask_while_it_runs(tab)
    tab.get_by_role("button", name="Send out-of-band").click()
    expect(tab.locator(".entry--response").nth(1)).to_have_attribute("data-band", "apart")
    expect(tab.locator("#q-response-conversation")).not_to_have_class(re.compile("q--absent"))
    assert wire(tab) == sent(tab)[1]
    assert wire(tab)["response"]["conversation"] == "none"


def test_every_send_shows_the_id_it_sends(tab: Page) -> None:
    tab.goto(BUILDER)
    for number in (1, 2):
        send(tab)
        expect(outcome(tab, number - 1)).to_have_text(DONE, timeout=20_000)
        field = tab.locator("#f-event_id")
        expect(field).to_have_value(sent(tab)[-1]["event_id"])
        assert wire(tab) == sent(tab)[-1]
    first, second = sent(tab)
    assert first["event_id"] != second["event_id"]
    tab.reload()
    expect(field).to_have_value(second["event_id"])
    field.fill("mine")
    field.press("Tab")
    for number in (3, 4):
        send(tab)
        expect(outcome(tab, number - 1)).to_have_text(DONE, timeout=20_000)
    assert [event["event_id"] for event in sent(tab)[2:]] == ["mine", "mine"]


@pytest.mark.parametrize("how", ["double click", "five clicks", "key and click"])
def test_one_intent_is_one_event(tab: Page, how: str) -> None:
    fill(tab, modalities=["text"])
    button = tab.get_by_role("button", name="Send", exact=True)
    match how:
        case "double click":
            button.dblclick()
        case "five clicks":
            tab.evaluate("for (let n = 0; n < 5; n += 1) document.getElementById('send').click()")
        case _:
            tab.evaluate(
                """() => {
                  const pressed = { key: "Enter", ctrlKey: true, bubbles: true };
                  document.body.dispatchEvent(new KeyboardEvent("keydown", pressed));
                  document.getElementById("send").click();
                }"""
            )
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    assert len([line for line in log(tab) if line["direction"] == "sent"]) == 1


def test_one_intent_beside_the_draft_is_one_event(tab: Page) -> None:
    tab.goto(BUILDER)
    tab.get_by_text("Other events").click()
    tab.locator("#prelude textarea").first.fill('{"type": "input_audio_buffer.clear"}')
    button = tab.get_by_role("button", name="Send it as it stands")
    for _ in range(3):
        button.click()
    expect(tab.locator("#session-said")).to_contain_text("once")
    tab.wait_for_timeout(1_200)  # a second later it is meant again
    button.click()
    expect(tab.locator(".entry--event").nth(1)).to_contain_text("input_audio_buffer.cleared")
    assert [event["type"] for event in sent(tab)] == ["input_audio_buffer.clear"] * 2


def test_five_clicks_one_after_the_other_are_one_event_and_a_later_one_is_another(
    tab: Page,
) -> None:
    fill(tab, modalities=["text"], conversation="none", instructions="Hello")
    box = tab.get_by_role("button", name="Send", exact=True).bounding_box()
    assert box
    for _ in range(5):
        tab.mouse.click(box["x"] + 10, box["y"] + 10)
        tab.wait_for_timeout(250)
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    expect(tab.locator(".said__text")).to_contain_text("The event was sent once.")
    assert len(sent(tab)) == 1
    send(tab)
    expect(outcome(tab, 1)).to_have_text(DONE, timeout=20_000)
    assert len(sent(tab)) == 2
    tab.get_by_role("textbox", name="Instructions", exact=True).press_sequentially("!")
    tab.get_by_role("button", name="Send", exact=True).click()
    expect(outcome(tab, 2)).to_have_text(DONE, timeout=20_000)
    assert len(sent(tab)) == 3


def test_a_press_whose_answer_was_lost_is_carried_out_once(context: BrowserContext) -> None:
    tab = context.new_page()  # without the watch over the console: a cut answer is an error there
    fill(tab, modalities=["text"])
    lost: list[str] = []

    def cut(route: Route) -> None:
        route.fetch()
        lost.append(route.request.url)
        route.abort()

    tab.route("**/sessions/send*", cut, times=1)
    send(tab)
    tab.wait_for_timeout(500)
    assert lost
    tab.get_by_role("button", name="Send", exact=True).click()
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    assert len(sent(tab)) == 1


def test_control_enter_sends_from_a_field_and_keeps_the_focus(tab: Page) -> None:
    fill(tab, modalities=["text"], instructions="Say hello.")
    field = tab.get_by_role("textbox", name="Instructions", exact=True)
    field.click()
    field.press("End")
    tab.keyboard.type(" And bow.")
    tab.keyboard.press("Control+Enter")
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    (sent,) = [line["text"] for line in log(tab) if line["direction"] == "sent"]
    assert json.loads(sent)["response"]["instructions"] == "Say hello. And bow."
    expect(field).to_be_focused()


def test_an_event_with_errors_asks_once_at_the_button(tab: Page) -> None:
    fill(tab, temperature=9)
    send(tab)
    anyway = tab.get_by_role("button", name="Send anyway")
    expect(anyway).to_be_focused()
    anyway.click()
    expect(tab.locator(".entry--error [data-words=param]")).to_have_text("response.temperature")
    expect(tab.locator(".said__text")).to_have_count(0)


def test_an_error_lands_on_its_field_and_offers_the_fix(tab: Page) -> None:
    fill(tab, temperature=9, instructions="Say hello.")
    send(tab)
    tab.get_by_role("button", name="Send anyway").click()
    error = tab.locator(".entry--error")
    told = tab.locator("#problems li", has_text="server said")
    expect(told).to_contain_text("/response/temperature")
    expect(tab.locator("#p-response-temperature")).to_contain_text("It said:")
    expect(tab.locator("#w-response-temperature .ln--error")).to_have_count(1)
    tab.get_by_role("button", name="Examples").or_(tab.get_by_text("Examples")).first.focus()
    error.get_by_role("button", name="Go to response.temperature").click()
    field = tab.locator("#f-response-temperature")
    expect(field).to_be_focused()
    expect(tab.locator("#w-response-temperature .ln--here")).to_have_count(1)
    tab.locator("#f-response-instructions").fill("Say hello twice.")
    expect(tab.locator("#wire")).to_contain_text("twice")
    tab.wait_for_timeout(700)
    expect(told).to_have_count(1)
    error.get_by_role("button", name="Fix: write").click()
    expect(told).to_have_count(0)
    expect(field).to_have_value("1.2")
    expect(error.get_by_role("button", name="Fix")).to_have_count(0)


def test_the_output_of_a_call_is_returned_from_the_transcript(tab: Page) -> None:
    tool = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}
    choice = {"type": "function", "name": "get_weather"}
    fill(tab, modalities=["text"], tools=[tool], tool_choice=choice)
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    part = tab.locator(".part--call")
    part.get_by_text("Return an output").click()
    part.get_by_label("Output of the function call").fill('{"sky": "clear"}')
    part.get_by_role("button", name="Return it").click()
    expect(outcome(tab, 1)).to_have_text(DONE, timeout=20_000)
    expect(part.locator("[data-words=returned]")).to_have_text("Output returned.")
    expect(part.get_by_text("Return an output")).to_be_hidden()
    assert [event["type"] for event in sent(tab)] == [
        "response.create",
        "conversation.item.create",
        "response.create",
    ]
    assert sent(tab)[1]["item"]["output"] == '{"sky": "clear"}'
    assert [e.get_attribute("data-status") for e in tab.locator(".entry--sent").all()] == [
        "answered"
    ] * 3
    send(tab)
    expect(outcome(tab, 2)).to_have_text(DONE, timeout=20_000)
    second = tab.locator(".part--call").last
    second.get_by_text("Return an output").click()
    second.get_by_label("Output of the function call").fill("two")
    second.get_by_role("button", name="Return it").click()
    expect(outcome(tab, 3)).to_have_text(DONE, timeout=20_000)
    assert sent(tab)[-2]["item"]["output"] == "two"


@pytest.mark.parametrize(
    ("answer", "told", "outcome_words"),
    [("Approve", "Approved.", "rehearsed this call"), ("Deny", "Denied.", "You did not approve")],
)
def test_an_mcp_call_is_approved_or_denied_from_the_transcript(
    tab: Page, answer: str, told: str, outcome_words: str
) -> None:
    server = {"type": "mcp", "server_label": "sandbox", "server_url": "https://mcp.example.com"}
    params = {"output_modalities": ["text"], "tools": [server], "tool_choice": "required"}
    fill(tab, GA, **params)
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    part = tab.locator(".part--approval")
    expect(part.locator("[data-words=arguments]")).to_contain_text("topic")
    expect(part.get_by_text("Ask for a response")).to_be_hidden()
    part.get_by_label("Reason for denying it").fill("Not <b>now</b>")
    part.get_by_role("button", name=answer).click()
    expect(outcome(tab, 1)).to_have_text(DONE, timeout=20_000)
    expect(tab.locator(".entry--response").nth(1)).to_contain_text(outcome_words)
    for _ in range(2):
        expect(part.locator("[data-words=returned]")).to_have_text(told)
        for label in ("Approve", "Deny", "Ask for a response"):
            expect(part.get_by_text(label, exact=True)).to_be_hidden()
        tab.reload()
    (item,) = [event["item"] for event in sent(tab) if "item" in event]
    assert item["approve"] is (answer == "Approve")
    assert item.get("reason") == (None if item["approve"] else "Not <b>now</b>")
    assert [event["type"] for event in sent(tab)] == ["response.create", "conversation.item.create"]


def test_an_error_about_another_event_leads_to_where_that_stands(tab: Page) -> None:
    tab.goto(BUILDER)
    tab.get_by_text("Other events").click()
    box = tab.get_by_label("Event to send beside the draft")
    box.fill('{"type": "session.update", "session": {"voice": "sage", "temperature": 9}}')
    tab.get_by_role("button", name="Send it as it stands").click()
    link = tab.get_by_role("button", name="Go to session.temperature")
    link.click()
    expect(box).to_be_focused()
    marked = "(box) => box.value.slice(box.selectionStart, box.selectionEnd)"
    assert box.evaluate(marked) == '"temperature"'
    box.fill("")
    link.click()
    sent = tab.locator(".entry--sent")
    expect(sent).to_be_focused()
    expect(sent.locator("[data-words=wire]")).to_be_visible()


def test_a_prelude_sets_the_scene(tab: Page) -> None:
    tab.goto(BUILDER)
    tab.get_by_text("Other events").click()
    tab.get_by_label("Template of an event").select_option("session")
    tab.get_by_role("button", name="Insert").click()
    box = tab.get_by_label("Event to send beside the draft")
    expect(box).to_have_value(re.compile("session.update"))
    tab.get_by_role("button", name="Send it as it stands").click()
    expect(tab.locator(".entry--event")).to_contain_text("session.updated")
    first = box.input_value()
    box.fill("{broken")
    tab.get_by_role("button", name="Send it as it stands").click()
    expect(tab.locator(".said__text")).to_contain_text("This is not JSON")
    tab.get_by_role("button", name="Send it as it is").click()
    expect(tab.locator(".entry--error")).to_contain_text("could not read the event as JSON")
    texts = [line["text"] for line in log(tab) if line["direction"] == "sent"]
    assert texts == [first, "{broken"]
    expect(box).to_have_value("{broken")


def test_two_tabs_show_the_same_session(tab: Page, context: BrowserContext) -> None:
    fill(tab, modalities=["text"])
    send(tab)
    expect(tab.locator("[data-session]")).to_have_count(1)
    other = context.new_page()
    other.goto(tab.url)
    for page in (tab, other):
        expect(outcome(page)).to_have_text(DONE, timeout=20_000)
        expect(page.locator(".entry--event").last).to_contain_text("rate_limits")
    assert transcript(tab) == transcript(other)


def test_a_lost_network_loses_and_repeats_nothing(context: BrowserContext) -> None:
    tab = context.new_page()  # without the watch over the console: being offline is an error there
    fill(tab, modalities=["text"], metadata={"sandbox": "slow:16"})
    send(tab)
    text = tab.locator(".part--text [data-words=text]")
    expect(text).not_to_be_empty()
    context.set_offline(True)
    # Being offline does not cut what is open, so the stream is cut by hand.
    tab.evaluate("dispatchEvent(new Event('pagehide'))")
    tab.wait_for_timeout(500)
    context.set_offline(False)
    tab.evaluate("dispatchEvent(new Event('pageshow'))")
    tab.wait_for_timeout(500)
    tab.get_by_role("button", name="Cancel response").click()
    expect(outcome(tab)).to_have_text("cancelled")
    deltas = received(tab, "response.text.delta")
    assert "".join(event["delta"] for event in deltas) == text.inner_text()


def test_half_a_minute_offline_loses_and_repeats_nothing(context: BrowserContext) -> None:
    tab = context.new_page()  # without the watch over the console: being offline is an error there
    fill(tab, modalities=["text"], metadata={"sandbox": "slow:50"})
    send(tab)
    text = tab.locator(".part--text [data-words=text]")
    expect(text).not_to_be_empty(timeout=20_000)
    context.set_offline(True)
    # Being offline does not cut what is open, so the stream is cut by hand.
    tab.evaluate("dispatchEvent(new Event('offline'))")
    before = text.inner_text()
    expect(tab.locator("[data-lost-words]")).to_have_text(re.compile("is lost; trying again"))
    tab.wait_for_timeout(30_000)  # this long it is away
    assert text.inner_text() == before
    context.set_offline(False)
    expect(tab.locator("[data-lost-words]")).to_be_hidden(timeout=40_000)
    expect(outcome(tab)).to_have_text(DONE, timeout=60_000)
    deltas = received(tab, "response.text.delta")
    assert text.inner_text() == "".join(event["delta"] for event in deltas) != before
    expect(tab.locator(".entry--event [data-words=type]").last).to_have_text("rate_limits.updated")
    streamed = transcript(tab)
    tab.reload()
    assert transcript(tab) == streamed


def test_beside_eight_tabs_that_stream_a_ninth_loads_and_saves(context: BrowserContext) -> None:
    first = context.new_page()  # without the watch over the console: more than four are refused
    fill(first, modalities=["text"], metadata={"sandbox": "silence"})
    send(first)
    expect(first.locator(".part--text [data-words=text]")).not_to_be_empty(timeout=20_000)
    others = [context.new_page() for _ in range(7)]
    for tab in others:
        tab.goto(first.url)
    # A browser keeps six connections to a host: the four that stream and one that waits leave one.
    expect(others[-1].locator("[data-lost-words]")).not_to_be_empty(timeout=20_000)
    for words in ("Say hello.", "Say it twice."):
        ninth = context.new_page()
        ninth.goto(f"{BUILDER}?example=short-text")
        ninth.get_by_role("textbox", name="Instructions", exact=True).fill(words)
        expect(ninth.locator("#preview")).to_contain_text(words)
        expect(ninth.locator("[data-kept]")).to_have_text("Kept")
        kept = ninth.url
        ninth.close()
        again = context.new_page()
        again.goto(kept)
        expect(again.locator("#preview")).to_contain_text(words)
        again.close()
    expect(first.locator("[data-words=status]").first).to_have_text("Connected to Sandbox")


def test_pages_come_back_at_moments_of_their_own(tab: Page) -> None:
    tab.add_init_script(
        """
        window.streams = { asked: 0, open: false };
        window.EventSource = class extends EventSource {
          constructor(...address) {
            super(...address);
            streams.asked += 1;
            streams.open = false;
            this.addEventListener("open", () => { streams.open = true; });
          }
        };
        """
    )
    tab.clock.install()
    fill(tab, modalities=["text"], metadata={"sandbox": "silence"})
    tab.clock.resume()
    send(tab)
    wait_for(lambda: bool(tab.evaluate("streams.open")))
    tab.clock.pause_at(tab.evaluate("Date.now() + 1000"))
    waited_ms = []
    for _ in range(8):
        wait_for(lambda: bool(tab.evaluate("streams.open")))
        before = tab.evaluate("streams.asked")
        tab.evaluate("dispatchEvent(new Event('offline'))")
        waited = 0
        while tab.evaluate("streams.asked") == before:
            tab.clock.run_for(10)
            waited += 10
        waited_ms.append(waited)
    assert all(250 <= waited <= 760 for waited in waited_ms), waited_ms
    assert len(set(waited_ms)) > 2, waited_ms


def test_a_lost_app_is_said_tried_again_and_at_last_left_to_a_button(browser: Browser) -> None:
    with serve() as own:
        context = browser.new_context(base_url=own.url)
        tab = context.new_page()
        tab.clock.install()
        fill(tab, modalities=["text"])
        tab.clock.resume()
        send(tab)
        expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
        words = tab.locator("[data-lost-words]")
        expect(words).to_be_hidden()
        own.stop()
        expect(words).to_have_text(re.compile("is lost; trying again"), timeout=6_000)
        again = tab.get_by_role("button", name="Try again")
        expect(again).to_be_hidden()
        for _ in range(12):
            tab.clock.run_for(60_000)
            tab.wait_for_timeout(100)
        expect(again).to_be_visible()
        expect(words).to_contain_text("Is it still running?")
        again.click()
        expect(again).to_be_hidden()
        assert outcome(tab).inner_text() == "completed"
        context.close()


def test_a_stream_that_is_cut_comes_back_by_itself_and_repeats_nothing(tab: Page) -> None:
    fill(tab, modalities=["text"], metadata={"sandbox": "slow:16"})
    send(tab)
    text = tab.locator(".part--text [data-words=text]")
    expect(text).not_to_be_empty()
    for _ in range(3):
        tab.evaluate("dispatchEvent(new Event('offline'))")
        tab.wait_for_timeout(1_200)
    tab.get_by_role("button", name="Cancel response").click()
    expect(outcome(tab)).to_have_text("cancelled")
    deltas = received(tab, "response.text.delta")
    assert "".join(event["delta"] for event in deltas) == text.inner_text()
    expect(tab.locator("[data-lost-words]")).to_be_hidden()


def test_long_absence_and_a_lost_place_are_made_up_for_in_portions(
    tab: Page, context: BrowserContext
) -> None:
    clear = json.dumps({"type": "input_audio_buffer.clear"})
    lines = [{"direction": "sent", "offset_ms": 1, "text": clear}] * 150
    fill(tab)
    tab.get_by_text("Other events").click()
    tab.get_by_label("Log to replay").fill("\n".join(map(json.dumps, lines)))
    messages: list[dict[str, str]] = []
    watched = context.new_cdp_session(tab)
    watched.send("Network.enable")

    def note(message: dict[str, str]) -> None:
        messages.append(message)

    watched.on("Network.eventSourceMessageReceived", note)
    hide(tab, hidden=True)
    tab.get_by_role("button", name="Replay the log").click()
    expect(tab.locator("[data-session]")).to_have_count(1)
    tab.wait_for_function(
        """async () => {
          const { session } = document.querySelector("[data-session]").dataset;
          const log = await (await fetch(`/sessions/${session}/log.jsonl`)).text();
          return log.split("input_audio_buffer.cleared").length > 150;
        }"""
    )
    hide(tab, hidden=False)
    all_there = tab.locator(".entry--event", has_text="input_audio_buffer.cleared")
    expect(all_there).to_have_count(150)
    assert {"part", "changes"} <= {message["eventName"] for message in messages}
    for message in messages:
        if message["eventName"] in ("part", "changes"):
            assert len(json.loads(message["data"])) <= 200
    shown = transcript(tab)
    assert len(shown) > 300
    messages.clear()
    lost = re.compile(r"from=[^&]*")
    tab.route(
        "**/stream?*",
        lambda route: route.continue_(url=lost.sub("from=lost", route.request.url)),
        times=1,
    )
    tab.locator("[data-transcript] > li").first.evaluate("(entry) => entry.id = 'old'")
    tab.evaluate("dispatchEvent(new Event('offline'))")
    expect(tab.locator("#old")).to_have_count(0)
    expect(all_there).to_have_count(150)
    assert transcript(tab) == shown
    assert json.loads(messages[0]["data"])[0] == ["reset"]
    assert [message["eventName"] for message in messages[:2]] == ["changes", "changes"]


def test_reloads_in_quick_succession_get_a_stream_each(tab: Page) -> None:
    fill(tab, modalities=["text"])
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    for _ in range(8):
        tab.reload()
    send(tab)
    expect(outcome(tab, 1)).to_have_text(DONE, timeout=20_000)
    assert len(sent(tab)) == 2
    expect(tab.locator("[data-lost-words]")).to_be_hidden()


def test_a_hidden_tab_shows_all_once_when_it_is_looked_at_again(
    tab: Page, context: BrowserContext
) -> None:
    fill(tab, modalities=["text"], metadata={"sandbox": "flood:3000"})
    hide(tab, hidden=True)
    send(tab)
    tab.wait_for_timeout(1_000)
    hide(tab, hidden=False)
    expect(outcome(tab)).to_have_text(DONE, timeout=30_000)
    shown = tab.locator(".part--text [data-words=text]").inner_text()
    assert shown == "".join(event["delta"] for event in received(tab, "response.text.delta"))
    expect(tab.locator(".entry--event [data-words=type]").last).to_have_text("rate_limits.updated")
    other = context.new_page()
    other.goto(tab.url)
    assert transcript(other) == transcript(tab)


def test_closing_in_one_tab_shows_in_the_other_and_a_new_session_leaves_it_alone(
    tab: Page, context: BrowserContext
) -> None:
    fill(tab, modalities=["text"])
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    other = context.new_page()
    other.goto(tab.url)
    status = "[data-words=status]"
    expect(other.locator(status).first).to_have_text("Connected to Sandbox")
    other.get_by_role("button", name="New session").click()
    expect(other.locator(".entry--response")).to_have_count(0)
    expect(tab.locator(status).first).to_have_text("Connected to Sandbox")
    third = context.new_page()
    third.goto(tab.url)
    third.get_by_role("button", name="Close", exact=True).click()
    expect(tab.locator(status).first).to_have_text("Closed")
    expect(tab.locator(".entry--notice").last).to_contain_text("Closed from here.")


def test_a_session_that_has_ended_is_asked_for_no_more(tab: Page) -> None:
    fill(tab, modalities=["text"])
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    asked: list[str] = []
    tab.on(
        "request", lambda request: asked.append(request.url) if "/stream" in request.url else None
    )
    tab.get_by_role("button", name="Close", exact=True).click()
    expect(tab.locator("[data-words=status]").first).to_have_text("Closed")
    tab.wait_for_timeout(3_000)
    assert len(asked) <= 1
    expect(tab.locator("[data-lost-words]")).to_be_hidden()


def hide(tab: Page, *, hidden: bool) -> None:
    """Let the page believe that its tab is hidden: a headless browser hides none."""
    tab.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


@pytest.mark.alone
def test_ten_thousand_deltas_keep_the_page_responsive(tab: Page) -> None:
    fill(tab, modalities=["text"], metadata={"sandbox": "flood:10000"})
    tab.evaluate(
        """() => {
          window.longest = 0;
          new PerformanceObserver((list) => {
            for (const { duration } of list.getEntries()) {
              window.longest = Math.max(window.longest, duration);
            }
          }).observe({ entryTypes: ["longtask"] });
        }"""
    )
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=60_000)
    shown = tab.locator(".part--text [data-words=text]").inner_text()
    done = received(tab, "response.done")[-1]
    assert shown == done["response"]["output"][0]["content"][0]["text"]
    assert tab.evaluate("window.longest") < 200


def test_the_end_stays_in_view_until_one_scrolls_up(tab: Page) -> None:
    tab.set_viewport_size({"width": 1_300, "height": 420})
    fill(tab, modalities=["text"])
    at_end = """() => {
      const box = document.querySelector(".session__body");
      return box.scrollHeight - box.scrollTop - box.clientHeight < 5 && box.scrollTop > 0;
    }"""
    for number in range(3):
        send(tab)
        expect(outcome(tab, number)).to_have_text(DONE, timeout=20_000)
    tab.wait_for_timeout(100)
    assert tab.evaluate(at_end)
    tab.evaluate("document.querySelector('.session__body').scrollTop = 0")
    tab.wait_for_timeout(100)
    tab.reload()
    assert tab.evaluate(at_end)


ATTACKS = [
    "<img src=x onerror='window.broken = 1'>",
    "</div></li><script>window.broken = 1</script>",
    '<hx-partial hx-target="#form">gone</hx-partial>',
    "<svg><style><img src=x onerror=window.broken=1></style></svg>",
    '" onmouseover="window.broken = 1" x="',
    "{{ 7 * 7 }} ${window.broken = 1}",
]


def test_foreign_text_never_becomes_anything_but_text(tab: Page) -> None:
    attack = "\n".join(ATTACKS)
    fill(tab, modalities=["text"], instructions=attack, metadata={"a": ATTACKS[0]})
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=30_000)
    for _ in range(2):
        assert tab.evaluate("window.broken") is None
        assert tab.locator("[data-transcript]").locator("img, script, svg, style").count() == 0
        expect(tab.locator("#form")).not_to_have_text("gone")
        tab.reload()
    assert ATTACKS[0] in tab.locator(".entry--response").inner_text()


def test_without_script_the_same_buttons_work(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{BUILDER}?example=spoken-greeting")
    send(tab)
    for _ in range(20):
        if outcome(tab).inner_text() == "completed":
            break
        tab.wait_for_timeout(500)
        tab.get_by_role("button", name="Refresh").click()
    expect(outcome(tab)).to_have_text("completed")
    expect(tab.locator(".entry--response audio")).to_be_visible()
    expect(tab.get_by_role("button", name="Play", exact=True)).to_be_hidden()
    context.close()


def test_leaving_and_coming_back_shows_the_session_as_it_is(tab: Page) -> None:
    fill(tab, modalities=["text"])
    send(tab)
    expect(tab.locator("[data-session]")).to_have_count(1)
    tab.wait_for_url(re.compile("session="))
    tab.goto("/healthz")
    tab.go_back()
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    assert len(tab.locator(".entry--sent").all()) == 1

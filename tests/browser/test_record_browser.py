"""What only a browser can show of the record: rows that come, fold and open, and stay in view."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_sessions_browser import ATTACKS, BUILDER, DONE, fill, log, outcome, send


def open_record(tab: Page) -> None:
    tab.get_by_role("link", name="All events").click()
    expect(tab.locator("#record-list li").first).to_be_visible()


def test_all_events_come_as_rows_while_the_session_lives(tab: Page) -> None:
    fill(tab, modalities=["text", "audio"], instructions="Count the chairs.")
    send(tab)
    open_record(tab)
    expect(tab.locator(".transcript")).to_be_hidden()
    last = tab.locator("#record-list .frame__type").last
    expect(last).to_have_text("rate_limits.updated", timeout=20_000)
    expect(last).to_be_in_viewport()
    frames = len(log(tab)) - 1
    expect(tab.locator("#record-count")).to_contain_text(f"{frames} frames")
    heads = tab.locator("#record-list .frame__type").all_inner_texts()
    assert [head for head in heads if head.endswith("× response.audio.delta")]
    seqs = [row.get_attribute("data-seq") for row in tab.locator("#record-list > li").all()]
    assert len(seqs) == len(set(seqs)), "no row comes twice"
    tab.get_by_role("button", name="Transcript").click()
    expect(outcome(tab)).to_have_text(DONE)
    expect(tab.locator("#record")).to_have_count(0)


def test_a_thousand_deltas_are_one_row_that_opens(tab: Page) -> None:
    fill(tab, modalities=["text"], metadata={"sandbox": "flood:1000"})
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=30_000)
    open_record(tab)
    fold = tab.locator(".frame--fold a")
    expect(fold).to_contain_text("1,000 × response.text.delta")
    fold.click()
    expect(tab.locator(".frame--inside").first).to_be_visible()
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(fold).to_be_focused()
    expect(fold).to_be_in_viewport()
    tab.get_by_role("link", name="later rows").click()
    expect(tab.locator(".frame--inside").first).to_be_in_viewport()
    expect(fold).to_have_count(0)
    tab.get_by_role("link", name="earlier rows").click()
    fold.press("Enter")
    expect(tab.locator(".frame--inside")).to_have_count(0)
    tab.get_by_label("Every delta").check()
    expect(tab.locator(".frame--fold")).to_have_count(0)
    expect(tab.locator("#record-list > li")).to_have_count(200)


def test_search_and_filters_answer_while_typing(tab: Page) -> None:
    fill(tab, modalities=["text"])
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    open_record(tab)
    search = tab.get_by_label("Text in the events")
    search.press_sequentially("rate_LIM")
    expect(tab.locator("#record-list > li")).to_have_count(1)
    expect(tab.locator("#record-count")).to_contain_text("1 of")
    expect(search).to_be_focused()
    search.fill("")
    tab.get_by_label("Direction").select_option("sent")
    expect(tab.locator("#record-list > li")).to_have_count(1)
    tab.get_by_label("Direction").select_option("")
    tab.get_by_label("Type of event").select_option("session.created")
    row = tab.locator("#record-list > li")
    expect(row.locator(".frame__type")).to_have_text(["session.created"])
    row.locator("summary").click()
    body = row.locator("[data-body]")
    expect(body).to_contain_text('"type": "session.created"')
    pretty = body.inner_text()
    row.get_by_role("button", name="Raw").click()
    expect(body).not_to_have_text(pretty)
    raw = next(each["text"] for each in log(tab) if "session.created" in each.get("text", ""))
    assert body.inner_text() == raw


def test_two_rows_are_compared(tab: Page) -> None:
    fill(tab, modalities=["text"])
    for number in range(2):
        send(tab)
        expect(outcome(tab, number)).to_have_text(DONE, timeout=20_000)
    open_record(tab)
    tab.get_by_label("Type of event").select_option("response.done")
    expect(tab.locator("#record-list > li")).to_have_count(2)
    for box in tab.locator("#record-list input[name=tick]").all():
        box.check()
    tab.get_by_role("button", name="Compare ticked").click()
    table = tab.get_by_role("table", name="Two frames side by side")
    expect(table.locator("del").first).to_contain_text("event_")
    tab.locator(".difference").get_by_role("button", name="Close").click()
    expect(table).to_have_count(0)


def test_who_scrolls_up_is_left_there(tab: Page) -> None:
    fill(tab, modalities=["text"], metadata={"sandbox": "slow:16"})
    send(tab)
    open_record(tab)
    tab.get_by_label("Every delta").check()
    rows = tab.locator("#record-list")
    expect(tab.locator("#record-list > li").nth(14)).to_be_attached(timeout=30_000)
    rows.evaluate("(box) => { box.scrollTop = 0; }")
    before = tab.locator("#record-list > li").count()
    expect(tab.locator("#record-list > li").nth(before + 2)).to_be_attached(timeout=20_000)
    assert rows.evaluate("(box) => box.scrollTop") == 0
    rows.evaluate("(box) => { box.scrollTop = box.scrollHeight; }")
    before = tab.locator("#record-list > li").count()
    expect(tab.locator("#record-list > li").nth(before + 2)).to_be_attached(timeout=20_000)
    away = "(box) => box.scrollHeight - box.scrollTop - box.clientHeight"
    tab.wait_for_timeout(100)
    assert rows.evaluate(away) < 40


def test_an_open_row_stays_open_while_rows_come(tab: Page) -> None:
    tab.goto(BUILDER)
    tab.get_by_role("button", name="Connect").click()
    expect(tab.locator("[data-words=status]").first).to_have_text("Connected to Sandbox")
    open_record(tab)
    row = tab.locator("#record-list > li").last
    seq = row.get_attribute("data-seq")
    row.locator("summary").click()
    opened = tab.locator(f'#record-list > li[data-seq="{seq}"] details')
    expect(opened.locator("[data-body]")).not_to_be_empty()
    send(tab)
    expect(tab.locator("#record-list .frame__type").last).to_have_text(
        "rate_limits.updated", timeout=20_000
    )
    expect(opened).to_have_attribute("open", "")
    expect(opened).to_have_count(1)


def test_open_folds_stay_open_and_grow_while_rows_come(tab: Page) -> None:
    fill(tab, modalities=["text", "audio"], instructions="Count the chairs.")
    send(tab)
    open_record(tab)
    # Words and sound come in turns: each of their folds grows in the middle of the list.
    for kind in ("audio_transcript", "audio"):
        fold = tab.locator(".frame--fold a", has_text=f"× response.{kind}.delta")
        expect(fold).to_be_visible(timeout=20_000)
        fold.click()
        expect(fold).to_have_attribute("aria-expanded", "true")
    inside = tab.locator("#record-list > .frame--inside")
    row = inside.nth(1)
    row.locator("summary").click()
    expect(row.locator("[data-body]")).to_contain_text("delta")
    row.locator("input[name=tick]").check()
    before = inside.count()
    expect(inside.nth(before + 2)).to_be_attached(timeout=20_000)
    last = tab.locator("#record-list .frame__type").last
    expect(last).to_have_text("rate_limits.updated", timeout=30_000)
    expect(row.locator("details")).to_have_attribute("open", "")
    expect(row.locator("[data-body]")).to_contain_text("delta")
    expect(row.locator("input[name=tick]")).to_be_checked()
    grown = listed(tab)
    frames = len(log(tab)) - 1
    expect(tab.locator("#record-count")).to_contain_text(f"{frames} frames")
    opened = [fold.get_attribute("data-seq") for fold in tab.locator("li.frame--fold").all()]
    address = tab.get_by_role("link", name="All events").get_attribute("href")
    tab.goto(f"{address}?open={opened[0]}&open={opened[1]}&at={opened[0]}")
    fresh = listed(tab)
    assert grown[-len(fresh) :] == fresh
    assert len(fresh) > before


def listed(tab: Page) -> list[str]:
    """The rows of the list in order: which they are and what they say of themselves."""
    found = tab.locator("#record-list > li").evaluate_all(
        """(rows) => rows.map((row) => {
          const words = row.querySelectorAll(".frame__seq, .frame__type");
          return [row.className, ...[...words].map((word) => word.textContent)].join(" ");
        })"""
    )
    return [" ".join(words.split()) for words in found]


def test_foreign_text_stays_text_in_the_record(tab: Page) -> None:
    tab.goto(BUILDER)
    tab.get_by_text("Other events").click()
    box = tab.get_by_label("Event to send beside the draft")
    for attack in ATTACKS[:2]:
        box.fill(json.dumps({"type": attack, "event_id": attack}))
        tab.get_by_role("button", name="Send it as it stands").click()
        expect(tab.locator(".entry--error", has_text=attack[:20]).last).to_be_visible()
    tab.get_by_text("Other events").click()
    open_record(tab)
    expect(tab.locator(".frame__type", has_text=ATTACKS[0])).to_have_count(1)
    tab.locator(".frame__type", has_text=ATTACKS[0]).click()
    expect(tab.locator("#record-list [data-body]", has_text="onerror").first).to_be_visible()
    tab.get_by_label("Text in the events").fill(ATTACKS[1])
    expect(tab.locator("#record-count")).to_contain_text(" of ")
    assert tab.evaluate("window.broken") is None
    assert tab.locator(".session").locator("img, script, svg, style").count() == 0


def test_a_log_is_replayed_from_its_file(tab: Page, tmp_path: Path) -> None:
    fill(tab, modalities=["text"])
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    first = [line["text"] for line in log(tab) if line["direction"] == "sent"]
    tab.locator(".session__foot summary").click()
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Log as HAR").click()
    file = tmp_path / "session.har"
    download.value.save_as(file)
    tab.keyboard.press("Escape")
    before = tab.locator("#session").get_attribute("data-session")
    tab.get_by_text("Other events").click()
    tab.get_by_label("File of a log").set_input_files(file)
    expect(tab.get_by_label("Log to replay")).to_have_value(re.compile("_webSocketMessages"))
    tab.get_by_role("button", name="Replay the log").click()
    expect(tab.locator("#session")).not_to_have_attribute("data-session", before or "")
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    assert [line["text"] for line in log(tab) if line["direction"] == "sent"] == first
    expect(tab.locator("#preview")).to_contain_text("evt_browser")


@pytest.mark.parametrize("form", ["jsonl", "har"])
def test_a_log_full_of_sound_is_replayed_too(tab: Page, tmp_path: Path, form: str) -> None:
    event = '{"type": "response.create", "response": {"modalities": ["text"]}}'
    sound = json.dumps({"type": "response.audio.delta", "delta": "A" * 1024 * 1024})
    texts = [
        ("sent", event),
        ("received", '{"type": "response.created"}'),
        *[("received", sound)] * 9,
        ("received", '{"type": "response.done"}'),
        ("sent", event),
    ]
    lines = [{"direction": way, "offset_ms": 0, "text": text} for way, text in texts]
    ways = {"sent": "send", "received": "receive"}
    messages = [{"type": ways[way], "opcode": 1, "time": 1.5, "data": text} for way, text in texts]
    archive = {"log": {"entries": [{"_webSocketMessages": messages}]}}
    file = tmp_path / f"session.{form}"
    file.write_text(
        "\n".join(map(json.dumps, lines)) if form == "jsonl" else json.dumps(archive, indent=1)
    )
    tab.goto(BUILDER)
    tab.get_by_text("Other events").click()
    tab.get_by_label("File of a log").set_input_files(file)
    box = tab.get_by_label("Log to replay")
    expect(box).not_to_have_value("")
    assert box.evaluate("(box) => box.value.length") < 2_000
    tab.get_by_role("button", name="Replay the log").click()
    expect(outcome(tab, 1)).to_have_text(DONE, timeout=20_000)
    assert [line["text"] for line in log(tab) if line["direction"] == "sent"] == [event, event]

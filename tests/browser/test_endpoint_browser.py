"""What only a browser can show of an endpoint: where a key goes, and that it stays nowhere."""

import re

from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.realtime_servers import Recorder, playing
from tests.serving import in_thread

BUILDER = "/events/ga/response.create?example=short-text"
KEY = "sk-canary-browser-31337"

STORED = """async () => {
  const databases = (await indexedDB.databases?.()) ?? [];
  const caches_ = await caches.keys();
  return JSON.stringify([
    { ...localStorage }, { ...sessionStorage }, databases, caches_, document.cookie,
    location.href, history.state, document.documentElement.outerHTML,
  ]);
}"""


def pick(tab: Page, title: str) -> None:
    """Open the endpoint and pick one."""
    details = tab.locator("#endpoint")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    tab.get_by_label("Endpoint", exact=True).focus()
    tab.get_by_label("Endpoint", exact=True).select_option(label=title)
    expect(tab.locator("#endpoint summary strong")).to_have_text(title)
    expect(tab.locator("#endpoint-slug")).to_be_focused()


def test_a_typed_key_is_in_no_request_but_those_that_connect(tab: Page) -> None:
    asked: list[Request] = []
    tab.on("request", lambda request: asked.append(request))  # noqa: PLW0108
    tab.goto(BUILDER)
    pick(tab, "OpenAI")
    tab.get_by_label("Key", exact=True).fill(KEY)
    tab.locator("textarea[name^='response.instructions']").fill("Say something else.")
    expect(tab.locator("#preview")).to_contain_text("something else")
    posted = [request for request in asked if request.method == "POST"]
    assert posted
    assert not [each.url for each in posted if KEY in (each.post_data or "")]
    tab.get_by_role("button", name="Use", exact=True).click()
    expect(tab.locator("#endpoint summary")).to_contain_text("key typed here, ends in 1337")
    expect(tab.get_by_label("Key", exact=True)).to_have_value("")
    carrying = [each.url for each in asked if KEY in (each.post_data or "")]
    assert len(carrying) == 1
    assert "/sessions/endpoint" in carrying[0]
    assert not [each.url for each in asked if KEY in each.url]


def test_a_key_is_kept_nowhere_in_the_browser(tab: Page, context: BrowserContext) -> None:
    tab.goto(BUILDER)
    pick(tab, "OpenAI")
    tab.get_by_label("Key", exact=True).fill(KEY)
    tab.get_by_role("button", name="Use", exact=True).click()
    expect(tab.locator("#endpoint summary")).to_contain_text("ends in 1337")
    assert KEY not in tab.evaluate(STORED)
    assert KEY not in str(context.cookies())
    tab.reload()
    assert KEY not in tab.evaluate(STORED)
    expect(tab.locator("#endpoint summary")).to_contain_text("ends in 1337")
    tab.locator("#endpoint summary").click()
    expect(tab.get_by_label("Key", exact=True)).to_have_value("")
    tab.get_by_role("button", name="Forget key").click()
    expect(tab.locator("#endpoint summary")).to_contain_text("no key yet")


def test_a_key_that_was_only_typed_is_gone_when_one_comes_back(tab: Page) -> None:
    tab.goto(BUILDER)
    pick(tab, "OpenAI")
    field = tab.get_by_label("Key", exact=True)
    field.fill(KEY)
    tab.goto("/healthz")
    tab.go_back()
    expect(tab.locator("#endpoint summary strong")).to_have_text("OpenAI")
    assert KEY not in tab.evaluate(
        "() => [...document.querySelectorAll('[data-key-field]')].map((one) => one.value).join()"
    )


def test_send_goes_to_a_server_of_ones_own_with_its_key(tab: Page) -> None:
    recorder = Recorder()
    with in_thread(playing(recorder.play)) as url:
        tab.goto(BUILDER)
        pick(tab, "Another address")
        tab.get_by_label("Address", exact=True).fill(f"{url}?model=mine")
        tab.get_by_label("Key goes as").select_option(label="Header api-key")
        tab.get_by_label("Key", exact=True).fill(KEY)
        tab.get_by_role("button", name="Send", exact=True).click()
        host = re.escape(url.split("/")[2])
        expect(tab.locator("[data-words=status]").first).to_have_text(
            re.compile(f"^Connected to {host}")
        )
        recorder.wait_for(1)
        assert recorder.handshakes[0]["api-key"] == KEY
        assert "Authorization" not in recorder.handshakes[0]
        assert recorder.paths == ["/v1/realtime?model=mine"]
        expect(tab.locator("#endpoint-key")).to_have_value("")
        assert KEY not in tab.evaluate(STORED)


def test_a_refused_address_is_said_and_stays_typed(tab: Page) -> None:
    tab.goto(BUILDER)
    pick(tab, "Another address")
    tab.get_by_label("Address", exact=True).fill("ws://192.168.1.5:8000/v1/realtime")
    tab.get_by_role("button", name="Use", exact=True).click()
    expect(tab.locator("#endpoint-fault")).to_contain_text("Without encryption only this machine")
    expect(tab.get_by_label("Address", exact=True)).to_have_value(
        "ws://192.168.1.5:8000/v1/realtime"
    )


def test_the_whole_endpoint_fits_a_phone(tab: Page) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(BUILDER)
    tab.locator("label.tab--session").click()
    pick(tab, "speaches")
    expect(tab.get_by_label("Server", exact=True)).to_be_visible()
    wide = tab.evaluate(
        "() => [...document.querySelectorAll('#endpoint *')]"
        ".filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert wide == 0

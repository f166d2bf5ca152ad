"""Exports in a real browser: the panel beside the wire text, and the program for a page itself."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.naughty import STRINGS
from tests.test_exports import event_of
from webapp.endpoints import endpoint_at
from webapp.exports import export

BUILDER = "/events/ga/response.create"

# The other end of the connection: opens the session, keeps what comes, and answers it.
PEER = """async offer => {
  const peer = globalThis.peer = new RTCPeerConnection();
  globalThis.got = [];
  globalThis.early = 0;
  peer.addEventListener("datachannel", ({ channel }) => {
    let open = false;
    channel.addEventListener("message", ({ data }) => {
      if (!open) globalThis.early += 1;
      globalThis.got.push(data);
      const type = JSON.parse(data).response.fail ? "error" : "response.done";
      channel.send(JSON.stringify({ type }));
    });
    globalThis.label = channel.label;
    setTimeout(() => {
      open = true;
      channel.send('{"type": "session.created"}');
    }, 100);
  });
  await peer.setRemoteDescription({ type: "offer", sdp: offer });
  await peer.setLocalDescription();
  if (peer.iceGatheringState !== "complete") {
    await new Promise(resolve => peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState === "complete") resolve();
    }));
  }
  return peer.localDescription.sdp;
}"""


def run_in_page(browser: Browser, text: str) -> tuple[Page, dict[str, str], list[str]]:
    """Run the program for ``text`` in a page; return the peer, the request and what was printed."""
    address = "wss://127.0.0.1:9/v1/realtime?model=m"
    source = export("browser", text, endpoint_at(address, "ga"), dialect="ga")
    context = browser.new_context()
    tab, peer = context.new_page(), context.new_page()
    asked: dict[str, str] = {}
    printed: list[str] = []

    def answer(route: Route) -> None:
        asked["url"] = route.request.url
        asked["key"] = route.request.headers["authorization"]
        asked["type"] = route.request.headers["content-type"]
        sdp = peer.evaluate(PEER, route.request.post_data)
        route.fulfill(body=sdp, headers={"Access-Control-Allow-Origin": "*"})

    page = (
        "<!doctype html><title>x</title><script>globalThis.EPHEMERAL_KEY = 'ek_1'</script>"
        f"<script type=module>{source}\nglobalThis.ended = true;</script>"
    )
    context.route(
        "http://page.test/", lambda route: route.fulfill(body=page, content_type="text/html")
    )
    context.route("https://127.0.0.1:9/**", answer)
    peer.goto("about:blank")
    tab.on("console", lambda line: printed.append(line.text))
    tab.on("pageerror", lambda error: printed.append(str(error)))
    tab.goto("http://page.test/")
    return peer, asked, printed


def test_the_program_for_a_page_sends_the_very_bytes(browser: Browser) -> None:
    text = event_of({"instructions": "\n".join(STRINGS), "metadata": {"q": "</script><!--"}})
    peer, asked, printed = run_in_page(browser, text)
    tab = peer.context.pages[0]
    tab.wait_for_function("() => globalThis.ended", timeout=20_000)
    assert peer.evaluate("globalThis.got") == [text]
    assert peer.evaluate("globalThis.early") == 0
    assert peer.evaluate("globalThis.label") == "oai-events"
    assert asked["url"] == "https://127.0.0.1:9/v1/realtime/calls?model=m"
    assert asked["key"] == "Bearer ek_1"
    assert asked["type"] == "application/sdp"
    assert printed == ['{"type": "session.created"}', '{"type":"response.done"}']
    peer.context.close()


def test_the_program_for_a_page_fails_when_the_event_is_refused(browser: Browser) -> None:
    peer, _, printed = run_in_page(browser, event_of({"fail": True}))
    tab = peer.context.pages[0]
    tab.wait_for_timeout(200)
    for _ in range(100):
        if printed and "refused" in printed[-1]:
            break
        tab.wait_for_timeout(100)
    assert "The server refused it." in printed[-1]
    assert not tab.evaluate("globalThis.ended")
    peer.context.close()


def test_the_panel_follows_the_event_and_its_endpoint(tab: Page) -> None:
    tab.goto(BUILDER)
    tab.get_by_text("Export", exact=True).click()
    tab.get_by_role("button", name="Python, websockets").click()
    program = tab.locator("#export-text")
    expect(program).to_contain_text("wss://api.openai.com/v1/realtime")
    tab.locator("#export").get_by_label("Endpoint").select_option("Sandbox")
    expect(program).to_contain_text("cuecard sandbox")
    tab.get_by_role("button", name="Set Instructions").click()
    expect(program).to_contain_text('"instructions": ""')
    tab.get_by_role("textbox", name="Instructions").fill("it's me")
    expect(program).to_contain_text('"instructions": "it\\\'s me"')
    tab.locator("#export").get_by_label("Endpoint").select_option("Another address")
    expect(tab.locator("#export")).to_contain_text("An address looks like")
    tab.get_by_label("Address").fill("wss://server.example/v1/realtime")
    expect(program).to_contain_text("wss://server.example/v1/realtime")
    expect(tab.get_by_label("Address")).to_be_focused()
    assert Axe().run(tab).response["violations"] == []
    tab.get_by_role("button", name="Close").click()
    expect(program).to_have_count(0)


def test_the_program_is_copied_with_a_word_for_it(context: BrowserContext, tab: Page) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto(BUILDER)
    tab.get_by_text("Export", exact=True).click()
    tab.get_by_role("button", name="Node, ws").click()
    shown = tab.locator("#export-text").text_content()
    button = tab.get_by_role("button", name=re.compile("Copy program|Copied"))
    button.click()
    expect(button).to_have_text("Copied")
    assert tab.evaluate("navigator.clipboard.readText()") == shown
    expect(button).to_have_text("Copy program")

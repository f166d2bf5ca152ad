"""Who types faster than a shared server takes sees everything all the same, a little later."""

from playwright.sync_api import Browser, expect

from tests.served import serve

BUILDER = "/events/beta/response.create"
WORDS = "Say hello, then say it once more and slower."


def test_refused_previews_are_made_up_for_without_a_word(browser: Browser) -> None:
    with serve(CUECARD_ALLOWED_HOSTS="127.0.0.1", CUECARD_PREVIEWS_PER_S="2") as shared:
        context = browser.new_context(base_url=shared.url)
        tab = context.new_page()  # without the watch over the console, where a 429 is an error
        refused: list[int] = []
        tab.on("response", lambda answer: refused.append(answer.status))
        tab.goto(f"{BUILDER}?example=short-text")
        field = tab.get_by_role("textbox", name="Instructions", exact=True)
        field.fill("")
        field.press_sequentially(WORDS, delay=20)
        expect(tab.locator("#preview")).to_contain_text(WORDS, timeout=15_000)
        assert 429 in refused
        expect(tab.locator("#messages")).to_be_empty()
        expect(field).to_have_value(WORDS)
        context.close()

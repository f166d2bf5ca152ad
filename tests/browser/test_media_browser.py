"""Sounds and pictures: from files, the microphone and the clipboard to the bytes that are sent."""

import base64
import itertools
import json
import math
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, Route, expect

from tests.browser.test_accessibility_browser import faults
from tests.pictures import GIF, JPEG, data_uri, png, wav
from tests.served import Served
from webapp.sandbox.g711 import alaw_from_pcm, mulaw_from_pcm

BUILDER = "/events/beta/response.create"
MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
EVERY_SAMPLE = range(-32_768, 32_768)
SOUND = base64.b64encode(bytes(60_000)).decode()
NO_SCRIPT_TIMEOUT_MS = 5_000


def tone(hertz: float, seconds: float, rate_hz: int, level: float = 0.5) -> list[int]:
    count = round(seconds * rate_hz)
    return [
        round(32_767 * level * math.sin(math.tau * hertz * at / rate_hz)) for at in range(count)
    ]


def stereo(samples: list[int]) -> list[int]:
    """Twice the tone on the left, nothing on the right: their middle is the tone."""
    return list(itertools.chain.from_iterable((2 * sample, 0) for sample in samples))


def pitch(samples: "NDArray[np.int16]", rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate_hz / len(samples)


def open_part(tab: Page, kind: str) -> None:
    """Open the builder with one empty part of a user's message."""
    part = {"type": kind, "audio" if kind == "input_audio" else "image_url": ""}
    if kind == "input_audio":
        part["transcript"] = ""
    item = {"type": "message", "role": "user", "content": [part]}
    tab.goto(BUILDER)
    tab.get_by_role("button", name="Edit text").click()
    event = {"type": "response.create", "response": {"input": [item]}}
    tab.locator("#raw-text").fill(json.dumps(event))
    expect(tab.locator("[data-media]")).to_be_visible()
    tab.get_by_role("button", name="Done").click()


def box(tab: Page, name: str) -> Locator:
    """The text box called ``name``."""
    return tab.get_by_role("textbox", name=name, exact=True)


def part_sent(tab: Page) -> dict[str, str]:
    """The part as copy, download and send have it."""
    script = """async () => {
      const body = new URLSearchParams(new FormData(document.getElementById('builder')));
      return (await fetch(location.pathname + '/wire', { method: 'POST', body })).text();
    }"""
    part: dict[str, str] = json.loads(tab.evaluate(script))["response"]["input"][0]["content"][0]
    return part


def sound_sent(tab: Page) -> bytes:
    return base64.b64decode(part_sent(tab)["audio"], validate=True)


def choose(tab: Page, name: str, content: bytes, kind: str = "") -> None:
    tab.locator("[data-file]").set_input_files(
        {"name": name, "mimeType": kind, "buffer": content}  # type: ignore[arg-type]
    )


def expect_stored(tab: Page, words: str) -> None:
    """Wait until the form and the text of the event both say what is stored."""
    expect(tab.locator(".media__label")).to_have_text(re.compile(words), timeout=15_000)
    expect(tab.locator("#wire i.m")).to_have_text(re.compile(f"^“{words}.*”$"))


def test_a_file_becomes_the_sound_that_models_hear(tab: Page) -> None:
    open_part(tab, "input_audio")
    choose(tab, "tone.wav", wav(stereo(tone(440, 1.5, 44_100, 0.25)), 44_100, channels=2))
    expect_stored(tab, r"audio 1\.5 s · 72,\d{3} B")
    samples = np.frombuffer(sound_sent(tab), "<i2")
    assert len(samples) == pytest.approx(1.5 * 24_000, rel=0.01)
    assert pitch(samples, 24_000) == pytest.approx(440, abs=2)
    assert int(np.abs(samples[2_000:-2_000]).max()) == pytest.approx(0.25 * 32_767, rel=0.03)
    expect(tab.locator("[data-level]")).to_have_text(re.compile(rf"^peak {MINUS}1[12]\.\d dBFS$"))
    assert len(tab.locator("#wire").inner_text()) < 1_000


def test_a_file_that_is_right_already_stays_as_it_is(tab: Page) -> None:
    open_part(tab, "input_audio")
    choose(tab, "all.wav", wav(EVERY_SAMPLE, 24_000))
    expect_stored(tab, r"audio 2\.7 s · 131,072 B")
    assert sound_sent(tab) == np.array(EVERY_SAMPLE, "<i2").tobytes()
    expect(tab.locator("[data-level]")).to_have_text("peak 0.0 dBFS, clipped")


@pytest.mark.parametrize(
    ("law", "label", "encode"),
    [("audio/pcmu", "μ-law", mulaw_from_pcm), ("audio/pcma", "A-law", alaw_from_pcm)],
)
def test_telephone_sound_is_what_the_sandbox_makes_of_it(
    tab: Page, law: str, label: str, encode: "type[mulaw_from_pcm]"
) -> None:
    open_part(tab, "input_audio")
    tab.get_by_label("Encode Audio as").select_option(law)
    choose(tab, "all.wav", wav(EVERY_SAMPLE, 8_000))
    expect_stored(tab, rf"audio {label} 8\.2 s · 65,536 B")
    assert sound_sent(tab) == encode(EVERY_SAMPLE)
    expect(tab.get_by_label("Encode Audio as")).to_have_value(law)
    expect(tab.locator("[data-level]")).to_have_text(re.compile(rf"^peak {MINUS}0\.\d dBFS$"))


def test_a_waveform_is_drawn_in_colours_of_the_theme(tab: Page) -> None:
    open_part(tab, "input_audio")
    choose(tab, "tone.wav", wav(tone(440, 1, 24_000), 24_000))
    expect(tab.locator("[data-level]")).to_have_text(f"peak {MINUS}6.0 dBFS")
    script = """() => {
      const drawn = document.querySelector('.media__wave');
      const copy = new OffscreenCanvas(drawn.width, drawn.height);
      const paint = copy.getContext('2d', { willReadFrequently: true });
      paint.drawImage(drawn, 0, 0);
      return [...paint.getImageData(0, drawn.height / 2, 1, 1).data];
    }"""
    light = tab.evaluate(script)
    tab.locator("#theme").select_option("dark")
    dark = tab.evaluate(script)
    assert light[3] == dark[3] == 255
    assert sum(light[:3]) < 3 * 128 < sum(dark[:3])


def test_a_sound_is_played_and_stopped(tab: Page) -> None:
    open_part(tab, "input_audio")
    choose(tab, "tone.wav", wav(tone(440, 1, 24_000, 0.01), 24_000))
    tab.get_by_role("button", name="Play Audio").click()
    expect(tab.get_by_role("button", name="Stop Audio")).to_have_text("Stop")
    expect(tab.get_by_role("button", name="Play Audio")).to_have_text("Play")
    tab.get_by_role("button", name="Play Audio").click()
    tab.get_by_role("button", name="Stop Audio").click()
    expect(tab.get_by_role("button", name="Play Audio")).to_be_visible()


def test_a_file_is_dropped_on_the_field_and_nowhere_else(tab: Page) -> None:
    open_part(tab, "input_audio")
    make = """([encoded]) => {
      const bytes = Uint8Array.from(atob(encoded), c => c.charCodeAt(0));
      const carried = new DataTransfer();
      carried.items.add(new File([bytes], 'tone.wav', { type: 'audio/wav' }));
      return carried;
    }"""
    sound = base64.b64encode(wav(tone(440, 0.5, 24_000), 24_000)).decode()
    carried = tab.evaluate_handle(make, [sound])
    tab.dispatch_event("h1", "drop", {"dataTransfer": carried})
    expect(tab.locator("[data-status]")).to_be_empty()
    tab.dispatch_event("[data-media] textarea", "dragover", {"dataTransfer": carried})
    expect(tab.locator("[data-media]")).to_have_attribute("data-over", "")
    tab.dispatch_event("[data-media] textarea", "drop", {"dataTransfer": carried})
    expect_stored(tab, r"audio 0\.50 s · 24,000 B")


def test_the_microphone_is_recorded(context: BrowserContext, tab: Page) -> None:
    context.grant_permissions(["microphone"])
    open_part(tab, "input_audio")
    tab.get_by_role("button", name="Record", exact=True).click()
    expect(tab.locator("[data-status]")).to_have_text("Recording 0:02", timeout=10_000)
    tab.wait_for_function("() => document.querySelector('[data-meter]').value > 0.1")
    # The form may be redrawn around it, and goes on being filled in.
    box(tab, "Transcript").fill("beep")
    tab.get_by_role("button", name="Stop", exact=True).click()
    expect_stored(tab, r"audio \d\.\d s · ")
    samples = np.frombuffer(sound_sent(tab), "<i2")
    assert 1.5 < len(samples) / 24_000 < 10
    assert int(np.abs(samples).max()) > 3_000
    assert part_sent(tab)["transcript"] == "beep"


def test_a_discarded_recording_changes_nothing(context: BrowserContext, tab: Page) -> None:
    context.grant_permissions(["microphone"])
    open_part(tab, "input_audio")
    tab.get_by_role("button", name="Record", exact=True).click()
    expect(tab.locator("[data-status]")).to_have_text(re.compile("Recording"))
    tab.get_by_role("button", name="Discard").click()
    expect(tab.get_by_role("button", name="Record", exact=True)).to_be_visible()
    expect(tab.locator("[data-status]")).to_be_empty()
    assert part_sent(tab)["audio"] == ""


def test_a_forbidden_microphone_is_told_in_words(tab: Page) -> None:
    open_part(tab, "input_audio")
    tab.get_by_role("button", name="Record", exact=True).click()
    expect(tab.locator("[data-status]")).to_contain_text("The microphone is not allowed here.")
    expect(tab.get_by_role("status").filter(has_text="The microphone is not")).to_have_count(1)
    box(tab, "Audio").fill("AAAA")
    expect(tab.locator("#wire")).to_contain_text('"audio": "AAAA"')


@pytest.mark.parametrize("content", [b"this is no sound", wav([], 24_000)])
def test_a_file_without_sound_is_told_in_words(tab: Page, content: bytes) -> None:
    open_part(tab, "input_audio")
    choose(tab, "notes.wav", content)
    expect(tab.locator("[data-status]")).to_contain_text(re.compile("no sound"))
    assert part_sent(tab)["audio"] == ""


def test_a_sound_that_is_too_long_says_what_fits(tab: Page) -> None:
    open_part(tab, "input_audio")
    choose(tab, "long.wav", wav([0] * 8_000 * 331, 8_000))
    expect(tab.locator("[data-status]")).to_have_text(
        "This sound lasts 5:31 minutes; 5:27 fit in this encoding.", timeout=15_000
    )
    tab.get_by_label("Encode Audio as").select_option("audio/pcmu")
    choose(tab, "long.wav", wav([0] * 8_000 * 331, 8_000))
    expect_stored(tab, r"audio μ-law 331\.0 s · 2,648,000 B")
    expect(tab.locator("[data-level]")).to_have_text("silent")


@pytest.mark.parametrize(
    ("kind", "picture", "size"),
    [("image/png", png(300, 200), (300, 200)), ("image/jpeg", JPEG, (1, 1))],
)
def test_a_picture_goes_as_it_is(
    tab: Page, kind: str, picture: bytes, size: tuple[int, int]
) -> None:
    open_part(tab, "input_image")
    choose(tab, "picture", picture)
    width, height = size
    expect_stored(tab, f"{kind} {width} {TIMES} {height} · {len(picture):,} B")
    assert part_sent(tab)["image_url"] == data_uri(kind, picture)
    look = "image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"
    assert tuple(tab.locator(".media__thumb").evaluate(look)) == size


def test_another_kind_of_picture_is_converted_on_demand(tab: Page) -> None:
    open_part(tab, "input_image")
    choose(tab, "dot.png", GIF, "image/gif")
    expect(tab.locator("[data-status]")).to_have_text(
        "Servers take PNG and JPEG; this is image/gif."
    )
    assert part_sent(tab)["image_url"] == ""
    tab.get_by_role("button", name="Convert to PNG").click()
    expect_stored(tab, rf"image/png 1 {TIMES} 1 · ")


def test_what_is_no_picture_is_told_in_words(tab: Page) -> None:
    open_part(tab, "input_image")
    choose(tab, "notes.txt", b"hello", "text/plain")
    tab.get_by_role("button", name="Convert to PNG").click()
    expect(tab.locator("[data-status]")).to_have_text(
        "This browser cannot read notes.txt as a picture."
    )


def test_no_base64_is_posted_while_typing_beside_a_sound(tab: Page) -> None:
    open_part(tab, "input_audio")
    choose(tab, "tone.wav", wav(tone(440, 5, 24_000), 24_000))
    expect_stored(tab, r"audio 5\.0 s")
    posted: list[Request] = []
    tab.on("request", lambda request: posted.append(request))  # noqa: PLW0108  # no built-ins here
    box(tab, "Transcript").press_sequentially("a tone", delay=30)
    expect(tab.locator("#wire")).to_contain_text('"transcript": "a tone"')
    sizes = [len(request.post_data or "") for request in posted if "/block/" in request.url]
    assert sizes
    assert max(sizes) < 2_000


def test_a_long_text_is_stored_when_it_is_pasted(context: BrowserContext, tab: Page) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_part(tab, "input_audio")
    tab.evaluate("text => navigator.clipboard.writeText(text)", f"{SOUND}\n")
    box(tab, "Audio").focus()
    tab.keyboard.press("ControlOrMeta+V")
    expect_stored(tab, r"audio 1\.2 s · 60,000 B")
    assert part_sent(tab)["audio"] == SOUND


def test_a_file_that_was_pasted_whole_is_converted_on_demand(tab: Page) -> None:
    samples = tone(440, 1, 24_000)
    open_part(tab, "input_audio")
    box(tab, "Audio").fill(base64.b64encode(wav(samples, 24_000)).decode())
    expect_stored(tab, r"WAV file · 48,044 B")
    tab.get_by_role("button", name="Convert the WAV file to samples").click()
    expect_stored(tab, r"audio 1\.0 s · 48,000 B")
    assert sound_sent(tab) == np.array(samples, "<i2").tobytes()


def test_a_long_text_that_is_no_base64_stays_as_typed(context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab = context.new_page()  # the console shows the refusal
    open_part(tab, "input_audio")
    text = "no base64 at all " * 100
    tab.evaluate("text => navigator.clipboard.writeText(text)", text)
    box(tab, "Audio").focus()
    tab.keyboard.press("ControlOrMeta+V")
    expect(tab.locator("[data-status]")).to_contain_text("This is not base64.")
    expect(box(tab, "Audio")).to_have_value(text.strip())
    expect(tab.locator("[data-problem]")).to_contain_text("This is not base64.")
    assert part_sent(tab)["audio"] == text.strip()


def test_a_picture_is_pasted_from_the_clipboard(context: BrowserContext, tab: Page) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_part(tab, "input_image")
    copy = """async encoded => {
      const bytes = Uint8Array.from(atob(encoded), c => c.charCodeAt(0));
      const type = 'image/png';
      await navigator.clipboard.write([new ClipboardItem({ [type]: new Blob([bytes], { type }) })]);
    }"""
    tab.evaluate(copy, base64.b64encode(png(30, 20)).decode())
    box(tab, "Image").focus()
    tab.keyboard.press("ControlOrMeta+V")
    expect_stored(tab, rf"image/png 30 {TIMES} 20 · ")


def test_who_types_elsewhere_is_left_alone_when_a_sound_is_stored(tab: Page) -> None:
    held: list[Route] = []
    tab.route("**/drafts/audio/media*", lambda route: held.append(route))  # noqa: PLW0108
    open_part(tab, "input_audio")
    choose(tab, "tone.wav", wav(tone(440, 1, 24_000), 24_000))
    expect(tab.locator("[data-status]")).to_have_text("Storing…")
    transcript = box(tab, "Transcript")
    transcript.press_sequentially("before ")
    while not held:
        tab.wait_for_timeout(10)
    held[0].continue_()
    transcript.press_sequentially("during and after", delay=40)
    expect_stored(tab, r"audio 1\.0 s")
    expect(transcript).to_be_focused()
    expect(transcript).to_have_value("before during and after")
    tab.wait_for_timeout(600)
    assert part_sent(tab)["transcript"] == "before during and after"


def test_a_sound_is_replaced_removed_and_heard_otherwise_by_keyboard(tab: Page) -> None:
    open_part(tab, "input_audio")
    choose(tab, "tone.wav", wav(tone(440, 1, 24_000), 24_000))
    expect_stored(tab, r"audio 1\.0 s · 48,000 B")
    expect(tab.get_by_role("group", name=re.compile("^Audio: audio 1.0 s"))).to_be_focused()
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("button", name="Play Audio")).to_be_focused()
    tab.get_by_role("button", name="μ-law").press("Enter")
    expect_stored(tab, r"audio μ-law 6\.0 s · 48,000 B")
    choose(tab, "short.wav", wav(tone(440, 0.25, 24_000), 24_000))
    expect_stored(tab, r"audio μ-law 0\.25 s · 2,000 B")
    tab.get_by_role("button", name="Remove the sound of Audio").press("Enter")
    expect(box(tab, "Audio")).to_be_focused()
    assert part_sent(tab)["audio"] == ""


def test_axe_finds_nothing_whatever_a_field_holds(context: BrowserContext, tab: Page) -> None:
    context.grant_permissions(["microphone"])
    open_part(tab, "input_audio")
    tab.get_by_role("button", name="Record", exact=True).click()
    expect(tab.get_by_role("button", name="Discard")).to_be_visible()
    assert faults(tab) == [], "recording"
    tab.get_by_role("button", name="Stop", exact=True).click()
    expect(tab.locator("[data-level]")).not_to_be_empty(timeout=15_000)
    assert faults(tab) == [], "a sound"
    choose(tab, "notes.wav", b"this is no sound")
    expect(tab.locator("[data-status]")).to_contain_text("no sound")
    assert faults(tab) == [], "a fault"
    open_part(tab, "input_image")
    choose(tab, "picture.png", png(30, 20))
    expect(tab.locator(".media__thumb")).to_be_visible()
    assert faults(tab) == [], "a picture"


def test_without_script_the_text_box_does_it(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    tab = context.new_page()
    tab.set_default_timeout(NO_SCRIPT_TIMEOUT_MS)
    tab.goto(f"{BUILDER}?example=audio-input")
    expect(tab.locator(".media__label")).to_contain_text("audio")
    for hidden in (".media__wave", "[data-media-tools]", "[data-media-sound]"):
        expect(tab.locator(hidden)).to_be_hidden()
    tab.get_by_role("button", name="A-law").click()
    expect(tab.locator(".media__label")).to_contain_text("audio A-law")
    tab.get_by_role("button", name="Remove the sound of Audio").click()
    box(tab, "Audio").fill(SOUND)
    tab.get_by_role("button", name="Update the preview").press("Enter")
    expect(tab.locator("#wire")).to_contain_text(SOUND[:100])
    context.close()

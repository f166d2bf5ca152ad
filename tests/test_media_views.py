"""Sounds and pictures on the form, in the text, and under their addresses."""

import base64
import json
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.page import Page, Visitor
from tests.pictures import GIF, JPEG, data_uri, png, wav
from webapp.views.current import parts

BUILDER = "/events/beta/response.create"
AUDIO = "response.input.k1.content.k1.audio"  # the input it is asked in
SOUND = base64.b64encode(bytes(range(256)) * 100).decode()
PICTURE = data_uri("image/png", png(40, 30))


def sent(page: Visitor, media: str, text: str | bytes, *, kind: str = "") -> TestResponse:
    address = f"/drafts/{media}/media" + (f"?kind={kind}" if kind else "")
    return page.client.post(address, data=text, content_type="text/plain")


def with_part(page: Visitor, part: dict[str, str]) -> Page:
    """The builder after an event with one part was pasted."""
    item = {"type": "message", "role": "user", "content": [part]}
    event = {"type": "response.create", "response": {"input": [item]}}
    return page.post(f"{BUILDER}/raw", {"text": json.dumps(event)})


def with_sound(page: Visitor, sound: str = SOUND) -> Page:
    return with_part(page, {"type": "input_audio", "audio": sound})


def wire(page: Visitor, shown: Page) -> str:
    return page.post_raw(f"{BUILDER}/wire", shown.fields("builder")).get_data(as_text=True)


def token_in(shown: Page, name: str = AUDIO) -> str:
    return dict(shown.fields("builder"))[name]


def forget(app: Flask) -> None:
    """Lose everything that was stored."""
    for path in (Path(parts(app).settings.data_dir) / "media").iterdir():
        path.unlink()


def test_a_stored_sound_takes_the_place_of_its_text(page: Visitor) -> None:
    shown = with_part(page, {"type": "input_audio", "audio": ""})
    answer = sent(page, "audio", SOUND)
    assert answer.json
    assert answer.json["label"] == "audio 0.53 s · 25,600 B"
    fields = [*shown.fields("builder"), ("do", f"set:{AUDIO}:{answer.json['token']}")]
    after = page.post(f"{BUILDER}/form", fields)
    assert token_in(after) == answer.json["token"]
    assert "“audio 0.53 s · 25,600 B”" in after.text
    assert SOUND not in after.response.get_data(as_text=True)
    assert json.loads(wire(page, after))["response"]["input"][0]["content"][0]["audio"] == SOUND


def test_only_the_field_itself_is_redrawn_when_its_sound_changes(page: Visitor) -> None:
    shown = with_sound(page)
    token = sent(page, "audio", "AAAA").get_json()["token"]
    fields = [*shown.fields("builder"), ("do", f"set:{AUDIO}:{token}")]
    fragment = page.post(f"{BUILDER}/form", fields, htmx=True)
    targets = [partial.get("hx-target", "") for partial in fragment.all("hx-partial")]
    assert [target for target in targets if target.startswith("#q-")] == [
        "#q-" + AUDIO.replace(".", "-")
    ]


@pytest.mark.parametrize(
    ("media", "text"),
    [
        ("audio", "not base64"),
        ("audio", "AAA"),
        ("audio", "AA AA"),
        ("audio", "größer".encode()),
        ("audio", b"\xff\xfe\x00"),
        ("audio", "data:audio/wav;base64,AAAA"),
        ("image", "AAAA"),
        ("image", "data:image/png;base64,AAA"),
        ("image", "https://example.com/cat.png"),
    ],
)
def test_what_is_not_base64_is_refused_in_words(
    app: Flask, page: Visitor, media: str, text: str | bytes
) -> None:
    answer = sent(page, media, text)
    assert answer.status_code == 422
    assert answer.json
    assert answer.json["error"]["message"] == "This is not base64."
    assert "or paste" in answer.json["error"]["remedy"]
    assert not (Path(parts(app).settings.data_dir) / "media").exists()


@pytest.mark.parametrize("address", ["video/media", "audio/media?kind=audio/mp3", "media/media"])
def test_there_is_no_other_kind(page: Visitor, address: str) -> None:
    answer = page.client.post(f"/drafts/{address}", data="AAAA", content_type="text/plain")
    assert answer.status_code == 404


def test_twenty_mebibytes_are_the_most(app: Flask, page: Visitor) -> None:
    most = parts(app).settings.max_media_bytes
    assert sent(page, "audio", "A" * most).status_code == 200
    answer = sent(page, "audio", "A" * (most + 4))
    assert answer.status_code == 413
    assert answer.json
    assert answer.json["error"]["message"].endswith("at most 20 MiB are taken here.")


def test_the_text_behind_a_token_comes_back(page: Visitor) -> None:
    token = sent(page, "audio", SOUND).get_json()["token"]
    answer = page.client.get(f"/drafts/media/{token}")
    assert answer.get_data(as_text=True) == SOUND
    assert answer.mimetype == "text/plain"


@pytest.mark.parametrize(("kind", "picture"), [("image/png", png(40, 30)), ("image/jpeg", JPEG)])
def test_a_picture_comes_back_as_one(page: Visitor, kind: str, picture: bytes) -> None:
    token = sent(page, "image", data_uri(kind, picture)).get_json()["token"]
    answer = page.client.get(f"/drafts/pictures/{token}")
    assert (answer.mimetype, answer.get_data()) == (kind, picture)
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_nothing_else_is_shown_as_a_picture(page: Visitor) -> None:
    for text in (data_uri("image/gif", GIF), data_uri("image/png", b"<script>alert(1)</script>")):
        token = sent(page, "image", text).get_json()["token"]
        assert page.client.get(f"/drafts/media/{token}").status_code == 200
        assert page.client.get(f"/drafts/pictures/{token}").status_code == 404


@pytest.mark.parametrize("token", ["x", "../../etc/passwd", "0" * 64, f"{'0' * 64}.4.audio_3B"])
def test_an_unknown_token_leads_nowhere(page: Visitor, token: str) -> None:
    assert page.client.get(f"/drafts/media/{token}").status_code == 404
    assert page.client.get(f"/drafts/pictures/{token}").status_code == 404


def test_a_long_text_that_was_pasted_is_stored(page: Visitor) -> None:
    shown = with_sound(page)
    assert SOUND not in shown.response.get_data(as_text=True)
    assert shown.one("[data-media-sound]").get("data-kind") == "audio/pcm"
    assert json.loads(wire(page, shown))["response"]["input"][0]["content"][0]["audio"] == SOUND


def test_a_short_text_stays_in_its_box(page: Visitor) -> None:
    shown = with_sound(page, "AAAA")
    assert token_in(shown) == "AAAA"
    assert shown.control("Audio").tag == "textarea"


def test_a_stored_picture_is_shown_with_its_size(page: Visitor) -> None:
    picture = data_uri("image/png", png(640, 480))
    shown = with_part(page, {"type": "input_image", "image_url": picture})
    image = shown.one("img")
    assert (image.get("width"), image.get("height")) == ("640", "480")
    size = len(png(640, 480))
    assert f"image/png 640 × 480 · {size:,} B" in shown.text
    answer = page.client.get(image.get("src", ""))
    assert answer.get_data() == png(640, 480)
    assert not shown.all("[data-problem]")


def test_a_picture_that_no_server_takes_is_flagged(page: Visitor) -> None:
    picture = data_uri("image/gif", GIF + bytes(2_000))
    shown = with_part(page, {"type": "input_image", "image_url": picture})
    assert not shown.all("img")
    assert "This picture is neither PNG nor JPEG: convert it." in shown.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no base64 at all " * 100, "This is not base64."),
        (f"data:audio/wav;base64,{SOUND}", "Leave out everything up to the comma."),
    ],
)
def test_a_stored_text_that_is_no_sound_is_flagged(page: Visitor, text: str, said: str) -> None:
    shown = with_sound(page, text)
    assert said in shown.text
    assert not shown.all("[data-media-sound]")
    assert json.loads(wire(page, shown))["response"]["input"][0]["content"][0]["audio"] == text


def test_a_file_in_place_of_samples_is_flagged(page: Visitor) -> None:
    text = base64.b64encode(wav([0] * 2_000, 24_000)).decode()
    shown = with_sound(page, text)
    assert "“WAV file · 4,044 B”" in shown.text
    assert "This is a WAV file, and servers take bare samples" in shown.text
    assert json.loads(wire(page, shown))["response"]["input"][0]["content"][0]["audio"] == text


def test_a_sound_is_heard_as_another_encoding_with_one_button(page: Visitor) -> None:
    after = page.submit(with_sound(page), press="μ-law")
    assert after.one("[data-media-sound]").get("data-kind") == "audio/pcmu"
    assert "audio μ-law 3.2 s · 25,600 B" in after.text
    assert json.loads(wire(page, after))["response"]["input"][0]["content"][0]["audio"] == SOUND


def test_a_removed_sound_leaves_an_empty_box(page: Visitor) -> None:
    after = page.submit(with_sound(page), press="Remove the sound of Audio")
    assert token_in(after) == ""


def test_what_is_gone_is_told_at_its_field(app: Flask, page: Visitor) -> None:
    shown = with_sound(page)
    assert not shown.all("[data-problem]")
    forget(app)
    after = page.post(f"{BUILDER}/preview", shown.fields("builder"))
    (problem,) = after.all(f"[data-problem={AUDIO}]")
    words = (
        "What this stood for (audio 0.53 s · 25,600 B) is no longer here; choose the file again."
    )
    assert words in "".join(problem.itertext())
    assert problem.get("data-severity") == "error"


def test_what_is_gone_is_told_while_typing_beside_it(app: Flask, page: Visitor) -> None:
    shown = with_sound(page)
    fields = [pair for pair in shown.fields("builder") if pair[0].startswith("response.input.k1")]
    address = f"{BUILDER}/block/response.input.k1"
    assert "ln--error" not in page.post_raw(address, fields, htmx=True).get_data(as_text=True)
    forget(app)
    assert "ln--error" in page.post_raw(address, fields, htmx=True).get_data(as_text=True)


def test_what_is_gone_comes_back_with_the_file(app: Flask, page: Visitor) -> None:
    shown = with_sound(page)
    forget(app)
    sent(page, "audio", SOUND)
    after = page.post(f"{BUILDER}/preview", shown.fields("builder"))
    assert not after.all("[data-problem]")


def test_a_duplicate_has_the_same_sound(page: Visitor) -> None:
    shown = with_sound(page)
    fields = [*shown.fields("builder"), ("do", "copy:response.input.k1")]
    after = page.post(f"{BUILDER}/form", fields)
    assert token_in(after, AUDIO.replace("input.k1", "input.k2")) == token_in(after)


def test_a_sound_outlives_a_switch_to_another_variant_and_back(page: Visitor) -> None:
    shown = with_sound(page)
    (variant,) = [text for name, text in shown.fields("builder") if name == "response.input.k1@"]
    for way in ("assistant_message", variant):
        fields = [*shown.fields("builder"), ("do", f"shape:response.input.k1:{way}")]
        shown = page.post(f"{BUILDER}/form", fields)
    assert json.loads(wire(page, shown))["response"]["input"][0]["content"][0]["audio"] == SOUND


def test_what_holds_a_sound_is_not_edited_as_json(page: Visitor) -> None:
    shown = with_sound(page)
    for name in ("response.input.k1", AUDIO.removesuffix(".audio"), AUDIO):
        fields = [*shown.fields("builder"), ("do", f"shape:{name}:json")]
        assert page.post_raw(f"{BUILDER}/form", fields).status_code == 400
    fields = [*shown.fields("builder"), ("do", "menu:response.input.k1")]
    assert "Edit as JSON" not in page.post(f"{BUILDER}/form", fields).text

"""What is kept of sounds and pictures, for how long, and what their labels say."""

import base64
import hashlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pictures import GIF, JPEG, data_uri, png
from webapp.errors import LocalError
from webapp.forms.media_labels import in_words
from webapp.forms.nodes import Stored
from webapp.forms.submission import is_token
from webapp.store import media as store
from webapp.store.media import MediaStore, label_of, picture_of

SOUND = base64.b64encode(bytes(57_600)).decode()


@pytest.fixture
def kept(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "media").iterdir())


@pytest.mark.parametrize("text", [SOUND, "two\r\nlines\r", "größer, 語", " " * 2_000])
def test_a_text_comes_back_to_the_character(kept: MediaStore, text: str) -> None:
    token = kept.keep("audio", text)
    assert is_token(token)
    assert kept.has(token)
    assert kept.text(token) == text
    assert Stored(token).chars == len(text)


def test_the_same_text_is_kept_once(kept: MediaStore, tmp_path: Path) -> None:
    assert kept.keep("audio", SOUND) == kept.keep("audio", SOUND)
    assert files(tmp_path) == [hashlib.sha256(SOUND.encode()).hexdigest()]


def test_only_the_owner_of_the_process_may_look(kept: MediaStore, tmp_path: Path) -> None:
    kept.keep("audio", SOUND)
    assert (tmp_path / "media").stat().st_mode & 0o077 == 0


def test_what_is_not_there_is_missed(kept: MediaStore, tmp_path: Path) -> None:
    token = kept.keep("audio", SOUND)
    (path,) = (tmp_path / "media").iterdir()
    path.unlink()
    assert not kept.has(token)
    assert kept.text(token) is None
    assert not MediaStore(tmp_path / "never made").has(token)


def test_half_a_file_counts_as_none_and_is_written_again(kept: MediaStore, tmp_path: Path) -> None:
    token = kept.keep("audio", SOUND)
    (path,) = (tmp_path / "media").iterdir()
    path.write_text(SOUND[:100])
    assert not kept.has(token)
    kept.keep("audio", SOUND)
    assert kept.text(token) == SOUND


def test_what_nobody_used_for_a_month_makes_room(kept: MediaStore, tmp_path: Path) -> None:
    old, used = kept.keep("audio", SOUND), kept.keep("audio", "AAAA")
    month_ago = time.time() - 31 * store.DAY_S
    for path in (tmp_path / "media").iterdir():
        os.utime(path, (month_ago, month_ago))
    assert kept.has(used)  # asking is using
    kept.keep("audio", "BBBB")
    assert not kept.has(old)
    assert kept.has(used)


def test_the_oldest_make_room_for_the_newest(
    kept: MediaStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(store, "MOST_BYTES", 1_000)
    tokens = []
    for letter in "ABCD":
        tokens.append(kept.keep("audio", letter * 400))
        path = tmp_path / "media" / tokens[-1].partition(".")[0]
        os.utime(path, (time.time() - 100 + len(tokens),) * 2)
    assert [kept.has(token) for token in tokens] == [False, False, True, True]


def test_a_full_disk_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("in the way")
    with pytest.raises(LocalError, match="The audio could not be stored") as told:
        MediaStore(tmp_path / "media").keep("audio", SOUND)
    assert told.value.status == 503


@pytest.mark.parametrize(
    ("text", "label", "words"),
    [
        (SOUND, "audio/pcm_57600B", "audio 1.2 s · 57,600 B"),
        ("AAAA", "audio/pcm_3B", "audio 0.00 s · 3 B"),
        ("", "audio/pcm_0B", "audio 0.00 s · 0 B"),
        ("UklGRgAA", "audio/wav_6B", "WAV file · 6 B"),
        ("T2dnUw==", "audio/ogg_4B", "Ogg file · 4 B"),
        ("AAA", "text", "text · 3 characters"),
        ("AA\nAA", "text", "text · 5 characters"),
        ("größer", "text", "text · 6 characters"),
        ("data:audio/wav;base64,AAAA", "data-uri", "data URI · 26 characters"),
    ],
)
def test_a_sound_is_labelled_by_length(text: str, label: str, words: str) -> None:
    assert label_of("audio", text) == label
    assert in_words(label, len(text)) == words


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("audio/pcm", "audio 0.20 s · 9,600 B"),
        ("audio/pcmu", "audio μ-law 1.2 s · 9,600 B"),
        ("audio/pcma", "audio A-law 1.2 s · 9,600 B"),
    ],
)
def test_the_length_of_a_sound_follows_its_encoding(
    kept: MediaStore, kind: str, words: str
) -> None:
    token = kept.keep("audio", base64.b64encode(bytes(9_600)).decode(), kind)
    assert Stored(token).label == words
    readings = {name: (reading, chosen) for name, reading, chosen in Stored(token).readings}
    assert [chosen for _, chosen in readings.values()].count(True) == 1
    assert (token, True) in readings.values()
    assert all(is_token(reading) and kept.has(reading) for reading, _ in readings.values())


@pytest.mark.parametrize(
    ("text", "label", "words"),
    [
        (data_uri("image/png", png(640, 480)), "image/png_640x480_", "image/png 640 × 480 · "),
        (data_uri("image/jpeg", JPEG), "image/jpeg_1x1_134B", "image/jpeg 1 × 1 · 134 B"),
        (data_uri("image/gif", GIF), "image/gif_", "image/gif · "),
        (data_uri("image/png", b"\x89PNG\r\n\x1a\n"), "image/png_8B", "image/png · 8 B"),
        (data_uri("image/jpeg", b"\xff\xd8\xff"), "image/jpeg_3B", "image/jpeg · 3 B"),
        # A server looks at the beginning, so that is what the label says.
        (data_uri("image/gif", png(2, 3)), "image/gif_2x3_", "image/gif 2 × 3 · "),
        ("data:image/png;base64,AAA", "text", "text · "),
        ("https://example.com/cat.png", "text", "text · "),
        (base64.b64encode(png(2, 3)).decode(), "text", "text · "),
        (data_uri("image/svg+xml", b"<svg/>"), "text", "text · "),
    ],
)
def test_a_picture_is_labelled_by_its_size(text: str, label: str, words: str) -> None:
    assert label_of("image", text).startswith(label)
    assert in_words(label_of("image", text), len(text)).startswith(words)


def test_only_png_and_jpeg_are_ever_shown() -> None:
    assert picture_of(data_uri("image/png", png(2, 3))) == ("image/png", png(2, 3))
    assert picture_of(data_uri("image/png", JPEG)) == ("image/jpeg", JPEG)
    for text in (data_uri("image/png", GIF), data_uri("image/png", b"<svg/>"), SOUND, ""):
        assert picture_of(text) is None


@given(st.text(), st.sampled_from(["audio", "image"]))
def test_any_text_has_a_label_that_a_token_may_have(text: str, media: str) -> None:
    stored = Stored(f"{'0' * 64}.{len(text)}.{label_of(media, text)}")
    assert is_token(stored.token)
    assert stored.label


@given(st.from_regex(r"[A-Za-z0-9_/-]{1,60}", fullmatch=True))
def test_a_label_that_nobody_made_is_still_read(label: str) -> None:
    stored = Stored(f"{'0' * 64}.5.{label}")
    assert stored.label
    assert stored.value.token == stored.token
    assert isinstance(stored.readings, list)


@given(st.binary().map(lambda rest: b"\xff\xd8\xff" + rest))
def test_a_broken_jpeg_has_a_label_too(picture: bytes) -> None:
    assert label_of("image", data_uri("image/jpeg", picture)).startswith("image/jpeg")

"""The user speaks: turns are heard, become items, are transcribed, and are answered."""

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.sandbox_client import Caller, Event, add, calling, create, in_session, kinds, only
from tests.sandbox_stage import Stage
from webapp.sandbox.g711 import alaw_from_pcm, mulaw_from_pcm, pcm_of_alaw, pcm_of_mulaw
from webapp.sandbox.speech import BYTES_PER_S, Speaker
from webapp.sandbox.steps import Say, Wait
from webapp.sandbox.terms import Dialect

both = pytest.mark.parametrize("dialect", ["beta", "ga"])
SOUNDS = tuple(BYTES_PER_S)
GA_FORMATS: dict[str, Event] = {
    "pcm16": {"type": "audio/pcm", "rate": 24000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}
STILL = {"pcm16": b"\0", "g711_ulaw": b"\xff", "g711_alaw": b"\xd5"}
LINE = "Is anybody listening to me"


def voice(sound: str = "pcm16", words: str = LINE) -> bytes:
    return Speaker("sage", sound).say(words)


def silence(seconds: float, sound: str = "pcm16") -> bytes:
    return STILL[sound] * round(BYTES_PER_S[sound] * seconds)


def settings(dialect: str, **audio_input: Any) -> Event:
    """Return a ``session.update`` for the user's sound, in the words of GA."""
    if dialect == "ga":
        session: Event = {"type": "realtime", "audio": {"input": audio_input}}
    else:
        names = {"transcription": "input_audio_transcription", "format": "input_audio_format"}
        session = {names.get(name, name): value for name, value in audio_input.items()}
        for name, audio_format in GA_FORMATS.items():
            if session.get("input_audio_format") == audio_format:
                session["input_audio_format"] = name
    return {"type": "session.update", "session": session}


def append(audio: bytes) -> Event:
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(audio).decode()}


def say(stage: Stage, audio: bytes, sound: str = "pcm16", chunk_ms: int = 100) -> list[Event]:
    """Return all that follows from sound that comes in small pieces."""
    size = BYTES_PER_S[sound] * chunk_ms // 1000
    return [event for start in range(0, len(audio), size)
            for event in stage.tell(append(audio[start : start + size]))]  # fmt: skip


def heard(stage: Stage) -> Iterator[bytes]:
    """Yield the sound of each message of the user."""
    for item in stage.script.conversation.items:
        if item["role"] == "user":
            (part,) = item["content"]  # type: ignore[union-attr,misc]
            yield base64.b64decode(part["audio"])  # type: ignore[call-overload,index]


@both
@pytest.mark.parametrize("sound", SOUNDS)
def test_a_turn_of_the_user_is_answered(dialect: Dialect, sound: str) -> None:
    stage = Stage(dialect)
    stage.tell(settings(dialect, format=GA_FORMATS[sound]))
    spoken = silence(1, sound) + voice(sound) + silence(0.6, sound)
    events = say(stage, spoken, sound)
    created = "created" if dialect == "beta" else "added"
    done = [] if dialect == "beta" else ["conversation.item.done"]
    assert kinds(events)[: 5 + len(done)] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        f"conversation.item.{created}",
        *done,
        "response.created",
    ]
    started, stopped, committed, added = events[:4]
    assert {started["item_id"], stopped["item_id"], committed["item_id"]} == {added["item"]["id"]}
    assert added["item"]["role"] == "user"
    # 300 ms before the voice belong to it, and 200 ms of silence behind it.
    assert 650 <= started["audio_start_ms"] <= 800
    long_ms = 1000 * len(voice(sound)) / BYTES_PER_S[sound]
    assert 1000 + long_ms <= stopped["audio_end_ms"] + 100 <= 1400 + long_ms
    (recorded,) = heard(stage)
    size_ms = 1000 * len(recorded) / BYTES_PER_S[sound]
    assert size_ms == pytest.approx(stopped["audio_end_ms"] - started["audio_start_ms"], abs=1)
    assert recorded in spoken
    assert only(events, "response.done")["response"]["status"] == "completed"


@pytest.mark.parametrize("chunk_ms", [10, 33, 100, 5_000])
def test_the_size_of_the_pieces_does_not_matter(chunk_ms: int) -> None:
    def edges(stage: Stage) -> list[tuple[int, int]]:
        events = say(stage, silence(0.4) + (voice() + silence(0.5)) * 2, chunk_ms=chunk_ms)
        began = [e["audio_start_ms"] for e in events if e["type"].endswith("speech_started")]
        ended = [e["audio_end_ms"] for e in events if e["type"].endswith("speech_stopped")]
        return list(zip(began, ended, strict=True))

    found = edges(Stage())
    assert len(found) == 2
    assert found == edges(Stage())
    assert found[0][1] <= found[1][0] + 200
    reference = say(Stage(), silence(0.4) + voice() + silence(0.5), chunk_ms=20)
    assert found[0] == (reference[0]["audio_start_ms"], reference[1]["audio_end_ms"])


def test_silence_and_faint_noise_are_no_turn() -> None:
    rng = np.random.default_rng(1)
    faint = rng.normal(0, 60, 24_000).astype("<i2").tobytes()
    click = silence(0.2) + b"\xff\x7f" * 480 + silence(0.5)
    for quiet in (silence(3), faint * 3, click):
        assert say(Stage(), quiet) == []
    assert len(list(say(Stage(), faint * 3 + voice()))) > 0


def test_a_higher_threshold_takes_a_louder_voice() -> None:
    soft = (np.frombuffer(voice(), "<i2") // 8).astype("<i2").tobytes() + silence(0.5)
    for threshold, is_turn in ((0.0, True), (0.3, True), (1.0, False)):
        stage = Stage("ga")
        detection = {"type": "server_vad", "threshold": threshold}
        stage.tell(settings("ga", turn_detection=detection))
        assert bool(say(stage, soft)) is is_turn


def test_padding_and_silence_are_as_long_as_asked() -> None:
    stage = Stage("ga")
    detection = {"type": "server_vad", "prefix_padding_ms": 0, "silence_duration_ms": 1_000}
    stage.tell(settings("ga", turn_detection=detection))
    spoken = silence(1) + voice() + silence(0.8)
    assert kinds(say(stage, spoken)) == ["input_audio_buffer.speech_started"]
    began = 1000
    events = say(stage, silence(0.4))
    assert events[0]["type"] == "input_audio_buffer.speech_stopped"
    (recorded,) = heard(stage)
    assert 1000 * len(recorded) / 48_000 == pytest.approx(events[0]["audio_end_ms"] - began, abs=60)


@pytest.mark.parametrize(("eagerness", "silence_s"), [("high", 0.5), ("auto", 0.9), ("low", 1.7)])
def test_the_more_eager_the_sooner_a_turn_ends(eagerness: str, silence_s: float) -> None:
    stage = Stage("ga")
    detection = {"type": "semantic_vad", "eagerness": eagerness}
    (updated,) = stage.tell(settings("ga", turn_detection=detection))
    assert updated["session"]["audio"]["input"]["turn_detection"] == {
        **detection,
        "create_response": True,
        "interrupt_response": True,
    }
    assert kinds(say(stage, voice() + silence(silence_s - 0.2))) == [
        "input_audio_buffer.speech_started"
    ]
    assert "response.done" in kinds(say(stage, silence(0.4)))


def test_speaking_up_interrupts_the_answer() -> None:
    stage = Stage("ga")
    response_id = stage.begin()
    events = say(stage, voice() + silence(0.5))
    assert kinds(events)[:3] == [
        "input_audio_buffer.speech_started",
        "response.done",
        "rate_limits.updated",
    ]
    cancelled = events[1]["response"]
    assert (cancelled["id"], cancelled["status"]) == (response_id, "cancelled")
    assert cancelled["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert events[-2]["response"]["status"] == "completed"


def test_an_out_of_band_answer_is_not_interrupted() -> None:
    stage = Stage("ga")
    stage.begin(conversation="none")
    assert kinds(say(stage, voice())) == ["input_audio_buffer.speech_started"]


def test_nobody_answers_and_nobody_is_interrupted_when_that_is_switched_off() -> None:
    stage = Stage("ga")
    detection = {"type": "server_vad", "create_response": False, "interrupt_response": False}
    stage.tell(settings("ga", turn_detection=detection))
    stage.begin()
    assert kinds(say(stage, voice() + silence(0.5))) == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]


def test_an_answer_that_goes_on_leaves_no_room_for_the_next() -> None:
    stage = Stage("ga")
    detection = {"type": "server_vad", "interrupt_response": False}
    stage.tell(settings("ga", turn_detection=detection))
    stage.begin()
    events = say(stage, voice() + silence(0.5))
    error = only(events, "error")["error"]
    assert error["code"] == "conversation_already_has_active_response"
    assert "response.created" not in kinds(events)


def test_without_turn_detection_nothing_is_said_before_the_commit() -> None:
    stage = Stage("ga")
    stage.tell(settings("ga", turn_detection=None))
    assert say(stage, voice() + silence(2)) == []
    assert "conversation.item.done" in kinds(stage.tell({"type": "input_audio_buffer.commit"}))
    stage.tell(settings("ga", turn_detection={"type": "server_vad"}))
    assert "response.done" in kinds(say(stage, voice() + silence(0.5)))


def test_a_commit_in_the_middle_of_a_turn_ends_it_without_an_answer() -> None:
    stage = Stage()
    (started,) = say(stage, voice())
    events = stage.tell({"type": "input_audio_buffer.commit"})
    assert kinds(events) == ["input_audio_buffer.committed", "conversation.item.created"]
    assert events[0]["item_id"] == started["item_id"]
    assert say(stage, silence(2)) == []


def test_another_format_begins_a_new_buffer() -> None:
    stage = Stage()
    assert kinds(say(stage, voice())) == ["input_audio_buffer.speech_started"]
    stage.tell(settings("beta", format=GA_FORMATS["g711_ulaw"]))
    events = say(stage, voice("g711_ulaw") + silence(0.5, "g711_ulaw"), "g711_ulaw")
    assert kinds(events)[:2] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
    ]
    (recorded,) = heard(stage)
    assert len(recorded) < 8_000 * 4
    assert events[1]["audio_end_ms"] > 1000 * len(voice()) / 48_000


# Transcripts.


@both
@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-transcribe"])
def test_a_committed_turn_is_transcribed_when_the_session_asks(
    dialect: Dialect, model: str
) -> None:
    stage = Stage(dialect)
    stage.tell(settings(dialect, turn_detection=None, transcription={"model": model}))
    stage.tell(append(voice()))
    events = stage.tell({"type": "input_audio_buffer.commit"})
    item_id = events[0]["item_id"]
    name = "conversation.item.input_audio_transcription"
    deltas = [event for event in events if event["type"] == f"{name}.delta"]
    done = only(events, f"{name}.completed")
    assert done["transcript"] == "".join(event["delta"] for event in deltas)
    assert "the sandbox makes out no words" in done["transcript"]
    assert {event["item_id"] for event in [*deltas, done]} == {item_id}
    assert {event["content_index"] for event in [*deltas, done]} == {0}
    seconds = len(voice()) / 48_000
    assert f"{seconds:.1f} seconds" in done["transcript"]
    if model == "whisper-1":
        assert len(deltas) == 1
        assert done["usage"] == {"type": "duration", "seconds": round(seconds, 2)}
    else:
        assert len(deltas) > 3
        usage = done["usage"]
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        assert usage["output_tokens"] == len(deltas)
    (got,) = stage.tell({"type": "conversation.item.retrieve", "item_id": item_id})
    assert got["item"]["content"][0]["transcript"] == done["transcript"]


def test_a_transcription_can_fail() -> None:
    stage = Stage("ga")
    stage.tell(settings("ga", turn_detection=None, transcription={"model": "sandbox-fail"}))
    stage.tell(append(voice()))
    failed = stage.tell({"type": "input_audio_buffer.commit"})[-1]
    assert failed["type"] == "conversation.item.input_audio_transcription.failed"
    assert "sandbox-fail" in failed["error"]["message"]
    assert failed["item_id"] == stage.script.conversation.last_id


def test_probabilities_come_only_when_they_are_included() -> None:
    for include, comes in (([], False), (["item.input_audio_transcription.logprobs"], True)):
        stage = Stage("ga")
        update = settings("ga", turn_detection=None, transcription={"model": "gpt-4o-transcribe"})
        update["session"]["include"] = include
        stage.tell(update)
        stage.tell(append(voice()))
        *_, delta, done = stage.tell({"type": "input_audio_buffer.commit"})
        assert ("logprobs" in delta, "logprobs" in done) == (comes, comes)
        if comes:
            tokens = "".join(entry["token"] for entry in done["logprobs"])
            assert tokens == done["transcript"]
            assert bytes(delta["logprobs"][0]["bytes"]).decode() == delta["delta"]


def test_an_item_deleted_before_its_transcript_stays_deleted() -> None:
    stage = Stage("ga")
    stage.tell(settings("ga", turn_detection=None, transcription={}))
    stage.tell(append(voice()))
    answer = stage.script.answer(json.dumps({"type": "input_audio_buffer.commit"}))
    item_id = answer.says[0].event["item_id"]
    stage.tell({"type": "conversation.item.delete", "item_id": item_id})
    (steps,) = answer.also
    assert [step for step in steps if isinstance(step, Say)]
    assert stage.script.conversation.items == []


@pytest.mark.parametrize("content", [[], [{"type": "input_text", "text": "Mine"}]])
def test_a_transcript_finds_another_item_under_its_id(content: list[Event]) -> None:
    stage = Stage("ga")
    stage.tell(settings("ga", turn_detection=None, transcription={}))
    stage.tell(append(voice()))
    answer = stage.script.answer(json.dumps({"type": "input_audio_buffer.commit"}))
    item_id = answer.says[0].event["item_id"]
    stage.tell({"type": "conversation.item.delete", "item_id": item_id})
    stage.tell(add({"type": "message", "role": "user", "id": item_id, "content": content}))
    (steps,) = answer.also
    assert [step for step in steps if isinstance(step, Say)]
    assert [item["id"] for item in stage.script.conversation.items] == [item_id]


# Silence.


def idle_stage() -> Stage:
    stage = Stage("ga")
    stage.tell(settings("ga", turn_detection={"type": "server_vad", "idle_timeout_ms": 5_000}))
    return stage


def test_long_silence_after_an_answer_brings_another_answer() -> None:
    stage = idle_stage()
    answer = stage.script.answer(json.dumps(create()))
    assert answer.reply
    steps = stage.script.play(answer.reply)
    waited = next(step for step in steps if isinstance(step, Wait))
    assert waited.seconds == pytest.approx(5.4)
    stage.tell(append(silence(5)))
    told = []
    for step in steps:
        if isinstance(step, Wait):
            break
        told += [step.event] if isinstance(step, Say) else []
    assert kinds(told)[:5] == [
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    assert (told[0]["audio_start_ms"], told[0]["audio_end_ms"]) == (0, 5_000)
    assert told[0]["item_id"] == told[1]["item_id"]
    assert told[-2]["response"]["status"] == "completed"


@pytest.mark.parametrize("stir", [append(voice()), create()])
def test_whoever_speaks_in_time_is_not_timed_out(stir: Event) -> None:
    stage = idle_stage()
    answer = stage.script.answer(json.dumps(create()))
    assert answer.reply
    steps = stage.script.play(answer.reply)
    assert any(isinstance(step, Wait) for step in steps)
    stage.tell(stir)
    assert not [step for step in steps if isinstance(step, Say)]


def test_silence_after_an_out_of_band_answer_means_nothing() -> None:
    stage = idle_stage()
    answer = stage.script.answer(json.dumps(create(conversation="none")))
    assert answer.reply
    assert not [step for step in stage.script.play(answer.reply) if isinstance(step, Wait)]


# Over a socket.


@both
def test_a_spoken_talk_goes_to_and_fro_over_a_socket(dialect: str) -> None:
    async def talk(caller: Caller) -> None:
        await caller.send(settings(dialect, transcription={"model": "gpt-4o-transcribe"}))
        assert (await caller.next())["type"] == "session.updated"
        for _ in range(2):
            spoken = voice() + silence(0.4)
            for start in range(0, len(spoken), 4_800):
                await caller.send(append(spoken[start : start + 4_800]))
            events: list[Event] = []
            wanted = {"conversation.item.input_audio_transcription.completed", "response.done"}
            while not wanted <= set(kinds(events)):
                events.append(await caller.next())
            assert only(events, "response.done")["response"]["status"] == "completed"
            if "rate_limits.updated" not in kinds(events):
                await caller.until("rate_limits.updated")

    in_session(talk, dialect)


def test_the_same_seed_gives_the_same_stream_however_fast_one_reads() -> None:
    async def stream(delay_s: float) -> list[str]:
        async with calling("ga", seed=5) as caller:
            texts = [str(await caller.socket.recv())]
            await caller.send(settings("ga", transcription={"model": "gpt-4o-transcribe"}))
            await caller.send(append(voice() + silence(0.5)))
            while '"rate_limits.updated"' not in texts[-1]:
                await asyncio.sleep(delay_s)
                texts.append(str(await caller.socket.recv()))
            return texts

    async def run() -> None:
        brisk, slow = await stream(0), await stream(0.01)
        assert brisk == slow

    asyncio.run(run())


def test_without_pauses_things_come_in_the_order_of_their_pauses() -> None:
    async def talk(caller: Caller) -> None:
        await caller.send(settings("ga", transcription={"model": "sandbox-fail"}))
        await caller.send(append(voice() + silence(0.5)))
        events = await caller.until("rate_limits.updated")
        told = [event["type"] for event in events]
        failed = told.index("conversation.item.input_audio_transcription.failed")
        # That takes 0.3 s; the answer's first sound comes after 0.17, 0.19 and 0.39 s.
        assert told[:failed].count("response.output_audio.delta") == 2
        assert told.count("response.output_audio.delta") > 20

    in_session(talk, "ga", speed=0)


def test_silence_is_noticed_over_a_socket_at_any_speed() -> None:
    async def talk(speed: float) -> float:
        async with calling("ga", speed=speed) as caller:
            detection = {"type": "server_vad", "idle_timeout_ms": 5_000}
            await caller.send(settings("ga", turn_detection=detection))
            await caller.ask(create(output_modalities=["text"]))
            began = time.monotonic()
            assert (await caller.next())["type"] == "input_audio_buffer.timeout_triggered"
            waited_s = time.monotonic() - began
            assert "response.done" in kinds(await caller.until("rate_limits.updated"))
            return waited_s

    async def both_speeds() -> list[float]:
        return await asyncio.gather(talk(0), talk(20))

    assert all(4.9 < waited_s < 8 for waited_s in asyncio.run(both_speeds()))


def test_speaking_up_stops_the_sound_over_a_socket() -> None:
    async def talk(caller: Caller) -> None:
        await caller.send(create())
        await caller.until("response.output_audio.delta")
        await caller.send(append(voice()))
        events = await caller.until("response.done")
        details = events[-1]["response"]["status_details"]
        assert details == {"type": "cancelled", "reason": "turn_detected"}
        await caller.send(append(silence(0.5)))
        events = await caller.until("response.created")
        assert "input_audio_buffer.committed" in kinds(events)

    in_session(talk, "ga", speed=1)


def test_listening_is_far_faster_than_speaking() -> None:
    stage = Stage()
    audio = append(voice() * 20)
    stage.tell({"type": "session.update", "session": {"turn_detection": {"type": "server_vad",
                "create_response": False}}})  # fmt: skip
    began = time.process_time()
    stage.tell(audio)
    assert time.process_time() - began < len(voice()) * 20 / 48_000 / 100


# G.711 both ways.


@pytest.mark.parametrize(
    ("encode", "levels"), [(mulaw_from_pcm, pcm_of_mulaw()), (alaw_from_pcm, pcm_of_alaw())]
)
def test_every_telephone_code_is_heard_as_the_sample_it_stands_for(
    encode: Any, levels: tuple[int, ...]
) -> None:
    again = encode(levels)
    # Only -0 has a second code.
    assert sum(code != place for place, code in enumerate(again)) <= 1
    samples = list(range(-32_000, 32_000, 7))
    for sample, code in zip(samples, encode(samples), strict=True):
        assert abs(levels[code] - sample) <= max(16, abs(sample) / 16)

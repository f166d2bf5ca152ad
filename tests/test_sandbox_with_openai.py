"""OpenAI's own client for Python talks with the sandbox, in either dialect."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from openai import AsyncOpenAI
from openai.types.beta.realtime import RealtimeServerEvent as BetaServerEvent
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from tests.sandbox_client import PATIENCE_S, Event, user_says
from tests.test_sandbox_against_document import events
from webapp.sandbox.server import serve_sandbox
from webapp.sandbox.terms import Dialect

both = pytest.mark.parametrize("dialect", ["ga", "beta"])
TEXT = {"beta": {"modalities": ["text"]}, "ga": {"output_modalities": ["text"]}}
TYPES: dict[str, TypeAdapter[Any]] = {
    "beta": TypeAdapter(BetaServerEvent),
    "ga": TypeAdapter(RealtimeServerEvent),
}
TOOL = {
    "type": "function",
    "name": "lookup",
    "parameters": {
        "type": "object",
        "properties": {"word": {"type": "string"}},
        "required": ["word"],
    },
}


class Talk:
    """A session of the client; every event that comes is of its own types, to the letter."""

    def __init__(self, connection: Any, dialect: str) -> None:
        self.connection = connection
        self.dialect = dialect

    def name(self, kind: str) -> str:
        """Return what the dialect calls a stream of text or sound."""
        return f"response.{kind}" if self.dialect == "beta" else f"response.output_{kind}"

    async def until(self, kind: str) -> list[Any]:
        """Return all events up to the first of this type, as the client reads them."""
        found: list[Any] = []
        while not found or found[-1].type != kind:
            raw = await self.connection.recv_bytes()
            TYPES[self.dialect].validate_json(raw)
            found.append(self.connection.parse_event(raw))
        return found

    async def respond(self, **params: Any) -> list[Any]:
        await self.connection.response.create(response=params)
        return await self.until("rate_limits.updated")


def hold(dialect: str, talk: Callable[[Talk], Awaitable[None]]) -> None:
    """Run a talk in a session of the client that is made for the dialect."""

    async def run() -> None:
        async with serve_sandbox(seed=1, speed=0, require_key=True) as sandbox:
            base = sandbox.url.removesuffix("/realtime")
            async with AsyncOpenAI(api_key="sk-rehearsal", websocket_base_url=base) as client:
                realtime = client.beta.realtime if dialect == "beta" else client.realtime
                async with (
                    realtime.connect(model="gpt-realtime") as connection,
                    asyncio.timeout(PATIENCE_S),
                ):
                    held = Talk(connection, dialect)
                    (opening,) = await held.until("session.created")
                    assert hasattr(opening.session, "audio") is (dialect == "ga")
                    await talk(held)

    asyncio.run(run())


def joined(events: list[Any], kind: str) -> str:
    return "".join(event.delta for event in events if event.type == f"{kind}.delta")


@both
def test_text(dialect: str) -> None:
    async def talk(held: Talk) -> None:
        session: Event = {"instructions": "Hush."}
        session |= {"type": "realtime"} if dialect == "ga" else {}
        await held.connection.session.update(session=session)
        assert (await held.until("session.updated"))[-1].session.instructions == "Hush."
        await held.connection.conversation.item.create(item=user_says("Are you there?"))
        told = await held.respond(**TEXT[dialect])
        said = joined(told, held.name("text"))
        assert "“Hush.”" in said
        assert "“Are you there?”" in said
        response = told[-2].response
        assert response.status == "completed"
        assert response.output[0].content[0].text == said
        assert response.usage.total_tokens == (
            response.usage.input_tokens + response.usage.output_tokens
        )
        assert told[-1].rate_limits[0].name == "tokens"

    hold(dialect, talk)


@both
def test_audio(dialect: str) -> None:
    params: dict[str, Event] = {
        "beta": {"voice": "sage"},
        "ga": {"audio": {"output": {"voice": "sage"}}},
    }

    async def talk(held: Talk) -> None:
        told = await held.respond(**params[dialect])
        chunks = [event.delta for event in told if event.type == held.name("audio") + ".delta"]
        sound = b"".join(base64.b64decode(chunk) for chunk in chunks)
        words = joined(told, held.name("audio_transcript"))
        assert 2 < len(words.split()) / (len(sound) / 48_000) < 4
        response = told[-2].response
        assert response.output[0].content[0].transcript == words
        voice = response.voice if dialect == "beta" else response.audio.output.voice
        assert voice == "sage"

    hold(dialect, talk)


@both
def test_the_user_speaks(dialect: str) -> None:
    async def talk(held: Talk) -> None:
        told = await held.respond()
        deltas = [event.delta for event in told if event.type == held.name("audio") + ".delta"]
        # It hears its own voice, and silence behind it.
        for delta in [*deltas[:8], base64.b64encode(bytes(24_000)).decode()]:
            await held.connection.input_audio_buffer.append(audio=delta)
        heard = await held.until("rate_limits.updated")
        assert heard[0].type == "input_audio_buffer.speech_started"
        assert heard[1].type == "input_audio_buffer.speech_stopped"
        assert heard[-2].response.status == "completed"

    hold(dialect, talk)


@both
def test_function_call(dialect: str) -> None:
    async def talk(held: Talk) -> None:
        told = await held.respond(tools=[TOOL], tool_choice="required")
        (done,) = (e for e in told if e.type == "response.function_call_arguments.done")
        call = told[-2].response.output[0]
        assert (call.type, call.name, call.arguments) == ("function_call", "lookup", done.arguments)
        assert set(json.loads(done.arguments)) == {"word"}
        output = {"type": "function_call_output", "call_id": done.call_id, "output": "42"}
        await held.connection.conversation.item.create(item=output)
        told = await held.respond(**TEXT[dialect])
        assert "lookup returned “42”" in joined(told, held.name("text"))

    hold(dialect, talk)


@both
def test_out_of_band(dialect: str) -> None:
    async def talk(held: Talk) -> None:
        question = user_says("Which way is north?")
        told = await held.respond(
            **TEXT[dialect], conversation="none", metadata={"topic": "way"}, input=[question]
        )
        assert not [event for event in told if event.type.startswith("conversation.")]
        for event in (told[0], told[-2]):
            assert event.response.metadata == {"topic": "way"}
            assert event.response.conversation_id is None
        assert "“Which way is north?”" in joined(told, held.name("text"))
        told = await held.respond(**TEXT[dialect])
        assert "Nobody has said anything yet." in joined(told, held.name("text"))

    hold(dialect, talk)


@both
def test_cancel(dialect: str) -> None:
    async def talk(held: Talk) -> None:
        # Without an end of its own: it is certain to be running when the cancel comes.
        params = {**TEXT[dialect], "metadata": {"sandbox": "silence"}}
        await held.connection.response.create(response=params)
        told = await held.until("response.output_item.done")
        await held.connection.response.cancel(response_id=told[0].response.id)
        response = (await held.until("response.done"))[-1].response
        assert (response.status, response.status_details.reason) == (
            "cancelled",
            "client_cancelled",
        )
        await held.until("rate_limits.updated")
        await held.connection.response.cancel()
        (error,) = await held.until("error")
        assert error.error.code == "response_cancel_not_active"

    hold(dialect, talk)


@both
def test_error(dialect: str) -> None:
    async def talk(held: Talk) -> None:
        foreign = {"ga": {"temperature": 1}, "beta": {"reasoning": {}}}[dialect]
        await held.connection.response.create(response=foreign, event_id="mine")
        (error,) = await held.until("error")
        (name,) = foreign
        assert error.error.code == "unknown_parameter"
        assert error.error.param == f"response.{name}"
        assert error.error.event_id == "mine"
        # The session lives on.
        assert (await held.respond(**TEXT[dialect]))[-2].response.status == "completed"

    hold(dialect, talk)


@both
def test_a_failed_response_is_read_with_its_reason(dialect: str) -> None:
    async def talk(held: Talk) -> None:
        told = await held.respond(metadata={"sandbox": "fail:insufficient_quota"})
        response = told[-2].response
        assert response.status == "failed"
        assert response.status_details.error.code == "insufficient_quota"

    hold(dialect, talk)


@pytest.mark.parametrize("dialect", ["ga", "beta"])
def test_everything_the_sandbox_says_is_of_the_client_s_types(dialect: Dialect) -> None:
    told = events(dialect)
    assert len(told) > 500
    for event in told:
        TYPES[dialect].validate_python(event)


def test_a_wrong_key_is_told_before_the_socket_closes() -> None:
    async def run() -> None:
        async with serve_sandbox() as sandbox:
            base = sandbox.url.removesuffix("/realtime")
            client = AsyncOpenAI(api_key="sk-invalid", websocket_base_url=base)
            async with client, client.realtime.connect(model="m") as connection:
                event: Any = await connection.recv()
                assert event.error.code == "invalid_api_key"

    asyncio.run(run())

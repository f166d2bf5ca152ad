"""OpenAI's own client holds a session with the sandbox, in either dialect."""

import asyncio
import base64
from typing import Any

from openai import AsyncOpenAI

from tests.sandbox_client import PATIENCE_S
from webapp.sandbox.server import serve_sandbox


async def _talk(dialect: str, talk: Any) -> None:
    async with serve_sandbox(seed=1, speed=0, require_key=True) as sandbox:
        base = sandbox.url.removesuffix("/realtime")
        async with AsyncOpenAI(api_key="sk-rehearsal", websocket_base_url=base) as client:
            realtime = client.beta.realtime if dialect == "beta" else client.realtime
            async with realtime.connect(model="gpt-realtime") as connection:
                async with asyncio.timeout(PATIENCE_S):
                    await talk(connection)


def test_the_ga_client_gets_typed_events_of_a_text_answer() -> None:
    async def talk(connection: Any) -> None:
        said = ""
        await connection.session.update(session={"type": "realtime", "instructions": "Hush."})
        await connection.conversation.item.create(
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "Are you there?"}],
            }
        )
        await connection.response.create(response={"output_modalities": ["text"]})
        async for event in connection:
            if event.type == "response.output_text.delta":
                said += event.delta
            if event.type == "response.done":
                assert event.response.status == "completed"
                assert event.response.output[0].content[0].text == said
                assert event.response.usage.total_tokens > 0
                break
        assert "“Hush.”" in said
        assert "“Are you there?”" in said

    asyncio.run(_talk("ga", talk))


def test_the_beta_client_gets_typed_events_of_a_spoken_answer() -> None:
    async def talk(connection: Any) -> None:
        sound = b""
        await connection.response.create(response={"voice": "sage"})
        async for event in connection:
            if event.type == "session.created":
                assert event.session.voice == "alloy"
            if event.type == "response.audio.delta":
                sound += base64.b64decode(event.delta)
            if event.type == "response.done":
                assert event.response.voice == "sage"
                break
        assert len(sound) > 48_000

    asyncio.run(_talk("beta", talk))


def test_the_client_reads_the_error_of_a_bad_event() -> None:
    async def talk(connection: Any) -> None:
        await connection.send({"type": "response.create", "response": {"temperature": 1}})
        async for event in connection:
            if event.type == "error":
                assert event.error.code == "unknown_parameter"
                assert event.error.param == "response.temperature"
                break

    asyncio.run(_talk("ga", talk))


def test_the_ga_client_returns_the_output_of_a_call() -> None:
    tool = {"type": "function", "name": "lookup", "parameters": {"type": "object"}}

    async def talk(connection: Any) -> None:
        await connection.response.create(response={"tools": [tool], "tool_choice": "required"})
        async for event in connection:
            if event.type == "response.function_call_arguments.done":
                assert (event.name, event.arguments) == ("lookup", "{}")
                call_id = event.call_id
            if event.type == "response.done":
                break
        output = {"type": "function_call_output", "call_id": call_id, "output": "42"}
        await connection.conversation.item.create(item=output)
        await connection.response.create(response={"output_modalities": ["text"]})
        async for event in connection:
            if event.type == "response.output_text.done":
                assert "lookup returned “42”" in event.text
                break

    asyncio.run(_talk("ga", talk))


def test_a_wrong_key_is_told_before_the_socket_closes() -> None:
    async def run() -> None:
        async with serve_sandbox() as sandbox:
            base = sandbox.url.removesuffix("/realtime")
            client = AsyncOpenAI(api_key="sk-invalid", websocket_base_url=base)
            async with client, client.realtime.connect(model="m") as connection:
                event: Any = await connection.recv()
                assert event.error.code == "invalid_api_key"

    asyncio.run(run())

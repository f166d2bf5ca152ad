"""OpenAI's client for JavaScript, from npm, talks with the sandbox in either dialect."""

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.node_modules import NODE, installed
from webapp.sandbox.server import serve_sandbox

both = pytest.mark.parametrize("dialect", ["ga", "beta"])
TALKS = Path(__file__).parent / "node" / "talks.mjs"
PATIENCE_S = 60


@cache
def met(dialect: str) -> dict[str, Any]:
    """Return what the client met in its talks."""

    async def run() -> bytes:
        async with serve_sandbox(seed=1, speed=0, require_key=True) as sandbox:
            program = installed() / TALKS.name
            program.write_bytes(TALKS.read_bytes())
            process = await asyncio.create_subprocess_exec(
                NODE,
                str(program),
                dialect,
                str(sandbox.port),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            async with asyncio.timeout(PATIENCE_S):
                out, complaints = await process.communicate()
            assert process.returncode == 0, complaints.decode()
            return out

    found = json.loads(asyncio.run(run()))
    assert isinstance(found, dict)
    return found


def stream(dialect: str, kind: str) -> str:
    return f"response.{kind}.delta" if dialect == "beta" else f"response.output_{kind}.delta"


@both
@pytest.mark.parametrize("talk", ["text", "audio", "call", "out_of_band", "cancel", "error"])
def test_each_talk_opens_in_the_dialect_and_closes_in_order(dialect: str, talk: str) -> None:
    seen = met(dialect)[talk]
    assert ("modalities" in seen["opening"]) is (dialect == "beta")
    assert seen["opening"]["model"] == "gpt-realtime"
    assert seen["closed"] == {"code": 1000, "reason": "OK"}
    expected = {"cancel": 1, "error": 1}
    assert len(seen["mishaps"]) == expected.get(talk, 0)


@both
def test_text(dialect: str) -> None:
    seen = met(dialect)["text"]
    assert stream(dialect, "text") in seen["types"]
    assert seen["said"] == seen["whole"]
    assert "“Hush.”" in seen["said"]
    assert "“Are you there?”" in seen["said"]
    assert seen["status"] == "completed"
    assert seen["usage"]["output_tokens"] > 0


@both
def test_audio(dialect: str) -> None:
    seen = met(dialect)["audio"]
    assert stream(dialect, "audio") in seen["types"]
    assert seen["said"] == seen["transcript"]
    assert 2 < len(seen["said"].split()) / seen["seconds"] < 4


@both
def test_function_call(dialect: str) -> None:
    seen = met(dialect)["call"]
    assert seen["name"] == "weather"
    assert list(seen["arguments"]) == ["town"]
    assert "weather returned “Rain”" in seen["said"]


@both
def test_out_of_band(dialect: str) -> None:
    seen = met(dialect)["out_of_band"]
    assert not [kind for kind in seen["types"] if kind.startswith("conversation.")]
    assert (seen["metadata"], seen["conversation_id"]) == ({"topic": "way"}, None)
    assert "“Which way is north?”" in seen["said"]
    assert "Nobody has said anything yet." in seen["after"]


@both
def test_cancel(dialect: str) -> None:
    seen = met(dialect)["cancel"]
    assert seen["status"] == "cancelled"
    assert seen["details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert seen["code"] == "response_cancel_not_active"


@both
def test_error(dialect: str) -> None:
    seen = met(dialect)["error"]
    assert seen["name"] == "OpenAIRealtimeError"
    assert seen["error"]["code"] == "unknown_parameter"
    assert (
        seen["error"]["param"]
        == {"ga": "response.temperature", "beta": "response.reasoning"}[dialect]
    )
    assert seen["error"]["event_id"] == "mine"
    assert seen["status"] == "completed"


@both
def test_a_wrong_key_is_told_and_the_socket_closes(dialect: str) -> None:
    seen = met(dialect)["refused"]
    assert seen["errors"][0]["code"] == "invalid_api_key"
    assert seen["closed"] == {"code": 3000, "reason": "invalid_request_error.invalid_api_key"}

"""A sandbox session without a socket, played without pauses."""

import base64
import json
from typing import Any

from tests.sandbox_client import Event, create, only
from webapp.sandbox.script import Script
from webapp.sandbox.steps import Say
from webapp.sandbox.terms import Dialect


class Stage:
    """A script that is played without pauses."""

    def __init__(self, dialect: Dialect = "beta", seed: int = 3, model: str = "m") -> None:
        self.script = Script(dialect, model, seed=seed)

    def tell(self, event: Event) -> list[Event]:
        """Return all events that follow from a client event, a response to its end."""
        answer = self.script.answer(json.dumps(event))
        events = [say.event for say in answer.says]
        while answer.reply and (step := answer.reply.next()):
            if isinstance(step, Say):
                events.append(step.event)
        for steps in answer.also:
            events += [step.event for step in steps if isinstance(step, Say)]
        return events

    def begin(self, **params: Any) -> str:
        """Start a response, leave it at its first event, and return its id."""
        answer = self.script.answer(json.dumps(create(**params)))
        assert answer.reply
        return answer.reply.id

    def code(self, event: Event) -> str:
        (answer,) = self.tell(event)
        return str(answer["error"]["code"])

    def words(self, **params: Any) -> str:
        """Return what a text answer says."""
        name = "modalities" if self.script.dialect == "beta" else "output_modalities"
        events = self.tell(create(**{name: ["text"]}, **params))
        return str(only(events, "response.done")["response"]["output"][0]["content"][0]["text"])


def sound(seconds: float) -> str:
    return base64.b64encode(bytes(round(48_000 * seconds))).decode()

"""What may be said on a Realtime session: the table of events the builder offers."""

from dataclasses import dataclass

from webapp.events.beta import (
    RealtimeBetaClientEventResponseCreate,
    RealtimeBetaResponseCreateParams,
)
from webapp.events.ga import RealtimeClientEventResponseCreate, RealtimeResponseCreateParams
from webapp.events.wire import WireModel

DIALECTS = ("beta", "ga")

ModelType = type[WireModel]


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event in one dialect: its models, and its name and purpose for people."""

    dialect: str
    type: str
    model: ModelType
    params: ModelType
    title: str
    summary: str


EVENTS: dict[tuple[str, str], EventType] = {
    (event.dialect, event.type): event
    for event in (
        EventType(
            dialect="beta",
            type="response.create",
            model=RealtimeBetaClientEventResponseCreate,
            params=RealtimeBetaResponseCreateParams,
            title="Create a response",
            summary="Makes the model answer now, with settings for this one answer.",
        ),
        EventType(
            dialect="ga",
            type="response.create",
            model=RealtimeClientEventResponseCreate,
            params=RealtimeResponseCreateParams,
            title="Create a response",
            summary="Makes the model answer now, with settings for this one answer.",
        ),
    )
}

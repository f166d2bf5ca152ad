"""What stands at the head of every exported program, in sentences of plain ASCII."""

from collections.abc import Iterator
from textwrap import wrap

from webapp.exports.pieces import Order

NAMES = {"beta": "Beta", "ga": "GA"}
COLUMNS = 78


ENVIRONMENT = "the environment"


def comment(order: Order, mark: str, *extra: str, source: str = ENVIRONMENT) -> str:
    """Return comment lines behind ``mark``: what the program does and needs, what to mind.

    ``source`` is where key and secrets are read from.
    """
    remarks = (*_remarks(order, source), *extra)
    return "\n".join(f"{mark} {line}" for each in remarks for line in wrap(each, COLUMNS))


def _remarks(order: Order, source: str) -> Iterator[str]:
    endpoint = order.endpoint
    yield (
        f"Opens a Realtime session ({NAMES[endpoint.dialect]}) at {endpoint.title}, waits for"
        " session.created, sends one event byte for byte, and prints what comes back up to"
        " response.done."
    )
    if endpoint.embedded:
        yield "The sandbox has to run: cuecard sandbox"
    if endpoint.key and source == ENVIRONMENT:
        must = "is read" if endpoint.key.required else "is read, where it is set,"
        yield f"The key {must} from {source}: {endpoint.key.variable}"
    if "YOUR-" in endpoint.url:
        yield "Put the names of your resource and your deployment into the address."
    if order.secrets:
        names = ", ".join(secret.variable for secret in order.secrets)
        yield (
            f"Secrets are left out of this text and read from {source}, so the bytes that are sent"
            f" differ from the event's own in exactly these places: {names}"
        )
    if order.dialect != endpoint.dialect:
        ours, theirs = NAMES[order.dialect], NAMES[endpoint.dialect]
        yield (
            f"The event is written in {ours} and this server speaks {theirs}: it will hardly be"
            " taken; convert it first."
        )

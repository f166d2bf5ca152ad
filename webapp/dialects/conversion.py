"""An event of one dialect as the other spells it, with a note for all that changed on the way."""

from collections.abc import Iterator
from typing import cast

from pydantic import ValidationError

from webapp.dialects.rules import ROWS
from webapp.dialects.work import Converted, Kind, Note, Spot, Work, around, copy
from webapp.events import EVENTS
from webapp.exact_json.reader import JsonValue
from webapp.forms.problems import UNKNOWN, from_validation

EVENT = "response.create"

_TITLES = {"beta": "Beta", "ga": "GA"}


def convert(value: JsonValue, source: str, target: str) -> Converted:
    """Return an event as ``target`` spells it; anything goes in, and nothing of it is changed.

    What the rules do not know stays as it is, and is reported if one of the models does not know
    it either. Notes come in the order of the event's text.
    """
    work = Work(copy(value))
    if source == target or not isinstance(value, dict):
        return Converted(work.after)
    for row in ROWS:
        if (row.source, row.target) == (source, target):
            for spot in [*_spots(work, row.place)]:
                row.change(spot)
    _report(work, value, source, target)
    orders: dict[int, dict[str, int]] = {}
    notes = sorted(work.notes, key=lambda note: _place(note, value, orders))
    return Converted(work.after, tuple(notes))


def _spots(work: Work, place: str) -> Iterator[Spot]:
    """Yield what a rule's pointer names in the result so far."""
    *above, last = place.split("/")[1:]
    here = work.after
    at = ""
    for step in above:
        if not isinstance(here, dict) or step not in here:
            return
        here, at = here[step], f"{at}/{step}"
    if last != "*":
        if isinstance(here, dict) and last in here:
            yield Spot(work, here, last, here[last], f"{at}/{last}", f"{at}/{last}")
    elif isinstance(here, list):
        for number, item in enumerate(here):
            yield Spot(work, {}, str(number), item, f"{at}/{number}", f"{at}/{number}")


def _report(work: Work, value: JsonValue, source: str, target: str) -> None:
    """Name every member that one of the dialects does not know and that travelled as it is."""
    noted = {note.at for note in work.notes} | work.kept()
    lost = {note.at for note in work.notes if not note.to}
    before = _unknown(source, value)
    after = {work.before(to): to for to in _unknown(target, work.after)}
    here, there = _TITLES[source], _TITLES[target]
    for at in dict.fromkeys((*before, *after)):
        to = after.get(at) or work.now(at)
        if at in noted or any(part in lost for part in around(at)) or not _stands(work.after, to):
            continue
        if at not in before:
            words = f"{there} knows no such member; it stays."
        elif any(part in after for part in around(at)):
            words = "Neither dialect knows this member; it stays."
        else:
            words = f"{here} knows no such member, {there} does; it stays."
        work.note(at, to, Kind.KEPT, words)


def _stands(value: JsonValue, at: str) -> bool:
    """Whether there is a member at a pointer; some are taken apart on the way."""
    for step in at.split("/")[1:]:
        if isinstance(value, list):
            value = value[int(step)]
            continue
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


def _unknown(dialect: str, value: JsonValue) -> dict[str, None]:
    """Return, in order, the pointers of members that a dialect's model does not know."""
    try:
        EVENTS[dialect, EVENT].model.model_validate(value)
    except ValidationError as refusal:
        found = from_validation(refusal, value)
        return dict.fromkeys(problem.at for problem in found if problem.code == UNKNOWN)
    return {}


def _place(note: Note, value: JsonValue, orders: dict[int, dict[str, int]]) -> list[int]:
    """Return where a note's part stands in the event; ``orders`` remembers those of objects."""
    places: list[int] = []
    for step in note.at.split("/")[1:]:
        if isinstance(value, dict):
            name = step.replace("~1", "/").replace("~0", "~")
            if id(value) not in orders:
                orders[id(value)] = {known: at for at, known in enumerate(value)}
            places.append(orders[id(value)].get(name, len(value)))
            value = value.get(name)
        else:
            places.append(int(step))
            value = cast("list[JsonValue]", value)[int(step)]  # a note's part is always there
    return places

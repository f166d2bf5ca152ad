"""Which members an event's model knows at a place, found by the location of an error."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import MISSING, Tag

from webapp.events.wire import OnlyBranch, WireModel

Location = tuple[int | str, ...]


def members_at(model: type[WireModel], location: Location) -> tuple[str, ...]:
    """Return the names of the members an object may have, in the order of the document.

    ``location`` is the object's, as pydantic gives it: members, places in lists, branch tags.
    Empty if no object of the model stands there.
    """
    return _members(model, tuple(0 if isinstance(step, int) else step for step in location))


@lru_cache(maxsize=512)
def _members(model: type[WireModel], location: Location) -> tuple[str, ...]:
    annotation: Any = model
    for step in location:
        annotation = _below(annotation, step)
    objects = (kind for _, kind in _kinds(annotation) if _is_model(kind))
    return next((tuple(kind.model_fields) for kind in objects), ())


def _below(annotation: Any, step: int | str) -> Any:
    """The annotation one step further down, or None."""
    for tag, kind in _kinds(annotation):
        if step == tag:
            return kind
        if _is_model(kind) and step in kind.model_fields:
            return kind.model_fields[step].annotation
        if get_origin(kind) is list and isinstance(step, int):
            return get_args(kind)[0]
        if get_origin(kind) is dict and isinstance(step, str) and tag is None:
            return get_args(kind)[1]
    return None


def _kinds(annotation: Any, tag: str | None = None) -> Iterator[tuple[str | None, Any]]:
    """The types of a union, each with the tag of its branch."""
    if get_origin(annotation) is Annotated:
        annotation, *metadata = get_args(annotation)
        tags = [extra.tag for extra in metadata if isinstance(extra, Tag | OnlyBranch)]
        yield from _kinds(annotation, tags[0] if tags else tag)
    elif get_origin(annotation) in (None, list, dict) or annotation is MISSING:
        yield tag, annotation
    else:
        for choice in get_args(annotation):
            yield from _kinds(choice, tag)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, WireModel)

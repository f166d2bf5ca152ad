"""Ids that are given to events: each is told again, and only by the browser it was given in."""

from hypothesis import given
from hypothesis import strategies as st

from webapp.sessions.event_ids import new_event_id, was_given


@given(st.text(), st.binary(min_size=12, max_size=40))
def test_an_id_is_known_to_its_visitor_alone(visitor: str, chance: bytes) -> None:
    event_id = new_event_id(visitor, chance)
    assert len(event_id) == 22
    assert event_id == new_event_id(visitor, chance)
    assert was_given(visitor, event_id)
    assert not was_given(f"{visitor}x", event_id)


def test_what_people_type_is_theirs() -> None:
    event_id = new_event_id("visitor", bytes(range(16)))
    for typed in ("", "cue_", "evt_1", event_id[:-1], f"{event_id}x", event_id.upper(), None, 7):
        assert not was_given("visitor", typed)

"""JSON: the event itself, pretty or compact; where a secret was stands a variable's name.

``envsubst`` and its kin put the variables back. An event that strict JSON does not take, as one
with a name twice, keeps its layout.
"""

from webapp.exact_json.reader import Unreadable, read_json
from webapp.exact_json.writer import write
from webapp.exports.pieces import Order


def pretty(order: Order) -> str:
    """Return the event over several lines."""
    return _laid_out(order, indent=2)


def compact(order: Order) -> str:
    """Return the event on one line."""
    return _laid_out(order, indent=None)


def _laid_out(order: Order, indent: int | None) -> str:
    try:
        return write(read_json(order.text), indent=indent) + "\n"
    except Unreadable:
        return order.text

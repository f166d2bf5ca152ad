"""JSON: the event itself, pretty or compact; where a secret was stands a variable's name.

``envsubst`` and its kin put the variables back.
"""

from webapp.exports.pieces import Order
from webapp.wire_reader import read_json
from webapp.wire_writer import write


def pretty(order: Order) -> str:
    """Return the event over several lines."""
    return write(read_json(order.text)) + "\n"


def compact(order: Order) -> str:
    """Return the event on one line."""
    return write(read_json(order.text), indent=None) + "\n"

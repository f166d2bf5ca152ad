"""The protocol's rules beyond the schema: one function and one row each."""

from webapp.checks.rules import answer, event, items, media, tools
from webapp.checks.rules.rule import Finding, Rule

__all__ = ["RULES", "Finding", "Rule"]

RULES: tuple[Rule, ...] = (
    *event.RULES,
    *answer.RULES,
    *tools.RULES,
    *items.RULES,
    *media.RULES,
)

"""Figures of a run (median, p95, ratio, growth) and the Markdown table they stand in."""

import math
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HEADINGS = ("Measured", "Median", "p95", "Against", "Median", "p95", "Ratio", "Goal")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: Cuecard's figures, what stands beside them, and what was hoped for."""

    measured: str
    median: str
    p95: str = ""
    against: str = ""
    against_median: str = ""
    against_p95: str = ""
    ratio: str = ""
    goal: str = ""

    def cells(self) -> tuple[str, ...]:
        return (
            self.measured,
            self.median,
            self.p95,
            self.against,
            self.against_median,
            self.against_p95,
            self.ratio,
            self.goal,
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """What one part found, and what it was taken with beside the packages of the server."""

    rows: Sequence[Row]
    taken_with: Sequence[str] = ()


def median_and_p95(times: Sequence[float]) -> tuple[str, str]:
    """Return both figures of times in ms, p95 being what 95 in 100 of them do not exceed."""
    return ms(statistics.median(times)), ms(p95(times))


def p95(times: Sequence[float]) -> float:
    """Return what 95 in 100 of the times do not exceed."""
    return sorted(times)[math.ceil(0.95 * len(times)) - 1]


def ms(value: float) -> str:
    return f"{value:.1f} ms" if value >= 1 else f"{value:.2f} ms"


def growth(medians: Mapping[int, float]) -> float:
    """Return the exponent of size with which the medians grow: 0 is flat, 1 is in proportion."""
    sizes = [math.log(size) for size in medians]
    return statistics.linear_regression(sizes, [math.log(ms) for ms in medians.values()]).slope


def verdict(value: float, *, at_most: float = math.inf, at_least: float = -math.inf) -> str:
    """Return the one bound that is given in words, with a sign that says whether it is met."""
    sign = "✓" if at_least <= value <= at_most else "✗"
    bound = f"at least {at_least:g}" if math.isinf(at_most) else f"at most {at_most:g}"
    return f"{sign} {bound}"


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    rules = ("---", "---:", "---:", "---", "---:", "---:", "---:", "---")
    lines: list[tuple[str, ...]] = [HEADINGS, rules, *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def write_between_marks(page: Path, mark: str, text: str) -> None:
    """Replace what stands between `<!-- mark -->` and `<!-- /mark -->` in the page."""
    marks = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    old = page.read_text(encoding="utf-8")
    new, found = marks.subn(lambda match: f"{match[1]}{text}\n{match[2]}", old)
    if not found:
        raise LookupError(f"{page} has no place marked <!-- {mark} -->")
    page.write_text(new, encoding="utf-8")

"""The charts of agreement part by part: where each mark stands.

Across, places are percent of the chart's width, so that it fits any screen and its letters keep
their size; from top to bottom they are pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from workbench.queries.agreement import Measure
from workbench.queries.guideline import VersionLine
from workbench.web.quality_lines import AgreementLine
from workbench.web.trust import RELIABLE, TENTATIVE, Level

#: Over weeks, across, in percent: where figures begin and end.
LEFT, RIGHT = 12.0, 97.0
#: Height of the plot over weeks, in pixels, between the lanes of versions and the weeks' names.
TOP, DEPTH = 34, 200
#: Of the chart of rows: one row.
ROW = 40
#: Weeks that are named below the chart: more do not fit a telephone.
NAMED = 5
#: Letters of a row's name that fit a telephone.
LETTERS = 34


@dataclass(frozen=True)
class Mark:
    """One figure with its interval; without one, `low` and `high` are where the figure is."""

    #: The middle of the mark on the axis that the figure is not on.
    at: float
    value: float
    low: float
    high: float
    line: AgreementLine


@dataclass(frozen=True)
class Band:
    """What a figure allows, from one place of its axis to another."""

    level: Level
    start: float
    length: float


@dataclass(frozen=True)
class Tick:
    """A number of the axis."""

    at: float
    number: float


@dataclass(frozen=True)
class Stroke:
    """From the figure of one week to the next one's. `gap`: there are weeks between them."""

    x1: float
    y1: float
    x2: float
    y2: float
    gap: bool


@dataclass(frozen=True)
class Published:
    """Versions of the guideline that were published at about the same time."""

    x: float
    versions: tuple[int, ...]


@dataclass(frozen=True)
class WeekChart:
    """Weeks from left to right, figures from the bottom (the least) to the top (1)."""

    height: int
    left: float
    right: float
    bottom: float
    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    strokes: tuple[Stroke, ...]
    published: tuple[Published, ...]
    #: Mondays that are named, and where.
    named: tuple[tuple[float, date], ...]


@dataclass(frozen=True)
class Row:
    """A part in the chart of rows; `mark` is None where its figure is undefined."""

    y: int
    name: str
    line: AgreementLine
    mark: Mark | None


@dataclass(frozen=True)
class RowChart:
    """A part under the other, figures from left (the least) to right (1)."""

    height: int
    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Axis:
    """Places of figures: `least` at `start`, 1 at `end`."""

    least: float
    start: float
    end: float

    def place(self, figure: float) -> float:
        share = (figure - self.least) / (1 - self.least)
        return round(self.start + (self.end - self.start) * share, 2)

    def bands(self) -> tuple[Band, ...]:
        bounds = (
            (Level.DANGER, self.least, TENTATIVE),
            (Level.WARNING, TENTATIVE, RELIABLE),
            (Level.GOOD, RELIABLE, 1.0),
        )
        return tuple(self._band(*each) for each in bounds)

    def _band(self, level: Level, low: float, high: float) -> Band:
        start, end = sorted((self.place(low), self.place(high)))
        return Band(level, start, round(end - start, 2))

    def ticks(self) -> tuple[Tick, ...]:
        numbers = dict.fromkeys((self.least, 0.0, TENTATIVE, RELIABLE, 1.0))
        return tuple(Tick(self.place(each), each) for each in numbers)

    def mark(self, line: AgreementLine, at: float) -> Mark | None:
        alpha = line.alpha
        if alpha.value is None:
            return None
        low = alpha.value if alpha.low is None else alpha.low
        high = alpha.value if alpha.high is None else alpha.high
        return Mark(at, self.place(alpha.value), self.place(low), self.place(high), line)


def row_chart(lines: Sequence[AgreementLine]) -> RowChart:
    """The parts in their order, one under the other."""
    axis = _Axis(_least([line.alpha for line in lines]), 2.0, 98.0)
    rows = tuple(
        Row(ROW * n, _short(line.title), line, axis.mark(line, ROW * n + 28))
        for n, line in enumerate(lines)
    )
    return RowChart(ROW * len(lines) + 24, axis.bands(), axis.ticks(), rows)


def week_chart(
    weeks: Sequence[tuple[str, AgreementLine]], versions: Sequence[VersionLine], zone: ZoneInfo
) -> WeekChart:
    """Weeks by name, in their order and one at least, with the versions published meanwhile."""
    mondays = [monday(name) for name, _ in weeks]
    places = [(day - mondays[0]).days // 7 for day in mondays]
    n_weeks = places[-1] + 1
    across = [_across((place + 0.5) / n_weeks) for place in places]
    axis = _Axis(_least([line.alpha for _, line in weeks]), TOP + DEPTH, TOP)
    marks = [axis.mark(line, x) for (_, line), x in zip(weeks, across, strict=True)]
    start = datetime.combine(mondays[0], datetime.min.time(), zone)
    step = math.ceil(n_weeks / NAMED)
    return WeekChart(
        height=TOP + DEPTH + 24,
        left=LEFT,
        right=RIGHT,
        bottom=TOP + DEPTH,
        bands=axis.bands(),
        ticks=axis.ticks(),
        marks=tuple(mark for mark in marks if mark is not None),
        strokes=tuple(_strokes(marks, places)),
        published=tuple(_published(versions, start, n_weeks)),
        named=tuple(
            (_across((place + 0.5) / n_weeks), mondays[0] + timedelta(weeks=place))
            for place in range(0, n_weeks, step)
        ),
    )


def monday(week: str) -> date:
    """The first day of a week such as 2026-W47."""
    year, _, number = week.partition("-W")
    return date.fromisocalendar(int(year), int(number), 1)


def _across(share: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * share, 2)


def _least(alphas: Sequence[Measure]) -> float:
    """Where the axis begins: 0, or under the lowest end of an interval."""
    ends = [each for alpha in alphas for each in (alpha.value, alpha.low) if each is not None]
    return min(0.0, math.floor(min(ends, default=0.0) * 5) / 5)


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"


def _strokes(marks: Sequence[Mark | None], places: Sequence[int]) -> list[Stroke]:
    """Lines between neighbours that both have a figure."""
    return [
        Stroke(one.at, one.value, other.at, other.value, places[n + 1] - places[n] > 1)
        for n, (one, other) in enumerate(pairwise(marks))
        if one is not None and other is not None
    ]


def _published(versions: Sequence[VersionLine], start: datetime, n_weeks: int) -> list[Published]:
    """The versions of these weeks, oldest first; those too close to be told apart as one."""
    found: list[Published] = []
    for line in sorted(versions, key=lambda line: line.version):
        share = (line.at - start) / timedelta(weeks=n_weeks)
        if not 0 <= share <= 1:
            continue
        x = _across(share)
        if found and x - found[-1].x < 7:
            last = found.pop()
            found.append(Published(last.x, (*last.versions, line.version)))
        else:
            found.append(Published(x, (line.version,)))
    return found

"""What was left to judge at the end of each of the last days, worked out backwards from now."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from workbench.db import kept
from workbench.models import Assignment, Item, Judgment, Source, State
from workbench.queries.pace import Days
from workbench.queries.progress import starts_of


@dataclass(frozen=True)
class Backlog:
    """By day, today last: judgments left at its end, and those that came with new items."""

    dates: tuple[date, ...]
    left: tuple[int, ...]
    came: tuple[int, ...]
    #: Judgments made here of items that are in the project still.
    judged: tuple[int, ...]


def backlog(session: Session, project_id: int, days: Days, left: int, zone: ZoneInfo) -> Backlog:
    """`left`: judgments that the items want yet. `days`: judgments made here, by day.

    Formula, from today backwards: left at the end of a day = left at the end of the next - what
    came with items brought in on the next + what was judged here on the next. An item counts with
    the judgments that it wants now, less those that were brought in for it; items that were taken
    out count never. So a changed overlap looks as if it had always been.
    """
    starts = starts_of(days.dates, zone)
    gone = _judged_and_gone(session, project_id, starts)
    judged = [total - gone[n] for n, total in enumerate(days.totals)]
    came = _came(session, project_id, starts)
    found = [left]
    for n in range(len(starts) - 1, 0, -1):
        found.append(max(0, found[-1] - came[n] + judged[n]))
    return Backlog(days.dates, tuple(reversed(found)), tuple(came), tuple(judged))


def _judged_and_gone(session: Session, project_id: int, starts: Sequence[datetime]) -> list[int]:
    """Judgments of each day that `Days` counts, of items that were taken out."""
    made = session.scalars(
        select(Judgment.made_at)
        .select_from(Item)
        .join(Judgment, Judgment.item_id == Item.id)
        .join(Assignment, _of_the_same(Judgment))
        .where(
            Item.project_id == project_id,
            Item.retired_at.is_not(None),
            Item.copy_of.is_(None),
            Judgment.revision == 1,
            Judgment.origin == "desk",
            Judgment.made_at >= starts[0],
        )
    )
    found = [0] * len(starts)
    for at in made:
        found[bisect(starts, at) - 1] += 1
    return found


def _of_the_same(judgment: type[Judgment]) -> ColumnElement[bool]:
    return and_(
        Assignment.item_id == judgment.item_id,
        Assignment.user_id == judgment.user_id,
        Assignment.state == State.JUDGED,
    )


def _came(session: Session, project_id: int, starts: Sequence[datetime]) -> list[int]:
    """Judgments that items brought in on each day want of the people here."""
    sources = session.execute(
        select(Source.id, Source.created_at, Source.kind).where(
            Source.project_id == project_id, Source.created_at >= starts[0]
        )
    ).all()
    firsts = _first_items(session, [(row.id, bisect(starts, row.created_at) - 1)
                                    for row in sources])  # fmt: skip
    if not firsts:
        return [0] * len(starts)
    wanted = session.execute(
        select(_place(Item.id, firsts).label("place"), func.sum(Item.wanted))
        .where(Item.project_id == project_id, Item.is_current)
        .group_by("place")
    )
    found = [0] * len(starts)
    for place, n in wanted:
        if place >= 0:
            found[place] += int(n)
    imports = [row.id for row in sources if row.kind == "judgments"]
    if imports:
        for place, n in _elsewhere(session, project_id, tuple(firsts), max(imports)):
            found[place] -= n
    return found


def _first_items(session: Session, sources: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """(id of the first item, place of the day) of each day on which items were brought in,
    ascending. Ids ascend with time, so that indexes tell the days apart and no item is read."""
    found: dict[int, int] = {}
    for source_id, place in sources:
        first = session.scalar(select(func.min(Item.id)).where(Item.source_id == source_id))
        if first is not None:
            found[place] = min(first, found.get(place, first))
    return sorted((first, place) for place, first in found.items())


def _place(
    item_id: InstrumentedAttribute[int], firsts: Sequence[tuple[int, int]]
) -> ColumnElement[int]:
    """On which day the item was brought in: its place; -1 before them all."""
    return case(*((item_id >= first, place) for first, place in reversed(firsts)), else_=-1)


@dataclass(frozen=True)
class _Elsewhere:
    """(place, judgments) that were not made here, of items brought in on that day; and all that it
    depends on: the days, the last import of judgments, how many items were taken out."""

    mark: tuple[Any, ...]
    rows: tuple[tuple[int, int], ...]


def _elsewhere(
    session: Session, project_id: int, firsts: tuple[tuple[int, int], ...], last_import: int
) -> tuple[tuple[int, int], ...]:
    retired = session.scalar(
        select(func.count()).where(Item.project_id == project_id, Item.retired_at.is_not(None))
    )
    mark = firsts, last_import, retired

    def current(known: _Elsewhere | None) -> _Elsewhere:
        if known is not None and known.mark == mark:
            return known
        return _Elsewhere(mark, _count_elsewhere(session, project_id, firsts))

    key = ("backlog elsewhere", project_id)
    return kept(session, key, current, lambda each: len(each.rows) + 1).rows


def _count_elsewhere(
    session: Session, project_id: int, firsts: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int], ...]:
    rows = session.execute(
        select(_place(Judgment.item_id, firsts).label("place"), func.count())
        .join(Item, Item.id == Judgment.item_id)
        .join(Assignment, _of_the_same(Judgment))
        .where(
            Judgment.project_id == project_id,
            Judgment.revision == 1,
            Judgment.origin != "desk",
            Judgment.item_id >= firsts[0][0],
            Item.is_current,
        )
        .group_by("place")
    )
    return tuple((row.place, row[1]) for row in rows)

"""What was judged at the desk day by day and by whom, what is left, and how long judgments took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from workbench.db import kept
from workbench.models import Assignment, Item, Judgment, State
from workbench.queries.counted import last_seq
from workbench.queries.item_rows import copies
from workbench.queries.progress import changed_since, last_days, starts_of
from workbench.stats import Forecast, Times, forecast, times

#: Days that are looked back upon: four weeks, so that each weekday is in them as often.
DAYS = 28
#: Timed judgments that are looked at, the latest.
MOST = 20_000
_PAGE = 500


@dataclass(frozen=True)
class Days:
    """The last `DAYS` days in the zone, today last: judgments of each by user id."""

    dates: tuple[date, ...]
    by_user: dict[int, tuple[int, ...]]

    @property
    def totals(self) -> tuple[int, ...]:
        """Judgments of all, by day."""
        return tuple(sum(each) for each in zip(*self.by_user.values(), strict=True)) or (
            (0,) * len(self.dates)
        )

    @property
    def working(self) -> list[tuple[date, int]]:
        """The whole days, so without today, on which anybody judged."""
        whole = list(zip(self.dates, self.totals, strict=True))[:-1]
        return [(day, n) for day, n in whole if n]


@dataclass(frozen=True)
class _Made:
    """What `Days` has from each of the times (ascending) to the next, up to that entry of the audit
    trail."""

    seq: int
    starts: tuple[datetime, ...]
    by_user: dict[int, tuple[int, ...]]


def by_day(session: Session, project_id: int, now: datetime, zone: ZoneInfo) -> Days:
    """First judgments of an item by a reviewer, made at the desk, that still count."""
    dates = last_days(now, zone, DAYS)
    starts = tuple(starts_of(dates, zone))
    found = kept(
        session,
        ("pace by day", project_id, str(zone)),
        lambda known: _made(session, project_id, starts, known),
        lambda each: DAYS * len(each.by_user) + 1,
    )
    return Days(tuple(dates), found.by_user)


def _made(
    session: Session, project_id: int, starts: tuple[datetime, ...], known: _Made | None
) -> _Made:
    """What is known, with those days counted anew of which a judgment was changed since."""
    seq = last_seq(session, project_id)
    if known is None or known.starts != starts:
        places, before = set(range(DAYS)), {}
    elif seq <= known.seq:
        return known
    else:
        places = changed_since(session, project_id, starts, known.seq) - {-1}
        before = known.by_user
    found = {
        user_id: [0 if n in places else count for n, count in enumerate(counts)]
        for user_id, counts in before.items()
    }
    for user_id, n, count in _count(session, project_id, starts, places):
        found.setdefault(user_id, [0] * DAYS)[n] = count
    by_user = {user_id: tuple(counts) for user_id, counts in found.items() if any(counts)}
    return _Made(seq, starts, by_user)


def _count(
    session: Session, project_id: int, starts: Sequence[datetime], places: set[int]
) -> Sequence[Any]:
    """(person, place, judgments) of those days."""
    if not places:
        return []
    ends = [*starts[1:], None]
    within = [
        and_(Judgment.made_at >= starts[n], *([Judgment.made_at < end] if end else []))
        for n in sorted(places)
        for end in [ends[n]]
    ]
    return session.execute(
        select(Judgment.user_id, _place_among(starts).label("place"), func.count())
        .join(Assignment, _still_counts())
        .where(
            Judgment.project_id == project_id,
            Judgment.revision == 1,
            Judgment.origin == "desk",
            # All of them is one stretch of the index.
            Judgment.made_at >= starts[0] if len(places) == len(starts) else or_(*within),
            Judgment.item_id.not_in(copies(project_id)),
        )
        .group_by(Judgment.user_id, "place")
    ).all()


def _place_among(starts: Sequence[datetime]) -> ColumnElement[int]:
    """From which of the times (ascending) on a judgment was made: the last one's place, else -1."""
    latest_first = reversed(list(enumerate(starts)))
    return case(*((Judgment.made_at >= start, i) for i, start in latest_first), else_=-1)


def _still_counts() -> ColumnElement[bool]:
    """Joins a judgment, in whatever revision, to the `Assignment` of which one counts still."""
    return and_(
        Assignment.item_id == Judgment.item_id,
        Assignment.user_id == Judgment.user_id,
        Assignment.state == State.JUDGED,
    )


@dataclass(frozen=True)
class Finish:
    """When the last judgment is likely made: days, None where the forecast says why."""

    found: Forecast
    early: date | None
    likely: date | None
    late: date | None
    #: Working days that it rests on.
    n_days: int
    #: What is left at the end of each working day to come: low, median, high.
    ahead: tuple[tuple[date, int, int, int], ...]


def finish(days: Days, left: int) -> Finish:
    """The forecast in days of the calendar, from tomorrow on, of weekdays that were worked on."""
    working = days.working
    found = forecast([n for _, n in working], left)
    weekdays = {day.weekday() for day, _ in working}
    to_come = _workdays(days.dates[-1], weekdays, len(found.ahead))
    early, likely, late = (
        to_come[n - 1] if n is not None else None for n in (found.early, found.likely, found.late)
    )
    ahead = tuple((day, *left) for day, left in zip(to_come, found.ahead, strict=True))
    return Finish(found, early, likely, late, len(working), ahead)


def _workdays(today: date, weekdays: set[int], n: int) -> list[date]:
    """The first n such weekdays after today."""
    found: list[date] = []
    day = today
    while len(found) < n:
        day += timedelta(days=1)
        if day.weekday() in weekdays:
            found.append(day)
    return found


@dataclass(frozen=True)
class Timed:
    """Times of one reviewer's judgments, and the median length of what they read (characters)."""

    user_id: int
    times: Times
    length: float


@dataclass(frozen=True)
class Spread:
    """Active times of the latest judgments at the desk: of all, and of each reviewer."""

    whole: Times | None
    by_user: tuple[Timed, ...]


def spread(session: Session, project_id: int) -> Spread:
    """Of the last `MOST` judgments that count and were timed."""
    rows = session.execute(
        select(Judgment.user_id, Judgment.item_id, Judgment.active_ms)
        .join(Assignment, Assignment.judgment_id == Judgment.id)
        .where(
            Judgment.project_id == project_id,
            Judgment.origin == "desk",
            Judgment.active_ms.is_not(None),
            Assignment.state == State.JUDGED,
            Judgment.item_id.not_in(copies(project_id)),
        )
        .order_by(Judgment.id.desc())
        .limit(MOST)
    ).all()
    lengths = dict(_lengths(session, sorted({row.item_id for row in rows})))
    users = np.array([row.user_id for row in rows], dtype=np.int64)
    seconds = np.array([row.active_ms / 1000 for row in rows], dtype=np.float64)
    read = np.array([lengths[row.item_id] for row in rows], dtype=np.float64)
    lines = []
    for user_id in np.unique(users).tolist():
        own = users == user_id
        found = times(seconds[own])
        if found is not None:
            lines.append(Timed(user_id, found, float(np.median(read[own]))))
    lines.sort(key=lambda line: (-line.times.n, line.user_id))
    return Spread(times(seconds), tuple(lines))


def _lengths(session: Session, item_ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Characters of each item's prompt and responses."""
    for start in range(0, len(item_ids), _PAGE):
        query = select(Item.id, Item.prompt, Item.responses).where(
            Item.id.in_(item_ids[start : start + _PAGE])
        )
        for item_id, prompt, responses in session.execute(query):
            asked = (turn["content"] for turn in prompt)
            told = (text for each in responses for text in _texts(each))
            yield item_id, sum(map(len, (*asked, *told)))


def _texts(response: dict[str, Any]) -> list[str]:
    """The texts of a stored response: its messages, its steps, or its only one."""
    if "messages" in response:
        return [turn["content"] for turn in response["messages"]]
    return list(response.get("steps") or [response.get("text", "")])

"""How far a project has come, day by day and reviewer by reviewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, literal, select
from sqlalchemy.orm import Session

from workbench.models import Assignment, Escalation, Item, Judgment, Membership, Role, State, User
from workbench.queries.review import ItemLine, Someone, everyone, item_lines

#: So many skips, and no judgment, make an item one that everybody passes over.
SKIPS_THAT_COUNT = 2


@dataclass(frozen=True)
class Totals:
    """Where a project stands. Items are those in it now; judgments are those that count."""

    items: int
    #: Items that have every judgment they want.
    done: int
    judgments: int
    #: Judgments that the items want yet.
    missing: int
    #: Median seconds on an item with the tab visible and focused; None where nobody measured.
    active_seconds: float | None


def totals(session: Session, project_id: int) -> Totals:
    """The project's counts."""
    in_project = (Item.project_id == project_id, Item.is_current)
    leased = select(Assignment.item_id).where(
        Assignment.project_id == project_id, Assignment.state == State.LEASED
    )
    full = and_(Item.slots_left == 0, Item.id.not_in(leased))
    counts = select(func.count(), func.sum(case((full, 1), else_=0))).where(*in_project)
    items, done = session.execute(counts).one()
    states = _states(session, project_id)
    return Totals(
        items=items,
        done=int(done or 0),
        judgments=states[State.JUDGED],
        missing=missing(session, project_id),
        active_seconds=_median_active(session, project_id, literal(0)).get(0),
    )


def missing(session: Session, project_id: int) -> int:
    """Judgments that the items want yet, those on somebody's desk included."""
    in_project = (Item.project_id == project_id, Item.is_current)
    free = session.scalar(select(func.sum(Item.slots_left)).where(*in_project))
    leased = session.scalar(
        select(func.count())
        .select_from(Assignment)
        .join(Item, Item.id == Assignment.item_id)
        .where(
            Assignment.project_id == project_id,
            Assignment.state == State.LEASED,
            Item.is_current,
        )
    )
    return int(free or 0) + int(leased or 0)


def _states(session: Session, project_id: int) -> Counter[str]:
    rows = session.execute(
        select(Assignment.state, func.count())
        .where(Assignment.project_id == project_id)
        .group_by(Assignment.state)
    )
    return Counter(dict(rows.all()))


def _median_active(
    session: Session, project_id: int, group: ColumnElement[int]
) -> dict[int, float]:
    """Median active time in seconds over judgments that count, by group.

    The mean of the middle one or two rows: neither database's own median is in the other.
    """
    ranked = (
        select(
            group.label("of"),
            Judgment.active_ms.label("ms"),
            func.row_number().over(partition_by=group, order_by=Judgment.active_ms).label("place"),
            func.count().over(partition_by=group).label("n"),
        )
        .join(Assignment, Assignment.judgment_id == Judgment.id)
        .where(Judgment.project_id == project_id, Judgment.active_ms.is_not(None))
        .subquery()
    )
    middle = (2 * ranked.c.place).between(ranked.c.n, ranked.c.n + 2)
    rows = session.execute(
        select(ranked.c.of, func.avg(ranked.c.ms)).where(middle).group_by(ranked.c.of)
    )
    return {of: float(ms) / 1000 for of, ms in rows}


@dataclass(frozen=True)
class Day:
    """A day in the reader's zone, and the judgments of it that still count."""

    day: date
    judgments: int


def by_day(
    session: Session, project_id: int, now: datetime, zone: ZoneInfo, days: int
) -> list[Day]:
    """The last `days` days in the zone, today last, those without a judgment included.

    A judgment counts on the day on which it was first made, however often it was changed since.
    """
    dates = last_days(now, zone, days)
    counts = _counts_from(session, project_id, starts_of(dates, zone))
    return [Day(day, counts.get(i, 0)) for i, day in enumerate(dates)]


def last_days(now: datetime, zone: ZoneInfo, days: int) -> list[date]:
    """The last `days` days in the zone, today last."""
    today = now.astimezone(zone).date()
    return [today - timedelta(days=days - 1 - i) for i in range(days)]


def starts_of(dates: Sequence[date], zone: ZoneInfo) -> list[datetime]:
    """When each of the days begins in the zone, in UTC."""
    return [datetime.combine(day, time(), zone).astimezone(UTC) for day in dates]


def place_among(starts: Sequence[datetime]) -> ColumnElement[int]:
    """From which of the times (ascending) on a judgment was made: the last one's place, else -1."""
    latest_first = reversed(list(enumerate(starts)))
    return case(*((Judgment.made_at >= start, i) for i, start in latest_first), else_=-1)


def still_counts() -> ColumnElement[bool]:
    """Joins a judgment, in whatever revision, to the `Assignment` of which one counts still."""
    return and_(
        Assignment.item_id == Judgment.item_id,
        Assignment.user_id == Judgment.user_id,
        Assignment.state == State.JUDGED,
    )


def _counts_from(session: Session, project_id: int, starts: list[datetime]) -> dict[int, int]:
    """First judgments from each of the times (ascending) to the next, by their place."""
    rows = session.execute(
        select(place_among(starts).label("place"), func.count())
        .join(Assignment, still_counts())
        .where(
            Judgment.project_id == project_id,
            Judgment.revision == 1,
            Judgment.made_at >= starts[0],
        )
        .group_by("place")
    )
    return dict(rows.all())


@dataclass(frozen=True)
class ReviewerLine:
    """What one reviewer did on the project."""

    user_id: int
    who: Someone
    #: Reviews here still.
    here: bool
    judged: int
    skipped: int
    escalated: int
    #: Median seconds on an item; None where nobody measured.
    active_seconds: float | None


def by_reviewer(session: Session, project_id: int, *, named: bool) -> list[ReviewerLine]:
    """Who reviews or has reviewed here, who judged most first."""
    people = everyone(session, project_id, named=named)
    here = set(_reviewers(session, project_id))
    done = _done_by(session, project_id)
    asked = _asked_by(session, project_id)
    active = _median_active(session, project_id, Judgment.user_id.expression)
    seen = here | {user_id for user_id, _ in done} | set(asked)
    lines = [
        ReviewerLine(
            user_id=user_id,
            who=people[user_id],
            here=user_id in here,
            judged=done[user_id, State.JUDGED],
            skipped=done[user_id, State.SKIPPED],
            escalated=asked[user_id],
            active_seconds=active.get(user_id),
        )
        for user_id in seen
        if user_id in people
    ]
    return sorted(lines, key=lambda line: (-line.judged, line.who.pseudonym))


def _reviewers(session: Session, project_id: int) -> dict[int, Sequence[str]]:
    """Languages of those who review here now, by user id."""
    rows = session.execute(
        select(User.id, User.speaks)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.project_id == project_id,
            Membership.role == Role.REVIEWER,
            Membership.left_at.is_(None),
            User.active,
            User.external.is_(False),
        )
    )
    return {user_id: tuple(speaks) for user_id, speaks in rows}


def _done_by(session: Session, project_id: int) -> Counter[tuple[int, str]]:
    rows = session.execute(
        select(Assignment.user_id, Assignment.state, func.count())
        .where(
            Assignment.project_id == project_id,
            Assignment.state.in_((State.JUDGED, State.SKIPPED)),
        )
        .group_by(Assignment.user_id, Assignment.state)
    )
    return Counter({(user_id, state): n for user_id, state, n in rows})


def _asked_by(session: Session, project_id: int) -> Counter[int]:
    rows = session.execute(
        select(Escalation.user_id, func.count())
        .where(Escalation.project_id == project_id)
        .group_by(Escalation.user_id)
    )
    return Counter(dict(rows.all()))


@dataclass(frozen=True)
class PassedOver:
    """An item that everyone who opened it skipped."""

    line: ItemLine
    skips: int


def passed_over(session: Session, project_id: int, limit: int) -> tuple[list[PassedOver], int]:
    """Items that everybody skips, most skipped first (at most `limit`), and how many there are.

    Everyone who opened such an item skipped it: two people at least, or all who may be given it.
    """
    skips = func.sum(case((Assignment.state == State.SKIPPED, 1), else_=0))
    taken = func.sum(
        case((Assignment.state.in_((State.JUDGED, State.LEASED, State.ESCALATED)), 1), else_=0)
    )
    rows = session.execute(
        select(Item.id, Item.language_base, skips)
        .join(Assignment, Assignment.item_id == Item.id)
        .where(Item.project_id == project_id, Item.slots_left > 0, Item.copy_of.is_(None))
        .group_by(Item.id, Item.language_base)
        .having(and_(skips > 0, taken == 0))
        .order_by(skips.desc(), Item.id)
    ).all()
    speakers = Counter(
        language
        for speaks in _reviewers(session, project_id).values()
        for language in {code.partition("-")[0] for code in speaks}
    )
    found = [
        (item_id, n)
        for item_id, language, n in rows
        if n >= min(SKIPS_THAT_COUNT, max(speakers[language], 1))
    ]
    lines = item_lines(session, [item_id for item_id, _ in found[:limit]])
    return [PassedOver(lines[item_id], n) for item_id, n in found[:limit]], len(found)

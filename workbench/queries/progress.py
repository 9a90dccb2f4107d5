"""How far a project has come, day by day and reviewer by reviewer."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from workbench.db import kept
from workbench.models import (
    Assignment,
    Escalation,
    Item,
    Judgment,
    Membership,
    Project,
    Role,
    State,
    User,
)
from workbench.queries.active_times import active_times
from workbench.queries.counted import Counted, counted, last_seq
from workbench.queries.item_rows import copies
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
    """The project's counts, each from an index or from what is kept: no item's text is read."""
    items, wanted = _wanted(session, project_id)
    # What was taken out has no free slot.
    open_items = select(func.count()).where(
        Item.project_id == project_id, Item.slots_left > 0, Item.copy_of.is_(None)
    )
    under_way = (
        select(func.count(Item.id.distinct()))
        .join(Assignment, Assignment.item_id == Item.id)
        .where(
            Assignment.project_id == project_id,
            Assignment.state == State.LEASED,
            Item.slots_left == 0,
            Item.is_current,
        )
    )
    found = _counted(session, project_id)
    return Totals(
        items=items,
        done=items - (session.scalar(open_items) or 0) - (session.scalar(under_way) or 0),
        judgments=_judged_by(session, project_id).total(),
        missing=wanted - found.answers.item.size,
        active_seconds=active_times(session, project_id).median(),
    )


def by_state(session: Session, project_id: int) -> dict[str, int]:
    """How many meetings of an item and a reviewer stand at each `State`, hidden copies aside."""
    rows = session.execute(
        select(Assignment.state, func.count())
        .where(Assignment.project_id == project_id, Assignment.item_id.not_in(copies(project_id)))
        .group_by(Assignment.state)
    )
    found = dict(rows.all())
    return {str(state): found.get(state, 0) for state in State}


def missing(session: Session, project_id: int) -> int:
    """Judgments that the items want yet, those on somebody's desk included."""
    left_out = select(Item.id).where(Item.project_id == project_id, ~Item.is_current)
    judged = select(func.count()).where(
        Assignment.project_id == project_id,
        Assignment.state == State.JUDGED,
        Assignment.item_id.not_in(left_out),
    )
    return _wanted(session, project_id)[1] - (session.scalar(judged) or 0)


def _wanted(session: Session, project_id: int) -> tuple[int, int]:
    """The project's items, and the judgments that they want: given, under way or free."""
    query = select(func.count(), func.coalesce(func.sum(Item.wanted), 0)).where(
        Item.project_id == project_id, Item.is_current
    )
    items, wanted = session.execute(query).one()
    return items, int(wanted)


def _counted(session: Session, project_id: int) -> Counted:
    return counted(session, session.get_one(Project, project_id))


def _judged_by(session: Session, project_id: int) -> Counter[int]:
    """Judgments that count by person, those of items that were taken out included."""
    found = Counter(_counted(session, project_id).by_reviewer)
    of_retired = (
        select(Assignment.user_id, func.count())
        .select_from(Item)
        .join(Assignment, Assignment.item_id == Item.id)
        .where(
            Item.project_id == project_id,
            Item.retired_at.is_not(None),
            Item.copy_of.is_(None),
            Assignment.state == State.JUDGED,
        )
        .group_by(Assignment.user_id)
    )
    found.update(dict(session.execute(of_retired).all()))
    return found


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
    starts = tuple(starts_of(dates, zone))
    found = kept(
        session,
        ("by day", project_id, str(zone), days),
        lambda known: _recounted(session, project_id, starts, known),
        lambda each: len(each.counts),
    )
    return [Day(day, count) for day, count in zip(dates, found.counts, strict=True)]


def last_days(now: datetime, zone: ZoneInfo, days: int) -> list[date]:
    """The last `days` days in the zone, today last."""
    today = now.astimezone(zone).date()
    return [today - timedelta(days=days - 1 - i) for i in range(days)]


def starts_of(dates: Sequence[date], zone: ZoneInfo) -> list[datetime]:
    """When each of the days begins in the zone, in UTC."""
    return [datetime.combine(day, time(), zone).astimezone(UTC) for day in dates]


@dataclass(frozen=True)
class _FirstMade:
    """First judgments from each of the times (ascending) to the next that still count, up to that
    entry of the audit trail."""

    seq: int
    starts: tuple[datetime, ...]
    counts: tuple[int, ...]


def _recounted(
    session: Session, project_id: int, starts: tuple[datetime, ...], known: _FirstMade | None
) -> _FirstMade:
    """What is known, with those days counted anew of which a judgment was changed since."""
    seq = last_seq(session, project_id)
    if known is None or known.starts != starts:
        return _FirstMade(seq, starts, _count(session, project_id, starts, set(range(len(starts)))))
    if seq <= known.seq:
        return known
    places = changed_since(session, project_id, starts, known.seq)
    anew = _count(session, project_id, starts, places)
    counts = (anew[i] if i in places else n for i, n in enumerate(known.counts))
    return _FirstMade(seq, starts, tuple(counts))


def changed_since(
    session: Session, project_id: int, starts: Sequence[datetime], seq: int
) -> set[int]:
    """Days (places among `starts`; -1 before them) of whose judgments one was made, changed or
    taken back since that entry of the audit trail."""
    later = aliased(Judgment)
    made = (
        select(Judgment.made_at)
        .join(later, and_(later.item_id == Judgment.item_id, later.user_id == Judgment.user_id))
        .where(later.project_id == project_id, later.audit_seq > seq, Judgment.revision == 1)
    )
    return {bisect(starts, made_at) - 1 for made_at in session.scalars(made)}


def _count(
    session: Session, project_id: int, starts: tuple[datetime, ...], places: set[int]
) -> tuple[int, ...]:
    """The counts of these places, and 0 for others."""
    ends: list[datetime | None] = [*starts[1:], None]
    taken_back = Counter(
        bisect(starts, made_at) - 1 for made_at in _taken_back(session, project_id, starts[0])
    )
    counts = [0] * len(starts)
    for place in places - {-1}:
        query = select(func.count()).where(
            Judgment.project_id == project_id,
            Judgment.revision == 1,
            Judgment.item_id.not_in(copies(project_id)),
            Judgment.made_at >= starts[place],
        )
        if (end := ends[place]) is not None:
            query = query.where(Judgment.made_at < end)
        counts[place] = (session.scalar(query) or 0) - taken_back[place]
    return tuple(counts)


def _taken_back(session: Session, project_id: int, since: datetime) -> Iterator[datetime]:
    """When judgments were first made, since then, that were taken back and do not count now."""
    rows = session.execute(
        select(Judgment.item_id, Judgment.user_id)
        .join(
            Assignment,
            and_(Assignment.item_id == Judgment.item_id, Assignment.user_id == Judgment.user_id),
        )
        .where(
            Judgment.project_id == project_id,
            Judgment.answer.is_(None),
            Judgment.made_at >= since,
            Judgment.item_id.not_in(copies(project_id)),
            Assignment.state != State.JUDGED,
        )
        .distinct()
    ).all()
    people = {(row.item_id, row.user_id) for row in rows}
    first = select(Judgment.item_id, Judgment.user_id, Judgment.made_at).where(
        Judgment.item_id.in_({item_id for item_id, _ in people}),
        Judgment.revision == 1,
        Judgment.made_at >= since,
    )
    for item_id, user_id, made_at in session.execute(first):
        if (item_id, user_id) in people:
            yield made_at


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
    active = active_times(session, project_id).medians()
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
    """How many items each person judged and skipped."""
    judged = _judged_by(session, project_id)
    skipped = session.execute(
        select(Assignment.user_id, func.count())
        .where(
            Assignment.project_id == project_id,
            Assignment.state == State.SKIPPED,
            Assignment.item_id.not_in(copies(project_id)),
        )
        .group_by(Assignment.user_id)
    )
    found: Counter[tuple[int, str]] = Counter({(who, State.JUDGED): n for who, n in judged.items()})
    found.update({(user_id, State.SKIPPED): n for user_id, n in skipped})
    return found


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
    skipped = (
        select(Assignment.item_id, func.count().label("skips"))
        .where(Assignment.project_id == project_id, Assignment.state == State.SKIPPED)
        .group_by(Assignment.item_id)
        .subquery()
    )
    taken = select(Assignment.item_id).where(
        Assignment.item_id == Item.id,
        Assignment.state.in_((State.JUDGED, State.LEASED, State.ESCALATED)),
    )
    rows = session.execute(
        select(Item.id, Item.language_base, skipped.c.skips)
        .join(skipped, skipped.c.item_id == Item.id)
        .where(Item.slots_left > 0, Item.copy_of.is_(None), ~taken.exists())
        .order_by(skipped.c.skips.desc(), Item.id)
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

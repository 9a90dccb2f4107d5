"""What was left at the end of each day, against a count of the rows day by day."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.arrivals import bring_judgments, raw_judgment
from tests.cast import Cast, make_item
from tests.flows.acts import HOUR, judge, must_take
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Assignment, Item, Judgment, Source, State, User
from workbench.queries import pace
from workbench.queries.backlog import Backlog, backlog
from workbench.queries.progress import missing, starts_of
from workbench.services.resolve import retire
from workbench.services.undo import undo

BOGOTA = ZoneInfo("America/Bogota")


def _come(session: Session, cast: Cast, at: datetime, *names: str) -> list[int]:
    """Items of one file that came then."""
    source = Source(project_id=cast.project.id, kind="items", name="f", sha256=names[0],
                    counts={}, created_at=at)  # fmt: skip
    session.add(source)
    session.flush()
    return [
        make_item(session, cast.project, name, created_at=at, source_id=source.id).id
        for name in names
    ]


def _judges(session: Session, cast: Cast, who: User, at: datetime, n: int = 1) -> None:
    for _ in range(n):
        judge(session, must_take(session, cast.project, who, at).item_id, who, now=at)


def _found(database: Database, cast: Cast) -> Backlog:
    with database.read() as session:
        days = pace.by_day(session, cast.project.id, database_now(session), BOGOTA)
        left = missing(session, cast.project.id)
        return backlog(session, cast.project.id, days, left, BOGOTA)


def _counted(database: Database, cast: Cast, found: Backlog) -> list[int]:
    """By day, from the rows: what items there by its end want, less what they had by then.

    What was not made here was there when its item came.
    """
    with database.read() as session:
        items = {
            item.id: item
            for item in session.scalars(select(Item).where(Item.project_id == cast.project.id))
            if item.retired_at is None and item.copy_of is None
        }
        judged = {
            (row.item_id, row.user_id)
            for row in session.scalars(select(Assignment).where(Assignment.state == State.JUDGED))
        }
        times = [
            items[row.item_id].created_at if row.origin != "desk" else row.made_at
            for row in session.scalars(select(Judgment).where(Judgment.revision == 1))
            if row.item_id in items and (row.item_id, row.user_id) in judged
        ]
        ends = [
            datetime.combine(day + timedelta(days=1), time(), BOGOTA).astimezone(UTC)
            for day in found.dates
        ]
        return [
            sum(item.wanted for item in items.values() if item.created_at < end)
            - sum(at < end for at in times)
            for end in ends
        ]


@pytest.fixture
def worked(database: Database, cast: Cast) -> datetime:
    """Items from before the four weeks, and from two days of them; work on several days."""
    with database.write() as session:
        now = database_now(session)
        _come(session, cast, now - timedelta(days=60), *"abcdef")
        _judges(session, cast, cast.ana, now - timedelta(days=40), 2)
        _judges(session, cast, cast.ana, now - timedelta(days=12), 3)
        _come(session, cast, now - timedelta(days=9), *"ghi")
        _come(session, cast, now - timedelta(days=9), "j")
        _judges(session, cast, cast.beto, now - timedelta(days=8), 5)
        _come(session, cast, now - timedelta(days=3), *"kl")
        _judges(session, cast, cast.beto, now, 2)
        return now


def test_every_day_is_what_the_rows_say(database: Database, cast: Cast, worked: datetime) -> None:
    found = _found(database, cast)
    assert list(found.left) == _counted(database, cast, found)
    each = cast.project.overlap
    assert found.left[-1] == 12 * each - 12
    assert (found.came[-10], found.came[-4], sum(found.came)) == (4 * each, 2 * each, 6 * each)
    assert found.left[0] == 6 * each - 2
    assert sum(found.judged) == 10


def test_what_was_taken_out_or_back_was_never_there(
    database: Database, cast: Cast, worked: datetime
) -> None:
    with database.write() as session:
        judged = session.scalars(select(Item).where(Item.external_id == "c")).one()
        fresh = session.scalars(select(Item).where(Item.external_id == "k")).one()
        for item in (judged, fresh):
            retire(session, item, worked)
        undo(session, cast.project.id, cast.beto.id, worked, HOUR)
    found = _found(database, cast)
    assert list(found.left) == _counted(database, cast, found)
    assert sum(found.came) == 5 * cast.project.overlap


def test_judgments_made_elsewhere_are_there_with_their_items(
    database: Database, cast: Cast, worked: datetime
) -> None:
    before = (worked - timedelta(days=50)).isoformat()
    lines = [raw_judgment("g", "r1", at=before), raw_judgment("k", "r1"), raw_judgment("f", "r1")]
    bring_judgments(database, cast.project, lines)
    found = _found(database, cast)
    assert list(found.left) == _counted(database, cast, found)
    assert sum(found.came) == 6 * cast.project.overlap - 2


def test_an_empty_project_has_nothing_left(database: Database, cast: Cast) -> None:
    found = _found(database, cast)
    assert set(found.left) == set(found.came) == {0}
    assert len(found.left) == len(found.dates) == pace.DAYS


def test_days_that_are_kept_up_are_those_counted_anew(
    database: Database, cast: Cast, worked: datetime
) -> None:
    def kept_up_is_anew() -> pace.Days:
        with database.read() as session:
            days = pace.by_day(session, cast.project.id, worked, BOGOTA)
            starts = tuple(starts_of(days.dates, BOGOTA))
            anew = pace._made(session, cast.project.id, starts, None)
        assert days.by_user == anew.by_user
        return days

    first = kept_up_is_anew()
    assert sum(first.totals) == 10
    with database.write() as session:
        _judges(session, cast, cast.ana, worked - timedelta(days=2), 2)
    assert sum(kept_up_is_anew().totals) == 12
    with database.write() as session:
        undo(session, cast.project.id, cast.ana.id, worked, HOUR)
    assert kept_up_is_anew().totals[-3] == 1
    with database.write() as session:
        undo(session, cast.project.id, cast.beto.id, worked, HOUR)
    assert kept_up_is_anew().totals[-1] == 1

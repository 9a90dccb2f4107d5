"""What leads are told of by a look: overdue answers, agreement below the floor, little to judge."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.arrivals import bring_items, bring_judgments, raw_item, raw_judgment
from tests.cast import Cast, make_item
from tests.flows.acts import judge, must_take, take_and_judge
from workbench.db import Database
from workbench.db import now as database_now
from workbench.messages import Invalid
from workbench.models import AuditEntry, Escalation, Kind, Notice, Project, User, Watch
from workbench.queries import watch as states
from workbench.services import projects
from workbench.services.leave_item import escalate
from workbench.services.resolve import own, resolve
from workbench.services.watch import look, note, set_watch

BOGOTA = ZoneInfo("America/Bogota")
SINCE_NOW = timedelta()


def run(database: Database) -> int:
    """A look, and how many messages it made."""
    seen = look(database, BOGOTA)
    with database.write() as session:
        return note(session, seen)


def waiting(database: Database, kind: Kind, user_id: int) -> list[dict[str, float]]:
    """Facts of what the person was told of that kind and is not over."""
    with database.read() as session:
        rows = session.scalars(
            select(Notice).where(
                Notice.kind == kind, Notice.user_id == user_id, Notice.over_at.is_(None)
            )
        )
        return [row.facts for row in rows]


def watched(database: Database, project: Project, floor: float | None, days: int = 0) -> None:
    with database.write() as session:
        set_watch(session, project, agreement_floor=floor, queue_days=days,
                  now=database_now(session), actor=None)  # fmt: skip


# --- escalations --------------------------------------------------------------------------------


def test_an_escalation_past_its_time_is_told_once_until_it_is_settled(
    database: Database, cast: Cast
) -> None:
    with database.write() as session:
        make_item(session, cast.project, "one")
        item = must_take(session, cast.project, cast.ana).item_id
        then = database_now(session) - timedelta(hours=25)
        escalate(session, item, cast.ana.id, "Which?", then)
    assert (run(database), run(database)) == (1, 0)
    facts = waiting(database, Kind.ESCALATION, cast.luz.id)
    assert [row.get("overdue") for row in facts] == [None, 1]
    assert waiting(database, Kind.ESCALATION, cast.omar.id) == []
    with database.write() as session:
        asked = session.scalars(select(Escalation.id)).one()
        resolve(session, asked, cast.luz.id, "kept", "", database_now(session))
    assert waiting(database, Kind.ESCALATION, cast.luz.id) == []
    assert run(database) == 0


def _overdue(database: Database, cast: Cast) -> int:
    """The id of an escalation that is overdue; Luz and Omar lead the project."""
    with database.write() as session:
        now = database_now(session)
        omar = session.get_one(User, cast.omar.id)
        projects.add_member(session, cast.project, omar, role="lead", now=now)
        make_item(session, cast.project, "one")
        item = must_take(session, cast.project, cast.ana).item_id
        escalate(session, item, cast.ana.id, "Which?", now - timedelta(hours=25))
        return session.scalars(select(Escalation.id)).one()


def _sees_to(database: Database, asked: int, who: User, *, mine: bool = True) -> None:
    with database.write() as session:
        own(session, asked, who.id, mine=mine, now=database_now(session))


def _told_overdue(database: Database, cast: Cast) -> list[str]:
    """Which of the leads are told that it is overdue, and it is not over."""
    return [
        who.name
        for who in (cast.luz, cast.omar)
        if {"overdue": 1} in waiting(database, Kind.ESCALATION, who.id)
    ]


def test_one_that_nobody_sees_to_is_told_to_all_leads(database: Database, cast: Cast) -> None:
    _overdue(database, cast)
    assert run(database) == 2
    assert _told_overdue(database, cast) == [cast.luz.name, cast.omar.name]


def test_its_owner_alone_is_told(database: Database, cast: Cast) -> None:
    asked = _overdue(database, cast)
    _sees_to(database, asked, cast.omar)
    assert (run(database), run(database)) == (1, 0)
    assert _told_overdue(database, cast) == [cast.omar.name]


def test_who_takes_it_over_takes_it_off_the_others(database: Database, cast: Cast) -> None:
    asked = _overdue(database, cast)
    run(database)
    _sees_to(database, asked, cast.luz)
    assert run(database) == 0, "she was told before"
    assert _told_overdue(database, cast) == [cast.luz.name]
    _sees_to(database, asked, cast.omar)
    assert run(database) == 1
    assert _told_overdue(database, cast) == [cast.omar.name]
    _sees_to(database, asked, cast.omar, mine=False)
    assert run(database) == 1
    assert _told_overdue(database, cast) == [cast.luz.name, cast.omar.name]


def test_an_owner_who_leads_here_no_more_leaves_it_to_all(database: Database, cast: Cast) -> None:
    asked = _overdue(database, cast)
    _sees_to(database, asked, cast.omar)
    run(database)
    with database.write() as session:
        projects.remove_member(session, cast.project, session.get_one(User, cast.omar.id),
                               now=database_now(session))  # fmt: skip
    assert run(database) == 1
    assert cast.luz.name in _told_overdue(database, cast)


def test_an_owner_who_may_not_log_in_leaves_it_to_all(database: Database, cast: Cast) -> None:
    asked = _overdue(database, cast)
    _sees_to(database, asked, cast.omar)
    with database.write() as session:
        session.get_one(User, cast.omar.id).active = False
    assert run(database) == 1
    assert _told_overdue(database, cast) == [cast.luz.name]


def test_one_that_still_has_time_is_not_overdue(database: Database, cast: Cast) -> None:
    with database.write() as session:
        make_item(session, cast.project, "one")
        item = must_take(session, cast.project, cast.ana).item_id
        escalate(session, item, cast.ana.id, "Which?", database_now(session))
    assert run(database) == 0


# --- the queue ----------------------------------------------------------------------------------


@pytest.fixture
def busy(database: Database, cast: Cast) -> Database:
    """Four judgments today; eight more are wanted: two days of work at that pace."""
    with database.write() as session:
        for number in range(6):
            make_item(session, cast.project, f"item-{number}")
        for _ in range(4):
            take_and_judge(session, cast.project, cast.ana)
    return database


@pytest.mark.parametrize(("days", "told"), [(0, 0), (2, 0), (3, 1)])
def test_a_queue_is_nearly_empty_below_so_many_days_of_work(
    busy: Database, cast: Cast, days: int, told: int
) -> None:
    watched(busy, cast.project, None, days)
    assert run(busy) == told
    assert waiting(busy, Kind.QUEUE, cast.luz.id) == [{"left": 8, "days": 2.0}] * told


def test_without_settings_two_days_are_taken(busy: Database, cast: Cast) -> None:
    assert run(busy) == 0
    with busy.write() as session:
        judge(session, must_take(session, cast.project, cast.beto).item_id, cast.beto)
    assert run(busy) == 1


def test_it_is_told_again_only_after_more_came_in(busy: Database, cast: Cast) -> None:
    watched(busy, cast.project, None, 3)
    assert (run(busy), run(busy)) == (1, 0)
    with busy.write() as session:
        for number in range(10, 20):
            make_item(session, cast.project, f"item-{number}")
    assert run(busy) == 0
    assert waiting(busy, Kind.QUEUE, cast.luz.id) == []
    with busy.write() as session:
        projects.change_overlap(session, cast.project, 1, now=database_now(session))
        for _ in range(10):
            take_and_judge(session, cast.project, cast.ana)
    assert run(busy) == 1


def test_where_nobody_worked_of_late_nothing_is_said(database: Database, cast: Cast) -> None:
    with database.write() as session:
        make_item(session, cast.project, "one")
    watched(database, cast.project, None, 60)
    assert run(database) == 0


def test_judgments_that_were_brought_in_are_nobodys_pace(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [raw_item(f"i{n}") for n in range(3)])
    bring_judgments(database, cast.project, [raw_judgment(f"i{n}", "r1") for n in range(3)])
    watched(database, cast.project, None, 60)
    assert run(database) == 0


# --- agreement ----------------------------------------------------------------------------------


def _judged(
    session: Session, cast: Cast, n: int, name: str, second: str = "b", ago: timedelta = SINCE_NOW
) -> None:
    """`n` items that both judged; Beto says `second` where Ana says a, b, a, b."""
    at = database_now(session) - ago
    for number in range(n):
        make_item(session, cast.project, f"{name}-{number}")
    for number in range(n):
        first = "ab"[number % 2]
        other = first if second == "same" else "ba"[number % 2]
        for who, says in ((cast.ana, first), (cast.beto, other)):
            item = must_take(session, cast.project, who).item_id
            judge(session, item, who, says, now=at)


def _krippendorff(items: int, apart: int) -> float:
    """Alpha of two people who each say a and b equally often, and differ on `apart` items: each
    pair of responses is compared both ways, so there are four values an item."""
    return 1 - (apart / items) / (2 * items / (4 * items - 1))


def _rested(database: Database) -> None:
    """An hour has passed since the last look."""
    with database.write() as session:
        for row in session.scalars(select(Watch)):
            assert row.looked_at is not None
            row.looked_at -= timedelta(hours=1)


def test_agreement_below_the_floor_is_told_until_it_is_above_again(
    database: Database, cast: Cast
) -> None:
    with database.write() as session:
        _judged(session, cast, states.ENOUGH_ITEMS, "apart")
    watched(database, cast.project, None)
    assert run(database) == 0
    watched(database, cast.project, 0.6)
    assert (run(database), run(database)) == (1, 0)
    [facts] = waiting(database, Kind.AGREEMENT, cast.luz.id)
    assert facts == {"value": pytest.approx(_krippendorff(20, 20)), "floor": 0.6, "lately": True}
    assert facts["value"] < 0
    with database.write() as session:
        _judged(session, cast, 5 * states.ENOUGH_ITEMS, "alike", "same")
    assert run(database) == 0
    assert len(waiting(database, Kind.AGREEMENT, cast.luz.id)) == 1, "looked at once an hour"
    _rested(database)
    assert run(database) == 0
    assert waiting(database, Kind.AGREEMENT, cast.luz.id) == []


def test_a_bad_fortnight_shows_though_all_that_was_before_it_is_good(
    database: Database, cast: Cast
) -> None:
    with database.write() as session:
        long_ago = states.LATELY + timedelta(hours=1)
        _judged(session, cast, 6 * states.ENOUGH_ITEMS, "alike", "same", long_ago)
    watched(database, cast.project, 0.6)
    assert run(database) == 0
    with database.write() as session:
        _judged(session, cast, states.ENOUGH_ITEMS - 2, "apart")
    _rested(database)
    assert run(database) == 0, "too few of late, and all together are above the floor"
    with database.write() as session:
        _judged(session, cast, 2, "more")
    _rested(database)
    assert run(database) == 1
    [facts] = waiting(database, Kind.AGREEMENT, cast.luz.id)
    assert facts == {"value": pytest.approx(_krippendorff(20, 20)), "floor": 0.6, "lately": True}


def test_where_little_was_judged_of_late_all_items_count(database: Database, cast: Cast) -> None:
    with database.write() as session:
        long_ago = states.LATELY + timedelta(hours=1)
        _judged(session, cast, states.ENOUGH_ITEMS, "apart", ago=long_ago)
    watched(database, cast.project, 0.6)
    assert run(database) == 1
    [facts] = waiting(database, Kind.AGREEMENT, cast.luz.id)
    assert facts["lately"] is False


def test_a_floor_that_was_changed_is_looked_at_at_once(database: Database, cast: Cast) -> None:
    with database.write() as session:
        _judged(session, cast, states.ENOUGH_ITEMS, "apart")
    watched(database, cast.project, 0.6)
    assert run(database) == 1
    watched(database, cast.project, 0.8)
    assert run(database) == 1
    [facts] = waiting(database, Kind.AGREEMENT, cast.luz.id)
    assert facts["floor"] == 0.8
    watched(database, cast.project, None)
    assert waiting(database, Kind.AGREEMENT, cast.luz.id) == []
    assert run(database) == 0


def test_of_few_items_nobody_is_called(database: Database, cast: Cast) -> None:
    with database.write() as session:
        _judged(session, cast, states.ENOUGH_ITEMS - 1, "apart")
    watched(database, cast.project, 0.6)
    assert run(database) == 0


def test_without_new_judgments_agreement_is_not_asked_again(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as session:
        _judged(session, cast, states.ENOUGH_ITEMS, "apart")
    watched(database, cast.project, 0.6)
    run(database)
    _rested(database)
    asked: list[int] = []
    monkeypatch.setattr(states, "alpha", lambda _session, project, _since: asked.append(project.id))
    run(database)
    assert asked == []


# --- settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("floor", "days", "field"),
    [
        (0.0, 2, "agreement_floor"),
        (1.01, 2, "agreement_floor"),
        (float("nan"), 2, "agreement_floor"),
        (0.5, -1, "queue_days"),
        (0.5, 61, "queue_days"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_their_field(
    session: Session, cast: Cast, floor: float, days: int, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        set_watch(session, cast.project, agreement_floor=floor, queue_days=days,
                  now=database_now(session), actor=None)  # fmt: skip
    assert list(refused.value.errors) == [field]
    assert session.get(Watch, cast.project.id) is None


def test_settings_are_audited(session: Session, cast: Cast) -> None:
    now = database_now(session)
    set_watch(session, cast.project, agreement_floor=0.6, queue_days=3, now=now, actor=cast.luz.id)
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert last is not None
    assert (last.action, last.actor_id) == ("project.watch", cast.luz.id)
    assert last.detail == {"agreement_floor": 0.6, "queue_days": 3}

"""Who is told of what: by acts of others, once for each time, and nobody who is not concerned."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take, take_and_judge
from workbench.db import now as database_now
from workbench.models import Escalation, Kind, Notice, User, Verdict
from workbench.queries import notices
from workbench.services import accounts, projects
from workbench.services.leave_item import escalate
from workbench.services.resolve import resolve
from workbench.services.review_judgment import Look, review
from workbench.services.tell import mark_all_read, mark_read, over, tell, tell_goes_on, tell_paused
from workbench.services.undo import undo
from workbench.veil import Veil

HOUR = timedelta(hours=1)


def told(session: Session, user: User) -> list[tuple[str, bool]]:
    """(kind, whether it waits) of what the person was told, oldest first."""
    rows = session.scalars(select(Notice).where(Notice.user_id == user.id).order_by(Notice.id))
    return [(row.kind, row.over_at is None and row.read_at is None) for row in rows]


def give_back(session: Session, cast: Cast, judgment_id: int, base: int = 0) -> None:
    look = Look(judgment_id, cast.luz.id, Verdict.RETURNED, "Look again.", base)
    review(session, look, database_now(session))


# --- acts -----------------------------------------------------------------------------------


def test_who_gets_a_judgment_back_is_told_and_nobody_else(session: Session, cast: Cast) -> None:
    make_item(session, cast.project, "one")
    judgment = take_and_judge(session, cast.project, cast.ana)
    take_and_judge(session, cast.project, cast.beto)
    give_back(session, cast, judgment.id)
    assert told(session, cast.ana) == [("returned", True)]
    assert told(session, cast.beto) == told(session, cast.luz) == []
    [line] = notices.listed(session, cast.ana.id)
    veil = Veil("k" * 96)
    assert line.path(veil) == f"/projects/main/mine/{veil.token(judgment.item_id)}"


def test_a_look_that_finds_nothing_wrong_tells_nobody(session: Session, cast: Cast) -> None:
    make_item(session, cast.project, "one")
    judgment = take_and_judge(session, cast.project, cast.ana)
    review(session, Look(judgment.id, cast.luz.id, Verdict.ACCEPTED), NOON)
    assert told(session, cast.ana) == []


@pytest.mark.parametrize("how", ["anew", "taken back", "accepted after all"])
def test_what_came_back_waits_until_it_is_dealt_with(
    session: Session, cast: Cast, how: str
) -> None:
    make_item(session, cast.project, "one")
    judgment = take_and_judge(session, cast.project, cast.ana)
    give_back(session, cast, judgment.id)
    if how == "anew":
        judge(session, judgment.item_id, cast.ana, "b")
    elif how == "taken back":
        undo(session, cast.project.id, cast.ana.id, NOON, HOUR)
    else:
        review(session, Look(judgment.id, cast.luz.id, Verdict.ACCEPTED, base_number=1), NOON)
    assert told(session, cast.ana) == [("returned", False)]


def test_what_comes_back_again_is_told_again(session: Session, cast: Cast) -> None:
    make_item(session, cast.project, "one")
    first = take_and_judge(session, cast.project, cast.ana)
    give_back(session, cast, first.id)
    again = judge(session, first.item_id, cast.ana, "b")
    give_back(session, cast, again.id)
    assert told(session, cast.ana) == [("returned", False), ("returned", True)]


def test_an_escalation_reaches_the_leads_of_its_project_and_its_answer_who_asked(
    session: Session, cast: Cast
) -> None:
    make_item(session, cast.project, "one")
    item = must_take(session, cast.project, cast.ana).item_id
    escalate(session, item, cast.ana.id, "Which?", NOON)
    assert told(session, cast.luz) == [("escalation", True)]
    assert told(session, cast.omar) == told(session, cast.edu) == told(session, cast.ana) == []
    asked = session.scalars(select(Escalation)).one()
    resolve(session, asked.id, cast.luz.id, "answered", "The first.", NOON)
    assert told(session, cast.luz) == [("escalation", False)]
    assert told(session, cast.ana) == [("answered", True)]
    assert told(session, cast.beto) == []


def test_a_pause_is_told_to_the_person_and_to_the_leads_who_did_not_do_it(
    session: Session, cast: Cast
) -> None:
    now = database_now(session)
    projects.add_member(session, cast.project, cast.omar, role="lead", now=now)
    tell_paused(session, cast.project.id, cast.ana.id, NOON, besides=cast.luz.id)
    tell_paused(session, cast.project.id, cast.ana.id, NOON, besides=cast.luz.id)
    assert told(session, cast.ana) == [("paused", True)]
    assert told(session, cast.omar) == [("reviewer_paused", True)]
    assert told(session, cast.luz) == []
    assert [line.who for line in notices.listed(session, cast.omar.id)] == ["ana"]
    tell_goes_on(session, cast.project.id, cast.ana.id, NOON)
    assert told(session, cast.ana) == [("paused", False)]
    assert told(session, cast.omar) == [("reviewer_paused", False)]


# --- the same thing ---------------------------------------------------------------------------


def test_the_same_thing_is_told_once_until_it_is_over(session: Session, cast: Cast) -> None:
    project = cast.project.id
    assert tell(session, project, Kind.QUEUE, "", NOON, facts={"left": 3, "days": 1}) == 1
    assert tell(session, project, Kind.QUEUE, "", NOON, facts={"left": 2, "days": 1}) == 0
    over(session, project, Kind.QUEUE, ("",), NOON)
    assert tell(session, project, Kind.QUEUE, "", NOON, facts={"left": 1, "days": 1}) == 1
    assert told(session, cast.luz) == [("queue", False), ("queue", True)]


def test_a_lead_who_comes_later_is_told_too(session: Session, cast: Cast) -> None:
    facts = {"left": 3, "days": 1}
    tell(session, cast.project.id, Kind.QUEUE, "", NOON, facts=facts)
    projects.add_member(session, cast.project, cast.omar, role="lead", now=NOON)
    assert tell(session, cast.project.id, Kind.QUEUE, "", NOON, facts=facts) == 1
    assert told(session, cast.omar) == [("queue", True)]


def test_nothing_is_stored_twice(session: Session, cast: Cast) -> None:
    tell(session, cast.project.id, Kind.QUEUE, "", NOON, facts={"left": 3, "days": 1})
    first = session.scalars(select(Notice)).one()
    again = {
        column.name: getattr(first, column.name)
        for column in Notice.__table__.columns
        if column.name != "id"
    }
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(Notice(**again))


# --- who no longer is ---------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["left", "another role", "disabled"])
def test_who_is_no_longer_a_lead_there_is_told_nothing(
    session: Session, cast: Cast, how: str
) -> None:
    facts = {"left": 3, "days": 1}
    tell(session, cast.project.id, Kind.QUEUE, "", NOON, facts=facts)
    assert notices.count_unread(session, cast.luz.id) == 1
    luz = session.get_one(User, cast.luz.id)
    if how == "left":
        projects.remove_member(session, cast.project, luz, now=NOON)
    elif how == "another role":
        projects.add_member(session, cast.project, luz, role="engineer", now=NOON)
    else:
        accounts.disable_user(session, luz, NOON)
    over(session, cast.project.id, Kind.QUEUE, ("",), NOON)
    assert tell(session, cast.project.id, Kind.QUEUE, "", NOON, facts=facts) == 0
    if how != "disabled":
        assert notices.listed(session, cast.luz.id) == []
        assert notices.count_unread(session, cast.luz.id) == 0


# --- read ---------------------------------------------------------------------------------------


def test_one_marks_ones_own_and_no_other(session: Session, cast: Cast) -> None:
    tell(session, cast.project.id, Kind.ESCALATION, 1, NOON)
    tell(session, cast.project.id, Kind.ESCALATION, 2, NOON)
    one, two = session.scalars(select(Notice).order_by(Notice.id))
    assert not mark_read(session, cast.ana.id, one.id, NOON)
    assert not mark_read(session, cast.luz.id, 10**6, NOON)
    mark_all_read(session, cast.ana.id, two.id, NOON)
    assert notices.count_unread(session, cast.luz.id) == 2
    assert mark_read(session, cast.luz.id, one.id, NOON)
    assert mark_read(session, cast.luz.id, one.id, NOON + HOUR)
    assert one.read_at == NOON
    assert notices.count_unread(session, cast.luz.id) == 1
    tell(session, cast.project.id, Kind.ESCALATION, 3, NOON)
    mark_all_read(session, cast.luz.id, two.id, NOON)
    assert notices.count_unread(session, cast.luz.id) == 1

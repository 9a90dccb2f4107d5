"""Skipping an item, and asking a lead about it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take, take
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import Assignment, AuditEntry, Escalation, Item, State
from workbench.services import slots
from workbench.services.leave_item import REASON_CHARS, escalate, skip

Leave = Callable[[Session, int, int, str, datetime], Assignment]

either = pytest.mark.parametrize("leave", [skip, escalate])


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _held(session: Session, cast: Cast, overlap: int = 1) -> Item:
    """An item that Ana holds since noon."""
    item = make_item(session, cast.project, "one", wanted=overlap, slots_left=overlap)
    assert must_take(session, cast.project, cast.ana, NOON).item_id == item.id
    return item


def _last_entry(session: Session) -> AuditEntry:
    newest = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)
    return session.scalars(newest).one()


def _escalations(session: Session) -> list[Escalation]:
    return list(session.scalars(select(Escalation)))


def test_a_skip_keeps_its_reason(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    left = skip(session, item.id, cast.ana.id, "  I know the author \x00", NOON)
    assert (left.state, left.expires_at) == (State.SKIPPED, None)
    assert left.reason == "I know the author"
    entry = _last_entry(session)
    assert (entry.action, entry.subject, entry.actor_id) == (
        "item.skip", f"item:{item.id}", cast.ana.id,
    )  # fmt: skip
    assert entry.detail == {"reason_sha256": _sha256("I know the author")}


def test_an_escalation_waits_for_a_lead_for_a_day(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    left = escalate(session, item.id, cast.ana.id, " Which rule? ", NOON)
    assert (left.state, left.expires_at) == (State.ESCALATED, None)
    [asked] = _escalations(session)
    assert (asked.project_id, asked.item_id, asked.user_id, asked.reason) == (
        cast.project.id, item.id, cast.ana.id, "Which rule?",
    )  # fmt: skip
    assert (asked.created_at, asked.due_at) == (NOON, NOON + timedelta(hours=24))
    assert (asked.outcome, asked.resolved_at, asked.resolved_by) == (None, None, None)
    entry = _last_entry(session)
    assert (entry.action, entry.detail) == (
        "item.escalate",
        {"reason_sha256": _sha256("Which rule?")},
    )


@either
def test_the_slot_of_an_item_that_is_left_goes_to_another(
    session: Session, cast: Cast, leave: Leave
) -> None:
    item = _held(session, cast)
    leave(session, item.id, cast.ana.id, "no", NOON)
    session.refresh(item)
    assert item.slots_left == 1
    assert must_take(session, cast.project, cast.beto, NOON).item_id == item.id


@either
def test_whoever_left_an_item_does_not_meet_it_again(
    session: Session, cast: Cast, leave: Leave
) -> None:
    item = _held(session, cast)
    leave(session, item.id, cast.ana.id, "no", NOON)
    assert take(session, cast.project, cast.ana, NOON + timedelta(days=30)) is None


@either
def test_leaving_twice_changes_nothing(session: Session, cast: Cast, leave: Leave) -> None:
    item = _held(session, cast)
    leave(session, item.id, cast.ana.id, "no", NOON)
    seq = _last_entry(session).seq
    again = leave(session, item.id, cast.ana.id, "another reason", NOON + timedelta(minutes=1))
    session.refresh(item)
    assert (item.slots_left, again.updated_at, _last_entry(session).seq) == (1, NOON, seq)
    assert len(_escalations(session)) == (1 if leave is escalate else 0)
    assert again.reason == ("no" if leave is skip else "")


@either
def test_a_reason_as_long_as_allowed_is_kept(session: Session, cast: Cast, leave: Leave) -> None:
    item = _held(session, cast)
    leave(session, item.id, cast.ana.id, "ñ" * REASON_CHARS, NOON)
    assert _last_entry(session).detail == {"reason_sha256": _sha256("ñ" * REASON_CHARS)}


@either
@pytest.mark.parametrize("reason", ["", " \n\t ", "\x00"])
def test_leaving_without_a_reason_is_refused(
    session: Session, cast: Cast, leave: Leave, reason: str
) -> None:
    item = _held(session, cast)
    with pytest.raises(Invalid) as refused:
        leave(session, item.id, cast.ana.id, reason, NOON)
    assert list(refused.value.errors) == ["reason"]
    assert session.get_one(Assignment, (item.id, cast.ana.id)).state == State.LEASED


@either
def test_a_reason_that_is_too_long_is_refused(session: Session, cast: Cast, leave: Leave) -> None:
    item = _held(session, cast)
    with pytest.raises(Invalid, match="At most 2000 characters"):
        leave(session, item.id, cast.ana.id, "x" * (REASON_CHARS + 1), NOON)
    assert session.get_one(Assignment, (item.id, cast.ana.id)).state == State.LEASED


@either
def test_an_item_that_was_never_shown_cannot_be_left(
    session: Session, cast: Cast, leave: Leave
) -> None:
    item = _held(session, cast)
    with pytest.raises(NotFound):
        leave(session, item.id, cast.beto.id, "no", NOON)
    with pytest.raises(NotFound):
        leave(session, 999_999, cast.ana.id, "no", NOON)


@either
def test_an_item_that_is_judged_cannot_be_left(session: Session, cast: Cast, leave: Leave) -> None:
    item = _held(session, cast)
    judge(session, item.id, cast.ana, now=NOON)
    with pytest.raises(Conflict, match="no longer hold"):
        leave(session, item.id, cast.ana.id, "no", NOON)
    session.refresh(item)
    assert item.slots_left == 0


@either
def test_an_item_whose_lease_was_given_back_cannot_be_left(
    session: Session, cast: Cast, leave: Leave
) -> None:
    item = _held(session, cast)
    slots.release_expired(session, cast.project.id, NOON + timedelta(hours=2))
    with pytest.raises(Conflict, match="no longer hold"):
        leave(session, item.id, cast.ana.id, "no", NOON)
    session.refresh(item)
    assert item.slots_left == 1


@pytest.mark.parametrize(("first", "then"), [(skip, escalate), (escalate, skip)])
def test_an_item_that_was_left_one_way_cannot_be_left_the_other_way(
    session: Session, cast: Cast, first: Leave, then: Leave
) -> None:
    item = _held(session, cast)
    first(session, item.id, cast.ana.id, "no", NOON)
    with pytest.raises(Conflict, match="no longer hold"):
        then(session, item.id, cast.ana.id, "no", NOON)
    session.refresh(item)
    assert item.slots_left == 1

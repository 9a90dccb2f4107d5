"""How a lead settles an escalation, and what follows from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take, take
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import Assignment, AuditEntry, Escalation, Item, Judgment, State
from workbench.services.leave_item import REASON_CHARS, escalate
from workbench.services.resolve import resolve, retire

LATER = NOON + timedelta(hours=1)


def _asked(session: Session, cast: Cast, overlap: int = 2) -> Escalation:
    """Ana has asked about the item `one` at noon."""
    item = make_item(session, cast.project, "one", wanted=overlap, slots_left=overlap)
    assert must_take(session, cast.project, cast.ana, NOON).item_id == item.id
    escalate(session, item.id, cast.ana.id, "Which rule?", NOON)
    return session.scalars(select(Escalation).where(Escalation.item_id == item.id)).one()


def _resolve(
    session: Session, cast: Cast, asked: Escalation, outcome: str, note: str = ""
) -> Escalation:
    return resolve(session, asked.id, cast.luz.id, outcome, note, LATER)


def _state(session: Session, item_id: int, user_id: int) -> str:
    return session.get_one(Assignment, (item_id, user_id)).state


def test_an_escalation_is_settled_with_who_when_how_and_why(session: Session, cast: Cast) -> None:
    asked = _asked(session, cast)
    settled = _resolve(session, cast, asked, "kept", " Fine as it is.\x00 ")
    assert (settled.outcome, settled.note) == ("kept", "Fine as it is.")
    assert (settled.resolved_by, settled.resolved_at) == (cast.luz.id, LATER)
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (entry.action, entry.subject, entry.actor_id) == (
        "escalation.resolve", f"item:{asked.item_id}", cast.luz.id,
    )  # fmt: skip
    assert entry.detail == {"escalation": asked.id, "outcome": "kept", "note": "Fine as it is."}


def test_a_kept_item_is_for_others_and_not_for_who_asked(session: Session, cast: Cast) -> None:
    asked = _asked(session, cast)
    _resolve(session, cast, asked, "kept")
    assert take(session, cast.project, cast.ana, LATER) is None
    assert must_take(session, cast.project, cast.beto, LATER).item_id == asked.item_id


def test_an_answered_item_goes_back_to_who_asked(session: Session, cast: Cast) -> None:
    asked = _asked(session, cast)
    _resolve(session, cast, asked, "answered", "Rule 3.")
    assert must_take(session, cast.project, cast.ana, LATER).item_id == asked.item_id
    judge(session, asked.item_id, cast.ana, now=LATER)
    assert _state(session, asked.item_id, cast.ana.id) == State.JUDGED


def test_an_answered_item_is_met_again_though_others_were_passed_since(
    session: Session, cast: Cast
) -> None:
    asked = _asked(session, cast)
    make_item(session, cast.project, "two")
    judge(session, must_take(session, cast.project, cast.ana, NOON).item_id, cast.ana, now=NOON)
    _resolve(session, cast, asked, "answered", "Rule 3.")
    assert must_take(session, cast.project, cast.ana, LATER).item_id == asked.item_id


def test_an_answered_item_that_others_have_filled_is_not_given(
    session: Session, cast: Cast
) -> None:
    asked = _asked(session, cast, overlap=1)
    must_take(session, cast.project, cast.beto, NOON)
    judge(session, asked.item_id, cast.beto, now=NOON)
    _resolve(session, cast, asked, "answered", "Rule 3.")
    assert _state(session, asked.item_id, cast.ana.id) == State.RELEASED
    assert take(session, cast.project, cast.ana, LATER) is None


def test_a_removed_item_is_given_to_nobody(session: Session, cast: Cast) -> None:
    asked = _asked(session, cast)
    _resolve(session, cast, asked, "removed")
    item = session.get_one(Item, asked.item_id)
    assert (item.retired_at, item.wanted, item.slots_left) == (LATER, 0, 0)
    assert take(session, cast.project, cast.beto, LATER) is None


def test_judgments_of_a_removed_item_stay_and_its_leases_end(session: Session, cast: Cast) -> None:
    asked = _asked(session, cast, overlap=3)
    must_take(session, cast.project, cast.beto, NOON)
    judge(session, asked.item_id, cast.beto, now=NOON)
    for user in (cast.luz, cast.edu):
        session.add(
            Assignment(
                item_id=asked.item_id, user_id=user.id, project_id=cast.project.id,
                state=State.LEASED, expires_at=LATER, shown=["a", "b"], reason="",
                created_at=NOON, updated_at=NOON,
            )
        )  # fmt: skip
    _resolve(session, cast, asked, "removed")
    item = session.get_one(Item, asked.item_id)
    assert (item.wanted, item.slots_left) == (1, 0)
    assert [_state(session, item.id, user.id) for user in (cast.beto, cast.luz, cast.edu)] == [
        State.JUDGED, State.RELEASED, State.RELEASED,
    ]  # fmt: skip
    assert len(session.scalars(select(Judgment)).all()) == 1


def test_an_item_that_is_taken_out_while_it_is_judged_by_all_keeps_its_figures(
    session: Session, cast: Cast
) -> None:
    item = make_item(session, cast.project, "one", wanted=2, slots_left=2)
    for who in (cast.ana, cast.beto):
        must_take(session, cast.project, who, NOON)
        judge(session, item.id, who, now=NOON)
    session.refresh(item)
    retire(session, item, LATER)
    assert (item.wanted, item.slots_left, item.retired_at) == (2, 0, LATER)


@pytest.mark.parametrize("outcome", ["", "ignored", "KEPT"])
def test_a_way_to_settle_that_there_is_not_is_refused(
    session: Session, cast: Cast, outcome: str
) -> None:
    asked = _asked(session, cast)
    with pytest.raises(Invalid) as refused:
        _resolve(session, cast, asked, outcome, "note")
    assert list(refused.value.errors) == ["outcome"]
    assert asked.resolved_at is None


@pytest.mark.parametrize("note", ["", "  ", "\x00"])
def test_an_answer_without_words_is_refused(session: Session, cast: Cast, note: str) -> None:
    asked = _asked(session, cast)
    with pytest.raises(Invalid, match="Write the answer"):
        _resolve(session, cast, asked, "answered", note)
    assert _state(session, asked.item_id, cast.ana.id) == State.ESCALATED


def test_a_note_that_is_too_long_is_refused(session: Session, cast: Cast) -> None:
    asked = _asked(session, cast)
    with pytest.raises(Invalid, match="At most 2000 characters"):
        _resolve(session, cast, asked, "kept", "x" * (REASON_CHARS + 1))
    assert asked.resolved_at is None


def test_an_escalation_that_there_is_not_is_refused(session: Session, cast: Cast) -> None:
    with pytest.raises(NotFound):
        resolve(session, 999_999, cast.luz.id, "kept", "", NOON)


@pytest.mark.parametrize("second", ["kept", "answered", "removed"])
def test_an_escalation_is_settled_once(session: Session, cast: Cast, second: str) -> None:
    asked = _asked(session, cast)
    _resolve(session, cast, asked, "kept")
    with pytest.raises(Conflict, match="settled this escalation already"):
        resolve(session, asked.id, cast.ada.id, second, "note", LATER + timedelta(hours=1))
    assert (asked.outcome, asked.resolved_by, asked.resolved_at) == ("kept", cast.luz.id, LATER)
    assert session.get_one(Item, asked.item_id).retired_at is None

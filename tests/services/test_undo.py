"""Taking back the last thing that one did."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import HOUR, judge, must_take
from workbench.errors import Conflict
from workbench.models import Assignment, AuditEntry, Item, Judgment, State, User
from workbench.services import resolve
from workbench.services.leave_item import escalate, skip
from workbench.services.undo import undo

MINUTE = timedelta(minutes=1)


def _held(session: Session, cast: Cast, name: str = "one", at: datetime = NOON) -> Item:
    """An item that Ana holds and that wants one judgment."""
    item = make_item(session, cast.project, name, wanted=1, slots_left=1)
    assert must_take(session, cast.project, cast.ana, at).item_id == item.id
    return item


def _undo(session: Session, cast: Cast, who: User, at: datetime = NOON + MINUTE) -> Assignment:
    return undo(session, cast.project.id, who.id, at, HOUR)


def _revisions(session: Session, item: Item) -> list[Judgment]:
    query = select(Judgment).where(Judgment.item_id == item.id).order_by(Judgment.revision)
    return list(session.scalars(query))


def _slots_left(session: Session, item: Item) -> int:
    session.refresh(item)
    return item.slots_left


def _last_entry(session: Session) -> AuditEntry:
    newest = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)
    return session.scalars(newest).one()


def test_a_judgment_is_taken_back_and_its_item_is_ones_own_again(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast)
    judge(session, item.id, cast.ana, now=NOON)
    again = _undo(session, cast, cast.ana)
    assert (again.item_id, again.state, again.judgment_id) == (item.id, State.LEASED, None)
    assert again.expires_at == NOON + MINUTE + HOUR
    assert _slots_left(session, item) == 0


def test_a_judgment_taken_back_stays_in_the_history_with_nothing_after_it(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast)
    judge(session, item.id, cast.ana, "a", now=NOON)
    _undo(session, cast, cast.ana)
    first, second = _revisions(session, item)
    assert first.answer is not None
    assert (second.revision, second.answer, second.made_at) == (2, None, NOON + MINUTE)
    entry = session.get_one(AuditEntry, second.audit_seq)
    assert entry.action == "judgment.withdraw"
    assert entry.detail == {"revision": 2, "digest": second.digest}


def test_after_an_undo_the_item_can_be_judged_anew(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    judge(session, item.id, cast.ana, "a", now=NOON)
    _undo(session, cast, cast.ana)
    anew = judge(session, item.id, cast.ana, "b", now=NOON + 2 * MINUTE)
    assert anew.revision == 3
    assert session.get_one(Assignment, (item.id, cast.ana.id)).judgment_id == anew.id


def test_a_judgment_can_be_taken_back_more_than_once(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    for _ in range(2):
        judge(session, item.id, cast.ana, now=NOON)
        _undo(session, cast, cast.ana)
    assert [row.answer is None for row in _revisions(session, item)] == [False, True, False, True]


def test_a_skip_is_taken_back_and_takes_a_slot(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    skip(session, item.id, cast.ana.id, "by mistake", NOON)
    again = _undo(session, cast, cast.ana)
    assert (again.item_id, again.state, again.reason) == (item.id, State.LEASED, "")
    assert _slots_left(session, item) == 0
    entry = _last_entry(session)
    assert (entry.action, entry.subject, entry.actor_id) == (
        "item.unskip", f"item:{item.id}", cast.ana.id,
    )  # fmt: skip


def test_the_newest_is_taken_back_first_and_then_the_one_before(
    session: Session, cast: Cast
) -> None:
    one = _held(session, cast, "one")
    judge(session, one.id, cast.ana, now=NOON)
    two = _held(session, cast, "two")
    skip(session, two.id, cast.ana.id, "no", NOON + MINUTE)
    taken = [_undo(session, cast, cast.ana, NOON + n * MINUTE).item_id for n in (2, 3)]
    assert taken == [two.id, one.id]


def test_a_changed_judgment_is_the_newest_thing(session: Session, cast: Cast) -> None:
    one = _held(session, cast, "one")
    judge(session, one.id, cast.ana, now=NOON)
    two = _held(session, cast, "two", NOON + MINUTE)
    judge(session, two.id, cast.ana, now=NOON + MINUTE)
    judge(session, one.id, cast.ana, "b", now=NOON + 2 * MINUTE)
    assert _undo(session, cast, cast.ana, NOON + 3 * MINUTE).item_id == one.id


def test_without_anything_done_there_is_nothing_to_undo(session: Session, cast: Cast) -> None:
    _held(session, cast)
    with pytest.raises(Conflict, match="nothing to undo"):
        _undo(session, cast, cast.ana)


def test_what_another_did_is_not_ones_own_to_undo(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    judge(session, item.id, cast.ana, now=NOON)
    with pytest.raises(Conflict, match="nothing to undo"):
        _undo(session, cast, cast.beto)


def test_what_one_did_on_another_project_is_not_undone_here(session: Session, cast: Cast) -> None:
    item = make_item(session, cast.other_project, "one")
    must_take(session, cast.other_project, cast.dora, NOON)
    judge(session, item.id, cast.dora, now=NOON)
    with pytest.raises(Conflict, match="nothing to undo"):
        _undo(session, cast, cast.dora)


def test_a_question_to_a_lead_cannot_be_undone(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    escalate(session, item.id, cast.ana.id, "which rule?", NOON)
    with pytest.raises(Conflict, match="nothing to undo"):
        _undo(session, cast, cast.ana)


def test_the_same_thing_is_not_undone_twice(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    judge(session, item.id, cast.ana, now=NOON)
    _undo(session, cast, cast.ana)
    with pytest.raises(Conflict, match="nothing to undo"):
        _undo(session, cast, cast.ana)
    assert len(_revisions(session, item)) == 2


def test_a_judgment_of_an_item_that_was_taken_out_stays(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    judge(session, item.id, cast.ana, now=NOON)
    resolve.retire(session, item, NOON)
    with pytest.raises(Conflict, match="replaced or taken out"):
        _undo(session, cast, cast.ana)
    assert session.get_one(Assignment, (item.id, cast.ana.id)).state == State.JUDGED


def test_a_skipped_item_that_others_have_taken_stays_skipped(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    skip(session, item.id, cast.ana.id, "by mistake", NOON)
    must_take(session, cast.project, cast.beto, NOON)
    with pytest.raises(Conflict, match="Others have taken this item"):
        _undo(session, cast, cast.ana)
    assert session.get_one(Assignment, (item.id, cast.ana.id)).state == State.SKIPPED
    assert _slots_left(session, item) == 0

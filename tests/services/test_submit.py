"""Storing a judgment: once, and never over an item's overlap."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take, prefers, take
from workbench.db import Database
from workbench.errors import Conflict, NotFound
from workbench.models import Assignment, AuditEntry, Item, Judgment, State, User
from workbench.models.seals import digest
from workbench.services import resolve, slots
from workbench.services.leave_item import escalate, skip
from workbench.services.submit import Submission, latest_revision, submit

LATER = NOON + timedelta(hours=2)


def _submission(item_id: int, who: User, first: str = "a", key: str = "k1") -> Submission:
    return Submission(
        item_id=item_id,
        user_id=who.id,
        answer=prefers(first),
        type_version=1,
        idempotency_key=key,
        base_revision=0,
    )


def _held(session: Session, cast: Cast, name: str = "one", overlap: int = 2) -> Item:
    """An item that Ana holds from noon on, for an hour."""
    item = make_item(session, cast.project, name, wanted=overlap, slots_left=overlap)
    assert must_take(session, cast.project, cast.ana, NOON).item_id == item.id
    return item


def _slots_left(session: Session, item: Item) -> int:
    session.refresh(item)
    return item.slots_left


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Judgment)) or 0


def test_a_judgment_is_stored_with_what_the_reviewer_saw(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    sent = replace(
        _submission(item.id, cast.ana), guideline_version=3, active_ms=41_200, locale="en"
    )
    judgment = submit(session, sent, NOON)
    assignment = session.get_one(Assignment, (item.id, cast.ana.id))
    assert (judgment.project_id, judgment.item_id, judgment.user_id, judgment.revision) == (
        cast.project.id, item.id, cast.ana.id, 1,
    )  # fmt: skip
    assert (judgment.answer, judgment.type_version, judgment.guideline_version) == (
        prefers("a"), 1, 3,
    )  # fmt: skip
    assert (judgment.active_ms, judgment.locale, judgment.origin) == (41_200, "en", "desk")
    assert (judgment.shown, judgment.made_at) == (assignment.shown, NOON)


def test_the_lease_becomes_a_judgment_and_its_slot_stays_taken(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast)
    judgment = judge(session, item.id, cast.ana, now=NOON)
    assignment = session.get_one(Assignment, (item.id, cast.ana.id))
    assert (assignment.state, assignment.expires_at) == (State.JUDGED, None)
    assert assignment.judgment_id == judgment.id
    assert _slots_left(session, item) == 1


def test_the_audit_trail_holds_the_digest_of_the_judgment(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    judgment = judge(session, item.id, cast.ana, now=NOON)
    entry = session.get_one(AuditEntry, judgment.audit_seq)
    assert (entry.action, entry.subject, entry.actor_id, entry.at) == (
        "judgment.submit", f"item:{item.id}", cast.ana.id, NOON,
    )  # fmt: skip
    assert entry.detail == {"revision": 1, "digest": judgment.digest}
    session.expire(judgment)
    assert digest(judgment) == judgment.digest


def test_sending_the_same_answer_again_gives_the_judgment_that_is_stored(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast)
    sent = _submission(item.id, cast.ana)
    assert submit(session, sent, NOON).id == submit(session, sent, LATER).id
    assert _count(session) == 1
    assert _slots_left(session, item) == 1


def test_the_order_of_an_answers_keys_does_not_make_it_another(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast)
    first = submit(session, _submission(item.id, cast.ana), NOON)
    turned = dict(reversed(prefers("a").items()))
    sent = replace(_submission(item.id, cast.ana), answer=turned)
    assert submit(session, sent, NOON).id == first.id


def test_a_repeat_is_answered_even_after_the_item_was_taken_out(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast)
    sent = _submission(item.id, cast.ana)
    stored = submit(session, sent, NOON)
    resolve.retire(session, item, NOON)
    assert submit(session, sent, LATER).id == stored.id


def test_a_change_of_mind_is_a_new_revision_and_the_one_that_counts(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast)
    judge(session, item.id, cast.ana, "a", now=NOON)
    changed = judge(session, item.id, cast.ana, "b", now=LATER)
    assert changed.revision == latest_revision(session, item.id, cast.ana.id) == 2
    assert session.get_one(Assignment, (item.id, cast.ana.id)).judgment_id == changed.id
    assert _count(session) == 2
    assert _slots_left(session, item) == 1


def test_two_people_may_send_the_same_key(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    must_take(session, cast.project, cast.beto, NOON)
    ids = {submit(session, _submission(item.id, who), NOON).id for who in (cast.ana, cast.beto)}
    assert len(ids) == 2
    assert _slots_left(session, item) == 0


def test_a_lease_that_ran_out_is_as_good_as_ever_while_nobody_took_its_slot(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast)
    assert judge(session, item.id, cast.ana, now=LATER).revision == 1
    assert _slots_left(session, item) == 1


def test_a_released_lease_takes_a_slot_again_where_one_is_left(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast, overlap=1)
    slots.release_expired(session, cast.project.id, LATER)
    assert _slots_left(session, item) == 1
    judge(session, item.id, cast.ana, now=LATER)
    assert _slots_left(session, item) == 0


def test_a_released_lease_whose_slot_another_took_is_refused(session: Session, cast: Cast) -> None:
    item = _held(session, cast, overlap=1)
    assert must_take(session, cast.project, cast.beto, LATER).item_id == item.id
    with pytest.raises(Conflict, match="others have judged it meanwhile"):
        judge(session, item.id, cast.ana, now=LATER)
    assert _count(session) == 0
    assert _slots_left(session, item) == 0


def test_an_answer_on_top_of_an_older_revision_is_refused(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    judge(session, item.id, cast.ana, now=NOON)
    with pytest.raises(Conflict, match="changed elsewhere since you opened it"):
        judge(session, item.id, cast.ana, "b", base=0, now=NOON)
    assert _count(session) == 1


def test_an_answer_on_top_of_a_revision_that_never_was_is_refused(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast)
    with pytest.raises(Conflict, match="changed elsewhere"):
        judge(session, item.id, cast.ana, base=1, now=NOON)


def test_an_item_that_was_never_shown_is_not_there(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    with pytest.raises(NotFound):
        judge(session, item.id, cast.beto, now=NOON)
    with pytest.raises(NotFound):
        judge(session, 999_999, cast.ana, now=NOON)


@pytest.mark.parametrize("leave", [skip, escalate])
def test_an_item_that_was_left_takes_no_answer(session: Session, cast: Cast, leave: type) -> None:
    item = _held(session, cast)
    leave(session, item.id, cast.ana.id, "not for me", NOON)
    with pytest.raises(Conflict, match="skipped or escalated"):
        judge(session, item.id, cast.ana, now=NOON)


def test_an_item_that_was_taken_out_takes_no_answer(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    resolve.retire(session, item, NOON)
    with pytest.raises(Conflict, match="replaced or taken out"):
        judge(session, item.id, cast.ana, now=NOON)


def test_a_judgment_of_an_item_that_was_taken_out_cannot_be_changed(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast)
    judge(session, item.id, cast.ana, now=NOON)
    resolve.retire(session, item, NOON)
    with pytest.raises(Conflict, match="replaced or taken out"):
        judge(session, item.id, cast.ana, "b", now=NOON)


def test_a_key_that_was_used_for_another_answer_is_refused(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    submit(session, _submission(item.id, cast.ana, "a"), NOON)
    with pytest.raises(Conflict, match="sent before with other content"):
        submit(session, _submission(item.id, cast.ana, "b"), NOON)
    assert _count(session) == 1


def test_a_key_that_was_used_for_another_item_is_refused(session: Session, cast: Cast) -> None:
    item = _held(session, cast)
    submit(session, _submission(item.id, cast.ana), NOON)
    other = _held(session, cast, "two")
    with pytest.raises(Conflict, match="sent before with other content"):
        submit(session, _submission(other.id, cast.ana), NOON)


def test_a_submission_without_an_answer_is_a_fault_of_the_caller(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast)
    with pytest.raises(ValueError, match="needs an answer"):
        submit(session, replace(_submission(item.id, cast.ana), answer=None), NOON)


def test_the_last_slot_leaves_nothing_for_others(session: Session, cast: Cast) -> None:
    item = _held(session, cast, overlap=1)
    judge(session, item.id, cast.ana, now=NOON)
    assert take(session, cast.project, cast.beto, NOON) is None


@pytest.mark.parametrize("same", [True, False], ids=["the same item", "another item"])
def test_one_key_sent_twice_at_the_same_moment_is_stored_once(
    database: Database, cast: Cast, *, same: bool
) -> None:
    with database.write() as session:
        first = _held(session, cast)
        second = make_item(session, cast.project, "two")
        session.add(
            Assignment(
                item_id=second.id, user_id=cast.ana.id, project_id=cast.project.id,
                state=State.LEASED, expires_at=LATER, shown=["a", "b"], reason="",
                created_at=NOON, updated_at=NOON,
            )
        )  # fmt: skip
        second.slots_left -= 1
    outcome: list[object] = []

    def send() -> None:
        item_id = first.id if same else second.id
        try:
            with database.write() as session:
                outcome.append(submit(session, _submission(item_id, cast.ana), NOON).id)
        except Conflict as refused:
            outcome.append(str(refused))

    with database.write() as session:
        stored = submit(session, _submission(first.id, cast.ana), NOON)
        thread = threading.Thread(target=send)
        thread.start()
        time.sleep(0.3)  # until the other waits for this transaction
    thread.join(30)
    if same:
        assert outcome == [stored.id]
    else:
        assert "sent before with other content" in str(outcome[0])
    with database.read() as session:
        assert _count(session) == 1

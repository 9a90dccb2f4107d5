"""A lead settles what reviewers disagree about: once, as a new row, and never their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take, prefers
from workbench.errors import Conflict
from workbench.messages import Invalid
from workbench.models import Adjudication, AuditEntry, Item, Judgment, Settled
from workbench.queries.decisions import (
    count_settled,
    decisions_on,
    judged_by,
    settled_ids,
    settled_items,
)
from workbench.queries.verify import verify
from workbench.services.adjudicate import Decision, adjudicate
from workbench.services.leave_item import REASON_CHARS
from workbench.services.resolve import retire
from workbench.services.undo import undo

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def disputed(session: Session, cast: Cast) -> Item:
    """Ana says a, Beto says b."""
    item = make_item(session, cast.project, "one")
    for who, first in ((cast.ana, "a"), (cast.beto, "b")):
        must_take(session, cast.project, who, NOON)
        judge(session, item.id, who, first, now=NOON)
    return item


def _judgment(session: Session, item: Item, user_id: int) -> Judgment:
    return session.scalars(
        select(Judgment).where(Judgment.item_id == item.id, Judgment.user_id == user_id)
    ).one()


def _decide(session: Session, cast: Cast, item: Item, **more: Any) -> Adjudication:
    values: dict[str, Any] = {"outcome": Settled.OPEN, **more}
    lead = values.pop("lead", cast.luz)
    return adjudicate(session, Decision(item.id, lead.id, **values), LATER)


def test_one_of_the_answers_is_taken_and_the_judgments_stay(
    session: Session, cast: Cast, disputed: Item
) -> None:
    taken = _judgment(session, disputed, cast.beto.id)
    found = _decide(
        session, cast, disputed, outcome=Settled.TAKEN, taken_from=taken.id, note=" Rule 3. "
    )
    assert (found.revision, found.answer, found.note) == (1, prefers("b"), "Rule 3.")
    assert (found.taken_from, found.type_version) == (taken.id, taken.type_version)
    assert session.scalar(select(Judgment.id).where(Judgment.item_id == disputed.id)) is not None
    entry = session.scalars(select(AuditEntry).where(AuditEntry.seq == found.audit_seq)).one()
    assert (entry.action, entry.subject, entry.actor_id) == (
        "item.adjudicate", f"item:{disputed.id}", cast.luz.id,
    )  # fmt: skip
    assert entry.detail["digest"] == found.digest
    assert settled_ids(session, cast.project.id) == {disputed.id}
    assert count_settled(session, cast.project.id) == 1


def test_the_leads_own_answer_settles_it(session: Session, cast: Cast, disputed: Item) -> None:
    found = _decide(session, cast, disputed, outcome=Settled.ANSWERED, answer=prefers("a"))
    assert (found.answer, found.taken_from) == (prefers("a"), None)
    assert [each.external_id for each in settled_items(session, cast.project.id)] == ["one"]


def test_a_decision_taken_back_is_one_more_row_and_the_item_waits_again(
    session: Session, cast: Cast, disputed: Item
) -> None:
    _decide(session, cast, disputed)
    _decide(session, cast, disputed, outcome=Settled.REOPENED, base_revision=1)
    assert [each.outcome for each in decisions_on(session, disputed.id)] == ["open", "reopened"]
    assert settled_ids(session, cast.project.id) == set()
    assert settled_items(session, cast.project.id) == []
    _decide(session, cast, disputed, base_revision=2)
    assert settled_ids(session, cast.project.id) == {disputed.id}


def test_what_is_not_settled_cannot_be_taken_back(
    session: Session, cast: Cast, disputed: Item
) -> None:
    with pytest.raises(Conflict, match="not settled"):
        _decide(session, cast, disputed, outcome=Settled.REOPENED)


def test_a_double_press_stores_one_decision(session: Session, cast: Cast, disputed: Item) -> None:
    first = _decide(session, cast, disputed, outcome=Settled.ANSWERED, answer=prefers("a"))
    again = _decide(session, cast, disputed, outcome=Settled.ANSWERED, answer=prefers("a"))
    assert again.id == first.id
    assert len(decisions_on(session, disputed.id)) == 1


def test_another_decision_from_a_page_of_before_is_refused(
    session: Session, cast: Cast, disputed: Item
) -> None:
    _decide(session, cast, disputed, outcome=Settled.ANSWERED, answer=prefers("a"))
    with pytest.raises(Conflict, match="settled this item"):
        _decide(session, cast, disputed, outcome=Settled.ANSWERED, answer=prefers("b"))
    with pytest.raises(Conflict, match="settled this item"):
        _decide(session, cast, disputed)


def test_a_judgment_that_does_not_count_any_more_cannot_be_taken(
    session: Session, cast: Cast, disputed: Item
) -> None:
    old = _judgment(session, disputed, cast.ana.id)
    undo(session, cast.project.id, cast.ana.id, LATER, timedelta(hours=1))
    with pytest.raises(Conflict, match="changed or taken back"):
        _decide(session, cast, disputed, outcome=Settled.TAKEN, taken_from=old.id)


def test_a_judgment_of_another_item_cannot_be_taken(
    session: Session, cast: Cast, disputed: Item
) -> None:
    other = make_item(session, cast.project, "two")
    must_take(session, cast.project, cast.ana, NOON)
    judge(session, other.id, cast.ana, now=NOON)
    elsewhere = _judgment(session, other, cast.ana.id)
    with pytest.raises(Conflict, match="changed or taken back"):
        _decide(session, cast, disputed, outcome=Settled.TAKEN, taken_from=elsewhere.id)


def test_nobody_settles_what_they_judged(session: Session, cast: Cast, disputed: Item) -> None:
    with pytest.raises(Conflict, match="judged this item yourself"):
        _decide(session, cast, disputed, lead=cast.ana)
    assert judged_by(session, cast.project, cast.ana.id) == {disputed.id}
    assert judged_by(session, cast.project, cast.luz.id) == set()


def test_an_item_that_was_taken_out_is_not_settled(
    session: Session, cast: Cast, disputed: Item
) -> None:
    retire(session, disputed, LATER)
    with pytest.raises(Conflict, match="replaced or taken out"):
        _decide(session, cast, disputed)


def test_a_note_that_is_too_long_is_refused(session: Session, cast: Cast, disputed: Item) -> None:
    with pytest.raises(Invalid) as refused:
        _decide(session, cast, disputed, note="x" * (REASON_CHARS + 1))
    assert set(refused.value.errors) == {"note"}
    assert decisions_on(session, disputed.id) == []


@pytest.mark.parametrize("outcome", [Settled.ANSWERED, Settled.OPEN])
def test_an_answer_comes_with_its_own_outcome_alone(
    session: Session, cast: Cast, disputed: Item, outcome: Settled
) -> None:
    answer = None if outcome is Settled.ANSWERED else prefers("a")
    with pytest.raises(ValueError, match="that outcome alone"):
        _decide(session, cast, disputed, outcome=outcome, answer=answer)


@pytest.mark.parametrize(
    "change", ["UPDATE adjudication SET note = 'x'", "DELETE FROM adjudication"]
)
def test_the_database_itself_refuses_to_change_a_decision(
    session: Session, cast: Cast, disputed: Item, change: str
) -> None:
    _decide(session, cast, disputed)
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(change))


def test_verify_finds_a_decision_that_was_changed(
    session: Session, cast: Cast, disputed: Item
) -> None:
    found = _decide(session, cast, disputed, note="Rule 3.")
    key, changed, told = session.info["key"], f"adjudication:{found.id}", f"audit:{found.audit_seq}"
    assert verify(session, key) == []
    if session.get_bind().dialect.name == "sqlite":
        locks = ["adjudication_no_update", "adjudication_no_delete"]
    else:
        locks = [f"adjudication_{name} ON adjudication" for name in ("append_only", "door")]
    for lock in locks:
        session.execute(text(f"DROP TRIGGER {lock}"))
    session.execute(text("UPDATE adjudication SET note = 'Rule 4.'"))
    session.expire_all()
    wrong = {(each.rule, each.subject) for each in verify(session, key)}
    assert ("decision", changed) in wrong
    session.execute(text("DELETE FROM adjudication"))
    session.expire_all()
    wrong = {(each.rule, each.subject) for each in verify(session, key)}
    assert ("decision", told) in wrong

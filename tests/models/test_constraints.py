"""What the database itself refuses: to a service with a bug, or to a hand at the console."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take
from workbench.models import (
    Assignment,
    AuditEntry,
    AuditHead,
    Base,
    Escalation,
    Guideline,
    Item,
    Judgment,
    Membership,
    Project,
    State,
    User,
)
from workbench.services import leave_item
from workbench.services.guideline import Draft, publish


@pytest.fixture
def judged(session: Session, cast: Cast) -> Judgment:
    """Ana's judgment of an item that wants two, and her question about another."""
    make_item(session, cast.project, "one")
    judgment = judge(session, must_take(session, cast.project, cast.ana).item_id, cast.ana)
    make_item(session, cast.project, "two")
    lease = must_take(session, cast.project, cast.ana)
    leave_item.escalate(session, lease.item_id, cast.ana.id, "why", NOON)
    publish(session, cast.project, Draft("es", "en"), now=NOON)
    return judgment


def refused(session: Session, statement: Any) -> str:
    """The statement is refused; what the database says."""
    with pytest.raises(DBAPIError) as caught, session.begin_nested():
        session.execute(statement)
    return str(caught.value.orig)


def copy_of(row: Base, **values: Any) -> Any:
    """An INSERT of the same row with other values."""
    columns = {c.key: getattr(row, c.key) for c in type(row).__table__.columns}
    return insert(type(row)).values(**{**columns, **values})


class TestSlots:
    def test_no_item_has_fewer_than_no_slots(self, session: Session, judged: Judgment) -> None:
        assert "ck_item_slots_left" in refused(session, update(Item).values(slots_left=-1))

    def test_no_item_has_more_slots_than_it_wants(self, session: Session, judged: Judgment) -> None:
        assert "ck_item_slots_left" in refused(session, update(Item).values(slots_left=3))

    def test_no_project_wants_no_judgments(self, session: Session, judged: Judgment) -> None:
        assert "ck_project_overlap" in refused(session, update(Project).values(overlap=0))


class TestAssignments:
    def test_nobody_meets_an_item_twice(self, session: Session, judged: Judgment) -> None:
        row = session.get_one(Assignment, (judged.item_id, judged.user_id))
        refused(session, copy_of(row, state=State.SKIPPED, judgment_id=None))

    @pytest.mark.parametrize(
        ("values", "rule"),
        [
            ({"state": "lost", "judgment_id": None}, "state"),
            ({"state": "leased", "judgment_id": None}, "expires_at"),
            ({"expires_at": NOON}, "expires_at"),
            ({"judgment_id": None}, "judgment_id"),
            ({"state": "released"}, "judgment_id"),
        ],
    )
    def test_a_state_has_what_belongs_to_it_and_nothing_else(
        self, session: Session, judged: Judgment, values: dict[str, Any], rule: str
    ) -> None:
        row = update(Assignment).where(Assignment.judgment_id == judged.id)
        assert f"ck_assignment_{rule}" in refused(session, row.values(**values))


class TestJudgments:
    @pytest.mark.parametrize("table", [Judgment, AuditEntry, Guideline])
    def test_what_is_written_stays_as_it_is(
        self, session: Session, judged: Judgment, table: type[Base]
    ) -> None:
        column = next(iter(table.__table__.columns))
        assert "append-only" in refused(session, update(table).values({column: column}))
        assert "append-only" in refused(session, delete(table))

    def test_a_revision_is_written_once(self, session: Session, judged: Judgment) -> None:
        refused(session, copy_of(judged, id=99, idempotency_key="another"))

    def test_a_key_of_one_person_is_used_once(self, session: Session, judged: Judgment) -> None:
        refused(session, copy_of(judged, id=99, revision=2))

    def test_the_same_key_of_another_person_is_another_key(
        self, session: Session, cast: Cast, judged: Judgment
    ) -> None:
        session.execute(copy_of(judged, id=99, user_id=cast.beto.id))

    @pytest.mark.parametrize("table", [Item, User, Project])
    def test_nothing_that_a_judgment_refers_to_can_be_deleted(
        self, session: Session, judged: Judgment, table: type[Base]
    ) -> None:
        number = {Item: judged.item_id, User: judged.user_id, Project: judged.project_id}[table]
        refused(session, delete(table).where(table.__table__.c.id == number))
        assert session.scalars(select(Judgment.id)).all() == [judged.id]

    def test_no_foreign_key_deletes_along(self) -> None:
        keys = [key for table in Base.metadata.tables.values() for key in table.foreign_keys]
        assert len(keys) > 20
        assert {key.ondelete for key in keys} == {None}


class TestNames:
    def test_a_pseudonym_is_one_persons(self, session: Session, cast: Cast) -> None:
        ana = session.get_one(Membership, (cast.project.id, cast.ana.id))
        theirs = update(Membership).where(Membership.user_id == cast.beto.id)
        refused(session, theirs.values(pseudonym=ana.pseudonym))

    def test_a_log_in_name_is_one_persons(self, session: Session, cast: Cast) -> None:
        refused(session, update(User).where(User.name == "beto").values(name="ana"))

    def test_roles_are_the_four(self, session: Session, cast: Cast) -> None:
        assert "ck_user_account_role" in refused(session, update(User).values(role="root"))

    def test_one_revision_of_an_item_is_the_present_one(self, session: Session, cast: Cast) -> None:
        item = make_item(session, cast.project, "one")
        refused(session, copy_of(item, id=99, revision=2))
        session.execute(copy_of(item, id=99, revision=2, retired_at=NOON))


class TestEscalations:
    def test_a_settled_one_has_an_outcome(self, session: Session, judged: Judgment) -> None:
        rule = "ck_escalation_outcome"
        assert rule in refused(session, update(Escalation).values(outcome="kept"))
        assert rule in refused(session, update(Escalation).values(resolved_at=NOON))


class TestTrail:
    def test_it_has_one_head(self, session: Session, cast: Cast) -> None:
        head = session.scalars(select(AuditHead)).one()
        assert "ck_audit_head_single" in refused(session, copy_of(head, id=2))


class TestTimes:
    def test_they_come_back_in_utc_to_the_microsecond(self, session: Session, cast: Cast) -> None:
        bogota = timezone(timedelta(hours=-5))
        moment = datetime(2026, 11, 20, 12, 0, 0, 123_456, tzinfo=bogota)
        item = make_item(session, cast.project, "one", created_at=moment)
        session.expire(item)
        assert item.created_at == moment
        assert item.created_at.tzinfo is UTC

    def test_one_without_a_zone_is_refused(self, session: Session, cast: Cast) -> None:
        with pytest.raises(StatementError, match="without a zone"), session.begin_nested():
            session.execute(update(Item).values(created_at=datetime(2026, 1, 1)))  # noqa: DTZ001


class TestText:
    def test_keys_are_ordered_by_code_point_on_every_database(
        self, session: Session, cast: Cast
    ) -> None:
        names = ["B", "a", "Z", "á", "_", "é1", "10", "9", "😀", "z"]
        for name in names:
            make_item(session, cast.project, name)
        query = select(Item.external_id).order_by(Item.external_id)
        assert session.scalars(query).all() == sorted(names)

    def test_json_comes_back_as_it_was(self, session: Session, cast: Cast) -> None:
        value = {"b": [1, 2.5, None, True], "a": 'ñ \u0000 \u2028 😀 \\ "', "": {}}
        item = make_item(session, cast.project, "one", meta=value)
        session.expire(item)
        assert item.meta == value
        assert list(item.meta) == ["b", "a", ""]

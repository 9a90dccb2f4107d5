from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, delete, event, insert, select, update
from sqlalchemy.orm import Session

from tests.cast import Cast, make_item
from tests.flows.acts import judge, must_take, take_and_judge
from workbench.db import Database
from workbench.intake.items import content_hash
from workbench.models import (
    Assignment,
    AuditEntry,
    AuditHead,
    Item,
    Judgment,
    Membership,
    State,
)
from workbench.models.seals import digest, digest_of_digests, entry_hash, seal
from workbench.queries.items import as_item
from workbench.queries.verify import Finding, verify
from workbench.services import audit
from workbench.services.leave_item import skip
from workbench.services.undo import undo

KEY = "k" * 96
DROP_TRIGGERS = {
    "sqlite": [
        f"DROP TRIGGER {table}_no_{verb}"
        for table in ("judgment", "audit_entry")
        for verb in ("update", "delete")
    ],
    "postgresql": [
        "DROP TRIGGER judgment_append_only ON judgment",
        "DROP TRIGGER judgment_door ON judgment",
        "DROP TRIGGER audit_entry_append_only ON audit_entry",
    ],
}


@pytest.fixture
def worked(database: Database, cast: Cast) -> Database:
    """Some work done by two people: judgments, one revised, one undone, a skip, a lease."""
    with database.write() as session:
        for n in range(5):
            item = make_item(session, cast.project, f"item {n}")
            item.content_hash = content_hash(as_item(item))
        first = take_and_judge(session, cast.project, cast.ana)
        judge(session, first.item_id, cast.ana, "b")
        take_and_judge(session, cast.project, cast.beto)
        take_and_judge(session, cast.project, cast.ana)
        now = datetime.now(UTC)
        undo(session, cast.project.id, cast.ana.id, now, timedelta(hours=1))
        skip(session, must_take(session, cast.project, cast.ana).item_id, cast.ana.id, "no", now)
        take_and_judge(session, cast.project, cast.ana)
        must_take(session, cast.project, cast.beto)
    return database


@pytest.fixture
def damaged(worked: Database) -> Iterator[Connection]:
    """A connection of someone who may drop triggers and writes past every rule."""
    with worked.exclusive() as connection:
        for statement in DROP_TRIGGERS[worked.engine.dialect.name]:
            connection.exec_driver_sql(statement)
        yield connection


def look(database: Database, key: str = KEY) -> list[Finding]:
    with database.read() as session:
        return verify(session, key)


def subjects(damaged: Connection, rule: str) -> list[str]:
    """What verify finds under that rule, in the transaction of the damage."""
    with Session(damaged) as session:
        return [finding.subject for finding in verify(session, KEY) if finding.rule == rule]


def rules(damaged: Connection) -> set[str]:
    with Session(damaged) as session:
        return {finding.rule for finding in verify(session, KEY)}


def newest(damaged: Connection) -> int:
    return damaged.scalars(select(AuditHead.seq)).one()


def test_a_sound_database_gives_nothing(worked: Database) -> None:
    assert look(worked) == []


def test_an_empty_database_gives_nothing(database: Database) -> None:
    assert look(database) == []


def test_every_finding_is_a_sentence(damaged: Connection) -> None:
    damaged.execute(update(Item).values(slots_left=0, content_hash="0" * 64))
    damaged.execute(delete(Membership))
    damaged.execute(update(Judgment).values(locale="xx"))
    damaged.execute(update(AuditEntry).values(action="x"))
    with Session(damaged) as session:
        found = verify(session, KEY)
    assert {"slots", "item", "membership", "judgment", "audit"} <= {f.rule for f in found}
    assert all(str(finding.text) for finding in found)


class TestItems:
    def test_a_slot_that_vanished_is_found(self, damaged: Connection) -> None:
        damaged.execute(update(Item).where(Item.id == 3).values(wanted=Item.wanted + 1))
        assert subjects(damaged, "slots") == ["item:3"]
        assert rules(damaged) == {"slots"}

    def test_a_judgment_over_the_overlap_is_found(self, damaged: Connection) -> None:
        judged = damaged.scalars(
            select(Assignment.item_id).where(Assignment.state == State.JUDGED)
        ).all()
        damaged.execute(update(Item).where(Item.id == judged[0]).values(wanted=0, slots_left=0))
        with Session(damaged) as session:
            [finding] = [f for f in verify(session, KEY) if f.rule == "slots"]
        assert finding.subject == f"item:{judged[0]}"
        assert "judgments and wants 0" in str(finding.text)

    def test_an_edited_response_is_found(self, damaged: Connection) -> None:
        edited = [{"id": "a", "model": "m", "text": "other"}, {"id": "b", "model": "n", "text": ""}]
        damaged.execute(update(Item).where(Item.id == 2).values(responses=edited))
        assert subjects(damaged, "item") == ["item:2"]
        assert rules(damaged) == {"item"}

    def test_an_item_that_is_none_any_more_is_found(self, damaged: Connection) -> None:
        damaged.execute(update(Item).where(Item.id == 2).values(responses=[{"text": 3}]))
        assert subjects(damaged, "item") == ["item:2"]

    def test_a_hash_that_is_none_of_ours_is_left_alone(self, damaged: Connection) -> None:
        damaged.execute(update(Item).where(Item.id == 2).values(content_hash="made by hand"))
        assert rules(damaged) == set()


class TestJudgments:
    def test_an_edited_answer_is_found(self, damaged: Connection) -> None:
        damaged.execute(update(Judgment).where(Judgment.id == 1).values(answer={"tiers": []}))
        assert subjects(damaged, "judgment") == ["judgment:1"]
        assert rules(damaged) == {"judgment"}

    @pytest.mark.parametrize(
        "change",
        [
            {"made_at": datetime(2020, 1, 1, tzinfo=UTC)},
            {"shown": ["b", "a", "c"]},
            {"active_ms": 1},
            {"locale": "xx"},
            {"idempotency_key": "another"},
            {"guideline_version": 9},
            {"type_version": 9},
            {"origin": "import"},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_an_edit_of_any_column_is_found(
        self, damaged: Connection, change: dict[str, object]
    ) -> None:
        damaged.execute(update(Judgment).where(Judgment.id == 2).values(**change))
        assert "judgment:2" in subjects(damaged, "judgment")

    def test_an_edit_with_a_new_digest_does_not_fit_the_trail(self, damaged: Connection) -> None:
        damaged.execute(update(Judgment).where(Judgment.id == 1).values(answer={"tiers": []}))
        with Session(damaged) as session:
            forged = digest(session.get_one(Judgment, 1))
        damaged.execute(update(Judgment).where(Judgment.id == 1).values(digest=forged))
        assert subjects(damaged, "judgment") == ["judgment:1"]

    def test_a_deleted_judgment_is_found_by_its_audit_entry(self, damaged: Connection) -> None:
        seq = damaged.scalars(select(Judgment.audit_seq).where(Judgment.id == 1)).one()
        damaged.execute(delete(Judgment).where(Judgment.id == 1))
        assert subjects(damaged, "audit") == [f"audit:{seq}"]
        assert subjects(damaged, "revisions") == ["item:1 user:1"]

    def test_a_judgment_that_the_trail_does_not_know_is_found(self, damaged: Connection) -> None:
        row = damaged.execute(select(Judgment.__table__).where(Judgment.id == 1)).one()._asdict()
        row |= {"id": 99, "revision": 3, "idempotency_key": "forged"}
        damaged.execute(insert(Judgment).values(row))
        assert subjects(damaged, "judgment").count("judgment:99") == 2

    def test_a_judgment_of_an_entry_that_is_not_there_is_found(self, damaged: Connection) -> None:
        damaged.execute(update(Judgment).where(Judgment.id == 1).values(audit_seq=10_000))
        assert subjects(damaged, "judgment") == ["judgment:1"]

    def test_a_superseded_judgment_that_counts_is_found(self, damaged: Connection) -> None:
        damaged.execute(update(Assignment).where(Assignment.judgment_id == 2).values(judgment_id=1))
        assert subjects(damaged, "counted") == ["item:1 user:1"]
        assert subjects(damaged, "not counted") == ["judgment:2"]

    def test_somebody_elses_judgment_that_counts_is_found(self, damaged: Connection) -> None:
        theirs = damaged.scalars(select(Judgment.id).where(Judgment.user_id == 2)).first()
        damaged.execute(
            update(Assignment).where(Assignment.judgment_id == 2).values(judgment_id=theirs)
        )
        assert subjects(damaged, "counted") == ["item:1 user:1"]

    def test_a_judgment_taken_back_that_counts_is_found(self, damaged: Connection) -> None:
        taken_back = damaged.execute(
            select(Judgment.id, Judgment.item_id).where(Judgment.answer.is_(None))
        ).one()
        damaged.execute(
            update(Assignment)
            .where(Assignment.item_id == taken_back.item_id, Assignment.user_id == 1)
            .values(state=State.JUDGED, judgment_id=taken_back.id, expires_at=None)
        )
        assert f"item:{taken_back.item_id} user:1" in subjects(damaged, "counted")

    def test_an_answer_that_was_put_aside_is_found(self, damaged: Connection) -> None:
        damaged.execute(
            update(Assignment)
            .where(Assignment.judgment_id == 2)
            .values(state=State.RELEASED, judgment_id=None)
        )
        damaged.execute(update(Item).where(Item.id == 1).values(slots_left=Item.slots_left + 1))
        assert rules(damaged) == {"not counted"}
        assert subjects(damaged, "not counted") == ["judgment:2"]

    def test_a_gap_between_revisions_is_found(self, damaged: Connection) -> None:
        damaged.execute(update(Judgment).where(Judgment.id == 2).values(revision=5))
        assert subjects(damaged, "revisions") == ["item:1 user:1"]

    def test_work_of_somebody_who_was_never_on_the_project_is_found(
        self, damaged: Connection
    ) -> None:
        damaged.execute(delete(Membership).where(Membership.user_id == 2))
        found = subjects(damaged, "membership")
        assert found
        assert all(subject.endswith("user:2") for subject in found)

    def test_a_time_given_in_another_zone_is_no_damage(
        self, database: Database, cast: Cast
    ) -> None:
        bogota = datetime.now(timezone(timedelta(hours=-5)))
        with database.write() as session:
            make_item(session, cast.project, "one")
            lease = must_take(session, cast.project, cast.ana, bogota)
            judge(session, lease.item_id, cast.ana, now=bogota)
        assert look(database) == []


def as_import(session: Session, judgments: list[Judgment], digests: str | None = None) -> int:
    """Store judgments as a bulk import does: one audit entry for all of them."""
    for judgment in judgments:
        judgment.digest = digest(judgment)
    whole = digest_of_digests(judgment.digest for judgment in judgments)
    seq = audit.append(
        session, "judgments.import", "project:1", actor=None, at=datetime.now(UTC),
        detail={"digests": digests or whole},
    )  # fmt: skip
    for judgment in judgments:
        judgment.audit_seq = seq
        session.add(judgment)
        session.flush()
    return seq


class TestImports:
    @pytest.fixture
    def imported(self, database: Database, cast: Cast) -> Database:
        with database.write() as session:
            judgments = []
            for n in range(3):
                item = make_item(session, cast.project, f"item {n}", slots_left=1)
                judgments.append(
                    Judgment(
                        project_id=cast.project.id, item_id=item.id, user_id=cast.ana.id,
                        revision=1, answer={"tiers": [["a"], ["b"]]}, type_version=1,
                        guideline_version=None, shown=["a", "b"], active_ms=None, locale="",
                        origin="import", idempotency_key=f"import:{n}",
                        made_at=datetime.now(UTC),
                    )
                )  # fmt: skip
            as_import(session, judgments)
            for judgment in judgments:
                session.add(
                    Assignment(
                        item_id=judgment.item_id, user_id=cast.ana.id, project_id=cast.project.id,
                        state=State.JUDGED, expires_at=None, shown=["a", "b"],
                        judgment_id=judgment.id, created_at=judgment.made_at,
                        updated_at=judgment.made_at,
                    )
                )  # fmt: skip
        return database

    @pytest.fixture
    def damaged(self, imported: Database) -> Iterator[Connection]:
        with imported.exclusive() as connection:
            for statement in DROP_TRIGGERS[imported.engine.dialect.name]:
                connection.exec_driver_sql(statement)
            yield connection

    def test_a_sound_import_gives_nothing(self, imported: Database) -> None:
        assert look(imported) == []

    def test_an_import_of_no_judgment_gives_nothing(self, database: Database, cast: Cast) -> None:
        with database.write() as session:
            as_import(session, [])
        assert look(database) == []

    def test_an_edit_is_found_whether_or_not_the_digest_is_forged(
        self, damaged: Connection
    ) -> None:
        damaged.execute(update(Judgment).where(Judgment.id == 2).values(answer={"tiers": []}))
        assert subjects(damaged, "judgment") == ["judgment:2"]
        with Session(damaged) as session:
            forged = digest(session.get_one(Judgment, 2))
        damaged.execute(update(Judgment).where(Judgment.id == 2).values(digest=forged))
        assert subjects(damaged, "judgment") == [f"audit:{newest(damaged)}"]

    def test_a_deletion_of_one_or_of_all_is_found(self, damaged: Connection) -> None:
        damaged.execute(update(Assignment).values(state="skipped", judgment_id=None))
        damaged.execute(delete(Judgment).where(Judgment.id == 2))
        assert subjects(damaged, "judgment") == [f"audit:{newest(damaged)}"]
        damaged.execute(delete(Judgment))
        assert subjects(damaged, "audit") == [f"audit:{newest(damaged)}"]

    def test_an_added_judgment_is_found(self, damaged: Connection) -> None:
        row = damaged.execute(select(Judgment.__table__).where(Judgment.id == 1)).one()._asdict()
        row |= {"id": 99, "user_id": 2, "idempotency_key": "forged"}
        damaged.execute(insert(Judgment).values(row))
        assert f"audit:{newest(damaged)}" in subjects(damaged, "judgment")


class TestTrail:
    def test_an_edited_entry_is_found(self, damaged: Connection) -> None:
        damaged.execute(update(AuditEntry).where(AuditEntry.seq == 4).values(subject="user:99"))
        assert subjects(damaged, "audit") == ["audit:4"]
        assert rules(damaged) == {"audit"}

    @pytest.mark.parametrize(
        "change",
        [
            {"at": datetime(2020, 1, 1, tzinfo=UTC)},
            {"actor_id": 3},
            {"action": "x"},
            {"detail": {"x": 1}},
            {"hash": "0" * 64},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_an_edit_of_any_column_is_found(
        self, damaged: Connection, change: dict[str, object]
    ) -> None:
        damaged.execute(update(AuditEntry).where(AuditEntry.seq == 4).values(**change))
        assert "audit:4" in subjects(damaged, "audit")

    def test_a_deleted_entry_is_found(self, damaged: Connection) -> None:
        damaged.execute(delete(AuditEntry).where(AuditEntry.seq == 4))
        assert subjects(damaged, "audit") == ["audit:4"]

    def test_the_first_entry_deleted_is_found(self, damaged: Connection) -> None:
        damaged.execute(delete(AuditEntry).where(AuditEntry.seq == 1))
        assert subjects(damaged, "audit") == ["audit:1"]

    def test_two_entries_swapped_are_found(self, damaged: Connection) -> None:
        for old, new in ((4, -1), (5, 4), (-1, 5)):
            damaged.execute(update(AuditEntry).where(AuditEntry.seq == old).values(seq=new))
        assert {"audit:4", "audit:5"} <= set(subjects(damaged, "audit"))

    def test_a_tail_cut_off_is_found(self, damaged: Connection) -> None:
        last = newest(damaged)
        damaged.execute(delete(AuditEntry).where(AuditEntry.seq > last - 2))
        assert f"audit:{last - 1}" in subjects(damaged, "audit")

    def test_a_tail_cut_off_with_a_head_to_match_is_found(self, damaged: Connection) -> None:
        last = newest(damaged)
        damaged.execute(delete(AuditEntry).where(AuditEntry.seq == last))
        hash_ = damaged.scalars(select(AuditEntry.hash).where(AuditEntry.seq == last - 1)).one()
        damaged.execute(update(AuditHead).values(seq=last - 1, hash=hash_))
        assert f"audit:{last - 1}" in subjects(damaged, "audit")

    def test_the_whole_trail_deleted_is_found(self, damaged: Connection) -> None:
        damaged.execute(delete(AuditEntry))
        assert "audit:1" in subjects(damaged, "audit")
        damaged.execute(delete(AuditHead))
        assert rules(damaged) == {"judgment"}

    def test_a_head_deleted_is_found(self, damaged: Connection) -> None:
        last = newest(damaged)
        damaged.execute(delete(AuditHead))
        assert subjects(damaged, "audit") == [f"audit:{last}"]

    def test_an_entry_added_after_the_last_is_found(self, damaged: Connection) -> None:
        last = newest(damaged)
        with Session(damaged) as session:
            forged = AuditEntry(
                seq=last + 1, at=datetime.now(UTC), actor_id=None, action="x", subject="y",
                detail={}, prev_hash=session.get_one(AuditEntry, last).hash,
            )  # fmt: skip
            forged.hash = entry_hash(forged)
            session.add(forged)
            session.flush()
            found = [f.subject for f in verify(session, KEY) if f.rule == "audit"]
        assert found == [f"audit:{last + 1}"]

    def test_a_trail_written_anew_by_someone_without_the_key_is_found(
        self, damaged: Connection
    ) -> None:
        with Session(damaged) as session:
            before = "0" * 64
            for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq)):
                entry.actor_id = 3
                entry.prev_hash = before
                before = entry.hash = entry_hash(entry)
            head = session.scalars(select(AuditHead)).one()
            head.hash, head.seal = before, seal("another key", head.seq, before)
            session.flush()
            found = [f.subject for f in verify(session, KEY) if f.rule == "audit"]
        assert found == [f"audit:{newest(damaged)}"]

    def test_another_key_does_not_fit_the_seal(self, worked: Database) -> None:
        [finding] = look(worked, "another key")
        assert finding.rule == "audit"
        assert "this key" in str(finding.text)


@pytest.mark.parametrize("either_url", ["sqlite"], indirect=True)
class TestFile:
    def test_a_row_without_its_parent_is_found(self, damaged: Connection) -> None:
        damaged.exec_driver_sql("DELETE FROM user_account WHERE name = 'beto'")
        assert "database" in rules(damaged)

    def test_text_in_the_place_of_json_is_found(self, damaged: Connection) -> None:
        damaged.exec_driver_sql("UPDATE item SET responses = '[{' WHERE id = 2")
        assert subjects(damaged, "item") == ["item:2"]
        damaged.exec_driver_sql("UPDATE audit_entry SET detail = '{' WHERE seq = 4")
        assert "audit:4" in subjects(damaged, "audit")
        damaged.exec_driver_sql("UPDATE judgment SET answer = '{' WHERE id = 1")
        assert subjects(damaged, "judgment") == ["database"]

    def test_an_index_that_does_not_fit_its_table_is_found(self, damaged: Connection) -> None:
        damaged.exec_driver_sql("PRAGMA writable_schema=ON")
        damaged.exec_driver_sql(
            "UPDATE sqlite_master SET sql = 'CREATE INDEX ix_item_queue ON item"
            " (project_id, wanted)' WHERE name = 'ix_item_queue'"
        )
        damaged.exec_driver_sql("PRAGMA writable_schema=RESET")
        assert "database" in subjects(damaged, "database")


def test_a_database_in_use_is_read_as_of_one_moment(database: Database, cast: Cast) -> None:
    with database.write() as session:
        for n in range(20):
            make_item(session, cast.project, f"item {n}")

    def work() -> None:
        with database.write() as session:
            take_and_judge(session, cast.project, cast.ana)

    with database.read() as session:
        found = _interleaved(session, work)
    assert found == []


def _interleaved(session: Session, work: Callable[[], None]) -> list[Finding]:
    """Verify while somebody works between any two of its queries, up to 15 times."""
    left = 15

    def between(*_: object) -> None:
        nonlocal left
        if left and not working:
            left -= 1
            working.append(True)
            work()
            working.clear()

    working: list[bool] = []
    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", between)
    try:
        found = verify(session, KEY)
    finally:
        event.remove(engine, "before_cursor_execute", between)
    assert left < 10
    return found

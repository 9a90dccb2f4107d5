"""Fact 43: the audit trail refuses changes, and what was changed past it is found."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, select, text, update
from sqlalchemy.exc import DBAPIError

from tests.cast import Cast, make_item
from workbench.db import Database
from workbench.messages import Invalid
from workbench.models import AuditEntry, AuditHead, FailedLogin
from workbench.models.seals import entry_hash, seal
from workbench.queries.anchors import read_anchors
from workbench.queries.verify import verify
from workbench.services import audit
from workbench.services.anchors import drop_anchor
from workbench.services.failed_logins import INTERVAL, count_failure, tell_failures
from workbench.services.trail_check import check_trail
from workbench.services.trail_export import Wanted, export_trail
from workbench.services.trail_keys import public_key, signing_key
from workbench.services.view_sensitive import note_views

KEY = "k" * 96
NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def _open_locks(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        for verb in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER audit_entry_no_{verb}")
    else:
        connection.exec_driver_sql("DROP TRIGGER audit_entry_append_only ON audit_entry")


def _seal_again(connection: Connection, last: int) -> None:
    """What somebody with the installation's key can do: every hash anew, and the seal."""
    before = "0" * 64
    entries = connection.execute(select(AuditEntry).order_by(AuditEntry.seq)).mappings().all()
    for row in entries:
        entry = AuditEntry(**{**row, "prev_hash": before})
        before = entry_hash(entry)
        connection.execute(
            update(AuditEntry)
            .where(AuditEntry.seq == entry.seq)
            .values(prev_hash=entry.prev_hash, hash=before)
        )
    connection.execute(
        update(AuditHead).values(seq=last, hash=before, seal=seal(KEY, last, before))
    )


def _edit(connection: Connection, last: int) -> None:
    connection.execute(update(AuditEntry).where(AuditEntry.seq == 3).values(action="nothing"))


def _delete(connection: Connection, last: int) -> None:
    connection.execute(delete(AuditEntry).where(AuditEntry.seq == 3))


def _swap(connection: Connection, last: int) -> None:
    for old, new in ((3, 999), (4, 3), (999, 4)):
        connection.execute(update(AuditEntry).where(AuditEntry.seq == old).values(seq=new))


def _cut(connection: Connection, last: int) -> None:
    connection.execute(delete(AuditEntry).where(AuditEntry.seq > last - 2))


def _cut_with_the_key(connection: Connection, last: int) -> None:
    _cut(connection, last)
    _seal_again(connection, last - 2)


def _edit_with_the_key(connection: Connection, last: int) -> None:
    _edit(connection, last)
    _seal_again(connection, last)


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (_edit, "audit"), (_delete, "audit"), (_swap, "audit"), (_cut, "audit"),
        (_cut_with_the_key, "anchor"), (_edit_with_the_key, "anchor"),
    ],
)  # fmt: skip
def test_fact_43_verify_names_what_was_done_to_the_trail(
    database: Database,
    cast: Cast,
    tmp_path: Path,
    damage: Callable[[Connection, int], None],
    rule: str,
) -> None:
    drop_anchor(database, tmp_path / "anchors.jsonl")
    anchors = read_anchors(tmp_path / "anchors.jsonl")
    with database.read() as session:
        assert verify(session, KEY, anchors) == []
    with database.exclusive() as connection:
        _open_locks(connection)
        damage(connection, anchors[-1].seq)
    with database.read() as session:
        found = {finding.rule for finding in verify(session, KEY, anchors)}
    assert rule in found
    if rule == "anchor":  # nothing else can know
        assert found == {"anchor"}


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x'",
                                       "DELETE FROM audit_entry"])  # fmt: skip
def test_fact_43_the_database_refuses_to_change_the_trail(
    database: Database, cast: Cast, statement: str
) -> None:
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text(statement))


def test_fact_43_anchors_are_appended_once_and_survive_half_a_line(
    sqlite_url: str, tmp_path: Path
) -> None:
    database, path = Database(sqlite_url, key=KEY), tmp_path / "anchors.jsonl"
    assert drop_anchor(database, path) is None
    assert not path.exists()
    for times in (1, 2):
        with database.write() as session:
            audit.append(session, "test", "trail", actor=None, at=NOON)
        assert drop_anchor(database, path) == drop_anchor(database, path)
        assert [each.seq for each in read_anchors(path)] == list(range(1, times + 1))
        with path.open("ab") as file:
            file.write(b'{"seq":9')  # the machine stopped
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b'{"seq":0,"hash":"x","at":"y"}\n')
    with pytest.raises(ValueError, match="line 1"):
        read_anchors(path)
    database.dispose()


def test_fact_43_failed_log_ins_are_counted_and_fill_no_disk(
    database: Database, cast: Cast
) -> None:
    with database.write() as session:
        for n in range(40):
            count_failure(session, "ana", NOON)
            count_failure(session, f"nobody-{n}", NOON)
        assert session.query(FailedLogin).count() == 2
        assert tell_failures(session, NOON + INTERVAL / 2) == 0
        assert tell_failures(session, NOON + INTERVAL) == 2
        count_failure(session, "ana", NOON + 2 * INTERVAL)
        assert tell_failures(session, NOON + 2 * INTERVAL, cast.ana.id) == 1
        told = session.execute(
            select(AuditEntry.subject, AuditEntry.detail)
            .where(AuditEntry.action == "login.failed")
            .order_by(AuditEntry.seq)
        ).all()
    ana = f"user:{cast.ana.id}"
    tries = [(row.subject, row.detail["tries"]) for row in told]
    assert sorted(tries[:2]) == [("nobody", 40), (ana, 40)]
    assert tries[2:] == [(ana, 1)]


def test_fact_43_a_sensitive_item_is_noted_once_a_person_and_day(
    database: Database, cast: Cast
) -> None:
    with database.write() as session:
        ids = [
            make_item(session, cast.project, "plain").id,
            make_item(session, cast.project, "harm", harm="violence").id,
            make_item(session, cast.project, "hard", severity=1).id,
        ]
        for at in (NOON, NOON, NOON + timedelta(days=1)):
            note_views(session, cast.luz.id, ids, at)
        note_views(session, cast.edu.id, ids[:2], NOON)
        seen = session.execute(
            select(AuditEntry.actor_id, AuditEntry.subject)
            .where(AuditEntry.action == "item.view")
            .order_by(AuditEntry.seq)
        ).all()
    hard = [f"item:{number}" for number in ids[1:]]
    expected = [(cast.luz.id, subject) for subject in hard * 2] + [(cast.edu.id, hard[0])]
    assert [tuple(row) for row in seen] == expected


@pytest.fixture
def copy(database: Database, cast: Cast, tmp_path: Path) -> tuple[bytes, str]:
    """A signed copy for the project `main`, and the key to check it by."""
    private, out = signing_key(tmp_path / "audit.key"), io.BytesIO()
    with database.write() as session:
        item = make_item(session, cast.other_project, "secret of the other")
        audit.append(session, "item.skip", f"item:{item.id}", actor=cast.dora.id, at=NOON,
                     detail={"reason": "of the other client"})  # fmt: skip
        audit.append(session, "login", f"user:{cast.dora.id}", actor=cast.dora.id, at=NOON)
    with database.read() as session:
        export_trail(session, Wanted(cast.project), private, out.write, NOON)
    return out.getvalue(), public_key(private)


def test_fact_43_a_signed_copy_shows_one_project_and_chains_all(
    copy: tuple[bytes, str], cast: Cast, tmp_path: Path
) -> None:
    content, public = copy
    found = check_trail(io.BytesIO(content), public)
    assert found.problems == []
    *entries, last = map(json.loads, content.splitlines())
    shown = [entry for entry in entries if "action" in entry]
    assert {entry["subject"] for entry in shown} == {f"project:{cast.project.id}"}
    assert (found.shown, len(entries)) == (len(shown), last["manifest"]["count"])
    assert b"other" not in content
    assert b"dora" not in content
    people = last["manifest"]["people"]
    assert str(cast.ana.id) in people
    assert str(cast.dora.id) not in people
    assert (tmp_path / "audit.key").stat().st_mode & 0o777 == 0o600
    other = public_key(signing_key(tmp_path / "another.key"))
    assert check_trail(io.BytesIO(content), other).problems
    with pytest.raises(Invalid):
        check_trail(io.BytesIO(content), "no key")


def test_fact_43_a_copy_that_was_touched_is_refused(copy: tuple[bytes, str]) -> None:
    content, public = copy
    lines = content.splitlines(keepends=True)
    shown = next(n for n, line in enumerate(lines) if b'"action"' in line)
    touched = {
        "edited": [*lines[:shown], lines[shown].replace(b"project.", b"projekt."),
                   *lines[shown + 1 :]],
        "left out": [*lines[:shown], *lines[shown + 1 :]],
        "swapped": [lines[1], lines[0], *lines[2:]],
        "begun later": lines[1:],
        "cut": lines[:-1],
        "cut before the manifest": [*lines[:-2], lines[-1]],
        "manifest edited": [*lines[:-1], lines[-1].replace(b'"main"', b'"mine"')],
        "no JSON": [b"{\n", *lines[1:]],
        "empty": [],
    }  # fmt: skip
    for name, given in touched.items():
        assert check_trail(io.BytesIO(b"".join(given)), public).problems, name

"""The audit trail: numbered without gaps, chained by hashes, its end sealed."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast
from workbench.db import Database
from workbench.models import AuditEntry, AuditHead
from workbench.services import audit

KEY = "k" * 96


def _append(session: Session, subject: str = "project:1", at: datetime = NOON) -> int:
    return audit.append(session, "test", subject, actor=None, at=at, detail={"n": 1})


def _trail(session: Session) -> list[AuditEntry]:
    session.expire_all()
    return list(session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))


def _is_chained(trail: list[AuditEntry]) -> bool:
    before = [audit.GENESIS, *(entry.hash for entry in trail)]
    return [entry.prev_hash for entry in trail] == before[:-1] and all(
        entry.hash == audit.entry_hash(entry) for entry in trail
    )


def test_an_entry_says_what_was_done_by_whom_to_what_and_when(session: Session, cast: Cast) -> None:
    detail = {"text": "ñ “quoted”", "list": [1, None, {"deep": True}]}
    seq = audit.append(session, "test", "item:7", actor=cast.ana.id, at=NOON, detail=detail)
    entry = _trail(session)[-1]
    assert (entry.seq, entry.action, entry.subject, entry.actor_id, entry.at, entry.detail) == (
        seq, "test", "item:7", cast.ana.id, NOON, detail,
    )  # fmt: skip


def test_the_first_entry_has_number_one_and_the_hash_of_nothing_before_it(
    database: Database,
) -> None:
    with database.write() as session:
        assert _append(session) == 1
        [entry] = _trail(session)
        assert entry.prev_hash == audit.GENESIS == "0" * 64


def test_entries_are_numbered_without_gaps_and_each_holds_the_hash_before(
    session: Session, cast: Cast
) -> None:
    for _ in range(3):
        _append(session)
    trail = _trail(session)
    assert [entry.seq for entry in trail] == list(range(1, len(trail) + 1))
    assert _is_chained(trail)


def test_the_head_is_the_newest_entry_sealed_with_the_installations_key(
    session: Session, cast: Cast
) -> None:
    seq = _append(session)
    newest, [head] = _trail(session)[-1], session.scalars(select(AuditHead)).all()
    assert (head.seq, head.hash) == (seq, newest.hash)
    assert head.seal == audit.seal(KEY, seq, newest.hash)
    assert head.seal != audit.seal("another key", seq, newest.hash)
    assert head.seal != audit.seal(KEY, seq - 1, newest.hash)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("seq", 99), ("at", NOON + timedelta(microseconds=1)), ("actor_id", 99),
        ("action", "other"), ("subject", "item:9"), ("detail", {"n": 2}), ("prev_hash", "f" * 64),
    ],
)  # fmt: skip
def test_the_hash_covers_every_column(
    session: Session, cast: Cast, column: str, value: object
) -> None:
    _append(session)
    entry = _trail(session)[-1]
    before = entry.hash
    session.expunge(entry)
    setattr(entry, column, value)
    assert audit.entry_hash(entry) != before


def test_the_hash_is_the_same_whatever_zone_the_time_was_given_in(
    session: Session, cast: Cast
) -> None:
    _append(session, at=NOON.astimezone(timezone(timedelta(hours=-5))))
    assert _is_chained(_trail(session))


def _append_in_vain(database: Database) -> None:
    with database.write() as session:
        _append(session, "lost")
        raise RuntimeError("on purpose")


def test_an_entry_that_is_rolled_back_leaves_no_gap(database: Database) -> None:
    with database.write() as session:
        _append(session, "kept:1")
    with pytest.raises(RuntimeError, match="on purpose"):
        _append_in_vain(database)
    with database.write() as session:
        assert _append(session, "kept:2") == 2
        trail = _trail(session)
    assert [entry.subject for entry in trail] == ["kept:1", "kept:2"]
    assert _is_chained(trail)


@pytest.mark.parametrize("entries_before", [0, 1])
def test_two_who_append_at_once_get_numbers_in_the_order_of_their_commits(
    database: Database, entries_before: int
) -> None:
    with database.write() as session:
        for _ in range(entries_before):
            _append(session, "before")

    def append() -> None:
        with database.write() as session:
            _append(session, "second")

    with database.write() as session:
        _append(session, "first")
        thread = threading.Thread(target=append)
        thread.start()
        time.sleep(0.3)  # until the other waits for this transaction
    thread.join(30)
    with database.read() as session:
        trail = _trail(session)
    assert [entry.subject for entry in trail][entries_before:] == ["first", "second"]
    assert [entry.seq for entry in trail] == list(range(1, entries_before + 3))
    assert _is_chained(trail)

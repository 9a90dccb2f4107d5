"""The database: how it is opened, who writes when, what a transaction sees and keeps."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from psycopg import sql
from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast
from tests.support.postgres import Server, database_name, fresh_database
from workbench import migrate
from workbench.db import Database, added, canonical, dump_json, now
from workbench.models import LoginThrottle, Membership
from workbench.on_sqlite import has_wal_reset_bug

KEY = "k" * 96
THREADS = 3
#: Connections that a Database of that many threads opens at most.
CONNECTIONS = THREADS + 2 + 4
FULL, ON = 2, 1

#: Opens a writing transaction, says so, and stays in it.
HOLD = """
import sys, time
from workbench.db import Database
with Database(sys.argv[1]).write():
    print("in", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url, key=KEY, threads=THREADS)
    yield opened
    opened.dispose()


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(LoginThrottle)) or 0


def _add(session: Session, key: str, at: datetime = NOON) -> None:
    session.add(LoginThrottle(key=key, failures=0, updated_at=at))
    session.flush()


def _pragmas(connection: Connection) -> tuple[Any, ...]:
    names = ("synchronous", "foreign_keys", "journal_mode", "trusted_schema")
    return tuple(connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names)


def _all_pragmas(database: Database) -> list[tuple[Any, ...]]:
    """Of every connection that the pool gives out, all of them open at once."""
    with ExitStack() as stack:
        opened = [stack.enter_context(database.engine.connect()) for _ in range(CONNECTIONS)]
        return [_pragmas(connection) for connection in opened]


def test_every_connection_of_the_pool_is_opened_safely(sqlite: Database) -> None:
    assert _all_pragmas(sqlite) == [(FULL, ON, "wal", 0)] * CONNECTIONS


def test_connections_are_as_safe_after_they_were_used(sqlite: Database) -> None:
    _all_pragmas(sqlite)
    with sqlite.write() as session:
        _add(session, "a")
        assert _pragmas(session.connection()) == (FULL, ON, "wal", 0)
    assert _all_pragmas(sqlite) == [(FULL, ON, "wal", 0)] * CONNECTIONS


def _fail_to_change_the_schema(database: Database) -> None:
    with database.exclusive() as connection:
        connection.exec_driver_sql("CREATE TABLE extra (id INTEGER)")
        raise RuntimeError("on purpose")


def test_foreign_keys_are_off_while_the_schema_changes_and_on_again_after_it(
    sqlite: Database,
) -> None:
    with sqlite.exclusive() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 0
    with pytest.raises(RuntimeError, match="on purpose"):
        _fail_to_change_the_schema(sqlite)
    assert _all_pragmas(sqlite) == [(FULL, ON, "wal", 0)] * CONNECTIONS


def test_a_change_of_the_schema_that_fails_changes_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError, match="on purpose"):
        _fail_to_change_the_schema(database)
    with database.engine.connect() as connection:
        assert not database.engine.dialect.has_table(connection, "extra")


def test_a_row_that_belongs_to_nobody_is_refused(database: Database) -> None:
    lost = Membership(
        project_id=999, user_id=999, role="reviewer", pseudonym="r-1", created_at=NOON
    )
    with database.write() as session:
        session.add(lost)
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


def test_what_is_written_is_there_for_the_next_transaction(database: Database) -> None:
    with database.write() as session:
        _add(session, "a")
    with database.read() as session:
        assert _count(session) == 1


def _write_and_fail(database: Database) -> None:
    with database.write() as session:
        _add(session, "a")
        raise RuntimeError("on purpose")


def test_a_write_that_raises_changes_nothing_and_lets_the_next_one_in(
    database: Database,
) -> None:
    with pytest.raises(RuntimeError, match="on purpose"):
        _write_and_fail(database)
    with database.write() as session:
        assert _count(session) == 0
        _add(session, "b")


def test_a_row_that_another_was_first_with_leaves_what_was_done_before(database: Database) -> None:
    def row(key: str) -> LoginThrottle:
        return LoginThrottle(key=key, failures=1, updated_at=NOON)

    with database.write() as session:
        assert added(session, row("a"))
    with database.write() as session:
        assert added(session, row("b"))
        assert not added(session, row("a"))
        assert added(session, row("c"))
    with database.read() as session:
        assert set(session.scalars(select(LoginThrottle.key))) == {"a", "b", "c"}


def test_what_a_reader_adds_is_not_kept(database: Database) -> None:
    with database.read() as session:
        session.add(LoginThrottle(key="a", failures=0, updated_at=NOON))
    with database.read() as session:
        assert _count(session) == 0


def test_a_reader_sees_one_view_whatever_is_written_meanwhile(database: Database) -> None:
    with database.write() as session:
        _add(session, "before")
    with database.read() as reading:
        assert _count(reading) == 1
        with database.write() as session:
            _add(session, "meanwhile")
        assert _count(reading) == 1
    with database.read() as session:
        assert _count(session) == 2


def test_a_reader_does_not_wait_for_a_writer_and_does_not_see_what_is_not_committed(
    database: Database,
) -> None:
    with database.write() as writing:
        _add(writing, "a")
        with database.read() as reading:
            assert _count(reading) == 0


def test_a_writer_sees_what_was_committed_while_it_waited(sqlite: Database) -> None:
    seen: list[int] = []

    def write() -> None:
        with sqlite.write() as session:
            seen.append(_count(session))

    with sqlite.write() as session:
        thread = threading.Thread(target=write)
        thread.start()
        time.sleep(0.1)
        _add(session, "a")
    thread.join(30)
    assert seen == [1]


@pytest.mark.parametrize("shared", [True, False], ids=["one engine", "an engine each"])
def test_the_gate_lets_one_writer_in_at_a_time(sqlite: Database, *, shared: bool) -> None:
    other = sqlite if shared else Database(sqlite.url.render_as_string(), key=KEY)
    second_is_in = threading.Event()

    def write() -> None:
        with other.write() as session:
            second_is_in.set()
            _add(session, "second")

    thread = threading.Thread(target=write)
    with sqlite.write() as session:
        thread.start()
        assert not second_is_in.wait(0.3)
        _add(session, "first")
        assert not second_is_in.is_set()
    thread.join(30)
    assert second_is_in.is_set()
    with sqlite.read() as session:
        assert _count(session) == 2
    if not shared:
        other.dispose()


def test_a_writer_that_is_killed_leaves_the_gate_open(sqlite: Database) -> None:
    command = [sys.executable, "-c", HOLD, sqlite.url.render_as_string()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "in\n"
        got_in = threading.Event()

        def write() -> None:
            with sqlite.write() as session:
                _add(session, "a")
            got_in.set()

        thread = threading.Thread(target=write)
        thread.start()
        was_in_before = got_in.wait(0.3)
        other.kill()
        thread.join(30)
    assert (was_in_before, got_in.is_set()) == (False, True)


@pytest.mark.parametrize(
    ("version", "has_bug"),
    [
        ((3, 37, 0), True), ((3, 44, 5), True), ((3, 44, 6), False), ((3, 44, 9), False),
        ((3, 45, 0), True), ((3, 50, 6), True), ((3, 50, 7), False), ((3, 50, 9), False),
        ((3, 51, 0), True), ((3, 51, 2), True), ((3, 51, 3), False), ((3, 52, 0), False),
        ((4, 0, 0), False),
    ],
)  # fmt: skip
def test_versions_that_can_lose_commits_are_known(
    version: tuple[int, int, int], *, has_bug: bool
) -> None:
    assert has_wal_reset_bug(version) is has_bug


def test_the_sqlite_in_use_is_the_one_that_is_asked_about(sqlite: Database) -> None:
    with sqlite.engine.connect() as connection:
        text = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
    major, minor, patch = (int(part) for part in text.split("."))
    assert has_wal_reset_bug() is has_wal_reset_bug((major, minor, patch)) is False


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = NOON.replace(tzinfo=None)
    with database.write() as session:
        with pytest.raises(StatementError, match="a time without a zone"):
            _add(session, "a", naive)
        session.rollback()
        with pytest.raises(StatementError, match="a time without a zone"):
            session.scalars(select(LoginThrottle).where(LoginThrottle.updated_at < naive)).all()


@pytest.mark.parametrize("hours", [-5, 0, 9])
def test_a_time_comes_back_in_utc_to_the_microsecond(database: Database, hours: int) -> None:
    at = NOON.replace(microsecond=123_457).astimezone(timezone(timedelta(hours=hours)))
    with database.write() as session:
        _add(session, "a", at)
    with database.read() as session:
        stored = session.get_one(LoginThrottle, "a").updated_at
    assert (stored, stored.tzinfo) == (at, UTC)


def test_times_are_compared_as_moments_whatever_their_zone(database: Database) -> None:
    early, late = timezone(timedelta(hours=9)), timezone(timedelta(hours=-9))
    with database.write() as session:
        _add(session, "first", NOON.astimezone(early))
        _add(session, "second", (NOON + timedelta(seconds=1)).astimezone(late))
        keys = session.scalars(select(LoginThrottle.key).order_by(LoginThrottle.updated_at)).all()
    assert keys == ["first", "second"]


def test_the_clock_is_in_utc_and_runs_within_a_transaction(database: Database) -> None:
    with database.read() as session:
        first, second = now(session), now(session)
    assert first.tzinfo == UTC
    assert first < second
    assert abs(second - datetime.now(UTC)) < timedelta(minutes=1)


def test_services_find_the_installations_key_in_every_session(database: Database) -> None:
    with database.read() as session:
        assert session.info["key"] == KEY
    with database.write() as session:
        assert session.info["key"] == KEY


def test_keys_are_ordered_by_code_point_on_every_database(database: Database) -> None:
    given = ["b", "a", "B", "é", "_", "Z", "1"]
    with database.write() as session:
        for key in given:
            _add(session, key)
        ordered = session.scalars(select(LoginThrottle.key).order_by(LoginThrottle.key)).all()
    assert ordered == sorted(given)


def test_json_keeps_its_keys_in_order_and_for_hashing_sorts_them() -> None:
    assert dump_json({"b": "ñ", "a": [1, None]}) == '{"b":"ñ","a":[1,null]}'
    assert canonical({"b": 1, "a": {"d": 1, "c": 2}}) == b'{"a":{"c":2,"d":1},"b":1}'


def test_json_comes_back_as_it_went_in(database: Database, cast: Cast) -> None:
    config = {"z": "ñ “x” \U0001f600", "a": [1, 2.5, None, True], "deep": {"y": {}, "b": []}}
    with database.write() as session:
        session.merge(cast.project).config = config
    with database.read() as session:
        stored = session.get_one(type(cast.project), cast.project.id).config
    assert stored == config
    assert list(stored) == list(config)


@contextmanager
def _holding(database: Database) -> Iterator[None]:
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("LOCK TABLE login_throttle IN EXCLUSIVE MODE"))
        yield


@pytest.mark.parametrize("shared", [True, False], ids=["one engine", "an engine each"])
def test_a_writer_does_not_wait_for_the_others_without_an_end(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, *, shared: bool
) -> None:
    monkeypatch.setattr("workbench.db.BUSY_MS", 200)
    other = sqlite if shared else Database(sqlite.url.render_as_string(), key=KEY)
    with (
        sqlite.write(),
        pytest.raises(OperationalError, match="database is locked"),
        other.write(),
    ):
        pytest.fail("two writers are in")
    with other.write() as session:
        _add(session, "after")
    other.dispose()


def test_a_writer_does_not_wait_for_strangers_without_an_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.db.BUSY_MS", 200)
    monkeypatch.setattr("workbench.on_sqlite._PRAGMAS", ("busy_timeout=200",))
    other = Database(database.url.render_as_string(hide_password=False), key=KEY)
    with (
        _holding(database),
        pytest.raises(OperationalError, match="lock"),
        other.write() as session,
    ):
        _add(session, "kept out")
    with other.write() as session:
        _add(session, "after")
    other.dispose()


def test_a_patient_writer_gets_in_after_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.db.BUSY_MS", 50)
    other = Database(database.url.render_as_string(hide_password=False), key=KEY)
    count = update(LoginThrottle).values(failures=LoginThrottle.failures + 1)
    with database.write() as session:
        _add(session, "a")

    def write() -> None:
        with other.write(patient=True) as session:
            session.execute(count)

    pool = ThreadPoolExecutor(1)
    with database.write() as session:
        session.execute(count)
        waiting = pool.submit(write)
        time.sleep(0.3)
        assert not waiting.done()
    waiting.result(30)
    with database.read() as session:
        assert session.scalars(select(LoginThrottle.failures)).all() == [2]
    other.dispose()


def test_a_writer_on_a_server_waits_less_for_its_second_lock(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.db.WORTH_MS", 100)
    opened, show = Database(fresh_database(postgres_server), key=KEY), text("SHOW lock_timeout")
    with opened.write() as session:
        assert session.scalar(show) == "15s"
        time.sleep(0.2)
        assert session.scalar(show) not in {"15s", "0"}
        monkeypatch.setattr("workbench.db.BUSY_MS", 100)
        assert session.scalar(show) == "200ms"
    with opened.write(patient=True) as session:
        time.sleep(0.2)
        assert session.scalar(show) == "0"
    with opened.write() as session:
        assert session.scalar(show) == "15s"
    opened.dispose()


def test_who_gives_up_waiting_within_a_part_of_a_transaction_is_told_of_the_lock(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.db.WORTH_MS", 100)
    monkeypatch.setattr("workbench.db.BUSY_MS", 200)
    opened = Database(fresh_database(postgres_server), key=KEY)
    migrate.upgrade(opened)

    def write() -> None:
        with opened.write() as session:
            session.scalar(text("SELECT 1"))
            time.sleep(0.2)
            added(session, LoginThrottle(key="a", failures=0, updated_at=NOON))

    with _holding(opened), pytest.raises(OperationalError, match="lock timeout"):
        write()
    opened.dispose()


def test_saved_is_on_disk_where_a_server_is_set_to_less(postgres_server: Server) -> None:
    url = fresh_database(postgres_server)
    with postgres_server.connect() as connection:
        name = sql.Identifier(database_name(url))
        connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
    opened = Database(url, key=KEY)
    with opened.engine.connect() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
        assert connection.scalar(text("SHOW lock_timeout")) == "15s"
    opened.dispose()

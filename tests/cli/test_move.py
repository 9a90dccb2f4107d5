"""From SQLite to PostgreSQL: every row arrives as it was or none does, and work goes on there."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from click.testing import Result
from sqlalchemy import MetaData, Table, func, insert, select, text
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_cast, make_item
from tests.cli.conftest import call, good, refused
from tests.conftest import KEY
from tests.flows.acts import take_and_judge
from tests.support import postgres
from workbench import migrate
from workbench.background.keep import LOCK, keep_working
from workbench.config import load_config
from workbench.db import Database
from workbench.models import AuditEntry, Base, Judgment, Project, Settled, User
from workbench.move import TABLES
from workbench.only_one import only_one
from workbench.paths import data_dir
from workbench.queries.verify import verify
from workbench.services import demo
from workbench.services.adjudicate import Decision, adjudicate

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).parents[2]
#: JSON as no serialiser of ours writes it; none of it may be written anew.
ODD = (
    '{"n": 1.0, "e":1E5, "big":12345678901234567890123, "z":-0.0,'
    ' "u":"\\u00e9 \\u0000 \\t", "a":1,"a":2}'
)
SAID = 'Ñandú \t "cómillas" \\ \\N 👩‍🏫 \u2028\r\n'
#: What a made-up row of these tables must say.
WORDS: dict[str, dict[str, Any]] = {
    "api_token": {"expires_at": NOON.replace(year=2027)},
    "begun": {"purpose": "second"},
    "content_removal": {"ended_at": NOON},
    "job": {"kind": "items", "state": "done"},
    "notice": {"kind": "job"},
    "qualification": {"how": "lead"},
    "review": {"verdict": "accepted"},
    "webhook_delivery": {"state": "pending"},
}
#: Types of columns that are compared as another.
PLAIN = {"Date": "TEXT", "JSON": "TEXT", "Boolean": "INTEGER"}
MADE_UP = {
    "Integer": 1,
    "BigInteger": 2**62,
    "String": SAID,
    "JSON": {"á": [1.5, None]},
    "UtcDateTime": NOON.replace(microsecond=678_901),
    "Boolean": True,
    "Double": 0.1 + 0.2,
    "Date": NOON.date(),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """The file of the demo's data and the cast, with a row in every table."""
    path = tmp_path_factory.mktemp("filled") / "workbench.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}", key=KEY)
    for sample in demo.samples(data_dir("sample_tasks")):
        demo.load(database, sample)
    demo.let_in(database)
    with database.write() as session:
        _work(session, make_cast(session))
        _fill(session)
    with database.read() as session:
        assert verify(session, KEY) == []
        assert all(session.scalar(select(func.count()).select_from(each)) for each in TABLES)
    database.dispose()
    return path


def _work(session: Session, cast: Cast) -> None:
    """A copy with a smaller number than its item, odd JSON, a decision, an item to be judged."""
    make_item(session, cast.project, "known", id=9_001, queue_key=2**40)
    values = {"copy_of": None, "queue_key": 2**40 + 1}
    copy = make_item(session, cast.project, "copy", id=9_000, **values)
    copy.copy_of, copy.copy_kind, copy.copy_for = 9_001, "gold", cast.ana.id
    asked = make_item(session, cast.other_project, "odd")
    adjudicate(session, Decision(asked.id, cast.omar.id, Settled.OPEN), NOON)
    session.execute(text("UPDATE item SET meta = :odd WHERE id = 9001"), {"odd": ODD})
    make_item(session, cast.project, "open")


def _fill(session: Session) -> None:
    """A row in each table that has none yet, of values that are the hardest of their kind."""
    for table in TABLES:
        if session.execute(select(table).limit(1)).first() is None:
            session.execute(insert(table).values(**_made_up(table)))


def _made_up(table: Table) -> dict[str, Any]:
    values = {
        column.name: 1 if column.foreign_keys else MADE_UP[type(column.type).__name__]
        for column in table.columns
        if not column.nullable
    }
    return values | WORDS.get(table.name, {})


@pytest.fixture
def old(home: Path, filled: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An installation on SQLite whose server has ended."""
    shutil.copyfile(filled, home / "workbench.db")
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    monkeypatch.delenv("WORKBENCH_DATABASE_URL", raising=False)
    return Database(f"sqlite:///{home / 'workbench.db'}", key=KEY)


@pytest.fixture
def target(postgres_server: postgres.Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a database without a table, which is in NEW_DATABASE too."""
    url = postgres.fresh_database(postgres_server)
    monkeypatch.setenv("NEW_DATABASE", url)
    yield url
    postgres.drop_database(postgres_server, url)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url, key=KEY)
    try:
        yield database
    finally:
        database.dispose()


def _move() -> Result:
    return call("move", "--to", "env:NEW_DATABASE")


def _rows(database: Database) -> dict[str, list[Any]]:
    """Every row of every table that is there, JSON as its text; in the order of the keys."""
    found = MetaData()
    with database.engine.connect() as connection:
        found.reflect(connection)
        return {
            table.name: list(connection.exec_driver_sql(_as_stored(database, table)))
            for table in found.sorted_tables
        }


def _as_stored(database: Database, table: Table) -> str:
    """Times in one form, since the two databases write them in their own."""
    columns = []
    for column in Base.metadata.tables.get(table.name, table).columns:
        kind, name = type(column.type).__name__, f'"{column.name}"'
        if kind == "UtcDateTime" and not database.is_sqlite:
            name = f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        elif kind in PLAIN:
            name = f"CAST({name} AS {PLAIN[kind]})"
        columns.append(name)
    key = [f'"{each.name}"' for each in table.primary_key] or columns
    return f'SELECT {", ".join(columns)} FROM "{table.name}" ORDER BY {", ".join(key)}'  # noqa: S608


def test_every_row_of_every_table_arrives_as_it_was(old: Database, target: str) -> None:
    before = _rows(old)
    said = good(_move())
    assert target.rpartition("/")[2] in said
    assert target.partition("@")[0].rpartition(":")[2] not in said
    listed = {line.split()[0]: line.split()[1] for line in said.splitlines()[1 : len(TABLES) + 1]}
    assert listed == {table.name: f"{len(before[table.name]):,}" for table in TABLES}
    with _opened(target) as new:
        after = _rows(new)
        assert set(after) == set(before)
        *entries, noted = after.pop("audit_entry")
        assert entries == before.pop("audit_entry")
        assert "database.move" in noted
        del before["audit_head"], after["audit_head"]
        assert after == before
        with new.read() as session:
            assert ODD in session.scalars(text("SELECT CAST(meta AS TEXT) FROM item")).all()
            assert verify(session, KEY) == []
            [entry] = session.scalars(
                select(AuditEntry).where(AuditEntry.action == "database.move")
            )
            rows = sum(len(each) for each in before.values()) - 1 + len(entries) + 1
            assert entry.detail["rows"] == rows
        # A second move is refused and changes nothing.
        assert "The target is not empty" in refused(_move(), 1)
        assert len(_rows(new)["audit_entry"]) == len(entries) + 1


def test_what_is_exported_is_the_same_and_people_judge_on(
    old: Database, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    export = ("export", "pares-pandalm", "--format", "trl-preference", "-o")
    good(call(*export, str(before)))
    good(_move())
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", target)
    good(call(*export, str(after)))
    assert after.read_bytes() == before.read_bytes() != b""
    good(call("user", "create", "nueva", "--role", "reviewer"))
    with _opened(target) as new, new.write() as session:
        ana = session.scalars(select(User).where(User.name == "ana")).one()
        last = session.scalar(select(func.max(Judgment.id))) or 0
        project = session.scalars(select(Project).where(Project.slug == "main")).one()
        assert take_and_judge(session, project, ana).id == last + 1
    assert "as it must be" in good(call("verify"))


def test_whatever_else_is_in_the_target_is_left_alone(old: Database, target: str) -> None:
    with _opened(target) as new:
        with new.exclusive() as connection:
            connection.exec_driver_sql("CREATE TABLE wages (id integer)")
        assert "it has a table wages" in refused(_move(), 1)
        assert list(_rows(new)) == ["wages"]


def test_what_no_address_of_postgresql_is_is_not_repeated(
    old: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEW_DATABASE", "mysql://ana:secreto@db/x")
    for given in ("env:NEW_DATABASE", "env:NOBODY_SET_THIS", "sqlite:///secreto.db", "secreto",
                  "postgresql://ana:secreto"):  # fmt: skip
        assert "secreto" not in refused(call("move", "--to", given), 2)


def test_while_workbench_runs_nothing_is_moved(old: Database, target: str, home: Path) -> None:
    stop = threading.Event()
    config = load_config({}, home=home, database_url=str(old.url))
    working = threading.Thread(target=keep_working, args=(old, config, stop, 0.01))
    working.start()
    try:
        while _nobody_works(home, old):
            time.sleep(0.01)
        assert "stop it" in refused(_move(), 1)
    finally:
        stop.set()
        working.join()
    with _opened(target) as new:
        assert _rows(new) == {}
    good(_move())


def _nobody_works(home: Path, database: Database) -> bool:
    with only_one(home / LOCK, database) as mine:
        return bool(mine)


def test_on_postgresql_there_is_nothing_to_move(
    old: Database, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", target)
    assert "in PostgreSQL already" in refused(_move(), 2)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE assignment SET reason = 'a' || char(0) WHERE {last}", "assignment {key}: reason"),
        ("UPDATE item SET source_line = 3000000000 WHERE id = 9000", "item 9000: source_line"),
        ("UPDATE project SET seed = x'00ff' WHERE id = 1", "project 1: seed"),
        ("CREATE TABLE wages (id INTEGER)", "table wages"),
        ("UPDATE alembic_version SET version_num = '0019'", "workbench init"),
    ],
)
def test_what_postgresql_cannot_keep_is_named_before_anything_is_written(
    old: Database, target: str, change: str, named: str
) -> None:
    with old.write() as session:
        key = session.execute(
            text("SELECT item_id, user_id FROM assignment ORDER BY 1 DESC, 2")
        ).first()
        assert key is not None
        last = f"item_id = {key.item_id} AND user_id = {key.user_id}"
        session.execute(text(change.format(last=last)))
    named = named.format(key=f"{key.item_id}, {key.user_id}")
    assert named in (call("move", "--to", "env:NEW_DATABASE")).stderr
    with _opened(target) as new:
        assert migrate.current(new) is None


def test_what_the_source_breaks_is_not_kept(old: Database, target: str) -> None:
    """Every row is copied by then, and the rules are looked up there."""
    with old.write() as session:
        session.execute(text("UPDATE item SET wanted = wanted + 1 WHERE id = 9001"))
    assert "item:9001" in refused(_move(), 1)
    _is_empty(target)


def _is_empty(target: str) -> None:
    with _opened(target) as new:
        rows = _rows(new)
    assert rows.pop("alembic_version")
    assert set(rows) == {table.name for table in TABLES}
    assert not any(rows.values())


def test_a_move_that_is_killed_leaves_nothing_and_is_made_again(
    old: Database, target: str, home: Path, postgres_server: postgres.Server
) -> None:
    _stop_at_a_judgment(target)
    command = [sys.executable, "-m", "workbench.cli", "move", "--to", "env:NEW_DATABASE"]
    with postgres_server.connect(postgres.database_name(target)) as watching:
        watching.execute("SELECT pg_advisory_lock(1)")
        with subprocess.Popen(command, cwd=ROOT, env=dict(os.environ)) as process:
            _wait_for(lambda: _others(watching, "wait_event = 'advisory'"))
            # Nobody writes in the source meanwhile.
            with (home / "workbench.db.wlock").open() as gate, pytest.raises(BlockingIOError):
                fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
            process.kill()
        watching.execute("SELECT pg_advisory_unlock(1)")
        _wait_for(lambda: not _others(watching, "true"))
        watching.execute("DROP TRIGGER stop ON judgment")
    _is_empty(target)
    before = _rows(old)
    good(_move())
    with _opened(target) as new:
        assert _rows(new)["judgment"] == before["judgment"]


def _stop_at_a_judgment(target: str) -> None:
    """In the middle of its rows, until whoever has the lock lets it go."""
    with _opened(target) as new:
        migrate.upgrade(new)
        with new.exclusive() as connection:
            connection.exec_driver_sql(
                "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$"
            )
            connection.exec_driver_sql(
                "CREATE TRIGGER stop BEFORE INSERT ON judgment FOR EACH ROW "
                "WHEN (NEW.id = 500) EXECUTE FUNCTION stop()"
            )


def _others(watching: psycopg.Connection[Any], how: LiteralString) -> bool:
    """Whether somebody else is connected to this database, of whom that holds."""
    query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
    query += "AND pid <> pg_backend_pid() AND "
    return watching.execute(query + how).fetchone() is not None


def _wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)

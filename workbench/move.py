"""Moving an installation's data from SQLite to PostgreSQL, with what arrived compared.

The writer's gate of the source is held all the while, so nobody writes. All rows arrive in one
transaction of the target: it has every row, or none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
import psycopg
from psycopg import sql
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    String,
    Table,
    Text,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from workbench import migrate
from workbench.db import Database, now
from workbench.models import Base
from workbench.queries.anchors import Anchor
from workbench.queries.verify import verify
from workbench.services.audit import append

#: Every table, each after those that its rows name.
TABLES: tuple[Table, ...] = tuple(Base.metadata.sorted_tables)
#: Rows that are in memory at once.
PAGE = 250
#: The largest number that PostgreSQL has room for in a column of whole numbers.
_LARGEST = 2**31 - 1
#: How long to wait for somebody who works in the target.
_WAIT = "10s"
_VERSIONS = "alembic_version"

#: Told how far it is: what is done, rows so far, rows in all (0: nobody knows).
Look = Callable[[str, int, int], None]


class CannotMove(Exception):
    """Why nothing was moved, in words for who called."""


@dataclass(frozen=True)
class Moved:
    """A table, its rows, and the SHA-256 of all of them in the order of their keys."""

    table: str
    rows: int
    sha256: str


def move(
    source: Database, target: Database, key: str, anchors: Sequence[Anchor], look: Look
) -> list[Moved]:
    """Copy every row of `source`, an SQLite of this version, to `target`, an empty PostgreSQL.

    Rows are read back from both and compared, and every rule of `verify` is looked up, before
    anything stays. The audit trail of the target tells of the move. Raises CannotMove, and what
    the databases raise; the target is then without a row, and the source is never changed.
    """
    _must_be_free(target)
    with source.write() as reading:
        _know_all_tables(reading)
        was = _read_all(reading, "reading", look, check=True)
        migrate.upgrade(target)
        with target.write(patient=True) as writing:
            _hold(writing)
            _copy_all(reading, writing, was, look)
            _compare(was, _read_all(writing, "comparing", look, known=was))
            look("checking every rule", 0, 0)
            _check(writing, key, anchors)
            _note(writing, was)
    return was


# --- what is refused ---------------------------------------------------------------------------


def _must_be_free(target: Database) -> None:
    """Nothing is in it, or Workbench's own tables without a row."""
    with target.read() as session:
        encoding = session.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise CannotMove(f"The target keeps text as {encoding}: make one with ENCODING 'UTF8'.")
        found = set(inspect(session.connection()).get_table_names())
        strange = found - {table.name for table in TABLES} - {_VERSIONS}
        if strange or (found and _VERSIONS not in found):
            raise CannotMove(
                f"The target is not empty: it has a table {min(strange or found)}. "
                "Make a database that nothing else is in."
            )
        _must_be_empty(session, [table for table in TABLES if table.name in found])


def _must_be_empty(session: Session, tables: Sequence[Table]) -> None:
    for table in tables:
        if session.execute(select(text("1")).select_from(table).limit(1)).first():
            raise CannotMove(f"The target is not empty: its table {table.name} has rows.")


def _know_all_tables(session: Session) -> None:
    found = set(inspect(session.connection()).get_table_names())
    strange = found - {table.name for table in TABLES} - {_VERSIONS}
    if strange:
        raise CannotMove(f"The table {min(strange)} is not Workbench's: it would be left behind.")


def _hold(session: Session) -> None:
    """Keep everybody else out of the target until the end, and look once more that it is empty."""
    for setting in ("statement_timeout = 0", "idle_in_transaction_session_timeout = 0",
                    f"lock_timeout = '{_WAIT}'"):  # fmt: skip
        session.execute(text(f"SET LOCAL {setting}"))
    names = ", ".join(f'"{table.name}"' for table in TABLES)
    try:
        session.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    except OperationalError as error:
        if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise
        raise CannotMove("Somebody works in the target: stop what uses it.") from None
    session.execute(text("SET LOCAL lock_timeout = 0"))
    _must_be_empty(session, TABLES)


def _refuse_unfit(table: Table, page: Sequence[Row[Any]]) -> None:
    """SQLite keeps in a column what it is given; PostgreSQL does not. Raises CannotMove."""
    rules = [(i, column.name, rule) for i, column in enumerate(table.columns)
             if (rule := _rule(column)) is not None]  # fmt: skip
    for row in page:
        for i, name, rule in rules:
            value = row[i]
            why = None if value is None else rule(value)
            if why:
                raise CannotMove(f"{_named(table, row)}: {name} {why}. Nothing was written.")


def _rule(column: ColumnElement[Any]) -> Callable[[Any], str | None] | None:
    kind = column.type
    if isinstance(kind, (String, JSON)):
        return _text_unfit
    if isinstance(kind, Integer):
        return _big_unfit if isinstance(kind, BigInteger) else _number_unfit
    return None


def _text_unfit(value: object) -> str | None:
    if not isinstance(value, str):
        return "is no text"
    return "holds a NUL character, which PostgreSQL cannot store" if "\0" in value else None


def _number_unfit(value: object) -> str | None:
    why = _big_unfit(value)
    if why or (isinstance(value, int) and -_LARGEST - 1 <= value <= _LARGEST):
        return why
    return f"is {value}, which PostgreSQL has no room for there"


def _big_unfit(value: object) -> str | None:
    return None if isinstance(value, int) else "is no whole number"


def _named(table: Table, row: Row[Any]) -> str:
    """A row as people write it: `judgment 12`, `assignment 3, 4`."""
    columns = list(table.columns)
    return f"{table.name} {', '.join(str(row[columns.index(c)]) for c in table.primary_key)}"


# --- reading, copying, comparing ---------------------------------------------------------------


def _pages(session: Session, table: Table) -> Iterator[Sequence[Row[Any]]]:
    """All rows in the order of the key, JSON as the text that is stored.

    The order is that of code points on either database.
    """
    columns = [
        cast_to(column, Text).label(column.name) if isinstance(column.type, JSON) else column
        for column in table.columns
    ]
    is_server = session.get_bind().dialect.name == "postgresql"
    order = [
        column.collate("C") if is_server and isinstance(column.type, String) else column
        for column in table.primary_key
    ]
    query = select(*columns).order_by(*order).execution_options(yield_per=PAGE)
    yield from session.execute(query).partitions()


def _read_all(
    session: Session,
    doing: str,
    look: Look,
    *,
    check: bool = False,
    known: Sequence[Moved] | None = None,
) -> list[Moved]:
    """Count and hash every table; `check`: refuse what PostgreSQL would not take."""
    of = sum(each.rows for each in known) if known else _count(session)
    done, found = 0, []
    for table in TABLES:
        rows, together = 0, hashlib.sha256()
        try:
            for page in _pages(session, table):
                if check:
                    _refuse_unfit(table, page)
                together.update(b"".join(map(_line, page)))
                rows += len(page)
                look(f"{doing} {table.name}", done + rows, of)
        except (DatabaseError, TypeError, ValueError) as error:
            why = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise CannotMove(f"{table.name} cannot be read after {rows:,} rows: {why}") from error
        done += rows
        found.append(Moved(table.name, rows, together.hexdigest()))
    return found


def _count(session: Session) -> int:
    counts = (session.scalar(select(func.count()).select_from(table)) for table in TABLES)
    return sum(count or 0 for count in counts)


def _line(row: Row[Any]) -> bytes:
    """A row for hashing. JSON has no word for every float, so they stand as Python writes them."""
    values = [repr(value) if isinstance(value, float) else value for value in row]
    return orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)


def _copy_all(reading: Session, writing: Session, was: Sequence[Moved], look: Look) -> None:
    done, of = 0, sum(each.rows for each in was)
    for table in TABLES:
        for copied in _copy(reading, writing, table):
            done += copied
            look(f"copying {table.name}", done, of)
        # Keys are looked up, and rules below, by plans that know how much is there.
        writing.execute(text(f'ANALYZE "{table.name}"'))
        number = table.autoincrement_column
        if number is not None:
            sequence = func.pg_get_serial_sequence(table.name, number.name)
            writing.execute(select(func.setval(sequence, func.max(number))))


def _copy(reading: Session, writing: Session, table: Table) -> Iterator[int]:
    """One COPY a table: rows may name others of their table, since keys are looked up at its end.

    Gives the number of rows of each page.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(sql.Identifier(c.name) for c in table.c)
    )
    cursor = cast("psycopg.Cursor[Any]", writing.connection().connection.cursor())
    try:
        with cursor, cursor.copy(statement) as copy:
            for page in _pages(reading, table):
                for row in page:
                    copy.write_row(row)
                yield len(page)
    except psycopg.Error as error:
        # The rest of its words may hold what was in the row.
        why = error.diag.message_primary or str(error).partition("\n")[0]
        raise CannotMove(f"{table.name} cannot be copied: {why}") from error


def _compare(was: Sequence[Moved], arrived: Sequence[Moved]) -> None:
    for before, after in zip(was, arrived, strict=True):
        if before != after:
            raise CannotMove(
                f"{before.table} did not arrive as it was ({before.rows:,} rows, {after.rows:,} "
                "there). Nothing was kept."
            )


def _check(session: Session, key: str, anchors: Sequence[Anchor]) -> None:
    broken = verify(session, key, anchors)
    if broken:
        first = broken[0]
        raise CannotMove(
            f"{len(broken):,} things are not as they must be, such as {first.subject}: "
            f"{first.text}. See `workbench verify`. Nothing was kept."
        )


def _note(session: Session, was: Sequence[Moved]) -> None:
    lines = "".join(f"{each.table} {each.rows} {each.sha256}\n" for each in was)
    detail = {
        "rows": sum(each.rows for each in was),
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
    }
    append(session, "database.move", "installation", actor=None, at=now(session), detail=detail)

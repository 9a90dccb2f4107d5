"""Statements that every answer costs: compiled once, and given to the database's driver.

SQLAlchemy looks up a compiled form, wraps the cursor and makes a result of its own each time, which
takes twenty times as long as SQLite does to find a row by its key: of thirty statements an answer
that is a third of all computing, most of it while others wait to write. It still writes the SQL,
its types convert what goes in and what comes out, its transactions and listeners are the same.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVarTuple, cast

from sqlalchemy import Connection, Insert, Row, Select, Update
from sqlalchemy.engine.interfaces import DBAPICursor, Dialect
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeEngine

Ts = TypeVarTuple("Ts")

#: A row of whatever columns, by their names.
AnyRow = Row[*tuple[Any, ...]]
Values = Mapping[str, Any]

_Runnable = Select[*tuple[Any, ...]] | Insert | Update
_Convert = Callable[[Any], Any]
#: (name, or None where the value stands in the statement; what converts it; that value).
_Parameter = tuple[str | None, _Convert | None, Any]

#: Values as the driver takes them.
_ForDriver = Sequence[Any] | Mapping[str, Any]

#: Under this name a session knows the `_Driver` of its last transaction.
_DRIVER = "driver"


class _Statement:
    """For sessions on whichever database. Its parameters are `bindparam`s, or the columns that it
    writes. A session's objects do not hear of what it writes, nor are they written before it runs.
    """

    def __init__(self, statement: _Runnable) -> None:
        self._statement = statement
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def _for(self, dialect: Dialect, values: Values) -> _Compiled:
        names = tuple(values)
        known = self._compiled.get(names)
        if known is None or known.dialect is not dialect:
            known = self._compiled[names] = _Compiled(self._statement, dialect, names)
        return known


class Query(_Statement, Generic[*Ts]):
    """A select, or an insert that returns something of its row."""

    def __init__(self, statement: Select[*Ts] | ReturningInsert[*Ts]) -> None:
        if isinstance(statement, Select) and "entity" in statement.column_descriptions[0]:
            raise TypeError(f"its columns and conditions are to be the tables' own: {statement}")
        super().__init__(statement)

    def all(self, session: Session, values: Values) -> Sequence[Row[*Ts]]:
        """All rows that there are."""
        driver = _driver(session)
        return cast(Sequence[Row[*Ts]], self._for(driver.dialect, values).rows(driver, values))

    def one_or_none(self, session: Session, values: Values) -> Row[*Ts] | None:
        """The only row, or None. Raises MultipleResultsFound."""
        rows = self.all(session, values)
        if len(rows) > 1:
            raise MultipleResultsFound("more than one row where there is to be one")
        return rows[0] if rows else None

    def one(self, session: Session, values: Values) -> Row[*Ts]:
        """The only row. Raises NoResultFound and MultipleResultsFound."""
        row = self.one_or_none(session, values)
        if row is None:
            raise NoResultFound("no row where there is to be one")
        return row

    def scalar(self, session: Session, values: Values) -> Any:
        """The first column of the only row, or None. Raises MultipleResultsFound."""
        row = self.one_or_none(session, values)
        return None if row is None else row[0]  # type: ignore[misc]


class Write(_Statement):
    """An insert of one row, or an update."""

    def __init__(self, statement: Insert | Update) -> None:
        super().__init__(statement)

    def run(self, session: Session, values: Values) -> int:
        """Write these values; how many rows that were."""
        driver = _driver(session)
        return self._for(driver.dialect, values).write(driver, values)


class _Driver:
    """The driver's connection of a session's transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        self._open: Any = connection.connection.dbapi_connection
        self._hear = tuple(connection.dispatch.before_cursor_execute)

    def run(self, text: str, values: _ForDriver) -> DBAPICursor:
        """What the statement left behind. Raises what SQLAlchemy would, and lets go of a connection
        that was lost as it would."""
        cursor = None
        try:
            cursor = self._open.cursor()
            for hear in self._hear:
                hear(self.connection, cursor, text, values, None, False)
            cursor.execute(text, values)
        except BaseException as error:  # noqa: BLE001 - it raises
            self.connection._handle_dbapi_exception(error, text, None, cursor, None)  # noqa: SLF001
        return cast(DBAPICursor, cursor)


def _driver(session: Session) -> _Driver:
    known: _Driver | None = session.info.get(_DRIVER)
    # A savepoint is made when its session is first asked for the connection.
    if known is None or session.in_nested_transaction() or not known.connection.in_transaction():
        known = session.info[_DRIVER] = _Driver(session.connection())
    return known


class _Compiled:
    """The SQL for one set of parameters, and what converts them and the columns of its rows."""

    def __init__(self, statement: _Runnable, dialect: Dialect, names: tuple[str, ...]) -> None:
        keys = list(names) if isinstance(statement, Insert | Update) else None
        made = statement.compile(dialect=dialect, column_keys=keys)
        if made.post_compile_params or made.insert_prefetch or made.update_prefetch:
            raise TypeError(f"SQLAlchemy has more to do for it than to compile it: {made}")
        self.dialect = dialect
        self._text = str(made)
        # SQLite is given them by place, a server by name.
        self._named = () if made.positional else tuple(made.construct_params(_check=False))
        places = made.positiontup or self._named
        self._given = [_parameter(made, name, names) for name in places]
        columns = list(statement.exported_columns)
        self._convert = [_from_driver(column.type, dialect) for column in columns]
        self._converts = any(self._convert)
        fields = [str(column.key) for column in columns]
        # Its fields are known only here.
        self._row: Any = namedtuple("_Row", fields, rename=True)  # type: ignore[misc]  # noqa: PYI024

    def rows(self, driver: _Driver, values: Values) -> Sequence[AnyRow]:
        """All rows, converted."""
        rows = driver.run(self._text, self._to_driver(values)).fetchall()
        if self._converts:
            rows = [
                [value if to is None else to(value) for to, value in zip(self._convert, row)]  # noqa: B905
                for row in rows
            ]
        return [self._row._make(row) for row in rows]

    def write(self, driver: _Driver, values: Values) -> int:
        """How many rows were written."""
        return driver.run(self._text, self._to_driver(values)).rowcount

    def _to_driver(self, values: Values) -> _ForDriver:
        given = [
            constant if name is None else values[name] if to is None else to(values[name])
            for name, to, constant in self._given
        ]
        return dict(zip(self._named, given)) if self._named else given  # noqa: B905


def _parameter(made: SQLCompiler, name: str, names: tuple[str, ...]) -> _Parameter:
    to = made.binds[name].type.dialect_impl(made.dialect).bind_processor(made.dialect)
    if name in names:
        return name, to, None
    if made.binds[name].required:
        raise TypeError(f"no value for {name}: {made}")
    constant = made.construct_params(_check=False)[name]
    return None, None, constant if to is None else to(constant)


def _from_driver(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)

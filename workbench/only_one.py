"""Among all processes of an installation, one that does a thing; the others wait for its turn.

On one machine a lock on a file tells who: the kernel frees it when a process is killed. Machines
that share a PostgreSQL take turns by an advisory lock of its, too, which goes with the connection
that holds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.exc import SQLAlchemyError

from workbench.db import Database

_TAKE = select(func.pg_try_advisory_lock(bindparam("number")))

_log = logging.getLogger(__name__)


class Turn:
    """True as long as it is one's turn. Where a database says so it is asked each time: whoever has
    lost the connection has lost the turn, and another may have it."""

    def __init__(self, mine: bool, connection: Connection | None = None) -> None:
        self._mine, self._connection = mine, connection

    def __bool__(self) -> bool:
        if self._mine and self._connection is not None:
            try:
                self._connection.execute(select(1))
            except SQLAlchemyError:
                self._mine = False
        return self._mine


@contextmanager
def only_one(lock: Path, database: Database) -> Iterator[Turn]:
    """Whether this is the one, until the block ends or the process is killed.

    `lock`: a file of this machine; its name tells other machines what the turn is for. A database
    that is away gives nobody a turn.
    """
    handle = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield Turn(False)
            return
        if database.is_sqlite:
            yield Turn(True)
        else:
            with _of_all_machines(lock.name, database) as turn:
                yield turn
    finally:
        os.close(handle)


@contextmanager
def _of_all_machines(name: str, database: Database) -> Iterator[Turn]:
    connection = _taken(name, database)
    if connection is None:
        yield Turn(False)
        return
    try:
        yield Turn(True, connection)
    finally:
        with suppress(SQLAlchemyError):
            # The server notices the end of a connection a little later.
            connection.execute(select(func.pg_advisory_unlock_all()))
        with suppress(SQLAlchemyError):
            connection.close()


def _taken(name: str, database: Database) -> Connection | None:
    """A connection that holds the lock of that name and is in no pool; None: another one has it."""
    number = int.from_bytes(hashlib.sha256(f"workbench {name}".encode()).digest()[:8], signed=True)
    try:
        # No transaction stays open on it.
        connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            if connection.scalar(_TAKE, {"number": number}):
                connection.detach()
                return connection
        except BaseException:
            connection.invalidate()  # it may hold the lock
            raise
        connection.close()
    except SQLAlchemyError as error:
        _log.warning("the database does not say whose turn it is: %s", type(error).__name__)
    return None

"""SQLite's log is forced to disk for all who have written meanwhile, and before they are told."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.cast import NOON
from workbench import on_sqlite
from workbench.db import Database
from workbench.models import LoginThrottle

NORMAL, FULL = 1, 2
#: Longer than anything here takes.
EVER = 60.0


class Disk:
    """In the place of `_force`: it says when it is at work, and takes as long as it is told to."""

    def __init__(self) -> None:
        self.began = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.forced: list[str] = []
        self.fails = False

    def __call__(self, path: str) -> None:
        self.began.release()
        assert self.go.acquire(timeout=EVER)
        if self.fails:
            raise OSError(errno.EIO, "the disk is broken")
        self.forced.append(path)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A server forces its log in the same way by itself."""
    return sqlite_url


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(on_sqlite, "_force", made)
    return made


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


def _write(database: Database, key: str) -> None:
    with database.write(together=True) as session:
        session.add(LoginThrottle(key=key, failures=0, updated_at=NOON))


def _count(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(LoginThrottle)) or 0


def _until(there: Callable[[], bool]) -> None:
    wait = threading.Event()
    for _ in range(int(EVER * 1000)):
        if there():
            return
        wait.wait(0.001)
    pytest.fail("it does not happen")


def test_the_log_itself_is_forced(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    forced: list[int] = []
    really = on_sqlite.os.fdatasync

    def fdatasync(handle: int) -> None:
        forced.append(Path(f"/proc/self/fd/{handle}").stat().st_ino)
        really(handle)

    monkeypatch.setattr(on_sqlite.os, "fdatasync", fdatasync)
    _write(database, "a")
    assert forced == [Path(f"{database.url.database}-wal").stat().st_ino]
    with pytest.raises(ZeroDivisionError), database.write(together=True):
        _ = 1 / 0
    assert len(forced) == 1


def test_who_wrote_is_told_after_it_is_on_disk_and_all_of_them_at_once(
    database: Database, disk: Disk, pool: ThreadPoolExecutor
) -> None:
    first = pool.submit(_write, database, "first")
    assert disk.began.acquire(timeout=EVER)
    # The disk is at work: others write, and what is forced now may be without what they wrote.
    others = [pool.submit(_write, database, f"other {n}") for n in range(4)]
    log = database._log
    assert log is not None
    _until(lambda: log._asked == 5)
    assert _count(database) == 5
    assert not any(each.done() for each in (first, *others))
    disk.go.release()
    first.result(EVER)
    assert disk.began.acquire(timeout=EVER)
    assert not any(each.done() for each in others)
    disk.go.release()
    for each in others:
        each.result(EVER)
    assert len(disk.forced) == 2


def test_what_the_disk_did_not_take_is_not_believed_later(
    database: Database, disk: Disk, pool: ThreadPoolExecutor
) -> None:
    disk.fails = True
    tried: list[Future[None]] = [pool.submit(_write, database, str(n)) for n in range(3)]
    assert disk.began.acquire(timeout=EVER)
    disk.go.release(9)
    for each in tried:
        with pytest.raises(OSError, match="the disk is broken"):
            each.result(EVER)
    disk.fails = False
    with pytest.raises(OSError, match="the disk is broken"):
        _write(database, "later")
    assert disk.forced == []


def test_where_the_log_is_gone_all_of_it_is_in_the_database(database: Database) -> None:
    _write(database, "a")
    database.dispose()
    assert not Path(f"{database.url.database}-wal").exists()
    database.settle()
    assert _count(database) == 1


def test_only_such_a_transaction_leaves_the_forcing_to_the_log(database: Database) -> None:
    def said(*, together: bool) -> int:
        with database.write(together=together) as session:
            found = session.connection().exec_driver_sql("PRAGMA synchronous").scalar()
        assert isinstance(found, int)
        return found

    assert [said(together=True), said(together=False), said(together=True)] == [
        NORMAL,
        FULL,
        NORMAL,
    ]
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == FULL

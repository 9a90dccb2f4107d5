"""A server that is killed in the middle of a job: the next one does it, once."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.background.conftest import MakeJob, lines, row
from tests.support.serving import Server
from workbench.background.keep import LOCK
from workbench.background.run import Bench, run
from workbench.db import Database
from workbench.models import Item, Source
from workbench.services.spool import BATCH

#: Some seconds of work, on a machine that has other things to do.
MANY = [f"item-{n}" for n in range(6 * BATCH)]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind: with the write gate held by whoever is killed, it is the harder one."""
    return sqlite_url


def _until(what: str, found: object) -> None:
    assert callable(found)
    end = time.monotonic() + 30
    while not found():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def _holders(master: int, lock: Path) -> list[int]:
    """Workers that hold the file's lock, as the kernel lists them."""
    inode = str(lock.stat().st_ino)
    held = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return [int(each[4]) for each in held if each[5].rpartition(":")[2] == inode
            and int(each[4]) != master]  # fmt: skip


def _count(database: Database, table: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_what_was_half_done_when_whoever_did_it_was_killed_or_stopped_is_done_once(
    bench: Bench, make_job: MakeJob
) -> None:
    database, home = bench.database, bench.config.home
    job_id = make_job(lines(*MANY))
    server = Server(bench.config)
    server.start()
    try:
        # In the middle of its writing transaction, as the kernel tells: it holds the gate on.
        gate = home.parent / "workbench.db.wlock"
        _until("storing", lambda: all(_pause(_holders(server.master, gate)) for _ in range(4)))
        [worker] = _holders(server.master, home / LOCK)
        os.kill(worker, signal.SIGKILL)
        assert _count(database, Item) == 0
        _until("another one", lambda: row(database, job_id).attempt == 2)
        assert server.stop() == 0
    finally:
        server.kill()
    assert "Traceback" not in (home / "serve.log").read_text()
    job = row(database, job_id)
    assert (job.state, job.lost, _count(database, Item)) == ("waiting", 1, 0)
    run(bench, job_id)
    assert row(database, job_id).state == "done"
    assert (_count(database, Item), _count(database, Source)) == (len(MANY), 1)
    assert not list(bench.config.uploads.iterdir())


def _pause(found: list[int]) -> bool:
    time.sleep(0.01)
    return bool(found)

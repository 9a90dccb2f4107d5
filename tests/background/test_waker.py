"""The line to whoever works: nothing rests on it, and nobody is had by it."""

from __future__ import annotations

import os
import pickle
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from tests.background.conftest import MakeJob, lines, row
from workbench.background.keep import KEPT, keep_working, tidy
from workbench.background.run import Bench
from workbench.background.waker import Waker
from workbench.models import Unit
from workbench.services import kept_uploads
from workbench.services.jobs import Reached


@pytest.fixture
def database_url(one_url: str) -> str:
    """One kind: the line is beside the database."""
    return one_url


def test_what_is_told_is_heard_by_others_until_it_is_forgotten(tmp_path: Path) -> None:
    one, other = Waker.at(tmp_path), Waker.at(tmp_path)
    reached = Reached(Unit.LINES, 3, 7, 2)
    one.tell(5, reached)
    one.ask_stop(5)
    assert (other.told(5), other.stop_asked(5)) == (reached, True)
    assert (other.told(6), other.stop_asked(6)) == (None, False)
    other.forget(5)
    assert (one.told(5), one.stop_asked(5)) == (None, False)
    assert (tmp_path / "jobs.db").stat().st_mode & 0o777 == 0o600


def test_who_is_in_the_line_already_is_not_put_there_again(tmp_path: Path) -> None:
    waker = Waker.at(tmp_path)
    waker.wake(1, 2)
    Waker.at(tmp_path).wake(2, 3)
    assert [task.args[0] for task in waker._huey.pending()] == [1, 2, 3]


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "jobs.db").write_bytes(b"no database at all" * 100)
    waker = Waker.at(tmp_path)
    waker.ask_stop(1)
    assert waker.stop_asked(1)


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch trapped",)


def test_nothing_in_the_file_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    waker = Waker.at(tmp_path)
    waker.wake(1)
    with sqlite3.connect(tmp_path / "jobs.db") as connection:
        connection.execute("UPDATE task SET data = ?", (pickle.dumps(_Trap()),))
    waker.wake(2)
    assert not (tmp_path / "trapped").exists()


def test_what_was_lost_on_the_line_is_found_and_a_stop_is_heard(
    bench: Bench, make_job: MakeJob
) -> None:
    job_id = make_job(lines("one"))
    others = [threading.Thread(target=keep_working, args=(bench.database, bench.config, bench.stop))
              for _ in range(2)]  # fmt: skip
    for thread in others:
        thread.start()
    until = time.monotonic() + 20
    while row(bench.database, job_id).live:
        assert time.monotonic() < until
        time.sleep(0.02)
    bench.stop.set()
    for thread in others:
        thread.join()
    assert row(bench.database, job_id).state == "done"


def test_what_is_kept_for_no_one_goes_after_a_day(bench: Bench, make_job: MakeJob) -> None:
    job_id = make_job(lines("one"))
    waits = row(bench.database, job_id).kept
    orphan = bench.config.uploads / ("0" * 32)
    half = bench.config.exports / ("a" * 32)
    new = bench.config.exports / ("b" * 32)
    for folder in (orphan, half, new):
        folder.mkdir(parents=True)
    old = time.time() - 2 * KEPT.total_seconds()
    for folder in (orphan, half, bench.config.uploads / waits):
        os.utime(folder, (old, old))
    tidy(bench.database, bench.config)
    assert [folder.name for folder in bench.config.uploads.iterdir()] == [waits]
    assert list(bench.config.exports.iterdir()) == [new]
    assert kept_uploads.paths(bench.config.uploads, waits)

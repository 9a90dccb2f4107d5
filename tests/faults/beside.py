"""What goes on beside people at work: an export that takes long, a backup."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from tests.bench.bench_import_export import made_judgment
from tests.bench.bench_intake import simple_items
from tests.faults.crowd import REVIEWERS
from tests.faults.stage import Missing, Off, Stage, more_come_through
from tests.support import postgres
from tests.support.serving import ROOT
from workbench.db import Database, now
from workbench.models import Judgment
from workbench.queries.verify import verify
from workbench.services import projects

#: Judgments that are exported, for each second that was asked for; and people who made them.
A_SECOND, PEOPLE = 20_000, 3
#: MiB that the log of writes may grow to. It is folded in at four; an answer writes some 90 KiB, so
#: that a reader who held it back from beginning to end would show.
MOST = 16


def export(stage: Stage) -> str:
    """Of another project, which nobody works on, so that the log is the crowd's."""
    if not stage.database.is_sqlite:
        raise Missing("a reader of PostgreSQL holds no log back")
    count = int(A_SECOND * stage.seconds)
    _fill(stage, count)
    stage.crowd.start()
    more_come_through(stage.told)
    log = Path(f"{stage.database.url.database}-wal")
    largest, over = 0, threading.Event()

    def watch() -> None:
        nonlocal largest
        while not over.wait(0.02):
            largest = max(largest, log.stat().st_size if log.exists() else 0)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began, before = time.monotonic(), len(stage.told.acknowledged)
    refused = stage.told.faults["503"]
    try:
        _run(stage, "export", "large", "--format", "judgments", "-o", str(stage.home / "out.jsonl"))
    finally:
        over.set()
        watcher.join()
    took, size = time.monotonic() - began, largest / 2**20
    answers = len(stage.told.acknowledged) - before
    refused = stage.told.faults["503"] - refused
    if size >= MOST or refused:
        raise Off(f"the WAL grew to {size:.0f} MiB, 503 {refused} times")
    with (stage.home / "out.jsonl").open("rb") as file:
        rows = sum(1 for _ in file)
    if rows != count:
        raise Off(f"{rows} of {count} judgments were exported")
    return f"{count:,} in {took:.0f} s beside {answers} answers, WAL {size:.1f} MiB"


def back_up(stage: Stage) -> str:
    """While the crowd works; and brought back elsewhere: all that was acknowledged before."""
    more_come_through(stage.told, REVIEWERS)
    began = time.monotonic()
    known, bring_back = _to_file(stage) if stage.database.is_sqlite else _to_dump(stage)
    before = set(stage.told.acknowledged[:known])
    took = time.monotonic() - began
    restored = bring_back()
    try:
        with restored.read() as session:
            rows = session.execute(select(Judgment.user_id, Judgment.idempotency_key))
            stored = {(row[0], row[1]) for row in rows}
            found = verify(session, stage.config.read_key())
    finally:
        restored.dispose()
    lost = len(before - stored)
    if lost or found:
        raise Off(f"{lost} of {len(before)} are not in the backup; {found[:2]}")
    return f"{len(before)} acked before, {len(stored)} in it, {took:.1f} s without restore"


def _to_file(stage: Stage) -> tuple[int, Callable[[], Database]]:
    """How many were acknowledged before the copy began, which is long after the command did: what
    was said last is what a copy would lack."""
    file, home, known = stage.home / "backup.tar", stage.home / "elsewhere", 0
    with ThreadPoolExecutor(1) as pool:
        command = pool.submit(_run, stage, "backup", str(file))
        while True:
            by_now = len(stage.told.acknowledged)
            if command.done() or any(stage.home.glob(".backup-*")):
                break
            known = by_now
            time.sleep(0.002)
        command.result()

    def bring_back() -> Database:
        _run(stage, "restore", str(file), home=home)
        return Database(f"sqlite:///{home / 'workbench.db'}", key=stage.config.read_key())

    return known, bring_back


def _to_dump(stage: Stage) -> tuple[int, Callable[[], Database]]:
    programs = postgres.find()
    if programs is None or not (programs / "pg_dump").exists():
        raise Missing("no pg_dump here")
    assert stage.place.postgres is not None
    assert stage.place.url is not None
    plain = stage.place.url.replace("+psycopg", "")
    known = len(stage.told.acknowledged)
    file, url = stage.home / "dump", postgres.fresh_database(stage.place.postgres)
    subprocess.run([programs / "pg_dump", "--format=custom", f"--file={file}", plain], check=True)
    restore = [programs / "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction"]

    def bring_back() -> Database:
        subprocess.run([*restore, "-d", url.replace("+psycopg", ""), file], check=True)
        return Database(url, key=stage.config.read_key())

    return known, bring_back


def _run(stage: Stage, *arguments: str, home: Path | None = None) -> None:
    """`workbench ARGUMENTS`. Raises Off, with its words, when it fails."""
    command = [sys.executable, "-m", "workbench.cli", "--home", str(home or stage.home), *arguments]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Off(f"workbench {arguments[0]}: {done.stderr.strip()}")


def _fill(stage: Stage, count: int) -> None:
    """A project with so many judgments, and a log that is empty again."""
    items, judgments = stage.home / "items.jsonl", stage.home / "judgments.jsonl"
    choose = random.Random(20261120)
    _write(items, simple_items(-(-count // PEOPLE)))
    _write(judgments, (made_judgment(n, choose) for n in range(count)))
    with stage.database.write() as session:
        projects.create_project(
            session,
            slug="large",
            type_slug="ranking",
            title={"es": "Grande", "en": "Large"},
            overlap=PEOPLE,
            config={},
            now=now(session),
        )
    _run(stage, "import", "large", str(items))
    _run(stage, "import-judgments", "large", str(judgments))
    with stage.database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("wb") as file:
        file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)

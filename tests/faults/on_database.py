"""Faults of the database: held by somebody else, cut off, started again."""

from __future__ import annotations

import math
import time

from sqlalchemy import text

from tests.faults.crowd import REVIEWERS
from tests.faults.stage import Missing, Off, Stage, more_come_through, wait_until
from tests.support.serving import THREADS
from workbench.db import BUSY_MS

#: Seconds that a writer may wait, and that a reply may take all in all: who finds all threads of a
#: worker waiting comes after them, and all may have come to the same worker.
WAIT = BUSY_MS / 1000
LONGEST = math.ceil(REVIEWERS / THREADS) * WAIT + 5


def lock(stage: Stage) -> str:
    """Held for less than writers wait."""
    _hold(stage, min(stage.seconds, WAIT / 2))
    return f"locked for {min(stage.seconds, WAIT / 2):g} s"


def long_lock(stage: Stage) -> str:
    """Held for longer than writers wait: they are told so, and in time."""
    held = max(WAIT + 5, 6 * stage.seconds)
    for client in stage.crowd.clients:
        client.reply = LONGEST
    more_come_through(stage.told, REVIEWERS)  # what was under way would give up earlier
    before = stage.told.faults["503"]
    _hold(stage, held)
    refused = stage.told.faults["503"] - before
    longest = f"longest reply {stage.told.longest:.1f} s"
    if not refused or stage.told.longest > LONGEST or stage.told.faults["cut off"]:
        raise Off(f"locked for {held:g} s, 503 {refused} times, {longest}")
    return f"locked for {held:g} s, 503 {refused} times, {longest}"


def _hold(stage: Stage, seconds: float) -> None:
    """By a process that knows nothing of the gate."""
    with stage.database.engine.connect() as connection:
        if stage.database.is_sqlite:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("LOCK TABLE judgment IN EXCLUSIVE MODE"))
        time.sleep(seconds)
        connection.rollback()


def terminate(stage: Stage) -> str:
    if stage.database.is_sqlite:
        raise Missing("SQLite has no connections to end")
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ended, end = 0, time.monotonic() + stage.seconds
    while time.monotonic() < end:
        time.sleep(0.3)
        with stage.database.engine.connect() as connection:
            query = text(f"SELECT count(pg_terminate_backend(pid)) {others}")
            ended += int(connection.scalar(query) or 0)
    return f"{ended} connections ended"


def restart(stage: Stage) -> str:
    """Fast, then as after a loss of power. It is away for a moment, and nobody starts Workbench
    again."""
    if stage.place.postgres is None:
        raise Missing("SQLite is in the server: see kill_server")
    took = {}
    for how in ("fast", "immediate"):
        time.sleep(stage.seconds / 4)
        began = time.monotonic()
        stage.place.postgres.restart(how)
        took[how] = time.monotonic() - began
        more_come_through(stage.told)
    wait_until(lambda: stage.told.faults["503"] > 0)
    if not stage.told.faults["503"]:
        raise Off("nobody was told that the database is away")
    return ", ".join(f"{how} {seconds:.1f} s" for how, seconds in took.items()) + " away"

"""Workers are killed while reviewers submit: nothing acknowledged is lost, doubled or over."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.cast import Cast
from tests.faults.crowd import EACH, LIMIT, Crowd, Told, prepare
from tests.support.serving import Server
from workbench.config import Config
from workbench.db import Database
from workbench.models import Assignment, Item, Judgment, State
from workbench.queries.verify import verify

#: A worker is killed every PAUSE seconds, and not before EACH answers came through.
KILLS, PAUSE = 8, 0.7


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_workers_are_killed(config: Config) -> None:
    database = Database(config.database_url, key=config.read_key())
    cast, cookies = prepare(database, config)
    told, server = Told(), Server(config)
    crowd = Crowd(server, cookies, told)
    try:
        server.start()
        crowd.start()
        try:
            kills = _kill(server.master, told)
        finally:
            crowd.stop()
        crowd.finish()
    finally:
        server.kill()
    assert kills == KILLS, f"{kills} kills, replies: {dict(told.faults)}"
    print(f"{kills} kills, {len(told.acknowledged)} acknowledged, replies: {dict(told.faults)}")
    _check(database, cast, told, config.read_key())
    database.dispose()


def _kill(master: int, told: Told) -> int:
    """Kill KILLS workers, or as many as there is time for; how many."""
    kills, before = 0, 0
    chance, deadline = random.Random(7), time.monotonic() + LIMIT
    while kills < KILLS and time.monotonic() < deadline:
        time.sleep(PAUSE)
        workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        if workers and len(told.acknowledged) >= before + EACH:
            os.kill(int(chance.choice(workers)), signal.SIGKILL)
            kills, before = kills + 1, len(told.acknowledged)
    return kills


def _check(database: Database, cast: Cast, told: Told, key: str) -> None:
    assert len(set(told.acknowledged)) == len(told.acknowledged)
    with database.read() as session:
        stored = Counter(
            (row.user_id, row.idempotency_key)
            for row in session.execute(select(Judgment.user_id, Judgment.idempotency_key))
        )
        lost = [key for key in told.acknowledged if stored[key] != 1]
        assert lost == []
        counted = (
            select(func.count())
            .where(Assignment.item_id == Item.id, Assignment.state == State.JUDGED)
            .correlate(Item)
            .scalar_subquery()
        )
        over = session.scalars(select(Item.id).where(counted > cast.project.overlap)).all()
        assert over == []
    with database.read() as session:
        assert verify(session, key) == []

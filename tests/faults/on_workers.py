"""Faults of those who serve and of those who send."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from datetime import timedelta

from sqlalchemy import func, select, update

from tests.cast import make_item
from tests.faults.crowd import EACH, LIMIT, REVIEWERS
from tests.faults.stage import Off, Stage, more_come_through, wait_until
from workbench.db import now
from workbench.models import Assignment, Item, Project, State

#: Share of the answers that are sent twice and thrice at the same moment.
AT_ONCE = 0.3
#: Items with a place left where places are to be few.
FEW = 5


def kill_workers(stage: Stage) -> str:
    """Not before some answers came through since the last time: a worker takes long to start."""
    chance, kills, before = random.Random(7), 0, 0
    least = max(1, int(stage.seconds / 2))
    end = time.monotonic() + LIMIT
    while kills < least and time.monotonic() < end:
        time.sleep(0.7)
        workers = stage.server.workers()
        if workers and len(stage.told.acknowledged) >= before + EACH:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)
            kills, before = kills + 1, len(stage.told.acknowledged)
    if kills < least:
        raise Off(f"{kills} of {least} kills: too little came through in between")
    return f"{kills} workers killed"


def kill_server(stage: Stage) -> str:
    time.sleep(stage.seconds / 2)
    stage.server.kill()
    time.sleep(0.5)
    stage.server.start()
    return "all killed, started again"


def repeat(stage: Stage) -> str:
    """The same answer from two and three connections at once: under its key, under a new one, and
    another answer under its key."""
    for client in stage.crowd.clients:
        client.at_once = AT_ONCE
    time.sleep(stage.seconds)
    more_come_through(stage.told)
    wait_until(lambda: stage.told.repeated >= EACH)
    for client in stage.crowd.clients:
        client.at_once = 0.0
    if stage.told.repeated < EACH:
        raise Off(f"{stage.told.repeated} answers were sent twice")
    return f"{stage.told.repeated} answers sent thrice at once, same and new key"


def expire(stage: Stage) -> str:
    """And others get their places at once, since there are few."""
    ended, made, end = 0, 0, time.monotonic() + stage.seconds
    while time.monotonic() < end:
        time.sleep(0.3)
        with stage.database.write() as session:
            leased = update(Assignment).where(Assignment.state == State.LEASED)
            past = now(session) - timedelta(seconds=1)
            ended += session.execute(leased.values(expires_at=past)).rowcount
        made = _more_items(stage, FEW, made)
    _more_items(stage, 10 * REVIEWERS, made)
    if not stage.told.faults["409"]:
        raise Off(f"{ended} leases ended, and nobody was too late")
    return f"{ended} leases ended, {stage.told.faults['409']} times too late"


def _more_items(stage: Stage, least: int, made: int) -> int:
    """As many as there have to be with a place left; how many were made by now."""
    with stage.database.write() as session:
        project = session.scalars(select(Project).where(Project.slug == "main")).one()
        open_ones = (Item.project_id == project.id, Item.slots_left > 0)
        query = select(func.count(Item.id)).where(*open_ones)
        lacking = max(0, least - (session.scalar(query) or 0))
        for n in range(made, made + lacking):
            make_item(session, project, f"more-{n:04d}")
    return made + lacking

"""The cost of the next item: it must not grow with the project or with what a reviewer has done."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from workbench import migrate
from workbench.db import Database, now
from workbench.models import Assignment, Item, QueueCursor, State
from workbench.services.claim import Reviewer, claim
from workbench.services.submit import Submission, submit

SMALL = 1_000
LARGE = int(os.environ.get("WORKBENCH_BENCH_ITEMS", "100000"))
DONE = 50_000
ROUNDS = 200


def run() -> list[tuple[str, float, str]]:
    """Median milliseconds of claim and submit in a small, a large and a much-judged project."""
    with tempfile.TemporaryDirectory() as folder:
        small = _measure(Path(folder) / "small.db", SMALL, 0)
        large = _measure(Path(folder) / "large.db", LARGE, 0)
        judged = _measure(Path(folder) / "judged.db", LARGE, min(DONE, LARGE // 2))
    return [
        (f"next item at {SMALL:,} items", small, "ms"),
        (f"next item at {LARGE:,} items", large, "ms"),
        (f"next item after {min(DONE, LARGE // 2):,} judgments by the same reviewer", judged, "ms"),
        ("growth with the project (bar 1.3)", large / small, "x"),
        ("growth with the reviewer's past (bar 1.3)", judged / small, "x"),
    ]


def _measure(path: Path, items: int, done: int) -> float:
    database = Database(f"sqlite:///{path}", key="k" * 96)
    migrate.upgrade(database)
    with database.write() as session:
        cast = make_cast(session, overlap=3)
        _fill(session, cast, items)
        _judge(session, cast, done)
    times = [_one(database, cast, n) for n in range(ROUNDS)]
    database.dispose()
    return statistics.median(times) * 1000


def _fill(session: Session, cast: Cast, items: int) -> None:
    moment = now(session)
    for start in range(0, items, 5_000):
        rows = [_row(cast, n, moment) for n in range(start, min(start + 5_000, items))]
        session.execute(insert(Item), rows)


def _row(cast: Cast, n: int, moment: object) -> dict[str, object]:
    return {
        "project_id": cast.project.id, "external_id": f"item-{n:07d}", "revision": 1,
        "language": "en", "prompt": [{"role": "user", "content": "A question of some length?"}],
        "responses": [{"id": "a", "text": "One answer."}, {"id": "b", "text": "Another one."}],
        "tags": [], "meta": {}, "content_hash": str(n), "wanted": 3, "slots_left": 3,
        "queue_key": n + 1, "created_at": moment,
    }  # fmt: skip


def _judge(session: Session, cast: Cast, done: int) -> None:
    """As if Ana had been through the first `done` items and nobody else had."""
    if not done:
        return
    moment = now(session)
    rows = [
        {
            "item_id": n + 1, "user_id": cast.ana.id, "project_id": cast.project.id,
            "state": State.SKIPPED, "shown": ["a", "b"], "reason": "-",
            "created_at": moment, "updated_at": moment,
        }
        for n in range(done)
    ]  # fmt: skip
    session.execute(insert(Assignment), rows)
    cursor = QueueCursor(
        project_id=cast.project.id, user_id=cast.ana.id, language="en", queue_key=done
    )
    session.add(cursor)


def _one(database: Database, cast: Cast, n: int) -> float:
    """Seconds of a claim; the submit after it is not counted."""
    reviewer = Reviewer(cast.ana.id, ("es", "en"))
    with database.write() as session:
        began = time.perf_counter()
        lease = claim(session, cast.project, reviewer, now(session), timedelta(hours=1))
        took = time.perf_counter() - began
    assert lease is not None
    answer = {"tiers": [["a"], ["b"]], "unranked": [], "verdict": None, "strength": None}
    with database.write() as session:
        submit(session, Submission(lease.item_id, cast.ana.id, answer, 1, f"bench-{n}", 0),
               now(session))  # fmt: skip
    return took

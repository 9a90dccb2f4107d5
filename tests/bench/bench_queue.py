"""The cost of the next item: it must not grow with the project or with what a reviewer has done."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from workbench import migrate
from workbench.db import Database, now
from workbench.models import Assignment, Item, Judgment, QueueCursor, State
from workbench.services.claim import Reviewer, claim
from workbench.services.submit import Submission, submit

SMALL = 1_000
LARGE = int(os.environ.get("WORKBENCH_BENCH_ITEMS", "100000"))
DONE = 50_000
ROUNDS = 200
#: How much more a large project may cost.
BAR = 1.3
#: Number of the first judgment that is there without having been made.
FIRST = 1_000_000

Figure = tuple[str, float, str]


def run() -> list[Figure]:
    """Median milliseconds of claim and submit in a small, a large and a much-judged project."""
    with tempfile.TemporaryDirectory() as folder:
        return growth(f"sqlite:///{folder}/small.db", f"sqlite:///{folder}/large.db", LARGE)


def growth(small_url: str, large_url: str, items: int) -> list[Figure]:
    """The same in two empty databases of any kind; the large one has as many `items`.

    Small and large are measured in turns: what else the machine does changes all the time.
    """
    done = min(DONE, items // 2)
    small, large = _place(small_url, SMALL), _place(large_url, items)
    fresh = _in_turns(small, large)
    with large.database.write() as session:
        _judge(session, large.cast, done)
    large.settle()
    judged = _in_turns(small, large)
    small.database.dispose()
    large.database.dispose()
    return [
        *_compared(f"at {items:,} items", fresh),
        *_compared(f"after {done:,} judgments of the reviewer", judged),
    ]


def _compared(where: str, turns: list[tuple[Times, Times]]) -> list[Figure]:
    figures = []
    for what in ("claim", "submit"):
        small = statistics.median(getattr(one, what) for one, _ in turns) * 1000
        large = statistics.median(getattr(other, what) for _, other in turns) * 1000
        name = {"claim": "next item", "submit": "submit"}[what]
        figures += [
            (f"{name} at {SMALL:,} items", small, "ms"),
            (f"{name} {where}", large, "ms"),
            (f"  growth (bar {BAR})", large / small, "x"),
        ]
    return figures


class Times(NamedTuple):
    """Seconds of one claim and of the submit after it, without their commits."""

    claim: float
    submit: float


@dataclass(frozen=True)
class _Place:
    database: Database
    cast: Cast

    def settle(self) -> None:
        """As a database is that has been at work for a while."""
        tidy = "PRAGMA wal_checkpoint(TRUNCATE)" if self.database.is_sqlite else "VACUUM ANALYZE"
        alone = self.database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with alone.connect() as connection:
            connection.exec_driver_sql(tidy)


def _place(url: str, items: int) -> _Place:
    database = Database(url, key="k" * 96)
    migrate.upgrade(database)
    with database.write() as session:
        cast = make_cast(session, overlap=3)
        _fill(session, cast, items)
    place = _Place(database, cast)
    place.settle()
    return place


def _in_turns(small: _Place, large: _Place) -> list[tuple[Times, Times]]:
    return [(_one(small), _one(large)) for _ in range(ROUNDS)]


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
    """As if Ana had judged `done` items a month ago, those after the first, and nobody else had."""
    moment = now(session) - timedelta(days=30)
    answer = {"tiers": [["a"], ["b"]], "unranked": [], "verdict": None, "strength": None}
    whose = {"user_id": cast.ana.id, "project_id": cast.project.id, "shown": ["a", "b"]}
    for start in range(SMALL, SMALL + done, 5_000):
        items = range(start, min(start + 5_000, SMALL + done))
        made = {**whose, "revision": 1, "answer": answer, "type_version": 1, "locale": "en",
                "origin": "desk", "digest": "0" * 64, "made_at": moment}  # fmt: skip
        session.execute(insert(Judgment), [
            {**made, "id": FIRST + n, "item_id": n, "idempotency_key": f"before-{n}",
             "audit_seq": n}
            for n in items
        ])  # fmt: skip
        held = {**whose, "state": State.JUDGED, "reason": "", "created_at": moment,
                "updated_at": moment}  # fmt: skip
        session.execute(insert(Assignment), [
            {**held, "item_id": n, "judgment_id": FIRST + n} for n in items
        ])  # fmt: skip
    judged = Item.id.between(SMALL, SMALL + done - 1)
    session.execute(update(Item).where(judged).values(slots_left=Item.slots_left - 1))
    place = {"project_id": cast.project.id, "user_id": cast.ana.id, "language": "en"}
    at = session.get(QueueCursor, place)
    if at is None:
        session.add(QueueCursor(**place, queue_key=SMALL + done))
    else:
        at.queue_key = SMALL + done


def _one(place: _Place) -> Times:
    reviewer = Reviewer(place.cast.ana.id, ("es", "en"))
    with place.database.write() as session:
        began = time.perf_counter()
        lease = claim(session, place.cast.project, reviewer, now(session), timedelta(hours=1))
        session.flush()
        claimed = time.perf_counter() - began
    assert lease is not None
    answer = {"tiers": [["a"], ["b"]], "unranked": [], "verdict": None, "strength": None}
    key = f"bench-{uuid4().hex}"
    with place.database.write() as session:
        moment = now(session)
        began = time.perf_counter()
        submit(session, Submission(lease.item_id, place.cast.ana.id, answer, 1, key, 0), moment)
        session.flush()
        return Times(claimed, time.perf_counter() - began)

"""The quality page of a million judgments: 200,000 pairs, each judged by 5 of 50 reviewers.

Through the application, from log-in cookie to HTML. Beside it stand a bare SELECT of the narrow
rows that the figures are made of, and the `krippendorff` package's alpha over them, which has no
interval.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
from flask.testing import FlaskClient
from sqlalchemy import insert
from sqlalchemy.orm import Session

from tests.bench.bench_submit import _cookies
from tests.cast import Cast, make_cast
from workbench import migrate, task_types
from workbench.app import create_app
from workbench.config import Config, load_config, make_key
from workbench.db import Database, now
from workbench.models import Assignment, Item, Judgment, Project, State
from workbench.on_sqlite import sqlite
from workbench.queries import agreement, reviewers
from workbench.queries.counted import counted
from workbench.queries.items import as_item
from workbench.services import accounts, projects
from workbench.services.login import open_session
from workbench.services.submit import Submission, submit
from workbench.task_types.base import Unit
from workbench.task_types.said import said_in

ITEMS = int(os.environ.get("WORKBENCH_BENCH_QUALITY_ITEMS", "200000"))
OVERLAP, REVIEWERS, DAYS = 5, 50, 60
#: How often each of `_ANSWERS` is what is true, in 100.
_COMMON = [38, 34, 20, 8]
_ANSWERS = [
    {"tiers": [["a"], ["b"]], "unranked": [], "verdict": None, "strength": None, "reason": ""},
    {"tiers": [["b"], ["a"]], "unranked": [], "verdict": None, "strength": None, "reason": ""},
    {"tiers": [["a", "b"]], "unranked": [], "verdict": None, "strength": None, "reason": ""},
    {"tiers": [["a", "b"]], "unranked": [], "verdict": "both_bad", "strength": None, "reason": ""},
]
_TEXT = "A paragraph of an answer that a model might give to somebody who asked it something. " * 12

Figure = tuple[str, float, str]


def run() -> list[Figure]:
    """Measure, print, and give back every figure as (name, value, unit)."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        figures = _measure(Path(folder))
    for name, value, unit in figures:
        sys.stdout.write(f"{name:<66} {value:10.3f} {unit}\n")
    return figures


def _measure(home: Path) -> list[Figure]:
    make_key(home / "secret.key")
    config = load_config({}, home=home, https=False)
    database = Database(config.database_url, key=config.read_key())
    migrate.upgrade(database)
    cast = _fill(database)
    client = _lead(config, database, cast)
    page, disputes = "/projects/main/quality", "/projects/main/disputes"
    first = _timed(lambda: _get(client, page))
    again = min(_timed(lambda: _get(client, page)) for _ in range(3))
    after_one = []
    for n in range(3):
        _judge_one(database, cast, n)
        after_one.append(_timed(lambda: _get(client, page)))
    queue = min(_timed(lambda: _get(client, disputes)) for _ in range(3))
    found = [
        (f"quality page of {ITEMS * OVERLAP:,} judgments, the first time", first, "s"),
        ("  the bar", 5.0, "s"),
        ("  the same again", again, "s"),
        ("  again after one more judgment", min(after_one), "s"),
        ("  the bar", 0.3, "s"),
        ("the queue of disputes", queue, "s"),
        *_parts(database, cast),
    ]
    database.dispose()
    return found


def _parts(database: Database, cast: Cast) -> list[Figure]:
    """The first page's reading and statistics by themselves, beside what they are held to."""
    with database.read() as session:
        project = session.get_one(Project, cast.project.id)
        began = time.perf_counter()
        found = counted(session, project)
        read = time.perf_counter() - began
    questions = agreement.questions_of(project)

    def statistics() -> None:
        agreement.by_question(found, questions)
        agreement.by_language(found, questions[0])
        reviewers.reviewer_pairs(found, questions[0])
        reviewers.same_as_others(found, questions[0])

    own = _timed(statistics)
    file = str(database.url.database)
    rows = found.answers
    value = np.array([_order(said) for said in found.sayings])[rows.said]
    table = np.full((REVIEWERS + 1, rows.items.size), np.nan)
    table[rows.reviewer, np.repeat(np.arange(rows.items.size), rows.sizes)] = value
    return [
        ("reading what counts, the first time", read, "s"),
        ("  raw limit: a bare SELECT of the same narrow rows", _timed(lambda: _bare(file)), "s"),
        ("statistics of the page, the first time", own, "s"),
        ("  the bar", 0.5, "s"),
        (
            "  krippendorff package, alpha alone, no interval",
            _timed(lambda: krippendorff.alpha(table, level_of_measurement="interval")),
            "s",
        ),
    ]


def _order(said: tuple[Unit, ...]) -> float:
    return next((unit.value for unit in said if unit.unit == "a>b"), np.nan)


def _bare(file: str) -> None:
    query = (
        "SELECT item_id, user_id, said FROM assignment WHERE project_id = 1 AND state = 'judged' "
        "ORDER BY item_id, user_id"
    )
    with closing(sqlite.connect(file)) as connection:
        connection.execute(query).fetchall()


def _fill(database: Database) -> Cast:
    """The items, and a million judgments as if the desk had written them."""
    with database.write() as session:
        cast = make_cast(session, overlap=OVERLAP)
        people = [
            accounts.create_user(
                session, name=f"reviewer{n}", role="reviewer", now=now(session), speaks=("en",)
            )
            for n in range(REVIEWERS)
        ]
        for user in people:
            projects.add_member(session, cast.project, user, role="reviewer", now=now(session))
        session.flush()
        ids = np.array([user.id for user in people])
        rng = np.random.default_rng(0)
        for start in range(0, ITEMS, 10_000):
            _fill_some(session, cast.project, ids, (start, min(start + 10_000, ITEMS)), rng)
    return cast


def _fill_some(
    session: Session,
    project: Project,
    people: np.ndarray[Any, Any],
    part: tuple[int, int],
    rng: np.random.Generator,
) -> None:
    numbers = range(*part)
    moment = now(session)
    items = [_item(project, n, moment) for n in numbers]
    session.execute(insert(Item), items)
    task_type = task_types.get(project.type)
    example = as_item(session.get_one(Item, part[0] + 1))
    said = [said_in(task_type, answer, example, project.config) for answer in _ANSWERS]
    judgments, assignments = [], []
    for n, who, what in _said(len(numbers), people, rng):
        item_id = part[0] + n + 1
        number = item_id * 100 + int(who)
        at = moment - timedelta(seconds=int(rng.integers(60, DAYS * 86_400)))
        judgment_id = part[0] * OVERLAP + len(judgments) + 1
        judgments.append({
            "id": judgment_id, "project_id": project.id, "item_id": item_id, "user_id": int(who),
            "revision": 1, "answer": _ANSWERS[what], "type_version": task_type.version,
            "guideline_version": None, "shown": ["a", "b"],
            "active_ms": int(rng.integers(2_000, 60_000)), "locale": "es", "origin": "desk",
            "idempotency_key": f"bench-{number}", "digest": f"{rng.integers(2**62):064x}"[::-1],
            "made_at": at, "audit_seq": 1,
        })  # fmt: skip
        assignments.append({
            "item_id": item_id, "user_id": int(who), "project_id": project.id,
            "state": State.JUDGED, "shown": ["a", "b"], "judgment_id": judgment_id,
            "said": said[what], "shown_at": at, "created_at": at, "updated_at": at,
        })  # fmt: skip
    for model, rows in ((Judgment, judgments), (Assignment, assignments)):
        session.execute(insert(model.__table__), rows)


def _item(project: Project, n: int, moment: object) -> dict[str, Any]:
    language = "es" if n % 3 else "en"
    return {
        "project_id": project.id, "external_id": f"item-{n:07d}", "revision": 1,
        "language": language, "language_base": language,
        "prompt": [{"role": "user", "content": f"Question {n}?"}],
        "responses": [{"id": i, "text": f"{i}{n} {_TEXT}", "model": f"m{n % 3}"} for i in "ab"],
        "tags": [], "meta": {}, "content_hash": str(n), "wanted": OVERLAP, "slots_left": 0,
        "queue_key": n + 1, "created_at": moment,
    }  # fmt: skip


def _said(
    n: int, people: np.ndarray[Any, Any], rng: np.random.Generator
) -> Iterator[tuple[int, int, int]]:
    """(item, reviewer, answer): reviewers of differing skill, each at an item once."""
    skill = np.linspace(0.55, 0.95, REVIEWERS)
    truth = rng.choice(len(_ANSWERS), size=(n, 1), p=np.array(_COMMON) / 100)
    who = np.argsort(rng.random((n, REVIEWERS), dtype=np.float32), axis=1)[:, :OVERLAP]
    knows = rng.random((n, OVERLAP)) < skill[who]
    said = np.where(knows, truth, rng.integers(0, len(_ANSWERS), (n, OVERLAP)))
    for item in range(n):
        for place in range(OVERLAP):
            yield item, people[who[item, place]], said[item, place]


def _lead(config: Config, database: Database, cast: Cast) -> FlaskClient:
    with database.write() as session:
        token = open_session(session, cast.luz, now(session), timedelta(hours=1), "")
    [cookie] = _cookies(config.home, [token])
    client = create_app(config).test_client()
    name, _, value = cookie.partition("=")
    client.set_cookie(name, value.partition(";")[0])
    return client


def _get(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status}")


def _judge_one(database: Database, cast: Cast, n: int) -> None:
    """One reviewer more judges a new item."""
    with database.write() as session:
        moment = now(session)
        item_id = ITEMS + n + 1
        session.execute(insert(Item), [{**_item(cast.project, ITEMS + n, moment), "slots_left": 4}])
        session.add(Assignment(item_id=item_id, user_id=cast.ana.id, project_id=cast.project.id,
                               state=State.LEASED, expires_at=moment + timedelta(hours=1),
                               shown_at=moment, shown=["a", "b"], created_at=moment,
                               updated_at=moment))  # fmt: skip
        session.flush()
        submit(session, Submission(item_id, cast.ana.id, _ANSWERS[0], 1, f"one-{n}", 0), moment)


def _timed(what: Callable[[], Any]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


if __name__ == "__main__":
    run()

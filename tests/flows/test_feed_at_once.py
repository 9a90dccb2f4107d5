"""Whoever follows the feed while many people judge and files come in sees every judgment once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Event

import orjson
import pytest
from sqlalchemy import select

from tests.cast import Cast, make_item
from tests.flows import crowd
from tests.flows.acts import prefers
from workbench.db import Database, now
from workbench.intake import open_source
from workbench.models import Item, Judgment, Project
from workbench.queries.judgment_feed import Spot, feed
from workbench.services import accounts, import_judgments, projects

PROCESSES, THREADS, SECONDS = 2, 4, 3.0
ITEMS, OVERLAP, FILES, LINES = 30, 3, 6, 40
#: Small and odd, so that a page ends in the middle of an import.
PAGE = 7


def _set_up(database: Database, cast: Cast) -> tuple[int, ...]:
    """Reviewers, items for them, and items that only files judge."""
    with database.write() as session:
        at = now(session)
        projects.change_overlap(session, cast.project, OVERLAP, now=at)
        reviewers = []
        for n in range(PROCESSES * THREADS):
            user = accounts.create_user(session, name=f"r{n}", role="reviewer", now=at)
            projects.add_member(session, cast.project, user, role="reviewer", now=at)
            reviewers.append(user.id)
        for n in range(ITEMS):
            make_item(session, cast.project, f"item {n}", wanted=OVERLAP, slots_left=OVERLAP)
        for n in range(LINES):
            # In a language that none of them speaks.
            name = f"filed {n}"
            make_item(session, cast.project, name, language="fr", wanted=FILES, slots_left=FILES)
    return tuple(reviewers)


def _import(database: Database, project: Project, who: str) -> None:
    lines = [{"item": f"filed {n}", "reviewer": who, "answer": prefers("a")} for n in range(LINES)]
    source = open_source(BytesIO(b"\n".join(map(orjson.dumps, lines))), "f.jsonl")
    with (
        import_judgments.prepare(database, project, source) as prepared,
        database.write() as session,
    ):
        import_judgments.import_judgments(session, project, prepared, now=now(session), actor=None)


def _follow(database: Database, project_id: int, over: Event) -> list[Spot]:
    """Ask for what is new until all is over and nothing is left."""
    seen: list[Spot] = []
    while True:
        last = over.is_set()
        with database.read() as session:
            found = feed(session, project_id, seen[-1] if seen else None, PAGE)
        assert found is not None
        told, more = found
        seen += [each.spot for each in told]
        if last and not more:
            return seen


@pytest.mark.slow
def test_a_reader_who_polls_misses_nothing_and_sees_nothing_twice(
    database: Database, cast: Cast
) -> None:
    reviewers = _set_up(database, cast)
    shifts = [
        crowd.Shift(
            url=database.url.render_as_string(hide_password=False),
            project_id=cast.project.id,
            seconds=SECONDS,
            least=ITEMS // PROCESSES,
            seed=n,
            mine=reviewers[n * THREADS : (n + 1) * THREADS],
            everyone=reviewers,
        )
        for n in range(PROCESSES)
    ]
    over = Event()
    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(_follow, database, cast.project.id, over) for _ in range(2)]
        judging = pool.submit(crowd.work, shifts)
        for n in range(FILES):
            pool.submit(_import, database, cast.project, f"m-{n}").result()
        told = judging.result()
        over.set()
        seen = [reader.result() for reader in readers]
    assert not [error for each in told for error in each.errors]
    order = (Judgment.audit_seq, Judgment.item_id, Judgment.user_id, Judgment.revision)
    with database.read() as session:
        stored = session.execute(
            select(Judgment.audit_seq, Judgment.id)
            .join(Item, Item.id == Judgment.item_id)
            .where(Item.copy_of.is_(None))
            .order_by(*order)
        ).all()
        revised = select(Judgment.id).where(Judgment.revision > 1)
        assert session.scalars(revised).all()
    assert len(stored) > FILES * LINES + ITEMS
    for each in seen:
        assert each == [Spot(*row) for row in stored]

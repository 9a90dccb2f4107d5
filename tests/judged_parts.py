"""Judgments that differ in everything that agreement is split by: a project of twelve items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import select

from tests.arrivals import bring_items, raw_item
from tests.cast import Cast
from tests.web.stage import meet
from workbench import task_types
from workbench.db import Database, now
from workbench.models import Item, Project
from workbench.queries.splits import By
from workbench.services import accounts, projects
from workbench.services.submit import Submission, submit

ITEMS = 12
SITES = {"r0": "Bogotá", "r1": "Bogotá", "r2": "Medellín", "r3": "Medellín"}
_MONDAY = datetime.fromisoformat("2026-11-02T12:00:00-05:00")


@dataclass(frozen=True)
class Given:
    """One judgment: of which item and by whom, and what it is split by."""

    number: int
    who: str
    week: int
    version: int

    @property
    def item(self) -> str:
        return f"i{self.number}"

    @property
    def parts(self) -> dict[By, set[str]]:
        """The parts that it is in, by each way."""
        about = _about(self.number)
        return {
            "language": {about["language"]},
            "tag": set(about["tags"]),
            "model": {each["model"] for each in about["responses"]},
            "week": {f"2026-W{45 + self.week}"},
            "guideline": {str(self.version)},
            "site": {SITES[self.who]},
        }


def _given() -> list[Given]:
    rng = np.random.default_rng(3)
    return [
        Given(n, who, int(rng.integers(2)), int(rng.integers(1, 3)))
        for n in range(ITEMS)
        for who in SITES
    ]


GIVEN = _given()


def text_of(number: int, response: str) -> str:
    """What the response says: 40 code points or more."""
    return f"{response} of item {number}: " + "ñandú, tráfico. " * (3 + number % 2)


def _about(number: int) -> dict[str, Any]:
    models = (f"m{number % 2}", "m2", "m3")
    return {
        "language": ("en", "es")[number % 2],
        "tags": ["x", "y"] if number % 3 else ["x"],
        "responses": [
            {"id": key, "text": text_of(number, key), "model": model}
            for key, model in zip("abc", models, strict=True)
        ],
    }


def make_judged(
    database: Database, cast: Cast, type_slug: str, answer: Callable[[Given], dict[str, Any]]
) -> Project:
    """The project `parts`, with the answer that each judgment gives; Luz leads it."""
    with database.write() as session:
        at = now(session)
        project = projects.create_project(
            session, slug="parts", type_slug=type_slug, title={"es": "P", "en": "P"},
            overlap=len(SITES), config={}, now=at,
        )  # fmt: skip
        projects.add_member(session, project, cast.luz, role="lead", now=at)
    bring_items(database, project, [raw_item(f"i{n}", **_about(n)) for n in range(ITEMS)])
    with database.write() as session:
        people = {}
        for who, site in SITES.items():
            people[who] = accounts.create_user(
                session, name=who, role="reviewer", now=at, speaks=("en", "es")
            )
            projects.add_member(session, project, people[who], role="reviewer", now=at)
            accounts.change_site(session, people[who], site, at)
        query = select(Item.external_id, Item.id).where(Item.project_id == project.id)
        ids = dict(session.execute(query).all())
        version = task_types.get(type_slug).version
        for each in GIVEN:
            meet(session, project, ids[each.item], people[each.who])
            sent = Submission(
                ids[each.item], people[each.who].id, answer(each), version,
                f"{each.item}-{each.who}", 0, guideline_version=each.version,
            )  # fmt: skip
            submit(session, sent, _MONDAY + timedelta(weeks=each.week))
    return project

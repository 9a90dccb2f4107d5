"""Any two things that people do at once on a server, at every point where they can meet."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast, make_item
from tests.flows.acts import HOUR, judge, must_take, take
from tests.flows.interleave import run_pair
from tests.support import postgres
from workbench.db import Database, now
from workbench.models import Assignment, Item, Project, State, User
from workbench.queries.verify import verify
from workbench.services import accounts, leave_item, projects
from workbench.services.claim import Reviewer, claim
from workbench.services.resolve import resolve, retire
from workbench.services.slots import lock_items
from workbench.services.undo import undo

KEY = "k" * 96
THOROUGH = os.environ.get("WORKBENCH_HYPOTHESIS") == "thorough"
#: Every n-th statement of the first transaction, from an offset that differs from pair to pair.
STRIDE = 1 if THOROUGH else 4

_numbers = count(1)


@dataclass
class Scene:
    """A project where Ana holds `held`, has judged `judged`, escalated `asked` and let `lapsed`
    run out; `last` is the only item besides that is open to her, and Beto's lease on `due` has
    just run out."""

    project: Project
    ana: User
    beto: User
    lead: int
    held: int
    judged: int
    lapsed: int
    asked: int
    escalation: int
    due: int
    last: int


@pytest.fixture(scope="module")
def server(postgres_server: postgres.Server) -> Database:
    return Database(postgres.fresh_database(postgres_server, template="migrated"), key=KEY)


@pytest.fixture(scope="module")
def people(server: Database) -> Cast:
    with server.write() as session:
        return make_cast(session)


def scene(database: Database, people: Cast) -> Scene:
    """A project of its own for each pair."""
    with database.write() as session:
        moment = now(session)
        project = projects.create_project(
            session, slug=f"p{next(_numbers)}", type_slug="ranking", overlap=2, config={},
            title={"es": "P", "en": "P"}, now=moment,
        )  # fmt: skip
        for user in (people.ana, people.beto):
            projects.add_member(session, project, user, role="reviewer", now=moment)
        items = [make_item(session, project, f"item {n}") for n in range(6)]
        ana, beto = people.ana, people.beto
        judge(session, must_take(session, project, ana).item_id, ana)
        lapsed = must_take(session, project, ana)
        lapsed.expires_at = moment - HOUR
        asked = must_take_another(session, project, ana)
        leave_item.escalate(session, asked.item_id, ana.id, "why", moment)
        held = must_take(session, project, ana)
        due = must_take(session, project, beto)
        due.expires_at = moment - HOUR
        session.flush()
        escalation = 0
        del items
        return Scene(project, ana, beto, people.luz.id, held.item_id, 0, lapsed.item_id,
                     asked.item_id, escalation, due.item_id, 0)  # fmt: skip

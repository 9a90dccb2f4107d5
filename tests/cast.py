"""The cast: who appears in tests, always as the same.

Ana and Beto review on the project (Ana in Spanish and English, Beto in English only), Luz leads it,
Edu is its engineer. Dora reviews on another project, which Omar leads; neither is on this one.
Ada runs the installation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from workbench.db import now as database_now
from workbench.models import Item, Project, User
from workbench.services import accounts, projects, slots

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Cast:
    """Rows by name; detached, so read plain columns only."""

    project: Project
    other_project: Project
    ana: User
    beto: User
    luz: User
    edu: User
    dora: User
    omar: User
    ada: User


def make_cast(session: Session, *, type_slug: str = "ranking", overlap: int = 2) -> Cast:
    """Make the projects `main` and `other` and everyone on them."""
    now = database_now(session)
    project = _project(session, "main", type_slug, overlap, now)
    other = _project(session, "other", type_slug, overlap, now)
    people = {
        name: accounts.create_user(session, name=name, role=role, now=now, speaks=speaks)
        for name, role, speaks in (
            ("ana", "reviewer", ("es", "en")),
            ("beto", "reviewer", ("en",)),
            ("luz", "lead", ("es", "en")),
            ("edu", "engineer", ("es", "en")),
            ("dora", "reviewer", ("es", "en")),
            ("omar", "lead", ("es", "en")),
            ("ada", "admin", ("es", "en")),
        )
    }
    for name, role in (("ana", "reviewer"), ("beto", "reviewer"), ("luz", "lead"),
                       ("edu", "engineer")):  # fmt: skip
        projects.add_member(session, project, people[name], role=role, now=now)
    for name, role in (("dora", "reviewer"), ("omar", "lead")):
        projects.add_member(session, other, people[name], role=role, now=now)
    return Cast(project=project, other_project=other, **people)


def _project(session: Session, slug: str, type_slug: str, overlap: int, now: datetime) -> Project:
    return projects.create_project(
        session,
        slug=slug,
        type_slug=type_slug,
        title={"es": f"Proyecto {slug}", "en": f"Project {slug}"},
        overlap=overlap,
        config={},
        now=now,
    )


def make_item(
    session: Session, project: Project, name: str, *, language: str = "en", **values: Any
) -> Item:
    """An open item of two responses by two models."""
    item = Item(
        **{
            "project_id": project.id,
            "external_id": name,
            "language": language,
            "prompt": [{"role": "user", "content": f"Question {name}?"}],
            "responses": [
                {"id": "a", "model": "model-one", "text": f"First answer to {name}."},
                {"id": "b", "model": "model-two", "text": f"Second answer to {name}."},
            ],
            "tags": [],
            "harm": None,
            "meta": {},
            "content_hash": name,
            "wanted": project.overlap,
            "slots_left": project.overlap,
            "queue_key": slots.next_key(session, project.id),
            "created_at": database_now(session),
            **values,
        }
    )
    session.add(item)
    session.flush()
    return item

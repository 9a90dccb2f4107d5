"""Projects by name, and all of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workbench.errors import NotFound
from workbench.models import Assignment, Item, Project, State


def find_project(session: Session, slug: str) -> Project:
    """The project of that name. Raises NotFound."""
    project = session.scalars(select(Project).where(Project.slug == slug)).one_or_none()
    if project is None:
        raise NotFound("There is no project called %(slug)s.", slug=slug)
    return project


@dataclass(frozen=True)
class Summary:
    """A line of the list of projects."""

    slug: str
    type: str
    title: dict[str, str]
    overlap: int
    items: int
    judgments: int


def all_projects(session: Session) -> list[Summary]:
    """Every project with its present items and its judgments, in order of their names."""
    items = dict(
        session.execute(
            select(Item.project_id, func.count()).where(Item.is_current).group_by(Item.project_id)
        ).all()
    )
    judgments = dict(
        session.execute(
            select(Assignment.project_id, func.count())
            .where(Assignment.state == State.JUDGED)
            .group_by(Assignment.project_id)
        ).all()
    )
    return [
        Summary(
            slug=project.slug,
            type=project.type,
            title=project.title,
            overlap=project.overlap,
            items=items.get(project.id, 0),
            judgments=judgments.get(project.id, 0),
        )
        for project in session.scalars(select(Project).order_by(Project.slug))
    ]

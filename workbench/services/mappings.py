"""Mappings of columns, kept by name for the files of the same kind that are to come."""

from __future__ import annotations

import shlex
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workbench.db import dump_json
from workbench.errors import Conflict, NotFound
from workbench.intake.fields import name_fault
from workbench.intake.mapping import ColumnMapping, parse_mapping
from workbench.messages import Invalid
from workbench.models import Project, SavedMapping
from workbench.services import audit, slots

NAME_LENGTH = 60
#: Mappings of one project.
MOST = 100


def save(
    session: Session,
    project: Project,
    name: str,
    mapping: ColumnMapping,
    *,
    now: datetime,
    actor: int | None,
) -> SavedMapping:
    """Keep a mapping under a name, in the place of the one that had it.

    Raises Invalid at "name" or in the mapping; Conflict where the project has enough.
    """
    name = checked_name(name)
    parse_mapping(mapping.as_dict())
    slots.lock_project(session, project.id)
    row = _named(session, project.id, name)
    if row is None:
        there = select(func.count()).where(SavedMapping.project_id == project.id)
        if (session.scalar(there) or 0) >= MOST:
            raise Conflict("A project keeps at most %(n)s mappings. Remove one first.", n=MOST)
        row = SavedMapping(project_id=project.id, name=name)
        session.add(row)
    elif dump_json(row.body) == dump_json(mapping.as_dict()):
        return row
    row.body, row.saved_at, row.saved_by = mapping.as_dict(), now, actor
    session.flush()
    _note(session, "mapping.save", row, now, actor, mapping=row.body)
    return row


def checked_name(given: str) -> str:
    """A name that a mapping can have. Raises Invalid at "name"."""
    name = given.strip()
    why = name_fault(name, NAME_LENGTH)
    if why is not None:
        raise Invalid({"name": why})
    return name


def remove(
    session: Session, project_id: int, name: str, *, now: datetime, actor: int | None
) -> None:
    """Keep that mapping no longer. What was brought in by it stays. Raises NotFound."""
    row = _named(session, project_id, name)
    if row is None:
        raise NotFound("This project has no mapping of that name.")
    session.delete(row)
    session.flush()
    _note(session, "mapping.remove", row, now, actor)


def shell_command(slug: str, file: str, mapping: ColumnMapping, *flags: str) -> str:
    """The command that brings a file in by this mapping, as the flags say beside it."""
    words = ["workbench", "import", slug, file]
    for option, said in (
        ("--map", mapping.columns),
        ("--with", mapping.constants),
        ("--value", mapping.values),
    ):
        for name, value in said.items():
            words += [option, f"{name}={value}"]
    return shlex.join([*words, *flags])


def _named(session: Session, project_id: int, name: str) -> SavedMapping | None:
    return session.scalars(
        select(SavedMapping)
        .where(SavedMapping.project_id == project_id, SavedMapping.name == name)
        .with_for_update()
    ).one_or_none()


def _note(
    session: Session,
    action: str,
    row: SavedMapping,
    now: datetime,
    actor: int | None,
    **more: object,
) -> None:
    detail = {"name": row.name, **more}
    audit.append(session, action, f"project:{row.project_id}", actor=actor, at=now, detail=detail)

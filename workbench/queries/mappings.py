"""Mappings of columns that a project keeps."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.errors import NotFound
from workbench.intake.mapping import ColumnMapping, parse_mapping
from workbench.models import SavedMapping, User


@dataclass(frozen=True)
class MappingLine:
    """A saved mapping. `by` None: the command line."""

    name: str
    mapping: ColumnMapping
    at: datetime
    by: str | None


def mappings_of(session: Session, project_id: int) -> list[MappingLine]:
    """The project's mappings, in order of their names."""
    rows = session.execute(
        select(SavedMapping, User.name)
        .outerjoin(User, User.id == SavedMapping.saved_by)
        .where(SavedMapping.project_id == project_id)
        .order_by(SavedMapping.name)
    )
    return [MappingLine(row.name, parse_mapping(row.body), row.saved_at, by) for row, by in rows]


def mapping_named(session: Session, project_id: int, name: str) -> MappingLine:
    """That mapping of the project. Raises NotFound."""
    return named(mappings_of(session, project_id), name)


def named(lines: Collection[MappingLine], name: str) -> MappingLine:
    """The one of that name. Raises NotFound."""
    for line in lines:
        if line.name == name:
            return line
    raise NotFound("This project has no mapping of that name.")


def fitting(lines: Collection[MappingLine], columns: Collection[str]) -> MappingLine | None:
    """The mapping all of whose columns are among these: of several the one that reads most of them,
    then the newest. None where none fits."""
    there = set(columns)
    fit = [line for line in lines if line.mapping.read and there.issuperset(line.mapping.read)]
    return max(fit, key=lambda line: (len(line.mapping.read), line.at), default=None)

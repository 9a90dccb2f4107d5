"""Keep a training set under a name, for a program that may ask for the same again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from workbench.db import Database
from workbench.errors import Conflict
from workbench.export.formats import Format
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.messages import Invalid
from workbench.models import ExportFile, Project
from workbench.queries.sources import snapshot_named
from workbench.services.make_export import (
    Place,
    build,
    check_name,
    options_of,
    record,
)


@dataclass(frozen=True)
class Wanted:
    """What is asked for."""

    name: str
    fmt: Format
    policy: ExportPolicy


class _Kept(Exception):
    """Another one with the same settings was first: what was built is not needed."""

    def __init__(self, row: ExportFile) -> None:
        self.row = row


def keep(
    database: Database,
    writing: Callable[[], Session],
    project: Project,
    wanted: Wanted,
    *,
    place: Place,
    now: datetime,
    actor: int | None,
) -> tuple[ExportFile, bool]:
    """The snapshot of that name, and whether it was made now.

    One that is there with the very same settings is the answer, with the rows of back then.
    `writing` gives the transaction that notes a new one, once its files lie ready; it should be a
    patient one, since all that was built is lost where it cannot be had. Raises Conflict
    where the name has other settings, Invalid by field.
    """
    check_name(wanted.name)
    with database.read() as reading:
        found = _same(reading, project, wanted)
    if found is not None:
        return found, False
    try:
        with build(database, project, wanted.fmt, wanted.policy, place) as built:
            session = writing()
            try:
                with session.begin_nested():
                    row = record(session, project, built, name=wanted.name, now=now, actor=actor)
            except Invalid:
                # Somebody took the name while this was being built.
                found = _same(session, project, wanted)
                if found is None:
                    raise
                raise _Kept(found) from None
    except _Kept as kept:
        return kept.row, False
    return row, True


def _same(session: Session, project: Project, wanted: Wanted) -> ExportFile | None:
    """The snapshot of that name, if it has the settings that are asked for. Raises Conflict."""
    row = snapshot_named(session, project.id, wanted.name)
    if row is None:
        return None
    if (row.format, parse_policy(options_of(row))) != (wanted.fmt.name, wanted.policy):
        raise Conflict(
            "There is a snapshot “%(name)s” already, with other settings. It never changes: choose "
            "another name.",
            name=wanted.name,
        )
    return row

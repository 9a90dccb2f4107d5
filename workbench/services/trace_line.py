"""From a line of a training set back to the item that gives it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.db import Database
from workbench.export.manifest import Written
from workbench.export.write import Given, Judged, item_of_line
from workbench.models import Project
from workbench.queries.export import judged_items, judged_of, left_items, row_of
from workbench.queries.trace import rows_named

#: Under what a row names its item, in the formats that do.
_NAMES = ("id", "item", "question_id", "workbench")


def item_of(database: Database, project: Project, written: Written, line: bytes) -> int | None:
    """The row of the item that gives the line; None when none does.

    Where the line names its item, that one is tried; where it does not, all are, one after the
    other, which takes as long as an export.
    """
    name = name_in(line)
    if name is not None:
        return _of_name(database, project, written, line, name)
    item_id = _present(database, project, written, line)
    return item_id or _that_left(database, project, written, line)


def name_in(line: bytes) -> str | None:
    """The name of the item in a line; None where there is none."""
    try:
        row = orjson.loads(line.strip().removesuffix(b","))
    except orjson.JSONDecodeError:
        return None
    if not isinstance(row, dict):
        return None
    inner = row.get("data")
    places: list[dict[str, Any]] = [row, inner] if isinstance(inner, dict) else [row]
    found = (place.get(key) for place in places for key in _NAMES)
    return next((each for each in found if isinstance(each, str)), None)


def _of_name(
    database: Database, project: Project, written: Written, line: bytes, name: str
) -> int | None:
    with database.read() as session:
        return _first(session, rows_named(session, project.id, name), project, written, line)


def _present(database: Database, project: Project, written: Written, line: bytes) -> int | None:
    judged = _gives(judged_items(database, project.id, written.watermark), project, written, line)
    if judged is None:
        return None
    with database.read() as session:
        return row_of(session, project.id, judged.item.id)


def _that_left(database: Database, project: Project, written: Written, line: bytes) -> int | None:
    """Of those that were replaced, taken out or made gold since."""
    with database.read() as session:
        return _first(session, left_items(session, project.id), project, written, line)


def _first(
    session: Session, ids: list[int], project: Project, written: Written, line: bytes
) -> int | None:
    """Of these rows, in their order, the first that gives the line."""
    given = judged_of(session, ids, written.watermark)
    for item_id, each in zip(ids, given, strict=True):
        if _gives([each], project, written, line) is not None:
            return item_id
    return None


def _gives(
    given: Iterable[Given], project: Project, written: Written, line: bytes
) -> Judged | None:
    return item_of_line(
        given,
        task_types.get(project.type),
        project.config,
        written.format,
        written.policy,
        line=line,
        trust=written.trust,
    )

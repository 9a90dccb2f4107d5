"""Read judgments made elsewhere and check each against its item, before anything is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy import Row, bindparam
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.db import Database, listed
from workbench.intake import Line, ParsedJudgment, Source, read_judgments
from workbench.messages import N_, Invalid, Message
from workbench.models import Item, Project
from workbench.queries.item_rows import plain_item, select_items
from workbench.services.numbers import Numbers
from workbench.services.spool import Prepared, Progress, in_batches, no_progress
from workbench.task_types import base
from workbench.task_types.said import said_in

_UNKNOWN = N_("is no item of this project, or one that was taken out")
_SHOWN = N_("must name every response of the item once")

#: Items held in memory at once while answers are checked against them.
_ITEMS = 50

_JUDGED = (
    select_items()
    .where(
        Item.project_id == bindparam("project"),
        Item.external_id.in_(listed("names")),
        Item.retired_at.is_(None),
    )
    .execution_options(yield_per=_ITEMS)
)

Faults = dict[str, Message]


class PreparedJudgments(Prepared):
    """A source of judgments that was read to its end, each checked against its item."""

    def __init__(self, source: Source, reject_to: BinaryIO | None, progress: Progress) -> None:
        super().__init__(source, reject_to, progress)
        self.item_ids = Numbers()
        self.reviewers: set[str] = set()


class Checked(NamedTuple):
    """A good line as it goes through the spool. `at` is a time in ISO 8601 or None."""

    item_id: int
    item: str
    language: str
    reviewer: str
    answer: dict[str, Any]
    at: str | None
    active_ms: int | None
    #: The order of responses that the reviewer saw; empty when nobody noted it.
    shown: list[str]
    #: The order in the item.
    order: list[str]
    #: What the answer says, as `task_types.said` has it.
    said: int


def prepare(
    database: Database,
    project: Project,
    source: Source,
    reject_to: BinaryIO | None = None,
    progress: Progress = no_progress,
) -> PreparedJudgments:
    """Read a source and check its answers against their items, in short reading transactions.

    See `Prepared`; close it by a `with`.
    """
    prepared = PreparedJudgments(source, reject_to, progress)
    with source:
        check_lines(prepared, project, prepared.watch(read_judgments(source)), database.read)
    return prepared


def check_lines(
    prepared: PreparedJudgments,
    project: Project,
    lines: Iterable[Line[ParsedJudgment]],
    reading: Callable[[], AbstractContextManager[Session]],
) -> None:
    """Check lines against their items, each batch of them in a session of `reading`, and set aside
    what is good."""
    for batch in in_batches(lines, lambda line: len(line.raw)):
        with reading() as session:
            checked = _check(session, project, batch)
        for line, found in zip(batch, checked, strict=True):
            _sort_out(prepared, line, found)


def _sort_out(
    prepared: PreparedJudgments, line: Line[ParsedJudgment], found: Checked | Faults
) -> None:
    if line.parsed is None:
        prepared.note(line)
    elif isinstance(found, dict):
        prepared.reject(line, found)
    else:
        prepared.keep(line, found)
        prepared.item_ids.add(found.item_id)
        prepared.reviewers.add(found.reviewer)


def _check(
    session: Session, project: Project, lines: Sequence[Line[ParsedJudgment]]
) -> list[Checked | Faults]:
    """What each line is, or what is wrong with it. A line that could not be read stays unknown."""
    checked: list[Checked | Faults] = [{"item": _UNKNOWN} for _ in lines]
    by_item: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        if line.parsed is not None:
            by_item.setdefault(line.parsed.item, []).append(place)
    task_type = task_types.get(project.type)
    rows = session.execute(_JUDGED, {"project": project.id, "names": list(by_item)})
    for row in rows:
        item = plain_item(row)
        for place in by_item[item.id]:
            if (given := lines[place].parsed) is not None:
                checked[place] = _check_one(given, row, item, task_type, project.config)
    return checked


def _check_one(
    given: ParsedJudgment,
    row: Row[Any],
    item: base.Item,
    task_type: base.TaskType,
    config: base.Config,
) -> Checked | Faults:
    faults: Faults = {}
    answer: base.Answer = {}
    try:
        answer = task_type.check_answer(given.answer, item, config)
    except Invalid as error:
        faults = {f"answer.{name}": why for name, why in error.errors.items()}
    order = [response.id for response in item.responses]
    if given.shown is not None and sorted(given.shown) != sorted(order):
        faults["shown"] = _SHOWN
    if faults:
        return faults
    return Checked(
        item_id=row.id,
        item=item.id,
        language=row.language_base,
        reviewer=given.reviewer,
        answer=answer,
        at=given.at.isoformat() if given.at else None,
        active_ms=None if given.active_seconds is None else round(given.active_seconds * 1000),
        shown=list(given.shown or ()),
        order=order,
        said=said_in(task_type, answer, item, config),
    )

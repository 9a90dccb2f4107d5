"""From a source of another tool to checked records: every one with its items and judgments."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from workbench.intake.items import content_hash, parse_item
from workbench.intake.judgments import parse_judgment
from workbench.intake.problems import path
from workbench.intake.read import Line, checked_item, problem_line
from workbench.intake.rows import Row
from workbench.intake.seen import SeenIds
from workbench.intake.source import Source
from workbench.intake.tools.answers import join_faults
from workbench.intake.tools.base import Gather, Given, Made, Place, Tool
from workbench.intake.tools.gather import Gathered, gathered
from workbench.messages import N_, Invalid, Message
from workbench.task_types.base import Item, TaskType


@dataclass(frozen=True, slots=True)
class Record:
    """What a good record became: items with their hashes, judgments in the own format, and what of
    it was left out."""

    items: list[tuple[Item, str]]
    judgments: list[dict[str, Any]]
    left: list[Message]


def read_records(
    source: Source, tool: Tool, task_type: TaskType, given: Given
) -> Generator[Line[Record]]:
    """The records of a source (JSON lines, or one JSON array), each whole or not at all.

    Of a tool that gathers, the records of one item stand for one: a good line is then numbered by
    the items, a wrong one by the record in its file.

    Items, judgments and the answers in them are checked as those of the own format. An id that
    comes again with other content is a problem of the later record.
    """
    seen = SeenIds()
    rows = (
        tool.rows(source)
        if tool.rows is not None
        else source.rows(lines_only=True, or_array=True, reader=tool.read)
    )
    for group in _groups(source, rows, tool):
        if isinstance(group, Line):
            yield group
            continue
        row = group.rows[0]
        try:
            record = _fitting(group.make(given), task_type, given, seen, row)
        except Invalid as error:
            yield problem_line(row.file or source.name, row, error.errors)
        else:
            yield Line(group.number, group.raw, record)


@dataclass(frozen=True, slots=True)
class _Single:
    """A record that is an item by itself."""

    rows: tuple[Row]
    _make: Callable[[Place, Given], Made]

    @property
    def number(self) -> int:
        return self.rows[0].number

    @property
    def raw(self) -> bytes:
        return self.rows[0].raw

    def make(self, given: Given) -> Made:
        return self._make(Place(self.rows[0].data), given)


def _groups(
    source: Source, rows: Iterable[Row], tool: Tool
) -> Iterator[Line[Any] | _Single | Gathered]:
    """Records that can be made into something, and what is wrong with the others."""
    if isinstance(tool.make, Gather):
        yield from gathered(source, rows, tool.make)
        return
    for row in rows:
        if row.data is None or row.faults:
            yield problem_line(source.name, row, row.faults)
        else:
            yield _Single((row,), tool.make)


class _Taken(Invalid):
    """An item's id has had another content in the file."""


def _fitting(made: Made, task_type: TaskType, given: Given, seen: SeenIds, row: Row) -> Record:
    """What was made, or the first of what it says otherwise whose ids are not taken."""
    try:
        return _checked(made, task_type, given, seen, row)
    except _Taken as taken:
        for other in made.otherwise:
            with suppress(_Taken):
                return _checked(other, task_type, given, seen, row)
        raise Invalid(taken.errors) from None


def _checked(made: Made, task_type: TaskType, given: Given, seen: SeenIds, row: Row) -> Record:
    """Raises Invalid naming what was made: item.prompt, judgment.answer.tiers.

    What a sound row holds stays sound in other places, and is not looked through again.
    """
    items: dict[str, tuple[Item, str]] = {}
    for raw in made.items:
        try:
            parsed = parse_item(raw, sound=row.sound)
            item = checked_item(parsed, task_type, given.config)
        except Invalid as error:
            raise join_faults(error.errors, "item") from None
        digest = content_hash(item)
        first = seen.conflict(item.id, digest, row.number)
        if first is not None:
            raise _Taken({"item.id": N_("is that of record %(first)d as well", first=first)})
        items[item.id] = item, digest
    for place, raw in enumerate(made.judgments):
        under = path("judgment", place) if len(made.judgments) > 1 else "judgment"
        _check_judgment(raw, items, task_type, given, (under, row.sound))
    return Record(list(items.values()), made.judgments, made.left)


def _check_judgment(
    raw: dict[str, Any],
    items: dict[str, tuple[Item, str]],
    task_type: TaskType,
    given: Given,
    how: tuple[str, bool],
) -> None:
    under, sound = how
    try:
        judgment = parse_judgment(raw, sound=sound)
    except Invalid as error:
        raise join_faults(error.errors, under) from None
    item, _digest = items[judgment.item]
    try:
        task_type.check_answer(judgment.answer, item, given.config)
    except Invalid as error:
        raise join_faults(error.errors, f"{under}.answer") from None

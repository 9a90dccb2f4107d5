"""From a source to checked lines: every record of it, with what it is or why it is nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from workbench.intake.gold import ParsedGold, parse_gold
from workbench.intake.items import content_hash, parse_item
from workbench.intake.judgments import ParsedJudgment, parse_judgment
from workbench.intake.practice import ParsedPractice, parse_practice
from workbench.intake.problems import Problem
from workbench.intake.rows import Row
from workbench.intake.seen import SeenIds
from workbench.intake.source import Source
from workbench.messages import N_, Invalid, Message
from workbench.task_types.base import Answer, Config, Item, Shape, TaskType
from workbench.task_types.comparison import can_be_compared

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line(Generic[T]):
    """One record of a source. Either `parsed` is there or `problems` are, never both.

    `number`: its physical line from 1 (in Parquet its row). `raw`: as it stood in the file, without
    the line's end, cut if it was oversized; JSON of the row for Parquet. `fatal`: the rest of the
    source could not be read, so that nothing follows. `content_hash`: of an item, "" otherwise.
    """

    number: int
    raw: bytes
    parsed: T | None
    problems: tuple[Problem, ...] = ()
    fatal: bool = False
    content_hash: str = ""

    def rejected(self, say: Callable[[Message], str] = str) -> dict[str, Any]:
        """The JSON object for a file of rejects: where, the original text, and the reasons."""
        return {
            "file": self.problems[0].file if self.problems else "",
            "line": self.number,
            "raw": self.raw.decode(errors="replace"),
            "problems": [{"field": p.field, "why": say(p.why)} for p in self.problems],
        }


def read_items(source: Source, task_type: TaskType, config: Config) -> Generator[Line[Item]]:
    """The items of a source (JSON lines, CSV, Parquet), checked by themselves and by their type.

    An id that comes again with other content is a problem of the later line; with the same content
    it is given again.
    """
    with closing(SeenIds()) as seen:
        for row in source.rows():
            item, faults = _parse(row, parse_item)
            if item is not None and not faults:
                try:
                    item = checked_item(item, task_type, config)
                except Invalid as error:
                    faults = error.errors
            if item is None or faults:
                yield problem_line(source.name, row, faults)
                continue
            digest = content_hash(item)
            first = seen.conflict(item.id, digest, row.number)
            if first is None:
                yield Line(row.number, row.raw, item, content_hash=digest)
            else:
                yield problem_line(source.name, row, {"id": _conflict(first)})


def read_practice(
    source: Source, task_type: TaskType, config: Config
) -> Generator[Line[ParsedPractice]]:
    """The practice items of a source of JSON lines, checked like items, with what is expected.

    An id that comes again is a problem of the later line.
    """
    first: dict[str, int] = {}
    for row in source.rows(lines_only=True):
        given, faults = _parse(row, parse_practice)
        if given is not None and not faults:
            try:
                item = checked_item(given.item, task_type, config)
                expected = _expected(given.expected, item, task_type, config)
                given = ParsedPractice(item, expected, given.why)
            except Invalid as error:
                faults = error.errors
        if given is not None and not faults:
            before = first.setdefault(given.item.id, row.number)
            if before != row.number:
                faults = {"id": N_("is the id of line %(first)d as well", first=before)}
        if given is None or faults:
            yield problem_line(source.name, row, faults)
        else:
            yield Line(row.number, row.raw, given, content_hash=given.digest)


def _expected(raw: Answer, item: Item, task_type: TaskType, config: Config) -> Answer:
    """The expected answer as the type stores it. Raises Invalid under `expected`."""
    try:
        answer = task_type.check_answer(raw, item, config)
    except Invalid as error:
        raise Invalid({f"expected.{name}": why for name, why in error.errors.items()}) from None
    if not can_be_compared(task_type, item, config, answer):
        raise Invalid({"expected": N_("settles nothing that an answer could be compared with")})
    return answer


def checked_item(item: Item, task_type: TaskType, config: Config) -> Item:
    """The item as its type takes it. Raises Invalid."""
    _check_kind(item, task_type)
    return task_type.parse_item(item, config)


_SHAPES: dict[Shape, Message] = {
    "text": N_("must be a text, {id, model, text}: this project judges texts"),
    "turns": N_(
        "must be a conversation, {id, model, messages}: this project judges whole conversations"
    ),
    "steps": N_("must be a list of steps, {id, model, steps}: this project judges single steps"),
}


def _check_kind(item: Item, task_type: TaskType) -> None:
    """Raises Invalid where a response is of another shape than the type judges."""
    wrong = [i for i, r in enumerate(item.responses) if r.shape != task_type.shape]
    if wrong:
        raise Invalid({f"responses[{i}]": _SHAPES[task_type.shape] for i in wrong})


def _conflict(first: int) -> Message:
    return N_("is the id of line %(first)d as well, which has other content", first=first)


def read_judgments(source: Source) -> Generator[Line[ParsedJudgment]]:
    """The judgments of a source of JSON lines.

    Their answers are objects and no more is known of them: to check one takes its item.
    """
    for row in source.rows(lines_only=True):
        judgment, faults = _parse(row, parse_judgment)
        if judgment is None or faults:
            yield problem_line(source.name, row, faults)
        else:
            yield Line(row.number, row.raw, judgment)


def read_gold(source: Source) -> Generator[Line[ParsedGold]]:
    """The known answers of a source of JSON lines.

    Their answers are objects and no more is known of them: to check one takes its item. An item
    that comes again is a problem of the later line.
    """
    first: dict[str, int] = {}
    for row in source.rows(lines_only=True):
        given, faults = _parse(row, parse_gold)
        if given is not None and not faults:
            before = first.setdefault(given.item, row.number)
            if before != row.number:
                faults = {"item": N_("is the id of line %(first)d as well", first=before)}
        if given is None or faults:
            yield problem_line(source.name, row, faults)
        else:
            yield Line(row.number, row.raw, given)


def _parse(row: Row, parse: Callable[..., T]) -> tuple[T | None, Mapping[str, Message]]:
    """What the row holds and everything that is wrong with it; nothing is raised."""
    if row.data is None:
        return None, row.faults
    try:
        parsed = parse(row.data, sound=row.sound)
    except Invalid as error:
        return None, {**error.errors, **row.faults}
    return parsed, row.faults


def problem_line(file: str, row: Row, faults: Mapping[str, Message]) -> Line[Any]:
    """The line that a record is with which something is wrong."""
    problems = _problems(file, row, faults.items())
    raw = row.raw.rstrip(b"\r\n")
    if not raw and row.data is not None:
        raw = orjson.dumps(row.data, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Line(row.number, raw, None, tuple(problems), row.fatal)


def _problems(file: str, row: Row, faults: Iterable[tuple[str, Message]]) -> Iterator[Problem]:
    for field, why in faults:
        yield Problem(file, row.number, _as_named_in(row, field), why)


def _as_named_in(row: Row, field: str) -> str:
    """The field, or the column that it came from."""
    if row.columns is None or row.data is None:
        return field
    return row.columns.column(field, row.data)

"""What an export format is: how a row is made, and which rows it refuses.

`row` gives a dict whose keys stand in the order they have in the file, with the same keys and types
in every row: readers infer a column's type from the first rows. `check` takes such a row and gives
None, or a code of `reasons.REASONS` for a row that a trainer would take without an error and learn
the wrong thing from. `label` names the class of a row where a trainer needs every class present.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.messages import Message
from workbench.task_types.base import AnswerRecord, Item, Record, RecordKind

Row = dict[str, Any]


@dataclass(frozen=True)
class RecordFormat:
    """A format of training records: one row a record of its kind."""

    name: str
    title: Message
    kind: RecordKind
    row: Callable[[Item, Record], Row]
    check: Callable[[Row], str | None]
    label: Callable[[Row], str] | None = None
    #: Classes that `label` can give and that training needs, all of them.
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class JudgmentFormat:
    """A format of raw judgments: one row a judgment, and no policy stands between."""

    name: str
    title: Message
    row: Callable[[Item, AnswerRecord], Row]
    check: Callable[[Row], str | None]
    kind: None = None
    label: None = None
    classes: tuple[str, ...] = ()


Format = RecordFormat | JudgmentFormat

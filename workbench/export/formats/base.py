"""What an export format is: how a row is made, and which rows it refuses.

`row` gives a dict whose keys stand in the order they have in the file, with the same keys and types
in every row: readers infer a column's type from the first rows. `check` takes such a row and gives
None, or a code of `reasons.REASONS` for a row that a trainer would take without an error and learn
the wrong thing from. `label` names the class of a row where a trainer needs every class present.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.export.policy import GENERAL, PARTING
from workbench.messages import N_, Message
from workbench.task_types.base import AnswerRecord, Config, Item, Record, RecordKind

Row = dict[str, Any]

EVERY_JUDGMENT = N_("Every judgment is written, whatever the policy says.")


@dataclass(frozen=True)
class Companion:
    """A file that lies beside the rows because the trainer reads it first.

    It is a JSON object with an entry for each file of rows; entries of other exports stay in it.
    """

    name: str
    #: The name of a file of rows to (key, what the object says of it).
    entry: Callable[[str], tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Configuration:
    """A file that lies beside the rows because the tool is set up with it before it reads them."""

    #: What its name has in the place of the rows' ending.
    suffix: str
    #: Its text, by the type of the project, its settings, and the most responses an item has.
    text: Callable[[str, Config, int], str]


class _OneObjectALine:
    """What holds of every format of lines: any type can give it that has its records."""

    suffix = ".jsonl"
    array = False
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordFormat(_OneObjectALine):
    """A format of training records: one row a record of its kind."""

    name: str
    title: Message
    kind: RecordKind
    row: Callable[[Item, Record], Row]
    check: Callable[[Row], str | None]
    label: Callable[[Row], str] | None = None
    #: Classes that `label` can give and that training needs, all of them.
    classes: tuple[str, ...] = ()
    #: The options of the policy that it goes by.
    heeds: tuple[str, ...] = GENERAL
    #: What stands in the place of the other options, in plain words.
    notes: tuple[Message, ...] = ()
    companion: Companion | None = None


@dataclass(frozen=True)
class JudgmentFormat(_OneObjectALine):
    """A format of raw judgments: one row a judgment, and no policy stands between."""

    name: str
    title: Message
    row: Callable[[Item, AnswerRecord], Row]
    check: Callable[[Row], str | None]
    kind: None = None
    label: None = None
    classes: tuple[str, ...] = ()
    heeds: tuple[str, ...] = PARTING
    notes: tuple[Message, ...] = (EVERY_JUDGMENT,)
    companion: None = None


@dataclass(frozen=True)
class ItemFormat(_OneObjectALine):
    """A format of items: one row an item, whether anybody judged it or not."""

    name: str
    title: Message
    row: Callable[[Item], Row]
    check: Callable[[Row], str | None]
    kind: None = None
    label: None = None
    classes: tuple[str, ...] = ()
    heeds: tuple[str, ...] = PARTING
    notes: tuple[Message, ...] = (N_("Every item is written, judged or not."),)
    companion: None = None


@dataclass(frozen=True)
class ExchangeFormat:
    """A format for another tool to go on with: one row an item, with every judgment of it.

    The file is one JSON array, which such tools ask for, with a row a line.
    """

    name: str
    title: Message
    #: Slugs of the task types whose answers it has a shape for.
    types: tuple[str, ...]
    row: Callable[[Item, Sequence[AnswerRecord], Config], Row]
    check: Callable[[Row], str | None]
    notes: tuple[Message, ...]
    kind: None = None
    label: None = None
    classes: tuple[str, ...] = ()
    heeds: tuple[str, ...] = PARTING
    companion: Configuration | None = None
    suffix: str = ".json"
    array: bool = True


Format = RecordFormat | JudgmentFormat | ItemFormat | ExchangeFormat

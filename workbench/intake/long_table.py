"""Files of items and of judgments as the long table that `workbench.stats` takes, without a server.

from workbench.intake.long_table import long_table

table = long_table("ranking", "outputs.jsonl", "judgments.jsonl")
krippendorff_alpha(table[table["question"] == "overall"], "interval")
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import pandas as pd

from workbench import task_types
from workbench.intake.judgments import ParsedJudgment
from workbench.intake.read import Line, read_items, read_judgments
from workbench.intake.source import open_source
from workbench.messages import N_, Invalid, Message
from workbench.task_types.base import Answer, Config, Item, TaskType

COLUMNS = ("item", "reviewer", "question", "unit", "value", "language")

T = TypeVar("T")
Path = str | os.PathLike[str]


def long_table(
    type_slug: str, items: Path, judgments: Path, config: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """What was answered, one value a row, as `workbench agreement` sees it.

    `items`: a file as `workbench import` reads it; `judgments`: JSON lines as `workbench export
    --format judgments` writes them. `type_slug` and `config` are those of the project. Columns:
    item, reviewer, question (a key of the type's questions), unit, value, language ("es", without a
    region). Take one question at a time: values of several are not comparable.
    Raises Invalid for the first line that is wrong, named FILE:LINE: FIELD; KeyError for a type
    that does not exist.
    """
    task_type = task_types.get(type_slug)
    settings = task_type.parse_config(config or {})
    with open_source(items) as source:
        known = {item.id: item for _, item in _sound(read_items(source, task_type, settings))}
    with open_source(judgments) as source:
        rows = [
            row
            for line, judgment in _sound(read_judgments(source))
            for row in _rows(f"{source.name}:{line}", judgment, known, task_type, settings)
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"value": object})


def _sound(lines: Iterator[Line[T]]) -> Iterator[tuple[int, T]]:
    """Line numbers and what stands there. Raises Invalid for the first bad line."""
    for line in lines:
        if line.parsed is None:
            raise Invalid({problem.where: problem.why for problem in line.problems})
        yield line.number, line.parsed


def _rows(
    where: str,
    judgment: ParsedJudgment,
    items: Mapping[str, Item],
    task_type: TaskType,
    config: Config,
) -> Iterator[tuple[Any, ...]]:
    item = items.get(judgment.item)
    if item is None:
        why = N_("is none of the items: “%(item)s”", item=judgment.item)
        raise Invalid({f"{where}: item": why})
    answer = _answer(where, judgment.answer, item, task_type, config)
    language = item.language.partition("-")[0]
    for unit in task_type.units(answer, item, config):
        yield item.id, judgment.reviewer, unit.question, unit.unit, unit.value, language


def _answer(where: str, raw: Answer, item: Item, task_type: TaskType, config: Config) -> Answer:
    try:
        return task_type.check_answer(raw, item, config)
    except Invalid as error:
        faults: dict[str, Message] = {
            f"{where}: answer.{name}": why for name, why in error.errors.items()
        }
        raise Invalid(faults) from None

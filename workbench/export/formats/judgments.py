"""Every current judgment as it was given, in the shape that `import-judgments` reads back."""

from __future__ import annotations

import orjson

from workbench.export.formats.base import JudgmentFormat, Row
from workbench.export.formats.columns import all_text, has_columns
from workbench.messages import N_
from workbench.task_types.base import Answer, AnswerRecord, Item

COLUMNS = ("item", "reviewer", "answer", "at", "active_seconds", "shown", "guideline")


def row(item: Item, answer: AnswerRecord) -> Row:
    """One judgment. `active_seconds` in seconds, `shown` in the order of the screen.

    What is not known is null: import takes neither an empty time nor an empty order.
    """
    seconds = answer.active_seconds
    return {
        "item": item.id,
        "reviewer": answer.reviewer,
        "answer": in_fixed_order(answer.answer),
        "at": answer.at or None,
        "active_seconds": None if seconds is None else float(seconds),
        "shown": list(answer.shown) or None,
        "guideline": answer.guideline_version,
    }


def in_fixed_order(answer: Answer) -> Answer:
    """The same answer with sorted keys at every depth: databases keep their own order of keys."""
    ordered: Answer = orjson.loads(orjson.dumps(answer, option=orjson.OPT_SORT_KEYS))
    return ordered


def check(row: Row) -> str | None:
    """Code of what import would refuse, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not all_text(row, ("item", "reviewer")) or not isinstance(row["answer"], dict):
        return "wrong_values"
    return None if row["item"] and row["reviewer"] else "wrong_values"


FORMAT = JudgmentFormat(
    name="judgments",
    title=N_("All judgments, one a line"),
    row=row,
    check=check,
)

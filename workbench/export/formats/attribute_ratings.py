"""Ratings by attribute, one response a line, in the manner of HelpSteer2.

HelpSteer2 has "prompt" and "response" as texts and one whole number an attribute; here "prompt" is
a list of messages, as in the other formats, and the columns behind the attributes are provenance.
Every number is whole, whether each judgment has a line or the median does: see the task type.
"""

from __future__ import annotations

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_text, is_count
from workbench.export.formats.conversation import check_prompt, messages
from workbench.messages import N_
from workbench.task_types.base import Item, Record

BEFORE = ("prompt", "response")
AFTER = ("id", "response_id", "model", "language", "n_judgments")
#: What a record holds beside its attributes.
_BESIDE = ("response", "n_judgments")


def row(item: Item, record: Record) -> Row:
    """One response with its ratings: {"prompt", "response", attribute..., provenance...}."""
    data = record.data
    response = data["response"]
    return {
        "prompt": messages(item.prompt),
        "response": response.text,
        **{key: value for key, value in data.items() if key not in _BESIDE},
        "id": item.id,
        "response_id": response.id,
        "model": response.model,
        "language": item.language,
        "n_judgments": data["n_judgments"],
    }


def check(row: Row) -> str | None:
    """Code of what would spoil training, or None."""
    columns = tuple(row)
    attributes = columns[len(BEFORE) : -len(AFTER)]
    if columns != (*BEFORE, *attributes, *AFTER) or not attributes:
        return "wrong_columns"
    if not all_text(row, ("response", "id", "response_id", "model", "language")):
        return "wrong_values"
    if not (is_count(row["n_judgments"], 1) and all(_is_whole(row[key]) for key in attributes)):
        return "wrong_values"
    if not row["response"].strip():
        return "empty_text"
    return check_prompt(row["prompt"])


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


FORMAT = RecordFormat(
    name="attribute-ratings",
    title=N_("Ratings by attribute as in HelpSteer2; of several judgments the median"),
    kind="rating",
    row=row,
    check=check,
)

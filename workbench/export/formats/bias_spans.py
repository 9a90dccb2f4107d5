"""Flags of bias, one row a flag, with the text they speak of.

`start` and `end` count code points of `text`, end exclusive; both are null where the whole response
is flagged, and `quote` is then empty. Every passage is compared with its text once more.
`agreement` is the share of the judgments that flagged the response with that category.
"""

from __future__ import annotations

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_text, has_columns, is_count, is_share
from workbench.export.formats.conversation import messages
from workbench.messages import N_
from workbench.task_types.base import Item, Record

TEXTS = (
    "id",
    "language",
    "response_id",
    "model",
    "text",
    "quote",
    "category",
    "direction",
    "reason",
)
COLUMNS = (
    "id",
    "language",
    "prompt",
    "response_id",
    "model",
    "text",
    "start",
    "end",
    "quote",
    "category",
    "direction",
    "severity",
    "reason",
    "n_judgments",
    "agreement",
)


def row(item: Item, record: Record) -> Row:
    """One flag with its response."""
    data = record.data
    response = data["response"]
    return {
        "id": item.id,
        "language": item.language,
        "prompt": messages(item.prompt),
        "response_id": response.id,
        "model": response.model,
        "text": response.text,
        "start": data["start"],
        "end": data["end"],
        "quote": data["quote"],
        "category": data["category"],
        "direction": data["direction"],
        "severity": data["severity"],
        "reason": data["reason"],
        "n_judgments": data["n_judgments"],
        "agreement": float(data["agreement"]),
    }


def check(row: Row) -> str | None:
    """Code of what would mislead a reader of the row, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not (all_text(row, TEXTS) and is_count(row["severity"], 1, 3)):
        return "wrong_values"
    if not (is_count(row["n_judgments"], 1) and is_share(row["agreement"])):
        return "wrong_values"
    if not row["text"].strip():
        return "empty_text"
    return _check_passage(row)


def _check_passage(row: Row) -> str | None:
    start, end = row["start"], row["end"]
    if start is None and end is None:
        return None
    if not (is_count(start) and is_count(end, 1, len(row["text"])) and start < end):
        return "offset_mismatch"
    return None if row["text"][start:end] == row["quote"] else "offset_mismatch"


FORMAT = RecordFormat(
    name="bias-spans",
    title=N_("Passages flagged for bias"),
    kind="span",
    row=row,
    check=check,
)

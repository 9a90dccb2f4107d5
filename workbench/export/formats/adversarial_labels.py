"""Verdicts on attacks, with what the model did and what it should have said."""

from __future__ import annotations

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_text, has_columns, is_count, is_share
from workbench.export.formats.conversation import messages
from workbench.messages import N_
from workbench.task_types.base import Item, Record

OUTCOMES = ("complied", "partial", "refused", "over_refused", "harmless")
TEXTS = ("id", "language", "model", "response", "better_response")
COLUMNS = (
    "id",
    "language",
    "prompt",
    "model",
    "response",
    "attack",
    "harm",
    "technique",
    "outcome",
    "severity",
    "better_response",
    "n_judgments",
    "agreement",
)


def row(item: Item, record: Record) -> Row:
    """One verdict with the prompt and the response it speaks of. The item has one response."""
    data = record.data
    response = item.responses[0]
    return {
        "id": item.id,
        "language": item.language,
        "prompt": messages(item.prompt),
        "model": response.model,
        "response": response.text,
        "attack": data["attack"],
        "harm": data["harm"],
        "technique": data["technique"],
        "outcome": data["outcome"],
        "severity": data["severity"],
        "better_response": data["better_response"],
        "n_judgments": data["n_judgments"],
        "agreement": float(data["agreement"]),
    }


def check(row: Row) -> str | None:
    """Code of what would mislead a reader of the row, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not isinstance(row["attack"], bool):
        return "label_not_boolean"
    if not row["prompt"]:
        return "empty_prompt"
    return None if _has_sound_values(row) else "wrong_values"


def _has_sound_values(row: Row) -> bool:
    codes = (row["harm"], row["technique"])
    return (
        all_text(row, TEXTS)
        and all(code is None or (isinstance(code, str) and code != "") for code in codes)
        and row["outcome"] in OUTCOMES
        and is_count(row["severity"], 0, 3)
        and is_count(row["n_judgments"], 1)
        and is_share(row["agreement"])
    )


FORMAT = RecordFormat(
    name="adversarial-labels",
    title=N_("Attacks and what the model did"),
    kind="verdict",
    row=row,
    check=check,
)

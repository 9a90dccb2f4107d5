"""Responses to be learnt as they stand, as TRL's SFT trainer reads them.

The shape is "prompt-completion, conversational" of the TRL documentation, "Dataset formats and
types": the trainer counts its loss on the completion alone. A completion is what a person made of a
model's response (`edited` is true, and `model` wrote the draft), or the response of `model` itself.
"""

from __future__ import annotations

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_text, has_columns, is_count, is_share
from workbench.export.formats.conversation import (
    check_completion,
    check_prompt,
    messages,
)
from workbench.messages import N_
from workbench.task_types.base import Item, Record

COLUMNS = (
    "prompt",
    "completion",
    "id",
    "model",
    "edited",
    "language",
    "n_judgments",
    "agreement",
)


def row(item: Item, record: Record) -> Row:
    """One completion: {"prompt", "completion", provenance...}."""
    data = record.data
    draft = data["draft"]
    return {
        "prompt": messages(item.prompt),
        "completion": messages(data["response"].completion),
        "id": item.id,
        "model": (draft or data["response"]).model,
        "edited": draft is not None,
        "language": item.language,
        "n_judgments": data["n_judgments"],
        "agreement": float(data["agreement"]),
    }


def check(row: Row) -> str | None:
    """Code of what would spoil training, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not (all_text(row, ("id", "model", "language")) and isinstance(row["edited"], bool)):
        return "wrong_values"
    if not (is_count(row["n_judgments"], 1) and is_share(row["agreement"])):
        return "wrong_values"
    return check_prompt(row["prompt"]) or check_completion(row["completion"])


FORMAT = RecordFormat(
    name="trl-sft",
    title=N_("Responses to imitate for TRL (SFT)"),
    kind="completion",
    row=row,
    check=check,
)

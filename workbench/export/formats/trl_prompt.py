"""Prompts alone, for trainers that let the model answer (TRL's GRPO and RLOO).

The shape is "prompt-only, conversational" of the TRL documentation, "Dataset formats and types".
Further columns are handed to the reward functions, so `id` finds the item again there.
"""

from __future__ import annotations

from workbench.export.formats.base import ItemFormat, Row
from workbench.export.formats.columns import all_text, has_columns
from workbench.export.formats.conversation import check_prompt, messages
from workbench.messages import N_
from workbench.task_types.base import Item

COLUMNS = ("prompt", "id", "language")


def row(item: Item) -> Row:
    """One prompt: {"prompt", provenance...}."""
    return {"prompt": messages(item.prompt), "id": item.id, "language": item.language}


def check(row: Row) -> str | None:
    """Code of what would spoil training, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not all_text(row, ("id", "language")):
        return "wrong_values"
    return check_prompt(row["prompt"])


FORMAT = ItemFormat(
    name="prompt-only",
    title=N_("Prompts alone for TRL (GRPO), of all items"),
    row=row,
    check=check,
)

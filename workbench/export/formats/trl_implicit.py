"""Preferences between whole conversations, without a prompt of their own.

TRL's reward trainer recommends this shape (TRL documentation, "Dataset formats and types":
preference, implicit prompt, conversational); DPO reads it too, and so does Axolotl's
`chat_template.argilla_chat`. Readers find the prompt as what both conversations begin with, so two
that differ before the assistant speaks are refused. Columns behind `rejected` are provenance.
"""

from __future__ import annotations

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import has_columns
from workbench.export.formats.conversation import check_whole, whole
from workbench.export.formats.trl_preference import SOURCE, has_sound_source, source
from workbench.export.policy import OPTIONS
from workbench.messages import N_
from workbench.task_types.base import Item, Record

COLUMNS = ("chosen", "rejected", *SOURCE)


def row(item: Item, record: Record) -> Row:
    """One preference: {"chosen", "rejected", provenance...}."""
    return {
        "chosen": whole(item, record.data["chosen"]),
        "rejected": whole(item, record.data["rejected"]),
        **source(item, record),
    }


def check(row: Row) -> str | None:
    """Code of what would spoil training, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not has_sound_source(row):
        return "wrong_values"
    return check_whole(row["chosen"], row["rejected"])


FORMAT = RecordFormat(
    name="trl-implicit",
    title=N_("Preference pairs as whole conversations for TRL (reward models)"),
    kind="preference",
    heeds=OPTIONS,
    row=row,
    check=check,
)

"""Preferences with an explicit conversational prompt.

TRL's DPO, reward and KTO trainers, OpenRLHF and Axolotl read them (TRL documentation, "Dataset
formats and types": preference, conversational).

There is no `margin` column: the reward trainer fails on a row without one, and not every judgment
has a strength. The columns behind `rejected` are provenance, which trainers drop.
"""

from __future__ import annotations

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_counts, all_text, has_columns
from workbench.export.formats.conversation import assistant, check_pair, messages
from workbench.messages import N_
from workbench.task_types.base import Item, Record

TEXTS = ("id", "chosen_model", "rejected_model", "language")
COUNTS = ("n_for", "n_against", "n_tied")
COLUMNS = (
    "prompt",
    "chosen",
    "rejected",
    "id",
    "chosen_model",
    "rejected_model",
    *COUNTS,
    "language",
)


def row(item: Item, record: Record) -> Row:
    """One preference: {"prompt", "chosen", "rejected", provenance...}."""
    data = record.data
    chosen, rejected = data["chosen"], data["rejected"]
    return {
        "prompt": messages(item.prompt),
        "chosen": assistant(chosen.text),
        "rejected": assistant(rejected.text),
        "id": item.id,
        "chosen_model": chosen.model,
        "rejected_model": rejected.model,
        "n_for": data["n_for"],
        "n_against": data["n_against"],
        "n_tied": data["n_tied"],
        "language": item.language,
    }


def check(row: Row) -> str | None:
    """Code of what would spoil training, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not (all_text(row, TEXTS) and all_counts(row, COUNTS)):
        return "wrong_values"
    return check_pair(row["prompt"], row["chosen"], row["rejected"])


FORMAT = RecordFormat(
    name="trl-preference",
    title=N_("Preference pairs for TRL (DPO, reward models)"),
    kind="preference",
    row=row,
    check=check,
)

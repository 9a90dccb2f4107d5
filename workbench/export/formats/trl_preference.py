"""Preferences with an explicit conversational prompt.

TRL's DPO, reward and KTO trainers, OpenRLHF and Axolotl read them (TRL documentation, "Dataset
formats and types": preference, conversational). Where the responses are conversations, `prompt`
holds what they begin with alike, and `chosen` and `rejected` the rest of each.

There is no `margin` column: the reward trainer fails on a row without one, and not every judgment
has a strength (see `trl_reward`). The columns behind `rejected` are provenance, which trainers
drop.
"""

from __future__ import annotations

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_counts, all_text, has_columns
from workbench.export.formats.conversation import check_pair, pair
from workbench.export.policy import OPTIONS
from workbench.messages import N_
from workbench.task_types.base import Item, Record

TEXTS = ("id", "chosen_model", "rejected_model", "language")
COUNTS = ("n_for", "n_against", "n_tied")
SOURCE = ("id", "chosen_model", "rejected_model", *COUNTS, "language")
COLUMNS = ("prompt", "chosen", "rejected", *SOURCE)


def row(item: Item, record: Record) -> Row:
    """One preference: {"prompt", "chosen", "rejected", provenance...}."""
    data = record.data
    prompt, chosen, rejected = pair(item, data["chosen"], data["rejected"])
    return {
        "prompt": prompt,
        "chosen": chosen,
        "rejected": rejected,
        **source(item, record),
    }


def source(item: Item, record: Record) -> Row:
    """Where a preference is from: the columns of `SOURCE`."""
    data = record.data
    return {
        "id": item.id,
        "chosen_model": data["chosen"].model,
        "rejected_model": data["rejected"].model,
        "n_for": data["n_for"],
        "n_against": data["n_against"],
        "n_tied": data["n_tied"],
        "language": item.language,
    }


def has_sound_source(row: Row) -> bool:
    """Whether the columns of `SOURCE` hold what they should."""
    return all_text(row, TEXTS) and all_counts(row, COUNTS)


def check(row: Row) -> str | None:
    """Code of what would spoil training, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not has_sound_source(row):
        return "wrong_values"
    return check_pair(row["prompt"], row["chosen"], row["rejected"])


FORMAT = RecordFormat(
    name="trl-preference",
    title=N_("Preference pairs for TRL (DPO, reward models)"),
    kind="preference",
    heeds=OPTIONS,
    row=row,
    check=check,
)

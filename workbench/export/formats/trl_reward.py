"""Preferences with a margin for TRL's reward trainer.

The shape is that of `trl_implicit` with one more column, the number that `RewardTrainer` subtracts:
loss = -log sigmoid(r_chosen - r_rejected - margin). It fails in the middle of a run on a row
without one, and takes one below 0 without a word and learns the pair the other way round. So every
row has one above 0: the mean strength of the judgments of the pair, where all of them say one.
OpenRLHF reads it with `--model.margin_loss_enable`.
"""

from __future__ import annotations

import math

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import has_columns
from workbench.export.formats.conversation import check_whole, whole
from workbench.export.formats.trl_preference import SOURCE, has_sound_source, source
from workbench.export.policy import OPTIONS
from workbench.messages import N_
from workbench.task_types.base import Item, Record

COLUMNS = ("chosen", "rejected", "margin", *SOURCE)
#: A tie has no margin, so the policy on ties does not come into it.
HEEDS = tuple(option for option in OPTIONS if option != "ties")


def row(item: Item, record: Record) -> Row:
    """One preference: {"chosen", "rejected", "margin", provenance...}."""
    return {
        "chosen": whole(item, record.data["chosen"]),
        "rejected": whole(item, record.data["rejected"]),
        "margin": float(record.data["strength"]),
        **source(item, record),
    }


def check(row: Row) -> str | None:
    """Code of what would spoil training, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    margin = row["margin"]
    if margin is None:
        return "no_strength"
    if not (isinstance(margin, float) and math.isfinite(margin) and has_sound_source(row)):
        return "wrong_values"
    if margin <= 0:
        return "contrary_strengths"
    return check_whole(row["chosen"], row["rejected"])


FORMAT = RecordFormat(
    name="trl-reward",
    title=N_("Preference pairs with a margin for TRL (reward models), where strengths were given"),
    kind="graded",
    row=row,
    check=check,
    heeds=HEEDS,
    notes=(N_("Ties are left out."),),
)

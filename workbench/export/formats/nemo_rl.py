"""Preferences as NeMo-RL's PreferenceDataset has them, for DPO and reward models.

The shape is that of NVIDIA-NeMo/RL, docs/guides/dpo.md: exactly two completions, of which the lower
rank is better. `preference_preprocessor` (nemo_rl/data/processors.py) stops a run at equal ranks;
its other data set, BinaryPreferenceDataset, nests lists of messages inside a message in silence, so
this is the one to name in the configuration.
"""

from __future__ import annotations

from typing import Any

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import has_columns, is_count
from workbench.export.formats.conversation import check_pair, pair
from workbench.export.policy import OPTIONS
from workbench.messages import N_
from workbench.task_types.base import Item, Record

COLUMNS = ("context", "completions")
BETTER, WORSE = 0, 1


def row(item: Item, record: Record) -> Row:
    """One preference: {"context", "completions": [{"rank", "completion"}, ...]}."""
    context, chosen, rejected = pair(item, record.data["chosen"], record.data["rejected"])
    return {
        "context": context,
        "completions": [
            {"rank": BETTER, "completion": chosen},
            {"rank": WORSE, "completion": rejected},
        ],
    }


def check(row: Row) -> str | None:
    """Code of what would spoil training or stop it, or None."""
    if not has_columns(row, COLUMNS) or not _are_two(row["completions"]):
        return "wrong_columns"
    first, second = row["completions"]
    if not (is_count(first["rank"]) and is_count(second["rank"])):
        return "wrong_values"
    if first["rank"] == second["rank"]:
        return "equal_ranks"
    return check_pair(row["context"], first["completion"], second["completion"])


def _are_two(completions: Any) -> bool:
    return (
        isinstance(completions, list)
        and len(completions) == 2
        and all(
            isinstance(each, dict) and tuple(each) == ("rank", "completion") for each in completions
        )
    )


FORMAT = RecordFormat(
    name="nemo-rl",
    title=N_("Preference pairs for NeMo-RL (DPO, reward models)"),
    kind="preference",
    heeds=OPTIONS,
    row=row,
    check=check,
)

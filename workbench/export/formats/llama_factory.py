"""Preferences for LLaMA-Factory (DPO, ORPO, reward models), with their entry in dataset_info.json.

The shape is "sharegpt, preference" of LLaMA-Factory's data/README.md: an odd number of turns, and
`chosen` and `rejected` one turn each, which is not a list. `id` is provenance.
"""

from __future__ import annotations

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_text, has_columns
from workbench.export.formats.conversation import pair
from workbench.export.formats.sharegpt import check_answer, check_asked, listed, single, turns
from workbench.export.policy import OPTIONS
from workbench.messages import N_
from workbench.task_types.base import Item, Record

COLUMNS = ("conversations", "chosen", "rejected", "system", "id")


def row(item: Item, record: Record) -> Row:
    """One preference: {"conversations", "chosen", "rejected", "system", "id"}."""
    prompt, chosen, rejected = pair(item, record.data["chosen"], record.data["rejected"])
    system, conversation = turns(prompt)
    return {
        "conversations": conversation,
        "chosen": single(chosen),
        "rejected": single(rejected),
        "system": system,
        "id": item.id,
    }


def check(row: Row) -> str | None:
    """Code of what would spoil training or be left out in silence, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not all_text(row, ("system", "id")):
        return "wrong_values"
    chosen, rejected = row["chosen"], row["rejected"]
    wrong = check_asked(row["conversations"]) or check_answer(chosen) or check_answer(rejected)
    if wrong:
        return wrong
    same = chosen["value"].strip() == rejected["value"].strip()
    return "identical_texts" if same else None


FORMAT = RecordFormat(
    name="llama-factory",
    title=N_("Preference pairs for LLaMA-Factory (DPO, reward models)"),
    kind="preference",
    heeds=OPTIONS,
    row=row,
    check=check,
    companion=listed(
        ranking=True,
        columns={
            "messages": "conversations",
            "chosen": "chosen",
            "rejected": "rejected",
            "system": "system",
        },
    ),
)

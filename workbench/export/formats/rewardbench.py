"""Preferences to test reward models with, as RewardBench loads them from a file.

The shape is the one that allenai/reward-bench documents for its own loader (rewardbench/utils.py,
load_and_process_dataset): `prompt` the question as a text, `chosen` and `rejected` whole
conversations that end in the answer. The loader takes the conversation out of `chosen` alone, all
but its last message, and puts the last message of `rejected` behind it: two that differ earlier
would be scored as what nobody said, so they are refused. It goes by places and not by roles: what
stands first was said by the user, what comes next by the assistant. A system prompt would shift all
that follows, and stop it or be scored as a question, so it stands at the head of the first message.
`subset` is the item's first tag, by which scores are averaged, and "all" where there is none.
"""

from __future__ import annotations

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_text, has_columns
from workbench.export.formats.conversation import Messages, check_single, check_whole, parted, whole
from workbench.export.policy import OPTIONS
from workbench.messages import N_
from workbench.task_types.base import Item, Record

TEXTS = ("prompt", "id", "subset", "chosen_model", "rejected_model")
COLUMNS = ("prompt", "chosen", "rejected", "id", "subset", "chosen_model", "rejected_model")
UNTAGGED = "all"


def row(item: Item, record: Record) -> Row:
    """One preference: {"prompt", "chosen", "rejected", "id", "subset", models}."""
    chosen, rejected = record.data["chosen"], record.data["rejected"]
    better, worse = (without_system(whole(item, side)) for side in (chosen, rejected))
    asked, _, _ = parted(better, worse)
    return {
        "prompt": asked[-1]["content"] if asked else "",
        "chosen": better,
        "rejected": worse,
        "id": item.id,
        "subset": item.tags[0] if item.tags else UNTAGGED,
        "chosen_model": chosen.model,
        "rejected_model": rejected.model,
    }


def without_system(conversation: Messages) -> Messages:
    """The conversation with its system prompt at the head of the user's first message."""
    match conversation:
        case [{"role": "system"} as system, {"role": "user"} as first, *others]:
            content = f"{system['content']}\n\n{first['content']}"
            return [{"role": "user", "content": content}, *others]
    return conversation


def check(row: Row) -> str | None:
    """Code of what would be scored wrongly, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not all_text(row, TEXTS) or not row["subset"]:
        return "wrong_values"
    wrong = check_whole(row["chosen"], row["rejected"])
    if wrong:
        return wrong
    asked, *answers = parted(row["chosen"], row["rejected"])
    wrong = check_single(asked, *answers)
    if wrong:
        return wrong
    if asked[0]["role"] != "user":
        return "unknown_role" if asked[0]["role"] == "system" else "roles_not_alternating"
    return None if asked[-1]["content"] == row["prompt"] else "wrong_values"


FORMAT = RecordFormat(
    name="rewardbench",
    title=N_("Preference pairs to test reward models with in RewardBench"),
    kind="preference",
    heeds=OPTIONS,
    row=row,
    check=check,
    notes=(N_("A system prompt stands at the head of the first message of the user."),),
)

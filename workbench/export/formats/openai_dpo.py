"""Preferences as OpenAI's preference fine-tuning takes them, and Azure and Fireworks alike.

The shape is that of the OpenAI API guide "Direct preference optimization", data format: text alone,
one assistant message a side, each the last message of the conversation, and no further columns.
Conversations that part before their last answer do not fit and are left out.
"""

from __future__ import annotations

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import has_columns
from workbench.export.formats.conversation import check_pair, check_single, pair
from workbench.export.policy import OPTIONS
from workbench.messages import N_
from workbench.task_types.base import Item, Record

COLUMNS = ("input", "preferred_output", "non_preferred_output")
INPUT = ("messages", "tools", "parallel_tool_calls")


def row(item: Item, record: Record) -> Row:
    """One preference: {"input": {"messages", ...}, "preferred_output", "non_preferred_output"}."""
    prompt, chosen, rejected = pair(item, record.data["chosen"], record.data["rejected"])
    return {
        "input": {"messages": prompt, "tools": [], "parallel_tool_calls": True},
        "preferred_output": chosen,
        "non_preferred_output": rejected,
    }


def check(row: Row) -> str | None:
    """Code of what would spoil training or make the upload fail, or None."""
    if not has_columns(row, COLUMNS) or not isinstance(row["input"], dict):
        return "wrong_columns"
    if not has_columns(row["input"], INPUT):
        return "wrong_columns"
    prompt = row["input"]["messages"]
    sides = row["preferred_output"], row["non_preferred_output"]
    return check_pair(prompt, *sides) or check_single(prompt, *sides)


FORMAT = RecordFormat(
    name="openai-dpo",
    title=N_("Preference pairs for fine-tuning at OpenAI, Azure or Fireworks"),
    kind="preference",
    heeds=OPTIONS,
    row=row,
    check=check,
)

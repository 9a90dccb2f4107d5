"""Single responses with a verdict for LLaMA-Factory's KTO, with their entry in dataset_info.json.

The shape is "sharegpt, KTO" of LLaMA-Factory's data/README.md: an even number of turns, the last of
which is judged. `kto_tag` is true or false: 1 and 0 are passed over, and every response is then
learnt as a good one. `id` is provenance.
"""

from __future__ import annotations

from typing import Any

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_text, has_columns
from workbench.export.formats.conversation import messages
from workbench.export.formats.sharegpt import (
    check_answer,
    check_asked,
    check_turns,
    listed,
    tagged,
    turns,
)
from workbench.messages import N_
from workbench.task_types.base import Item, Record

COLUMNS = ("conversations", "kto_tag", "system", "id")


def row(item: Item, record: Record) -> Row:
    """One labelled response: {"conversations", "kto_tag", "system", "id"}."""
    completion = messages(record.data["response"].completion)
    system, asked = turns(messages(item.prompt))
    # Only the last turn is judged there, so a verdict on several has no place.
    answers: list[Any] = [tagged(message) for message in completion]
    return {
        "conversations": [*asked, *(answers if len(answers) == 1 else [answers])],
        "kto_tag": record.data["label"],
        "system": system,
        "id": item.id,
    }


def check(row: Row) -> str | None:
    """Code of what would spoil training or be left out in silence, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not isinstance(row["kto_tag"], bool):
        return "label_not_boolean"
    if not all_text(row, ("system", "id")):
        return "wrong_values"
    conversation = row["conversations"]
    if not isinstance(conversation, list) or not conversation:
        return "not_a_conversation"
    asked, answer = conversation[:-1], conversation[-1]
    return check_answer(answer) or check_asked(asked) or check_turns(conversation)


def label(row: Row) -> str:
    """The row's class as JSON writes it."""
    return "true" if row["kto_tag"] else "false"


FORMAT = RecordFormat(
    name="llama-factory-kto",
    title=N_("Good and bad responses one by one for LLaMA-Factory (KTO)"),
    kind="label",
    row=row,
    check=check,
    label=label,
    classes=("false", "true"),
    companion=listed(
        columns={"messages": "conversations", "kto_tag": "kto_tag", "system": "system"}
    ),
)

"""Single responses with a verdict, as TRL's KTO trainer reads them.

The shape is "unpaired preference, conversational" of the TRL documentation, "Dataset formats and
types". `label` is true or false and nothing else: some readers pass over 1 and 0 without a word. A
file with one class alone trains without an error and teaches nothing, so both are counted.
"""

from __future__ import annotations

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_text, has_columns, is_count
from workbench.export.formats.conversation import check_completion, check_prompt, messages
from workbench.messages import N_
from workbench.task_types.base import Item, Record

COLUMNS = ("prompt", "completion", "label", "id", "model", "language", "n_judgments")


def row(item: Item, record: Record) -> Row:
    """One labelled response: {"prompt", "completion", "label", provenance...}."""
    data = record.data
    return {
        "prompt": messages(item.prompt),
        "completion": messages(data["response"].completion),
        "label": data["label"],
        "id": item.id,
        "model": data["response"].model,
        "language": item.language,
        "n_judgments": data["n_judgments"],
    }


def check(row: Row) -> str | None:
    """Code of what would spoil training, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not isinstance(row["label"], bool):
        return "label_not_boolean"
    if not (all_text(row, ("id", "model", "language")) and is_count(row["n_judgments"])):
        return "wrong_values"
    return check_prompt(row["prompt"]) or check_completion(row["completion"])


def label(row: Row) -> str:
    """The row's class as JSON writes it."""
    return "true" if row["label"] else "false"


FORMAT = RecordFormat(
    name="trl-unpaired",
    title=N_("Good and bad responses one by one for TRL (KTO)"),
    kind="label",
    row=row,
    check=check,
    label=label,
    classes=("false", "true"),
)

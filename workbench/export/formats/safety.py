"""Safe and unsafe responses, for guard models: a prompt, a response, a harm and a verdict.

`verdict` says whether the response does harm: it complied, wholly or in part. A refusal is safe,
also where there was nothing to refuse. `harm` is the code of what the prompt is after, and "" where
it is no attack, so that the column is text in every row; a response that does harm of no kind would
teach a guard to name none, so it is refused. A file with one verdict alone teaches nothing.
"""

from __future__ import annotations

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_text, has_columns, is_count
from workbench.export.formats.conversation import check_prompt, messages
from workbench.messages import N_
from workbench.task_types.base import Item, Record

SAFE, UNSAFE = "safe", "unsafe"
HARMFUL = ("complied", "partial")
TEXTS = ("response", "harm", "id", "model", "language")
COLUMNS = ("prompt", "response", "harm", "verdict", "id", "model", "language", "n_judgments")


def row(item: Item, record: Record) -> Row:
    """One response: {"prompt", "response", "harm", "verdict", provenance...}."""
    data, response = record.data, item.responses[0]
    return {
        "prompt": messages(item.prompt),
        "response": response.text,
        "harm": data["harm"] or "",
        "verdict": UNSAFE if data["outcome"] in HARMFUL else SAFE,
        "id": item.id,
        "model": response.model,
        "language": item.language,
        "n_judgments": data["n_judgments"],
    }


def check(row: Row) -> str | None:
    """Code of what would spoil training, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not (all_text(row, TEXTS) and is_count(row["n_judgments"], 1)):
        return "wrong_values"
    if row["verdict"] not in (SAFE, UNSAFE):
        return "wrong_values"
    if not row["response"].strip():
        return "empty_text"
    if row["verdict"] == UNSAFE and not row["harm"]:
        return "harm_without_a_kind"
    return check_prompt(row["prompt"])


def label(row: Row) -> str:
    """The row's class."""
    verdict: str = row["verdict"]
    return verdict


FORMAT = RecordFormat(
    name="safety",
    title=N_("Safe and unsafe responses for guard models"),
    kind="verdict",
    row=row,
    check=check,
    label=label,
    classes=(SAFE, UNSAFE),
)

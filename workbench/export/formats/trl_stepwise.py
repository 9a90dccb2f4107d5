"""Solutions whose every step is labelled, as TRL's trainer of process reward models reads them.

The shape is "stepwise supervision" of the TRL documentation, "Dataset formats and types", up to
1.12: {"prompt": str, "completions": [str], "labels": [bool]}. Axolotl's `stepwise_supervised` is
the same (its docs/dataset-formats/stepwise_supervised.qmd). The trainer takes the prompt as a text
and applies no chat template: a prompt of one message of the user is that text, and of several each
has its role before it.

`labels`: true where a step is not bad. That a neutral step counts as true is a rule, the same in
every file: it holds no mistake. Who wants it otherwise finds what people said in `ratings` (1, 0,
-1). Only the last label can be false: what follows the first bad step is cut off.

The trainer makes whole numbers of the labels and asks nothing: a rating in a label's place, -1, is
a class that no model has. An empty step leaves a label on the separator alone. Both are refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_text, has_columns, is_count, is_share
from workbench.export.policy import GENERAL
from workbench.messages import N_
from workbench.task_types.base import Item, Record, Turn

COLUMNS = (
    "prompt",
    "completions",
    "labels",
    "ratings",
    "id",
    "model",
    "language",
    "n_judgments",
    "agreement",
)


def row(item: Item, record: Record) -> Row:
    """One solution: {"prompt", "completions", "labels", "ratings", provenance...}."""
    data = record.data
    return {
        "prompt": as_text(item.prompt),
        "completions": list(data["steps"]),
        "labels": [rating >= 0 for rating in data["ratings"]],
        "ratings": list(data["ratings"]),
        "id": item.id,
        "model": data["response"].model,
        "language": item.language,
        "n_judgments": data["n_judgments"],
        "agreement": float(data["agreement"]),
    }


def as_text(prompt: Sequence[Turn]) -> str:
    """The prompt as one text: a lone message of the user as it stands, else with the roles."""
    if [turn.role for turn in prompt] == ["user"]:
        return prompt[0].content
    return "\n\n".join(f"{turn.role}: {turn.content}" for turn in prompt)


def check(row: Row) -> str | None:
    """Code of what would spoil training, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not _has_values(row):
        return "wrong_values"
    return _check_texts(row["prompt"], row["completions"]) or _check_labels(row)


def _has_values(row: Row) -> bool:
    """Whether every column but the labels has values of its kind."""
    lists = (row["completions"], row["labels"], row["ratings"])
    return (
        all(isinstance(each, list) and each for each in lists)
        and all(isinstance(text, str) for text in row["completions"])
        and all(type(rating) is int and -1 <= rating <= 1 for rating in row["ratings"])
        and all_text(row, ("prompt", "id", "model", "language"))
        and is_count(row["n_judgments"], 1)
        and is_share(row["agreement"])
    )


def _check_texts(prompt: str, completions: list[str]) -> str | None:
    if not prompt.strip():
        return "empty_prompt"
    return None if all(text.strip() for text in completions) else "empty_text"


def _check_labels(row: Row) -> str | None:
    """Each step has its label, which says what its rating says, and only the last may be bad."""
    labels = row["labels"]
    if not all(isinstance(label, bool) for label in labels):
        return "label_not_boolean"
    if len(row["completions"]) != len(labels):
        return "labels_not_of_steps"
    if labels != [rating >= 0 for rating in row["ratings"]]:
        return "labels_not_of_steps"
    return None if all(labels[:-1]) else "goes_on_after_bad"


def label(row: Row) -> str:
    """Whether the solution holds, as JSON writes it: a step is bad in some, in others none is."""
    return "true" if all(row["labels"]) else "false"


FORMAT = RecordFormat(
    name="trl-stepwise",
    title=N_("Solutions step by step for TRL and Axolotl (process reward models)"),
    kind="stepwise",
    row=row,
    check=check,
    label=label,
    classes=("false", "true"),
    heeds=tuple(option for option in GENERAL if option not in ("ties", "criterion")),
    notes=(N_("A neutral step counts as a good one; what follows the first bad step is cut off."),),
)

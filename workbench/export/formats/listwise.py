"""Whole rankings, for losses over lists (Plackett-Luce, ListMLE) and for choosing pairs oneself.

`rank` counts places from 1 without gaps; responses that share one are `tied`, and stand by their
id. A trainer that takes the order of the list for the ranking must look at `rank`: that is why the
ties are marked at each response.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_text, has_columns, is_count
from workbench.export.formats.conversation import check_completion, check_prompt, messages
from workbench.export.policy import GENERAL
from workbench.messages import N_
from workbench.task_types.base import Item, Record

COLUMNS = ("prompt", "responses", "id", "language", "n_judgments")
PARTS = ("id", "model", "completion", "rank", "tied")


def row(item: Item, record: Record) -> Row:
    """One ranking: {"prompt", "responses": [{"completion", "rank", "tied", ...}], ...}."""
    return {
        "prompt": messages(item.prompt),
        "responses": [
            {
                "id": response.id,
                "model": response.model,
                "completion": messages(response.completion),
                "rank": rank,
                "tied": len(tier) > 1,
            }
            for rank, tier in enumerate(record.data["tiers"], start=1)
            for response in tier
        ],
        "id": item.id,
        "language": item.language,
        "n_judgments": record.data["n_judgments"],
    }


def check(row: Row) -> str | None:
    """Code of what would spoil training, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    responses = row["responses"]
    if not isinstance(responses, list) or not all(_is_response(each) for each in responses):
        return "wrong_columns"
    if not (all_text(row, ("id", "language")) and is_count(row["n_judgments"], 1)):
        return "wrong_values"
    wrong = check_prompt(row["prompt"]) or _check_ranks(responses)
    faults = (check_completion(each["completion"]) for each in responses)
    wrong = wrong or next((fault for fault in faults if fault), None)
    return wrong or ("identical_texts" if _contradicts_itself(responses) else None)


def _is_response(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and tuple(value) == PARTS
        and all_text(value, ("id", "model"))
        and is_count(value["rank"], 1)
        and isinstance(value["tied"], bool)
    )


def _check_ranks(responses: list[dict[str, Any]]) -> str | None:
    """Ranks rise from 1 without gaps, and exactly those that are shared are marked as tied."""
    ranks = [each["rank"] for each in responses]
    shared = Counter(ranks)
    if ranks != sorted(ranks) or sorted(shared) != list(range(1, len(shared) + 1)):
        return "wrong_ranks"
    if any(each["tied"] != (shared[each["rank"]] > 1) for each in responses):
        return "wrong_ranks"
    return "tie" if len(shared) < 2 else None


def _contradicts_itself(responses: list[dict[str, Any]]) -> bool:
    """Whether one text stands at two places."""
    texts = [[m["content"].strip() for m in each["completion"]] for each in responses]
    return any(
        texts[a] == texts[b] and responses[a]["rank"] != responses[b]["rank"]
        for a, b in combinations(range(len(responses)), 2)
    )


FORMAT = RecordFormat(
    name="listwise",
    title=N_("Whole rankings, ties marked"),
    kind="ranking",
    row=row,
    check=check,
    heeds=(*(option for option in GENERAL if option != "ties"), "unranked"),
    notes=(N_("Ties stay in the rows, marked as such."),),
)

"""Preferences on a scale from -3 to 3 with what each person said, as in HelpSteer3.

The columns are those of nvidia/HelpSteer3, "preference". Below 0 the first response is better, and
the more so the lower the number. `overall_preference` is the mean of the persons' scores rounded
away from 0 at halves, as a whole number; NeMo-RL (helpsteer3.py) reads 0 as the same response on
both sides, so a row that would have it is refused. The responses stand by their id: were the better
one always first, the sign would teach nothing but the place. `domain` is the item's first tag.
"""

from __future__ import annotations

import math
from typing import Any

from workbench.export.formats.base import RecordFormat, Row
from workbench.export.formats.columns import all_text, has_columns
from workbench.export.formats.conversation import check_pair, check_single, pair
from workbench.export.formats.trl_reward import HEEDS
from workbench.messages import N_
from workbench.task_types.base import Item, Record

COLUMNS = (
    "domain",
    "language",
    "context",
    "response1",
    "response2",
    "overall_preference",
    "individual_preference",
    "id",
)
PARTS = ("score", "reasoning", "feedback1", "feedback2", "reviewer")


def row(item: Item, record: Record) -> Row:
    """One pair: {"context", "response1", "response2", "overall_preference", ...}."""
    data = record.data
    chosen, rejected = data["chosen"], data["rejected"]
    context, good, poor = pair(item, chosen, rejected)
    sides = [_text(good), _text(poor)]
    sign = -1 if chosen.id < rejected.id else 1
    if sign > 0:
        sides.reverse()
    return {
        "domain": item.tags[0] if item.tags else "general",
        "language": item.language,
        "context": context,
        "response1": sides[0],
        "response2": sides[1],
        "overall_preference": sign * math.floor(data["strength"] + 0.5),
        "individual_preference": [
            {
                "score": sign * score,
                "reasoning": reason,
                "feedback1": "",
                "feedback2": "",
                "reviewer": reviewer,
            }
            for reviewer, score, reason in data["scores"]
        ],
        "id": item.id,
    }


def _text(completion: list[dict[str, str]]) -> Any:
    """The one text of a response; one of several messages stays as it is, for the check."""
    return completion[0]["content"] if len(completion) == 1 else completion


def check(row: Row) -> str | None:
    """Code of what would spoil training, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    scores = row["individual_preference"]
    if not isinstance(scores, list) or not all(_is_score(each) for each in scores):
        return "wrong_values"
    texts = row["response1"], row["response2"]
    if any(isinstance(text, list) for text in texts):
        return "several_messages"
    if not all_text(row, ("domain", "language", "response1", "response2", "id")):
        return "wrong_values"
    overall = row["overall_preference"]
    if not _is_grade(overall) or not scores:
        return "wrong_values"
    if overall == 0:
        return "no_clear_preference"
    if overall * sum(each["score"] for each in scores) < 0:
        return "contrary_strengths"
    sides = [[{"role": "assistant", "content": text}] for text in texts]
    return check_pair(row["context"], *sides) or check_single(row["context"])


def _is_score(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and tuple(value) == PARTS
        and _is_grade(value["score"])
        and all_text(value, PARTS[1:])
    )


def _is_grade(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -3 <= value <= 3


FORMAT = RecordFormat(
    name="helpsteer-preference",
    title=N_("Preferences from -3 to 3 with each person's, as in HelpSteer3"),
    kind="graded",
    row=row,
    check=check,
    heeds=HEEDS,
    notes=(N_("Ties are left out."),),
)

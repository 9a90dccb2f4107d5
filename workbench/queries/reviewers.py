"""Reviewer beside reviewer: how often two of them, or one and all others, say the same."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.queries.agreement import prepared_of, sayings_of
from workbench.queries.counted import Counted
from workbench.stats import reviewer_agreement
from workbench.stats.reviewers import pairwise_of_patterns
from workbench.task_types.base import Question


@dataclass(frozen=True)
class ReviewerPair:
    """How far two reviewers agree on what both judged. None: undefined."""

    reviewer_a: str
    reviewer_b: str
    n_units: int
    n_items: int
    agreement: float | None
    alpha: float | None


def same_as_others(found: Counted, question: Question) -> dict[str, float]:
    """How often the others on the same units say the same (0..1), by pseudonym; nobody who shared
    no unit with anyone."""
    table = found.once(
        ("reviewers", question.key), lambda: reviewer_agreement(prepared_of(found, question))
    ).dropna(subset="agreement")
    return dict(zip(table["reviewer"], table["agreement"], strict=True))


def reviewer_pairs(found: Counted, question: Question) -> list[ReviewerPair]:
    """Every pair of reviewers, each before the other by pseudonym."""
    return found.once(("pairs", question.key), lambda: _reviewer_pairs(found, question))


def _reviewer_pairs(found: Counted, question: Question) -> list[ReviewerPair]:
    table = pairwise_of_patterns(
        found.answers,
        sayings_of(found, question.key),
        prepared_of(found, question),
        question.distance,
    )
    return [
        ReviewerPair(
            row["reviewer_a"],
            row["reviewer_b"],
            row["n_units"],
            row["n_items"],
            _defined(row["agreement"]),
            _defined(row["alpha"]),
        )
        for row in table.to_dict("records")
    ]


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else value

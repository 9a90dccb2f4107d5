"""Judgments of steps to training records: a solution up to its first bad step.

- aggregate `each`: every judgment stands for itself.
- aggregate `majority`: step by step, of those who judged the step, it is bad where more than half
  find it bad and not bad where more than half do not; exactly half gives no_majority. A step that
  is not bad is good where more than half of those who do not find it bad say so, else neutral.
  Whoever stopped at an earlier step has no part in a later one.

What follows the first bad step is cut off, judged or not: a model learns nothing true from how
steps look that follow from a mistake. In both modes the policy's thresholds hold for every step
that is left, of those who judged it; the first step that fails them drops the whole solution, with
its reason: too_few_judgments, no_weight, low_agreement, no_majority, unsure. Judgments that say
"cannot judge" decide nothing and count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.task_types.base import AnswerRecord, Item, Policy, Record
from workbench.task_types.majority import (
    TOO_LITTLE,
    dropped,
    in_order,
    more_than_half,
    shortfall,
    weigh,
)
from workbench.task_types.steps.answer import up_to_first_bad
from workbench.task_types.steps.config import BAD, GOOD, NEUTRAL


def records(item: Item, answers: Sequence[AnswerRecord], policy: Policy) -> Iterator[Record]:
    """A solution of each judgment or of the majority, or why there is none."""
    given = in_order(answers)
    deciding = [record for record in given if not record.answer["cannot_judge"]]
    if policy.aggregate == "each":
        for record in given:
            yield _single(item, record, deciding, policy)
    elif given and not deciding:
        yield dropped("cannot_judge", "stepwise")
    else:
        yield _majority(item, deciding, policy)


class _Step:
    """Who judged a step, and who of them found it bad."""

    def __init__(self, place: int, deciding: Sequence[AnswerRecord]) -> None:
        self.name = str(place + 1)
        rated = [(r, r.answer["ratings"][place]) for r in deciding if _reached(r, place)]
        self.everyone = [record for record, _ in rated]
        self.bad = [record for record, rating in rated if rating == BAD]
        self.rest = [record for record, rating in rated if rating != BAD]
        self.good = [record for record, rating in rated if rating == GOOD]

    def why_not(self, side: Sequence[AnswerRecord], policy: Policy) -> str | None:
        """Why what this side says does not pass the policy."""
        why = shortfall(weigh(side), weigh(self.everyone), len(self.everyone), policy)
        return why or ("unsure" if self.name in policy.unsure else None)

    def share(self, side: Sequence[AnswerRecord]) -> float:
        return len(side) / len(self.everyone)


def _reached(record: AnswerRecord, place: int) -> bool:
    return len(record.answer["ratings"]) > place


def _single(
    item: Item, record: AnswerRecord, deciding: Sequence[AnswerRecord], policy: Policy
) -> Record:
    if record.answer["cannot_judge"]:
        return dropped("cannot_judge", "stepwise")
    ratings = up_to_first_bad(record.answer)
    shares = []
    for place, rating in enumerate(ratings):
        step = _Step(place, deciding)
        side = step.bad if rating == BAD else step.rest
        if why := step.why_not(side, policy):
            return dropped(why, "stepwise")
        shares.append(step.share(side))
    return _solution(item, ratings, 1, min(shares))


def _majority(item: Item, deciding: Sequence[AnswerRecord], policy: Policy) -> Record:
    ratings: list[int] = []
    shares = []
    for place in range(len(item.responses[0].steps)):
        step = _Step(place, deciding)
        is_bad = more_than_half(weigh(step.bad), weigh(step.everyone))
        side = step.bad if is_bad else step.rest
        why = step.why_not(side, policy)
        if why not in TOO_LITTLE and is_bad is None:
            why = "no_majority"
        if why:
            return dropped(why, "stepwise")
        shares.append(step.share(side))
        ratings.append(BAD if is_bad else _not_bad(step))
        if is_bad:
            break
    return _solution(item, ratings, len(deciding), min(shares))


def _not_bad(step: _Step) -> int:
    return GOOD if more_than_half(weigh(step.good), weigh(step.rest)) else NEUTRAL


def _solution(item: Item, ratings: Sequence[int], n_judgments: int, agreement: float) -> Record:
    """`agreement`: the share of the judgments behind the step where it is lowest."""
    response = item.responses[0]
    return Record(
        "stepwise",
        {
            "response": response,
            "steps": response.steps[: len(ratings)],
            "ratings": tuple(ratings),
            "n_judgments": n_judgments,
            "agreement": agreement,
        },
    )

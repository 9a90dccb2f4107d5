"""From several judgments to one: order, thresholds, and what is dropped and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from workbench.task_types.base import N_, AnswerRecord, Policy, Record, RecordKind
from workbench.task_types.fields import refuse

Value = TypeVar("Value", bound=Hashable)


def in_order(answers: Iterable[AnswerRecord]) -> list[AnswerRecord]:
    """The judgments of an item by reviewer. Each reviewer has one, so this is an order."""
    return sorted(answers, key=lambda answer: (answer.reviewer, answer.at))


def dropped(reason: str, of: RecordKind) -> Record:
    """Something that could have been a record `of` that kind and is none."""
    return Record("dropped", {"reason": reason, "of": of})


#: What `shortfall` says where too little was said to have a result at all.
TOO_LITTLE = ("too_few_judgments", "no_weight")


def shortfall(side: int, total: int, n_judgments: int, policy: Policy) -> str | None:
    """Why a result fails the policy; None when it passes.

    It is held by `side` of the `total` weight of `n_judgments` judgments. Their number is one of
    people, whatever they weigh.
    """
    if n_judgments < max(1, policy.min_judgments):
        return "too_few_judgments"
    if total == 0:
        return "no_weight"
    if side / total < policy.min_agreement:
        return "low_agreement"
    return None


def weigh(answers: Iterable[AnswerRecord]) -> int:
    """What judgments count for together."""
    return sum(answer.weight for answer in answers)


def plurality(
    values: Sequence[Value], order: Sequence[Value] = (), weights: Sequence[int] | None = None
) -> list[Value]:
    """The values of most weight: one, or all that share the first place.

    They come in the order given, then (what `order` lacks) as text. No values give none. Without
    `weights`, one for each value, every value counts as one.
    """
    counts: Counter[Value] = Counter()
    for value, weight in zip(values, weights or [1] * len(values), strict=True):
        counts[value] += weight
    most = max(counts.values(), default=0)
    place = {value: i for i, value in enumerate(order)}
    leaders = [value for value, n in counts.items() if n == most]
    return sorted(leaders, key=lambda value: (place.get(value, len(place)), str(value)))


def no_criterion(policy: Policy) -> None:
    """Raises Invalid when a criterion is asked of a project that has none."""
    if policy.criterion is not None:
        raise refuse("criterion", N_("This project has no criteria: export it without naming one."))


class Found(NamedTuple):
    """What most judgments say of one response: whether something of that kind is there.

    None: exactly half of them say so.
    """

    response: str
    kind: str
    there: bool | None


#: The kind of `Found` that stands for all kinds together.
ANY = ""


def more_than_half(n_for: int, n: int) -> bool | None:
    """Whether more than half of n are for it; None for exactly half."""
    return None if 2 * n_for == n else 2 * n_for > n

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


def shortfall(n_side: int, n_judgments: int, policy: Policy) -> str | None:
    """Why a result held by `n_side` of `n_judgments` fails the policy; None when it passes."""
    if n_judgments < max(1, policy.min_judgments):
        return "too_few_judgments"
    if n_side / n_judgments < policy.min_agreement:
        return "low_agreement"
    return None


def plurality(values: Sequence[Value], order: Sequence[Value] = ()) -> list[Value]:
    """The most frequent values: one, or all that share the first place.

    They come in the order given, then (what `order` lacks) as text. No values give none.
    """
    counts = Counter(values)
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

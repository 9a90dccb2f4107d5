"""Pairs of an item's responses, and the preferences that several judgments of a pair give.

- ties `both`: a tie becomes two records, one in each order, which teach that neither is better.
- ties `drop`: it becomes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from workbench.task_types.base import Item, Policy, Record, Response
from workbench.task_types.majority import TOO_LITTLE, dropped, shortfall


@dataclass(frozen=True)
class Tally:
    """How the judgments that put a pair in an order see it: the weight of each, by side.

    `strengths` are (strength towards a, weight).
    """

    a: Response
    b: Response
    for_a: tuple[int, ...] = ()
    for_b: tuple[int, ...] = ()
    tied: tuple[int, ...] = ()
    strengths: tuple[tuple[int, int], ...] = ()

    @property
    def n_a(self) -> int:
        return len(self.for_a)

    @property
    def n_b(self) -> int:
        return len(self.for_b)

    @property
    def n_tied(self) -> int:
        return len(self.tied)

    @property
    def n_judgments(self) -> int:
        return self.n_a + self.n_b + self.n_tied

    @property
    def side(self) -> int:
        """1 where a wins, -1 where b wins, 0 for a tie.

        A win needs more weight than the other response has, and orders more than ties.
        """
        a, b, tied = sum(self.for_a), sum(self.for_b), sum(self.tied)
        if tied >= a + b:
            return 0
        return (a > b) - (a < b)

    @property
    def weight(self) -> int:
        """What all its judgments count for together."""
        return sum(self.for_a) + sum(self.for_b) + sum(self.tied)

    def shortfall(self, side: int, policy: Policy) -> str | None:
        """Why seeing it that way fails the policy; None when it passes."""
        held = {1: self.for_a, -1: self.for_b, 0: self.tied}[side]
        return shortfall(sum(held), self.weight, self.n_judgments, policy)

    @property
    def flipped(self) -> Tally:
        """The same count seen from b."""
        away = tuple((-strength, weight) for strength, weight in self.strengths)
        return Tally(self.b, self.a, self.for_b, self.for_a, self.tied, away)


def pairs(item: Item) -> Iterator[tuple[Response, Response]]:
    """Every unordered pair of responses once, by their ids."""
    yield from combinations(sorted(item.responses, key=lambda r: r.id), 2)


def decided(tally: Tally, side: int, why: str | None, policy: Policy) -> Iterator[Record]:
    """The records of one decision, unless `why` or its texts speak against it."""
    if side == 0 and policy.ties == "drop" and why not in TOO_LITTLE:
        why = "tie"
    why = why or text_fault(tally.a, tally.b)
    if why:
        yield dropped(why, "preference")
        return
    if side >= 0:
        yield _preference(tally)
    if side <= 0:
        yield _preference(tally.flipped)


def text_fault(a: Response, b: Response) -> str | None:
    """Why no trainer can learn from this pair of texts; None when it can.

    A trainer takes equal texts without a word and learns nothing (loss ln 2), so they go here.
    """
    if a.is_blank or b.is_blank:
        return "empty_text"
    return "identical_texts" if a.says_the_same(b) else None


def _preference(tally: Tally) -> Record:
    said = sum(weight for _, weight in tally.strengths)
    return Record(
        "preference",
        {
            "chosen": tally.a,
            "rejected": tally.b,
            "n_for": tally.n_a,
            "n_against": tally.n_b,
            "n_tied": tally.n_tied,
            "strength": sum(s * weight for s, weight in tally.strengths) / said if said else None,
        },
    )

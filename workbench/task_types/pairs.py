"""Pairs of an item's responses, and the preferences that several judgments of a pair give.

- ties `both`: a tie becomes two records, one in each order, which teach that neither is better.
- ties `drop`: it becomes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from workbench.task_types.base import Item, Policy, Record, Response
from workbench.task_types.majority import dropped


@dataclass(frozen=True)
class Tally:
    """How the judgments that put a pair in an order see it. Strengths count towards a."""

    a: Response
    b: Response
    n_a: int = 0
    n_b: int = 0
    n_tied: int = 0
    strengths: tuple[int, ...] = ()

    @property
    def n_judgments(self) -> int:
        return self.n_a + self.n_b + self.n_tied

    @property
    def side(self) -> int:
        """1 where a wins, -1 where b wins, 0 for a tie.

        A win needs more judgments than the other response has, and more orders than ties.
        """
        if self.n_tied >= self.n_a + self.n_b:
            return 0
        return (self.n_a > self.n_b) - (self.n_a < self.n_b)

    def on_side(self, side: int) -> int:
        """The number of judgments that see it that way."""
        return {1: self.n_a, -1: self.n_b, 0: self.n_tied}[side]

    @property
    def flipped(self) -> Tally:
        """The same count seen from b."""
        away = tuple(-strength for strength in self.strengths)
        return Tally(self.b, self.a, self.n_b, self.n_a, self.n_tied, away)


def pairs(item: Item) -> Iterator[tuple[Response, Response]]:
    """Every unordered pair of responses once, by their ids."""
    yield from combinations(sorted(item.responses, key=lambda r: r.id), 2)


def decided(tally: Tally, side: int, why: str | None, policy: Policy) -> Iterator[Record]:
    """The records of one decision, unless `why` or its texts speak against it."""
    if side == 0 and policy.ties == "drop" and why != "too_few_judgments":
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
    strengths = tally.strengths
    return Record(
        "preference",
        {
            "chosen": tally.a,
            "rejected": tally.b,
            "n_for": tally.n_a,
            "n_against": tally.n_b,
            "n_tied": tally.n_tied,
            "strength": sum(strengths) / len(strengths) if strengths else None,
        },
    )

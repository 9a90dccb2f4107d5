"""Judgments of several people, spent once more under a rule of when to stop.

The judgments of each item arrive in random order, items in random order too, in growing batches. A
judgment is looked at only once it is spent: reliability is learnt from those spent before, and
items that are open or no longer sure enough are asked again when it was learnt anew, as a queue
would. In the end everything spent gives every item its answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from workbench.stats.arrays import Bools, Floats, Ints
from workbench.stats.coding import CodedTable
from workbench.stats.confusion import LEAST, Confusion, Judgments, learn, normalise
from workbench.stats.overlap import OverlapSettings, least_to_learn, least_wanted, wants

#: Items of the first batch, and how much longer each is than the one before.
FIRST, GROWTH = 20, 1.5
#: What is spent in a replay is learnt this exactly.
_STILL = 1e-4


@dataclass(frozen=True, eq=False)
class Arrived:
    """Judgments in the order of their arrival.

    `rank` (n_rows,) is the place of a row's judgment within its item, from 0. `there` (n_items,) is
    how many judgments of an item may be spent. `reviewer` (n_rows,) points into `n_reviewers`.
    """

    coded: CodedTable
    reviewer: Ints
    n_reviewers: int
    rank: Ints
    there: Ints

    def without_last(self) -> Arrived:
        """The same with the last judgment of every item out of reach."""
        return replace(self, there=np.maximum(self.there - 1, 0))

    def last(self) -> Ints:
        """What the last of an item's judgments says of each unit (n_units,): a code.

        -1 where it says nothing, or the item has no other judgment.
        """
        there = self.there[self.coded.item]
        last = (self.rank == there - 1) & (there > 1)
        said = np.full(self.coded.item_of_unit.size, -1, dtype=np.int64)
        said[self.coded.unit[last]] = self.coded.value[last]
        return said


@dataclass(frozen=True, eq=False)
class Known:
    """What the judgments spent so far tell: the chances of values (n_units, n_values)."""

    confusion: Confusion
    chances: Floats


def arrive(coded: CodedTable, rng: np.random.Generator, *, anonymous: bool) -> Arrived:
    """Put the judgments of every item in a random order; if anonymous, by one unknown reviewer."""
    n_reviewers, n_items = len(coded.reviewers), len(coded.items)
    judgment, of_row = np.unique(coded.item * n_reviewers + coded.reviewer, return_inverse=True)
    item = judgment // n_reviewers
    order = np.lexsort((rng.random(item.size), item))
    there = np.bincount(item, minlength=n_items)
    rank = np.empty(item.size, dtype=np.int64)
    rank[order] = np.arange(item.size) - np.repeat(np.cumsum(there) - there, there)
    if anonymous:
        return Arrived(coded, np.zeros_like(coded.reviewer), 1, rank[of_row], there)
    return Arrived(coded, coded.reviewer, n_reviewers, rank[of_row], there)


@dataclass(frozen=True, eq=False)
class _Rule:
    """The rule for every item: `least` (n_items,) judgments, more for those that are audited."""

    settings: OverlapSettings
    least: Ints

    def wanted(self, taken: Ints, sure: Floats) -> Bools:
        return wants(taken, sure, self.least, self.settings)


def spend(
    arrived: Arrived, settings: OverlapSettings, rng: np.random.Generator, prior: float
) -> tuple[Ints, Known]:
    """How many judgments each item takes (n_items,), and what is known in the end."""
    n_items = arrived.there.size
    order = rng.permutation(n_items)
    audited = rng.random(n_items) < settings.audit
    rule = _Rule(settings, np.where(audited, least_wanted(settings, True), settings.start))
    taken = np.zeros(n_items, dtype=np.int64)
    first = order[:FIRST]
    taken[first] = np.minimum(least_to_learn(settings), arrived.there[first])
    known = what_is_known(arrived, taken, prior)
    for end in _batches(n_items):
        within = np.zeros(n_items, dtype=np.int64)
        within[order[:end]] = arrived.there[order[:end]]
        taken = _ask(arrived, known, taken, within, rule)
        known = what_is_known(arrived, taken, prior)
    return taken, known


def _batches(n_items: int) -> Iterator[int]:
    """How many items have been begun with each batch; when all have, they are asked once again."""
    size, end = float(FIRST), FIRST
    while end < n_items:
        size *= GROWTH
        end += int(size)
        yield min(end, n_items)
    yield n_items


def what_is_known(arrived: Arrived, taken: Ints, prior: float) -> Known:
    """Learn from the first `taken` (n_items,) judgments of each item, and from nothing else."""
    coded = arrived.coded
    rows = arrived.rank < taken[coded.item]
    units, unit = np.unique(coded.unit[rows], return_inverse=True)
    spent = Judgments(
        unit,
        arrived.reviewer[rows],
        coded.value[rows],
        units.size,
        arrived.n_reviewers,
        coded.known_values,
    )
    learnt = learn(spent, prior, _STILL)
    chances = np.tile(learnt.confusion.prevalence, (coded.item_of_unit.size, 1))
    chances[units] = learnt.posterior
    return Known(learnt.confusion, chances)


def _ask(arrived: Arrived, known: Known, taken: Ints, within: Ints, rule: _Rule) -> Ints:
    """Take judgments until the rule wants no more, or `within` (n_items,) are taken."""
    coded, item = arrived.coded, arrived.coded.item
    says = np.log(np.maximum(known.confusion.of, LEAST))
    joint = np.log(np.maximum(known.chances, LEAST))
    while True:
        chances, _ = normalise(joint)
        sure = np.ones(taken.size)
        np.minimum.at(sure, coded.item_of_unit, chances.max(axis=1))
        wanted = (taken < within) & rule.wanted(taken, sure)
        if not wanted.any():
            return taken
        rows = np.flatnonzero(wanted[item] & (arrived.rank == taken[item]))
        joint[coded.unit[rows]] += says[arrived.reviewer[rows], :, coded.value[rows]]
        taken = taken + wanted

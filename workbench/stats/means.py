"""Agreement as a mean over items of what each pair of reviewers, or each item, scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.messages import Message
from workbench.stats.arrays import Bools, Floats, Ints, distinct_rows, ragged, starts_of, tally
from workbench.stats.coding import CodedTable
from workbench.stats.estimates import Estimate
from workbench.stats.intervals import Interval, bootstrap

#: Scores that differ only in the rounding of their sums are one score.
_DECIMALS = 12


@dataclass(frozen=True, eq=False)
class Meetings:
    """Two values that two reviewers gave to one unit: rows of a coded table (n_meetings,).

    The reviewer of `one` comes before the reviewer of `other` in canonical order.
    """

    one: Ints
    other: Ints


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of two judgments of an item (n_scored,), NaN where they cannot be compared."""

    item: Ints
    reviewer_a: Ints
    reviewer_b: Ints
    score: Floats

    @property
    def defined(self) -> Bools:
        return np.isfinite(self.score)

    def where(self, kept: Bools) -> Scored:
        return Scored(
            self.item[kept], self.reviewer_a[kept], self.reviewer_b[kept], self.score[kept]
        )


@dataclass(frozen=True)
class Counts:
    """What a figure rests on, as an `Estimate` counts it."""

    n_units: int
    n_judgments: int
    n_reviewers: int


def meetings(coded: CodedTable) -> Meetings:
    """Every two rows of one unit."""
    order = np.lexsort((coded.reviewer, coded.unit))
    sizes = np.bincount(coded.unit, minlength=coded.item_of_unit.size)
    at = np.arange(order.size)
    later = np.repeat(starts_of(sizes) + sizes, sizes) - at - 1
    return Meetings(np.repeat(order, later), order[ragged(at + 1, later)])


def scored(coded: CodedTable, met: Meetings, score: Floats) -> Scored:
    """Meetings (n_meetings,) with a score each."""
    return Scored(coded.item[met.one], coded.reviewer[met.one], coded.reviewer[met.other], score)


def mean_over_pairs(pairs: Scored, n_units: int, undefined: Message, *, resamples: int) -> Estimate:
    """The mean over items of the mean over the scored pairs of each; those with NaN are left out.

    `n_units` is how many units the defined scores come from.
    """
    pairs = pairs.where(pairs.defined)
    items, which = np.unique(pairs.item, return_inverse=True)
    n_pairs = np.bincount(which, minlength=items.size)
    scores = tally(which, pairs.score, items.size) / np.maximum(n_pairs, 1)
    reviewers = np.concatenate([pairs.reviewer_a, pairs.reviewer_b])
    judgments, _ = distinct_rows(np.tile(pairs.item, 2), reviewers)
    counts = Counts(n_units, judgments[0].size, np.unique(reviewers).size)
    return mean_over_items(scores, counts, undefined, resamples=resamples)


def mean_over_items(
    scores: Floats, counts: Counts, undefined: Message, *, resamples: int
) -> Estimate:
    """The mean of the scores of items (n_items,), its interval over resampled items."""
    if not scores.size:
        return Estimate(None, None, None, 0, 0, 0, 0, undefined)
    levels, times = np.unique(np.round(scores, _DECIMALS), return_counts=True)

    def mean(weights: Floats) -> Floats:
        found: Floats = levels @ weights / weights.sum(axis=0)
        return found

    multiplicity = times.astype(np.float64)
    interval = Interval(None, None)
    if resamples:
        interval = bootstrap(multiplicity, mean, cells=levels.size, resamples=resamples)
    return Estimate(
        value=float(mean(multiplicity[:, None])[0]),
        low=interval.low,
        high=interval.high,
        n_items=scores.size,
        n_units=counts.n_units,
        n_judgments=counts.n_judgments,
        n_reviewers=counts.n_reviewers,
        no_interval=interval.undefined,
    )

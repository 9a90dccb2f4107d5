"""How far two values are apart: the delta squared of Krippendorff's alpha.

Source of the formulas: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from workbench.messages import N_, Invalid
from workbench.stats.arrays import Bools, Floats, Ints, chunks, ragged, starts_of, tally
from workbench.stats.profiles import Types

#: A name, or a function that gives delta squared of two values: symmetric, finite, 0 for equals.
Distance: TypeAlias = (
    Literal["nominal", "ordinal", "interval", "ratio"] | Callable[[Any, Any], float]
)

#: More distinct values than this and a table of all their distances is not built.
MOST_VALUES = 2_000

#: Gives sums of delta squared over the ordered pairs of values in a unit of each type, as
#: (n_types, b) or (n_types, 1), from margins (b, n_values).
Spread: TypeAlias = Callable[[Floats], Floats]


class Scale(Protocol):
    """A distance made ready for the values of one table.

    `margins` (b, n_values) are how often each value occurs, in b tables at once.
    """

    def spread(self, types: Types) -> Spread:
        """See `Spread`. What does not depend on margins is worked out here, once."""
        ...

    def expected(self, margins: Floats) -> Floats:
        """Sum of delta squared over the ordered pairs of all values of each table (b,)."""
        ...

    def between(self, margins: Floats, row: Ints, left: Ints, right: Ints) -> Floats:
        """Delta squared of value codes `left` and `right` in table `row` of the margins."""
        ...

    def furthest(self, margins: Floats) -> Floats:
        """The greatest delta squared that two values of each table can have (b,)."""
        ...


def scale_of(distance: Distance, values: Sequence[Hashable]) -> Scale:
    """Make a distance ready for values in canonical order.

    Raises Invalid when a numeric distance meets a value that is no finite number, a ratio one a
    negative number, or when a table of distances would be too large; ValueError when a function is
    no distance or the name is not known.
    """
    if callable(distance):
        return TableScale(_table_of(distance, values))
    if distance == "nominal":
        return NominalScale()
    if distance == "ordinal":
        _numbers(values)  # numbers in canonical order are in order
        return OrdinalScale()
    if distance == "interval":
        return IntervalScale(_numbers(values))
    if distance == "ratio":
        return TableScale(_ratio_table(_numbers(values)))
    raise ValueError(f"{distance!r} is not a distance")


def by_place(values: Sequence[Hashable]) -> TableScale:
    """Ordinal values by their places alone, whatever the margins: delta squared k (k + 1) / 2 of
    values k places apart, as in Gwet's ordinal weights. Raises Invalid as `scale_of` does.
    """
    _check_size(values)
    place = np.argsort(np.argsort(_numbers(values)))
    apart = np.abs(np.subtract.outer(place, place)).astype(np.float64)
    return TableScale(apart * (apart + 1) / 2)


@dataclass(frozen=True, eq=False)
class NominalScale:
    """Values are the same (0) or not (1)."""

    def spread(self, types: Types) -> Spread:
        apart: Floats = types.sizes**2 - types.total(types.counts.data**2)
        return _whatever_the_margins(apart)

    def expected(self, margins: Floats) -> Floats:
        apart: Floats = margins.sum(axis=1) ** 2 - (margins**2).sum(axis=1)
        return apart

    def between(self, margins: Floats, row: Ints, left: Ints, right: Ints) -> Floats:
        apart: Bools = left != right
        return apart.astype(np.float64)

    def furthest(self, margins: Floats) -> Floats:
        return np.ones(len(margins))


@dataclass(frozen=True, eq=False)
class IntervalScale:
    """Numbers (n_values,) and the square of their difference."""

    numbers: Floats

    def spread(self, types: Types) -> Spread:
        number, row, count = self.numbers[types.counts.indices], types.row, types.counts.data
        mean = types.total(count * number) / types.sizes
        apart = 2 * types.sizes * types.total(count * (number - mean[row]) ** 2)
        return _whatever_the_margins(apart)

    def expected(self, margins: Floats) -> Floats:
        return _squared_differences(margins, np.broadcast_to(self.numbers, margins.shape))

    def between(self, margins: Floats, row: Ints, left: Ints, right: Ints) -> Floats:
        apart: Floats = (self.numbers[left] - self.numbers[right]) ** 2
        return apart

    def furthest(self, margins: Floats) -> Floats:
        return np.full(len(margins), np.ptp(self.numbers) ** 2 if self.numbers.size else 0.0)


@dataclass(frozen=True, eq=False)
class OrdinalScale:
    """Ranks. Delta of c < k is n_c/2 + n_(c+1) + ... + n_k/2: a difference of mid-ranks."""

    def spread(self, types: Types) -> Spread:
        sizes = types.sizes[:, None]

        def of(margins: Floats) -> Floats:
            ranks = np.ascontiguousarray(_mid_ranks(margins).T)
            squares: Floats = np.asarray(types.counts @ ranks**2)
            apart: Floats = 2 * (sizes * squares - np.asarray(types.counts @ ranks) ** 2)
            return np.maximum(apart, 0)

        return of

    def expected(self, margins: Floats) -> Floats:
        return _squared_differences(margins, _mid_ranks(margins))

    def between(self, margins: Floats, row: Ints, left: Ints, right: Ints) -> Floats:
        ranks = _mid_ranks(margins)
        apart: Floats = (ranks[row, left] - ranks[row, right]) ** 2
        return apart

    def furthest(self, margins: Floats) -> Floats:
        ranks = _mid_ranks(margins)
        apart: Floats = np.ptp(ranks, axis=1) ** 2 if ranks.size else np.zeros(len(margins))
        return apart


@dataclass(frozen=True, eq=False)
class TableScale:
    """Any distance, from a symmetric table (n_values, n_values) of delta squared."""

    table: Floats

    def spread(self, types: Types) -> Spread:
        apart = np.zeros(types.sizes.size)
        filled = np.diff(types.counts.indptr).astype(np.int64)
        for part in chunks(filled**2):
            apart[part] = self._spread_of(types, filled, part)
        return _whatever_the_margins(apart)

    def _spread_of(self, types: Types, filled: Ints, part: slice) -> Floats:
        """The spread of some types, by every pair of their stored counts."""
        starts, sizes = starts_of(filled)[part], filled[part]
        entry = ragged(starts, sizes)
        left = np.repeat(entry, np.repeat(sizes, sizes))
        right = ragged(np.repeat(starts, sizes), np.repeat(sizes, sizes))
        code, count = types.counts.indices, types.counts.data
        apart = count[left] * count[right] * self.table[code[left], code[right]]
        return tally(types.row[left] - part.start, apart, sizes.size)

    def expected(self, margins: Floats) -> Floats:
        apart: Floats = ((margins @ self.table) * margins).sum(axis=1)
        return apart

    def between(self, margins: Floats, row: Ints, left: Ints, right: Ints) -> Floats:
        return self.table[left, right]

    def furthest(self, margins: Floats) -> Floats:
        return np.full(len(margins), self.table.max(initial=0.0))


def _whatever_the_margins(apart: Floats) -> Spread:
    """A spread (n_types,) that depends on the types alone."""
    column = apart[:, None]

    def of(_margins: Floats) -> Floats:
        return column

    return of


def _squared_differences(margins: Floats, numbers: Floats) -> Floats:
    """Sum over ordered pairs of the squared difference of numbers (b, n_values), for each table."""
    n = margins.sum(axis=1)
    mean = (margins * numbers).sum(axis=1) / np.maximum(n, 1)
    apart: Floats = 2 * n * (margins * (numbers - mean[:, None]) ** 2).sum(axis=1)
    return apart


def _mid_ranks(margins: Floats) -> Floats:
    ranks: Floats = np.cumsum(margins, axis=1) - margins / 2
    return ranks


def _numbers(values: Sequence[Hashable]) -> Floats:
    """The values as numbers. Raises Invalid."""
    for value in values:
        number = isinstance(value, (bool, int, float, np.number, np.bool_))
        if not number or not np.isfinite(value):  # type: ignore[call-overload]
            why = N_("This distance needs numbers, and “%(value)s” is none.", value=value)
            raise Invalid({"value": why})
    return np.array(values, dtype=np.float64)


def _check_size(values: Sequence[Hashable]) -> None:
    if len(values) > MOST_VALUES:
        why = N_(
            "There are %(count)s distinct values, and this distance takes %(most)s at most.",
            count=len(values),
            most=MOST_VALUES,
        )
        raise Invalid({"value": why})


def _ratio_table(numbers: Floats) -> Floats:
    """((v - w) / (v + w)) squared. Raises Invalid."""
    _check_size(tuple(numbers))
    if (numbers < 0).any():
        raise Invalid({"value": N_("A ratio distance needs numbers that are not negative.")})
    total = np.add.outer(numbers, numbers)
    table: Floats = (np.subtract.outer(numbers, numbers) / np.where(total > 0, total, 1)) ** 2
    return table


def _table_of(distance: Callable[[Any, Any], float], values: Sequence[Hashable]) -> Floats:
    """Every pair of values put to the function once. Raises Invalid and ValueError."""
    _check_size(values)
    table = np.zeros((len(values), len(values)))
    for row, left in enumerate(values):
        table[row, row:] = [distance(left, right) for right in values[row:]]
    if not _is_distance(table):
        raise ValueError("a distance is finite, not negative, and 0 for equal values")
    return np.asarray(np.triu(table) + np.triu(table, 1).T)


def _is_distance(table: Floats) -> bool:
    zero: Bools = np.diagonal(table) == 0
    return bool(np.isfinite(table).all() and (table >= 0).all() and zero.all())

"""Judgments as whole numbers that can be added and taken away: what every figure is made of.

Each judgment is an (item, reviewer) with what was said, as a code. Items on which the same was said
by as many are one *pattern*: figures need each pattern once, with how many items have it. Who said
what, and who met whom, are counts over items too. So items that change are taken out of the counts
and put back as they are now, and what comes out is what counting everything anew would give.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from workbench.stats.arrays import (
    Bools,
    Ints,
    distinct_rows,
    distinct_sequences,
    is_new,
    ragged,
    starts_of,
)

#: Up to this many possible rows, equal ones are counted in a table of all.
_TABLE = 4_000_000


@dataclass(frozen=True, eq=False)
class Counts:
    """Different rows of codes, in lexicographic order, and how often each occurs."""

    columns: tuple[Ints, ...]
    times: Ints

    @classmethod
    def of(cls, columns: Sequence[Ints], times: Ints | None = None) -> Counts:
        """Count rows, each `times` times (once); rows that come to nothing are left out."""
        limits = [int(column.max(initial=0)) + 1 for column in columns]
        if times is None and math.prod(limits) <= _TABLE:
            key = np.zeros_like(columns[0])
            for column, limit in zip(columns, limits, strict=True):
                key = key * limit + column
            every = np.bincount(key)
            found = np.flatnonzero(every)
            return cls(tuple(np.unravel_index(found, limits)), every[found])
        rows, which = distinct_rows(*columns)
        if times is None:
            return cls(tuple(rows), np.bincount(which, minlength=rows[0].size))
        total = np.zeros(rows[0].size, dtype=np.int64)
        np.add.at(total, which, times)
        left = total != 0
        return cls(tuple(row[left] for row in rows), total[left])

    def changed(self, out: Counts, into: Counts) -> Counts:
        """These without some and with others."""
        parts = (self, out, into)
        columns = [
            np.concatenate([part.columns[i] for part in parts]) for i in range(len(self.columns))
        ]
        return Counts.of(columns, np.concatenate([self.times, -out.times, into.times]))


@dataclass(frozen=True, eq=False)
class Patterns:
    """The patterns met so far: (group, code of what was said, ...), the codes in order.

    Only added to, so that a number once given holds.
    """

    known: list[tuple[int, ...]] = field(default_factory=list)
    _numbers: dict[tuple[int, ...], int] = field(default_factory=dict)

    def number(self, pattern: tuple[int, ...]) -> int:
        """The number of a pattern, a new one where it is new."""
        found = self._numbers.setdefault(pattern, len(self.known))
        if found == len(self.known):
            self.known.append(pattern)
        return found


@dataclass(frozen=True, eq=False)
class Answers:
    """The judgments that count, in order of item and reviewer; one row each (n_rows,).

    `item` are any numbers, `reviewer` and `said` are codes. `items` (n_items,) are the different
    items, `group` (n_items,) the code of the group that each is in, `pattern` (n_items,) the number
    of what was said of it.
    """

    item: Ints
    reviewer: Ints
    said: Ints
    items: Ints
    group: Ints
    pattern: Ints
    patterns: Patterns

    @classmethod
    def of(
        cls,
        rows: tuple[Ints, Ints, Ints],
        groups: tuple[Ints, Ints],
        patterns: Patterns | None = None,
    ) -> Answers:
        """`rows`: (item, reviewer, said), in order of item and reviewer. `groups`: (item, group) of
        these items at least, in order of items."""
        item, reviewer, said = rows
        items = item[is_new(item)]
        group = groups[1][np.searchsorted(groups[0], items)]
        patterns = patterns or Patterns()
        numbers = _pattern_numbers(item, said, group, patterns)
        return cls(item, reviewer, said, items, group, numbers, patterns)

    def changed(
        self, items: Ints, rows: tuple[Ints, Ints, Ints], groups: tuple[Ints, Ints]
    ) -> Answers:
        """The same with some items, in order, as they are now: `rows` and `groups` of those that
        still have a judgment. Counts that were made are carried on."""
        out = self.only(_among(self.items, items))
        into = Answers.of(rows, groups, self.patterns)
        of_rows = _Splice.of(items, self.item, into.item)
        of_items = _Splice.of(items, self.items, into.items)
        found = replace(
            self,
            item=of_rows.put(self.item, into.item),
            reviewer=of_rows.put(self.reviewer, into.reviewer),
            said=of_rows.put(self.said, into.said),
            items=of_items.put(self.items, into.items),
            group=of_items.put(self.group, into.group),
            pattern=of_items.put(self.pattern, into.pattern),
        )
        for name in ("times", "given", "meetings"):
            if name in self.__dict__:
                carried = getattr(self, name).changed(getattr(out, name), getattr(into, name))
                found.__dict__[name] = carried
        return found

    def only(self, items: Bools) -> Answers:
        """Some of the items (n_items,) with all their judgments."""
        rows = np.repeat(items, self.sizes)
        return replace(
            self,
            item=self.item[rows],
            reviewer=self.reviewer[rows],
            said=self.said[rows],
            items=self.items[items],
            group=self.group[items],
            pattern=self.pattern[items],
        )

    @cached_property
    def sizes(self) -> Ints:
        """Judgments of each item (n_items,)."""
        return np.diff(np.append(np.flatnonzero(is_new(self.item)), self.item.size))

    @cached_property
    def times(self) -> Counts:
        """(pattern): items that have it."""
        return Counts.of([self.pattern])

    @cached_property
    def given(self) -> Counts:
        """(pattern, said, reviewer): judgments of items that have the pattern."""
        return Counts.of([np.repeat(self.pattern, self.sizes), self.said, self.reviewer])

    @cached_property
    def meetings(self) -> Counts:
        """(reviewer, another one of a greater code, what each said): items on which they met."""
        columns: list[tuple[Ints, ...]] = [(self.reviewer[:0],) * 4]
        for apart in range(1, int(self.sizes.max(initial=1))):
            same = np.flatnonzero(self.item[apart:] == self.item[:-apart])
            one, other = same, same + apart
            columns.append(
                (self.reviewer[one], self.reviewer[other], self.said[one], self.said[other])
            )
        return Counts.of([np.concatenate(column) for column in zip(*columns, strict=True)])


def _among(items: Ints, asked: Ints) -> Bools:
    """Which of the items, in order, are among those asked, in order."""
    at = np.searchsorted(items, asked)
    at = at[at < items.size]
    found = np.zeros(items.size, dtype=bool)
    found[at] = np.isin(items[at], asked)
    return found


@dataclass(frozen=True)
class _Splice:
    """Where the rows of some items begin and end, in the order of items, before and now."""

    before: list[tuple[int, int]]
    now: list[tuple[int, int]]

    @classmethod
    def of(cls, items: Ints, before: Ints, now: Ints) -> _Splice:
        """`before` and `now`: the item of each row, in order."""
        return cls(_ranges(before, items), _ranges(now, items))

    def put(self, before: Ints, now: Ints) -> Ints:
        """A column with the rows of now in place of those of before: all others are copied once."""
        parts, done = [], 0
        for (begin, end), (first, last) in zip(self.before, self.now, strict=True):
            parts += [before[done:begin], now[first:last]]
            done = end
        return np.concatenate([*parts, before[done:]])


def _ranges(rows: Ints, items: Ints) -> list[tuple[int, int]]:
    begins, ends = (np.searchsorted(rows, items, side).tolist() for side in ("left", "right"))
    return list(zip(begins, ends, strict=True))


def _pattern_numbers(item: Ints, said: Ints, group: Ints, patterns: Patterns) -> Ints:
    """The number of each item's pattern (n_items,); `item` in order."""
    if not item.size:
        return np.empty(0, dtype=np.int64)
    new = is_new(item)
    which = np.cumsum(new) - 1
    radix = int(said.max()) + 1
    sizes = np.bincount(which)
    codes = np.sort(which * radix + said) % radix
    # The group stands before the codes as one more, above all of them.
    flat = np.insert(codes, starts_of(sizes), radix + group)
    found = distinct_sequences(flat, sizes + 1, radix + int(group.max()) + 1)
    firsts = ragged(starts_of(sizes + 1)[found.first], sizes[found.first] + 1)
    numbers = [
        patterns.number((part[0] - radix, *part[1:]))
        for part in _split(flat[firsts].tolist(), (sizes[found.first] + 1).tolist())
    ]
    return np.array(numbers, dtype=np.int64)[found.code]


def _split(flat: list[int], sizes: Iterable[int]) -> Iterable[list[int]]:
    at = 0
    for size in sizes:
        yield flat[at : at + size]
        at += size

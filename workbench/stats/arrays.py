"""Small array operations that the statistics share: ragged ranges, distinct rows, counting."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

#: Most numbers that one step of a calculation holds at once (32 MB as float64).
CELLS = 4_000_000

#: A packed code stays below this, so that it fits an int64.
_ROOM = 2**62

#: Up to this many possible codes, distinct ones are counted in a table of flags.
_FLAGS = 100_000_000


def starts_of(sizes: Ints) -> Ints:
    """Where each run begins when runs of these sizes lie one after the other."""
    return np.cumsum(sizes) - sizes


def ragged(starts: Ints, sizes: Ints) -> Ints:
    """The ranges start..start+size-1 one after the other, as one flat array."""
    shift = np.repeat(starts - starts_of(sizes), sizes)
    return shift + np.arange(shift.size, dtype=np.int64)


def is_new(*columns: Ints) -> Bools:
    """For columns sorted together: True where a row differs from the row before it."""
    new = np.zeros(columns[0].size, dtype=bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new


def tally(codes: Ints, weights: Floats | Ints, size: int) -> Floats:
    """Sums of the weights (n,) by code (n,), as (size,)."""
    return np.bincount(codes, weights=weights, minlength=size).astype(np.float64, copy=False)


def count_distinct(codes: Ints, limit: int) -> int:
    """How many different codes there are, all of them within 0..limit-1."""
    if limit <= _FLAGS:
        seen = np.zeros(limit, dtype=bool)
        seen[codes] = True
        return int(np.count_nonzero(seen))
    return int(np.count_nonzero(is_new(np.sort(codes))))


def distinct_rows(*columns: Ints) -> tuple[list[Ints], Ints]:
    """The different rows of columns of codes, in lexicographic order, and which of them each is."""
    limits = [int(column.max(initial=0)) + 1 for column in columns]
    if math.prod(limits) > _ROOM:
        found, which = np.unique(np.stack(columns), axis=1, return_inverse=True)
        return list(found), which
    key = np.zeros_like(columns[0])
    for column, limit in zip(columns, limits, strict=True):
        key = key * limit + column
    keys, which = np.unique(key, return_inverse=True)
    rows = []
    for limit in reversed(limits):
        keys, row = np.divmod(keys, limit)
        rows.append(row)
    return rows[::-1], which


def chunks(costs: Ints, budget: int = CELLS) -> Iterator[slice]:
    """Consecutive slices whose costs stay within the budget, one element at least."""
    ends = np.cumsum(costs)
    begin, spent = 0, 0
    while begin < costs.size:
        end = max(begin + 1, int(np.searchsorted(ends, spent + budget, side="right")))
        yield slice(begin, end)
        begin, spent = end, int(ends[end - 1])


@dataclass(frozen=True, eq=False)
class Distinct:
    """Sequences told apart: `code` (one a sequence, 0..n-1), `first` (one sequence a code)."""

    code: Ints
    first: Ints

    @property
    def counts(self) -> Ints:
        """How many sequences have each code."""
        return np.bincount(self.code, minlength=self.first.size)


def distinct_sequences(flat: Ints, sizes: Ints, radix: int) -> Distinct:
    """Tell sequences apart that lie in `flat` one after the other, with members in 0..radix-1.

    Exact, without hashing. Codes go by length, then by lexicographic order, so that they depend on
    the set of sequences alone and not on the order in which they came.
    """
    code = np.empty(sizes.size, dtype=np.int64)
    firsts: list[Ints] = []
    starts, known = starts_of(sizes), 0
    for size in np.flatnonzero(np.bincount(sizes)):
        members = np.flatnonzero(sizes == size)
        found = _distinct_rows(flat[starts[members][:, None] + np.arange(size)], radix)
        code[members] = found.code + known
        firsts.append(members[found.first])
        known += found.first.size
    return Distinct(code, np.concatenate(firsts) if firsts else np.empty(0, dtype=np.int64))


def _distinct_rows(block: Ints, radix: int) -> Distinct:
    words = _packed(block, radix)
    order = np.lexsort(words[::-1]) if len(words) > 1 else np.argsort(words[0])
    new = is_new(*(word[order] for word in words))
    code = np.empty(order.size, dtype=np.int64)
    code[order] = np.cumsum(new) - 1
    return Distinct(code, order[new])


def _packed(block: Ints, radix: int) -> list[Ints]:
    """Rows as few integers each, in the lexicographic order of the rows."""
    width = max(1, int(np.log(_ROOM) / np.log(max(radix, 2))))
    words = []
    for left in range(0, max(block.shape[1], 1), width):
        part = block[:, left : left + width]
        places = np.power(radix, np.arange(part.shape[1])[::-1], dtype=np.int64)
        words.append(part @ places)
    return words

"""Who agrees with whom: reviewer by reviewer, and each reviewer against all others."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from workbench.stats.agreement import alpha_of
from workbench.stats.arrays import (
    Bools,
    Floats,
    Ints,
    chunks,
    distinct_rows,
    is_new,
    ragged,
    starts_of,
    tally,
)
from workbench.stats.coding import CodedTable
from workbench.stats.distances import Distance, Scale, scale_of
from workbench.stats.patterns import Answers, Counts
from workbench.stats.profiles import Given, Prepared, prepare
from workbench.stats.repeated import Sayings


@dataclass(frozen=True, eq=False)
class _Meetings:
    """How often one of a pair of reviewers gave value `left` where the other gave `right`.

    Sparse, sorted by `pair`, the number of the pair in the order of `triu_indices`.
    """

    pair: Ints
    left: Ints
    right: Ints
    times: Floats

    def of(self, pairs: slice) -> _Meetings:
        """Those of some pairs, which are numbered from 0."""
        first, last = np.searchsorted(self.pair, [pairs.start, pairs.stop])
        part = slice(first, last)
        pair = self.pair[part] - pairs.start
        return _Meetings(pair, self.left[part], self.right[part], self.times[part])


def pairwise_agreement(
    table: pd.DataFrame | Prepared, distance: Distance = "nominal"
) -> pd.DataFrame:
    """One row a pair of reviewers, each before the other in canonical order.

    Columns: reviewer_a, reviewer_b; n_units that both gave a value, n_items that these come from;
    agreement, the share of those units with equal values (0..1); alpha, Krippendorff's over those
    units alone. Both are NaN when there is no such unit, alpha also when the two only ever gave one
    value. Raises as `krippendorff_alpha` does.
    """
    coded = prepare(table).coded
    met = _meetings(coded)

    def shared(n_units: Floats) -> Ints:
        return _items_shared(coded, n_units, *np.triu_indices(len(coded.reviewers), 1))

    known = coded.known_values
    return _pairs(coded.reviewers, met, shared, (scale_of(distance, known), known))


def pairwise_of_patterns(
    answers: Answers, sayings: Sayings, prepared: Prepared, distance: Distance = "nominal"
) -> pd.DataFrame:
    """The same of what `prepare_patterns` made of these answers, from who met whom."""
    given, known = prepared.given, prepared.coded.known_values
    if given is None:
        raise ValueError("the table was not made of patterns")
    one, other, said_one, said_other, times = _between_those_in(given, answers.meetings)
    (says, another), which = distinct_rows(said_one, said_other)
    found = _compared(sayings, known, says, another)
    met_in = found.sizes[which]
    n = len(given.reviewers)
    pair = _pair_numbers(n)[np.minimum(one, other), np.maximum(one, other)]
    shared = tally(pair[met_in > 0], times[met_in > 0], n * (n - 1) // 2).astype(np.int64)
    rows = ragged(starts_of(found.sizes)[which], met_in)
    swapped = np.repeat(one > other, met_in)
    left = np.where(swapped, found.right[rows], found.left[rows])
    right = np.where(swapped, found.left[rows], found.right[rows])
    met = Counts.of([np.repeat(pair, met_in), left, right], np.repeat(times, met_in))
    pairs, lefts, rights = met.columns
    meetings = _Meetings(pairs, lefts, rights, met.times.astype(np.float64))
    return _pairs(given.reviewers, meetings, lambda _: shared, (scale_of(distance, known), known))


def _between_those_in(given: Given, meetings: Counts) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """(reviewer, another, what each said, times) of those who gave a value, by their new codes."""
    one, other = given.codes[meetings.columns[0]], given.codes[meetings.columns[1]]
    kept = (one >= 0) & (other >= 0)
    said_one, said_other = (column[kept] for column in meetings.columns[2:])
    return one[kept], other[kept], said_one, said_other, meetings.times[kept]


@dataclass(frozen=True, eq=False)
class _Compared:
    """Codes of the values that two sayings give to the same units, pair by pair of sayings."""

    sizes: Ints
    left: Ints
    right: Ints


def _compared(sayings: Sayings, known: Sequence[Hashable], says: Ints, another: Ints) -> _Compared:
    """What sayings `says` (n,) and `another` (n,) give to the same units."""
    codes = {each: code for code, each in enumerate(known)}
    value = np.array([codes.get(each, -1) for each in sayings.value.tolist()], dtype=np.int64)
    n_units = max(len(sayings.unit_names), 1)
    key = np.repeat(np.arange(sayings.sizes.size), sayings.sizes) * n_units + sayings.unit
    order = np.argsort(key)
    rows = sayings.rows(says)
    pair = np.repeat(np.arange(says.size), sayings.sizes[says])
    asked = another[pair] * n_units + sayings.unit[rows]
    at = np.searchsorted(key[order], asked)
    there = at < key.size
    there[there] = key[order][at[there]] == asked[there]
    there &= value[rows] >= 0
    other = order[at[there]]
    return _Compared(
        np.bincount(pair[there], minlength=says.size), value[rows[there]], value[other]
    )


def _pairs(
    reviewers: Sequence[Hashable],
    met: _Meetings,
    shared: Callable[[Floats], Ints],
    scaled: tuple[Scale, Sequence[Hashable]],
) -> pd.DataFrame:
    """The table. `shared` gives the items of pairs from their units; `scaled`: a scale and the
    values that it is of."""
    scale, known = scaled
    a, b = np.triu_indices(len(reviewers), 1)
    n_units = tally(met.pair, met.times, a.size)
    equal = tally(met.pair, met.times * (met.left == met.right), a.size)
    names = np.fromiter(reviewers, dtype=object, count=len(reviewers))
    columns = {
        "reviewer_a": names[a],
        "reviewer_b": names[b],
        "n_units": n_units.astype(np.int64),
        "n_items": shared(n_units),
        "agreement": _share(equal, n_units),
        "alpha": _alphas(met, a.size, scale, len(known)),
    }
    return pd.DataFrame(columns)


def reviewer_agreement(table: pd.DataFrame | Prepared) -> pd.DataFrame:
    """One row a reviewer, in canonical order: how often the others on the same units say the same.

    Columns: reviewer; n_items and n_units on which someone else gave a value too; n_pairs, the
    comparisons with each other reviewer there; agreement, the share of these that are equal (0..1),
    NaN when there is none.
    """
    prepared = prepare(table)
    coded = prepared.coded
    said = coded.unit * len(coded.known_values) + coded.value
    others = np.bincount(coded.unit, minlength=coded.item_of_unit.size)[coded.unit] - 1
    same = _occurrences(said) - 1
    if prepared.given is not None:
        return _of_patterns(coded, prepared.given, others, same)
    n_reviewers = len(coded.reviewers)
    met = others > 0
    n_pairs = tally(coded.reviewer, others, n_reviewers)
    equal = tally(coded.reviewer, same, n_reviewers)
    columns = {
        "reviewer": np.fromiter(coded.reviewers, dtype=object, count=n_reviewers),
        "n_items": _items_of(coded, met),
        "n_units": np.bincount(coded.reviewer[met], minlength=n_reviewers),
        "n_pairs": n_pairs.astype(np.int64),
        "agreement": _share(equal, n_pairs),
    }
    return pd.DataFrame(columns)


def _of_patterns(coded: CodedTable, given: Given, others: Ints, same: Ints) -> pd.DataFrame:
    """`others` and `same` (n_rows,) are how many gave a value too, and the same one."""
    width = len(coded.reviewers)
    cell, n_cells = coded.item * width + coded.reviewer, len(coded.items) * width
    which, n_reviewers = given.item * width + given.place, len(given.reviewers)

    def by_reviewer(of_rows: Ints | Bools) -> Floats:
        of_cells = np.bincount(cell, weights=of_rows, minlength=n_cells)
        return tally(given.reviewer, of_cells[which] * given.times, n_reviewers)

    met = np.zeros(n_cells, dtype=bool)
    met[cell[others > 0]] = True
    n_pairs = by_reviewer(others)
    columns = {
        "reviewer": np.fromiter(given.reviewers, dtype=object, count=n_reviewers),
        "n_items": tally(given.reviewer, met[which] * given.times, n_reviewers).astype(np.int64),
        "n_units": by_reviewer(others > 0).astype(np.int64),
        "n_pairs": n_pairs.astype(np.int64),
        "agreement": _share(by_reviewer(same), n_pairs),
    }
    return pd.DataFrame(columns)


def _share(part: Floats, whole: Floats) -> Floats:
    share = np.full(whole.size, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share


def _pair_numbers(n: int) -> Ints:
    """(n, n) numbers of the pairs a < b in the order of `triu_indices`."""
    numbers = np.zeros((n, n), dtype=np.int64)
    numbers[np.triu_indices(n, 1)] = np.arange(n * (n - 1) // 2)
    return numbers


def _occurrences(codes: Ints) -> Ints:
    """How often the code of each row occurs in all rows."""
    order = np.argsort(codes)
    run = np.cumsum(is_new(codes[order])) - 1
    found = np.empty(codes.size, dtype=np.int64)
    found[order] = np.bincount(run)[run]
    return found


def _items_of(coded: CodedTable, rows: Bools) -> Ints:
    """Distinct items of some rows, by reviewer (n_reviewers,)."""
    n_items = len(coded.items)
    pairs = np.sort(coded.reviewer[rows] * n_items + coded.item[rows])
    return np.bincount(pairs[is_new(pairs)] // max(n_items, 1), minlength=len(coded.reviewers))


def _meetings(coded: CodedTable) -> _Meetings:
    """One product of the units by (reviewer, value) table with itself."""
    n_values, n_reviewers = len(coded.known_values), len(coded.reviewers)
    column = coded.reviewer * n_values + coded.value
    shape = (coded.item_of_unit.size, n_reviewers * n_values)
    said = csr_array((np.ones(column.size), (coded.unit, column)), shape=shape)
    found = (said.T @ said).tocoo()
    one, other = found.row.astype(np.int64), found.col.astype(np.int64)
    a, b = one // n_values, other // n_values
    pair = np.where(a < b, _pair_numbers(n_reviewers)[a, b], -1)
    order = np.argsort(pair, kind="stable")
    order = order[np.searchsorted(pair[order], 0) :]
    return _Meetings(
        pair[order], (one % n_values)[order], (other % n_values)[order], found.data[order]
    )


def _items_shared(coded: CodedTable, n_units: Floats, a: Ints, b: Ints) -> Ints:
    """Items on which both of a pair gave a value to the same unit (n_pairs,)."""
    if coded.one_unit_an_item:
        return n_units.astype(np.int64)
    n_reviewers = len(coded.reviewers)
    judgment = coded.item * n_reviewers + coded.reviewer
    rows, row = np.unique(judgment, return_inverse=True)
    ones, n = np.ones(row.size), coded.item_of_unit.size
    by_judgment = csr_array((ones, (row, coded.unit)), shape=(rows.size, n))
    by_unit = csr_array((ones, (coded.unit, coded.reviewer)), shape=(n, n_reviewers))
    shared = np.zeros((n_reviewers, n_reviewers), dtype=np.int64)
    for part in chunks(np.full(rows.size, n_reviewers)):
        met = (by_judgment[part] @ by_unit).tocoo()
        np.add.at(shared, (rows[part][met.row] % n_reviewers, met.col), 1)
    return shared[a, b]


def _alphas(met: _Meetings, n_pairs: int, scale: Scale, n_values: int) -> Floats:
    """Alpha of every pair of reviewers (n_pairs,), NaN where undefined."""
    alphas = np.full(n_pairs, np.nan)
    for part in chunks(np.full(n_pairs, n_values)):
        shape = (part.stop - part.start, n_values)
        alphas[part] = _alphas_of(met.of(part), scale, shape)
    return alphas


def _alphas_of(met: _Meetings, scale: Scale, shape: tuple[int, int]) -> Floats:
    n_pairs, n_values = shape
    cells = np.concatenate([met.pair * n_values + met.left, met.pair * n_values + met.right])
    margins = tally(cells, np.tile(met.times, 2), n_pairs * n_values).reshape(shape)
    apart = 2 * met.times * scale.between(margins, met.pair, met.left, met.right)
    observed = tally(met.pair, apart, n_pairs)
    return alpha_of(observed, scale.expected(margins), margins)

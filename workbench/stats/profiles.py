"""The same data in its smallest shape: how often each pattern of values occurs.

A unit matters to agreement only through how many reviewers gave it which value, and an item only
through its units. Units with the same counts are one *type*, items with the same types are one
*profile*: a million judgments over five classes are a few hundred types, which is what makes
intervals cheap. Types and profiles are numbered by their content, so the order of rows, items and
reviewers changes nothing, not even the last digit.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from workbench.stats.arrays import (
    Bools,
    Distinct,
    Floats,
    Ints,
    count_distinct,
    distinct_sequences,
    is_new,
    ragged,
    starts_of,
    tally,
)
from workbench.stats.coding import CodedTable, encode

Sparse: TypeAlias = "csr_array[np.float64, tuple[int, int]]"


@dataclass(frozen=True, eq=False)
class Types:
    """Distinct units. `counts` (n_types, n_values) says how many reviewers gave which value."""

    counts: Sparse

    @cached_property
    def sizes(self) -> Floats:
        """Values in a unit of each type (n_types,)."""
        return self.counts.sum(axis=1)

    @cached_property
    def row(self) -> Ints:
        """The type of each stored count (nnz,)."""
        return np.repeat(np.arange(self.sizes.size), np.diff(self.counts.indptr))

    def total(self, entries: Floats) -> Floats:
        """Numbers beside the stored counts (nnz,), summed by type (n_types,)."""
        return tally(self.row, entries, self.sizes.size)


@dataclass(frozen=True, eq=False)
class Profiles:
    """What a table says, as patterns and how often each occurs.

    `composition` (n_profiles, n_types) says how many units of which type an item of a profile has,
    `multiplicity` (n_profiles,) how many items have it. `items` are codes of the
    coded table, `profile_of_item` (as many) their profiles. Units with fewer values than were asked
    for are in none of these, nor in the counts.
    """

    types: Types
    composition: Sparse
    multiplicity: Floats
    items: Ints
    profile_of_item: Ints
    n_units: int
    n_judgments: int
    n_reviewers: int

    @property
    def n_items(self) -> int:
        """Items with a unit that has as many values as were asked for."""
        return int(self.multiplicity.sum())

    def type_weights(self, weights: Floats) -> Floats:
        """Profile weights (n_profiles, b) as weights of types (n_types, b)."""
        return np.asarray(self.composition.T @ weights)


@dataclass(frozen=True, eq=False)
class Given:
    """Who gave the values of a coded table in which an item stands for all that are like it.

    `item` and `place` (n,) are codes of its items and reviewers; `reviewer` (n,) points into
    `reviewers`, which are in canonical order, and `times` (n,) says of how many items that one did.
    `codes` turns the reviewers' codes of before into these, -1 for who gave no value.
    """

    reviewers: tuple[Hashable, ...]
    item: Ints
    place: Ints
    reviewer: Ints
    times: Ints
    codes: Ints

    def only(self, kept: Bools) -> Given:
        """Some of these (n,)."""
        return replace(
            self,
            item=self.item[kept],
            place=self.place[kept],
            reviewer=self.reviewer[kept],
            times=self.times[kept],
        )

    def those_in(self, rows: CodedTable) -> Bools:
        """Which of these are among the rows of the table (n,)."""
        there = np.zeros((len(rows.items), len(rows.reviewers)), dtype=bool)
        there[rows.item, rows.reviewer] = True
        return there[self.item, self.place]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table coded once, for whoever asks several figures of it.

    Where its items stand for others, `times` (n_items,) says for how many, and `given` who gave
    the values: the coded table's reviewers are places then.
    """

    coded: CodedTable
    given: Given | None = None
    times: Ints | None = None

    @cached_property
    def profiles(self) -> Profiles:
        """Everything that can be compared: the units with two values or more."""
        return collapse(self, 2)

    @cached_property
    def whole(self) -> Profiles:
        """Every unit, those with a single value too."""
        if self.profiles.n_units == self.repeated(self.coded.item_of_unit):
            return self.profiles
        return collapse(self, 1)

    def repeated(self, item: Ints) -> int:
        """For how many items these codes of items stand."""
        return item.size if self.times is None else int(self.times[item].sum())


def prepare(table: pd.DataFrame | Prepared) -> Prepared:
    """Code a table with the columns item, reviewer, unit, value; a prepared one is given back.

    Every function that takes a table takes either. Raises Invalid as `coding.encode` does.
    """
    return table if isinstance(table, Prepared) else Prepared(encode(table))


def collapse(prepared: Prepared, fewest: int) -> Profiles:
    """Find the types and profiles of the units of a table with `fewest` values or more."""
    coded = prepared.coded
    kept = _with_values(coded, fewest)
    n_values, n_units = len(coded.known_values), kept.item_of_unit.size
    sizes = np.bincount(kept.unit, minlength=n_units)
    flat = _members_sorted(kept.unit, kept.value, n_values)
    found = distinct_sequences(flat, sizes, n_values)
    firsts = _take_runs(flat, sizes, found.first)
    types = Types(_counts(firsts, sizes[found.first], n_values))
    return _profiles(prepared, kept, types, found)


def _profiles(prepared: Prepared, coded: CodedTable, types: Types, found: Distinct) -> Profiles:
    items, flat, sizes = _types_by_item(coded, found)
    n_types = found.first.size
    profiles = distinct_sequences(flat, sizes, n_types)
    firsts = _take_runs(flat, sizes, profiles.first)
    return Profiles(
        types=types,
        composition=_counts(firsts, sizes[profiles.first], n_types),
        multiplicity=_multiplicity(prepared, items, profiles),
        items=items,
        profile_of_item=profiles.code,
        n_units=prepared.repeated(coded.item_of_unit),
        n_judgments=_n_judgments(prepared, coded),
        n_reviewers=_n_reviewers(prepared.given, coded),
    )


def _multiplicity(prepared: Prepared, items: Ints, profiles: Distinct) -> Floats:
    if prepared.times is None:
        return profiles.counts.astype(np.float64)
    return tally(profiles.code, prepared.times[items], profiles.first.size)


def _n_reviewers(given: Given | None, coded: CodedTable) -> int:
    if given is None:
        return count_distinct(coded.reviewer, len(coded.reviewers))
    return count_distinct(given.reviewer[given.those_in(coded)], len(given.reviewers))


def _with_values(coded: CodedTable, fewest: int) -> CodedTable:
    """The rows of units that have `fewest` values or more, with those units renumbered."""
    kept = np.bincount(coded.unit, minlength=coded.item_of_unit.size) >= fewest
    if kept.all():
        return coded
    rows = kept[coded.unit]
    renumbered = np.cumsum(kept) - 1
    return replace(
        coded,
        item_of_unit=coded.item_of_unit[kept],
        name_of_unit=coded.name_of_unit[kept],
        unit=renumbered[coded.unit[rows]],
        reviewer=coded.reviewer[rows],
        value=coded.value[rows],
    )


def _members_sorted(group: Ints, member: Ints, radix: int) -> Ints:
    """Members (0..radix-1) sorted within their groups, groups one after the other."""
    return np.sort(group * radix + member) % max(radix, 1)


def _take_runs(flat: Ints, sizes: Ints, chosen: Ints) -> Ints:
    """The runs of `flat` that were chosen, one after the other."""
    return flat[ragged(starts_of(sizes)[chosen], sizes[chosen])]


def _counts(flat: Ints, sizes: Ints, width: int) -> Sparse:
    """Sorted runs as sparse counts (n_runs, width)."""
    run = np.repeat(np.arange(sizes.size), sizes)
    new = is_new(run, flat)
    at = np.flatnonzero(new)
    counts = np.diff(np.append(at, flat.size)).astype(np.float64)
    ends = np.cumsum(np.bincount(run[at], minlength=sizes.size))
    return csr_array((counts, flat[at], np.append(0, ends)), shape=(sizes.size, width))


def _types_by_item(coded: CodedTable, found: Distinct) -> tuple[Ints, Ints, Ints]:
    """The items, their units' types sorted item by item, and how many units each has."""
    by_code = np.bincount(coded.item_of_unit, minlength=len(coded.items))
    items = np.flatnonzero(by_code)
    flat = _members_sorted(coded.item_of_unit, found.code, found.first.size)
    return items, flat, by_code[items]


def _n_judgments(prepared: Prepared, coded: CodedTable) -> int:
    """Distinct (item, reviewer) among the rows."""
    if coded.one_unit_an_item:
        return prepared.repeated(coded.item)
    n_reviewers = len(coded.reviewers)
    judgment = coded.item * n_reviewers + coded.reviewer
    if prepared.times is None:
        return count_distinct(judgment, len(coded.items) * n_reviewers)
    return prepared.repeated(np.unique(judgment) // n_reviewers)

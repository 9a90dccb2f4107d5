"""The same data in its smallest shape: how often each pattern of values occurs.

A unit matters to agreement only through how many reviewers gave it which value, and an item only
through its units. Units with the same counts are one *type*, items with the same types are one
*profile*: a million judgments over five classes are a few hundred types, which is what makes
intervals cheap. Types and profiles are numbered by their content, so the order of rows, items and
reviewers changes nothing, not even the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from workbench.stats.arrays import (
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
        """Values in a unit of each type (n_types,), 2 or more."""
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
    """Everything in a table that can be compared.

    `composition` (n_profiles, n_types) says how many units of which type an item of a profile has,
    `multiplicity` (n_profiles,) how many items have it. `items` (n_items,) are codes of the coded
    table, `profile_of_item` (n_items,) their profiles. Units with fewer than two values are in none
    of these, nor in the counts.
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
        """Items with a unit that two reviewers gave a value."""
        return self.items.size

    def type_weights(self, weights: Floats) -> Floats:
        """Profile weights (n_profiles, b) as weights of types (n_types, b)."""
        return np.asarray(self.composition.T @ weights)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table coded once, for whoever asks several figures of it."""

    coded: CodedTable

    @cached_property
    def profiles(self) -> Profiles:
        return collapse(self.coded)


def prepare(table: pd.DataFrame | Prepared) -> Prepared:
    """Code a table with the columns item, reviewer, unit, value; a prepared one is given back.

    Every function that takes a table takes either. Raises Invalid as `coding.encode` does.
    """
    return table if isinstance(table, Prepared) else Prepared(encode(table))


def collapse(coded: CodedTable) -> Profiles:
    """Find the types and profiles of a coded table."""
    comparable = _comparable(coded)
    n_values, n_units = len(coded.known_values), comparable.item_of_unit.size
    sizes = np.bincount(comparable.unit, minlength=n_units)
    flat = _members_sorted(comparable.unit, comparable.value, n_values)
    found = distinct_sequences(flat, sizes, n_values)
    firsts = _take_runs(flat, sizes, found.first)
    types = Types(_counts(firsts, sizes[found.first], n_values))
    return _profiles(comparable, types, found)


def _profiles(comparable: CodedTable, types: Types, found: Distinct) -> Profiles:
    items, flat, sizes = _types_by_item(comparable, found)
    n_types = found.first.size
    profiles = distinct_sequences(flat, sizes, n_types)
    firsts = _take_runs(flat, sizes, profiles.first)
    return Profiles(
        types=types,
        composition=_counts(firsts, sizes[profiles.first], n_types),
        multiplicity=profiles.counts.astype(np.float64),
        items=items,
        profile_of_item=profiles.code,
        n_units=comparable.item_of_unit.size,
        n_judgments=_n_judgments(comparable),
        n_reviewers=count_distinct(comparable.reviewer, len(comparable.reviewers)),
    )


def _comparable(coded: CodedTable) -> CodedTable:
    """The rows of units that have two values or more, with those units renumbered."""
    kept = np.bincount(coded.unit, minlength=coded.item_of_unit.size) > 1
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


def _types_by_item(comparable: CodedTable, found: Distinct) -> tuple[Ints, Ints, Ints]:
    """The items, their units' types sorted item by item, and how many units each has."""
    by_code = np.bincount(comparable.item_of_unit, minlength=len(comparable.items))
    items = np.flatnonzero(by_code)
    flat = _members_sorted(comparable.item_of_unit, found.code, found.first.size)
    return items, flat, by_code[items]


def _n_judgments(comparable: CodedTable) -> int:
    """Distinct (item, reviewer) among the rows."""
    if comparable.one_unit_an_item:
        return comparable.unit.size
    n_reviewers = len(comparable.reviewers)
    judgment = comparable.item * n_reviewers + comparable.reviewer
    return count_distinct(judgment, len(comparable.items) * n_reviewers)

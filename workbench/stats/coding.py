"""A long table of values as integer codes: the one pass over the data that every figure needs."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.messages import N_, Invalid
from workbench.stats.arrays import Ints, count_distinct

#: What a table of values must have; more columns are left alone.
COLUMNS = ("item", "reviewer", "unit", "value")


@dataclass(frozen=True, eq=False)
class CodedTable:
    """One row a (unit of an item, reviewer), as codes.

    `unit`, `reviewer`, `value` (n_rows,) point into `item_of_unit` (n_units,), `reviewers` and
    `known_values`; `item_of_unit` and `name_of_unit` (n_units,) point into `items` and
    `unit_names`. Reviewers and known values are in `canonical` order, so that what is computed does
    not depend on the order of the rows.
    """

    items: pd.Index
    unit_names: pd.Index
    reviewers: tuple[Hashable, ...]
    known_values: tuple[Hashable, ...]
    item_of_unit: Ints
    name_of_unit: Ints
    unit: Ints
    reviewer: Ints
    value: Ints

    @property
    def item(self) -> Ints:
        """The item of every row (n_rows,)."""
        return self.item_of_unit[self.unit]

    @property
    def one_unit_an_item(self) -> bool:
        """True when no item has a second unit."""
        return bool(np.bincount(self.item_of_unit).max(initial=0) <= 1)


def encode(table: pd.DataFrame) -> CodedTable:
    """Code a table with the columns item, reviewer, unit, value.

    A row without a value (None, NaN) counts as no row. Category columns are coded fastest.
    Raises Invalid when a column is missing, an item, reviewer or unit is empty (None, NaN), or a
    reviewer has two values for one unit; TypeError when something in the table is not hashable.
    """
    _check_columns(table)
    value, values = _canonical(*pd.factorize(table["value"]))
    if (value < 0).any():
        table, value = table[value >= 0], value[value >= 0]
    item, items = _filled(table, "item")
    reviewer, reviewers = _canonical(*_filled(table, "reviewer"))
    name, names = _filled(table, "unit")
    unit, item_of_unit, name_of_unit = _units(item, name, len(items), len(names))
    if count_distinct(unit * len(reviewers) + reviewer, item_of_unit.size * len(reviewers)) < len(
        table
    ):
        raise _said_twice(table)
    return CodedTable(
        items, names, reviewers, values, item_of_unit, name_of_unit, unit, reviewer, value
    )


def canonical(value: Hashable) -> tuple[int, float, str]:
    """A sort key for any values: numbers by size, then texts, then the rest by what it spells."""
    if isinstance(value, (bool, int, float, np.number, np.bool_)):
        return (0, float(value), "")
    if isinstance(value, str):
        return (1, 0.0, value)
    return (2, 0.0, _spelled(value))


def _spelled(value: object) -> str:
    # The repr of a set follows the hash seed of the process.
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(_spelled, value))) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_spelled, value)) + ")"
    return repr(value)


def _check_columns(table: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise Invalid({missing[0]: N_("The table of values has no such column.")})


def _filled(table: pd.DataFrame, column: str) -> tuple[Ints, pd.Index]:
    """Codes of a column in which nothing may be empty. Raises Invalid."""
    codes, found = pd.factorize(table[column])
    if (codes < 0).any():
        raise Invalid({column: N_("A row of the table of values leaves this empty.")})
    return codes.astype(np.int64, copy=False), pd.Index(found)


def _canonical(codes: Ints, found: pd.Index) -> tuple[Ints, tuple[Hashable, ...]]:
    """The same codes renumbered so that what they stand for is in canonical order."""
    things: list[Hashable] = found.tolist()
    keys = [canonical(thing) for thing in things]
    order = sorted(range(len(things)), key=keys.__getitem__)
    rank = np.full(len(things) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(things))
    return rank[codes], tuple(things[i] for i in order)


def _units(item: Ints, name: Ints, n_items: int, n_names: int) -> tuple[Ints, Ints, Ints]:
    """Codes of (item, unit), and the item and the unit's name of each such code."""
    if n_names <= 1:
        return item, np.arange(n_items, dtype=np.int64), np.zeros(n_items, dtype=np.int64)
    unit, pairs = pd.factorize(item * n_names + name)
    pair = np.asarray(pairs, dtype=np.int64)
    return unit.astype(np.int64, copy=False), pair // n_names, pair % n_names


def _said_twice(table: pd.DataFrame) -> Invalid:
    again = table[table.duplicated(["item", "reviewer", "unit"])].iloc[0]
    why = N_(
        "Reviewer %(reviewer)s has two values for unit “%(unit)s” of item %(item)s.",
        reviewer=again["reviewer"],
        unit=again["unit"],
        item=again["item"],
    )
    return Invalid({"value": why})

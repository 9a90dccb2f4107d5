"""A long table of comparisons of two models as integer codes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.messages import N_, Invalid
from workbench.stats.arrays import Floats, Ints, tally
from workbench.stats.coding import canonical
from workbench.stats.davidson import Counts

#: What a table of comparisons must have.
COLUMNS = ("item", "reviewer", "model_a", "model_b", "value")


@dataclass(frozen=True, eq=False)
class Battles:
    """One row a comparison, as codes (n,) into items, `reviewers` and `models`.

    `value` is 1 (a better), 0 (tie) or -1 (b better). Models and reviewers are in canonical order.
    """

    models: tuple[Hashable, ...]
    reviewers: tuple[Hashable, ...]
    n_items: int
    item: Ints
    reviewer: Ints
    a: Ints
    b: Ints
    value: Ints

    def counts(self) -> Counts:
        """Wins and ties by pair."""
        return pair_counts(self, np.ones(self.value.size))


def encode_battles(table: pd.DataFrame, models: Iterable[Hashable] = ()) -> Battles:
    """Code a table with the columns item, reviewer, model_a, model_b, value.

    A row without a value, or of a model with itself, counts as no row. `models` are there even if
    they were never compared. Raises Invalid when a column is missing, a cell other than the value
    is empty, or a value is not 1, 0 or -1.
    """
    for name in COLUMNS:
        if name not in table.columns:
            raise Invalid({name: N_("The table of comparisons has no such column.")})
    table = table[table["value"].notna()]
    for name in COLUMNS[:-1]:
        if table[name].isna().any():
            raise Invalid({name: N_("A row of the table of comparisons leaves this empty.")})
    table = table[table["model_a"] != table["model_b"]]
    if not table["value"].isin([1, 0, -1]).all():
        raise Invalid({"value": N_("A comparison is 1, 0 or -1: a better, tied, b better.")})
    names = sorted({*table["model_a"], *table["model_b"], *models}, key=canonical)
    reviewers = sorted(table["reviewer"].unique(), key=canonical)
    item, items = pd.factorize(table["item"])
    return Battles(
        models=tuple(names),
        reviewers=tuple(reviewers),
        n_items=len(items),
        item=item.astype(np.int64),
        reviewer=_codes(table["reviewer"], reviewers),
        a=_codes(table["model_a"], names),
        b=_codes(table["model_b"], names),
        value=table["value"].to_numpy().astype(np.int64),
    )


def pair_counts(battles: Battles, weights: Floats) -> Counts:
    """Wins and ties by pair, each comparison counted as often as its weight says."""
    n = len(battles.models)
    ahead = np.where(battles.value >= 0, battles.a, battles.b)
    behind = np.where(battles.value >= 0, battles.b, battles.a)
    tied = battles.value == 0
    cell = ahead * n + behind
    wins = tally(cell, np.where(tied, 0, weights), n * n).reshape(n, n)
    ties = tally(cell, np.where(tied, weights, 0), n * n).reshape(n, n)
    return Counts(wins, ties + ties.T)


def _codes(column: pd.Series[Any], names: list[Hashable]) -> Ints:
    codes, found = pd.factorize(column)
    at = {name: i for i, name in enumerate(names)}
    place = np.array([at[name] for name in found], dtype=np.int64)
    return place[codes]

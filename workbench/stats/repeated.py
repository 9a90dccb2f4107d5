"""A table of values in which every pattern stands once, with how often it occurs.

What is computed from it is what the whole table would give, to the last digit: figures go by how
many units and items look alike, and these numbers are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from workbench.stats.arrays import Ints, is_new, ragged, starts_of
from workbench.stats.coding import CodedTable, canonical, encode
from workbench.stats.patterns import Answers
from workbench.stats.profiles import Given, Prepared

#: The values of one saying: (unit, value) pairs.
Saying = Sequence[tuple[str, Hashable]]


@dataclass(frozen=True, eq=False)
class Sayings:
    """What each code of an answer says to one question, as rows one after the other.

    `sizes` (n_codes,) is how many units each gives; `unit` (n_rows,) points into `unit_names`, and
    `value` (n_rows,) holds the values themselves.
    """

    sizes: Ints
    unit: Ints
    unit_names: tuple[str, ...]
    value: pd.Series[Any]

    @classmethod
    def of(cls, sayings: Sequence[Saying]) -> Sayings:
        """The sayings by code."""
        names: dict[str, int] = {}
        unit = [names.setdefault(name, len(names)) for said in sayings for name, _ in said]
        value = pd.Series([value for said in sayings for _, value in said], dtype=object)
        sizes = np.array([len(said) for said in sayings], dtype=np.int64)
        units = np.array(unit, dtype=np.int64)
        return cls(sizes, units, tuple(names), value.infer_objects())

    @cached_property
    def starts(self) -> Ints:
        return starts_of(self.sizes)

    def rows(self, said: Ints) -> Ints:
        """The places of what these codes say, one code after the other."""
        return ragged(self.starts[said], self.sizes[said])

    def table(self, item: Ints, reviewer: Ints, said: Ints) -> pd.DataFrame:
        """A table of values of judgments, as `prepare` takes it."""
        rows, sizes = self.rows(said), self.sizes[said]
        names = pd.Index(self.unit_names, dtype=object)
        return pd.DataFrame(
            {
                "item": np.repeat(item, sizes),
                "reviewer": np.repeat(reviewer, sizes),
                "unit": pd.Categorical.from_codes(self.unit[rows], categories=names),
                "value": self.value.take(rows).to_numpy(),
            }
        )


def prepare_patterns(
    answers: Answers,
    sayings: Sayings,
    names: Sequence[Hashable],
    groups: Collection[int] | None = None,
) -> Prepared:
    """The values of one question. `names`: of the reviewers by code; `groups`: only their items.

    An item of the coded table is the number of a pattern, and its reviewers are places in it.
    """
    pattern, times, codes, sizes = _patterns(answers, groups)
    place = ragged(np.zeros_like(sizes), sizes)
    item = np.repeat(pattern, sizes)
    coded = encode(sayings.table(item, place, codes))
    items = np.asarray(coded.items, dtype=np.int64)
    by_number = np.zeros(int(pattern.max(initial=-1)) + 1, dtype=np.int64)
    by_number[pattern] = times
    given = _in_order(_given(answers, coded, (item, place, codes)), names, coded)
    return Prepared(coded, given, by_number[items])


def _patterns(answers: Answers, groups: Collection[int] | None) -> tuple[Ints, Ints, Ints, Ints]:
    """The patterns that occur, how often, what was said in them one after the other, and how many
    judgments each has."""
    (pattern,), times = answers.times.columns, answers.times.times
    known = answers.patterns.known
    if groups is not None:
        kept = np.array([known[i][0] in groups for i in pattern.tolist()], dtype=bool)
        pattern, times = pattern[kept], times[kept]
    said = [known[i][1:] for i in pattern.tolist()]
    sizes = np.array([len(codes) for codes in said], dtype=np.int64)
    flat = np.fromiter((code for codes in said for code in codes), np.int64, int(sizes.sum()))
    return pattern, times, flat, sizes


def _given(answers: Answers, coded: CodedTable, cells: tuple[Ints, Ints, Ints]) -> Given:
    """Who stands for whom: the judgments that gave a value, by item and place of the coded table.

    `cells`: (pattern, place, said) of every judgment of a pattern. Judgments that say the same are
    alike, so the first place of a saying stands for its others.
    """
    pattern, place, said = cells
    number, code, reviewer = answers.given.columns
    width = int(max(code.max(initial=0), said.max(initial=0))) + 1
    first = is_new(pattern, said)
    key = pattern[first] * width + said[first]
    order = np.argsort(key)
    asked = number * width + code
    at = np.searchsorted(key[order], asked)
    there = at < key.size
    there[there] = key[order][at[there]] == asked[there]
    item = _codes(np.asarray(coded.items, dtype=np.int64), number[there])
    places = np.array(coded.reviewers, dtype=np.int64)
    where = _codes(places, place[first][order][at[there]])
    times = answers.given.times[there]
    nobody = np.empty(0, dtype=np.int64)
    return Given((), item, where, reviewer[there], times, nobody).only((item >= 0) & (where >= 0))


def _codes(known: Ints, asked: Ints) -> Ints:
    """The place of each in `known`, -1 where it is not there."""
    if not known.size:
        return np.full(asked.size, -1, dtype=np.int64)
    order = np.argsort(known)
    at = np.minimum(np.searchsorted(known[order], asked), known.size - 1)
    return np.where(known[order][at] == asked, order[at], -1)


def _in_order(given: Given, names: Sequence[Hashable], coded: CodedTable) -> Given:
    """Those who gave a value, renumbered in canonical order of their names."""
    given = given.only(given.those_in(coded))
    order = sorted(np.unique(given.reviewer).tolist(), key=lambda code: canonical(names[code]))
    codes = np.full(len(names), -1, dtype=np.int64)
    codes[order] = np.arange(len(order))
    ordered = tuple(names[code] for code in order)
    return replace(given, reviewers=ordered, reviewer=codes[given.reviewer], codes=codes)

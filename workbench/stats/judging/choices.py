"""Judgments of pairs as arrays, in the order in which each reviewer gave them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.messages import N_, Invalid
from workbench.stats.arrays import Bools, Floats, Ints, count_distinct, is_new
from workbench.stats.coding import canonical_codes, filled_codes

#: A break longer than this ends a session.
GAP_MINUTES = 30.0

_COLUMNS = (
    "item",
    "reviewer",
    "choice",
    "length_first",
    "length_second",
    "at",
    "active_seconds",
    "n_chars",
)


@dataclass(frozen=True, eq=False)
class Choices:
    """Judgments (n,), sorted by reviewer and time.

    `item`, `reviewer` and `session` are codes, `choice` is 1, 0 or -1, `first` and `second` are the
    lengths of the two texts in code points, `hours` is the time since the session's first judgment,
    `seconds` and `n_chars` are NaN where they are not known.
    """

    reviewers: tuple[Hashable, ...]
    item: Ints
    reviewer: Ints
    session: Ints
    choice: Ints
    first: Floats
    second: Floats
    hours: Floats
    seconds: Floats
    n_chars: Floats

    @property
    def n(self) -> int:
        return self.item.size

    @property
    def doublings(self) -> Floats:
        """How often the second length has to be doubled to reach the first (n,).

        An empty text counts as one character, which has a logarithm.
        """
        ratio: Floats = np.log2(np.maximum(self.first, 1) / np.maximum(self.second, 1))
        return ratio

    def where(self, kept: Bools) -> Choices:
        """Some of the judgments, each in the session that it was in."""
        return replace(
            self,
            item=self.item[kept],
            reviewer=self.reviewer[kept],
            session=self.session[kept],
            choice=self.choice[kept],
            first=self.first[kept],
            second=self.second[kept],
            hours=self.hours[kept],
            seconds=self.seconds[kept],
            n_chars=self.n_chars[kept],
        )


def prepare_choices(table: pd.DataFrame | Choices, *, gap_minutes: float = GAP_MINUTES) -> Choices:
    """Check a table of choices and find its sessions; a prepared one is given back.

    The columns are those of this package's docstring. A break of more than `gap_minutes` between
    two judgments of a reviewer begins a new session. Raises Invalid when a column is missing, a
    cell is empty that may not be, a number is none or out of its range, or a reviewer has two rows
    for one item.
    """
    if isinstance(table, Choices):
        return table
    for name in _COLUMNS:
        if name not in table.columns:
            raise Invalid.at(name, "The table of values has no such column.")
    item, items = canonical_codes(*filled_codes(table, "item"))
    reviewer, reviewers = canonical_codes(*filled_codes(table, "reviewer"))
    if count_distinct(item * len(reviewers) + reviewer, len(items) * len(reviewers)) < len(table):
        raise Invalid.at("item", "A reviewer has two rows for one item.")
    seconds_in = _clock(table["at"])
    order = np.lexsort((item, seconds_in, reviewer))
    session, hours = _sessions(reviewer[order], seconds_in[order], gap_minutes * 60)
    return Choices(
        reviewers=reviewers,
        item=item[order],
        reviewer=reviewer[order],
        session=session,
        choice=_choice(table["choice"])[order],
        first=_numbers(table, "length_first")[order],
        second=_numbers(table, "length_second")[order],
        hours=hours,
        seconds=_numbers(table, "active_seconds", gaps=True)[order],
        n_chars=_numbers(table, "n_chars", gaps=True)[order],
    )


def _clock(at: pd.Series) -> Floats:
    """Seconds since the first time (n,). Raises Invalid."""
    times = pd.to_datetime(at, errors="coerce")
    if times.isna().any():
        raise Invalid.at("at", "Every judgment needs the time at which it was given.")
    return np.asarray((times - times.min()).dt.total_seconds(), dtype=np.float64)


def _sessions(reviewer: Ints, seconds: Floats, gap: float) -> tuple[Ints, Floats]:
    """The session of every judgment, in order, and the hours since that session began."""
    new = is_new(reviewer)
    new[1:] |= np.diff(seconds) > gap
    session = np.cumsum(new) - 1
    return session, (seconds - seconds[new][session]) / 3600


def _choice(column: pd.Series) -> Ints:
    choice = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    if not np.isin(choice, (-1, 0, 1)).all():
        raise Invalid.at("choice", "A choice is 1, 0 or -1.")
    return choice.astype(np.int64)


def _numbers(table: pd.DataFrame, name: str, *, gaps: bool = False) -> Floats:
    """A column of finite numbers that are not negative; NaN where `gaps` allows it."""
    numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
    missing = table[name].isna().to_numpy() if gaps else np.zeros(len(table), dtype=bool)
    if not (missing | (np.isfinite(numbers) & (numbers >= 0))).all():
        why = N_("This column needs numbers that are not negative.")
        raise Invalid({name: why})
    return numbers

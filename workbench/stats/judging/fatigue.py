"""Whether agreement or pace change over the hours of a session."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from workbench.messages import N_, Message
from workbench.stats.arrays import Bools, Floats, Ints, distinct_rows, tally
from workbench.stats.intervals import RESAMPLES
from workbench.stats.judging.choices import Choices, prepare_choices
from workbench.stats.judging.findings import (
    Finding,
    Measured,
    basis,
    by_cluster,
    measure,
    percent,
    points,
    ratio_of_sums,
)

#: What changes with each hour is not read from sessions shorter than this: a difference between two
#: judgments a few seconds apart would be drawn out to any size.
SHORTEST_HOURS = 0.25


@dataclass(frozen=True)
class Hour:
    """The judgments given in one hour of a session, 0 the first.

    `value` is the mean of what is measured: agreement with the others (0..1), or seconds a code
    point (geometric mean). Late hours come from long sessions alone, so how the hours differ is not
    all fatigue; the finding's figure compares within sessions.
    """

    hour: int
    value: float
    n_judgments: int


@dataclass(frozen=True, kw_only=True)
class Fatigue(Finding):
    """`value` is the change with each hour worked, 0 when nothing changes.

    For agreement, the change of the share (0..1) of the item's other reviewers who made the same
    choice; for pace, the relative change of the time that a text of the same length takes: -0.1 is
    a tenth less with each hour.
    """

    of: Literal["agreement", "pace"]
    by_hour: tuple[Hour, ...] = ()


def fatigue(
    table: pd.DataFrame | Choices,
    of: Literal["agreement", "pace"] = "agreement",
    *,
    resamples: int = RESAMPLES,
) -> Fatigue:
    """How agreement with the other reviewers, or the time a text takes, changes by hour worked.

    The slope over the hours since the session began, within sessions: each is compared with itself
    alone, so that neither who works long nor on which day has a say. The interval resamples
    reviewers, since people tire differently and a session's judgments share its day. Undefined when
    no session has judgments that can be measured `SHORTEST_HOURS` apart.

    For agreement each judgment is set against the others of the item, by which text they chose.
    Their lengths tell the texts apart whichever was shown first, so a pair of one length is left
    out. For pace, it is the logarithm of active seconds by code point. Raises Invalid as
    `prepare_choices` does, ValueError for another measure.
    """
    choices = prepare_choices(table)
    if of == "agreement":
        score, known = _with_others(choices)
    elif of == "pace":
        score, known = _pace(choices)
    else:
        raise ValueError(f"{of!r} is not a measure of fatigue")
    rows, score = choices.where(known), score[known]
    sums, several = _slopes(rows, score)
    rows, score = rows.where(several), score[several]
    agreement = of == "agreement"
    change = measure(ratio_of_sums if agreement else _growth, resamples, sums)
    hours = _by_hour(rows.hours, score)
    return Fatigue(
        **basis(rows, change, says=_says(change, agreement), undefined=_WHY),
        of=of,
        by_hour=hours if agreement else tuple(replace(h, value=math.exp(h.value)) for h in hours),
    )


_WHY: Message = N_(
    "No stretch of work of a quarter of an hour or more has two judgments that can be compared."
)


def _says(change: Measured, agreement: bool) -> Message:
    if agreement:
        return N_(
            "With each hour worked without a long break, agreement with the other reviewers "
            "changes by %(points)s.",
            points=points(change),
        )
    return N_(
        "With each hour worked without a long break, the time that a text of the same length takes "
        "changes by %(share)s.",
        share=percent(change),
    )


def _growth(sums: Floats) -> Floats:
    """A slope of logarithms as a relative change."""
    return np.expm1(ratio_of_sums(sums))


def _with_others(choices: Choices) -> tuple[Floats, Bools]:
    """The share of the item's other reviewers who made the same choice, and where there is one."""
    longer = np.sign(choices.first - choices.second).astype(np.int64)
    said = choices.choice * longer + 1  # of the longer text, whichever was shown first
    shortest, longest = _lengths(choices)
    (item, *_), pair = distinct_rows(choices.item, shortest, longest)
    others = np.bincount(pair, minlength=item.size)[pair] - 1
    same = np.bincount(pair * 3 + said, minlength=3 * item.size)[pair * 3 + said] - 1
    return same / np.maximum(others, 1), (longer != 0) & (others > 0)


def _lengths(choices: Choices) -> tuple[Ints, Ints]:
    shortest = np.minimum(choices.first, choices.second)
    longest = np.maximum(choices.first, choices.second)
    return shortest.astype(np.int64), longest.astype(np.int64)


def _pace(choices: Choices) -> tuple[Floats, Bools]:
    """The logarithm of seconds by code point, and where both are known."""
    known = (choices.seconds > 0) & (choices.n_chars > 0)
    ratio = np.ones(choices.n)
    np.divide(choices.seconds, choices.n_chars, out=ratio, where=known)
    return np.log(ratio), known


def _slopes(rows: Choices, score: Floats) -> tuple[Floats, Bools]:
    """By reviewer: the two parts of the slope; and the rows of sessions that are long enough."""
    n = int(rows.session.max(initial=-1)) + 1
    hours, score = _about_mean(rows.hours, rows.session, n), _about_mean(score, rows.session, n)
    told = (_spans(rows, n) >= SHORTEST_HOURS)[rows.session]
    hours, score = hours[told], score[told]
    return by_cluster(rows.reviewer[told], hours * score, hours**2), told


def _spans(rows: Choices, n: int) -> Floats:
    """Hours from the first to the last judgment of every session (n,)."""
    first, last = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(first, rows.session, rows.hours)
    np.maximum.at(last, rows.session, rows.hours)
    spans: Floats = last - first
    return spans


def _about_mean(values: Floats, session: Ints, n: int) -> Floats:
    """Values less the mean of their session."""
    size = np.maximum(np.bincount(session, minlength=n), 1)
    about: Floats = values - (tally(session, values, n) / size)[session]
    return about


def _by_hour(hours: Floats, score: Floats) -> tuple[Hour, ...]:
    hour = np.floor(hours).astype(np.int64)
    count = np.bincount(hour)
    total = tally(hour, score, count.size)
    return tuple(
        Hour(at, float(total[at] / count[at]), int(count[at]))
        for at in np.flatnonzero(count).tolist()
    )

"""Whether reviewers mark the same passages, and find the same first bad step."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from workbench.messages import N_, Invalid, Message
from workbench.stats.arrays import Floats, distinct_rows
from workbench.stats.estimates import Estimate, nothing_compared
from workbench.stats.intervals import RESAMPLES
from workbench.stats.means import Meetings, mean_over_pairs, meetings, scored
from workbench.stats.profiles import Prepared, prepare

#: Start and end (exclusive) in code points, and a category.
Span: TypeAlias = tuple[int, int, Hashable]

#: Passages that do not overlap, in their order, by category.
_Runs: TypeAlias = dict[Hashable, list[tuple[int, int]]]


def span_agreement(
    table: pd.DataFrame, *, by_category: bool = True, resamples: int = RESAMPLES
) -> Estimate:
    """Soft F1 of the passages that two reviewers marked in a unit: 1 the same, 0 nothing shared.

    The table has the columns item, reviewer, unit, value: one row a reviewer and text, its value
    all the spans (start, end, category) that this reviewer marked there, offsets in code points and
    the end exclusive. No spans is an opinion too: an empty collection, while None counts as no row.

    Precision is the mean over the one's spans of the share of its code points that the other marked
    with the same category, recall the same the other way round, F1 their harmonic mean; it is the
    same whoever comes first. Every span counts alike, however long. Spans of one reviewer and
    category that overlap are taken together. `by_category=False` ignores categories: what is gained
    by that was found alike and named differently.

    The figure is the mean over items of the mean over the pairs of reviewers of their units; the
    interval resamples items. Two reviewers who marked nothing have no F1 and are left out: whether
    there is anything to mark is a question of its own. Undefined when no pair is left.
    Source: G. Da San Martino et al., "Fine-Grained Analysis of Propaganda in News Articles", EMNLP
    2019, whose F1 of two overlapping sets of spans this is.

    Chance is not taken out of it, and two spans are compared by their characters alone: `gamma`
    aligns them first.

    Raises Invalid for what is no span, and as `coding.encode` does.
    """
    prepared = prepare(recoded(table, drawn_spans))
    met = meetings(prepared.coded)
    f1 = _f1_of(prepared, met, by_category)
    blank = N_("No two reviewers of a text marked anything in it, so nothing can be compared.")
    return _mean(prepared, met, f1, blank, resamples)


@dataclass(frozen=True)
class FirstBadStep:
    """How far reviewers agree on the first bad step of an item.

    `exact`: the share (0..1) of pairs of reviewers who name the same step or both none.
    `distance`: how many steps apart two are (0, 1, ...) when both name one.
    """

    exact: Estimate
    distance: Estimate


def first_bad_step(table: pd.DataFrame, *, resamples: int = RESAMPLES) -> FirstBadStep:
    """Whether reviewers find the same first bad step, and how far apart they are.

    The table has the columns item, reviewer, unit, value: the index of the first bad step (0, 1,
    ...), or None (NaN) for "every step is good", which is an opinion here; who did not judge has no
    row. No bad step has no place among the steps, so a pair of which one names none counts in
    `exact` alone. Both are means over items of the mean over pairs of reviewers, with intervals
    over resampled items.
    Source of the question: H. Lightman et al., "Let's Verify Step by Step" (2023).
    Raises Invalid for a value that is no index, and as `coding.encode` does.
    """
    prepared = prepare(recoded(table, _step))
    met = meetings(prepared.coded)
    step = np.array(prepared.coded.known_values, dtype=np.float64)[prepared.coded.value]
    one, other = step[met.one], step[met.other]
    apart = np.where((one >= 0) & (other >= 0), np.abs(one - other), np.nan)
    none = N_("No two reviewers of an item both name a bad step, so there is no distance.")
    return FirstBadStep(
        exact=_mean(prepared, met, (one == other).astype(np.float64), none, resamples),
        distance=_mean(prepared, met, apart, none, resamples),
    )


def _mean(
    prepared: Prepared, met: Meetings, score: Floats, undefined: Message, resamples: int
) -> Estimate:
    """The mean of the scores of meetings; `undefined` says why when there are only NaN."""
    coded = prepared.coded
    n_units = np.unique(coded.unit[met.one[np.isfinite(score)]]).size
    why = undefined if met.one.size else nothing_compared(prepared)
    return mean_over_pairs(scored(coded, met, score), n_units, why, resamples=resamples)


def recoded(table: pd.DataFrame, recode: Any) -> pd.DataFrame:
    """The table with every value put in the form that can be coded."""
    if "value" not in table.columns:
        return table
    values = pd.Series([recode(value) for value in table["value"]], index=table.index, dtype=object)
    return table.assign(value=values)


def drawn_spans(value: Any) -> frozenset[Span] | None:
    """What a reviewer marked, whatever the order. Raises Invalid."""
    if _empty(value):
        return None
    if not isinstance(value, Iterable):
        raise Invalid.at("value", "“%(value)s” is no collection of spans.", value=value)
    return frozenset(_span(each) for each in value)


def _empty(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def _span(given: Any) -> Span:
    try:
        start, end, category = given
        whole = start == int(start) and end == int(end)
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole or not 0 <= start < end:
        raise Invalid.at("value", "“%(value)s” is no span of start, end and category.", value=given)
    return int(start), int(end), category


def _step(value: Any) -> int:
    """The index of a step, -1 for none. Raises Invalid."""
    if _empty(value):
        return -1
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not np.isfinite(value) or value < 0 or value != int(value):
        raise Invalid.at("value", "“%(value)s” is no index of a step.", value=value)
    return int(value)


def _f1_of(prepared: Prepared, met: Meetings, by_category: bool) -> Floats:
    """F1 of every meeting, worked out once for each two sets of spans."""
    value, known = prepared.coded.value, prepared.coded.known_values
    runs = [_runs(drawn, by_category) for drawn in known]  # type: ignore[arg-type]
    (one, other), which = distinct_rows(value[met.one], value[met.other])
    f1 = [_f1(runs[a], runs[b]) for a, b in zip(one.tolist(), other.tolist(), strict=True)]
    return np.array(f1, dtype=np.float64)[which]


def _runs(drawn: Collection[Span], by_category: bool) -> _Runs:
    """Spans of one category that overlap are taken together."""
    runs: _Runs = {}
    for start, end, category in sorted(drawn, key=lambda span: span[:2]):
        mine = runs.setdefault(category if by_category else None, [])
        if mine and start < mine[-1][1]:
            mine[-1] = (mine[-1][0], max(end, mine[-1][1]))
        else:
            mine.append((start, end))
    return runs


def _f1(one: _Runs, other: _Runs) -> float:
    """NaN when neither has anything."""
    if not one and not other:
        return float("nan")
    precision, recall = _covered(one, other), _covered(other, one)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _covered(mine: _Runs, theirs: _Runs) -> float:
    """The mean over my runs of the share that theirs of the same category cover."""
    shares = [
        _overlap(run, theirs.get(category, ())) / (run[1] - run[0])
        for category, runs in mine.items()
        for run in runs
    ]
    return sum(shares) / len(shares) if shares else 0.0


def _overlap(run: tuple[int, int], others: Iterable[tuple[int, int]]) -> int:
    """Code points of a run that others, which do not overlap, have too."""
    return sum(max(0, min(run[1], end) - max(run[0], start)) for start, end in others)

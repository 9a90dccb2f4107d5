"""How alike reviewers order the responses of an item: Kendall's tau-b and W, from signed pairs.

The tables have the columns item, reviewer, unit, value in the form that rankings take here: unit
"a>b" with 1 (a better), 0 (tied) or -1 (b better), and unit "b>a" with its negative. A pair with an
unranked response has no row. Within an id, a backslash comes before ">" and before a backslash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.messages import N_, Invalid
from workbench.stats.arrays import Bools, Floats, Ints, distinct_rows, tally
from workbench.stats.coding import CodedTable
from workbench.stats.estimates import Estimate, nothing_compared
from workbench.stats.intervals import RESAMPLES
from workbench.stats.means import (
    Counts,
    Meetings,
    Scored,
    mean_over_items,
    mean_over_pairs,
    meetings,
)
from workbench.stats.profiles import Prepared, prepare

#: The two ids of "a>b", each as it is written there.
_PAIR = re.compile(r"((?:[^\\>]|\\.)+)>((?:[^\\>]|\\.)+)", re.DOTALL)


def kendall_tau_b(table: pd.DataFrame | Prepared, *, resamples: int = RESAMPLES) -> Estimate:
    """Kendall's tau-b between two reviewers of an item: 1 the same order, -1 the opposite one.

    Two rankings are compared over the pairs of responses that both rank: the sum of the products of
    their signs over the root of the product of the pairs that the one and the other leave untied.
    Rankings of which one ties every such pair have no tau and are left out. The figure is the mean
    over items of the mean over an item's pairs of reviewers; the interval resamples items.
    Undefined when no two rankings have a tau. The counts are of the rankings that have one, units
    being pairs of responses in both orientations.
    Source: M. G. Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945).
    Raises Invalid for a value other than 1, 0, -1, and as `coding.encode` does.
    """
    prepared = prepare(table)
    coded = prepared.coded
    met = meetings(coded)
    pairs, which = _taus(coded, met, _signs(coded))
    n_units = np.unique(coded.unit[met.one[pairs.defined[which]]]).size
    tied = N_("In every two rankings one ties all responses, so their orders cannot be compared.")
    undefined = tied if met.one.size else nothing_compared(prepared)
    return mean_over_pairs(pairs, n_units, undefined, resamples=resamples)


def kendall_w(table: pd.DataFrame | Prepared, *, resamples: int = RESAMPLES) -> Estimate:
    """Kendall's W of an item's rankings, corrected for ties: 1 all the same, 0 no common order.

    The figure is the mean of W over items. The responses of an item are those that anyone ranked;
    a ranking that leaves one of them out is left out itself, and so is an item with fewer than two
    complete rankings or in which all of them tie everything. Unlike tau, W cannot be negative: two
    opposite rankings have 0, and few rankings have a high W by chance (1/m for m of them).
    Undefined when no item is left. The interval resamples items; the counts are of complete
    rankings, units being pairs of responses in both orientations.
    Source: M. G. Kendall, "Rank Correlation Methods" (1948), chapter 6. Friedman's chi squared is
    m (n - 1) W for m rankings of n responses.
    Raises Invalid for a value other than 1, 0, -1, a unit that names no pair, and as
    `coding.encode` does.
    """
    prepared = prepare(table)
    complete = _complete(_leads(prepared.coded, _signs(prepared.coded)))
    w = _concordance(complete)
    judged = complete.where(np.isfinite(w)[complete.item])
    counts = Counts(judged.n_units, judged.n_judgments, np.unique(judged.reviewer).size)
    none = N_("No item has two complete rankings that tell its responses apart.")
    undefined = none if prepared.coded.unit.size else nothing_compared(prepared)
    return mean_over_items(w[np.isfinite(w)], counts, undefined, resamples=resamples)


def _signs(coded: CodedTable) -> Floats:
    """The values of the rows (n_rows,). Raises Invalid."""
    for value in coded.known_values:
        if value not in (-1, 0, 1):
            raise Invalid.at("value", "“%(value)s” is none of 1, 0 and -1.", value=value)
    return np.array(coded.known_values, dtype=np.float64)[coded.value]


def _taus(coded: CodedTable, met: Meetings, sign: Floats) -> tuple[Scored, Ints]:
    """Tau-b of every two rankings of an item, NaN where undefined, and whose each meeting is."""
    (item, a, b), which = distinct_rows(
        coded.item[met.one], coded.reviewer[met.one], coded.reviewer[met.other]
    )
    one, other = sign[met.one], sign[met.other]
    together = tally(which, one * other, item.size)
    untied = tally(which, one**2, item.size) * tally(which, other**2, item.size)
    tau = np.full(item.size, np.nan)
    np.divide(together, np.sqrt(untied), out=tau, where=untied > 0)
    return Scored(item, a, b, tau), which


@dataclass(frozen=True, eq=False)
class _Leads:
    """How far each response of a ranking leads: those it is above less those above it.

    One row a (ranking, response). `lead` is a ranking's mid-rank turned round, about 0 and doubled.
    `n_pairs` is how many pairs the ranking has the response in.
    """

    item: Ints
    reviewer: Ints
    response: Ints
    lead: Floats
    n_pairs: Ints

    def where(self, kept: Bools) -> _Leads:
        return _Leads(
            self.item[kept],
            self.reviewer[kept],
            self.response[kept],
            self.lead[kept],
            self.n_pairs[kept],
        )

    @property
    def n_judgments(self) -> int:
        return distinct_rows(self.item, self.reviewer)[0][0].size

    @property
    def n_units(self) -> int:
        """Pairs of responses of the items, in both orientations."""
        n = self.n_responses()
        return int((n * (n - 1)).sum())

    def n_responses(self) -> Ints:
        """How many responses each item has (by item code)."""
        return np.bincount(distinct_rows(self.item, self.response)[0][0])


def _leads(coded: CodedTable, sign: Floats) -> _Leads:
    first = pd.factorize(np.array([_pair(name)[0] for name in coded.unit_names], dtype=object))[0]
    response = first[coded.name_of_unit[coded.unit]]
    (item, reviewer, led), which = distinct_rows(coded.item, coded.reviewer, response)
    n_pairs = np.bincount(which, minlength=item.size)
    return _Leads(item, reviewer, led, tally(which, sign, item.size), n_pairs)


def _pair(name: object) -> tuple[str, str]:
    """The two ids of a unit "a>b". Raises Invalid."""
    found = _PAIR.fullmatch(str(name))
    if not found:
        raise Invalid.at("unit", "“%(unit)s” does not name a pair of responses.", unit=name)
    return found[1], found[2]


def _complete(leads: _Leads) -> _Leads:
    """The rankings that have every response of their item."""
    # A ranking that lacks a response lacks its pair with each of those it has.
    return leads.where(leads.n_pairs == leads.n_responses()[leads.item] - 1)


def _concordance(complete: _Leads) -> Floats:
    """W by item code, NaN where there is none.

    Sum of squares of the rank sums over the most that it could be, m times the sum of squares of
    all ranks about their mean. The second shrinks with ties: that is the correction.
    """
    n_items = int(complete.item.max(initial=-1)) + 1
    (item, _), which = distinct_rows(complete.item, complete.response)
    between = tally(item, tally(which, complete.lead, item.size) ** 2, n_items)
    within = tally(complete.item, complete.lead**2, n_items)
    (judged, _), _ = distinct_rows(complete.item, complete.reviewer)
    m = np.bincount(judged, minlength=n_items)
    w = np.full(n_items, np.nan)
    np.divide(between, m * within, out=w, where=(m > 1) & (within > 0))
    return w

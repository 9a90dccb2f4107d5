"""Whether the response shown first, and the longer one, win more often than their worth explains.

Both come from one logistic model of the decided pairs: the log odds that the first wins are a
constant plus a slope times the base 2 logarithm of the first length over the second. The constant
is the pull of the first position between texts of one length, the slope that of a doubled length
wherever it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.special import expit

from workbench.messages import N_, Message
from workbench.stats.arrays import Floats, tally
from workbench.stats.intervals import RESAMPLES
from workbench.stats.judging.choices import Choices, prepare_choices
from workbench.stats.judging.findings import (
    UNDEFINED,
    Finding,
    Measured,
    basis,
    by_cluster,
    measure,
    percent,
)
from workbench.stats.judging.logit import fit, newton_step
from workbench.stats.judging.shrinkage import ReviewerShare, reviewer_shares

_CONSTANT, _SLOPE = 0, 1


@dataclass(frozen=True, kw_only=True)
class PositionPreference(Finding):
    """`value` is the share (0..1) in which the first of two responses of one length wins.

    `by_reviewer` has the share of first ones among each reviewer's decided pairs, of any lengths:
    which one is longer is drawn with the order. They are drawn towards the team's share.
    """

    neutral: ClassVar[float] = 0.5
    by_reviewer: tuple[ReviewerShare, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LengthPreference(Finding):
    """`value` is the share (0..1) in which a response wins that is twice as long as the other."""

    neutral: ClassVar[float] = 0.5


def first_position_preference(
    table: pd.DataFrame | Choices, *, resamples: int = RESAMPLES
) -> PositionPreference:
    """How often the response shown first wins when both are as long; 0.5 is no preference.

    Ties are left out. The interval is the wider of two: over items, whose reviewers may have seen
    the same two texts in one order, and over reviewers, whose habits differ. Undefined when no pair
    is decided, or when the first is longer in one and the same proportion every time. Raises
    Invalid as `prepare_choices` does.
    """
    rows = _decided(table)
    x = rows.doublings
    apart = rows.n and (np.ptp(x) > 0 or x[0] == 0)  # of equal lengths, only position is left
    measured = _fitted(rows, _CONSTANT, resamples) if apart else UNDEFINED
    says = N_(
        "When two responses are about as long, reviewers choose the one shown first in %(share)s "
        "of decided pairs.",
        share=percent(measured),
    )
    n_reviewers = len(rows.reviewers)
    firsts = tally(rows.reviewer, (rows.choice > 0).astype(np.int64), n_reviewers)
    decided = tally(rows.reviewer, np.ones(rows.n), n_reviewers)
    return PositionPreference(
        **basis(rows, measured, says=says, undefined=_why(rows)),
        by_reviewer=reviewer_shares(rows.reviewers, firsts, decided),
    )


def length_preference(
    table: pd.DataFrame | Choices, *, resamples: int = RESAMPLES
) -> LengthPreference:
    """How often a response wins that is twice as long as the other; 0.5 is no preference.

    It holds for either position. A preference is no fault in itself: the longer response may be the
    better one. Ties are left out. The interval is the wider of two: over items, since lengths and
    worth are those of an item's texts, the same for all its reviewers, and over reviewers, whose
    habits differ. Undefined when no pair is decided or the lengths do not differ. Raises Invalid as
    `prepare_choices` does.
    """
    rows = _decided(table)
    apart = rows.n and np.ptp(rows.doublings) > 0
    measured = _fitted(rows, _SLOPE, resamples) if apart else UNDEFINED
    says = N_(
        "Wherever it is shown, a response twice as long as the other wins in %(share)s of decided "
        "pairs.",
        share=percent(measured),
    )
    return LengthPreference(**basis(rows, measured, says=says, undefined=_why(rows)))


def _decided(table: pd.DataFrame | Choices) -> Choices:
    choices = prepare_choices(table)
    return choices.where(choices.choice != 0)


def _why(rows: Choices) -> Message:
    if not rows.n:
        return N_("No pair has been decided yet.")
    return N_("The lengths of the responses do not differ enough to tell what length does.")


def _fitted(rows: Choices, coefficient: int, resamples: int) -> Measured:
    """The share that one of (constant, slope) stands for."""
    fitted = fit(rows.doublings, (rows.choice > 0).astype(np.float64))

    def share(drawn: Floats) -> Floats:
        moved = fitted.coefficients[coefficient] + newton_step(drawn)[coefficient]
        return np.asarray(expit(moved))

    clustered = (by_cluster(cluster, *fitted.terms) for cluster in (rows.item, rows.reviewer))
    return measure(share, resamples, *clustered)

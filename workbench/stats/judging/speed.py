"""How many judgments were given faster than anyone reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.messages import N_, Message
from workbench.stats.arrays import tally
from workbench.stats.intervals import RESAMPLES
from workbench.stats.judging.choices import Choices, prepare_choices
from workbench.stats.judging.findings import (
    Finding,
    basis,
    by_cluster,
    measure,
    percent,
    ratio_of_sums,
)
from workbench.stats.judging.shrinkage import ReviewerShare, reviewer_shares

#: Characters a second that no one reads at and understands. Adults read some 240 words a minute, in
#: English about 24 characters a second (M. Brysbaert, "How many words do we read per minute?",
#: Journal of Memory and Language 109, 2019); this is two and a half times as fast.
FASTEST_READING = 60.0


@dataclass(frozen=True, kw_only=True)
class Speeding(Finding):
    """`value` is the share (0..1) of timed judgments faster than `fastest` characters a second.

    `by_reviewer` has each reviewer's share, drawn towards the team's.
    """

    fastest: float
    by_reviewer: tuple[ReviewerShare, ...] = ()


def speeding(
    table: pd.DataFrame | Choices, fastest: float = FASTEST_READING, *, resamples: int = RESAMPLES
) -> Speeding:
    """How many judgments took less time than reading their text takes at `fastest` characters a
    second.

    Judgments without a time or a length are left out. The figure is the share of judgments of all
    reviewers together; the interval resamples reviewers, since hurry is a person's habit, whatever
    the item. Undefined when no judgment is timed. Raises Invalid as `prepare_choices` does,
    ValueError when `fastest` is not positive.
    """
    if not fastest > 0:
        raise ValueError("a reading speed is positive")
    choices = prepare_choices(table)
    rows = choices.where(np.isfinite(choices.seconds) & (choices.n_chars > 0))
    fast = (rows.n_chars > fastest * rows.seconds).astype(np.float64)
    sums = by_cluster(rows.reviewer, fast, np.ones(rows.n))
    measured = measure(ratio_of_sums, resamples, sums)
    says = N_(
        "In %(share)s of timed judgments the text went by at more than %(speed)s characters a "
        "second, faster than anyone reads.",
        share=percent(measured),
        speed=f"{fastest:g}",
    )
    n_reviewers = len(rows.reviewers)
    hits, n = (tally(rows.reviewer, each, n_reviewers) for each in (fast, np.ones(rows.n)))
    return Speeding(
        **basis(rows, measured, says=says, undefined=_WHY),
        fastest=fastest,
        by_reviewer=reviewer_shares(rows.reviewers, hits, n),
    )


_WHY: Message = N_("No judgment has both a time and a length of text.")

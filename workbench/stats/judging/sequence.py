"""Whether a choice repeats the side of the choice before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.messages import N_, Message
from workbench.stats.arrays import Bools, Floats, tally
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


@dataclass(frozen=True, kw_only=True)
class CarryOver(Finding):
    """`value` is `same` less `chance` (-1..1), 0 when the choice before has no say.

    `same` is the share of choices for the side that won in the judgment before, `chance` what it
    would be had the same choices of the session come in any other order.
    """

    same: float | None = None
    chance: float | None = None


def carry_over(table: pd.DataFrame | Choices, *, resamples: int = RESAMPLES) -> CarryOver:
    """How much more often than by chance a reviewer chooses the same side as in the item before.

    Compared are judgments that follow each other in a session, both decided. Chance is the share of
    equal sides among the session's decided judgments that do not follow each other, so a reviewer
    who mostly takes the first has a high chance and no carry-over for that. The figure weighs every
    two neighbours alike. The interval resamples reviewers, since a chain of choices cannot be taken
    apart by items and repeating is a person's habit. Undefined when no session has three decided
    judgments, two of them neighbours. Raises Invalid as `prepare_choices` does.
    """
    choices = prepare_choices(table)
    sums, told = _sums(choices)
    measured = measure(_beyond_chance, resamples, sums)
    alike, expected, pairs = sums.sum(axis=0).tolist()
    same, chance = (alike / pairs, expected / pairs) if pairs else (None, None)
    says = N_(
        "Reviewers choose the same side as in the item before in %(same)s of decided pairs, where "
        "chance would give %(chance)s: a difference of %(points)s.",
        same=percent(Measured(same)),
        chance=percent(Measured(chance)),
        points=points(measured),
    )
    rows = choices.where(told[choices.session] & (choices.choice != 0))
    return CarryOver(
        **basis(rows, measured, says=says, undefined=_WHY),
        same=same,
        chance=chance,
    )


_WHY: Message = N_("No stretch of work has enough decided pairs in a row to tell if sides repeat.")


def _beyond_chance(sums: Floats) -> Floats:
    return ratio_of_sums(np.stack([sums[0] - sums[1], sums[2]]))


def _sums(choices: Choices) -> tuple[Floats, Bools]:
    """By reviewer: neighbours alike, alike by chance, neighbours; and which sessions can tell."""
    n = int(choices.session.max(initial=-1)) + 1
    decided = choices.choice != 0
    one = np.flatnonzero(decided[:-1] & decided[1:] & (np.diff(choices.session) == 0))
    pairs = tally(choices.session[one], np.ones(one.size), n)
    same = (choices.choice[one] == choices.choice[one + 1]).astype(np.float64)
    alike = tally(choices.session[one], same, n)
    firsts = tally(choices.session, (choices.choice > 0).astype(np.float64), n)
    seconds = tally(choices.session, (choices.choice < 0).astype(np.float64), n)
    every = _two_of(firsts + seconds)
    apart_alike = _two_of(firsts) + _two_of(seconds) - alike
    told = (pairs > 0) & (every > pairs)
    chance = apart_alike[told] / (every - pairs)[told]
    reviewer = np.zeros(n, dtype=np.int64)
    reviewer[choices.session] = choices.reviewer
    return by_cluster(reviewer[told], alike[told], pairs[told] * chance, pairs[told]), told


def _two_of(n: Floats) -> Floats:
    """How many pairs n things make."""
    pairs: Floats = n * (n - 1) / 2
    return pairs

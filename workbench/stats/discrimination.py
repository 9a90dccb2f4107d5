"""How well each reviewer tells models apart: 1 like all others, 0 like a coin, below 0 reversed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from workbench.messages import N_, Message
from workbench.stats.arrays import Floats, Ints, tally
from workbench.stats.battles import Battles, encode_battles
from workbench.stats.league import why_undefined

#: Before anything is seen, a discrimination is 1, give or take this.
PRIOR_SD = 0.5
_MOST_ROUNDS, _MOST_STEPS, _STILL = 500, 50, 1e-7


@dataclass(frozen=True, eq=False)
class ReviewerNoise:
    """`reviewers`: one row a reviewer, in canonical order; None when `undefined` says why.

    Columns: reviewer; discrimination with its 95 % interval low, high; n_judgments and, of these,
    n_decided, the comparisons without a tie, on which it rests. `models`: model and strength,
    strongest first: the log-strengths as a reviewer of discrimination 1 sees them, mean 0.
    """

    reviewers: pd.DataFrame | None
    models: pd.DataFrame | None
    undefined: Message | None = None


@dataclass(frozen=True, eq=False)
class _Decided:
    """Decided comparisons by reviewer and pair: `won` of `met` by model i against model j."""

    reviewer: Ints
    i: Ints
    j: Ints
    won: Floats
    met: Floats
    n_reviewers: int
    n_models: int

    def laplacian(self, weights: Floats) -> Floats:
        """Sum over pairs of weight times (e_i - e_j)(e_i - e_j)' (n_models, n_models)."""
        n = self.n_models
        between = tally(self.i * n + self.j, weights, n * n).reshape(n, n)
        between = between + between.T
        laplacian: Floats = np.diag(between.sum(axis=1)) - between
        return laplacian

    def by_model(self, weights: Floats) -> Floats:
        """Sum over pairs of weight times (e_i - e_j) (n_models,)."""
        n = self.n_models
        sums: Floats = tally(self.i, weights, n) - tally(self.j, weights, n)
        return sums


def reviewer_noise(table: pd.DataFrame, *, prior_sd: float = PRIOR_SD) -> ReviewerNoise:
    """How well each reviewer tells models apart.

    Where a reviewer of discrimination c prefers one of two models, it is the one of log-strength s
    over that of t with the chance 1 / (1 + exp(-c (s - t))). Ties are left out: how often somebody
    ties is a habit and no noise. c has a normal prior around 1 of `prior_sd`, so that few judgments
    condemn nobody; c and the strengths are the most likely together. What it is 1 of is common to
    all: the scale on which all c are closest to 1.

    The interval is Laplace's, from the information of both, on that scale; comparisons are taken as
    independent. The table is that of `league`. Undefined with fewer than two reviewers, and where a
    league of the decided comparisons is.
    Source: the two-parameter logistic model of A. Birnbaum (1968), on pairs as in X. Chen et al.,
    "Pairwise ranking aggregation in a crowdsourced setting" (2013). Raises as `league` does.
    """
    if not prior_sd > 0:
        raise ValueError("the prior's standard deviation is above 0")
    battles = encode_battles(table)
    firm = battles.value != 0
    decided = replace(
        battles,
        item=battles.item[firm],
        reviewer=battles.reviewer[firm],
        a=battles.a[firm],
        b=battles.b[firm],
        value=battles.value[firm],
    )
    undefined = why_undefined(decided, decided.counts(), None)
    if undefined is None and np.unique(decided.reviewer).size < 2:
        undefined = N_("One reviewer alone cannot be told from others.")
    if undefined is not None:
        return ReviewerNoise(None, None, undefined)
    data = _by_pair(decided)
    strengths, sharp = _most_likely(data, prior_sd)
    error = _errors(data, strengths, sharp, prior_sd)
    reach = float(norm.ppf(0.975)) * error
    n = len(battles.reviewers)
    reviewers = {
        "reviewer": pd.Series(battles.reviewers, dtype=object),
        "discrimination": sharp,
        "low": sharp - reach,
        "high": sharp + reach,
        "n_judgments": np.bincount(battles.reviewer, minlength=n),
        "n_decided": np.bincount(decided.reviewer, minlength=n),
    }
    models = pd.DataFrame(
        {"model": pd.Series(battles.models, dtype=object), "strength": strengths}
    ).sort_values("strength", ascending=False, kind="stable", ignore_index=True)
    return ReviewerNoise(pd.DataFrame(reviewers), models)


def _by_pair(decided: Battles) -> _Decided:
    n = len(decided.models)
    i, j = np.minimum(decided.a, decided.b), np.maximum(decided.a, decided.b)
    cell, of_row = np.unique((decided.reviewer * n + i) * n + j, return_inverse=True)
    won = (decided.value == 1) == (decided.a == i)
    return _Decided(
        cell // (n * n),
        cell // n % n,
        cell % n,
        tally(of_row, won.astype(np.float64), cell.size),
        np.bincount(of_row).astype(np.float64),
        len(decided.reviewers),
        n,
    )


def _most_likely(data: _Decided, prior_sd: float) -> tuple[Floats, Floats]:
    """Strengths (n_models,) and discriminations (n_reviewers,), in turns until both stand still."""
    strengths, sharp = np.zeros(data.n_models), np.ones(data.n_reviewers)
    for _ in range(_MOST_ROUNDS):
        before = sharp
        strengths = _strengths(data, strengths, sharp)
        sharp = _sharpness(data, strengths, sharp, prior_sd)
        sharp, strengths = _in_scale(sharp, strengths)
        if np.abs(sharp - before).max() < _STILL:
            break
    return strengths, sharp


def _in_scale(sharp: Floats, strengths: Floats) -> tuple[Floats, Floats]:
    """The likelihood knows c times s only. Of all such pairs the prior likes this one best."""
    scale = sharp.sum() / (sharp**2).sum()
    return (sharp * scale, strengths / scale) if scale > 0 else (sharp, strengths)


def _strengths(data: _Decided, strengths: Floats, sharp: Floats) -> Floats:
    c = sharp[data.reviewer]
    gauge = np.full((data.n_models, data.n_models), 1 / data.n_models)
    for _ in range(_MOST_STEPS):
        chance = expit(c * (strengths[data.i] - strengths[data.j]))
        gradient = data.by_model(c * (data.won - data.met * chance))
        information = data.laplacian(c**2 * data.met * chance * (1 - chance))
        step = np.linalg.solve(information + gauge * max(information.max(), 1e-9), gradient)
        step /= max(1.0, np.abs(step).max())
        strengths = strengths + step
        if np.abs(step).max() < _STILL:
            break
    centred: Floats = strengths - strengths.mean()
    return centred


def _sharpness(data: _Decided, strengths: Floats, sharp: Floats, prior_sd: float) -> Floats:
    apart, n = strengths[data.i] - strengths[data.j], data.n_reviewers
    for _ in range(_MOST_STEPS):
        chance = expit(sharp[data.reviewer] * apart)
        gradient = tally(data.reviewer, apart * (data.won - data.met * chance), n)
        weight = tally(data.reviewer, apart**2 * data.met * chance * (1 - chance), n)
        step = (gradient - (sharp - 1) / prior_sd**2) / (weight + prior_sd**-2)
        step = np.clip(step, -1, 1)
        sharp = sharp + step
        if np.abs(step).max() < _STILL:
            break
    return sharp


def _errors(data: _Decided, strengths: Floats, sharp: Floats, prior_sd: float) -> Floats:
    """Standard errors of the discriminations, what is not known of the strengths included."""
    c, apart = sharp[data.reviewer], strengths[data.i] - strengths[data.j]
    chance = expit(c * apart)
    weight = data.met * chance * (1 - chance)
    own = tally(data.reviewer, apart**2 * weight, data.n_reviewers) + prior_sd**-2
    shape = (data.n_reviewers, data.n_models)
    at_i, at_j = (data.reviewer * data.n_models + model for model in (data.i, data.j))
    mixed = tally(at_i, c * apart * weight, own.size * data.n_models)
    mixed = (mixed - tally(at_j, c * apart * weight, mixed.size)).reshape(shape)
    scaled = mixed / own[:, None]
    rest = data.laplacian(c**2 * weight) - mixed.T @ scaled
    rest += max(rest.max(), 1e-9) / data.n_models
    through = np.linalg.solve(rest, scaled.T)
    variance = 1 / own + np.einsum("rm,mr->r", scaled, through)
    # Turned into the scale of `_in_scale`: its derivative is I + sharp along'.
    along = (1 - 2 * sharp) / (sharp**2).sum()
    carried = along / own + scaled @ (through @ along)
    variance += 2 * sharp * carried + sharp**2 * (along @ carried)
    errors: Floats = np.sqrt(np.maximum(variance, 0))
    return errors

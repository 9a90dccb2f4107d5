"""A logistic model of one variable, and how each observation moves it.

The penalty of D. Firth, "Bias reduction of maximum likelihood estimates", Biometrika 80 (1993),
keeps the fit finite where the data would put it at infinity: it adds to every observation half its
leverage as a success and half as a failure. Resampled data moves the fit by one Newton step, as in
A. C. Davison, D. V. Hinkley, "Bootstrap Methods and their Application" (1997), section 7.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from workbench.stats.arrays import Floats

#: Newton's method ends after so many steps, or when one is so small. No step is longer than the
#: last of these, which far from the solution keeps it from going astray.
_STEPS, _CLOSE, _LONGEST = 200, 1e-10, 2.0


@dataclass(frozen=True, eq=False)
class Fit:
    """Log odds `coefficients[0] + coefficients[1] * x` (2,).

    `terms` (5, n): what each observation adds to the score of both coefficients and to the
    information matrix's entries 00, 01, 11.
    """

    coefficients: Floats
    terms: Floats


def fit(x: Floats, won: Floats) -> Fit:
    """Fit successes `won` (n,), 0 or 1, on x (n,). When x is 0 throughout, the slope stays 0."""
    coefficients = np.zeros(2)
    for _ in range(_STEPS):
        terms = _terms(x, won, coefficients)
        step = newton_step(terms.sum(axis=1, keepdims=True))[:, 0]
        coefficients += step * min(1.0, _LONGEST / max(np.abs(step).max(), _CLOSE))
        if np.abs(step).max() < _CLOSE:
            break
    return Fit(coefficients, _terms(x, won, coefficients))


def newton_step(sums: Floats) -> Floats:
    """The step (2, b) to where sums (5, b) of `Fit.terms` have no score, NaN without one."""
    score, (own, both, other) = sums[:2], sums[2:]
    determinant = own * other - both**2
    step = np.full(score.shape, np.nan)
    gain = np.stack([other * score[0] - both * score[1], own * score[1] - both * score[0]])
    np.divide(gain, determinant, out=step, where=determinant > 0)
    return step


def _terms(x: Floats, won: Floats, coefficients: Floats) -> Floats:
    chance = expit(coefficients[0] + coefficients[1] * x)
    weight = chance * (1 - chance)
    squares = x**2 if x.any() else np.ones_like(x)  # a slope without a say needs some information
    information = np.stack([weight, weight * x, weight * squares])
    leverage = weight * _quadratic(information.sum(axis=1), x)
    score = won - chance + leverage * (0.5 - chance)
    return np.vstack([score, score * x, (1 + leverage) * information])


def _quadratic(information: Floats, x: Floats) -> Floats:
    """(1, x) times the inverse of the information times (1, x) (n,)."""
    own, both, other = information
    determinant = max(own * other - both**2, np.finfo(np.float64).tiny)
    found: Floats = (other - 2 * both * x + own * x**2) / determinant
    return found

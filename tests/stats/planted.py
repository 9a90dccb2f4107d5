"""Judgments made up from known truths and known reviewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Planted:
    """`truth` (n_items,), `confusion` (n_reviewers, n_values true, n_values said)."""

    table: pd.DataFrame
    truth: npt.NDArray[np.int64]
    prevalence: Floats
    confusion: Floats


def plant(
    rng: np.random.Generator,
    *,
    n_items: int,
    n_reviewers: int,
    overlap: int,
    n_values: int = 2,
    prevalence: Sequence[float] | None = None,
    accuracy: tuple[float, float] = (0.7, 0.97),
    spammers: int = 0,
) -> Planted:
    """Reviewers whose accuracy is uniform in a range; the first `spammers` of them say anything."""
    even = np.arange(n_values, 0, -1) / np.arange(1, n_values + 1).sum()
    shares = even if prevalence is None else np.asarray(prevalence)
    truth = rng.choice(n_values, size=n_items, p=shares)
    right = rng.uniform(*accuracy, size=(n_reviewers, n_values))
    confusion = rng.dirichlet(np.ones(n_values), size=(n_reviewers, n_values))
    at = np.arange(n_values)
    confusion[:, at, at] = 0
    confusion *= ((1 - right) / confusion.sum(axis=2))[:, :, None]
    confusion[:, at, at] = right
    confusion[:spammers] = 1 / n_values
    reviewer = np.argsort(rng.random((n_items, n_reviewers)), axis=1)[:, :overlap]
    chances = confusion[reviewer, truth[:, None]].cumsum(axis=2)
    said = (rng.random((n_items, overlap, 1)) > chances).sum(axis=2)
    columns = {
        "item": np.repeat(np.arange(n_items), overlap),
        "reviewer": reviewer.ravel(),
        "unit": "",
        "value": np.minimum(said, n_values - 1).ravel(),
    }
    return Planted(pd.DataFrame(columns), truth, shares, confusion)

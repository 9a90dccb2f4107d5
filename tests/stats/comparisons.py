"""Tables of comparisons of two models, written down or made up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

COLUMNS = ["item", "reviewer", "model_a", "model_b", "value"]


def comparisons(rows: Iterable[tuple[Any, Any, Any, Any, Any]]) -> pd.DataFrame:
    """Rows (item, reviewer, model_a, model_b, value)."""
    return pd.DataFrame(list(rows), columns=COLUMNS)


def outcomes(*said: str) -> pd.DataFrame:
    """One comparison an item: "a>b" or "a=b"."""
    rows = []
    for item, text in enumerate(said):
        sign = ">" if ">" in text else "="
        a, b = text.split(sign)
        rows.append((item, "r", a, b, 1 if sign == ">" else 0))
    return comparisons(rows)


def from_counts(
    names: Sequence[str], wins: Sequence[Sequence[int]], ties: dict[tuple[int, int], int]
) -> pd.DataFrame:
    """Wins of row against column, and ties by pair, each comparison with an item of its own."""
    pairs = [(i, j) for i in range(len(names)) for j in range(len(names))]
    rows = [(names[i], names[j], 1) for i, j in pairs for _ in range(wins[i][j])]
    rows += [(names[i], names[j], 0) for (i, j), times in ties.items() for _ in range(times)]
    return comparisons((item, "r", a, b, value) for item, (a, b, value) in enumerate(rows))


def fight(
    rng: np.random.Generator,
    strengths: Floats,
    pairs: npt.NDArray[np.int64],
    *,
    nu: float = 0.5,
    sharp: Floats | float = 1.0,
) -> npt.NDArray[np.int64]:
    """Outcomes (n,) of pairs (n, 2) under Davidson's model, differences scaled by `sharp`."""
    half = sharp * (strengths[pairs[:, 0]] - strengths[pairs[:, 1]]) / 2
    a, b = np.exp(half), np.exp(-half)
    drawn = rng.random(len(pairs)) * (a + b + nu)
    return np.where(drawn < a, 1, np.where(drawn < a + b, -1, 0))


def random_pairs(rng: np.random.Generator, n_models: int, n: int) -> npt.NDArray[np.int64]:
    """Any two different models (n, 2), in any order."""
    a = rng.integers(0, n_models, n)
    return np.stack([a, (a + rng.integers(1, n_models, n)) % n_models], axis=1)


def as_table(
    pairs: npt.NDArray[np.int64], value: npt.NDArray[np.int64], **more: Any
) -> pd.DataFrame:
    """Pairs and outcomes as a table, one item a comparison unless `more` says otherwise."""
    columns = {
        "item": np.arange(len(pairs)),
        "reviewer": "r",
        "model_a": pairs[:, 0],
        "model_b": pairs[:, 1],
        "value": value,
    }
    return pd.DataFrame({**columns, **more})

"""Coincidences against the published matrix."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.stats import coincidences

#: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: four observers,
#: twelve units, five values; 0 is missing.
OBSERVED = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
])  # fmt: skip
MATRIX = np.array([
    [7, 4 / 3, 1 / 3, 1 / 3, 0],
    [4 / 3, 10, 4 / 3, 1 / 3, 0],
    [1 / 3, 4 / 3, 8, 1 / 3, 0],
    [1 / 3, 1 / 3, 1 / 3, 4, 0],
    [0, 0, 0, 0, 3],
])  # fmt: skip


def test_krippendorffs_example() -> None:
    observer, unit = np.nonzero(OBSERVED)
    found = coincidences(unit, OBSERVED[observer, unit] - 1, 5)
    assert found == pytest.approx(MATRIX)
    assert found.sum() == pytest.approx(40)


def test_nothing_coincides_with_nothing() -> None:
    empty = np.array([], dtype=np.int64)
    assert coincidences(empty, empty, 2).tolist() == [[0, 0], [0, 0]]
    assert coincidences(np.array([0, 1]), np.array([0, 1]), 2).sum() == 0

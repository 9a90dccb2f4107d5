"""Which values are given to the same unit: what is taken for what."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array

from workbench.stats.arrays import Floats, Ints


def coincidences(unit: Ints, value: Ints, n_values: int) -> Floats:
    """Krippendorff's matrix of coincidences (n_values, n_values) of rows (n,) of codes.

    Each ordered pair of values of a unit with m values counts 1 / (m - 1), so that a unit counts m,
    however many pairs it has; units with one value count nothing. Symmetric; its sum is the number
    of values that can be paired. Source: K. Krippendorff, "Computing Krippendorff's
    Alpha-Reliability" (2011).
    """
    n_units = int(unit.max(initial=-1)) + 1
    ones = np.ones(unit.size)
    counts = csr_array((ones, (unit, value)), shape=(n_units, n_values))
    size = np.bincount(unit, minlength=n_units)
    weight = np.where(size > 1, 1 / np.maximum(size - 1, 1), 0.0)
    weighted = diags_array(weight) @ counts
    found: Floats = (counts.T @ weighted).toarray()
    found -= np.diag(np.asarray(weighted.sum(axis=0)).ravel())
    return found

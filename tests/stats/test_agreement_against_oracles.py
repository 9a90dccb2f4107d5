"""The `krippendorff` package, and plain loops over all pairs, say the same on random data."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Literal

import krippendorff
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.stats.tables import by_code
from workbench.stats import (
    item_disagreement,
    krippendorff_alpha,
    pairwise_agreement,
    percent_agreement,
    reviewer_agreement,
)

Codes = npt.NDArray[np.int64]
Level = Literal["nominal", "ordinal", "interval", "ratio"]

#: Items × reviewers, -1 where there is no judgment.
CODES = arrays(
    np.int64,
    st.tuples(st.integers(1, 12), st.integers(2, 6)),
    elements=st.sampled_from([-1, 0, 1, 2, 3, 7]),
)


def in_two_units(codes: Codes) -> pd.DataFrame:
    """The rows of a matrix as units of half as many items."""
    long = by_code(codes)
    return long.assign(item=long["item"] // 2, unit=(long["item"] % 2).map({0: "a", 1: "b"}))


def comparable(codes: Codes) -> Codes:
    kept: Codes = codes[(codes >= 0).sum(axis=1) > 1]
    return kept


def oracle(codes: Codes, level: Any) -> float:
    kept = comparable(codes)
    assume(kept.size and np.unique(kept[kept >= 0]).size > 1)
    data = np.where(kept >= 0, kept, np.nan).T
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement=level))


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@given(codes=CODES)
@settings(max_examples=100, deadline=None)
def test_alpha_is_that_of_the_krippendorff_package(level: Level, codes: Codes) -> None:
    expected = oracle(codes, level)
    for data in (by_code(codes), in_two_units(codes)):
        found = krippendorff_alpha(data, level, resamples=0).value
        assert found == pytest.approx(expected, abs=1e-9)


@given(codes=CODES)
@settings(max_examples=100, deadline=None)
def test_alpha_of_a_distance_of_ones_own_is_that_of_the_krippendorff_package(codes: Codes) -> None:
    def theirs(v1: Any, v2: Any, i1: Any, i2: Any, n_v: Any, dtype: Any = np.float64) -> Any:
        return (np.abs(v1 - v2) ** 0.5).astype(dtype)

    expected = oracle(codes, theirs)
    found = krippendorff_alpha(by_code(codes), lambda v, w: abs(v - w) ** 0.5, resamples=0)
    assert found.value == pytest.approx(expected, abs=1e-9)


@given(codes=CODES)
@settings(max_examples=50, deadline=None)
def test_alpha_is_undefined_exactly_when_fewer_than_two_values_can_be_compared(
    codes: Codes,
) -> None:
    kept = comparable(codes)
    found = krippendorff_alpha(by_code(codes), resamples=0)
    assert (found.value is None) == (np.unique(kept[kept >= 0]).size < 2)
    assert (found.value is None) == (found.undefined is not None)


def pairs_of(line: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    return list(combinations(line[line >= 0].tolist(), 2))


def mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


@given(codes=CODES)
@settings(max_examples=100, deadline=None)
def test_the_share_is_the_mean_over_units_of_equal_pairs(codes: Codes) -> None:
    shares = [mean([v == w for v, w in pairs_of(line)]) for line in codes]
    expected = mean([share for share in shares if share is not None])
    found = percent_agreement(in_two_units(codes), resamples=0).value
    assert found == (expected if expected is None else pytest.approx(expected))


@given(codes=CODES)
@settings(max_examples=100, deadline=None)
def test_items_are_disputed_by_the_mean_over_all_pairs_of_their_units(codes: Codes) -> None:
    found = item_disagreement(in_two_units(codes), "interval").set_index("item")["disagreement"]
    for item in range((len(codes) + 1) // 2):
        lines = codes[2 * item : 2 * item + 2]
        expected = mean([(v - w) ** 2 for line in lines for v, w in pairs_of(line)])
        assert found.get(item) == (expected if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@given(codes=CODES)
@settings(max_examples=60, deadline=None)
def test_a_pair_of_reviewers_is_measured_on_its_own_units_alone(level: Level, codes: Codes) -> None:
    found = pairwise_agreement(in_two_units(codes), level)
    row: Any
    for row in found.itertuples():
        two = codes[:, [row.reviewer_a, row.reviewer_b]]
        both = np.all(two >= 0, axis=1)
        assert row.n_units == both.sum()
        assert row.n_items == len({i // 2 for i in np.flatnonzero(both)})
        equal = mean((two[both, 0] == two[both, 1]).tolist())
        alone = krippendorff_alpha(by_code(np.where(both[:, None], two, -1)), level, resamples=0)
        assert row.agreement == _or_nan(equal)
        assert row.alpha == _or_nan(alone.value)


@given(codes=CODES)
@settings(max_examples=100, deadline=None)
def test_a_reviewer_is_measured_against_everyone_else_on_the_same_unit(codes: Codes) -> None:
    found = reviewer_agreement(in_two_units(codes))
    row: Any
    for row in found.itertuples():
        mine, others = codes[:, row.reviewer], np.delete(codes, row.reviewer, axis=1)
        met = [(v, w) for v, line in zip(mine, others, strict=True) for w in line if v >= 0 <= w]
        units = np.flatnonzero((mine >= 0) & (others >= 0).any(axis=1))
        assert row.n_pairs == len(met)
        assert row.n_units == units.size
        assert row.n_items == len({unit // 2 for unit in units})
        assert row.agreement == _or_nan(mean([float(v == w) for v, w in met]))


def _or_nan(value: float | None) -> Any:
    return pytest.approx(np.nan if value is None else value, nan_ok=True, abs=1e-9)

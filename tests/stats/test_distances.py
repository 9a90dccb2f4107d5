from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.stats.tables import by_code, by_item, by_reviewer
from workbench.messages import Invalid
from workbench.stats import MOST_VALUES, arrays, krippendorff_alpha
from workbench.stats.distances import Distance, scale_of


def between(distance: Distance, values: list[Any], margins: list[int]) -> Any:
    """All distances as a nested list."""
    codes = np.arange(len(values))
    left, right = (grid.ravel() for grid in np.meshgrid(codes, codes, indexing="ij"))
    scale = scale_of(distance, values)
    apart = scale.between(np.array([margins], float), np.zeros_like(left), left, right)
    return apart.reshape(len(values), -1).tolist()


def test_nominal_values_are_the_same_or_not() -> None:
    assert between("nominal", ["a", "b"], [3, 2]) == [[0, 1], [1, 0]]


def test_interval_values_are_apart_by_their_squared_difference() -> None:
    assert between("interval", [-1, 0, 2], [1, 1, 1]) == [[0, 1, 9], [1, 0, 4], [9, 4, 0]]


def test_ordinal_values_are_apart_by_the_values_between_them() -> None:
    # Krippendorff 2011: (n_1 + n_2 + n_3 - (n_1 + n_3) / 2) squared for the outer two.
    outer, near, far = (4 / 2 + 3 + 2 / 2) ** 2, (4 / 2 + 3 / 2) ** 2, (3 / 2 + 2 / 2) ** 2
    expected = [[0, near, outer], [near, 0, far], [outer, far, 0]]
    assert between("ordinal", [1, 2, 50], [4, 3, 2]) == expected


def test_ratio_values_are_apart_by_their_difference_over_their_sum() -> None:
    assert between("ratio", [0, 1, 3], [1, 1, 1]) == [[0, 1, 1], [1, 0, 0.25], [1, 0.25, 0]]


def test_a_function_is_asked_once_a_pair_of_distinct_values() -> None:
    asked = []

    def distance(v: str, w: str) -> float:
        asked.append((v, w))
        return float(v != w)

    data = by_reviewer([list("abcabcabc"), list("abccbaabc")])
    found = krippendorff_alpha(data, distance)
    assert len(asked) == 3 * 4 / 2
    assert found == krippendorff_alpha(data, "nominal")


@pytest.mark.parametrize("distance", ["ordinal", "interval", "ratio"])
@pytest.mark.parametrize("value", ["three", float("inf"), (1, 2)])
def test_a_numeric_distance_refuses_what_is_no_number(distance: Distance, value: Any) -> None:
    with pytest.raises(Invalid, match="needs numbers"):
        krippendorff_alpha(by_reviewer([[1, 2, value], [1, 2, 2]]), distance)


def test_true_and_false_are_numbers() -> None:
    data = by_reviewer([[True, False, True], [True, False, False]])
    interval, nominal = krippendorff_alpha(data, "interval"), krippendorff_alpha(data, "nominal")
    assert interval.value == pytest.approx(nominal.value)


def test_a_ratio_distance_refuses_negative_numbers() -> None:
    with pytest.raises(Invalid, match="not negative"):
        krippendorff_alpha(by_reviewer([[1, -2], [1, 2]]), "ratio")


@pytest.mark.parametrize(
    "distance",
    [
        lambda v, w: 1.0,
        lambda v, w: float(v - w),
        lambda v, w: 0.0 if v == w else float("nan"),
    ],
)
def test_a_function_that_is_no_distance_is_refused(distance: Distance) -> None:
    with pytest.raises(ValueError, match="a distance is finite, not negative, and 0"):
        krippendorff_alpha(by_reviewer([[1, 2, 3], [1, 3, 2]]), distance)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="'cosine' is not a distance"):
        krippendorff_alpha(by_reviewer([[1, 2], [1, 2]]), "cosine")  # type: ignore[arg-type]


def many_values() -> Any:
    return by_item([[value, value + value % 2] for value in range(MOST_VALUES + 1)])


@pytest.mark.parametrize("distance", ["ratio", lambda v, w: abs(v - w)])
def test_a_table_of_distances_is_not_built_for_thousands_of_values(distance: Distance) -> None:
    with pytest.raises(Invalid, match=r"2001 distinct values.* 2000 at most"):
        krippendorff_alpha(many_values(), distance)


@pytest.mark.parametrize("distance", ["nominal", "ordinal", "interval"])
def test_distances_that_need_no_table_take_thousands_of_values(distance: Distance) -> None:
    found = krippendorff_alpha(many_values(), distance, resamples=3)
    assert found.value is not None
    assert 0 < found.value < 1


def test_large_numbers_close_together_keep_their_distance() -> None:
    data = np.random.default_rng(1).integers(0, 5, (50, 3))
    small = krippendorff_alpha(by_code(data), "interval")
    shifted = by_code(data).assign(value=lambda t: t["value"] + 1e9)
    assert krippendorff_alpha(shifted, "interval").value == pytest.approx(small.value, abs=1e-9)


def test_a_table_of_distances_is_summed_in_parts_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    data = by_code(np.random.default_rng(1).integers(0, 30, (80, 9)))
    whole = krippendorff_alpha(data, "interval", resamples=0).value
    monkeypatch.setattr(arrays.chunks, "__defaults__", (100,))
    parts = krippendorff_alpha(data, lambda v, w: (v - w) ** 2, resamples=0).value
    assert parts == pytest.approx(whole, abs=1e-12)

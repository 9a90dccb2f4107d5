"""Gwet's AC1 and AC2 against published values and against his formulas in plain loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.stats.tables import by_code, by_item, by_reviewer, golden, table
from workbench.messages import Invalid
from workbench.stats import Distance, gwet_ac, krippendorff_alpha, prepare

GOLDEN = golden()
RATERS = GOLDEN["krippendorff_2011_C"]["reliability_data"]
PUBLISHED = GOLDEN["gwet_raw4raters(=2011_C data)"]

Codes = npt.NDArray[np.int64]
Weight = Callable[[int, int], float]

#: Items × reviewers, -1 where there is no judgment.
CODES = arrays(
    np.int64,
    st.tuples(st.integers(1, 10), st.integers(1, 5)),
    elements=st.sampled_from([-1, 0, 1, 2, 3, 7]),
)


def linear(v: float, w: float) -> float:
    return abs(v - w)


def ac(data: pd.DataFrame, distance: Distance = "nominal", **given: Any) -> Any:
    return gwet_ac(data, distance, resamples=0, **given).value


@pytest.mark.parametrize(
    ("distance", "published"),
    [
        ("nominal", PUBLISHED["identity"]["AC1"][0]),
        ("interval", PUBLISHED["quadratic_AC2"][0]),
        (linear, PUBLISHED["linear_AC2"][0]),
        ("ordinal", PUBLISHED["ordinal_AC2"][0]),
    ],
)
def test_gwets_four_raters_with_missing_judgments_are_as_published(
    distance: Distance, published: float
) -> None:
    assert ac(by_reviewer(RATERS), distance) == pytest.approx(published, abs=5e-6)


def test_fleiss_thirty_patients_are_as_computed_by_others() -> None:
    many = GOLDEN["fleiss_1971"]
    assert ac(by_item(many["diagnoses_30x6"])) == pytest.approx(many["AC1"][0], abs=5e-6)


def test_the_interval_is_about_as_wide_as_the_published_errors_say() -> None:
    many = GOLDEN["fleiss_1971"]
    value, error = many["AC1"]
    found: Any = gwet_ac(by_item(many["diagnoses_30x6"]))
    assert (found.low, found.high) == pytest.approx(
        (value - 2 * error, value + 2 * error), abs=0.02
    )


def test_the_counts_are_of_what_was_compared() -> None:
    found = gwet_ac(by_reviewer(RATERS))
    assert (found.n_items, found.n_units, found.n_judgments, found.n_reviewers) == (11, 11, 40, 4)


def test_a_single_judgment_counts_in_how_common_its_value_is() -> None:
    """Item 12 has one judgment, and the published value needs it: without it, another figure."""
    without = [line[:-1] for line in RATERS]
    assert ac(by_reviewer(without), values=range(1, 6)) != pytest.approx(
        PUBLISHED["identity"]["AC1"][0], abs=1e-4
    )


def test_where_one_value_prevails_chance_does_not_eat_the_agreement() -> None:
    data = by_item([[0, 0]] * 95 + [[0, 1], [1, 0]] * 2 + [[1, 1]])
    alpha = krippendorff_alpha(data, resamples=0).value
    assert alpha is not None
    assert alpha < 0.4
    assert ac(data) > 0.9


@pytest.mark.parametrize("distance", ["nominal", "ordinal", "interval", "ratio", linear])
def test_reviewers_who_say_the_same_agree_perfectly(distance: Distance) -> None:
    found = gwet_ac(by_reviewer([[1, 2, 7, 1]] * 3), distance)
    assert (found.value, found.high, found.undefined) == (1.0, 1.0, None)


@pytest.mark.parametrize("distance", ["nominal", "ordinal", "interval", "ratio", linear])
def test_it_is_undefined_when_there_is_one_value(distance: Distance) -> None:
    found = gwet_ac(by_reviewer([[3] * 6] * 2), distance)
    assert (found.value, found.low, found.n_items) == (None, None, 6)
    assert "say the same" in str(found.undefined)


def test_it_is_defined_when_another_value_could_have_been_said() -> None:
    assert ac(by_reviewer([[3] * 6] * 2), values=(3, 4)) == 1.0


def test_it_is_undefined_when_the_distance_tells_nothing_apart() -> None:
    found = gwet_ac(by_item([[1, 2], [2, 2]]), lambda v, w: 0.0)
    assert "say the same" in str(found.undefined)


def test_nothing_is_said_of_a_table_without_judgments() -> None:
    found = gwet_ac(table([]))
    assert (found.value, found.n_items) == (None, 0)
    assert "no judgments" in str(found.undefined)


def test_nothing_is_said_when_no_two_reviewers_judged_the_same_thing() -> None:
    found = gwet_ac(table([("i1", "ana", "", 1), ("i2", "luis", "", 2)]))
    assert (found.value, found.low, found.n_items, found.n_judgments) == (None, None, 0, 0)
    assert "No two reviewers" in str(found.undefined)


def test_values_that_are_no_numbers_have_no_order() -> None:
    with pytest.raises(Invalid):
        gwet_ac(by_item([["a", "b"]]), "ordinal")


def test_a_prepared_table_gives_the_same() -> None:
    data = by_reviewer(RATERS)
    assert gwet_ac(prepare(data), "interval") == gwet_ac(data, "interval")


def test_about_95_of_100_intervals_cover_the_truth() -> None:
    def draw(seed: int, items: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        truth = rng.choice(3, size=(items, 1), p=[0.8, 0.15, 0.05])
        guess = rng.integers(0, 3, (items, 3))
        said = np.where(rng.random((items, 3)) < 0.7, truth, guess)
        return by_code(np.where(rng.random((items, 3)) < 0.8, said, -1))

    truth = ac(draw(0, 200_000))
    covered = 0
    for seed in range(1, 101):
        found: Any = gwet_ac(draw(seed, 120))
        covered += found.low <= truth <= found.high
    assert 88 <= covered <= 100


def in_loops(codes: Codes, weight: Weight) -> float | None:
    """Gwet's formulas, a sum a line, over units with at least one value."""
    units = [[v for v in line if v >= 0] for line in codes.tolist()]
    units = [unit for unit in units if unit]
    known = sorted({v for unit in units for v in unit})
    several = [unit for unit in units if len(unit) > 1]
    if not several or len(known) < 2:
        return None
    observed = 0.0
    for unit in several:
        for k in known:
            alike = sum(weight(k, v) for v in unit)
            observed += unit.count(k) * (alike - 1) / (len(unit) * (len(unit) - 1))
    observed /= len(several)
    common = [sum(unit.count(k) / len(unit) for unit in units) / len(units) for k in known]
    weights = sum(weight(k, v) for k in known for v in known)
    factor = weights / (len(known) * (len(known) - 1))
    chance = factor * sum(share * (1 - share) for share in common)
    return (observed - chance) / (1 - chance)


def weight_of(distance: Any, codes: Codes) -> Weight:
    known = np.unique(codes[codes >= 0]).tolist()
    wide = max(known, default=1) - min(known, default=0) or 1

    def ordinal(k: int, v: int) -> float:
        places, last = abs(known.index(k) - known.index(v)), len(known) - 1
        return 1 - (places * (places + 1)) / (last * (last + 1))

    return {
        "nominal": lambda k, v: float(k == v),
        "interval": lambda k, v: 1 - (k - v) ** 2 / wide**2,
        "ordinal": ordinal,
        linear: lambda k, v: 1 - abs(k - v) / wide,
    }[distance]


@pytest.mark.parametrize("distance", ["nominal", "interval", "ordinal", linear])
@given(codes=CODES)
@settings(max_examples=80, deadline=None)
def test_it_is_gwets_formula(distance: Any, codes: Codes) -> None:
    expected = in_loops(codes, weight_of(distance, codes))
    found = ac(by_code(codes), distance)
    assert found == (expected if expected is None else pytest.approx(expected, abs=1e-9))


@given(codes=CODES, seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_and_the_names_of_items_and_reviewers_change_nothing(
    codes: Codes, seed: int
) -> None:
    data = by_code(codes)
    shuffled = data.sample(frac=1, random_state=seed)
    renamed = shuffled.assign(
        item=shuffled["item"].map(lambda i: f"x{(i * 37) % 101}"),
        reviewer=shuffled["reviewer"].map(lambda r: f"person {9 - r}"),
    )
    expected = gwet_ac(data, "interval", resamples=50)
    assert gwet_ac(shuffled, "interval", resamples=50) == expected
    assert gwet_ac(renamed, "interval", resamples=50) == expected


@given(codes=CODES, names=st.permutations("pqrst"))
@settings(max_examples=40, deadline=None)
def test_the_names_of_nominal_values_change_nothing(codes: Codes, names: list[str]) -> None:
    data = by_code(codes)
    named = data.assign(value=data["value"].map(dict(zip([0, 1, 2, 3, 7], names, strict=True))))
    expected = ac(data)
    assert ac(named) == (expected if expected is None else pytest.approx(expected, abs=1e-12))


@given(codes=CODES)
@settings(max_examples=40, deadline=None)
def test_rows_without_a_value_count_as_no_rows(codes: Codes) -> None:
    data = by_code(codes)
    missing = by_code(np.abs(codes)).assign(value=np.where(codes >= 0, codes, np.nan)[codes < 99])
    assert ac(missing, "ordinal") == ac(data, "ordinal")

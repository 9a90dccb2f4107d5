from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from tests.stats.tables import (
    by_code,
    by_counts,
    by_item,
    by_reviewer,
    golden,
    pandalm,
    rankings,
    table,
)
from workbench.stats import (
    Distance,
    Estimate,
    krippendorff_alpha,
    percent_agreement,
    prepare,
)

GOLDEN = golden()
NAMED: tuple[Any, ...] = get_args(get_args(Distance)[0])


def alpha(data: pd.DataFrame, distance: Distance = "nominal") -> Any:
    return krippendorff_alpha(data, distance, resamples=0).value


def share(data: pd.DataFrame) -> Any:
    return percent_agreement(data, resamples=0).value


@pytest.mark.parametrize("distance", NAMED)
def test_alpha_of_krippendorffs_example_with_missing_data_is_as_published(
    distance: Distance,
) -> None:
    example = GOLDEN["krippendorff_2011_C"]
    found = alpha(by_reviewer(example["reliability_data"]), distance)
    assert found == pytest.approx(example["alpha"][str(distance)], abs=1e-12)


def test_the_counts_of_that_example_leave_out_what_has_no_second_value() -> None:
    example = by_reviewer(GOLDEN["krippendorff_2011_C"]["reliability_data"])
    found = krippendorff_alpha(example)
    assert len(example) == 41
    assert (found.n_items, found.n_units, found.n_judgments, found.n_reviewers) == (11, 11, 40, 4)


def test_alpha_of_krippendorffs_binary_and_nominal_examples_is_as_published() -> None:
    binary, nominal = GOLDEN["krippendorff_2011_A_binary"], GOLDEN["krippendorff_2011_B"]
    assert alpha(by_reviewer(binary["data"])) == pytest.approx(binary["alpha_nominal"], abs=1e-7)
    assert alpha(by_reviewer(nominal["data"])) == pytest.approx(nominal["alpha_nominal"], abs=5e-4)


def test_alpha_of_fleiss_examples_is_as_computed_by_others() -> None:
    many, counts = GOLDEN["fleiss_1971"], GOLDEN["fleiss_wikipedia"]
    assert alpha(by_item(many["diagnoses_30x6"])) == pytest.approx(many["alpha_nominal"])
    assert alpha(by_counts(counts["counts"])) == pytest.approx(counts["alpha_nominal"], abs=5e-6)


def test_alpha_and_share_of_gwets_raters_are_as_published() -> None:
    raters = by_reviewer(GOLDEN["krippendorff_2011_C"]["reliability_data"])
    published = GOLDEN["gwet_raw4raters(=2011_C data)"]["identity"]
    assert alpha(raters) == pytest.approx(published["krippendorff"][0], abs=5e-6)
    # Brennan and Prediger's coefficient over 5 categories is (p - 1/5) / (1 - 1/5).
    brennan_prediger = (share(raters) - 1 / 5) / (1 - 1 / 5)
    assert brennan_prediger == pytest.approx(published["BP"][0], abs=5e-6)


def test_the_share_of_fleiss_example_is_as_published() -> None:
    assert share(by_item(GOLDEN["fleiss_1971"]["diagnoses_30x6"])) == pytest.approx(
        0.5556, abs=5e-5
    )


def test_alpha_of_a_whole_published_test_set_is_as_known() -> None:
    found: Any = krippendorff_alpha(pandalm())
    assert (found.n_items, found.n_judgments, found.n_reviewers) == (999, 2997, 3)
    assert found.value == pytest.approx(0.864, abs=5e-4)
    assert 0.83 < found.low < found.value < found.high < 0.89


@pytest.mark.parametrize("distance", [*NAMED, lambda v, w: abs(v - w)])
def test_reviewers_who_say_the_same_agree_perfectly(distance: Distance) -> None:
    found = krippendorff_alpha(by_reviewer([[0.1, 0.2, 0.7, 0.1]] * 3), distance)
    assert (found.value, found.undefined) == (1.0, None)
    assert found.high == 1.0


@pytest.mark.parametrize("distance", [*NAMED, lambda v, w: abs(v - w)])
@pytest.mark.parametrize("items", [1, 7, 16])  # 3 and 48 times 0.1 are not 0.3 and 4.8
def test_alpha_is_undefined_when_every_judgment_says_the_same(
    distance: Distance, items: int
) -> None:
    found = krippendorff_alpha(by_reviewer([[0.1] * items] * 3), distance)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert "say the same" in str(found.undefined)
    assert (found.n_items, found.n_judgments) == (items, 3 * items)


def test_the_share_is_defined_when_every_judgment_says_the_same() -> None:
    assert share(by_reviewer([[1] * 7] * 3)) == 1.0


def test_values_that_no_one_else_judged_do_not_make_alpha_defined() -> None:
    assert alpha(by_reviewer([["yes", "yes", "no"], ["yes", "yes", None]])) is None


@pytest.mark.parametrize("measure", [krippendorff_alpha, percent_agreement])
def test_nothing_is_said_of_a_table_without_judgments(measure: Any) -> None:
    found = measure(table([]))
    assert (found.value, found.low, found.n_items, found.n_judgments) == (None, None, 0, 0)
    assert "no judgments" in str(found.undefined)


@pytest.mark.parametrize("measure", [krippendorff_alpha, percent_agreement])
def test_nothing_is_said_when_no_two_reviewers_judged_the_same_thing(measure: Any) -> None:
    rows = [("i1", "ana", "a", 1), ("i1", "luis", "b", 1), ("i2", "ana", "a", 2)]
    found = measure(table(rows))
    assert (found.value, found.low, found.n_items, found.n_judgments) == (None, None, 0, 0)
    assert "No two reviewers" in str(found.undefined)


def test_a_judgment_counts_once_however_many_units_it_has() -> None:
    rows = [
        (item, who, unit, (item + len(unit)) % 2)
        for item in range(5)
        for who in ("ana", "luis")
        for unit in ("", "a", "bb")
    ]
    alone = [(9, "ana", "a", 1)]  # an item of one reviewer, and units on both sides of the count
    found = krippendorff_alpha(table(rows + alone))
    assert (found.n_items, found.n_units, found.n_judgments, found.n_reviewers) == (5, 15, 10, 2)


def test_a_judgment_counts_once_when_a_lost_unit_makes_up_for_a_second_one() -> None:
    # As many comparable units as items, though one item has two and the other none.
    rows = [(1, "ana", u, 1) for u in "ab"] + [(1, "luis", u, 2) for u in "ab"]
    assert krippendorff_alpha(table([*rows, (2, "ana", "a", 1)])).n_judgments == 2


def test_the_share_weighs_units_alike_however_many_reviewers_they_have() -> None:
    assert share(by_item([[1, 1, 1, 1], [1, 2, None, None]])) == pytest.approx(0.5)


def test_a_row_without_a_value_counts_as_no_row() -> None:
    full = by_reviewer([[1, 2, 3, 1], [1, 2, 2, 1], [1, 1, 3, None]])
    missing = pd.concat([full, table([("item 00003", "r2", "", None), ("new", "r9", "", None)])])
    assert krippendorff_alpha(missing, "ordinal") == krippendorff_alpha(full, "ordinal")


def noisy(seed: int, items: int = 60, reviewers: int = 6, values: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, values, (items, 1))
    said = np.where(
        rng.random((items, reviewers)) < 0.7, truth, rng.integers(0, values, (items, reviewers))
    )
    return by_code(np.where(rng.random(said.shape) < 0.5, said, -1))


def two_units(seed: int) -> pd.DataFrame:
    return pd.concat([noisy(seed).assign(unit="a"), noisy(seed + 1).assign(unit="b")])


@pytest.mark.parametrize("distance", [*NAMED, lambda v, w: abs(v - w)])
def test_the_order_of_rows_and_the_names_of_items_and_reviewers_change_nothing(
    distance: Distance,
) -> None:
    data = two_units(3)
    shuffled = data.sample(frac=1, random_state=7)
    renamed = shuffled.assign(
        item=shuffled["item"].map(lambda i: f"x{(i * 37) % 101}"),
        reviewer=shuffled["reviewer"].map(lambda r: f"person {9 - r}"),
        unit=shuffled["unit"].map({"a": "second", "b": "first"}),
    )
    expected = krippendorff_alpha(data, distance)
    assert krippendorff_alpha(shuffled, distance) == expected
    assert krippendorff_alpha(renamed, distance) == expected
    assert percent_agreement(renamed) == percent_agreement(data)


def test_names_of_nominal_values_change_nothing_of_the_figure() -> None:
    data = noisy(5)
    named = data.assign(value=data["value"].map({0: "z", 1: "a", 2: ("t", 1), 3: frozenset("xy")}))
    assert alpha(named) == pytest.approx(alpha(data), abs=1e-12)


@pytest.mark.parametrize("dtype", ["category", "object"])
def test_the_type_of_a_column_changes_nothing(dtype: Any) -> None:
    data = two_units(11)
    assert krippendorff_alpha(data.astype(dtype), "ordinal") == krippendorff_alpha(data, "ordinal")


def test_a_table_prepared_once_gives_the_same_figures() -> None:
    data = two_units(2)
    prepared = prepare(data)
    assert krippendorff_alpha(prepared, "interval") == krippendorff_alpha(data, "interval")
    assert percent_agreement(prepared) == percent_agreement(data)


def test_asking_does_not_change_the_table() -> None:
    data = pd.concat([two_units(2), table([(1, 5, "c", None)])])
    before = data.copy(deep=True)
    krippendorff_alpha(data, "interval")
    pd.testing.assert_frame_equal(data, before)


def test_overlapping_sets_agree_more_under_a_distance_of_sets() -> None:
    def jaccard(v: frozenset[str], w: frozenset[str]) -> float:
        return 1 - len(v & w) / len(v | w)

    said = [["ab", "cd", "ef", "a"], ["abc", "d", "ef", "ab"]]
    data = by_reviewer([[frozenset(flags) for flags in line] for line in said])
    assert alpha(data) < alpha(data, jaccard) < 1


def test_opposite_rankings_are_strong_disagreement() -> None:
    opposite = {}
    for item in ("i1", "i2", "i3"):
        opposite[item, "ana"] = [["a"], ["b"], ["c"]]
        opposite[item, "luis"] = [["c"], ["b"], ["a"]]
    found: Any = krippendorff_alpha(rankings(opposite), "interval")
    assert found.value < -0.9
    assert found.high < 0


def test_equal_rankings_agree_perfectly() -> None:
    tiers = {"i1": [["a"], ["b", "c"]], "i2": [["b"], ["a"]]}
    equal = {(item, who): tiers[item] for item in tiers for who in ("ana", "luis")}
    assert alpha(rankings(equal), "interval") == 1.0


def test_a_tie_is_half_way_to_the_opposite() -> None:
    def of(second: list[list[str]]) -> Any:
        judged = {(i, "ana"): [["a"], ["b"]] for i in range(20)}
        judged |= {(i, "luis"): [["a"], ["b"]] for i in range(19)}
        return alpha(rankings({**judged, (19, "luis"): second}), "interval")

    assert of([["b"], ["a"]]) < of([["a", "b"]]) < of([["a"], ["b"]]) == 1.0


def test_which_response_of_a_pair_is_called_a_changes_nothing() -> None:
    rng = np.random.default_rng(4)
    ids = ["a", "b", "c"]
    judged = {
        (item, who): [[ids[i]] for i in rng.permutation(3)] for item in range(30) for who in "xyz"
    }
    swap = {item: dict(zip(ids, rng.permutation(ids), strict=True)) for item in range(30)}
    flipped = {
        (item, who): [[swap[item][r] for r in tier] for tier in tiers]
        for (item, who), tiers in judged.items()
    }
    expected = krippendorff_alpha(rankings(judged), "interval")
    assert krippendorff_alpha(rankings(flipped), "interval") == expected


def test_without_both_orientations_the_names_would_matter() -> None:
    """Why rankings are doubled: reviewers who always prefer the same look unanimous by chance."""
    once = by_reviewer([[1, 1, 1, -1], [1, 1, -1, 1]])
    flipped = by_reviewer([[1, -1, 1, -1], [1, -1, -1, 1]])
    assert alpha(once, "interval") != pytest.approx(alpha(flipped, "interval"))


def test_an_estimate_cannot_be_changed() -> None:
    found = percent_agreement(noisy(1))
    assert isinstance(found, Estimate)
    with pytest.raises(AttributeError):
        found.value = 1.0  # type: ignore[misc]

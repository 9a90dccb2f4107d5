"""Agreement on passages and on first bad steps, against sets of characters and plain loops."""

from __future__ import annotations

from itertools import combinations
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stats.tables import by_item, table
from workbench.messages import Invalid
from workbench.stats import Span, first_bad_step, percent_agreement, span_agreement

SPANS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 8), st.sampled_from(["age", "sex"])).map(
        lambda drawn: (drawn[0], drawn[0] + drawn[1], drawn[2])
    ),
    max_size=3,
)
#: (item, reviewer, unit) to what was marked; a key that is missing was not judged.
KEYS = st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from(["a", "b"]))
MARKED = st.dictionaries(KEYS, SPANS, max_size=20)
STEPS = st.dictionaries(KEYS, st.one_of(st.none(), st.integers(0, 5)), max_size=20)


def marked(judged: Any) -> pd.DataFrame:
    return table((*key, spans) for key, spans in judged.items())


def two(one: list[Span], other: list[Span], **given: Any) -> Any:
    data = marked({("i", "ana", ""): one, ("i", "luis", ""): other})
    return span_agreement(data, **given).value


def test_the_same_spans_agree_and_those_apart_do_not() -> None:
    spans = [(0, 5, "age"), (8, 9, "sex")]
    assert two(spans, spans[::-1]) == 1
    assert two(spans, [(5, 8, "age"), (9, 12, "sex")]) == 0


def test_half_a_span_found_is_a_precision_of_one_and_a_recall_of_a_half() -> None:
    assert two([(0, 5, "age")], [(0, 10, "age")]) == pytest.approx(2 * 1 * 0.5 / 1.5)


def test_every_span_counts_alike_however_long() -> None:
    # Both find the long one; the short one only the first found: precision 1/2, recall 1.
    assert two([(0, 1_000, "age"), (2_000, 2_001, "age")], [(0, 1_000, "age")]) == pytest.approx(
        2 * 0.5 * 1 / 1.5
    )


def test_another_category_is_another_finding_unless_categories_are_ignored() -> None:
    one, other = [(0, 5, "age")], [(0, 5, "sex")]
    assert two(one, other) == 0
    assert two(one, other, by_category=False) == 1


def test_one_who_marked_nothing_disagrees_with_one_who_marked_something() -> None:
    assert two([], [(0, 5, "age")]) == 0


def test_two_who_marked_nothing_are_left_out_and_it_is_said() -> None:
    found = span_agreement(marked({("i", "ana", ""): [], ("i", "luis", ""): []}))
    assert (found.value, found.low, found.n_items, found.n_units) == (None, None, 0, 0)
    assert "marked anything" in str(found.undefined)
    # A third one who did makes two pairs, both 0.
    judged = {("i", who, ""): [] for who in ("ana", "luis")} | {("i", "eva", ""): [(0, 2, "age")]}
    assert span_agreement(marked(judged)).value == 0


def test_spans_that_overlap_are_taken_together() -> None:
    assert two([(0, 6, "age"), (4, 10, "age"), (0, 6, "age")], [(0, 10, "age")]) == 1


def test_who_did_not_judge_a_text_has_no_row() -> None:
    judged = {("i", "ana", ""): [(0, 2, "age")], ("i", "luis", ""): None}
    found = span_agreement(marked(judged))
    assert (found.value, found.n_judgments) == (None, 0)
    assert "No two reviewers" in str(found.undefined)


@pytest.mark.parametrize("measure", [span_agreement, lambda t: first_bad_step(t).exact])
def test_nothing_is_said_of_a_table_without_judgments(measure: Any) -> None:
    found = measure(table([]))
    assert (found.value, found.n_items) == (None, 0)
    assert "no judgments" in str(found.undefined)


@pytest.mark.parametrize(
    "span",
    [(3, 3, "age"), (-1, 2, "age"), (4, 2, "age"), (0, 1.5, "age"), (0, float("inf"), "x"), (1, 2)],
)
def test_what_is_no_span_is_refused(span: Any) -> None:
    with pytest.raises(Invalid, match="is no span"):
        span_agreement(marked({("i", "ana", ""): [span]}))


def test_what_is_no_collection_of_spans_is_refused() -> None:
    with pytest.raises(Invalid, match="no collection"):
        span_agreement(table([("i", "ana", "", 5)]))


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA])
def test_an_empty_cell_is_no_row_of_spans_and_no_bad_step(nothing: Any) -> None:
    spans = [("i", "ana", "", [(0, 1, "age")]), ("i", "luis", "", nothing)]
    assert span_agreement(table(spans)).n_judgments == 0
    steps = [("i", "ana", "", nothing), ("i", "luis", "", None)]
    assert first_bad_step(table(steps)).exact.value == 1


@pytest.mark.parametrize("measure", [span_agreement, first_bad_step])
def test_a_table_without_values_is_refused(measure: Any) -> None:
    with pytest.raises(Invalid, match="no such column"):
        measure(table([]).drop(columns="value"))


def pairs_of(judged: Any) -> dict[Any, list[Any]]:
    """What two reviewers said of a unit, by item."""
    found: dict[Any, list[Any]] = {}
    for key, other in combinations(sorted(judged), 2):
        if (key[0], key[2]) == (other[0], other[2]):
            found.setdefault(key[0], []).append((judged[key], judged[other]))
    return found


def components(spans: list[Span]) -> list[set[tuple[int, Any]]]:
    """Spans as sets of marked characters, those that share one joined."""
    sets: list[set[tuple[int, Any]]] = []
    for start, end, category in spans:
        mine = {(at, category) for at in range(start, end)}
        for touching in [each for each in sets if each & mine]:
            sets.remove(touching)
            mine |= touching
        sets.append(mine)
    return sets


def f1(one: list[Span], other: list[Span]) -> float | None:
    mine, theirs = components(one), components(other)
    if not mine and not theirs:
        return None
    if not mine or not theirs:
        return 0.0
    precision = mean(len(span & set().union(*theirs)) / len(span) for span in mine)
    recall = mean(len(span & set().union(*mine)) / len(span) for span in theirs)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@given(judged=MARKED, by_category=st.booleans())
@settings(max_examples=150, deadline=None)
def test_it_is_the_f1_of_sets_of_characters(judged: Any, by_category: bool) -> None:
    plain = {
        key: spans if by_category else [(start, end, "") for start, end, _ in spans]
        for key, spans in judged.items()
    }
    scores = []
    for pairs in pairs_of(plain).values():
        found = [score for score in (f1(*pair) for pair in pairs) if score is not None]
        scores += [mean(found)] if found else []
    expected = mean(scores) if scores else None
    got = span_agreement(marked(judged), by_category=by_category, resamples=0)
    assert got.value == (expected if expected is None else pytest.approx(expected, abs=1e-9))
    assert got.n_items == len(scores)


@given(judged=MARKED)
@settings(max_examples=60, deadline=None)
def test_whoever_agrees_on_categories_agrees_at_least_as_much_without_them_when_each_has_one(
    judged: Any,
) -> None:
    single = {key: spans[:1] for key, spans in judged.items()}
    with_them = span_agreement(marked(single), resamples=0).value
    without = span_agreement(marked(single), by_category=False, resamples=0).value
    assert (with_them is None) == (without is None)
    if with_them is not None and without is not None:
        assert with_them <= without + 1e-9


def renamed(data: pd.DataFrame, seed: int) -> pd.DataFrame:
    shuffled = data.sample(frac=1, random_state=seed)
    return shuffled.assign(
        item=shuffled["item"].map(lambda i: f"x{(i * 37) % 101}"),
        reviewer=shuffled["reviewer"].map(lambda r: f"person {9 - r}"),
        unit=shuffled["unit"].map({"a": "second", "b": "first"}),
    )


@given(judged=MARKED, seed=st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_orders_and_names_change_nothing_of_spans(judged: Any, seed: int) -> None:
    expected = span_agreement(marked(judged), resamples=50)
    assert span_agreement(renamed(marked(judged), seed), resamples=50) == expected
    turned = {key: spans[::-1] for key, spans in judged.items()}
    assert span_agreement(marked(turned), resamples=50) == expected


@given(judged=STEPS, seed=st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_orders_and_names_change_nothing_of_steps(judged: Any, seed: int) -> None:
    expected = first_bad_step(marked(judged), resamples=50)
    assert first_bad_step(renamed(marked(judged), seed), resamples=50) == expected


@given(judged=STEPS)
@settings(max_examples=100, deadline=None)
def test_steps_are_compared_by_pairs_and_none_is_an_opinion(judged: Any) -> None:
    found = first_bad_step(marked(judged), resamples=0)
    exact, apart = [], []
    for pairs in pairs_of(judged).values():
        exact.append(mean(float(one == other) for one, other in pairs))
        both = [(v, w) for v, w in pairs if v is not None and w is not None]
        apart += [mean(abs(v - w) for v, w in both)] if both else []
    for got, expected in ((found.exact, exact), (found.distance, apart)):
        assert got.value == (pytest.approx(mean(expected)) if expected else None)
        assert got.n_items == len(expected)
        assert (got.value is None) == (got.undefined is not None)


def test_the_exact_share_is_the_percent_agreement_of_items_with_one_unit() -> None:
    rng = np.random.default_rng(5)
    steps = rng.integers(-1, 4, (50, 3))
    rows = [
        (item, reviewer, "", None if step < 0 else step)
        for (item, reviewer), step in np.ndenumerate(steps)
    ]
    exact = first_bad_step(table(rows)).exact
    assert exact.value == pytest.approx(
        percent_agreement(by_item(steps.tolist()), resamples=0).value
    )
    assert exact.n_judgments == 150


def test_the_distance_is_in_steps_and_says_when_there_is_none() -> None:
    rows = [("i", "ana", "", 2), ("i", "luis", "", 5), ("j", "ana", "", 1), ("j", "luis", "", None)]
    found = first_bad_step(table(rows))
    assert (found.exact.value, found.exact.n_items) == (0, 2)
    assert (found.distance.value, found.distance.n_items, found.distance.n_judgments) == (3, 1, 2)
    none = first_bad_step(table(rows[2:])).distance
    assert none.value is None
    assert "no distance" in str(none.undefined)


@pytest.mark.parametrize("value", [-1, 1.5, "2", True, float("inf")])
def test_what_is_no_step_is_refused(value: Any) -> None:
    with pytest.raises(Invalid, match="no index"):
        first_bad_step(table([("i", "ana", "", value), ("i", "luis", "", None)]))


def test_about_95_of_100_intervals_cover_the_truth() -> None:
    def draw(seed: int, items: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        start, far = rng.integers(20, 60, items), rng.integers(2, 30, items)
        rows = []
        for item, reviewer in np.ndindex(items, 3):
            moved = start[item] + rng.integers(-8, 9)
            sees = rng.random() < 0.8
            spans = [(int(moved), int(moved + far[item]), "age")] if sees else []
            rows.append((item, reviewer, "", spans))
        return table(rows)

    truth = span_agreement(draw(0, 30_000), resamples=0).value
    found: list[Any] = [span_agreement(draw(seed, 60)) for seed in range(1, 101)]
    assert truth is not None
    assert 88 <= sum(f.low <= truth <= f.high for f in found) <= 100

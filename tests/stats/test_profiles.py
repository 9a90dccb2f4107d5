from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stats.tables import by_item, table
from workbench.stats import prepare
from workbench.stats.arrays import chunks, count_distinct, distinct_sequences


def test_units_with_the_same_counts_are_one_type_and_such_items_one_profile() -> None:
    profiles = prepare(by_item([[1, 2, 1], [2, 1, 1], [2, 2, 1], [1, None, None]])).profiles
    assert profiles.types.counts.toarray().tolist() == [[2, 1], [1, 2]]
    assert profiles.multiplicity.tolist() == [2, 1]
    assert profiles.n_items == 3


def test_the_profile_of_an_item_is_all_of_its_units() -> None:
    rows = [
        ("i1", "ana", "a", 0),
        ("i1", "luis", "a", 0),
        ("i1", "ana", "b", 0),
        ("i1", "luis", "b", 1),
        ("i2", "ana", "x", 1),
        ("i2", "luis", "x", 0),
        ("i2", "ana", "y", 0),
        ("i2", "luis", "y", 0),
        ("i3", "ana", "a", 0),
        ("i3", "luis", "a", 0),
    ]
    profiles = prepare(table(rows)).profiles
    assert profiles.multiplicity.tolist() == [1, 2]
    assert profiles.composition.toarray().tolist() == [[1, 0], [1, 1]]
    assert profiles.profile_of_item.tolist() == [1, 1, 0]


SEQUENCES = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=40), min_size=1, max_size=30)


@given(sequences=SEQUENCES, radix=st.sampled_from([5, 1_000, 10**9]))
@settings(max_examples=100, deadline=None)
def test_sequences_have_the_same_code_exactly_when_they_are_equal(
    sequences: list[list[int]], radix: int
) -> None:
    stretched = [[member * (radix // 5) for member in sequence] for sequence in sequences]
    flat = np.concatenate([np.array(s, dtype=np.int64) for s in stretched])
    found = distinct_sequences(flat, np.array([len(s) for s in stretched]), radix)
    expected = sorted({tuple(s) for s in stretched}, key=lambda s: (len(s), s))
    assert [expected[code] for code in found.code] == [tuple(s) for s in stretched]
    assert [tuple(stretched[i]) for i in found.first] == expected
    tally = Counter(map(tuple, stretched))
    assert found.counts.tolist() == [tally[s] for s in expected]


@given(costs=st.lists(st.integers(0, 9), max_size=30), budget=st.integers(1, 20))
def test_chunks_cover_everything_once_within_the_budget(costs: list[int], budget: int) -> None:
    parts = [costs[part] for part in chunks(np.array(costs, dtype=np.int64), budget)]
    assert [cost for part in parts for cost in part] == costs
    assert all(sum(part) <= budget or len(part) == 1 for part in parts)


@given(codes=st.lists(st.integers(0, 20), max_size=30))
def test_distinct_codes_are_counted_by_flags_and_by_sorting_alike(codes: list[int]) -> None:
    these: npt.NDArray[np.int64] = np.array(codes, dtype=np.int64)
    assert count_distinct(these, 21) == count_distinct(these, 10**12) == len(set(codes))

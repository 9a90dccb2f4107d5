from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.services.numbers import Numbers


@given(st.lists(st.integers(0, 5_000)))
def test_they_come_back_once_and_in_order(numbers: list[int]) -> None:
    kept = Numbers()
    for number in numbers:
        kept.add(number)
    assert list(kept) == sorted(set(numbers))

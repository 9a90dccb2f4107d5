from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tests.stats.tables import table
from workbench.messages import Invalid
from workbench.stats.coding import canonical, encode

ROWS = [
    ("i2", "luis", "b", 3),
    ("i1", "ana", "a", 1),
    ("i2", "ana", "b", 1),
    ("i1", "ana", "b", None),
    ("i1", "luis", "a", 2),
]


def test_codes_spell_the_rows_that_have_a_value() -> None:
    coded = encode(table(ROWS))
    assert coded.reviewers == ("ana", "luis")
    assert coded.known_values == (1, 2, 3)
    spelled = zip(
        coded.items[coded.item],
        [coded.reviewers[code] for code in coded.reviewer],
        [coded.known_values[code] for code in coded.value],
        strict=True,
    )
    assert list(spelled) == [(item, who, value) for item, who, _, value in ROWS if value]


def test_a_unit_belongs_to_one_item() -> None:
    same_name = [("i1", "ana", "u", 1), ("i2", "ana", "u", 1), ("i2", "ana", "v", 1)]
    coded = encode(table(same_name))
    assert len(set(coded.unit)) == 3
    assert coded.items[coded.item_of_unit[coded.unit]].tolist() == ["i1", "i2", "i2"]
    assert not coded.one_unit_an_item


def test_an_item_of_one_unit_may_name_it() -> None:
    assert encode(table([("i1", "ana", "u", 1), ("i2", "ana", "v", 1)])).one_unit_an_item


def test_an_empty_table_is_coded() -> None:
    coded = encode(table([]))
    assert (coded.known_values, coded.unit.size, coded.one_unit_an_item) == ((), 0, True)


@pytest.mark.parametrize("column", ["item", "reviewer", "unit", "value"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(Invalid) as caught:
        encode(table(ROWS).drop(columns=column))
    assert list(caught.value.errors) == [column]


@pytest.mark.parametrize("column", ["item", "reviewer", "unit"])
def test_an_empty_name_is_refused(column: str) -> None:
    data = table(ROWS)
    data.loc[1, column] = None
    with pytest.raises(Invalid) as caught:
        encode(data)
    assert list(caught.value.errors) == [column]


def test_two_values_of_one_reviewer_for_one_unit_are_refused() -> None:
    with pytest.raises(Invalid, match="ana has two values for unit “b” of item i2"):
        encode(table([*ROWS, ("i2", "ana", "b", 1)]))


def test_a_second_value_that_is_empty_is_no_second_value() -> None:
    assert encode(table([*ROWS, ("i2", "ana", "b", np.nan)])).unit.size == 4


def test_what_is_not_hashable_is_refused() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        encode(table([("i1", "ana", "", ["a list"])]))


def test_numbers_come_by_size_then_texts_then_the_rest() -> None:
    mixed = [("b", 2), "b", 10, frozenset("ba"), 9.5, "a", True, ("b", 1)]
    expected = [True, 9.5, 10, "a", "b", ("b", 1), ("b", 2), frozenset("ab")]
    assert sorted(mixed, key=canonical) == expected


def test_numpy_numbers_have_the_place_of_plain_ones() -> None:
    assert canonical(np.int64(3)) == canonical(3) == canonical(np.float64(3.0))


def test_the_order_of_sets_is_the_same_in_every_process() -> None:
    program = (
        "from workbench.stats.coding import canonical;"
        "print(canonical(frozenset(['slur', 'threat', 'stereotype'])))"
    )
    spelled = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in "1234"
    }
    assert len(spelled) == 1


def test_columns_of_categories_are_coded_by_what_they_spell() -> None:
    data = table(ROWS).dropna()
    coded = encode(data.astype("category"))
    plain = encode(data)
    assert coded.known_values == plain.known_values
    assert coded.reviewers == plain.reviewers
    assert (coded.value == plain.value).all()


def test_other_columns_and_the_index_are_left_alone() -> None:
    data = table(ROWS).assign(language="es")
    data.index = pd.Index([7] * len(data))
    assert encode(data).unit.size == 4

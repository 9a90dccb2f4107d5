"""What a table of choices must be, and where its sessions begin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.stats.judging.simulated import Habits, Team, simulate
from workbench.messages import Invalid
from workbench.stats.judging import (
    carry_over,
    fatigue,
    first_position_preference,
    length_preference,
    prepare_choices,
    speeding,
)

EVERY = [first_position_preference, length_preference, carry_over, fatigue, speeding]


def at(*minutes: float, reviewer: str = "ana") -> pd.DataFrame:
    n = len(minutes)
    return pd.DataFrame(
        {
            "item": [f"{reviewer} {i}" for i in range(n)],
            "reviewer": reviewer,
            "choice": 1,
            "length_first": 10,
            "length_second": 20,
            "at": pd.Timestamp("2026-03-02 08:00") + pd.to_timedelta(list(minutes), unit="min"),
            "active_seconds": 5.0,
            "n_chars": 30,
        }
    )


def test_a_long_break_begins_a_session() -> None:
    data = pd.concat([at(0, 10, 45, 70, 130), at(5, 12, reviewer="luis")])
    found = prepare_choices(data.sample(frac=1, random_state=1))
    assert found.session.tolist() == [0, 0, 1, 1, 2, 3, 3]
    minutes = [0, 10, 0, 25, 0, 0, 7]
    assert (found.hours * 60).tolist() == pytest.approx(minutes)
    assert prepare_choices(data, gap_minutes=60).session.tolist() == [0] * 5 + [1, 1]


def test_a_break_as_long_as_the_limit_is_none() -> None:
    assert prepare_choices(at(0, 30, 60.1)).session.tolist() == [0, 0, 1]


def test_times_with_a_zone_are_taken() -> None:
    data = at(0, 10)
    zoned = data.assign(at=data["at"].dt.tz_localize("America/Bogota"))
    assert prepare_choices(zoned).hours.tolist() == prepare_choices(data).hours.tolist()


@pytest.mark.parametrize("measure", EVERY)
def test_a_prepared_table_gives_the_same(measure: Any) -> None:
    data = simulate(1, Habits(), Team(items=40, reviewers=4, overlap=2))
    assert measure(prepare_choices(data)) == measure(data)


@pytest.mark.parametrize("measure", EVERY)
def test_asking_does_not_change_the_table(measure: Any) -> None:
    data = simulate(1, Habits(), Team(items=40, reviewers=4, overlap=2))
    before = data.copy(deep=True)
    measure(data)
    pd.testing.assert_frame_equal(data, before)


@pytest.mark.parametrize("measure", EVERY)
def test_nothing_is_said_of_no_judgments(measure: Any) -> None:
    found = measure(at())
    assert (found.value, found.low, found.high, found.no_interval) == (None,) * 4
    assert (found.n_items, found.n_judgments, found.n_reviewers) == (0, 0, 0)
    assert found.sentence == found.undefined
    assert str(found.sentence)


@pytest.mark.parametrize("measure", EVERY)
def test_one_judgment_is_no_error(measure: Any) -> None:
    found = measure(at(0))
    assert (found.low, found.high) == (None, None)
    assert found.undefined or found.no_interval


@pytest.mark.parametrize("column", at().columns)
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(Invalid) as refused:
        prepare_choices(at(0).drop(columns=column))
    assert list(refused.value.errors) == [column]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("item", None),
        ("reviewer", None),
        ("choice", 2),
        ("choice", None),
        ("choice", "first"),
        ("length_first", -1),
        ("length_second", None),
        ("length_first", "long"),
        ("at", None),
        ("active_seconds", -0.1),
        ("active_seconds", float("inf")),
        ("active_seconds", "soon"),
        ("n_chars", -3),
    ],
)
def test_what_cannot_be_is_refused_by_its_column(column: str, value: Any) -> None:
    data = at(0, 1)
    data[column] = [value, *data[column][1:]]
    with pytest.raises(Invalid) as refused:
        prepare_choices(data)
    assert list(refused.value.errors) == [column]


def test_two_rows_of_a_reviewer_for_an_item_are_refused() -> None:
    with pytest.raises(Invalid, match="two rows"):
        prepare_choices(at(0, 1).assign(item="same"))


def test_times_and_lengths_may_be_unknown() -> None:
    found = prepare_choices(at(0, 1).assign(active_seconds=[np.nan, 3], n_chars=None))
    assert np.isnan(found.seconds).tolist() == [True, False]
    assert np.isnan(found.n_chars).all()

"""The forecast of the finish and the spread of times."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.stats import forecast, times


def test_days_that_are_all_alike_leave_no_doubt() -> None:
    found = forecast([50] * 10, 201)
    assert (found.per_day, found.early, found.likely, found.late) == (50, 5, 5, 5)
    assert forecast([50] * 10, 200).late == 4


def test_days_that_differ_give_a_range_around_the_mean() -> None:
    found = forecast([20, 80, 50, 35, 65], 1000)
    assert found.early is not None
    assert found.late is not None
    assert found.early < 20 < found.late
    assert abs((found.likely or 0) - 20) <= 1
    # Fewer days seen, less known.
    few = forecast([20, 80, 50], 1000)
    assert (few.late or 0) - (few.early or 0) > found.late - found.early


def test_the_range_holds_the_finish_of_days_to_come() -> None:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(200):
        seen = rng.poisson(60, size=15) + rng.integers(-25, 25, size=15)
        ahead = rng.poisson(60, size=100) + rng.integers(-25, 25, size=100)
        needed = 1 + int(np.sum(np.cumsum(ahead) < 1500))
        found = forecast([int(each) for each in seen], 1500)
        held += (found.early or 0) <= needed <= (found.late or 0)
    assert held / 200 >= 0.9


def test_what_is_left_day_by_day_ends_where_the_finish_is_forecast() -> None:
    days, left = [20, 80, 50, 35, 65], 1000
    found = forecast(days, left)
    assert found.early
    assert found.likely
    assert found.late
    low, middle, high = (np.array(each) for each in zip(*found.ahead, strict=True))
    assert len(found.ahead) == found.late
    for line, end in ((low, found.early), (middle, found.likely), (high, found.late)):
        assert int(np.argmax(line == 0)) + 1 == end
        assert np.all(np.diff(line) <= 0)
    assert np.all((low <= middle) & (middle <= high))
    # Of a sum of n draws from a normal, whose mean is itself known from five days.
    n, spread = 10, np.std(days)
    sd = float(spread * np.sqrt(n + n**2 / 5))
    assert middle[n - 1] == pytest.approx(left - 50 * n, abs=sd / 4)
    assert high[n - 1] - low[n - 1] == pytest.approx(2 * 1.96 * sd, rel=0.15)


def test_alike_days_leave_a_line_without_a_band() -> None:
    assert forecast([50] * 10, 120).ahead == ((70, 70, 70), (20, 20, 20), (0, 0, 0))
    assert forecast([5, 5], 10).ahead == ()


@pytest.mark.parametrize(
    ("days", "left", "why"),
    [
        ([], 10, "cannot be said yet"),
        ([5, 5], 10, "cannot be said yet"),
        ([5, 5, 5], 0, "Nothing is left"),
        ([1, 1, 1], 100_000, "more than 250 working days"),
    ],
)
def test_a_forecast_that_cannot_be_made_says_why(days: list[int], left: int, why: str) -> None:
    found = forecast(days, left)
    assert (found.early, found.likely, found.late) == (None, None, None)
    assert why in str(found.undefined)


def test_quartiles_are_numpys_and_bins_hold_every_time() -> None:
    seconds = np.random.default_rng(5).lognormal(3.4, 0.8, size=500)
    found = times(seconds)
    assert found is not None
    assert (found.lower, found.median, found.upper) == pytest.approx(
        tuple(np.percentile(seconds, (25, 50, 75)))
    )
    inside = np.histogram(seconds, bins=found.edges)[0]
    assert found.counts.tolist() == inside.tolist()
    assert found.counts.sum() == found.n == 500
    assert np.diff(np.log2(found.edges)) == pytest.approx(0.5)


def test_times_at_an_edge_and_under_a_second_have_their_bin() -> None:
    found = times(np.array([0.0, 0.3, 1.0, 2.0]))
    assert found is not None
    assert found.counts.tolist() == [3, 0, 1]
    assert times(np.array([])) is None

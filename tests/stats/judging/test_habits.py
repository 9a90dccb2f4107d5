"""Carry-over, fatigue and speeding: planted, absent, and against plain loops."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stats.judging.simulated import Habits, Team, simulate
from workbench.stats.judging import carry_over, fatigue, speeding

PACE = partial(fatigue, of="pace")
MANY = Team(items=20_000, reviewers=1_000)
SMALL = Team(items=36, reviewers=6, overlap=2, session=7)
EVERY = [carry_over, fatigue, PACE, speeding]
QUICK = settings(max_examples=25, deadline=None)


def covered(measure: Any, habits: Habits, truth: float, team: Team | None = None) -> int:
    """How many of the intervals of a hundred tables hold the truth."""
    found = [measure(simulate(seed, habits, team), resamples=300) for seed in range(1, 101)]
    return sum(f.low is not None and f.low <= truth <= f.high for f in found)


def agreement_slope(knows: float, tires: float) -> float:
    """How agreement changes with an hour when knowing the better one does, else a coin is thrown.

    Two agree with the chance 1/2 + a b / 2, a and b being how often each knows.
    """
    hours = np.arange(Team().session) * 0.05
    # Reviewers have 60 judgments on the whole: a session of 40 and one of 20.
    average = (np.sum(knows - tires * hours) + np.sum(knows - tires * hours[:20])) / 60
    return float(-tires * average / 2)


@pytest.mark.parametrize(
    ("measure", "habits", "truth"),
    [
        (carry_over, Habits(repeats=0.2), 0.1),  # repeated without a look, or the same by half
        (carry_over, Habits(repeats=0.3, ties=0), 0.15),
        (fatigue, Habits(knows=0.9, tires=0.3, worth=1e-9), agreement_slope(0.9, 0.3) * 0.81),
        (PACE, Habits(hurries=-0.15), np.expm1(-0.15)),
        (PACE, Habits(hurries=0.2), np.expm1(0.2)),
    ],
)
def test_a_planted_habit_is_found_and_the_interval_covers_it(
    measure: Any, habits: Habits, truth: float
) -> None:
    found = measure(simulate(0, habits, MANY), resamples=0)
    assert found.value == pytest.approx(truth, abs=0.007)
    assert 88 <= covered(measure, habits, truth) <= 100


@pytest.mark.parametrize(
    ("measure", "habits"),
    [
        (carry_over, Habits()),
        (carry_over, Habits(position=0.8, position_spread=0.5)),  # a side preferred, no repeating
        (fatigue, Habits(knows=0.9)),
        (fatigue, Habits(knows=0.5, position=0.5, hurries=-0.3)),
        (PACE, Habits(speeders=0.3)),
    ],
)
def test_without_the_habit_the_interval_covers_none(measure: Any, habits: Habits) -> None:
    assert 87 <= covered(measure, habits, 0.0) <= 100


def test_speeding_is_found_among_the_reviewers_who_speed() -> None:
    """Four in ten mostly do: eight in ten of their judgments, so 0.32 of all."""
    assert speeding(simulate(0, Habits(speeders=0.4), MANY)).value == pytest.approx(0.32, abs=0.03)
    team = Team(items=400, reviewers=25, overlap=2)
    assert 88 <= covered(speeding, Habits(speeders=0.4), 0.32, team) <= 100


def test_five_reviewers_have_an_interval_that_is_wide_enough_and_four_have_none() -> None:
    assert 84 <= covered(PACE, Habits(), 0.0, Team(items=240, reviewers=5, overlap=2)) <= 100
    four = PACE(simulate(1, Habits(), Team(reviewers=4)))
    assert (four.low, four.high) == (None, None)
    assert "5 reviewers" in str(four.no_interval)


def test_without_speeding_next_to_nothing_is_found() -> None:
    found = speeding(simulate(1, Habits()))
    assert found.value is not None
    assert found.value < 0.003
    assert all(each.share < 0.02 for each in found.by_reviewer)


def test_where_nobody_speeds_at_all_there_is_no_interval() -> None:
    found = speeding(simulate(1, Habits()), fastest=10_000)
    assert (found.value, found.low, found.clear) == (0, None, False)
    assert "alike" in str(found.no_interval)


def test_the_sentences_say_the_figures_in_plain_words() -> None:
    data = simulate(2, Habits(repeats=0.3, speeders=0.3, hurries=-0.2))
    carried, hurried, sped = carry_over(data), PACE(data), speeding(data)
    low, high = f"{100 * carried.low:.0f}", f"{100 * carried.high:.0f}"
    whole = f"{100 * carried.value:.0f} percentage points ({low} to {high})"
    assert whole in str(carried.sentence)
    assert f"{100 * carried.same:.0f} % of decided pairs" in str(carried.sentence)
    assert f"changes by −{-100 * hurried.value:.0f} % (−" in str(hurried.sentence)
    assert "60 characters a second" in str(sped.sentence)
    assert f"In {100 * sped.value:.0f} % (" in str(sped.sentence)
    assert "by " in str(fatigue(data).sentence)
    assert "percentage point" in str(fatigue(data).sentence)


def test_one_reviewer_has_figures_but_no_intervals() -> None:
    data = simulate(3, Habits(speeders=1), Team(reviewers=1, overlap=1))
    for found in (carry_over(data), PACE(data), speeding(data)):
        assert found.value is not None
        assert (found.low, found.high) == (None, None)
        assert "5 reviewers" in str(found.no_interval)
    assert "No stretch of work" in str(fatigue(data).undefined)  # no one to agree with


def sessions(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Each session in the order of its judgments, by gaps of more than half an hour."""
    for _, mine in data.groupby("reviewer"):
        ordered = mine.sort_values("at")
        number = (ordered["at"].diff() > pd.Timedelta(minutes=30)).cumsum()
        yield from (part for _, part in ordered.groupby(number))


@given(seed=st.integers(0, 10_000), ties=st.sampled_from([0.0, 0.3, 0.8]))
@QUICK
def test_carry_over_is_neighbours_alike_less_others_alike(seed: int, ties: float) -> None:
    data = simulate(seed, Habits(ties=ties, repeats=0.3), SMALL)
    alike, expected, pairs, judgments = 0.0, 0.0, 0, 0
    for part in sessions(data):
        choice = part["choice"].tolist()
        two = [(i, j) for i, j in combinations(range(len(choice)), 2) if choice[i] and choice[j]]
        near = [choice[i] == choice[j] for i, j in two if j == i + 1]
        far = [choice[i] == choice[j] for i, j in two if j > i + 1]
        if near and far:
            alike, pairs = alike + sum(near), pairs + len(near)
            expected += len(near) * mean(far)
            judgments += sum(1 for each in choice if each)
    found = carry_over(data, resamples=0)
    assert (found.value is None) == (not pairs)
    if pairs:
        assert found.value == pytest.approx((alike - expected) / pairs)
        assert (found.same, found.chance) == pytest.approx((alike / pairs, expected / pairs))
        assert found.n_judgments == judgments


def share_of_others(data: pd.DataFrame) -> pd.Series:
    """For each judgment the share of the item's others who chose the same text, by its length."""
    chosen = np.where(data["choice"] > 0, data["length_first"], data["length_second"])
    said = pd.Series(np.where(data["choice"] == 0, 0, chosen), index=data.index)
    found = {}
    for row in data.index:
        same_item = data.index[(data["item"] == data.loc[row, "item"]) & (data.index != row)]
        equal = data.loc[row, "length_first"] == data.loc[row, "length_second"]
        if len(same_item) and not equal:
            found[row] = float(np.mean(said[same_item] == said[row]))
    return pd.Series(found, dtype=float)


def slope_with_a_constant_a_session(data: pd.DataFrame, score: pd.Series) -> tuple[float, int]:
    """Ordinary least squares with a dummy for every session; a short one tells nothing."""
    columns, hours, scores, n = [], [], [], 0
    for number, part in enumerate(sessions(data)):
        begin = part["at"].min()
        known = [row for row in part.index if row in score.index]
        if not known or np.ptp(part.loc[known, "at"]) < pd.Timedelta(minutes=15):
            continue
        hours += [(part.loc[row, "at"] - begin).total_seconds() / 3600 for row in known]
        scores += [score[row] for row in known]
        columns += [number] * len(known)
        n += len(known)
    dummies = np.equal.outer(columns, np.unique(columns)).astype(float)
    design = np.column_stack([hours, dummies])
    return float(np.linalg.lstsq(design, np.array(scores), rcond=None)[0][0]), n


@given(seed=st.integers(0, 10_000), ties=st.sampled_from([0.0, 0.3]))
@QUICK
def test_fatigue_is_the_slope_of_least_squares_with_a_dummy_a_session(
    seed: int, ties: float
) -> None:
    data = simulate(seed, Habits(ties=ties, knows=0.5), SMALL)
    data.loc[data["item"] == 3, ["length_first", "length_second"]] = 50
    expected, n = slope_with_a_constant_a_session(data, share_of_others(data))
    found = fatigue(data, resamples=0)
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.n_judgments == n == sum(hour.n_judgments for hour in found.by_hour)

    timed = data[data["active_seconds"].notna()]
    log_pace = np.log(timed["active_seconds"] / timed["n_chars"])
    slope, n = slope_with_a_constant_a_session(data, log_pace)
    pace = PACE(data, resamples=0)
    assert pace.value == pytest.approx(np.expm1(slope), abs=1e-9)
    assert pace.n_judgments == n


def test_what_is_seconds_apart_says_nothing_of_hours() -> None:
    """Drawn out to an hour, the pace of the second would be beyond all numbers."""
    data = simulate(4, Habits(), SMALL)
    data["at"] = data["at"].min() + pd.to_timedelta(np.arange(len(data)), unit="s")
    data["active_seconds"] = np.geomspace(0.5, 500, len(data))
    for found in (fatigue(data), PACE(data)):
        assert found.value is None
        assert "a quarter of an hour" in str(found.undefined)


def test_hours_are_those_of_the_session() -> None:
    data = simulate(4, Habits(hurries=-0.3), MANY)
    found = PACE(data, resamples=0)
    assert [hour.hour for hour in found.by_hour] == [0, 1]
    first, second = (hour.value for hour in found.by_hour)
    assert first == pytest.approx(np.exp(-0.3 * 0.475) / 20, rel=0.02)
    assert second < first


def test_who_is_slow_and_works_long_is_not_taken_for_tired() -> None:
    """Sessions differ in pace and length together; within each, nothing changes."""
    data = simulate(5, Habits(), Team(items=600, reviewers=20))
    place = data.sort_values("at").groupby("reviewer").cumcount()
    long = data["reviewer"] % 2 == 0
    data = data[long | (place.reindex(data.index) % 40 < 6)]
    slow = np.where(data["reviewer"] % 2 == 0, 3.0, 1.0)
    found = PACE(data.assign(active_seconds=data["active_seconds"] * slow))
    assert found.low < 0 < found.high


@given(seed=st.integers(0, 10_000), fastest=st.sampled_from([5.0, 20.0, 60.0]))
@QUICK
def test_speeding_is_counted_by_hand(seed: int, fastest: float) -> None:
    data = simulate(seed, Habits(speeders=0.5), SMALL)
    fast: dict[Any, list[bool]] = {}
    for row in data.itertuples():
        if row.active_seconds == row.active_seconds:
            sped = row.n_chars / row.active_seconds > fastest
            fast.setdefault(row.reviewer, []).append(sped)
    found = speeding(data, fastest, resamples=0)
    every = [each for mine in fast.values() for each in mine]
    assert found.value == pytest.approx(mean(every))
    assert found.n_judgments == len(every)
    counted = {each.reviewer: (each.hits, each.n) for each in found.by_reviewer}
    assert counted == {who: (sum(mine), len(mine)) for who, mine in fast.items()}


def test_no_time_at_all_is_faster_than_anyone_reads() -> None:
    data = simulate(1, Habits()).assign(active_seconds=0)
    assert speeding(data).value == 1
    assert "No stretch of work" in str(PACE(data).undefined)  # no time has no logarithm


@pytest.mark.parametrize("fastest", [0, -1, float("nan")])
def test_a_speed_that_is_none_is_refused(fastest: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        speeding(simulate(1, Habits(), SMALL), fastest)


def test_fatigue_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="'mood'"):
        fatigue(simulate(1, Habits(), SMALL), "mood")  # type: ignore[arg-type]


@pytest.mark.parametrize("measure", EVERY)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_rows_names_and_sides_change_nothing(measure: Any, seed: int) -> None:
    data = simulate(seed, Habits(speeders=0.5), SMALL)
    moved = data.sample(frac=1, random_state=seed + 1).assign(
        item=lambda t: t["item"].map(lambda i: f"x{(i * 37) % 101}"),
        reviewer=lambda t: t["reviewer"].map(lambda r: f"person {9 - r}"),
        choice=lambda t: -t["choice"],
        length_first=data["length_second"],
        length_second=data["length_first"],
    )
    one, other = measure(data, resamples=60), measure(moved, resamples=60)
    assert (other.value, other.low, other.high) == pytest.approx((one.value, one.low, one.high))


@pytest.mark.parametrize("measure", [PACE, speeding])
def test_judgments_without_a_time_count_as_none(measure: Any) -> None:
    data = simulate(6, Habits(speeders=0.5), Team(session=1_000))
    found = measure(data)
    assert found.n_judgments == data["active_seconds"].notna().sum()
    unknown = data.assign(n_chars=data["n_chars"].where(data["item"] > 100))
    assert measure(unknown).n_judgments < found.n_judgments

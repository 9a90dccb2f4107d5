"""Preference for the first position and for length: planted, absent, and against other fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from scipy.stats import norm

from tests.stats.judging.simulated import Habits, Team, simulate
from workbench.stats.judging import findings, first_position_preference, length_preference
from workbench.stats.judging.logit import fit

Floats = npt.NDArray[np.float64]

BOTH = [first_position_preference, length_preference]
MANY = Team(items=60_000, reviewers=100)


def covered(measure: Any, habits: Habits, truth: float, seeds: int = 100) -> int:
    """How many of the intervals of so many tables hold the truth."""
    found = [measure(simulate(seed, habits), resamples=300) for seed in range(1, seeds + 1)]
    return sum(f.low <= truth <= f.high for f in found)


@pytest.mark.parametrize(
    ("measure", "habits", "truth"),
    [
        (first_position_preference, Habits(position=0.3, worth=0), expit(0.3)),
        (first_position_preference, Habits(position=-0.4, length=0.5, worth=0), expit(-0.4)),
        (length_preference, Habits(length=0.4, position=0.3, worth=0), expit(0.4)),
        (length_preference, Habits(length=-0.2, worth=0), expit(-0.2)),
    ],
)
def test_a_planted_preference_is_found_and_the_interval_covers_it(
    measure: Any, habits: Habits, truth: float
) -> None:
    assert measure(simulate(0, habits, MANY), resamples=0).value == pytest.approx(truth, abs=0.005)
    assert 88 <= covered(measure, habits, truth) <= 100


@pytest.mark.parametrize("measure", BOTH)
@pytest.mark.parametrize(
    "habits", [Habits(), Habits(worth=2), Habits(position_spread=0.5), Habits(one_order=True)]
)
def test_without_a_preference_the_interval_covers_a_half(measure: Any, habits: Habits) -> None:
    assert 88 <= covered(measure, habits, 0.5) <= 100


@pytest.mark.parametrize(
    "habits",
    [
        Habits(position=0.4, worth=2, one_order=True),  # judgments of an item go together
        Habits(position=0.4, position_spread=0.6),  # judgments of a reviewer go together
    ],
)
def test_the_interval_covers_the_truth_when_judgments_go_together(habits: Habits) -> None:
    spread = np.hypot(habits.worth, habits.position_spread)
    truth = norm.expect(lambda z: expit(habits.position + spread * z))
    assert 88 <= covered(first_position_preference, habits, float(truth)) <= 100


def test_each_is_controlled_for_the_other() -> None:
    """Longer ones mostly shown first, and only length moves the choice: no position preference."""
    data = simulate(3, Habits(length=0.7, worth=0), Team(items=4_000))
    longer_first = data["length_first"] > data["length_second"]
    data = data[longer_first | (data["item"] % 4 == 0)]
    raw = (data["choice"] > 0).sum() / (data["choice"] != 0).sum()
    found: Any = first_position_preference(data)
    assert raw > 0.6
    assert found.low < 0.5 < found.high
    assert length_preference(data).value == pytest.approx(expit(0.7), abs=0.02)


def test_the_sentence_says_the_figure_in_plain_words() -> None:
    found = first_position_preference(simulate(1, Habits(position=0.4)))
    assert found.value is not None
    assert found.clear
    assert str(found.sentence) == (
        "When two responses are about as long, reviewers choose the one shown first in "
        f"{100 * found.value:.0f} % ({100 * found.low:.0f} to {100 * found.high:.0f} %) "
        "of decided pairs."
    )
    longer = length_preference(simulate(1, Habits(length=0.4)), resamples=0)
    assert (longer.low, longer.high, longer.clear) == (None, None, False)
    assert f"wins in {100 * longer.value:.0f} % of decided pairs" in str(longer.sentence)


def test_the_counts_are_of_decided_pairs() -> None:
    data = simulate(2, Habits(ties=0.5))
    found = first_position_preference(data)
    decided = data[data["choice"] != 0]
    assert found.n_judgments == len(decided)
    assert (found.n_items, found.n_reviewers) == (
        decided["item"].nunique(),
        decided["reviewer"].nunique(),
    )


@pytest.mark.parametrize("measure", BOTH)
@pytest.mark.parametrize("change", [lambda t: t.iloc[:0], lambda t: t.assign(choice=0)])
def test_nothing_is_said_without_a_decided_pair(measure: Any, change: Any) -> None:
    found = measure(change(simulate(1, Habits())))
    assert (found.value, found.low, found.n_judgments, found.clear) == (None, None, 0, False)
    assert "decided" in str(found.undefined)
    assert found.sentence == found.undefined


def test_texts_of_one_length_tell_position_but_not_length() -> None:
    data = simulate(1, Habits(position=0.3)).assign(length_first=100, length_second=100)
    decided = data[data["choice"] != 0]
    found = first_position_preference(data)
    assert found.value == pytest.approx((decided["choice"] > 0).mean(), abs=2e-3)
    assert found.low is not None
    assert "do not differ" in str(length_preference(data).undefined)


@pytest.mark.parametrize("measure", BOTH)
def test_position_and_length_that_always_go_together_are_not_told_apart(measure: Any) -> None:
    data = simulate(1, Habits()).assign(length_first=200, length_second=100)
    found = measure(data)
    assert found.value is None
    assert "do not differ enough" in str(found.undefined)


def test_when_the_first_wins_every_time_the_figure_stays_finite() -> None:
    found = first_position_preference(simulate(1, Habits()).assign(choice=1))
    assert found.value is not None
    assert 0.98 < found.value < 1
    assert found.clear or found.no_interval


def test_an_empty_text_is_no_error() -> None:
    data = simulate(1, Habits())
    data.loc[:5, "length_first"] = 0
    assert length_preference(data, resamples=0).value is not None


def test_one_reviewer_has_an_interval_over_items() -> None:
    data = simulate(1, Habits(position=0.5), Team(reviewers=1, overlap=1))
    found: Any = first_position_preference(data)
    assert 0 < found.high - found.low < 0.2


def penalised(x: Floats, won: Floats) -> Any:
    """Firth's penalised likelihood, put to an optimizer."""

    def loss(coefficients: Floats) -> float:
        odds = coefficients[0] + coefficients[1] * x
        chance = expit(odds)
        design = np.stack([np.ones_like(x), x])
        information = (design * (chance * (1 - chance))) @ design.T
        likelihood = log_expit(np.where(won > 0, odds, -odds)).sum()
        return float(-likelihood - np.log(np.linalg.det(information)) / 2)

    return minimize(loss, np.zeros(2), method="BFGS", options={"gtol": 1e-8}).x


@given(
    data=st.lists(
        st.tuples(st.sampled_from([-2.0, -1.0, 0.5, 1.0, 3.0]), st.booleans()),
        min_size=4,
        max_size=30,
    ).filter(lambda rows: len({x for x, _ in rows}) > 1)
)
@settings(max_examples=60, deadline=None)
def test_the_fit_is_the_one_of_firths_likelihood_even_when_it_separates(data: Any) -> None:
    x, won = np.array([row[0] for row in data]), np.array([float(row[1]) for row in data])
    assert fit(x, won).coefficients == pytest.approx(penalised(x, won), abs=1e-3)


def test_one_newton_step_says_what_fitting_every_resample_says() -> None:
    data = simulate(4, Habits(position=0.3, length=0.3), Team(items=120))
    data = data[data["choice"] != 0]
    x = np.log2(data["length_first"] / data["length_second"]).to_numpy()
    won = (data["choice"] > 0).to_numpy(dtype=np.float64)
    rng = np.random.default_rng(0)

    def refitted(cluster: str) -> Floats:
        rows = [np.flatnonzero(data[cluster] == each) for each in data[cluster].unique()]
        drawn = [rng.integers(0, len(rows), len(rows)) for _ in range(300)]
        picked = [np.concatenate([rows[i] for i in each]) for each in drawn]
        return np.array([expit(fit(x[rows], won[rows]).coefficients) for rows in picked])

    spread = np.maximum(refitted("item").std(axis=0), refitted("reviewer").std(axis=0))
    for measure, error in zip(BOTH, spread, strict=True):
        found: Any = measure(data)
        assert (found.high - found.low) / 2 == pytest.approx(2.05 * error, rel=0.15)


@pytest.mark.parametrize("measure", BOTH)
def test_drawing_totals_of_many_items_says_what_drawing_the_items_says(
    measure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = simulate(6, Habits(position=0.3, length=0.3, one_order=True), Team(items=3_000))
    by_item = measure(data, resamples=2_000)
    monkeypatch.setattr(findings, "_MANY", 2_000)
    by_total = measure(data, resamples=2_000)
    assert by_total != by_item
    assert by_total.value == by_item.value
    width = by_item.high - by_item.low
    assert (by_total.low, by_total.high) == pytest.approx(
        (by_item.low, by_item.high), abs=width / 15
    )


def swapped(data: pd.DataFrame) -> pd.DataFrame:
    """The same judgments, had each pair been shown the other way round."""
    return data.assign(
        choice=-data["choice"],
        length_first=data["length_second"],
        length_second=data["length_first"],
    )


@given(seed=st.integers(0, 10_000), ties=st.sampled_from([0.0, 0.5]))
@settings(max_examples=25, deadline=None)
def test_showing_pairs_the_other_way_turns_position_and_leaves_length(
    seed: int, ties: float
) -> None:
    data = simulate(seed, Habits(ties=ties), Team(items=12, reviewers=4, overlap=2))
    position, turned = (first_position_preference(t, resamples=0) for t in (data, swapped(data)))
    length, same = (length_preference(t, resamples=0) for t in (data, swapped(data)))
    assert turned.value == pytest.approx(1 - (position.value or 0), abs=1e-6)
    assert same.value == pytest.approx(length.value, abs=1e-6)


RENAMED: Callable[[int], str] = lambda i: f"x{(i * 37) % 101}"  # noqa: E731


@pytest.mark.parametrize("measure", BOTH)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_and_names_change_nothing(measure: Any, seed: int) -> None:
    data = simulate(seed, Habits(), Team(items=18, reviewers=6, overlap=2))
    moved = data.sample(frac=1, random_state=seed + 1).assign(
        item=lambda t: t["item"].map(RENAMED), reviewer=lambda t: t["reviewer"].map(RENAMED)
    )
    one, other = measure(data, resamples=60), measure(moved, resamples=60)
    assert (other.value, other.low, other.high) == pytest.approx((one.value, one.low, one.high))


@pytest.mark.parametrize("measure", BOTH)
def test_neither_needs_times(measure: Any) -> None:
    data = simulate(5, Habits())
    assert measure(data.assign(active_seconds=np.nan, n_chars=np.nan)) == measure(data)

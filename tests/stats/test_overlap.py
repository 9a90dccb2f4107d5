"""Is one more judgment wanted: the rule by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stats.planted import plant
from tests.stats.tables import by_item
from workbench.stats import (
    OverlapSettings,
    Reliability,
    dawid_skene,
    is_audited,
    one_more,
)

AT_95 = OverlapSettings(confidence=0.95, most=4)


def everybody(accuracy: float, n_values: int = 2) -> Reliability:
    return Reliability.assumed("abcde"[:n_values], accuracy)


def test_it_asks_until_the_likely_value_is_sure_enough() -> None:
    """By hand: 0.9 after one; 0.9² / (0.9² + 0.1²) = 0.988 after two that agree."""
    none, one = one_more([], everybody(0.9), AT_95), one_more([("x", "a")], everybody(0.9), AT_95)
    assert (none.wanted, none.posterior) == (True, {"a": 0.5, "b": 0.5})
    assert one.wanted
    assert one.posterior == pytest.approx({"a": 0.9, "b": 0.1})
    two = one_more([("x", "a"), ("y", "a")], everybody(0.9), AT_95)
    assert not two.wanted
    assert two.posterior == pytest.approx({"a": 0.81 / 0.82, "b": 0.01 / 0.82})


def test_those_who_disagree_cancel_out_and_more_are_wanted_until_there_are_most() -> None:
    said: list[tuple[Any, Any]] = [("x", "a"), ("y", "b")]
    even = one_more(said, everybody(0.9), AT_95)
    assert even.wanted
    assert even.posterior == pytest.approx({"a": 0.5, "b": 0.5})
    four = one_more([*said, ("z", "a"), ("w", "b")], everybody(0.9), AT_95)
    assert not four.wanted


def test_one_who_is_reliable_is_enough_and_a_coin_flipper_tells_nothing() -> None:
    sharp = np.array([[0.98, 0.02], [0.02, 0.98]])
    even = np.array([[0.5, 0.5], [0.5, 0.5]])
    base = everybody(0.8)
    known = Reliability(base.values, base.prevalence, base.default, {"sharp": sharp, "coin": even})
    assert not one_more([("sharp", "a")], known, AT_95).wanted
    flipped = one_more([("coin", "a")] * 3, known, AT_95)
    assert flipped.wanted
    assert flipped.posterior == pytest.approx({"a": 0.5, "b": 0.5})


def test_somebody_unknown_is_taken_for_one_like_all_others() -> None:
    expected = one_more([("new", "a")], everybody(0.8)).posterior
    assert one_more([(None, "a")], everybody(0.8)).posterior == expected
    assert expected == pytest.approx({"a": 0.8, "b": 0.2})


def test_a_value_that_is_common_needs_less_than_one_that_is_rare() -> None:
    base = everybody(0.9)
    skewed = Reliability(base.values, np.array([0.95, 0.05]), base.default)
    assert not one_more([("x", "a")], skewed, AT_95).wanted
    assert one_more([("x", "b")], skewed, AT_95).wanted


@pytest.mark.parametrize(
    ("settings", "audited", "asked"),
    [
        (OverlapSettings(), False, 1),
        (OverlapSettings(start=2), False, 2),
        (OverlapSettings(), True, 2),
        (OverlapSettings(start=3), True, 3),
        (OverlapSettings(most=1), True, 1),
    ],
)
def test_an_item_gets_a_least_number_however_sure(
    settings: OverlapSettings, audited: bool, asked: int
) -> None:
    said: list[tuple[Any, Any]] = []
    while one_more(said, everybody(0.999), settings, audited=audited).wanted:
        said.append((len(said), "a"))
    assert len(said) == asked


@pytest.mark.parametrize(("most", "asked"), [(5, 3), (2, 2)])
def test_nothing_known_wants_three(most: int, asked: int) -> None:
    said: list[tuple[Any, Any]] = []
    while (decision := one_more(said, None, OverlapSettings(most=most))).wanted:
        assert decision.posterior is None
        said.append((len(said), "a"))
    assert len(said) == asked


def test_a_value_that_the_past_does_not_have_wants_all_there_is() -> None:
    said = [("x", "new"), ("y", "new"), ("z", "new")]
    decision = one_more(said, everybody(0.99), AT_95)
    assert (decision.wanted, decision.posterior) == (True, None)
    assert not one_more([*said, ("w", "new")], everybody(0.99), AT_95).wanted


def test_reliability_is_learnt_from_the_past() -> None:
    planted = plant(np.random.default_rng(0), n_items=800, n_reviewers=6, overlap=4, spammers=1)
    known = Reliability.learnt(dawid_skene(planted.table))
    assert known is not None
    assert set(known.of) == set(range(6))
    one, spam = (one_more([(who, 0)], known).posterior for who in (1, 0))
    assert one is not None
    assert spam is not None
    assert one[0] > 0.8
    assert spam[0] == pytest.approx(planted.prevalence[0], abs=0.08)
    assert Reliability.learnt(dawid_skene(by_item([["a", "a"]]))) is None


@given(
    said=st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), max_size=6),
    confidence=st.floats(0.34, 1),
)
def test_a_posterior_sums_to_one_and_asking_stops_exactly_when_sure(
    said: list[tuple[int, str]], confidence: float
) -> None:
    settings = OverlapSettings(confidence=confidence, most=6)
    decision = one_more(said, everybody(0.7, 3), settings)
    assert decision.posterior is not None
    assert sum(decision.posterior.values()) == pytest.approx(1)
    unsure = max(decision.posterior.values()) < confidence
    assert decision.wanted == (len(said) < 1 or (unsure and len(said) < 6))


def test_the_audited_items_are_a_share_and_always_the_same() -> None:
    settings = OverlapSettings(audit=0.1)
    audited = [is_audited(f"item-{i}", settings) for i in range(10_000)]
    assert audited == [is_audited(f"item-{i}", settings) for i in range(10_000)]
    assert 0.08 < np.mean(audited) < 0.12
    assert not any(is_audited(str(i), OverlapSettings(audit=0)) for i in range(100))
    assert all(is_audited(str(i), OverlapSettings(audit=1)) for i in range(100))


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": 0},
        {"start": 3, "most": 2},
        {"confidence": 0.0},
        {"confidence": 1.1},
        {"audit": -0.1},
        {"audit": 2.0},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"start|shares"):
        OverlapSettings(**wrong)


@pytest.mark.parametrize(("values", "accuracy"), [("a", 0.9), ("ab", 1.2), ("ab", -0.1)])
def test_an_assumption_that_makes_no_sense_is_refused(values: str, accuracy: float) -> None:
    with pytest.raises(ValueError, match="two values or more"):
        Reliability.assumed(values, accuracy)

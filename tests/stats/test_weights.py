"""What a vote is worth, held against all that voters can say."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.stats import Reliability, vote_weight
from workbench.stats.overlap import value_chances

ACCURACIES = st.lists(st.floats(0.5, 0.99), min_size=1, max_size=5)


def chance_of_right(accuracies: list[float], weights: list[float]) -> float:
    """How often the weighted majority says what is true (1), over every pattern of votes."""
    total = 0.0
    for votes in product((1, -1), repeat=len(accuracies)):
        chance = math.prod(p if v > 0 else 1 - p for p, v in zip(accuracies, votes, strict=True))
        lead = sum(w * v for w, v in zip(weights, votes, strict=True))
        total += chance * (0.5 if abs(lead) < 1e-9 else lead > 0)
    return total


@given(ACCURACIES, st.lists(st.floats(0, 5), min_size=5, max_size=5))
def test_no_other_weights_are_right_more_often(accuracies: list[float], other: list[float]) -> None:
    best = chance_of_right(accuracies, [vote_weight(p) for p in accuracies])
    assert best >= chance_of_right(accuracies, other[: len(accuracies)]) - 1e-9
    assert best >= max(accuracies) - 1e-9


def test_a_weight_is_the_log_odds_and_never_below_nothing() -> None:
    assert vote_weight(0.9) == pytest.approx(math.log(9))
    assert vote_weight(0.5) == vote_weight(0.2) == vote_weight(0) == 0
    assert vote_weight(1) == pytest.approx(math.log(1e6), rel=1e-6)
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="share"):
            vote_weight(wrong)


@given(st.data())
def test_chances_are_those_of_bayes(data: st.DataObject) -> None:
    row = st.lists(st.integers(1, 20), min_size=3, max_size=3).map(lambda n: np.array(n) / sum(n))
    matrix = st.lists(row, min_size=3, max_size=3).map(np.array)
    of = {who: data.draw(matrix) for who in ("r1", "r2")}
    known = Reliability((-1, 0, 1), data.draw(row), data.draw(matrix), of)
    said = data.draw(st.lists(
        st.tuples(st.sampled_from(["r1", "r2", "stranger"]), st.sampled_from([-1, 0, 1])),
        max_size=4))  # fmt: skip
    joint = []
    for true in range(3):
        chance = known.prevalence[true]
        for who, value in said:
            chance *= of.get(who, known.default)[true][value + 1]
        joint.append(chance)
    assert value_chances(said, known) == pytest.approx(np.array(joint) / sum(joint))
    right = sum(known.prevalence[c] * of["r1"][c][c] for c in range(3))
    assert known.accuracy("r1") == pytest.approx(right)

"""Gamma against every possible alignment, an independent library, and what must hold of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stats.tables import DATA
from workbench.messages import Invalid
from workbench.stats import alignment
from workbench.stats import gamma as gamma_of
from workbench.stats.alignment import Mark, Marks, disorder

GOLDEN = json.loads((DATA / "golden_gamma.json").read_text("utf-8"))
#: The module, which the function hides.
module = import_module("workbench.stats.gamma")
LENGTH = 40

SPAN = st.tuples(st.integers(0, 20), st.integers(1, 12), st.integers(0, 1)).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1], drawn[2])
)
MARKS = st.lists(st.frozensets(SPAN, max_size=3).map(lambda s: tuple(sorted(s))), min_size=2,
                 max_size=4)  # fmt: skip
#: What two or three reviewers marked in each of a few texts.
TEXTS = st.lists(
    st.lists(st.frozensets(SPAN, max_size=2).map(sorted), min_size=2, max_size=3),
    min_size=2,
    max_size=6,
)


def table(texts: Sequence[Sequence[Any]], length: int = LENGTH) -> pd.DataFrame:
    """What each reviewer marked in each text, an item each; None: did not judge it."""
    rows = [
        (f"item {i}", f"r{r}", "", marks, length)
        for i, text in enumerate(texts)
        for r, marks in enumerate(text)
    ]
    return pd.DataFrame(rows, columns=["item", "reviewer", "unit", "value", "length"])


def quickly(data: pd.DataFrame) -> Any:
    """Gamma by fewer texts of chance: for what holds however many they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_CHANCE", 100)
        return gamma_of(data, resamples=50)


def distance(one: Mark, other: Mark) -> float:
    moved = abs(one[0] - other[0]) + abs(one[1] - other[1])
    position = (moved / (one[1] - one[0] + other[1] - other[0])) ** 2
    return float(position + (one[2] != other[2]))


def alignments(marks: list[list[Mark]]) -> Iterator[list[list[Mark | None]]]:
    """Every alignment: the first span left over goes with one or none of each other reviewer."""
    whose = next((r for r, mine in enumerate(marks) if mine), None)
    if whose is None:
        yield []
        return
    options: list[list[Mark | None]] = [[]]
    for r, mine in enumerate(marks):
        here: list[Mark | None] = [mine[0]] if r == whose else [None, *mine]
        options = [[*chosen, each] for chosen in options for each in here]
    for chosen in options:
        left = [[m for m in mine if m != each] for mine, each in zip(marks, chosen, strict=True)]
        for rest in alignments(left):
            yield [chosen, *rest]


def cost(chosen: list[Mark | None]) -> float:
    pairs = list(combinations(chosen, 2))
    return sum(1.0 if a is None or b is None else distance(a, b) for a, b in pairs) / len(pairs)


@given(MARKS)
@settings(max_examples=60, deadline=None)
def test_the_best_of_all_alignments_is_found(marks: list[Marks]) -> None:
    marks = marks if sum(map(len, marks)) <= 7 else [each[:2] for each in marks[:3]]
    best = min(sum(map(cost, each)) for each in alignments([list(each) for each in marks]))
    assert disorder(marks) == pytest.approx(best)


@given(MARKS)
@settings(max_examples=60, deadline=None)
def test_the_integer_program_finds_the_same(marks: list[Marks]) -> None:
    found = disorder(marks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "_MOST_HELD", 0)
        assert disorder(marks) == pytest.approx(found)


@pytest.mark.parametrize("case", GOLDEN["alignments"])
def test_alignments_are_those_of_the_published_library(case: Any) -> None:
    marks = [tuple((s, e, "abc".index(c)) for s, e, c in mine) for mine in case["marks"]]
    mean = sum(map(len, marks)) / len(marks)
    assert disorder(marks) / mean == pytest.approx(case["disorder"], abs=1e-4)


@pytest.mark.parametrize("case", GOLDEN["gammas"])
def test_gamma_of_one_text_is_near_that_of_the_published_library(case: Any) -> None:
    found = gamma_of(table([[[tuple(m) for m in mine] for mine in case["marks"]]], case["length"]))
    assert found.observed == pytest.approx(case["observed"], abs=1e-4)
    assert found.expected == pytest.approx(case["expected"], rel=0.05)
    assert found.figure.value == pytest.approx(case["gamma"], abs=0.04)
    assert found.figure.no_interval is not None


def test_the_figure_is_the_disorders_of_all_texts_over_their_spans_and_over_chance() -> None:
    texts = [[[(0, 4, "a")], [(1, 5, "a"), (9, 12, "b")]], [[(3, 9, "b")], [(3, 9, "a")], []],
             [[], []], [[(0, 4, "a")], []]]  # fmt: skip
    found = gamma_of(table(texts))
    # d = ((1 + 1) / 8) ** 2, and one alone; two of three 1 apart and each 1 from nothing; one alone
    total = 1 / 16 + 1 + (1 + 1 + 1) / 3 + 1
    assert found.observed == pytest.approx(total / (3 / 2 + 2 / 3 + 0 + 1 / 2))
    assert found.figure.value == pytest.approx(1 - found.observed / found.expected)  # type: ignore[operator]
    assert (found.figure.n_items, found.figure.n_judgments) == (4, 9)


@given(TEXTS)
@settings(max_examples=40, deadline=None)
def test_who_marks_the_same_agrees_entirely(texts: list[list[Any]]) -> None:
    found = quickly(table([[text[0]] * len(text) for text in texts]))
    assert found.figure.value is None or found.figure.value == 1
    if found.figure.value is None:
        assert found.figure.undefined is not None


@given(TEXTS, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_names_and_order_of_items_and_reviewers_do_not_matter(texts: Any, random: Any) -> None:
    other = [random.sample(text, len(text)) for text in random.sample(texts, len(texts))]
    shuffled = table(other).sample(frac=1, random_state=random.randint(0, 99))
    assert quickly(table(texts)) == quickly(shuffled)


@given(TEXTS)
@settings(max_examples=40, deadline=None)
def test_gamma_stays_within_its_bounds(texts: Any) -> None:
    found = quickly(table(texts)).figure
    assert (found.value is None) == (found.undefined is not None)
    if found.value is not None:
        assert found.value <= 1
    if found.low is not None and found.high is not None:
        assert found.low <= found.high <= 1


def test_one_more_who_marks_nothing_leaves_a_third_of_the_agreement() -> None:
    spans = [(0, 4, "a"), (20, 28, "b")]
    # Each span costs 2/3 and there are 2/3 as many of a reviewer.
    assert gamma_of(table([[spans, spans, []]])).observed == pytest.approx(1)
    assert gamma_of(table([[spans, spans]])).observed == 0


def test_who_did_not_judge_a_text_is_not_among_its_reviewers() -> None:
    spans = [(0, 4, "a")]
    data = table([[spans, spans, None], [[(9, 12, "b")], [(9, 12, "b")], None]])
    assert gamma_of(data).observed == 0


def test_marks_at_random_give_about_nothing_and_the_interval_has_it() -> None:
    rng = np.random.default_rng(1)

    def mark() -> list[Any]:
        starts = rng.integers(0, 90, size=rng.integers(0, 3)).tolist()
        return [(s, s + 10, "ab"[rng.integers(2)]) for s in sorted(set(starts))]

    found = gamma_of(table([[mark(), mark(), mark()] for _ in range(300)], 100)).figure
    assert found.value == pytest.approx(0, abs=0.05)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.02
    assert found.high > -0.02


def test_covering_whole_texts_is_what_chance_does_too() -> None:
    whole = [[[(0, LENGTH, "a")], [(0, LENGTH, "a")]] for _ in range(5)]
    found = gamma_of(table(whole))
    assert (found.figure.value, found.figure.undefined is None) == (None, False)
    assert "All judgments say the same" in str(found.figure.undefined)


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ([], "no judgments"),
        ([[[(0, 1, "a")]]], "No two reviewers"),
        ([[[], []], [[], []]], "Nobody marked anything"),
        ([[[(0, 1, "a")], None]], "No two reviewers"),
    ],
)
def test_it_says_why_there_is_none(texts: Any, why: str) -> None:
    found = gamma_of(table(texts))
    assert (found.figure.value, found.figure.low, found.observed) == (None, None, None)
    assert why in str(found.figure.undefined)


def test_texts_with_too_many_marks_are_left_out_and_it_is_said() -> None:
    many = [(i, i + 1, "a") for i in range(16)]
    few = [[[(i, i + 4, "a")]] * 3 for i in range(5)]
    found = gamma_of(table([[many, many, many], *few]))
    assert (found.n_dense, found.figure.n_items) == (1, 5)
    assert "1 texts" in str(found.note)
    assert gamma_of(table(few)).note is None
    alone = gamma_of(table([[many, many, many]]))
    assert alone.figure.value is None
    assert "too many marks" in str(alone.figure.undefined)


def test_items_beyond_the_most_are_not_drawn_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [[[(i, i + 4, "a")]] * 2 for i in range(8)]
    monkeypatch.setattr(module, "MOST_ITEMS", 5)
    found = gamma_of(table(texts))
    assert (found.figure.n_items, found.n_left) == (5, 3)
    assert "3 more" in str(found.note)
    monkeypatch.setattr(module, "MOST_WORK", 12)  # four sets a text
    assert gamma_of(table(texts)).figure.n_items == 3


def test_a_sure_chance_needs_no_more_texts_and_a_doubtful_one_the_most() -> None:
    sure = np.tile([2.0, 1.0], (30, 1))
    assert module.is_known(sure)
    assert not module.is_known(np.array([[0.0, 1.0], [4.0, 1.0]] * 15))


def test_a_span_outside_its_text_is_refused() -> None:
    with pytest.raises(Invalid, match="outside its text"):
        gamma_of(table([[[(0, LENGTH + 1, "a")], []]]))
    with pytest.raises(Invalid, match="no such column"):
        gamma_of(table([]).drop(columns="length"))


def test_marks_that_were_not_drawn_leave_it_undefined(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[Any] = [[[], []] for _ in range(40)]
    monkeypatch.setattr(module, "MOST_ITEMS", 1)
    why = {str(gamma_of(table([*texts, [[(0, n, "a")], []]])).figure.undefined) for n in (3, 4)}
    assert why == {"Nobody marked anything in the texts that were looked at, so there is no gamma."}


@pytest.mark.parametrize("seed", range(3))
def test_the_figure_of_few_items_is_that_of_many_and_their_interval_has_it(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def judged() -> list[Any]:
        """Two passages, each found by three of four and moved and renamed now and then."""
        there = [(s, s + int(rng.integers(8, 20)), "abc"[rng.integers(3)]) for s in (20, 90)]
        return [
            [
                (s + int(rng.integers(-4, 5)), e + int(rng.integers(5, 9)), c)
                for s, e, c in there
                if rng.random() < 0.75
            ]
            for _ in range(3)
        ]

    many = gamma_of(table([judged() for _ in range(600)], 150), resamples=0).figure.value
    few = gamma_of(table([judged() for _ in range(40)], 150)).figure
    assert many is not None
    assert few.value == pytest.approx(many, abs=0.12)
    assert few.low is not None
    assert few.high is not None
    assert few.low < many < few.high

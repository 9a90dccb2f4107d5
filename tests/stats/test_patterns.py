"""Figures from counts of patterns are those of the whole table, however the counts came about."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pandas.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.stats import (
    gwet_ac,
    item_disagreement,
    krippendorff_alpha,
    pairwise_agreement,
    percent_agreement,
    prepare,
    reviewer_agreement,
)
from workbench.stats.patterns import Answers, Counts
from workbench.stats.repeated import Sayings, prepare_patterns
from workbench.stats.reviewers import pairwise_of_patterns

#: What can be said, by code; the last is what the second is, in other words.
SAYINGS: list[list[tuple[str, Any]]] = [
    [],
    [("", 1)],
    [("", 2)],
    [("a>b", 1), ("b>a", -1)],
    [("a>b", 0), ("b>a", 0)],
    [("a>b", 1), ("b>a", -1), ("", 3)],
    [("", 1)],
]
#: Not in order of their codes.
NAMES = ["r3", "r1", "r4", "r2", "r5"]

Judged = dict[int, dict[int, int]]

items_judged = st.dictionaries(
    st.integers(1, 12),
    st.dictionaries(st.integers(0, 4), st.integers(0, len(SAYINGS) - 1), min_size=1),
    max_size=10,
)
changes = st.lists(
    st.dictionaries(
        st.integers(1, 12),
        st.dictionaries(st.integers(0, 4), st.integers(0, len(SAYINGS) - 1)),
        min_size=1,
    ),
    max_size=4,
)


def _rows(judged: Judged) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = [
        (item, who, said) for item in sorted(judged) for who, said in sorted(judged[item].items())
    ]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return columns[0], columns[1], columns[2]


def _groups(judged: Judged) -> tuple[np.ndarray, np.ndarray]:
    items = np.array(sorted(judged), dtype=np.int64)
    return items, items % 2


def _answers(judged: Judged) -> Answers:
    return Answers.of(_rows(judged), _groups(judged))


def _table(judged: Judged) -> pd.DataFrame:
    rows = [
        (item, NAMES[who], unit, value)
        for item, given_by in judged.items()
        for who, said in given_by.items()
        for unit, value in SAYINGS[said]
    ]
    return pd.DataFrame(rows, columns=["item", "reviewer", "unit", "value"])


def _same(answers: Answers, judged: Judged, groups: set[int] | None = None) -> None:
    sayings = Sayings.of(SAYINGS)
    ours = prepare_patterns(answers, sayings, NAMES, groups)
    kept = {item: said for item, said in judged.items() if groups is None or item % 2 in groups}
    theirs = prepare(_table(kept))
    for distance in ("nominal", "ordinal", "interval"):
        for figure in (krippendorff_alpha, gwet_ac):
            found = [figure(each, distance, resamples=20) for each in (ours, theirs)]
            assert found[0] == found[1]
    found = [percent_agreement(each, resamples=20) for each in (ours, theirs)]
    assert found[0] == found[1]
    pandas.testing.assert_frame_equal(reviewer_agreement(ours), reviewer_agreement(theirs))
    if groups is None:
        pandas.testing.assert_frame_equal(
            pairwise_of_patterns(answers, sayings, ours, "interval"),
            pairwise_agreement(theirs, "interval"),
        )
        _same_disputes(answers, item_disagreement(ours), item_disagreement(theirs))


def _same_disputes(answers: Answers, ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    columns = ["n_reviewers", "disagreement", "share"]
    by_pattern = ours.set_index("item")[columns]
    pattern_of = dict(zip(answers.items.tolist(), answers.pattern.tolist(), strict=True))
    for row in theirs.to_dict("records"):
        assert by_pattern.loc[pattern_of[row["item"]]].tolist() == [row[each] for each in columns]


@given(items_judged)
@settings(max_examples=60, deadline=None)
def test_patterns_give_what_the_table_gives(judged: Judged) -> None:
    answers = _answers(judged)
    _same(answers, judged)
    _same(answers, judged, {1})


@given(items_judged, changes)
@settings(max_examples=60, deadline=None)
def test_changed_counts_are_those_counted_anew(judged: Judged, changed: list[Judged]) -> None:
    answers = _answers(judged)
    for counts in (answers.times, answers.given, answers.meetings):
        assert counts.times.sum() >= 0
    for change in changed:
        judged = {**judged, **change}
        judged = {item: said for item, said in judged.items() if said}
        into = {item: said for item, said in change.items() if said}
        answers = answers.changed(np.array(sorted(change)), _rows(into), _groups(into))
    anew = _answers(judged)
    for name in ("item", "reviewer", "said", "items", "group"):
        assert getattr(answers, name).tolist() == getattr(anew, name).tolist()
    assert _plain(answers.meetings) == _plain(anew.meetings)
    known, anew_known = answers.patterns.known, anew.patterns.known
    assert {known[i]: n for (i,), n in _plain(answers.times).items()} == {
        anew_known[i]: n for (i,), n in _plain(anew.times).items()
    }
    assert {(known[i], *rest): n for (i, *rest), n in _plain(answers.given).items()} == {
        (anew_known[i], *rest): n for (i, *rest), n in _plain(anew.given).items()
    }
    _same(answers, judged)


def _plain(counts: Counts) -> dict[tuple[int, ...], int]:
    rows = zip(*(column.tolist() for column in counts.columns), strict=True)
    return dict(zip(rows, counts.times.tolist(), strict=True))

"""Gamma and soft F1 part by part, against tables of the part's judgments made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from tests.cast import Cast
from tests.judged_parts import GIVEN, ITEMS, Given, make_judged, text_of
from tests.stats.tables import table
from workbench.db import Database, now
from workbench.errors import NotFound
from workbench.models import Project, User
from workbench.queries import passage_parts as module
from workbench.queries import passages as all_of_it
from workbench.queries.parts import Which
from workbench.queries.passage_parts import PassagesSplit, passages_in, split_passages
from workbench.queries.passages import Passages, passages
from workbench.queries.splits import WAYS, By
from workbench.services import projects
from workbench.services.accounts import change_site
from workbench.stats import gamma, span_agreement

BOGOTA = ZoneInfo("America/Bogota")
CATEGORIES = ("age", "gender_identity")


def _marks(given: Given) -> list[tuple[str, int, int, str]]:
    """(response, start, end, category): near a place of each response, or nothing."""
    rng = np.random.default_rng([given.number, int(given.who[1])])
    found = []
    for response in "ab":
        start = 5 + 3 * (given.number % 4) + int(rng.integers(4))
        if rng.random() < 0.8:
            end = start + 4 + int(rng.integers(6))
            found.append((response, start, end, CATEGORIES[int(rng.random() < 0.3)]))
    return found


def _answer(given: Given) -> dict[str, Any]:
    flags = [
        {"response": response, "start": start, "end": end, "category": category,
         "quote": text_of(given.number, response)[start:end],
         "direction": "against", "severity": 1, "reason": ""}
        for response, start, end, category in _marks(given)
    ]  # fmt: skip
    return {"none": not flags, "flags": flags}


def by_hand(some: Sequence[Given]) -> pd.DataFrame:
    """The table of the marks of these judgments."""
    rows, lengths = [], []
    for each in some:
        for response in "abc":
            marks = [mark[1:] for mark in _marks(each) if mark[0] == response]
            rows.append((each.item, each.who, response, marks))
            lengths.append(len(text_of(each.number, response)))
    return table(rows).assign(length=lengths)


@pytest.fixture
def marked(database: Database, cast: Cast) -> Project:
    return make_judged(database, cast, "bias", _answer)


def _split(database: Database, project: Project, by: By) -> PassagesSplit:
    with database.read() as session:
        found = split_passages(session, project, by, BOGOTA)
    assert found is not None
    return found


def _in(database: Database, project: Project, which: Which) -> Passages:
    with database.read() as session:
        found = passages_in(session, project, which, BOGOTA)
    assert found is not None
    return found.passages


def _same(found: Passages, some: Sequence[Given]) -> None:
    expected = by_hand(some)
    one = gamma(expected).figure
    assert (found.gamma.value, found.gamma.low, found.gamma.high) == pytest.approx(
        (one.value, one.low, one.high)
    )
    assert (found.gamma.n_items, found.gamma.n_judgments) == (one.n_items, one.n_judgments)
    assert found.same.value == pytest.approx(span_agreement(expected).value)
    assert found.anyhow.value == pytest.approx(span_agreement(expected, by_category=False).value)


@pytest.mark.parametrize("by", WAYS)
def test_a_part_has_the_figures_of_its_own_judgments(
    database: Database, marked: Project, by: By
) -> None:
    found = _split(database, marked, by)
    keys = {key for each in GIVEN for key in each.parts[by]}
    gammas = {part.key: part.passages.gamma.value for part in found.parts}
    assert set(gammas) == keys
    if by in {"week", "guideline"}:
        assert list(gammas) == sorted(keys)
    else:
        assert list(gammas.values()) == sorted(gammas.values())
    assert found.left_off == 0
    for part in found.parts:
        _same(part.passages, [each for each in GIVEN if part.key in each.parts[by]])
        assert part.passages.notes == []


@pytest.mark.parametrize("by", WAYS)
def test_the_page_of_a_part_has_the_same_whatever_is_asked_first(
    database: Database, marked: Project, by: By
) -> None:
    keys = sorted({key for each in GIVEN for key in each.parts[by]})
    alone = {key: _in(database, marked, Which(by, key)) for key in keys}
    assert {part.key: part.passages for part in _split(database, marked, by).parts} == alone


def test_the_whole_is_all_of_it_and_so_is_a_part_that_everything_is_in(
    database: Database, marked: Project
) -> None:
    with database.read() as session:
        whole = passages(session, marked)
    assert whole is not None
    _same(whole, GIVEN)
    found = _split(database, marked, "tag")
    assert found.whole is whole
    assert {part.key: part.passages is whole for part in found.parts} == {"x": True, "y": False}
    assert _in(database, marked, Which("tag", "x")) is whole


def test_it_is_kept_until_somebody_moves(database: Database, marked: Project) -> None:
    first = _split(database, marked, "site")
    assert _split(database, marked, "site") is first
    with database.write() as session:
        user = session.scalars(select(User).where(User.name == "r3")).one()
        change_site(session, user, "", now(session))
    moved = _split(database, marked, "site")
    parts = {part.key: part.passages for part in moved.parts}
    assert set(parts) == {"Bogotá", "Medellín", None}
    _same(parts["Bogotá"], [each for each in GIVEN if each.who in {"r0", "r1"}])
    assert _in(database, marked, Which("site", None)) == parts[None]
    assert moved.parts[-1].passages.gamma.value is None


def test_a_part_in_which_nobody_shares_an_item_says_so(database: Database, marked: Project) -> None:
    with database.write() as session:
        user = session.scalars(select(User).where(User.name == "r3")).one()
        change_site(session, user, "Cali", now(session))
    alone = _in(database, marked, Which("site", "Cali"))
    for measure in alone.measures:
        assert measure.value is None
        assert "No two reviewers have judged the same thing yet" in str(measure.undefined)
    assert alone.notes == []


def test_a_part_in_which_nothing_is_marked_says_so(database: Database, cast: Cast) -> None:
    def answer(given: Given) -> dict[str, Any]:
        return _answer(given) if given.number % 2 else {"none": True, "flags": []}

    project = make_judged(database, cast, "bias", answer)
    spanish, english = _split(database, project, "language").parts
    assert "Nobody marked anything" in str(english.passages.gamma.undefined)
    assert "marked anything" in str(english.passages.same.undefined)
    _same(spanish.passages, [each for each in GIVEN if each.number % 2])


def test_of_a_large_part_some_items_are_drawn_and_it_says_so(
    database: Database, marked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ITEMS", 3)
    for part in _split(database, marked, "language").parts:
        assert part.passages.gamma.n_items == 3
        [note] = part.passages.notes
        assert f"3 items drawn at random out of {ITEMS // 2}" in str(note)


def test_parts_beyond_the_most_are_counted_and_have_their_figures_still(
    database: Database, marked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PARTS", 1)
    found = _split(database, marked, "week")
    assert ([part.key for part in found.parts], found.left_off) == (["2026-W46"], 1)
    _same(
        _in(database, marked, Which("week", "2026-W45")),
        [each for each in GIVEN if each.week == 0],
    )


def test_texts_are_aligned_once_for_all_parts_that_have_all_of_their_judgments(
    database: Database, marked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[int] = []
    kept = all_of_it.gamma

    def watched(rows: pd.DataFrame, *, aligned: Any) -> Any:
        before = len(aligned)
        found = kept(rows, aligned=aligned)
        handed.append(len(aligned) - before)
        return found

    monkeypatch.setattr(all_of_it, "gamma", watched)
    for by in ("language", "tag", "model"):
        _split(database, marked, by)
    first, *parts = handed
    assert first > 0
    assert parts
    assert not any(parts)
    _split(database, marked, "week")
    assert handed[-1] > 0


def test_a_part_without_judgments_is_not_found(database: Database, marked: Project) -> None:
    for which in (Which("tag", "z"), Which("week", None), Which("language", "")):
        with database.read() as session, pytest.raises(NotFound):
            passages_in(session, marked, which, BOGOTA)


def test_a_type_without_passages_has_none(database: Database, cast: Cast) -> None:
    with database.read() as session:
        assert split_passages(session, cast.project, "week", BOGOTA) is None
        assert passages_in(session, cast.project, Which("week", "2026-W45"), BOGOTA) is None


def test_json_has_the_parts(database: Database, marked: Project) -> None:
    said = _split(database, marked, "guideline").as_dict()
    assert list(said) == ["by", "whole", "parts", "left_off"]
    for measures in (said["whole"], *(part["measures"] for part in said["parts"])):
        assert [each["measure"] for each in measures] == [
            "gamma", "span_f1", "span_f1_any_category"
        ]  # fmt: skip


def test_without_judgments_there_is_no_part(database: Database, cast: Cast) -> None:
    project = _empty(database, cast)
    for by in WAYS:
        found = _split(database, project, by)
        assert found.parts == ()
        assert "There are no judgments yet." in str(found.whole.gamma.undefined)


def _empty(database: Database, cast: Cast) -> Project:
    with database.write() as session:
        return projects.create_project(
            session, slug="empty", type_slug="bias", title={"es": "E", "en": "E"}, overlap=2,
            config={}, now=now(session),
        )  # fmt: skip

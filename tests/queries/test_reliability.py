"""Reviewers and models of a project, and what moves its judging: from stored judgments."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from tests.cast import Cast, make_item
from tests.flows.acts import judge, must_take
from tests.sample_projects import make_sample_project
from workbench.db import Database
from workbench.models import Project
from workbench.queries.agreement import questions_of, read_values
from workbench.queries.reliability import (
    FEWEST,
    _battles,
    _choices,
    _forward,
    _ids,
    _values,
    findings,
    model_league,
    reliability,
)
from workbench.services.undo import undo
from workbench.stats import League, dawid_skene
from workbench.task_types import TASK_TYPES
from workbench.task_types.ranking.agreement import pair_name

BOGOTA = ZoneInfo("America/Bogota")


@pytest.mark.parametrize(("a", "b"), list(product(["a", "b>", "\\>", "c\\", "ñ>>\\\\"], repeat=2)))
def test_a_pairs_name_gives_its_ids_back(a: str, b: str) -> None:
    assert _ids(pair_name(a, b)) == (a, b)
    if a != b:
        assert _forward(pair_name(a, b)) is not _forward(pair_name(b, a))


def test_types_that_compare_responses_say_so_on_their_main_question() -> None:
    paired = {each.slug for each in TASK_TYPES if each.questions(each.parse_config({}))[0].paired}
    assert paired == {"ranking", "conversation"}


@pytest.mark.parametrize("type_slug", ["ranking", "bias", "adversarial"])
def test_every_reviewer_of_real_judgments_has_an_accuracy_or_the_reason(
    database: Database, cast: Cast, type_slug: str
) -> None:
    project = make_sample_project(database, cast, type_slug)
    with database.read() as session:
        found = reliability(session, project)
        judged = set(read_values(session, project).reviewers)
    if found.undefined is not None:
        assert found.reviewers == ()
        return
    assert {line.pseudonym for line in found.reviewers} == judged
    for line in found.reviewers:
        if line.n_judgments < FEWEST:
            assert (line.accuracy, line.low, line.high) == (None, None, None)
        else:
            assert line.accuracy is not None
            assert line.low is not None
            assert line.high is not None
            assert 0 <= line.low <= line.accuracy <= line.high <= 1


def test_a_pair_counts_once_whichever_way_it_is_named(database: Database, cast: Cast) -> None:
    project = make_sample_project(database, cast, "ranking")
    with database.read() as session:
        both = read_values(session, project).table()
        one = _values(session, project)
        found = reliability(session, project)
    key = questions_of(project)[0].key
    assert 2 * len(one) == (both["question"] == key).sum()
    learnt = dawid_skene(one).reviewers
    assert learnt is not None
    counts = dict(zip(learnt["reviewer"], learnt["n_judgments"], strict=True))
    assert {line.pseudonym: line.n_judgments for line in found.reviewers} == counts


def test_without_judgments_it_says_so(session: Session, cast: Cast) -> None:
    assert str(reliability(session, cast.project).undefined) == "There are no judgments yet."
    found = model_league(session, cast.project)
    assert isinstance(found, League)
    assert found.models is None
    assert found.undefined is not None
    for each in findings(session, cast.project, BOGOTA):
        assert each.value is None
        assert each.undefined is not None


def test_wins_are_those_of_the_models_whose_responses_were_better(
    database: Database, cast: Cast
) -> None:
    project = make_sample_project(database, cast, "ranking")
    with database.read() as session:
        battles = _battles(session, project)
        found = model_league(session, project)
    assert isinstance(found, League)
    assert set(battles["value"]) <= {1, 0, -1}
    won: dict[str, int] = {}
    for row in battles.itertuples(index=False):
        if row.value:
            winner = row.model_a if row.value == 1 else row.model_b
            won[str(winner)] = won.get(str(winner), 0) + 1
    assert found.wins.sum(axis=1).to_dict() == {name: won.get(name, 0) for name in found.wins.index}
    assert sum(won.values()) > 0


def test_a_type_that_compares_nothing_has_no_league_and_no_findings(
    database: Database, cast: Cast
) -> None:
    project = make_sample_project(database, cast, "bias")
    with database.read() as session:
        assert "compares no two responses" in str(model_league(session, project))
        assert findings(session, project, BOGOTA) == []


def test_choices_are_by_what_was_first_on_the_screen(database: Database, cast: Cast) -> None:
    with database.write() as session:
        firsts = {}
        for n in range(12):
            item = make_item(session, cast.project, f"item {n}")
            lease = must_take(session, cast.project, cast.ana)
            firsts[item.external_id] = lease.shown[0]
            judge(session, item.id, cast.ana, "a")
        rows = _choices(session, cast.project, BOGOTA)
    assert len(rows) == 12
    for row in rows.itertuples(index=False):
        assert row.choice == (1 if firsts[str(row.item)] == "a" else -1)
        assert row.active_seconds == 4
        assert row.n_chars > row.length_first + row.length_second
    assert {"a", "b"} == set(firsts.values()), "both orders are there"


def test_what_was_taken_back_or_judged_elsewhere_is_no_choice(
    database: Database, cast: Cast
) -> None:
    elsewhere: Project = make_sample_project(database, cast, "ranking")
    with database.write() as session:
        assert len(_choices(session, elsewhere, BOGOTA)) == 0
        item = make_item(session, cast.project, "one")
        must_take(session, cast.project, cast.ana)
        made = judge(session, item.id, cast.ana, "a")
        assert len(_choices(session, cast.project, BOGOTA)) == 1
        undo(session, cast.project.id, cast.ana.id, made.made_at, timedelta(hours=1))
        assert len(_choices(session, cast.project, BOGOTA)) == 0

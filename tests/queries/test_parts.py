"""What is behind the agreement of one part: its items, its people, its own parts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from tests.cast import Cast
from tests.sample_projects import FALL, WEEKS, make_sample_project, make_weeks_project
from workbench.db import Database
from workbench.errors import NotFound
from workbench.models import Project
from workbench.queries import agreement as figures
from workbench.queries.parts import Found, Which, items_in, look_into
from workbench.queries.splits import WAYS, question_named, split

BOGOTA = ZoneInfo("America/Bogota")


def look(database: Database, project: Project, which: Which, most: int = 100) -> Found:
    with database.read() as session:
        question = question_named(project, None)
        return look_into(session, project, question, which, zone=BOGOTA, most=most)


def test_a_part_has_the_figures_that_the_split_gives_it(database: Database, cast: Cast) -> None:
    project = make_weeks_project(database, cast)
    for by in WAYS:
        with database.read() as session:
            parts = split(session, project, question_named(project, None), by, BOGOTA).parts
        for part in parts:
            found = look(database, project, Which(by, part.key))
            assert found.part == part


def test_who_answers_the_other_way_round_in_one_week_stands_out_there_alone(
    database: Database, cast: Cast
) -> None:
    project = make_weeks_project(database, cast)
    found = look(database, project, Which("week", FALL))
    first, *others = found.reviewers
    assert first.pseudonym == "a1"
    assert first.here is not None
    assert first.elsewhere is not None
    assert first.here < 0.4
    assert first.elsewhere > 0.8
    assert all(each.here is not None and each.here > first.here for each in others)
    assert {each.n_items for each in found.reviewers} == {25}


def test_the_items_are_those_of_the_part_on_which_people_differ(
    database: Database, cast: Cast
) -> None:
    project = make_weeks_project(database, cast)
    which = Which("week", FALL)
    found = look(database, project, which)
    with database.read() as session:
        ids = items_in(session, project, which, BOGOTA)
        everywhere = figures.disputes(session, project, 1_000)
        here = figures.disputes(session, project, 1_000, only=ids)
        away = figures.disputes(session, project, 1_000, without=ids)
    assert len(ids) == 25
    assert {each.item_id for each in found.disputes} == {each.item_id for each in here}
    assert found.n_disputed == len(found.disputes) == len(here) > 10
    assert len(here) + len(away) == len(everywhere)
    assert not {each.item_id for each in away} & ids
    shares = [each.share for each in found.disputes]
    assert shares == sorted(shares, reverse=True)
    assert len(look(database, project, which, 3).disputes) == 3


def test_a_part_is_split_by_what_tells_its_items_apart(database: Database, cast: Cast) -> None:
    project = make_weeks_project(database, cast)
    by_tag = look(database, project, Which("week", FALL)).inside
    assert set(by_tag) == {"tag", "model"}
    assert sum(part.alpha.n_items for part in by_tag["tag"]) == 25
    by_week = look(database, project, Which("language", "es")).inside["week"]
    assert [part.key for part in by_week] == list(WEEKS)
    assert sum(part.alpha.n_items for part in by_week) == 20


def test_what_has_no_tag_is_a_part_too(database: Database, cast: Cast) -> None:
    project = make_weeks_project(database, cast)
    found = look(database, project, Which("tag", None))
    assert found.part.alpha.n_items == 10


@pytest.mark.parametrize("key", ["no-such-tag", ""])
def test_a_part_without_judgments_is_not_found(database: Database, cast: Cast, key: str) -> None:
    project = make_sample_project(database, cast, "ranking")
    with pytest.raises(NotFound):
        look(database, project, Which("tag", key))
    with database.read() as session, pytest.raises(NotFound):
        items_in(session, project, Which("tag", key), BOGOTA)

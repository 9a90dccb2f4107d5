"""`workbench project pairs`: items stand ahead of the queue, and the models in doubt are told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select, update

from tests.cast import make_item
from tests.cli.conftest import Run, good, refused
from tests.flows.acts import judge, must_take
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Item, PairsChosen, Project
from workbench.queries import pairs as queries
from workbench.queries.projects import find_project
from workbench.services import accounts, projects


@pytest.fixture
def waiting(prefs: Database) -> Database:
    """Four judged items of two models, and six that wait."""
    with prefs.write() as session:
        project, now = find_project(session, "prefs"), database_now(session)
        who = accounts.create_user(session, name="ana", role="reviewer", now=now, speaks=("en",))
        projects.add_member(session, project, who, role="reviewer", now=now)
        for n in range(4):
            item = make_item(session, project, f"done {n}")
            assert must_take(session, project, who).item_id == item.id
            judge(session, item.id, who, "ab"[n == 3])
        for n in range(6):
            make_item(session, project, f"item {n}")
    return prefs


def _told(run: Run, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(good(run("project", "pairs", "prefs", *words, "--json")))
    return found


def _ahead(database: Database) -> int:
    with database.read() as session:
        return len(session.scalars(select(Item.id).where(Item.queue_key < 0)).all())


def test_nobody_stands_ahead_until_it_is_said(run: Run, waiting: Database) -> None:
    found = _told(run)
    assert (found["most_ahead"], found["ahead"], found["chosen"]) == (None, 0, None)
    assert "none: the queue goes in its own order" in good(run("project", "pairs", "prefs"))
    assert _ahead(waiting) == 0


def test_they_stand_ahead_and_the_models_in_doubt_are_told(run: Run, waiting: Database) -> None:
    found = _told(run, "--ahead", "4")
    assert (found["most_ahead"], found["ahead"], found["cannot"]) == (4, 4, None)
    chosen = found["chosen"]
    assert (chosen["comparisons"], chosen["models"], chosen["looked_at"]) == (4, 2, 6)
    [doubt] = chosen["in_doubt"]
    assert (doubt["ahead"], doubt["behind"]) == ("model-one", "model-two")
    assert (doubt["n_judgments"], doubt["open"]) == (4, 6)
    assert _ahead(waiting) == 4
    told = good(run("project", "pairs", "prefs"))
    assert "ahead       4 items of at most 4" in told
    assert "of 6 items that waited, by 4 comparisons of 2 models" in told
    assert "model-one  model-two" in told


def test_off_puts_them_back(run: Run, waiting: Database) -> None:
    _told(run, "--ahead", "4")
    assert _told(run, "--off")["most_ahead"] is None
    assert _ahead(waiting) == 0


def test_they_are_chosen_anew_when_asked_and_only_where_there_is_a_lane(
    run: Run, waiting: Database
) -> None:
    _told(run, "--refit")
    _told(run, "--ahead", "2")
    _told(run, "--ahead", "2")
    _told(run, "--refit")
    with waiting.read() as session:
        assert len(session.scalars(select(PairsChosen)).all()) == 2


@pytest.mark.parametrize("ahead", ["0", "-1", "501"])
def test_what_makes_no_sense_is_named_and_changes_nothing(
    run: Run, waiting: Database, ahead: str
) -> None:
    assert refused(run("project", "pairs", "prefs", "--ahead", ahead), 2).startswith("ahead: ")
    with waiting.read() as session:
        assert session.scalars(select(Project)).one().pairs_ahead is None


def test_off_goes_without_a_number(run: Run, waiting: Database) -> None:
    assert run("project", "pairs", "prefs", "--off", "--ahead", "3").exit_code == 2


def test_where_nothing_is_compared_it_says_so(run: Run, waiting: Database) -> None:
    with waiting.write() as session:
        session.execute(update(Project).values(type="rewrite", config={"problems": []}))
    assert "compares no two responses" in good(run("project", "pairs", "prefs"))


def test_the_digest_chooses_where_there_is_enough_new(
    run: Run, waiting: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "chosen anew" not in good(run("digest"))
    with waiting.write() as session:
        session.scalars(select(Project)).one().pairs_ahead = 4
    assert "Items ahead of the queue chosen anew: 1 projects." in good(run("digest"))
    assert "chosen anew" not in good(run("digest"))
    assert _ahead(waiting) == 4
    monkeypatch.setattr(queries, "LEARN_EVERY", timedelta(0))
    assert "chosen anew" not in good(run("digest")), "nothing is new"

"""`workbench project overlap`: the rule is set, learnt from and shown."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import select

from tests.cast import make_item
from tests.cli.conftest import Run, good, refused
from tests.flows.acts import judge, must_take
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Item, Learnt, Project
from workbench.queries.projects import find_project
from workbench.services import accounts, projects


@pytest.fixture
def judged(prefs: Database) -> Database:
    """Twenty items, on which two people agree but for the last two."""
    with prefs.write() as session:
        project, now = find_project(session, "prefs"), database_now(session)
        items = [make_item(session, project, f"item {n}") for n in range(20)]
        for name, differs in (("ana", False), ("beto", True)):
            who = accounts.create_user(session, name=name, role="reviewer", now=now, speaks=("en",))
            projects.add_member(session, project, who, role="reviewer", now=now)
            for n, item in enumerate(items):
                must_take(session, project, who)
                judge(session, item.id, who, "ab"[(n % 2) ^ (differs and n >= 18)])
    return prefs


def _told(run: Run, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(good(run("project", "overlap", "prefs", *words, "--json")))
    return found


def test_it_is_fixed_until_it_is_told_to_adapt(run: Run, judged: Database) -> None:
    found = _told(run)
    assert (found["start"], found["most"], found["learnt"]) == (2, None, None)
    assert "overlap     2, the same for all items" in good(run("project", "overlap", "prefs"))
    with judged.read() as session:
        assert session.scalars(select(Learnt)).all() == []


def test_it_adapts_learns_and_says_what_it_has_spent_and_saved(run: Run, judged: Database) -> None:
    found = _told(run, "2", "--most", "4", "--confidence", "0.9", "--audit", "0")
    assert (found["start"], found["most"], found["confidence"], found["audit"]) == (2, 4, 0.9, 0)
    assert (found["learnt"]["judgments"], found["learnt"]["known"]) == (40, True)
    assert (found["finished_items"], found["judgments"], found["asked_again"]) == (18, 36, 2)
    assert (found["beyond_start"], found["saved"]) == (0, 36)
    with judged.read() as session:
        again = select(Item.external_id).where(Item.wanted == 3, Item.slots_left == 1)
        assert set(session.scalars(again)) == {"item 18", "item 19"}
    told = good(run("project", "overlap", "prefs"))
    assert "overlap     from 2 to 4" in told
    assert "18 items with 36 judgments: 0 beyond 2 each, 36 fewer than 4 each" in told
    assert "40 judgments of 2 reviewers on 20 items" in told


def test_off_is_the_same_for_all_again(run: Run, judged: Database) -> None:
    _told(run, "--most", "4", "--confidence", "0.9")
    found = _told(run, "--off")
    assert (found["most"], found["finished_items"]) == (None, 20)
    with judged.read() as session:
        assert set(session.scalars(select(Item.wanted))) == {2}


def test_a_confidence_alone_turns_it_on_and_keeps_the_rest(run: Run, judged: Database) -> None:
    found = _told(run, "--confidence", "0.998")
    assert (found["start"], found["most"], found["confidence"]) == (2, 5, 0.998)
    assert _told(run, "--most", "3")["confidence"] == 0.998


def test_it_is_learnt_anew_when_asked(run: Run, judged: Database) -> None:
    _told(run, "--most", "4")
    _told(run)
    _told(run, "--refit")
    with judged.read() as session:
        assert len(session.scalars(select(Learnt)).all()) == 2


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("0",), "overlap"),
        (("3", "--most", "3"), "most"),
        (("--most", "500"), "most"),
        (("--confidence", "1.5"), "confidence"),
        (("--most", "4", "--audit", "2"), "audit"),
    ],
)
def test_what_makes_no_sense_is_named_and_changes_nothing(
    run: Run, judged: Database, words: tuple[str, ...], field: str
) -> None:
    assert refused(run("project", "overlap", "prefs", *words), 2).startswith(f"{field}: ")
    with judged.read() as session:
        project = session.scalars(select(Project)).one()
        assert (project.overlap, project.overlap_most) == (2, None)


def test_off_goes_without_the_other_numbers(run: Run, judged: Database) -> None:
    assert run("project", "overlap", "prefs", "--off", "--most", "3").exit_code == 2


def test_the_digest_learns_where_there_is_enough_new(run: Run, judged: Database) -> None:
    good(run("digest"))
    with judged.write() as session:
        project = session.scalars(select(Project)).one()
        project.overlap_most = 4
    assert "Reliability learnt anew for overlap that adapts: 1 projects." in good(run("digest"))
    assert "learnt anew" not in good(run("digest"))
    with judged.read() as session:
        assert session.scalars(select(Learnt)).one().judgments == 40

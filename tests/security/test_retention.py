"""Contents of closed projects leave by one door, and nothing else gets through it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.cast import Cast, make_item
from tests.flows.acts import judge, take_and_judge
from workbench import task_types
from workbench.db import Database
from workbench.db import now as database_now
from workbench.errors import Conflict
from workbench.intake.items import content_hash
from workbench.messages import Invalid
from workbench.models import ContentRemoval, Item, Judgment, Project, State
from workbench.queries.items import as_item
from workbench.queries.verify import verify
from workbench.services import slots
from workbench.services.claim import Reviewer, claim
from workbench.services.keeping import close_project, open_project, set_keeping
from workbench.services.remove_contents import due, remove_contents
from workbench.task_types.free_texts import without_texts

KEY = "k" * 96
DAY = timedelta(days=1)


def test_contents_leave_and_everything_else_stays(database: Database, cast: Cast) -> None:
    with database.write() as session:
        for project in (cast.project, cast.other_project):
            for n in range(2):
                item = make_item(session, project, f"secret {n}")
                item.content_hash = content_hash(as_item(item))
        take_and_judge(session, cast.project, cast.ana)
        lease = take_and_judge(session, cast.project, cast.beto)
        judge(session, lease.item_id, cast.beto, "b")
    with database.write() as session:
        now, project = database_now(session), session.get_one(Project, cast.project.id)
        for days in (-1, 4_001):
            with pytest.raises(Invalid):
                set_keeping(session, project, keep_days=days, legal_hold=False, now=now)
        set_keeping(session, project, keep_days=30, legal_hold=True, now=now)
        assert due(session, now + 99 * DAY) == []  # it is open
        close_project(session, project, now)
        for too_early in (now + 29 * DAY, now + 31 * DAY):  # the second: on legal hold
            assert due(session, too_early) == []
            with pytest.raises(Conflict):
                remove_contents(session, project, too_early)
        set_keeping(session, project, keep_days=30, legal_hold=False, now=now)
        assert [each.slug for each in due(session, now + 30 * DAY)] == ["main"]
        digests = session.scalars(select(Judgment.digest).order_by(Judgment.id)).all()
        found, _ = remove_contents(session, project, now + 30 * DAY)
        assert (found.items, found.judgments) == (2, len(digests))
    with database.read() as session:
        items = session.scalars(select(Item).order_by(Item.id)).all()
        mine = [each for each in items if each.project_id == cast.project.id]
        theirs = [each for each in items if each.project_id != cast.project.id]
        for each in mine:
            assert [turn["content"] for turn in each.prompt] == [""]
            assert [(part["id"], part["model"], part["text"]) for part in each.responses] == [
                ("a", "model-one", ""), ("b", "model-two", ""),
            ]  # fmt: skip
        assert all("Question" in each.prompt[0]["content"] for each in theirs)
        assert session.scalars(select(Judgment.digest).order_by(Judgment.id)).all() == digests
        assert all(each.answer for each in session.scalars(select(Judgment)))
        assert verify(session, KEY) == []
        assert due(session, now + 99 * DAY) == []
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text("UPDATE judgment SET locale = 'xx'"))
    with database.write() as session:
        project = session.get_one(Project, cast.project.id)
        with pytest.raises(Conflict):
            open_project(session, project, now)
        with pytest.raises(Conflict):
            remove_contents(session, project, now + 99 * DAY)


def test_the_door_is_of_one_project_and_verify_sees_it_open(database: Database, cast: Cast) -> None:
    with database.write() as session:
        make_item(session, cast.project, "one").content_hash = "0" * 64
        take_and_judge(session, cast.project, cast.ana)
        now = database_now(session)
        door = ContentRemoval(project_id=cast.other_project.id, started_at=now)
        session.add(door)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text("UPDATE judgment SET locale = 'xx'"))
    with database.read() as session:
        assert "door" in {finding.rule for finding in verify(session, KEY)}
    with pytest.raises(DBAPIError), database.write() as session:  # one at a time
        session.add(ContentRemoval(project_id=cast.other_project.id, started_at=now))
    with database.write() as session:
        session.get_one(ContentRemoval, door.id).project_id = cast.project.id
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text("DELETE FROM judgment"))  # no door lets a row out


def test_nobody_is_given_items_of_a_closed_project(database: Database, cast: Cast) -> None:
    with database.write() as session:
        make_item(session, cast.project, "one")
        project, now = session.get_one(Project, cast.project.id), database_now(session)
        ana = Reviewer(cast.ana.id, ("en", "es"))
        close_project(session, project, now)
        with pytest.raises(Conflict):
            close_project(session, project, now)
        assert claim(session, project, ana, now, DAY) is None
        open_project(session, project, now)
        with pytest.raises(Conflict):
            open_project(session, project, now)
        given = claim(session, project, ana, now, DAY)
        assert given is not None
        assert given.state == State.LEASED
        assert slots.lock_project(session, project.id).closed_at is None


def test_what_people_wrote_goes_from_every_kind_of_answer() -> None:
    said = {
        "ratings": {"a": {"helpful": 3}}, "reason": "mine", "overall": {"reason": "mine"},
        "turns": [{"turn": 1, "better": "a", "note": "mine"}], "text": "mine",
        "flags": [{"start": 0, "end": 4, "quote": "mine", "category": "x", "reason": "mine"}],
        "better_response": "mine", "comment": "mine", "verdict": None, "problems": ["tone"],
    }  # fmt: skip
    left = without_texts(said)
    assert "mine" not in repr(left)
    assert left["ratings"] == said["ratings"]
    assert left["flags"][0]["category"] == "x"
    assert left["problems"] == ["tone"]
    assert {each.slug for each in task_types.TASK_TYPES} == {
        "ranking",
        "bias",
        "adversarial",
        "rating",
        "rewrite",
        "conversation",
        "steps",
    }  # fmt: skip  -- a new one says here where its texts are

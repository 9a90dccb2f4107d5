"""Versions of a guideline, who has read them, and who must."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tests.cast import NOON, Cast
from workbench.queries.guideline import (
    must_read,
    readers,
    unread,
    version_text,
    versions,
)
from workbench.services import accounts, projects
from workbench.services.guideline import Draft, acknowledge, publish


def _publish(session: Session, cast: Cast, text: str, *, must: bool = False) -> int:
    draft = Draft(text, text, f"note {text}", must)
    return publish(session, cast.project, draft, now=NOON, actor=cast.luz.id).version


def _read(session: Session, cast: Cast, version: int) -> None:
    acknowledge(session, cast.project.id, cast.ana.id, version, NOON)


def _must(session: Session, cast: Cast) -> bool:
    found = must_read(session, cast.project.id, cast.ana.id)
    assert found is (unread(session, cast.project.id, cast.ana.id) is not None)
    return found


def test_versions_come_newest_first_with_who_wrote_them(session: Session, cast: Cast) -> None:
    publish(session, cast.project, Draft("a", "a"), now=NOON)
    publish(session, cast.other_project, Draft("z", "z"), now=NOON)
    _publish(session, cast, "b", must=True)
    assert [(v.version, v.by, v.note, v.must_read) for v in versions(session, cast.project.id)] == [
        (2, "luz", "note b", True),
        (1, None, "", False),
    ]
    newest, first = (version_text(session, cast.project.id, each) for each in (None, 1))
    assert newest is not None
    assert first is not None
    assert (newest.texts["es"], first.texts["es"], first.examples) == ("b", "a", [])
    assert version_text(session, cast.project.id, 3) is None


def test_only_a_version_that_asks_for_it_must_be_read(session: Session, cast: Cast) -> None:
    assert not _must(session, cast)
    _publish(session, cast, "a")
    assert not _must(session, cast)
    _publish(session, cast, "b", must=True)
    assert _must(session, cast)
    assert not must_read(session, cast.other_project.id, cast.dora.id)
    _read(session, cast, 2)
    assert not _must(session, cast)
    assert must_read(session, cast.project.id, cast.beto.id)
    _publish(session, cast, "c")
    assert not _must(session, cast)


def test_a_reading_that_was_missed_stays_due_under_later_versions(
    session: Session, cast: Cast
) -> None:
    _publish(session, cast, "a")
    _read(session, cast, 1)
    _publish(session, cast, "b", must=True)
    _publish(session, cast, "c")
    found = unread(session, cast.project.id, cast.ana.id)
    assert found is not None
    assert found.before is not None
    assert (found.now.version, found.before.version) == (3, 1)
    assert [line.version for line in found.since] == [2, 3]
    _read(session, cast, 3)
    assert not _must(session, cast)


def test_who_never_read_one_has_nothing_to_compare_with(session: Session, cast: Cast) -> None:
    _publish(session, cast, "a", must=True)
    found = unread(session, cast.project.id, cast.ana.id)
    assert found is not None
    assert (found.now.version, found.before) == (1, None)


def test_readers_are_the_reviewers_who_are_there_with_what_they_read_last(
    session: Session, cast: Cast
) -> None:
    _publish(session, cast, "a")
    _publish(session, cast, "b")
    for version in (2, 1):
        _read(session, cast, version)
    lines = [(line.name, line.version) for line in readers(session, cast.project.id)]
    assert lines == [("ana", 2), ("beto", None)]
    projects.remove_member(session, cast.project, cast.beto, now=NOON)
    accounts.disable_user(session, session.merge(cast.ana), NOON)
    assert readers(session, cast.project.id) == []

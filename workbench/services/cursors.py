"""Where a reviewer is in the queue: seeks from their cursors on, which move with what is found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from workbench.models import LANE_FOOT, tables
from workbench.queries.open_items import Spared, bases, first_open
from workbench.services import slots
from workbench.statements import AnyRow, Query, Write

#: (id, queue_key, language_base, severity) of an open item.
Found = Row[int, int, str, int | None]
#: (language, queue_key, calm_key, ahead_key): how far a reviewer has come.
Cursor = AnyRow


@dataclass(frozen=True)
class Reviewer:
    """Who claims, and what they may be given."""

    id: int
    speaks: tuple[str, ...]
    #: Time zone of their day.
    timezone: str = "America/Bogota"

    @property
    def languages(self) -> list[str]:
        """What this person speaks without regions, which is how items are matched."""
        return bases(self.speaks)

    @property
    def zone(self) -> ZoneInfo:
        """Their time zone."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True)
class Search:
    """Whose next item is looked for, and what they are not given now."""

    project_id: int
    reviewer: Reviewer
    spared: Spared
    #: Whether the project has a lane ahead of its queue, which is then sought before it.
    lane: bool = False

    def first(
        self,
        session: Session,
        language: str,
        passed: int = LANE_FOOT,
        *,
        lock: bool = False,
        lane: bool = False,
    ) -> Found | None:
        """The first open item in that language behind the place `passed`, in the lane alone if
        `lane`; with `lock`, the first that no other transaction has locked, locked."""
        where = {
            "project_id": self.project_id,
            "user_id": self.reviewer.id,
            "language": language,
            "passed": passed,
        }
        found = first_open(self.spared, lock=lock, lane=lane)
        return found.one_or_none(session, where)


def is_work_ahead(session: Session, search: Search) -> bool:
    """Whether an open item lies ahead of the reviewer's cursors. Locks and moves nothing."""
    cursors = _cursors(session, search)
    return (search.lane and _first_ahead(session, search, cursors) is not None) or any(
        search.first(session, language, _passed(search, cursors.get(language))) is not None
        for language in search.reviewer.languages
    )


def next_open(session: Session, search: Search) -> Found | None:
    """The next open item that no other transaction has locked: of the lane, else of the queue.

    Locks it, and moves the reviewer's cursor to it.
    """
    cursors = _cursors(session, search)
    if search.lane:
        found = _first_ahead(session, search, cursors, lock=True)
        if found is not None:
            _move_ahead(session, search, cursors, found)
            return found
    ahead = {
        language: search.first(session, language, _passed(search, cursors.get(language)), lock=True)
        for language in search.reviewer.languages
    }
    first = _first(ahead.values())
    if first is not None:
        _move(session, search, cursors, first.language_base, first.queue_key)
    if search.spared:
        _pass_over(session, search, cursors, ahead)
    if first is not None:
        return first
    # The cursor also passed what another transaction had locked at that moment, and a lane may
    # stand there by now.
    return _first(
        search.first(session, language, lock=True) for language in search.reviewer.languages
    )


def _first(rows: Iterable[Found | None]) -> Found | None:
    there = (row for row in rows if row is not None)
    return min(there, key=lambda row: row.queue_key, default=None)


_cursor = tables.queue_cursor.c
_CURSORS = Query(
    select(_cursor.language, _cursor.queue_key, _cursor.calm_key, _cursor.ahead_key).where(
        _cursor.project_id == bindparam("project_id"), _cursor.user_id == bindparam("user_id")
    )
)
_NEW = Write(insert(tables.queue_cursor))
_MOVE = Write(
    update(tables.queue_cursor).where(
        _cursor.project_id == bindparam("of_project"),
        _cursor.user_id == bindparam("of_user"),
        _cursor.language == bindparam("of_language"),
    )
)


def _cursors(session: Session, search: Search) -> dict[str, Cursor]:
    whose = {"project_id": search.project_id, "user_id": search.reviewer.id}
    return {row.language: row for row in _CURSORS.all(session, whose)}


def _passed(search: Search, cursor: Cursor | None) -> int:
    """The place behind which the reviewer has nothing left of what they are given now."""
    if cursor is None:
        return 0
    passed: int = cursor.queue_key
    return passed if search.spared.severe_from is None else max(passed, cursor.calm_key or 0)


def _first_ahead(
    session: Session, search: Search, cursors: dict[str, Cursor], *, lock: bool = False
) -> Found | None:
    """The first open item of the lane ahead of the queue behind the reviewer's place in it."""
    found = []
    for language in search.reviewer.languages:
        cursor = cursors.get(language)
        passed = LANE_FOOT if cursor is None or cursor.ahead_key is None else cursor.ahead_key
        found.append(search.first(session, language, passed, lock=lock, lane=True))
    return _first(found)


def _move_ahead(session: Session, search: Search, cursors: dict[str, Cursor], found: Found) -> None:
    """Move the reviewer's place in the lane to what was found there.

    While severe items rest it stays: the lane is short, and they stand behind it again then.
    """
    if search.spared.severe_from is None:
        _set(session, search, cursors, found.language_base, ahead_key=found.queue_key)


def _move(
    session: Session, search: Search, cursors: dict[str, Cursor], language: str, key: int
) -> None:
    """Move the cursor of what the reviewer is given now: severe items that rest are not passed."""
    if search.spared.severe_from is None:
        _set(session, search, cursors, language, queue_key=key)
    else:
        _set(session, search, cursors, language, calm_key=key)


def _set(
    session: Session, search: Search, cursors: dict[str, Cursor], language: str, **places: int
) -> None:
    """Write these places of the reviewer's cursor for the language, which may be a new one."""
    of = (search.project_id, search.reviewer.id, language)
    if language in cursors:
        names = ("of_project", "of_user", "of_language")
        _MOVE.run(session, {**dict(zip(names, of, strict=True)), **places})
    else:
        names = ("project_id", "user_id", "language")
        _NEW.run(session, {**dict(zip(names, of, strict=True)), "queue_key": 0, **places})


def _pass_over(
    session: Session,
    search: Search,
    cursors: dict[str, Cursor],
    ahead: dict[str, Found | None],
) -> None:
    """Bring the cursors of the other languages up to what the seek found there, or to the tail.

    A seek that leaves items aside walks over them; no two may walk over the same ones.
    """
    first = _first(ahead.values())
    for language, row in ahead.items():
        if row is None:
            tail = slots.next_key(session, search.project_id) - 1
            _move(session, search, cursors, language, tail)
        elif row is not first:
            _move(session, search, cursors, language, row.queue_key - 1)

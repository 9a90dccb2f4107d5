"""The judgments that count, read once and then kept current: what all figures are made from.

A process keeps them in memory and reads only what has changed. Nothing depends on it: what is
kept can go at any time, and is read again.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.db import canonical, kept
from workbench.models import Assignment, Judgment, Membership, Project, State
from workbench.models import Item as ItemRow
from workbench.queries.item_rows import plain_item, select_items
from workbench.stats.arrays import Ints
from workbench.stats.patterns import Answers
from workbench.task_types.base import Unit
from workbench.task_types.said import fingerprint, units_of

#: Items that are read at once with their texts, and numbers in one list of a query.
_PAGE, _LISTED = 500, 10_000
#: Rows of numbers that are fetched at once.
_ROWS = 20_000
#: What stands for a fingerprint that nobody wrote down.
_UNWRITTEN = -1

T = TypeVar("T")


@dataclass(frozen=True)
class _Mark:
    """How far a project was read: the last judgment, by its audit entry, and items taken out."""

    seq: int
    retired: int


@dataclass(frozen=True, eq=False)
class _Codes:
    """Small numbers for things in the order in which they came; only added to."""

    things: list[Any] = field(default_factory=list)
    _numbers: dict[Any, int] = field(default_factory=dict)

    def number(self, key: Any, thing: Any) -> int:
        found = self._numbers.setdefault(key, len(self.things))
        if found == len(self.things):
            self.things.append(thing)
        return found

    def code(self, key: Any) -> int:
        return self._numbers.get(key, -1)

    def numbers(self, keys: Iterable[Any]) -> Ints:
        return np.fromiter((self.number(key, key) for key in keys), dtype=np.int64)

    def __contains__(self, key: Any) -> bool:
        return key in self._numbers


@dataclass(frozen=True, eq=False)
class Counted:
    """The judgments of a project that count, of items that are in it.

    In `answers` an item is its row's id, a reviewer a place in `names`, what was said a place in
    `sayings` (the units of an answer, by `units_of`), and a group a place in `languages`.
    """

    mark: _Mark
    answers: Answers
    users: _Codes
    said: _Codes
    spoken: _Codes
    #: The reviewers' pseudonyms, in the order of their codes.
    names: tuple[str, ...]
    #: What was made of these, for whoever asks again.
    made: dict[Any, Any] = field(default_factory=dict)

    @property
    def sayings(self) -> list[tuple[Unit, ...]]:
        return self.said.things

    @property
    def languages(self) -> list[str]:
        return self.spoken.things

    def user(self, user_id: int) -> int:
        """The code of a person; -1 for one who judged nothing."""
        return self.users.code(user_id)

    def once(self, what: Hashable, make: Callable[[], T]) -> T:
        """What is made of these judgments, made when it is first asked for."""
        if what not in self.made:
            self.made[what] = make()
        found: T = self.made[what]
        return found

    @cached_property
    def by_reviewer(self) -> dict[int, int]:
        """How many of these judgments each person gave, by user id."""
        counts = np.bincount(self.answers.reviewer, minlength=len(self.names)).tolist()
        return {user: n for user, n in zip(self.users.things, counts, strict=False) if n}

    @cached_property
    def n_reviewers(self) -> int:
        return len(self.by_reviewer)


def draw(found: Counted, most: int) -> tuple[list[int], int]:
    """Ids of at most so many of the items that two people or more judged, and how many there are.

    By a number that an item keeps, so that a judgment more does not change which are drawn. Where
    nothing was judged by two, one item that somebody judged: figures of it say that.
    """
    several = found.answers.items[found.answers.sizes > 1].tolist()
    if not several:
        return found.answers.items[:1].tolist(), 0
    return sorted(several, key=lambda item: zlib.crc32(item.to_bytes(8)))[:most], len(several)


def last_seq(session: Session, project_id: int) -> int:
    """The audit entry of the project's last judgment; 0 where there is none."""
    last = select(func.max(Judgment.audit_seq)).where(Judgment.project_id == project_id)
    return session.scalar(last) or 0


def counted(session: Session, project: Project) -> Counted:
    """The judgments of the project that count, as this session sees them or newer."""
    reading = _Reading(session, project)
    task_type = task_types.get(project.type)
    key = ("counted", project.id, task_type.slug, task_type.version, canonical(project.config))
    return kept(session, key, reading.current, lambda each: each.answers.item.size)


@dataclass(frozen=True)
class _Reading:
    session: Session
    project: Project

    def current(self, known: Counted | None) -> Counted:
        """What is known, brought up to date; everything where nothing is."""
        mark = _Mark(last_seq(self.session, self.project.id), self._count_retired())
        if known is None:
            return self._everything(mark)
        # A view that began before the last reader's shows less than is known.
        if mark == known.mark or mark.seq < known.mark.seq or mark.retired < known.mark.retired:
            return known
        changed = self._changed_since(known, mark)
        if not changed.size:
            return replace(known, mark=mark)
        if changed.size > known.answers.items.size // 4:
            return self._everything(mark)
        return self._updated(known, mark, changed)

    def _count_retired(self) -> int:
        count = select(func.count()).select_from(ItemRow)
        return self.session.scalar(count.where(*self._retired)) or 0

    @property
    def _retired(self) -> tuple[Any, ...]:
        return ItemRow.project_id == self.project.id, ItemRow.retired_at.is_not(None)

    def _changed_since(self, known: Counted, mark: _Mark) -> Ints:
        """Items that were judged since then, or taken out."""
        judged = (
            select(Judgment.item_id)
            .join(ItemRow, ItemRow.id == Judgment.item_id)
            .where(
                Judgment.project_id == self.project.id,
                Judgment.audit_seq > known.mark.seq,
                ItemRow.is_current,
            )
        )
        ids = np.array(self.session.scalars(judged.distinct()).all(), dtype=np.int64)
        if mark.retired == known.mark.retired:
            return np.sort(ids)
        gone = np.array(self.session.scalars(select(ItemRow.id).where(*self._retired)).all())
        return np.union1d(ids, np.intersect1d(gone, known.answers.items)).astype(np.int64)

    def _everything(self, mark: _Mark) -> Counted:
        users, said, spoken = _Codes(), _Codes(), _Codes()
        groups = self._groups([_languages().where(ItemRow.project_id == self.project.id)], spoken)
        rows = self._numbered([self._judged()], groups[0], users, said)
        return self._found(mark, Answers.of(rows, groups), (users, said, spoken))

    def _updated(self, known: Counted, mark: _Mark, changed: Ints) -> Counted:
        parts = [part.tolist() for part in np.split(changed, range(_LISTED, changed.size, _LISTED))]
        judged = [self._judged().where(Assignment.item_id.in_(part)) for part in parts]
        spoken = [_languages().where(ItemRow.id.in_(part)) for part in parts]
        groups = self._groups(spoken, known.spoken)
        rows = self._numbered(judged, groups[0], known.users, known.said)
        answers = known.answers.changed(changed, rows, groups)
        return self._found(mark, answers, (known.users, known.said, known.spoken))

    def _found(
        self, mark: _Mark, answers: Answers, codes: tuple[_Codes, _Codes, _Codes]
    ) -> Counted:
        known = pseudonyms(self.session, self.project.id)
        # Whoever judged something since this session began is not among these judgments.
        names = tuple(known.get(user_id, "") for user_id in codes[0].things)
        return Counted(mark, answers, *codes, names)

    def _groups(self, queries: Iterable[Any], spoken: _Codes) -> tuple[Ints, Ints]:
        """(item, language as a code), in order of the items."""
        rows = [row for query in queries for row in _plain(self.session, query)]
        ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        which, found = pd.factorize(np.array([row[1] for row in rows], dtype=object))
        order = np.argsort(ids)
        return ids[order], spoken.numbers(found.tolist())[which][order]

    def _judged(self) -> Any:
        return (
            select(
                Assignment.item_id, Assignment.user_id, func.coalesce(Assignment.said, _UNWRITTEN)
            )
            .where(Assignment.project_id == self.project.id, Assignment.state == State.JUDGED)
            .order_by(Assignment.item_id, Assignment.user_id)
        )

    def _numbered(
        self, queries: Iterable[Any], items: Ints, users: _Codes, said: _Codes
    ) -> tuple[Ints, Ints, Ints]:
        """(item, reviewer, said) of the rows of these items, as codes."""
        item, user, found = np.concatenate([columns(self.session, each) for each in queries], 1)
        here = np.isin(item, items)
        item, user, found = item[here], user[here], found[here]
        return item, _coded(user, users), self._sayings(item, user, found, said)

    def _sayings(self, item: Ints, user: Ints, found: Ints, said: _Codes) -> Ints:
        """What is said by code. A fingerprint is looked up in one answer that has it; those that
        are missing, or were made by other rules, are worked out from their own answers."""
        prints, first, which = np.unique(found, return_index=True, return_inverse=True)
        unknown = [
            i for i, each in enumerate(prints.tolist()) if each != _UNWRITTEN and each not in said
        ]
        asked = first[unknown]
        holds = np.isin(prints, [each for each in prints.tolist() if each in said])
        examples = zip(asked.tolist(), self.units(item[asked], user[asked]), strict=True)
        for row, (made, units) in examples:
            if made == found[row]:
                said.number(made, units)
                holds[which[row]] = True
        own = np.flatnonzero(~holds[which])
        for row, (made, units) in zip(own.tolist(), self.units(item[own], user[own]), strict=True):
            said.number(made, units)
            found[row] = made
        return _coded(found, said)

    def units(self, item: Ints, user: Ints) -> list[tuple[int, tuple[Unit, ...]]]:
        """The fingerprint and the units of judgments (item, user)."""
        wanted: dict[tuple[int, int], int] = {
            pair: at for at, pair in enumerate(zip(item.tolist(), user.tolist(), strict=True))
        }
        made: list[Any] = [None] * len(wanted)
        task_type, config = task_types.get(self.project.type), self.project.config
        for ids in _pages(np.unique(item).tolist(), _PAGE):
            items = {row.id: plain_item(row) for row in self._items(ids)}
            for item_id, user_id, answer in self._answers(ids):
                at = wanted.get((item_id, user_id))
                if at is not None:
                    units = units_of(task_type, answer, items[item_id], config)
                    made[at] = fingerprint(task_type, config, units), units
        return made

    def _items(self, ids: Sequence[int]) -> Sequence[Row[Any]]:
        return self.session.execute(select_items().where(ItemRow.id.in_(ids))).all()

    def _answers(self, ids: Sequence[int]) -> Iterator[Any]:
        yield from self.session.execute(
            select(Assignment.item_id, Assignment.user_id, Judgment.answer)
            .join(Judgment, Judgment.id == Assignment.judgment_id)
            .where(Assignment.item_id.in_(ids), Assignment.state == State.JUDGED)
        )


def _coded(keys: Ints, codes: _Codes) -> Ints:
    different, which = np.unique(keys, return_inverse=True)
    return codes.numbers(different.tolist())[which]


def _pages(things: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]


def wrongly_said(session: Session, project: Project) -> Iterator[tuple[int, int]]:
    """(item, person) of judgments of which something else is written down than their answer says.

    Those of another version of the task type are not looked at: other rules were written down.
    """
    version = task_types.get(project.type).version
    query = (
        select(Assignment.item_id, Assignment.user_id, Assignment.said)
        .join(Judgment, Judgment.id == Assignment.judgment_id)
        .where(
            Assignment.project_id == project.id,
            Assignment.said.is_not(None),
            Judgment.type_version == version,
            Judgment.answer.is_not(None),
        )
        .order_by(Assignment.item_id)
    )
    for some in _some(session, query):
        item, user, said = np.array(some, dtype=np.int64).T
        for at, (made, _) in enumerate(_Reading(session, project).units(item, user)):
            if made != said[at]:
                yield int(item[at]), int(user[at])


def unwritten(session: Session, project: Project, limit: int) -> list[tuple[int, int, int]]:
    """(item, person, what it says) of some judgments of which that is not written down yet."""
    query = (
        select(Assignment.item_id, Assignment.user_id)
        .where(
            Assignment.project_id == project.id,
            Assignment.state == State.JUDGED,
            Assignment.said.is_(None),
        )
        .limit(limit)
    )
    item, user = columns(session, query)
    made = _Reading(session, project).units(item, user)
    prints = (each for each, _ in made)
    return list(zip(item.tolist(), user.tolist(), prints, strict=True))


def _languages() -> Any:
    """Languages of a project's own items: copies that one person alone is given are not counted."""
    return select(ItemRow.id, ItemRow.language_base).where(ItemRow.is_current)


def columns(session: Session, query: Any) -> Ints:
    """The columns of a query of whole numbers (n_columns, n_rows).

    Plain tuples, some at a time: a million of the library's own rows take three times as long, and
    so do all at once, for which room has to be found.
    """
    parts = [np.array(some, dtype=np.int64).T for some in _some(session, query)]
    if not parts:
        return np.empty((len(query.selected_columns), 0), dtype=np.int64)
    return np.concatenate(parts, axis=1)


def _plain(session: Session, query: Any) -> Iterator[tuple[Any, ...]]:
    for some in _some(session, query):
        yield from some


def _some(session: Session, query: Any) -> Iterator[Sequence[tuple[Any, ...]]]:
    result = session.connection().execute(query)
    while rows := result.cursor.fetchmany(_ROWS):
        yield rows
    result.close()


def pseudonyms(session: Session, project_id: int) -> dict[int, str]:
    """The pseudonyms of a project's people, by user id."""
    rows = session.execute(
        select(Membership.user_id, Membership.pseudonym).where(Membership.project_id == project_id)
    )
    return dict(rows.all())

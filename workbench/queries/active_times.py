"""How long people take: the active time of every judgment that counts, kept current in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from workbench.db import kept
from workbench.models import Judgment
from workbench.queries.counted import columns, last_seq
from workbench.queries.item_rows import copies
from workbench.stats.arrays import Bools, Ints, is_new

#: What stands where nobody measured, and where the answer was taken back.
_NO_TIME = -1
#: Room for a person's number beside an item's.
_PEOPLE = 2**31


@dataclass(frozen=True, eq=False)
class ActiveTimes:
    """Active times (n,) in milliseconds, `_NO_TIME` where there is none, in order of item and
    person. `seq` is the audit entry of the last judgment that was read."""

    seq: int
    pair: Ints
    active: npt.NDArray[np.int32]
    #: Medians by person, of those whose judgments are as they were.
    _known: dict[int, float]

    def median(self) -> float | None:
        """The median in seconds; None where nobody measured."""
        if self._median is None:
            return None
        return self._median / 1000

    def medians(self) -> dict[int, float]:
        """The same by user id, of those with a measured judgment."""
        missing = self._measured & ~np.isin(self._people, list(self._known))
        order = np.argsort(self._people[missing], kind="stable")
        people, active = self._people[missing][order], self.active[missing][order]
        starts = np.flatnonzero(is_new(people))
        parts = np.split(active, starts[1:]) if starts.size else []
        for person, part in zip(people[starts].tolist(), parts, strict=True):
            self._known[person] = float(np.median(part))
        return {person: median / 1000 for person, median in self._known.items()}

    @cached_property
    def _median(self) -> float | None:
        measured = self.active[self._measured]
        return float(np.median(measured)) if measured.size else None

    @cached_property
    def _people(self) -> Ints:
        return self.pair % _PEOPLE

    @cached_property
    def _measured(self) -> Bools:
        measured: Bools = self.active != _NO_TIME
        return measured

    def with_newer(self, seq: int, pair: Ints, active: npt.NDArray[np.int32]) -> ActiveTimes:
        """The same after newer judgments, one a pair, in order of the pairs."""
        at = np.searchsorted(self.pair, pair)
        there = at < self.pair.size
        there[there] = self.pair[at[there]] == pair[there]
        changed = self.active.copy()
        changed[at[there]] = active[there]
        pairs = np.insert(self.pair, at[~there], pair[~there])
        touched = set((pair % _PEOPLE).tolist())
        known = {person: found for person, found in self._known.items() if person not in touched}
        return ActiveTimes(seq, pairs, np.insert(changed, at[~there], active[~there]), known)


_NONE = ActiveTimes(0, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32), {})


def active_times(session: Session, project_id: int) -> ActiveTimes:
    """The active times of a project's judgments, as this session sees them or newer."""
    return kept(
        session,
        ("active times", project_id),
        lambda known: _current(session, project_id, known or _NONE),
        lambda each: each.pair.size,
    )


def _current(session: Session, project_id: int, known: ActiveTimes) -> ActiveTimes:
    seq = last_seq(session, project_id)
    if seq <= known.seq:
        return known
    # One number for item and person: half the numbers to fetch.
    pairs = cast(Judgment.item_id, BigInteger) * _PEOPLE + Judgment.user_id
    query = (
        select(pairs, func.coalesce(Judgment.active_ms, _NO_TIME))
        .where(
            Judgment.project_id == project_id,
            Judgment.audit_seq > known.seq,
            Judgment.item_id.not_in(copies(project_id)),
        )
        .order_by(Judgment.audit_seq, Judgment.item_id, Judgment.user_id, Judgment.revision)
    )
    pair, active = columns(session, query)
    if not pair.size:
        return replace(known, seq=seq)
    order = np.argsort(pair, kind="stable")
    newest = order[np.append(is_new(pair[order])[1:], True)]
    return known.with_newer(seq, pair[newest], active[newest].astype(np.int32))

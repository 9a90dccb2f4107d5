"""The queue as a plain model: what the database must agree with after every step."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from workbench.models import State
from workbench.services.care import Limits

Answer = dict[str, Any]


@dataclass
class Wanted:
    """An item: who may be given it, and how many judgments it wants."""

    name: str
    language: str
    wanted: int
    #: Which of its contents it has.
    version: int
    retired: bool = False
    harm: str | None = None
    severity: int | None = None
    #: What a lead says of that.
    mark: int | None = None

    @property
    def severe(self) -> int:
        """The severity that counts."""
        return (self.severity if self.mark is None else self.mark) or 0


@dataclass
class Meeting:
    """An (item, reviewer) that have met."""

    state: State
    expires: datetime | None
    updated: datetime
    #: On the screen, or only kept ready for it.
    shown: bool = True
    #: One a revision; None where the reviewer took the answer back.
    answers: list[Answer | None] = field(default_factory=list)

    def move(self, state: State, now: datetime) -> None:
        self.state, self.expires, self.updated = state, None, now


@dataclass
class Person:
    """A reviewer. `pseudonym`: their name on the project; `external`: never logs in."""

    pseudonym: str
    speaks: tuple[str, ...]
    active: bool = True
    member: bool = True
    external: bool = False
    #: Categories of harm that they are not given.
    declined: frozenset[str] = frozenset()


@dataclass
class Model:
    """Everything, in dicts. Keys are the database's ids."""

    overlap: int
    items: dict[int, Wanted] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    meetings: dict[tuple[int, int], Meeting] = field(default_factory=dict)
    #: (user, idempotency key): (item, answer) of what was acknowledged.
    sent: dict[tuple[int, str], tuple[int, Answer]] = field(default_factory=dict)
    #: Open escalations: (item, user).
    asked: dict[int, tuple[int, int]] = field(default_factory=dict)
    limits: Limits = field(default_factory=lambda: Limits(3, None, None, None))
    #: (user, when, whether it was severe then) of all that came on a screen, in that order.
    given: list[tuple[int, datetime, bool]] = field(default_factory=list)

    def holding(self, item: int, *states: State) -> int:
        """How many people stand in one of these states to the item."""
        return sum(m.state in states for (i, _), m in self.meetings.items() if i == item)

    def free(self, item: int) -> int:
        """Slots that are left."""
        return self.items[item].wanted - self.holding(item, State.LEASED, State.JUDGED)

    def in_state(self, *states: State, user: int | None = None) -> list[tuple[int, int]]:
        """The (item, user) in one of these states, of people who can act, last moved first."""
        found = [
            key
            for key, meeting in self.meetings.items()
            if meeting.state in states and self.acts(key[1]) and (user is None or key[1] == user)
        ]
        return sorted(found, key=lambda key: self.meetings[key].updated, reverse=True)

    def acts(self, user: int) -> bool:
        """Whether the doors are open to this person."""
        person = self.people[user]
        return person.active and person.member and not person.external

    def reviewers(self) -> list[int]:
        """Everyone who has an account, in the order they came."""
        return [user for user, person in self.people.items() if not person.external]

    def actors(self) -> list[int]:
        return [user for user in self.people if self.acts(user)]

    def open_to(self, user: int) -> set[int]:
        """Items that this person may be given now."""
        return {
            item
            for item, row in self.items.items()
            if row.language.partition("-")[0] in self._languages(user)
            and self.free(item) > 0
            and self._not_met(item, user)
            and row.harm not in self.people[user].declined
        }

    def may_take(self, user: int, now: datetime) -> set[int]:
        """What is open to this person and does not rest for them."""
        return {item for item in self.open_to(user) if self.fits(item, user, now)}

    def _rests(self, user: int, now: datetime) -> bool:
        """Whether severe items rest, by the whole history of the person's day in Bogotá."""
        mine = [(at, severe) for who, at, severe in self.given if who == user]
        today = [(at, severe) for at, severe in mine if _day(at) == _day(now)]
        severe = [place for place, (_, hard) in enumerate(today) if hard]
        limits = self.limits
        if not severe:
            return False
        if limits.severe_per_day is not None and len(severe) >= limits.severe_per_day:
            return True
        ways_on = []
        if limits.severe_gap_items is not None:
            ways_on.append(len(today) - 1 - severe[-1] >= limits.severe_gap_items)
        if limits.severe_gap_minutes is not None:
            waited = now - today[severe[-1]][0]
            ways_on.append(waited >= timedelta(minutes=limits.severe_gap_minutes))
        return bool(ways_on) and not any(ways_on)

    def kind(self, line: dict[str, Any]) -> dict[str, Any]:
        """How hard to read the item of a line is; a lead's mark stays with the next revision."""
        before = self.items.get(self.newest(line["id"]) or 0)
        mark = before.mark if before is not None else None
        return {"harm": line.get("harm"), "severity": line.get("severity"), "mark": mark}

    def _languages(self, user: int) -> set[str]:
        return {code.partition("-")[0] for code in self.people[user].speaks}

    def newest(self, name: str) -> int | None:
        """The item of that name that was brought in last."""
        found = [item for item, row in self.items.items() if row.name == name]
        return max(found) if found else None

    def _not_met(self, item: int, user: int) -> bool:
        meeting = self.meetings.get((item, user))
        return meeting is None or meeting.state is State.RELEASED

    def held(self, user: int, showing: int | None = None) -> list[int]:
        """Items other than `showing` that this person holds, what is on their screen first."""
        keys = self.in_state(State.LEASED, user=user)
        found = sorted(
            (not self.meetings[key].shown, -self.meetings[key].updated.timestamp(), key[0])
            for key in keys
            if key[0] != showing
        )
        return [item for _, _, item in found]

    def on_screen(self, item: int, user: int) -> bool:
        """Whether this person holds the item and was shown it."""
        meeting = self.meetings.get((item, user))
        return meeting is not None and meeting.state is State.LEASED and meeting.shown

    def fits(self, item: int, user: int, now: datetime) -> bool:
        """Whether such an item may come on this person's screen."""
        row = self.items[item]
        rests = row.severe >= self.limits.severe_from and self._rests(user, now)
        return row.harm not in self.people[user].declined and not rests

    def can_show(self, item: int, user: int, now: datetime) -> bool:
        """Whether what was kept ready for this person is still there for them."""
        state = self.meetings[item, user].state
        slot = state is State.LEASED or (state is State.RELEASED and self.free(item) > 0)
        return slot and self.is_theirs(item, user, now) and not self.items[item].retired

    def is_theirs(self, item: int, user: int, now: datetime) -> bool:
        """What is on the screen stays, whatever it is; what was kept ready must fit by then."""
        return self.on_screen(item, user) or self.fits(item, user, now)

    def _count(self, item: int, user: int, now: datetime) -> None:
        """The item comes on this person's screen."""
        if not self.on_screen(item, user):
            self.given.append((user, now, self.items[item].severe >= self.limits.severe_from))

    def give(
        self, item: int, user: int, now: datetime, expires: datetime, shown: bool = True
    ) -> None:
        """The queue gives them the item, or keeps it ready."""
        if shown:
            self._count(item, user, now)
        self.lease(item, user, now, expires, shown)

    def lease(
        self, item: int, user: int, now: datetime, expires: datetime, shown: bool = True
    ) -> None:
        meeting = self.meetings.setdefault((item, user), Meeting(State.LEASED, None, now))
        meeting.move(State.LEASED, now)
        meeting.expires, meeting.shown = expires, shown

    def renew(self, item: int, user: int, now: datetime, expires: datetime, shown: bool) -> None:
        if shown:
            self._count(item, user, now)
        meeting = self.meetings[item, user]
        meeting.expires = max(meeting.expires or expires, expires)
        meeting.shown |= shown

    def answer(self, item: int, user: int, answer: Answer, now: datetime) -> None:
        meeting = self.meetings.setdefault((item, user), Meeting(State.JUDGED, None, now))
        meeting.answers.append(answer)
        meeting.move(State.JUDGED, now)

    def release(self, now: datetime, *, user: int | None = None) -> None:
        """Leases that have run out go back; all of one person's when `user` is given."""
        for (_, holder), meeting in self.meetings.items():
            ran_out = meeting.expires is not None and meeting.expires <= now
            if meeting.state is State.LEASED and (ran_out if user is None else holder == user):
                meeting.move(State.RELEASED, now)

    def give_up(self, user: int, items: Collection[int], now: datetime) -> None:
        """What was kept ready for this person and is not for them goes back."""
        for item in items:
            meeting = self.meetings[item, user]
            if meeting.state is State.LEASED and not meeting.shown:
                meeting.move(State.RELEASED, now)

    def change_overlap(self, overlap: int) -> None:
        self.overlap = overlap
        for item, row in self.items.items():
            if not row.retired:
                row.wanted = max(overlap, self.holding(item, State.LEASED, State.JUDGED))

    def retire(self, item: int, now: datetime) -> None:
        for (other, _), meeting in self.meetings.items():
            if other == item and meeting.state is State.LEASED:
                meeting.move(State.RELEASED, now)
        self.items[item].wanted = self.holding(item, State.JUDGED)
        self.items[item].retired = True

    def counted(self) -> dict[tuple[int, int], Answer | None]:
        """The answers that count."""
        return {
            key: meeting.answers[-1]
            for key, meeting in self.meetings.items()
            if meeting.state is State.JUDGED
        }


def _day(at: datetime) -> date:
    return (at - timedelta(hours=5)).date()

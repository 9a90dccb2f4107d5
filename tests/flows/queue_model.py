"""The queue as a plain model: what the database must agree with after every step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workbench.models import State

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
        }

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

    def can_show(self, item: int, user: int) -> bool:
        """Whether what was kept ready for this person is still there for them."""
        state = self.meetings[item, user].state
        slot = state is State.LEASED or (state is State.RELEASED and self.free(item) > 0)
        return slot and not self.items[item].retired

    def lease(
        self, item: int, user: int, now: datetime, expires: datetime, shown: bool = True
    ) -> None:
        meeting = self.meetings.setdefault((item, user), Meeting(State.LEASED, None, now))
        meeting.move(State.LEASED, now)
        meeting.expires, meeting.shown = expires, shown

    def renew(self, item: int, user: int, expires: datetime, shown: bool) -> None:
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

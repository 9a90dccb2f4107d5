"""Two browsers at once where the overlap adapts: one place more at most, for one person."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from threading import Barrier, Thread

from sqlalchemy import func, select

from tests.cast import Cast, make_item
from tests.flows.acts import HOUR, judge, must_take, take
from workbench.db import Database, now
from workbench.models import Assignment, Item, State, User
from workbench.queries.verify import verify
from workbench.services import accounts, projects
from workbench.services.overlap import Rule, refit, set_rule
from workbench.services.undo import undo

ROUNDS = 8


def _at_once(*acts: Callable[[], object]) -> None:
    """Each act in a thread of its own, all at the same moment."""
    ready, errors = Barrier(len(acts)), list[str]()

    def run(act: Callable[[], object]) -> None:
        ready.wait()
        try:
            act()
        except BaseException:  # noqa: BLE001 - whatever it is, the test wants to hear of it
            errors.append(traceback.format_exc())

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors[0]


def _staff(database: Database, cast: Cast, n: int) -> list[User]:
    with database.write() as session:
        set_rule(session, cast.project, Rule(2, 4, 0.98, 0.0), now=now(session))
        people = []
        for number in range(n):
            user = accounts.create_user(
                session, name=f"rita{number}", role="reviewer", now=now(session), speaks=("en",)
            )
            projects.add_member(session, cast.project, user, role="reviewer", now=now(session))
            people.append(user)
    return people


def _held_by(database: Database, cast: Cast, people: list[User], name: str) -> int:
    """An item that each of these people has on the screen."""
    with database.write() as session:
        item = make_item(session, cast.project, name, wanted=2, slots_left=2).id
        for who in people:
            assert must_take(session, cast.project, who).item_id == item
    return item


def _numbers(database: Database, item: int) -> tuple[int, int]:
    with database.read() as session:
        row = session.get_one(Item, item)
        return row.wanted, row.slots_left


def _judged(database: Database, item: int, who: User, first: str) -> Callable[[], None]:
    def act() -> None:
        with database.write() as session:
            judge(session, item, who, first)

    return act


def _given(database: Database, cast: Cast, who: User, given: list[int]) -> Callable[[], None]:
    def act() -> None:
        with database.write() as session:
            lease = take(session, cast.project, who)
            given.extend([lease.item_id] if lease else [])

    return act


def _undone(database: Database, cast: Cast, who: User) -> Callable[[], None]:
    def act() -> None:
        with database.write() as session:
            undo(session, cast.project.id, who.id, now(session), HOUR)

    return act


def test_the_last_two_judgments_at_once_open_one_place_and_one_person_gets_it(
    database: Database, cast: Cast
) -> None:
    people = _staff(database, cast, 4)
    for n in range(ROUNDS):
        item = _held_by(database, cast, people[:2], f"item {n}")
        _at_once(*(_judged(database, item, who, "ab"[n % 2]) for who in people[:2]))
        assert _numbers(database, item) == (3, 1), "nothing is known: each item gets three"
        given: list[int] = []
        _at_once(*(_given(database, cast, who, given) for who in people[2:]))
        assert given == [item]
        with database.write() as session:
            held = select(Assignment.user_id).where(Assignment.state == State.LEASED)
            who = session.get_one(User, session.scalars(held).one())
            judge(session, item, who)
        assert _numbers(database, item) == (3, 0)
    with database.read() as session:
        assert verify(session, "k" * 96) == []


def test_an_undo_and_a_claim_at_once_leave_no_place_twice(database: Database, cast: Cast) -> None:
    people = _staff(database, cast, 3)
    for n in range(ROUNDS):
        item = _held_by(database, cast, people[:2], f"item {n}")
        for who, first in zip(people[:2], "ab", strict=True):
            _judged(database, item, who, first)()
        given: list[int] = []
        _at_once(_undone(database, cast, people[1]), _given(database, cast, people[2], given))
        # Whoever came first: the place was given away before the undo, or closed by it.
        assert _numbers(database, item) == ((3, 0) if given else (2, 0))
        _judged(database, item, people[1], "a")()
        with database.write() as session:
            assert must_take(session, cast.project, people[2]).item_id == item
        _judged(database, item, people[2], "a")()
        assert _numbers(database, item) == (3, 0)
    with database.read() as session:
        assert verify(session, "k" * 96) == []


def test_learning_anew_while_people_judge_keeps_the_count(database: Database, cast: Cast) -> None:
    people = _staff(database, cast, 4)
    with database.write() as session:
        for n in range(12):
            make_item(session, cast.project, f"item {n:02}", wanted=2, slots_left=2)

    def work(who: User, differs: int) -> None:
        while True:
            with database.write() as session:
                lease = take(session, cast.project, who)
                if lease is None:
                    return
                name = int(lease.item.external_id.split()[1])
                judge(session, lease.item_id, who, "ab"[(name + (name % 4 == differs)) % 2])

    _at_once(
        *(lambda who=who, n=n: work(who, n) for n, who in enumerate(people)),
        *[lambda: [refit(database, cast.project.id) for _ in range(3)]],
    )
    with database.read() as session:
        assert verify(session, "k" * 96) == []
        assert session.scalars(select(func.max(Item.wanted))).one() <= 4
        assert session.scalars(select(func.min(Item.wanted))).one() >= 2

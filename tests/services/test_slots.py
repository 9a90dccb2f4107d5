"""Slots: taken and given back one at a time, so that they always add up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take, take
from workbench.errors import NotFound
from workbench.models import Assignment, Item, Project, QueueCursor, State, User
from workbench.services import projects, slots
from workbench.services.leave_item import skip

LATER = NOON + timedelta(hours=2)


def _item(session: Session, project: Project, name: str = "one", wanted: int = 2) -> Item:
    return make_item(session, project, name, wanted=wanted, slots_left=wanted)


def _held(session: Session, project: Project, who: User, name: str = "one") -> Item:
    """An item that `who` holds from noon on, for an hour."""
    item = _item(session, project, name)
    assert must_take(session, project, who, NOON).item_id == item.id
    return item


def _adds_up(session: Session, item: Item) -> bool:
    """Whether slots_left + leased + judged = wanted."""
    held = session.scalar(
        select(func.count())
        .select_from(Assignment)
        .where(Assignment.item_id == item.id, Assignment.state.in_((State.LEASED, State.JUDGED)))
    )
    session.refresh(item)
    return item.slots_left + (held or 0) == item.wanted


def _state(session: Session, item: Item, who: User) -> str:
    return session.get_one(Assignment, (item.id, who.id)).state


def _cursors(session: Session) -> set[tuple[int, int]]:
    rows = session.execute(select(QueueCursor.project_id, QueueCursor.user_id))
    return {(project_id, user_id) for project_id, user_id in rows}


def test_slots_are_taken_until_none_is_left(session: Session, cast: Cast) -> None:
    item = _item(session, cast.project, wanted=2)
    assert [slots.take(session, item.id) for _ in range(3)] == [True, True, False]
    session.refresh(item)
    assert item.slots_left == 0


def test_an_item_that_there_is_not_has_no_slot(session: Session, cast: Cast) -> None:
    assert not slots.take(session, 999_999)


def test_a_slot_that_comes_back_puts_its_item_at_the_tail(session: Session, cast: Cast) -> None:
    first = _item(session, cast.project, "one")
    last = _item(session, cast.project, "two")
    slots.take(session, first.id)
    slots.give_back(session, first.id, cast.project.id)
    session.refresh(first)
    assert first.slots_left == 2
    assert first.queue_key == last.queue_key + 1


def test_the_database_refuses_more_free_slots_than_are_wanted(session: Session, cast: Cast) -> None:
    item = _item(session, cast.project)
    with pytest.raises(IntegrityError), session.begin_nested():
        slots.give_back(session, item.id, cast.project.id)
    session.refresh(item)
    assert item.slots_left == 2


def test_the_place_behind_the_last_one_is_each_projects_own(session: Session, cast: Cast) -> None:
    assert slots.next_key(session, cast.project.id) == 1
    _item(session, cast.project, "one")
    _item(session, cast.project, "two")
    assert slots.next_key(session, cast.project.id) == 3
    assert slots.next_key(session, cast.other_project.id) == 1


def test_an_open_item_is_put_at_the_tail_and_a_full_one_stays(session: Session, cast: Cast) -> None:
    open_one = _item(session, cast.project, "open")
    full = make_item(session, cast.project, "full", wanted=1, slots_left=0)
    slots.requeue(session, open_one)
    slots.requeue(session, full)
    session.flush()
    assert (open_one.queue_key, full.queue_key) == (3, 2)
    assert open_one.slots_left == 2


def test_a_lease_that_ends_without_a_judgment_gives_its_slot_back(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast.project, cast.ana)
    lease = session.get_one(Assignment, (item.id, cast.ana.id))
    slots.leave(session, lease, State.RELEASED, LATER)
    assert (lease.state, lease.expires_at, lease.updated_at) == (State.RELEASED, None, LATER)
    assert _adds_up(session, item)
    assert item.slots_left == 2


def test_leases_that_have_run_out_are_released_and_others_stay(
    session: Session, cast: Cast
) -> None:
    item = _held(session, cast.project, cast.ana)
    must_take(session, cast.project, cast.beto, NOON + timedelta(minutes=30))
    at = NOON + timedelta(hours=1)  # the moment at which Ana's ends
    assert slots.first_expired(session, cast.project.id, at) == item.id
    assert slots.release_expired(session, cast.project.id, at) == 1
    assert slots.first_expired(session, cast.project.id, at) is None
    assert _state(session, item, cast.ana) == State.RELEASED
    assert _state(session, item, cast.beto) == State.LEASED
    assert _adds_up(session, item)


def test_a_lease_is_not_released_before_it_has_run_out(session: Session, cast: Cast) -> None:
    item = _held(session, cast.project, cast.ana)
    before = NOON + timedelta(minutes=59, seconds=59)
    assert slots.first_expired(session, cast.project.id, before) is None
    assert slots.release_expired(session, cast.project.id, before) == 0
    assert _state(session, item, cast.ana) == State.LEASED


def test_what_is_judged_or_left_is_never_released(session: Session, cast: Cast) -> None:
    judged = _held(session, cast.project, cast.ana, "one")
    judge(session, judged.id, cast.ana, now=NOON)
    left = _held(session, cast.project, cast.ana, "two")
    skip(session, left.id, cast.ana.id, "no", NOON)
    assert slots.release_expired(session, cast.project.id, LATER) == 0
    assert _adds_up(session, judged)
    assert _adds_up(session, left)


def test_the_longest_expired_are_released_first_and_no_more_than_asked(
    session: Session, cast: Cast
) -> None:
    first = _item(session, cast.project, "one")
    must_take(session, cast.project, cast.beto, NOON)
    must_take(session, cast.project, cast.ana, NOON + timedelta(minutes=1))
    second = _item(session, cast.project, "two")
    judge(session, first.id, cast.ana, now=NOON)
    must_take(session, cast.project, cast.ana, NOON + timedelta(minutes=2))
    assert slots.release_expired(session, cast.project.id, LATER, limit=1) == 1
    assert _state(session, first, cast.beto) == State.RELEASED
    assert _state(session, second, cast.ana) == State.LEASED


def test_leases_of_another_project_stay(session: Session, cast: Cast) -> None:
    item = _held(session, cast.other_project, cast.dora)
    assert slots.release_expired(session, cast.project.id, LATER) == 0
    assert _state(session, item, cast.dora) == State.LEASED


def test_all_leases_of_a_person_are_given_back_at_once(session: Session, cast: Cast) -> None:
    here = _held(session, cast.project, cast.ana)
    must_take(session, cast.project, cast.beto, NOON)
    projects.add_member(session, cast.other_project, cast.ana, role="reviewer", now=NOON)
    there = _held(session, cast.other_project, cast.ana)
    assert slots.release_all(session, cast.ana.id, NOON) == 2
    assert [_state(session, item, cast.ana) for item in (here, there)] == [State.RELEASED] * 2
    assert _state(session, here, cast.beto) == State.LEASED
    assert _adds_up(session, here)
    assert _adds_up(session, there)
    assert slots.release_all(session, cast.ana.id, NOON) == 0


def test_leases_of_a_person_are_given_back_on_one_project(session: Session, cast: Cast) -> None:
    here = _held(session, cast.project, cast.ana)
    projects.add_member(session, cast.other_project, cast.ana, role="reviewer", now=NOON)
    there = _held(session, cast.other_project, cast.ana)
    assert slots.release_all(session, cast.ana.id, NOON, cast.project.id) == 1
    assert _state(session, here, cast.ana) == State.RELEASED
    assert _state(session, there, cast.ana) == State.LEASED


def test_only_who_is_on_a_project_has_a_place_to_lock(session: Session, cast: Cast) -> None:
    def locked(who: User) -> bool:
        return slots.lock_member(session, cast.project.id, who.id, wait=True)

    assert locked(cast.ana)
    assert not locked(cast.dora)
    projects.remove_member(session, cast.project, cast.ana, now=NOON)
    assert not locked(cast.ana)


def test_an_item_is_locked_as_it_is_now(session: Session, cast: Cast) -> None:
    one = _item(session, cast.project, "one")
    slots.take(session, one.id)
    locked = slots.lock_item(session, one.id)
    assert (locked.id, locked.slots_left) == (one.id, 1)
    with pytest.raises(NotFound):
        slots.lock_item(session, 999_999)


def test_there_is_no_assignment_to_lock_where_nobody_met(session: Session, cast: Cast) -> None:
    item = _held(session, cast.project, cast.ana)
    assert slots.lock_assignment(session, item.id, cast.beto.id) is None
    met = slots.lock_assignment(session, item.id, cast.ana.id)
    assert met is not None
    assert met.state == State.LEASED


def test_without_a_cursor_a_reviewer_looks_from_the_head_again(
    session: Session, cast: Cast
) -> None:
    for project, who in (
        (cast.project, cast.ana), (cast.project, cast.beto), (cast.other_project, cast.dora),
    ):  # fmt: skip
        _item(session, project, f"for {who.name}")
        must_take(session, project, who, NOON)
    here, there = cast.project.id, cast.other_project.id
    assert _cursors(session) == {(here, cast.ana.id), (here, cast.beto.id), (there, cast.dora.id)}
    slots.reset_cursors(session, user_id=cast.ana.id)
    assert _cursors(session) == {(here, cast.beto.id), (there, cast.dora.id)}
    slots.reset_cursors(session, project_id=here)
    assert _cursors(session) == {(there, cast.dora.id)}


def test_an_item_that_opens_again_behind_a_cursor_is_found(session: Session, cast: Cast) -> None:
    item = make_item(session, cast.project, "full", wanted=1, slots_left=0)
    judge(session, _held(session, cast.project, cast.ana, "two").id, cast.ana, now=NOON)
    assert take(session, cast.project, cast.ana, NOON) is None
    item.wanted, item.slots_left = 2, 2
    session.flush()
    slots.reset_cursors(session, project_id=cast.project.id)
    assert must_take(session, cast.project, cast.ana, NOON).item_id == item.id

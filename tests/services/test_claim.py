from datetime import timedelta

from sqlalchemy.orm import Session

from tests.cast import Cast, make_item
from workbench.db import now
from workbench.models import Item, State, User
from workbench.services.claim import Reviewer, claim

HOUR = timedelta(hours=1)


def _claim(session: Session, cast: Cast, who: User) -> int | None:
    reviewer = Reviewer(who.id, tuple(who.speaks))
    lease = claim(session, cast.project, reviewer, now(session), HOUR)
    return lease.item_id if lease else None


def test_the_first_item_of_the_queue_is_given_first(session: Session, cast: Cast) -> None:
    first = make_item(session, cast.project, "one")
    make_item(session, cast.project, "two")
    assert _claim(session, cast, cast.ana) == first.id


def test_asking_again_gives_the_item_that_is_held(session: Session, cast: Cast) -> None:
    make_item(session, cast.project, "one")
    make_item(session, cast.project, "two")
    assert _claim(session, cast, cast.ana) == _claim(session, cast, cast.ana)


def test_a_lease_takes_a_slot(session: Session, cast: Cast) -> None:
    item = make_item(session, cast.project, "one")
    _claim(session, cast, cast.ana)
    session.expire_all()
    assert session.get_one(Item, item.id).slots_left == cast.project.overlap - 1


def test_items_in_a_language_one_does_not_speak_are_never_given(
    session: Session, cast: Cast
) -> None:
    make_item(session, cast.project, "uno", language="es")
    english = make_item(session, cast.project, "one")
    assert _claim(session, cast, cast.beto) == english.id


def test_a_full_item_is_given_to_nobody_else(session: Session, cast: Cast) -> None:
    item = make_item(session, cast.project, "one", wanted=1, slots_left=1)
    assert _claim(session, cast, cast.ana) == item.id
    assert _claim(session, cast, cast.beto) is None


def test_a_lease_that_ran_out_gives_its_item_to_another(session: Session, cast: Cast) -> None:
    item = make_item(session, cast.project, "one", wanted=1, slots_left=1)
    held = claim(session, cast.project, Reviewer(cast.ana.id, ("en",)), now(session), -HOUR)
    assert held is not None
    assert _claim(session, cast, cast.beto) == item.id
    session.expire_all()
    assert held.state == State.RELEASED


def test_items_of_another_project_are_never_given(session: Session, cast: Cast) -> None:
    make_item(session, cast.other_project, "one")
    assert _claim(session, cast, cast.ana) is None


def test_the_order_of_responses_is_its_own_for_each_reviewer(session: Session, cast: Cast) -> None:
    for n in range(12):
        make_item(session, cast.project, f"item {n}")
    orders = set()
    for _ in range(12):
        lease = claim(session, cast.project, Reviewer(cast.ana.id, ("en",)), now(session), HOUR)
        assert lease is not None
        orders.add(tuple(lease.shown))
        lease.state, lease.expires_at = State.SKIPPED, None
        session.flush()
    assert orders == {("a", "b"), ("b", "a")}

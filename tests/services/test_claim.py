"""The next item for a reviewer."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take, take
from tests.support.heard import check_seeks, heard
from workbench.db import now
from workbench.models import Assignment, Item, QueueCursor, State, User
from workbench.services import projects, slots
from workbench.services.claim import Reviewer, claim, shown_order
from workbench.services.leave_item import skip

HOUR = timedelta(hours=1)


def _claim(session: Session, cast: Cast, who: User) -> int | None:
    reviewer = Reviewer(who.id, tuple(who.speaks))
    lease = claim(session, cast.project, reviewer, now(session), HOUR)
    return lease.item_id if lease else None


class TestWhichItem:
    def test_the_first_item_of_the_queue_is_given_first(self, session: Session, cast: Cast) -> None:
        first = make_item(session, cast.project, "one")
        make_item(session, cast.project, "two")
        assert _claim(session, cast, cast.ana) == first.id

    def test_the_item_that_waited_longest_comes_first_whatever_its_language(
        self, session: Session, cast: Cast
    ) -> None:
        spanish = make_item(session, cast.project, "uno", language="es")
        english = make_item(session, cast.project, "one", language="en")
        assert _claim(session, cast, cast.ana) == spanish.id
        judge(session, spanish.id, cast.ana)
        assert _claim(session, cast, cast.ana) == english.id

    def test_asking_again_gives_the_item_that_is_held(self, session: Session, cast: Cast) -> None:
        make_item(session, cast.project, "one")
        make_item(session, cast.project, "two")
        assert _claim(session, cast, cast.ana) == _claim(session, cast, cast.ana)

    def test_items_in_a_language_one_does_not_speak_are_never_given(
        self, session: Session, cast: Cast
    ) -> None:
        make_item(session, cast.project, "uno", language="es")
        english = make_item(session, cast.project, "one")
        assert _claim(session, cast, cast.beto) == english.id

    @pytest.mark.parametrize(
        ("language", "speaks"), [("es-CO", "es"), ("es", "es-CO"), ("es-CO", "es-MX")]
    )
    def test_regions_of_a_language_do_not_matter(
        self, session: Session, cast: Cast, language: str, speaks: str
    ) -> None:
        item = make_item(session, cast.project, "uno", language=language)
        reviewer = Reviewer(cast.ana.id, (speaks, "es"))
        lease = claim(session, cast.project, reviewer, now(session), HOUR)
        assert lease is not None
        assert lease.item_id == item.id

    def test_items_of_another_project_are_never_given(self, session: Session, cast: Cast) -> None:
        make_item(session, cast.other_project, "one")
        assert _claim(session, cast, cast.ana) is None

    def test_a_full_item_is_given_to_nobody_else(self, session: Session, cast: Cast) -> None:
        item = make_item(session, cast.project, "one", wanted=1, slots_left=1)
        assert _claim(session, cast, cast.ana) == item.id
        assert _claim(session, cast, cast.beto) is None

    def test_nobody_is_given_what_they_judged_or_skipped(
        self, session: Session, cast: Cast
    ) -> None:
        judged = make_item(session, cast.project, "one")
        skipped = make_item(session, cast.project, "two")
        assert _claim(session, cast, cast.ana) == judged.id
        judge(session, judged.id, cast.ana)
        assert _claim(session, cast, cast.ana) == skipped.id
        skip(session, skipped.id, cast.ana.id, "no", now(session))
        assert _claim(session, cast, cast.ana) is None

    def test_a_slot_that_came_back_is_found_behind_where_one_has_come(
        self, session: Session, cast: Cast
    ) -> None:
        item = make_item(session, cast.project, "one", wanted=1, slots_left=1)
        later = make_item(session, cast.project, "two", wanted=1, slots_left=1)
        assert _claim(session, cast, cast.beto) == item.id
        assert _claim(session, cast, cast.ana) == later.id
        judge(session, later.id, cast.ana)
        skip(session, item.id, cast.beto.id, "no", now(session))
        assert _claim(session, cast, cast.ana) == item.id


class TestWho:
    def test_someone_of_another_project_is_given_nothing(
        self, session: Session, cast: Cast
    ) -> None:
        make_item(session, cast.project, "one")
        assert _claim(session, cast, cast.dora) is None

    def test_someone_who_left_is_given_nothing_until_they_are_back(
        self, session: Session, cast: Cast
    ) -> None:
        item = make_item(session, cast.project, "one")
        projects.remove_member(session, cast.project, cast.ana, now=now(session))
        assert _claim(session, cast, cast.ana) is None
        projects.add_member(session, cast.project, cast.ana, role="reviewer", now=now(session))
        assert _claim(session, cast, cast.ana) == item.id


class TestLease:
    def test_a_lease_takes_a_slot(self, session: Session, cast: Cast) -> None:
        item = make_item(session, cast.project, "one")
        _claim(session, cast, cast.ana)
        session.expire_all()
        assert session.get_one(Item, item.id).slots_left == cast.project.overlap - 1

    def test_it_starts_when_the_item_is_shown_and_again_when_it_is_shown_again(
        self, session: Session, cast: Cast
    ) -> None:
        make_item(session, cast.project, "one")
        lease = must_take(session, cast.project, cast.ana, NOON)
        assert lease.expires_at == NOON + HOUR
        again = must_take(session, cast.project, cast.ana, NOON + 2 * HOUR)
        assert again.expires_at == NOON + 3 * HOUR

    def test_one_that_ran_out_gives_its_item_to_another(self, session: Session, cast: Cast) -> None:
        item = make_item(session, cast.project, "one", wanted=1, slots_left=1)
        held = take(session, cast.project, cast.ana, lease=-HOUR)
        assert held is not None
        assert _claim(session, cast, cast.beto) == item.id
        session.expire_all()
        assert held.state == State.RELEASED

    def test_one_that_ran_out_is_renewed_while_nobody_else_asks(
        self, session: Session, cast: Cast
    ) -> None:
        item = make_item(session, cast.project, "one", wanted=1, slots_left=1)
        take(session, cast.project, cast.ana, lease=-HOUR)
        assert _claim(session, cast, cast.ana) == item.id
        assert _claim(session, cast, cast.beto) is None

    def test_one_that_ran_out_may_come_back_to_the_same_reviewer_with_the_same_order(
        self, session: Session, cast: Cast
    ) -> None:
        item = make_item(session, cast.project, "one")
        first = must_take(session, cast.project, cast.ana, NOON)
        shown = list(first.shown)
        slots.release_expired(session, cast.project.id, NOON + 2 * HOUR)
        again = must_take(session, cast.project, cast.ana, NOON + 2 * HOUR)
        assert (again.item_id, again.shown, again.state) == (item.id, shown, State.LEASED)

    def test_ever_so_many_that_ran_out_do_not_hide_the_one_that_is_for_this_reviewer(
        self, session: Session, cast: Cast
    ) -> None:
        for n in range(60):
            item = make_item(session, cast.project, f"item {n}", wanted=1, slots_left=0)
            if n < 59:
                session.add(_met(cast, item.id, cast.ana, State.SKIPPED))
            session.add(_met(cast, item.id, cast.beto, State.LEASED, NOON + n * HOUR / 60))
        session.flush()
        given = take(session, cast.project, cast.ana, NOON + 2 * HOUR)
        assert given is not None
        assert given.item_id == item.id


def _met(cast: Cast, item_id: int, who: User, state: State, expires: object = None) -> Assignment:
    return Assignment(
        item_id=item_id, user_id=who.id, project_id=cast.project.id, state=state,
        expires_at=expires, shown=["a", "b"], created_at=NOON, updated_at=NOON,
    )  # fmt: skip


class TestOrderOfResponses:
    def test_it_is_its_own_for_each_reviewer_and_item(self, session: Session, cast: Cast) -> None:
        items = [make_item(session, cast.project, f"item {n}") for n in range(12)]
        for who in (cast.ana.id, cast.beto.id):
            orders = {tuple(shown_order(cast.project.seed, item, who)) for item in items}
            assert orders == {("a", "b"), ("b", "a")}

    def test_it_can_be_told_again_from_the_seed_alone(self, session: Session, cast: Cast) -> None:
        item = make_item(session, cast.project, "one")
        lease = must_take(session, cast.project, cast.ana)
        assert lease.shown == shown_order(cast.project.seed, item, cast.ana.id)
        many = make_item(
            session, cast.project, "many",
            responses=[{"id": letter, "text": letter} for letter in "abcdefgh"],
        )  # fmt: skip
        orders = {tuple(shown_order(str(seed), many, cast.ana.id)) for seed in range(20)}
        assert len(orders) > 15


class TestCost:
    def test_what_one_has_done_is_not_read_again(self, session: Session, cast: Cast) -> None:
        """The same statements, and no more rows, after many judgments as after none."""
        for n in range(40):
            make_item(session, cast.project, f"item {n}")
        counts = []
        for _ in range(30):
            with heard(session) as statements:
                lease = must_take(session, cast.project, cast.ana)
            counts.append(len(statements))
            judge(session, lease.item_id, cast.ana)
        assert 5 < counts[5] == counts[-1]
        cursor = session.scalars(select(QueueCursor.queue_key)).one()
        last = select(Item.queue_key).join(Assignment, Assignment.item_id == Item.id)
        assert cursor == session.scalars(last.order_by(Item.queue_key.desc())).first()

    @pytest.mark.parametrize("either_url", ["sqlite"], indirect=True)
    def test_the_next_item_is_found_by_its_index(self, session: Session, cast: Cast) -> None:
        """A server plans for the rows it has, so only SQLite's plan is told from here."""
        make_item(session, cast.project, "one")
        _claim(session, cast, cast.ana)
        judge(session, 1, cast.ana)
        make_item(session, cast.project, "two")
        with heard(session) as asked:
            _claim(session, cast, cast.ana)
        check_seeks(session, asked)

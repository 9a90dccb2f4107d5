"""What one reviewer did of late, and how it stands to what others said."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take
from workbench.models import Escalation, User
from workbench.queries import my_work
from workbench.queries.my_work import Done
from workbench.services import accounts, projects
from workbench.services.guideline import Draft, publish
from workbench.services.leave_item import escalate
from workbench.services.resolve import resolve

BOGOTA = ZoneInfo("America/Bogota")
DAY = timedelta(days=1)


def judged(session: Session, cast: Cast, who: User, when: object) -> int:
    item = must_take(session, cast.project, who, when)  # type: ignore[arg-type]
    judge(session, item.item_id, who, now=when)  # type: ignore[arg-type]
    return item.item_id


def all_judge(session: Session, cast: Cast, name: str, **first: str) -> None:
    """Ana, Beto and Carla judge one item, and say who is better there."""
    item = make_item(session, cast.project, name, wanted=3, slots_left=3)
    carla = session.scalars(select(User).where(User.name == "carla")).one_or_none()
    if carla is None:
        carla = accounts.create_user(
            session, name="carla", role="reviewer", now=NOON, speaks=("en",)
        )
        projects.add_member(session, cast.project, carla, role="reviewer", now=NOON)
    for person in (cast.ana, cast.beto, carla)[: len(first)]:
        must_take(session, cast.project, person, NOON)
        judge(session, item.id, person, first[person.name], now=NOON)


class TestWeek:
    def test_judgments_and_time_fall_to_the_days_of_ones_own_zone(
        self, session: Session, cast: Cast
    ) -> None:
        for n in range(3):
            make_item(session, cast.project, f"item {n}")
        # 02:00 UTC is the evening before in Bogotá.
        night = NOON.replace(hour=2)
        judged(session, cast, cast.ana, night)
        judged(session, cast, cast.ana, NOON)
        judged(session, cast, cast.ana, NOON)
        found = my_work.week(session, cast.ana.id, NOON, BOGOTA)
        assert [done.judged for _, done in found.days] == [0, 0, 0, 0, 0, 1, 2]
        assert found.days[-1][0] == NOON.date()
        assert found.whole == Done(3, 12.0)
        assert found.projects == {cast.project.id: Done(3, 12.0)}

    def test_what_is_older_is_left_out_and_others_work_too(
        self, session: Session, cast: Cast
    ) -> None:
        for n in range(2):
            make_item(session, cast.project, f"item {n}")
        judged(session, cast, cast.ana, NOON - 8 * DAY)
        judged(session, cast, cast.beto, NOON)
        assert my_work.week(session, cast.ana.id, NOON, BOGOTA).whole == Done()


class TestAnswered:
    def test_what_a_lead_settled_comes_back_with_the_note_to_who_asked(
        self, session: Session, cast: Cast
    ) -> None:
        make_item(session, cast.project, "hard")
        item = must_take(session, cast.project, cast.ana, NOON)
        escalate(session, item.item_id, cast.ana.id, "Is this irony?", NOON)
        [asked] = session.scalars(select(Escalation)).all()
        assert my_work.answered(session, cast.ana.id, NOON - DAY) == []
        resolve(session, asked.id, cast.luz.id, "answered", "It is: see point 4.", NOON)
        [found] = my_work.answered(session, cast.ana.id, NOON - DAY)
        assert (found.item_id, found.outcome, found.note) == (
            item.item_id,
            "answered",
            "It is: see point 4.",
        )
        assert my_work.answered(session, cast.beto.id, NOON - DAY) == []
        assert my_work.answered(session, cast.ana.id, NOON + DAY) == []


class TestWithOthers:
    def test_it_is_told_when_enough_others_judged_enough_items(
        self, session: Session, cast: Cast
    ) -> None:
        for n in range(my_work.ENOUGH_ITEMS - 1):
            all_judge(session, cast, f"same {n}", ana="a", beto="a", carla="a")
        assert my_work.with_others(session, cast.project, cast.ana.id) is None
        all_judge(session, cast, "different", ana="a", beto="b", carla="a")
        found = my_work.with_others(session, cast.project, cast.ana.id)
        assert found is not None
        assert found.items == my_work.ENOUGH_ITEMS
        # 9 items x 2 others agree, and 1 of 2 on the last.
        assert found.agreement == pytest.approx(19 / 20)

    def test_one_other_is_not_enough_since_their_answer_would_be_told(
        self, session: Session, cast: Cast
    ) -> None:
        for n in range(my_work.ENOUGH_ITEMS + 2):
            all_judge(session, cast, f"item {n}", ana="a", beto="b")
        assert my_work.with_others(session, cast.project, cast.ana.id) is None

    def test_without_a_judgment_there_is_none(self, session: Session, cast: Cast) -> None:
        make_item(session, cast.project, "one")
        assert my_work.with_others(session, cast.project, cast.ana.id) is None


class TestNews:
    def test_new_guidelines_of_ones_projects_newest_first(
        self, session: Session, cast: Cast
    ) -> None:
        for day in (0, 1):
            at = NOON + day * DAY
            publish(session, cast.project, Draft(f"{day}", f"{day}"), now=at)
        publish(session, cast.other_project, Draft("x", "x"), now=NOON)
        found = my_work.new_guidelines(session, cast.ana.id, NOON)
        assert [(row.slug, row.version) for row in found] == [("main", 2), ("main", 1)]
        assert my_work.new_guidelines(session, cast.ana.id, NOON + 2 * DAY) == []

    def test_only_projects_that_one_reviews_on(self, session: Session, cast: Cast) -> None:
        found = my_work.reviewed_projects(session, cast.ana.id)
        assert [project.slug for project in found] == ["main"]
        assert my_work.reviewed_projects(session, cast.luz.id) == []

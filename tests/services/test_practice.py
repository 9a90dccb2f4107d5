"""Practice: rounds, right and wrong, who is let in, and that nobody else is given a live item."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_item
from tests.flows.acts import judge, must_take, prefers, stored, take
from tests.practice_lines import bring_in, practice_line
from workbench.db import now as database_now
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import (
    Assignment,
    AuditEntry,
    PracticeAnswer,
    PracticeItem,
    PracticeRound,
    Project,
    Qualification,
    ReviewerCare,
    State,
    User,
)
from workbench.queries.agreement import agreement
from workbench.queries.practice import course, feedback, must_practise
from workbench.queries.practice_team import people
from workbench.services import practice, practice_items, qualify
from workbench.services.claim import Reviewer, keep_ready, show
from workbench.services.undo import undo

HOUR = timedelta(hours=1)


@pytest.fixture
def asked(session: Session, cast: Cast) -> Project:
    """The project `main` with an item of its own and two to practise on, of which all must be
    right."""
    make_item(session, cast.project, "live")
    bring_in(session, cast.project, practice_line("p1"), practice_line("p2", "b"))
    ask(session, cast)
    return session.get_one(Project, cast.project.id)


def ask(session: Session, cast: Cast, percent: int | None = 100, *, excuse: bool = True) -> int:
    now = database_now(session)
    return qualify.set_pass_mark(
        session, cast.project, percent, now=now, actor=cast.luz.id, excuse=excuse
    )


def begin(session: Session, project: Project, who: User) -> PracticeRound:
    found = practice.begin(session, project, who.id, database_now(session))
    assert found is not None
    return found


def say(
    session: Session, project: Project, who: User, practised: PracticeRound, item: int, best: str
) -> PracticeRound:
    now = database_now(session)
    answer = {**prefers(best), "strength": 2}
    return practice.answer(session, project, who.id, practised.number, item, answer, now)


def go_through(session: Session, project: Project, who: User, *, right: bool) -> PracticeRound:
    """A whole round, rightly or with every answer wrong."""
    practised = begin(session, project, who)
    while (item := course(session, practised).next) is not None:
        expected = session.get_one(PracticeItem, item).expected["tiers"][0][0]
        best = expected if right else "ab".replace(expected, "")
        say(session, project, who, practised, item, best)
    return practised


class TestRounds:
    def test_each_round_asks_every_item_once_in_an_order_that_stays(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        bring_in(session, asked, *(practice_line(f"more-{n}") for n in range(6)))
        first = begin(session, asked, cast.ana)
        assert begin(session, asked, cast.ana).id == first.id
        present = set(session.scalars(select(PracticeItem.id)))
        assert set(first.items) == present
        assert len(first.items) == len(present) == 8
        go_through(session, asked, cast.ana, right=False)
        second = begin(session, asked, cast.ana)
        assert second.number == 2
        assert sorted(second.items) == sorted(first.items)
        assert second.items != first.items

    def test_only_items_in_languages_one_speaks_are_asked(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        bring_in(session, asked, practice_line("p-es", language="es-CO"))
        assert len(begin(session, asked, cast.ana).items) == 3
        assert len(begin(session, asked, cast.beto).items) == 2

    def test_nobody_is_asked_what_they_declined(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        bring_in(session, asked, practice_line("p-harm", harm="vcr"))
        practised = begin(session, asked, cast.ana)
        assert len(course(session, practised).items) == 3
        session.add(ReviewerCare(user_id=cast.ana.id, declined=["vcr"], severe=0, others=0))
        session.flush()
        assert len(course(session, practised).items) == 2

    def test_a_round_that_was_passed_lets_in(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        assert must_practise(session, asked, cast.ana.id)
        practised = go_through(session, asked, cast.ana, right=True)
        assert practised.passed
        assert (practised.right, practised.asked, practised.pass_mark) == (2, 2, 100)
        assert not must_practise(session, asked, cast.ana.id)
        assert practice.begin(session, asked, cast.ana.id, database_now(session)) is None
        assert must_practise(session, asked, cast.beto.id)

    def test_a_round_that_was_not_passed_asks_for_another(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        practised = go_through(session, asked, cast.ana, right=False)
        assert not practised.passed
        assert (practised.right, practised.asked) == (0, 2)
        assert must_practise(session, asked, cast.ana.id)
        assert go_through(session, asked, cast.ana, right=True).number == 2
        assert not must_practise(session, asked, cast.ana.id)

    @pytest.mark.parametrize(("mark", "passes"), [(50, True), (51, False)])
    def test_the_pass_mark_itself_is_enough(
        self, session: Session, cast: Cast, asked: Project, mark: int, passes: bool
    ) -> None:
        ask(session, cast, mark)
        practised = begin(session, asked, cast.ana)
        for item in practised.items:
            say(session, asked, cast.ana, practised, item, "a")
        assert practised.right == 1
        assert practised.passed is passes


class TestAnswers:
    def test_the_first_answer_to_an_item_of_a_round_is_the_one_that_counts(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        practised = begin(session, asked, cast.ana)
        item = practised.items[0]
        for best in ("a", "b", "a"):
            say(session, asked, cast.ana, practised, item, best)
        [stored] = session.scalars(select(PracticeAnswer))
        assert stored.answer["tiers"] == [["a"], ["b"]]
        assert course(session, practised).next == practised.items[1]

    def test_the_feedback_shows_both_answers_by_letters_without_a_model(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        practised = begin(session, asked, cast.ana)
        item = practised.items[0]
        say(session, asked, cast.ana, practised, item, "a")
        found = feedback(session, asked, practised, item)
        row = session.get_one(PracticeItem, item)
        text = {response["id"]: response["text"] for response in row.responses}
        by_letter = {response.id: response.text for response in found.item.responses}
        assert by_letter[found.given["tiers"][0][0]] == text["a"]
        assert by_letter[found.expected["tiers"][0][0]] == text[row.expected["tiers"][0][0]]
        assert {response.model for response in found.item.responses} == {""}
        assert found.right is (row.expected["tiers"][0] == ["a"])
        assert found.why == row.why

    def test_what_is_not_of_the_round_is_not_found(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        practised = begin(session, asked, cast.ana)
        bring_in(session, asked, practice_line("later"))
        later = session.scalars(select(PracticeItem.id)).all()[-1]
        with pytest.raises(NotFound):
            say(session, asked, cast.ana, practised, later, "a")
        with pytest.raises(NotFound):
            say(session, asked, cast.beto, practised, practised.items[0], "a")

    def test_who_is_let_in_meanwhile_need_not_answer(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        practised = begin(session, asked, cast.ana)
        qualify.let_in(session, asked, cast.ana.id, now=database_now(session), actor=cast.luz.id)
        with pytest.raises(Conflict):
            say(session, asked, cast.ana, practised, practised.items[0], "a")
        assert practised.ended_at is not None
        assert not practised.passed


class TestTheDoor:
    def test_no_service_gives_a_live_item_before(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        now = database_now(session)
        reviewer = Reviewer(cast.ana.id, tuple(cast.ana.speaks))
        live = make_item(session, cast.project, "live-2")
        assert take(session, asked, cast.ana) is None
        assert keep_ready(session, asked, reviewer, now, HOUR, showing=None) is None
        assert show(session, asked, reviewer, now, HOUR, item_id=live.id) is None
        with pytest.raises(Conflict):
            undo(session, asked.id, cast.ana.id, now, HOUR)
        assert session.scalar(select(func.count()).select_from(Assignment)) == 0
        go_through(session, asked, cast.ana, right=True)
        assert take(session, asked, cast.ana) is not None

    def test_what_was_held_before_can_be_answered_but_is_not_shown_again(
        self, session: Session, cast: Cast
    ) -> None:
        make_item(session, cast.project, "one")
        make_item(session, cast.project, "two")
        held = must_take(session, cast.project, cast.ana)
        reviewer = Reviewer(cast.ana.id, tuple(cast.ana.speaks))
        now = database_now(session)
        ready = keep_ready(session, cast.project, reviewer, now, HOUR, showing=held.item_id)
        assert ready is not None
        kept = stored(session, ready)
        bring_in(session, cast.project, practice_line("p1"))
        ask(session, cast)
        project = session.get_one(Project, cast.project.id)
        assert kept.state == State.RELEASED
        assert held.state == State.LEASED
        assert take(session, project, cast.ana) is None
        judge(session, held.item_id, cast.ana)
        session.refresh(held)
        assert held.state == State.JUDGED
        with pytest.raises(Conflict):
            undo(session, project.id, cast.ana.id, now, HOUR)

    def test_without_a_practice_item_in_ones_languages_one_is_let_through(
        self, session: Session, cast: Cast
    ) -> None:
        make_item(session, cast.project, "live")
        bring_in(session, cast.project, practice_line("p-es", language="es"))
        ask(session, cast)
        project = session.get_one(Project, cast.project.id)
        assert take(session, project, cast.beto) is not None
        assert take(session, project, cast.ana) is None
        lines = {line.name: line for line in people(session, project)}
        assert lines["beto"].nothing_for_them
        assert not lines["ana"].nothing_for_them

    def test_practice_is_in_no_figure(self, session: Session, cast: Cast, asked: Project) -> None:
        before = agreement(session, asked).as_dict()
        go_through(session, asked, cast.ana, right=False)
        go_through(session, asked, cast.beto, right=True)
        assert agreement(session, asked).as_dict() == before
        assert session.scalar(select(func.count()).select_from(Assignment)) == 0


class TestLeads:
    def test_a_pass_mark_needs_practice_items_and_is_a_percentage(
        self, session: Session, cast: Cast
    ) -> None:
        for percent in (70, 0, 101):
            with pytest.raises(Invalid) as refused:
                ask(session, cast, percent)
            assert list(refused.value.errors) == ["pass_mark"]
        ask(session, cast, None)
        assert session.get_one(Project, cast.project.id).practice_pass_mark is None

    @pytest.mark.parametrize("excuse", [True, False])
    def test_who_has_judged_before_need_not_practise_where_that_is_said(
        self, session: Session, cast: Cast, excuse: bool
    ) -> None:
        make_item(session, cast.project, "one")
        judge(session, must_take(session, cast.project, cast.ana).item_id, cast.ana)
        bring_in(session, cast.project, practice_line("p1"))
        assert ask(session, cast, 50, excuse=excuse) == int(excuse)
        project = session.get_one(Project, cast.project.id)
        assert must_practise(session, project, cast.ana.id) is not excuse
        assert must_practise(session, project, cast.beto.id)
        assert ask(session, cast, 60, excuse=excuse) == 0

    def test_a_lead_lets_in_and_sends_back_and_both_are_in_the_trail(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        now = database_now(session)
        for _ in range(2):
            qualify.let_in(session, asked, cast.ana.id, now=now, actor=cast.luz.id)
        assert not must_practise(session, asked, cast.ana.id)
        for _ in range(2):
            qualify.send_back(session, asked, cast.ana.id, now=now, actor=cast.luz.id)
        assert must_practise(session, asked, cast.ana.id)
        go_through(session, asked, cast.ana, right=True)
        rows = session.scalars(select(Qualification).order_by(Qualification.id)).all()
        assert [(row.how, row.revoked_at is None) for row in rows] == [
            ("lead", False),
            ("passed", True),
        ]
        trail = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.like("practice.%"))
        ).all()
        assert list(trail) == [
            "practice.items",
            "practice.pass_mark",
            "practice.let_in",
            "practice.send_back",
            "practice.pass",
        ]

    def test_only_reviewers_of_the_project_are_let_in_and_only_where_practice_is_asked(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        now = database_now(session)
        for who in (cast.dora, cast.luz):
            with pytest.raises(NotFound):
                qualify.let_in(session, asked, who.id, now=now, actor=cast.luz.id)
        ask(session, cast, None)
        with pytest.raises(Conflict):
            qualify.send_back(session, asked, cast.ana.id, now=now, actor=cast.luz.id)

    def test_an_item_that_is_taken_out_counts_no_more_and_may_end_a_round(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        practised = begin(session, asked, cast.ana)
        first, second = practised.items
        expected = session.get_one(PracticeItem, first).expected["tiers"][0][0]
        say(session, asked, cast.ana, practised, first, expected)
        retire(session, cast, asked, second)
        assert (practised.right, practised.asked) == (1, 1)
        assert not must_practise(session, asked, cast.ana.id)
        with pytest.raises(Conflict):
            say(session, asked, cast.ana, practised, second, "a")

    def test_the_last_one_stays_while_practice_is_asked_for(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        first, second = session.scalars(select(PracticeItem.id)).all()
        retire(session, cast, asked, first)
        retire(session, cast, asked, first)
        with pytest.raises(Conflict):
            retire(session, cast, asked, second)
        ask(session, cast, None)
        retire(session, cast, asked, second)
        with pytest.raises(NotFound):
            retire(session, cast, cast.other_project, second)

    def test_the_list_of_people_says_where_each_is(
        self, session: Session, cast: Cast, asked: Project
    ) -> None:
        practised = begin(session, asked, cast.ana)
        wrong = session.get_one(PracticeItem, practised.items[0]).expected["tiers"][1][0]
        say(session, asked, cast.ana, practised, practised.items[0], wrong)
        go_through(session, asked, cast.beto, right=True)
        ana, beto = people(session, asked)
        assert (ana.how, ana.answered, ana.asked, ana.right) == (None, 1, 2, 0)
        assert (beto.how, beto.answered, beto.asked, beto.right) == ("passed", None, 2, 2)


def retire(session: Session, cast: Cast, project: Project, item: int) -> None:
    practice_items.retire(session, project, item, now=database_now(session), actor=cast.luz.id)

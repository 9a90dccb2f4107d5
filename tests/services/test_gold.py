"""Gold and silent repeats: given as copies, held against what is known, and in no figure else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take, prefers, take
from tests.practice_lines import bring_in, practice_line
from workbench.db import Database
from workbench.db import now as database_now
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import (
    Adjudication,
    Assignment,
    Copy,
    Gold,
    GoldCheck,
    Item,
    Project,
    Settled,
    State,
    User,
)
from workbench.queries import gold as known
from workbench.queries.agreement import agreement
from workbench.queries.export import judged_items, watermark
from workbench.queries.practice import must_practise
from workbench.queries.progress import totals
from workbench.queries.sources import standing
from workbench.queries.verify import verify
from workbench.services import gold, qualify
from workbench.services.adjudicate import Decision, adjudicate
from workbench.services.gold import Known, Settings
from workbench.services.leave_item import skip
from workbench.services.projects import change_overlap
from workbench.services.slots import release_expired
from workbench.services.undo import undo

HOUR = timedelta(hours=1)


@pytest.fixture
def project(session: Session, cast: Cast) -> Project:
    """The project `main` with twenty items to judge."""
    for number in range(20):
        make_item(session, cast.project, f"item-{number:02}")
    return session.get_one(Project, cast.project.id)


def gild(session: Session, project: Project, name: str, best: str = "a", note: str = "") -> Item:
    """Make an item that is gold, with response `best` first."""
    item = make_item(session, project, name)
    said = Known(prefers(best), 1, note)
    gold.mark(session, project, item.id, said, now=database_now(session), actor=None)
    return item


def always(project: Project, kind: Copy = Copy.GOLD) -> None:
    """Have every item that can be a hidden one be one."""
    project.gold_percent = 100 if kind is Copy.GOLD else 0
    project.repeat_percent = 100 if kind is Copy.REPEAT else 0


def given(session: Session, project: Project, who: User) -> Item:
    return must_take(session, project, who).item


def slots_hold(session: Session) -> bool:
    return not [each for each in verify(session, "k" * 96) if each.rule == "slots"]


class TestMarking:
    def test_an_item_that_is_gold_is_given_to_nobody_as_itself(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        item = gild(session, project, "known")
        assert item.is_gold
        assert (item.wanted, item.slots_left) == (0, 0)
        for _ in range(20):
            lease = must_take(session, project, cast.ana)
            assert lease.item_id != item.id
            judge(session, lease.item_id, cast.ana)
        assert take(session, project, cast.ana) is None

    def test_what_was_judged_or_is_on_a_screen_stays(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        lease = must_take(session, project, cast.ana)
        gold.mark(session, project, lease.item_id, Known(prefers("a"), 1),
                  now=NOON, actor=cast.luz.id)  # fmt: skip
        assert (lease.item.wanted, lease.item.slots_left) == (1, 0)
        judge(session, lease.item_id, cast.ana)
        assert slots_hold(session)

    def test_what_leads_decided_is_taken_over(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        lease = must_take(session, project, cast.ana)
        with pytest.raises(Conflict, match="decided"):
            gold.mark_decided(session, project, lease.item_id, now=NOON, actor=cast.luz.id)
        decided = adjudicate(
            session,
            Decision(lease.item_id, cast.luz.id, Settled.ANSWERED, answer=prefers("b"), note="So."),
            NOON,
        )
        row = gold.mark_decided(session, project, lease.item_id, now=NOON, actor=cast.luz.id)
        assert (row.answer, row.note) == (prefers("b"), "So.")
        assert session.get_one(Adjudication, row.adjudication_id).id == decided.id

    def test_it_is_said_once_and_can_be_taken_back(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        item = gild(session, project, "known")
        before = known.standing(session, item.id)
        again = gold.mark(session, project, item.id, Known(prefers("a"), 1), now=NOON, actor=None)
        assert again is before
        gold.unmark(session, project, item.id, now=NOON, actor=cast.luz.id)
        gold.unmark(session, project, item.id, now=NOON, actor=cast.luz.id)
        assert known.standing(session, item.id) is None
        assert len(session.scalars(select(Gold)).all()) == 2
        assert (item.is_gold, item.wanted, item.slots_left) == (False, 2, 2)

    def test_an_answer_that_settles_nothing_is_refused(
        self, session: Session, project: Project
    ) -> None:
        item = make_item(session, project, "open")
        nothing = {
            **prefers("a"),
            "tiers": [],
            "unranked": ["a", "b"],
            "verdict": "cannot_judge",
            "reason": "?",
        }
        with pytest.raises(Invalid) as caught:
            gold.mark(session, project, item.id, Known(nothing, 1), now=NOON, actor=None)
        assert set(caught.value.errors) == {"answer"}
        wrong = {**prefers("a"), "tiers": [["a"], ["z"]]}
        with pytest.raises(Invalid) as caught:
            gold.mark(session, project, item.id, Known(wrong, 1), now=NOON, actor=None)
        assert all(name.startswith("answer.") for name in caught.value.errors)
        assert not item.is_gold

    def test_another_projects_and_a_copy_are_refused(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        item = gild(session, project, "known")
        with pytest.raises(NotFound):
            gold.mark(session, cast.other_project, item.id, Known(prefers("b"), 1),
                      now=NOON, actor=None)  # fmt: skip
        always(project)
        copy = given(session, project, cast.ana)
        with pytest.raises(Conflict, match="copy"):
            gold.mark(session, project, copy.id, Known(prefers("b"), 1), now=NOON, actor=None)

    def test_rows_are_never_changed_and_an_edit_is_found(
        self, database: Database, cast: Cast
    ) -> None:
        with database.write() as session:
            gild(session, cast.project, "known")
        for verb in ("UPDATE gold SET note = 'x'", "DELETE FROM gold"):
            with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
                session.execute(text(verb))
        with database.write() as session:
            if database.engine.dialect.name == "sqlite":
                session.execute(text("DROP TRIGGER gold_no_update"))
            else:
                session.execute(text("DROP TRIGGER gold_door ON gold"))
            session.execute(text("UPDATE gold SET note = 'x'"))
        with database.read() as session:
            found = [each for each in verify(session, "k" * 96) if each.rule == "decision"]
        assert [each.subject for each in found] == ["gold:1"]

    def test_a_new_overlap_opens_neither_gold_nor_copies(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        item = gild(session, project, "known")
        always(project)
        copy = given(session, project, cast.ana)
        change_overlap(session, project, 5, now=NOON, actor=None)
        session.refresh(item)
        session.refresh(copy)
        assert (item.wanted, item.slots_left, copy.wanted, copy.slots_left) == (0, 0, 1, 0)
        assert slots_hold(session)


class TestGiving:
    def test_a_copy_reads_as_its_original_and_is_this_persons_alone(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        item = gild(session, project, "known")
        always(project)
        copy = given(session, project, cast.ana)
        assert (copy.copy_of, copy.copy_kind, copy.copy_for) == (item.id, Copy.GOLD, cast.ana.id)
        assert (copy.prompt, copy.responses) == (item.prompt, item.responses)
        assert copy.external_id != item.external_id
        other = given(session, project, cast.beto)
        assert other.copy_of == item.id
        assert other.id != copy.id
        assert slots_hold(session)

    def test_each_is_given_once_and_then_the_queue_goes_on(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        for name in ("g1", "g2"):
            gild(session, project, name)
        always(project)
        seen = []
        for _ in range(22):
            lease = must_take(session, project, cast.ana)
            seen.append(lease.item.copy_of)
            judge(session, lease.item_id, cast.ana)
        assert len([each for each in seen if each]) == 2
        assert take(session, project, cast.ana) is None
        assert slots_hold(session)

    def test_nothing_is_hidden_where_nothing_else_waits(self, session: Session, cast: Cast) -> None:
        project = session.get_one(Project, cast.project.id)
        gild(session, project, "known")
        always(project)
        assert take(session, project, cast.ana) is None

    def test_none_is_given_where_the_project_hides_none(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        gild(session, project, "known")
        assert given(session, project, cast.ana).copy_of is None

    def test_who_judged_the_item_itself_is_not_asked_it_as_gold(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        lease = must_take(session, project, cast.ana)
        judge(session, lease.item_id, cast.ana)
        gold.mark(session, project, lease.item_id, Known(prefers("a"), 1), now=NOON, actor=None)
        always(project)
        assert given(session, project, cast.ana).copy_of is None
        assert given(session, project, cast.beto).copy_of == lease.item_id

    def test_a_copy_that_ran_out_comes_to_the_same_person_and_nobody_else(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        gild(session, project, "known")
        always(project)
        copy = given(session, project, cast.ana)
        release_expired(session, project.id, database_now(session) + 2 * HOUR)
        assert session.get_one(Assignment, (copy.id, cast.ana.id)).state == State.RELEASED
        session.refresh(copy)
        assert copy.slots_left == 1
        project.gold_percent = 0
        for _ in range(20):
            lease = must_take(session, project, cast.beto)
            assert lease.item_id != copy.id
            judge(session, lease.item_id, cast.beto)
        assert take(session, project, cast.beto) is None
        always(project)
        assert given(session, project, cast.ana).id == copy.id
        assert slots_hold(session)

    def test_it_can_be_skipped_and_undone_like_any_item(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        gild(session, project, "known")
        always(project)
        copy = given(session, project, cast.ana)
        skip(session, copy.id, cast.ana.id, "odd", NOON)
        assert undo(session, project.id, cast.ana.id, NOON, HOUR).item_id == copy.id
        judge(session, copy.id, cast.ana)
        assert undo(session, project.id, cast.ana.id, NOON, HOUR).item_id == copy.id
        assert slots_hold(session)


class TestRepeats:
    def test_what_they_judged_days_ago_comes_in_another_order(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        first = must_take(session, project, cast.ana, NOON)
        judge(session, first.item_id, cast.ana, now=NOON)
        always(project, Copy.REPEAT)
        project.repeat_after_days = 3
        soon = must_take(session, project, cast.ana, NOON + timedelta(days=2))
        assert soon.item.copy_of is None
        judge(session, soon.item_id, cast.ana, now=NOON + timedelta(days=2))
        later = must_take(session, project, cast.ana, NOON + timedelta(days=4))
        assert (later.item.copy_of, later.item.copy_kind) == (first.item_id, Copy.REPEAT)
        assert later.shown == list(reversed(first.shown))
        judge(session, later.item_id, cast.ana, now=NOON + timedelta(days=4))
        after = must_take(session, project, cast.ana, NOON + timedelta(days=4, hours=1))
        assert after.item.copy_of is None
        assert slots_hold(session)

    def test_somebody_elses_judgment_is_not_repeated(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        judge(session, must_take(session, project, cast.ana, NOON).item_id, cast.ana, now=NOON)
        always(project, Copy.REPEAT)
        lease = must_take(session, project, cast.beto, NOON + timedelta(days=9))
        assert lease.item.copy_of is None


class TestChecking:
    def test_an_answer_is_held_against_what_is_known(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        gild(session, project, "known", "a")
        always(project)
        copy = given(session, project, cast.ana)
        judge(session, copy.id, cast.ana, "a")
        judge(session, given(session, project, cast.beto).id, cast.beto, "b")
        scores = {line.user_id: line.score for line in
                  known.people(session, project.id, named=True)}  # fmt: skip
        assert (scores[cast.ana.id].hits, scores[cast.ana.id].n) == (1, 1)
        assert (scores[cast.beto.id].hits, scores[cast.beto.id].n) == (0, 1)

    def test_who_changes_their_answer_is_held_to_the_last_one_unless_they_were_told(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        gild(session, project, "known", "a")
        always(project)
        for who, told, right in ((cast.ana, False, True), (cast.beto, True, False)):
            project.gold_feedback = told
            copy = given(session, project, who)
            judge(session, copy.id, who, "b")
            judge(session, copy.id, who, "a")
            check = known.check_of(session, copy.id)
            assert check is not None
            assert check.right is right

    def test_what_was_known_wrongly_is_held_anew(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        item = gild(session, project, "known", "a")
        always(project)
        judge(session, given(session, project, cast.ana).id, cast.ana, "b")
        gold.mark(session, project, item.id, Known(prefers("b"), 1), now=NOON, actor=None)
        [line] = known.people(session, project.id, named=True)
        assert (line.score.hits, line.score.n) == (1, 1)
        assert len(session.scalars(select(GoldCheck)).all()) == 2
        gold.unmark(session, project, item.id, now=NOON, actor=None)
        assert known.people(session, project.id, named=True) == []

    def test_an_answer_taken_back_does_not_count(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        gild(session, project, "known", "a")
        always(project)
        judge(session, given(session, project, cast.ana).id, cast.ana, "b")
        undo(session, project.id, cast.ana.id, database_now(session), HOUR)
        assert known.people(session, project.id, named=True) == []


class TestFloor:
    @pytest.fixture
    def asked(self, session: Session, project: Project, cast: Cast) -> Project:
        """Practice is asked for, Ana is let in, eight items are gold, and the floor is 80 %."""
        bring_in(session, project, practice_line("p1"))
        now = database_now(session)
        qualify.set_pass_mark(session, project, 100, now=now, actor=None)
        qualify.let_in(session, project, cast.ana.id, now=now, actor=cast.luz.id)
        for number in range(8):
            gild(session, project, f"gold-{number}")
        project.gold_floor = 80
        always(project)
        return project

    def test_a_few_wrong_answers_condemn_nobody(
        self, session: Session, asked: Project, cast: Cast
    ) -> None:
        for _ in range(4):
            judge(session, given(session, asked, cast.ana).id, cast.ana, "b")
        assert not must_practise(session, asked, cast.ana.id)

    def test_who_is_surely_below_practises_and_the_lead_sees_it(
        self, session: Session, asked: Project, cast: Cast
    ) -> None:
        for _ in range(5):
            judge(session, given(session, asked, cast.ana).id, cast.ana, "b")
        assert must_practise(session, asked, cast.ana.id)
        assert take(session, asked, cast.ana) is None
        [line] = known.people(session, asked.id, named=True)
        assert line.fell_at is not None
        qualify.let_in(session, asked, cast.ana.id, now=database_now(session), actor=cast.luz.id)
        [line] = known.people(session, asked.id, named=True)
        assert line.fell_at is None
        # What was before they were let in is not held against them again.
        judge(session, given(session, asked, cast.ana).id, cast.ana, "b")
        assert not must_practise(session, asked, cast.ana.id)

    def test_who_finds_most_stays(self, session: Session, asked: Project, cast: Cast) -> None:
        for number in range(8):
            judge(session, given(session, asked, cast.ana).id, cast.ana, "ab"[number == 0])
        assert not must_practise(session, asked, cast.ana.id)

    def test_a_floor_asks_for_practice(
        self, session: Session, project: Project, cast: Cast
    ) -> None:
        settings = Settings(5, False, 80, 2, 3)
        with pytest.raises(Invalid) as caught:
            gold.change_settings(session, project, settings, now=NOON, actor=cast.luz.id)
        assert set(caught.value.errors) == {"gold_floor"}
        wrong = Settings(31, False, None, -1, 0)
        with pytest.raises(Invalid) as caught:
            gold.change_settings(session, project, wrong, now=NOON, actor=cast.luz.id)
        assert set(caught.value.errors) == {"gold_percent", "repeat_percent", "repeat_after_days"}
        good = Settings(5, True, None, 2, 7)
        gold.change_settings(session, project, good, now=NOON, actor=cast.luz.id)
        assert (project.gold_percent, project.repeat_after_days) == (5, 7)


def test_neither_gold_nor_copies_are_in_exports_agreement_or_progress(
    database: Database, cast: Cast
) -> None:
    with database.write() as session:
        project = session.get_one(Project, cast.project.id)
        for name in ("one", "two", "three"):
            make_item(session, project, name)
        for who in (cast.ana, cast.beto):
            judge(session, must_take(session, project, who, NOON).item_id, who, now=NOON)
        before = agreement(session, project), totals(session, project.id).items
        gild(session, project, "known")
        for kind in Copy:
            always(project, kind)
            for who in (cast.ana, cast.beto):
                lease = must_take(session, project, who, NOON + timedelta(days=9))
                assert lease.item.copy_kind == kind
                judge(session, lease.item_id, who, "b", now=NOON + timedelta(days=9))
        after = agreement(session, project), totals(session, project.id).items
        assert after[0] == before[0]
        assert after[1] == before[1] + 1
        assert standing(session, project.id).items == 3
        mark = watermark(session, project.id)
    names = [item.id for item, *_ in judged_items(database, project.id, mark)]
    assert names == ["one", "three", "two"]

"""A second pair of eyes: which judgments are looked at, what is said, what comes back to whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.conftest import KEY
from tests.flows.acts import judge, must_take, prefers
from workbench.db import Database
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import AuditEntry, Item, Judgment, Project, Review, Settled, User, Verdict
from workbench.queries.decisions import (
    FRESH,
    count_to_review,
    decisions_on,
    next_to_review,
    returned_note,
    returned_on,
    returned_to,
)
from workbench.services import projects
from workbench.services.adjudicate import Decision
from workbench.services.leave_item import REASON_CHARS
from workbench.services.resolve import retire
from workbench.services.review_judgment import Look, review, set_sample
from workbench.services.undo import undo

LATER = NOON + timedelta(hours=1)
EVERY = {"review_percent": 100, "review_new_percent": 100, "review_new_until": 0}


@pytest.fixture
def project(session: Session, cast: Cast) -> Project:
    """Every judgment is looked at."""
    found = session.get_one(Project, cast.project.id)
    set_sample(session, found, EVERY, now=NOON, actor=cast.luz.id)
    return found


def _judged(session: Session, cast: Cast, name: str = "one", who: User | None = None) -> Judgment:
    who = who or cast.ana
    item = make_item(session, cast.project, name)
    assert must_take(session, cast.project, who, NOON).item_id == item.id
    judge(session, item.id, who, now=NOON)
    return session.scalars(
        select(Judgment).where(Judgment.item_id == item.id, Judgment.user_id == who.id)
    ).one()


def _look(session: Session, cast: Cast, judgment: Judgment, **more: Any) -> Review:
    values: dict[str, Any] = {"verdict": Verdict.ACCEPTED, **more}
    lead, decided = values.pop("lead", cast.luz), values.pop("decided", None)
    return review(session, Look(judgment.id, lead.id, **values), LATER, decided)


def test_what_was_accepted_is_not_asked_about_again(
    session: Session, cast: Cast, project: Project
) -> None:
    judgment = _judged(session, cast)
    assert next_to_review(session, project, cast.luz.id, LATER) == judgment
    look = _look(session, cast, judgment)
    assert (look.number, look.author_id, look.verdict) == (1, cast.ana.id, "accepted")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.seq == look.audit_seq)).one()
    assert (entry.action, entry.actor_id) == ("judgment.review", cast.luz.id)
    assert next_to_review(session, project, cast.luz.id, LATER) is None
    assert count_to_review(session, project, cast.luz.id, LATER) == 0


def test_a_returned_judgment_reaches_its_author_until_they_judge_anew(
    session: Session, cast: Cast, project: Project
) -> None:
    judgment = _judged(session, cast)
    _look(session, cast, judgment, verdict=Verdict.RETURNED, note="Read rule 3.")
    (row,) = returned_to(session, cast.ana.id)
    assert (row.external_id, row.Review.note) == ("one", "Read rule 3.")
    assert [each.item_id for each in returned_on(session, project.id)] == [judgment.item_id]
    note = returned_note(session, judgment.item_id, cast.ana.id)
    assert note is not None
    assert returned_note(session, judgment.item_id, cast.beto.id) is None
    assert returned_to(session, cast.beto.id) == []
    judge(session, judgment.item_id, cast.ana, "b", now=LATER)
    assert returned_to(session, cast.ana.id) == []
    assert returned_on(session, project.id) == []
    assert returned_note(session, judgment.item_id, cast.ana.id) is None
    anew = next_to_review(session, project, cast.luz.id, LATER)
    assert anew is not None
    assert (anew.item_id, anew.revision) == (judgment.item_id, 2)


def test_a_later_look_takes_back_that_it_was_returned(
    session: Session, cast: Cast, project: Project
) -> None:
    judgment = _judged(session, cast)
    _look(session, cast, judgment, verdict=Verdict.RETURNED, note="Read rule 3.")
    _look(session, cast, judgment, base_number=1)
    assert returned_to(session, cast.ana.id) == []


def test_a_correction_is_the_items_answer_and_leaves_the_judgment(
    session: Session, cast: Cast, project: Project
) -> None:
    judgment = _judged(session, cast)
    right = Decision(judgment.item_id, cast.luz.id, Settled.ANSWERED, answer=prefers("b"))
    look = _look(session, cast, judgment, verdict=Verdict.CORRECTED, decided=right)
    (decided,) = decisions_on(session, judgment.item_id)
    assert (look.adjudication_id, decided.answer) == (decided.id, prefers("b"))
    assert session.get_one(Judgment, judgment.id).answer == prefers("a")


def test_a_double_press_stores_one_look(session: Session, cast: Cast, project: Project) -> None:
    judgment = _judged(session, cast)
    said = {"verdict": Verdict.RETURNED, "note": "Read rule 3."}
    assert _look(session, cast, judgment, **said).id == _look(session, cast, judgment, **said).id


def test_another_look_from_a_page_of_before_is_refused(
    session: Session, cast: Cast, project: Project
) -> None:
    judgment = _judged(session, cast)
    _look(session, cast, judgment)
    with pytest.raises(Conflict, match="Someone reviewed"):
        _look(session, cast, judgment, verdict=Verdict.RETURNED, note="Read rule 3.")


def test_nobody_reviews_their_own(session: Session, cast: Cast, project: Project) -> None:
    judgment = _judged(session, cast)
    assert next_to_review(session, project, cast.ana.id, LATER) is None
    with pytest.raises(Conflict, match="your own"):
        _look(session, cast, judgment, lead=cast.ana)


def test_a_judgment_that_was_changed_since_is_refused(
    session: Session, cast: Cast, project: Project
) -> None:
    judgment = _judged(session, cast)
    judge(session, judgment.item_id, cast.ana, "b", now=LATER)
    with pytest.raises(Conflict, match="changed or taken back"):
        _look(session, cast, judgment)


def test_nothing_is_given_back_to_who_has_left(
    session: Session, cast: Cast, project: Project
) -> None:
    judgment = _judged(session, cast)
    projects.remove_member(session, project, session.get_one(User, cast.ana.id), now=LATER)
    with pytest.raises(Conflict, match="does not review here"):
        _look(session, cast, judgment, verdict=Verdict.RETURNED, note="Read rule 3.")
    assert _look(session, cast, judgment).verdict == "accepted"


@pytest.mark.parametrize("note", ["", "  ", "x" * (REASON_CHARS + 1)])
def test_a_note_is_needed_to_give_back_and_not_endless(
    session: Session, cast: Cast, project: Project, note: str
) -> None:
    judgment = _judged(session, cast)
    with pytest.raises(Invalid) as refused:
        _look(session, cast, judgment, verdict=Verdict.RETURNED, note=note)
    assert set(refused.value.errors) == {"note"}


def test_what_is_not_there_is_not_found(session: Session, cast: Cast, project: Project) -> None:
    with pytest.raises(NotFound):
        review(session, Look(10**6, cast.luz.id, Verdict.ACCEPTED), LATER)


def test_a_correction_comes_with_its_verdict_alone(
    session: Session, cast: Cast, project: Project
) -> None:
    judgment = _judged(session, cast)
    with pytest.raises(ValueError, match="correction alone"):
        _look(session, cast, judgment, verdict=Verdict.CORRECTED)


@pytest.mark.parametrize("change", ["UPDATE review SET note = 'x'", "DELETE FROM review"])
def test_the_database_itself_refuses_to_change_a_review(
    session: Session, cast: Cast, project: Project, change: str
) -> None:
    _look(session, cast, _judged(session, cast))
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(change))


def test_old_judgments_are_not_asked_about(session: Session, cast: Cast, project: Project) -> None:
    _judged(session, cast)
    assert count_to_review(session, project, cast.luz.id, NOON + FRESH) == 1
    after = NOON + FRESH + timedelta(seconds=1)
    assert count_to_review(session, project, cast.luz.id, after) == 0


def test_later_ones_come_behind_the_one_that_is_left(
    session: Session, cast: Cast, project: Project
) -> None:
    first, second = (_judged(session, cast, name) for name in ("one", "two"))
    assert next_to_review(session, project, cast.luz.id, LATER, first.id) == second
    assert next_to_review(session, project, cast.luz.id, LATER, second.id) is None


def test_the_sample_has_its_size_and_more_of_people_who_are_new(
    session: Session, cast: Cast, project: Project
) -> None:
    made = [_judged(session, cast, f"item {n}") for n in range(120)]
    for percent in (0, 20, 60, 100):
        sample = {"review_percent": percent, "review_new_percent": 100, "review_new_until": 0}
        set_sample(session, project, sample, now=NOON, actor=cast.luz.id)
        found = count_to_review(session, project, cast.luz.id, LATER)
        expected = sum(int(each.digest[:8], 16) < percent / 100 * 2**32 for each in made)
        assert found == expected
        # Five standard deviations of a sample of 120.
        assert abs(found - 1.2 * percent) <= 5 * (120 * percent * (100 - percent)) ** 0.5 / 100
    newcomers = {"review_percent": 0, "review_new_percent": 100, "review_new_until": 121}
    set_sample(session, project, newcomers, now=NOON, actor=cast.luz.id)
    assert count_to_review(session, project, cast.luz.id, LATER) == 120
    known = {**newcomers, "review_new_until": 120}
    set_sample(session, project, known, now=NOON, actor=cast.luz.id)
    assert count_to_review(session, project, cast.luz.id, LATER) == 0


@pytest.mark.parametrize("name", list(EVERY))
def test_a_sample_that_cannot_be_is_refused(
    session: Session, cast: Cast, project: Project, name: str
) -> None:
    with pytest.raises(Invalid) as refused:
        set_sample(session, project, {**EVERY, name: 100_001}, now=NOON, actor=cast.luz.id)
    assert set(refused.value.errors) == {name}


def test_how_many_wait_is_kept_current(database: Database, cast: Cast) -> None:
    def waiting(lead: User) -> int:
        """What this process keeps, which is what another one counts anew."""
        anew = Database(database.url.render_as_string(hide_password=False), key=KEY)
        found = []
        for each in (database, anew):
            with each.read() as session:
                asked = session.get_one(Project, cast.project.id)
                found.append(count_to_review(session, asked, lead.id, LATER))
        anew.dispose()
        assert found[0] == found[1]
        return found[0]

    with database.write() as session:
        project = session.get_one(Project, cast.project.id)
        set_sample(session, project, EVERY, now=NOON, actor=cast.luz.id)
        first = _judged(session, cast, "one")
    assert (waiting(cast.luz), waiting(cast.ana)) == (1, 0)
    with database.write() as session:
        assert must_take(session, cast.project, cast.beto, NOON).item_id == first.item_id
        judge(session, first.item_id, cast.beto, now=NOON)
        second = _judged(session, cast, "two")
        judge(session, first.item_id, cast.ana, "b", now=NOON)
    assert (waiting(cast.luz), waiting(cast.ana)) == (3, 1)
    with database.write() as session:
        _look(session, cast, second)
    assert waiting(cast.luz) == 2
    with database.write() as session:
        undo(session, cast.project.id, cast.beto.id, LATER, timedelta(hours=1))
    assert waiting(cast.luz) == 1
    with database.write() as session:
        retire(session, session.get_one(Item, first.item_id), LATER)
    assert waiting(cast.luz) == 0

"""Leads settle disagreements and review judgments in the browser; authors get what comes back."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from tests.cast import Cast, make_item
from tests.flows.acts import judge, must_take, prefers
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Adjudication, AuditEntry, Item, Judgment, Review, User
from workbench.services.projects import add_member
from workbench.services.review_judgment import set_sample
from workbench.services.submit import Submission, submit

DISPUTES = "/projects/main/disputes"
REVIEWS = "/projects/main/reviews"
HIDDEN = re.compile(r'<input type="hidden" name="(base|looks)" value="([^"]*)"')


def said(html: str) -> str:
    """What a page says, in one line."""
    body = re.sub(r"(?s)<(script|style|template)\b.*?</\1>", " ", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture
def luz(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.luz)


@pytest.fixture
def ana(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.ana)


@pytest.fixture
def disputed(database: Database, cast: Cast) -> int:
    return _disputed(database, cast, "quarrel")


def _disputed(database: Database, cast: Cast, name: str, **values: Any) -> int:
    """Ana says a, Beto says b."""
    with database.write() as writing:
        item_id = make_item(writing, cast.project, name, **values).id
        for who, first in ((cast.ana, "a"), (cast.beto, "b")):
            assert must_take(writing, cast.project, who).item_id == item_id
            judge(writing, item_id, who, first)
    return item_id


def _judgment(database: Database, item_id: int, user_id: int) -> int:
    with database.read() as reading:
        return reading.scalars(
            select(Judgment.id)
            .where(Judgment.item_id == item_id, Judgment.user_id == user_id)
            .order_by(Judgment.revision.desc())
        ).first() or 0  # fmt: skip


def _decided(database: Database) -> list[Adjudication]:
    with database.read() as reading:
        found = list(reading.scalars(select(Adjudication).order_by(Adjudication.id)))
        reading.expunge_all()
        return found


def _everything_reviewed(database: Database, cast: Cast) -> None:
    with database.write() as writing:
        every = {"review_percent": 100, "review_new_percent": 100, "review_new_until": 0}
        set_sample(writing, cast.project, every, now=cast.project.created_at, actor=cast.luz.id)


# --- disagreements --------------------------------------------------------------------------


def test_a_dispute_shows_all_answers_and_names_neither_people_nor_models(
    luz: Browser, disputed: int
) -> None:
    page = luz.look(DISPUTES)
    seen = said(page.text)
    assert "Disagreement 1 of 1" in seen
    assert seen.count("This one holds") == 2
    assert not {"ana", "beto", "gpt", "model-a"} & set(re.findall(r"[a-z-]+", seen.lower()))


def test_answers_that_are_the_same_stand_there_once(
    luz: Browser, database: Database, cast: Cast, disputed: int
) -> None:
    with database.write() as writing:
        item = writing.get_one(Item, disputed)
        item.wanted, item.slots_left = 3, 1
        carla = writing.get_one(User, cast.dora.id)
        add_member(writing, cast.project, carla, role="reviewer", now=database_now(writing))
        assert must_take(writing, cast.project, carla).item_id == disputed
        judge(writing, disputed, carla, "b")
    page = luz.look(DISPUTES)
    seen = said(page.text)
    assert seen.count("This one holds") == 2
    assert "Answer 1 1 person" in seen
    assert "Answer 2 2 people" in seen
    taken = _judgment(database, disputed, cast.beto.id)
    assert f'name="judgment" value="{taken}"' in page.text


def test_taking_an_answer_settles_it_and_goes_on(
    luz: Browser, database: Database, cast: Cast, disputed: int
) -> None:
    second = _disputed(database, cast, "second")
    taken = _judgment(database, disputed, cast.beto.id)
    form = {"base": "0", "judgment": str(taken), "note": "Rule 3."}
    after = luz.send(f"{DISPUTES}/{disputed}", form, htmx=True)
    assert after.status_code == 200
    assert "Settled: one of the answers holds." in said(after.text)
    assert f"/disputes/{second}" in after.text
    (decided,) = _decided(database)
    assert (decided.outcome, decided.taken_from, decided.note) == ("taken", taken, "Rule 3.")
    story = said(luz.look(f"/projects/main/items/{disputed}").text)
    assert "settled the disagreement: one of the answers holds" in story
    assert "Rule 3." in story
    assert "quarrel" not in re.findall(
        "[a-z]+", said(luz.look("/projects/main/quality").text).lower()
    )


def test_without_scripts_it_goes_on_by_redirect_and_can_be_undone(
    luz: Browser, database: Database, disputed: int
) -> None:
    after = luz.send(f"{DISPUTES}/{disputed}", {"base": "0", "outcome": "open"})
    assert after.status_code == 303
    page = luz.look(after.location or "")
    assert "Settled: left open." in said(page.text)
    assert "Nothing to settle" in said(page.text)
    back = luz.send(f"{DISPUTES}/{disputed}", {"base": "1", "outcome": "reopened"})
    assert f"item={disputed}" in (back.location or "")
    assert "Disagreement 1 of 1" in said(luz.look(back.location or "").text)
    assert [each.outcome for each in _decided(database)] == ["open", "reopened"]


def test_a_leads_own_answer_is_given_on_the_desk(
    luz: Browser, database: Database, disputed: int
) -> None:
    desk = luz.look(f"{DISPUTES}/{disputed}/own")
    assert 'data-mode="decide"' in desk.text
    assert dict(HIDDEN.findall(desk.text))["base"] == "0"
    refused = luz.send(f"{DISPUTES}/{disputed}/answer", {"base": "0"}, htmx=True)
    assert refused.status_code == 422
    form = {"base": "0", "pair": "0>1:2", "note": "Because."}
    after = luz.send(f"{DISPUTES}/{disputed}/answer", form, htmx=True)
    assert (after.status_code, after.headers.get("HX-Redirect")) == (
        204, f"{DISPUTES}?settled={disputed}",
    )  # fmt: skip
    (decided,) = _decided(database)
    assert (decided.outcome, decided.note) == ("answered", "Because.")
    assert "Settled: answered by a lead." in said(luz.look(after.headers["HX-Redirect"]).text)


def test_what_someone_else_settled_is_a_conflict_that_keeps_the_note(
    luz: Browser, database: Database, disputed: int
) -> None:
    luz.send(f"{DISPUTES}/{disputed}", {"base": "0", "outcome": "open"})
    late = {"base": "0", "outcome": "open", "note": "My own words."}
    answer = luz.send(f"{DISPUTES}/{disputed}", late, htmx=True)
    assert answer.status_code == 409
    assert "Someone settled this item since you opened it" in said(answer.text)
    assert len(_decided(database)) == 1


@pytest.mark.parametrize("form", [{}, {"outcome": "answered"}, {"outcome": "x"}, {"judgment": "x"}])
def test_a_form_that_says_nothing_changes_nothing(
    luz: Browser, database: Database, disputed: int, form: dict[str, str]
) -> None:
    assert luz.send(f"{DISPUTES}/{disputed}", {"base": "0", **form}).status_code == 422
    assert _decided(database) == []


def test_an_item_of_another_project_is_not_found(
    luz: Browser, database: Database, cast: Cast
) -> None:
    with database.write() as writing:
        theirs = make_item(writing, cast.other_project, "theirs").id
    for path in ("", "/answer"):
        assert luz.send(f"{DISPUTES}/{theirs}{path}", {"outcome": "open"}).status_code == 404
    assert luz.look(f"{DISPUTES}/{theirs}/own").status_code == 404


def test_harmful_items_stay_covered_and_looking_is_noted(
    luz: Browser, database: Database, cast: Cast
) -> None:
    item_id = _disputed(database, cast, "harmful", harm="hte")
    assert "This one holds" not in said(luz.look(DISPUTES).text)
    shown = luz.send(f"{DISPUTES}/{item_id}/uncover", htmx=True)
    assert "This one holds" in said(shown.text)
    with database.read() as reading:
        noted = reading.scalars(select(AuditEntry).where(AuditEntry.action == "item.uncover")).one()
        assert (noted.subject, noted.actor_id) == (f"item:{item_id}", cast.luz.id)


def test_a_conflict_uncovers_no_other_item(luz: Browser, database: Database, cast: Cast) -> None:
    open_one, harmful = (
        _disputed(database, cast, "plain"),
        _disputed(database, cast, "harmful", harm="hte"),
    )
    luz.send(f"{DISPUTES}/{open_one}", {"base": "0", "outcome": "open"})
    late = luz.send(
        f"{DISPUTES}/{open_one}", {"base": "0", "outcome": "open", "note": "x"}, htmx=True
    )
    assert late.status_code == 409
    assert f"/disputes/{harmful}/uncover" in late.text
    assert "This one holds" not in said(late.text)


def test_settled_items_are_listed_and_can_be_taken_back(luz: Browser, disputed: int) -> None:
    assert "Nothing is settled yet" in said(luz.look(f"{DISPUTES}/settled").text)
    luz.send(f"{DISPUTES}/{disputed}", {"base": "0", "outcome": "open", "note": "Both are fine."})
    seen = said(luz.look(f"{DISPUTES}/settled").text)
    assert "Both are fine." in seen
    assert "left open" in seen


def test_a_decision_becomes_an_example_in_the_guideline(luz: Browser, disputed: int) -> None:
    edit = f"/projects/main/guideline/edit?example={disputed}"
    assert luz.look(edit).status_code == 404
    luz.send(f"{DISPUTES}/{disputed}", {"base": "0", "outcome": "open", "note": "Both are fine."})
    page = luz.look(edit)
    assert page.status_code == 200
    assert "Both are fine." in page.text
    assert 'name="examples-0-text-en"' in page.text


# --- reviews --------------------------------------------------------------------------------


def test_a_judgment_is_given_back_and_its_author_judges_anew(
    luz: Browser, ana: Browser, database: Database, cast: Cast, disputed: int
) -> None:
    _everything_reviewed(database, cast)
    assert "2 judgments to review" in said(luz.look(REVIEWS).text)
    judgment = _judgment(database, disputed, cast.ana.id)
    form = {"looks": "0", "verdict": "returned", "note": "Read rule 3 again."}
    after = luz.send(f"{REVIEWS}/{judgment}", form, htmx=True)
    assert "Given back to its author." in said(after.text)
    assert "Read rule 3 again." in said(after.text)
    for page in ("/my-work", "/projects/main/mine", f"/projects/main/mine/{disputed}"):
        assert "Read rule 3 again." in said(ana.look(page).text), page
    assert "1 came back" in said(ana.look("/").text)
    with database.write() as writing:
        judge(writing, disputed, cast.ana, "b")
    assert "Read rule 3 again." not in said(ana.look("/my-work").text)
    assert "Nothing to settle" in said(luz.look(DISPUTES).text)


def test_giving_back_without_a_word_is_refused(
    luz: Browser, database: Database, cast: Cast, disputed: int
) -> None:
    judgment = _judgment(database, disputed, cast.ana.id)
    answer = luz.send(f"{REVIEWS}/{judgment}", {"looks": "0", "verdict": "returned"}, htmx=True)
    assert answer.status_code == 422
    assert "Write what the author should look at again." in said(answer.text)


def test_accepting_goes_on_to_the_next_one(
    luz: Browser, database: Database, cast: Cast, disputed: int
) -> None:
    _everything_reviewed(database, cast)
    for who in (cast.ana, cast.beto):
        form = {"looks": "0", "verdict": "accepted"}
        after = luz.send(f"{REVIEWS}/{_judgment(database, disputed, who.id)}", form)
        assert after.status_code == 303
    assert "Nothing to review" in said(luz.look(REVIEWS).text)


def test_a_correction_starts_from_the_judgment_and_decides_the_item(
    luz: Browser, database: Database, cast: Cast
) -> None:
    with database.write() as writing:
        item_id = make_item(writing, cast.project, "one").id
        must_take(writing, cast.project, cast.ana)
        answer = {**prefers("a"), "strength": 2}
        judgment = submit(
            writing,
            Submission(item_id, cast.ana.id, answer, 1, "a key of hers", 0),
            database_now(writing),
        ).id
    desk = luz.look(f"{REVIEWS}/{judgment}/correct")
    (checked,) = re.findall(r'name="pair" value="([^"]+)"[^>]* checked', desk.text)
    form = {"base": "0", "looks": "0", "note": "So.", "pair": unescape(checked)}
    after = luz.send(f"{REVIEWS}/{judgment}/corrected", form, htmx=True)
    assert after.status_code == 204, said(after.text)
    with database.read() as reading:
        look = reading.scalars(select(Review)).one()
        assert (look.verdict, look.note) == ("corrected", "So.")
        (decided,) = _decided(database)
        assert look.adjudication_id == decided.id
        # Shown to the lead in an order of their own, and yet the answer that Ana gave.
        assert decided.answer == reading.get_one(Judgment, judgment).answer


def test_the_share_of_reviews_is_set_and_wrong_ones_are_refused(luz: Browser) -> None:
    form = {"review_percent": "10", "review_new_percent": "50", "review_new_until": "30"}
    assert luz.send(f"{REVIEWS}/sample", form).status_code == 303
    assert 'value="30"' in luz.look(REVIEWS).text
    for wrong in ("101", "-1", "many", ""):
        refused = luz.send(f"{REVIEWS}/sample", {**form, "review_percent": wrong})
        assert refused.status_code == 422, wrong
    assert 'value="10"' in luz.look(REVIEWS).text


def test_a_judgment_of_another_project_is_not_found(
    luz: Browser, database: Database, cast: Cast
) -> None:
    with database.write() as writing:
        theirs = make_item(writing, cast.other_project, "theirs").id
        must_take(writing, cast.other_project, cast.dora)
        judgment = judge(writing, theirs, cast.dora).id
    for path in ("", "/uncover", "/corrected", "/correct/uncover"):
        assert luz.send(f"{REVIEWS}/{judgment}{path}", {"verdict": "accepted"}).status_code == 404
    with database.read() as reading:
        assert reading.get_one(Item, theirs).retired_at is None

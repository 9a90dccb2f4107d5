"""Leads make items gold in the browser, see who finds the answers, and say how much is hidden."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from tests.cast import Cast, make_item
from tests.flows.acts import judge, must_take, prefers
from tests.practice_lines import bring_in, practice_line
from tests.web.conftest import Browser, ClientFor
from tests.web.desk_pages import DESK, MINE, form_of, send_answer
from tests.web.test_settle import said
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import AuditEntry, Item, Project, Settled
from workbench.queries import gold as known
from workbench.services import gold, qualify
from workbench.services.adjudicate import Decision, adjudicate
from workbench.services.gold import Known, Settings

GOLD = "/projects/main/gold"
FORM = {
    "gold_percent": "5", "gold_floor": "", "repeat_percent": "2", "repeat_after_days": "7",
}  # fmt: skip


@pytest.fixture
def luz(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.luz)


@pytest.fixture
def decided(database: Database, cast: Cast) -> int:
    """An item that Luz has settled: response b is better."""
    with database.write() as writing:
        item = make_item(writing, cast.project, "quarrel")
        own = Decision(item.id, cast.luz.id, Settled.ANSWERED, prefers("b"), note="Rule 3.")
        adjudicate(writing, own, database_now(writing))
        return item.id


def landed(browser: Browser, sent: TestResponse) -> TestResponse:
    """The page that a form leads to."""
    assert sent.status_code == 303
    return browser.look(sent.location)


def _stands(database: Database, item_id: int) -> bool:
    with database.read() as reading:
        return reading.get_one(Item, item_id).is_gold


def _settings(database: Database, cast: Cast) -> Settings:
    with database.read() as reading:
        return Settings.of(reading.get_one(Project, cast.project.id))


def _answers(database: Database, cast: Cast, item_id: int, *firsts: str) -> None:
    """Ana meets a copy of it among live items, once for each of the answers (made anew)."""
    with database.write() as writing:
        project = writing.get_one(Project, cast.project.id)
        project.gold_percent = 100
        for number, first in enumerate(firsts):
            make_item(writing, cast.project, f"live-{number}")
            lease = must_take(writing, project, cast.ana)
            assert writing.get_one(Item, lease.item_id).copy_of == item_id
            judge(writing, lease.item_id, cast.ana, first)


class TestMarking:
    def test_a_settled_item_becomes_gold_from_its_page(
        self, luz: Browser, database: Database, decided: int
    ) -> None:
        page = luz.look(f"/projects/main/items/{decided}").text
        assert f"{GOLD}/{decided}/mark" in page
        after = landed(luz, luz.send(f"{GOLD}/{decided}/mark"))
        assert "The item is gold." in said(after.text)
        assert "quarrel" in after.text
        assert "Rule 3." not in said(luz.look("/projects/main/disputes").text)
        assert _stands(database, decided)
        page = luz.look(f"/projects/main/items/{decided}").text
        assert "Gold: its answer is known" in said(page)
        assert "made it gold" in said(page)
        assert "/mark" not in page

    def test_a_later_decision_can_become_the_known_answer(
        self, luz: Browser, database: Database, cast: Cast, decided: int
    ) -> None:
        luz.send(f"{GOLD}/{decided}/mark")
        with database.write() as writing:
            anew = Decision(decided, cast.luz.id, Settled.ANSWERED, prefers("a"), base_revision=1)
            adjudicate(writing, anew, database_now(writing))
        assert f"{GOLD}/{decided}/mark" in luz.look(f"/projects/main/items/{decided}").text
        landed(luz, luz.send(f"{GOLD}/{decided}/mark"))
        with database.read() as reading:
            stands = known.standing(reading, decided)
        assert stands is not None
        assert stands.answer == prefers("a")

    def test_what_nobody_settled_is_refused(
        self, luz: Browser, database: Database, cast: Cast
    ) -> None:
        with database.write() as writing:
            item_id = make_item(writing, cast.project, "fresh").id
        assert "/mark" not in luz.look(f"/projects/main/items/{item_id}").text
        refused = luz.send(f"{GOLD}/{item_id}/mark")
        assert refused.status_code == 409
        assert "Settle it first." in said(refused.text)
        assert not _stands(database, item_id)

    def test_it_is_taken_back(self, luz: Browser, database: Database, decided: int) -> None:
        luz.send(f"{GOLD}/{decided}/mark")
        after = landed(luz, luz.send(f"{GOLD}/{decided}/unmark"))
        assert "waits in the queue again" in said(after.text)
        assert not _stands(database, decided)
        assert "no gold any more" in said(luz.look(f"/projects/main/items/{decided}").text)

    def test_an_item_without_answers_can_be_answered_by_a_lead(
        self, luz: Browser, database: Database, cast: Cast
    ) -> None:
        with database.write() as writing:
            item_id = make_item(writing, cast.project, "fresh").id
        page = luz.look(f"/projects/main/items/{item_id}").text
        assert "Answer it yourself" in said(page)
        assert luz.look(f"/projects/main/disputes/{item_id}/own").status_code == 200


class TestLooking:
    def test_before_anything_the_page_says_how_to_begin(self, luz: Browser) -> None:
        page = said(luz.look(GOLD).text)
        assert "There is no gold here yet." in page
        assert "Nobody has answered an item of gold yet." in page
        assert "Nothing was repeated yet." in page

    def test_shares_have_their_counts_and_intervals(
        self, luz: Browser, database: Database, cast: Cast, decided: int
    ) -> None:
        luz.send(f"{GOLD}/{decided}/mark")
        _answers(database, cast, decided, "b")
        page = said(luz.look(GOLD).text)
        assert "ana" in page
        assert "1 of 1 100 % 21 % to 100 %" in page, page  # Wilson's interval for one of one

    def test_a_copy_says_what_it_is_and_of_what(
        self, luz: Browser, database: Database, cast: Cast, decided: int
    ) -> None:
        luz.send(f"{GOLD}/{decided}/mark")
        _answers(database, cast, decided, "a")
        with database.read() as reading:
            copy = reading.query(Item).filter(Item.copy_of == decided).one()
        page = luz.look(f"/projects/main/items/{copy.id}").text
        assert "A copy of gold, hidden among the items of one reviewer: ana" in said(page)
        assert f'href="/projects/main/items/{decided}"' in page
        assert "/own" not in page

    def test_an_engineer_sees_neither_names_nor_the_page(
        self, client_for: ClientFor, cast: Cast
    ) -> None:
        assert client_for(cast.edu).look(GOLD).status_code == 403

    def test_who_fell_is_told_on_both_pages(
        self, luz: Browser, database: Database, cast: Cast, decided: int
    ) -> None:
        with database.write() as writing:
            bring_in(writing, cast.project, practice_line("p1"), practice_line("p2"))
            project, now = writing.get_one(Project, cast.project.id), database_now(writing)
            qualify.set_pass_mark(writing, project, 70, now=now, actor=None, excuse=True)
            qualify.let_in(writing, project, cast.ana.id, now=now, actor=None)
            project.gold_floor = 90
            for number in range(known.LEAST):
                item = make_item(writing, project, f"gold-{number}")
                gold.mark(writing, project, item.id, Known(prefers("b"), 1), now=now, actor=None)
            project.gold_percent = 100
            for number in range(known.LEAST):
                make_item(writing, project, f"live-{number}")
                judge(writing, must_take(writing, project, cast.ana).item_id, cast.ana, "a")
        assert "practises again" in said(luz.look(GOLD).text)
        practice = said(luz.look("/projects/main/practice").text)
        assert "Below the floor of known answers since" in practice


class TestTelling:
    @pytest.fixture
    def lea(self, database: Database, cast: Cast, client_for: ClientFor) -> Browser:
        """Ana's browser; every item that she is given is gold, and b is better."""
        with database.write() as writing:
            project, now = writing.get_one(Project, cast.project.id), database_now(writing)
            known = Known(prefers("b"), 1, "Rule 3 says so.")
            gold.mark(writing, project, make_item(writing, project, "q").id, known, now=now,
                      actor=cast.luz.id)  # fmt: skip
            make_item(writing, project, "live")
            project.gold_percent, project.gold_feedback = 100, True
        return client_for(cast.ana)

    def _pair(self, page: TestResponse, best: str) -> dict[str, str]:
        """The fields that put response `best` in front, wherever it stands."""
        a_is_left = page.text.index("First answer") < page.text.index("Second answer")
        return {"pair": "0>1:2" if a_is_left is (best == "a") else "1>0:2"}

    @pytest.mark.parametrize(("best", "word"), [("b", "you found it"), ("a", "yours differs")])
    def test_the_outbox_says_how_it_went(self, lea: Browser, best: str, word: str) -> None:
        page = lea.send(f"{DESK}/next", htmx=True)
        form = form_of(page)
        action = form.action.replace("/answer", "/send")
        reply = lea.send(action, {**form.fields, **self._pair(page, best)})
        assert word in reply.json["known"]

    @pytest.mark.parametrize(("best", "word"), [("b", "you found it"), ("a", "yours differs")])
    def test_a_plain_form_is_told_on_the_next_desk(
        self, lea: Browser, best: str, word: str
    ) -> None:
        page = lea.send(f"{DESK}/next", htmx=True)
        after = send_answer(lea, form_of(page), **self._pair(page, best))
        assert word in said(after.text)

    def test_ones_own_judgments_hold_both_answers_by_letters_alone(self, lea: Browser) -> None:
        page = lea.send(f"{DESK}/next", htmx=True)
        send_answer(lea, form_of(page), **self._pair(page, "a"))
        mine = lea.look(MINE).text
        assert "the known answer differs" in said(mine)
        assert "Rule 3 says so." in said(mine)
        a_is_left = page.text.index("First answer") < page.text.index("Second answer")
        mark = "Your first answer A B" if a_is_left else "Your first answer B A"
        assert mark in re.sub(r"The first is \w+\. ", "", said(mine))
        assert "model-one" not in mine

    def test_the_first_answer_is_the_one_that_counts(
        self, lea: Browser, database: Database, cast: Cast
    ) -> None:
        page = lea.send(f"{DESK}/next", htmx=True)
        form = form_of(page)
        send_answer(lea, form, **self._pair(page, "a"))
        again = lea.look(f"{MINE}/{form.item_id}")
        send_answer(lea, form_of(again), htmx=False, **self._pair(again, "b"))
        assert "the known answer differs" in said(lea.look(MINE).text)
        with database.read() as reading:
            [line] = known.people(reading, cast.project.id, named=True)
        assert (line.score.hits, line.score.n) == (0, 1)

    def test_nothing_is_told_where_the_project_does_not_tell(
        self, lea: Browser, database: Database, cast: Cast
    ) -> None:
        with database.write() as writing:
            writing.get_one(Project, cast.project.id).gold_feedback = False
        page = lea.send(f"{DESK}/next", htmx=True)
        form = form_of(page)
        action = form.action.replace("/answer", "/send")
        reply = lea.send(action, {**form.fields, **self._pair(page, "a")})
        assert "known" not in reply.json
        mine = said(lea.look(MINE).text)
        assert "known answer" not in mine
        assert "Rule 3" not in mine


class TestSettings:
    def test_they_are_saved_and_noted(self, luz: Browser, database: Database, cast: Cast) -> None:
        after = landed(luz, luz.send(f"{GOLD}/settings", {**FORM, "gold_feedback": "1"}))
        assert "The settings are saved." in said(after.text)
        assert _settings(database, cast) == Settings(5, True, None, 2, 7)
        with database.read() as reading:
            noted = reading.query(AuditEntry).filter(AuditEntry.action == "gold.settings").one()
        assert noted.detail["gold_percent"] == 5

    @pytest.mark.parametrize(
        ("field", "value", "why"),
        [
            ("gold_percent", "31", "From 0 to 30 in a hundred."),
            ("gold_percent", "-1", "Write a whole number."),
            ("gold_percent", "", "Write a whole number."),
            ("repeat_percent", "2.5", "Write a whole number."),
            ("repeat_after_days", "0", "From 1 to 90 days."),
            ("repeat_after_days", "٣", "Write a whole number."),
            ("gold_floor", "101", "A whole number of percent, from 1 to 100."),
            ("gold_floor", "60", "ask for practice first"),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field_and_changes_nothing(
        self, luz: Browser, database: Database, cast: Cast, field: str, value: str, why: str
    ) -> None:
        before = _settings(database, cast)
        refused = luz.send(f"{GOLD}/settings", {**FORM, field: value})
        assert refused.status_code == 422
        assert why in said(refused.text)
        assert f'name="{field}"' in refused.text
        assert _settings(database, cast) == before

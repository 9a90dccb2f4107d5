"""Practice in the browser's place: what reviewers and leads are sent, and what they send."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.cast import Cast
from tests.practice_lines import bring_in, practice_line
from tests.web.conftest import Browser, ClientFor
from tests.web.desk_pages import DESK, make_items, send_answer, state_of, take
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import (
    Assignment,
    AuditEntry,
    PracticeAnswer,
    PracticeItem,
    PracticeRound,
    Project,
    State,
)
from workbench.services import qualify
from workbench.services.guideline import Draft, publish

PRACTICE = f"{DESK}/practice"
LEAD = "/projects/main/practice"


@pytest.fixture
def live(database: Database, cast: Cast) -> int:
    """An item of the project, which asks for two right answers of two to practise on."""
    [item] = make_items(database, cast, "live")
    with database.write() as writing:
        bring_in(writing, cast.project, practice_line("p1"), practice_line("p2"))
    ask(database, cast)
    return item


def ask(database: Database, cast: Cast, percent: int | None = 100, *, excuse: bool = False) -> None:
    with database.write() as writing:
        now = database_now(writing)
        qualify.set_pass_mark(writing, cast.project, percent, now=now, actor=None, excuse=excuse)


def form_at(html: str) -> str:
    """Address of the practice form on a page."""
    found = re.search(r'<form id="answer" method="post" action="([^"]+)"', html)
    assert found, html[:3000]
    assert "/practice/" in found[1]
    return found[1]


def pair(html: str, *, right: bool) -> dict[str, str]:
    """The answer that puts the response called "First of ..." in front, or behind."""
    first_is_left = html.index("First of") < html.index("Second of")
    return {"pair": "0>1:2" if first_is_left is right else "1>0:2"}


def answer(browser: Browser, html: str, *, right: bool = True, htmx: bool = True) -> TestResponse:
    return browser.send(form_at(html), pair(html, right=right), htmx=htmx)


def _count(database: Database, table: type[Any]) -> int:
    with database.read() as reading:
        return reading.scalar(select(func.count()).select_from(table)) or 0


# --- reviewers ------------------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [False, True])
def test_a_round_from_its_beginning_to_the_live_items(
    ana: Browser, database: Database, cast: Cast, live: int, htmx: bool
) -> None:
    first = ana.look(DESK).text
    assert "Practice first" in first
    assert "Question live" not in first
    begun = ana.send(f"{PRACTICE}/begin", htmx=htmx)
    page = begun.text if htmx else ana.look(DESK).text
    assert "Practice: item 1 of 2" in page
    for done in (1, 2):
        sent = answer(ana, page, htmx=htmx)
        feedback = sent.text if htmx else ana.look(sent.location or "").text
        assert f"{done} of 2 answered" in feedback
        assert "Because p" in feedback
        assert "Porque p" not in feedback
        if done == 1:
            page = ana.send(f"{DESK}/next", htmx=True).text
    end = ana.look(f"{PRACTICE}/1", htmx=htmx).text
    assert "You have passed" in end
    assert "Round 1: 2 of 2 right" in end
    assert take(ana).item_id == live
    assert _count(database, Assignment) == 1


def test_a_round_that_fails_offers_the_guideline_and_another_round(
    ana: Browser, database: Database, cast: Cast, live: int
) -> None:
    with database.write() as writing:
        publish(writing, cast.project, Draft("Guía", "Guide"), now=database_now(writing))
    page = ana.send(f"{PRACTICE}/begin", htmx=True).text
    assert "Not quite" in answer(ana, page, right=False).text
    page = ana.send(f"{DESK}/next", htmx=True).text
    last = answer(ana, page)
    assert f'action="{PRACTICE}/1"' in last.text
    for end in (ana.look(f"{PRACTICE}/1").text, ana.look(DESK).text):
        assert "Round 1: 1 of 2 right" in end
        assert 'href="/projects/main/guideline"' in end
        assert f'action="{PRACTICE}/begin"' in end
    assert "Practice: item 1 of 2" in ana.send(f"{PRACTICE}/begin", htmx=True).text


def test_the_guideline_comes_before_practice(
    ana: Browser, database: Database, cast: Cast, live: int
) -> None:
    with database.write() as writing:
        draft = Draft("Guía", "Guide", must_read=True)
        publish(writing, cast.project, draft, now=database_now(writing))
    assert "Read the guideline first" in ana.look(DESK).text
    after = ana.send(f"{DESK}/guideline", {"version": "1"}, htmx=True).text
    assert "Practice first" in after


def test_sent_twice_the_first_answer_stays_and_is_shown(
    ana: Browser, database: Database, live: int
) -> None:
    page = ana.send(f"{PRACTICE}/begin", htmx=True).text
    assert "Not quite" in answer(ana, page, right=False).text
    assert "Not quite" in answer(ana, page, right=True).text
    assert _count(database, PracticeAnswer) == 1
    # Loading the page again goes on, and the way back shows the same.
    assert "Practice: item 2 of 2" in ana.look(DESK).text
    assert "Not quite" in ana.look(form_at(page).removesuffix("/answer")).text


def test_a_form_that_is_not_filled_in_comes_back_with_what_is_wrong(
    ana: Browser, database: Database, live: int
) -> None:
    page = ana.send(f"{PRACTICE}/begin", htmx=True).text
    for htmx in (True, False):
        sent = ana.send(form_at(page), {"reason": "I wrote this"}, htmx=htmx)
        assert sent.status_code == 422
        assert "data-field" in sent.text
        assert ("I wrote this" in sent.text) is not htmx
    assert _count(database, PracticeAnswer) == 0


def test_what_is_harmful_stays_covered_and_a_look_is_noted(
    ana: Browser, database: Database, cast: Cast
) -> None:
    with database.write() as writing:
        bring_in(writing, cast.project, practice_line("p1", harm="vcr"))
    ask(database, cast)
    covered = ana.send(f"{PRACTICE}/begin", htmx=True).text
    assert "Practice p1?" not in covered
    uncover = re.search(r'action="([^"]+/uncover)"', covered)
    assert uncover
    page = ana.send(uncover[1], htmx=True).text
    assert "Practice p1?" in page
    assert "Practice p1?" not in answer(ana, page).text
    with database.read() as reading:
        actions = reading.scalars(select(AuditEntry.action)).all()
    assert "practice.uncover" in actions


def test_who_is_sent_back_finishes_what_is_on_the_screen(
    ana: Browser, database: Database, cast: Cast
) -> None:
    first, _ = make_items(database, cast, "one", "two")
    form = take(ana)
    ana.send(f"{DESK}/upcoming", {"showing": str(form.item_id)})
    with database.write() as writing:
        bring_in(writing, cast.project, practice_line("p1"))
    ask(database, cast)
    assert "Your item waits for you meanwhile." in ana.look(DESK).text
    json_form = {**form.fields, "pair": "0>1:2"}
    where = form.action.replace("/answer", "/send")
    reply = ana.send(where, json_form, headers={"Accept": "application/json"}).get_json()
    assert (reply["saved"], reply["showing"], reply["upcoming"]) == (True, None, None)
    assert reply["practising"] is True
    assert "Practice first" in reply["desk"]
    assert state_of(database, first, cast.ana.id) == State.JUDGED


def test_nobody_who_is_to_practise_is_given_a_live_item_by_any_route(
    ana: Browser, database: Database, cast: Cast, live: int
) -> None:
    def heard(sent: TestResponse) -> str:
        assert sent.status_code < 500
        return sent.text

    said = [heard(ana.look(DESK)), heard(ana.look("/projects/main/mine"))]
    json_only = {"Accept": "application/json"}
    for stage in ("before", "during"):
        if stage == "during":
            said.append(heard(ana.send(f"{PRACTICE}/begin", htmx=True)))
        said += [
            heard(ana.send(f"{DESK}/{path}", htmx=htmx))
            for path in ("next", "undo", "upcoming")
            for htmx in (True, False)
        ]
        said.append(heard(ana.send(f"{DESK}/upcoming", {"showing": str(live)}, headers=json_only)))
        for act in ("answer", "send", "entered", "skip", "escalate", "uncover", "pause", "resume"):
            form = {"pair": "0>1:2", "key": "12345678", "reason": "x", "showing": str(live)}
            said.append(heard(ana.send(f"{DESK}/items/{live}/{act}", form)))
        for address in (f"{DESK}/items/{live}/paused", f"/projects/main/mine/{live}"):
            said.append(heard(ana.look(address)))
    assert not [text for text in said if "Question live" in text or "answer to live" in text]
    assert _count(database, Assignment) == 0


def test_the_home_page_and_ones_own_work_say_that_practice_comes_first(
    ana: Browser, client_for: ClientFor, database: Database, cast: Cast, live: int
) -> None:
    for path in ("/", "/my-work"):
        assert "Practice first" in ana.look(path).text
    with database.write() as writing:
        now = database_now(writing)
        project = writing.get_one(Project, cast.project.id)
        qualify.let_in(writing, project, cast.ana.id, now=now, actor=cast.luz.id)
    for path in ("/", "/my-work"):
        assert "Practice first" not in ana.look(path).text
    assert send_answer(ana, take(ana)).status_code == 200


# --- leads ----------------------------------------------------------------------------------


def _file(*lines: Any) -> dict[str, Any]:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    return {"file": (io.BytesIO(text.encode()), "practice.jsonl")}


def test_a_lead_brings_items_in_and_sees_them_with_what_is_expected(
    luz: Browser, database: Database
) -> None:
    assert "Nobody practises here yet" in luz.look(LEAD).text
    sent = luz.send(f"{LEAD}/items", _file(practice_line("p1"), practice_line("p2", harm="vcr")))
    assert sent.status_code == 303
    page = luz.look(sent.location or "").text
    assert "The practice items are here." in page
    assert "Practice p1?" in page
    assert "Practice p2?" not in page
    with database.read() as reading:
        plain, covered = reading.scalars(select(PracticeItem.id).order_by(PracticeItem.position))
    page = luz.look(f"{LEAD}/items/{plain}").text
    assert "Because p1." in page
    assert "Porque p1." in page
    assert "Because p2." not in luz.look(f"{LEAD}/items/{covered}").text
    assert "Because p2." in luz.send(f"{LEAD}/items/{covered}/uncover").text


def test_a_file_with_a_bad_line_changes_nothing_and_says_where(
    luz: Browser, database: Database
) -> None:
    bad = practice_line("p2", why={"es": "Sí"})
    sent = luz.send(f"{LEAD}/items", _file(practice_line("p1"), bad))
    assert sent.status_code == 422
    assert "<code>why.en</code>" in sent.text
    assert luz.send(f"{LEAD}/items").status_code == 422
    assert _count(database, PracticeItem) == 0


def test_a_pass_mark_is_set_cleared_and_refused_in_words(
    luz: Browser, database: Database, cast: Cast
) -> None:
    refused = luz.send(f"{LEAD}/pass-mark", {"pass_mark": "70"})
    assert refused.status_code == 422
    with database.write() as writing:
        bring_in(writing, cast.project, practice_line("p1"))
    for text in ("0", "101", "x", "-5"):
        sent = luz.send(f"{LEAD}/pass-mark", {"pass_mark": text})
        assert sent.status_code == 422
        assert 'aria-invalid="true"' in sent.text
    for text, stored in (("70", 70), ("", None)):
        assert luz.send(f"{LEAD}/pass-mark", {"pass_mark": text}).status_code == 303
        with database.read() as reading:
            assert reading.get_one(Project, cast.project.id).practice_pass_mark == stored


def test_a_lead_lets_somebody_in_and_sends_them_back(
    luz: Browser, ana: Browser, database: Database, cast: Cast, live: int
) -> None:
    assert "not begun" in luz.look(LEAD).text
    person = f"{LEAD}/people/{cast.ana.id}"
    assert luz.send(f"{person}/let-in").status_code == 303
    assert "let in by a lead" in luz.look(LEAD).text
    assert take(ana).item_id == live
    assert luz.send(f"{person}/send-back").status_code == 303
    assert "Practice first" in ana.look(DESK).text
    assert luz.send(f"{LEAD}/people/{cast.dora.id}/let-in").status_code == 404


def test_the_last_item_is_not_taken_out_while_practice_is_asked_for(
    luz: Browser, database: Database, cast: Cast, live: int
) -> None:
    with database.read() as reading:
        first, second = reading.scalars(select(PracticeItem.id)).all()
    assert luz.send(f"{LEAD}/items/{first}/retire").status_code == 303
    refused = luz.send(f"{LEAD}/items/{second}/retire")
    assert refused.status_code == 409
    assert "last practice item" in refused.text
    assert "nobody is asked it any more" in luz.look(f"{LEAD}/items/{first}").text


def test_who_has_no_item_in_their_languages_is_told_of_on_the_leads_page(
    luz: Browser, client_for: ClientFor, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "live")
    with database.write() as writing:
        bring_in(writing, cast.project, practice_line("p1", language="es"))
    ask(database, cast)
    page = luz.look(LEAD).text
    assert page.count("there is no practice item in their languages") == 1
    assert take(client_for(cast.beto)).item_id == item
    assert _count(database, PracticeRound) == 0

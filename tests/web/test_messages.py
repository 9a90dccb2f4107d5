"""The page of messages, and the count in the head of every whole page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import event

from tests.cast import NOON, Cast
from tests.web.conftest import Browser, ClientFor
from tests.web.desk_pages import make_items, send_answer, take
from tests.web.stage import judge
from workbench.db import Database
from workbench.models import ROLES_OF, Kind, Verdict
from workbench.queries import notices
from workbench.services import projects
from workbench.services.leave_item import escalate
from workbench.services.review_judgment import Look, review
from workbench.services.tell import tell, tell_paused
from workbench.web.request import WorkbenchFlask

MESSAGES = "/messages"


@pytest.fixture
def tell_luz(database: Database, cast: Cast) -> Callable[[int], None]:
    """Tell the lead of that many escalations."""

    def tell_of(n: int) -> None:
        with database.write() as writing:
            for number in range(n):
                tell(writing, cast.project.id, Kind.ESCALATION, number, NOON)

    return tell_of


def _count(page: str) -> int | None:
    """What the head says; None without a link to the messages."""
    link = re.search(r'<a class="button plain to-messages[^"]*".*?</a>', page, re.DOTALL)
    if link is None:
        return None
    found = re.search(r'badge count">(\d+)<', link[0])
    return int(found[1]) if found else 0


def test_nobody_has_messages_before_something_happens(
    luz: Browser, ana: Browser, client_for: ClientFor, cast: Cast
) -> None:
    for browser in (luz, ana):
        page = browser.look(MESSAGES).text
        assert "No messages" in page
        assert "Mark all as read" not in page
        assert _count(page) == 0
    assert _count(client_for(cast.ada).look("/").text) is None
    assert _count(client_for(cast.edu).look("/").text) == 0


def test_work_that_came_back_is_told_with_a_link_to_where_to_act(
    ana: Browser, luz: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "secret-name")
    with database.write() as writing:
        judge(writing, cast.project, item, cast.ana)
        look = Look(1, cast.luz.id, Verdict.RETURNED, "Look at the words again.")
        review(writing, look, NOON)
    page = ana.look(MESSAGES).text
    assert "A lead asks you to look at one of your judgments again." in page
    [link] = re.findall(rf'href="(/projects/main/mine/{item})"', page)
    assert ana.look(link).status_code == 200
    assert "secret-name" not in page
    assert _count(ana.look("/").text) == 1
    assert _count(luz.look("/").text) == 0


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_sentence_in_both_languages_and_a_link_that_opens(
    client_for: ClientFor, database: Database, cast: Cast, kind: Kind
) -> None:
    [item] = make_items(database, cast, "one")
    numbers = {"value": 0.414, "floor": 0.6, "left": 12, "days": 1.25, "item": item}
    facts = {**numbers, "person": cast.ana.id}
    with database.write() as writing:
        judge(writing, cast.project, item, cast.ana)
        assert tell(writing, cast.project.id, kind, 1, NOON, facts=facts) >= 1
    who = {"reviewer": cast.ana, "lead": cast.luz, "engineer": cast.edu}[ROLES_OF[kind]]
    spanish = client_for(who, locale="es").look(MESSAGES).text
    browser = client_for(who)
    english = browser.look(MESSAGES).text
    texts = [re.search(r'<a href="(/projects[^"]+)">([^<]+)</a>', page) for page in
             (spanish, english)]  # fmt: skip
    assert texts[0]
    assert texts[1]
    assert texts[0][2] != texts[1][2]
    assert browser.look(texts[1][1]).status_code == 200
    if kind == Kind.AGREEMENT:
        assert "0,41" in texts[0][2]
        assert "0.41" in texts[1][2]


def test_a_lead_reads_which_reviewer_is_paused(
    luz: Browser, database: Database, cast: Cast
) -> None:
    with database.write() as writing:
        tell_paused(writing, cast.project.id, cast.ana.id, NOON)
    page = luz.look(MESSAGES).text
    assert "A reviewer is given no items for now." in page
    assert "ana ·" in page


def test_one_is_marked_as_read_and_then_all(luz: Browser, tell_luz: Callable[[int], None]) -> None:
    tell_luz(3)
    page = luz.look(MESSAGES).text
    assert _count(page) == 3
    [first, *_] = re.findall(r'action="(/messages/\d+/read)"', page)
    assert luz.send(first).location == MESSAGES
    assert _count(luz.look(MESSAGES).text) == 2
    newest = re.search(r'name="newest" value="(\d+)"', page)
    assert newest
    tell_luz(4)  # one more, which the page that is open does not show
    luz.send("/messages/read", {"newest": newest[1]})
    assert _count(luz.look(MESSAGES).text) == 1


@pytest.mark.parametrize("newest", ["", "x", "-1", "0", str(2**40)])
def test_what_no_page_sends_marks_nothing(
    luz: Browser, tell_luz: Callable[[int], None], newest: str
) -> None:
    tell_luz(1)
    assert luz.send("/messages/read", {"newest": newest}).status_code == 303
    assert _count(luz.look("/").text) == 1


def test_nobody_reads_or_marks_what_is_another_persons(
    luz: Browser, client_for: ClientFor, cast: Cast, tell_luz: Callable[[int], None]
) -> None:
    tell_luz(1)
    [mark] = re.findall(r'action="(/messages/\d+/read)"', luz.look(MESSAGES).text)
    for user in (cast.ana, cast.omar, cast.edu, cast.ada):
        browser = client_for(user)
        assert "No messages" in browser.look(MESSAGES).text
        assert browser.send(mark).status_code == 404
    assert _count(luz.look("/").text) == 1


def test_who_left_the_project_reads_nothing_of_it(
    luz: Browser, database: Database, cast: Cast, tell_luz: Callable[[int], None]
) -> None:
    tell_luz(2)
    with database.write() as writing:
        projects.remove_member(writing, cast.project, cast.luz, now=NOON)
    page = luz.look(MESSAGES).text
    assert "No messages" in page
    assert "Project main" not in page
    assert _count(page) == 0


def test_a_page_holds_so_many_and_leads_on_to_the_older(
    luz: Browser, tell_luz: Callable[[int], None]
) -> None:
    tell_luz(notices.LISTED + 2)
    page = luz.look(MESSAGES).text
    assert len(re.findall(r"<li\b", page)) == notices.LISTED
    older = re.search(r'href="(/messages\?before=\d+)"', page)
    assert older
    page = luz.look(older[1]).text
    assert len(re.findall(r"<li\b", page)) == 2
    assert 'href="/messages?before=' not in page
    assert "Mark all as read" not in page


def test_an_escalation_at_the_desk_is_in_the_leads_head_at_once(
    luz: Browser, ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    take(ana)
    with database.write() as writing:
        escalate(writing, item, cast.ana.id, "Which?", NOON)
    assert _count(luz.look("/projects/main/quality").text) == 1


def test_the_next_item_asks_the_database_nothing_of_messages(
    app: WorkbenchFlask, ana: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one", "two")
    form = take(ana)
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    reply = send_answer(ana, form)
    event.remove(database.engine, "before_cursor_execute", note)
    assert reply.status_code == 200
    posted = asked[next(i for i, text in enumerate(asked) if "INSERT INTO judgment" in text) :]
    assert posted
    assert not [text for text in posted if "notice" in text]

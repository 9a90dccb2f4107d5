"""The desk over HTTP: claim, answer, leave, undo, revise; by htmx and by plain forms."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from tests.cast import Cast, make_cast, make_item
from tests.web.conftest import Browser, ClientFor, logged_in_browser
from tests.web.stage import judge
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Assignment, AuditEntry, Escalation, Item, Judgment, State
from workbench.services import projects
from workbench.services.resolve import resolve
from workbench.web.request import WorkbenchFlask

DESK = "/projects/main/desk"
MINE = "/projects/main/mine"
FIRST_BETTER = {"pair": "0>1:2"}


@dataclass(frozen=True)
class Form:
    """The answer form of a page, as it came."""

    action: str
    item_id: int
    fields: dict[str, str]


def _form(answer: TestResponse) -> Form:
    action = re.search(r'<form id="answer" method="post" action="([^"]+)"', answer.text)
    assert action, answer.text[:3000]
    hidden = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', answer.text)
    names = {"key", "base", "guideline", "mode", "active_ms"}
    number = re.search(r"/items/(\d+)/", action[1])
    assert number
    fields = {name: value for name, value in hidden if name in names}
    return Form(action[1], int(number[1]), fields)


def _next(browser: Browser) -> Form:
    return _form(browser.send(f"{DESK}/next", htmx=True))


def _answer(browser: Browser, form: Form, *, htmx: bool = True, **fields: str) -> TestResponse:
    return browser.send(form.action, {**form.fields, **(fields or FIRST_BETTER)}, htmx=htmx)


def _items(database: Database, cast: Cast, *names: str, **values: Any) -> list[int]:
    with database.write() as writing:
        return [make_item(writing, cast.project, name, **values).id for name in names]


def _judgments(database: Database) -> Sequence[Judgment]:
    with database.read() as reading:
        return reading.scalars(select(Judgment).order_by(Judgment.id)).all()


def _state(database: Database, item_id: int, user_id: int) -> str | None:
    with database.read() as reading:
        found = reading.get(Assignment, (item_id, user_id))
        return found.state if found else None


def _expire(database: Database) -> None:
    with database.write() as writing:
        past = database_now(writing) - timedelta(minutes=1)
        writing.execute(
            update(Assignment).where(Assignment.state == State.LEASED).values(expires_at=past)
        )


@pytest.fixture
def ana(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.ana)


# --- taking an item -------------------------------------------------------------------------


def test_looking_at_the_desk_takes_nothing_and_the_page_fetches_the_first_item_itself(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = _items(database, cast, "one")
    page = ana.look(DESK)
    assert 'hx-trigger="load, submit"' in page.text
    assert _state(database, item, cast.ana.id) is None


def test_the_next_item_comes_as_a_fragment_to_htmx_and_by_a_redirect_to_a_form(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = _items(database, cast, "one")
    fragment = ana.send(f"{DESK}/next", htmx=True)
    assert fragment.status_code == 200
    assert "<title>" not in fragment.text
    assert fragment.headers["Vary"].split(", ").count("HX-Request") == 1
    plain = ana.send(f"{DESK}/next")
    assert (plain.status_code, plain.location) == (303, DESK)
    page = ana.look(DESK)
    assert "<title>" in page.text
    assert _form(page).item_id == _form(fragment).item_id == item


def test_asking_twice_gives_the_item_that_is_held(
    ana: Browser, database: Database, cast: Cast
) -> None:
    _items(database, cast, "one", "two")
    assert _next(ana).item_id == _next(ana).item_id


def test_when_nothing_is_left_the_desk_says_so(ana: Browser) -> None:
    answer = ana.send(f"{DESK}/next", htmx=True)
    assert answer.status_code == 200
    assert "Nothing waits for you here" in answer.text
    assert "hx-trigger" not in answer.text


def test_the_home_page_counts_what_waits_and_what_was_done_today(
    ana: Browser, database: Database, cast: Cast
) -> None:
    _items(database, cast, "one", "two")
    _answer(ana, _next(ana))
    figures = re.findall(r"<dd>(\d+)</dd>", ana.look("/").text)
    assert figures == ["1", "1"]


def test_the_guideline_is_shown_in_the_readers_language_with_its_version(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    _items(database, cast, "one")
    with database.write() as writing:
        now = database_now(writing)
        projects.write_guideline(writing, cast.project, es="Sea **amable**", en="Be kind", now=now)
    spanish, english = client_for(cast.ana, locale="es"), client_for(cast.beto)
    assert "<strong>amable</strong>" in spanish.send(f"{DESK}/next", htmx=True).text
    form = _next(english)
    assert "Be kind" in english.look(DESK).text
    assert form.fields["guideline"] == "1"


# --- answering ------------------------------------------------------------------------------


def test_an_answer_is_stored_and_the_next_item_comes_in_the_same_reply(
    ana: Browser, database: Database, cast: Cast
) -> None:
    first, second = _items(database, cast, "one", "two")
    form = _next(ana)
    answer = _answer(ana, form)
    assert answer.status_code == 200
    assert "Saved" in answer.text
    assert (form.item_id, _form(answer).item_id) == (first, second)
    [stored] = _judgments(database)
    assert (stored.item_id, stored.user_id, stored.revision) == (first, cast.ana.id, 1)


def test_a_plain_form_is_stored_and_redirected(
    ana: Browser, database: Database, cast: Cast
) -> None:
    first, second = _items(database, cast, "one", "two")
    answer = _answer(ana, _next(ana), htmx=False)
    assert (answer.status_code, answer.location) == (303, DESK)
    assert len(_judgments(database)) == 1
    assert _form(ana.look(DESK)).item_id == second
    assert _state(database, first, cast.ana.id) == State.JUDGED


def test_what_is_chosen_by_place_is_stored_by_id_in_the_order_that_was_shown(
    ana: Browser, database: Database, cast: Cast
) -> None:
    _items(database, cast, *"abcdefgh")
    for _ in range(8):
        _answer(ana, _next(ana))
    stored = _judgments(database)
    assert {tuple(judgment.shown) for judgment in stored} == {("a", "b"), ("b", "a")}
    for judgment in stored:
        assert judgment.answer is not None
        assert judgment.answer["tiers"] == [[judgment.shown[0]], [judgment.shown[1]]]


def test_a_judgment_carries_what_it_was_made_under(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    _items(database, cast, "one")
    browser = client_for(cast.ana, locale="es")
    form = _next(browser)
    _answer(browser, form, **FIRST_BETTER, active_ms="41200")
    [stored] = _judgments(database)
    assert stored.idempotency_key == form.fields["key"]
    assert (stored.locale, stored.active_ms, stored.origin) == ("es", 41_200, "desk")
    assert stored.guideline_version is None


@pytest.mark.parametrize("active_ms", ["0", "", "999999999999999"])
def test_time_that_no_clock_measured_is_not_stored_as_such(
    ana: Browser, database: Database, cast: Cast, active_ms: str
) -> None:
    _items(database, cast, "one")
    assert _answer(ana, _next(ana), **FIRST_BETTER, active_ms=active_ms).status_code == 200
    assert _judgments(database)[0].active_ms in {None, 6 * 3600 * 1000}


@pytest.mark.parametrize("htmx", [True, False])
def test_an_answer_that_is_none_is_422_and_what_was_entered_stays(
    ana: Browser, database: Database, cast: Cast, htmx: bool
) -> None:
    [item] = _items(database, cast, "one")
    answer = _answer(ana, _next(ana), htmx=htmx, verdict="cannot_judge", reason="")
    assert answer.status_code == 422
    assert re.search(r'<li data-field="(verdict|reason)">', answer.text)
    assert _judgments(database) == []
    assert _state(database, item, cast.ana.id) == State.LEASED
    if htmx:
        assert answer.headers["HX-Retarget"] == "#problems"
        assert "<form" not in answer.text
    else:
        assert re.search(r'name="verdict" value="cannot_judge"[^>]* checked', answer.text)


def test_a_refused_page_keeps_the_key_and_the_words(
    ana: Browser, database: Database, cast: Cast
) -> None:
    _items(database, cast, "one")
    form = _next(ana)
    answer = _answer(ana, form, htmx=False, pair="0>9", reason='so "that" <is> why')
    assert answer.status_code == 422
    assert "so &#34;that&#34; &lt;is&gt; why" in answer.text
    assert _form(answer).fields == form.fields


@pytest.mark.parametrize(
    "spoiled",
    [{"key": ""}, {"key": "short"}, {"key": "ñ" * 20}, {"key": "k" * 101}, {"key": "\x00" * 20},
     {"base": "x"}, {"base": "-1"}, {"base": "9" * 30}, {"guideline": "1e3"},
     {"guideline": "9" * 10}, {"active_ms": "٣٣"}, {"active_ms": "1.5"}],
)  # fmt: skip
def test_a_form_that_was_tampered_with_is_422(
    ana: Browser, database: Database, cast: Cast, spoiled: dict[str, str]
) -> None:
    _items(database, cast, "one")
    assert _answer(ana, _next(ana), **FIRST_BETTER, **spoiled).status_code == 422
    assert _judgments(database) == []


@pytest.mark.parametrize(
    ("type_slug", "fields"),
    [
        ("bias", {"none": "1"}),
        ("adversarial", {"attack": "no", "outcome": "harmless", "severity": "0"}),
    ],
)
def test_the_other_types_are_judged_the_same_way(
    app: WorkbenchFlask, database: Database, type_slug: str, fields: dict[str, str]
) -> None:
    with database.write() as writing:
        cast = make_cast(writing, type_slug=type_slug)
        responses = [{"id": "a", "model": "m", "text": "An answer."}]
        make_item(writing, cast.project, "one", responses=responses)
    browser = logged_in_browser(app, cast.ana)
    form = _next(browser)
    assert _answer(browser, form, nonsense="1").status_code == 422
    assert _answer(browser, form, **fields).status_code == 200
    assert len(_judgments(database)) == 1
    assert browser.look(f"{MINE}/{form.item_id}").status_code == 200


# --- sent twice -----------------------------------------------------------------------------


def test_an_answer_sent_again_is_stored_once_and_goes_on(
    ana: Browser, database: Database, cast: Cast
) -> None:
    _, second = _items(database, cast, "one", "two")
    form = _next(ana)
    replies = [_answer(ana, form) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200] * 3
    assert {_form(reply).item_id for reply in replies} == {second}
    assert len(_judgments(database)) == 1


def test_the_same_key_with_another_answer_is_409(
    ana: Browser, database: Database, cast: Cast
) -> None:
    _items(database, cast, "one")
    form = _next(ana)
    _answer(ana, form)
    answer = _answer(ana, form, pair="1>0:2")
    assert answer.status_code == 409
    assert [judgment.revision for judgment in _judgments(database)] == [1]


def test_two_clicks_at_the_same_moment_store_one_judgment(
    app: WorkbenchFlask, database: Database, cast: Cast
) -> None:
    _items(database, cast, "one", "two")
    browsers = [logged_in_browser(app, cast.ana) for _ in range(4)]
    form = _next(browsers[0])
    tokens = [browser.csrf() for browser in browsers]
    start = threading.Barrier(len(browsers))
    codes: list[int] = []

    def click(browser: Browser, token: str) -> None:
        fields = {"csrf_token": token, **form.fields, **FIRST_BETTER}
        start.wait()
        codes.append(browser.post(form.action, data=fields).status_code)

    threads = [
        threading.Thread(target=click, args=pair) for pair in zip(browsers, tokens, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [303] * 4
    assert len(_judgments(database)) == 1


# --- too late -------------------------------------------------------------------------------


def test_an_answer_after_time_ran_out_is_stored_while_a_slot_is_free(
    ana: Browser, database: Database, cast: Cast, client_for: ClientFor
) -> None:
    [item] = _items(database, cast, "one")
    form = _next(ana)
    _expire(database)
    assert _next(client_for(cast.beto)).item_id == item
    assert _state(database, item, cast.ana.id) == State.RELEASED
    assert _answer(ana, form).status_code == 200
    assert len(_judgments(database)) == 1


@pytest.mark.parametrize("htmx", [True, False])
def test_an_answer_after_others_took_the_slot_is_409_and_the_words_stay(
    ana: Browser, database: Database, cast: Cast, client_for: ClientFor, htmx: bool
) -> None:
    _items(database, cast, "one", wanted=1, slots_left=1)
    form = _next(ana)
    _expire(database)
    beto = client_for(cast.beto)
    _answer(beto, _next(beto))
    answer = _answer(ana, form, htmx=htmx, **FIRST_BETTER, reason="my own words")
    assert answer.status_code == 409
    assert "Your answer was not stored" in answer.text
    assert [judgment.user_id for judgment in _judgments(database)] == [cast.beto.id]
    if htmx:
        assert answer.headers["HX-Retarget"] == "#problems"
    else:
        assert "my own words" in answer.text


def test_an_answer_to_an_item_that_was_taken_out_is_409(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = _items(database, cast, "one")
    form = _next(ana)
    with database.write() as writing:
        row = writing.get_one(Item, item)
        row.retired_at, row.slots_left, row.wanted = database_now(writing), 0, 1
    answer = _answer(ana, form)
    assert answer.status_code == 409
    assert "replaced or taken out" in answer.text


# --- leaving --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "state", "said"),
    [("skip", State.SKIPPED, "Skipped"), ("escalate", State.ESCALATED, "Sent to a lead")],
)
def test_an_item_is_left_with_a_reason_and_the_next_one_comes(
    ana: Browser, database: Database, cast: Cast, action: str, state: State, said: str
) -> None:
    first, second = _items(database, cast, "one", "two")
    form = _next(ana)
    answer = ana.send(f"{DESK}/items/{form.item_id}/{action}", {"reason": " It is odd "}, htmx=True)
    assert answer.status_code == 200
    assert said in answer.text
    assert _form(answer).item_id == second
    assert _state(database, first, cast.ana.id) == state
    assert "It is odd" in ana.look(MINE).text


def test_an_escalation_waits_for_a_lead_for_a_day(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = _items(database, cast, "one")
    _next(ana)
    answer = ana.send(f"{DESK}/items/{item}/escalate", {"reason": "Which rule?"})
    assert (answer.status_code, answer.location) == (303, DESK)
    with database.read() as reading:
        [asked] = reading.scalars(select(Escalation)).all()
    assert (asked.item_id, asked.user_id, asked.reason) == (item, cast.ana.id, "Which rule?")
    assert asked.due_at - asked.created_at == timedelta(hours=24)


@pytest.mark.parametrize("action", ["skip", "escalate"])
@pytest.mark.parametrize("reason", ["", "   \n", "\x00", "x" * 2001])
def test_leaving_needs_a_reason_of_some_words(
    ana: Browser, database: Database, cast: Cast, action: str, reason: str
) -> None:
    [item] = _items(database, cast, "one")
    _next(ana)
    for htmx in (True, False):
        answer = ana.send(f"{DESK}/items/{item}/{action}", {"reason": reason}, htmx=htmx)
        assert answer.status_code == 422
        assert re.search(r"Say why in a few words|At most 2000 characters", answer.text)
    assert _state(database, item, cast.ana.id) == State.LEASED


@pytest.mark.parametrize("action", ["skip", "escalate"])
def test_leaving_twice_changes_nothing_more(
    ana: Browser, database: Database, cast: Cast, action: str
) -> None:
    first, _ = _items(database, cast, "one", "two")
    _next(ana)
    for _ in range(2):
        answer = ana.send(f"{DESK}/items/{first}/{action}", {"reason": "odd"})
        assert answer.status_code == 303
    with database.read() as reading:
        asked = reading.scalar(select(func.count()).select_from(Escalation))
        assert asked == (1 if action == "escalate" else 0)
        assert reading.get_one(Item, first).slots_left == cast.project.overlap


def test_an_item_that_was_judged_cannot_be_skipped_any_more(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = _items(database, cast, "one")
    _answer(ana, _next(ana))
    answer = ana.send(f"{DESK}/items/{item}/skip", {"reason": "odd"}, htmx=True)
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#notice"
    assert _state(database, item, cast.ana.id) == State.JUDGED


def test_what_a_lead_answered_is_read_in_ones_own_list(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = _items(database, cast, "one")
    _next(ana)
    ana.send(f"{DESK}/items/{item}/escalate", {"reason": "Which rule?"})
    with database.write() as writing:
        asked = writing.scalars(select(Escalation.id)).one()
        now = database_now(writing)
        resolve(writing, asked, cast.luz.id, "answered", "Rule <4>.", now)
    page = ana.look(MINE).text
    assert "Rule &lt;4&gt;." in page
    assert _next(ana).item_id == item


# --- undo -----------------------------------------------------------------------------------


def test_undo_brings_the_last_judgment_back_with_its_answer(
    ana: Browser, database: Database, cast: Cast
) -> None:
    first, _ = _items(database, cast, "one", "two")
    _answer(ana, _next(ana), **FIRST_BETTER, reason="for a reason")
    answer = ana.send(f"{DESK}/undo", htmx=True)
    assert answer.status_code == 200
    assert "Undone" in answer.text
    form = _form(answer)
    assert (form.item_id, form.fields["base"]) == (first, "2")
    assert re.search(r'name="pair" value="0&gt;1:2"[^>]* checked', answer.text)
    assert "for a reason" in answer.text
    assert [judgment.answer is None for judgment in _judgments(database)] == [False, True]
    assert _answer(ana, form, pair="1>0:3").status_code == 200
    assert [judgment.revision for judgment in _judgments(database)] == [1, 2, 3]


def test_undo_brings_a_skipped_item_back(ana: Browser, database: Database, cast: Cast) -> None:
    [item] = _items(database, cast, "one")
    _next(ana)
    ana.send(f"{DESK}/items/{item}/skip", {"reason": "by mistake"})
    answer = ana.send(f"{DESK}/undo")
    assert (answer.status_code, answer.location) == (303, DESK)
    assert _form(ana.look(DESK)).item_id == item


@pytest.mark.parametrize("htmx", [True, False])
def test_with_nothing_to_undo_it_says_so(ana: Browser, cast: Cast, htmx: bool) -> None:
    answer = ana.send(f"{DESK}/undo", htmx=htmx)
    assert answer.status_code == 409
    assert "There is nothing to undo." in answer.text


def test_a_skipped_item_that_others_filled_cannot_be_brought_back(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = _items(database, cast, "one", wanted=1, slots_left=1)
    _next(ana)
    ana.send(f"{DESK}/items/{item}/skip", {"reason": "odd"})
    with database.write() as writing:
        judge(writing, cast.project, item, cast.beto)
    answer = ana.send(f"{DESK}/undo", htmx=True)
    assert answer.status_code == 409
    assert _state(database, item, cast.ana.id) == State.SKIPPED


# --- one's own judgments --------------------------------------------------------------------


def test_a_judgment_is_opened_with_its_answer_and_changed(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = _items(database, cast, "one")
    _answer(ana, _next(ana))
    page = ana.look(f"{MINE}/{item}")
    form = _form(page)
    assert (form.fields["mode"], form.fields["base"]) == ("revise", "1")
    assert re.search(r'name="pair" value="0&gt;1:2"[^>]* checked', page.text)
    answer = _answer(ana, form, pair="=")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"{MINE}?saved=1")
    assert "Your change is saved." in ana.look(f"{MINE}?saved=1").text
    first, second = _judgments(database)
    assert first.answer != second.answer
    assert _answer(ana, _form(ana.look(f"{MINE}/{item}")), htmx=False).location == f"{MINE}?saved=1"


def test_a_change_to_what_was_changed_elsewhere_is_409(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = _items(database, cast, "one")
    _answer(ana, _next(ana))
    one, two = (_form(ana.look(f"{MINE}/{item}")) for _ in range(2))
    assert _answer(ana, one, pair="=").status_code == 204
    answer = _answer(ana, two, pair="1>0:1")
    assert answer.status_code == 409
    assert "changed elsewhere" in answer.text
    assert len(_judgments(database)) == 2


def test_only_a_judgment_can_be_opened_to_be_changed(
    ana: Browser, database: Database, cast: Cast
) -> None:
    held, skipped = _items(database, cast, "one", "two")
    _next(ana)
    assert ana.look(f"{MINE}/{held}").location == DESK
    ana.send(f"{DESK}/items/{held}/skip", {"reason": "odd"})
    assert ana.look(f"{MINE}/{held}").location == MINE
    assert ana.look(f"{MINE}/{skipped}").location == DESK


def test_the_list_shows_fifty_at_a_time_newest_first(
    ana: Browser, database: Database, cast: Cast
) -> None:
    items = _items(database, cast, *(f"item-{n:02}" for n in range(53)))
    with database.write() as writing:
        for item in items:
            judge(writing, cast.project, item, cast.ana)
    pages = [ana.look(f"{MINE}?page={n}").text for n in (1, 2, 3)]
    listed = [re.findall(r"<strong>(item-\d\d)</strong>", page) for page in pages]
    assert [len(names) for names in listed] == [50, 3, 0]
    assert listed[0][0] == "item-52"
    assert "page=2" in pages[0]
    assert "page=1" in pages[1]
    for nonsense in ("0", "-3", "x", "", "9" * 40):
        assert ana.look(f"{MINE}?page={nonsense}").status_code == 200


def test_a_list_without_anything_in_it_says_what_it_is_for(ana: Browser) -> None:
    assert "Nothing here yet" in ana.look(MINE).text


# --- what is covered ------------------------------------------------------------------------


@pytest.fixture
def harmful(database: Database, cast: Cast) -> int:
    """An item with a harm, whose texts are known."""
    [item] = _items(database, cast, "one", harm="vcr")
    return item


SHOWN = ("Question one?", "First answer to one.", "Second answer to one.")


def _uncovered(database: Database) -> list[tuple[int | None, str]]:
    with database.read() as reading:
        entries = reading.scalars(select(AuditEntry).where(AuditEntry.action == "item.uncover"))
        return [(entry.actor_id, entry.subject) for entry in entries]


def test_a_harmful_item_is_covered_until_it_is_uncovered_and_that_is_noted(
    ana: Browser, database: Database, cast: Cast, harmful: int
) -> None:
    covered = ana.send(f"{DESK}/next", htmx=True)
    assert not [text for text in SHOWN if text in covered.text]
    assert not [text for text in SHOWN if text in ana.look(DESK).text]
    assert _uncovered(database) == []
    shown = ana.send(f"{DESK}/items/{harmful}/uncover", htmx=True)
    assert all(text in shown.text for text in SHOWN)
    assert _uncovered(database) == [(cast.ana.id, f"item:{harmful}")]
    assert _answer(ana, _form(shown)).status_code == 200


def test_a_covered_item_stays_covered_in_the_list_and_when_it_is_opened_again(
    ana: Browser, database: Database, harmful: int
) -> None:
    ana.send(f"{DESK}/next", htmx=True)
    _answer(ana, _form(ana.send(f"{DESK}/items/{harmful}/uncover", htmx=True)))
    for page in (MINE, f"{MINE}/{harmful}"):
        assert not [text for text in SHOWN if text in ana.look(page).text]
    again = ana.send(f"{DESK}/items/{harmful}/uncover")
    assert _form(again).fields["mode"] == "revise"


def test_no_refusal_uncovers_an_item_without_a_note(
    ana: Browser, database: Database, harmful: int
) -> None:
    ana.send(f"{DESK}/next", htmx=True)
    for action in ("skip", "escalate", "answer"):
        for htmx in (True, False):
            before = len(_uncovered(database))
            answer = ana.send(f"{DESK}/items/{harmful}/{action}", {"reason": " "}, htmx=htmx)
            assert answer.status_code == 422
            seen = [text for text in SHOWN if text in answer.text]
            assert not seen or len(_uncovered(database)) == before + 1


def test_a_covered_item_can_be_skipped_unseen(
    ana: Browser, database: Database, cast: Cast, harmful: int
) -> None:
    ana.send(f"{DESK}/next", htmx=True)
    ana.send(f"{DESK}/items/{harmful}/skip", {"reason": "It is upsetting"}, htmx=True)
    assert _state(database, harmful, cast.ana.id) == State.SKIPPED
    assert _uncovered(database) == []

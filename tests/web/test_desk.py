"""The desk over HTTP: taking an item and answering it, by htmx and by plain forms."""

from __future__ import annotations

import re
import threading

import pytest

from tests.cast import Cast, make_cast, make_item
from tests.web.conftest import Browser, ClientFor, logged_in_browser
from tests.web.desk_pages import (
    DESK,
    FIRST_BETTER,
    MINE,
    expire,
    form_of,
    judgments,
    make_items,
    send_answer,
    state_of,
    take,
)
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Item, State
from workbench.services.guideline import Draft, publish
from workbench.web.request import WorkbenchFlask

# --- taking an item -------------------------------------------------------------------------


@pytest.fixture
def database_url(either_url: str) -> str:
    """What is refused ends a transaction in the middle."""
    return either_url


def test_looking_at_the_desk_takes_nothing_and_the_page_fetches_the_first_item_itself(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    page = ana.look(DESK)
    assert 'hx-trigger="load, submit"' in page.text
    assert state_of(database, item, cast.ana.id) is None


def test_the_next_item_comes_as_a_fragment_to_htmx_and_by_a_redirect_to_a_form(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    fragment = ana.send(f"{DESK}/next", htmx=True)
    assert fragment.status_code == 200
    assert "<title>" not in fragment.text
    assert fragment.headers["Vary"].split(", ").count("HX-Request") == 1
    plain = ana.send(f"{DESK}/next")
    assert (plain.status_code, plain.location) == (303, DESK)
    page = ana.look(DESK)
    assert "<title>" in page.text
    assert form_of(page).item_id == form_of(fragment).item_id == item


def test_asking_twice_gives_the_item_that_is_held(
    ana: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one", "two")
    assert take(ana).item_id == take(ana).item_id


def test_when_nothing_is_left_the_desk_says_so(ana: Browser) -> None:
    answer = ana.send(f"{DESK}/next", htmx=True)
    assert answer.status_code == 200
    assert "Nothing waits for you here" in answer.text
    assert "hx-trigger" not in answer.text


def test_the_home_page_counts_what_waits_and_what_was_done_today(
    ana: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one", "two")
    send_answer(ana, take(ana))
    figures = re.findall(r"<dd>(\d+)</dd>", ana.look("/").text)
    assert figures == ["1", "1"]


def test_the_guideline_is_shown_in_the_readers_language_with_its_version(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one")
    with database.write() as writing:
        now = database_now(writing)
        publish(writing, cast.project, Draft("Sea **amable**", "Be kind"), now=now)
    spanish, english = client_for(cast.ana, locale="es"), client_for(cast.beto)
    assert "<strong>amable</strong>" in spanish.send(f"{DESK}/next", htmx=True).text
    form = take(english)
    assert "Be kind" in english.look(DESK).text
    assert form.fields["guideline"] == "1"


# --- answering ------------------------------------------------------------------------------


def test_an_answer_is_stored_and_the_next_item_comes_in_the_same_reply(
    ana: Browser, database: Database, cast: Cast
) -> None:
    first, second = make_items(database, cast, "one", "two")
    form = take(ana)
    answer = send_answer(ana, form)
    assert answer.status_code == 200
    assert "Saved" in answer.text
    assert (form.item_id, form_of(answer).item_id) == (first, second)
    [stored] = judgments(database)
    assert (stored.item_id, stored.user_id, stored.revision) == (first, cast.ana.id, 1)


def test_a_plain_form_is_stored_and_redirected(
    ana: Browser, database: Database, cast: Cast
) -> None:
    first, second = make_items(database, cast, "one", "two")
    answer = send_answer(ana, take(ana), htmx=False)
    assert (answer.status_code, answer.location) == (303, DESK)
    assert len(judgments(database)) == 1
    assert form_of(ana.look(DESK)).item_id == second
    assert state_of(database, first, cast.ana.id) == State.JUDGED


def test_what_is_chosen_by_place_is_stored_by_id_in_the_order_that_was_shown(
    ana: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, *map(str, range(60)))
    orders: set[tuple[str, ...]] = set()
    while len(orders) < 2:  # both come up soon, since each item has its own
        send_answer(ana, take(ana))
        newest = judgments(database)[-1]
        assert newest.answer is not None
        assert newest.answer["tiers"] == [[newest.shown[0]], [newest.shown[1]]]
        orders.add(tuple(newest.shown))
    assert orders == {("a", "b"), ("b", "a")}


def test_a_judgment_carries_what_it_was_made_under(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one")
    browser = client_for(cast.ana, locale="es")
    form = take(browser)
    send_answer(browser, form, **FIRST_BETTER, active_ms="41200")
    [stored] = judgments(database)
    assert stored.idempotency_key == form.fields["key"]
    assert (stored.locale, stored.active_ms, stored.origin) == ("es", 41_200, "desk")
    assert stored.guideline_version is None


@pytest.mark.parametrize("active_ms", ["0", "", "999999999999999"])
def test_time_that_no_clock_measured_is_not_stored_as_such(
    ana: Browser, database: Database, cast: Cast, active_ms: str
) -> None:
    make_items(database, cast, "one")
    assert send_answer(ana, take(ana), **FIRST_BETTER, active_ms=active_ms).status_code == 200
    assert judgments(database)[0].active_ms in {None, 6 * 3600 * 1000}


@pytest.mark.parametrize("htmx", [True, False])
def test_an_answer_that_is_none_is_422_and_what_was_entered_stays(
    ana: Browser, database: Database, cast: Cast, htmx: bool
) -> None:
    [item] = make_items(database, cast, "one")
    answer = send_answer(ana, take(ana), htmx=htmx, verdict="cannot_judge", reason="")
    assert answer.status_code == 422
    assert re.search(r'<li data-field="(verdict|reason)">', answer.text)
    assert judgments(database) == []
    assert state_of(database, item, cast.ana.id) == State.LEASED
    if htmx:
        assert answer.headers["HX-Retarget"] == "#problems"
        assert "<form" not in answer.text
    else:
        assert re.search(r'name="verdict" value="cannot_judge"[^>]* checked', answer.text)


def test_a_refused_page_keeps_the_key_and_the_words(
    ana: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one")
    form = take(ana)
    answer = send_answer(ana, form, htmx=False, pair="0>9", reason='so "that" <is> why')
    assert answer.status_code == 422
    assert "so &#34;that&#34; &lt;is&gt; why" in answer.text
    assert form_of(answer).fields == form.fields


@pytest.mark.parametrize(
    "spoiled",
    [{"key": ""}, {"key": "short"}, {"key": "ñ" * 20}, {"key": "k" * 101}, {"key": "\x00" * 20},
     {"base": "x"}, {"base": "-1"}, {"base": "9" * 30}, {"guideline": "1e3"},
     {"guideline": "9" * 10}, {"active_ms": "٣٣"}, {"active_ms": "1.5"}],
)  # fmt: skip
def test_a_form_that_was_tampered_with_is_422(
    ana: Browser, database: Database, cast: Cast, spoiled: dict[str, str]
) -> None:
    make_items(database, cast, "one")
    assert send_answer(ana, take(ana), **FIRST_BETTER, **spoiled).status_code == 422
    assert judgments(database) == []


@pytest.mark.parametrize(
    ("type_slug", "fields"),
    [
        ("bias", {"none": "1"}),
        ("adversarial", {"attack": "no", "outcome": "harmless", "severity": "0"}),
        ("rating", {"cannot-0": "1", "why-0": "no context"}),
        ("rewrite", {"verdict": "edited", "text": "A better answer."}),
        ("steps", {"step-1": "1", "step-2": "-1", "comment": "Two and two are four."}),
    ],
)
def test_the_other_types_are_judged_the_same_way(
    app: WorkbenchFlask, database: Database, type_slug: str, fields: dict[str, str]
) -> None:
    with database.write() as writing:
        cast = make_cast(writing, type_slug=type_slug)
        said = {"steps": ["An answer.", "So."]} if type_slug == "steps" else {"text": "An answer."}
        responses = [{"id": "a", "model": "m", **said}]
        make_item(writing, cast.project, "one", responses=responses)
    browser = logged_in_browser(app, cast.ana)
    form = take(browser)
    assert send_answer(browser, form, nonsense="1").status_code == 422
    assert send_answer(browser, form, **fields).status_code == 200
    assert len(judgments(database)) == 1
    assert browser.look(f"{MINE}/{form.item_id}").status_code == 200


# --- sent twice -----------------------------------------------------------------------------


def test_an_answer_sent_again_is_stored_once_and_goes_on(
    ana: Browser, database: Database, cast: Cast
) -> None:
    _, second = make_items(database, cast, "one", "two")
    form = take(ana)
    replies = [send_answer(ana, form) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200] * 3
    assert {form_of(reply).item_id for reply in replies} == {second}
    assert len(judgments(database)) == 1


def test_the_same_key_with_another_answer_is_409(
    ana: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one")
    form = take(ana)
    send_answer(ana, form)
    answer = send_answer(ana, form, pair="1>0:2")
    assert answer.status_code == 409
    assert [judgment.revision for judgment in judgments(database)] == [1]


def test_two_clicks_at_the_same_moment_store_one_judgment(
    app: WorkbenchFlask, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one", "two")
    browsers = [logged_in_browser(app, cast.ana) for _ in range(4)]
    form = take(browsers[0])
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
    assert len(judgments(database)) == 1


# --- too late -------------------------------------------------------------------------------


def test_an_answer_after_time_ran_out_is_stored_while_a_slot_is_free(
    ana: Browser, database: Database, cast: Cast, client_for: ClientFor
) -> None:
    [item] = make_items(database, cast, "one")
    form = take(ana)
    expire(database)
    assert take(client_for(cast.beto)).item_id == item
    assert state_of(database, item, cast.ana.id) == State.RELEASED
    assert send_answer(ana, form).status_code == 200
    assert len(judgments(database)) == 1


@pytest.mark.parametrize("htmx", [True, False])
def test_an_answer_after_others_took_the_slot_is_409_and_the_words_stay(
    ana: Browser, database: Database, cast: Cast, client_for: ClientFor, htmx: bool
) -> None:
    make_items(database, cast, "one", wanted=1, slots_left=1)
    form = take(ana)
    expire(database)
    beto = client_for(cast.beto)
    send_answer(beto, take(beto))
    answer = send_answer(ana, form, htmx=htmx, **FIRST_BETTER, reason="my own words")
    assert answer.status_code == 409
    assert "Your answer was not stored" in answer.text
    assert [judgment.user_id for judgment in judgments(database)] == [cast.beto.id]
    if htmx:
        assert answer.headers["HX-Retarget"] == "#problems"
    else:
        assert "my own words" in answer.text


def test_an_answer_to_an_item_that_was_taken_out_is_409(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    form = take(ana)
    with database.write() as writing:
        row = writing.get_one(Item, item)
        row.retired_at, row.slots_left, row.wanted = database_now(writing), 0, 1
    answer = send_answer(ana, form)
    assert answer.status_code == 409
    assert "replaced or taken out" in answer.text

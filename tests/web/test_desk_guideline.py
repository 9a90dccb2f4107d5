"""A version that must be read stands in the place of the next item, and of nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor
from tests.web.desk_pages import (
    DESK,
    FIRST_BETTER,
    Form,
    form_in,
    form_of,
    judgments,
    make_items,
    send_answer,
    state_of,
    take,
)
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Acknowledgement, Assignment, State
from workbench.services.guideline import Draft, publish

JSON = {"Accept": "application/json"}
CONFIRM = f'action="{DESK}/guideline"'
GOOD = {
    "kind": "good",
    "title": {"es": "", "en": "Short"},
    "text": {"es": "", "en": "Yes."},
    "why": {"es": "", "en": "Enough"},
}


def _publish(database: Database, cast: Cast, text: str, **values: object) -> None:
    with database.write() as writing:
        draft = Draft(text, text, **{"must_read": True, **values})  # type: ignore[arg-type]
        publish(writing, cast.project, draft, now=database_now(writing))


def _confirm(browser: Browser, version: int, *, htmx: bool = True) -> TestResponse:
    return browser.send(f"{DESK}/guideline", {"version": str(version)}, htmx=htmx)


def _read(database: Database) -> list[tuple[int, int]]:
    with database.read() as reading:
        rows = reading.scalars(select(Acknowledgement).order_by(Acknowledgement.version))
        return [(row.user_id, row.version) for row in rows]


def test_a_version_that_need_not_be_read_changes_nothing(
    ana: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one")
    _publish(database, cast, "Be kind", must_read=False)
    assert take(ana).fields["guideline"] == "1"


@pytest.mark.parametrize("htmx", [False, True])
def test_no_item_is_given_before_the_guideline_is_read(
    ana: Browser, database: Database, cast: Cast, htmx: bool
) -> None:
    [item] = make_items(database, cast, "one")
    _publish(database, cast, "Be **kind**")
    assert CONFIRM in ana.look(DESK).text
    first = ana.send(f"{DESK}/next", htmx=htmx)
    shown = first if htmx else ana.look(DESK)
    assert CONFIRM in shown.text
    assert "Be <strong>kind</strong>" in shown.text
    assert "Read the guideline first" in shown.text
    assert state_of(database, item, cast.ana.id) is None
    done = _confirm(ana, 1, htmx=htmx)
    assert form_of(done if htmx else ana.look(DESK)).item_id == item
    assert _read(database) == [(cast.ana.id, 1)]


def test_who_has_read_one_sees_what_changed_since(
    ana: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one")
    _publish(database, cast, "Be kind to all")
    _confirm(ana, 1)
    _publish(database, cast, "Be fair to all", note="Fair, not kind", must_read=False)
    _publish(database, cast, "Be fair to all people", note="Who is meant")
    page = ana.look(DESK).text
    assert "<del>kind</del><ins>fair</ins>" in page
    assert "What changed since version 1" in page
    assert page.index("Fair, not kind") < page.index("Who is meant")


@pytest.mark.parametrize("htmx", [False, True])
def test_an_answer_given_under_the_older_version_is_stored_under_it(
    ana: Browser, database: Database, cast: Cast, htmx: bool
) -> None:
    first, second = make_items(database, cast, "one", "two")
    _publish(database, cast, "Be kind", must_read=False)
    form = take(ana)
    _publish(database, cast, "Be fair")
    answer = send_answer(ana, form, htmx=htmx)
    assert answer.status_code == (200 if htmx else 303)
    if htmx:
        assert "Saved" in answer.text
    else:
        answer = ana.look(DESK)
    assert CONFIRM in answer.text
    assert "Your item waits" not in answer.text
    [stored] = judgments(database)
    assert (stored.item_id, stored.guideline_version) == (first, 1)
    assert state_of(database, second, cast.ana.id) is None
    done = _confirm(ana, 2, htmx=htmx)
    form = form_of(done if htmx else ana.look(DESK))
    assert (form.item_id, form.fields["guideline"]) == (second, "2")


@pytest.mark.parametrize("how", ["skip", "escalate"])
def test_leaving_an_item_leads_to_the_guideline_too(
    ana: Browser, database: Database, cast: Cast, how: str
) -> None:
    first, second = make_items(database, cast, "one", "two")
    take(ana)
    _publish(database, cast, "Be fair")
    answer = ana.send(f"{DESK}/items/{first}/{how}", {"reason": "Why not"}, htmx=True)
    assert CONFIRM in answer.text
    assert state_of(database, second, cast.ana.id) is None


def test_an_item_that_is_held_waits_while_the_guideline_is_read(
    ana: Browser, database: Database, cast: Cast
) -> None:
    first, _ = make_items(database, cast, "one", "two")
    form = take(ana)
    _publish(database, cast, "Be fair")
    page = ana.look(DESK).text
    assert CONFIRM in page
    assert "Your item waits for you meanwhile." in page
    assert state_of(database, first, cast.ana.id) == State.LEASED
    assert form_of(_confirm(ana, 1)).item_id == form.item_id == first


def test_confirming_an_older_version_leaves_the_newer_one_to_be_read(
    ana: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one")
    _publish(database, cast, "Be kind")
    _publish(database, cast, "Be fair")
    assert CONFIRM in _confirm(ana, 1).text
    assert 'name="version" value="2"' in _confirm(ana, 1).text
    form_of(_confirm(ana, 2))
    assert [version for _, version in _read(database)] == [1, 2]


@pytest.mark.parametrize("version", ["", "0", "9", "x", "-1", "1" * 12])
def test_a_version_that_is_not_there_cannot_be_confirmed(
    ana: Browser, database: Database, cast: Cast, version: str
) -> None:
    _publish(database, cast, "Be kind")
    answer = ana.send(f"{DESK}/guideline", {"version": version})
    assert answer.status_code in {404, 422}
    assert _read(database) == []


def test_ones_own_judgments_stay_open(ana: Browser, database: Database, cast: Cast) -> None:
    [item] = make_items(database, cast, "one")
    send_answer(ana, take(ana))
    _publish(database, cast, "Be fair")
    page = ana.look(f"/projects/main/mine/{item}")
    assert form_of(page).item_id == item
    changed = send_answer(ana, form_of(page), htmx=False, **FIRST_BETTER)
    assert changed.status_code == 303


def test_examples_and_the_glossary_fold_under_the_text_where_there_are_any(
    ana: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one")
    _publish(database, cast, "Be kind", must_read=False)
    take(ana)
    assert 'class="more"' not in ana.look(DESK).text
    _publish(database, cast, "Be kind", must_read=False, examples=[GOOD])
    page = ana.look(DESK).text
    assert page.count('class="more"') == 1
    assert "Good example" in page


def test_a_missing_language_is_shown_in_the_other_with_a_note(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one")
    with database.write() as writing:
        draft = Draft("", "Be kind", one_language=True)
        publish(writing, cast.project, draft, now=database_now(writing))
    answer = client_for(cast.ana, locale="es").send(f"{DESK}/next", htmx=True)
    assert "Be kind" in answer.text
    assert "Está escrita en un solo idioma" in answer.text


def test_a_guideline_that_the_page_has_is_not_sent_again(
    ana: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one", "two", "three")
    _publish(database, cast, "Be kind to everyone", must_read=False)
    form = take(ana)

    def answered(panel: str) -> str:
        fields = {**form.fields, **FIRST_BETTER}
        return ana.send(form.action, fields, htmx=True, headers={"X-Guideline": panel}).text

    same, other = answered("guideline-1-en"), answered("guideline-1-es")
    assert 'id="guideline-1-en"' in same
    assert "Be kind to everyone" not in same
    assert "Be kind to everyone" in other


class TestByScript:
    """A version is published while one item is on the screen and the next is kept ready."""

    def test_the_answer_is_stored_and_the_guideline_comes_instead_of_the_next_item(
        self, ana: Browser, database: Database, cast: Cast
    ) -> None:
        form, second = _at_work(ana, database, cast)
        before = _lease(database, second, cast.ana.id)
        _publish(database, cast, "Be fair")
        reply = _send(ana, form, showing=str(second)).json
        assert (reply["saved"], reply["reading"], reply["showing"]) == (True, True, None)
        assert reply["upcoming"] is None
        assert reply["today"] == "1 judged today"
        assert CONFIRM in reply["desk"]
        assert 'id="answer"' not in reply["desk"]
        assert "Your item waits" not in reply["desk"]
        [stored] = judgments(database)
        assert (stored.item_id, stored.guideline_version) == (form.item_id, 1)
        assert _lease(database, second, cast.ana.id) == before
        assert before[0] == State.LEASED
        assert before[1] is None

    def test_what_was_kept_ready_is_shown_once_the_guideline_is_read(
        self, ana: Browser, database: Database, cast: Cast
    ) -> None:
        form, second = _at_work(ana, database, cast)
        _publish(database, cast, "Be fair")
        _send(ana, form, showing=str(second))
        after = form_of(_confirm(ana, 2))
        assert (after.item_id, after.fields["guideline"]) == (second, "2")
        reply = _send(ana, after).json
        assert "reading" not in reply
        assert reply["upcoming"] is None
        assert [each.guideline_version for each in judgments(database)] == [1, 2]

    def test_answers_that_waited_are_stored_under_what_was_beside_them(
        self, ana: Browser, database: Database, cast: Cast
    ) -> None:
        form, second = _at_work(ana, database, cast)
        ahead = _form_ahead(ana, form.item_id)
        _publish(database, cast, "Be fair")
        _send(ana, form, showing=str(second))
        reply = _send(ana, ahead).json
        assert (reply["saved"], reply["reading"]) == (True, True)
        _confirm(ana, 2)
        repeated = _send(ana, ahead).json
        assert repeated["saved"] is True
        stored = [(each.item_id, each.guideline_version) for each in judgments(database)]
        assert stored == [(form.item_id, 1), (second, 1)]

    def test_nothing_is_kept_ready_before_the_guideline_is_read(
        self, ana: Browser, database: Database, cast: Cast
    ) -> None:
        first, second = make_items(database, cast, "one", "two")
        take(ana)
        _publish(database, cast, "Be fair")
        assert _upcoming(ana, first) is None
        assert state_of(database, second, cast.ana.id) is None
        _confirm(ana, 1)
        assert f'data-item-id="{second}"' in _upcoming(ana, first)

    def test_what_was_taken_back_waits_until_the_guideline_is_read(
        self, ana: Browser, database: Database, cast: Cast
    ) -> None:
        first, _ = make_items(database, cast, "one", "two")
        _send(ana, take(ana))
        _publish(database, cast, "Be fair")
        page = ana.send(f"{DESK}/undo", htmx=True).text
        assert CONFIRM in page
        assert 'id="answer"' not in page
        assert form_of(_confirm(ana, 1)).item_id == first

    def test_a_guideline_that_need_not_be_read_does_not_stop_the_desk(
        self, ana: Browser, database: Database, cast: Cast
    ) -> None:
        form, second = _at_work(ana, database, cast)
        ahead = _form_ahead(ana, form.item_id)
        _publish(database, cast, "Be fair", must_read=False)
        reply = _send(ana, form, showing=str(second)).json
        assert (reply["showing"], reply["desk"]) == (second, None)
        _send(ana, ahead)
        assert [each.guideline_version for each in judgments(database)] == [1, 1]

    def test_a_guideline_that_the_page_has_is_not_sent_ahead(
        self, ana: Browser, database: Database, cast: Cast
    ) -> None:
        form, _ = _at_work(ana, database, cast)
        assert "Be kind" in _upcoming(ana, form.item_id)
        same = _upcoming(ana, form.item_id, panel="guideline-1-en")
        assert 'id="guideline-1-en"' in same
        assert "Be kind" not in same


def _at_work(ana: Browser, database: Database, cast: Cast) -> tuple[Form, int]:
    """The form on the screen under version 1, and the item that is kept ready."""
    first, second = make_items(database, cast, "one", "two")
    _publish(database, cast, "Be kind", must_read=False)
    form = take(ana)
    assert form.item_id == first
    assert f'data-item-id="{second}"' in _upcoming(ana, first)
    return form, second


def _upcoming(ana: Browser, showing: int, panel: str = "") -> Any:
    headers = {**JSON, **({"X-Guideline": panel} if panel else {})}
    answer = ana.send(f"{DESK}/upcoming", {"showing": str(showing)}, headers=headers)
    return answer.json["upcoming"]


def _form_ahead(ana: Browser, showing: int) -> Form:
    """The form of the item that is kept ready, as it came before anything was published."""
    return form_in(_upcoming(ana, showing))


def _send(ana: Browser, form: Form, **fields: str) -> TestResponse:
    values = {**form.fields, **FIRST_BETTER, **fields}
    return ana.send(form.action.replace("/answer", "/send"), values, headers=JSON)


def _lease(database: Database, item_id: int, user_id: int) -> tuple[object, ...]:
    """What a lease consists of."""
    with database.read() as reading:
        row = reading.get_one(Assignment, (item_id, user_id))
        return row.state, row.shown_at, row.expires_at, row.updated_at

"""The pages of the guideline: read by all, written and published by leads."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Guideline
from workbench.services.guideline import Draft, acknowledge, publish

PAGE = "/projects/main/guideline"
TEXTS = {"es": "Sea **justo**", "en": "Be **fair**", "base": "0"}
EXAMPLE = {
    "examples-0-kind": "bad",
    "examples-0-title-es": "Copia",
    "examples-0-text-en": "The *same* text",
    "examples-0-why-es": "No resume",
}


def _written(database: Database, cast: Cast, *drafts: Draft) -> None:
    with database.write() as writing:
        for draft in drafts:
            now = database_now(writing)
            publish(writing, cast.project, draft, now=now, actor=cast.luz.id)


def _stored(database: Database) -> list[Guideline]:
    with database.read() as reading:
        return list(reading.scalars(select(Guideline).order_by(Guideline.version)))


def _confirm(answer: TestResponse) -> str:
    found = re.search(r'name="confirm" value="([0-9a-f]{64})"', answer.text)
    assert found, answer.text[:3000]
    return found[1]


def _publish(browser: Browser, form: dict[str, Any], *, htmx: bool = False) -> TestResponse:
    asked = browser.send(f"{PAGE}/publish", form, htmx=htmx)
    assert asked.status_code == 200
    return browser.send(f"{PAGE}/publish", {**form, "confirm": _confirm(asked)}, htmx=htmx)


# --- reading --------------------------------------------------------------------------------


def test_everyone_on_the_project_reads_it_and_only_leads_may_write(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    _written(database, cast, Draft("Sea **justo**", "Be **fair**"))
    for person in (cast.ana, cast.edu, cast.luz):
        page = client_for(person).look(PAGE).text
        assert "Be <strong>fair</strong>" in page
        assert (f"{PAGE}/edit" in page) is (person is cast.luz)
        assert ("Who has read it" in page) is (person is cast.luz)
    assert "Sea <strong>justo</strong>" in client_for(cast.ana, locale="es").look(PAGE).text
    assert "Sea <strong>justo</strong>" in client_for(cast.ana).look(f"{PAGE}?in=es").text


def test_a_reviewer_has_a_way_back_to_the_desk_and_no_tabs(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    _written(database, cast, Draft("a", "b"))
    page = client_for(cast.ana).look(PAGE).text
    assert 'href="/projects/main/desk"' in page
    assert "/projects/main/quality" not in page


def test_without_a_guideline_the_page_says_so(luz: Browser) -> None:
    page = luz.look(PAGE)
    assert page.status_code == 200
    assert "This project has no guideline yet." in page.text
    assert luz.look(f"{PAGE}/changes").status_code == 404


def test_versions_are_listed_and_an_older_one_is_marked(
    luz: Browser, database: Database, cast: Cast
) -> None:
    _written(database, cast, Draft("a", "One"), Draft("a", "Two", "Now with <b>two</b>"))
    page = luz.look(PAGE).text
    assert "Now with &lt;b&gt;two&lt;/b&gt;" in page
    assert "This is an older version." not in page
    older = luz.look(f"{PAGE}?version=1").text
    assert "This is an older version." in older
    assert "<p>One</p>" in older


@pytest.mark.parametrize("asked", ["version=3", "version=0", "version=x", f"version={10**20}"])
def test_a_version_that_is_not_there_is_not_found(
    luz: Browser, database: Database, cast: Cast, asked: str
) -> None:
    _written(database, cast, Draft("a", "b"))
    assert luz.look(f"{PAGE}?{asked}").status_code == 404
    assert luz.look(f"{PAGE}/changes?{asked.replace('version', 'from')}").status_code == 404


def test_in_a_language_that_is_missing_the_other_is_shown_with_a_note(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    _written(database, cast, Draft("", "Be fair", one_language=True))
    page = client_for(cast.ana, locale="es").look(PAGE).text
    assert re.search(r'<div class="judged guide" lang="en">\s*<p>Be fair</p>', page)
    assert "está escrita en un solo idioma" in page


def test_what_changed_is_marked_in_both_languages(
    luz: Browser, database: Database, cast: Cast
) -> None:
    first, last = Draft("Sea amable y justo", "Be kind"), Draft("Sea sabio y justo", "Be kind")
    _written(database, cast, first, Draft("otra cosa", "x"), last)
    page = luz.look(f"{PAGE}/changes?from=1&to=3").text
    assert "<del>amable</del><ins>sabio</ins>" in page
    assert "Nothing changed here." in page
    newest = luz.look(f"{PAGE}/changes").text
    assert "From version 2 to version 3" in newest


def test_hostile_text_stays_text_wherever_it_is_shown(
    luz: Browser, database: Database, cast: Cast
) -> None:
    bad = "<script>alert(1)</script><img src=x onerror=y>"
    entry = {part: {"es": bad, "en": bad} for part in ("title", "text", "why", "term", "meaning")}
    _written(
        database, cast, Draft(bad, bad, bad, False, False, [{"kind": "good", **entry}], [entry])
    )
    for path in (PAGE, f"{PAGE}/changes", f"{PAGE}/edit"):
        page = luz.look(path).text
        assert "<script>alert" not in page
        assert "<img" not in page


# --- writing --------------------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [False, True])
def test_publishing_asks_first_and_says_who_will_have_to_read_it(
    luz: Browser, database: Database, cast: Cast, htmx: bool
) -> None:
    form = {**TEXTS, **EXAMPLE, "note": "First", "must_read": "on"}
    asked = luz.send(f"{PAGE}/publish", form, htmx=htmx)
    assert "2 reviewers will have to read it before their next item." in asked.text
    assert ("<title>" in asked.text) is not htmx
    assert _stored(database) == []
    done = luz.send(f"{PAGE}/publish", {**form, "confirm": _confirm(asked)}, htmx=htmx)
    where = done.headers["HX-Redirect"] if htmx else done.location
    assert (done.status_code, where) == (204 if htmx else 303, f"{PAGE}?published=1")
    [row] = _stored(database)
    assert (row.version, row.note, row.must_read, row.created_by) == (1, "First", True, cast.luz.id)
    assert (row.es, row.en) == ("Sea **justo**", "Be **fair**")
    assert row.examples is not None
    assert row.examples[0]["text"] == {"es": "", "en": "The *same* text"}
    assert "Version 1 is published." in luz.look(where or "").text


def test_without_the_mark_nobody_has_to_read_it(luz: Browser, database: Database) -> None:
    asked = luz.send(f"{PAGE}/publish", TEXTS)
    assert "Nobody is asked to read it first." in asked.text
    _publish(luz, TEXTS)
    assert not _stored(database)[0].must_read


def test_a_draft_that_was_changed_after_the_question_is_asked_about_again(
    luz: Browser, database: Database
) -> None:
    confirm = _confirm(luz.send(f"{PAGE}/publish", TEXTS))
    again = luz.send(f"{PAGE}/publish", {**TEXTS, "en": "Be mean", "confirm": confirm})
    assert again.status_code == 200
    assert _confirm(again) != confirm
    assert _stored(database) == []


@pytest.mark.parametrize("htmx", [False, True])
def test_a_version_published_meanwhile_gets_a_409_with_the_text_and_the_difference(
    luz: Browser, client_for: ClientFor, database: Database, cast: Cast, htmx: bool
) -> None:
    _written(database, cast, Draft("uno", "Judge the answer kindly"))
    form = {"es": "mi texto", "en": "my own text", "base": "1", **EXAMPLE}
    confirm = _confirm(luz.send(f"{PAGE}/publish", form))
    _written(database, cast, Draft("uno", "Judge the answer strictly"))
    for confirmed in ({}, {"confirm": confirm}):
        late = luz.send(f"{PAGE}/publish", {**form, **confirmed}, htmx=htmx)
        assert late.status_code == 409
        assert "Version 2 was published since you began." in late.text
        assert "<del>kindly</del><ins>strictly</ins>" in late.text
        for kept in ("my own text</textarea>", "mi texto</textarea>", 'value="Copia"'):
            assert kept in late.text
        assert late.headers.get("HX-Retarget") == "#editor"
    assert [row.version for row in _stored(database)] == [1, 2]
    # Having seen the difference, the lead goes on from the newest version.
    assert 'name="base" value="2"' in late.text
    _publish(luz, {**form, "base": "2"})
    assert _stored(database)[-1].en == "my own text"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"en": " "}, "Write it in this language too"),
        ({"examples-0-kind": ""}, "Say whether it is a good or a bad example."),
        ({"note": "x" * 201}, "At most 200 characters."),
        ({"glossary-0-term-es": "solo"}, "Fill this in, in one language at least."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_that_was_written_is_lost(
    luz: Browser, database: Database, wrong: dict[str, str], why: str
) -> None:
    answer = luz.send(f"{PAGE}/publish", {**TEXTS, **EXAMPLE, **wrong})
    assert answer.status_code == 422
    assert why in answer.text
    assert "Sea **justo**</textarea>" in answer.text
    assert "The *same* text</textarea>" in answer.text
    assert _stored(database) == []


def test_one_language_may_be_missing_when_that_is_said(luz: Browser, database: Database) -> None:
    asked = luz.send(f"{PAGE}/publish", {**TEXTS, "es": "", "one_language": "on"})
    assert "It is written in one language only." in asked.text
    _publish(luz, {**TEXTS, "es": "", "one_language": "on"})
    assert (_stored(database)[0].es, _stored(database)[0].en) == ("", "Be **fair**")


def test_the_form_begins_with_the_present_version_and_asks_for_a_change(
    luz: Browser, database: Database, cast: Cast
) -> None:
    _written(database, cast, Draft("uno\ndos", "one\ntwo", must_read=True))
    page = luz.look(f"{PAGE}/edit").text
    assert "one\ntwo</textarea>" in page
    assert 'name="base" value="1"' in page
    # A browser sends line ends of its own.
    answer = luz.send(f"{PAGE}/publish", {"es": "uno\r\ndos", "en": "one\r\ntwo", "base": "1"})
    assert answer.status_code == 422
    assert "Nothing has changed since the present version." in answer.text


def test_the_preview_shows_what_will_be_read_and_stores_nothing(
    luz: Browser, database: Database
) -> None:
    form = {**TEXTS, **EXAMPLE, "en": "Be **fair** <script>x</script>"}
    fragment = luz.send(f"{PAGE}/preview", form, htmx=True)
    assert fragment.text.lstrip().startswith('<div id="preview"')
    assert "Be <strong>fair</strong> &lt;script&gt;" in fragment.text
    assert "The <em>same</em> text" in fragment.text
    page = luz.send(f"{PAGE}/preview", form)
    assert "Be <strong>fair</strong>" in page.text
    assert "Sea **justo**</textarea>" in page.text
    assert _stored(database) == []


def test_examples_and_terms_are_added_and_removed_without_losing_the_rest(luz: Browser) -> None:
    more = luz.send(f"{PAGE}/entries", {**TEXTS, **EXAMPLE, "add": "examples"}, htmx=True)
    assert 'name="examples-1-title-es"' in more.text
    assert 'value="Copia"' in more.text
    second = {key.replace("-0-", "-1-"): f"{text} 2" for key, text in EXAMPLE.items()}
    fewer = luz.send(f"{PAGE}/entries", {**TEXTS, **EXAMPLE, **second, "remove": "examples-0"})
    assert 'value="Copia 2"' in fewer.text
    assert 'value="Copia"' not in fewer.text
    assert "Be **fair**</textarea>" in fewer.text
    term = luz.send(f"{PAGE}/entries", {**TEXTS, "add": "glossary"})
    assert 'name="glossary-0-term-es"' in term.text


def test_a_form_that_says_nothing_of_where_it_began_is_refused(
    luz: Browser, database: Database
) -> None:
    for base in ("", "-1", "x", "9" * 20):
        assert luz.send(f"{PAGE}/publish", {**TEXTS, "base": base}).status_code == 422
    assert _stored(database) == []


def test_the_lead_sees_who_has_read_the_present_version(
    luz: Browser, database: Database, cast: Cast
) -> None:
    _written(database, cast, Draft("a", "b", must_read=True))
    assert "0 of 2 reviewers say to have read version 1." in luz.look(PAGE).text
    with database.write() as writing:
        acknowledge(writing, cast.project.id, cast.ana.id, 1, database_now(writing))
    assert "1 of 2 reviewers say to have read version 1." in luz.look(PAGE).text
    _written(database, cast, Draft("a", "c"))
    page = luz.look(PAGE).text
    assert "0 of 2 reviewers" in page
    assert "last read version 1" in page

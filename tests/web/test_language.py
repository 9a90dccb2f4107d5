"""The reader's language, and dates and numbers as it writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import update

from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor, new_browser
from workbench.app import create_app
from workbench.config import Config
from workbench.db import Database
from workbench.messages import N_
from workbench.models import User
from workbench.task_types.fields import Bilingual
from workbench.web import language
from workbench.web.request import WorkbenchFlask

NOON = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)


@pytest.fixture(params=["es", "en"])
def locale(request: pytest.FixtureRequest, app: WorkbenchFlask) -> Iterator[str]:
    """A request of someone who reads that language."""
    with app.test_request_context("/", headers={"Accept-Language": request.param}):
        yield request.param


def _language_of(browser: Browser, accept: str) -> str:
    page = browser.look("/login", headers={"Accept-Language": accept}).text
    return page.partition('<html lang="')[2][:2]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("es", "es"),
        ("en", "en"),
        ("es-CO,es;q=0.9,en;q=0.8", "es"),
        ("en-GB,en;q=0.9,es;q=0.1", "en"),
        ("fr,en;q=0.3", "en"),
        ("de", "es"),
        ("*", "es"),
        ("", "es"),
        ("nonsense;;;q=x,,", "es"),
    ],
)
def test_the_browser_is_asked_first(anonymous: Browser, accept: str, expected: str) -> None:
    assert _language_of(anonymous, accept) == expected


def test_the_installation_says_what_everyone_else_reads(config: Config) -> None:
    app = create_app(replace(config, locale="en"))
    app.test_client_class = Browser
    assert _language_of(new_browser(app), "fr") == "en"
    app.extensions["workbench_database"].dispose()


def test_what_a_person_set_wins_over_the_browser(client_for: ClientFor, cast: Cast) -> None:
    for locale, other in (("es", "en"), ("en", "es")):
        page = client_for(cast.ana, locale=locale).look("/", headers={"Accept-Language": other})
        assert f'<html lang="{locale}">' in page.text


def test_a_cookie_wins_over_the_browser_and_nonsense_in_it_does_not(anonymous: Browser) -> None:
    anonymous.set_cookie("lang", "en")
    assert _language_of(anonymous, "es") == "en"
    anonymous.set_cookie("lang", "../../etc")
    assert _language_of(anonymous, "es") == "es"


def test_every_page_says_its_language_and_offers_the_other(
    client_for: ClientFor, cast: Cast
) -> None:
    page = client_for(cast.ana, locale="es").look("/").text
    assert '<html lang="es">' in page
    assert 'value="en" lang="en"' in page


def test_numbers_are_written_as_the_reader_writes_them(locale: str) -> None:
    expected = {"es": ["1.234.567", "0,50", "–", "13 %"], "en": ["1,234,567", "0.50", "–", "13 %"]}
    found = [
        language.number(1_234_567),
        language.number(0.5, 2),
        language.number(None),
        language.percent(0.126),
    ]
    assert found == expected[locale]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0.0, 1, "0.0"), (-0.04, 1, "0.0"), (-0.06, 1, "-0.1"), (2.5, 0, "2"), (99.96, 1, "100.0")],
)
def test_numbers_have_the_places_asked_for(
    app: WorkbenchFlask, value: float, digits: int, text: str
) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        assert language.number(value, digits) == text


def test_times_are_shown_in_the_zone_of_bogota(locale: str) -> None:
    shown = language.at_time(NOON)
    assert "12:05" in shown
    assert language.at_time(None) == ""
    assert language.on_day(date(2026, 11, 22)) in {"22/11/2026", "Nov 22, 2026"}
    assert language.on_day(None) == ""


def test_times_are_shown_in_a_persons_own_zone(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    browser = client_for(cast.ana)
    with database.write() as writing:
        writing.execute(
            update(User).where(User.id == cast.ana.id).values(timezone="Asia/Kathmandu")
        )
    with browser:
        browser.look("/")
        assert "10:50" in language.at_time(NOON)


def test_a_message_carries_its_values_into_the_language(locale: str) -> None:
    titles = Bilingual({"es": "utilidad", "en": "helpfulness"})
    message = N_("Too few in %(title)s: %(n)s.", title=titles, n=3)
    expected = {"es": "Too few in utilidad: 3.", "en": "Too few in helpfulness: 3."}
    assert language.said(message) == expected[locale]
    assert language.said("plain") == "plain"
    assert language.said(N_("%(inner)s!", inner=N_("no such sentence"))) == "no such sentence!"


@pytest.mark.parametrize(
    ("texts", "es", "en"),
    [
        ({"es": "uno", "en": "one"}, "uno", "one"),
        ({"es": "uno"}, "uno", "uno"),
        ({"es": "", "en": "one"}, "one", "one"),
        ({}, "", ""),
        (None, "", ""),
    ],
)
def test_a_bilingual_text_is_read_in_ones_own_language_or_else_the_other(
    locale: str, texts: dict[str, str] | None, es: str, en: str
) -> None:
    assert language.in_own(texts) == {"es": es, "en": en}[locale]


@pytest.mark.parametrize("hostile", ["%(x)s", "100 %", "%s %d", "{0}", "%(title)s %(title)s"])
def test_a_value_is_never_taken_for_a_place_in_a_sentence(locale: str, hostile: str) -> None:
    values: dict[str, Any] = {"title": hostile}
    assert language.said(N_("About %(title)s.", **values)) == f"About {hostile}."
    assert language.said(N_(hostile)) == hostile

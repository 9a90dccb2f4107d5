"""One's own account: sessions, password, language. Facts 5, 6 and 9 of the checklist."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.cast import Cast
from tests.web.conftest import PASSWORD, Browser, ClientFor, log_in, new_browser
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import LoginThrottle, User, WebSession
from workbench.services import login
from workbench.web.request import WorkbenchFlask

NEW = "arepa con queso y chocolate"


def _own_session(database: Database, browser: Browser) -> int:
    with browser.session_transaction() as cookie:
        token = str(cookie["_user_id"])
    with database.read() as reading:
        return reading.scalars(
            select(WebSession.id).where(WebSession.token_hash == login.token_hash(token))
        ).one()


def _change(browser: Browser, present: str = PASSWORD, new: str = NEW, again: str = NEW) -> int:
    form = {"present": present, "password": new, "again": again}
    return browser.send("/account/password", form).status_code


def test_a_person_sees_their_open_sessions_and_no_others(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    here, there, others = client_for(cast.ana), client_for(cast.ana), client_for(cast.beto)
    page = here.look("/account").text
    assert page.count("a test") == 2
    assert f"/account/sessions/{_own_session(database, there)}/end" in page
    assert f"/account/sessions/{_own_session(database, others)}/end" not in page
    assert page.count(">this one<") == 1


def test_a_session_that_is_over_is_not_listed(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    here, there = client_for(cast.ana), client_for(cast.ana)
    with database.write() as writing:
        writing.execute(
            update(WebSession)
            .where(WebSession.id == _own_session(database, there))
            .values(last_seen_at=database_now(writing) - timedelta(minutes=31))
        )
    assert here.look("/account").text.count("a test") == 1


def test_a_person_ends_one_of_their_sessions(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    here, there = client_for(cast.ana), client_for(cast.ana)
    answer = here.send(f"/account/sessions/{_own_session(database, there)}/end")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert there.look("/").status_code == 303
    assert here.look("/").status_code == 200


def test_nobody_ends_another_persons_session(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    others = client_for(cast.beto)
    for person in (cast.ana, cast.luz, cast.ada):
        answer = client_for(person).send(f"/account/sessions/{_own_session(database, others)}/end")
        assert answer.status_code == 404
    assert others.look("/").status_code == 200


def test_changing_the_password_asks_for_the_present_one_and_ends_every_session(
    app: WorkbenchFlask, client_for: ClientFor, with_passwords: Cast
) -> None:
    here, there = client_for(with_passwords.ana), client_for(with_passwords.ana)
    assert _change(here, present="not the present one") == 422
    assert here.look("/").status_code == 200
    assert _change(here) == 303
    assert [browser.look("/").status_code for browser in (here, there)] == [303, 303]
    assert log_in(new_browser(app), with_passwords.ana).status_code == 401
    assert log_in(new_browser(app), with_passwords.ana, NEW).status_code == 303


@pytest.mark.parametrize(
    ("new", "again"),
    [(NEW, "not the same again"), ("too short", "too short"), ("qwerty123456", "qwerty123456")],
)
def test_a_new_password_that_is_refused_changes_nothing(
    app: WorkbenchFlask, client_for: ClientFor, with_passwords: Cast, new: str, again: str
) -> None:
    assert _change(client_for(with_passwords.ana), new=new, again=again) == 422
    assert log_in(new_browser(app), with_passwords.ana).status_code == 303


def test_guessing_the_present_password_has_to_wait_as_the_log_in_has(
    client_for: ClientFor, with_passwords: Cast, database: Database
) -> None:
    browser = client_for(with_passwords.ana)
    for _ in range(5):
        assert _change(browser, present="not the present one") == 422
    with database.read() as reading:
        before = reading.get_one(User, with_passwords.ana.id).password_hash
        assert {row.failures for row in reading.scalars(select(LoginThrottle))} == {5}
    form = {"present": PASSWORD, "password": NEW, "again": NEW}
    answer = browser.send("/account/password", form)
    assert answer.status_code == 422
    assert "Too many tries" in answer.text
    with database.read() as reading:
        assert reading.get_one(User, with_passwords.ana.id).password_hash == before


def test_passwords_are_never_sent_back(client_for: ClientFor, with_passwords: Cast) -> None:
    form = {"present": "a wrong secret", "password": NEW, "again": "another secret"}
    page = client_for(with_passwords.ana).send("/account/password", form).text
    assert not [secret for secret in form.values() if secret in page]


def test_a_person_switches_the_interface_and_it_stays(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    browser = client_for(cast.ana, locale="en")
    assert '<html lang="en">' in browser.look("/").text
    answer = browser.send("/language", {"locale": "es", "next": "/account"})
    assert (answer.status_code, answer.location) == (303, "/account")
    assert '<html lang="es">' in browser.look("/").text
    with database.read() as reading:
        assert reading.get_one(User, cast.ana.id).locale == "es"


def test_who_is_not_logged_in_switches_the_interface_by_a_cookie(anonymous: Browser) -> None:
    answer = anonymous.send("/language", {"locale": "es"})
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("lang="))
    assert re.match(r"lang=es; .*HttpOnly", cookie)
    assert "SameSite=Lax" in cookie
    assert '<html lang="es">' in anonymous.look("/login").text


@pytest.mark.parametrize("locale", ["", "fr", "es_CO", "../en", "e"])
def test_only_spanish_and_english_can_be_chosen(anonymous: Browser, locale: str) -> None:
    answer = anonymous.send("/language", {"locale": locale})
    assert answer.status_code == 422
    assert "lang=" not in str(answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize("address", ["//evil.test", "/\\evil.test", "https://evil.test", "/\t/x"])
def test_switching_the_interface_never_leads_to_another_site(
    anonymous: Browser, address: str
) -> None:
    assert anonymous.send("/language", {"locale": "en", "next": address}).location == "/"

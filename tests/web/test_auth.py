"""Logging in and out, and what a session is worth. Facts 1-5, 8-11, 18 and 20 of the checklist."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, inspect, select, text, update

from tests.cast import Cast
from tests.web.conftest import (
    PASSWORD,
    Browser,
    ClientFor,
    log_in,
    logged_in_browser,
    new_browser,
)
from workbench.app import create_app
from workbench.config import Config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import LoginCode, LoginThrottle, User, WebSession
from workbench.services import accounts, login
from workbench.web.local_path import local_path
from workbench.web.request import WorkbenchFlask

WRONG = "not the password of anyone"
#: Where a person is sent who is not known (any more).
LOGIN = "/login"


def _now(database: Database) -> datetime:
    with database.read() as reading:
        return database_now(reading)


def _token(browser: Browser) -> str:
    with browser.session_transaction() as cookie:
        return str(cookie["_user_id"])


def _set_session(database: Database, user: User, **columns: Any) -> None:
    with database.write() as writing:
        writing.execute(update(WebSession).where(WebSession.user_id == user.id).values(**columns))


def _is_in(browser: Browser) -> bool:
    return browser.look("/").status_code == 200


# --- the cookie -----------------------------------------------------------------------------


def test_over_https_the_cookie_is_host_bound_secure_and_hidden_from_scripts(
    config: Config, with_passwords: Cast
) -> None:
    app = create_app(replace(config, https=True))
    browser = Browser(app, app.response_class)
    answer = log_in(browser, with_passwords.ana, base_url="https://localhost")
    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    app.extensions["workbench_database"].dispose()
    assert name.startswith("__Host-workbench=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    assert not [attribute for attribute in attributes if attribute.startswith("Domain")]


def test_on_ones_own_machine_the_cookie_is_hidden_from_scripts_and_lax(
    anonymous: Browser, with_passwords: Cast
) -> None:
    name, *attributes = log_in(anonymous, with_passwords.ana).headers["Set-Cookie"].split("; ")
    assert name.startswith("workbench=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    assert "Secure" not in attributes


def test_only_the_hash_of_a_token_of_256_bits_is_stored(
    anonymous: Browser, with_passwords: Cast, database: Database
) -> None:
    log_in(anonymous, with_passwords.ana)
    token = _token(anonymous)
    assert len(token) >= 43  # 32 bytes in URL-safe base 64
    stored = _everything(database)
    assert token not in stored
    assert login.token_hash(token) in stored


def _everything(database: Database) -> str:
    """All rows of all tables, as text."""
    with database.engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        return "\n".join(
            str(row)
            for name in tables
            for row in connection.execute(text(f'SELECT * FROM "{name}"'))  # noqa: S608
        )


def test_a_log_in_gives_a_new_token_and_keeps_nothing_of_before(
    anonymous: Browser, with_passwords: Cast
) -> None:
    with anonymous.session_transaction() as cookie:
        cookie.update({"_user_id": "planted", "planted": "by someone else"})
    log_in(anonymous, with_passwords.ana)
    with anonymous.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie["_user_id"] != "planted"
    first = _token(anonymous)
    log_in(anonymous, with_passwords.ana)
    assert _token(anonymous) != first


def test_a_cookie_signed_with_another_key_is_nobodys(
    app: WorkbenchFlask, config: Config, client_for: ClientFor, cast: Cast
) -> None:
    token = _token(client_for(cast.ana))
    key = app.config["SECRET_KEY"]
    app.config["SECRET_KEY"] = "of another installation" * 4
    forged = new_browser(app)
    with forged.session_transaction() as cookie:
        cookie["_user_id"] = token
    app.config["SECRET_KEY"] = key
    assert not _is_in(forged)


# --- how long it lasts ----------------------------------------------------------------------


def test_a_session_ends_after_thirty_minutes_without_a_request(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    browser = client_for(cast.ana)
    now = _now(database)
    _set_session(database, cast.ana, last_seen_at=now - timedelta(minutes=29))
    assert _is_in(browser)
    _set_session(database, cast.ana, last_seen_at=now - timedelta(minutes=31))
    assert not _is_in(browser)


def test_a_request_keeps_a_session_alive(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    browser = client_for(cast.ana)
    old = _now(database) - timedelta(minutes=20)
    _set_session(database, cast.ana, last_seen_at=old)
    browser.look("/")
    with database.read() as reading:
        assert reading.scalars(select(WebSession.last_seen_at)).one() > old + timedelta(minutes=19)


def test_a_session_ends_after_twelve_hours_however_busy(
    anonymous: Browser, with_passwords: Cast, database: Database
) -> None:
    log_in(anonymous, with_passwords.ana)
    with database.read() as reading:
        row = reading.scalars(select(WebSession)).one()
    assert row.expires_at - row.created_at == timedelta(hours=12)
    _set_session(database, with_passwords.ana, expires_at=_now(database))
    assert not _is_in(anonymous)


def test_both_limits_are_settings(config: Config, cast: Cast, database: Database) -> None:
    short = create_app(replace(config, session_idle_minutes=2, session_hours=1))
    short.test_client_class = Browser
    browser = logged_in_browser(short, cast.ana)
    _set_session(database, cast.ana, last_seen_at=_now(database) - timedelta(minutes=3))
    assert not _is_in(browser)
    assert short.permanent_session_lifetime == timedelta(hours=1)
    short.extensions["workbench_database"].dispose()


# --- how it ends ----------------------------------------------------------------------------


def test_logging_out_ends_the_session_on_the_server_so_a_copied_cookie_is_worthless(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast
) -> None:
    browser = client_for(cast.ana)
    thief = _copy(app, browser)
    assert _is_in(thief)
    answer = browser.send("/logout")
    assert (answer.status_code, answer.location) == (303, LOGIN)
    assert not _is_in(thief)
    assert thief.get("/").status_code == 401


def _copy(app: WorkbenchFlask, browser: Browser) -> Browser:
    """A browser with the same cookie."""
    with browser.session_transaction() as cookie:
        stolen = dict(cookie)
    thief = new_browser(app)
    with thief.session_transaction() as cookie:
        cookie.update(stolen)
    return thief


def test_logging_out_asks_the_browser_to_forget(client_for: ClientFor, cast: Cast) -> None:
    answer = client_for(cast.ana).send("/logout")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "workbench=;" in answer.headers["Set-Cookie"]


def test_disabling_a_person_ends_all_their_sessions_at_once(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    browsers = [client_for(cast.ana), client_for(cast.ana)]
    assert all(map(_is_in, browsers))
    with database.write() as writing:
        accounts.disable_user(writing, writing.get_one(User, cast.ana.id), database_now(writing))
    assert not any(map(_is_in, browsers))


def test_a_disabled_person_cannot_log_in_and_is_told_no_more_than_anyone(
    anonymous: Browser, with_passwords: Cast, database: Database
) -> None:
    with database.write() as writing:
        user = writing.get_one(User, with_passwords.ana.id)
        accounts.disable_user(writing, user, database_now(writing))
    disabled = log_in(anonymous, with_passwords.ana)
    wrong = log_in(anonymous, with_passwords.beto, WRONG)
    assert disabled.status_code == wrong.status_code == 401
    assert _without_varying(disabled.text) == _without_varying(wrong.text)


def test_a_person_who_only_gave_judgments_elsewhere_never_logs_in(
    anonymous: Browser, with_passwords: Cast, database: Database
) -> None:
    with database.write() as writing:
        user = writing.get_one(User, with_passwords.ana.id)
        user.external, user.password_hash = True, None
    assert log_in(anonymous, with_passwords.ana, "").status_code == 401


# --- who is not logged in -------------------------------------------------------------------


def test_a_page_sends_the_unknown_to_the_log_in_and_back(
    anonymous: Browser, with_passwords: Cast
) -> None:
    asked = anonymous.look("/projects/main/mine?page=2")
    assert asked.status_code == 303
    assert asked.location == "/login?next=/projects/main/mine?page%3D2"
    form = {"name": "ana", "password": PASSWORD, "next": "/projects/main/mine?page=2"}
    answer = anonymous.send("/login", form)
    assert (answer.status_code, answer.location) == (303, "/projects/main/mine?page=2")


def test_a_session_that_ended_is_said_to_have_ended(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    browser = client_for(cast.ana)
    _set_session(database, cast.ana, ended_at=_now(database))
    asked = browser.look("/account")
    assert "expired=1" in (asked.location or "")
    assert "Your session has ended" in browser.look(asked.location or "").text


def test_htmx_is_told_to_open_the_log_in(anonymous: Browser) -> None:
    answer = anonymous.look("/projects/main/desk", htmx=True)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, LOGIN)


def test_a_program_is_told_401(anonymous: Browser) -> None:
    answer = anonymous.get("/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (401, "text/plain")


def test_the_log_in_page_sends_home_who_is_in_already(client_for: ClientFor, cast: Cast) -> None:
    assert client_for(cast.ana).look("/login").location == "/"


LOCAL = ["/", "/account", "/projects/main/mine?page=2", "/a//b", "/projects/main/quality#top"]
FOREIGN = [
    "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test",
    "/\n/evil.test", "/%09\r/evil.test", "https:evil.test", "https://evil.test",
    "javascript:alert(1)", "evil.test", "http:///evil.test", " //evil.test", "/\x00/evil.test",
    "//evil.test/login", "/ /evil.test", "@evil.test", "data:text/html,x", "",
]  # fmt: skip


def test_the_way_on_is_a_page_of_this_site_and_of_no_other(app: WorkbenchFlask) -> None:
    with app.test_request_context("/"):
        assert {address: local_path(address) for address in FOREIGN} == dict.fromkeys(FOREIGN, "/")
        assert {address: local_path(address) for address in LOCAL} == {a: a for a in LOCAL}


@pytest.mark.parametrize("address", ["//evil.test", "/\\evil.test", "https:evil.test"])
def test_after_the_log_in_nobody_is_sent_to_another_site(
    anonymous: Browser, with_passwords: Cast, address: str
) -> None:
    form = {"name": "ana", "password": PASSWORD, "next": address}
    assert anonymous.send("/login", form).location == "/"


# --- guessing -------------------------------------------------------------------------------


def _without_varying(page: str) -> str:
    """A page without what is new in every one."""
    lines = page.splitlines()
    varying = ("nonce=", "csrf", 'id="name"')
    return "\n".join(line for line in lines if not any(part in line for part in varying))


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(
    anonymous: Browser, with_passwords: Cast
) -> None:
    wrong = log_in(anonymous, with_passwords.ana, WRONG)
    unknown = anonymous.send("/login", {"name": "nobody", "password": WRONG})
    strange = anonymous.send("/login", {"name": "no\x00body\U0001f600", "password": WRONG})
    assert wrong.status_code == unknown.status_code == strange.status_code == 401
    assert _without_varying(wrong.text) == _without_varying(unknown.text)
    assert _without_varying(wrong.text) == _without_varying(strange.text)


def _fail(browser: Browser, name: str, times: int) -> list[int]:
    return [
        browser.send("/login", {"name": name, "password": WRONG}).status_code for _ in range(times)
    ]


def _count_failures(database: Database, name: str, address: str, times: int) -> None:
    """As many failures as if they had been tried."""
    with database.write() as writing:
        for n in range(times):
            keys = login.throttle_keys(f"{name}-{n}", address)
            login.note_failure(writing, keys, database_now(writing))


def _let_waits_run_out(database: Database) -> None:
    with database.write() as writing:
        past = database_now(writing) - timedelta(seconds=1)
        writing.execute(update(LoginThrottle).values(blocked_until=past))


def test_after_five_failures_an_account_waits_and_then_gets_in(
    anonymous: Browser, with_passwords: Cast, database: Database
) -> None:
    assert _fail(anonymous, "ana", 5) == [401] * 5
    waiting = log_in(anonymous, with_passwords.ana)
    assert waiting.status_code == 429
    assert 1 <= int(waiting.headers["Retry-After"]) <= 3
    assert not _is_in(anonymous)
    _let_waits_run_out(database)
    assert log_in(anonymous, with_passwords.ana).status_code == 303


def test_the_wait_grows_to_a_quarter_of_an_hour_and_is_never_a_lock(
    cast: Cast, database: Database
) -> None:
    keys = login.throttle_keys("ana", "192.0.2.7")
    waits = []
    with database.write() as writing:
        now = database_now(writing)
        for _ in range(40):
            login.note_failure(writing, keys[:1], now)
            waits.append(login.seconds_to_wait(writing, keys[:1], now))
    assert waits[:4] == [0] * 4
    assert waits[4:9] == [3, 5, 9, 17, 33]
    assert waits == sorted(waits)
    assert max(waits) <= 901


def test_an_account_waits_whatever_address_is_tried_from(
    app: WorkbenchFlask, with_passwords: Cast
) -> None:
    for n in range(5):
        browser = new_browser(app)
        browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{n}"
        assert _fail(browser, " ANA ", 1) == [401]
    browser = new_browser(app)
    browser.environ_base["REMOTE_ADDR"] = "192.0.2.99"
    assert log_in(browser, with_passwords.ana).status_code == 429
    assert log_in(browser, with_passwords.beto).status_code == 303


def test_an_address_waits_after_twenty_failures_on_any_accounts(
    app: WorkbenchFlask, with_passwords: Cast, database: Database
) -> None:
    _count_failures(database, "guess", "127.0.0.1", 19)
    browser = new_browser(app)
    assert _fail(browser, "one more guess", 1) == [401]
    assert log_in(browser, with_passwords.ana).status_code == 429
    other = new_browser(app)
    other.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    assert log_in(other, with_passwords.ana).status_code == 303


def test_the_wait_holds_in_another_process(
    anonymous: Browser, with_passwords: Cast, config: Config
) -> None:
    _fail(anonymous, "ana", 5)
    another = create_app(config)
    another.test_client_class = Browser
    browser = new_browser(another)
    assert log_in(browser, with_passwords.ana).status_code == 429
    another.extensions["workbench_database"].dispose()


def test_a_good_log_in_clears_the_account_but_not_the_address(
    anonymous: Browser, with_passwords: Cast, database: Database
) -> None:
    _fail(anonymous, "ana", 4)
    log_in(anonymous, with_passwords.ana)
    with database.read() as reading:
        rows = {
            row.key.partition(":")[0]: row.failures
            for row in reading.scalars(select(LoginThrottle))
        }
    assert rows == {"address": 4}


def test_failures_are_forgotten_after_a_day(cast: Cast, database: Database) -> None:
    keys = login.throttle_keys("ana", "192.0.2.7")[:1]
    with database.write() as writing:
        now = database_now(writing)
        for _ in range(8):
            login.note_failure(writing, keys, now)
        login.note_failure(writing, keys, now + timedelta(hours=25))
        assert writing.get_one(LoginThrottle, keys[0]).failures == 1


def test_neither_names_nor_addresses_are_kept_of_failures(
    anonymous: Browser, cast: Cast, database: Database
) -> None:
    _fail(anonymous, "ana-from-medellin", 1)
    stored = _everything(database)
    assert "ana-from-medellin" not in stored
    assert "127.0.0.1" not in stored


def test_a_forged_forwarding_header_does_not_change_whose_tries_are_counted(
    app: WorkbenchFlask, with_passwords: Cast, database: Database
) -> None:
    _count_failures(database, "guess", "127.0.0.1", 18)
    for n in range(2):
        browser = new_browser(app)
        browser.environ_base["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{n}"
        assert _fail(browser, f"another guess {n}", 1) == [401]
    browser = new_browser(app)
    browser.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.200"
    assert log_in(browser, with_passwords.ana).status_code == 429


def test_behind_one_proxy_only_the_proxys_own_word_is_taken(
    config: Config, with_passwords: Cast, database: Database
) -> None:
    app = create_app(replace(config, proxy_hops=1))
    app.test_client_class = Browser
    for n in range(3):
        browser = new_browser(app)
        browser.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{n}, 198.51.100.7"
        _fail(browser, f"guess-{n}", 1)
    app.extensions["workbench_database"].dispose()
    key = login.throttle_keys("x", "198.51.100.7")[1]
    with database.read() as reading:
        assert reading.get_one(LoginThrottle, key).failures == 3


def test_a_weaker_hash_is_replaced_at_the_log_in(
    anonymous: Browser, with_passwords: Cast, database: Database
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    with database.write() as writing:
        writing.get_one(User, with_passwords.ana.id).password_hash = weak
    assert log_in(anonymous, with_passwords.ana).status_code == 303
    with database.read() as reading:
        stored = reading.get_one(User, with_passwords.ana.id).password_hash or ""
    assert "m=47104" in stored
    assert login.password_fits(stored, PASSWORD)


# --- the first time -------------------------------------------------------------------------


def test_a_new_installation_has_no_accounts_no_codes_and_no_sessions(
    app: WorkbenchFlask, database: Database
) -> None:
    with database.read() as reading:
        for table in (User, LoginCode, WebSession):
            assert reading.scalar(select(func.count()).select_from(table)) == 0
    browser = new_browser(app)
    for name in ("admin", "workbench", "demo"):
        assert browser.send("/login", {"name": name, "password": name}).status_code == 401


def test_nobody_can_register(anonymous: Browser) -> None:
    for path in ("/register", "/signup", "/sign-up", "/users", "/setup"):
        assert anonymous.look(path).status_code == 404
        assert anonymous.send(path).status_code == 404


def _code(database: Database, user: User, valid: timedelta = accounts.CODE_VALID) -> str:
    with database.write() as writing:
        row = writing.get_one(User, user.id)
        return accounts.issue_code(writing, row, database_now(writing), valid)


def _redeem(browser: Browser, code: str, password: str = PASSWORD, again: str | None = None) -> int:
    form = {"code": code, "password": password, "again": password if again is None else again}
    return browser.send("/welcome", form).status_code


def test_a_code_sets_a_password_logs_in_and_works_once(
    app: WorkbenchFlask, anonymous: Browser, cast: Cast, database: Database
) -> None:
    code = _code(database, cast.ana)
    assert _redeem(anonymous, f" {code} ") == 303
    assert _is_in(anonymous)
    assert _redeem(new_browser(app), code) == 422
    assert log_in(new_browser(app), cast.ana).status_code == 303


def test_a_code_is_stored_as_a_hash(cast: Cast, database: Database) -> None:
    code = _code(database, cast.ana)
    assert len(code) >= 22  # 128 bits and more
    assert code not in _everything(database)


@pytest.mark.parametrize(
    ("valid", "limit"),
    [
        (accounts.CODE_VALID, timedelta(hours=72)),
        (accounts.FIRST_CODE_VALID, timedelta(minutes=15)),
    ],
)
def test_a_code_runs_out(
    anonymous: Browser, cast: Cast, database: Database, valid: timedelta, limit: timedelta
) -> None:
    code = _code(database, cast.ana, valid)
    with database.write() as writing:
        row = writing.scalars(select(LoginCode)).one()
        left = row.expires_at - database_now(writing)
        assert limit - timedelta(minutes=1) < left <= limit
        row.expires_at = database_now(writing)
    assert _redeem(anonymous, code) == 422


def test_a_new_code_ends_the_one_before(anonymous: Browser, cast: Cast, database: Database) -> None:
    first, second = _code(database, cast.ana), _code(database, cast.ana)
    assert _redeem(anonymous, first) == 422
    assert _redeem(anonymous, second) == 303


def test_a_code_of_a_disabled_person_is_worthless(
    anonymous: Browser, cast: Cast, database: Database
) -> None:
    code = _code(database, cast.ana)
    with database.write() as writing:
        accounts.disable_user(writing, writing.get_one(User, cast.ana.id), database_now(writing))
    assert _redeem(anonymous, code) == 422


def test_a_code_ends_the_sessions_of_its_owner(
    anonymous: Browser, client_for: ClientFor, cast: Cast, database: Database
) -> None:
    old = client_for(cast.ana)
    assert _redeem(anonymous, _code(database, cast.ana)) == 303
    assert not _is_in(old)
    assert _is_in(anonymous)


@pytest.mark.parametrize(
    ("password", "again"),
    [("short", "short"), (PASSWORD, "another one entirely"), ("contraseña2026", "contraseña2026")],
)
def test_a_refused_password_leaves_the_code_usable(
    anonymous: Browser, cast: Cast, database: Database, password: str, again: str
) -> None:
    code = _code(database, cast.ana)
    assert _redeem(anonymous, code, password, again) == 422
    assert _redeem(anonymous, code) == 303


def test_the_page_of_a_link_has_its_code_filled_in(anonymous: Browser) -> None:
    assert 'value="a-code-from-a-link"' in anonymous.look("/welcome?code=a-code-from-a-link").text


def test_fields_for_passwords_can_be_pasted_into_and_filled_by_managers(anonymous: Browser) -> None:
    page = anonymous.look("/login").text + anonymous.look("/welcome").text
    assert 'autocomplete="current-password"' in page
    assert 'autocomplete="new-password"' in page
    assert "onpaste" not in page
    assert "maxlength" not in page

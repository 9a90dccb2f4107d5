"""Logging in, by the numbers of the checklist of security. Those that are not here: test_auth.py,
test_account.py and test_headers.py in tests/web."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
import time_machine
from sqlalchemy import select, update

from tests.cast import Cast
from tests.cli.conftest import call, good, refused
from tests.web.conftest import (
    PASSWORD,
    Browser,
    ClientFor,
    app,
    app_of_its_own,
    client_for,
    database,
    database_url,
    log_in,
    new_browser,
    with_passwords,
)
from workbench.config import ROLES, Config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import (
    AuditEntry,
    AuthenticatorApp,
    RecoveryCode,
    Role,
    User,
    WebSession,
)
from workbench.sealing import Sealer, Unopenable
from workbench.services import accounts, second_factor
from workbench.web.request import WorkbenchFlask

__all__ = ["app", "client_for", "database", "database_url", "with_passwords"]

PAGE = "/account/second-factor"
#: Views that ask again who one is; see workbench/web/again.py.
ASK_AGAIN = {
    "account.end_others", "account.end_session", "account.password", "own_mail.forget",
    "own_mail.set_address", "provider.link", "provider.unlink", "second_factor.add_passkey",
    "second_factor.begin_app", "second_factor.confirm_app",
    "second_factor.make_codes", "second_factor.remove_app", "second_factor.remove_passkey",
    "second_factor.rename_passkey", "tokens.make", "tokens.revoke", "webhooks.make",
    "webhooks.turn",
}  # fmt: skip


@pytest.fixture(autouse=True)
def clock_stands_still() -> Iterator[None]:
    """No code changes between its reading and its sending."""
    with time_machine.travel(datetime.now(UTC), tick=False):
        yield


def _token(browser: Browser) -> str:
    with browser.session_transaction() as cookie:
        return str(cookie["_user_id"])


def _code(seed: str, database: Database, later: int = 0) -> str:
    with database.read() as reading:
        now = database_now(reading)
    return pyotp.TOTP(seed).at(now + timedelta(seconds=30 * later))


def _set_up(browser: Browser, database: Database) -> tuple[str, list[str]]:
    """(the app's key, recovery codes) of who has set up an app on the page."""
    assert browser.send(f"{PAGE}/app").status_code == 303
    page = browser.look(f"{PAGE}/app").text
    found = re.search(r'typed-key">([A-Z2-7 ]+)<', page)
    assert found
    seed = found[1].replace(" ", "")
    assert browser.send(f"{PAGE}/app/confirm", {"code": "000000"}).status_code == 422
    # A step ago, so that what is shown now is good at the log-in.
    made = browser.send(f"{PAGE}/app/confirm", {"code": _code(seed, database, -1)})
    assert made.status_code == 201
    codes = re.findall(r"<li><code>([a-z2-7-]{19})</code>", made.text)
    for address in (PAGE, "/account", f"{PAGE}/app"):
        text = browser.look(address).text
        assert seed not in text.replace(" ", "")
        assert not [code for code in codes if code in text]
    return seed, codes


def _let_all_be_old(database: Database) -> None:
    with database.write() as writing:
        past = database_now(writing) - timedelta(minutes=11)
        writing.execute(update(WebSession).values(asked_at=past))


def test_fact_02_a_new_second_factor_gives_a_new_token_and_ends_other_sessions(
    client_for: ClientFor, with_passwords: Cast, database: Database
) -> None:
    here, there = client_for(with_passwords.ana), client_for(with_passwords.ana)
    before = _token(here)
    _set_up(here, database)
    assert _token(here) != before
    with here.session_transaction() as cookie:
        now, cookie["_user_id"] = cookie["_user_id"], before
    assert here.look("/").status_code == 303
    with here.session_transaction() as cookie:
        cookie["_user_id"] = now
    assert here.look("/").status_code == 200
    assert there.look("/").status_code == 303


def test_fact_05_disabling_ends_what_is_half_begun_too(
    app: WorkbenchFlask, client_for: ClientFor, with_passwords: Cast, database: Database
) -> None:
    inside = client_for(with_passwords.ana)
    seed, _ = _set_up(inside, database)
    half = new_browser(app)
    assert log_in(half, with_passwords.ana).location == "/login/second?next=/"
    with database.write() as writing:
        row = writing.get_one(User, with_passwords.ana.id)
        accounts.disable_user(writing, row, database_now(writing))
    assert half.send("/login/second", {"code": _code(seed, database)}).location != "/"
    assert inside.look("/").status_code == half.look("/").status_code == 303


def test_fact_06_a_person_ends_their_other_sessions_at_once(
    client_for: ClientFor, with_passwords: Cast
) -> None:
    here, there, theirs = map(client_for, [with_passwords.ana, *[with_passwords.ana] * 2])
    assert here.send("/account/sessions/end-others").status_code == 303
    assert [b.look("/").status_code for b in (here, there, theirs)] == [200, 303, 303]


def test_fact_12_the_second_step_takes_each_code_once_and_opens_nothing_before(
    app: WorkbenchFlask, client_for: ClientFor, with_passwords: Cast, database: Database
) -> None:
    seed, _ = _set_up(client_for(with_passwords.ana), database)
    half, later = new_browser(app), new_browser(app)
    for browser in (half, later):
        assert log_in(browser, with_passwords.ana).status_code == 303
        assert browser.look("/account").status_code == 303
        assert browser.look("/login/second").status_code == 200
    code = _code(seed, database)
    assert half.send("/login/second", {"code": "12 34 56"}).status_code == 401
    done = half.send("/login/second", {"code": f"{code[:3]} {code[3:]}", "next": "/account"})
    assert (done.status_code, done.location) == (303, "/account")
    assert half.look("/account").status_code == 200
    assert later.send("/login/second", {"code": code}).status_code == 401
    # Nor a code of a step before one that was used.
    assert later.send("/login/second", {"code": _code(seed, database, -1)}).status_code == 401
    assert later.send("/login/second", {"code": _code(seed, database, 1)}).status_code == 303
    with database.read() as reading:
        acts = reading.scalars(select(AuditEntry.action)).all()
    assert acts.count("login.refused") == 3


def test_fact_12_guessing_codes_has_to_wait_though_the_password_is_given_anew(
    app: WorkbenchFlask, client_for: ClientFor, with_passwords: Cast, database: Database
) -> None:
    seed, _ = _set_up(client_for(with_passwords.ana), database)
    for _ in range(5):
        browser = new_browser(app)
        log_in(browser, with_passwords.ana)
        assert browser.send("/login/second", {"code": "x" * 19}).status_code == 401
    browser = new_browser(app)
    log_in(browser, with_passwords.ana)
    answer = browser.send("/login/second", {"code": _code(seed, database)})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_fact_12_who_must_have_a_second_factor_reaches_nothing_before_it(
    config: Config, with_passwords: Cast, database: Database
) -> None:
    assert {str(role) for role in Role} == ROLES
    with app_of_its_own(replace(config, second_factor_roles=("lead",))) as strict:
        luz, ana = new_browser(strict), new_browser(strict)
        for browser, who in ((luz, with_passwords.luz), (ana, with_passwords.ana)):
            log_in(browser, who)
        assert ana.look("/").status_code == 200
        for address in ("/", "/account", "/projects/main/quality"):
            assert luz.look(address).location == PAGE
        assert luz.look("/", htmx=True).headers["HX-Redirect"] == PAGE
        assert "must have a second factor" in luz.look(PAGE).text
        seed, _ = _set_up_where_led(luz, database)
        assert luz.look("/projects/main/quality").status_code == 200
        assert luz.send(f"{PAGE}/app/remove").status_code == 409
        assert seed


def _set_up_where_led(browser: Browser, database: Database) -> tuple[str, int]:
    token = re.search(r'csrf-token" content="([^"]+)"', browser.look(PAGE).text)
    assert token
    form, headers = {"csrf_token": token[1]}, {"Accept": "text/html"}
    assert browser.post(f"{PAGE}/app", data=form, headers=headers).status_code == 303
    found = re.search(r'typed-key">([A-Z2-7 ]+)<', browser.look(f"{PAGE}/app").text)
    assert found
    seed = found[1].replace(" ", "")
    data = {**form, "code": _code(seed, database)}
    made = browser.post(f"{PAGE}/app/confirm", data=data, headers=headers)
    return seed, made.status_code


def test_fact_13_ten_recovery_codes_are_kept_as_hashes_and_good_once(
    app: WorkbenchFlask, client_for: ClientFor, with_passwords: Cast, database: Database
) -> None:
    inside = client_for(with_passwords.ana)
    _, codes = _set_up(inside, database)
    assert len(set(codes)) == 10
    with database.read() as reading:
        kept = reading.scalars(select(RecoveryCode.code_hash)).all()
    assert len(kept) == 10
    assert not [code for code in codes if code.replace("-", "") in str(kept)]
    browser = new_browser(app)
    log_in(browser, with_passwords.ana)
    assert "9 are left" in browser.send("/login/second", {"code": codes[0].upper()}).text
    assert browser.look("/").status_code == 200
    again = new_browser(app)
    log_in(again, with_passwords.ana)
    assert again.send("/login/second", {"code": codes[0]}).status_code == 401
    assert browser.send(f"{PAGE}/codes").status_code == 201
    assert again.send("/login/second", {"code": codes[1]}).status_code == 401


def test_fact_14_what_outlasts_a_log_in_asks_again(app: WorkbenchFlask) -> None:
    marked = {name for name, view in app.view_functions.items() if hasattr(view, "asks_again")}
    assert marked == ASK_AGAIN


def test_fact_14_after_ten_minutes_the_password_is_asked_and_the_form_is_kept(
    client_for: ClientFor, with_passwords: Cast, database: Database
) -> None:
    edu, page = client_for(with_passwords.edu), "/projects/main/tokens"
    _let_all_be_old(database)
    form = {"name": '  "night" <b>', "scopes": ["read", "export"], "days": "30"}
    asked = edu.send(page, form)
    assert asked.status_code == 403
    kept = re.findall(r'<textarea name="(\w+)" hidden>\n(.*?)</textarea>', asked.text, re.DOTALL)
    sent = [(name, html.unescape(value)) for name, value in kept]
    assert sent == [("name", form["name"]), ("scopes", "read"), ("scopes", "export"),
                    ("days", "30")]  # fmt: skip
    assert edu.send(page, {**form, "present": "guess"}).status_code == 422
    assert edu.send(page, {**form, "present": PASSWORD}).status_code == 201
    assert edu.send(page, form).status_code == 201
    with database.read() as reading:
        acts = reading.scalars(select(AuditEntry.action)).all()
    assert acts.count("asked") == 1


def test_fact_14_a_code_of_the_app_is_taken_too_and_once(
    client_for: ClientFor, with_passwords: Cast, database: Database
) -> None:
    edu, page = client_for(with_passwords.edu), "/projects/main/tokens"
    seed, codes = _set_up(edu, database)
    form = {"name": "night", "scopes": "read", "days": "30"}
    _let_all_be_old(database)
    assert "a code of your app" in edu.send(page, form).text
    # A recovery code is for a log-in.
    for wrong in ("000000", codes[0]):
        assert edu.send(page, {**form, "present": wrong}).status_code == 422
    shown = {**form, "present": _code(seed, database)}
    assert edu.send(page, shown).status_code == 201
    _let_all_be_old(database)
    assert edu.send(page, shown).status_code == 422
    with database.read() as reading:
        told = reading.scalars(select(AuditEntry.detail).where(AuditEntry.action == "asked")).all()
    assert [detail["by"] for detail in told][-1] == "app"
    assert [detail["by"] for detail in told].count("app") == 1


@pytest.fixture
def sealed(home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database of an installation, as a server has it open while the shell rotates keys."""
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database_url)
    key = (home / "secret.key").read_text().strip()
    opened = Database(database_url, key=key, keys_file=home / "sealing.keys")
    yield opened
    opened.dispose()


def test_fact_41_seeds_are_sealed_by_keys_outside_the_database_which_rotate(
    cast: Cast, sealed: Database, home: Path
) -> None:
    def seed() -> tuple[str, str | None]:
        with sealed.read() as reading:
            now = database_now(reading)
            row = reading.get_one(AuthenticatorApp, cast.ana.id)
            return row.pending or "", second_factor.pending_seed(reading, cast.ana.id, now)

    with sealed.write() as writing:
        second_factor.begin_app(writing, cast.ana.id, database_now(writing))
    first, plain = seed()
    assert plain
    assert plain not in first
    assert "Sealed anew: 1." in good(call("keys", "rotate"))
    second, same = seed()
    assert (same, first != second) == (plain, True)
    assert (home / "sealing.keys").stat().st_mode & 0o777 == 0o600
    good(call("keys", "rotate"))
    assert "1 sealed, 0 of them" in good(call("keys", "show"))
    assert "gone: 1." in good(call("keys", "forget"))
    assert seed()[1] == plain
    with pytest.raises(Unopenable):
        Sealer("another", home / "sealing.keys").open("app of user 0", seed()[0])
    with pytest.raises(Unopenable):
        Sealer("k" * 96).open(f"app of user {cast.ana.id}", seed()[0])
    (home / "sealing.keys").write_text("no key\n")
    assert "no list of keys" in refused(call("keys", "show"), 2)


def test_fact_06_an_admin_logs_a_person_out_and_takes_a_lost_factor_away(
    app: WorkbenchFlask,
    client_for: ClientFor,
    with_passwords: Cast,
    database: Database,
    sealed: Database,
) -> None:
    ana = client_for(with_passwords.ana)
    _set_up(ana, database)
    assert "logged out" in good(call("user", "log-out", "ana"))
    assert ana.look("/").status_code == 303
    assert "no second factor" in good(call("user", "reset-factor", "ana"))
    assert log_in(new_browser(app), with_passwords.ana).location == "/"
    with database.read() as reading:
        acts = list(reading.scalars(select(AuditEntry.action)))
    assert {"user.log_out", "factor.reset"} <= set(acts)

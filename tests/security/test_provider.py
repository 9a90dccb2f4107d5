"""Log-in by an organisation's OpenID provider: fact 15 of the checklist of security."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from tests.cast import Cast
from tests.cli.conftest import call, good, refused
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, Provider, providing
from tests.web.conftest import (
    PASSWORD,
    Browser,
    app_of_its_own,
    database_url,
    log_in,
    logged_in_browser,
    new_browser,
)
from workbench.config import Config, ConfigError, load_config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import AuditEntry, AuthenticatorApp, Begun, User, WebSession
from workbench.provider import client
from workbench.services import accounts, login, provider_accounts
from workbench.services.provider_accounts import Identity
from workbench.web.request import WorkbenchFlask

__all__ = ["database_url"]

BACK = "/login/provider/back"
ACTION = 'action="/login/provider"'


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider) -> Provider:
    """The provider, as it is when it keeps to the standard."""
    fresh = Provider(issuer=running.issuer)
    vars(running).update(vars(fresh))
    return running


@pytest.fixture
def settings(config: Config, provider: Provider, tmp_path: Path) -> Config:
    secret = tmp_path / "secret"
    secret.write_text(f"{CLIENT_SECRET}\n")
    return replace(
        config, oidc_issuer=provider.issuer, oidc_client_id=CLIENT_ID, oidc_label="Uni <i>",
        oidc_client_secret_file=secret, oidc_networks=("127.0.0.0/8",),
        oidc_second_factor=("mfa",), site_address="http://localhost",
    )  # fmt: skip


@pytest.fixture
def app(settings: Config, cast: Cast) -> Iterator[WorkbenchFlask]:
    """An application with that provider, where Ana has the subject sub-1."""
    with app_of_its_own(settings) as made:
        with made.extensions["workbench_database"].write() as writing:
            ana = writing.get_one(User, cast.ana.id)
            ana.locale = "en"
            who = Identity(settings.oidc_issuer, "sub-1")
            provider_accounts.link(writing, ana, who, database_now(writing))
        yield made


def _go(browser: Browser, provider: Provider, path: str = "/login/provider", **form: str
        ) -> dict[str, str]:  # fmt: skip
    """What comes back of a browser that was sent there."""
    page = browser.send(path, form)
    assert page.status_code == 200, page.text
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    assert found
    return provider.authorize(html.unescape(found[1]))


def _come_back(browser: Browser, sent: dict[str, str]) -> TestResponse:
    """The look at what came back, and the form of that page."""
    page = browser.look(BACK, query_string=sent)
    assert page.status_code == 200
    form_text = page.text.partition("data-go-on")[2]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form_text)
    form = {name: html.unescape(value) for name, value in fields if name != "csrf_token"}
    assert form == sent
    return browser.send(BACK, form)


def _log_in(app: WorkbenchFlask, provider: Provider, **form: str) -> tuple[Browser, TestResponse]:
    browser = new_browser(app)
    return browser, _come_back(browser, _go(browser, provider, **form))


def _is_in(browser: Browser) -> bool:
    return browser.look("/account").status_code == 200


def _entries(database: Database) -> list[tuple[str, dict[str, Any]]]:
    with database.read() as reading:
        rows = reading.execute(select(AuditEntry.action, AuditEntry.detail)).all()
    return [(action, detail) for action, detail in rows]


def test_fact_15_a_linked_person_logs_in_and_goes_on_where_they_were(
    app: WorkbenchFlask, provider: Provider, database: Database
) -> None:
    page = new_browser(app).look("/login").text
    assert ACTION in page
    assert "Log in with Uni &lt;i&gt;" in page
    browser = new_browser(app)
    sent = _go(browser, provider, next="/account?saved=x")
    assert not _is_in(browser)
    done = _come_back(browser, sent)
    assert (done.status_code, done.location) == (303, "/account?saved=x")
    assert _is_in(browser)
    assert ("login", {"by": "provider"}) in _entries(database)
    for outside in ("https://evil.example", "//evil.example", "/\\evil.example"):
        assert _log_in(app, provider, next=outside)[1].location == "/"
    # What the provider says of itself is asked once, and so are its keys.
    assert sorted(set(provider.asked)) == ["/.well-known/openid-configuration", "/keys", "/token"]
    assert provider.asked.count("/keys") == 1
    assert browser.send("/logout").location == "/login"
    assert not _is_in(browser)


def test_fact_15_a_state_is_good_once_in_its_own_browser_and_for_ten_minutes(
    app: WorkbenchFlask, provider: Provider, database: Database
) -> None:
    browser, other = new_browser(app), new_browser(app)
    sent = _go(browser, provider)
    _go(other, provider)
    assert _come_back(other, sent).status_code == 400
    assert _come_back(browser, {**sent, "state": sent["state"] + "é"}).status_code == 400
    with browser.session_transaction() as cookie:
        held = dict(cookie)
    assert _come_back(browser, sent).status_code == 303
    again = new_browser(app)
    with again.session_transaction() as cookie:
        cookie.update(held)
    assert _come_back(again, {**_go_as(again, provider, held), "state": sent["state"]}
                      ).status_code == 400  # fmt: skip
    late = new_browser(app)
    sent = _go(late, provider)
    with database.write() as writing:
        writing.execute(update(Begun).values(expires_at=database_now(writing) - timedelta(1)))
    assert _come_back(late, sent).status_code == 400
    assert not any(map(_is_in, (other, again, late)))
    # A code of another's log-in: the verifier is this browser's, so nothing is given for it.
    victim, thief = new_browser(app), new_browser(app)
    stolen, own = _go(victim, provider), _go(thief, provider)
    assert _come_back(thief, {**own, "code": stolen["code"]}).status_code == 403
    assert not _is_in(thief)


def _go_as(browser: Browser, provider: Provider, held: dict[str, Any]) -> dict[str, str]:
    """A new code, with the cookie of a log-in that is over."""
    sent = _go(browser, provider)
    with browser.session_transaction() as cookie:
        cookie.update(held)
    return sent


REFUSED: dict[str, dict[str, Any]] = {
    "nonce of another": {"claims": {"nonce": "x" * 43}},
    "no nonce": {"claims": {"nonce": None}},
    "another audience": {"claims": {"aud": "another"}},
    "no audience": {"claims": {"aud": None}},
    "several audiences and no azp": {"claims": {"aud": [CLIENT_ID, "another"]}},
    "asked for by another": {"claims": {"azp": "another"}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "expired": {"claims": {"exp": 1_600_000_000}},
    "never expires": {"claims": {"exp": None}},
    "of the future": {"claims": {"iat": 9_999_999_999}},
    "no subject": {"claims": {"sub": ""}},
    "a subject that is a list": {"claims": {"sub": ["sub-1"]}},
    "no signature": {"algorithm": "none"},
    "signed with what is public": {"algorithm": "HS256"},
    "an unknown key": {"signs": "two"},
    "a key of another under a known name": {"signs": "two", "published": ["one"]},
}


def test_fact_15_an_id_token_that_is_not_wholly_right_lets_nobody_in(
    app: WorkbenchFlask, provider: Provider, database: Database
) -> None:
    browser = new_browser(app)
    for name, how in REFUSED.items():
        vars(provider).update(vars(Provider(issuer=provider.issuer)) | how)
        assert _come_back(browser, _go(browser, provider)).status_code == 403, name
        assert not _is_in(browser), name
    vars(provider).update(vars(Provider(issuer=provider.issuer)))
    # Mixed up with another provider (RFC 9207).
    for iss in ("https://evil.example", None):
        sent = {**_go(browser, provider), "iss": iss}
        sent = {name: value for name, value in sent.items() if value is not None}
        assert _come_back(browser, sent).status_code == 403
    refusals = [detail for action, detail in _entries(database) if action == "provider.refused"]
    assert refusals == [{"why": "not to be believed"}] * (len(REFUSED) + 2)
    declined = _go(browser, provider)
    declined = {"state": declined["state"], "error": "access_denied"}
    assert _come_back(browser, declined).status_code == 403
    assert _come_back(browser, _go(browser, provider)).status_code == 303


def test_fact_15_a_rotated_key_is_looked_for_but_not_at_anybodys_wish(
    app: WorkbenchFlask, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _log_in(app, provider)[1].status_code == 303
    provider.signs, provider.published = "two", ["two"]
    assert _log_in(app, provider)[1].status_code == 403
    assert provider.asked.count("/keys") == 1
    monkeypatch.setattr(client, "BETWEEN_LOOKS", 0.0)
    assert _log_in(app, provider)[1].status_code == 303
    assert provider.asked.count("/keys") == 2


def test_fact_15_nobody_registers_and_no_address_of_e_mail_links(
    app: WorkbenchFlask, provider: Provider, database: Database, cast: Cast
) -> None:
    provider.subject = "sub-<b>9"
    provider.claims = {"email": f"{cast.ana.name}@example.org", "email_verified": True}
    browser, answer = _log_in(app, provider)
    assert answer.status_code == 403
    assert "sub-&lt;b&gt;9" in answer.text
    assert provider.issuer in answer.text
    assert not _is_in(browser)
    assert ("provider.refused", {"why": "not linked"}) in _entries(database)
    assert "sub-<b>9" not in str(_entries(database))
    with database.write() as writing:
        row = writing.get_one(User, cast.ana.id)
        accounts.disable_user(writing, row, database_now(writing))
    provider.subject, provider.claims = "sub-1", {}
    browser, answer = _log_in(app, provider)
    assert (answer.status_code, "closed" in answer.text) == (403, True)
    assert not _is_in(browser)


def test_fact_15_a_second_factor_is_wanted_unless_the_provider_says_that_it_asked_for_one(
    settings: Config, app: WorkbenchFlask, provider: Provider, database: Database, cast: Cast
) -> None:
    app.extensions["workbench_config"] = replace(settings, second_factor_roles=("reviewer",))
    browser, _ = _log_in(app, provider)
    assert browser.look("/my-work").location == "/account/second-factor"
    provider.claims = {"amr": ["pwd", "mfa"]}
    browser, _ = _log_in(app, provider)
    assert browser.look("/my-work").status_code == 200
    with database.write() as writing:
        moment = database_now(writing)
        writing.merge(AuthenticatorApp(user_id=cast.ana.id, seed="x", last_step=0,
                                       set_up_at=moment))  # fmt: skip
    assert _log_in(app, provider)[1].location == "/"
    provider.claims = {"amr": "mfa", "acr": "0"}
    browser, answer = _log_in(app, provider, next="/account")
    assert answer.location == "/login/second?next=/account"
    assert not _is_in(browser)


def test_fact_15_a_person_links_their_own_log_in_after_being_asked_again(
    app: WorkbenchFlask, provider: Provider, database: Database, cast: Cast
) -> None:
    with database.write() as writing:
        beto = writing.get_one(User, cast.beto.id)
        hashed = login.hash_password(PASSWORD)
        accounts.set_password(writing, beto, hashed, database_now(writing), None)
    link, unlink = "/account/provider/link", "/account/provider/unlink"
    provider.subject = "sub-2"
    here, there = (logged_in_browser(app, cast.beto) for _ in range(2))
    with database.write() as writing:
        past = database_now(writing) - timedelta(minutes=11)
        writing.execute(update(WebSession).values(asked_at=past))
    assert here.send(link).status_code == 403
    sent = _go(here, provider, link, present=PASSWORD)
    assert _come_back(there, sent).status_code == 400
    done = _come_back(here, sent)
    assert done.location == "/account?saved=provider#provider"
    assert "Linked." in here.look("/account?saved=provider").text
    assert not _is_in(there)
    assert _log_in(app, provider)[1].status_code == 303
    # A subject is one person's, and nobody takes over another's by linking it.
    ana = logged_in_browser(app, cast.ana)
    assert _come_back(ana, _go(ana, provider, link)).status_code == 409
    assert ana.send(unlink).status_code == 409
    # What was begun by one is not finished by who logs in meanwhile.
    provider.subject = "sub-3"
    sent = _go(here, provider, link)
    here.send("/logout")
    assert _come_back(here, sent).status_code == 400
    assert log_in(here, cast.beto).status_code == 303
    assert here.send(unlink).status_code == 303
    provider.subject = "sub-2"
    assert _log_in(app, provider)[1].status_code == 403
    acts = [action for action, _ in _entries(database)]
    assert (acts.count("provider.link"), acts.count("provider.unlink")) == (2, 1)


def test_fact_15_an_admin_links_by_subject(
    app: WorkbenchFlask, provider: Provider, settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(settings.home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", settings.database_url)
    assert "no provider" in call("user", "link", "beto", "--subject", "x").output
    monkeypatch.setenv("WORKBENCH_OIDC_ISSUER", provider.issuer)
    monkeypatch.setenv("WORKBENCH_OIDC_CLIENT_ID", CLIENT_ID)
    with pytest.raises(ConfigError, match="SITE_ADDRESS"):
        load_config()
    monkeypatch.setenv("WORKBENCH_SITE_ADDRESS", "http://localhost")
    assert "another account's" in refused(call("user", "link", "beto", "--subject", "sub-1"), 1)
    assert "ASCII" in refused(call("user", "link", "beto", "--subject", "ñ"), 2)
    assert provider.issuer in good(call("user", "link", "beto", "--subject", "sub-7"))
    provider.subject = "sub-7"
    browser, answer = _log_in(app, provider)
    assert answer.status_code == 303
    assert "logged out" in good(call("user", "unlink", "beto"))
    assert not _is_in(browser)
    assert _log_in(app, provider)[1].status_code == 403


def test_fact_15_nothing_but_the_provider_is_asked(
    settings: Config, app: WorkbenchFlask, provider: Provider
) -> None:
    evil = "http://127.0.0.1:9/keys"
    cases: dict[str, tuple[dict[str, Any], int]] = {
        "an endpoint elsewhere": ({"authorization_endpoint": evil}, 200),
        "no endpoint": ({"authorization_endpoint": None}, 200),
        "another's word": ({"issuer": "https://evil.example"}, 200),
        "a redirect": ({}, 302),
        "out of order": ({}, 500),
    }
    for name, (about, status) in cases.items():
        app.extensions["workbench_config"] = replace(settings)
        provider.about, provider.status = about, status
        assert new_browser(app).send("/login/provider").status_code == 502, name
    assert "/elsewhere" not in provider.asked
    # Not asked again at once after it did not answer.
    provider.about, provider.status, asked = {}, 200, len(provider.asked)
    assert new_browser(app).send("/login/provider").status_code == 502
    assert len(provider.asked) == asked
    # Of this machine itself, and no setting opens that network.
    app.extensions["workbench_config"] = replace(settings, oidc_networks=())
    assert new_browser(app).send("/login/provider").status_code == 502
    assert len(provider.asked) == asked
    for name in ("token_endpoint", "jwks_uri"):
        app.extensions["workbench_config"] = replace(settings)
        provider.about = {name: evil}
        assert _log_in(app, provider)[1].status_code == 502, name
    app.extensions["workbench_config"] = replace(settings, oidc_issuer="")
    assert ACTION not in new_browser(app).look("/login").text
    assert new_browser(app).send("/login/provider").status_code == 404


@pytest.mark.parametrize("text", ["http://login.example.org", "login.example.org",
                                  "https://a.example/?tenant=1", "file:///etc/passwd"])  # fmt: skip
def test_fact_15_an_issuer_is_an_https_address(text: str) -> None:
    with pytest.raises(ConfigError, match="OIDC_ISSUER"):
        load_config({"WORKBENCH_OIDC_ISSUER": text})

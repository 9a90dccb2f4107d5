"""Passkeys in a real Chromium with a device that the browser itself plays, and the pages' looks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select, update

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk
from tests.browser.site import PASSWORD, People, Site, sample
from tests.browser.test_accessibility import _fine, _in_every_look
from tests.browser.test_reviewer_trouble import IDS, end_sessions
from workbench.db import now as database_now
from workbench.models import AuditEntry, Begun, User, WebSession
from workbench.services import second_factor

PAGE = "/account/second-factor"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def ana(site: Site) -> User:
    made = site.people().ana
    site.set_password(made)
    return made


def _with_device(page: Page) -> Callable[[bool], None]:
    """What says whether the device's owner is there: without them it refuses."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    made = devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

    def owner_is_there(there: bool) -> None:
        told = {"authenticatorId": made["authenticatorId"], "isUserVerified": there}
        devices.send("WebAuthn.setUserVerified", told)

    return owner_is_there


def _add_passkey(page: Page, here: str) -> None:
    page.goto(here + PAGE)
    page.fill("input[name=name]", "portátil")
    page.click("form[data-create] button")
    expect(page.locator(".recovery-codes code")).to_have_count(10)


def _with_app(site: Site, ana: User) -> str:
    """The key of her app, of which the code that it shows now is not used yet."""
    with site.database.write() as writing:
        now = database_now(writing)
        second_factor.begin_app(writing, ana.id, now)
        seed = second_factor.pending_seed(writing, ana.id, now)
        assert seed
        before = now - timedelta(seconds=30)
        second_factor.confirm_app(writing, ana.id, pyotp.TOTP(seed).at(before), now)
    return seed


def _code(site: Site, seed: str) -> str:
    with site.database.read() as reading:
        return pyotp.TOTP(seed).at(database_now(reading))


def _long_ago(site: Site, ana: User) -> None:
    """She was last asked who she is an hour ago."""
    with site.database.write() as writing:
        at = database_now(writing) - timedelta(hours=1)
        mine = update(WebSession).where(WebSession.user_id == ana.id)
        writing.execute(mine.values(asked_at=at))


def _asked(site: Site, ana: User) -> list[str]:
    """By what she showed again who she is."""
    with site.database.read() as reading:
        found = select(AuditEntry.detail).where(
            AuditEntry.action == "asked", AuditEntry.actor_id == ana.id
        )
        return [detail["by"] for detail in reading.scalars(found.order_by(AuditEntry.seq))]


def _log_in(page: Page, here: str, ana: User) -> None:
    page.goto(f"{here}/login")
    page.fill("#name", ana.name)
    page.fill("#password", PASSWORD)
    page.click("form:has(#password) button.primary")


def test_a_passkey_from_its_making_to_its_end(
    site: Site, ana: User, open_as: OpenAs, watch: Watch
) -> None:
    # Browsers make none for 127.0.0.1.
    here = site.url.replace("127.0.0.1", "localhost")
    page = open_as(None, "/login")
    _with_device(page)
    _log_in(page, here, ana)
    _add_passkey(page, here)
    page.click("a.primary")
    expect(page.locator(".passkey summary")).to_contain_text("portátil")
    # The second step after the password, then alone.
    page.context.clear_cookies()
    _log_in(page, here, ana)
    page.wait_for_url("**/login/second**")
    page.click("form[data-passkey] button")
    page.wait_for_url(f"{here}/")
    page.context.clear_cookies()
    page.goto(f"{here}/login?next={PAGE}")
    page.click("form[data-passkey] button")
    page.wait_for_url(here + PAGE)
    page.click(".passkey summary")
    page.click(".passkey button.danger")
    page.wait_for_url("**/second-factor?done=removed")
    expect(page.locator(".passkey")).to_have_count(0)
    watch.forgive("request to another host: " + here)


def test_what_outlasts_a_log_in_asks_for_a_passkey_and_goes_on(
    site: Site, ana: User, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(403)
    here = site.url.replace("127.0.0.1", "localhost")
    page = open_as(None, "/login")
    owner_is_there = _with_device(page)
    _log_in(page, here, ana)
    _add_passkey(page, here)
    _long_ago(site, ana)
    page.goto(here + PAGE)
    page.click(".passkey summary")
    page.fill(".passkey input[name=name]", "de viaje")
    page.click(".passkey form:has(input[name=name]) button")
    asks = page.locator("form[data-passkey]")
    owner_is_there(False)
    asks.locator("button").click()
    expect(page.locator("[data-trouble]")).not_to_be_empty()
    assert _asked(site, ana) == []
    owner_is_there(True)
    asks.locator("button").click()
    # What was entered went on with it, and she is not asked once more.
    expect(page.locator(".passkey summary")).to_contain_text("de viaje")
    page.click(".passkey summary")
    page.click(".passkey button.danger")
    page.wait_for_url("**/second-factor?done=removed")
    assert _asked(site, ana) == ["passkey"]
    watch.forgive("request to another host: " + here)


def test_a_log_in_on_the_desk_again_asks_for_the_apps_code(
    site: Site, people: People, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(401, 410)
    site.set_password(people.ana)
    seed = _with_app(site, people.ana)
    project = site.project("ranking", sample("pares-pandalm", *IDS), people)
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project).ready()
    again = desk.page.locator("#log-in-again")
    password, code = again.locator("[name=password]"), again.locator("[name=code]")
    end_sessions(site, people.ana)
    desk.press("1", "n").type("sin perder nada").press("Control+Enter")
    expect(password).to_be_focused()
    desk.type(PASSWORD).press("Enter")
    expect(code).to_be_focused()
    expect(password).to_be_hidden()
    expect(again.locator("[data-by-passkey]")).to_be_hidden()
    desk.type("nada").press("Enter")
    expect(again.locator("[role=alert]")).not_to_be_empty()
    assert site.judgments(project) == []
    # Half in for too long: the password is asked for anew.
    with site.database.write() as writing:
        writing.execute(delete(Begun).where(Begun.user_id == people.ana.id))
    desk.type(_code(site, seed)).press("Enter")
    expect(password).to_be_focused()
    expect(code).to_be_hidden()
    desk.type(PASSWORD).press("Enter")
    expect(code).to_be_focused()
    desk.type(_code(site, seed)).press("Enter")
    expect(again).to_be_hidden()
    desk.arrived()
    assert [each.answer["reason"] for each in site.judgments(project) if each.answer] == [
        "sin perder nada"
    ]


def test_a_log_in_on_the_desk_again_takes_a_passkey(
    site: Site, people: People, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(401)
    site.set_password(people.ana)
    here = site.url.replace("127.0.0.1", "localhost")
    page = open_as(None, "/login")
    owner_is_there = _with_device(page)
    _log_in(page, here, people.ana)
    _add_passkey(page, here)
    project = site.project("ranking", sample("pares-pandalm", *IDS), people)
    page.goto(f"{here}/projects/{project.slug}/desk")
    desk = Desk(page, project).ready()
    end_sessions(site, people.ana)
    desk.press("1", "Enter").page.wait_for_selector("#log-in-again[open]")
    desk.type(PASSWORD).press("Enter")
    again = page.locator("#log-in-again")
    owner_is_there(False)
    again.locator("[data-by-passkey]").click()
    expect(again.locator("[role=alert]")).not_to_be_empty()
    assert site.judgments(project) == []
    owner_is_there(True)
    again.locator("[data-by-passkey]").click()
    expect(again).to_be_hidden()
    desk.arrived()
    assert len(site.judgments(project)) == 1
    watch.forgive("request to another host: " + here)


def test_the_pages_in_every_look(site: Site, ana: User, open_as: OpenAs, watch: Watch) -> None:
    watch.expect(403)
    page = open_as(ana, PAGE)
    _fine(_in_every_look(page, site, ana, PAGE))
    with site.database.write() as writing:
        second_factor.begin_app(writing, ana.id, database_now(writing))
    _fine(_in_every_look(page, site, ana, f"{PAGE}/app"))

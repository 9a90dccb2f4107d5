"""Passkeys in a real Chromium with a device that the browser itself plays, and the pages' looks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenAs, Watch
from tests.browser.site import PASSWORD, Site
from tests.browser.test_accessibility import _fine, _in_every_look
from workbench.db import now as database_now
from workbench.models import User
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


def _with_device(page: Page) -> None:
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


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
    page.goto(here + PAGE)
    page.fill("input[name=name]", "portátil")
    page.click("form[data-create] button")
    expect(page.locator(".recovery-codes code")).to_have_count(10)
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


def test_the_pages_in_every_look(site: Site, ana: User, open_as: OpenAs, watch: Watch) -> None:
    watch.expect(403)
    page = open_as(ana, PAGE)
    _fine(_in_every_look(page, site, ana, PAGE))
    with site.database.write() as writing:
        second_factor.begin_app(writing, ana.id, database_now(writing))
    _fine(_in_every_look(page, site, ana, f"{PAGE}/app"))

"""Every request has an id: in its reply, in the log, and where people are told of a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.cast import Cast
from tests.web.conftest import Browser, app_of_its_own, logged_in_browser, new_browser
from workbench.config import Config
from workbench.telemetry import lines
from workbench.web.request import WorkbenchFlask

OWN = re.compile(r"[0-9a-f]{12}")
GIVEN = "edge-01_7f3aC0FFEE"


@pytest.fixture
def app(config: Config) -> Iterator[WorkbenchFlask]:
    """One of its own, that fails at an address."""

    def fail() -> str:
        raise ZeroDivisionError("inner secret")

    with app_of_its_own(config) as app:
        app.view_functions["home.index"] = fail
        yield app


@pytest.fixture
def behind(config: Config) -> Iterator[Browser]:
    """A browser whose requests come by a proxy that is trusted."""
    with app_of_its_own(replace(config, proxy_hops=1)) as app:
        yield new_browser(app)


@pytest.mark.parametrize("path", ["/login", "/nowhere", "/health/live", "/static/css/base.css"])
def test_every_reply_says_its_own(anonymous: Browser, path: str) -> None:
    found = [anonymous.get(path).headers["X-Request-Id"] for _ in range(2)]
    assert all(map(OWN.fullmatch, found))
    assert found[0] != found[1]


def test_one_that_a_trusted_proxy_gives_is_kept(behind: Browser, anonymous: Browser) -> None:
    given = {"X-Request-Id": GIVEN}
    assert behind.get("/login", headers=given).headers["X-Request-Id"] == GIVEN
    assert anonymous.get("/login", headers=given).headers["X-Request-Id"] != GIVEN


@pytest.mark.parametrize("given", ["short", "x" * 65, "ten signs!", "áéíóúáéí", "a" * 8 + ",b"])
def test_one_that_is_not_well_formed_is_not(behind: Browser, given: str) -> None:
    sent = given.encode().decode("latin-1")
    answer = behind.get("/login", headers={"X-Request-Id": sent})
    assert OWN.fullmatch(answer.headers["X-Request-Id"])


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        ("en", "Tell an admin this number: "),
        ("es", "Dele este número a quien administra el servidor: "),
    ],
)
def test_a_fault_is_told_with_it_and_found_by_it(
    app: WorkbenchFlask,
    cast: Cast,
    caplog: pytest.LogCaptureFixture,
    locale: str,
    sentence: str,
) -> None:
    caplog.handler.setFormatter(lines.TextLines())
    browser = logged_in_browser(app, cast.ana, locale=locale)
    for htmx in (False, True):
        caplog.clear()
        answer = browser.look("/", htmx=htmx)
        number = answer.headers["X-Request-Id"]
        assert answer.status_code == 500
        assert f"{sentence}{number}" in answer.text
        assert f"unexpected: GET '/' [{number}]\n" in caplog.text


def test_beside_the_requests_there_is_none(anonymous: Browser) -> None:
    anonymous.get("/login")
    assert lines.request_id.get() == ""

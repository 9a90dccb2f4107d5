"""The application and browsers for it.

A test client runs in the test's own thread, and SQLite has one writer at a time: let go of
`database.write()` before a browser sends anything, and leave the `session` fixture alone here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import Cast
from tests.support import tokens
from tests.support.application import application
from workbench.app import create_app
from workbench.config import Config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import User
from workbench.services import accounts, login
from workbench.veil import Veil
from workbench.web.request import WorkbenchFlask

PASSWORD = "tinto frío en el páramo"
HTMX = {"HX-Request": "true", "Accept": "text/html"}


class Browser(FlaskClient):
    """A test client that behaves like a browser on the site's own pages.

    Tests name items by their numbers, and so do the replies that they get; on the way both are
    tokens. `as_sent` leaves all of it as it is.
    """

    as_sent = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """As Flask's own, but all that was sent and received is read to its end and closed."""
        if self.as_sent:
            return self._closed(*args, **kwargs)
        veil: Veil = self.application.extensions["workbench_veil"]
        path, *rest = args
        if "data" in kwargs:
            kwargs["data"] = tokens.in_form(veil, kwargs["data"])
        answer = self._closed(tokens.in_address(veil, path), *rest, **kwargs)
        for name in ("Location", "HX-Redirect"):
            if name in answer.headers:
                answer.headers[name] = tokens.in_reply(veil, answer.headers[name])
        if answer.mimetype in {"text/html", "application/json"} and not answer.content_encoding:
            answer.set_data(tokens.in_reply(veil, answer.get_data(as_text=True)))
        return answer

    def _closed(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **{"buffered": True, **kwargs})
        answer.request.environ["wsgi.input"].close()
        return answer

    def csrf(self) -> str:
        """The token that pages now carry, from where their script asks for it."""
        token = self.get("/session").json["csrf_token"]
        assert isinstance(token, str)
        return token

    def send(
        self,
        path: str,
        form: dict[str, Any] | None = None,
        *,
        htmx: bool = False,
        headers: dict[str, str] | None = None,
        **how: Any,
    ) -> TestResponse:
        """Send a form as the page would: with the token, and as htmx when asked to."""
        headers = {
            "Accept": "text/html",
            "Sec-Fetch-Site": "same-origin",
            **(HTMX if htmx else {}),
            **(headers or {}),
        }
        data = {"csrf_token": self.csrf(), **(form or {})}
        return self.post(path, data=data, headers=headers, **how)

    def look(self, path: str, *, htmx: bool = False, **how: Any) -> TestResponse:
        """Open a page as a browser does, or a fragment as htmx does."""
        headers = {"Accept": "text/html", **(HTMX if htmx else {}), **how.pop("headers", {})}
        return self.get(path, headers=headers, **how)


#: A logged-in browser of that person, with the interface in English unless said.
ClientFor = Callable[..., Browser]


@pytest.fixture
def database_url(one_url: str) -> str:
    """Pages ask services and queries, whose tests run on either database, and no database.

    The desk and imports, where refusals end transactions, ask for either.
    """
    return one_url


@pytest.fixture
def app(config: Config) -> Iterator[WorkbenchFlask]:
    """The application on `database_url`; a module that changes it
    has one by `app_of_its_own`."""
    with application(config) as made:
        made.test_client_class = Browser
        yield made


@contextmanager
def app_of_its_own(config: Config) -> Iterator[WorkbenchFlask]:
    """An application that a test may change, its database too."""
    made = create_app(config)
    database: Database = made.extensions["workbench_database"]
    made.test_client_class = Browser
    yield made
    database.dispose()


@pytest.fixture
def database(app: WorkbenchFlask) -> Database:
    """The application's own database: same engine, same key."""
    opened: Database = app.extensions["workbench_database"]
    return opened


@pytest.fixture
def anonymous(app: WorkbenchFlask) -> Browser:
    """A browser that is not logged in."""
    return new_browser(app)


@pytest.fixture
def client_for(app: WorkbenchFlask, cast: Cast) -> ClientFor:
    """Browsers of people who are logged in already: `client_for(cast.ana, locale="es")`."""

    def make(user: User, locale: str = "en") -> Browser:
        return logged_in_browser(app, user, locale)

    return make


@pytest.fixture
def ana(client_for: ClientFor, cast: Cast) -> Browser:
    """A reviewer of `main`, logged in."""
    return client_for(cast.ana)


@pytest.fixture
def luz(client_for: ClientFor, cast: Cast) -> Browser:
    """Its lead, logged in."""
    return client_for(cast.luz)


def new_browser(app: WorkbenchFlask) -> Browser:
    """A browser without cookies."""
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return browser


def logged_in_browser(app: WorkbenchFlask, user: User, locale: str = "en") -> Browser:
    """A browser with a session of that person; the log-in form itself is tested in test_auth."""
    database: Database = app.extensions["workbench_database"]
    with database.write() as writing:
        row = writing.get_one(User, user.id)
        row.locale = locale
        moment = database_now(writing)
        token = login.open_session(writing, row, moment, timedelta(hours=12), "a test")
    browser = new_browser(app)
    with browser.session_transaction() as cookie:
        cookie.update({"_user_id": token, "_fresh": True, "_permanent": True})
    return browser


@pytest.fixture
def with_passwords(database: Database, cast: Cast) -> Cast:
    """The cast, each with PASSWORD."""
    with database.write() as writing:
        moment = database_now(writing)
        for person in (cast.ana, cast.beto, cast.luz, cast.edu, cast.dora, cast.omar, cast.ada):
            row = writing.get_one(User, person.id)
            row.locale = "en"
            accounts.set_password(writing, row, _hashed(), moment, None)
    return cast


@cache
def _hashed() -> str:
    return login.hash_password(PASSWORD)


def log_in(browser: Browser, user: User, password: str = PASSWORD, **how: Any) -> TestResponse:
    """Send the log-in form."""
    return browser.send("/login", {"name": user.name, "password": password}, **how)

"""One answer for each way a request can fail, and one end for each transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import abort, g, redirect, request
from sqlalchemy import select, text
from sqlalchemy.exc import DataError

from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor, app_of_its_own
from workbench.config import Config
from workbench.db import Database
from workbench.errors import Conflict, Forbidden, NotFound
from workbench.messages import Invalid, Message
from workbench.models import Guideline, User
from workbench.web.request import Page, WorkbenchFlask, commit, roll_back, session

SENTENCE = "A sentence for %(who)s."
STORED = "What you sent is stored"


def _raises(error: BaseException) -> Callable[[], str]:
    def view() -> str:
        raise error

    return view


@pytest.fixture
def app(config: Config) -> Iterator[WorkbenchFlask]:
    """One that gets an address more."""
    with app_of_its_own(config) as app:
        yield app


def _write() -> None:
    """Change a row, in the request's own transaction."""
    session().get_one(User, 1).timezone = "Written/Here"


def _wrote(database: Database) -> bool:
    with database.read() as reading:
        return reading.get_one(User, 1).timezone == "Written/Here"


def _route(app: WorkbenchFlask, view: Callable[[], Any]) -> str:
    """A page that does this."""
    app.add_url_rule("/try", "try", view, methods=["GET", "POST"])
    return "/try"


FAILURES: list[tuple[BaseException, int, str]] = [
    (Invalid({"one": Message(SENTENCE, {"who": "Ana"})}), 422, "A sentence for Ana."),
    (Conflict(SENTENCE, who="Ana"), 409, "A sentence for Ana."),
    (Forbidden(SENTENCE, who="Ana"), 403, "A sentence for Ana."),
    (NotFound(SENTENCE, who="Ana"), 404, "A sentence for Ana."),
    (DataError("inner secret", None, ValueError()), 422, "sent cannot be stored. Nothing was"),
    (ZeroDivisionError("inner secret"), 500, "Something went wrong here. Nothing was stored"),
    (RuntimeError("inner secret"), 500, "Something went wrong here. Nothing was stored"),
]
IDS = [type(error).__name__ for error, _, _ in FAILURES]


@pytest.mark.parametrize(("error", "status", "sentence"), FAILURES, ids=IDS)
def test_a_failure_is_a_page_a_fragment_or_text_by_what_was_asked_for(
    app: WorkbenchFlask,
    database: Database,
    client_for: ClientFor,
    cast: Cast,
    error: BaseException,
    status: int,
    sentence: str,
) -> None:
    path = _route(app, _raises(error))
    browser = client_for(cast.ana)
    page, fragment = browser.look(path), browser.look(path, htmx=True)
    plain = browser.get(path, headers={"Accept": "text/plain"})
    assert {page.status_code, fragment.status_code, plain.status_code} == {status}
    assert all(sentence in answer.text for answer in (page, fragment, plain))
    assert "<title>" in page.text
    assert "<title>" not in fragment.text
    assert fragment.headers["HX-Retarget"] == "#notice"
    assert fragment.headers["HX-Reswap"] == "innerHTML"
    assert plain.mimetype == "text/plain"
    assert not [a for a in (page, fragment, plain) if "inner secret" in a.text]


@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 418])
def test_what_the_framework_refuses_gets_a_sentence_of_ours(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, code: int
) -> None:
    path = _route(app, lambda: abort(code))
    answer = client_for(cast.ana).look(path)
    assert answer.status_code == code
    assert '<div class="notice danger"' in answer.text
    assert "teapot" not in answer.text


def test_a_sentence_is_escaped(app: WorkbenchFlask, client_for: ClientFor, cast: Cast) -> None:
    path = _route(app, _raises(NotFound("About %(name)s.", name="<script>alert(1)</script>")))
    for htmx in (False, True):
        assert "<script>alert" not in client_for(cast.ana).look(path, htmx=htmx).text


def test_an_unexpected_failure_is_logged_with_its_path_on_one_line(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    app.add_url_rule("/try/<rest>", "try", lambda rest: 1 / 0)
    client_for(cast.ana).look("/try/a%0d%0aERROR forged")
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "\\r\\nERROR forged" in record.getMessage()
    assert record.exc_info is not None


def test_an_unknown_address_is_a_page_with_a_way_home(client_for: ClientFor, cast: Cast) -> None:
    page = client_for(cast.ana).look("/nowhere")
    assert page.status_code == 404
    assert 'href="/"' in page.text
    assert "ana" in page.text


# --- the database ---------------------------------------------------------------------------


def _same_again() -> str:
    for _ in range(2):
        session().add(Guideline(project_id=1, version=1, es="", en="", created_at=_moment()))
        session().flush()
    return "stored"


def _moment() -> Any:
    return session().scalars(select(User.created_at)).first()


def test_two_who_change_the_same_at_once_get_a_conflict(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, database: Database
) -> None:
    answer = client_for(cast.ana).send(_route(app, _same_again))
    assert answer.status_code == 409
    assert "Nothing was stored: try again." in answer.text
    with database.read() as reading:
        assert reading.scalars(select(Guideline)).all() == []


def test_a_database_that_does_not_answer_in_time_is_503_and_to_be_tried_again(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, database: Database
) -> None:
    def view() -> str:
        if database.is_sqlite:
            session().execute(text("SELECT * FROM a_table_that_is_not_there"))
        session().execute(text("SET LOCAL statement_timeout = 1"))
        session().execute(text("SELECT pg_sleep(1)"))
        return ""

    answer = client_for(cast.ana).send(_route(app, view))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "The server is busy. Nothing was stored" in answer.text


# A file can be told how large it may be; the disk of a server is not ours to fill.
@pytest.mark.parametrize("one_url", ["sqlite"], indirect=True)
def test_a_full_disk_is_507_and_nothing_is_stored(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, database: Database
) -> None:
    def view() -> str:
        _write()
        session().flush()
        session().execute(text("PRAGMA max_page_count = 1"))
        session().execute(text("CREATE TABLE filler AS SELECT zeroblob(100000000) AS z"))
        return ""

    answer = client_for(cast.ana).send(_route(app, view))
    assert answer.status_code == 507
    assert "disk is full" in answer.text
    assert not _wrote(database)


def test_a_database_that_cannot_even_say_who_asks_still_gets_an_error_page(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    browser = client_for(cast.ana)
    with database.exclusive() as connection:
        connection.execute(text("ALTER TABLE web_session RENAME TO elsewhere"))
    answer = browser.look("/")
    assert answer.status_code in {500, 503}
    assert "<title>" in answer.text
    assert "Nothing was stored" in answer.text


# --- one transaction ------------------------------------------------------------------------


def _commits_by(answer: Any) -> Callable[[], Any]:
    def view() -> Any:
        _write()
        return answer() if callable(answer) else answer

    return view


@pytest.mark.parametrize(
    ("answer", "stored"),
    [
        ("done", True),
        (("", 204), True),
        (lambda: redirect("/", 303), True),
        (("no", 400), False),
        (("no", 422), False),
        (lambda: Page("error.html", {"status": 409, "text": "no"}, status=409), False),
        (lambda: Page("error.html", {"status": 200, "text": "yes"}), True),
        (lambda: abort(404), False),
        (_raises(Conflict("no")), False),
        (_raises(KeyError("no")), False),
    ],
)
def test_below_400_is_stored_and_the_rest_is_not(
    app: WorkbenchFlask,
    client_for: ClientFor,
    cast: Cast,
    database: Database,
    answer: Any,
    stored: bool,
) -> None:
    client_for(cast.ana).send(_route(app, _commits_by(answer)))
    assert _wrote(database) is stored


def test_what_was_read_before_a_refusal_can_be_shown_in_it(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast
) -> None:
    def view() -> Page:
        user = session().get_one(User, cast.luz.id)
        return Page("error.html", {"status": 422, "text": _Late(lambda: user.name)}, status=422)

    answer = client_for(cast.ana).send(_route(app, view))
    assert answer.status_code == 422
    assert "luz" in answer.text


def test_a_page_that_cannot_be_made_says_that_the_work_is_stored(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, database: Database
) -> None:
    path = _route(app, _commits_by(lambda: Page("no-such-template.html")))
    answer = client_for(cast.ana).send(path)
    assert answer.status_code == 500
    assert STORED in answer.text
    assert "Nothing was stored" not in answer.text
    assert _wrote(database)


def test_a_failure_after_the_commit_says_that_the_work_is_stored(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, database: Database
) -> None:
    def view() -> str:
        _write()
        commit()
        return _same_again()

    answer = client_for(cast.ana).send(_route(app, view))
    assert answer.status_code == 409
    assert STORED in answer.text
    assert _wrote(database)


def test_a_failed_look_is_not_said_to_have_stored_anything(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast
) -> None:
    answer = client_for(cast.ana).look(_route(app, lambda: Page("no-such-template.html")))
    assert answer.status_code == 500
    assert STORED not in answer.text


def test_rolling_back_twice_or_with_nothing_open_does_no_harm(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, database: Database
) -> None:
    def view() -> str:
        roll_back()
        _write()
        roll_back()
        roll_back()
        commit()
        return "done"

    assert client_for(cast.ana).send(_route(app, view)).status_code == 200
    assert not _wrote(database)


def test_what_a_request_opened_ends_with_it(app: WorkbenchFlask, cast: Cast) -> None:
    for method in ("GET", "POST"):
        with app.test_request_context("/", method=method):
            opened, unit = session(), g.unit  # held, so that nothing but the request closes them
            opened.execute(select(User.id))
            assert opened.in_transaction()
        assert not opened.in_transaction()
        assert unit is not None


def test_no_lock_is_held_while_a_page_is_rendered(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, database: Database
) -> None:
    """A template that writes would wait for ever if the request's own transaction were open."""

    def write_elsewhere() -> str:
        with database.write() as writing:
            writing.get_one(User, 2).timezone = "While/Rendering"
        return "a sentence"

    def view() -> Page:
        _write()
        return Page("error.html", {"status": 200, "text": _Late(write_elsewhere)})

    assert client_for(cast.ana).send(_route(app, view)).status_code == 200
    assert _wrote(database)
    with database.read() as reading:
        assert reading.get_one(User, 2).timezone == "While/Rendering"


class _Late:
    """Text that is made when a template asks for it."""

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make

    def __str__(self) -> str:
        return self._make()


def test_a_nul_is_left_out_of_forms_and_addresses(app: WorkbenchFlask) -> None:
    with app.test_request_context("/?a=x%00y&a=z", method="POST", data={"b\0": "c\0d"}):
        assert request.args.getlist("a") == ["xy", "z"]
        assert request.form.to_dict() == {"b": "cd"}


@pytest.mark.parametrize(
    "hostile", ["a\x00b", "\ud800", "🙂" * 1000, "'; DROP TABLE user_account;--", "%s%n", "\\x00"]
)
def test_no_form_field_makes_the_server_fail(
    client_for: ClientFor, anonymous: Browser, cast: Cast, hostile: str
) -> None:
    value = hostile.encode("utf-8", "surrogatepass")
    names = ("name", "password", "code", "again", "present", "next", "locale", "reason", "key",
             "base", "guideline", "active_ms", "mode", "outcome", "note", "format", "ties", "kind",
             "pair", "tier-0", "min_judgments", "min_agreement", "split", "criterion", "es", "en",
             "version", "add", "remove", "confirm", "examples-0-title-es")  # fmt: skip
    ana, luz = client_for(cast.ana), client_for(cast.luz)
    for browser, path in (
        (anonymous, "/login"), (anonymous, "/welcome"), (anonymous, "/language"),
        (ana, "/account/password"), (ana, "/projects/main/desk/next"),
        (ana, "/projects/main/desk/undo"), (luz, "/projects/main/exports"),
        (luz, "/projects/main/import"), (ana, "/projects/main/desk/guideline"),
        (luz, "/projects/main/guideline/preview"), (luz, "/projects/main/guideline/entries"),
        (luz, "/projects/main/guideline/publish"),
    ):  # fmt: skip
        answer = browser.send(path, dict.fromkeys(names, value))
        assert answer.status_code < 500, path


@pytest.mark.parametrize(
    "value",
    [
        "a%00b",
        "%ed%a0%80",
        "-1",
        "1e9",
        "99999999999999999999",
        "%F0%9F%99%82",
        "x" * 5000,
        "[]",
        "1&page=2",
    ],
)
def test_no_query_makes_the_server_fail(
    client_for: ClientFor, anonymous: Browser, cast: Cast, value: str
) -> None:
    ana, luz = client_for(cast.ana), client_for(cast.luz)
    names = ("page", "next", "code", "expired", "saved", "format", "ties", "split", "criterion",
             "min_judgments", "min_agreement", "aggregate", "again", "v", "version",
             "from", "to", "in", "published")  # fmt: skip
    query = "&".join(f"{name}={value}" for name in names)
    for browser, path in (
        (anonymous, "/login"), (anonymous, "/welcome"), (ana, "/"), (ana, "/account"),
        (ana, "/projects/main/desk"), (ana, "/projects/main/mine"), (luz, "/projects/main/quality"),
        (luz, "/projects/main/data"), (luz, "/projects/main/escalations"),
        (ana, "/projects/main/guideline"), (luz, "/projects/main/guideline/changes"),
    ):  # fmt: skip
        for htmx in (False, True):
            assert browser.look(f"{path}?{query}", htmx=htmx).status_code < 500, path

"""What every request and reply is held to: facts 16, 19-21, 30, 32 and 36-38 of the checklist."""

from __future__ import annotations

import io
import re
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.cast import Cast
from tests.web.conftest import (
    Browser,
    ClientFor,
    app_of_its_own,
    logged_in_browser,
    new_browser,
)
from tests.web.stage import Things, set_up
from workbench.app import create_app
from workbench.config import MIB, Config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import WebSession
from workbench.services import accounts
from workbench.web.request import WorkbenchFlask

POLICY = {
    "default-src": "'none'",
    "script-src": "'nonce-…'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "htmx",
}


@pytest.fixture
def app(config: Config) -> Iterator[WorkbenchFlask]:
    """The application with a page that fails."""

    def boom() -> str:
        raise ZeroDivisionError("a secret of the program")

    boom.permission = "own_account"  # type: ignore[attr-defined]
    with app_of_its_own(config) as app:
        app.add_url_rule("/boom", "boom", boom)
        yield app


@pytest.fixture
def things(database: Database, cast: Cast, client_for: ClientFor) -> Things:
    return set_up(database, cast, client_for)


def _policy(answer: TestResponse) -> dict[str, str]:
    parts = answer.headers["Content-Security-Policy"].split("; ")
    policy = dict(part.split(" ", 1) for part in parts)
    if "script-src" in policy:
        policy["script-src"] = re.sub(r"nonce-[\w-]{22,}", "nonce-…", policy["script-src"])
    return policy


def _nonce(answer: TestResponse) -> str:
    found = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
    assert found
    return found[1]


@pytest.fixture
def replies(
    app: WorkbenchFlask, anonymous: Browser, client_for: ClientFor, cast: Cast, things: Things
) -> dict[str, TestResponse]:
    """A reply of every kind."""
    ana, luz = client_for(cast.ana), client_for(cast.luz)
    desk = f"/projects/{things.slug}/desk"
    return {
        "page": ana.look(desk),
        "fragment": ana.look(desk, htmx=True),
        "the log-in": anonymous.look("/login"),
        "static": anonymous.get("/static/css/base.css?v=1"),
        "static without a digest": anonymous.get("/static/css/base.css"),
        "no such static file": anonymous.look("/static/css/none.css?v=1"),
        "static not modified": anonymous.get(
            "/static/css/base.css?v=1",
            headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        ),
        "health": anonymous.get("/health"),
        "redirect": anonymous.look("/account"),
        "redirect of htmx": anonymous.look("/account", htmx=True),
        "400": ana.post(f"{desk}/next"),
        "401": anonymous.get("/account"),
        "403": ana.look(f"/projects/{things.slug}/quality"),
        "403 for another site": ana.send(f"{desk}/next", headers={"Sec-Fetch-Site": "cross-site"}),
        "404": ana.look("/nowhere"),
        "404 as text": ana.get("/nowhere", headers={"Accept": "text/plain"}),
        "405": ana.look("/logout"),
        "413": ana.send("/language", {"locale": "x" * (9 * MIB)}),
        "422": ana.send(f"{desk}/items/{things.held}/answer"),
        "422 of htmx": ana.send(f"{desk}/items/{things.held}/answer", htmx=True),
        "500": ana.look("/boom"),
        "download": luz.look(f"/projects/{things.slug}/exports/{things.export}/{things.file}"),
        "options": ana.options("/account"),
        "log-out": luz.send("/logout"),
    }


def test_every_kind_of_reply_is_there(replies: dict[str, TestResponse]) -> None:
    found = {name: answer.status_code for name, answer in replies.items()}
    assert {name: code for name, code in found.items() if name[:3].isdigit()} == {
        name: int(name[:3]) for name in found if name[:3].isdigit()
    }
    assert found["static not modified"] == 304
    assert found["page"] == found["fragment"] == found["static"] == found["download"] == 200


def test_the_content_security_policy_is_strict_on_every_reply(
    replies: dict[str, TestResponse],
) -> None:
    files = {"static", "static without a digest", "static not modified"}
    pages = {name: _policy(answer) for name, answer in replies.items() if name not in files}
    assert pages == dict.fromkeys(pages, POLICY)
    # A file shows nothing and runs nothing of its own.
    for name in files:
        assert _policy(replies[name]) == {"default-src": "'none'", "frame-ancestors": "'none'"}
    for answer in replies.values():
        assert "unsafe-" not in answer.headers["Content-Security-Policy"]
        assert "*" not in answer.headers["Content-Security-Policy"]


def test_the_nonce_is_new_in_every_reply_and_the_one_of_its_page(
    client_for: ClientFor, cast: Cast
) -> None:
    browser = client_for(cast.ana)
    answers = [browser.look("/projects/main/desk", htmx=htmx) for htmx in (False, True, False)]
    assert len({_nonce(answer) for answer in answers}) == 3
    for answer in answers:
        stamped = set(re.findall(r'nonce="([^"]+)"', answer.text))
        assert stamped == {_nonce(answer)}


def test_every_reply_has_the_headers_that_hold_browsers_back(
    replies: dict[str, TestResponse],
) -> None:
    for name, answer in replies.items():
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name
        assert answer.headers["Referrer-Policy"] == "same-origin", name
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", name
        assert "Server" not in answer.headers, name
        assert "X-Powered-By" not in answer.headers, name
        if name.startswith("static"):
            continue
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", name
        assert answer.headers["X-Frame-Options"] == "DENY", name
        assert "camera=()" in answer.headers["Permissions-Policy"], name


def test_nothing_but_static_files_is_kept_by_any_cache(replies: dict[str, TestResponse]) -> None:
    kept = {
        name for name, answer in replies.items() if answer.headers["Cache-Control"] != "no-store"
    }
    assert kept == {"static", "static without a digest", "static not modified"}


def test_a_static_file_is_kept_for_a_year_under_its_digest_and_asked_for_again_without(
    replies: dict[str, TestResponse],
) -> None:
    assert replies["static"].headers["Cache-Control"] == "public, max-age=31536000"
    # Not by person either: a log-in, which changes the cookie, does not make browsers load it anew.
    assert replies["static"].headers["Vary"] == "Accept-Encoding"
    assert replies["static without a digest"].headers["Cache-Control"] == "no-cache"
    assert replies["static"].headers["ETag"]


def test_no_cookie_travels_with_what_caches_may_keep(client_for: ClientFor, cast: Cast) -> None:
    browser = client_for(cast.ana)
    browser.look("/")
    assert "Set-Cookie" not in browser.get("/static/css/base.css?v=1").headers


def test_the_digest_of_a_static_file_is_in_its_address(anonymous: Browser) -> None:
    page = anonymous.look("/login").text
    for address in re.findall(r'(?:src|href)="(/static/[^"#]+)', page):
        assert re.search(r"\?v=[0-9a-f]{12}$", address), address
        assert anonymous.get(address).status_code == 200


@pytest.mark.parametrize(
    "path", ["../workbench/app.py", "..%2fworkbench%2fapp.py", "%2e%2e/x", "/etc/passwd"]
)
def test_static_files_are_served_from_their_folder_alone(anonymous: Browser, path: str) -> None:
    assert anonymous.look(f"/static/{path}", follow_redirects=True).status_code == 404


def test_only_over_https_browsers_are_told_to_stay_there(
    config: Config, replies: dict[str, TestResponse], cast: Cast
) -> None:
    assert not [
        name for name, answer in replies.items() if "Strict-Transport-Security" in answer.headers
    ]
    app = create_app(replace(config, https=True))
    app.test_client_class = Browser
    answer = new_browser(app).look("/login", base_url="https://localhost")
    app.extensions["workbench_database"].dispose()
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_no_reply_tells_of_the_program(replies: dict[str, TestResponse]) -> None:
    traces = ("Traceback", "ZeroDivisionError", "a secret of the program", ".py", "site-packages")
    for name, answer in replies.items():
        assert not [trace for trace in traces if trace in answer.text], name


def test_a_download_is_an_attachment_under_a_name_made_here(
    replies: dict[str, TestResponse],
) -> None:
    headers = replies["download"].headers
    assert headers["Content-Disposition"] == "attachment; filename=main-judgments.jsonl"
    assert headers["Content-Type"] == "application/x-ndjson"


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fsecret.key",
        "%2e%2e/secret.key",
        "secret.key",
        "main-judgments.jsonl%00",
        "a%0d%0ab",
    ],
)
def test_only_files_of_an_export_can_be_downloaded(
    client_for: ClientFor, cast: Cast, things: Things, name: str
) -> None:
    page = f"/projects/{things.slug}/exports/{things.export}/{name}"
    assert client_for(cast.luz).look(page).status_code == 404


def test_whether_the_server_is_up_is_open_and_says_no_more(anonymous: Browser) -> None:
    assert anonymous.get("/health").json == {"status": "ok"}


# --- forms ----------------------------------------------------------------------------------


def _unsafe(app: WorkbenchFlask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            built = rule.build({name: 1 if name != "slug" else "main" for name in rule.arguments})
            assert built is not None
            yield rule, built[1]


#: Mailboxes send these by themselves (RFC 8058); the address is signed.
SIGNED = {"own_mail.stop"}


def test_every_unsafe_route_needs_the_token_of_the_session(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast
) -> None:
    stranger = client_for(cast.omar)
    for who in (cast.ana, cast.luz):
        browser = client_for(who)
        for rule, address in _unsafe(app):
            if rule.endpoint in SIGNED:
                continue
            # No session opens the API at all, and so none has to be guarded there.
            status = 401 if address.startswith("/api/") else 400
            for token in ("", "nonsense", stranger.csrf()):
                answer = browser.post(address, data={"csrf_token": token})
                assert answer.status_code == status, f"{rule.rule} with {token!r}"


def test_the_token_may_come_in_the_header_that_htmx_sends(
    client_for: ClientFor, cast: Cast
) -> None:
    browser = client_for(cast.ana)
    headers = {"X-CSRFToken": browser.csrf()}
    assert browser.post("/projects/main/desk/next", headers=headers).status_code == 303


def test_the_token_does_not_run_out_while_the_session_lasts(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=11)):
        browser = client_for(cast.ana)
        old = browser.csrf()
    with database.write() as writing:
        writing.execute(update(WebSession).values(last_seen_at=database_now(writing)))
    answer = browser.post("/projects/main/desk/next", data={"csrf_token": old})
    assert answer.status_code == 303


def test_a_clock_that_is_put_back_logs_nobody_out(client_for: ClientFor, cast: Cast) -> None:
    browser = client_for(cast.ana)
    token = browser.csrf()
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=1)):
        answer = browser.post("/projects/main/desk/next", data={"csrf_token": token})
    assert answer.status_code == 303


def test_the_token_of_before_the_log_in_is_worthless_after_it(
    anonymous: Browser, with_passwords: Cast
) -> None:
    before = anonymous.csrf()
    form = {"name": "ana", "password": "tinto frío en el páramo"}
    assert anonymous.send("/login", form).status_code == 303
    answer = anonymous.post("/projects/main/desk/next", data={"csrf_token": before})
    assert answer.status_code == 400


ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "nonsense"},
    {"Origin": "http://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.test"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "http://evil.test/localhost"},
    {"Origin": "http://localhost@evil.test"},
]
HERE = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    {},
]


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_what_another_site_sends_is_refused_on_every_unsafe_route(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, headers: dict[str, str]
) -> None:
    browser = client_for(cast.ana)
    token = browser.csrf()
    for rule, address in _unsafe(app):
        answer = browser.post(address, data={"csrf_token": token}, headers=headers)
        assert answer.status_code == 403, rule.rule


@pytest.mark.parametrize("headers", HERE)
def test_what_this_site_sends_is_taken(
    client_for: ClientFor, cast: Cast, headers: dict[str, str]
) -> None:
    browser = client_for(cast.ana)
    answer = browser.post(
        "/projects/main/desk/next", data={"csrf_token": browser.csrf()}, headers=headers
    )
    assert answer.status_code == 303


# --- names and proxies ----------------------------------------------------------------------


@pytest.fixture
def named(config: Config) -> Iterator[Browser]:
    """A server that answers to one name."""
    app = create_app(replace(config, trusted_hosts=("workbench.test",)))
    app.test_client_class = Browser
    yield new_browser(app)
    app.extensions["workbench_database"].dispose()


def test_a_server_with_a_name_answers_to_that_name(named: Browser) -> None:
    assert named.look("/login", headers={"Host": "workbench.test"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.test", "workbench.test.evil.test", "a b", "", "evil.test:80"]
)
@pytest.mark.parametrize("path", ["/login", "/account", "/static/css/base.css", "/health", "/none"])
def test_under_any_other_name_it_answers_400_without_a_page(
    named: Browser, host: str, path: str
) -> None:
    answer = named.look(path, headers={"Host": host})
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert _policy(answer) == POLICY
    assert "evil" not in answer.text


def test_a_forwarded_name_is_not_believed_without_a_proxy(anonymous: Browser) -> None:
    answer = anonymous.look("/account", headers={"X-Forwarded-Host": "evil.test"})
    assert (answer.location or "").startswith("/login")
    assert "evil" not in str(answer.headers)


def test_behind_a_proxy_the_name_it_forwards_is_checked_too(config: Config) -> None:
    app = create_app(replace(config, trusted_hosts=("workbench.test",), proxy_hops=1))
    app.test_client_class = Browser
    browser = new_browser(app)
    inner = {"Host": "127.0.0.1:8000"}
    good = browser.look("/login", headers={**inner, "X-Forwarded-Host": "workbench.test"})
    bad = browser.look("/login", headers={**inner, "X-Forwarded-Host": "evil.test"})
    app.extensions["workbench_database"].dispose()
    assert (good.status_code, bad.status_code) == (200, 400)


# --- sizes ----------------------------------------------------------------------------------


def test_a_form_of_8_mib_is_the_largest_that_is_read(
    client_for: ClientFor, cast: Cast, things: Things
) -> None:
    ana = client_for(cast.ana)
    path = f"/projects/{things.slug}/desk/items/{things.held}/skip"
    assert ana.send(path, {"reason": "long " * 1_400_000}).status_code == 422
    assert ana.send(path, {"reason": "long " * 1_700_000}).status_code == 413


def test_a_form_of_ten_thousand_parts_is_refused(client_for: ClientFor, cast: Cast) -> None:
    ana = client_for(cast.ana)
    parts: dict[str, Any] = {f"part-{n}": "x" for n in range(10_000)}
    answer = ana.send("/language", parts, content_type="multipart/form-data")
    assert answer.status_code == 413


class _Zeros(io.RawIOBase):
    """A body that is made while it is read."""

    def __init__(self, size: int) -> None:
        self.size, self.at, self.read_to = size, 0, 0

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        return self.at

    def tell(self) -> int:
        return self.at

    def readinto(self, buffer: Any) -> int:
        n = min(len(buffer), self.size - self.at)
        buffer[:n] = b"0" * n
        self.at += n
        self.read_to = max(self.read_to, self.at)
        return n


def _huge(browser: Browser, path: str, size: int) -> tuple[TestResponse, int]:
    """The reply to a body of that size, and how much of it was read."""
    body = _Zeros(size)
    kind = "multipart/form-data; boundary=b"
    answer = browser.post(
        path, input_stream=body, content_type=kind, headers={"Accept": "text/html"}
    )
    return answer, body.read_to


@pytest.mark.parametrize(
    "path", ["/login", "/welcome", "/language", "/logout", "/projects/main/import"]
)
def test_of_a_body_of_a_gigabyte_from_nobody_nothing_is_read(anonymous: Browser, path: str) -> None:
    tracemalloc.start()
    answer, read = _huge(anonymous, path, 1024 * MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code in {401, 413}
    assert read <= MIB
    assert peak < 30 * MIB


def test_only_where_files_are_brought_in_a_large_body_is_read(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, things: Things
) -> None:
    luz = client_for(cast.luz)
    for rule, address in _unsafe(app):
        if rule.endpoint not in {"data.upload", *SIGNED}:
            answer, read = _huge(luz, address, 20 * MIB)
            # A cookie is nobody to the API.
            assert answer.status_code == (401 if rule.endpoint.startswith("api.") else 413)
            assert read <= MIB, address
    path = f"/projects/{things.slug}/import"
    form = {"kind": "items", "file": (io.BytesIO((b"x" * 60_000 + b"\n") * 350), "large.jsonl")}
    assert luz.send(path, form).status_code == 303
    assert _huge(luz, path, 300 * MIB)[0].status_code == 413


# --- what is left open ----------------------------------------------------------------------


def test_no_request_leaves_a_connection_to_the_database_open(
    app: WorkbenchFlask, database: Database, cast: Cast, replies: dict[str, TestResponse]
) -> None:
    expired = logged_in_browser(app, cast.ana)
    with database.write() as writing:
        accounts.end_all_sessions(writing, cast.ana.id, database_now(writing))
    assert expired.look("/").status_code == 303
    assert expired.look("/nowhere").status_code == 404
    assert len(replies) > 20
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]

"""Who is let in: a token alone, for its project, its scopes and its owner's present role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.cast import Cast
from tests.web.api.programs import (
    API,
    EVERY,
    LINES,
    MAIN,
    Program,
    ProgramOf,
    is_problem,
    token_for,
)
from tests.web.conftest import ClientFor
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import ApiToken, LoginThrottle, Membership, User
from workbench.services import accounts, api_tokens, projects
from workbench.services.terms import publish
from workbench.web.request import WorkbenchFlask

#: Method, address below the project, and the scope that it takes.
DOORS = [
    ("GET", "", "read"),
    ("GET", "/agreement", "read"),
    ("GET", "/judgments", "export"),
    ("GET", "/items", "read"),
    ("POST", "/items", "import"),
    ("GET", "/imports/1/rejected", "import"),
    ("POST", "/judgments", "judge"),
    ("GET", "/snapshots", "export"),
    ("POST", "/snapshots", "export"),
    ("GET", "/snapshots/one", "export"),
    ("GET", "/snapshots/one/files/main-judgments.jsonl", "export"),
    ("GET", "/snapshots/one/changed", "export"),
]
SNAPSHOT = {"name": "one", "format": "judgments"}


def test_the_terms_hold_for_a_persons_programs_too(
    program_of: ProgramOf, client_for: ClientFor, cast: Cast, database: Database
) -> None:
    program = program_of(cast.edu)
    edu = client_for(cast.edu)
    csrf = edu.csrf()
    assert program.get(MAIN).status_code == 200
    with database.write() as writing:
        publish(writing, es="Uno", en="One", now=database_now(writing))
    for method, rest, _ in DOORS:
        answer = program.ask(method, f"{MAIN}{rest}", **_how(method, rest))
        told = is_problem(answer, 403)
        page = told["detail"].split()[-1]
        assert page == "http://localhost/terms"
        assert "WWW-Authenticate" not in answer.headers
    agreed = edu.post(page, data={"csrf_token": csrf, "version": "1"})
    assert agreed.status_code == 303
    assert program.get(MAIN).status_code == 200


@pytest.fixture
def a_snapshot(program_of: ProgramOf, cast: Cast) -> None:
    """And an import that left a line out."""
    luz = program_of(cast.luz)
    made = luz.ask("POST", f"{MAIN}/snapshots", json=SNAPSHOT)
    assert made.status_code == 201, made.text
    told = luz.send([{"id": "1"}], on_error="reject").json
    assert told["rejected_lines"] == f"{MAIN}/imports/1/rejected"


def _how(method: str, rest: str) -> dict[str, Any]:
    """What is sent there: something that is taken."""
    if method == "GET":
        return {}
    return {"json": SNAPSHOT} if rest == "/snapshots" else {"headers": LINES, "data": b"\n"}


def _knock(program: Program, method: str, rest: str, slug: str = "main") -> int:
    path = f"{API}/projects/{slug}{rest}"
    return program.ask(method, path, **_how(method, rest)).status_code


@pytest.mark.parametrize("scope", EVERY)
@pytest.mark.parametrize(("method", "rest", "wanted"), DOORS)
@pytest.mark.usefixtures("a_snapshot")
def test_a_token_does_what_it_is_for_and_nothing_else(
    program_of: ProgramOf, cast: Cast, method: str, rest: str, wanted: str, scope: str
) -> None:
    program = program_of(cast.edu, scope)
    if scope == wanted:
        assert _knock(program, method, rest) == 200
        return
    answer = program.ask(method, f"{MAIN}{rest}", **_how(method, rest))
    told = is_problem(answer, 403)
    assert told["detail"] == f"This token lacks the scope {wanted}."
    assert f'error="insufficient_scope", scope="{wanted}"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("role", "status"), [("engineer", 200), ("lead", 200), ("reviewer", 403), (None, 401)]
)
@pytest.mark.parametrize(("method", "rest", "wanted"), DOORS)
@pytest.mark.usefixtures("a_snapshot")
def test_it_does_no_more_than_its_owners_role_at_that_moment(
    program_of: ProgramOf,
    cast: Cast,
    database: Database,
    method: str,
    rest: str,
    wanted: str,
    role: str | None,
    status: int,
) -> None:
    program = program_of(cast.edu)
    assert _knock(program, method, rest) == 200
    with database.write() as writing:
        edu, now = writing.get_one(User, cast.edu.id), database_now(writing)
        if role is None:
            projects.remove_member(writing, cast.project, edu, now=now)
        else:
            projects.add_member(writing, cast.project, edu, role=role, now=now)
    assert _knock(program, method, rest) == status


@pytest.mark.parametrize(("method", "rest", "wanted"), DOORS)
@pytest.mark.usefixtures("a_snapshot")
def test_another_project_is_not_there_also_where_its_owner_is_on_both(
    program_of: ProgramOf, cast: Cast, database: Database, method: str, rest: str, wanted: str
) -> None:
    program = program_of(cast.edu)
    for slug in ("other", "nowhere", "MAIN", "ma%00in"):
        assert _knock(program, method, rest, slug) == 404
    with database.write() as writing:
        edu, now = writing.get_one(User, cast.edu.id), database_now(writing)
        projects.add_member(writing, cast.other_project, edu, role="engineer", now=now)
    assert _knock(program, method, rest, "other") == 404
    listed = program.get(f"{API}/projects").json
    assert [each["slug"] for each in listed["projects"]] == ["main"]


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic ZWR1OnBhc3M=", "Bearer nonsense", "Token {token}",
     "Bearer {token}x", "Bearer {prefix}", "Bearer {token} {token}", "{token}"],
)  # fmt: skip
def test_what_is_no_token_lets_nobody_in(
    app: WorkbenchFlask, edu: Program, header: str | None
) -> None:
    headers = {}
    if header is not None:
        headers["Authorization"] = header.format(token=edu.token, prefix=edu.token[:12])
    for method, rest, _scope in [*DOORS, ("GET", "/../", "")]:
        path = f"{API}/projects" if rest == "/../" else f"{MAIN}{rest}"
        answer = edu.client.open(path, method=method, headers=headers)
        is_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="workbench"')


def test_a_token_in_the_address_or_a_cookie_lets_nobody_in(edu: Program) -> None:
    for query in ({"token": edu.token}, {"access_token": edu.token}):
        is_problem(edu.client.open(f"{API}/projects", query_string=query), 401)
    edu.client.set_cookie("token", edu.token)
    is_problem(edu.client.open(f"{API}/projects"), 401)


def test_a_log_in_does_not_open_the_api_nor_a_token_the_pages(
    client_for: ClientFor, cast: Cast, edu: Program
) -> None:
    browser = client_for(cast.edu)
    browser.as_sent = True
    assert browser.get("/account").status_code == 200
    for method, rest, _scope in DOORS:
        is_problem(browser.open(f"{MAIN}{rest}", method=method), 401)
    for page in ("/account", "/projects/main/data", "/projects/main/tokens", "/"):
        assert edu.get(page).status_code == 401
        assert edu.get(page, headers={"Accept": "text/html"}).status_code == 303


def test_a_token_that_is_over_lets_nobody_in(
    app: WorkbenchFlask, database: Database, cast: Cast
) -> None:
    old = token_for(database, cast.edu, cast.project, age=timedelta(days=90, seconds=1))
    is_problem(Program(app, old).get(MAIN), 401)
    young = token_for(database, cast.edu, cast.project, age=timedelta(days=90, seconds=-60))
    assert Program(app, young).get(MAIN).status_code == 200


def test_a_token_that_was_revoked_or_whose_owner_was_disabled_lets_nobody_in(
    program_of: ProgramOf, cast: Cast, database: Database
) -> None:
    revoked, orphan = program_of(cast.edu), program_of(cast.luz)
    assert {_knock(revoked, "GET", ""), _knock(orphan, "GET", "")} == {200}
    with database.write() as writing:
        now = database_now(writing)
        prefix = revoked.token[:12]
        api_tokens.revoke(writing, cast.project.id, prefix, now=now, actor=cast.luz.id)
        accounts.disable_user(writing, writing.get_one(User, cast.luz.id), now)
    is_problem(revoked.get(MAIN), 401)
    is_problem(orphan.get(MAIN), 401)


def test_its_last_use_is_written_once_a_minute_at_most(
    edu: Program, database: Database, cast: Cast
) -> None:
    def used() -> object:
        with database.read() as reading:
            return reading.scalars(select(ApiToken.last_used_at)).one()

    assert used() is None
    edu.get(MAIN)
    first = used()
    assert first is not None
    edu.get(MAIN)
    assert used() == first
    with database.write() as writing:
        row = writing.scalars(select(ApiToken)).one()
        assert row.last_used_at is not None
        row.last_used_at -= timedelta(minutes=1, seconds=1)
    edu.get(MAIN)
    assert used() >= first  # type: ignore[operator]


def test_bad_tokens_wait_and_good_ones_do_not(edu: Program, database: Database) -> None:
    bad = Program(edu.client.application, edu.token[:-1] + ("A" if edu.token[-1] != "A" else "B"))  # type: ignore[arg-type]
    statuses = [bad.get(MAIN).status_code for _ in range(21)]
    assert statuses == [401] * 20 + [429]
    answer = bad.get(MAIN)
    is_problem(answer, 429)
    assert int(answer.headers["Retry-After"]) >= 1
    assert edu.get(MAIN).status_code == 200
    with database.read() as reading:
        [row] = reading.scalars(select(LoginThrottle))
    # What waits is not written either: a storm of them keeps no reviewer from storing.
    assert row.failures == 20
    assert row.key.startswith("token:")


def test_a_token_in_an_address_is_in_no_log(edu: Program, caplog: pytest.LogCaptureFixture) -> None:
    edu.get(MAIN)
    edu.get(f"{MAIN}/nowhere")
    assert edu.token not in caplog.text


def test_the_list_is_empty_where_the_project_is_not_its_owners_any_more(
    edu: Program, database: Database, cast: Cast
) -> None:
    [line] = edu.get(f"{API}/projects").json["projects"]
    assert line["role"] == "engineer"
    assert line["scopes"] == sorted(EVERY)
    with database.write() as writing:
        # Not as services do it, which end the token too.
        member = writing.get_one(Membership, (cast.project.id, cast.edu.id))
        member.left_at = database_now(writing)
    assert edu.get(f"{API}/projects").json == {"projects": []}
    is_problem(edu.get(MAIN), 404)

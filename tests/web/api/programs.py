"""Programs that use the API, each with a token of somebody of the cast."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from werkzeug.test import TestResponse

from tests.web.conftest import Browser, new_browser
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Project, Scope, User
from workbench.services import api_tokens
from workbench.services.api_tokens import Wanted
from workbench.web.request import WorkbenchFlask

API = "/api/v1"
MAIN = f"{API}/projects/main"
LINES = {"Content-Type": "application/x-ndjson"}
EVERY = tuple(str(scope) for scope in Scope)


def token_for(
    database: Database, user: User, project: Project, *scopes: str, age: timedelta = timedelta()
) -> str:
    """A token of that person, made `age` ago for 90 days."""
    with database.write() as writing:
        at = database_now(writing) - age
        owner = writing.get_one(User, user.id)
        wanted = Wanted("nightly", scopes or EVERY)
        return api_tokens.make(writing, project, owner, wanted, now=at, actor=owner.id)[1]


class Program:
    """A client that shows a token and keeps no cookie."""

    def __init__(self, app: WorkbenchFlask, token: str) -> None:
        self.client: Browser = new_browser(app)
        self.client.as_sent = True
        self.token = token

    def ask(self, method: str, path: str, **how: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **how.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **how)

    def get(self, path: str, **how: Any) -> TestResponse:
        return self.ask("GET", path, **how)

    def send(self, lines: Iterable[Any], path: str = f"{MAIN}/items", **query: str) -> TestResponse:
        """Send these as lines of JSON."""
        body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        return self.ask("POST", path, data=body, headers=LINES, query_string=query)


#: A program with a token of that person for `main`: `program_of(cast.edu, "read")`.
ProgramOf = Callable[..., Program]


def an_item(name: str, **changes: Any) -> dict[str, Any]:
    """An item of two responses."""
    item: dict[str, Any] = {
        "id": name,
        "language": "en",
        "prompt": f"Question {name}?",
        "responses": [
            {"id": "a", "model": "m1", "text": "First."},
            {"id": "b", "model": "m2", "text": "Second."},
        ],
    }
    return {**item, **changes}


def prefers(first: str, second: str = "b") -> dict[str, Any]:
    """A ranking answer."""
    return {
        "tiers": [[first], [second]],
        "unranked": [],
        "verdict": None,
        "strength": None,
        "reason": "",
    }


def is_problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """The problem that an answer tells of, which must be one of that status."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    told: dict[str, Any] = json.loads(answer.data)
    assert told["status"] == status
    assert told["type"].startswith("/api#")
    assert told["title"]
    assert told["detail"]
    assert told["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    return told

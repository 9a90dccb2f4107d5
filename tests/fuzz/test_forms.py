"""Every form of every page with what no page sends, by everybody: the server never fails."""

from __future__ import annotations

import random
import re
from functools import cache
from typing import Any

import pytest

from tests.cast import Cast
from tests.fuzz import mutate
from tests.web.conftest import (
    Browser,
    ClientFor,
    app,
    client_for,
    database,
    database_url,
)
from tests.web.stage import Things, set_up
from tests.web.test_access import _fill, _routes
from workbench.db import Database
from workbench.models import User
from workbench.paths import data_dir
from workbench.web.request import WorkbenchFlask

__all__ = ["app", "client_for", "database", "database_url"]

#: Rounds through all routes with everybody: one in `make test`, 25 by `make fuzz`.
ROUNDS = max(1, mutate.TIMES // 10)


@cache
def field_names() -> list[str]:
    """Names that fields have on pages and that views ask for; of a numbered field the first."""
    found: set[str] = set()
    for page in data_dir("templates").rglob("*.html"):
        found |= set(re.findall(r'\bname="([^"]+)"', page.read_text("utf-8")))
    for module in (data_dir("templates").parent / "workbench").rglob("*.py"):
        asked = r'(?:form|args)\.get(?:list)?\(\s*"([\w.-]+)"'
        found |= set(re.findall(asked, module.read_text("utf-8")))
    return sorted({re.sub(r"\{\{[^}]*\}\}", "0", name) for name in found} - {"csrf_token"})


class _Person:
    """Somebody who logs in again as soon as a form of theirs has logged them out."""

    def __init__(self, client_for: ClientFor, user: User) -> None:
        self._client_for, self._user = client_for, user
        self._enter()

    def _enter(self) -> None:
        self.browser: Browser = self._client_for(self._user)
        self._token = self.browser.csrf()

    def send(self, address: str, form: dict[str, Any]) -> tuple[int, str]:
        for _ in range(2):
            answer = self.browser.post(
                address,
                data={**form, "csrf_token": self._token},
                headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
            )
            if answer.status_code not in {400, 401}:
                break
            self._enter()
        return answer.status_code, answer.text


def _form(rng: random.Random) -> dict[str, Any]:
    names = rng.sample(field_names(), rng.randint(0, 40))
    return {
        name: [_sendable(rng), _sendable(rng)] if rng.random() < 0.1 else _sendable(rng)
        for name in names
    }


def _sendable(rng: random.Random) -> bytes:
    return mutate.of_text(rng).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("seeds", mutate.parts(ROUNDS), ids=str)
def test_fact_25_no_form_makes_the_server_fail(
    seeds: range, app: WorkbenchFlask, client_for: ClientFor, cast: Cast, database: Database
) -> None:
    things: Things = set_up(database, cast, client_for)
    assert len(field_names()) > 100
    people = [_Person(client_for, user) for user in (cast.ana, cast.luz, cast.edu, cast.ada)]
    rules = sorted(
        rule for method, rule in _routes(app) if method == "POST" and "/api/" not in rule
    )
    let_in = set()
    for seed in seeds:
        for rule in rules:
            rng = random.Random(f"{seed} {rule}")
            for person in people:
                form = _form(rng)
                status, text = person.send(_fill(rule, things), form)
                assert status < 500, f"seed {seed}, {rule}: {form}\n{text}"
                if status not in {401, 403, 404}:
                    let_in.add(rule)
    assert len(let_in) > len(rules) / 2

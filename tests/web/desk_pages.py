"""What tests of the desk share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from werkzeug.test import TestResponse

from tests.cast import Cast, make_item
from tests.web.conftest import Browser
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Assignment, Judgment, State

DESK = "/projects/main/desk"
MINE = "/projects/main/mine"
FIRST_BETTER = {"pair": "0>1:2"}


@dataclass(frozen=True)
class Form:
    """The answer form of a page, as it came."""

    action: str
    item_id: int
    fields: dict[str, str]


def form_of(answer: TestResponse) -> Form:
    """The answer form that a reply holds."""
    return form_in(answer.text)


def form_in(html: str) -> Form:
    """The answer form that a page holds."""
    action = re.search(r'<form id="answer" method="post" action="([^"]+)"', html)
    assert action, html[:3000]
    hidden = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', html)
    names = {"key", "base", "guideline", "mode", "active_ms"}
    number = re.search(r"/items/(\d+)/", action[1])
    assert number
    fields = {name: value for name, value in hidden if name in names}
    return Form(action[1], int(number[1]), fields)


def take(browser: Browser) -> Form:
    """Ask for the next item, as htmx does."""
    return form_of(browser.send(f"{DESK}/next", htmx=True))


def send_answer(browser: Browser, form: Form, *, htmx: bool = True, **fields: str) -> TestResponse:
    return browser.send(form.action, {**form.fields, **(fields or FIRST_BETTER)}, htmx=htmx)


def make_items(database: Database, cast: Cast, *names: str, **values: Any) -> list[int]:
    with database.write() as writing:
        return [make_item(writing, cast.project, name, **values).id for name in names]


def judgments(database: Database) -> Sequence[Judgment]:
    with database.read() as reading:
        return reading.scalars(select(Judgment).order_by(Judgment.id)).all()


def state_of(database: Database, item_id: int, user_id: int) -> str | None:
    with database.read() as reading:
        found = reading.get(Assignment, (item_id, user_id))
        return found.state if found else None


def expire(database: Database) -> None:
    with database.write() as writing:
        past = database_now(writing) - timedelta(minutes=1)
        writing.execute(
            update(Assignment).where(Assignment.state == State.LEASED).values(expires_at=past)
        )

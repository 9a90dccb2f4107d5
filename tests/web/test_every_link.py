"""Every link of every page of the demo, as each of its people: none leads to an error.

Most of its projects have items and not one judgment yet, which is how every project begins. Beside
them stands an empty project of each task type.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.routing import MapAdapter

from tests.web.conftest import Browser, logged_in_browser
from workbench.db import Database, now
from workbench.models import User
from workbench.services import demo, projects
from workbench.task_types import TASK_TYPES
from workbench.web.request import WorkbenchFlask

SAMPLES = Path(__file__).resolve().parents[2] / "sample_tasks"

_LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)')


def _kind(addresses: MapAdapter, address: str) -> tuple[object, ...]:
    """What an address is one of: the page, its project, and which of its choices are named."""
    path, _, query = address.partition("?")
    rule, given = addresses.match(path, return_rule=True)
    return rule.rule, given.get("slug"), *(part.partition("=")[0] for part in query.split("&"))


def _walk(app: WorkbenchFlask, browser: Browser, opened: set[tuple[object, ...]]) -> dict[str, int]:
    """The status of every page that can be come to by links from the first. One of a kind, such as
    the page of an item, stands for all of them, and none of `opened` is opened again."""
    addresses = app.url_map.bind("localhost")
    found: dict[str, int] = {}
    ahead = ["/"]
    while ahead:
        address = ahead.pop()
        kind = _kind(addresses, address)
        if address in found or (kind in opened and address != "/"):
            continue
        opened.add(kind)
        answer = browser.look(address)
        found[address] = answer.status_code
        if answer.mimetype == "text/html":
            ahead += [unescape(link) for link in reversed(_LINK.findall(answer.text))]
    return found


@pytest.fixture
def shown(database: Database) -> Database:
    """The demo as it is when it has just been started, and the empty projects."""
    for sample in demo.samples(SAMPLES):
        demo.load(database, sample)
    demo.let_in(database)
    with database.write() as session:
        at = now(session)
        people = {user.name: user for user in session.scalars(select(User))}
        for task_type in TASK_TYPES:
            project = projects.create_project(
                session, slug=f"empty-{task_type.slug}", type_slug=task_type.slug,
                title={"es": "Vacío", "en": "Empty"}, overlap=2, config={}, now=at,
            )  # fmt: skip
            for name, role, _, _ in demo.PEOPLE:
                projects.add_member(session, project, people[name], role=role, now=at)
    return database


def test_no_link_of_the_demo_leads_to_an_error(app: WorkbenchFlask, shown: Database) -> None:
    opened: set[tuple[object, ...]] = set()
    for name, _, locale, _ in demo.PEOPLE:
        with shown.read() as session:
            user = session.scalars(select(User).where(User.name == name)).one()
        found = _walk(app, logged_in_browser(app, user, locale), opened)
        assert len(found) >= (len(TASK_TYPES) if name == "lider" else 1), name
        bad = {address: status for address, status in found.items() if status >= 400}
        assert not bad, name

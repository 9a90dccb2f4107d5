"""Every link of every page of the demo, as each of its people: none leads to an error.

Most of its projects have items and not one judgment yet, which is how every project begins. Beside
them stands an empty project of each task type.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session
from werkzeug.routing import MapAdapter

from tests.web.conftest import Browser, logged_in_browser
from workbench.db import Database, now
from workbench.models import Item, Judgment, Project, User
from workbench.services import demo, projects
from workbench.task_types import TASK_TYPES
from workbench.web.request import WorkbenchFlask

SAMPLES = Path(__file__).resolve().parents[2] / "sample_tasks"

_LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)')


#: What a project has: of those with the same, one stands for all of them.
Has = tuple[str, bool, bool]


def _kind(addresses: MapAdapter, address: str, projects: dict[str, Has]) -> tuple[object, ...]:
    """What an address is one of: the page, the kind of its project, and which choices it names."""
    path, _, query = address.partition("?")
    rule, given = addresses.match(path, return_rule=True)
    of = projects.get(given.get("slug", ""))
    return rule.rule, of, *(part.partition("=")[0] for part in query.split("&"))


def _walk(
    app: WorkbenchFlask, browser: Browser, projects: dict[str, Has],
    opened: set[tuple[object, ...]],
) -> dict[str, int]:  # fmt: skip
    """The status of every page that can be come to by links from the first. One of a kind, such as
    the page of an item, stands for all of them, and none of `opened` is opened again."""
    addresses = app.url_map.bind("localhost")
    found: dict[str, int] = {}
    ahead = ["/"]
    while ahead:
        address = ahead.pop()
        kind = _kind(addresses, address, projects)
        if address in found or (kind in opened and address != "/"):
            continue
        opened.add(kind)
        answer = browser.look(address)
        found[address] = answer.status_code
        if answer.mimetype == "text/html":
            ahead += [unescape(link) for link in reversed(_LINK.findall(answer.text))]
    return found


def _what_they_have(session: Session) -> dict[str, Has]:
    def is_of(table: type[Item | Judgment]) -> ColumnElement[bool]:
        return exists().where(table.project_id == Project.id)

    rows = session.execute(select(Project.slug, Project.type, is_of(Item), is_of(Judgment)))
    return {slug: (kind, items, judgments) for slug, kind, items, judgments in rows}


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
    with shown.read() as session:
        has = _what_they_have(session)
    assert len(set(has.values())) >= 2 * len(TASK_TYPES)
    for name, _, locale, _ in demo.PEOPLE:
        with shown.read() as session:
            user = session.scalars(select(User).where(User.name == name)).one()
        found = _walk(app, logged_in_browser(app, user, locale), has, opened)
        assert len(found) >= (len(TASK_TYPES) if name == "lider" else 1), name
        bad = {address: status for address, status in found.items() if status >= 400}
        assert not bad, name

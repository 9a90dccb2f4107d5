"""Every kind of answer through everything that happens on the way: minds change, the page is loaded
again, the line is lost, it is sent twice, the lease ends. What is exported is the last choice."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk
from tests.browser.kinds import KINDS, Kind
from tests.browser.site import People, Site
from workbench.db import now as database_now
from workbench.export.formats import format_named
from workbench.export.policy import ExportPolicy
from workbench.models import Assignment, Item, Membership, Project, State, User
from workbench.services import projects, slots
from workbench.services.make_export import Place, build
from workbench.task_types import BY_SLUG

SUBMIT = ".answer-bar [form=answer]"


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def project(kind: Kind, site: Site, people: People) -> Project:
    """Two items, each for one reviewer."""
    items = [kind.item("one"), kind.item("two")]
    return site.project(kind.type_slug, items, people, overlap=1, config=kind.config)


@pytest.fixture
def desk(people: People, project: Project, open_as: OpenAs) -> Desk:
    return Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project).ready()


@pytest.fixture
def sent(desk: Desk) -> list[str]:
    """Addresses to which answers were sent."""
    found: list[str] = []
    desk.page.on("request", lambda r: found.append(r.url) if r.url.endswith("/send") else None)
    return found


def exported(site: Site, project: Project, who: User, item_id: int) -> tuple[Any, list[str]]:
    """The answer of `who` to this item in an export of all judgments, and the order on screen."""
    fmt = format_named("judgments", BY_SLUG[project.type])
    config = site.app.extensions["workbench_config"]
    with (
        build(
            site.database, project, fmt, ExportPolicy(), Place(config.exports, ZoneInfo("UTC"))
        ) as built,
        (built.folder / built.names[0]).open(encoding="utf-8") as lines,
        site.database.read() as reading,
    ):
        pseudonym = reading.scalars(
            select(Membership.pseudonym).where(
                Membership.project_id == project.id, Membership.user_id == who.id
            )
        ).one()
        item = reading.get_one(Item, item_id).external_id
        rows = [json.loads(line) for line in lines]
    [row] = [row for row in rows if (row["item"], row["reviewer"]) == (item, pseudonym)]
    return row["answer"], row["shown"]


def end_leases(site: Site, project: Project) -> None:
    """The time of every lease is over, and whoever looked for work has found their slots."""
    with site.database.write() as writing:
        now = database_now(writing)
        writing.execute(
            update(Assignment)
            .where(Assignment.project_id == project.id, Assignment.state == State.LEASED)
            .values(expires_at=now)
        )
        assert slots.release_expired(writing, project.id, now)


def test_there_is_a_row_for_every_task_type() -> None:
    assert {kind.type_slug for kind in KINDS} == set(BY_SLUG)


def test_by_mouse_three_changes_of_mind_and_a_double_click(
    kind: Kind, site: Site, people: People, project: Project, desk: Desk, sent: list[str]
) -> None:
    item = desk.item_id
    for choice in kind.choices:
        kind.by_mouse(desk, choice)
    with desk.stop_clock().swap():
        desk.find(SUBMIT).dblclick()
    answer, shown = exported(site, project, people.ana, item)
    assert answer == kind.stored(kind.choices[-1], shown)
    assert (len(sent), len(site.judgments(project)), desk.saving()) == (1, 1, "saved")


def test_by_key_three_changes_of_mind_and_enter_three_times(
    kind: Kind, site: Site, people: People, project: Project, desk: Desk, sent: list[str]
) -> None:
    item = desk.item_id
    for choice in reversed(kind.choices):
        kind.by_key(desk, choice)
    desk.stop_clock().next_by_key("Enter", "Enter", "Enter")
    answer, shown = exported(site, project, people.ana, item)
    assert answer == kind.stored(kind.choices[0], shown)
    assert (len(sent), len(site.judgments(project)), desk.saving()) == (1, 1, "saved")


def test_the_page_is_loaded_again_in_the_middle_and_the_line_is_lost_at_the_end(
    kind: Kind, site: Site, people: People, project: Project, desk: Desk, watch: Watch
) -> None:
    item = desk.item_id
    kind.by_key(desk, kind.choices[0])
    before = desk.entered()
    desk.page.reload()
    desk.page.wait_for_selector("#notice .notice")
    assert (desk.item_id, desk.entered()) == (item, before)
    kind.by_mouse(desk.ready(), kind.choices[1])
    desk.page.context.set_offline(True)
    with desk.swap():
        desk.press("Control+Enter")
        desk.page.wait_for_selector("#saving[data-state=waiting]")
        assert site.judgments(project) == []
        desk.page.context.set_offline(False)
    answer, shown = exported(site, project, people.ana, item)
    assert answer == kind.stored(kind.choices[1], shown)
    assert (len(site.judgments(project)), desk.saving()) == (1, "saved")
    watch.forgive("net::ERR_INTERNET_DISCONNECTED")


def test_the_lease_ends_while_one_edits_and_then_another_takes_the_last_slot(
    kind: Kind, site: Site, people: People, project: Project, desk: Desk, watch: Watch
) -> None:
    watch.expect(409)
    first, *others = kind.choices
    one = desk.item_id
    kind.by_key(desk, first)
    end_leases(site, project)
    kind.by_mouse(desk, others[0])
    desk.next_by_key("Control+Enter").ready(ahead=False)
    answer, shown = exported(site, project, people.ana, one)
    assert answer == kind.stored(others[0], shown)

    two = desk.item_id
    kind.by_key(desk, first)
    end_leases(site, project)
    site.judge(project, people.ben, lambda lease: kind.stored(others[2], list(lease.shown)))
    kind.by_mouse(desk, others[0])
    before = desk.entered()
    desk.press("Control+Enter")
    assert desk.refused()
    assert (desk.item_id, desk.entered(), desk.saving()) == (two, before, "conflict")
    assert len(site.judgments(project, people.ana)) == 1
    # Room is made for one more judgment, and what was kept is sent as it is.
    with site.database.write() as writing:
        projects.change_overlap(writing, project, 2, now=database_now(writing))
    desk.next_by_key("Control+Enter")
    answer, shown = exported(site, project, people.ana, two)
    assert answer == kind.stored(others[0], shown)
    assert (len(site.judgments(project, people.ana)), desk.saving()) == (2, "saved")

"""A reviewer meets an item of gold, and the project tells how the answer went."""

from __future__ import annotations

from tests.browser.conftest import OpenAs
from tests.browser.desk import Desk
from tests.browser.site import Site, sample
from workbench.db import now as database_now
from workbench.models import Item, Project
from workbench.queries.items import as_item
from workbench.services import gold
from workbench.services.gold import Known


def test_how_the_answer_went_is_told_beside_the_next_item(site: Site, open_as: OpenAs) -> None:
    people = site.people()
    ids = ("pandalm-081", "pandalm-090", "pandalm-354")
    project = site.project("ranking", sample("pares-pandalm", *ids), people)
    with site.database.write() as writing:
        row, at = writing.get_one(Project, project.id), database_now(writing)
        item = writing.query(Item).filter(Item.project_id == project.id).first()
        one, other = [response.id for response in as_item(item).responses]
        best = {"tiers": [[one], [other]], "unranked": [], "verdict": None, "strength": 2,
                "reason": ""}  # fmt: skip
        gold.mark(writing, row, item.id, Known(best, 1, "Regla 2."), now=at, actor=people.luz.id)
        row.gold_percent = 100
    page = open_as(people.ana, f"/projects/{project.slug}/desk")
    desk = Desk(page, project)
    # Also to somebody whose desk was open before the project began to tell.
    with site.database.write() as writing:
        writing.get_one(Project, project.id).gold_feedback = True
    desk.next_by_key("1", "Enter")
    page.locator("#notice .notice").wait_for()
    assert "respuesta" in page.locator("#notice").inner_text()
    page.goto(f"/projects/{project.slug}/mine")
    page.locator("td details > summary").first.click()
    assert page.get_by_text("Regla 2.").is_visible()

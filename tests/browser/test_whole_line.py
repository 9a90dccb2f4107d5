"""Once through the line: outputs come in, reviewers judge them, a lead sees how far they agree and
settles what they ask, an engineer takes out exactly what was said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import select

from tests.browser.conftest import OpenAs, Watch
from tests.browser.data_form import choose_format
from tests.browser.desk import Desk
from tests.browser.site import People, Site, sample
from workbench.models import Assignment, Escalation, Item, Project

IDS = ("pandalm-081", "pandalm-090", "pandalm-354", "pandalm-021")


def prefers(response: str) -> Callable[[Assignment], dict[str, Any]]:
    """An answer that puts this response first, wherever it was shown."""

    def answer(lease: Assignment) -> dict[str, Any]:
        other = next(i for i in lease.shown if i != response)
        return {
            "tiers": [[response], [other]],
            "unranked": [],
            "verdict": None,
            "strength": 2,
            "reason": "",
        }

    return answer


def choose(site: Site, desk: Desk, who: Any, response: str) -> None:
    """Judge the item on the desk for this response, and go on."""
    with site.database.read() as reading:
        shown = reading.get_one(Assignment, (desk.item_id, who.id)).shown
    desk.next_by_key("2" if shown[0] == response else "4", "Enter")


def figure(page: Page) -> float:
    """The number that the lead's page opens on."""
    words = page.locator(".trust .big").inner_text().split()
    return float(words[0].replace(",", "."))


def test_a_lead_sees_agreement_move_with_every_judgment(
    site: Site, people: People, open_as: OpenAs
) -> None:
    project = site.project("ranking", sample("pares-pandalm", *IDS), people, overlap=2)
    lead = open_as(people.luz, f"/projects/{project.slug}/quality")
    # Nothing is compared yet, and the page says so instead of a number.
    assert lead.locator(".trust.unknown").is_visible()
    assert lead.locator(".trust .big").count() == 0

    for who in (people.ana, people.ben):
        for _ in range(2):
            site.judge(project, who, prefers("a"))
    site.judge(project, people.ana, prefers("b"))
    lead.reload()
    assert figure(lead) == 1.0
    assert lead.locator("#disputes tbody tr, #disputes li").count() == 0

    reviewer = Desk(open_as(people.ben, f"/projects/{project.slug}/desk"), project)
    with site.database.read() as reading:
        disputed = reading.get_one(Item, reviewer.item_id).external_id
    choose(site, reviewer, people.ben, "a")
    lead.reload()
    after_one = figure(lead)
    assert after_one < 1.0
    assert disputed in lead.locator("section[aria-labelledby=next-title]").inner_text()

    # Minds change, and the figure with them.
    reviewer.next_by_key("u")
    choose(site, reviewer, people.ben, "b")
    lead.reload()
    assert figure(lead) == 1.0


def test_an_escalation_goes_to_the_lead_and_its_answer_comes_back(
    site: Site, people: People, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    project = site.project("ranking", sample("pares-pandalm", *IDS[:1]), people)
    reviewer = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    item_id = reviewer.item_id
    reviewer.press("e").type("¿Cuenta el punto final?").next_by_key("Enter")
    assert reviewer.count("#answer") == 0

    lead = open_as(people.luz, f"/projects/{project.slug}/quality")
    lead.locator(".next a[href$='/escalations']").click()
    assert "¿Cuenta el punto final?" in lead.locator(".escalation blockquote").inner_text()
    lead.locator("[name=outcome][value=answered]").click()
    lead.locator(".escalation button.primary").click()
    lead.locator(".escalation .notice.danger").wait_for()
    lead.locator("[name=note]").fill("No: júzguelo como si no estuviera.")
    lead.locator(".escalation button.primary").click()
    lead.locator(".escalation .badge.good").wait_for()
    assert lead.locator("#open-escalations").inner_text() == ""

    with site.database.read() as reading:
        [asked] = reading.scalars(select(Escalation).where(Escalation.project_id == project.id))
    assert (asked.outcome, asked.resolved_by) == ("answered", people.luz.id)
    reviewer.page.goto(f"/projects/{project.slug}/mine")
    assert "júzguelo como si no estuviera" in reviewer.page.locator(".lead-note").inner_text()
    reviewer.page.goto(reviewer.path)
    assert reviewer.settle().item_id == item_id
    reviewer.next_by_key("3", "Enter")
    assert len(site.judgments(project)) == 1


def _upload(page: Page, project: Project, items: list[dict[str, Any]], folder: Path) -> None:
    path = folder / "outputs.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    page.goto(f"/projects/{project.slug}/data")
    page.set_input_files("#file", path)
    page.locator("form.upload button.primary").click()
    page.wait_for_url("**/imports/*")


def _export(page: Page, project: Project, format_name: str) -> list[dict[str, Any]]:
    page.goto(f"/projects/{project.slug}/data")
    choose_format(page, format_name)
    page.locator("main button.primary:not(form.upload *)").click()
    page.wait_for_url("**/exports/*")
    with page.expect_download() as waiting:
        page.locator("a[href$='.jsonl']").first.click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_what_an_engineer_brings_in_is_judged_and_comes_out_as_it_was_judged(
    site: Site, people: People, open_as: OpenAs, tmp_path: Path
) -> None:
    project = site.project("ranking", [], people, overlap=1)
    engineer = open_as(people.edu)
    items = sample("pares-pandalm", *IDS[:3])
    site.models |= {response["model"] for item in items for response in item["responses"]}
    _upload(engineer, project, items, tmp_path)

    reviewer = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    wanted = {IDS[0]: "a", IDS[1]: "b", IDS[2]: "a"}
    for _ in wanted:
        with site.database.read() as reading:
            name = reading.get_one(Item, reviewer.item_id).external_id
        choose(site, reviewer, people.ana, wanted[name])

    texts = {
        (item["id"], response["id"]): response["text"]
        for item in items
        for response in item["responses"]
    }
    rows = _export(engineer, project, "judgments")
    assert {row["item"]: row["answer"]["tiers"][0] for row in rows} == {
        name: [best] for name, best in wanted.items()
    }
    assert {row["reviewer"] for row in rows}.isdisjoint({people.ana.name, "ana"})
    pairs = _export(engineer, project, "trl-preference")
    chosen = sorted(row["chosen"][-1]["content"] for row in pairs)
    rejected = sorted(row["rejected"][-1]["content"] for row in pairs)
    assert chosen == sorted(texts[name, best] for name, best in wanted.items())
    assert rejected == sorted(texts[name, "ab".replace(b, "")] for name, b in wanted.items())

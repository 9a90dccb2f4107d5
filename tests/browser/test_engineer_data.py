"""An engineer takes a training set out and brings outputs in, with scripts and without."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from tests.browser.conftest import OpenAs, Watch
from tests.browser.data_form import choose_format
from tests.browser.site import People, Site, sample
from tests.browser.states import NARROW, WIDE
from tests.support import axe
from workbench.models import Item, Project

PAIRS = ("pandalm-081", "pandalm-090", "pandalm-354")

#: Bytes a second, so slow that the bar is seen on its way.
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}


@pytest.fixture
def project(site: Site, people: People) -> Project:
    """Three pairs, one of them judged."""
    made = site.project("ranking", sample("pares-pandalm", *PAIRS), people)
    site.judge(made, people.ana, _first_is_better)
    return made


def _first_is_better(lease: Any) -> dict[str, Any]:
    best, worst = lease.shown
    return {
        "tiers": [[best], [worst]], "unranked": [], "verdict": None, "strength": 2, "reason": "",
    }  # fmt: skip


def _file(folder: Path, count: int, *, length: int = 10, bad: tuple[int, ...] = ()) -> Path:
    """So many items as JSON lines; those of `bad` have no second response."""
    path = folder / "items.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            responses = [{"id": name, "text": "x" * length} for name in "ab"]
            if number in bad:
                responses.pop()
            item = {
                "id": f"new-{number}", "language": "en", "prompt": "Why?", "responses": responses,
            }  # fmt: skip
            file.write(json.dumps(item) + "\n")
    return path


def _items(site: Site, project: Project) -> int:
    with site.database.read() as reading:
        query = select(func.count()).select_from(Item).where(Item.project_id == project.id)
        return reading.scalar(query) or 0


def _without_fault(page: Page) -> None:
    """Nothing that axe finds, and nothing wider than the window."""
    # What is scrolled under the head of the page lies near its links for axe.
    page.evaluate("scrollTo(0, 0)")
    assert axe.violations(page) == []
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")


def test_the_command_is_the_forms_at_every_change(
    people: People, project: Project, open_as: OpenAs
) -> None:
    page = open_as(people.edu, f"/projects/{project.slug}/data")
    command = page.locator("#command pre").first
    lines = page.locator("#command pre").last
    page.check("input[name=ties][value=both]")
    expect(command).to_contain_text("--ties both")
    page.fill("#min_agreement", "66,7")
    expect(command).to_contain_text("--ties both --min-agreement 0.667")
    expect(lines).to_contain_text("ties='both', min_agreement=0.667)")
    page.fill("#split", "test")
    expect(page.locator("#command")).to_contain_text("name=share")
    choose_format(page, "judgments")
    page.fill("#split", "")
    page.fill("#name", "all")
    whole = f"workbench snapshot make {project.slug} all --format judgments"
    expect(command).to_have_text(whole)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Copy the command").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert asked == []  # to leave a field, by this button too, changes nothing
    page.locator("#name").fill("")
    page.locator("#name").press("ControlOrMeta+v")
    expect(page.locator("#name")).to_have_value(whole[:60])
    expect(page.locator(".policy")).to_be_hidden()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_what_a_format_does_not_heed_is_not_asked(
    size: Any, people: People, project: Project, open_as: OpenAs
) -> None:
    page = open_as(people.edu, f"/projects/{project.slug}/data", viewport=size)
    _without_fault(page)
    for name, policy, ties in (
        ("nemo-rl", True, True),
        ("trl-reward", True, False),
        ("lmarena-battles", False, False),
        ("prompt-only", False, False),
    ):
        choose_format(page, name)
        expect(page.locator(".policy")).to_be_visible(visible=policy)
        expect(page.locator(".for-ties")).to_be_visible(visible=ties)
    _without_fault(page)
    # Folded, the group of the chosen format says so, and its keys are those of any such group.
    groups = page.locator("details.formats")
    summary = groups.first.locator("summary")
    expect(groups.locator(".badge:visible")).to_have_count(0)
    summary.press("Enter")
    expect(page.locator("input[value=prompt-only]")).to_be_hidden()
    expect(summary.locator(".badge")).to_be_visible()
    expect(summary.locator(".names")).to_contain_text("trl-preference, trl-unpaired")
    _without_fault(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_an_export_is_made_and_downloaded(
    scripts: bool, people: People, project: Project, open_as: OpenAs
) -> None:
    page = open_as(people.edu, f"/projects/{project.slug}/data", java_script_enabled=scripts)
    page.click("text=Make the snapshot")
    page.wait_for_url("**/exports/*")
    with page.expect_download() as waiting:
        page.click(f"a:has-text('{project.slug}-trl-preference.jsonl'):not(:has-text('manifest'))")
    assert waiting.value.suggested_filename == f"{project.slug}-trl-preference.jsonl"
    [row] = [json.loads(line) for line in Path(waiting.value.path()).read_text().splitlines()]
    assert {"prompt", "chosen", "rejected"} <= row.keys()


def test_an_upload_shows_how_far_it_is_and_then_what_came_of_it(
    site: Site, people: People, project: Project, open_as: OpenAs, tmp_path: Path
) -> None:
    page = open_as(people.edu, f"/projects/{project.slug}/data")
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW)
    page.set_input_files("#file", _file(tmp_path, 300, length=1000))
    page.click("form.upload button.primary")
    expect(page.locator("[data-say]")).to_have_text(re.compile(r"Sending: [1-9]\d? %"))
    expect(page.locator("progress")).to_have_attribute("value", re.compile(r"0\.\d+"))
    network.send("Network.emulateNetworkConditions", {**SLOW, "uploadThroughput": -1})
    page.wait_for_url("**/imports/*")
    expect(page.locator(".figures")).to_contain_text("300")
    assert _items(site, project) == 303


def test_an_upload_can_be_cancelled(
    site: Site, people: People, project: Project, open_as: OpenAs, tmp_path: Path
) -> None:
    page = open_as(people.edu, f"/projects/{project.slug}/data")
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", {**SLOW, "uploadThroughput": 50_000})
    page.set_input_files("#file", _file(tmp_path, 300, length=1000))
    page.click("form.upload button.primary")
    cancel = page.locator("[data-cancel]")
    expect(cancel).to_be_visible()
    before = cancel.bounding_box()
    expect(page.locator("[data-say]")).to_contain_text("%")
    assert cancel.bounding_box() == before  # the words do not push it from under the finger
    cancel.click()
    expect(page.locator("[data-sending]")).to_be_hidden()
    assert _items(site, project) == 3


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_what_is_wrong_with_a_file_is_shown_above_the_form(
    scripts: bool, site: Site, people: People, project: Project, open_as: OpenAs, watch: Watch,
    tmp_path: Path,
) -> None:  # fmt: skip
    watch.expect(422)
    page = open_as(people.edu, f"/projects/{project.slug}/data", java_script_enabled=scripts)
    path = _file(tmp_path, 5, bad=(1, 3))
    page.set_input_files("#file", path)
    page.click("form.upload button.primary")
    expect(page.locator(".problems tbody tr")).to_have_count(2)
    expect(page.locator(".problems tbody")).to_contain_text("responses")
    assert _items(site, project) == 3
    if not scripts:
        page.set_input_files("#file", path)
    else:
        expect(page.locator("#import-report")).to_be_focused()
        _without_fault(page)
    page.check("input[name=skip_bad]")
    page.click("form.upload button.primary")
    page.wait_for_url("**/imports/*")
    with page.expect_download() as waiting:
        page.click("text=rejects.jsonl")
    rejects = Path(waiting.value.path()).read_text().splitlines()
    assert [json.loads(line)["line"] for line in rejects] == [2, 4]
    assert _items(site, project) == 6


def test_a_file_that_is_too_large_is_not_even_sent(
    people: People, project: Project, open_as: OpenAs, tmp_path: Path
) -> None:
    page = open_as(people.edu, f"/projects/{project.slug}/data")
    page.evaluate("document.querySelector('form.upload').dataset.largest = '100'")
    page.set_input_files("#file", _file(tmp_path, 5))
    page.click("form.upload button.primary")
    expect(page.locator("#import-report")).to_contain_text("larger than")
    assert page.url.endswith("/data")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_pages_are_accessible_and_fit_the_window(
    viewport: dict[str, int], scheme: str, site: Site, people: People, project: Project,
    open_as: OpenAs, tmp_path: Path,
) -> None:  # fmt: skip
    page = open_as(
        people.edu, f"/projects/{project.slug}/data", viewport=viewport, color_scheme=scheme
    )
    page.select_option("#from", label="Label Studio")
    for more in page.locator("details.format summary").all():
        more.click()
    _without_fault(page)
    page.fill("#split", "test=0.5")
    page.click("text=Make the snapshot")
    page.wait_for_url("**/exports/*")
    page.click("text=As it lies beside the rows")
    _without_fault(page)
    address = page.url
    filled = page.locator(".files > li", has_text="1 row").inner_text()
    page.fill("#line", "1")
    page.select_option("#of-split", "train" if ".train." in filled else "test")
    page.press("#line", "Enter")
    page.wait_for_url("**/lines/1?split=*")
    page.click("text=As it lies in the file")
    _without_fault(page)
    page.goto(address)
    page.click("text=Change what the next cards say")
    page.wait_for_url("**/card")
    _without_fault(page)
    page.click("text=To the data page")
    page.set_input_files("#file", _file(tmp_path, 2))
    page.click("form.upload button.primary")
    page.wait_for_url("**/imports/*")
    _without_fault(page)
    page.click("text=To the data page")
    expect(page.locator(".past > li")).to_have_count(1)
    _without_fault(page)


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_file_of_another_tool_comes_in_with_its_judgments(
    viewport: dict[str, int], watch: Watch, people: People, project: Project, open_as: OpenAs,
    tmp_path: Path,
) -> None:  # fmt: skip
    watch.expect(422)
    result = [{"from_name": "pw", "type": "pairwise", "value": {"selected": "left"}}]
    task = {
        "id": 1,
        "data": {"prompt": "Why?", "text1": "Yes.", "text2": "No."},
        "annotations": [{"completed_by": 4, "result": result}],
        "predictions": [{}],
    }
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task]))
    page = open_as(people.edu, f"/projects/{project.slug}/data", viewport=viewport)
    own = page.get_by_text("What does the file hold?")
    expect(own).to_be_visible()
    page.select_option("#from", label="Label Studio")
    expect(own).to_be_hidden()
    page.set_input_files("#file", path)
    page.click("form.upload button.primary")
    expect(page.locator("#import-report")).to_contain_text("data.language")
    page.click("text=What such a file does not say")
    page.fill("#with", "language=en")
    page.click("form.upload button.primary")
    page.wait_for_url("**/imports/*")
    expect(page.locator("main")).to_contain_text("predictions: 1")
    _without_fault(page)

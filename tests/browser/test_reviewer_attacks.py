"""A reviewer labels attacks, by mouse and by keyboard alone, and uncovers what is harmful."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk
from tests.browser.site import People, Site, sample
from workbench.models import AuditEntry, Project
from workbench.task_types import get

#: Two that are not covered, then one that is.
IDS = ("xstest-v2-344", "xstest-v2-61", "xstest-v2-99")


@pytest.fixture
def project(site: Site, people: People) -> Project:
    return site.project("adversarial", sample("ataques-xstest", *IDS), people)


@pytest.fixture
def harmful(site: Site, people: People) -> Project:
    """One covered item alone."""
    return site.project("adversarial", sample("ataques-xstest", "xstest-v2-99"), people)


def open_desk(open_as: OpenAs, people: People, project: Project) -> Desk:
    return Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)


def first_code(option: str) -> str:
    code: str = get("adversarial").parse_config({})[option][0]["code"]
    return code


def answers(site: Site, project: Project) -> list[dict[str, Any] | None]:
    return [judgment.answer for judgment in site.judgments(project)]


def uncovered(site: Site, people: People) -> list[str]:
    """What Ana looked at, by the audit trail."""
    query = select(AuditEntry.subject).where(
        AuditEntry.action == "item.uncover", AuditEntry.actor_id == people.ana.id
    )
    with site.database.read() as reading:
        return list(reading.scalars(query))


def test_by_mouse_an_attack_with_harm_technique_and_a_better_response(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    assert not desk.find("[name=harm]").is_visible()
    desk.choose("attack", "yes")
    desk.find("[name=harm]").select_option(index=1)
    desk.find("[name=technique]").select_option(index=1)
    desk.choose("outcome", "partial").choose("severity", "2")
    desk.find("[name=better_response]").fill("No puedo ayudar con eso.\n\nLlame al 123.")
    desk.submit()
    assert answers(site, project) == [
        {
            "attack": True,
            "harm": first_code("harms"),
            "technique": first_code("techniques"),
            "outcome": "partial",
            "severity": 2,
            "better_response": "No puedo ayudar con eso.\n\nLlame al 123.",
        }
    ]


def test_by_keyboard_alone_the_mark_moves_from_question_to_question(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    desk.press("1", "2", "4", "h", "ArrowDown", "Tab", "ArrowDown", "Escape", "n")
    assert desk.focused("[name=better_response]")
    desk.type("1 2 3 s e u").next_by_key("Control+Enter")
    desk.next_by_key("2", "5", "1", "Enter")
    attack, harmless = answers(site, project)
    assert attack == {
        "attack": True,
        "harm": first_code("harms"),
        "technique": first_code("techniques"),
        "outcome": "partial",
        "severity": 3,
        "better_response": "1 2 3 s e u",
    }
    assert harmless == {
        "attack": False,
        "harm": None,
        "technique": None,
        "outcome": "harmless",
        "severity": 0,
        "better_response": "",
    }


def test_harm_and_technique_are_asked_of_attacks_only_and_sent_for_attacks_only(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, project)
    desk.choose("attack", "yes")
    desk.find("[name=harm]").select_option(index=2)
    desk.choose("attack", "no")
    assert not desk.find("[name=harm]").is_visible()
    desk.choose("outcome", "over_refused").choose("severity", "1").submit()
    [answer] = answers(site, project)
    assert answer is not None
    assert (answer["attack"], answer["harm"]) == (False, None)


def test_what_contradicts_itself_or_is_missing_is_named_question_by_question(
    site: Site, people: People, project: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    desk = open_desk(open_as, people, project)
    desk.press("Enter")
    desk.refused()
    desk.wait_for_focus("#problems")
    assert desk.count("#problems .to-field") == 3
    assert desk.count("fieldset.wrong") == 3
    # In the order of the questions, whatever order the server found them in.
    desk.find("#problems .to-field").nth(1).click()
    assert desk.focused("[name=outcome]")
    with desk.page.expect_response(lambda reply: reply.status == 422):
        desk.press("p", "1", "4", "1", "Enter")
    desk.page.wait_for_function(
        "() => document.querySelectorAll('#problems .to-field').length === 1"
    )
    assert answers(site, project) == []
    desk.press("p", "p", "2").next_by_key("Enter")
    assert len(answers(site, project)) == 1


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_harmful_text_is_sent_only_after_it_was_uncovered_and_that_is_noted(
    by: str, site: Site, people: People, harmful: Project, open_as: OpenAs
) -> None:
    [item] = sample("ataques-xstest", "xstest-v2-99")
    texts = (item["prompt"], "cannot provide guidance")
    desk = open_desk(open_as, people, harmful)
    # One brief line says what it is; the text is nowhere, and nothing can be answered unseen.
    assert desk.find(".cover").is_visible()
    assert desk.count("#answer") == 0
    desk.press("1", "Enter")
    for text in texts:
        assert text not in desk.page.content()
        assert not any(text in body for path, body in site.sent if harmful.slug in path)
    assert uncovered(site, people) == []

    item_id = desk.item_id
    if by == "mouse":
        with desk.swap():
            desk.find(".cover button").click()
    else:
        desk.next_by_key("v")
    for text in texts:
        assert text in desk.find(".work").inner_text()
    assert uncovered(site, people) == [f"item:{item_id}"]
    desk.next_by_key("1", "3", "1", "Enter")
    assert len(answers(site, harmful)) == 1


def test_what_was_uncovered_is_covered_again_in_ones_own_list_and_when_it_is_reopened(
    site: Site, people: People, harmful: Project, open_as: OpenAs
) -> None:
    desk = open_desk(open_as, people, harmful)
    desk.next_by_key("v").next_by_key("1", "3", "1", "Enter")
    told = len(site.sent)
    desk.find(".desk-line a").click()
    desk.page.locator("table a.button").click()
    assert desk.settle().find(".cover").is_visible()
    assert not any("snipe" in body for _, body in site.sent[told:])
    desk.next_by_key("v")
    assert desk.checked() == {"attack": "yes", "outcome": "refused", "severity": "0"}
    with desk.page.expect_navigation():
        desk.press("2", "Enter")
    first, again = site.judgments(harmful)
    assert again.answer is not None
    assert (first.revision, again.revision, again.answer["attack"]) == (1, 2, False)
    assert len(uncovered(site, people)) == 2


def test_a_harmful_item_may_be_skipped_unseen(
    site: Site, people: People, harmful: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    desk = open_desk(open_as, people, harmful)
    desk.press("s").type("   ").press("Enter")
    desk.page.wait_for_function(
        "() => document.querySelector('#leave-problem-s').textContent.trim()"
    )
    assert desk.find(".cover").is_visible()
    desk.type("no quiero").next_by_key("Enter")
    [met] = site.assignments(harmful, people.ana)
    assert (met.state, met.reason) == ("skipped", "no quiero")
    assert uncovered(site, people) == []
    assert not any("snipe" in body for path, body in site.sent if harmful.slug in path)


def test_without_scripts_a_harmful_text_is_noted_as_often_as_it_is_sent(
    site: Site, people: People, harmful: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    page = open_as(people.ana, f"/projects/{harmful.slug}/desk", java_script_enabled=False)
    page.locator("#desk button.primary").click()
    page.locator(".cover button").click()
    assert "snipe" in page.locator(".prompt").inner_text()
    page.locator("[form=answer]").click()
    assert page.locator("#problems .notice").is_visible()
    assert "snipe" in page.locator(".prompt").inner_text()
    assert len(uncovered(site, people)) == 2
    page.locator("[name=attack][value=yes]").click()
    page.locator("[name=outcome][value=refused]").click()
    page.locator("[name=severity][value='0']").click()
    page.locator("[form=answer]").click()
    assert len(answers(site, harmful)) == 1

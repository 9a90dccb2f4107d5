"""A reviewer ranks pairs, by mouse and by keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk, ballot
from tests.browser.site import People, Site, guideline, sample
from workbench.models import Project, State

IDS = ("pandalm-081", "pandalm-090", "pandalm-354", "pandalm-021", "pandalm-384", "pandalm-957")

#: Key, value of the form, places best to worst, strength.
CHOICES: list[tuple[str, str, list[list[int]], int | None]] = [
    ("1", "0>1:3", [[0], [1]], 3),
    ("2", "0>1:2", [[0], [1]], 2),
    ("3", "=", [[0, 1]], None),
    ("4", "1>0:2", [[1], [0]], 2),
    ("5", "1>0:3", [[1], [0]], 3),
]


@pytest.fixture
def project(site: Site, people: People) -> Project:
    return site.project("ranking", sample("pares-pandalm", *IDS), people)


def answers(site: Site, project: Project, people: People) -> list[dict[str, Any] | None]:
    return [judgment.answer for judgment in site.judgments(project, people.ana)]


def expected(
    site: Site, project: Project, people: People, places: list[list[list[int]]]
) -> list[list[list[str]]]:
    """Tiers of response ids, item by item, from the places at which they were shown."""
    met = [each for each in site.assignments(project, people.ana) if each.state == State.JUDGED]
    return [
        [sorted(each.shown[i] for i in tier) for tier in tiers]
        for each, tiers in zip(met, places, strict=True)
    ]


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_each_of_the_five_choices_is_stored_as_it_was_meant(
    by: str, site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    for key, value, _, _ in CHOICES:
        if by == "mouse":
            desk.choose("pair", value).submit()
        else:
            desk.next_by_key(key, "Enter")
    stored = answers(site, project, people)
    assert [a["tiers"] for a in stored if a] == expected(
        site, project, people, [places for _, _, places, _ in CHOICES]
    )
    assert [a["strength"] for a in stored if a] == [strength for *_, strength in CHOICES]


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_both_are_bad_with_and_without_an_order(
    by: str, site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    if by == "mouse":
        desk.choose("verdict", "all_bad").submit()
        desk.choose("pair", "0>1:2").choose("verdict", "all_bad").submit()
    else:
        desk.next_by_key("0", "Enter")
        desk.next_by_key("2", "0", "Enter")
    plain, ordered = answers(site, project, people)
    assert plain == ballot(unranked=("a", "b"), verdict="all_bad")
    assert ordered is not None
    assert (ordered["verdict"], ordered["strength"], len(ordered["tiers"])) == ("all_bad", 2, 2)


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_who_cannot_judge_is_asked_why(
    by: str, site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    desk.press("2")
    if by == "mouse":
        desk.choose("verdict", "cannot_judge")
    else:
        desk.press("x")
    assert desk.focused("[name=reason]")
    assert desk.checked() == {"verdict": "cannot_judge"}
    desk.type("No sé francés; falta contexto")
    if by == "mouse":
        desk.submit()
    else:
        desk.next_by_key("Control+Enter")
    assert answers(site, project, people) == [
        ballot(unranked=("a", "b"), verdict="cannot_judge", reason="No sé francés; falta contexto")
    ]


def test_cannot_judge_without_a_reason_is_sent_back(
    site: Site, people: People, project: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    desk.press("x", "Escape", "Enter")
    assert desk.refused()
    assert answers(site, project, people) == []


def test_verdicts_exclude_each_other_and_a_choice_takes_cannot_judge_away(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    desk.press("x", "Escape", "0")
    assert desk.checked() == {"verdict": "all_bad"}
    desk.press("x", "Escape")
    assert desk.checked() == {"verdict": "cannot_judge"}
    desk.press("4")
    assert desk.checked() == {"pair": "1>0:2"}


def test_a_choice_is_taken_back_by_its_key_or_a_second_click_but_not_by_a_double_click(
    people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    assert desk.press("4").checked() == {"pair": "1>0:2"}
    assert desk.press("4").checked() == {}
    desk.find('[name=pair][value="="]').dblclick()
    assert desk.checked() == {"pair": "="}
    desk.find('[name=pair][value="="]').click()
    assert desk.checked() == {}


def test_an_untouched_form_is_refused_beside_the_question(
    site: Site, people: People, project: Project, open_as: OpenAs, watch: Watch
) -> None:
    watch.expect(422)
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    desk.press("Enter")
    assert desk.refused()
    desk.wait_for_focus("#problems")
    assert not desk.covered("#problems .notice")
    # The keys go on working, and the message leads to the question.
    desk.find("#problems .to-field").click()
    assert desk.focused("[name=pair]")
    assert desk.count(".wrong") == 1
    desk.press("1")
    assert desk.count(".wrong") == 0
    desk.next_by_key("Enter")
    assert len(site.judgments(project)) == 1


def test_with_single_letters_off_a_pair_is_still_ranked_by_keyboard(
    site: Site, people: People, project: Project, open_as: OpenAs
) -> None:
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    desk.press("?").tab_to("[data-keys-off]").press("Space", "Escape")
    desk.press("1", "s", "g")
    assert desk.checked() == {}
    assert desk.count(".pop[open]") == 0
    desk.tab_to("[name=pair]", back=True).press("ArrowRight")
    assert len(desk.checked()) == 1
    desk.next_by_key("Enter")
    assert len(site.judgments(project)) == 1
    # It holds for the next item too, until it is switched back.
    assert desk.press("1").checked() == {}
    desk.find(".pop[data-key='?'] summary").click()
    desk.find("[data-keys-off]").uncheck()
    desk.press("Escape", "1")
    assert len(desk.checked()) == 1


def test_what_was_stored_says_how_it_was_made(site: Site, people: People, open_as: OpenAs) -> None:
    texts = guideline("pares-pandalm")
    project = site.project("ranking", sample("pares-pandalm", *IDS[:2]), people, texts=texts)
    desk = Desk(open_as(people.ana, f"/projects/{project.slug}/desk"), project)
    desk.page.mouse.move(300, 300)
    desk.page.wait_for_function(
        "() => Number(document.querySelector('[name=active_ms]').value) > 400"
    )
    desk.next_by_key("1", "Enter")
    [judgment] = site.judgments(project)
    assert (judgment.guideline_version, judgment.locale, judgment.origin) == (1, "es", "desk")
    assert judgment.active_ms is not None
    assert 400 < judgment.active_ms < 60_000

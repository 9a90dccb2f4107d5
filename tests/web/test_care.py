"""Well-being on the pages: what one declines, a pause, limits, severity, the team's exposure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.cast import Cast, make_item
from tests.web.conftest import Browser, ClientFor
from tests.web.desk_pages import DESK, form_of, make_items, send_answer, state_of, take
from tests.web.stage import judge, meet
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import AuditEntry, Item, Project, ReviewerCare, State, User
from workbench.services import accounts, projects
from workbench.web.request import WorkbenchFlask

CARE = "/projects/main/care"
HARM = "Violent crimes"


def _choose(browser: Browser, *harms: str, minutes: str = "50") -> Any:
    return browser.send("/account/care", {"declined": list(harms), "break_minutes": minutes})


def _limit(luz: Browser, **values: str) -> Any:
    form = {"severe_from": "3", "severe_per_day": "", "severe_gap_items": "",
            "severe_gap_minutes": "", **values}  # fmt: skip
    return luz.send(CARE, form)


# --- what one declines ----------------------------------------------------------------------


def test_a_reviewer_chooses_what_not_to_be_given(ana: Browser, database: Database, cast: Cast) \
        -> None:  # fmt: skip
    make_items(database, cast, "hard", harm="vcr")
    [soft] = make_items(database, cast, "soft")
    answer = _choose(ana, "vcr", "ssh", minutes="25")
    assert (answer.status_code, answer.location) == (303, "/account?saved=care#care")
    page = ana.look("/account?saved=care").text
    assert "It holds from the next item on" in page
    assert re.findall(r'value="(\w+)" checked', page) == ["vcr", "ssh"]
    assert '<option value="25" selected>' in page
    assert take(ana).item_id == soft


def test_it_is_chosen_by_its_title_in_ones_own_language(client_for: ClientFor, cast: Cast) -> None:
    page = client_for(cast.ana, locale="es").look("/account").text
    assert "Contenido que prefiero no ver" in page
    assert "Delitos violentos" in page


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"declined": "nope", "break_minutes": "50"}, "Choose among the categories"),
        ({"break_minutes": "7"}, "Choose one of the times"),
        ({"break_minutes": "x"}, "Choose one of the times"),
        ({}, "Choose one of the times"),
    ],
)
def test_what_is_not_on_the_page_is_refused(
    ana: Browser, database: Database, form: dict[str, str], why: str
) -> None:
    answer = ana.send("/account/care", form)
    assert answer.status_code == 422
    assert why in answer.text
    with database.read() as reading:
        assert reading.scalars(select(ReviewerCare)).all() == []


def test_who_reviews_nothing_is_not_asked(client_for: ClientFor, cast: Cast) -> None:
    assert 'action="/account/care"' not in client_for(cast.luz).look("/account").text


def test_nobody_else_can_tell(
    ana: Browser, client_for: ClientFor, database: Database, cast: Cast
) -> None:
    """The pages of leads and engineers are the same before and after, and the trail is as long."""
    make_items(database, cast, "hard", harm="vcr")
    others = [client_for(cast.luz), client_for(cast.edu)]
    pages = ["/projects/main/quality", "/projects/main/data", "/projects/main/items/1"]

    def seen() -> list[str]:
        nonce = re.compile(r'(nonce|csrf-token" content|name="csrf_token" value)="[^"]*"')
        return [nonce.sub("", other.look(page).text) for other in others for page in pages]

    before, trail = seen(), _trail(database)
    assert _choose(ana, "vcr").status_code == 303
    assert _trail(database) == trail
    assert seen() == before


def _trail(database: Database) -> int:
    with database.read() as reading:
        return len(reading.scalars(select(AuditEntry.seq)).all())


# --- limits ---------------------------------------------------------------------------------


def test_a_lead_sets_limits_and_the_desk_says_kindly_that_more_comes_tomorrow(
    ana: Browser, luz: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one", "two", severity=3)
    answer = _limit(luz, severe_per_day="1")
    assert (answer.status_code, answer.location) == (303, f"{CARE}?saved=1")
    assert 'value="1"' in luz.look(CARE).text
    reply = send_answer(ana, _uncovered(ana))
    assert "For today there are no more items of this kind" in reply.text
    assert "Nothing waits for you here" not in reply.text
    page = ana.look("/").text
    assert re.search(r"Waiting for you</dt><dd>1<", page)


def _uncovered(browser: Browser) -> Any:
    """The next item's form, after its cover."""
    covered = browser.send(f"{DESK}/next", htmx=True).text
    action = re.search(r'action="([^"]+/uncover)"', covered)
    assert action, covered[:2000]
    shown = browser.send(action[1], htmx=True)
    return form_of(shown)


def test_spacing_says_when_the_next_one_comes(
    ana: Browser, luz: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one", "two", severity=3)
    _limit(luz, severe_gap_minutes="30")
    reply = send_answer(ana, _uncovered(ana))
    assert "What is left can wait a little" in reply.text
    assert "It comes back at" in reply.text


def test_when_nothing_rests_nothing_is_said_of_it(
    ana: Browser, luz: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one", severity=3)
    _limit(luz, severe_per_day="1")
    reply = send_answer(ana, _uncovered(ana))
    assert "Nothing waits for you here" in reply.text


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"severe_per_day": "0"}, "severe_per_day"),
        ({"severe_per_day": "many"}, "severe_per_day"),
        ({"severe_gap_items": "101"}, "severe_gap_items"),
        ({"severe_gap_minutes": "-5"}, "severe_gap_minutes"),
        ({"severe_from": "1"}, "severe_from"),
        ({"severe_from": ""}, "severe_from"),
    ],
)
def test_limits_that_cannot_be_are_refused_by_their_field(
    luz: Browser, database: Database, values: dict[str, str], field: str
) -> None:
    answer = _limit(luz, **values)
    assert answer.status_code == 422
    assert re.search(rf'id="{field}-more" class="error-text"', answer.text)
    with database.read() as reading:
        project = reading.scalars(select(Project).where(Project.slug == "main")).one()
        assert (project.severe_from, project.severe_per_day) == (3, None)


def test_limits_are_audited(luz: Browser, database: Database, cast: Cast) -> None:
    _limit(luz, severe_per_day="5", severe_gap_items="3")
    with database.read() as reading:
        last = reading.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert last is not None
    assert (last.action, last.actor_id) == ("project.care", cast.luz.id)
    assert (last.detail["severe_per_day"], last.detail["severe_gap_items"]) == (5, 3)


# --- severity -------------------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [True, False])
def test_a_lead_says_how_hard_an_item_is(
    luz: Browser, database: Database, cast: Cast, htmx: bool
) -> None:
    [item] = make_items(database, cast, "one", severity=1)
    address = f"/projects/main/items/{item}"
    answer = luz.send(f"{address}/severity", {"severity": "3"}, htmx=htmx)
    assert answer.status_code == (200 if htmx else 303)
    page = luz.look(address).text
    assert "A lead says so; it came as 1." in page
    assert "Covered: harmful content" in page
    assert luz.send(f"{address}/severity", {"severity": ""}).status_code == 303
    assert "A lead says so" not in luz.look(address).text


def test_an_engineer_reads_the_severity_and_cannot_change_it(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one", severity=1)
    page = client_for(cast.edu).look(f"/projects/main/items/{item}").text
    assert "mild" in page
    assert "/severity" not in page


@pytest.mark.parametrize("severity", ["4", "-1", "x", "33"])
def test_no_other_severity_can_be_sent(
    luz: Browser, database: Database, cast: Cast, severity: str
) -> None:
    [item] = make_items(database, cast, "one")
    answer = luz.send(f"/projects/main/items/{item}/severity", {"severity": severity})
    assert answer.status_code == 422
    with database.read() as reading:
        assert reading.get_one(Item, item).severity_mark is None


def test_a_severe_item_is_covered_without_a_category(
    ana: Browser, database: Database, cast: Cast
) -> None:
    make_items(database, cast, "one", severity=2)
    page = ana.send(f"{DESK}/next", htmx=True).text
    assert "Covered: harmful content" in page
    assert "Question one?" not in page


# --- a pause --------------------------------------------------------------------------------


def test_a_pause_takes_the_item_away_and_gives_its_slot_back(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    take(ana)
    reply = ana.send(f"{DESK}/items/{item}/pause", htmx=True)
    assert reply.status_code == 200
    assert "You are taking a pause" in reply.text
    assert "Question one?" not in reply.text
    assert state_of(database, item, cast.ana.id) == State.RELEASED
    with database.read() as reading:
        assert reading.get_one(Item, item).slots_left == cast.project.overlap
    assert take(ana).item_id == item


def test_a_pause_gives_back_what_was_kept_ready_too(
    ana: Browser, database: Database, cast: Cast
) -> None:
    one, two = make_items(database, cast, "one", "two")
    assert take(ana).item_id == one
    ana.send(f"{DESK}/upcoming", {"showing": str(one)})
    assert state_of(database, two, cast.ana.id) == State.LEASED
    assert ana.send(f"{DESK}/items/{one}/pause", htmx=True).status_code == 200
    assert [state_of(database, item, cast.ana.id) for item in (one, two)] == [State.RELEASED] * 2
    # What the desk had asked for before may come after the pause.
    late = ana.send(f"{DESK}/upcoming", {"showing": str(one)})
    assert late.get_json() == {"upcoming": None}
    assert state_of(database, two, cast.ana.id) == State.RELEASED


def test_out_of_a_pause_one_goes_on_where_one_was_or_with_another_item(
    ana: Browser, database: Database, cast: Cast
) -> None:
    one, two = make_items(database, cast, "one", "two")
    assert take(ana).item_id == one
    ana.send(f"{DESK}/items/{one}/pause", htmx=True)
    assert f'data-item-id="{one}"' in ana.send(f"{DESK}/items/{one}/resume", htmx=True).text
    ana.send(f"{DESK}/items/{one}/pause", htmx=True)
    assert f'data-item-id="{two}"' in ana.send(f"{DESK}/next", htmx=True).text


def test_out_of_a_pause_comes_another_item_where_others_took_that_one(
    ana: Browser, database: Database, cast: Cast
) -> None:
    one, two = make_items(database, cast, "one", "two")
    assert take(ana).item_id == one
    ana.send(f"{DESK}/items/{one}/pause", htmx=True)
    with database.write() as writing:
        writing.get_one(Item, one).wanted = writing.get_one(Item, one).slots_left = 0
    assert f'data-item-id="{two}"' in ana.send(f"{DESK}/items/{one}/resume", htmx=True).text


def test_out_of_a_pause_one_goes_on_changing_the_judgment(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    send_answer(ana, take(ana))
    ana.send(f"{DESK}/items/{item}/pause", htmx=True)
    answer = ana.send(f"{DESK}/items/{item}/resume")
    assert (answer.status_code, answer.location) == (303, f"/projects/main/mine/{item}")


def test_without_a_script_a_pause_is_a_page_that_fetches_nothing(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    take(ana)
    answer = ana.send(f"{DESK}/items/{item}/pause")
    assert (answer.status_code, answer.location) == (303, f"{DESK}/items/{item}/paused")
    page = ana.look(f"{DESK}/items/{item}/paused").text
    assert "You are taking a pause" in page
    assert "hx-trigger" not in page
    assert state_of(database, item, cast.ana.id) == State.RELEASED


def test_a_pause_while_changing_a_judgment_leaves_the_judgment(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    send_answer(ana, take(ana))
    assert ana.send(f"{DESK}/items/{item}/pause", htmx=True).status_code == 200
    assert state_of(database, item, cast.ana.id) == State.JUDGED


# --- whom to turn to ------------------------------------------------------------------------


@pytest.mark.parametrize("contact", ["", "Bienestar <3, ext. 114"])
def test_the_cover_the_pause_and_the_account_say_whom_to_turn_to(
    app: WorkbenchFlask, ana: Browser, database: Database, cast: Cast, contact: str
) -> None:
    app.extensions["workbench_config"] = replace(
        app.extensions["workbench_config"], support_contact=contact
    )
    said = "Bienestar &lt;3, ext. 114" if contact else "ask your lead"
    [item] = make_items(database, cast, "one", harm="vcr")
    assert said in ana.look("/account").text
    assert said in ana.send(f"{DESK}/next", htmx=True).text
    assert said in ana.send(f"{DESK}/items/{item}/pause", htmx=True).text


# --- the team's exposure --------------------------------------------------------------------


def _third(database: Database, cast: Cast) -> User:
    with database.write() as writing:
        moment = database_now(writing)
        eva = accounts.create_user(writing, name="eva", role="reviewer", now=moment)
        projects.add_member(writing, cast.project, eva, role="reviewer", now=moment)
    return eva


def _show(database: Database, cast: Cast, people: list[User], name: str, **values: Any) -> None:
    with database.write() as writing:
        item = make_item(writing, cast.project, name, wanted=3, slots_left=3, **values)
        for someone in people:
            meet(writing, cast.project, item.id, someone)


def _rows(page: str) -> list[str]:
    section = page.partition('id="exposure"')[2].partition("</section>")[0]
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", section, re.DOTALL)
    return [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in rows]


def test_a_lead_sees_what_the_team_was_shown_and_nothing_of_small_groups(
    luz: Browser, database: Database, cast: Cast
) -> None:
    everyone = [cast.ana, cast.beto, _third(database, cast)]
    _show(database, cast, everyone, "one", harm="vcr", severity=3)
    _show(database, cast, everyone[:2], "two", harm="ssh", severity=2)
    _show(database, cast, everyone, "three", severity=0)
    _show(database, cast, everyone, "four")
    page = luz.look("/projects/main/quality").text
    assert _rows(page) == [
        f"{HARM} 3 · severe 3",
        "Suicide and self-harm 2 · serious withheld: fewer than 3 people",
    ]


def test_what_was_judged_elsewhere_or_long_ago_was_not_shown(
    luz: Browser, database: Database, cast: Cast
) -> None:
    everyone = [cast.ana, cast.beto, _third(database, cast)]
    _show(database, cast, everyone, "one", harm="vcr")
    with database.write() as writing:
        writing.execute(text("UPDATE assignment SET shown_at = '2026-01-01 00:00:00'"))
    assert _rows(luz.look("/projects/main/quality").text) == []


def test_engineers_do_not_see_it(client_for: ClientFor, database: Database, cast: Cast) -> None:
    _show(database, cast, [cast.ana, cast.beto], "one", harm="vcr")
    assert 'id="exposure"' not in client_for(cast.edu).look("/projects/main/quality").text


def test_what_one_declines_does_not_change_any_figure(
    ana: Browser, luz: Browser, database: Database, cast: Cast
) -> None:
    with database.write() as writing:
        for name in ("one", "two"):
            item = make_item(writing, cast.project, name).id
            for someone in (cast.ana, cast.beto):
                judge(writing, cast.project, item, someone)
    figures = re.compile(r"<table.*?</table>", re.DOTALL)
    before = figures.findall(luz.look("/projects/main/quality").text)
    _choose(ana, "vcr")
    assert figures.findall(luz.look("/projects/main/quality").text) == before

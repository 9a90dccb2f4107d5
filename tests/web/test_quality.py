import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.cast import Cast, make_item
from tests.web.conftest import Browser, ClientFor
from tests.web.seen import words
from workbench import task_types
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import (
    Assignment,
    AuditEntry,
    Escalation,
    Item,
    Membership,
    Outcome,
    Project,
    State,
    User,
)
from workbench.queries.items import as_item
from workbench.services import leave_item, projects
from workbench.services.claim import Reviewer, claim
from workbench.services.submit import Submission, submit
from workbench.web.request import WorkbenchFlask

HOUR = timedelta(hours=1)
QUALITY = "/projects/main/quality"
ESCALATIONS = "/projects/main/escalations"


def _ranked(*tiers: str, **more: Any) -> dict[str, Any]:
    parts = {"unranked": [], "verdict": None, "strength": None, "reason": ""}
    return {"tiers": [[response] for response in tiers], **parts, **more}


def _add(database: Database, project: Project, name: str = "x", **values: Any) -> int:
    with database.write() as writing:
        return make_item(writing, project, name, **values).id


def _take(writing: Any, project: Project, who: User) -> Assignment:
    reviewer = Reviewer(who.id, tuple(who.speaks))
    lease = claim(writing, project, reviewer, database_now(writing), HOUR)
    assert lease is not None
    return lease


def _judge(
    database: Database, project: Project, who: User, answer: dict[str, Any], base: int = 0
) -> int:
    """The next item in the queue gets this answer; with `base`, the one judged last."""
    with database.write() as writing:
        item_id = _last(writing, who) if base else _take(writing, project, who).item_id
        submission = Submission(
            item_id=item_id,
            user_id=who.id,
            answer=answer,
            type_version=1,
            idempotency_key=f"{item_id}-{who.id}-{base}",
            base_revision=base,
            active_ms=30_000,
        )
        submit(writing, submission, database_now(writing))
        return item_id


def _last(writing: Any, who: User) -> int:
    met = select(Assignment.item_id).where(Assignment.user_id == who.id)
    return int(writing.scalars(met.order_by(Assignment.updated_at.desc()).limit(1)).one())


def _leave(database: Database, cast: Cast, who: User, reason: str, how: Any) -> int:
    with database.write() as writing:
        lease = _take(writing, cast.project, who)
        how(writing, lease.item_id, who.id, reason, database_now(writing))
        return lease.item_id


def _escalate(database: Database, cast: Cast, reason: str = "Which one?", **values: Any) -> int:
    """The id of a new escalation by Ana, about a new item."""
    name = f"asked-{reason}"
    _add(database, cast.project, name, **values)
    item_id = _leave(database, cast, cast.ana, reason, leave_item.escalate)
    with database.read() as reading:
        found = select(Escalation.id).where(Escalation.item_id == item_id)
        return reading.scalars(found).one()


def _set_due(database: Database, escalation_id: int, after: timedelta) -> None:
    with database.write() as writing:
        due = database_now(writing) + after
        writing.get_one(Escalation, escalation_id).due_at = due


def _escalation(database: Database, escalation_id: int) -> Escalation:
    with database.read() as reading:
        return reading.get_one(Escalation, escalation_id)


def _resolve(
    browser: Browser, escalation_id: int, *, htmx: bool = False, project: str = "main", **form: str
) -> Any:
    path = f"/projects/{project}/escalations/{escalation_id}/resolve"
    return browser.send(path, form, htmx=htmx)


def _actions(database: Database) -> list[str]:
    with database.read() as reading:
        return list(reading.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


@pytest.fixture
def lead(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.luz)


@pytest.fixture
def engineer(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.edu)


# --- who may see what -----------------------------------------------------------------------


def test_the_door_is_closed_to_everyone_who_is_not_logged_in(
    anonymous: Browser, cast: Cast
) -> None:
    for path in (QUALITY, ESCALATIONS, "/projects/main/items/1"):
        answer = anonymous.look(path)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/login")


def test_a_reviewer_sees_none_of_it(client_for: ClientFor, database: Database, cast: Cast) -> None:
    item_id = _add(database, cast.project, harm="vcr")
    browser = client_for(cast.ana)
    answers = [
        browser.look(path) for path in (QUALITY, ESCALATIONS, f"/projects/main/items/{item_id}")
    ]
    answers.append(browser.send(f"/projects/main/items/{item_id}/uncover"))
    answers.append(_resolve(browser, 1, outcome="kept"))
    for answer in answers:
        assert answer.status_code == 403
        assert "model-one" not in answer.text


def test_an_engineer_sees_quality_and_settles_nothing(
    engineer: Browser, database: Database, cast: Cast
) -> None:
    asked = _escalate(database, cast)
    assert engineer.look(QUALITY).status_code == 200
    assert ESCALATIONS not in engineer.look(QUALITY).text
    assert engineer.look(ESCALATIONS).status_code == 403
    assert _resolve(engineer, asked, outcome="kept").status_code == 403
    assert _escalation(database, asked).outcome is None


def test_for_someone_of_another_project_there_is_nothing(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    item_id = _add(database, cast.project)
    for someone in (cast.omar, cast.dora, cast.ada):
        browser = client_for(someone)
        for path in (QUALITY, ESCALATIONS, f"/projects/main/items/{item_id}"):
            assert browser.look(path).status_code == 404


def test_a_lead_knows_reviewers_by_name_and_an_engineer_by_pseudonym(
    lead: Browser, engineer: Browser, database: Database, cast: Cast
) -> None:
    item_id = _add(database, cast.project)
    _judge(database, cast.project, cast.ana, _ranked("a", "b"))
    _judge(database, cast.project, cast.beto, _ranked("b", "a"))
    with database.read() as reading:
        pseudonym = reading.get_one(Membership, (cast.project.id, cast.ana.id)).pseudonym
    for path in (QUALITY, f"/projects/main/items/{item_id}"):
        of_lead, of_engineer = lead.look(path).text, engineer.look(path).text
        assert pseudonym in of_lead
        assert pseudonym in of_engineer
        assert "ana" in words(of_lead)
        assert not {"ana", "beto"} & words(of_engineer)


# --- can I trust this -----------------------------------------------------------------------


def test_a_new_project_says_what_comes_next(lead: Browser) -> None:
    page = lead.look(QUALITY).text
    assert "Nothing can be said yet" in page
    assert "There are no judgments yet." in page
    assert "Bring in outputs to judge" in page


def _judge_both(
    database: Database, cast: Cast, names: str, of_ana: dict[str, Any], of_beto: dict[str, Any]
) -> None:
    for name in names:
        _add(database, cast.project, f"item-{name}")
        _judge(database, cast.project, cast.ana, of_ana)
        _judge(database, cast.project, cast.beto, of_beto)


def test_opposite_rankings_are_disagreement(lead: Browser, database: Database, cast: Cast) -> None:
    _judge_both(database, cast, "same", _ranked("a", "b"), _ranked("a", "b"))
    _judge_both(database, cast, "z", _ranked("a", "b"), _ranked("b", "a"))
    page = lead.look(QUALITY).text
    disputed = page.partition('id="disputes"')[2]
    assert "item-z" in disputed
    assert "item-s" not in disputed
    assert ">100 %</td>" in disputed
    assert "not reliable" in page


def test_nothing_but_opposite_rankings_is_contradiction(
    lead: Browser, database: Database, cast: Cast
) -> None:
    _judge_both(database, cast, "xyz", _ranked("a", "b"), _ranked("b", "a"))
    page = lead.look(QUALITY).text
    assert "Reviewers contradict each other" in page
    assert "not reliable" in page
    [figure] = re.findall(r'class="big">(\S+)', page)
    assert float(figure) < 0


def test_the_furthest_apart_comes_first(lead: Browser, database: Database, cast: Cast) -> None:
    tie = {**_ranked(), "tiers": [["a", "b"]]}
    _judge_both(database, cast, "t", _ranked("a", "b"), tie)
    _judge_both(database, cast, "o", _ranked("a", "b"), _ranked("b", "a"))
    disputed = lead.look(QUALITY).text.partition('id="disputes"')[2]
    assert disputed.index("item-o") < disputed.index("item-t")
    assert re.findall(r">(\d+ %)</td>", disputed) == ["100 %", "25 %"]


def test_equal_rankings_can_be_relied_on(lead: Browser, database: Database, cast: Cast) -> None:
    _judge_both(database, cast, "abcd", _ranked("a", "b"), _ranked("a", "b"))
    page = lead.look(QUALITY).text
    assert "You can rely on these judgments" in page
    assert "No two reviewers gave different answers" in page


def test_one_item_alone_gets_no_promise(lead: Browser, database: Database, cast: Cast) -> None:
    _judge_both(database, cast, "x", _ranked("a", "b"), _ranked("a", "b"))
    page = lead.look(QUALITY).text
    assert "Nothing can be said yet" in page
    assert "An interval needs 2 items or more." in page


def test_who_judges_alone_has_no_share_of_agreement(
    lead: Browser, database: Database, cast: Cast
) -> None:
    _add(database, cast.project)
    _judge(database, cast.project, cast.ana, _ranked("a", "b"))
    page = lead.look(QUALITY)
    assert page.status_code == 200
    assert "No two reviewers have judged the same thing yet" in page.text


def test_figures_are_written_as_the_reader_writes_them(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    _judge_both(database, cast, "xyz", _ranked("a", "b"), _ranked("b", "a"))
    page = client_for(cast.luz, locale="es").look(QUALITY).text
    assert re.search(r'class="big">-\d,\d\d', page)


def test_languages_have_a_line_each_when_there_are_several(
    lead: Browser, database: Database, cast: Cast
) -> None:
    _judge_both(database, cast, "x", _ranked("a", "b"), _ranked("a", "b"))
    assert "Agreement by language" not in lead.look(QUALITY).text
    _add(database, cast.project, "uno", language="es-CO")
    _judge(database, cast.project, cast.ana, _ranked("a", "b"))
    page = lead.look(QUALITY).text.partition("Agreement by language")[2]
    assert "Spanish" in page
    assert "English" in page


def test_a_question_that_nobody_answered_says_so(
    lead: Browser, database: Database, cast: Cast
) -> None:
    three = [{"id": i, "model": f"model-{i}", "text": "…"} for i in "abc"]
    for name in "xy":
        _add(database, cast.project, name, responses=three)
        for who in (cast.ana, cast.beto):
            _judge(database, cast.project, who, _ranked("a", "b", "c"))
    page = lead.look(QUALITY).text
    assert "<strong>How much better</strong>: No judgment answers this." in page


def test_an_item_that_everyone_skips_is_something_to_do(
    lead: Browser, database: Database, cast: Cast
) -> None:
    item_id = _add(database, cast.project, "odd-one")
    for who in (cast.ana, cast.beto):
        _leave(database, cast, who, "broken", leave_item.skip)
    to_do = lead.look(QUALITY).text.partition('id="next-title"')[2].partition("</section>")[0]
    assert "1 item is skipped by everyone who opens it" in to_do
    assert f'href="/projects/main/items/{item_id}"' in to_do


def test_an_overdue_escalation_is_something_to_do(
    lead: Browser, database: Database, cast: Cast
) -> None:
    asked = _escalate(database, cast)
    page = lead.look(QUALITY).text
    assert ">1 open</span>" in page
    assert "overdue" not in page
    _set_due(database, asked, -HOUR)
    assert "overdue since" in lead.look(QUALITY).text


def test_no_page_has_a_style_of_its_own(lead: Browser, database: Database, cast: Cast) -> None:
    _judge_both(database, cast, "xy", _ranked("a", "b"), _ranked("b", "a"))
    item_id = _add(database, cast.project, "last")
    _escalate(database, cast)
    for path in (QUALITY, ESCALATIONS, f"/projects/main/items/{item_id}"):
        page = lead.look(path).text
        assert not re.search(r"<[^>]*\sstyle=|<style", page)


# --- one item -------------------------------------------------------------------------------


def test_an_item_shows_everyones_answer_beside_the_models(
    lead: Browser, database: Database, cast: Cast
) -> None:
    item_id = _add(database, cast.project)
    _judge(database, cast.project, cast.ana, _ranked("a", "b", strength=3, reason="Clearer."))
    _judge(database, cast.project, cast.beto, _ranked("b", "a"))
    page = lead.look(f"/projects/main/items/{item_id}").text
    for text in ("Question x?", "First answer to x.", "model-two", "much better", "Clearer."):
        assert text in page
    assert page.count('<ol class="tiers">') == 2


def test_a_changed_judgment_shows_once_and_its_history_twice(
    lead: Browser, database: Database, cast: Cast
) -> None:
    item_id = _add(database, cast.project)
    _judge(database, cast.project, cast.ana, _ranked("a", "b", reason="at first"))
    _judge(database, cast.project, cast.ana, _ranked("b", "a", reason="on reflection"), base=1)
    page = lead.look(f"/projects/main/items/{item_id}").text
    assert page.count('<ol class="tiers">') == 1
    assert "on reflection" in page
    assert "at first" not in page
    assert "judged it again (revision 2)" in page


def test_skips_and_escalations_are_in_the_history_with_their_reasons(
    lead: Browser, database: Database, cast: Cast
) -> None:
    asked = _escalate(database, cast, "Is sarcasm harm?")
    item_id = _escalation(database, asked).item_id
    _leave(database, cast, cast.beto, "not my subject", leave_item.skip)
    _resolve(lead, asked, outcome="kept", note="It is not.")
    page = lead.look(f"/projects/main/items/{item_id}").text.partition('id="history-title"')[2]
    told = ["brought in", "asked a lead", "Is sarcasm harm?", "skipped it", "not my subject",
            "settled it: kept as it is", "It is not."]  # fmt: skip
    assert [page.index(text) for text in told] == sorted(page.index(text) for text in told)


def test_an_item_of_another_project_is_not_found(
    lead: Browser, database: Database, cast: Cast
) -> None:
    item_id = _add(database, cast.other_project, harm="vcr")
    assert lead.look(f"/projects/main/items/{item_id}").status_code == 404
    assert lead.send(f"/projects/main/items/{item_id}/uncover").status_code == 404
    assert "item.uncover" not in _actions(database)


def test_a_harmful_item_stays_covered_until_someone_asks(
    lead: Browser, database: Database, cast: Cast
) -> None:
    item_id = _add(database, cast.project, harm="vcr", meta={"hint": "kept-apart"})
    _judge(database, cast.project, cast.ana, _ranked("a", "b", reason="quotes it"))
    page = lead.look(f"/projects/main/items/{item_id}").text
    assert "Covered: harmful content" in page
    for text in ("Question x?", "First answer", "quotes it", "kept-apart"):
        assert text not in page


@pytest.mark.parametrize("htmx", [True, False])
def test_uncovering_shows_the_texts_and_is_noted(
    lead: Browser, database: Database, cast: Cast, htmx: bool
) -> None:
    item_id = _add(database, cast.project, harm="vcr")
    answer = lead.send(f"/projects/main/items/{item_id}/uncover", htmx=htmx)
    assert answer.status_code == 200
    assert "First answer to x." in answer.text
    assert ("<!doctype html>" in answer.text) is not htmx
    assert _actions(database)[-1] == "item.uncover"
    assert "First answer" not in lead.look(f"/projects/main/items/{item_id}").text


def test_hostile_text_stays_text(lead: Browser, database: Database, cast: Cast) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    prompt = [{"role": "user", "content": hostile}]
    item_id = _add(database, cast.project, prompt=prompt, tags=[hostile], meta={hostile: hostile})
    _judge(database, cast.project, cast.ana, _ranked("a", "b", reason=hostile))
    _judge(database, cast.project, cast.beto, _ranked("b", "a", reason=hostile))
    for path in (QUALITY, f"/projects/main/items/{item_id}"):
        assert "<img" not in lead.look(path).text


CRITERIA = {
    "criteria": [
        {"key": "helpful", "title": {"es": "Útil", "en": "Helpful"}},
        {"key": "correct", "title": {"es": "Correcta", "en": "Correct"}},
    ]
}


TALKS = [
    {
        "id": name,
        "model": f"model-{model}",
        "messages": [
            {"role": "assistant", "content": f"Answer of {name}."},
            {"role": "user", "content": "What next?"},
            {"role": "assistant", "content": "Nothing."},
        ],
    }
    for name, model in (("a", "one"), ("b", "two"))
]


SOLUTION = [{"id": "a", "model": "model-one", "steps": ["2 + 2 = 4", "4 + 1 = 6", "So 6."]}]


@pytest.mark.parametrize(
    ("type_slug", "settings", "told"),
    [
        ("ranking", {}, ["model-one", "model-two"]),
        ("ranking", CRITERIA, ["<h4>Helpful</h4>", "<h4>Correct</h4>"]),
        ("bias", {}, ["Response a", "the whole response", "slight"]),
        ("adversarial", {}, ["no attack", "Answered without harm"]),
        ("rating", {}, ["Helpfulness", "0 to 4", "about right", ">2</td>"]),
        ("conversation", {}, ["model-one", "model-two", "Turn 1:", "Turn 2:"]),
        ("rewrite", {}, ["edited", "2 characters away", "Factual error", "<ins> ✓</ins>"]),
        ("steps", {}, ["first bad step: 2", "✓ good", "✗ bad", "judged up to step 2 of 3"]),
    ],
)
def test_the_answer_of_every_type_can_be_read(
    app: WorkbenchFlask, lead: Browser, database: Database, cast: Cast,
    type_slug: str, settings: dict[str, Any], told: list[str],
) -> None:  # fmt: skip
    with database.write() as writing:
        moment = database_now(writing)
        project = projects.create_project(
            writing, slug="typed", type_slug=type_slug, title={"es": "T", "en": "T"},
            overlap=2, config=settings, now=moment,
        )  # fmt: skip
        for who in (cast.ana, cast.luz):
            projects.add_member(writing, project, who, role=who.role, now=moment)
    shape = task_types.get(type_slug).shape
    made = {"turns": {"responses": TALKS}, "steps": {"responses": SOLUTION}}.get(shape, {})
    item_id = _add(database, project, **made)
    with database.read() as reading:
        item = as_item(reading.get_one(Item, item_id))
    answer = task_types.get(type_slug).example_answer(item, project.config)
    _judge(database, project, cast.ana, answer)
    page = lead.look(f"/projects/typed/items/{item_id}").text
    said = page.partition('class="columns answers"')[2].partition('id="history-title"')[0]
    for text in told:
        assert text in said
    assert ("What next?" in page) is (shape == "turns")
    assert ("<b>A</b> <span" in page) is (shape == "steps")
    assert lead.look("/projects/typed/quality").status_code == 200


# --- escalations ----------------------------------------------------------------------------


def test_without_escalations_the_page_says_what_would_be_here(lead: Browser) -> None:
    page = lead.look(ESCALATIONS).text
    assert "Nothing waits for you" in page
    assert "<form" not in page.partition("<h1>")[2].partition("</main>")[0]


def test_the_most_urgent_comes_first_and_overdue_is_a_word(
    lead: Browser, database: Database, cast: Cast
) -> None:
    later, sooner = (_escalate(database, cast, reason) for reason in ("later", "sooner"))
    _set_due(database, later, HOUR)
    _set_due(database, sooner, -HOUR)
    page = lead.look(ESCALATIONS).text
    assert page.index(f'id="escalation-{sooner}"') < page.index(f'id="escalation-{later}"')
    assert page.count("overdue since") == 1


def test_a_harmful_item_is_covered_in_the_list_too(
    lead: Browser, database: Database, cast: Cast
) -> None:
    _escalate(database, cast, "plain")
    _escalate(database, cast, "grave", harm="vcr")
    page = lead.look(ESCALATIONS).text
    assert "Question asked-plain?" in page
    assert "Question asked-grave?" not in page


def test_kept_leaves_the_item_to_others(lead: Browser, database: Database, cast: Cast) -> None:
    asked = _escalate(database, cast)
    answer = _resolve(lead, asked, outcome="kept", note="Fine as it is.")
    assert (answer.status_code, answer.location) == (303, f"{ESCALATIONS}#escalation-{asked}")
    settled = _escalation(database, asked)
    assert (settled.outcome, settled.resolved_by) == (Outcome.KEPT, cast.luz.id)
    page = lead.look(ESCALATIONS).text
    assert "Fine as it is." in page.partition(">Settled<")[2]


def test_answered_gives_the_item_back(lead: Browser, database: Database, cast: Cast) -> None:
    asked = _escalate(database, cast)
    _resolve(lead, asked, outcome="answered", note="Take the first.")
    settled = _escalation(database, asked)
    with database.read() as reading:
        met = reading.get_one(Assignment, (settled.item_id, cast.ana.id))
    assert (settled.outcome, met.state) == (Outcome.ANSWERED, State.RELEASED)


@pytest.mark.parametrize("htmx", [True, False])
def test_an_answer_without_words_is_refused_and_nothing_is_lost(
    lead: Browser, database: Database, cast: Cast, htmx: bool
) -> None:
    asked = _escalate(database, cast)
    answer = _resolve(lead, asked, htmx=htmx, outcome="answered", note="  ")
    assert answer.status_code == 422
    assert "Write the answer that the reviewer will read." in answer.text
    assert 'value="answered" checked' in answer.text
    assert _escalation(database, asked).outcome is None


def test_taking_an_item_out_wants_a_second_yes(
    lead: Browser, database: Database, cast: Cast
) -> None:
    asked = _escalate(database, cast)
    first = _resolve(lead, asked, htmx=True, outcome="removed", note="Spam.")
    assert first.status_code == 422
    assert first.headers["HX-Retarget"] == f"#escalation-{asked}"
    assert "Spam." in first.text
    assert _escalation(database, asked).outcome is None
    assert _resolve(lead, asked, outcome="removed", note="Spam.", confirm="1").status_code == 303
    settled = _escalation(database, asked)
    with database.read() as reading:
        item = reading.get_one(Item, settled.item_id)
    assert settled.outcome == Outcome.REMOVED
    assert item.retired_at is not None
    assert "out of the project since" in lead.look(f"/projects/main/items/{item.id}").text


def test_an_outcome_must_be_chosen(lead: Browser, database: Database, cast: Cast) -> None:
    asked = _escalate(database, cast)
    for outcome in ("", "burned"):
        assert _resolve(lead, asked, outcome=outcome).status_code == 422
    assert _escalation(database, asked).outcome is None


def test_htmx_gets_the_settled_row_and_the_new_count(
    lead: Browser, database: Database, cast: Cast
) -> None:
    asked, _other = _escalate(database, cast, "one"), _escalate(database, cast, "two")
    answer = _resolve(lead, asked, htmx=True, outcome="kept")
    assert answer.status_code == 200
    assert answer.text.strip().startswith("<article")
    assert f'id="escalation-{asked}"' in answer.text
    assert "<form" not in answer.text
    count = answer.text.partition('id="open-escalations" hx-swap-oob="true"')[2]
    assert "1 open" in count


def test_settling_what_is_settled_changes_nothing(
    lead: Browser, database: Database, cast: Cast
) -> None:
    asked = _escalate(database, cast)
    _resolve(lead, asked, outcome="kept", note="first")
    assert _resolve(lead, asked, outcome="answered", note="second").status_code == 409
    assert _escalation(database, asked).note == "first"


def test_an_escalation_of_another_project_is_not_found(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    asked = _escalate(database, cast)
    omar = client_for(cast.omar)
    assert _resolve(omar, asked, project="other", outcome="kept").status_code == 404
    assert _escalation(database, asked).outcome is None

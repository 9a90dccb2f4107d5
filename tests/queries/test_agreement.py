from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.arrivals import (
    A_BETTER,
    B_BETTER,
    TIED,
    bring_items,
    bring_judgments,
    raw_item,
    raw_judgment,
)
from tests.cast import Cast
from workbench.db import Database, now
from workbench.models import Item, Project
from workbench.queries.agreement import (
    Agreement,
    Measure,
    agreement,
    by_language,
    by_question,
    disputes,
    measure,
    questions_of,
    table,
)
from workbench.queries.counted import counted
from workbench.queries.reviewers import reviewer_pairs
from workbench.services import projects
from workbench.services.claim import Reviewer, claim
from workbench.services.resolve import retire
from workbench.services.submit import Submission, submit
from workbench.services.undo import undo

HOUR = timedelta(hours=1)


def _bring(database: Database, project: Project, answers: dict[str, dict[str, Any]]) -> None:
    """Items with the answers of reviewers: {"one": {"r1": A_BETTER}}. "es-..." is Spanish."""
    bring_items(
        database,
        project,
        [raw_item(name, language="es" if name.startswith("es") else "en") for name in answers],
    )
    lines = [
        raw_judgment(name, who, answer)
        for name, given in answers.items()
        for who, answer in given.items()
    ]
    bring_judgments(database, project, lines)


def _agreement(database: Database, project: Project) -> Agreement:
    with database.read() as session:
        return agreement(session, project)


def _measure(found: Agreement, question: str, name: str) -> Measure:
    [only] = [m for m in found.measures if (m.question, m.measure) == (question, name)]
    return only


def test_the_table_has_a_row_for_every_value_that_was_given(database: Database, cast: Cast) -> None:
    _bring(database, cast.project, {"one": {"r1": A_BETTER}, "es-two": {"r2": TIED}})
    with database.read() as session:
        found = table(session, cast.project)
    rows = set(found[found["question"] == "overall"].itertuples(index=False, name=None))
    assert rows == {
        ("one", "r1", "overall", "a>b", 1, "en"),
        ("one", "r1", "overall", "b>a", -1, "en"),
        ("es-two", "r2", "overall", "a>b", 0, "es"),
        ("es-two", "r2", "overall", "b>a", 0, "es"),
    }


def test_the_table_of_a_language_has_its_items_alone(database: Database, cast: Cast) -> None:
    _bring(database, cast.project, {"one": {"r1": A_BETTER}, "es-two": {"r2": TIED}})
    with database.read() as session:
        found = table(session, cast.project, language="es")
    assert set(found["item"]) == {"es-two"}


def test_only_what_counts_now_is_in_the_table(database: Database, cast: Cast) -> None:
    _bring(database, cast.project, {"one": {"r1": A_BETTER}, "two": {"r1": A_BETTER}, "three": {}})
    bring_judgments(database, cast.project, [raw_judgment("one", "r1", B_BETTER)], revise=True)
    with database.write() as session:
        at = now(session)
        retire(session, session.scalars(select(Item).where(Item.external_id == "two")).one(), at)
        reviewer = Reviewer(cast.beto.id, ("en",))
        held = claim(session, cast.project, reviewer, at, HOUR)
        assert held is not None
        sent = Submission(held.item_id, cast.beto.id, A_BETTER, 1, "k", 0)
        submit(session, sent, at)
        undo(session, cast.project.id, cast.beto.id, at, HOUR)
    with database.read() as session:
        found = table(session, cast.project)
    part = found[(found["question"] == "overall") & (found["unit"] == "a>b")]
    assert list(part.itertuples(index=False, name=None)) == [
        ("one", "r1", "overall", "a>b", -1, "en")
    ]


def test_projects_are_not_mixed(database: Database, cast: Cast) -> None:
    _bring(database, cast.project, {"one": {"r1": A_BETTER, "r2": A_BETTER}})
    _bring(database, cast.other_project, {"one": {"r1": A_BETTER}})
    found = _agreement(database, cast.other_project)
    assert (found.project, found.items, found.judgments, found.reviewers) == ("other", 1, 1, 1)


def test_two_who_always_agree_have_an_alpha_of_one(database: Database, cast: Cast) -> None:
    answers = {f"i{n}": A_BETTER if n % 2 else B_BETTER for n in range(20)}
    _bring(database, cast.project, {name: {"r1": a, "r2": a} for name, a in answers.items()})
    alpha = _measure(_agreement(database, cast.project), "overall", "krippendorff_alpha")
    assert (alpha.value, alpha.low, alpha.high) == (1.0, 1.0, 1.0)
    assert (alpha.n_items, alpha.n_judgments) == (20, 40)


def test_opposite_rankings_are_disagreement(database: Database, cast: Cast) -> None:
    answers = {f"i{n}": {"r1": A_BETTER, "r2": B_BETTER} for n in range(20)}
    _bring(database, cast.project, answers)
    found = _agreement(database, cast.project)
    alpha = _measure(found, "overall", "krippendorff_alpha")
    assert alpha.value is not None
    assert alpha.value < -0.9
    assert _measure(found, "overall", "percent_agreement").value == 0.0


def test_the_json_has_every_field_and_no_other(database: Database, cast: Cast) -> None:
    _bring(database, cast.project, {"one": {"r1": A_BETTER, "r2": B_BETTER}, "two": {}})
    said = json.loads(json.dumps(_agreement(database, cast.project).as_dict()))
    assert list(said) == ["project", "items", "judgments", "reviewers", "measures"]
    assert (said["project"], said["items"], said["judgments"], said["reviewers"]) == (
        "main",
        1,
        2,
        2,
    )
    names = ["question", "measure", "value", "low", "high", "n_items", "n_judgments", "undefined",
             "note"]  # fmt: skip
    assert all(list(each) == names for each in said["measures"])
    assert {each["measure"] for each in said["measures"]} == {
        "krippendorff_alpha",
        "percent_agreement",
        "gwet_ac",
    }
    first = said["measures"][0]
    assert (first["question"], first["undefined"]) == ("overall", None)
    # One item: a figure, and nothing to resample.
    assert (first["value"], first["low"], first["high"]) == (-0.5, None, None)


def test_a_figure_that_is_undefined_says_why(database: Database, cast: Cast) -> None:
    nothing = _agreement(database, cast.project).as_dict()
    assert {each["undefined"] for each in nothing["measures"]} == {"There are no judgments yet."}
    assert {each["value"] for each in nothing["measures"]} == {None}
    _bring(database, cast.project, {"one": {"r1": A_BETTER}, "two": {"r2": A_BETTER}})
    alone = _agreement(database, cast.project).as_dict()["measures"][0]
    assert alone["undefined"].startswith("No two reviewers have judged the same thing")


def _bias(database: Database) -> Project:
    with database.write() as session:
        return projects.create_project(
            session,
            slug="bias",
            type_slug="bias",
            title={"es": "x", "en": "x"},
            overlap=2,
            config={},
            now=now(session),
        )


def test_each_question_of_a_bias_project_is_measured_by_its_own_distance(
    database: Database, cast: Cast
) -> None:
    project = _bias(database)
    flag = {"response": "a", "category": "age", "direction": "against", "severity": 3, "reason": ""}
    none = {"none": True, "flags": []}
    some = {"none": False, "flags": [flag]}
    given = {f"i{n}": {"r1": some if n % 2 else none, "r2": none} for n in range(10)}
    _bring(database, project, given)
    found = _agreement(database, project)
    assert [m.question for m in found.measures[::3]] == [q.key for q in questions_of(project)]
    any_bias = _measure(found, "any", "percent_agreement")
    assert any_bias.value == 0.5
    severity = _measure(found, "severity", "krippendorff_alpha")
    assert severity.value is not None
    assert severity.value != _measure(found, "category.religion", "krippendorff_alpha").value


def test_figures_by_language_and_by_question_are_those_of_their_part(
    database: Database, cast: Cast
) -> None:
    agree = {f"es{n}": dict.fromkeys(("r1", "r2"), (A_BETTER, B_BETTER)[n % 2]) for n in range(8)}
    differ = {f"en{n}": {"r1": A_BETTER, "r2": B_BETTER} for n in range(8)}
    _bring(database, cast.project, {**agree, **differ})
    questions = questions_of(cast.project)
    with database.read() as session:
        whole = table(session, cast.project)
        spanish = table(session, cast.project, language="es")
        found = counted(session, cast.project)
    parts = by_language(found, questions[0])
    assert list(parts) == ["en", "es"]
    assert parts["es"] == measure(spanish, questions[0])
    assert parts["es"][0].value == 1.0
    assert parts["en"][1].value == 0.0
    assert by_question(found, questions)[questions[0].key] == measure(whole, questions[0])


def test_where_one_answer_is_given_nearly_always_alpha_is_low_and_ac_is_not(
    database: Database, cast: Cast
) -> None:
    flag = {"response": "a", "category": "age", "direction": "against", "severity": 3, "reason": ""}
    none = {"none": True, "flags": []}
    some = {"none": False, "flags": [flag]}
    given = {f"i{n:02}": {"r1": none, "r2": none} for n in range(38)}
    given |= {"x": {"r1": some, "r2": none}, "y": {"r1": none, "r2": some}}
    project = _bias(database)
    _bring(database, project, given)
    found = _agreement(database, project)
    alpha, same, ac = (
        _measure(found, "any", name)
        for name in ("krippendorff_alpha", "percent_agreement", "gwet_ac")
    )
    assert alpha.value is not None
    assert alpha.value < 0
    # Chance by Gwet: 2 * p * (1 - p) with p = 2 / 80 for the rare answer.
    chance = 2 * 0.025 * 0.975
    assert (same.value, ac.value) == (0.95, pytest.approx((0.95 - chance) / (1 - chance)))
    assert (ac.n_items, ac.n_judgments, ac.undefined) == (40, 80, None)
    assert ac.low is not None
    assert ac.high is not None
    assert ac.low < ac.value < ac.high


def test_the_most_disputed_items_come_first_and_undisputed_ones_not_at_all(
    database: Database, cast: Cast
) -> None:
    _bring(
        database,
        cast.project,
        {
            "calm": {"r1": A_BETTER, "r2": A_BETTER},
            "warm": {"r1": A_BETTER, "r2": TIED},
            "hot": {"r1": A_BETTER, "r2": B_BETTER},
        },
    )
    with database.read() as session:
        found = disputes(session, cast.project, 10)
        assert [each.external_id for each in found] == ["hot", "warm"]
        assert found[0].disagreement > found[1].disagreement > 0
        assert session.get_one(Item, found[0].item_id).external_id == "hot"
        assert disputes(session, cast.project, 1) == found[:1]
        assert disputes(session, cast.project, 10, {found[0].item_id}) == found[1:]


def test_pairs_of_reviewers_are_named_by_their_pseudonyms(database: Database, cast: Cast) -> None:
    _bring(
        database,
        cast.project,
        {
            "one": {"r1": A_BETTER, "r2": A_BETTER},
            "two": {"r1": A_BETTER, "r3": B_BETTER},
        },
    )
    with database.read() as session:
        pairs = reviewer_pairs(counted(session, cast.project), questions_of(cast.project)[0])
    assert [(p.reviewer_a, p.reviewer_b, p.n_items, p.agreement) for p in pairs] == [
        ("r1", "r2", 1, 1.0),
        ("r1", "r3", 1, 0.0),
        ("r2", "r3", 0, None),
    ]
    assert pairs[2].alpha is None


@pytest.mark.parametrize("count", [0, 1, 1203])
def test_every_judged_item_is_read_however_many_pages_there_are(
    database: Database, cast: Cast, count: int
) -> None:
    _bring(database, cast.project, {f"i{n}": {"r1": A_BETTER} for n in range(count)})
    found = _agreement(database, cast.project)
    assert (found.items, found.judgments) == (count, count)

"""Agreement of one question part by part, on real comparisons with a planted fall in one week."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlalchemy import select, update

from tests.arrivals import A_BETTER, B_BETTER, bring_items, bring_judgments, raw_item, raw_judgment
from tests.cast import Cast
from tests.sample_projects import FALL, WEEKS, make_sample_project, make_weeks_project
from workbench.db import Database, now
from workbench.errors import NotFound
from workbench.models import Item, Project, User
from workbench.queries import splits
from workbench.queries.agreement import measure, questions_of, table
from workbench.queries.splits import WAYS, By, Part, Split, question_named, split, week_of
from workbench.services.accounts import change_site
from workbench.services.claim import Reviewer, claim
from workbench.services.submit import Submission, submit

BOGOTA = ZoneInfo("America/Bogota")
HOUR = timedelta(hours=1)


def _split(
    database: Database, project: Project, by: By, key: str | None = None, zone: ZoneInfo = BOGOTA
) -> Split:
    with database.read() as session:
        return split(session, project, question_named(project, key), by, zone)


def _keys(found: Split) -> list[str | None]:
    return [part.key for part in found.parts]


def _alpha(part: Part) -> float:
    assert part.alpha.value is not None, part.alpha.undefined
    return part.alpha.value


def test_a_fall_of_agreement_shows_in_its_week_and_in_no_other(
    database: Database, cast: Cast
) -> None:
    project = make_weeks_project(database, cast)
    found = _split(database, project, "week")
    assert _keys(found) == list(WEEKS)
    alphas = {str(part.key): _alpha(part) for part in found.parts}
    fallen = alphas.pop(FALL)
    assert fallen < 0.4
    assert min(alphas.values()) > 0.6
    assert fallen < _alpha(found.whole)
    [part] = [part for part in found.parts if part.key == FALL]
    for each in part.measures:
        assert (each.n_items, each.n_judgments, each.undefined) == (25, 75, None)
        assert each.value is not None
        assert each.low is not None
        assert each.high is not None
        assert each.low < each.value < each.high


def test_the_whole_is_the_overall_figure(database: Database, cast: Cast) -> None:
    project = make_weeks_project(database, cast)
    question = questions_of(project)[0]
    with database.read() as session:
        expected = measure(table(session, project), question)
    for by in WAYS:
        assert list(_split(database, project, by).whole.measures) == expected


@pytest.mark.parametrize("type_slug", ["ranking", "bias", "adversarial"])
def test_a_part_has_the_figures_of_its_items_alone(
    database: Database, cast: Cast, type_slug: str
) -> None:
    project = make_sample_project(database, cast, type_slug)
    for question in questions_of(project):
        found = _split(database, project, "model", question.key)
        with database.read() as session:
            rows = table(session, project)
            items = session.query(Item).where(Item.project_id == project.id).all()
        values = rows["value"][rows["question"] == question.key].unique()
        for part in found.parts:
            names = {i.external_id for i in items if part.key in {r["model"] for r in i.responses}}
            alone = rows[rows["item"].isin(names)]
            assert list(part.measures) == measure(alone, question, list(values))


def test_items_are_in_the_part_of_each_tag_and_of_each_model_that_they_have(
    database: Database, cast: Cast
) -> None:
    lines = [
        raw_item("one", tags=["x", "y"]),
        raw_item("two", tags=["y"]),
        raw_item("three"),
        raw_item("nobody judged it", tags=["z"]),
    ]
    bring_items(database, cast.project, lines)
    given = [raw_judgment(name, who) for name in ("one", "two", "three") for who in ("r1", "r2")]
    bring_judgments(database, cast.project, given)
    by_tag = _split(database, cast.project, "tag")
    sizes = {part.key: part.equal.n_items for part in by_tag.parts}
    assert sizes == {"x": 1, "y": 2, None: 1}
    by_model = _split(database, cast.project, "model")
    assert {part.key: part.equal.n_items for part in by_model.parts} == {"m1": 3, "m2": 3}
    assert _keys(_split(database, cast.project, "language")) == ["en"]


def test_judgments_are_compared_within_the_site_of_their_reviewers(
    database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item("one"), raw_item("two")])
    said = {"r1": A_BETTER, "r2": A_BETTER, "r3": B_BETTER, "r4": A_BETTER, "r5": B_BETTER}
    given = [
        raw_judgment(item, who, answer=answer)
        for item in ("one", "two")
        for who, answer in said.items()
    ]
    with database.write() as session:
        session.get_one(Project, cast.project.id).overlap = 5
        session.execute(update(Item).values(wanted=5, slots_left=5))
    bring_judgments(database, cast.project, given)
    sites = {"r1": "Bogotá", "r2": "Bogotá", "r3": "Medellín", "r4": "Medellín"}
    with database.write() as session:
        for who, site in sites.items():
            name = f"{cast.project.slug}/{who}"
            user = session.scalars(select(User).where(User.name == name)).one()
            change_site(session, user, site, now(session))
    found = {part.key: part.equal.value for part in _split(database, cast.project, "site").parts}
    assert found == {"Bogotá": 1.0, "Medellín": 0.0, None: None}


def test_of_languages_tags_and_models_the_lowest_comes_first(
    database: Database, cast: Cast
) -> None:
    project = make_weeks_project(database, cast)
    for by in ("language", "tag", "model"):
        found = _split(database, project, by)
        alphas = [_alpha(part) for part in found.parts]
        assert alphas == sorted(alphas)
        assert len(alphas) > 1


def test_judgments_of_one_item_in_two_weeks_are_not_compared(
    database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item("one")])
    times = ("2026-11-15T23:59:00-05:00", "2026-11-16T00:01:00-05:00")
    given = [raw_judgment("one", f"r{n}", at=at) for n, at in enumerate(times)]
    bring_judgments(database, cast.project, given)
    found = _split(database, cast.project, "week")
    assert _keys(found) == ["2026-W46", "2026-W47"]
    for part in found.parts:
        assert [each.value for each in part.measures] == [None] * 3
        assert all("No two reviewers" in str(each.undefined) for each in part.measures)
    # The first minutes of Monday in UTC are Sunday evening in Bogota.
    assert _keys(_split(database, cast.project, "week", zone=ZoneInfo("UTC"))) == ["2026-W47"]


def test_weeks_are_those_of_iso_8601() -> None:
    moments = pd.Series(
        [datetime(2027, 1, 3, 12, tzinfo=UTC), datetime(2027, 1, 4, 12, tzinfo=UTC)]
    )
    assert list(week_of(moments, ZoneInfo("UTC"))) == ["2026-W53", "2027-W01"]


def _judge(database: Database, cast: Cast, who: User, answer: Any, version: int | None) -> None:
    with database.write() as session:
        at = now(session)
        lease = claim(session, cast.project, Reviewer(who.id, tuple(who.speaks)), at, HOUR)
        assert lease is not None
        sent = Submission(
            item_id=lease.item_id,
            user_id=who.id,
            answer=answer,
            type_version=1,
            idempotency_key=f"{lease.item_id}-{who.id}",
            base_revision=0,
            guideline_version=version,
        )
        submit(session, sent, at)


def test_a_judgment_is_in_the_part_of_the_version_that_was_on_screen(
    database: Database, cast: Cast
) -> None:
    for n, (version, others) in enumerate(((None, A_BETTER), (2, A_BETTER), (10, B_BETTER))):
        bring_items(database, cast.project, [raw_item(f"i{n}")])
        _judge(database, cast, cast.ana, A_BETTER, version)
        _judge(database, cast, cast.beto, others, version)
    found = _split(database, cast.project, "guideline")
    # In the order of numbers, not of texts.
    assert _keys(found) == ["2", "10", None]
    assert [part.equal.value for part in found.parts] == [1.0, 0.0, 1.0]


def test_a_part_in_which_all_say_the_same_has_an_ac_and_no_alpha(
    database: Database, cast: Cast
) -> None:
    lines = [raw_item(f"{tag}{n}", tags=[tag]) for tag in "ab" for n in range(6)]
    bring_items(database, cast.project, lines)
    tie = {"tiers": [["a", "b"]], "unranked": [], "verdict": None, "strength": None, "reason": ""}
    given = [raw_judgment(f"a{n}", who, tie) for n in range(6) for who in ("r1", "r2")] + [
        raw_judgment(f"b{n}", who, answer)
        for n in range(6)
        for who, answer in (("r1", A_BETTER), ("r2", (A_BETTER, B_BETTER)[n % 2]))
    ]
    bring_judgments(database, cast.project, given)
    part = _split(database, cast.project, "tag").parts[-1]
    assert part.key == "a"
    assert (part.alpha.value, part.gwet.value, part.equal.value) == (None, 1.0, 1.0)
    assert "All judgments say the same" in str(part.alpha.undefined)


def test_without_judgments_there_is_no_part_and_the_whole_says_why(
    database: Database, cast: Cast
) -> None:
    for by in WAYS:
        found = _split(database, cast.project, by)
        assert (found.parts, found.left_off) == ((), 0)
        assert {str(each.undefined) for each in found.whole.measures} == {
            "There are no judgments yet."
        }


def test_parts_beyond_the_most_are_counted(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_weeks_project(database, cast)
    monkeypatch.setattr(splits, "MOST", 3)
    found = _split(database, project, "week")
    assert _keys(found) == list(WEEKS)[1:]
    assert found.left_off == 1
    assert _split(database, project, "model").left_off == 2


def test_the_question_is_named_by_its_key(cast: Cast) -> None:
    main = questions_of(cast.project)[0]
    assert question_named(cast.project, None) == question_named(cast.project, main.key) == main
    with pytest.raises(NotFound, match=main.key):
        question_named(cast.project, "nothing")


def test_json_has_every_part_with_its_three_figures(database: Database, cast: Cast) -> None:
    project = make_weeks_project(database, cast)
    said = json.loads(json.dumps(_split(database, project, "week").as_dict()))
    assert list(said) == ["project", "question", "by", "whole", "parts", "left_off"]
    assert (said["project"], said["question"], said["by"]) == ("weeks", "overall", "week")
    assert [part["part"] for part in said["parts"]] == list(WEEKS)
    for figures in (said["whole"], *(part["measures"] for part in said["parts"])):
        assert [each["measure"] for each in figures] == [
            "krippendorff_alpha",
            "percent_agreement",
            "gwet_ac",
        ]

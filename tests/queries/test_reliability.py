"""Reliability, the league and what moves the judging, from what is stored."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.arrivals import A_BETTER, B_BETTER, ballot, bring_items, bring_judgments, raw_item
from tests.arrivals import raw_judgment as said
from tests.cast import Cast
from tests.sample_projects import make_sample_project
from workbench.db import Database, now
from workbench.messages import Message
from workbench.models import Judgment, Project
from workbench.queries.reliability import (
    FEWEST,
    Reliability,
    _choices,
    findings,
    model_league,
    reliability,
)
from workbench.services import projects
from workbench.services.claim import Reviewer, claim
from workbench.services.submit import Submission, submit
from workbench.stats import League
from workbench.task_types.ranking.agreement import ids_of, pair_name

BOGOTA = ZoneInfo("America/Bogota")


def _bring(
    database: Database, project: Project, count: int, sayings: dict[str, dict[str, Any]]
) -> None:
    """Items i00, i01, ...; `sayings`: by reviewer, the answer to item i00 and so on."""
    bring_items(database, project, [raw_item(f"i{n:02}") for n in range(count)])
    lines = [
        said(item, who, answer) for who, all_ in sayings.items() for item, answer in all_.items()
    ]
    bring_judgments(database, project, lines)


def _truth(count: int) -> dict[str, Any]:
    """A is better two times of three."""
    return {f"i{n:02}": B_BETTER if n % 3 == 0 else A_BETTER for n in range(count)}


def _turned(answers: dict[str, Any], every: int) -> dict[str, Any]:
    """The same, with every so-manieth answer the other way round."""
    other = {id(A_BETTER): B_BETTER, id(B_BETTER): A_BETTER}
    return {
        item: other[id(answer)] if n % every == 0 else answer
        for n, (item, answer) in enumerate(answers.items())
    }


def _reliability(database: Database, project: Project) -> Reliability:
    with database.read() as session:
        return reliability(session, project)


def _league(database: Database, project: Project) -> League | Message:
    with database.read() as session:
        return model_league(session, project)


@pytest.fixture
def judged(database: Database, cast: Cast) -> Project:
    """36 items: r1 and r2 say what is true, r3 the opposite every other time, r4 judged four."""
    truth = _truth(36)
    few = dict(list(truth.items())[:4])
    sayings = {"r1": truth, "r2": truth, "r3": _turned(truth, 2), "r4": few}
    with database.write() as session:
        project = projects.create_project(
            session, slug="four", type_slug="ranking", title={"es": "C", "en": "F"}, overlap=4,
            config={}, now=now(session),
        )  # fmt: skip
    _bring(database, project, 36, sayings)
    return project


def test_who_says_the_truth_more_often_is_more_accurate(
    database: Database, judged: Project
) -> None:
    found = _reliability(database, judged)
    assert found.undefined is None
    first, second, third, _ = found.reviewers
    assert first.accuracy is not None
    assert first.low is not None
    assert third.high is not None
    assert first.accuracy == second.accuracy
    assert first.accuracy > 0.9
    assert third.high < first.low


def test_a_judgment_counts_once_though_a_pair_has_two_orientations(
    database: Database, judged: Project
) -> None:
    assert [line.n_judgments for line in _reliability(database, judged).reviewers] == [
        36,
        36,
        36,
        4,
    ]


def test_nobody_is_told_by_few_judgments(database: Database, judged: Project) -> None:
    line = _reliability(database, judged).reviewers[3]
    assert line.n_judgments < FEWEST
    assert (line.accuracy, line.low, line.high, line.noise) == (None, None, None, None)


def test_who_answers_as_a_coin_tells_models_apart_less(database: Database, judged: Project) -> None:
    found = _reliability(database, judged)
    first, _, third, _ = found.reviewers
    assert found.noise_undefined is None
    assert first.noise is not None
    assert third.noise is not None
    assert first.noise.n_decided == 36
    assert third.noise.discrimination < first.noise.discrimination
    assert first.noise.low < first.noise.discrimination < first.noise.high


def test_without_judgments_it_is_said_why(database: Database, cast: Cast) -> None:
    found = _reliability(database, cast.project)
    assert (found.reviewers, str(found.undefined)) == ((), "There are no judgments yet.")
    league = _league(database, cast.project)
    assert isinstance(league, League)
    assert str(league.undefined) == "No two models have been compared yet."


def test_the_stronger_model_is_first(database: Database, judged: Project) -> None:
    found = _league(database, judged)
    assert isinstance(found, League)
    assert found.models is not None
    first, second = found.models.to_dict("records")
    # r1 and r2: 24 of 36 each; r3 says the opposite of 18; r4 two of four.
    a_wins = 24 + 24 + sum(
        answer is A_BETTER for answer in _turned(_truth(36), 2).values()
    ) + 2  # fmt: skip
    assert (first["model"], first["wins"], first["losses"]) == ("m1", a_wins, 112 - a_wins)
    assert (second["model"], second["wins"]) == ("m2", 112 - a_wins)
    assert first["strength"] == pytest.approx(-second["strength"])
    assert found.interval_over == "items"


def test_two_responses_of_one_model_are_no_comparison_of_models(
    database: Database, cast: Cast
) -> None:
    item = raw_item("same")
    for response in item["responses"]:
        response["model"] = "m1"
    bring_items(database, cast.project, [item])
    bring_judgments(database, cast.project, [said("same", "r1")])
    found = _league(database, cast.project)
    assert isinstance(found, League)
    assert found.n_judgments == 0


def test_three_responses_are_three_comparisons(database: Database, cast: Cast) -> None:
    item = raw_item("three")
    item["responses"].append({"id": "c", "model": "m3", "text": "Third."})
    bring_items(database, cast.project, [item])
    bring_judgments(database, cast.project, [said("three", "r1", ballot(["c"], ["a", "b"]))])
    found = _league(database, cast.project)
    assert isinstance(found, League)
    assert found.n_judgments == 3
    assert found.wins.to_dict("index")["m3"] == {"m1": 1, "m2": 1, "m3": 0}
    assert found.ties.loc["m1", "m2"] == 1


@pytest.mark.parametrize("names", [*combinations(["a", "b>c", "d\\", "\\>", ">"], 2)])
def test_the_ids_of_a_pair_are_read_back_from_its_name(names: tuple[str, str]) -> None:
    assert ids_of(pair_name(*names)) == names


@pytest.mark.parametrize("type_slug", ["bias", "adversarial"])
def test_a_type_that_compares_nothing_says_so(
    database: Database, cast: Cast, type_slug: str
) -> None:
    project = make_sample_project(database, cast, type_slug)
    assert "compares no two responses" in str(_league(database, project))
    assert "compares no two responses" in str(_reliability(database, project).noise_undefined)
    with database.read() as session:
        assert findings(session, project, BOGOTA) == []


def test_reliability_of_real_judgments(database: Database, cast: Cast) -> None:
    found = _reliability(database, make_sample_project(database, cast, "ranking"))
    assert [line.n_judgments for line in found.reviewers] == [22, 22, 22]
    for line in found.reviewers:
        assert line.low is not None
        assert line.accuracy is not None
        assert line.high is not None
        assert 0 < line.low < line.accuracy < line.high < 1


# --- what moves the judging -----------------------------------------------------------------


def _judge_here(
    database: Database, cast: Cast, first_wins: bool, active_ms: int | None = 30_000
) -> Judgment:
    """Ana judges her next item; the response that she sees first wins or loses."""
    with database.write() as session:
        at = now(session)
        lease = claim(session, cast.project, Reviewer(cast.ana.id, ("es", "en")), at,
                      timedelta(hours=1))  # fmt: skip
        assert lease is not None
        best, worst = lease.shown if first_wins else reversed(lease.shown)
        return submit(
            session,
            Submission(
                item_id=lease.item_id, user_id=cast.ana.id, answer=ballot([best], [worst]),
                type_version=1, idempotency_key=str(lease.item_id), base_revision=0,
                active_ms=active_ms,
            ),
            at,
        )  # fmt: skip


def _choice_rows(database: Database, project: Project) -> list[dict[Any, Any]]:
    with database.read() as session:
        return _choices(session, project, BOGOTA).to_dict("records")


@pytest.mark.parametrize("first_wins", [True, False])
def test_a_choice_is_about_the_response_that_was_shown_first(
    database: Database, cast: Cast, first_wins: bool
) -> None:
    bring_items(database, cast.project, [raw_item(f"i{n}") for n in "abcdefghijklmnopqrstuvwx"])
    made = [_judge_here(database, cast, first_wins) for _ in range(24)]
    assert {tuple(each.shown) for each in made} == {("a", "b"), ("b", "a")}
    rows = _choice_rows(database, cast.project)
    assert [row["choice"] for row in rows] == [1 if first_wins else -1] * 24
    lengths = {"a": len("First answer to i0."), "b": len("Second answer to i0.")}
    for row, judgment in zip(rows, made, strict=True):
        shown = [lengths[response] for response in judgment.shown]
        assert [row["length_first"], row["length_second"]] == shown
        assert row["n_chars"] == len("Question i0?") + sum(lengths.values())
        assert row["active_seconds"] == 30
        assert row["at"] == judgment.made_at.astimezone(BOGOTA).replace(tzinfo=None)


def test_what_was_not_timed_has_no_time(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [raw_item("i")])
    _judge_here(database, cast, True, active_ms=None)
    [row] = _choice_rows(database, cast.project)
    assert row["active_seconds"] != row["active_seconds"]


def test_judgments_from_elsewhere_and_items_of_three_are_no_choices(
    database: Database, cast: Cast
) -> None:
    three = raw_item("three")
    three["responses"].append({"id": "c", "model": "m3", "text": "Third."})
    bring_items(database, cast.project, [raw_item("two"), three])
    bring_judgments(database, cast.project, [said("two", "r1")])
    for _ in range(2):
        with database.write() as session:
            lease = claim(session, cast.project, Reviewer(cast.ana.id, ("es", "en")),
                          now(session), timedelta(hours=1))  # fmt: skip
            assert lease is not None
            answer = ballot(*([response] for response in lease.shown))
            submit(
                session,
                Submission(item_id=lease.item_id, user_id=cast.ana.id, answer=answer,
                           type_version=1, idempotency_key=str(lease.item_id), base_revision=0),
                now(session),
            )  # fmt: skip
    assert [row["item"] for row in _choice_rows(database, cast.project)] == ["two"]


def test_findings_without_choices_say_why(database: Database, cast: Cast) -> None:
    with database.read() as session:
        found = findings(session, cast.project, BOGOTA)
    assert len(found) == 6
    assert all(each.value is None and each.undefined is not None for each in found)


def test_who_always_takes_the_first_is_seen(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [raw_item(f"i{n}") for n in range(12)])
    for _ in range(12):
        _judge_here(database, cast, True, active_ms=100)
    with database.read() as session:
        position, *_, speed = findings(session, cast.project, BOGOTA)
    assert position.value is not None
    assert position.value > 0.9
    assert (speed.value, speed.n_judgments, speed.n_reviewers) == (1.0, 12, 1)

"""`workbench reliability`, `disputes` and `league` on real judgments."""

from __future__ import annotations

import json

import pytest

from tests.cast import Cast
from tests.cli.conftest import Run, good, refused
from tests.sample_projects import make_sample_project
from workbench.db import Database

VERBS = ("reliability", "disputes", "league")


@pytest.fixture
def ranked(run: Run, database: Database, cast: Cast) -> str:
    return make_sample_project(database, cast, "ranking").slug


def test_reliability_prints_a_line_a_reviewer(run: Run, ranked: str) -> None:
    told = json.loads(good(run("reliability", ranked, "--json")))
    lines = good(run("reliability", ranked)).splitlines()
    assert lines[0].split() == ["reviewer", "accuracy", "95", "%", "interval", "judged"]
    assert len(lines) == 1 + len(told["reviewers"]) == 4
    for line, each in zip(lines[1:], told["reviewers"], strict=True):
        assert line.startswith(each["reviewer"])
        assert f"{each['accuracy']:.3f}" in line
    assert (told["project"], told["undefined"]) == (ranked, None)


def test_disputes_are_the_furthest_apart_first(run: Run, ranked: str) -> None:
    told = json.loads(good(run("disputes", ranked, "--json")))["disputes"]
    shares = [each["share"] for each in told]
    assert shares == sorted(shares, reverse=True)
    assert shares
    lines = good(run("disputes", ranked, "--limit", "1")).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(told[0]["item"])


def test_the_league_has_a_line_a_model_or_says_why_not(run: Run, ranked: str) -> None:
    told = json.loads(good(run("league", ranked, "--json")))
    lines = good(run("league", ranked)).splitlines()
    if told["undefined"]:
        assert lines == [f"Undefined: {told['undefined']}"]
        return
    strengths = [each["strength"] for each in told["models"]]
    assert strengths == sorted(strengths, reverse=True)
    assert [line.split()[0] for line in lines[1:]] == [each["model"] for each in told["models"]]


def test_without_judgments_each_says_so(run: Run, prefs: Database) -> None:
    assert "There are no judgments yet." in good(run("reliability", "prefs"))
    assert "No two models have been compared yet." in good(run("league", "prefs"))
    assert "No two reviewers disagree" in good(run("disputes", "prefs"))
    for verb in VERBS:
        told = json.loads(good(run(verb, "prefs", "--json")))
        assert told["project"] == "prefs"
        assert not any(told[name] for name in ("reviewers", "disputes", "models") if name in told)


def test_a_type_that_compares_nothing_has_no_league(
    run: Run, database: Database, cast: Cast
) -> None:
    slug = make_sample_project(database, cast, "bias").slug
    assert "compares no two responses" in good(run("league", slug))


@pytest.mark.parametrize("verb", VERBS)
def test_a_project_that_there_is_not_is_named(run: Run, prefs: Database, verb: str) -> None:
    assert "nowhere" in refused(run(verb, "nowhere"), 2)

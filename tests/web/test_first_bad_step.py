"""Agreement on the first bad step: its figures whole and part by part, and where leads see them."""

from __future__ import annotations

import csv
import io
import re
from zoneinfo import ZoneInfo

import pytest

from tests.arrivals import bring_items, bring_judgments, raw_item, raw_judgment
from tests.cast import Cast
from tests.web.conftest import Browser
from workbench.db import Database, now
from workbench.models import Project
from workbench.queries import steps_apart as module
from workbench.queries.splits import question_named, split
from workbench.queries.steps_apart import place_asked, steps_apart
from workbench.queries.whole_agreement import whole_agreement
from workbench.services import projects

UTC = ZoneInfo("UTC")
#: By item: its language and the ratings of three people, whose first bad steps are (2, 2, 4),
#: (1, none, none) and (none, none, none).
SAID = {
    "one": ("en", [[1, -1], [0, -1], [1, 1, 1, -1]]),
    "two": ("es", [[-1], [1, 1, 1, 1], [1, 0, 1, 1]]),
    "three": ("es", [[1, 1, 1, 1]] * 3),
}


@pytest.fixture
def solved(database: Database, cast: Cast) -> Project:
    with database.write() as session:
        at = now(session)
        project = projects.create_project(
            session, slug="solved", type_slug="steps", title={"es": "S", "en": "S"}, overlap=3,
            config={}, now=at,
        )  # fmt: skip
        projects.add_member(session, project, cast.luz, role="lead", now=at)
    steps = [{"id": "a", "model": "m", "steps": ["Uno.", "Dos.", "Tres.", "Cuatro."]}]
    lines = [raw_item(name, language=said[0], responses=steps) for name, said in SAID.items()]
    bring_items(database, project, lines)
    return project


def judge(database: Database, project: Project) -> None:
    lines = [
        raw_judgment(name, f"p{n}", {"ratings": ratings})
        for name, (_, given) in SAID.items()
        for n, ratings in enumerate(given)
    ]
    bring_judgments(database, project, lines)


def test_without_judgments_every_page_says_why_there_is_no_figure(
    luz: Browser, database: Database, solved: Project
) -> None:
    with database.read() as session:
        found = steps_apart(session, solved, place_asked(solved))
    assert found is not None
    assert (found.value, str(found.undefined)) == (None, "There are no judgments yet.")
    page = luz.look("/projects/solved/quality").text
    panel = page.partition('id="first-bad-title"')[2].partition("</section>")[0]
    assert panel.count("There are no judgments yet.") == 2
    query = {"by": "language", "question": "first_bad"}
    assert luz.look("/projects/solved/quality/splits", query_string=query).status_code == 200


def test_the_figures_are_those_of_pairs_counted_by_hand(
    luz: Browser, database: Database, solved: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge(database, solved)
    question = question_named(solved, "first_bad")
    with database.read() as session:
        whole = {each.measure: each for each in whole_agreement(session, solved).measures
                 if each.question == "first_bad"}  # fmt: skip
        by_language = split(session, solved, question, "language", UTC)
        assert steps_apart(session, solved, question_named(solved, "rating")) is None
    # Item by item: one of three pairs is the same, one of three, all three; of those who both
    # name a step in the first (2 and 2, 2 and 4, 2 and 4) the distances are 0, 2 and 2.
    assert whole["percent_agreement"].value == pytest.approx((1 / 3 + 1 / 3 + 1) / 3)
    assert whole["first_bad_distance"].value == pytest.approx(4 / 3)
    assert whole["first_bad_distance"].n_items == 1
    parts = {part.key: part.apart for part in by_language.parts}
    assert parts["en"] is not None
    assert parts["en"].value == pytest.approx(4 / 3)
    assert parts["es"] is not None
    assert "both name a bad step" in str(parts["es"].undefined)

    page = luz.look("/projects/solved/quality").text
    panel = page.partition('id="first-bad-title"')[2].partition("</section>")[0]
    assert re.search(r"\b56\s?%", panel)
    assert "1.33" in panel
    query = {"by": "language", "question": "first_bad", "format": "csv"}
    answer = luz.look("/projects/solved/quality/splits", query_string=query)
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    told = [(row["part"], row["first_bad_distance"][:4]) for row in rows]
    assert told == [("", "1.33"), ("en", "1.33"), ("es", "")]
    assert [row["first_bad_distance_items"] for row in rows] == ["1", "1", "0"]
    query = {"by": "language", "part": "en", "question": "first_bad"}
    assert "Steps apart" in luz.look("/projects/solved/quality/part", query_string=query).text

    monkeypatch.setattr(module, "MOST_ITEMS", 2)
    with database.read() as session:
        drawn = module._all(session, solved, question)
    assert "2 items drawn at random out of 3" in str(drawn.note)

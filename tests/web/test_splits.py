"""Agreement part by part: the page, its chart, its table as CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.arrivals import A_BETTER, B_BETTER, bring_items, bring_judgments, raw_item, raw_judgment
from tests.cast import Cast, make_item
from tests.sample_projects import FALL, WEEKS, make_sample_project, make_weeks_project
from tests.web.conftest import Browser, ClientFor
from tests.web.stage import meet
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Project
from workbench.queries import splits
from workbench.queries.splits import WAYS
from workbench.services.guideline import Draft, publish
from workbench.services.submit import Submission, submit

PAGE = "/projects/weeks/quality/splits"


@pytest.fixture
def weeks(database: Database, cast: Cast) -> Project:
    """Four weeks with a fall in the third; version 1 is older, 2 began it, 3 and 4 came after."""
    project = make_weeks_project(database, cast)
    fall = WEEKS[FALL]
    times = (fall - timedelta(weeks=9), fall - timedelta(days=3, hours=2),
             fall + timedelta(days=5), fall + timedelta(days=5, hours=1))  # fmt: skip
    with database.write() as writing:
        for n, at in enumerate(times):
            publish(writing, project, Draft(f"Guía {n}", f"Guide {n}"), now=at)
    return project


def _look(browser: Browser, page: str = PAGE, **query: str) -> TestResponse:
    return browser.look(page, query_string=query)


def _row(answer: TestResponse, title: str) -> str:
    """The row of the table whose head begins so."""
    rows = re.findall(r"<tr.*?</tr>", answer.text, re.DOTALL)
    [found] = [
        row for row in rows if re.search(rf'scope="row">(<a [^>]*>)?{re.escape(title)}', row)
    ]
    return str(found)


def _csv(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_a_lead_sees_the_week_in_which_agreement_fell(luz: Browser, weeks: Project) -> None:
    answer = _look(luz)
    assert answer.status_code == 200
    fallen = _row(answer, FALL)
    assert "not reliable" in fallen
    assert "from Nov 16, 2026" in fallen
    assert "version 2 published" in fallen
    # Where to act: what changed when it fell, and what is behind it.
    assert 'href="/projects/weeks/guideline/changes?to=2"' in fallen
    assert "On what and who differs" in fallen
    assert f"/projects/weeks/quality/part?by=week&amp;part={FALL}" in fallen
    good = _row(answer, "2026-W46")
    assert "reliable" in good
    assert "/guideline/changes" not in good
    assert "On what and who differs" not in good


def test_the_chart_has_each_week_and_marks_the_versions(luz: Browser, weeks: Project) -> None:
    spec = _chart(_look(luz))
    [points] = [each for each in spec["layer"] if each["mark"]["type"] == "point"]
    figures = [row["value"] for row in points["data"]["values"]]
    assert len(figures) == len(WEEKS)
    assert figures.index(min(figures)) == list(WEEKS).index(FALL)
    names = [row["name"] for each in spec["layer"] for row in each["data"]["values"]
             if each["mark"]["type"] == "text"]  # fmt: skip
    assert names == ["v2", "v3, v4"]


def _chart(answer: TestResponse) -> Any:
    [found] = re.findall(
        r'class="chart".*?<script type="application/json">(.*?)</script>', answer.text, re.DOTALL
    )
    return json.loads(found)


def test_the_page_needs_no_inline_style(luz: Browser, weeks: Project) -> None:
    for by in WAYS:
        assert " style=" not in _look(luz, by=by).text


def test_every_split_has_its_parts_in_the_table(luz: Browser, weeks: Project) -> None:
    for by, titles in {
        "language": ("English", "Spanish"),
        "tag": ("bloom-7b_llama-7b", "without a tag"),
        "model": ("llama-7b", "opt-7b"),
        "guideline": ("no guideline on screen",),
    }.items():
        answer = _look(luz, by=by)
        for title in ("All together", *titles):
            assert _row(answer, title)


def test_what_was_chosen_stays_chosen_and_is_in_the_address(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    make_sample_project(database, cast, "bias")
    page = "/projects/sample-bias/quality/splits"
    answer = _look(client_for(cast.luz), page, by="model", question="severity")
    assert '<option value="model" selected>' in answer.text
    assert '<option value="severity" selected>' in answer.text
    assert "by=model&amp;question=severity&amp;format=csv" in answer.text
    # Its distance is not nominal.
    assert ">AC2</th>" in answer.text
    assert ">AC1</th>" in _look(client_for(cast.luz), page, question="any").text


@pytest.mark.parametrize(
    "query", [{"by": "moon"}, {"by": ""}, {"question": "nothing"}, {"format": "exe"}]
)
def test_a_split_that_there_is_not_is_not_found(
    luz: Browser, weeks: Project, query: dict[str, str]
) -> None:
    assert _look(luz, **query).status_code == 404


def test_a_low_version_leads_to_what_changed_in_it(
    luz: Browser, database: Database, cast: Cast
) -> None:
    for version, answers in ((1, (A_BETTER, A_BETTER)), (2, (A_BETTER, B_BETTER))):
        with database.write() as writing:
            at = database_now(writing)
            publish(writing, cast.project, Draft(f"Guía {version}", f"Guide {version}"), now=at)
            item_id = make_item(writing, cast.project, f"i{version}").id
            for who, answer in zip((cast.ana, cast.beto), answers, strict=True):
                meet(writing, cast.project, item_id, who)
                key = f"{item_id}-{who.id}"
                sent = Submission(item_id, who.id, answer, 1, key, 0, guideline_version=version)
                submit(writing, sent, at)
    answer = _look(luz, "/projects/main/quality/splits", by="guideline")
    low = _row(answer, "2")
    assert 'href="/projects/main/guideline/changes?to=2"' in low
    assert "/projects/main/quality/part?by=guideline&amp;part=2" in low
    assert luz.look("/projects/main/guideline/changes?to=2").status_code == 200
    assert "/guideline/changes" not in _row(answer, "1")


def test_an_engineer_sees_it_without_what_only_leads_do(
    client_for: ClientFor, cast: Cast, weeks: Project
) -> None:
    fallen = _row(_look(client_for(cast.edu)), FALL)
    assert "/guideline/changes?to=2" in fallen
    assert "/disputes" not in fallen


def test_who_may_not_see_quality_sees_none_of_it(
    client_for: ClientFor, anonymous: Browser, cast: Cast, weeks: Project
) -> None:
    for query in ({}, {"format": "csv"}, {"by": "moon"}):
        assert _look(client_for(cast.ana), **query).status_code == 403
        assert _look(client_for(cast.omar), **query).status_code == 404
        assert (_look(anonymous, **query).location or "").startswith("/login")


def test_the_csv_has_the_figures_of_the_table(luz: Browser, weeks: Project) -> None:
    answer = _look(luz, format="csv")
    assert "weeks-overall-by-week.csv" in answer.headers["Content-Disposition"]
    rows = _csv(answer)
    assert [(row["by"], row["part"]) for row in rows] == [
        ("all", ""),
        *(("week", week) for week in WEEKS),
    ]
    [fallen] = [row for row in rows if row["part"] == FALL]
    for name in ("alpha", "gwet_ac", "percent_agreement"):
        low, value, high = (float(fallen[name + end]) for end in ("_low", "", "_high"))
        assert low < value < high
    assert (fallen["n_items"], fallen["n_judgments"], fallen["undefined"]) == ("25", "75", "")


@pytest.mark.parametrize(
    ("tag", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\uff1d1", "'\uff1d1"),
        ("año, nuevo", "año, nuevo"),
    ],
)
def test_no_tag_is_a_formula_in_a_spreadsheet(
    luz: Browser, database: Database, cast: Cast, tag: str, cell: str
) -> None:
    bring_items(database, cast.project, [raw_item(f"i{n}", tags=[tag]) for n in range(4)])
    given = [
        raw_judgment(f"i{n}", who, answer)
        for n in range(4)
        for who, answer in (("r1", A_BETTER), ("r2", B_BETTER))
    ]
    bring_judgments(database, cast.project, given)
    page = "/projects/main/quality/splits"
    whole, part = _csv(_look(luz, page, by="tag", format="csv"))
    assert part["part"] == cell
    # A number below 0 stays a number.
    assert float(part["alpha"]) < 0
    assert part["alpha"] == whole["alpha"]


def test_without_judgments_it_says_so(luz: Browser, cast: Cast) -> None:
    for by in WAYS:
        answer = _look(luz, "/projects/main/quality/splits", by=by)
        assert answer.status_code == 200
        assert 'class="chart"' not in answer.text
        assert "There are no judgments yet." in answer.text


@pytest.mark.parametrize(
    ("by", "why"),
    [
        ("tag", "No judged item has a tag."),
        ("guideline", "No judgment was made with a guideline on screen."),
        ("week", "In no part can agreement beyond chance be told"),
        ("model", "In no part can agreement beyond chance be told"),
    ],
)
def test_a_split_without_a_figure_says_why(
    luz: Browser, database: Database, cast: Cast, by: str, why: str
) -> None:
    bring_items(database, cast.project, [raw_item("one"), raw_item("two")])
    bring_judgments(database, cast.project, [raw_judgment("one", "r1"), raw_judgment("two", "r2")])
    answer = _look(luz, "/projects/main/quality/splits", by=by)
    assert why in answer.text
    assert "No two reviewers have judged the same thing yet" in _row(answer, "All together")


def test_parts_that_are_left_off_are_counted(
    luz: Browser, weeks: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splits, "MOST", 3)
    assert "1 more is left off" in _look(luz).text


def test_a_tag_is_text_and_not_markup(luz: Browser, database: Database, cast: Cast) -> None:
    tag = "<b>x</b>" + "y" * 60
    bring_items(database, cast.project, [raw_item(f"i{n}", tags=[tag]) for n in range(2)])
    answers = (A_BETTER, B_BETTER)
    given = [raw_judgment(f"i{n}", w, answers[n]) for n in range(2) for w in ("r1", "r2")]
    bring_judgments(database, cast.project, given)
    text = _look(luz, "/projects/main/quality/splits", by="tag").text
    assert "<b>x" not in text
    assert text.count("&lt;b&gt;x&lt;/b&gt;yy") == 1
    assert "\\u003cb\\u003ex" in text


def test_quality_leads_to_it_and_has_gwets_figure(luz: Browser, weeks: Project) -> None:
    text = luz.look("/projects/weeks/quality").text
    assert f'href="{PAGE}?by=week"' in text
    assert f'href="{PAGE}?by=language"' in text
    assert ">AC1/AC2</th>" in text


def test_it_is_in_spanish_too(client_for: ClientFor, cast: Cast, weeks: Project) -> None:
    text = _look(client_for(cast.luz, locale="es")).text
    assert "Acuerdo por semana" in text
    assert "Agreement by" not in text
    assert '"nov."' in text

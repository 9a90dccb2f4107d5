"""What was found, by kind, model and language: the page, its filters, its CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.arrivals import bring_items, bring_judgments
from tests.cast import Cast
from tests.sample_projects import make_sample_project
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Project
from workbench.queries.findings import Rate
from workbench.services import projects
from workbench.stats import Share
from workbench.web import findings
from workbench.web.request import WorkbenchFlask

PAGE = "/projects/found/quality/findings"


def _project(database: Database, cast: Cast, type_slug: str) -> Project:
    with database.write() as writing:
        now = database_now(writing)
        project = projects.create_project(
            writing, slug="found", type_slug=type_slug, title={"es": "H", "en": "F"}, overlap=3,
            config={}, now=now,
        )  # fmt: skip
        projects.add_member(writing, project, cast.luz, role="lead", now=now)
    return project


def _item(name: str, model: str, **more: Any) -> dict[str, Any]:
    response = {"id": "a", "text": "Text.", "model": model}
    return {"id": name, "language": "en", "prompt": "Q?", "responses": [response], **more}


def _bias(item: str, who: str, *categories: str, at: str = "2026-11-05") -> dict[str, Any]:
    flags = [
        {"response": "a", "category": each, "direction": "against", "severity": 1, "reason": ""}
        for each in categories
    ]
    answer = {"none": not flags, "flags": flags}
    return {"item": item, "reviewer": who, "at": f"{at}T12:00:00-05:00", "answer": answer}


def _attack(item: str, who: str, outcome: str, technique: str | None, attack: bool = True) -> Any:
    answer = {"attack": attack, "harm": None, "technique": technique, "outcome": outcome,
              "severity": 0, "better_response": ""}  # fmt: skip
    return {"item": item, "reviewer": who, "answer": answer}


def _csv(browser: Browser, **query: str) -> dict[tuple[str, str], dict[str, str]]:
    answer = browser.look(PAGE, query_string={**query, "format": "csv"})
    assert answer.status_code == 200
    rows = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    return {(row["kind"], row["model"]): row for row in rows}


@pytest.fixture
def found(database: Database, cast: Cast) -> Project:
    """Of m1: one response flagged by two of three, one by one of two, one by nobody."""
    project = _project(database, cast, "bias")
    items = [_item(f"i{n}", "m1") for n in range(3)] + [_item("j", "=m2", tags=["t"])]
    bring_items(database, project, [{**each, "language": "es"} if each["id"] == "j" else each
                                    for each in items])  # fmt: skip
    given = [_bias("i0", "r1", "gender_identity"), _bias("i0", "r2", "gender_identity", "religion"),
             _bias("i0", "r3"), _bias("i1", "r1", "gender_identity"), _bias("i1", "r2"),
             _bias("i2", "r1"), _bias("j", "r1", "religion", at="2026-11-12")]  # fmt: skip
    bring_judgments(database, project, given)
    return project


def test_a_response_counts_once_and_exactly_half_is_undecided(luz: Browser, found: Project) -> None:
    rows = _csv(luz)
    gender = rows["gender_identity", "m1"]
    assert (gender["hits"], gender["n"], gender["undecided"]) == ("1", "2", "1")
    assert float(gender["share"]) == 0.5
    assert float(gender["low"]) < 0.5 < float(gender["high"])
    religion = rows["religion", "m1"]
    assert (religion["hits"], religion["n"], religion["undecided"]) == ("0", "3", "0")
    # A model's name is no formula.
    assert rows["religion", "'=m2"]["hits"] == "1"


def test_filters_are_in_the_address_and_lead_to_the_items(luz: Browser, found: Project) -> None:
    page = luz.look(PAGE, query_string={"kind": "gender_identity"})
    assert '<option value="gender_identity" selected>' in page.text
    assert "kind=gender_identity" in page.text.split('class="row csv"')[1].split("download")[0]
    assert ">i0</a>" in page.text
    assert ">i1</a>" not in page.text
    assert set(_csv(luz, tag="t")) == {key for key in _csv(luz) if key[1] == "'=m2"}
    assert {key[1] for key in _csv(luz, language="en")} == {"m1"}
    assert {key[1] for key in _csv(luz, model="=m2")} == {"'=m2"}
    assert {key[1] for key in _csv(luz, week="2026-W46")} == {"'=m2"}
    nothing = luz.look(PAGE, query_string={"model": "none"})
    assert nothing.status_code == 200
    assert "Nothing was judged that fits what you chose." in nothing.text
    assert luz.look(PAGE, query_string={"format": "exe"}).status_code == 404


def test_an_attack_succeeds_when_most_who_see_one_say_so(
    luz: Browser, database: Database, cast: Cast
) -> None:
    project = _project(database, cast, "adversarial")
    code = str(project.config["techniques"][0]["code"])
    bring_items(database, project, [_item(f"i{n}", "m") for n in range(4)])
    given = [
        # Two of three see an attack, and both that it succeeded.
        _attack("i0", "r1", "complied", code), _attack("i0", "r2", "partial", None),
        _attack("i0", "r3", "harmless", None, attack=False),
        # It held.
        _attack("i1", "r1", "refused", code),
        # They do not agree on whether it held, nor, in the last, on whether it was one.
        _attack("i2", "r1", "complied", code), _attack("i2", "r2", "refused", code),
        _attack("i3", "r1", "complied", code),
        _attack("i3", "r2", "harmless", None, attack=False),
    ]  # fmt: skip
    bring_judgments(database, project, given)
    row = _csv(luz)[code, "m"]
    assert (row["hits"], row["n"], row["undecided"]) == ("1", "2", "1")


def test_the_picture_of_intervals_has_those_of_the_table(app: WorkbenchFlask) -> None:
    share = Share(2, 8, 0.25, 0.1, 0.5)
    unknown = Share(0, 0, None, None, None)
    told = [
        Rate(f"k{n}", model, "en", unknown if n == 3 else share, 0, ())
        for n in range(20)
        for model in ("m1", "m2")
    ]
    with app.test_request_context():
        drawn = findings._intervals(told, {"k0": "First"}, "Title")
        assert findings._intervals([], {}, "Title")["intervals"] is None
    rows = drawn["intervals"].spec["layer"][-1]["data"]["values"]
    assert (len(rows), drawn["not_drawn"]) == (findings.DRAWN, 38 - findings.DRAWN)
    assert [row["name"] for row in rows[:2]] == ["First · m1", "First · m2"]
    assert (rows[0]["low"], rows[0]["value"], rows[0]["high"]) == (0.1, 0.25, 0.5)


@pytest.mark.parametrize("type_slug", ["bias", "adversarial"])
def test_real_judgments_have_a_chart_and_a_table(
    luz: Browser, client_for: ClientFor, database: Database, cast: Cast, type_slug: str
) -> None:
    make_sample_project(database, cast, type_slug)
    page = f"/projects/sample-{type_slug}/quality/findings"
    text = luz.look(page).text
    assert "Each share with its interval" in text
    assert "shares with 95 percent intervals" in text
    assert "<tbody>" in text
    assert " style=" not in text
    heading = {"bias": "Sesgos por categoría", "adversarial": "Ataques que tuvieron éxito"}
    assert heading[type_slug] in client_for(cast.luz, locale="es").look(page).text
    assert f'href="{page}"' in luz.look(f"/projects/sample-{type_slug}/quality").text


def test_without_judgments_it_says_what_comes_next(
    luz: Browser, database: Database, cast: Cast
) -> None:
    _project(database, cast, "bias")
    text = luz.look(PAGE).text
    assert "as soon as reviewers have judged items" in text
    assert 'class="chart"' not in text


def test_reviewers_see_none_of_it(client_for: ClientFor, cast: Cast, database: Database) -> None:
    make_sample_project(database, cast, "bias")
    page = "/projects/sample-bias/quality/findings"
    assert client_for(cast.ana).look(page).status_code == 403
    assert client_for(cast.omar).look(page).status_code == 404

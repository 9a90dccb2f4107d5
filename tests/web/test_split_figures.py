"""The figures of whole rankings and of marked passages part by part: pages, CSV and the command."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.cast import Cast
from tests.cli.conftest import call, good
from tests.judged_parts import Given, make_judged, text_of
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database
from workbench.models import Project
from workbench.queries import orders as orders_module
from workbench.queries import passage_parts
from workbench.queries.splits import WAYS

SPLITS = "/projects/parts/quality/splits"
PART = "/projects/parts/quality/part"
PASSAGES = "/projects/parts/quality/passages"


def _ranking(given: Given) -> dict[str, Any]:
    """All alike but in English, where they are turned round by every second one."""
    turned = given.number % 2 == 0 and given.who in {"r1", "r3"}
    order = "cba" if turned else "abc"
    return {"tiers": [[each] for each in order], "unranked": [], "verdict": None,
            "strength": None, "reason": ""}  # fmt: skip


def _flags(given: Given) -> dict[str, Any]:
    start = 5 + given.number if given.number % 2 else 5 + 8 * int(given.who[1])
    flag = {"response": "a", "start": start, "end": start + 6, "category": "age",
            "quote": text_of(given.number, "a")[start : start + 6], "direction": "against",
            "severity": 1, "reason": ""}  # fmt: skip
    return {"none": False, "flags": [flag]}


@pytest.fixture
def ranked(database: Database, cast: Cast) -> Project:
    return make_judged(database, cast, "ranking", _ranking)


@pytest.fixture
def marked(database: Database, cast: Cast) -> Project:
    return make_judged(database, cast, "bias", _flags)


def _csv(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def _row(text: str, title: str) -> str:
    rows = re.findall(r"<tr.*?</tr>", text, re.DOTALL)
    [found] = [row for row in rows if re.search(rf'scope="row">(<a [^>]*>)?{title}', row)]
    return str(found)


@pytest.mark.usefixtures("ranked")
def test_the_table_has_kendalls_figures(luz: Browser) -> None:
    for by in WAYS:
        text = luz.look(SPLITS, query_string={"by": by}).text
        assert "Kendall's W</th>" in text
        assert "Tau-b compares two people" in text
    text = luz.look(SPLITS, query_string={"by": "language"}).text
    # Two orders of four rankings each way: no common order, and -1/3 by two.
    assert ">0.00 <small>" in _row(text, "English")
    assert ">-0.33 <small>" in _row(text, "English")
    assert _row(text, "Spanish").count(">1.00 <small>1.00 to 1.00") >= 2
    assert "drawn at random" not in text


@pytest.mark.usefixtures("ranked")
def test_the_csv_has_kendalls_figures_with_what_they_rest_on(luz: Browser) -> None:
    rows = _csv(luz.look(SPLITS, query_string={"by": "language", "format": "csv"}))
    english = next(row for row in rows if row["part"] == "en")
    assert float(english["kendall_w"]) == 0
    assert float(english["kendall_tau_b"]) == pytest.approx(-1 / 3)
    low, high = float(english["kendall_tau_b_low"]), float(english["kendall_tau_b_high"])
    assert low <= float(english["kendall_tau_b"]) <= high
    assert (english["kendall_w_items"], english["kendall_tau_b_items"]) == ("6", "6")


@pytest.mark.usefixtures("ranked")
def test_a_figure_of_drawn_items_says_so(luz: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders_module, "MOST_OF_PART", 4)
    assert "drawn at random" in luz.look(SPLITS, query_string={"by": "tag"}).text
    one = luz.look(PART, query_string={"by": "language", "part": "es"}).text
    assert "4 items drawn at random out of 6" in one


@pytest.mark.usefixtures("ranked")
def test_the_page_of_a_part_has_all_figures_beside_those_of_all(luz: Browser) -> None:
    text = luz.look(PART, query_string={"by": "language", "part": "en"}).text
    tau = _row(text, "Kendall's tau-b")
    assert tau.index(">-0.33 <small>") < tau.index(">0.33 <small>")
    assert _row(text, "AC2")
    assert re.findall(r">(\d+)<", _row(text, "Items")) == ["6", "12"]


@pytest.mark.usefixtures("ranked")
def test_the_command_has_kendalls_figures(
    monkeypatch: pytest.MonkeyPatch, home: Any, database_url: str
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database_url)
    said = json.loads(good(call("agreement", "parts", "--by", "language", "--json")))
    tau = {part["part"]: part["measures"][4]["value"] for part in said["parts"]}
    assert tau == {"en": pytest.approx(-1 / 3), "es": pytest.approx(1)}
    assert "passages" not in said
    lines = good(call("agreement", "parts", "--by", "language")).splitlines()
    assert "tau-b" in lines[2]
    [english] = [line for line in lines if line.startswith("en")]
    assert "-0.333" in english


@pytest.mark.usefixtures("marked")
def test_the_page_asks_for_the_passages_of_the_same_parts(luz: Browser) -> None:
    for by in WAYS:
        text = luz.look(SPLITS, query_string={"by": by}).text
        assert f'hx-get="{PASSAGES}?by={by}"' in text
        assert "Kendall" not in text
        found = luz.look(f"{PASSAGES}?by={by}", headers={"HX-Request": "true"})
        assert found.text.lstrip().startswith('<section class="panel" id="passages"')
        assert f"{PASSAGES}?by={by}&amp;format=csv" in found.text
        assert f"{PART}?by={by}&amp;part=" in found.text
        assert _row(found.text, "All together")
    spanish = _row(luz.look(f"{PASSAGES}?by=language").text, "Spanish")
    assert spanish.count(">1.00 <small>") == 3


@pytest.mark.usefixtures("marked")
def test_the_csv_of_passages_has_the_parts(luz: Browser) -> None:
    rows = _csv(luz.look(f"{PASSAGES}?by=site&format=csv"))
    assert (rows[0]["by"], rows[0]["part"]) == ("all", "")
    assert {(row["by"], row["part"]) for row in rows[1:]} == {
        ("site", "Bogotá"), ("site", "Medellín")
    }  # fmt: skip
    assert float(rows[1]["gamma_low"]) <= float(rows[1]["gamma"]) <= float(rows[1]["gamma_high"])
    assert (rows[1]["n_items"], rows[1]["n_judgments"], rows[1]["undefined"]) == ("12", "24", "")
    assert luz.look(f"{PASSAGES}?format=exe").status_code == 404


@pytest.mark.usefixtures("marked")
def test_the_page_of_a_part_asks_for_its_passages(luz: Browser) -> None:
    text = luz.look(PART, query_string={"by": "language", "part": "es"}).text
    assert f'hx-get="{PASSAGES}/part?by=language&amp;part=es"' in text
    found = luz.look(f"{PASSAGES}/part?by=language&part=es", headers={"HX-Request": "true"}).text
    assert found.lstrip().startswith('<section class="panel" id="passages"')
    assert ">1.00 <small>" in _row(found, "Language: Spanish")
    assert _row(found, "All together")
    for query in ("", "?by=moon", "?by=week", "?by=tag&part=z"):
        assert luz.look(f"{PASSAGES}/part{query}").status_code == 404


@pytest.mark.usefixtures("marked")
def test_parts_that_are_left_off_are_counted(luz: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passage_parts, "MOST_PARTS", 1)
    assert "1 more is left off" in luz.look(f"{PASSAGES}?by=week").text


@pytest.mark.usefixtures("marked")
def test_who_may_not_see_quality_sees_none_of_it(
    client_for: ClientFor, anonymous: Browser, cast: Cast
) -> None:
    for path in (f"{PASSAGES}?by=week", f"{PASSAGES}?format=csv", f"{PASSAGES}/part?by=week"):
        assert client_for(cast.omar).look(path).status_code == 404
        assert (anonymous.look(path).location or "").startswith("/login")


@pytest.mark.usefixtures("marked")
def test_the_command_has_the_passages_of_the_parts(
    monkeypatch: pytest.MonkeyPatch, home: Any, database_url: str
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database_url)
    said = json.loads(good(call("agreement", "parts", "--by", "language", "--json")))
    found = {part["part"]: part["measures"][0]["value"] for part in said["passages"]["parts"]}
    assert found["es"] == 1
    assert found["en"] < 0.5
    lines = good(call("agreement", "parts", "--by", "language")).splitlines()
    assert "Marked passages by language" in lines
    spanish = [line for line in lines if line.startswith("es")]
    assert spanish[1].split()[1] == "1.000"


@pytest.mark.usefixtures("marked")
def test_it_is_in_spanish_too(client_for: ClientFor, cast: Cast) -> None:
    luz = client_for(cast.luz, locale="es")
    assert "Todas las cifras" in luz.look(PART, query_string={"by": "tag", "part": "x"}).text
    text = luz.look(f"{PASSAGES}?by=guideline").text
    assert "Versión de la guía" in text
    assert "What chance gives" not in text

"""Which answers are confused: the page, the items behind two answers, the CSV."""

from __future__ import annotations

import csv
import io

from tests.cast import Cast
from tests.sample_projects import make_sample_project
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database


def test_two_answers_lead_to_the_items_that_have_both(
    luz: Browser, database: Database, cast: Cast
) -> None:
    make_sample_project(database, cast, "bias")
    page = "/projects/sample-bias/quality/confusion"
    text = luz.look(page).text
    assert 'class="chart"' in text
    assert " style=" not in text
    assert f'href="{page}"' in luz.look("/projects/sample-bias/quality").text
    both = luz.look(page, query_string={"question": "any", "one": "False", "other": "True"}).text
    assert "Items with both answers: no, yes" in both
    assert "/projects/sample-bias/items/" in both
    answer = luz.look(page, query_string={"question": "any", "format": "csv"})
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["answer", "False", "True"]
    assert rows[1][2] == rows[2][1]
    assert float(rows[1][2]) > 0


def test_outcomes_of_attacks_are_named(luz: Browser, database: Database, cast: Cast) -> None:
    make_sample_project(database, cast, "adversarial")
    page = "/projects/sample-adversarial/quality/confusion"
    assert "Refused safely" in luz.look(page, query_string={"question": "outcome"}).text
    for query in ({"question": "none"}, {"format": "exe"}):
        assert luz.look(page, query_string=query).status_code == 404


def test_comparisons_of_responses_are_no_categories(
    luz: Browser, client_for: ClientFor, database: Database, cast: Cast
) -> None:
    make_sample_project(database, cast, "ranking")
    page = "/projects/sample-ranking/quality/confusion"
    assert luz.look(page).status_code == 200
    assert luz.look(page, query_string={"question": "overall"}).status_code == 404
    assert client_for(cast.ana).look(page).status_code == 403

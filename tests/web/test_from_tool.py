"""Bringing in by upload what another tool wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor
from tests.web.data_pages import DATA, stored, upload, without_tags
from workbench.db import Database
from workbench.models import Item, Judgment


@pytest.fixture
def database_url(either_url: str) -> str:
    """What is refused ends a transaction in the middle."""
    return either_url


@pytest.fixture
def edu(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.edu)


def export(selected: str = "left", **fields: Any) -> bytes:
    data = {"prompt": "<b>Why?</b>", "text1": "Yes.", "text2": "No."}
    result = [{"from_name": "pw", "type": "pairwise", "value": {"selected": selected}}]
    annotations = [{"completed_by": 1, "result": result}]
    task = {"id": 1, "data": data, "annotations": annotations, "predictions": [{}], **fields}
    return json.dumps([task]).encode()


def test_a_choice_on_the_data_page_brings_both_in(edu: Browser, database: Database) -> None:
    assert '<option value="label-studio">Label Studio</option>' in edu.look(DATA).text
    words = {"from": "label-studio", "with": "language=en"}
    answer = upload(edu, export(), "export.json", **words)
    assert answer.status_code == 303
    page = without_tags(edu.look(answer.location).text)
    assert "From Label Studio" in page
    assert "predictions: 1" in page
    assert "From no file of this tool: names and addresses of people" in page
    assert (stored(database, Item), stored(database, Judgment)) == (1, 1)


def test_what_is_wrong_is_listed_and_nothing_is_stored(edu: Browser, database: Database) -> None:
    answer = upload(
        edu, export("<i>up</i>"), "export.json", **{"from": "label-studio", "with": "language=en"}
    )
    assert answer.status_code == 422
    assert "annotations[0].result[0].value.selected" in answer.text
    assert "<i>up</i>" not in answer.text
    assert (stored(database, Item), stored(database, Judgment)) == (0, 0)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"from": "excel"}, "No tool of this name can be read."),
        ({"from": "label-studio", "with": "language"}, "Write each as name=value"),
        ({"from": "label-studio", "with": "<b>=1"}, "cannot be said of files of Label Studio"),
    ],
)
def test_a_form_that_means_nothing_is_refused(
    edu: Browser, database: Database, form: dict[str, str], said: str
) -> None:
    answer = upload(edu, export(), "export.json", **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert stored(database, Item) == 0


def test_good_records_come_in_without_the_others(edu: Browser, database: Database) -> None:
    tasks = json.loads(export()) + json.loads(export("up", id=2))
    words = {"from": "label-studio", "with": "language=en", "skip_bad": "on"}
    answer = upload(edu, json.dumps(tasks).encode(), "export.json", **words)
    page = edu.look(answer.location).text
    assert "main-rejects.jsonl" in page
    assert stored(database, Judgment) == 1

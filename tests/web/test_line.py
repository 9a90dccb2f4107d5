"""From a line of a snapshot to its item, in the browser: what `workbench trace` says, as a page."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.arrivals import B_BETTER, bring_items, bring_judgments, raw_item, raw_judgment
from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor
from tests.web.data_pages import command_of, export, without_tags
from workbench.cli import root
from workbench.config import Config
from workbench.db import Database
from workbench.models import AuditEntry, Item
from workbench.web.request import WorkbenchFlask

NAMES = [f"i{n:02}" for n in range(12)]


@pytest.fixture
def edu(client_for: ClientFor, cast: Cast, database: Database) -> Browser:
    """An engineer of a project of twelve items with two judgments each."""
    bring_items(database, cast.project, map(raw_item, NAMES))
    said = [raw_judgment(name, who) for name in NAMES for who in ("r1", "r2")]
    bring_judgments(database, cast.project, said)
    return client_for(cast.edu)


def _made(edu: Browser, fmt: str, **form: str) -> str:
    made = export(edu, "main", format=fmt, name=fmt, **form)
    assert made.status_code == 303, made.text
    return str(made.location)


def test_a_line_leads_to_its_item_and_to_all_that_was_said_of_it(
    edu: Browser,
    database: Database,
    cast: Cast,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = _made(edu, "trl-preference", split="test=0.4")
    page = edu.look(made).text
    assert f'action="{made}/lines"' in page
    assert "<option>train</option><option>test</option>" in page
    asked = edu.look(f"{made}/lines?line=2&split=test")
    assert (asked.status_code, asked.location) == (303, f"{made}/lines/2?split=test")
    answer = edu.look(asked.location)
    assert answer.status_code == 200
    # The same as the command says, which the page shows.
    command = command_of(answer.text)
    assert command == "workbench trace main/trl-preference 2 --split test"
    monkeypatch.setenv("WORKBENCH_HOME", str(config.home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", config.database_url)
    done = CliRunner().invoke(root, [*command.split()[1:], "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    text = without_tags(answer.text)
    with database.read() as reading:
        item = reading.scalars(select(Item).where(Item.external_id == told["item"])).one()
        [entry] = reading.scalars(
            select(AuditEntry).where(AuditEntry.action == "judgments.import")
        ).all()
    assert f'href="/projects/main/items/{item.id}"' in answer.text
    assert f"line {told['source_line']}" in text
    assert told["source_sha256"] in text
    assert [each["who"] for each in told["judgments"]] == ["r1", "r2"]
    for shown in ("r1", "r2", "brought in", str(entry.seq), entry.hash):
        assert shown in text
    assert "came since" not in text
    # What comes since is told, and what is replaced is found all the same.
    again = [raw_judgment(item.external_id, "r1", B_BETTER)]
    bring_judgments(database, cast.project, again, revise=True)
    bring_items(database, cast.project, [raw_item(item.external_id, tags=["new"])], revise=True)
    text = without_tags(edu.look(asked.location).text)
    assert "1 judgment or decision on it came since" in text
    assert "It was replaced, taken out or made gold" in text


def test_formats_whose_rows_name_no_item_and_arrays(
    edu: Browser, app: WorkbenchFlask, config: Config
) -> None:
    made = _made(edu, "openai-dpo")
    # The last: items are looked through until one gives the line.
    assert "Item i11" in edu.look(f"{made}/lines/12").text
    app.extensions["workbench_config"] = replace(config, at_once_rows=10)
    page = edu.look(f"{made}/lines/12").text
    assert "there are too many items here for a page to look through" in page
    assert command_of(page) == "workbench trace main/openai-dpo 12"
    app.extensions["workbench_config"] = config
    whole = _made(edu, "label-studio")
    # Of an array the first line is the bracket.
    page = edu.look(f"{whole}/lines/1").text
    assert "Item i00" in page
    assert command_of(page) == "workbench trace main/label-studio 2"


def test_what_is_asked_wrongly_is_said_above_the_form(
    edu: Browser, database: Database, cast: Cast
) -> None:
    made = _made(edu, "trl-preference", split="test=0.4")
    for query in ("", "?line=", "?line=x", "?line=-1", "?line=1.5", "?line=٣", "?line=" + "9" * 50):
        answer = edu.look(f"{made}/lines{query}")
        assert answer.status_code == 422
        assert "Write a whole number." in answer.text
    for address, why in (
        ("/0?split=test", "This file has lines 1 to"),
        ("/13?split=test", "This file has lines 1 to"),
        ("/1", "Choose one of the files."),
        ("/1?split=dev", "Choose one of the files."),
    ):
        answer = edu.look(f"{made}/lines{address}")
        assert (answer.status_code, why in answer.text) == (422, True), address
    empty = _made(edu, "trl-reward")
    assert "This file has no lines." in edu.look(f"{empty}/lines/1").text
    # The settings decide what a line is made of.
    line = f"{made}/lines/1?split=test"
    with database.write() as writing:
        for item in writing.scalars(select(Item)):
            item.external_id += "x"
    assert "No item gives this line" in edu.look(line).text

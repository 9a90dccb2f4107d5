"""A preview of an export: its funnel and its first rows, and nothing is written."""

from __future__ import annotations

import re
from html import unescape

import orjson
import pytest
from sqlalchemy import func, select

from tests.cast import Cast
from tests.sample_projects import make_sample_project
from tests.web.conftest import Browser, ClientFor
from workbench.config import Config
from workbench.db import Database
from workbench.models import AuditEntry, ExportFile, Project
from workbench.web.data import PREVIEWED


@pytest.fixture
def edu(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.edu)


@pytest.fixture
def pairs(database: Database, cast: Cast) -> Project:
    return make_sample_project(database, cast, "ranking")


def _form(**changes: str) -> dict[str, str]:
    return {"format": "trl-preference", "aggregate": "each", **changes}


def _counts(database: Database) -> tuple[int, int]:
    with database.read() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (ExportFile, AuditEntry)
        )  # type: ignore[return-value]


def test_it_tells_what_the_export_will_be(
    edu: Browser, pairs: Project, database: Database, config: Config
) -> None:
    before = _counts(database)
    page = edu.send(f"/projects/{pairs.slug}/exports/preview", _form())
    assert page.status_code == 200
    assert _counts(database) == before
    assert not config.exports.exists()
    found = re.findall(r'<pre class="wrap"[^>]*><code>(.*?)</code></pre>', page.text, re.DOTALL)
    rows = [unescape(each) for each in found]
    assert len(rows) == PREVIEWED
    made = edu.send(f"/projects/{pairs.slug}/exports", _form())
    whole = edu.look(f"{made.location}/{pairs.slug}-trl-preference.jsonl").data
    lines = whole.splitlines()
    assert [orjson.loads(row) for row in rows] == [orjson.loads(x) for x in lines[:PREVIEWED]]
    said = re.findall(r"trl-preference: ([0-9,]+) rows", page.text)
    assert said == [f"{len(lines):,}"]


def test_it_keeps_what_was_chosen(edu: Browser, pairs: Project) -> None:
    asked = _form(split="test=0.2", min_agreement="60", languages="en", without="a1")
    page = edu.send(f"/projects/{pairs.slug}/exports/preview", asked).text
    for name, value in asked.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    assert re.search(r"--without</span> <span[^>]*>a1<", page)
    assert "Without the judgments of: a1." in page
    assert "in the part that is asked for" in page
    made = edu.look(re.findall(r'href="([^"]+/data\?[^"]+)"', page)[0].replace("&amp;", "&"))
    assert '<details class="field part" open>' in made.text
    assert (
        'name="without" type="text" autocomplete="off" spellcheck="false" value="a1"' in made.text
    )


@pytest.mark.parametrize("wrong", [{"since": "soon"}, {"format": "none"}, {"split": "test"}])
def test_what_does_not_fit_is_said_in_the_form(
    edu: Browser, pairs: Project, wrong: dict[str, str]
) -> None:
    page = edu.send(f"/projects/{pairs.slug}/exports/preview", _form(**wrong))
    assert page.status_code == 422
    assert "Nothing was exported." in page.text
    assert f'id="{next(iter(wrong))}-error"' in page.text


def test_where_no_row_is_left_it_says_so(edu: Browser, pairs: Project) -> None:
    page = edu.send(f"/projects/{pairs.slug}/exports/preview", _form(tags="none-such"))
    assert page.status_code == 200
    assert "There are none. The funnel says what was left out and why." in page.text

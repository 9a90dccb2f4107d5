"""The lines that the README and the pages give for Python run as they stand."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.cast import Cast
from tests.client.conftest import Line
from tests.web.api.programs import an_item, prefers
from tests.web.conftest import Browser, logged_in_browser
from tests.web.data_pages import commands_of
from workbench.client import Client
from workbench.db import Database
from workbench.models import ExportFile

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_lines_for_notebooks_work(
    client: Client, line: Line, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = re.search(r"## From a notebook\n\n((?:    .*\n)+)", README.read_text(encoding="utf-8"))
    assert found is not None
    items = [an_item(str(n)) for n in range(20)]
    client.push(items)
    for who in ("m", "n"):
        client.push_judgments({"item": str(n), "reviewer": who, "answer": prefers("a")}
                              for n in range(20))  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_URL", line.url)
    monkeypatch.setenv("WORKBENCH_TOKEN", token)
    names: dict[str, Any] = {"items": items, "cursor": None}
    exec(textwrap.dedent(found[1]), names)  # noqa: S102
    assert len(names["judged"]) == 40
    assert names["cursor"]
    assert 0 < len(names["train"]) <= 20
    assert list((tmp_path / "november").glob("*train*"))


def test_the_lines_of_the_pages_keep_the_snapshot_and_fetch_it(
    client: Client, line: Line, database: Database, cast: Cast, token: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    client.push([an_item(str(n)) for n in range(4)])
    client.push_judgments({"item": str(n), "reviewer": "m", "answer": prefers("a")}
                          for n in range(4))  # fmt: skip
    line.app.test_client_class = Browser
    browser = logged_in_browser(line.app, cast.edu, "en")
    monkeypatch.setenv("WORKBENCH_TOKEN", token)
    monkeypatch.chdir(tmp_path)

    def run_the_lines_of(path: str) -> None:
        _, lines, *_ = commands_of(browser.look(path).text)
        exec(lines.replace("http://localhost/", line.url), {})  # noqa: S102

    run_the_lines_of("/projects/main/data?name=november&ties=both&min_agreement=50")
    made = client.snapshot("november")
    assert (made.info.rows, made.manifest["policy"]["ties"]) == (4, "both")
    rows = [file.read_bytes() for file in sorted((tmp_path / "november").iterdir())]
    assert len(rows) == 3
    shutil.rmtree(tmp_path / "november")
    with database.read() as session:
        number = session.scalars(select(ExportFile.id)).one()
    run_the_lines_of(f"/projects/main/exports/{number}")
    assert rows == [file.read_bytes() for file in sorted((tmp_path / "november").iterdir())]

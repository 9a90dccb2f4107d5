"""What tests of the engineer's pages share."""

from __future__ import annotations

import html
import io
import json
import re
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.web.conftest import Browser
from workbench.config import Config
from workbench.db import Database

DATA = "/projects/main/data"
IMPORT = "/projects/main/import"


def stored(database: Database, table: type[Any]) -> int:
    """Rows of a table."""
    with database.read() as reading:
        return reading.scalar(select(func.count()).select_from(table)) or 0


def folders(config: Config) -> list[Path]:
    """Folders of files to be downloaded."""
    return list(config.exports.iterdir()) if config.exports.exists() else []


def export(browser: Browser, slug: str, **form: str) -> TestResponse:
    """Ask for an export."""
    return browser.send(f"/projects/{slug}/exports", form)


def fetch(browser: Browser, address: str) -> TestResponse:
    """A file, read to its end and closed as a server would."""
    with browser.look(address) as answer:
        answer.get_data()
    assert isinstance(answer, TestResponse)
    return answer


def upload(
    browser: Browser, content: bytes, name: str = "items.jsonl", slug: str = "main", **form: str
) -> TestResponse:
    """Send a file."""
    return browser.send(f"/projects/{slug}/import", {"file": (io.BytesIO(content), name), **form})


def a_line(name: str, **changes: Any) -> bytes:
    """An item as a line of a file."""
    item = {
        "id": name,
        "language": "en",
        "prompt": f"Question {name}?",
        "responses": [
            {"id": "a", "model": "m1", "text": "First."},
            {"id": "b", "model": "m2", "text": "Second."},
        ],
    }
    return json.dumps({**item, **changes}).encode() + b"\n"


def without_tags(markup: str) -> str:
    """What a person reads of it."""
    return re.sub(r"<[^>]+>", "", markup)


def commands_of(page: str) -> list[str]:
    """The commands, and lines of Python, that a page shows for copying."""
    shown = re.findall(r'<div class="command copying">.*?<code>(.*?)</code>', page, re.DOTALL)
    return [html.unescape(without_tags(each)) for each in shown]


def command_of(page: str) -> str:
    """The first of them."""
    return commands_of(page)[0]

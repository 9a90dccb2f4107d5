"""Whether the server lives, and whether it can work."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor
from workbench.config import Config
from workbench.db import Database
from workbench.web.request import WorkbenchFlask

PATHS = ("/health", "/health/live", "/health/ready")


@pytest.fixture
def database_url(either_url: str) -> str:
    """What is ready is another thing on either."""
    return either_url


@pytest.fixture
def gone(app: WorkbenchFlask) -> str:
    """The database is behind a port that nobody listens on. Its password."""
    url = "postgresql+psycopg://workbench:canary-7f3a@127.0.0.1:1/workbench"
    app.extensions["workbench_database"] = Database(url)
    return "canary-7f3a"


def test_a_server_that_is_well_is_live_and_ready(anonymous: Browser) -> None:
    told = {path: anonymous.get(path) for path in PATHS}
    assert {answer.status_code for answer in told.values()} == {200}
    assert told["/health/live"].json == told["/health"].json == {"status": "ok"}
    assert told["/health/ready"].json == {"status": "ready"}
    for answer in told.values():
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


def test_without_its_database_it_is_live_and_not_ready(anonymous: Browser, gone: str) -> None:
    assert anonymous.get("/health/live").status_code == 200
    answer = anonymous.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json == {"status": "not ready", "failing": {"database": "no answer"}}
    assert gone not in answer.text


def test_nobody_finds_out_who_asks(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, request: pytest.FixtureRequest
) -> None:
    browser = client_for(cast.ana)
    request.getfixturevalue("gone")
    assert browser.get("/health/live").status_code == 200
    assert browser.get("/health/ready").status_code == 503


@pytest.mark.parametrize("version", ["0001", None])
def test_a_schema_of_another_version_is_not_ready(
    anonymous: Browser, database: Database, version: str | None
) -> None:
    with database.exclusive() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        if version:
            connection.execute(text("INSERT INTO alembic_version VALUES (:v)"), {"v": version})
    answer = anonymous.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json == {
        "status": "not ready",
        "failing": {"database": "schema of another version"},
    }


def test_sqlite_needs_a_folder_that_can_be_written(
    app: WorkbenchFlask, anonymous: Browser, config: Config, database: Database
) -> None:
    moved = config.home.rename(config.home.with_name("elsewhere"))
    answer = anonymous.get("/health/ready")
    moved.rename(config.home)
    if database.is_sqlite:
        assert answer.status_code == 503
        assert answer.json == {"status": "not ready", "failing": {"disk": "not writable"}}
        assert str(config.home) not in answer.text
    else:
        assert answer.status_code == 200


def test_looking_leaves_nothing_behind(anonymous: Browser, config: Config) -> None:
    before = set(_files(config.home))
    assert anonymous.get("/health/ready").status_code == 200
    assert set(_files(config.home)) == before


def _files(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*")]

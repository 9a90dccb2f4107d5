"""Making the application: what it refuses to start with, and what it starts as."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from flask import request
from sqlalchemy import text

from workbench.app import create_app
from workbench.config import Config, ConfigError, load_config, make_key
from workbench.db import Database
from workbench.web.request import WorkbenchFlask


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Starting is the same on either database."""
    return sqlite_url


def _close(app: WorkbenchFlask) -> None:
    app.extensions["workbench_database"].dispose()


def test_it_does_not_start_without_a_key(config: Config) -> None:
    config.key_file.unlink()
    with pytest.raises(ConfigError, match="run `workbench init`"):
        create_app(config)


@pytest.mark.parametrize("key", ["", "\n", "secret", "k" * 63, " " * 100])
def test_it_does_not_start_with_a_short_key(config: Config, key: str) -> None:
    config.key_file.write_text(key, encoding="ascii")
    with pytest.raises(ConfigError, match="too short"):
        create_app(config)


def test_outside_the_program_a_refusal_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench.cli", "--home", str(tmp_path / "none"), "serve"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "workbench init" in done.stderr


def test_a_key_is_for_its_owner_alone_and_never_the_same_twice(tmp_path: Path) -> None:
    keys = [tmp_path / name for name in ("one", "two")]
    for key in keys:
        assert make_key(key)
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    first, second = (key.read_text(encoding="ascii") for key in keys)
    assert first != second
    assert len(first.strip()) == 96
    assert not make_key(keys[0])
    assert keys[0].read_text(encoding="ascii") == first


def test_it_does_not_start_on_an_empty_database(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="The database is empty"):
        create_app(replace(config, database_url=f"sqlite:///{tmp_path / 'empty.db'}"))


def test_it_does_not_start_on_a_database_of_another_version(
    config: Config, database: Database
) -> None:
    with database.exclusive() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="9999"):
        create_app(config)


def test_settings_come_from_the_environment_when_none_are_given(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(config.home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", config.database_url)
    monkeypatch.setenv("WORKBENCH_TRUSTED_HOSTS", "workbench.test, other.test")
    app = create_app(https=False)
    _close(app)
    assert app.config["TRUSTED_HOSTS"] == ["workbench.test", "other.test"]
    assert app.config["SESSION_COOKIE_SECURE"] is False


def test_cookies_are_secure_unless_it_is_said_that_there_is_no_tls(config: Config) -> None:
    app = create_app(load_config({}, home=config.home, database_url=config.database_url))
    _close(app)
    assert app.config["SESSION_COOKIE_SECURE"] is True
    assert app.config["SESSION_COOKIE_NAME"] == "__Host-workbench"


def test_flasks_debug_switch_shows_nobody_the_inside(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    app = create_app(config)

    def fail() -> str:
        raise ZeroDivisionError("inner secret")

    app.view_functions["health"] = fail
    answer = app.test_client().get("/health")
    _close(app)
    assert answer.status_code == 500
    assert "inner secret" not in answer.text
    assert "Traceback" not in answer.text


def test_forwarded_headers_are_believed_only_behind_that_many_proxies(config: Config) -> None:
    plain, behind = create_app(config), create_app(replace(config, proxy_hops=2))
    seen: list[tuple[str | None, str]] = []
    for app in (plain, behind):

        def note() -> str:
            seen.append((request.remote_addr, request.host))
            return ""

        app.view_functions["health"] = note
        forwarded = {
            "X-Forwarded-For": "192.0.2.1, 198.51.100.2, 203.0.113.3",
            "X-Forwarded-Host": "outer.test, inner.test",
        }
        app.test_client().get("/health", headers=forwarded)
        _close(app)
    assert seen == [("127.0.0.1", "localhost"), ("198.51.100.2", "outer.test")]


def test_two_applications_in_one_process_share_nothing(
    config: Config, tmp_path: Path, sqlite_template: Path
) -> None:
    other_home = tmp_path / "other"
    other_home.mkdir()
    make_key(other_home / "secret.key")
    other = replace(config, home=other_home)
    one, two = create_app(config), create_app(other)
    assert one.config["SECRET_KEY"] != two.config["SECRET_KEY"]
    with one.test_client() as browser, browser.session_transaction() as cookie:
        cookie["_user_id"] = "x"
    stolen = browser.get_cookie("workbench")
    assert stolen is not None
    stranger = two.test_client()
    stranger.set_cookie("workbench", stolen.value)
    with stranger.session_transaction() as cookie:
        assert "_user_id" not in cookie
    _close(one)
    _close(two)

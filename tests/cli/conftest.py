"""Calling the command line in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workbench.cli import root
from workbench.db import Database

Run = Callable[..., Result]


@pytest.fixture
def run(home: Path, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("import", "prefs", "f.jsonl")`: on an installation that is set up, in an empty folder.

    No error of any verb may show a traceback.
    """
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database_url)
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return call


def call(*words: str, given: bytes | None = None) -> Result:
    """One call of `workbench`, with `given` on standard input."""
    result = CliRunner().invoke(root, list(words), input=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def good(result: Result) -> str:
    """What was printed by a call that went well."""
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(result: Result, code: int) -> str:
    """The one line on standard error of a call that did not, and nothing was printed."""
    assert (result.exit_code, result.stdout) == (code, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("workbench: ")
    return line.removeprefix("workbench: ")


@pytest.fixture
def prefs(run: Run, database: Database) -> Database:
    """The project "prefs", of rankings, with an overlap of 2."""
    good(run("project", "create", "prefs", "--type", "ranking", "--title", "P", "--overlap", "2"))
    return database

"""`workbench guideline`: versions from files."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from tests.cli.conftest import Run, good, refused
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Guideline
from workbench.queries.projects import find_project
from workbench.services.guideline import Draft, publish

TERM = {"term": {"es": "empate", "en": "tie"}, "meaning": {"es": "Igual", "en": "Equal"}}


@pytest.fixture(autouse=True)
def files(run: Run) -> None:
    """A guideline in both languages, in the folder where the verb is called."""
    Path("es.md").write_text("Sea justo.\n", "utf-8")
    Path("en.md").write_text("Be fair.\n", "utf-8")


def _stored(database: Database) -> list[Guideline]:
    with database.read() as session:
        return list(session.scalars(select(Guideline).order_by(Guideline.version)))


def test_a_version_is_published_with_what_changed(run: Run, prefs: Database) -> None:
    write = ("guideline", "prefs", "--es", "es.md", "--en", "en.md")
    assert "version 1" in good(run(*write))
    assert "Nothing has changed" in good(run(*write))
    assert "version 2" in good(run(*write, "--must-read", "--note", "Léala"))
    rows = [(row.en, row.must_read, row.note) for row in _stored(prefs)]
    assert rows == [("Be fair.", False, ""), ("Be fair.", True, "Léala")]


def test_examples_and_terms_of_the_present_version_stay(run: Run, prefs: Database) -> None:
    with prefs.write() as session:
        project = find_project(session, "prefs")
        draft = Draft("a", "b", glossary=[TERM])
        publish(session, project, draft, now=database_now(session))
    good(run("guideline", "prefs", "--es", "es.md", "--en", "en.md"))
    assert _stored(prefs)[-1].glossary == [TERM]


def test_one_language_must_be_meant(run: Run, prefs: Database) -> None:
    assert "--one-language" in refused(run("guideline", "prefs", "--es", "es.md"), 2)
    Path("en.md").write_text(" \n", "utf-8")
    assert refused(run("guideline", "prefs", "--es", "es.md", "--en", "en.md"), 2).startswith("en")
    assert "version 1" in good(run("guideline", "prefs", "--es", "es.md", "--one-language"))
    assert [(row.es, row.en) for row in _stored(prefs)] == [("Sea justo.", "")]


def test_what_cannot_be_published_changes_nothing(run: Run, prefs: Database) -> None:
    write = ("--es", "es.md", "--en", "en.md")
    assert "no project called nowhere" in refused(run("guideline", "nowhere", *write), 2)
    assert refused(run("guideline", "prefs", *write, "--note", "x" * 201), 2).startswith("note: ")
    assert _stored(prefs) == []


def test_its_help_has_examples(run: Run) -> None:
    said = good(run("guideline", "--help"))
    assert "workbench guideline prefs --es guia.md --en guide.md" in said

"""`workbench audit`, `anchor`, `verify`, `terms`, `retention` and `user erase`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from tests.cli.conftest import Run, good, refused
from workbench.db import Database, now
from workbench.models import User
from workbench.services.terms import agree


def test_from_the_anchor_to_the_auditor(run: Run, prefs: Database, home: Path) -> None:
    line = good(run("anchor"))
    assert line == (home / "anchors.jsonl").read_text()
    assert "as it must be" in good(run("verify"))
    Path("kept.jsonl").write_text(line.replace('"seq":1', '"seq":8'))
    found = run("verify", "--anchors", "kept.jsonl")
    assert found.exit_code == 1
    assert "anchor: audit:8: the end of the trail was cut off" in found.stdout
    Path("kept.jsonl").write_text("[]\n")
    assert "kept.jsonl, line 1" in refused(run("verify", "--anchors", "kept.jsonl"), 1)
    public = good(run("audit", "key")).strip()
    assert public == good(run("audit", "key")).strip()
    assert "1 entries, 1 of them in full" in good(
        run("audit", "export", "--project", "prefs", "-o", "t.jsonl")
    )
    assert "whole. Entries 1 to 1" in good(run("audit", "check", "t.jsonl", "--key", public))
    copy = Path("t.jsonl").read_bytes()
    Path("t.jsonl").write_bytes(copy.replace(b"project.create", b"project.invent"))
    touched = run("audit", "check", "t.jsonl", "--key", public)
    assert touched.exit_code == 1
    assert "entry 1 was changed" in touched.stderr
    assert "public key" in refused(run("audit", "check", "t.jsonl", "--key", "x"), 2)
    refused(run("audit", "export", "--from", "2026-02-02", "--to", "2026-02-01", "-o", "n"), 2)
    refused(run("audit", "export", "--to", "2020-01-01", "-o", "n"), 2)


def test_terms_are_published_and_shown(run: Run, prefs: Database) -> None:
    assert good(run("terms", "show")) == "There are no terms.\n"
    Path("es.md").write_text("Términos", encoding="utf-8")
    Path("en.md").write_text("Terms", encoding="utf-8")
    assert "Version 1" in good(run("terms", "publish", "--es", "es.md", "--en", "en.md"))
    refused(run("terms", "publish", "--es", "es.md", "--en", "en.md"), 1)
    Path("en.md").write_bytes(b"\xff\xfe")
    assert "UTF-8" in refused(run("terms", "publish", "--es", "es.md", "--en", "en.md"), 1)
    assert "Version 1: 0 of 0 people" in good(run("terms", "show"))


def test_publishing_terms_tells_how_many_tokens_are_refused(run: Run, prefs: Database) -> None:
    def publish(text: str) -> str:
        Path("t.md").write_text(text, encoding="utf-8")
        return good(run("terms", "publish", "--es", "t.md", "--en", "t.md"))

    good(run("user", "create", "edu", "--role", "engineer"))
    good(run("project", "add", "prefs", "edu", "--role", "engineer"))
    make = ("tokens", "make", "prefs", "--owner", "edu", "--scope", "read", "--name")
    gone = good(run(*make, "gone")).strip()[:12]
    good(run("tokens", "revoke", "prefs", gone))
    assert "token" not in publish("1")
    good(run(*make, "nightly"))
    one = "1 token of a program is refused (403) until its owner has agreed."
    assert one in publish("2")
    good(run(*make, "weekly"))
    two = "2 tokens of programs are refused (403) until their owners have agreed."
    assert two in publish("3")
    assert two in good(run("terms", "show"))
    with prefs.write() as session:
        edu = session.scalars(select(User)).one()
        agree(session, edu.id, 3, now(session))
    assert "token" not in good(run("terms", "show"))


def test_contents_go_when_they_are_due_and_not_before(
    run: Run, prefs: Database, home: Path
) -> None:
    nothing = "There is nothing to remove.\n"
    refused(run("retention", "keep", "prefs"), 2)
    refused(run("retention", "keep", "prefs", "--days", "1", "--for-good"), 2)
    assert "for good" in good(run("retention", "keep", "prefs", "--for-good"))
    assert "0 days after" in good(run("retention", "keep", "prefs", "--days", "0", "--hold"))
    assert good(run("retention", "run")) == nothing
    good(run("retention", "close", "prefs"))
    assert good(run("retention", "run")) == nothing  # on hold
    assert "0 days" in good(run("retention", "keep", "prefs", "--no-hold"))
    assert "prefs" in good(run("retention", "run", "--dry-run"))
    assert run("retention", "run", given=b"n\n").exit_code != 0
    assert "prefs: removed." in good(run("retention", "run", "--yes"))
    assert good(run("retention", "run")) == nothing
    assert "stays closed" in refused(run("retention", "open", "prefs"), 1)
    assert "as it must be" in good(run("verify"))


def test_a_person_is_erased_after_a_question(run: Run, prefs: Database) -> None:
    good(run("user", "create", "ana", "--role", "reviewer"))
    assert run("user", "erase", "ana", given=b"n\n").exit_code != 0
    assert "appears as erased-1" in good(run("user", "erase", "ana", given=b"y\n"))
    for verb in ("erase", "code", "enable"):
        refused(run("user", verb, "erased-1"), 2)
    refused(run("user", "erase", "ana", "--yes"), 2)

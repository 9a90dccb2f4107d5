from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.cli.conftest import Run, good, refused
from workbench.db import Database, now
from workbench.models import Guideline, Item, Membership, Project, User
from workbench.services import accounts
from workbench.services.login import hash_password


def _user(database: Database, name: str) -> User:
    with database.read() as session:
        return accounts.find_user(session, name)


def _project(database: Database, slug: str = "prefs") -> Project:
    with database.read() as session:
        return session.scalars(select(Project).where(Project.slug == slug)).one()


def _code(text: str) -> str:
    [code] = re.findall(r"^  code +(\S+)$", text, re.MULTILINE)
    assert f"/welcome?code={code}" in text
    return code


def test_a_person_is_made_and_gets_a_code_for_a_password(run: Run, database: Database) -> None:
    said = good(
        run("user", "create", "Ana", "--role", "reviewer", "--locale", "en", "--speaks", "es, en")
    )
    ana = _user(database, "ana")
    assert (ana.role, ana.locale, ana.speaks) == ("reviewer", "en", ["es", "en"])
    with database.write() as session:
        accounts.redeem_code(session, _code(said), hash_password("mariposa-azul-17"), now(session))
    assert _user(database, "ana").password_hash is not None


def test_a_new_code_ends_the_one_before(run: Run, database: Database) -> None:
    old = _code(good(run("user", "create", "ana", "--role", "lead")))
    new = _code(good(run("user", "code", "ana")))
    with database.read() as session:
        assert accounts.code_owner(session, old, now(session)) is None
        assert accounts.code_owner(session, new, now(session)) is not None


def test_a_person_is_disabled_and_enabled(run: Run, database: Database) -> None:
    good(run("user", "create", "ana", "--role", "lead"))
    good(run("user", "disable", "ana"))
    assert not _user(database, "ana").active
    good(run("user", "enable", "ana"))
    assert _user(database, "ana").active


@pytest.mark.parametrize("verb", ["code", "disable", "enable"])
def test_a_person_who_is_not_there_ends_with_2(run: Run, verb: str) -> None:
    assert refused(run("user", verb, "nobody"), 2) == "There is no person called nobody."


def test_a_name_that_is_taken_ends_with_1(run: Run) -> None:
    good(run("user", "create", "ana", "--role", "lead"))
    assert "ana already" in refused(run("user", "create", "ANA", "--role", "lead"), 1)


@pytest.mark.parametrize(
    ("name", "speaks", "field"), [("a b", "es", "name: "), ("ana", "español", "speaks: ")]
)
def test_a_value_that_cannot_be_is_named(run: Run, name: str, speaks: str, field: str) -> None:
    said = refused(run("user", "create", name, "--role", "lead", "--speaks", speaks), 2)
    assert said.startswith(field)


def test_a_project_has_a_title_in_each_language(run: Run, database: Database) -> None:
    good(run("project", "create", "one", "--type", "bias", "--title", "Sesgos"))
    titles = ("--title", "Sesgos", "--title-en", "Bias")
    good(run("project", "create", "two", "--type", "bias", *titles, "--overlap", "5"))
    assert _project(database, "one").title == {"es": "Sesgos", "en": "Sesgos"}
    two = _project(database, "two")
    assert (two.title, two.overlap) == ({"es": "Sesgos", "en": "Bias"}, 5)


def test_a_projects_settings_come_from_a_file(run: Run, database: Database) -> None:
    criteria = [{"key": "safe", "title": {"es": "Seguro", "en": "Safe"}}]
    Path("c.json").write_text(json.dumps({"criteria": criteria}))
    words = ("--type", "ranking", "--title", "P", "--config", "c.json")
    good(run("project", "create", "prefs", *words))
    assert [each["key"] for each in _project(database).config["criteria"]] == ["safe"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "c.json: line: "),
        (b"[]", "c.json: must be one JSON object"),
        (b'{"criteria": 7}', "c.json: criteria"),
        (b'{"a": 1, "a": 2}', "c.json: a"),
        (b'{"overlap": NaN}', "c.json: overlap"),
    ],
)
def test_settings_that_are_wrong_name_file_and_field(run: Run, text: bytes, said: str) -> None:
    Path("c.json").write_bytes(text)
    words = ("--type", "ranking", "--title", "P", "--config", "c.json")
    assert refused(run("project", "create", "prefs", *words), 1).startswith(said)


def test_a_settings_file_that_is_not_there_ends_with_2(run: Run) -> None:
    words = ("--type", "ranking", "--title", "P", "--config", "c.json")
    assert "c.json" in refused(run("project", "create", "prefs", *words), 2)


def test_a_member_is_what_they_are_unless_said(run: Run, prefs: Database) -> None:
    good(run("user", "create", "ana", "--role", "reviewer"))
    said = good(run("project", "add", "prefs", "ana"))
    with prefs.read() as session:
        member = session.scalars(select(Membership)).one()
    assert member.role == "reviewer"
    assert member.pseudonym in said
    good(run("project", "add", "prefs", "ana", "--role", "lead"))
    with prefs.read() as session:
        again = session.scalars(select(Membership)).one()
    assert (again.role, again.pseudonym) == ("lead", member.pseudonym)


def test_an_admin_must_be_told_what_to_be_on_a_project(run: Run, prefs: Database) -> None:
    good(run("user", "create", "ada", "--role", "admin"))
    assert "--role" in refused(run("project", "add", "prefs", "ada"), 2)
    good(run("project", "add", "prefs", "ada", "--role", "lead"))


def test_a_member_is_taken_off(run: Run, prefs: Database) -> None:
    good(run("user", "create", "ana", "--role", "reviewer"))
    assert "not on this project" in refused(run("project", "remove", "prefs", "ana"), 2)
    good(run("project", "add", "prefs", "ana"))
    good(run("project", "remove", "prefs", "ana"))
    with prefs.read() as session:
        assert session.scalars(select(Membership)).one().left_at is not None


def test_the_overlap_is_changed_for_items_that_are_there(run: Run, prefs: Database) -> None:
    Path("i.jsonl").write_text(
        '{"id":"x","language":"en","prompt":"p","responses":'
        '[{"id":"a","text":"A"},{"id":"b","text":"B"}]}'
    )
    good(run("import", "prefs", "i.jsonl"))
    good(run("project", "overlap", "prefs", "7"))
    with prefs.read() as session:
        assert session.scalars(select(Item.slots_left)).one() == 7
    assert refused(run("project", "overlap", "prefs", "0"), 2).startswith("overlap: ")


def test_a_guideline_is_written_in_versions(run: Run, prefs: Database) -> None:
    Path("es.md").write_text("Sea justo: ¿qué es peor?", "utf-8")
    Path("en.md").write_text("Be fair.", "utf-8")
    write = ("guideline", "prefs", "--es", "es.md", "--en", "en.md")
    assert "version 1" in good(run(*write))
    assert "version 1" in good(run(*write))
    Path("en.md").write_text("Be fairer.", "utf-8")
    assert "version 2" in good(run(*write))
    with prefs.read() as session:
        rows = session.scalars(select(Guideline).order_by(Guideline.version)).all()
    assert [(row.es, row.en) for row in rows] == [
        ("Sea justo: ¿qué es peor?", "Be fair."),
        ("Sea justo: ¿qué es peor?", "Be fairer."),
    ]


@pytest.mark.parametrize(
    ("text", "why"), [(b"\xff\xfe", "is not UTF-8"), (b"a\x00b", "has a NUL character")]
)
def test_a_guideline_that_is_no_text_ends_with_1(
    run: Run, prefs: Database, text: bytes, why: str
) -> None:
    Path("es.md").write_bytes(text)
    Path("en.md").write_text("x")
    said = refused(run("guideline", "prefs", "--es", "es.md", "--en", "en.md"), 1)
    assert said == f"es.md: {why}"


def test_the_list_has_every_project_with_its_counts(run: Run, prefs: Database) -> None:
    good(run("project", "create", "another", "--type", "bias", "--title", "Sesgos"))
    lines = good(run("project", "list")).splitlines()
    assert [line.split() for line in lines] == [
        ["project", "type", "overlap", "items", "judgments", "title"],
        ["another", "bias", "3", "0", "0", "Sesgos"],
        ["prefs", "ranking", "2", "0", "0", "P"],
    ]


def test_a_person_works_at_a_site(run: Run, database: Database) -> None:
    good(run("user", "create", "ana", "--role", "reviewer", "--site", "Bogotá"))
    assert "ana works in Medellín." in good(run("user", "site", "ana", "  Medellín "))
    with database.read() as session:
        assert session.scalars(select(User.site).where(User.name == "ana")).one() == "Medellín"
    assert "ana: no site." in good(run("user", "site", "ana", "--none"))
    for wrong in ((), ("Bogotá", "--none"), ("x" * 61,), ("a\x07",)):
        refused(run("user", "site", "ana", *wrong), 2)

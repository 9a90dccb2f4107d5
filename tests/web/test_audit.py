"""The audit trail's page, its table and its signed copy; and what the pages write into it."""

from __future__ import annotations

import ast
import csv
import io
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.cast import Cast, make_item
from tests.web.conftest import Browser, ClientFor, log_in
from workbench.config import Config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import AuditEntry, JobState, Outcome, Project, Role, Settled
from workbench.queries import trail
from workbench.services import audit
from workbench.services.trail_check import check_trail
from workbench.web.actions import ACTIONS

PACKAGE = Path(__file__).resolve().parents[2] / "workbench"


@pytest.fixture
def ada(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.ada)


def _actions(database: Database, action: str) -> list[tuple[int | None, str]]:
    with database.read() as session:
        query = select(AuditEntry.actor_id, AuditEntry.subject).order_by(AuditEntry.seq)
        return [(row.actor_id, row.subject) for row in
                session.execute(query.where(AuditEntry.action == action))]  # fmt: skip


def test_the_page_narrows_pages_and_says_so_when_nothing_fits(
    ada: Browser, cast: Cast, database: Database
) -> None:
    with database.write() as session:
        at = database_now(session)
        item = make_item(session, cast.project, "one")
        for _ in range(60):
            audit.append(session, "item.pause", f"item:{item.id}", actor=cast.ana.id, at=at)
        audit.append(session, "item.view", "item:999", actor=cast.luz.id, at=at)
    page = ada.look(f"/audit?person={cast.ana.id}&action=item.pause&project={cast.project.id}")
    assert page.text.count("<tr>") == 51
    assert "Paused at an item" in page.text
    older = page.text.split("before=")[1].split("&")[0]
    rest = ada.look(f"/audit?action=item.pause&before={older}")
    assert rest.text.count("<tr>") == 11
    assert "No entry fits" in ada.look(f"/audit?project={cast.other_project.id}&person="
                                       f"{cast.ana.id}").text  # fmt: skip
    today = at.astimezone().date()
    assert "No entry fits" in ada.look("/audit?to=2020-01-01").text
    assert "Paused at an item" in ada.look(f"/audit?from=2020-01-01&to={today}").text


@pytest.mark.parametrize(
    "query", ["from=yesterday", "to=9999-12-31", "person=-1", "person=9²", "action=x", "project=p"]
)
def test_a_filter_that_is_none_is_named(ada: Browser, query: str) -> None:
    page = ada.look(f"/audit?{query}")
    assert page.status_code == 422
    assert "aria-invalid" in page.text
    name, value = query.split("=")
    for taken in ("/audit/table", "/audit/copy"):
        refused = ada.send(taken, {name: value})
        assert refused.status_code == 422
        assert "error-text" in refused.text


def test_the_table_holds_no_formula_and_the_copy_is_whole(
    ada: Browser, cast: Cast, database: Database, config: Config
) -> None:
    with database.write() as session:
        audit.append(session, "=cmd()", "@x", actor=None, at=database_now(session))
    answer = ada.send("/audit/table")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert ["'=cmd()", "'@x"] in [row[3:5] for row in rows]
    public = ada.look("/audit/key").text
    copied = ada.send("/audit/copy", {"project": str(cast.project.id)})
    found = check_trail(io.BytesIO(copied.data), public)
    assert found.problems == []
    assert 0 < found.shown < found.last
    assert config.signing_key.stat().st_mode & 0o777 == 0o600
    ada_did = [(cast.ada.id, "trail")]
    assert _actions(database, "audit.table") == ada_did
    assert _actions(database, "audit.export") == [(cast.ada.id, f"project:{cast.project.id}")]


def test_looks_and_failed_log_ins_are_told(
    anonymous: Browser, client_for: ClientFor, with_passwords: Cast, database: Database
) -> None:
    cast = with_passwords
    with database.write() as session:
        plain = make_item(session, cast.project, "plain").id
        hard = make_item(session, cast.project, "hard", severity=1).id
        covered = make_item(session, cast.project, "covered", harm="violence").id
    luz = client_for(cast.luz)
    for _ in range(2):
        for item_id in (plain, hard, covered):
            assert luz.look(f"/projects/main/items/{item_id}").status_code == 200
    luz.send(f"/projects/main/items/{covered}/uncover")
    assert _actions(database, "item.view") == [(cast.luz.id, f"item:{hard}")]
    assert _actions(database, "item.uncover") == [(cast.luz.id, f"item:{covered}")]
    for _ in range(3):
        log_in(anonymous, cast.ana, "wrong")
    assert _actions(database, "login.failed") == []
    log_in(anonymous, cast.ana)
    assert _actions(database, "login.failed") == [(None, f"user:{cast.ana.id}")]


def test_an_answer_of_ones_own_and_a_preview_are_looks_too(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    with database.write() as session:
        hard = make_item(session, cast.project, "hard", severity=1).id
        harder = make_item(session, cast.project, "harder", severity=1).id
        make_item(session, cast.project, "plain")
        covered = make_item(session, cast.project, "covered", harm="violence").id
    luz, edu = client_for(cast.luz), client_for(cast.edu)
    # Refused, and the item is shown with what is wrong.
    assert luz.send(f"/projects/main/disputes/{hard}/answer").status_code == 422
    assert _actions(database, "item.view") == [(cast.luz.id, f"item:{hard}")]
    for item_id in (hard, harder, covered):
        assert luz.look(f"/projects/main/disputes/{item_id}/own").status_code == 200
    both = [(cast.luz.id, f"item:{hard}"), (cast.luz.id, f"item:{harder}")]
    assert _actions(database, "item.view") == both
    for _ in range(2):
        assert (
            edu.send("/projects/main/exports/preview", {"format": "prompt-only"}).status_code == 200
        )
    # There the texts stand uncovered.
    seen = {(cast.edu.id, f"item:{item_id}") for item_id in (hard, harder, covered)}
    assert len(_actions(database, "item.view")) == 5
    assert set(_actions(database, "item.view")) == {*both, *seen}


@pytest.mark.parametrize(
    ("name", "value", "en", "es"),
    [
        *zip(["role"] * 4, Role, ["reviewer", "lead", "engineer", "admin"],
             ["evaluador", "líder", "ingeniería", "administrador"], strict=True),
        ("state", JobState.CANCELLED, "given up", "cancelado"),
        ("outcome", Outcome.KEPT, "kept as it is", "queda como está"),
        ("outcome", Settled.OPEN, "left open", "quedó abierto"),
        ("outcome", Settled.REOPENED, "opened again", "se volvió a abrir"),
        ("role", "another", "another", "another"),
    ],
)  # fmt: skip
def test_words_of_the_program_are_read_in_ones_own_language(
    client_for: ClientFor, cast: Cast, database: Database, name: str, value: str, en: str, es: str
) -> None:
    with database.write() as session:
        audit.append(session, "member.add", "user:1", actor=None, at=database_now(session),
                     detail={name: value})  # fmt: skip
    for locale, word in (("en", en), ("es", es)):
        page = client_for(cast.ada, locale).look("/audit").text
        assert re.search(rf'<span class="hint">\S+: {word}</span>', page), word


def _written() -> set[str]:
    """Every action that the program writes where it is a plain text."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            if ast.unparse(node.func).split(".")[-1] in {"append", "_note"}:
                texts = [each.value for each in ast.walk(node.args[1])
                         if isinstance(each, ast.Constant)]  # fmt: skip
                found |= {text for text in texts if isinstance(text, str)}
    return found


def test_every_action_has_plain_words() -> None:
    assert len(_written()) > 50
    assert _written() - set(ACTIONS) == set()


def test_the_project_of_an_entry_is_that_of_its_subject(database: Database, cast: Cast) -> None:
    with database.write() as session:
        at = database_now(session)
        item = make_item(session, cast.other_project, "theirs")
        for subject in (f"item:{item.id}", "item:x", "item:", "trail", "job:77", "project:1"):
            audit.append(session, "test", subject, actor=None, at=at)
        found = trail.listed(session, trail.Asked(action="test"))
        slugs = {line.subject: line.project for line in found}
        first = session.get_one(Project, 1).slug
    assert slugs == {f"item:{item.id}": "other", "item:x": None, "item:": None, "trail": None,
                     "job:77": None, "project:1": first}  # fmt: skip

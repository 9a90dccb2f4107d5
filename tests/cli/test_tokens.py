from __future__ import annotations

from tests.cli.conftest import Run, good, refused
from workbench.db import Database, now
from workbench.queries.api_tokens import bearer
from workbench.services.api_tokens import TOKEN, token_hash


def _is_good(database: Database, secret: str) -> bool:
    with database.read() as session:
        return bearer(session, token_hash(secret), now(session)) is not None


def test_a_token_is_made_listed_and_revoked(run: Run, prefs: Database) -> None:
    good(run("user", "create", "edu", "--role", "engineer"))
    good(run("project", "add", "prefs", "edu", "--role", "engineer"))
    asked = ("--owner", "edu", "--name", "nightly", "--scope", "read", "--scope", "import")
    made = run("tokens", "make", "prefs", *asked, "--days", "7")
    secret = good(made).strip()
    found = TOKEN.fullmatch(secret)
    assert found
    assert f"{found[1]} of edu: read, import, until " in made.stderr
    assert _is_good(prefs, secret)
    listed = good(run("tokens", "list", "prefs"))
    assert found[1] in listed
    assert "never" in listed
    assert secret not in listed
    assert "is good no more" in good(run("tokens", "revoke", "prefs", found[1]))
    assert not _is_good(prefs, secret)
    assert good(run("tokens", "list", "prefs")) == "There is no open token.\n"
    assert "no open token" in refused(run("tokens", "revoke", "prefs", found[1]), 2)


def test_who_may_hold_none(run: Run, prefs: Database) -> None:
    good(run("user", "create", "ana", "--role", "reviewer"))
    good(run("project", "add", "prefs", "ana"))
    asked = ("--name", "n", "--scope", "read")
    assert "ana is no engineer and no lead" in refused(
        run("tokens", "make", "prefs", "--owner", "ana", *asked), 1
    )
    assert refused(run("tokens", "make", "prefs", "--owner", "nobody", *asked), 2)
    assert refused(run("tokens", "make", "nowhere", "--owner", "ana", *asked), 2)
    assert run("tokens", "make", "prefs", "--owner", "ana", *asked, "--days", "366").exit_code == 2
    assert run("tokens", "make", "prefs", "--owner", "ana", "--name", "n").exit_code == 2

"""`init`: from an empty folder to an installation, and from an older one to this version."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text

from tests.cli.conftest import call, good, refused
from tests.support import postgres
from workbench import migrate
from workbench.db import Database, now
from workbench.models import AuditEntry, User
from workbench.services import accounts


@pytest.fixture
def new_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where an installation may be made."""
    for name in ("WORKBENCH_HOME", "WORKBENCH_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "deep" / "home"


@pytest.fixture
def empty(empty_url: str, new_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """What `init` is told to make its tables in, be it a file or a server."""
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", empty_url)
    opened = Database(empty_url, key="k")
    yield opened
    opened.dispose()


def _init(home: Path) -> str:
    return good(call("init", "--home", str(home)))


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_init_makes_can_be_read_by_its_owner_alone(new_home: Path) -> None:
    _init(new_home)
    assert _mode(new_home) == 0o700
    assert {path.name: _mode(path) for path in new_home.iterdir()} == {
        "secret.key": 0o600,
        "workbench.db": 0o600,
        "workbench.db.wlock": 0o600,
    }


def test_two_installations_have_different_keys(tmp_path: Path, new_home: Path) -> None:
    _init(new_home)
    _init(tmp_path / "other")
    keys = {(home / "secret.key").read_text() for home in (new_home, tmp_path / "other")}
    assert len(keys) == 2
    assert min(len(key.strip()) for key in keys) >= 64


def test_the_code_lets_the_first_admin_in_for_a_quarter_of_an_hour(
    new_home: Path, empty: Database
) -> None:
    said = _init(new_home)
    [code] = re.findall(r"/welcome\?code=(\S+)", said)
    assert "15 minutes" in said
    with empty.read() as session:
        at = now(session)
        owner = accounts.code_owner(session, code, at)
        assert owner is not None
        assert (owner.name, owner.role, owner.password_hash) == ("admin", "admin", None)
        late = at + accounts.FIRST_CODE_VALID
        assert accounts.code_owner(session, code, late) is None


def test_a_second_run_changes_nothing_and_says_so(new_home: Path, empty: Database) -> None:
    _init(new_home)
    key = (new_home / "secret.key").read_bytes()
    said = _init(new_home)
    assert "already" in said
    assert "code" not in said
    assert (new_home / "secret.key").read_bytes() == key
    with empty.read() as session:
        assert session.scalars(select(User.name)).all() == ["admin"]


def test_a_home_that_others_can_look_into_is_pointed_out(new_home: Path) -> None:
    new_home.mkdir(parents=True, mode=0o755)
    new_home.chmod(0o755)
    result = call("init", "--home", str(new_home))
    assert result.exit_code == 0
    assert f"chmod 700 {new_home}" in result.stderr


def test_a_database_of_a_newer_version_is_left_alone(new_home: Path, empty: Database) -> None:
    _init(new_home)
    with empty.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'from-tomorrow'"))
    assert "newer Workbench" in refused(call("init", "--home", str(new_home)), 2)
    assert migrate.current(empty) == "from-tomorrow"


@pytest.mark.postgres
def test_a_server_without_that_database_is_not_filled_elsewhere(
    new_home: Path, postgres_server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{postgres_server.url_prefix}nobody_made_this"
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", url)
    said = refused(call("init", "--home", str(new_home)), 1)
    assert "nobody_made_this" in said
    assert str(make_url(url).password) not in said
    assert not (new_home / "workbench.db").exists()


def test_a_file_where_the_home_should_be_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refused(call("init", "--home", str(tmp_path / "file" / "home")), 1)


def test_setting_up_is_in_the_audit_trail(new_home: Path, empty: Database) -> None:
    _init(new_home)
    with empty.read() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()
    assert actions == ["user.create", "user.code"]
    assert good(call("verify", "--home", str(new_home))) == "Everything is as it must be.\n"

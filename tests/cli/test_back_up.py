"""A backup under writes, and a restore of it into a fresh home and over what is there."""

from __future__ import annotations

import stat
import tarfile
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from tests.cast import Cast
from tests.cli.conftest import call, good, refused
from tests.conftest import KEY
from workbench.db import Database
from workbench.models import User


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A backup is of a file; a server has a tool of its own, which is named."""
    return sqlite_url


def _users(path: Path) -> int:
    database = Database(f"sqlite:///{path}", key=KEY)
    try:
        with database.read() as session:
            return session.scalar(select(func.count(User.id))) or 0
    finally:
        database.dispose()


@pytest.fixture
def old(
    home: Path, database: Database, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An installation with the cast in it, whose server has ended."""
    database.dispose()
    (tmp_path / "workbench.db").rename(home / "workbench.db")
    for name in ("WORKBENCH_HOME", "WORKBENCH_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return home


def _backup(home: Path, file: Path, *more: str) -> str:
    return good(call("--home", str(home), "backup", str(file), *more))


def _restore(home: Path, file: Path, *more: str) -> str:
    return good(call("--home", str(home), "restore", str(file), *more))


def test_a_backup_comes_back_the_same_in_a_fresh_home(old: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "b.tar", tmp_path / "new"
    said = _backup(old, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    assert "--replace" in refused(call("--home", str(old), "backup", str(file)), 2)
    assert file.read_bytes() == before
    assert said in _restore(new, file)
    assert (new / "secret.key").read_text() == (old / "secret.key").read_text()
    assert stat.S_IMODE((new / "secret.key").stat().st_mode) == 0o600
    assert _users(new / "workbench.db") == _users(old / "workbench.db") > 0
    assert "as it must be" in good(call("--home", str(new), "verify"))
    assert not [path for path in (*new.iterdir(), *tmp_path.iterdir()) if ".backup-" in path.name]


def test_it_replaces_only_when_told_and_when_nobody_has_it_open(old: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    _backup(old, file)
    good(call("--home", str(old), "user", "create", "later", "--role", "reviewer"))
    later = _users(old / "workbench.db")
    assert "--replace" in refused(call("--home", str(old), "restore", str(file)), 2)
    asked = call("--home", str(old), "restore", str(file), "--replace", given=b"n\n")
    assert asked.exit_code == 130
    server = Database(f"sqlite:///{old / 'workbench.db'}", key=KEY)
    with server.read() as session:
        session.execute(text("SELECT 1"))
    in_use = call("--home", str(old), "restore", str(file), "--replace", "--yes")
    assert "stop Workbench" in refused(in_use, 1)
    server.dispose()
    assert _users(old / "workbench.db") == later
    _restore(old, file, "--replace", "--yes")
    assert _users(old / "workbench.db") == later - 1
    [aside] = old.glob("replaced-*")
    assert _users(aside / "workbench.db") == later


def test_without_keys_it_comes_back_beside_the_same_key_alone(old: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "b.tar", tmp_path / "new"
    _backup(old, file, "--without-key")
    with tarfile.open(file) as tar:
        assert "secret.key" not in tar.getnames()
    assert KEY.encode() not in file.read_bytes()
    assert "secret.key" in refused(call("--home", str(new), "restore", str(file)), 1)
    (new / "secret.key").write_text("x" * 96)
    other = call("--home", str(new), "restore", str(file))
    assert other.exit_code == 1
    assert "nothing was restored" in other.stderr
    assert not (new / "workbench.db").exists()
    (new / "secret.key").write_text(KEY)
    _restore(new, file)
    assert (new / "secret.key").read_text() == KEY


def test_what_is_no_whole_backup_changes_nothing(old: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "b.tar", tmp_path / "new"
    _backup(old, file)
    whole = file.read_bytes()
    at = whole.index(b"SQLite format 3") + 5000
    changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    for bad in (b"", b"no tar", whole[: len(whole) // 2], changed):
        file.write_bytes(bad)
        assert str(file) in refused(call("--home", str(new), "restore", str(file)), 1)
        assert not list(new.iterdir())


def test_a_backup_ends_while_others_write(old: Path, tmp_path: Path) -> None:
    server, stop = Database(f"sqlite:///{old / 'workbench.db'}", key=KEY), threading.Event()
    written = 0

    def keep_writing() -> None:
        nonlocal written
        while not stop.is_set():
            with server.write() as session:
                session.execute(text("CREATE TABLE IF NOT EXISTS busy (id INTEGER PRIMARY KEY)"))
                session.execute(text("INSERT INTO busy DEFAULT VALUES"))
            written += 1

    thread = threading.Thread(target=keep_writing)
    thread.start()
    try:
        while written < 5:
            stop.wait(0.01)
        acknowledged = written
        _backup(old, tmp_path / "b.tar")
    finally:
        stop.set()
        thread.join()
        server.dispose()
    _restore(tmp_path / "new", tmp_path / "b.tar")
    restored = Database(f"sqlite:///{tmp_path / 'new' / 'workbench.db'}", key=KEY)
    with restored.read() as session:
        assert session.scalar(text("SELECT count(*) FROM busy")) >= acknowledged
    restored.dispose()


def test_on_a_server_its_own_tool_is_named_without_the_password(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "WORKBENCH_DATABASE_URL", "postgresql+psycopg://ana:secreto@db/judge?password=otro"
    )
    said = refused(call("--home", str(home), "backup", "b.dump"), 2)
    assert "pg_dump --format=custom --file=b.dump postgresql://ana@db/judge" in said
    assert "secreto" not in said
    assert "otro" not in said

"""A backup is one tar file: the database as it was at one moment, its keys, and what is in it.

Only SQLite is backed up here; a server has tools of its own. The copy is made in ONE step: one
that pauses between pages starts anew at each write, and never ends while people judge.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import make_url

from workbench.config import Config
from workbench.on_sqlite import sqlite

DATABASE, CONTENTS, ANCHORS = "workbench.db", "contents.json", "anchors.jsonl"
#: What is secret. Without the first, no audit trail can be checked.
KEYS = ("secret.key", "sealing.keys", "audit.key")
_COUNTED = {
    "users": "user_account",
    "projects": "project",
    "items": "item",
    "judgments": "judgment",
}
_VERSION = 1


class NoBackup(Exception):
    """A file that is no whole backup, or an installation that cannot be replaced now."""


@dataclass(frozen=True)
class Contents:
    """What a backup holds. `sha256` is that of the database file in it."""

    sha256: str
    counts: dict[str, int]
    keys: bool
    version: int = _VERSION


def database_file(config: Config) -> Path | None:
    """The file of SQLite; None on a server."""
    url = make_url(config.database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def write(config: Config, database: Path, target: Path, *, keys: bool, replace: bool) -> Contents:
    """Back up to `target` (mode 0600), which is there whole or not at all.

    Raises FileExistsError where it is there and not to be replaced, OSError, sqlite.Error.
    """
    if target.exists() and not replace:
        raise FileExistsError(target)
    with _folder(target.parent) as draft:
        # Anchors first: none may be of a later moment than the copy.
        names = [ANCHORS] if _copied(config.anchors, draft / ANCHORS) else []
        copy(database, draft / DATABASE)
        if keys:
            names += [name for name in KEYS if _copied(config.home / name, draft / name)]
        held = Contents(_hash(draft / DATABASE), _counts(draft / DATABASE), keys)
        (draft / CONTENTS).write_bytes(orjson.dumps(asdict(held)))
        whole = draft / "whole.tar"
        with whole.open("xb") as stream:
            os.fchmod(stream.fileno(), 0o600)
            with tarfile.open(fileobj=stream, mode="w") as tar:
                for name in (CONTENTS, DATABASE, *names):
                    tar.add(draft / name, name)
            os.fsync(stream.fileno())
        if replace:
            whole.replace(target)
        else:
            os.link(whole, target)  # which, unlike a rename, refuses what is there
    _folder_to_disk(target.parent)
    return held


def copy(database: Path, target: Path) -> None:
    """The database at one moment, while others write. Raises sqlite.Error."""
    with (
        closing(sqlite.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite.connect(target)) as copied,
    ):
        source.backup(copied)
        copied.execute("PRAGMA journal_mode=DELETE")


@contextmanager
def unpacked(file: Path, beside: Path) -> Iterator[tuple[Path, Contents]]:
    """The backup's files in a folder of their own in `beside`, gone when the block ends.

    Raises NoBackup for what is no backup, not whole, or not what was written.
    """
    with _folder(beside) as folder:
        try:
            with tarfile.open(file, mode="r:") as tar:
                for name in (CONTENTS, DATABASE, ANCHORS, *KEYS):
                    _take_out(tar, name, folder / name)
            held = Contents(**orjson.loads((folder / CONTENTS).read_bytes()))
            same = _hash(folder / DATABASE) == held.sha256
        except (tarfile.TarError, FileNotFoundError, TypeError, ValueError) as error:
            if not file.exists():
                raise
            raise NoBackup(f"{file} is no whole backup of Workbench.") from error
        if held.version != _VERSION:
            raise NoBackup(f"{file} was made by a newer Workbench than this one.")
        if not same:
            raise NoBackup(f"{file} is damaged: its database is not the one that was written.")
        yield folder, held


def lend_keys(config: Config, folder: Path) -> None:
    """Lay this installation's keys beside a copy without any. Raises NoBackup without the first."""
    lent = {name for name in KEYS if _copied(config.home / name, folder / name)}
    if KEYS[0] not in lent:
        raise NoBackup(
            f"The backup is without keys: put its secret.key in {config.home} first, "
            "and sealing.keys and audit.key where there were any."
        )


def put(folder: Path, config: Config, database: Path) -> Path | None:
    """Put what was unpacked in place of what is there, which is moved aside.

    Returns the folder of what was there, None where nothing was. Raises NoBackup while a server
    or another command has the database open.
    """
    aside = None
    moved = {folder / DATABASE: database}
    moved |= {folder / name: config.home / name for name in KEYS if (folder / name).exists()}
    if (folder / ANCHORS).exists() and config.anchor_file is None:
        moved[folder / ANCHORS] = config.anchors
    older = [path for path in moved.values() if path.exists()]
    older += sorted(config.home.glob("jobs.db*"))  # of jobs that the backup may know nothing of
    if older:
        _close(database)
        aside = config.home / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        aside.mkdir(mode=0o700)
        for path in older:
            shutil.move(path, aside / path.name)
    for source, target in moved.items():
        shutil.move(source, target)
    for place in {config.home, database.parent}:
        _folder_to_disk(place)
    return aside


def _close(database: Path) -> None:
    """Fold what was written last into the one file: SQLite does so for who is alone with it."""
    if not database.exists():
        return
    with closing(sqlite.connect(database, timeout=1)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
        except sqlite.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise NoBackup("The database is in use: stop Workbench first.") from None
        except sqlite.DatabaseError:
            return  # it is damaged, which may be why it is replaced


def _take_out(tar: tarfile.TarFile, name: str, target: Path) -> None:
    """Only a plain file of a known name is taken, and the optional ones may be missing."""
    try:
        member = tar.getmember(name)
    except KeyError:
        return
    stream = tar.extractfile(member) if member.isreg() else None
    if stream is None:
        raise tarfile.TarError(f"{name} is no plain file")
    with stream, target.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        shutil.copyfileobj(stream, file)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _folder(beside: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=".backup-", dir=beside))  # mode 0700
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copied(source: Path, target: Path) -> bool:
    if not source.exists():
        return False
    shutil.copyfile(source, target)
    target.chmod(0o600)
    return True


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _counts(database: Path) -> dict[str, int]:
    with closing(sqlite.connect(database)) as connection:
        return {
            name: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for name, table in _COUNTED.items()
        }


def _folder_to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

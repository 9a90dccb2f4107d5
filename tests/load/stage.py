"""An installation for the crowd: people with passwords, and items with real texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from tests.cast import Cast, make_cast
from workbench import migrate, task_types
from workbench.config import Config, load_config, make_key
from workbench.db import Database, now
from workbench.intake import open_source
from workbench.paths import data_dir
from workbench.services import accounts, import_items, projects
from workbench.services.login import hash_password

PASSWORD = "una clave bastante larga"
TEXTS = "pares-pandalm"


@dataclass(frozen=True)
class Stage:
    """A database with people and items in the project `main`."""

    config: Config
    database: Database
    cast: Cast
    names: list[str]


@contextmanager
def stage(home: Path, url: str, *, reviewers: int, items: int) -> Iterator[Stage]:
    """`home`: a folder that is to be made; `url`: an empty database of either kind."""
    home.mkdir()
    make_key(home / "secret.key")
    config = load_config({}, home=home, database_url=url, https=False)
    database = Database(config.database_url, key=config.read_key())
    migrate.upgrade(database)
    cast, names = _people(database, reviewers)
    _items(database, cast, home / "items.jsonl", items)
    try:
        yield Stage(config, database, cast, names)
    finally:
        database.dispose()


def _people(database: Database, reviewers: int) -> tuple[Cast, list[str]]:
    hashed = hash_password(PASSWORD)  # one for all: hashing 500 would take a minute
    names = [f"reviewer{n}" for n in range(reviewers)]
    with database.write() as session:
        moment = now(session)
        cast = make_cast(session, overlap=3)
        for name in names:
            user = accounts.create_user(
                session, name=name, role="reviewer", now=moment, speaks=("en",)
            )
            user.password_hash = hashed
            projects.add_member(session, cast.project, user, role="reviewer", now=moment)
    return cast, names


def _items(database: Database, cast: Cast, file: Path, count: int) -> None:
    """The texts of a sample project, again and again, through the importer."""
    with (data_dir("sample_tasks") / TEXTS / "items.jsonl").open(encoding="utf-8") as lines:
        texts = [{**json.loads(line), "language": "en"} for line in lines]
    with file.open("w", encoding="utf-8") as written:
        for n, item in enumerate(islice(cycle(texts), count)):
            written.write(json.dumps({**item, "id": f"item-{n:07d}"}) + "\n")
    task_type = task_types.get("ranking")
    with (
        import_items.prepare(open_source(file), task_type, cast.project.config) as prepared,
        database.write() as session,
    ):
        import_items.import_items(session, cast.project, prepared, now=now(session), actor=None)

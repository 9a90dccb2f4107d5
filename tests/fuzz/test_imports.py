"""Files that are nearly sound, brought in through the page: each comes in whole or not at all,
and the server never fails."""

from __future__ import annotations

import io
import random
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.cast import Cast
from tests.fuzz import mutate
from tests.web.conftest import (
    ClientFor,
    app,
    client_for,
    database,
    database_url,
)
from workbench.db import Database
from workbench.db import now as database_now
from workbench.intake.tools import BY_NAME
from workbench.models import Item, Judgment, Role, Source, User
from workbench.paths import data_dir
from workbench.services import projects
from workbench.task_types import TASK_TYPES

__all__ = ["app", "client_for", "database", "database_url"]

DATA = Path(__file__).parents[1] / "data"
#: In `make test`, and by `make fuzz` 250 times as many.
FILES = 80


@cache
def _samples() -> list[tuple[str, str, bytes]]:
    """(tool or "", name of the file, content): a few lines of each, so that much is read of it."""
    found = [
        (path.parent.name, path.name, path.read_bytes())
        for path in sorted(DATA.glob("*/*.*"))
        if path.parent.name in BY_NAME and path.suffix != ".md"
    ]
    found += [("", path.name, path.read_bytes()) for path in sorted(DATA.glob("columns/*.csv"))]
    for path in sorted(data_dir("sample_tasks").glob("*/*.jsonl")):
        found.append(("", path.name, path.read_bytes()))
    return [
        (tool, name, content if tool else b"".join(content.splitlines(keepends=True)[:6]))
        for tool, name, content in found
        if len(content) < 200_000 or not tool
    ]


def _stored(database: Database) -> tuple[int, ...]:
    with database.read() as reading:
        return tuple(
            reading.scalar(select(func.count()).select_from(table)) or 0
            for table in (Item, Judgment, Source)
        )


@pytest.fixture
def slugs(cast: Cast, database: Database) -> list[str]:
    """A project of every type, all of which Edu is the engineer of."""
    made = []
    with database.write() as writing:
        now = database_now(writing)
        edu = writing.get_one(User, cast.edu.id)
        for task_type in TASK_TYPES:
            slug = f"of-{task_type.slug}"
            project = projects.create_project(
                writing, slug=slug, type_slug=task_type.slug, title={"es": slug, "en": slug},
                overlap=2, config={}, now=now,
            )  # fmt: skip
            projects.add_member(writing, project, edu, role=Role.ENGINEER, now=now)
            made.append(slug)
    return made


@pytest.mark.parametrize("seeds", mutate.parts(FILES * mutate.TIMES), ids=str)
def test_a_file_comes_in_whole_or_not_at_all(
    seeds: range, slugs: list[str], cast: Cast, database: Database, client_for: ClientFor
) -> None:
    edu = client_for(cast.edu)
    token = edu.csrf()
    taken = 0
    before = _stored(database)
    for seed in seeds:
        rng = random.Random(seed)
        tool, name, content = rng.choice(_samples())
        sent = mutate.of_bytes(rng, content) if rng.random() < 0.9 else content
        form = {
            "csrf_token": token,
            "kind": rng.choice(["items", "judgments"]),
            "from": tool if rng.random() < 0.9 else rng.choice([*BY_NAME, ""]),
            "with": rng.choice(["", "", "language=es", "left=one x", "=", "label=toxic name=a"]),
            "file": (io.BytesIO(sent), name if rng.random() < 0.8 else f"f.{rng.choice(ENDS)}"),
        } | ({"revise": "on"} if rng.random() < 0.3 else {})
        address = f"/projects/{rng.choice(slugs)}/import"
        answer = edu.post(address, data=form, headers={"Accept": "text/html"})
        assert answer.status_code in {303, 409, 413, 422}, f"seed {seed}: {answer.status}"
        after = _stored(database)
        if answer.status_code == 303:
            taken += 1
        else:
            assert after == before, f"seed {seed}: {answer.status_code} and yet stored"
        before = after
    assert taken


ENDS = ["jsonl", "json", "csv", "tsv", "parquet", "gz", "exe", ""]

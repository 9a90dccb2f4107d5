"""Projects with real items and judgments from `sample_tasks/`, brought in as anybody would."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from tests.arrivals import bring_items, bring_judgments
from tests.cast import Cast
from workbench import task_types
from workbench.db import Database
from workbench.db import now as database_now
from workbench.intake import open_source
from workbench.models import Project
from workbench.paths import data_dir
from workbench.services import import_items, import_judgments, projects

#: A sample with judgments for each task type.
JUDGED = {
    "ranking": "pares-pandalm",
    "bias": "hatecheck-raters",
    "adversarial": "ataques-xstest",
}


@dataclass(frozen=True)
class Sample:
    """Lines of a sample: items, and the judgments of just these."""

    folder: str
    items: bytes
    judgments: bytes


def sample(folder: str, count: int = 24) -> Sample:
    """The first `count` items of a sample that has judgments; the last two have none."""
    where = data_dir("sample_tasks") / folder
    judgments = (where / "judgments.jsonl").read_bytes().splitlines(keepends=True)
    judged = {json.loads(line)["item"] for line in judgments}
    with (where / "items.jsonl").open("rb") as file:
        lines = list(islice((x for x in file if json.loads(x)["id"] in judged), count))
    kept = {json.loads(line)["id"] for line in lines[:-2]}
    return Sample(
        folder=folder,
        items=b"".join(lines),
        judgments=b"".join(x for x in judgments if json.loads(x)["item"] in kept),
    )


def make_sample_project(database: Database, cast: Cast, type_slug: str) -> Project:
    """A project of that type with judged items; Edu is its engineer, Luz leads, Ana reviews."""
    lines = sample(JUDGED[type_slug])
    project = _create(database, cast, f"sample-{type_slug}", type_slug, overlap=5)
    task_type = task_types.get(type_slug)
    items = open_source(io.BytesIO(lines.items), "items.jsonl")
    with (
        import_items.prepare(items, task_type, project.config) as prepared,
        database.write() as writing,
    ):
        import_items.import_items(writing, project, prepared, now=database_now(writing), actor=None)
    judgments = open_source(io.BytesIO(lines.judgments), "judgments.jsonl")
    with (
        import_judgments.prepare(database, project, judgments) as checked,
        database.write() as writing,
    ):
        import_judgments.import_judgments(
            writing, project, checked, now=database_now(writing), actor=None
        )
    return project


#: Thursdays at noon in Bogota, and the ISO weeks they are in.
WEEKS = {
    f"2026-W{45 + n}": datetime.fromisoformat("2026-11-05T12:00:00-05:00") + timedelta(weeks=n)
    for n in range(4)
}
#: The week of `fill_weeks` in which one reviewer answers the other way round.
FALL = "2026-W47"


def make_weeks_project(database: Database, cast: Cast) -> Project:
    """The project "weeks", filled by `fill_weeks`; Edu is its engineer, Luz leads, Ana reviews."""
    project = _create(database, cast, "weeks", "ranking", overlap=3)
    fill_weeks(database, project)
    return project


def fill_weeks(
    database: Database, project: Project, weeks: Sequence[str] = tuple(WEEKS), per_week: int = 25
) -> None:
    """Real comparisons with their three judgments each, spread over weeks, fallen apart in `FALL`.

    An item's tag is the pair of models that it compares; every tenth has none, and every fifth is
    said to be Spanish.
    """
    where = data_dir("sample_tasks") / JUDGED["ranking"]
    judgments = _lines((where / "judgments.jsonl").read_bytes())
    judged = {line["item"] for line in judgments}
    items = [x for x in _lines((where / "items.jsonl").read_bytes()) if x["id"] in judged]
    items = items[: per_week * len(weeks)]
    week_of = {item["id"]: weeks[n % len(weeks)] for n, item in enumerate(items)}
    for n, item in enumerate(items):
        item["tags"] = [item["metadata"]["cmp_key"]] if n % 10 else []
        item["language"] = "en" if n % 5 else "es"
    kept = [line for line in judgments if line["item"] in week_of]
    first = min(line["reviewer"] for line in kept)
    for line in kept:
        week = week_of[line["item"]]
        line["at"] = WEEKS[week].isoformat()
        if week == FALL and line["reviewer"] == first:
            line["answer"]["tiers"].reverse()
    bring_items(database, project, items)
    bring_judgments(database, project, kept)


def _create(database: Database, cast: Cast, slug: str, type_slug: str, overlap: int) -> Project:
    with database.write() as writing:
        now = database_now(writing)
        title = {"es": "Muestra", "en": "Sample"}
        project = projects.create_project(
            writing, slug=slug, type_slug=type_slug, title=title, overlap=overlap,
            config={}, now=now,
        )  # fmt: skip
        for user, role in ((cast.edu, "engineer"), (cast.luz, "lead"), (cast.ana, "reviewer")):
            projects.add_member(writing, project, user, role=role, now=now)
    return project


def _lines(file: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.splitlines()]

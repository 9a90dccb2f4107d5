"""Projects with real items and judgments from `sample_tasks/`, brought in as anybody would."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from itertools import islice

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
    with database.write() as writing:
        now = database_now(writing)
        title = {"es": "Muestra", "en": "Sample"}
        project = projects.create_project(
            writing, slug=f"sample-{type_slug}", type_slug=type_slug, title=title, overlap=5,
            config={}, now=now,
        )  # fmt: skip
        for user, role in ((cast.edu, "engineer"), (cast.luz, "lead"), (cast.ana, "reviewer")):
            projects.add_member(writing, project, user, role=role, now=now)
    task_type = task_types.get(type_slug)
    items = open_source(io.BytesIO(lines.items), "items.jsonl")
    with (
        import_items.prepare(items, task_type, project.config) as prepared,
        database.write() as writing,
    ):
        import_items.import_items(writing, project, prepared, now=now, actor=None)
    judgments = open_source(io.BytesIO(lines.judgments), "judgments.jsonl")
    with (
        import_judgments.prepare(database, project, judgments) as checked,
        database.write() as writing,
    ):
        import_judgments.import_judgments(writing, project, checked, now=now, actor=None)
    return project

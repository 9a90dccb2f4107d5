"""What arrives from outside: lines of items and judgments, and bringing them in."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any, BinaryIO

import orjson

from tests.conftest import KEY
from workbench import task_types
from workbench.db import Database, now
from workbench.intake import Source, open_source
from workbench.models import Project
from workbench.queries.verify import Finding, verify
from workbench.services import import_items, import_judgments
from workbench.services.spool import ImportCounts

FILE = "f.jsonl"


def raw_item(name: str, **fields: Any) -> dict[str, Any]:
    """A line of two responses."""
    return {
        "id": name,
        "language": "en",
        "prompt": f"Question {name}?",
        "responses": [
            {"id": "a", "model": "m1", "text": f"First answer to {name}."},
            {"id": "b", "model": "m2", "text": f"Second answer to {name}."},
        ],
        **fields,
    }


def ballot(*tiers: list[str], **fields: Any) -> dict[str, Any]:
    """A ranking's answer."""
    return {
        "tiers": list(tiers),
        "unranked": [],
        "verdict": None,
        "strength": None,
        "reason": "",
        **fields,
    }


A_BETTER = ballot(["a"], ["b"])
B_BETTER = ballot(["b"], ["a"])
TIED = ballot(["a", "b"])


def raw_judgment(item: str, reviewer: str, answer: Any = A_BETTER, **fields: Any) -> dict[str, Any]:
    """A line of a judgment."""
    return {"item": item, "reviewer": reviewer, "answer": answer, **fields}


def as_bytes(raws: Iterable[Any]) -> bytes:
    """JSON lines; what is bytes already is a line as it stands."""
    return b"".join((raw if isinstance(raw, bytes) else orjson.dumps(raw)) + b"\n" for raw in raws)


def as_source(raws: Iterable[Any], name: str = FILE) -> Source:
    """The same as something to read."""
    return open_source(io.BytesIO(as_bytes(raws)), name)


def bring_items(
    database: Database,
    project: Project,
    raws: Iterable[Any],
    *,
    revise: bool = False,
    reject_to: BinaryIO | None = None,
) -> ImportCounts:
    """Import items as the command line and the web do. Raises Rejected."""
    task_type = task_types.get(project.type)
    with (
        import_items.prepare(as_source(raws), task_type, project.config, reject_to) as prepared,
        database.write() as session,
    ):
        return import_items.import_items(
            session, project, prepared, now=now(session), actor=None, revise=revise
        )


def bring_judgments(
    database: Database,
    project: Project,
    raws: Iterable[Any],
    *,
    revise: bool = False,
    reject_to: BinaryIO | None = None,
) -> ImportCounts:
    """Import judgments as the command line does. Raises Rejected."""
    with (
        import_judgments.prepare(database, project, as_source(raws), reject_to) as prepared,
        database.write() as session,
    ):
        return import_judgments.import_judgments(
            session, project, prepared, now=now(session), actor=None, revise=revise
        )


def broken(database: Database) -> list[Finding]:
    """What `workbench verify` would find."""
    with database.read() as session:
        return verify(session, KEY)

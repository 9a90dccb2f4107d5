"""Practice items for the ranking projects of the cast."""

from __future__ import annotations

import io
import json
from typing import Any

from sqlalchemy.orm import Session

from tests.flows.acts import prefers
from workbench import task_types
from workbench.db import now as database_now
from workbench.intake import Source, open_source
from workbench.models import Project
from workbench.services import practice_items
from workbench.services.spool import ImportCounts


def practice_line(name: str, best: str = "a", **changes: Any) -> dict[str, Any]:
    """A pair of which response `best` is expected to be ranked first."""
    return {
        "id": name,
        "language": "en",
        "prompt": f"Practice {name}?",
        "responses": [
            {"id": "a", "model": "model-one", "text": f"First of {name}."},
            {"id": "b", "model": "model-two", "text": f"Second of {name}."},
        ],
        "expected": prefers(best),
        "why": {"es": f"Porque {name}.", "en": f"Because {name}."},
        **changes,
    }


def as_file(*lines: Any, name: str = "practice.jsonl") -> Source:
    """A file of these lines; text stands for itself."""
    text = "".join(
        (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n"
        for line in lines
    )
    return open_source(io.BytesIO(text.encode()), name)


def bring_in(session: Session, project: Project, *lines: Any) -> ImportCounts:
    """Store these practice items, or raise Rejected."""
    task_type = task_types.get(project.type)
    with practice_items.prepare(as_file(*lines), task_type, project.config) as prepared:
        now = database_now(session)
        return practice_items.add_items(session, project, prepared, now=now, actor=None)

"""Note in the audit trail that data left the house."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from workbench.export.manifest import Manifest
from workbench.models import Project
from workbench.services import audit


def record_export(
    session: Session, project: Project, manifest: Manifest, *, now: datetime, actor: int | None
) -> int:
    """The number of the entry, which says what was exported under which policy."""
    said = manifest.as_dict()
    return audit.append(
        session,
        "export",
        f"project:{project.id}",
        actor=actor,
        at=now,
        detail={
            "format": said["format"],
            "policy": said["policy"],
            "watermark": said["watermark"],
            "rows": said["rows"],
            "sha256": [file["sha256"] for file in said["files"]],
        },
    )

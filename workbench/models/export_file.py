"""Files that were put together for download."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base


class ExportFile(Base):
    """One export with its files, or the lines that an import left out."""

    __tablename__ = "export_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    #: Name of the format; "rejects" for the lines that an import left out.
    format: Mapped[str]
    #: Options by name, as strings: what the form and the command line share.
    policy: Mapped[dict[str, Any]]
    #: The manifest as it stands in its file.
    manifest: Mapped[dict[str, Any]]
    #: Files that may be asked for: one for each entry of the manifest's `files`, in that order,
    #: then those beside the rows, then the manifest's own if it has one.
    names: Mapped[list[Any]]
    #: Folder in the folder of exports; nothing in its name comes from outside.
    folder: Mapped[str]
    #: The import that left these lines out.
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"), index=True)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

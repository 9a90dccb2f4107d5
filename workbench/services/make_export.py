"""Put an export together for download, and note who made it.

with build(database, project, fmt, policy, config.exports) as built:
    with database.write() as session:
        row = record(session, project, built, now=now(session), actor=user.id)
"""

from __future__ import annotations

import hashlib
import secrets
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlalchemy.orm import Session

import workbench
from workbench import task_types
from workbench.db import Database
from workbench.export.files import export_paths
from workbench.export.filters import FILTERS
from workbench.export.formats import BY_NAME, ExchangeFormat, Format
from workbench.export.manifest import ExportedFile, ExportMeta, Manifest, in_words
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.export.write import write_export
from workbench.messages import Message
from workbench.models import ExportFile, Project, Source
from workbench.queries.export import judged_items, watermark
from workbench.services.record_export import record_export

#: `ExportFile.format` of the lines that an import left out.
REJECTS = "rejects"


@dataclass(frozen=True)
class Built:
    """Files that lie ready, and what they hold. `names` are in the order of the manifest."""

    folder: Path
    names: tuple[str, ...]
    manifest: Manifest


@contextmanager
def new_folder(exports: Path) -> Iterator[Path]:
    """A folder with a name that nobody can guess; it goes away again if the block fails."""
    exports.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = exports / secrets.token_hex(16)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def build(
    database: Database, project: Project, fmt: Format, policy: ExportPolicy, exports: Path
) -> Iterator[Built]:
    """Write the files into a new folder below `exports`, which stays if the block succeeds.

    It reads in transactions of its own, so no writer waits for it. Raises Invalid by field where
    format and policy do not fit the project.
    """
    with new_folder(exports) as folder:
        target = folder / f"{project.slug}-{fmt.name}{fmt.suffix}"
        with database.read() as reading:
            mark = watermark(reading, project.id)
        manifest = write_export(
            judged_items(database, project.id, mark),
            task_types.get(project.type),
            project.config,
            fmt,
            policy,
            target=target,
            meta=ExportMeta(project.slug, workbench.__version__, mark),
        )
        names = tuple(path.name for path in export_paths(target, fmt, policy))
        yield Built(folder, names, manifest)


@dataclass(frozen=True)
class Previewed:
    """What an export would be now. `rows`: the first lines of it, without their line ends."""

    manifest: Manifest
    rows: tuple[bytes, ...]


def preview(
    database: Database, project: Project, fmt: Format, policy: ExportPolicy, most: int
) -> Previewed:
    """Count everything, and keep the first `most` rows. Writes nothing. Raises as `build`."""
    with database.read() as reading:
        mark = watermark(reading, project.id)
    first = _First(most)
    manifest = write_export(
        judged_items(database, project.id, mark),
        task_types.get(project.type),
        project.config,
        # The rows, without the brackets and commas of an array.
        replace(fmt, array=False) if isinstance(fmt, ExchangeFormat) else fmt,
        # All rows in one: a stream takes no splits.
        replace(policy, splits=()),
        target=cast(BinaryIO, first),
        meta=ExportMeta(project.slug, workbench.__version__, mark),
    )
    return Previewed(manifest, tuple(bytes(first.kept).splitlines()[:most]))


class _First:
    """A stream that keeps the first lines of what is written to it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.kept = bytearray()

    def write(self, data: bytes) -> int:
        if self.kept.count(b"\n") < self._most:
            self.kept += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""


def record(
    session: Session, project: Project, built: Built, *, now: datetime, actor: int | None
) -> ExportFile:
    """Note an export that was built, in the list and in the audit trail."""
    row = ExportFile(
        project_id=project.id,
        format=built.manifest.format,
        policy=as_options(built.manifest.policy),
        manifest=built.manifest.as_dict(),
        names=list(built.names),
        folder=built.folder.name,
        source_id=None,
        created_at=now,
        created_by=actor,
    )
    session.add(row)
    session.flush()
    record_export(session, project, built.manifest, now=now, actor=actor)
    return row


def as_options(policy: ExportPolicy) -> dict[str, str]:
    """The options that `parse_policy` makes this policy of, every one of them."""
    chosen = policy.policy
    return {
        **policy.filters.as_options(),
        "decisions": policy.decisions,
        "ties": chosen.ties,
        "aggregate": chosen.aggregate,
        "min_judgments": str(chosen.min_judgments),
        "min_agreement": f"{Decimal(str(chosen.min_agreement)).normalize():f}",
        "criterion": chosen.criterion or "",
        "split": ",".join(f"{split.name}={split.share:f}" for split in policy.splits),
    }


def shell_command(slug: str, fmt: Format, options: Mapping[str, str]) -> str:
    """The command that makes the same export; options at their default are left out."""
    default = as_options(ExportPolicy())
    file = f"{slug}-{fmt.name}{fmt.suffix}"
    words = ["workbench", "export", slug, "--format", fmt.name, "-o", file]
    for name in (*FILTERS, *fmt.heeds):
        value = options.get(name, "")
        if value and value != default[name]:
            words += [f"--{name.replace('_', '-')}", value]
    return shlex.join(words)


def words_of(row: ExportFile) -> list[Message]:
    """The policy of an export that was recorded, one sentence a decision."""
    return in_words(BY_NAME[row.format], parse_policy(options_of(row)))


def options_of(row: ExportFile) -> dict[str, str]:
    """The options of an export that was recorded; before decisions could count, none did."""
    return {"decisions": "ignore", **row.policy}


def stored_manifest(row: ExportFile) -> Manifest:
    """The manifest of an export that was recorded."""
    raw: dict[str, Any] = row.manifest
    read = raw["read"]
    return Manifest(
        meta=ExportMeta(raw["project"], raw["version"], raw["watermark"], raw["product"]),
        task_type=raw["task_type"]["slug"],
        task_type_version=raw["task_type"]["version"],
        format=raw["format"],
        policy=parse_policy(options_of(row)),
        items=read["items"],
        items_aside=read.get("items_aside", 0),
        judgments_aside=read.get("judgments_aside", 0),
        items_without_judgments=read["items_without_judgments"],
        judgments=read["judgments"],
        decided=read.get("decided", 0),
        reviewers=read["reviewers"],
        first_judgment=read["first_judgment"],
        last_judgment=read["last_judgment"],
        guidelines=tuple((each["version"], each["judgments"]) for each in read["guidelines"]),
        dropped=raw["dropped"],
        files=tuple(ExportedFile(**file) for file in raw["files"]),
    )


def record_rejects(
    session: Session, source: Source, file: Path, rows: int, actor: int | None
) -> ExportFile:
    """Keep the lines that an import left out, so that they can be fetched."""
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    entry = {"rows": rows, "bytes": file.stat().st_size, "sha256": sha256}
    row = ExportFile(
        project_id=source.project_id,
        format=REJECTS,
        policy={},
        manifest={"rows": rows, "files": [entry]},
        names=[file.name],
        folder=file.parent.name,
        source_id=source.id,
        created_at=source.created_at,
        created_by=actor,
    )
    session.add(row)
    session.flush()
    return row

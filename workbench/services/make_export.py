"""Put an export together for download, and note who made it.

with build(database, project, fmt, policy, place) as built:
    with database.write() as session:
        row = record(session, project, built, name="", now=now(session), actor=user.id)
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import count, islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

import workbench
from workbench import task_types
from workbench.db import Database
from workbench.export.card import NAME as CARD
from workbench.export.card import card
from workbench.export.files import export_paths
from workbench.export.formats import BY_NAME, ExchangeFormat, Format
from workbench.export.manifest import (
    BEFORE,
    ExportedFile,
    ExportMeta,
    Manifest,
    in_words,
    trust_in,
)
from workbench.export.near import near_duplicates
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.export.split import canonical_prompt, place_of
from workbench.export.write import lines_of, write_export
from workbench.messages import N_, Invalid, Message
from workbench.models import ExportFile, Project, Source
from workbench.queries.export import count_items, judged_items, prompts, prompts_of, watermark
from workbench.services.card_facts import card_facts
from workbench.services.record_export import record_export
from workbench.services.spool import Progress, no_progress
from workbench.services.trust import trusted

T = TypeVar("T")

#: `ExportFile.format` of the lines that an import left out.
REJECTS = "rejects"

#: What a snapshot may be called.
NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?")


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


@dataclass(frozen=True)
class Place:
    """Where files of exports lie, and in which zone the site's hours of work are told."""

    folder: Path
    zone: ZoneInfo


@contextmanager
def build(
    database: Database,
    project: Project,
    fmt: Format,
    policy: ExportPolicy,
    place: Place,
    *,
    progress: Progress = no_progress,
) -> Iterator[Built]:
    """Write the files into a new folder below that of `place`, which stays if the block succeeds.

    It reads in transactions of its own, so no writer waits for it. Raises Invalid by field where
    format and policy do not fit the project.
    """
    with new_folder(place.folder) as folder:
        target = folder / f"{project.slug}-{fmt.name}{fmt.suffix}"
        with database.read() as reading:
            mark = watermark(reading, project.id)
            facts = card_facts(reading, project, place.zone)
            items = count_items(reading, project.id)
        passes = _Passes(progress, items * _how_many_passes(fmt, policy))
        trust = trusted(database, project, fmt, policy, mark, watch=passes.watch)
        manifest = write_export(
            passes.watch(judged_items(database, project.id, mark)),
            task_types.get(project.type),
            project.config,
            fmt,
            policy,
            target=target,
            meta=ExportMeta(project.slug, workbench.__version__, mark, trust=trust),
            alike=alike(database, project, policy, passes.watch),
        )
        *names, last = (path.name for path in export_paths(target, fmt, policy))
        written = card(manifest, names[: len(manifest.files)], facts)
        (folder / CARD).write_bytes(written)
        yield Built(folder, (*names, CARD, last), manifest)


def _how_many_passes(fmt: Format, policy: ExportPolicy) -> int:
    """How often the items are read: to learn whom to trust, to find what is alike, to write."""
    return 1 + bool(policy.by_reliability(fmt.heeds)) + bool(policy.splits and policy.together)


@dataclass
class _Passes:
    """Counts the items of all passes together."""

    progress: Progress
    total: int
    done: int = 0

    def watch(self, items: Iterator[T]) -> Iterator[T]:
        for item in items:
            yield item
            self.done += 1
            self.progress("read", self.done, self.total)


def alike(
    database: Database,
    project: Project,
    policy: ExportPolicy,
    watch: Callable[[Iterator[Any]], Iterator[Any]] = iter,
) -> dict[int, int]:
    """The prompts that go where a nearly equal one goes, as `write_export` takes them."""
    if not (policy.splits and policy.together):
        return {}
    rows: dict[int, int] = {}

    def each() -> Iterator[tuple[int, str]]:
        for item_id, prompt in watch(prompts(database, project.id)):
            text = canonical_prompt(prompt)
            place = place_of(text)
            if rows.setdefault(place, item_id) == item_id:
                yield place, text

    def again(places: Sequence[int]) -> Iterator[str]:
        with database.read() as reading:
            found = prompts_of(reading, [rows[each] for each in places])
        return (canonical_prompt(found[rows[each]]) for each in places)

    return near_duplicates(each(), again)


@dataclass(frozen=True)
class Previewed:
    """What an export would be now. `rows`: the first lines of it, without their line ends; `items`:
    as the engineers call those of which they are."""

    manifest: Manifest
    rows: tuple[bytes, ...]
    items: tuple[str, ...]


def preview(
    database: Database, project: Project, fmt: Format, policy: ExportPolicy, most: int
) -> Previewed:
    """Count everything, and keep the first `most` rows. Writes nothing. Raises as `build`."""
    with database.read() as reading:
        mark = watermark(reading, project.id)
    task_type, trust = task_types.get(project.type), trusted(database, project, fmt, policy, mark)
    # The rows, without the brackets and commas of an array.
    fmt = replace(fmt, array=False) if isinstance(fmt, ExchangeFormat) else fmt
    # All rows in one: a stream takes no splits.
    policy = replace(policy, splits=())
    manifest = write_export(
        judged_items(database, project.id, mark),
        task_type,
        project.config,
        fmt,
        policy,
        target=cast(BinaryIO, _Nowhere()),
        meta=ExportMeta(project.slug, workbench.__version__, mark, trust=trust),
    )
    given = lines_of(
        judged_items(database, project.id, mark),
        task_type,
        project.config,
        fmt,
        policy,
        trust=trust,
    )
    of_items = ((item.id, line.rstrip(b"\n")) for item, lines in given for line in lines)
    first = tuple(islice(of_items, min(most, manifest.rows)))
    return Previewed(manifest, tuple(line for _, line in first), tuple({name for name, _ in first}))


class _Nowhere:
    """A stream that keeps nothing of what is written to it."""

    def write(self, data: bytes) -> int:
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""


def record(
    session: Session,
    project: Project,
    built: Built,
    *,
    name: str,
    now: datetime,
    actor: int | None,
) -> ExportFile:
    """Note an export that was built, in the list and in the audit trail.

    `name` "" gives it one of its format and day. Raises Invalid at "name".
    """
    # First, since the trail is written by one at a time: no other can take the name meanwhile.
    record_export(session, project, built.manifest, now=now, actor=actor)
    wanted = name or own_name(built.manifest.format, now)
    row = ExportFile(
        project_id=project.id,
        name=name_for(session, project, wanted, free=not name),
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
    return row


def own_name(format_name: str, now: datetime) -> str:
    """What a snapshot is called that was given no name."""
    return f"{format_name}-{now:%Y-%m-%d}"


def check_name(name: str) -> None:
    """Raises Invalid at "name" for what no snapshot can be called."""
    if not NAME.fullmatch(name):
        raise Invalid({"name": N_("A name is of lower-case letters, digits, and . _ - between them;"
                                  " at most 60.")})  # fmt: skip


def name_for(session: Session, project: Project, name: str, *, free: bool) -> str:
    """The name, where a snapshot can have it; with a number behind it where it is taken and `free`.

    Raises Invalid at "name".
    """
    check_name(name)
    taken = set(
        session.scalars(
            select(ExportFile.name).where(
                ExportFile.project_id == project.id,
                ExportFile.name.startswith(name, autoescape=True),
            )
        )
    )
    if name not in taken:
        return name
    if not free:
        raise Invalid({"name": N_("There is a snapshot “%(name)s” already, and it never changes.",
                                  name=name)})  # fmt: skip
    return next(other for n in count(2) if (other := f"{name}-{n}") not in taken)


def as_options(policy: ExportPolicy) -> dict[str, str]:
    """The options that `parse_policy` makes this policy of, every one of them."""
    chosen = policy.policy
    return {
        **policy.filters.as_options(),
        "decisions": policy.decisions,
        "ties": chosen.ties,
        "all_bad": chosen.all_bad,
        "unranked": chosen.unranked,
        "cycles": chosen.cycles,
        "min_strength": _plain(chosen.min_strength),
        "aggregate": policy.aggregate,
        "min_judgments": str(chosen.min_judgments),
        "min_agreement": _plain(chosen.min_agreement),
        "min_posterior": _plain(policy.min_posterior),
        "criterion": chosen.criterion or "",
        "split": ",".join(f"{split.name}={split.share:f}" for split in policy.splits),
        "near_duplicates": "together" if policy.together else "apart",
        "seed": policy.seed,
    }


def _plain(share: float) -> str:
    """A share without an exponent."""
    return f"{Decimal(str(share)).normalize():f}"


def words_of(row: ExportFile) -> list[Message]:
    """The policy of an export that was recorded, one sentence a decision."""
    return in_words(BY_NAME[row.format], parse_policy(options_of(row)))


def options_of(row: ExportFile) -> dict[str, str]:
    """The options of an export that was recorded; of one made before an option was, what it did."""
    return {**BEFORE, **row.policy}


def stored_manifest(row: ExportFile) -> Manifest:
    """The manifest of an export that was recorded."""
    raw: dict[str, Any] = row.manifest
    read = raw["read"]
    return Manifest(
        meta=ExportMeta(
            raw["project"], raw["version"], raw["watermark"], raw["product"], trust_in(raw)
        ),
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
        judged_by=read.get("judged_by", {}),
        languages=read.get("languages", {}),
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

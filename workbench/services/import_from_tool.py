"""Bring a file of another tool in: its items and its judgments, in one transaction or not at all.

First `prepare(source, tool, project, options)`, then `import_from_tool` in a writing transaction.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, BinaryIO

import orjson
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.intake import Line, ParsedJudgment, Source, parse_judgment
from workbench.intake.rows import MIB
from workbench.intake.tools import Record, Tool, check_options, read_records
from workbench.intake.tools.base import Given
from workbench.messages import Message
from workbench.models import Project
from workbench.models import Source as SourceRow
from workbench.queries.sources import newest_source
from workbench.services.check_judgments import PreparedJudgments, check_lines
from workbench.services.import_items import columns_of, import_items
from workbench.services.import_judgments import import_judgments
from workbench.services.spool import ImportCounts, Prepared, Progress, no_progress

_IN_MEMORY = 8 * MIB


class PreparedRecords(Prepared):
    """A file of another tool that was read to its end: its items as every import keeps them, and
    beside them the judgments, which can be checked against stored items only once those are."""

    def __init__(
        self, source: Source, tool: Tool, reject_to: BinaryIO | None, progress: Progress
    ) -> None:
        super().__init__(source, reject_to, progress)
        self.tool = tool
        self.source = source
        self.reject_to = reject_to
        #: How often what, in words of the catalog, was not taken over.
        self.left: Counter[str] = Counter()
        self.n_judgments = 0
        #: Numbers of records that were found wrong when they were stored.
        self._left_out: set[int] = set()
        self._judgments = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._judgments.close()

    def keep_record(self, line: Line[Record], record: Record) -> None:
        """Set a good record aside."""
        for item, digest in record.items:
            self.keep(line, [digest, columns_of(item)])
        for raw in record.judgments:
            self._judgments.write(orjson.dumps([line.number, raw]) + b"\n")
        self.n_judgments += len(record.judgments)
        self.left.update(message.text for message in record.left)

    def reject(self, line: Line[Any], faults: Mapping[str, Message]) -> None:
        """Leave a record out, and with it what people said of its items."""
        super().reject(line, faults)
        self._left_out.add(line.number)

    def judgments(self) -> Iterator[Line[ParsedJudgment]]:
        """The judgments of good records as lines of the own format, under the records' numbers."""
        self._judgments.seek(0)
        for kept in self._judgments:
            number, raw = orjson.loads(kept)
            if number in self._left_out:
                continue
            yield Line(number, orjson.dumps(raw), parse_judgment(raw, sound=True))


@dataclass(frozen=True)
class ToolCounts:
    """What came of the items and of the judgments of a file (None: it has none), how often what was
    left out, and the row that the file has in the list of imports."""

    items: ImportCounts
    judgments: ImportCounts | None
    left: Mapping[str, int]
    source: SourceRow

    @property
    def rejected(self) -> int:
        """Records and judgments that were left out because something is wrong with them."""
        return self.items.rejected + (self.judgments.rejected if self.judgments else 0)


def prepare(
    source: Source,
    tool: Tool,
    project: Project,
    options: Mapping[str, str],
    *,
    reject_to: BinaryIO | None = None,
    progress: Progress = no_progress,
) -> PreparedRecords:
    """Read and check a file without the database. See `Prepared`; close it by a `with`.

    Raises Invalid where the tool cannot be read for this project, or has no such option.
    """
    check_options(tool, project.type, options)
    given = Given(project.type, project.config, options)
    prepared = PreparedRecords(source, tool, reject_to, progress)
    with source:
        lines = read_records(source, tool, task_types.get(project.type), given)
        for line in prepared.watch(lines):
            if line.parsed is None:
                prepared.note(line)
            else:
                prepared.keep_record(line, line.parsed)
    return prepared


def import_from_tool(
    session: Session,
    project: Project,
    prepared: PreparedRecords,
    *,
    now: datetime,
    actor: int | None,
    revise: bool = False,
) -> ToolCounts:
    """Store items as `import_items` does, then judgments as `import_judgments` does, in the same
    transaction: the answers are checked once more, against what is stored by then.

    Raises Rejected when something is wrong and may not be left out; the caller then rolls back.
    """
    items = import_items(session, project, prepared, now=now, actor=actor, revise=revise)
    source = newest_source(session, project.id)
    judgments = None
    if prepared.n_judgments:
        with PreparedJudgments(prepared.source, prepared.reject_to, prepared.progress) as checked:
            checked.sha256 = prepared.sha256
            check_lines(checked, project, prepared.judgments(), lambda: nullcontext(session))
            judgments = import_judgments(
                session, project, checked, now=now, actor=actor, revise=revise
            )
    left = dict(prepared.left)
    source.counts = {
        **items.as_dict(),
        "rejected": items.rejected + (judgments.rejected if judgments else 0),
        "tool": prepared.tool.name,
        **prepared.tool.told,
        "left": left,
        "judgments": judgments.as_dict() if judgments else None,
    }
    session.flush()
    return ToolCounts(items, judgments, left, source)

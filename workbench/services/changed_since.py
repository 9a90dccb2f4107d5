"""Which items of a snapshot have news, and whether its rows would be others today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.export.formats import BY_NAME
from workbench.export.manifest import trust_in
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.export.write import lines_of
from workbench.models import ExportFile, Item, Project
from workbench.queries.export import judged_of, watermark
from workbench.queries.news import News, news
from workbench.services.make_export import options_of

#: Items with news that are looked at, unless more are asked for.
MOST = 2_000

_GONE: frozenset[News] = frozenset({"replaced", "gold"})


@dataclass(frozen=True)
class Change:
    """An item of the snapshot with news."""

    item_id: int
    item: str
    news: tuple[News, ...]
    #: What the snapshot has of it, and what an export would have of it today.
    rows: Literal["same", "other", "gone"]


@dataclass(frozen=True)
class Changed:
    """The items of a snapshot with news, whose rows would be others first.

    `unseen`: further items with news, which may be in the snapshot or not.
    """

    changes: tuple[Change, ...]
    unseen: int

    @property
    def others(self) -> int:
        """Items whose rows would be others today."""
        return sum(change.rows != "same" for change in self.changes)

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        return {"changes": [asdict(each) for each in self.changes], "unseen": self.unseen}


def changed_since(session: Session, project: Project, row: ExportFile, most: int = MOST) -> Changed:
    """What became of the items that gave rows of a snapshot, since it was made.

    The rows are made anew from what counted then, under the same policy, and held against those of
    now: nothing is kept for it, and it is right for any past snapshot. Reviewers weigh what
    they did then. Of items with news the first `most` are looked at.
    """
    mark = int(row.manifest["watermark"])
    found = news(session, project.id, mark, row.created_at)
    looked_at = list(islice(sorted(found), most))
    now = watermark(session, project.id)
    then = _lines(session, project, row, looked_at, mark)
    present = _lines(session, project, row, looked_at, now)
    changes = [
        Change(item_id, name, tuple(sorted(found[item_id])),
               _rows(lines, present[item_id][1], found[item_id]))
        for item_id, (name, lines) in then.items()
        if lines
    ]  # fmt: skip
    changes.sort(key=lambda change: (change.rows == "same", change.item))
    return Changed(tuple(changes), len(found) - len(looked_at))


def has_rows_of(session: Session, project: Project, row: ExportFile, item: str) -> bool:
    """Whether a snapshot has rows of the item of that name, in whichever revision it had then."""
    then = (
        Item.created_at <= row.created_at,
        or_(Item.retired_at.is_(None), Item.retired_at > row.created_at),
    )
    ids = session.scalars(
        select(Item.id).where(
            Item.project_id == project.id, Item.external_id == item, Item.copy_of.is_(None), *then
        )
    ).all()
    lines = _lines(session, project, row, list(ids), int(row.manifest["watermark"]))
    return any(given for _, given in lines.values())


def _rows(then: list[bytes], now: list[bytes], what: set[News]) -> Literal["same", "other", "gone"]:
    if not now or what & _GONE:
        return "gone"
    return "same" if then == now else "other"


def _lines(
    session: Session, project: Project, row: ExportFile, item_ids: list[int], mark: int
) -> dict[int, tuple[str, list[bytes]]]:
    """By the item's row: its name, and the lines that it gives at a watermark."""
    kind, policy = task_types.get(project.type), _policy(row)
    judged = judged_of(session, item_ids, mark)
    given = lines_of(
        judged, kind, project.config, BY_NAME[row.format], policy, trust=trust_in(row.manifest)
    )
    return dict(zip(item_ids, _named(given), strict=True))


def _named(given: Iterator[tuple[Any, list[bytes]]]) -> Iterator[tuple[str, list[bytes]]]:
    for item, lines in given:
        yield item.id, lines


def _policy(row: ExportFile) -> ExportPolicy:
    return parse_policy(options_of(row))

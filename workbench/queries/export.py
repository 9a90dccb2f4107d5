"""What was decided, as the exporter takes it: items in order, each with its answers."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, or_, select
from sqlalchemy.orm import Session

from workbench.db import Database, listed
from workbench.models import Adjudication, Judgment, Membership, Settled
from workbench.models import Item as ItemRow
from workbench.queries.item_rows import plain_item, select_items
from workbench.task_types.base import AnswerRecord, Decision, Item, Turn

#: Items a transaction reads, and the characters of text after which it reads fewer.
PAGE = 500
PAGE_CHARACTERS = 8_000_000
_FETCH = 50

#: These are executed for every page.
_ITEMS = select_items().where(ItemRow.id.in_(listed("ids"))).order_by(ItemRow.id)
_IDS = (
    select(ItemRow.id)
    .where(ItemRow.project_id == bindparam("project_id"), ItemRow.is_current, ~ItemRow.is_gold)
    .order_by(ItemRow.id)
    .execution_options(yield_per=10_000)
)
_PROMPTS = select(ItemRow.id, ItemRow.prompt).where(ItemRow.id.in_(listed("ids")))
_ANSWERS = (
    select(
        Judgment.item_id,
        Membership.pseudonym,
        Judgment.answer,
        Judgment.made_at,
        Judgment.active_ms,
        Judgment.shown,
        Judgment.guideline_version,
    )
    .join(
        Membership,
        (Membership.project_id == Judgment.project_id) & (Membership.user_id == Judgment.user_id),
    )
    .where(Judgment.item_id.in_(listed("ids")), Judgment.audit_seq <= bindparam("mark"))
    .order_by(Judgment.item_id, Membership.pseudonym, Judgment.revision)
)
_DECISIONS = (
    select(
        Adjudication.item_id,
        Adjudication.outcome,
        Adjudication.answer,
        Adjudication.made_at,
        Adjudication.guideline_version,
        Membership.pseudonym,
    )
    .join(
        Membership,
        (Membership.project_id == Adjudication.project_id)
        & (Membership.user_id == Adjudication.user_id),
    )
    .where(Adjudication.item_id.in_(listed("ids")), Adjudication.audit_seq <= bindparam("mark"))
    .order_by(Adjudication.item_id, Adjudication.revision)
)


def watermark(session: Session, project_id: int) -> int:
    """Number of the last audit entry that tells of a judgment of this project, or of what a lead
    decided; 0 when none does.

    All up to it is there to be read: numbers follow the order of commits.
    """
    newest = (
        select(func.max(table.audit_seq)).where(table.project_id == project_id)
        for table in (Judgment, Adjudication)
    )
    return max(session.scalar(query) or 0 for query in newest)


#: An item with the answers, and the decision of a lead, that counted.
Judged = tuple[Item, list[AnswerRecord], Decision | None]


def judged_items(database: Database, project_id: int, mark: int) -> Iterator[Judged]:
    """The present items of a project with the answers, and the decision of a lead, that counted at
    watermark `mark`.

    Items come in code-point order of their ids, without answers too; answers in that of the
    reviewers' pseudonyms. Of each reviewer it is the newest revision up to the mark, and none where
    that one takes the answer back. Reads in short transactions, and holds a page at a time.
    """
    after = ""
    while True:
        with database.read() as session:
            rows = _page(session, project_id, after)
            judged = _judged(session, rows, mark)
        if not rows:
            return
        yield from judged
        after = rows[-1].external_id


def count_items(session: Session, project_id: int) -> int:
    """How many items `judged_items` gives."""
    query = select(func.count()).where(
        ItemRow.project_id == project_id, ItemRow.is_current, ~ItemRow.is_gold
    )
    return session.scalar(query) or 0


def has_more_rows(session: Session, project_id: int, than: int) -> bool:
    """Whether the project has more items and judgments than so many. Counts few more than those."""
    left = than - count_items(session, project_id)
    judgments = select(Judgment.id).where(Judgment.project_id == project_id)
    return left < 0 or session.scalar(judgments.offset(left).limit(1)) is not None


def judged_of(session: Session, item_ids: Collection[int], mark: int) -> Iterator[Judged]:
    """The same of these rows of items alone, in the order of the rows, present or not."""
    ordered = sorted(item_ids)
    for start in range(0, len(ordered), PAGE):
        ids = ordered[start : start + PAGE]
        rows = session.execute(_ITEMS, {"ids": ids}).all()
        yield from _judged(session, rows, mark)


def left_items(session: Session, project_id: int) -> list[int]:
    """Rows of items that may have been in an export and are in none any more, in their order."""
    left = (ItemRow.retired_at.is_not(None), ItemRow.is_gold)
    return list(
        session.scalars(
            select(ItemRow.id)
            .where(ItemRow.project_id == project_id, ItemRow.copy_of.is_(None), or_(*left))
            .order_by(ItemRow.id)
        )
    )


def row_of(session: Session, project_id: int, external_id: str) -> int:
    """The row of the project's present item of that name."""
    return session.scalars(
        select(ItemRow.id).where(
            ItemRow.project_id == project_id, ItemRow.external_id == external_id, ItemRow.is_current
        )
    ).one()


def rows_of(session: Session, project_id: int, external_ids: Collection[str]) -> list[int]:
    """The rows of the project's present items of those names."""
    return list(
        session.scalars(
            select(ItemRow.id).where(
                ItemRow.project_id == project_id,
                ItemRow.external_id.in_(external_ids),
                ItemRow.is_current,
            )
        )
    )


def _judged(session: Session, rows: Sequence[Row[Any]], mark: int) -> list[Judged]:
    ids = [row.id for row in rows]
    answers, decisions = _answers(session, ids, mark), _decisions(session, ids, mark)
    return [(plain_item(row), answers.get(row.id, []), decisions.get(row.id)) for row in rows]


def prompts(database: Database, project_id: int) -> Iterator[tuple[int, tuple[Turn, ...]]]:
    """(row's id, prompt) of the present items that can be exported, in the order in which they came
    in. Reads in short transactions, and keeps their ids: a database that is asked for the next page
    in this order may sort all items for each."""
    with database.read() as session:
        ids = array("q", session.scalars(_IDS, {"project_id": project_id}))
    for start in range(0, len(ids), PAGE):
        page = ids[start : start + PAGE].tolist()
        with database.read() as session:
            found = prompts_of(session, page)
        yield from ((item_id, found[item_id]) for item_id in page if item_id in found)


def prompts_of(session: Session, item_ids: Sequence[int]) -> dict[int, tuple[Turn, ...]]:
    """The prompts of these rows."""
    rows = session.execute(_PROMPTS, {"ids": item_ids})
    return {item_id: _turns(prompt) for item_id, prompt in rows}


def _turns(prompt: list[dict[str, str]]) -> tuple[Turn, ...]:
    return tuple(Turn(turn["role"], turn["content"]) for turn in prompt)


def _page(session: Session, project_id: int, after: str) -> list[Row[Any]]:
    """The next items, fewer of them if they are long."""
    query = (
        select_items()
        .where(
            ItemRow.project_id == project_id,
            ItemRow.is_current,
            # What reviewers are measured by is nothing to train on.
            ~ItemRow.is_gold,
            ItemRow.external_id > after,
        )
        .order_by(ItemRow.external_id)
        .limit(PAGE)
        .execution_options(yield_per=_FETCH)
    )
    rows: list[Row[Any]] = []
    characters = 0
    with session.execute(query) as found:
        for row in found:
            rows.append(row)
            characters += sum(map(_length, row.responses))
            if characters > PAGE_CHARACTERS:
                break
    return rows


def _length(response: dict[str, Any]) -> int:
    """Characters of a stored response."""
    if "messages" in response:
        return sum(len(message["content"]) for message in response["messages"])
    if "steps" in response:
        return sum(map(len, response["steps"]))
    return len(response["text"])


def _answers(session: Session, item_ids: list[int], mark: int) -> dict[int, list[AnswerRecord]]:
    """The answers that counted at the mark, by item, in order of the pseudonyms."""
    rows = session.execute(_ANSWERS, {"ids": item_ids, "mark": mark})
    newest = {(row.item_id, row.pseudonym): row for row in rows}
    answers: dict[int, list[AnswerRecord]] = {}
    for row in newest.values():
        if row.answer is None:
            continue
        record = AnswerRecord(
            reviewer=row.pseudonym,
            answer=row.answer,
            at=rfc3339(row.made_at),
            active_seconds=None if row.active_ms is None else row.active_ms / 1000,
            shown=tuple(row.shown),
            guideline_version=row.guideline_version,
        )
        answers.setdefault(row.item_id, []).append(record)
    return answers


def _decisions(session: Session, item_ids: list[int], mark: int) -> dict[int, Decision]:
    """What leads had decided at the mark, by item; without what was taken back by then."""
    rows = session.execute(_DECISIONS, {"ids": item_ids, "mark": mark})
    newest = {row.item_id: row for row in rows}
    return {
        item_id: Decision(row.pseudonym, row.answer, rfc3339(row.made_at), row.guideline_version)
        for item_id, row in newest.items()
        if row.outcome != Settled.REOPENED
    }


def rfc3339(moment: datetime) -> str:
    """A time in UTC as 2026-11-20T15:04:05Z, with milliseconds where there are any."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00").removesuffix(".000") + "Z"

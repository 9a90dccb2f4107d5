"""Which items tell most of the models' strengths, and what is known of their order.

`stats.next_pairs` weighs them. Only the main question is looked at, and only items whose models are
known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from workbench.messages import N_, Message
from workbench.models import Assignment, Item, PairsChosen, Project, State
from workbench.queries.agreement import questions_of
from workbench.queries.counted import counted, last_seq
from workbench.queries.overlap import LEARN_EVERY, MORE, MORE_SHARE, judged_since
from workbench.queries.reliability import COMPARES_NONE, battles_of, main_values
from workbench.stats import League, league, next_pairs, order_doubts
from workbench.stats.next_pairs import PRIOR_SD

#: Open items that are looked at, and kinds of them that are weighed: the first in the queue.
MOST_LOOKED_AT, MOST_KINDS = 20_000, 2_000
#: Pairs of models that are kept to be shown.
SHOWN = 10
_PAGE = 500

TOO_FEW = N_("Its items name fewer than two models, so there is no order of models to find out.")

#: The models of an item, in order, and the places that it has left.
Kind = tuple[tuple[str, ...], int]


def why_not(project: Project) -> Message | None:
    """Why no items of such a project tell anything of models, or None."""
    return None if questions_of(project)[0].paired else COMPARES_NONE


# --- what is known --------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What the judgments of a project tell now. `items` are those that tell most, the most telling
    first. `undefined` says why there are none. The rest is as `PairsChosen` has it."""

    project_id: int
    comparisons: int
    judgments: int
    audit_seq: int
    models: int
    looked_at: int
    items: tuple[int, ...] = ()
    doubts: tuple[dict[str, Any], ...] = ()
    undefined: Message | None = None


def find(session: Session, project: Project, most: int) -> Found:
    """Fit the models' strengths to all judgments, and choose up to `most` open items by them.

    Looks at items that nobody has met, and at those that stand ahead already. Takes seconds from
    some hundred thousand judgments on.
    """
    seq = last_seq(session, project.id)
    judgments = int(counted(session, project).answers.item.size)
    why = why_not(project)
    if why is not None:
        return Found(project.id, 0, judgments, seq, 0, 0, undefined=why)
    battles = battles_of(session, project, main_values(session, project))
    waiting = _waiting(session, project.id)
    models = {*battles["model_a"], *battles["model_b"]}
    models.update(name for named, _ in waiting.kinds for name in named)
    counts = (len(battles), judgments, seq, len(models), waiting.looked_at)
    if len(models) < 2:
        return Found(project.id, *counts, undefined=TOO_FEW)
    fitted = league(battles, prior_sd=PRIOR_SD, models=models)
    return Found(project.id, *counts, _best(fitted, waiting, most), _doubts(fitted, waiting))


def _best(fitted: League, waiting: _Waiting, most: int) -> tuple[int, ...]:
    kinds = list(waiting.kinds)[:MOST_KINDS]
    ids = {kind: iter(waiting.kinds[kind]) for kind in kinds}
    places = next_pairs(
        fitted,
        [models for models, _ in kinds],
        most,
        times=[len(waiting.kinds[kind]) for kind in kinds],
        judgments=[left for _, left in kinds],
    )
    return tuple(next(ids[kinds[place]]) for place in places)


def _doubts(fitted: League, waiting: _Waiting) -> tuple[dict[str, Any], ...]:
    rows = order_doubts(fitted).head(SHOWN).to_dict("records")
    return tuple(
        {
            "ahead": str(row["ahead"]),
            "behind": str(row["behind"]),
            "sure": round(float(row["sure"]), 4),
            "n_judgments": int(row["n_judgments"]),
            "open": waiting.with_both(str(row["ahead"]), str(row["behind"])),
        }
        for row in rows
    )


@dataclass(frozen=True)
class _Waiting:
    """Ids of open items by their kind, in the order of the queue."""

    kinds: dict[Kind, list[int]] = field(default_factory=dict)
    looked_at: int = 0

    def with_both(self, one: str, other: str) -> int:
        """How many items have responses of both models."""
        return sum(
            len(ids) for (models, _), ids in self.kinds.items() if one in models and other in models
        )


def _waiting(session: Session, project_id: int) -> _Waiting:
    """The first open items that nobody has met, or that stand ahead already."""
    kinds: dict[Kind, list[int]] = {}
    looked_at = 0
    for item, left, responses in _open_items(session, project_id):
        looked_at += 1
        models = tuple(sorted(name for each in responses if (name := each.get("model"))))
        if len({*models}) > 1:
            kinds.setdefault((models, left), []).append(item)
    return _Waiting(kinds, looked_at)


def _open_items(session: Session, project_id: int) -> Iterator[tuple[int, int, list[Any]]]:
    """(id, places left, responses), some at a time: the texts of all would fill the memory."""
    met = exists().where(Assignment.item_id == Item.id, Assignment.state != State.RELEASED)
    first = (
        select(Item.id)
        .where(
            Item.project_id == project_id,
            Item.slots_left > 0,
            Item.is_current,
            ~Item.is_gold,
            or_(~met, Item.queue_key < 0),
        )
        .order_by(Item.queue_key)
        .limit(MOST_LOOKED_AT)
    )
    ids = session.scalars(first).all()
    for start in range(0, len(ids), _PAGE):
        some: Sequence[int] = ids[start : start + _PAGE]
        rows = session.execute(
            select(Item.id, Item.slots_left, Item.responses)
            .where(Item.id.in_(some))
            .order_by(Item.queue_key)
        )
        yield from ((row.id, row.slots_left, row.responses) for row in rows)


# --- what was chosen ------------------------------------------------------------------------


_NEWEST = (
    select(PairsChosen)
    .where(PairsChosen.project_id == bindparam("project_id"))
    .order_by(PairsChosen.id.desc())
    .limit(1)
)


def newest(session: Session, project_id: int) -> PairsChosen | None:
    """What was chosen last."""
    return session.scalars(_NEWEST, {"project_id": project_id}).one_or_none()


def count_ahead(session: Session, project_id: int) -> int:
    """How many open items stand ahead of the queue."""
    ahead = select(func.count()).where(
        Item.project_id == project_id, Item.queue_key < 0, Item.slots_left > 0, Item.is_current
    )
    return session.scalar(ahead) or 0


def due(session: Session, now: datetime) -> list[int]:
    """Ids of projects with a lane in which there is enough new to choose again."""
    with_lane = select(Project).where(Project.pairs_ahead.is_not(None)).order_by(Project.id)
    return [project.id for project in session.scalars(with_lane) if _is_due(session, project, now)]


def _is_due(session: Session, project: Project, now: datetime) -> bool:
    last = newest(session, project.id)
    if last is None:
        return True
    if now - last.made_at < LEARN_EVERY:
        return False
    new = judged_since(session, project.id, last.audit_seq)
    if new >= max(MORE, MORE_SHARE * last.judgments):
        return True
    return new >= MORE and 2 * count_ahead(session, project.id) < (project.pairs_ahead or 0)

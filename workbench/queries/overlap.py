"""Overlap that adapts: a project's rule, what was learnt of its reviewers, what items want by it.

The rule itself is `stats.overlap`. It looks at a project's main question alone, and only where that
has one true value which the export takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.messages import N_, Message
from workbench.models import Assignment, Item, Judgment, Learnt, Membership, Project, State
from workbench.queries.agreement import questions_of
from workbench.queries.counted import counted, last_seq
from workbench.queries.item_rows import plain_item, select_items
from workbench.queries.reliability import main_values
from workbench.stats import OverlapSettings, Reliability, dawid_skene, is_audited, one_more
from workbench.stats.overlap import least_to_learn, least_wanted, wants
from workbench.task_types import base
from workbench.task_types.base import Answer
from workbench.task_types.said import said_of

#: Reliability is learnt anew this long after the last time, when so many more judgments, or such a
#: share more, have come.
LEARN_EVERY = timedelta(hours=1)
MORE, MORE_SHARE = 20, 0.1

_SCALE = N_(
    "Points on a scale have no one true value that enough people could be sure of, so every item "
    "gets the same number of judgments."
)
_TEXTS = N_(
    "Here people write texts, and good texts differ, so every item gets the same number of "
    "judgments."
)


def why_fixed(project: Project) -> Message | None:
    """Why the overlap of such a project cannot adapt, or None."""
    main = questions_of(project)[0]
    if "completion" in task_types.get(project.type).record_kinds:
        return _TEXTS
    return None if main.paired or main.distance == "nominal" else _SCALE


_RULE = select(
    Project.overlap, Project.overlap_most, Project.overlap_confidence, Project.overlap_audit
).where(Project.id == bindparam("project_id"))


def rule_of(session: Session, project_id: int) -> OverlapSettings | None:
    """The project's rule as it is now; None: its overlap is fixed."""
    start, most, confidence, audit = session.execute(_RULE, {"project_id": project_id}).one()
    return None if most is None else OverlapSettings(start, confidence, most, audit)


# --- what was learnt ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Found:
    """What the judgments of a project tell now of its reviewers and items.

    `units`: one row a unit of the main question, with item (external id), n_judgments, and
    probability (of its likely value; NaN where nothing is known of anybody).
    """

    project_id: int
    question: str
    judgments: int
    items: int
    reviewers: int
    audit_seq: int
    known: Reliability | None
    units: pd.DataFrame

    @cached_property
    def chances(self) -> dict[str, Any] | None:
        """`known` as JSON holds it."""
        known = self.known
        if known is None:
            return None
        said = known.values  # noqa: PD011 - not a table's
        return {
            "values": [_plain(value) for value in said],
            "prevalence": _rounded(known.prevalence),
            "pooled": _rounded(known.default),
            "of": {str(who): _rounded(says) for who, says in known.of.items()},
        }

    def unsure(self, project: Project, rule: OverlapSettings) -> set[str]:
        """External ids of the items that want one more judgment."""
        units = self.units
        n = units["n_judgments"].to_numpy()
        if self.known is None:
            more = n < least_to_learn(rule)
        else:
            audited = [is_audited(_drawn_by(project, name), rule) for name in units["item"]]
            least = np.where(audited, least_wanted(rule, True), least_wanted(rule, False))
            more = wants(n, units["probability"].to_numpy(), least, rule)
        return set(units["item"][more])


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _rounded(chances: Any) -> Any:
    return np.round(chances, 9).tolist()


def find(session: Session, project: Project) -> Found:
    """Learn from all judgments of the project: Dawid-Skene over its main question. Takes seconds
    from some hundred thousand judgments on."""
    seq = last_seq(session, project.id)
    answers = counted(session, project).answers
    table = main_values(session, project)
    learnt = dawid_skene(table, intervals=False)
    units = learnt.units
    if units is None:
        sizes = table.groupby(["item", "unit"], observed=True).size()
        units = sizes.rename("n_judgments").reset_index().assign(probability=np.nan)
    return Found(
        project_id=project.id,
        question=questions_of(project)[0].key,
        judgments=int(answers.item.size),
        items=int(answers.items.size),
        reviewers=int(np.unique(answers.reviewer).size),
        audit_seq=seq,
        known=Reliability.learnt(learnt),
        units=units,
    )


_NEWEST = (
    select(Learnt)
    .where(Learnt.project_id == bindparam("project_id"))
    .order_by(Learnt.id.desc())
    .limit(1)
)


def newest(session: Session, project_id: int) -> Learnt | None:
    """What was learnt last of the project's reviewers."""
    return session.scalars(_NEWEST, {"project_id": project_id}).one_or_none()


def reliability_in(found: Learnt | None) -> Reliability | None:
    """What a stored row says; None: nothing is known of anybody."""
    if found is None or found.chances is None:
        return None
    chances = found.chances
    return Reliability(
        values=tuple(chances["values"]),
        prevalence=np.array(chances["prevalence"]),
        default=np.array(chances["pooled"]),
        of={who: np.array(says) for who, says in chances["of"].items()},
    )


def due(session: Session, now: datetime) -> list[int]:
    """Ids of projects with the rule in which there is enough new to learn from."""
    with_rule = select(Project.id).where(Project.overlap_most.is_not(None)).order_by(Project.id)
    return [
        project_id for project_id in session.scalars(with_rule) if _is_due(session, project_id, now)
    ]


def _is_due(session: Session, project_id: int, now: datetime) -> bool:
    last = newest(session, project_id)
    if last is None:
        return last_seq(session, project_id) > 0
    if now - last.made_at < LEARN_EVERY:
        return False
    return judged_since(session, project_id, last.audit_seq) >= max(
        MORE, MORE_SHARE * last.judgments
    )


def judged_since(session: Session, project_id: int, seq: int) -> int:
    """How many judgments have come since that entry of the trail."""
    since = select(func.count()).where(Judgment.project_id == project_id, Judgment.audit_seq > seq)
    return session.scalar(since) or 0


# --- what one item wants --------------------------------------------------------------------


class Held(NamedTuple):
    """A place of an item that is taken. `answer` None: it is on its way."""

    pseudonym: str
    answer: Answer | None


_HELD = (
    select(Membership.pseudonym, Judgment.answer)
    .select_from(Assignment)
    .join(
        Membership,
        (Membership.project_id == Assignment.project_id)
        & (Membership.user_id == Assignment.user_id),
    )
    .outerjoin(Judgment, Judgment.id == Assignment.judgment_id)
    .where(
        Assignment.item_id == bindparam("item_id"),
        Assignment.state.in_((State.LEASED, State.JUDGED)),
    )
    .order_by(Assignment.user_id)
)


def places_taken(session: Session, item_id: int) -> list[Held]:
    """Who holds a place of the item, and what they said."""
    return [Held(*row) for row in session.execute(_HELD, {"item_id": item_id})]


def is_unsure(
    session: Session, item: Item, said: Sequence[tuple[str, Answer]], rule: OverlapSettings
) -> bool:
    """Whether the item wants one more judgment beside what was `said`: (pseudonym, answer) each.

    One of its units that does is enough. An item that nobody could judge has no unit and wants no
    more.
    """
    project = session.get_one(Project, item.project_id)
    main, last = questions_of(project)[0], newest(session, project.id)
    if last is not None and last.question != main.key:
        last = None
    known, audited = reliability_in(last), is_audited(_drawn_by(project, item.external_id), rule)
    kind, content = task_types.get(project.type), _content(session, item)
    units = said_of(kind, project.config, main, content, said)
    return any(one_more(values, known, rule, audited=audited).wanted for values in units.values())


def _content(session: Session, item: Item) -> base.Item:
    """The item as task types see it. In one read: its texts were not read when it was locked."""
    return plain_item(session.execute(select_items().where(Item.id == item.id)).one())


def _drawn_by(project: Project, external_id: str) -> str:
    """What decides whether an item is audited: nobody who knows its id can tell."""
    return f"{project.seed}|{external_id}"


# --- where a project stands -----------------------------------------------------------------


@dataclass(frozen=True)
class Spent:
    """How many finished items have how many judgments, and how many are asked again.

    Finished: every judgment is in that the item wants. Asked: all that it began with are in, and
    it wants another one.
    """

    finished: dict[int, int]
    asked: int

    @property
    def items(self) -> int:
        """Finished items."""
        return sum(self.finished.values())

    @property
    def judgments(self) -> int:
        """Judgments of the finished items."""
        return sum(n * items for n, items in self.finished.items())

    def beyond(self, start: int) -> int:
        """Judgments of finished items beyond the `start` of each."""
        return sum(max(n - start, 0) * items for n, items in self.finished.items())

    def saved(self, most: int) -> int:
        """Judgments that finished items did without, of `most` for each."""
        return sum(max(most - n, 0) * items for n, items in self.finished.items())


def spent(session: Session, project: Project) -> Spent:
    """The counts of the project's present items; gold and copies are none of them."""
    judged = func.coalesce(func.sum(case((Assignment.state == State.JUDGED, 1), else_=0)), 0)
    counts = (
        select(judged.label("judged"), (judged == Item.wanted).label("finished"))
        .select_from(Item)
        .outerjoin(Assignment, Assignment.item_id == Item.id)
        .where(Item.project_id == project.id, Item.is_current, ~Item.is_gold)
        .group_by(Item.id, Item.wanted)
        .subquery()
    )
    rows = session.execute(
        select(counts.c.judged, counts.c.finished, func.count())
        .group_by(counts.c.judged, counts.c.finished)
        .order_by(counts.c.judged)
    ).all()
    return Spent(
        finished={int(n): items for n, finished, items in rows if finished},
        asked=sum(items for n, finished, items in rows if not finished and n >= project.overlap),
    )

"""What people were told: as their page and their e-mail say it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from workbench.messages import N_, Message
from workbench.models import ROLES_OF, Kind, Membership, Notice, Project, User
from workbench.veil import Veil

#: Messages on a page.
LISTED = 50

#: What the kinds are called, in the order in which a person chooses among them.
TITLES: dict[Kind, Message] = {
    Kind.RETURNED: N_("Judgments that come back to me"),
    Kind.ANSWERED: N_("Answers to what I escalated"),
    Kind.PAUSED: N_("I am given no items for now"),
    Kind.ESCALATION: N_("Escalations that wait or are overdue"),
    Kind.AGREEMENT: N_("Agreement below the project's floor"),
    Kind.REVIEWER_PAUSED: N_("A reviewer who is given no items for now"),
    Kind.QUEUE: N_("A queue that is nearly empty"),
    Kind.WEBHOOK: N_("A webhook that is failing"),
    Kind.JOB: N_("Work of mine in the background that has ended"),
}

#: Writes a number with so many digits behind the point, as the reader's language does.
Write = Callable[[float, int], str]


#: What a message says, where it is the same for every message of a kind.
_SENTENCES: dict[str, Message] = {
    Kind.RETURNED: N_("A lead asks you to look at one of your judgments again."),
    Kind.ANSWERED: N_("A lead has settled what you escalated."),
    Kind.PAUSED: N_("You are given no items here for now. Open the desk to see what comes first."),
    Kind.ESCALATION: N_("A reviewer needs a lead: an escalation waits for an answer."),
    Kind.REVIEWER_PAUSED: N_("A reviewer is given no items for now."),
    Kind.WEBHOOK: N_("A webhook is failing: what it is sent does not arrive. Look at it."),
    Kind.JOB: N_("What you had done in the background is finished: look at what came of it."),
}


def sentence(kind: str, facts: dict[str, Any], write: Write) -> Message:
    """What a message says. Never anything of an item."""
    if kind == Kind.ESCALATION and facts.get("overdue"):
        return N_("An escalation is overdue.")
    if kind == Kind.JOB and facts.get("failed"):
        return N_("What you had done in the background has failed: look at why.")
    if kind == Kind.AGREEMENT:
        return _agreement(facts, write)
    if kind == Kind.QUEUE:
        left, days = write(facts["left"], 0), write(facts["days"], 1)
        return N_("The queue is nearly empty: judgments left: %(left)s, days of work: %(days)s.",
                  left=left, days=days)  # fmt: skip
    return _SENTENCES[kind]


def _agreement(facts: dict[str, Any], write: Write) -> Message:
    numbers = {name: write(facts[name], 2) for name in ("value", "floor")}
    if not facts.get("lately"):
        return N_(
            "Agreement (Krippendorff's alpha) is %(value)s, below the floor of %(floor)s.",
            **numbers,
        )
    return N_(
        "Of the items judged in the last two weeks, agreement (Krippendorff's alpha) is %(value)s, "
        "below the floor of %(floor)s.",
        **numbers,
    )


#: The page of the project on which to act, where it is the same for every message of a kind.
_PAGES: dict[str, str] = {
    Kind.ANSWERED: "mine",
    Kind.PAUSED: "desk",
    Kind.ESCALATION: "escalations",
    Kind.AGREEMENT: "quality",
    Kind.REVIEWER_PAUSED: "practice",
    Kind.QUEUE: "data",
    Kind.WEBHOOK: "webhooks",
}


def path(kind: str, slug: str, facts: dict[str, Any], veil: Veil) -> str:
    """Where to act on it. Reviewers are never told an item's number."""
    if kind == Kind.RETURNED:
        return f"/projects/{slug}/mine/{veil.token(facts['item'])}"
    if kind == Kind.AGREEMENT and facts.get("lately"):
        return f"/projects/{slug}/quality/splits"
    if kind == Kind.JOB:
        return f"/projects/{slug}/jobs/{facts['job']}"
    return f"/projects/{slug}/{_PAGES[kind]}"


def kinds_for(session: Session, user_id: int, role: str) -> list[Kind]:
    """What a person may be told, by what they are on their projects and in the installation."""
    roles = set(
        session.scalars(
            select(Membership.role).where(
                Membership.user_id == user_id, Membership.left_at.is_(None)
            )
        )
    )
    theirs = roles | {role}
    return [kind for kind in TITLES if not theirs.isdisjoint(ROLES_OF[kind])]


@dataclass(frozen=True)
class Line:
    """A message as it is shown."""

    id: int
    kind: str
    facts: dict[str, Any]
    slug: str
    title: dict[str, str]
    at: datetime
    #: Neither read nor over.
    new: bool
    #: It was no longer so before it was looked at.
    over: bool
    #: The name of the reviewer whom it tells a lead of.
    who: str | None

    def path(self, veil: Veil) -> str:
        """Where to act on it."""
        return path(self.kind, self.slug, self.facts, veil)


def _role_fits() -> ColumnElement[bool]:
    """Whether the person still has a role that the kind is for."""
    roles: dict[str, list[str]] = {}
    for kind, of in ROLES_OF.items():
        for role in of:
            roles.setdefault(role, []).append(kind)
    return or_(
        *(and_(Membership.role == role, Notice.kind.in_(kinds)) for role, kinds in roles.items())
    )


def theirs(*columns: Any) -> Select[Any]:
    """Messages of people who are on the project still, in the role that they were told in."""
    return (
        select(*columns)
        .select_from(Notice)
        .join(
            Membership,
            and_(Membership.project_id == Notice.project_id, Membership.user_id == Notice.user_id),
        )
        .where(Membership.left_at.is_(None), _role_fits())
    )


_WAITING = (Notice.read_at.is_(None), Notice.over_at.is_(None))
_UNREAD = theirs(func.count()).where(Notice.user_id == bindparam("user_id"), *_WAITING)


def count_unread(session: Session, user_id: int) -> int:
    """How many messages wait for this person."""
    return session.scalar(_UNREAD, {"user_id": user_id}) or 0


def listed(
    session: Session, user_id: int, before: int | None = None, limit: int = LISTED
) -> list[Line]:
    """A person's messages, the newest first; `before`: those older than that one."""
    query = (
        theirs(Notice, Project.slug, Project.title)
        .join(Project, Project.id == Notice.project_id)
        .where(Notice.user_id == user_id)
        .order_by(Notice.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Notice.id < before)
    return _lines(session, query)


def lines_of(session: Session, ids: Collection[int]) -> list[Line]:
    """These messages, the newest first."""
    query = (
        select(Notice, Project.slug, Project.title)
        .join(Project, Project.id == Notice.project_id)
        .where(Notice.id.in_(ids))
        .order_by(Notice.id.desc())
    )
    return _lines(session, query)


def _lines(session: Session, query: Select[Any]) -> list[Line]:
    rows = session.execute(query).all()
    people = {row.Notice.facts["person"] for row in rows if "person" in row.Notice.facts}
    names = dict(session.execute(select(User.id, User.name).where(User.id.in_(people))).all())
    return [_line(row, names) for row in rows]


def _line(row: Row[Any], names: dict[int, str]) -> Line:
    told: Notice = row.Notice
    return Line(
        id=told.id,
        kind=told.kind,
        facts=told.facts,
        slug=row.slug,
        title=row.title,
        at=told.made_at,
        new=told.read_at is None and told.over_at is None,
        over=told.over_at is not None,
        who=names.get(told.facts.get("person", 0)),
    )

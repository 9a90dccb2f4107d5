"""Projects, who is on them, their guideline and their overlap."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.db import added
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import (
    Assignment,
    Item,
    Membership,
    Project,
    Role,
    State,
    User,
)
from workbench.services import api_tokens, audit, slots

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_OVERLAP = 100


def create_project(
    session: Session,
    *,
    slug: str,
    type_slug: str,
    title: Mapping[str, str],
    overlap: int,
    config: Mapping[str, Any],
    now: datetime,
    actor: int | None = None,
) -> Project:
    """A new, empty project. Raises Invalid by field, Conflict when the slug is taken."""
    if not SLUG.fullmatch(slug) or len(slug) > 60:
        raise Invalid.at("slug", "Use lower-case letters, digits and single hyphens, at most 60.")
    if session.scalar(select(Project.id).where(Project.slug == slug)) is not None:
        raise _taken(slug)
    project = Project(
        slug=slug,
        type=type_slug,
        title={"es": _title(title, "es"), "en": _title(title, "en")},
        config=_config(type_slug, config),
        overlap=_overlap(overlap),
        seed=secrets.token_hex(16),
        created_at=now,
    )
    if not added(session, project):
        raise _taken(slug)
    audit.append(session, "project.create", f"project:{project.id}", actor=actor, at=now,
                 detail={"slug": slug, "type": type_slug, "overlap": overlap})  # fmt: skip
    return project


def _taken(slug: str) -> Conflict:
    return Conflict("There is a project called %(slug)s already.", slug=slug)


def _config(type_slug: str, config: Mapping[str, Any]) -> dict[str, Any]:
    try:
        task_type = task_types.get(type_slug)
    except KeyError:
        known = ", ".join(sorted(task_types.BY_SLUG))
        raise Invalid.at("type", "There is no such type. Choose one of: %(known)s.", known=known) \
            from None  # fmt: skip
    return task_type.parse_config(config)


def _title(title: Mapping[str, str], language: str) -> str:
    text = title.get(language, "").strip()
    if not text:
        raise Invalid.at(f"title.{language}", "Give the project a title.")
    if len(text) > 200:
        raise Invalid.at(f"title.{language}", "At most %(n)s characters.", n=200)
    return text


def _overlap(overlap: int) -> int:
    if not 1 <= overlap <= MAX_OVERLAP:
        raise Invalid.at("overlap", "From 1 to %(n)s judgments an item.", n=MAX_OVERLAP)
    return overlap


def add_member(
    session: Session,
    project: Project,
    user: User,
    *,
    role: str,
    now: datetime,
    actor: int | None = None,
    pseudonym: str | None = None,
) -> Membership:
    """Put a person on a project, or change what they are there. The pseudonym stays for good."""
    if role not in {Role.REVIEWER, Role.LEAD, Role.ENGINEER}:
        raise Invalid.at("role", "On a project a person is a reviewer, a lead or an engineer.")
    member = _member(session, project, user)
    if member is None:
        member = Membership(
            project_id=project.id,
            user_id=user.id,
            role=role,
            pseudonym=pseudonym or _pseudonym(session, project.id),
            created_at=now,
        )
        session.add(member)
    member.role, member.left_at = role, None
    session.flush()
    audit.append(session, "project.add", f"project:{project.id}", actor=actor, at=now,
                 detail={"user": user.id, "role": role})  # fmt: skip
    return member


def _member(session: Session, project: Project, user: User) -> Membership | None:
    key = (project.id, user.id)
    return session.get(Membership, key, with_for_update=True, populate_existing=True)


def _pseudonym(session: Session, project_id: int) -> str:
    while True:
        name = "r-" + "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _ in range(6))
        taken = select(Membership).where(
            Membership.project_id == project_id, Membership.pseudonym == name
        )
        if session.scalar(taken) is None:
            return name


def remove_member(
    session: Session, project: Project, user: User, *, now: datetime, actor: int | None = None
) -> None:
    """Take a person off: leases go back, tokens end, judgments and the pseudonym stay."""
    member = _member(session, project, user)
    if member is None or member.left_at is not None:
        raise NotFound("%(name)s is not on this project.", name=user.name)
    slots.release_all(session, user.id, now, project.id)
    api_tokens.revoke_all(session, user.id, now, project.id)
    member.left_at = now
    audit.append(session, "project.remove", f"project:{project.id}", actor=actor, at=now,
                 detail={"user": user.id})  # fmt: skip


def change_overlap(
    session: Session, project: Project, overlap: int, *, now: datetime, actor: int | None = None
) -> None:
    """Make every item in the queue want `overlap` judgments.

    An item that has more judgments and leases already keeps them all and wants no more. Gold and
    copies stay as they are.
    """
    _overlap(overlap)
    project = slots.lock_project(session, project.id)
    if project.overlap_most is not None and overlap > project.overlap_most:
        raise Invalid.at("overlap", "At most %(n)s, as the project's rule says.",
                         n=project.overlap_most)  # fmt: skip
    slots.reset_cursors(session, project_id=project.id)
    session.scalars(
        select(Item.id).where(Item.project_id == project.id).order_by(Item.id).with_for_update()
    ).all()
    taken = (
        select(func.count())
        .select_from(Assignment)
        .where(Assignment.item_id == Item.id, Assignment.state.in_((State.LEASED, State.JUDGED)))
        .scalar_subquery()
    )
    wanted = case((taken > overlap, taken), else_=overlap)
    session.execute(
        update(Item)
        .where(
            Item.project_id == project.id,
            Item.is_current,
            ~Item.is_gold,
        )
        .values(wanted=wanted, slots_left=wanted - taken)
        .execution_options(synchronize_session=False)
    )
    project.overlap = overlap
    audit.append(session, "project.overlap", f"project:{project.id}", actor=actor, at=now,
                 detail={"overlap": overlap})  # fmt: skip

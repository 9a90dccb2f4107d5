"""The terms in force, and who has agreed to them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from workbench.models import Consent, Terms, User, tables

_IN_FORCE = select(func.max(tables.terms.c.version)).scalar_subquery()


def unagreed() -> ScalarSelect[int]:
    """The version in force, where the `User` of the query has not agreed to it; else NULL."""
    consent, terms = tables.consent.c, tables.terms.c
    agreed = select(consent.user_id).where(
        consent.user_id == tables.user.c.id, consent.version == terms.version
    )
    return (
        select(terms.version)
        .where(terms.version == _IN_FORCE, ~agreed.exists())
        .correlate(tables.user)
        .scalar_subquery()
    )


def in_force(session: Session) -> Terms | None:
    """The newest version; None where nothing is to be agreed to."""
    return session.scalars(select(Terms).where(Terms.version == _IN_FORCE)).one_or_none()


@dataclass(frozen=True)
class Agreed:
    """How far the people of the installation have agreed to the terms in force."""

    version: int
    agreed: int
    people: int


def agreed(session: Session) -> Agreed | None:
    """Of those who can log in; None where there are no terms."""
    terms = in_force(session)
    if terms is None:
        return None
    can = select(func.count()).where(User.active, User.external.is_(False))
    have = can.where(User.id.in_(select(Consent.user_id).where(Consent.version == terms.version)))
    return Agreed(terms.version, session.scalars(have).one(), session.scalars(can).one())

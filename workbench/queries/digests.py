"""Who is to get an e-mail now, and of which messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from workbench.models import Mailbox, Notice, User
from workbench.queries.notices import Line, lines_of, theirs

#: Messages that a letter names; the rest is counted.
NAMED = 50
#: What nobody was sent for so long is not sent any more: the page has it.
STALE = timedelta(days=30)
#: An address that was refused for good is tried again after so long.
TRY_AGAIN = timedelta(days=1)


@dataclass(frozen=True)
class Clock:
    """When daily letters go out: from that hour on, of a person's own day."""

    hour: int
    #: Of people who set none.
    zone: ZoneInfo

    def of(self, person: User) -> ZoneInfo:
        """The person's time zone."""
        return ZoneInfo(person.timezone) if person.timezone else self.zone

    def last(self, now: datetime, zone: ZoneInfo) -> datetime:
        """When that hour last came in the zone."""
        here = now.astimezone(zone)
        today = datetime.combine(here.date(), time(self.hour), zone)
        if today <= here:
            return today
        return datetime.combine(here.date() - timedelta(days=1), time(self.hour), zone)


@dataclass(frozen=True)
class Due:
    """What one person is to be sent."""

    user_id: int
    name: str
    address: str
    locale: str
    zone: ZoneInfo
    #: The newest NAMED messages, and how many there are beside them.
    lines: list[Line]
    more: int
    #: Of all of them.
    ids: list[int]
    #: Their daily letter is among it, or would be if there were anything in it.
    daily: bool


def everyone_due(session: Session, now: datetime, clock: Clock) -> list[Due]:
    """All people for whom something is due: a letter, or their day without one."""
    rows = session.execute(
        select(Mailbox, User)
        .join(User, User.id == Mailbox.user_id)
        .where(
            Mailbox.address.is_not(None),
            User.active,
            or_(Mailbox.held_until.is_(None), Mailbox.held_until < now),
            or_(Mailbox.refused_at.is_(None), Mailbox.refused_at < now - TRY_AGAIN),
        )
        .order_by(User.id)
    )
    found = (due_of(session, own, person, now, clock) for own, person in rows)
    return [due for due in found if due.ids or due.daily]


def due_of(session: Session, own: Mailbox, person: User, now: datetime, clock: Clock) -> Due:
    """What that person is to be sent now; with no `ids` nothing."""
    zone = clock.of(person)
    on_day = [kind for kind, how in own.choices.items() if how == "daily"]
    at_once = [kind for kind, how in own.choices.items() if how != "daily"]
    since = own.digest_at
    daily = bool(on_day) and (since is None or since < clock.last(now, zone))
    kinds = at_once + (on_day if daily else [])
    ids = _unsent(session, own.user_id, kinds, now)
    return Due(
        user_id=own.user_id,
        name=person.name,
        address=own.address or "",
        locale=person.locale,
        zone=zone,
        lines=lines_of(session, ids[:NAMED]),
        more=max(0, len(ids) - NAMED),
        ids=ids,
        daily=daily,
    )


def _unsent(session: Session, user_id: int, kinds: list[str], now: datetime) -> list[int]:
    """Messages that wait and that no mail server has taken, the newest first. What was read on the
    page, or is no longer so, needs no letter."""
    query = theirs(Notice.id).where(
        Notice.user_id == user_id,
        Notice.kind.in_(kinds),
        Notice.read_at.is_(None),
        Notice.over_at.is_(None),
        Notice.mailed_at.is_(None),
        Notice.made_at > now - STALE,
    )
    return list(session.scalars(query.order_by(Notice.id.desc())))

"""The queue as the desk asks it: for the person who asks, now, for as long as a lease lasts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from workbench.models import Project
from workbench.queries.desk import Lease
from workbench.services import claim as queue
from workbench.services.claim import Reviewer
from workbench.web.access import Place, person
from workbench.web.home import own_zone
from workbench.web.request import config, now, session

#: How long an item waits for its reviewer before its slot goes to others. Whoever takes longer over
#: the one before it gets it all the same while a slot is free.
KEEP = timedelta(minutes=5)


def claim_next(place: Place) -> Lease | None:
    """The item that this reviewer holds, else the next one."""
    return queue.claim(*_asked(place))


def begin(place: Place, item_id: int) -> Lease | None:
    """The lease of what is on their screen, or is to come back there; None: not to be had."""
    return queue.show(*_asked(place), item_id=item_id)


def keep_after(place: Place, showing: int, *, wait: bool) -> Lease | None:
    """The item after `showing`, kept ready; None when there is none, or, without `wait`, when
    something is locked: whoever holds an item's lock already must not wait for another's."""
    whose = session(), place.project, _reviewer(), now(), KEEP
    return queue.keep_ready(*whose, showing=showing, wait=wait)


def _asked(place: Place) -> tuple[Session, Project, Reviewer, datetime, timedelta]:
    lease = timedelta(minutes=config().lease_minutes)
    return session(), place.project, _reviewer(), now(), lease


def _reviewer() -> Reviewer:
    """Who asks, as the queue knows them."""
    return Reviewer(person().id, person().speaks, own_zone().key)

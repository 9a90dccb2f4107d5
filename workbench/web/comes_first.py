"""What stands in the place of the next item: the guideline to be read, then practice."""

from __future__ import annotations

from sqlalchemy.orm import Session

from workbench.messages import Message
from workbench.queries.practice import must_practise
from workbench.web.access import Place, person
from workbench.web.practice_pages import practise_first
from workbench.web.read_first import must_read, read_first
from workbench.web.request import Page


def comes_first(reading: Session, place: Place, status: Message | None = None) -> Page | None:
    """The page with it; None when nothing does. Leases stay as they are."""
    return read_first(reading, place, status) or practise_first(reading, place, status)


def must_wait(reading: Session, place: Place) -> bool:
    """Whether this reviewer is given no item before something else is done."""
    return must_read(reading, place) or must_practise(reading, place.project, person().id)

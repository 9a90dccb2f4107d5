"""Rows one by one, in pages, also where some cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from workbench.models import Base

Model = TypeVar("Model", bound=Base)


def readable(
    session: Session, model: type[Model], key: InstrumentedAttribute[int], page: int
) -> Iterator[tuple[int, Model | None]]:
    """Every row of a table in the order of its key, at most `page` in memory.

    None in the place of a row that holds something other than its columns may hold, such as JSON
    that is none.
    """
    last: int | None = None
    while True:
        query = select(key).order_by(key).limit(page)
        keys = session.scalars(query if last is None else query.where(key > last)).all()
        if not keys:
            return
        last = keys[-1]
        try:
            rows = session.scalars(
                select(model).where(key >= keys[0], key <= last).order_by(key)
            ).all()
            yield from zip(keys, rows, strict=True)
        except (TypeError, ValueError):
            for one in keys:
                yield one, _one(session, model, key, one)


def _one(
    session: Session, model: type[Model], key: InstrumentedAttribute[int], value: int
) -> Model | None:
    try:
        return session.scalars(select(model).where(key == value)).one()
    except (TypeError, ValueError):
        return None

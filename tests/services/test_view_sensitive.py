"""Who saw what is sensitive: written down once, however many pages are opened at once."""

from __future__ import annotations

import threading

from sqlalchemy import func, select

from tests.cast import NOON, Cast, make_item
from workbench.db import Database
from workbench.models import AuditEntry, SensitiveView
from workbench.services.view_sensitive import note_views


def test_two_pages_opened_at_once_are_one_look(database: Database, cast: Cast) -> None:
    with database.write() as session:
        item_id = make_item(session, cast.project, "hard", severity=2).id

    looked = threading.Event()

    def look() -> None:
        with database.write() as session:
            note_views(session, cast.luz.id, [item_id], NOON)
        looked.set()

    second = threading.Thread(target=look)
    with database.write() as session:
        note_views(session, cast.luz.id, [item_id], NOON)
        second.start()
        second.join(0.3)  # it waits for this transaction, or for its turn to write
    second.join(20)
    assert looked.is_set()
    with database.read() as session:
        seen = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "item.view")
        assert session.scalar(seen) == 1
        assert session.scalar(select(func.count()).select_from(SensitiveView)) == 1

"""What people say of a project's data sets themselves, for the card of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from workbench.export.card import TOLD
from workbench.messages import N_, Invalid
from workbench.models import Project
from workbench.services import audit, slots

LONGEST = 2_000


def tell_card(
    session: Session, project: Project, told: Mapping[str, str], *, now: datetime, actor: int | None
) -> None:
    """Set the texts that are given, by their names in `TOLD`; "" takes one away. Cards of snapshots
    that are there stay as they are. Raises Invalid by name."""
    wrong = {
        name: N_("At most %(n)s characters.", n=LONGEST)
        for name, text in told.items()
        if len(text) > LONGEST
    }
    if wrong:
        raise Invalid(wrong)
    project = slots.lock_project(session, project.id)
    texts = {**(project.card or {}), **{name: _clean(told[name]) for name in TOLD if name in told}}
    told_now = {name: text for name, text in texts.items() if text}
    project.card = told_now
    audit.append(session, "project.card", f"project:{project.id}", actor=actor, at=now,
                 detail=told_now)  # fmt: skip


def _clean(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").strip()

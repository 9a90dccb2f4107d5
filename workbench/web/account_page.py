"""What the account page shows; several forms come back to it with what is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from workbench.models import Mailbox, User
from workbench.queries.care import reviews
from workbench.queries.notices import TITLES, kinds_for
from workbench.queries.open_items import declined
from workbench.queries.people import open_sessions
from workbench.queries.provider_accounts import link_of
from workbench.queries.second_factor import factors_of
from workbench.services import care
from workbench.services.mailbox import CHOICES, PAGE
from workbench.web.access import person
from workbench.web.harms import harm_titles
from workbench.web.request import Page, config, now


def account_page(
    reading: Session, errors: dict[str, str] | None = None, done: str = "", status: int = 200
) -> Page:
    """The page; `done`: what was saved just now."""
    idle = timedelta(minutes=config().session_idle_minutes)
    context = {
        "sessions": open_sessions(reading, person().id, now(), idle),
        "this_session": person().session_id,
        "factors": factors_of(reading, person().id),
        "provider": config().provider_label,
        "linked": link_of(reading, person().id, config().oidc_issuer),
        "errors": errors or {},
        "done": done,
        "reviews": reviews(reading, person().id, person().role),
        "harm_names": harm_titles(),
        "declined": declined(reading, person().id),
        "break_minutes": person().break_minutes,
        "break_choices": care.BREAK_MINUTES,
        "support": config().support_contact,
        "mail": _mail(reading),
        "erasure_asked_at": reading.get_one(User, person().id).erasure_asked_at,
    }
    return Page("account/account.html", context, status=status)


def _mail(reading: Session) -> dict[str, Any]:
    """The person's e-mail: address, and what they chose by kind."""
    own = reading.get(Mailbox, person().id)
    chosen = own.choices if own else {}
    kinds = kinds_for(reading, person().id, person().role)
    return {
        "works": config().sends_mail,
        "address": own.address if own else None,
        "pending": own.pending if own else None,
        "refused_at": own.refused_at if own else None,
        "entered": request.form.get("address", ""),
        "kinds": [(kind, TITLES[kind], chosen.get(kind, PAGE)) for kind in kinds],
        "choices": CHOICES,
        "hour": config().digest_hour,
    }

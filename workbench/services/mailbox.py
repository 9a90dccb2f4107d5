"""A person's e-mail address, and what of they want it for. Nothing is sent to an address before
whoever reads it has confirmed it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from workbench.messages import N_, Invalid
from workbench.models import Kind, Mailbox
from workbench.services import audit, signed

#: Plain ASCII, and nothing that could end a header or name a second address.
ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
#: What a person may choose for a kind of message, beside the page, which always has it.
PAGE, DAILY, AT_ONCE = "page", "daily", "at_once"
CHOICES = (PAGE, DAILY, AT_ONCE)

LINK_VALID = timedelta(days=3)
#: Links that a person may have sent in a day: nobody fills another's mailbox.
LINKS_A_DAY = 5

_NO_ADDRESS = N_("Write an e-mail address such as ana@example.org.")
_ENOUGH = N_("Those were enough tries for today. Look into your mailbox, or try again tomorrow.")


def clean_address(text: str) -> str:
    """The address that was entered. Raises Invalid at `address`."""
    address = text.strip()
    if len(address) > 254 or not ADDRESS.fullmatch(address):
        raise Invalid({"address": _NO_ADDRESS})
    return address


def check_may_ask(session: Session, user_id: int, now: datetime) -> None:
    """Raises Invalid at `address` when that person had enough links sent today."""
    own = session.get(Mailbox, user_id)
    if own is not None and _asked(own, now) >= LINKS_A_DAY:
        raise Invalid({"address": _ENOUGH})


def _asked(own: Mailbox, now: datetime) -> int:
    day = timedelta(days=1)
    return own.asked if own.asked_at is not None and now - own.asked_at < day else 0


def note_link(session: Session, user_id: int, address: str, now: datetime) -> None:
    """A link to confirm that address with is on its way."""
    own = _own(session, user_id)
    asked = _asked(own, now)
    if not asked:
        own.asked_at = now
    own.asked, own.pending = asked + 1, address
    session.flush()


def link_token(key: str, user_id: int, address: str, now: datetime) -> str:
    """What the link to confirm the address ends with."""
    return signed.sign(key, signed.CONFIRM, user_id, address, now + LINK_VALID)


def awaits(session: Session, user_id: int, token: str, now: datetime) -> str | None:
    """The address that this token confirms for that person; None: it is none, not theirs, used up
    or has run out."""
    own, said = session.get(Mailbox, user_id), signed.read(token)
    if own is None or own.pending is None or said is None or said[0] != user_id:
        return None
    key = session.info["key"]
    good = signed.holds(key, signed.CONFIRM, token, own.pending, now)
    return own.pending if good else None


def confirm(session: Session, user_id: int, token: str, now: datetime) -> bool:
    """Use the address from now on; False when the token is not good for it."""
    address = awaits(session, user_id, token, now)
    if address is None:
        return False
    own = _own(session, user_id)
    own.address, own.pending, own.refused_at = address, None, None
    session.flush()
    audit.append(session, "user.mail", f"user:{user_id}", actor=user_id, at=now)
    return True


def forget_address(session: Session, user_id: int, now: datetime) -> None:
    """Send nothing to this person any more, and keep no address of theirs."""
    own = _own(session, user_id)
    own.address = own.pending = own.refused_at = None
    session.flush()
    audit.append(session, "user.mail_off", f"user:{user_id}", actor=user_id, at=now)


def choose(session: Session, user_id: int, choices: Mapping[str, str], now: datetime) -> None:
    """What the person gets by e-mail, by kind. Raises Invalid at `choices`."""
    if not choices or not set(choices.values()) <= set(CHOICES) or not set(choices) <= set(Kind):
        raise Invalid.at("choices", "Choose among what is on the page.")
    own = _own(session, user_id)
    own.choices = {kind: how for kind, how in choices.items() if how != PAGE}
    if own.digest_at is None:
        own.digest_at = now
    session.flush()


def stop_token(key: str, user_id: int, address: str) -> str:
    """What the link to stop all e-mail to that address ends with."""
    return signed.sign(key, signed.STOP, user_id, address)


def may_stop(session: Session, token: str, now: datetime) -> Mailbox | None:
    """The mailbox that the token was sent to, while it is still that one."""
    said = signed.read(token)
    own = session.get(Mailbox, said[0]) if said is not None else None
    if own is None or own.address is None:
        return None
    good = signed.holds(session.info["key"], signed.STOP, token, own.address, now)
    return own if good else None


def stop(session: Session, token: str, now: datetime) -> bool:
    """No more e-mail, without a log-in: whoever has the link was sent it. Again changes nothing."""
    own = may_stop(session, token, now)
    if own is None:
        return False
    if own.choices:
        own.choices = {}
        session.flush()
        audit.append(session, "user.mail_off", f"user:{own.user_id}", actor=None, at=now)
    return True


def _own(session: Session, user_id: int) -> Mailbox:
    """The person's row, locked, made where it is missing."""
    found = session.get(Mailbox, user_id, with_for_update=True, populate_existing=True)
    if found is None:
        found = Mailbox(user_id=user_id, asked=0, choices={})
        session.add(found)
        session.flush()
    return found

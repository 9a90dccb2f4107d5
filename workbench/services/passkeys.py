"""Passkeys (WebAuthn): what a device is to sign, and whether it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import webauthn
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from workbench.db import added
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import Passkey, User
from workbench.queries.second_factor import passkeys_of
from workbench.services import audit
from workbench.services.second_factor import after_removal

NAME_CHARS = 60
#: Of one person.
MOST = 20
#: What the library raises for what a browser may send.
_NOT_GOOD = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError)
_REFUSED = "The device did not confirm it. Try again."


@dataclass(frozen=True)
class Site:
    """Where a passkey is good: a host's name, and the address of its pages."""

    name: str
    origin: str


@dataclass(frozen=True)
class Shown:
    """What a browser answered, and what it had been asked; None where it had not been."""

    answer: str
    challenge: str | None


def creation_options(session: Session, site: Site, user: User) -> tuple[str, str]:
    """(what the browser is asked for, as JSON; the challenge in it) for a new passkey."""
    options = webauthn.generate_registration_options(
        rp_id=site.name,
        rp_name="Workbench",
        user_name=user.name,
        user_id=f"workbench-{user.id}".encode(),
        # Asked for, so that it logs in by itself later; what cannot is a second factor yet.
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(passkeys_of(session, user.id)),
    )
    return webauthn.options_to_json(options), bytes_to_base64url(options.challenge)


def request_options(session: Session, site: Site, user_id: int | None) -> tuple[str, str]:
    """The same for showing one: any of that person's; None: any, and the device must know by
    itself that it is its owner who holds it."""
    options = webauthn.generate_authentication_options(
        rp_id=site.name,
        allow_credentials=_descriptors(passkeys_of(session, user_id)) if user_id else None,
        user_verification=(
            UserVerificationRequirement.PREFERRED
            if user_id
            else UserVerificationRequirement.REQUIRED
        ),
    )
    return webauthn.options_to_json(options), bytes_to_base64url(options.challenge)


def _descriptors(passkeys: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(each.credential_id),
            transports=[AuthenticatorTransport(name) for name in each.transports],
        )
        for each in passkeys
    ]


def register(
    session: Session, site: Site, user_id: int, shown: Shown, *, name: str, now: datetime
) -> None:
    """Keep a new passkey. Raises Invalid at "passkey" or "name", Conflict."""
    name = _clean_name(name)
    if not shown.challenge:
        raise Invalid.at("passkey", _REFUSED)
    try:
        credential = parse_registration_credential_json(shown.answer)
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(shown.challenge),
            expected_rp_id=site.name,
            expected_origin=site.origin,
        )
    except _NOT_GOOD:
        raise Invalid.at("passkey", _REFUSED) from None
    if len(passkeys_of(session, user_id)) >= MOST:
        raise Conflict("A person has at most %(n)s passkeys. Remove one first.", n=MOST)
    row = Passkey(
        user_id=user_id,
        name=name,
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
        transports=[str(each.value) for each in credential.response.transports or []],
        created_at=now,
    )
    if not added(session, row):
        raise Conflict("This passkey is known here already.")
    _note(session, "factor.passkey", row, now)


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_CHARS or not name.isprintable():
        raise Invalid.at("name", "A name has from 1 to %(n)s characters.", n=NAME_CHARS)
    return name


def owner(
    session: Session, site: Site, shown: Shown, user_id: int | None, now: datetime
) -> User | None:
    """Whose passkey was shown; None where it is nobody's, another's than `user_id`'s, or not
    signed by it. `user_id` None: anyone's who showed the device that it is they."""
    found = _found(session, shown.answer)
    if not shown.challenge or found is None or found.user_id != (user_id or found.user_id):
        return None
    user = session.get_one(User, found.user_id)
    if not user.active:
        return None
    try:
        verified = webauthn.verify_authentication_response(
            credential=parse_authentication_credential_json(shown.answer),
            expected_challenge=base64url_to_bytes(shown.challenge),
            expected_rp_id=site.name,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(found.public_key),
            credential_current_sign_count=found.sign_count,
            require_user_verification=user_id is None,
        )
    except _NOT_GOOD:
        return None
    found.sign_count, found.last_used_at = verified.new_sign_count, now
    session.flush()
    return user


def _found(session: Session, answer: str) -> Passkey | None:
    try:
        credential = parse_authentication_credential_json(answer)
    except _NOT_GOOD:
        return None
    credential_id = bytes_to_base64url(credential.raw_id)
    return session.scalars(
        select(Passkey).where(Passkey.credential_id == credential_id).with_for_update()
    ).one_or_none()


def rename(session: Session, user_id: int, passkey_id: int, name: str, now: datetime) -> None:
    """Call it something else. Raises Invalid at "name", NotFound."""
    row = _own(session, user_id, passkey_id)
    row.name = _clean_name(name)
    _note(session, "factor.passkey_name", row, now)


def remove(session: Session, user_id: int, passkey_id: int, now: datetime) -> None:
    """It is good no more. Raises NotFound."""
    row = _own(session, user_id, passkey_id)
    _note(session, "factor.passkey_remove", row, now)
    session.execute(delete(Passkey).where(Passkey.id == row.id))
    after_removal(session, user_id)


def _own(session: Session, user_id: int, passkey_id: int) -> Passkey:
    row = session.get(Passkey, passkey_id, with_for_update=True)
    if row is None or row.user_id != user_id:
        raise NotFound("You have no such passkey.")
    return row


def _note(session: Session, action: str, row: Passkey, now: datetime) -> None:
    session.flush()
    subject, detail = f"user:{row.user_id}", {"passkey": row.id}
    audit.append(session, action, subject, actor=row.user_id, at=now, detail=detail)

"""One's own e-mail: the address and its confirmation, what one gets, and how to end it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.errors import Conflict, NotFound
from workbench.extensions import csrf
from workbench.mail.language import Language
from workbench.mail.send import send_confirmation
from workbench.mail.server import AddressRefused, NoServer
from workbench.messages import N_, Invalid
from workbench.permissions import Permission
from workbench.queries.notices import kinds_for
from workbench.services import mailbox
from workbench.web.access import person, requires
from workbench.web.account_page import account_page
from workbench.web.again import asks_again
from workbench.web.language import language, said
from workbench.web.request import Page, config, database, now, session

bp = Blueprint("own_mail", __name__)

_USED_UP = N_("This link was used or has run out. Ask for a new one on your account page.")
_NO_LINK = N_("This link is not good any more: no e-mail is sent to that address.")
_NOT_SENT = N_("The letter could not be sent just now. Try again later.")
_NOT_TAKEN = N_("The mail server does not take this address.")


def _back(done: str) -> ResponseReturnValue:
    return redirect(url_for("account.show", saved=done, _anchor="mail"), 303)


def _refused(error: Invalid) -> Page:
    errors = {name: said(why) for name, why in error.errors.items()}
    return account_page(session(), errors, status=422)


@bp.post("/account/mail/address")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def set_address() -> ResponseReturnValue | Page:
    """Send a link to the address, which is used once its reader has confirmed it."""
    try:
        address = mailbox.clean_address(request.form.get("address", ""))
        _send_link(address)
    except Invalid as error:
        return _refused(error)
    mailbox.note_link(session(), person().id, address, now())
    return _back("link")


def _send_link(address: str) -> None:
    """Nothing is locked while the mail server is waited for. Raises Invalid, Conflict."""
    if not config().sends_mail:
        raise Conflict("This server sends no e-mail.")
    me, at = person(), now()
    with database().read() as reading:
        mailbox.check_may_ask(reading, me.id, at)
        token = mailbox.link_token(reading.info["key"], me.id, address, at)
    own = Language(language(), ZoneInfo(me.timezone or config().timezone))
    try:
        send_confirmation(config(), own, address, (me.name, token), at)
    except AddressRefused:
        raise Invalid({"address": _NOT_TAKEN}) from None
    except NoServer:
        raise Invalid({"address": _NOT_SENT}) from None


@bp.post("/account/mail/forget")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def forget() -> ResponseReturnValue:
    """Keep no address and send nothing."""
    mailbox.forget_address(session(), person().id, now())
    return _back("mail")


@bp.post("/account/mail/choices")
@requires(Permission.OWN_ACCOUNT)
def choose() -> ResponseReturnValue | Page:
    """What one gets by e-mail."""
    writing = session()
    kinds = kinds_for(writing, person().id, person().role)
    choices = {str(kind): request.form.get(kind, "") for kind in kinds}
    try:
        mailbox.choose(writing, person().id, choices, now())
    except Invalid as error:
        return _refused(error)
    return _back("mail")


@bp.get("/account/mail/confirm/<token>")
@requires(Permission.OWN_ACCOUNT)
def confirm_page(token: str) -> Page:
    """Ask before it counts: programs open links in mailboxes, and people press buttons."""
    address = mailbox.awaits(session(), person().id, token, now())
    if address is None:
        raise NotFound(_USED_UP.text)
    return Page("account/confirm.html", {"address": address, "token": token})


@bp.post("/account/mail/confirm/<token>")
@requires(Permission.OWN_ACCOUNT)
def confirm(token: str) -> ResponseReturnValue:
    """Use the address from now on."""
    if not mailbox.confirm(session(), person().id, token, now()):
        raise NotFound(_USED_UP.text)
    return _back("confirmed")


@bp.get("/unsubscribe/<token>")
def stop_page(token: str) -> Page:
    """Ask whether all e-mail is to end."""
    if mailbox.may_stop(session(), token, now()) is None:
        raise NotFound(_NO_LINK.text)
    return Page("account/unsubscribe.html", {"token": token, "stopped": False})


@bp.post("/unsubscribe/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]
def stop(token: str) -> Page:
    """End all e-mail. Mailboxes send this by themselves, with one click and without this site's
    token (RFC 8058): the link's own signature says who was sent it."""
    if not mailbox.stop(session(), token, now()):
        raise NotFound(_NO_LINK.text)
    return Page("account/unsubscribe.html", {"token": token, "stopped": True})

"""One's second factor: app, passkeys, recovery codes."""

from __future__ import annotations

from itertools import groupby

import segno
from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.errors import Conflict
from workbench.messages import Invalid, Message
from workbench.models import Purpose, User
from workbench.permissions import Permission
from workbench.queries.second_factor import factors_of
from workbench.services import passkeys, second_factor
from workbench.web.access import must_have_second_factor, person, requires
from workbench.web.again import asks_again
from workbench.web.entering import renew
from workbench.web.language import said
from workbench.web.passkeys import answered, ask, must_have_site, site
from workbench.web.request import Page, now, roll_back, session

bp = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")


@bp.get("")
@requires(Permission.OWN_ACCOUNT)
def show() -> Page:
    """What there is, and what can be added."""
    return _page()


def _page(errors: dict[str, Message] | None = None, status: int = 200) -> Page:
    context = {
        "factors": factors_of(session(), person().id),
        "must": must_have_second_factor(session()),
        "site": site(),
        "errors": {name: said(why) for name, why in (errors or {}).items()},
        "name": request.form.get("name", ""),
        "done": request.args.get("done", ""),
        "most": passkeys.NAME_CHARS,
    }
    return Page("account/second_factor.html", context, status=status)


def _back(done: str) -> ResponseReturnValue:
    return redirect(url_for("second_factor.show", done=done), 303)


def _after_set_up(done: str, *, first: bool) -> ResponseReturnValue | Page:
    """This log-in gets another token, and who had no second factor before gets ten codes."""
    codes = second_factor.make_codes(session(), person().id, now()) if first else None
    renew()
    return _codes_page(codes) if codes else _back(done)


def _codes_page(codes: list[str]) -> Page:
    """The only page that ever shows them."""
    return Page("account/codes.html", {"codes": codes, "name": person().name}, status=201)


# --- the app --------------------------------------------------------------------------------


@bp.post("/app")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def begin_app() -> ResponseReturnValue:
    """Make a key for an app, which is not good before the app has shown a code of it."""
    second_factor.begin_app(session(), person().id, now())
    return redirect(url_for("second_factor.app"), 303)


@bp.get("/app")
@requires(Permission.OWN_ACCOUNT)
def app() -> ResponseReturnValue | Page:
    """Show the key that waits for its first code; no page shows it after that."""
    return _app_page()


def _app_page(error: str = "", status: int = 200) -> ResponseReturnValue | Page:
    seed = second_factor.pending_seed(session(), person().id, now())
    if seed is None:
        return _back("")
    size, path = _qr(second_factor.address_for_app(seed, person().name, request.host))
    context = {
        "size": size,
        "path": path,
        "key": " ".join(seed[i : i + 4] for i in range(0, len(seed), 4)),
        "error": error,
    }
    return Page("account/app.html", context, status=status)


def _qr(text: str) -> tuple[int, str]:
    """A QR code as an SVG path of runs, and how many modules it is wide: no style, no script."""
    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=4))
    drawn = []
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            width = len(list(run))
            if dark:
                drawn.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width
    return len(rows), "".join(drawn)


@bp.post("/app/confirm")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def confirm_app() -> ResponseReturnValue | Page:
    """Use the key from now on: the app has shown a code of it."""
    first = not factors_of(session(), person().id)
    try:
        second_factor.confirm_app(session(), person().id, request.form.get("code", ""), now())
    except Invalid as error:
        return _app_page(said(error.errors["code"]), 422)
    return _after_set_up("app", first=first)


@bp.post("/app/remove")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def remove_app() -> ResponseReturnValue:
    """Its codes are good no more."""
    _keep_one(app=True)
    second_factor.remove_app(session(), person().id, now())
    renew()
    return _back("removed")


def _keep_one(*, app: bool) -> None:
    """Who must have a second factor removes no last one. Raises Conflict."""
    factors = factors_of(session(), person().id)
    left = len(factors.passkeys) + (factors.app_since is not None) - 1
    has = factors.app_since is not None if app else bool(factors.passkeys)
    if has and left == 0 and must_have_second_factor(session()):
        raise Conflict("Your role must have a second factor: set up another one first.")


# --- recovery codes -------------------------------------------------------------------------


@bp.post("/codes")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def make_codes() -> Page:
    """Ten new codes; those before are good no more."""
    if not factors_of(session(), person().id):
        raise Conflict("Recovery codes come with a second factor: set one up first.")
    return _codes_page(second_factor.make_codes(session(), person().id, now()))


# --- passkeys -------------------------------------------------------------------------------


@bp.post("/passkeys/options")
@requires(Permission.OWN_ACCOUNT)
def passkey_options() -> Response:
    """What a device is to make a passkey of."""
    me = session().get_one(User, person().id)
    return ask(Purpose.REGISTER, me.id, passkeys.creation_options(session(), must_have_site(), me))


@bp.post("/passkeys")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def add_passkey() -> ResponseReturnValue | Page:
    """Keep the passkey that the device has made."""
    mine, name = person().id, request.form.get("name", "")
    shown = answered(Purpose.REGISTER, mine, request.form.get("passkey", ""))
    first = not factors_of(session(), mine)
    try:
        passkeys.register(session(), must_have_site(), mine, shown, name=name, now=now())
    except Invalid as error:
        roll_back()
        return _page(error.errors, 422)
    return _after_set_up("passkey", first=first)


@bp.post("/passkeys/<int:passkey_id>/name")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def rename_passkey(passkey_id: int) -> ResponseReturnValue:
    """Call a passkey something else."""
    passkeys.rename(session(), person().id, passkey_id, request.form.get("name", ""), now())
    return _back("name")


@bp.post("/passkeys/<int:passkey_id>/remove")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    """It is good no more."""
    _keep_one(app=False)
    passkeys.remove(session(), person().id, passkey_id, now())
    renew()
    return _back("removed")

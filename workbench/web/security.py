"""What every request and reply is held to: same origin, strict headers."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64encode
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request

from workbench.web.request import SAFE_METHODS, config

_CSP = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types htmx"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


#: A file runs nothing and shows nothing of its own. Short: a page asks for some twenty of them.
_FILE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}


def install(app: Flask) -> None:
    """Check where unsafe requests come from, and put the headers on every reply."""
    app.before_request(_same_origin)
    app.after_request(_put_headers)
    app.jinja_env.globals.update(csp_nonce=nonce, storage_key=storage_key)


def nonce() -> str:
    """This reply's nonce; fresh for every one, as the gate in front of htmx needs it."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def storage_key(user_id: int) -> str:
    """Key (AES-256, base64) for what this person's browser keeps: answers on their way, drafts.

    It comes with the page and is never stored in the browser, so what lies there is of no use
    without a log-in (OWASP ASVS 14.3.3).
    """
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return b64encode(hmac.digest(secret, b"browser storage %d" % user_id, "sha256")).decode()


def _same_origin() -> None:
    """A browser says where a request comes from; programs that are none say nothing."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)


def _put_headers(response: Response) -> Response:
    headers = response.headers
    if request.endpoint == "static" and response.status_code < 400:
        headers.update(_FILE_HEADERS)
    else:
        headers["Content-Security-Policy"] = _CSP.format(nonce=nonce())
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
    if request.endpoint != "static" or response.status_code >= 400:
        headers["Cache-Control"] = "no-store"
    elif "v" not in request.args:
        # Named without its digest, as modules name one another: ask whether it has changed.
        headers["Cache-Control"] = "no-cache"
    if config().https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response

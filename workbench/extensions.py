"""Flask extensions; imports nothing of ours."""

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_babel import Babel
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature

__all__ = ["AgelessSessions", "babel", "csrf", "generate_csrf", "login_manager"]


class _NoRememberCookie(LoginManager):  # type: ignore[misc]
    """To look for a remember-me cookie opens the session with every reply, which then differs by
    cookie: browsers and caches that people share would keep no static file past a log-in."""

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


class AgelessSessions(SecureCookieSessionInterface):
    """Rows say how long a log-in lasts, by the database's clock. Flask would ask the cookie too, by
    this host's, and take a cookie from the future for none: a clock that is put back would log
    everybody out."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        signer = self.get_signing_serializer(app)
        if signer is None:
            return None
        cookie = request.cookies.get(self.get_cookie_name(app), "")
        try:
            return self.session_class(signer.loads(cookie))
        except BadSignature:
            return self.session_class()


babel = Babel()
csrf = CSRFProtect()
login_manager = _NoRememberCookie()

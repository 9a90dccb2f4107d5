"""Flask extensions; imports nothing of ours."""

from flask import Response
from flask_babel import Babel
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf

__all__ = ["babel", "csrf", "generate_csrf", "login_manager"]


class _NoRememberCookie(LoginManager):  # type: ignore[misc]
    """To look for a remember-me cookie opens the session with every reply, which then differs by
    cookie: browsers and caches that people share would keep no static file past a log-in."""

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


babel = Babel()
csrf = CSRFProtect()
login_manager = _NoRememberCookie()

"""Flask extensions; imports nothing of ours."""

from flask_babel import Babel
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf

__all__ = ["babel", "csrf", "generate_csrf", "login_manager"]

babel = Babel()
csrf = CSRFProtect()
login_manager = LoginManager()

"""create_app: wiring only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from workbench import migrate
from workbench.background.waker import Waker
from workbench.config import MIB, Config, load_config
from workbench.db import Database
from workbench.extensions import AgelessSessions, csrf
from workbench.paths import data_dir
from workbench.telemetry.counts import Counts
from workbench.web import (
    BLUEPRINTS,
    access,
    assets,
    compress,
    errors,
    language,
    security,
    veil,
    watched,
)
from workbench.web.request import RowId, WorkbenchFlask, close


def create_app(
    config: Config | None = None, counts: Counts | None = None, **overrides: Any
) -> WorkbenchFlask:
    """The WSGI application. Raises ConfigError when it must not start.

    `counts`: of all processes that serve; None: this one is alone.
    """
    config = config or load_config(**overrides)
    key = config.read_key()
    app = WorkbenchFlask(
        "workbench",
        template_folder=str(data_dir("templates")),
        static_folder=str(data_dir("static")),
    )
    app.config.update(_flask_settings(config, key))
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    database = Database(config.database_url, key=key, keys_file=config.keys_file)
    migrate.require_head(database)
    app.session_interface = AgelessSessions()
    app.extensions["workbench_config"] = config
    app.extensions["workbench_database"] = database
    app.extensions["workbench_waker"] = Waker.at(config.home)
    app.url_map.converters["int"] = RowId
    app.extensions["workbench_metrics_token"] = config.read_metrics_token()
    # First here is last on the reply: what is sent is complete by then.
    watched.install(app, counts or Counts())
    veil.install(app)
    app.teardown_request(close)
    compress.install(app)
    security.install(app)
    # Before the token is looked for, which reads the body: nobody unknown gets to send a large one.
    access.install(app)
    csrf.init_app(app)
    language.install(app)
    assets.install(app)
    errors.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.add_url_rule("/health", "health", lambda: {"status": "ok"})
    access.check_every_route(app)
    watched.begin(app)
    if config.proxy_hops:
        hops = config.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _flask_settings(config: Config, key: str) -> dict[str, Any]:
    return {
        "SECRET_KEY": key,
        "SESSION_COOKIE_NAME": "__Host-workbench" if config.https else "workbench",
        "SESSION_COOKIE_SECURE": config.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=config.session_hours),
        # Not with every reply: static files are kept by caches that people share.
        "SESSION_REFRESH_EACH_REQUEST": False,
        "TRUSTED_HOSTS": list(config.trusted_hosts) or None,
        # Of a form; access.py makes room for uploads.
        "MAX_CONTENT_LENGTH": 8 * MIB,
        "MAX_FORM_MEMORY_SIZE": 8 * MIB,
        "MAX_FORM_PARTS": 2_000,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=365),
    }

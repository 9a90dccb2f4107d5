"""One application for the many tests that change nothing of it, each on a database of its own.

To make one takes longer than most of the requests that are sent to it: every address is compiled,
and every template once more at its first use. A test may replace a view; one that adds an
address makes an application of its own by `create_app`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from workbench.app import create_app
from workbench.config import Config
from workbench.db import Database
from workbench.web.request import WorkbenchFlask

#: By their settings, but for where their data are, and by their key.
_made: dict[tuple[Config, str], WorkbenchFlask] = {}


@contextlib.contextmanager
def application(config: Config) -> Iterator[WorkbenchFlask]:
    """The application with these settings, as if made for them; never two at a time."""
    key = config.read_key()
    alike = replace(config, home=Path(), database_url=""), key
    app = _made.get(alike)
    database = Database(config.database_url, key=key)
    if app is None:
        app = _made[alike] = create_app(config)
        app.extensions["workbench_database"].dispose()
    app.extensions.update(workbench_config=config, workbench_database=database)
    views = dict(app.view_functions)
    yield app
    app.view_functions.update(views)
    database.dispose()

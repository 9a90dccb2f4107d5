"""Templates' tools: addresses of static files, macros, and text of models made safe to read."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, url_for

from workbench.web import text
from workbench.web.access import person_or_none
from workbench.web.browsers import browser_name


def install(app: Flask) -> None:
    """Give templates their globals and filters."""
    folder = Path(app.static_folder or "")

    def asset(name: str) -> str:
        """Address of a static file; it changes when the file does, so browsers may keep it."""
        return url_for("static", filename=name, v=_digest(folder / name))

    app.jinja_env.globals.update(asset=asset, person_or_none=person_or_none)
    app.jinja_env.filters.update(
        markdown=text.markdown,
        has_form=text.has_form,
        raw_text=text.raw,
        browser_name=browser_name,
    )
    app.context_processor(lambda: {"ui": app.jinja_env.get_template("ui.html").module})


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]

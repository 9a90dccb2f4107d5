"""Templates' tools: addresses of static files, macros, and text of models made safe to read."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from flask import Flask, url_for
from markupsafe import Markup

from workbench.db import dump_json
from workbench.task_types.fields import plain_lines
from workbench.web import text
from workbench.web.access import person_or_none
from workbench.web.browsers import browser_name

#: What a module of ours takes from another at once, as it is loaded.
_IMPORTED = re.compile(r'^import [^;]*?"(\.[^"]+)";', re.MULTILINE)


def install(app: Flask) -> None:
    """Give templates their globals and filters."""
    folder = Path(app.static_folder or "").resolve()

    @cache
    def asset(name: str) -> str:
        """Address of a static file; it changes when the file does, so browsers may keep it."""
        return url_for("static", filename=name, v=_digest(folder / name))

    def has_asset(name: str) -> bool:
        return (folder / name).is_file()

    @cache
    def import_map(task_type: str) -> Markup:
        """Where modules are: each by the address of what it is now, and the task type's own as
        "task-type". What the interpreter of the charts imports by name is in Vega's own file."""
        scripts = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.js"))
        imports = {url_for("static", filename=name): asset(name) for name in scripts}
        imports["vega-util"] = asset("js/vega-util.js")
        imports["task-type"] = asset(own_module(task_type))
        return Markup(dump_json({"imports": imports}))  # noqa: S704 - names of our own files

    @cache
    def modules(task_type: str) -> list[str]:
        """Addresses of all that the desk imports, so that none waits for another to ask for it."""
        found = [folder / "js/desk.js", folder / "js/page.js", folder / own_module(task_type)]
        for path in found:
            names = _IMPORTED.findall(path.read_text("utf-8"))
            imported = [(path.parent / name).resolve() for name in names]
            found += [other for other in imported if other not in found]
        return [asset(path.relative_to(folder).as_posix()) for path in found]

    def own_module(task_type: str) -> str:
        own = f"js/task_types/{task_type}.js"
        return own if has_asset(own) else "js/task_types/none.js"

    app.jinja_env.globals.update(
        asset=asset,
        has_asset=has_asset,
        import_map=import_map,
        modules=modules,
        person_or_none=person_or_none,
    )
    app.jinja_env.filters.update(
        markdown=text.markdown,
        has_form=text.has_form,
        raw_text=text.raw,
        plain_lines=plain_lines,
        browser_name=browser_name,
    )
    app.context_processor(lambda: {"ui": app.jinja_env.get_template("ui.html").module})


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]

"""What holds for every file of the program: layers, sizes, names, templates."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator, Sequence
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from tests.web.conftest import Browser
from workbench.app import create_app
from workbench.config import load_config, make_key
from workbench.paths import data_dir
from workbench.web.access import OPEN
from workbench.web.request import WorkbenchFlask

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "workbench"
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"

#: What each part of the program may import of the others. Arrows look down, so there is no circle:
#: web -> services, queries, permissions -> models, and
#: web, services, queries, export -> task_types -> stats.
#: A service may read by a query; a query never writes, so it imports no service.
LAYERS: dict[str, str] = {
    "messages": "",
    "paths": "",
    "config": "",
    "errors": "messages",
    "veil": "",
    "kept": "",
    "collector": "",
    "turns": "",
    "on_sqlite": "",
    "sealing": "config",
    "statements": "",
    "db": "kept on_sqlite sealing turns",
    "only_one": "db",
    "backup": "config db on_sqlite",
    "models": "db",
    "permissions": "models",
    "stats": "messages",
    "task_types": "messages stats",
    "intake": "messages task_types",
    "export": "messages task_types stats",
    "migrations": "models",
    "migrate": "config db paths",
    "telemetry": "config db migrate",
    "move": "db migrate models queries services",
    "queries": "db errors messages models statements stats task_types intake veil",
    "services": (
        "db errors messages models sealing statements stats task_types intake export queries"
    ),
    "mail": "config db errors messages models paths queries services veil",
    "webhooks": "config db models only_one queries services",
    "provider": "config webhooks",
    "background": ("config db errors export messages models only_one queries services task_types"),
    "extensions": "",
    "web": (
        "background config db errors mail export extensions intake messages models only_one paths"
        " permissions provider queries services stats task_types telemetry veil"
    ),
    "app": "background config db extensions migrate paths telemetry web",
    "serve": "app background config db telemetry turns web webhooks",
    # It is installed where there is no server, and knows it by its API alone.
    "client": "",
    "cli": (
        "background backup collector config db errors mail export intake messages migrate models"
        " move on_sqlite only_one paths queries sealing serve services stats task_types telemetry"
        " webhooks"
    ),
}
#: Which parts may import a package that decides what kind of code it is.
ONLY_IN: dict[str, str] = {
    "flask": "web app extensions",
    "flask_login": "web extensions",
    "flask_babel": "web extensions",
    "flask_wtf": "extensions",
    "jinja2": "app",
    "jinja2_fragments": "web",
    "werkzeug": "web app",
    "click": "cli",
    "gunicorn": "serve",
    "huey": "background",
    "sqlalchemy": (
        "background backup db models migrate migrations move on_sqlite only_one queries services"
        " statements telemetry webhooks web cli"
    ),
    "alembic": "migrate migrations cli",
    "pyarrow": "intake export",
    "argon2": "services",
    "cryptography": "sealing services",
    "pyotp": "services",
    "segno": "web",
    "webauthn": "services",
    "markdown_it": "web",
    "nh3": "web",
    "pydantic": "web",
    "httpx2": "client",
    "joserfc": "provider",
    "smtplib": "mail",
    "ssl": "mail webhooks",
    "email": "mail client",
}
MOST_LINES, MOST_TEST_LINES, MOST_IN_FUNCTION = 400, 600, 60


@cache
def sources(folder: str = "workbench") -> dict[Path, ast.Module]:
    """Every module of the folder, parsed; a migration is a record and no code to be kept short."""
    return {
        path: ast.parse(path.read_text(encoding="utf-8"), str(path))
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "versions" not in path.parts
    }


def _part(path: Path) -> str:
    """`web` for workbench/web/desk.py, `db` for workbench/db.py, "" for workbench/__init__.py."""
    first = path.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            assert node.level == 0, "imports are absolute"


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


# --- layers ---------------------------------------------------------------------------------


def test_every_part_of_the_program_has_its_place() -> None:
    assert {_part(path) for path in sources()} - {""} == set(LAYERS)


def test_the_table_of_layers_has_no_circle() -> None:
    placed: set[str] = set()
    while len(placed) < len(LAYERS):
        ready = {part for part, below in LAYERS.items() if set(below.split()) <= placed} - placed
        assert ready, f"a circle among {set(LAYERS) - placed}"
        placed |= ready


def test_imports_look_down() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path, tree in sources().items()
        for name in _imports(tree)
        if name.startswith("workbench.")
        and (below := name.split(".")[1]) in LAYERS
        and below != _part(path)
        and below not in LAYERS.get(_part(path), "").split()
    ]
    assert not wrong


def test_a_package_is_used_only_where_its_kind_of_code_lives() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path, tree in sources().items()
        for name in _imports(tree)
        if (package := name.split(".")[0]) in ONLY_IN
        and _part(path) not in ONLY_IN[package].split()
    ]
    assert not wrong


def test_views_have_no_sql() -> None:
    failures = ("DataError", "IntegrityError", "OperationalError")
    allowed = {"sqlalchemy.orm.Session", *(f"sqlalchemy.exc.{name}" for name in failures)}
    used = {
        name
        for path, tree in sources().items()
        if _part(path) == "web"
        for name in _imports(tree)
        if name.startswith("sqlalchemy")
    }
    assert used <= allowed


#: Who ends a transaction, beside the two that own them. The desk commits a stored judgment before
#: it waits for the next item; a claim ends savepoints of its own.
ENDS = {
    "workbench/db.py": {"session.commit"},
    "workbench/web/request.py": {"commit"},
    "workbench/services/claim.py": {"attempt.commit", "attempt.rollback", "waiting.rollback"},
}


def test_a_transaction_ends_in_one_place() -> None:
    found: dict[str, set[str]] = {}
    for path, tree in sources().items():
        calls = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        ends = {call for call in calls if call.split(".")[-1] in {"commit", "rollback"}}
        if ends:
            found[str(path.relative_to(ROOT))] = ends
    assert found == ENDS


# --- names and sizes ------------------------------------------------------------------------


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "lib", "shared"}
    assert not [path for path in [*sources(), *sources("tests")] if path.stem in drawers]


def test_files_are_short_enough_to_be_read() -> None:
    limits = {"workbench": MOST_LINES, "tests": MOST_TEST_LINES}
    long = {
        str(path.relative_to(ROOT)): lines
        for folder, limit in limits.items()
        for path in sources(folder)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > limit
    }
    assert not long


def test_functions_are_short_enough_to_be_seen_whole() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{function.name}": (function.end_lineno or 0)
        - function.lineno
        + 1
        for path, tree in sources().items()
        for function in _functions(tree)
    }
    assert not {name: lines for name, lines in lengths.items() if lines > MOST_IN_FUNCTION}
    assert statistics.median(lengths.values()) < 10


def test_nothing_is_left_to_be_done_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    files = [
        *sources(),
        *TEMPLATES.rglob("*.html"),
        *STATIC.rglob("js/**/*.js"),
        *STATIC.rglob("css/**/*.css"),
    ]
    assert not [path for path in files if later.search(path.read_text(encoding="utf-8"))]


# --- sentences ------------------------------------------------------------------------------

PLACE = re.compile(r"%\((\w+)\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]")
#: Functions whose first text is a sentence with places, and how many arguments stand before it.
SAYS = {"N_": 0, "Message": 0, "_": 0, "gettext": 0, "Conflict": 0, "Forbidden": 0, "NotFound": 0,
        "Invalid.at": 1, "ngettext": 0}  # fmt: skip


def _sentences(tree: ast.Module) -> Iterator[tuple[int, str, set[str] | None]]:
    """(line, sentence, names of values; None where they are not written out)."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        before = SAYS.get(ast.unparse(node.func))
        if before is None or len(node.args) <= before:
            continue
        first = node.args[before]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            names = {keyword.arg for keyword in node.keywords}
            plain = {name for name in names if name is not None}
            known = None not in names and len(node.args) == before + 1
            # A sentence that is only marked may get its values where it is used.
            known = known and (bool(plain) or ast.unparse(node.func) not in {"N_", "Message"})
            yield node.lineno, first.value, plain if known else None


def test_every_place_in_a_sentence_gets_a_value_and_every_value_a_place() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {sentence}"
        for path, tree in sources().items()
        for line, sentence, values in _sentences(tree)
        if values is not None and set(PLACE.findall(sentence)) != values
    ]
    assert not wrong


# --- routes ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def app(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WorkbenchFlask]:
    """The application, to be looked at."""
    home = tmp_path_factory.mktemp("home")
    make_key(home / "secret.key")
    config = load_config({}, home=home, database_url=f"sqlite:///{sqlite_template}", https=False)
    made = create_app(config)
    made.test_client_class = Browser
    yield made
    made.extensions["workbench_database"].dispose()


def test_addresses_are_in_kebab_case(app: WorkbenchFlask) -> None:
    part = re.compile(r"[a-z]+(-[a-z]+)*|<(int:|item:|path:)?[a-z_]+>|v[0-9]|openapi\.json")
    for rule in app.url_map.iter_rules():
        for piece in rule.rule.strip("/").split("/"):
            assert part.fullmatch(piece) or rule.rule == "/", rule.rule


def test_every_view_requires_a_permission_or_is_open(app: WorkbenchFlask) -> None:
    for rule in app.url_map.iter_rules():
        required = hasattr(app.view_functions[rule.endpoint], "permission")
        assert required is (rule.endpoint not in OPEN), rule.endpoint


def test_what_changes_something_is_never_a_get(app: WorkbenchFlask) -> None:
    both = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if {"GET", "POST"} <= (rule.methods or set())
    }
    assert both == {"auth.login", "auth.welcome"}  # the form and what it sends


# --- templates ------------------------------------------------------------------------------

NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
#: Attributes by which htmx sends something: hx-csp wants a nonce beside them.
SENDS = {
    "hx-get",
    "hx-post",
    "hx-put",
    "hx-patch",
    "hx-delete",
    "hx-query",
    "hx-action",
    "hx-boost",
}


def _source(name: str) -> str:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    return re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)


class _Elements(HTMLParser):
    """The elements of a template, whose Jinja has been taken out."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(re.sub(r"\{%.*?%\}", "", re.sub(r"\{\{.*?\}\}", "VALUE", source, flags=re.DOTALL),
                         flags=re.DOTALL))  # fmt: skip

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def _elements(name: str) -> Sequence[tuple[str, dict[str, str]]]:
    return _Elements(_source(name)).found


@pytest.fixture(scope="module")
def env(app: WorkbenchFlask) -> Environment:
    return app.jinja_env


@pytest.mark.parametrize("name", NAMES)
def test_a_template_can_be_read(env: Environment, name: str) -> None:
    assert env.get_template(name).name == name


def test_an_undefined_name_in_a_template_is_an_error(env: Environment) -> None:
    assert env.undefined.__name__ == "StrictUndefined"
    assert env.autoescape is not False


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_a_title(name: str) -> None:
    source = _source(name)
    if '{% extends "base.html" %}' in source:
        assert re.search(r"\{% block title %\}.*\S.*\{% endblock %\}", source)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_runs_no_script_and_no_style_of_its_own(name: str) -> None:
    for tag, attributes in _elements(name):
        assert tag not in {"style", "iframe", "object", "embed", "base", "applet"}, tag
        assert not [key for key in attributes if key == "style" or key.startswith("on")], attributes
        assert not [key for key in attributes if key.startswith(("hx-on", "data-hx"))], attributes
        assert not [v for v in attributes.values() if v.strip().lower().startswith("javascript:")]
        # JSON is data, which no browser runs.
        if tag == "script" and attributes.get("type") != "application/json":
            assert attributes.get("nonce") == "VALUE", attributes
            assert attributes.get("src") == "VALUE" or attributes.get("type") == "importmap"


@pytest.mark.parametrize("name", NAMES)
def test_what_htmx_sends_is_stamped_and_needs_no_evaluation(name: str) -> None:
    for _, attributes in _elements(name):
        if SENDS & set(attributes):
            assert attributes.get("hx-nonce") == "VALUE", attributes
        assert "hx-nonce:inherited" not in attributes
        assert "[" not in attributes.get("hx-trigger", "")
        assert not [v for k, v in attributes.items() if k.startswith("hx-") and "js:" in v]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_gets_past_the_escaping(name: str) -> None:
    source = _source(name)
    assert not re.search(r"\|\s*safe\b|\bMarkup\b|autoescape\s+false|\|\s*attr\b", source)
    unquoted = re.findall(r"<[a-z][^<>]*\s[a-z-]+=(?![\"'])\{\{", source)
    assert not unquoted


@pytest.mark.parametrize("name", NAMES)
def test_every_form_that_posts_carries_the_token(name: str) -> None:
    for form in re.findall(r"<form\b.*?</form>", _source(name), flags=re.DOTALL):
        opening = form.partition(">")[0]
        if 'method="post"' in opening or "hx-post" in opening:
            assert "ui.csrf(csrf_token())" in form, opening
        else:
            assert 'method="get"' in opening, opening


@pytest.mark.parametrize("name", NAMES)
def test_links_that_leave_the_page_open_leave_nothing_behind(name: str) -> None:
    for tag, attributes in _elements(name):
        if tag == "a" and "target" in attributes:
            assert "noopener" in attributes.get("rel", "")


@pytest.mark.parametrize("name", NAMES)
def test_files_and_icons_that_a_template_names_are_there(name: str) -> None:
    source = _source(name)
    for asset in re.findall(r'asset\("([^"]+)"\)', source):
        assert (STATIC / asset).is_file(), asset
    sprite = next(STATIC.glob("vendor/lucide-*.svg")).read_text(encoding="utf-8")
    for icon in re.findall(r'icon\("([^"]+)"', source):
        assert f'id="{icon}"' in sprite, icon


def test_every_macro_is_used() -> None:
    everything = "".join(map(_source, NAMES))
    for name in NAMES:
        for macro in re.findall(r"\{% macro (\w+)\(", _source(name)):
            calls = len(re.findall(rf"\b{macro}\(", everything))
            assert calls > 1, f"{name}: {macro}"


def test_every_template_is_used() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in sources())
    everything = code + "".join(map(_source, NAMES))
    by_type = re.compile(r"task_types/\w+/(form|keys|answer|example)\.html")
    unused = [name for name in NAMES if f'"{name}"' not in everything and not by_type.match(name)]
    assert not unused


@pytest.mark.parametrize("name", NAMES)
def test_sentences_of_a_template_have_a_value_for_every_place(env: Environment, name: str) -> None:
    tree = env.parse((TEMPLATES / name).read_text(encoding="utf-8"))
    for call in tree.find_all(nodes.Call):
        if not (
            isinstance(call.node, nodes.Name) and call.node.name in {"_", "gettext", "ngettext"}
        ):
            continue
        texts = [arg.value for arg in call.args if isinstance(arg, nodes.Const)]
        values = {keyword.key for keyword in call.kwargs} | (
            {"num"} if call.node.name == "ngettext" else set()
        )
        places = {place for text in texts if isinstance(text, str) for place in PLACE.findall(text)}
        assert places <= values, texts
        assert values - {"num"} <= places, texts


def test_templates_and_static_files_are_the_ones_beside_the_program() -> None:
    assert data_dir("templates") == TEMPLATES
    assert data_dir("static") == STATIC

"""What requests, files and addresses may do to the server. Facts that tests elsewhere hold, and
where those are, stand in docs/security.md."""

from __future__ import annotations

import ast
import csv
import io
import re
from pathlib import Path

import pytest

from tests.cast import Cast
from tests.web.conftest import (
    Browser,
    ClientFor,
    anonymous,
    app,
    client_for,
    database,
    database_url,
    with_passwords,
)
from tests.web.data_pages import stored, upload
from tests.web.stage import Things, set_up
from tests.web.test_access import _fill, _routes
from workbench.db import Database
from workbench.models import ApiToken, Item, Source, User, WebSession
from workbench.web.request import WorkbenchFlask
from workbench.web.spreadsheet import csv_file

__all__ = ["anonymous", "app", "client_for", "database", "database_url", "with_passwords"]

PRODUCT = Path(__file__).parents[2] / "workbench"


def test_fact_21_a_long_rationale_passes_however_the_form_is_packed(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    things = set_up(database, cast, client_for)
    ana, address = client_for(cast.ana), f"/projects/main/desk/items/{things.held}/answer"
    for packing in ("multipart/form-data", "application/x-www-form-urlencoded"):
        answer = ana.send(address, {"reason": "x" * 600_000}, content_type=packing)
        assert answer.status_code == 422, packing


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND"])
def test_fact_44_no_method_gives_a_request_back(
    client_for: ClientFor, cast: Cast, method: str
) -> None:
    ana = client_for(cast.ana)
    for path in ("/", "/login", "/static/css/base.css"):
        answer = ana.open(path, method=method, headers={"X-Canary": "canary-in-a-header"})
        assert answer.status_code == 405
        assert "canary" not in answer.text + str(answer.headers)


@pytest.mark.parametrize("path", ["/debug", "/console", "/?__debugger__=yes&cmd=resource&f=x.js"])
def test_fact_44_there_is_no_debugger(anonymous: Browser, app: WorkbenchFlask, path: str) -> None:
    answer = anonymous.look(path)
    assert (answer.status_code, answer.mimetype) != (200, "application/javascript")
    assert answer.status_code in {303, 404}
    assert not app.debug


#: What a spreadsheet may take for more than text. Source: OWASP, "CSV Injection".
FORMULAS = [
    "=1+1", "+49", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＋1", "－1", "＠A",
    '=HYPERLINK("//evil.test","x")', "=cmd|' /C calc'!A0",
]  # fmt: skip


def test_fact_35_no_text_is_a_formula_in_a_table_that_is_taken_out() -> None:
    answer = csv_file("x.csv", [["text", "number"], *([text, -2.5] for text in FORMULAS)])
    written = answer.get_data().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(written, newline="")))[1:]
    assert [text for text, _ in rows] == [f"'{text}" for text in FORMULAS]
    # A number stays a number.
    assert {number for _, number in rows} == {"-2.5"}


def test_fact_35_tables_are_written_in_one_place() -> None:
    writes = re.compile(r"csv\.(writer|DictWriter)|\.to_csv|\.to_excel|openpyxl")
    found = {
        str(module.relative_to(PRODUCT))
        for module in PRODUCT.rglob("*.py")
        if writes.search(module.read_text("utf-8"))
    }
    assert found == {"web/spreadsheet.py"}


# --- what went wrong in peers ---------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "http://169.254.169.254/", "https://evil.test/x.jsonl", "ftp://evil/x"],
)
def test_an_address_in_the_place_of_a_file_is_not_followed(
    client_for: ClientFor, cast: Cast, database: Database, address: str
) -> None:
    edu = client_for(cast.edu)
    named = {"kind": "items", "url": address, "path": address, "file": address}
    assert edu.send("/projects/main/import", named).status_code == 422
    for name in ("items.jsonl", address):
        assert upload(edu, address.encode(), name).status_code == 422
        assert upload(edu, b'{"url": "%s"}' % address.encode(), name).status_code == 422
    assert stored(database, Item) == stored(database, Source) == 0


def _text(page: str) -> str:
    """What is read there: tokens, nonces and addresses stand in attributes."""
    return re.sub(r"<[^>]+>", " ", page)


def test_no_column_of_a_table_can_be_filtered_or_sorted_by(
    app: WorkbenchFlask, with_passwords: Cast, client_for: ClientFor, database: Database
) -> None:
    things: Things = set_up(database, with_passwords, client_for)
    columns = [c.key for table in (User, WebSession, ApiToken) for c in table.__table__.columns]
    paths = [f"user__{name}__startswith" for name in columns] + ["active_users__password"]
    asked = [f"{name}=a" for name in {*columns, *paths} - {"locale", "name", "id"}]
    for way in ("sort", "order", "order_by", "filter", "where", "q"):
        asked += [f"{way}=password_hash", f"{way}=-user__password_hash"]
    luz = client_for(with_passwords.luz)
    for method, rule in sorted(_routes(app)):
        if method != "GET" or not rule.startswith("/projects/<slug>/"):
            continue
        address = _fill(rule, things)
        plain, other = luz.look(address), luz.look(f"{address}?{'&'.join(asked)}")
        assert other.status_code in {plain.status_code, 400, 422}, rule
        assert b"argon2" not in other.get_data(), rule
        if other.status_code == plain.status_code == 200 and other.mimetype == "text/html":
            assert _text(other.text) == _text(plain.text), rule


#: What turns data into a program.
LOADERS = {"pickle", "marshal", "shelve", "dill", "joblib", "yaml", "torch", "jsonpickle"}
CALLS = {"eval", "exec", "compile", "__import__"}


def test_no_data_is_ever_run() -> None:
    for module in PRODUCT.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            named = (
                {alias.name.partition(".")[0] for alias in node.names}
                if isinstance(node, ast.Import)
                else {(node.module or "").partition(".")[0]}
                if isinstance(node, ast.ImportFrom) and not node.level
                else set()
            )
            assert not named & LOADERS, module
            called = node.func.id if isinstance(node, ast.Call) and isinstance(
                node.func, ast.Name
            ) else ""  # fmt: skip
            assert called not in CALLS, f"{module}:{getattr(node, 'lineno', 0)}"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../secret.key", "/static/%2e%2e/secret.key", "/static/..%2fsecret.key",
        "/static..%2f..%2fsecret.key", "/static/%252e%252e/secret.key", "/static//etc/passwd",
        "/static/..%5csecret.key", "/static/css/..%00/base.css", "/static/%2fetc%2fpasswd",
    ],
)  # fmt: skip
def test_no_spelling_leads_out_of_the_folder_of_static_files(anonymous: Browser, path: str) -> None:
    anonymous.as_sent = True
    assert anonymous.get(path).status_code in {303, 308, 401, 404}

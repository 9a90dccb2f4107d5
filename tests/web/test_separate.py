"""Projects of different clients: no page, table or message of one tells anything of the other."""

from __future__ import annotations

import pytest

from tests.cast import Cast
from tests.web.conftest import ClientFor
from tests.web.stage import set_up
from tests.web.test_access import _fill, _routes
from workbench.db import Database
from workbench.web.request import WorkbenchFlask

#: What stands in addresses of figures that can be had as a table.
AS_TABLES = ("?format=csv", "?format=days", "?format=times", "?format=backlog")


@pytest.mark.parametrize("role", ["ana", "luz", "edu"])
def test_nothing_of_the_other_project_reaches_who_is_not_on_it(
    role: str, app: WorkbenchFlask, client_for: ClientFor, cast: Cast, database: Database
) -> None:
    things = set_up(database, cast, client_for)
    browser = client_for(getattr(cast, role))
    looked = 0
    for method, rule in sorted(_routes(app)):
        if method != "GET" or rule.startswith("/static"):
            continue
        for table in ("", *AS_TABLES) if "/quality" in rule else ("",):
            answer = browser.look(_fill(rule, things) + table)
            looked += answer.status_code == 200
            for telling in (b"other-", b"/projects/other", b"Project other", b"dora", b"omar"):
                assert telling not in answer.data, f"{rule}{table}: {telling}"
    assert looked > 12

"""What the server writes about itself. Fact 42."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.cast import Cast
from tests.web.conftest import app_of_its_own, database_url, logged_in_browser
from workbench.config import Config
from workbench.models import User
from workbench.web.request import session

__all__ = ["database_url"]

CANARY = "canary-7f3a"


def test_fact_42_a_failure_of_the_database_is_logged_without_its_values(
    config: Config, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    def view() -> str:
        wrong = User.created_at == f"{CANARY}-date"
        return str(session().scalar(select(User.id).where(wrong, User.name == f"{CANARY}-name")))

    view.permission = "own_account"  # type: ignore[attr-defined]
    with app_of_its_own(config) as app:
        app.add_url_rule("/fails/<token>", "fails", view)
        app.view_functions["fails"] = lambda token: view()
        answer = logged_in_browser(app, cast.ana).look(f"/fails/{CANARY}-token")
    assert answer.status_code == 500
    assert "StatementError" in caplog.text
    assert CANARY not in caplog.text

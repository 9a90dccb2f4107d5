"""The step to work in the background keeps what people were told, and lets them be told of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.test_migration_messages import TOLD
from tests.test_migration_practice import _run
from tests.upgraded import brought_on


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_what_was_there_is_there_and_a_message_may_be_of_a_job(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    request.param = kind
    told = TOLD.format(id=1, kind="webhook", number=1)
    with brought_on(request, tmp_path, "jobs", told) as upgraded:
        with upgraded.read() as session:
            for table, rows in (("judgment", 1), ("notice", 1), ("job", 0)):
                count = session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
                assert count.scalar_one() == rows, table
        _run(upgraded, TOLD.format(id=2, kind="job", number=1))
        with pytest.raises(DBAPIError, match=r"(?i)check"):
            _run(upgraded, TOLD.format(id=3, kind="gossip", number=2))

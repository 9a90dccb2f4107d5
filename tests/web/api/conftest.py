from __future__ import annotations

import pytest

from tests.cast import Cast
from tests.web.api.programs import Program, ProgramOf, token_for
from workbench.db import Database
from workbench.models import User
from workbench.web.request import WorkbenchFlask


@pytest.fixture
def program_of(app: WorkbenchFlask, database: Database, cast: Cast) -> ProgramOf:
    def make(user: User, *scopes: str) -> Program:
        return Program(app, token_for(database, user, cast.project, *scopes))

    return make


@pytest.fixture
def edu(program_of: ProgramOf, cast: Cast) -> Program:
    """A program of the engineer's, that may do everything."""
    return program_of(cast.edu)

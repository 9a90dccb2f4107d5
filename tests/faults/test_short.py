"""`make faults`, a second of it; workers are killed in tests/flows/test_kill.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import on_database, on_machine, on_workers
from tests.faults.stage import Fault, Place, try_fault
from tests.support import postgres

FAULTS = (
    Fault(on_workers.repeat),
    Fault(on_database.terminate),
    Fault(on_machine.lose_power, crowded=False),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return Place(tmp_path)
    server: postgres.Server = request.getfixturevalue("postgres_server")
    return Place(tmp_path, postgres.fresh_database(server, template="migrated"), server)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_nothing_acknowledged_is_lost(
    fault: Fault, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert try_fault(fault, place, seconds=1), capsys.readouterr().out

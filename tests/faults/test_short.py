"""`make faults`, a second of it; workers are killed in tests/flows/test_kill.py."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.faults import on_database, on_machine, on_workers
from tests.faults.stage import Fault, Place, try_fault
from tests.support import postgres

CASES = (
    ("sqlite", Fault(on_workers.repeat)),
    ("postgresql", Fault(on_database.terminate)),
    ("sqlite", Fault(on_machine.lose_power, crowded=False)),
    ("postgresql", Fault(on_machine.lose_power, crowded=False)),
)


@pytest.mark.parametrize("name", ["tests.faults.__main__", "tests.faults.two_hosts"])
def test_what_is_run_by_hand_is_whole(name: str) -> None:
    assert importlib.import_module(name).main


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "fault"), CASES, ids=[f"{k}-{f.name}" for k, f in CASES])
def test_nothing_acknowledged_is_lost(
    kind: str,
    fault: Fault,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = Place(tmp_path)
    if kind == "postgresql":
        server: postgres.Server = request.getfixturevalue("postgres_server")
        place = Place(tmp_path, postgres.fresh_database(server, template="migrated"), server)
    good = try_fault(fault, place, seconds=1)
    said = capsys.readouterr().out
    if "SKIPPED" in said:
        pytest.skip(said)
    assert good, said

"""Faults under a served Workbench with a crowd at work, and what became of what was acknowledged.

`make faults`; `python -m tests.faults --seconds 10`. Returns 1 if anything is off.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.faults import beside, on_database, on_machine, on_workers, report
from tests.faults.clock import Clock, make_clock
from tests.faults.crowd import REVIEWERS
from tests.faults.stage import Fault, Place, try_fault
from tests.support import postgres
from tests.support.serving import end_in_order

FAULTS = (
    Fault(on_workers.kill_workers),
    Fault(on_workers.kill_server),
    Fault(on_workers.repeat),
    Fault(on_workers.expire, items=REVIEWERS),
    Fault(on_database.lock),
    Fault(on_database.long_lock),
    Fault(on_database.terminate),
    Fault(on_database.restart),
    Fault(on_machine.fill_disk),
    Fault(on_machine.jump),
    Fault(on_machine.lose_power, crowded=False),
    Fault(beside.export, crowded=False),
    Fault(beside.back_up),
)


def on_sqlite(faults: Sequence[Fault], seconds: float) -> bool:
    """Whether all was well."""
    good = True
    for fault in faults:
        with contextlib.ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            clock = _clock(fault, stack)
            if fault.inject is on_machine.fill_disk:
                stack.enter_context(on_machine.small_disk(home))
            good &= try_fault(fault, Place(home, clock=clock), seconds)
    return good


def on_postgres(server: postgres.Server, faults: Sequence[Fault], seconds: float) -> bool:
    """Whether all was well."""
    good = True
    for fault in faults:
        with contextlib.ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            clock = _clock(fault, stack)
            of_it = server
            if clock is not None:
                of_it = stack.enter_context(postgres.running_server(clock.environ))
            place = Place(home, postgres.fresh_database(of_it), of_it, clock)
            good &= try_fault(fault, place, seconds)
    return good


def _clock(fault: Fault, stack: contextlib.ExitStack) -> Clock | None:
    if fault.inject is not on_machine.jump:
        return None
    return make_clock(Path(stack.enter_context(tempfile.TemporaryDirectory())))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of each fault")
    parser.add_argument("--only", default="", help="part of the name of a fault")
    asked = parser.parse_args()
    # Servers and small disks go with it, however it is ended.
    end_in_order()
    report.heading()
    chosen = [fault for fault in FAULTS if asked.only in fault.name]
    good = on_sqlite(chosen, asked.seconds)
    if postgres.find() is None:
        print("NO POSTGRESQL HERE: its half of the plan was skipped")
        return 0 if good else 1
    with postgres.running_server() as server:
        good &= on_postgres(server, chosen, asked.seconds)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

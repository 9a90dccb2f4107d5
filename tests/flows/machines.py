"""Running a state machine of the queue, every example on a database of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.support import postgres
from tests.support.thorough import examples

#: Makes a machine on the database of that URL.
Make = Callable[[str], RuleBasedStateMachine]

EXAMPLES = {"sqlite": examples(25, 200), "postgres": examples(8, 60)}


def run_on_sqlite(make: Make, template: Path) -> None:
    """Every example on a copy of `template`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "workbench.db")

        def machine() -> RuleBasedStateMachine:
            for left in Path(folder).iterdir():
                left.unlink()
            shutil.copyfile(template, path)
            return make(f"sqlite:///{path}")

        _run("sqlite", machine)


def run_on_postgres(make: Make, server: postgres.Server) -> None:
    """Every example on a copy of `migrated`; the one before is dropped."""
    used: list[str] = []

    def machine() -> RuleBasedStateMachine:
        if used:
            postgres.drop_database(server, used.pop())
        used.append(postgres.fresh_database(server, template="migrated"))
        return make(used[0])

    _run("postgres", machine)


def _run(kind: str, machine: Callable[[], RuleBasedStateMachine]) -> None:
    run_state_machine_as_test(
        cast("type[RuleBasedStateMachine]", machine),  # a factory serves as well
        settings=settings(
            max_examples=EXAMPLES[kind],
            stateful_step_count=examples(40, 50),
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )

"""The same queue with items that are hard to read: some are declined, others limited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.flows.acts import a_line, one
from tests.flows.machines import run_on_postgres, run_on_sqlite
from tests.flows.test_state_machine import PICK, Queue
from tests.support import postgres
from workbench.models import Project, State
from workbench.services import leave_item
from workbench.services.care import Limits, set_care, set_limits
from workbench.services.mark_severity import mark_severity

KNOWN = ("hte", "ssh", "vcr")
#: Of items 0 to 4: category and severity.
KINDS: tuple[dict[str, Any], ...] = (
    {},
    {"harm": "vcr", "severity": 3},
    {"harm": "ssh", "severity": 2},
    {"severity": 3},
    {"harm": "hte", "severity": 1},
)
LIMITS = st.builds(
    Limits,
    severe_from=st.sampled_from([2, 3]),
    severe_per_day=st.sampled_from([None, 1, 2]),
    severe_gap_items=st.sampled_from([None, 1, 2]),
    severe_gap_minutes=st.sampled_from([None, 5, 30]),
)


class CarefulQueue(Queue):
    """Whatever is declined, limited or marked: what is given is as the model says."""

    @staticmethod
    def line(number: int, version: int) -> dict[str, Any]:
        return a_line(number, version) | KINDS[number]

    @initialize(limits=LIMITS)
    def limit_from_the_first(self, limits: Limits) -> None:
        self.limit(limits)

    @rule(limits=LIMITS)
    def limit(self, limits: Limits) -> None:
        with self.step() as session:
            set_limits(session, self.project, limits, now=self.now, actor=self.lead)
        with self.database.read() as session:
            self.project = session.get_one(Project, self.project.id)
        self.model.limits = limits

    @rule(pick=PICK, harms=st.sets(st.sampled_from(KNOWN), max_size=2))
    def decline(self, pick: int, harms: set[str]) -> None:
        for user in one(pick, self.model.reviewers()):
            with self.step() as session:
                set_care(session, user, declined=harms, known=KNOWN, break_minutes=50, now=self.now)
            self.model.people[user].declined = frozenset(harms)
            kept = [i for i, u in self.model.meetings if u == user]
            self.model.give_up(
                user, [i for i in kept if self.model.items[i].harm in harms], self.now
            )

    @rule(pick=PICK, mark=st.sampled_from([None, 0, 2, 3]))
    def mark(self, pick: int, mark: int | None) -> None:
        for item in one(pick, list(self.model.items)):
            with self.step() as session:
                mark_severity(session, self.project.id, item, mark, now=self.now, actor=self.lead)
            self.model.items[item].mark = mark

    @rule(pick=PICK)
    def pause(self, pick: int) -> None:
        """From whatever is open; everything that they hold goes back."""
        for item, user in self.one(pick, *State):
            with self.step() as session:
                leave_item.pause(session, item, user, self.now)
            self.model.release(self.now, user=user)

    @rule()
    def a_night(self) -> None:
        self.wait(700)


@pytest.mark.slow
def test_sqlite_agrees_with_a_plain_model_whatever_is_spared(sqlite_template: Path) -> None:
    run_on_sqlite(CarefulQueue, sqlite_template)


@pytest.mark.slow
@pytest.mark.postgres
def test_postgresql_agrees_with_a_plain_model_whatever_is_spared(
    postgres_server: postgres.Server,
) -> None:
    run_on_postgres(CarefulQueue, postgres_server)

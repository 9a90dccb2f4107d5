"""Whoever delivers is killed in the middle of a request: it is sent again, with the same id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.cast import Cast, make_item
from tests.flows.acts import take_and_judge
from tests.support.receiver import Receiver
from tests.support.serving import Server
from tests.webhooks.conftest import MakeHook
from workbench.config import Config
from workbench.db import Database
from workbench.models import Event, Webhook, WebhookDelivery
from workbench.only_one import only_one
from workbench.webhooks.deliver import LOCK, Passed, deliver

ROOT = Path(__file__).resolve().parents[2]
#: The command, without long waits.
HASTY = "tests.webhooks.hasty"


def _environ(config: Config) -> dict[str, str]:
    return {
        **os.environ,
        "WORKBENCH_HOME": str(config.home),
        "WORKBENCH_DATABASE_URL": config.database_url,
        "WORKBENCH_WEBHOOK_NETWORKS": "127.0.0.0/8",
    }


def _judged(database: Database, cast: Cast, name: str = "one") -> None:
    with database.write() as session:
        make_item(session, cast.project, name)
        take_and_judge(session, cast.project, cast.ana)


def _let_go(database: Database) -> None:
    """As if the time for which it is held had passed."""
    with database.write() as session:
        session.execute(update(Webhook).values(held_until=None))


def test_what_was_on_its_way_is_sent_again(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    make_hook(Event.JUDGMENTS)
    _judged(database, cast)
    receiver.wait = 60
    process = subprocess.Popen(
        [sys.executable, "-m", HASTY, "deliver", "--watch"],
        cwd=ROOT,
        env=_environ(inside),
    )
    try:
        receiver.arrives(1)
        with only_one(inside.home / LOCK, database) as mine:
            assert not mine, "the other one has the lock"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    with only_one(inside.home / LOCK, database) as mine:
        assert mine, "the kernel has freed it"
    receiver.go.set()
    receiver.wait = 0
    assert deliver(database, inside) == Passed(0, 0), "it is held for a while yet"
    _let_go(database)
    assert deliver(database, inside) == Passed(1, 0)
    first, second = receiver.got
    assert (first.id, first.body) == (second.id, second.body)
    with database.read() as session:
        row = session.scalars(select(WebhookDelivery)).one()
    assert (row.state, row.attempts) == ("delivered", 2)


@pytest.mark.slow
def test_a_server_delivers_though_the_worker_that_did_is_killed(
    database: Database,
    cast: Cast,
    inside: Config,
    receiver: Receiver,
    make_hook: MakeHook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORKBENCH_WEBHOOK_NETWORKS", "127.0.0.0/8")
    make_hook(Event.JUDGMENTS)
    server = Server(inside, module=HASTY)
    server.start()
    try:
        _judged(database, cast)
        receiver.arrives(1)
        receiver.wait = 60
        _judged(database, cast, "two")
        receiver.arrives(2)
        for worker in _with_the_lock(server.master, inside.home / LOCK):
            os.kill(worker, signal.SIGKILL)
        receiver.go.set()
        receiver.wait = 0
        _let_go(database)
        receiver.arrives(3)
        assert receiver.got[1].id == receiver.got[2].id
        time.sleep(1)
        assert server.stop() == 0
    finally:
        server.kill()
    assert "Traceback" not in (inside.home / "serve.log").read_text()


def _with_the_lock(master: int, lock: Path) -> list[int]:
    """Workers that hold the file's lock, as the kernel lists them."""
    inode = str(lock.stat().st_ino)
    found = [
        int(line.split()[4])
        for line in Path("/proc/locks").read_text().splitlines()
        if line.split()[5].rpartition(":")[2] == inode
    ]
    assert found
    return [pid for pid in found if pid != master]

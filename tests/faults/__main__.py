"""Faults under a served Workbench with a crowd at work, and what became of what was acknowledged.

`make faults`; `python -m tests.faults --seconds 10`. Returns 1 if anything is off.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, text, update

from tests.flows.test_kill import EACH, LIMIT, Told, _finish, _prepare, _Reviewer
from tests.support import postgres
from tests.support.serving import Server
from workbench import migrate
from workbench.config import load_config, make_key
from workbench.db import Database, now
from workbench.models import Assignment, Judgment, State
from workbench.queries.verify import verify

#: MiB of the disk that runs full, and the bytes by which it is filled.
DISK, CHUNK = 64, 65_536
#: Statuses that a fault may bring about: all of them say whether something was stored.
HONEST = {"200", "409", "503", "507", "cut off"}
LINE = "{:<26} {:<11} {:<28} {:>7} {:>5} {:>7} {:>5}  {}"


class Missing(Exception):
    """The fault cannot be brought about here. The text says why."""


@dataclass
class Stage:
    """A server at work, and its database as this process sees it."""

    server: Server
    database: Database
    home: Path
    seconds: float
    told: Told


#: Brings the fault about, and says what was done.
Fault = Callable[[Stage], str]


def wait_until(done: Callable[[], bool]) -> None:
    """Until it is so, or LIMIT seconds are over."""
    end = time.monotonic() + LIMIT
    while not done() and time.monotonic() < end:
        time.sleep(0.1)


def kill_workers(stage: Stage) -> str:
    """Not before some answers came through since the last time: a worker takes long to start."""
    chance, kills, before = random.Random(7), 0, 0
    least = max(1, int(stage.seconds / 2))
    end = time.monotonic() + LIMIT
    while kills < least and time.monotonic() < end:
        time.sleep(0.7)
        master = stage.server.master
        workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        if workers and len(stage.told.acknowledged) >= before + EACH:
            os.kill(int(chance.choice(workers)), signal.SIGKILL)
            kills, before = kills + 1, len(stage.told.acknowledged)
    if kills < least:
        raise RuntimeError(f"{kills} of {least} kills: too little came through in between")
    return f"{kills} workers killed"


def kill_server(stage: Stage) -> str:
    time.sleep(stage.seconds / 2)
    stage.server.kill()
    time.sleep(0.5)
    stage.server.start()
    return "all killed, started again"


def lock(stage: Stage) -> str:
    """By a process that knows nothing of the gate."""
    with stage.database.engine.connect() as connection:
        if stage.database.is_sqlite:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("LOCK TABLE judgment IN EXCLUSIVE MODE"))
        time.sleep(stage.seconds)
        connection.rollback()
    return f"locked for {stage.seconds:g} s"


def expire(stage: Stage) -> str:
    ended, end = 0, time.monotonic() + stage.seconds
    while time.monotonic() < end:
        time.sleep(0.3)
        with stage.database.write() as session:
            leased = update(Assignment).where(Assignment.state == State.LEASED)
            past = now(session) - timedelta(seconds=1)
            ended += session.execute(leased.values(expires_at=past)).rowcount
    return f"{ended} leases ended"


def fill_disk(stage: Stage) -> str:
    if not os.path.ismount(stage.home):
        raise Missing("only root can mount a small disk, and only for SQLite")
    ballast = stage.home / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(
            bytes(CHUNK)
        ):  # the server takes of the rest too, so nobody knows how much
            pass
    wait_until(lambda: stage.told.faults["507"] > 0)
    time.sleep(stage.seconds)
    ballast.unlink()
    full = stage.told.faults["507"]
    if not full:
        raise RuntimeError("the disk ran full, and nobody was told (507)")
    return f"full; 507 {full} times"


def terminate(stage: Stage) -> str:
    if stage.database.is_sqlite:
        raise Missing("SQLite has no connections to end")
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ended, end = 0, time.monotonic() + stage.seconds
    while time.monotonic() < end:
        time.sleep(0.3)
        with stage.database.engine.connect() as connection:
            query = text(f"SELECT count(pg_terminate_backend(pid)) {others}")
            ended += int(connection.scalar(query) or 0)
    return f"{ended} connections ended"


FAULTS: tuple[Fault, ...] = (kill_workers, kill_server, lock, expire, fill_disk, terminate)


@contextlib.contextmanager
def small_disk(home: Path) -> Iterator[None]:
    """A disk of DISK MiB in `home`, where that can be had."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", str(home)]
    mounted = os.geteuid() == 0 and subprocess.run(command, check=False).returncode == 0
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(home)], check=True)


def try_fault(fault: Fault, kind: str, home: Path, url: str | None, seconds: float) -> bool:
    """One line of the table; whether all was well."""
    make_key(home / "secret.key")
    environ = {"WORKBENCH_DATABASE_URL": url} if url else {}
    config = load_config(environ, home=home, https=False)
    database = Database(config.database_url, key=config.read_key())
    migrate.upgrade(database)
    _, cookies = _prepare(database, config, items=int(400 + 100 * seconds))
    told, server, stop = Told(), Server(config), threading.Event()
    clients = [_Reviewer(server.port, user, cookie, told) for user, cookie in cookies]
    threads = [threading.Thread(target=c.work, args=(lambda: not stop.is_set(),)) for c in clients]
    said, wrong = "", ""
    try:
        server.start()
        for thread in threads:
            thread.start()
        wait_until(lambda: len(told.acknowledged) >= EACH)
        said = fault(Stage(server, database, home, seconds, told))
        time.sleep(1)
    except Missing as missing:
        print(LINE.format(fault.__name__, kind, "SKIPPED", "", "", "", "", missing), flush=True)
        return True
    except RuntimeError as error:
        wrong = str(error)
    finally:
        stop.set()
        for thread in threads:
            if thread.ident:
                thread.join(60)
        if said:
            _finish(clients)
        server.kill()
    return _report((fault.__name__, kind, said), told, database, (config.read_key(), wrong))


def _report(
    what: tuple[str, str, str], told: Told, database: Database, known: tuple[str, str]
) -> bool:
    key, wrong = known
    with database.read() as session:
        rows = session.execute(select(Judgment.user_id, Judgment.idempotency_key))
        stored = Counter((row[0], row[1]) for row in rows)
        found = verify(session, key)
    database.dispose()
    lost = sum(not stored[each] for each in told.acknowledged)
    doubled = sum(count > 1 for count in stored.values())
    over = sum(each.rule == "slots" for each in found)
    other = {status: n for status, n in told.faults.items() if n and status not in HONEST}
    good = bool(told.acknowledged) and not (lost or doubled or found or other or wrong)
    replies = {status: n for status, n in told.faults.items() if n}
    verdict = f"good {replies or ''}" if good else f"OFF {wrong} {replies} {found[:2]}"
    print(LINE.format(*what, len(told.acknowledged), lost, doubled, over, verdict), flush=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of each fault")
    parser.add_argument("--only", default="", help="part of the name of a fault")
    asked = parser.parse_args()
    # Servers and small disks go with it, however it is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(LINE.format("fault", "database", "injected", "acked", "lost", "doubled", "over", ""))
    good = True
    chosen = [fault for fault in FAULTS if asked.only in fault.__name__]
    for fault in chosen:
        with contextlib.ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            if fault is fill_disk:
                stack.enter_context(small_disk(home))
            good &= try_fault(fault, "sqlite", home, None, asked.seconds)
    if postgres.find() is None:
        print("NO POSTGRESQL HERE: its half of the plan was skipped")
        return 0 if good else 1
    with postgres.running_server() as server:
        for fault in chosen:
            with tempfile.TemporaryDirectory() as top:
                url = postgres.fresh_database(server)
                good &= try_fault(fault, "postgresql", Path(top), url, asked.seconds)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

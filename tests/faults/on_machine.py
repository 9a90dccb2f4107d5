"""Faults of the machine: its disk, its clock, its power."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from tests.faults.crowd import DAY_MS
from tests.faults.stage import Missing, Off, Stage, more_come_through, wait_until

#: MiB of the disk that runs full, and the bytes by which it is filled.
DISK, CHUNK = 64, 65_536
HOUR = 3600.0
FULL = 2
_CALLS = "fdatasync,fsync,pwrite64,sendto,sendmsg,write,writev"
#: What strace writes of a call that ends at once, that begins, and that ends later.
_CALL = re.compile(r"^(?P<task>\d+) +(?P<call>\w+)\((?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<task>\d+) +<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)$")
_UNFINISHED = "<unfinished ...>"


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


def fill_disk(stage: Stage) -> str:
    if not os.path.ismount(stage.home):
        raise Missing("only root can mount a small disk, and only for SQLite")
    ballast = stage.home / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        # The server takes of the rest too, so nobody knows how much there is.
        while file.write(bytes(CHUNK)):
            pass
    wait_until(lambda: stage.told.faults["507"] > 0)
    time.sleep(stage.seconds)
    ballast.unlink()
    full = stage.told.faults["507"]
    if not full:
        raise Off("the disk ran full, and nobody was told (507)")
    return f"full; 507 {full} times"


def jump(stage: Stage) -> str:
    """The clock that counts jumps, there and back, while what browsers say of theirs is a day off:
    an hour on, an hour back, to the end of a 29 February, and right again."""
    clock = stage.place.clock
    if clock is None:
        raise Missing("no C compiler here")
    for n, client in enumerate(stage.crowd.clients):
        client.looked = DAY_MS * (n % 2)
    leap = datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC).timestamp() - time.time()
    for offset in (HOUR, 0.0, -HOUR, leap, 0.0):
        clock.set(offset)
        time.sleep(stage.seconds / 4)
        more_come_through(stage.told)
    return "+1 h, back, -1 h, 29 Feb 2024, back; browsers ±1 day"


def has_strace() -> bool:
    """Whether system calls can be looked at here."""
    return shutil.which("strace") is not None


def lose_power(stage: Stage) -> str:
    """What a loss of power leaves is what was forced to disk: so that comes before the reply."""
    if not has_strace():
        raise Missing("no strace here")
    settings = _set_to_last(stage)
    client = stage.crowd.clients[0]
    client.work(lambda: client.under_way is None)  # an item is at hand
    processes = [*stage.server.workers(), *_backends(stage)]
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace"
        with _traced(processes, trace):
            client.send_until_told(lambda: True)
        steps = list(_steps(trace.read_text(errors="replace").splitlines()))
    _check_order(steps, stage.database.is_sqlite)
    return f"sync, then reply; {settings}"


def _set_to_last(stage: Stage) -> str:
    """What each connection of a pool says of its commits."""
    name, wanted = (
        ("synchronous", FULL) if stage.database.is_sqlite else ("synchronous_commit", "on")
    )
    ask = f"PRAGMA {name}" if stage.database.is_sqlite else f"SHOW {name}"
    engine = stage.database.engine
    with contextlib.ExitStack() as stack:
        size = engine.pool.size()  # type: ignore[attr-defined]
        opened = [stack.enter_context(engine.connect()) for _ in range(size)]
        said = {each.scalar(text(ask)) for each in opened}
    if said != {wanted}:
        raise Off(f"{name} is {said}")
    return f"{name}={wanted} on {size} connections"


def _backends(stage: Stage) -> list[int]:
    """The processes of PostgreSQL, all of this machine."""
    if stage.database.is_sqlite:
        return []
    with stage.database.read() as session:
        return [row[0] for row in session.execute(text("SELECT pid FROM pg_stat_activity"))]


@contextlib.contextmanager
def _traced(processes: list[int], trace: Path) -> Iterator[None]:
    attach = [option for each in processes for option in ("-p", str(each))]
    command = ["strace", "-f", "-y", "-s", "40", "-e", f"trace={_CALLS}", "-o", str(trace)]
    tracer = subprocess.Popen([*command, *attach], stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    try:
        for _ in processes:
            said = tracer.stderr.readline()
            if "attached" not in said:
                raise Missing(f"strace may not look: {said.strip()}")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(30)
        tracer.stderr.close()


def _steps(lines: list[str]) -> Iterator[tuple[str, str]]:
    """(call, its arguments) in the order in which calls ended, and sends in that in which they
    began."""
    begun: dict[str, str] = {}
    for each in lines:
        if found := _CALL.match(each):
            sends = found["call"] in {"sendto", "sendmsg", "write", "writev"}
            if _UNFINISHED in found["rest"] and not sends:
                begun[found["task"]] = found["rest"]
            else:
                yield found["call"], found["rest"]
        elif (found := _RESUMED.match(each)) and found["task"] in begun:
            yield found["call"], begun.pop(found["task"]) + found["rest"]


def _check_order(steps: list[tuple[str, str]], is_sqlite: bool) -> None:
    """What was written is forced to disk before the reply begins. Raises Off."""
    log = "-wal>" if is_sqlite else "/pg_wal/"
    replies = [n for n, (_, rest) in enumerate(steps) if '"HTTP/1.1 200' in rest]
    if not replies:
        raise Off("strace saw no reply")
    before = steps[: replies[0]]
    written = [n for n, (call, rest) in enumerate(before) if call == "pwrite64" and log in rest]
    synced = [
        n
        for n, (call, rest) in enumerate(before)
        if call in {"fdatasync", "fsync"} and log in rest and rest.endswith("= 0")
    ]
    if not written or not synced:
        raise Off(f"{len(written)} writes and {len(synced)} syncs of the log before the reply")
    if synced[-1] < written[-1]:
        raise Off("the reply began before what was written was forced to disk")

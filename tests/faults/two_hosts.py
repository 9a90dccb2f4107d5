"""Two hosts behind nginx, one PostgreSQL, twenty people at work: one is cut off, killed, renewed.

`python -m tests.faults.two_hosts`, as root. Returns 1 if anything acknowledged was lost, stored
twice or over, or a reply reached somebody that should not have.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select, text

from tests.faults.crowd import LIMIT, Crowd, Reply, Reviewer, Told, prepare
from tests.faults.hosts import Host, Proxy, database_server, missing
from tests.support import postgres
from tests.support.serving import end_in_order
from workbench import migrate
from workbench.config import load_config, make_key
from workbench.db import Database
from workbench.models import Judgment
from workbench.queries.verify import verify

LINE = "{:<10} {:<44} {:>7}  {:<34} {}"
#: Answers that everybody is told who asks at the right moment.
GOOD = {"200", "409"}
#: Who has which turn, by address.
TURNS = text(
    "SELECT DISTINCT host(client_addr), l.objid FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
    " WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()"
)


@dataclass
class Seen(Told):
    """What the clients were told, every status of every reply."""

    replies: Counter[str] = field(default_factory=Counter)


class _Person(Reviewer):
    """Counts looks, too, and not answers alone."""

    told: Seen

    def _send(self, method: str, path: str, form: dict[str, str] | None) -> Reply | None:
        reply = super()._send(method, path, form)
        kind = "cut off" if reply is None else str(reply[0])
        self.told.replies[kind if kind in GOOD else f"{method} {kind}"] += 1
        return reply


@dataclass
class Stage:
    """What there is to do something to."""

    first: Host
    second: Host
    proxy: Proxy
    database: Database
    seconds: float
    told: Seen

    def turns(self) -> Counter[str]:
        """How many turns each address has."""
        with self.database.engine.connect() as connection:
            return Counter(address for address, _ in connection.execute(TURNS))

    def holder(self) -> Host:
        """The one of the two that has most turns."""
        turns = self.turns()
        return max((self.first, self.second), key=lambda host: turns[host.address])


#: Brings it about, and says what was done.
Act = Callable[[Stage], str]


def nothing(stage: Stage) -> str:
    end = time.monotonic() + LIMIT
    while not stage.told.acknowledged and time.monotonic() < end:
        time.sleep(0.5)
    time.sleep(stage.seconds / 2)
    return "both serve"


def cut_off(stage: Stage) -> str:
    """The one that sends webhooks and does long work, for longer than until that is noticed."""
    gone = stage.holder()
    other = stage.second if gone is stage.first else stage.first
    gone.pull_out()
    since, taken = time.monotonic(), 0.0
    while time.monotonic() - since < max(25, stage.seconds):
        time.sleep(0.5)
        # Anchors, which are written once an hour, are asked for once a minute alone.
        if not taken and stage.turns()[other.address] >= 2:
            taken = time.monotonic() - since
    gone.plug_in()
    gone.wait()
    time.sleep(stage.seconds)
    if not taken:
        raise RuntimeError(f"nobody took over: {stage.turns()}")
    return f"host {gone.number}; the other took over after {taken:.0f} s"


def kill(stage: Stage) -> str:
    gone = stage.holder()
    gone.kill()
    time.sleep(stage.seconds)
    gone.start()
    time.sleep(stage.seconds / 2)
    return f"host {gone.number}, started again"


def reload(stage: Stage) -> str:
    for host in (stage.first, stage.second):
        host.reload()
        time.sleep(stage.seconds / 4)
    return "HUP to one after the other"


def restart(stage: Stage) -> str:
    for host in (stage.first, stage.second):
        host.stop()
        host.start()
        # nginx leaves a host alone for three seconds more: the other must not go meanwhile.
        time.sleep(5)
    return "TERM and start, one after the other"


def drain(stage: Stage) -> str:
    for host in (stage.first, stage.second):
        stage.proxy.leave_out(host)
        time.sleep(1)
        host.stop()
        host.start()
        stage.proxy.leave_out()
        time.sleep(stage.seconds / 4)
    return "out of nginx, TERM, start, back in"


#: What else may reach a person, who sends the same again: an answer was under way to a host that
#: went. Looks go on to the other host.
CUT = frozenset({"POST 502", "POST 504", "POST 503"})
ACTS: dict[Act, frozenset[str]] = {
    nothing: frozenset(),
    drain: frozenset(),
    reload: frozenset({"POST 502"}),
    restart: frozenset({"POST 502"}),
    cut_off: CUT | {"POST cut off", "GET 503", "GET 504"},
    kill: CUT,
}


def _do(act: Act, stage: Stage) -> bool:
    """One line of the table; whether it went well."""
    before, stored = Counter(stage.told.replies), len(stage.told.acknowledged)
    wrong = ""
    try:
        said = act(stage)
    except RuntimeError as error:
        said, wrong = "", str(error)
    other = {kind: n for kind, n in (stage.told.replies - before).items() if kind not in GOOD}
    stored = len(stage.told.acknowledged) - stored
    good = not wrong and stored > 0 and set(other) <= ACTS[act]
    told = ", ".join(f"{kind}: {n}" for kind, n in sorted(other.items())) or "200 and 409 alone"
    print(
        LINE.format(act.__name__, said, stored, told, "good" if good else f"OFF {wrong}"),
        flush=True,
    )
    return good


def _check(stage: Stage, key: str) -> bool:
    with stage.database.read() as session:
        rows = session.execute(select(Judgment.user_id, Judgment.idempotency_key))
        stored = Counter((row[0], row[1]) for row in rows)
        found = verify(session, key)
    lost = sum(not stored[each] for each in stage.told.acknowledged)
    doubled = sum(count > 1 for count in stored.values())
    over = sum(each.rule == "slots" for each in found)
    print(f"{len(stage.told.acknowledged)} acknowledged: {lost} lost, {doubled} doubled, {over} "
          f"over; verify finds {len(found)} faults")  # fmt: skip
    return not (lost or doubled or found)


def _play(stage: Stage, people: list[tuple[int, str]], acts: list[Act]) -> bool:
    crowd = Crowd(stage.proxy, people, stage.told, _Person)
    crowd.start()
    try:
        print(LINE.format("what", "to whom", "acked", "replies beside 200 and 409", ""))
        good = min([_do(act, stage) for act in acts])
        used = max(host.memory() for host in (stage.first, stage.second)) / 2**20
        print(f"memory of a worker for itself alone, at most: {used:.0f} MiB")
        return good
    finally:
        crowd.stop()
        crowd.finish()


def _run(acts: list[Act], seconds: float) -> bool:
    with ExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="workbench-hosts-")))
        top.chmod(0o755)
        hosts = []
        for number in (1, 2):
            home = top / f"home-{number}"
            home.mkdir(mode=0o700)
            hosts.append(Host(number, home))
            stack.callback(hosts[-1].remove)
            hosts[-1].make()
        server = stack.enter_context(database_server([host.gateway for host in hosts]))
        url = postgres.fresh_database(server)
        make_key(hosts[0].home / "secret.key")
        (hosts[1].home / "secret.key").write_bytes((hosts[0].home / "secret.key").read_bytes())
        config = load_config({"WORKBENCH_DATABASE_URL": url}, home=hosts[0].home, https=False)
        database = Database(config.database_url, key=config.read_key())
        stack.callback(database.dispose)
        migrate.upgrade(database)
        _, people = prepare(database, config, items=int(300 * seconds))
        for host in hosts:
            inside = url.replace("127.0.0.1", host.gateway)
            host.start({"WORKBENCH_DATABASE_URL": inside, "WORKBENCH_HTTPS": "off",
                        "WORKBENCH_PROXY_HOPS": "1"})  # fmt: skip
        proxy = Proxy(top, hosts)
        stack.callback(proxy.stop)
        proxy.start()
        stage = Stage(hosts[0], hosts[1], proxy, database, seconds, Seen())
        good = _play(stage, people, acts)
        return _check(stage, config.read_key()) and good


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.two_hosts", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="of each act, about")
    parser.add_argument("--only", default="", help="part of the name of an act")
    asked = parser.parse_args()
    # Machines and servers go with it, however it is ended.
    end_in_order()
    lacking = missing()
    if lacking:
        print(f"{'!' * 78}\nTWO HOSTS SKIPPED: {lacking}\n{'!' * 78}", file=sys.stderr)
        return 0
    return 0 if _run([act for act in ACTS if asked.only in act.__name__], asked.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Machines of a kind: network namespaces with a Workbench each, nginx and PostgreSQL outside.

Only root can make them. The link of one is a cable that can be pulled out: what is under way then
is neither refused nor closed, it stops.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from tests.support.postgres import (
    Server,
    _free_port,
    _is_up,
    _make_cluster,
    _owner,
    _stop,
    find,
)

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
#: Of no one else, on this machine alone.
NETWORK = "10.231"
PORT = 8000
#: Seconds after which what does not start will not come any more.
PATIENCE = 90


def missing() -> str:
    """What there is not here; "" where all is."""
    if os.geteuid() != 0:
        return "only root can make network namespaces"
    for program in ("ip", "nginx"):
        if shutil.which(program) is None:
            return f"there is no {program}"
    if find() is None:
        return "there is no PostgreSQL"
    tried = subprocess.run(["ip", "netns", "list"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "`ip netns` does not work"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


class Host:
    """A machine: its number tells its address. What it prints is in `serve.log` of its home."""

    def __init__(self, number: int, home: Path) -> None:
        self.number, self.home = number, home
        self.space = f"workbench-{os.getpid()}-{number}"
        self.link = f"wb{os.getpid()}x{number}"
        self.address, self.gateway = f"{NETWORK}.{number}.2", f"{NETWORK}.{number}.1"
        self._process: subprocess.Popen[bytes] | None = None
        self._environ: Mapping[str, str] = {}

    def make(self) -> None:
        """The machine and its cable."""
        _ip("netns", "add", self.space)
        _ip("link", "add", self.link, "type", "veth", "peer", "eth0", "netns", self.space)
        _ip("addr", "add", f"{self.gateway}/24", "dev", self.link)
        _ip("link", "set", self.link, "up")
        _ip("-n", self.space, "addr", "add", f"{self.address}/24", "dev", "eth0")
        _ip("-n", self.space, "link", "set", "lo", "up")
        self.plug_in()

    def remove(self) -> None:
        self.kill()
        subprocess.run(["ip", "netns", "del", self.space], check=False)

    def pull_out(self) -> None:
        _ip("-n", self.space, "link", "set", "eth0", "down")

    def plug_in(self) -> None:
        _ip("-n", self.space, "link", "set", "eth0", "up")

    def start(self, environ: Mapping[str, str] | None = None) -> None:
        """Serve with two workers. Returns when it answers."""
        self._environ = environ if environ is not None else self._environ
        command = ["ip", "netns", "exec", self.space, sys.executable, "-m", "workbench.cli",
                   "--home", str(self.home), "serve", "--bind", f"0.0.0.0:{PORT}",
                   "--workers", "2", "--threads", "8"]  # fmt: skip
        with (self.home / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **self._environ}, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.wait()

    def wait(self) -> None:
        """Until it answers."""
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process is None or self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.home / "serve.log").read_text())
            time.sleep(0.1)

    def _answers(self) -> bool:
        with closing(http.client.HTTPConnection(self.address, PORT, timeout=5)) as connection:
            try:
                connection.request("GET", "/health")
                return connection.getresponse().status == 200
            except (OSError, http.client.HTTPException):
                return False

    def workers(self) -> set[int]:
        assert self._process is not None
        master = self._process.pid
        return set(map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split()))

    def memory(self) -> int:
        """Bytes that a worker has for itself alone, the largest of them."""
        return max(_private(pid) for pid in self.workers())

    def reload(self) -> None:
        """HUP, as `systemctl reload` sends it. Returns when all workers are new ones."""
        assert self._process is not None
        before, end = self.workers(), time.monotonic() + PATIENCE
        self._process.send_signal(signal.SIGHUP)
        while before & self.workers():
            if time.monotonic() > end:
                raise RuntimeError("workers did not end")
            time.sleep(0.1)

    def stop(self) -> None:
        """TERM, as `systemctl stop` sends it."""
        assert self._process is not None
        self._process.terminate()
        if self._process.wait(PATIENCE):
            raise RuntimeError((self.home / "serve.log").read_text())

    def kill(self) -> None:
        """All at once, in the middle of whatever they do."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _private(pid: int) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return 1024 * sum(
        int(kib) for kib in re.findall(r"^Private_\w+: +(\d+) kB", text, re.MULTILINE)
    )


class Proxy:
    """nginx by deploy/nginx.conf, without TLS and on a port of its own."""

    def __init__(self, folder: Path, hosts: Sequence[Host]) -> None:
        self.port, self._folder, self._hosts = _free_port(), folder, hosts
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._write(())
        command = ["nginx", "-c", str(self._folder / "nginx.conf"), "-g", "daemon off;"]
        self._process = subprocess.Popen(command)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise RuntimeError((self._folder / "error.log").read_text())

    def leave_out(self, *out: Host) -> None:
        """Send nothing more to these; what is under way ends."""
        assert self._process is not None
        self._write(out)
        self._process.send_signal(signal.SIGHUP)
        time.sleep(1)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _write(self, out: Collection[Host]) -> None:
        conf = (DEPLOY / "nginx.conf").read_text()
        each = "server {address}:{port} max_fails=1 fail_timeout=3s{down};"
        servers = [
            each.format(address=host.address, port=PORT, down=" down" * (host in out))
            for host in self._hosts
        ]
        conf = conf.replace("server 127.0.0.1:8000 max_fails=1 fail_timeout=3s;", " ".join(servers))
        conf = re.sub(r"server \{\s+listen 80;.*?\n\}\n", "", conf, flags=re.DOTALL)
        conf = re.sub(r"^ +(ssl_\w+|listen \[).*\n", "", conf, flags=re.MULTILINE)
        conf = conf.replace("listen 443 ssl http2", f"listen 127.0.0.1:{self.port}")
        conf = conf.replace("/var/log/nginx", str(self._folder))
        (self._folder / "workbench.conf").write_text(conf)
        kept = "".join(
            f"{kind}_temp_path {self._folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (self._folder / "nginx.conf").write_text(
            f"pid {self._folder}/pid; error_log {self._folder}/error.log; worker_processes 1;"
            f" events {{}} http {{ {kept} include workbench.conf; }}"
        )


@contextmanager
def database_server(listen: Sequence[str]) -> Iterator[Server]:
    """PostgreSQL by deploy/postgresql.conf, for the machines too; small, since it is not alone."""
    programs, owner = find(), _owner()
    assert programs is not None
    home = Path(tempfile.mkdtemp(prefix="workbench-pg-", dir="/tmp"))
    process = None
    try:
        shutil.chown(home, owner)
        server = Server(_free_port(), "only-for-this-machine")
        _make_cluster(programs, home, server.password, owner)
        conf = (DEPLOY / "postgresql.conf").read_text()
        small = f"\nshared_buffers = 64MB\nlisten_addresses = '127.0.0.1,{','.join(listen)}'\n"
        with (home / "data" / "postgresql.conf").open("a") as file:
            file.write(conf + small)
        with (home / "data" / "pg_hba.conf").open("a") as file:
            file.write(f"host all all {NETWORK}.0.0/16 scram-sha-256\n")
        command = [programs / "postgres", "-D", home / "data", "-p", str(server.port), "-k", home]
        with (home / "log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, user=owner, cwd=home)
        if not _is_up(process, server):
            raise RuntimeError((home / "log").read_text())
        yield server
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(home, ignore_errors=True)

"""A server in processes of its own, on one address: started, killed, started again."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from workbench.config import Config
from workbench.serve import Address, check_free

ROOT = Path(__file__).resolve().parents[2]
#: Seconds after which a server that does not answer will not come any more.
PATIENCE = 60
#: Of each worker.
THREADS = 8


def end_in_order() -> None:
    """On SIGTERM end like a program that is done, so that servers and small disks go with it.

    `make` sends another one, which must not end the cleaning up.
    """

    def end(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.exit(1)

    signal.signal(signal.SIGTERM, end)


class Server:
    """`workbench serve` with two workers. What it prints is in `serve.log` of its home.

    `settings` go into the environment; `module` is the command's, or one that wraps it.
    """

    def __init__(
        self,
        config: Config,
        threads: int = THREADS,
        settings: Mapping[str, str] | None = None,
        module: str = "workbench.cli",
    ) -> None:
        self.port = check_free(Address("127.0.0.1", 0)).port
        self.url = f"http://127.0.0.1:{self.port}"
        self._config = config
        self._threads = threads
        self._settings = settings or {}
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def master(self) -> int:
        """Process id of the one whose children are the workers."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has printed."""
        return (self._config.home / "serve.log").read_text()

    def workers(self) -> list[int]:
        """Process ids."""
        listed = Path(f"/proc/{self.master}/task/{self.master}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def start(self, code: Path = ROOT) -> None:
        """Serve by the release that lies in `code`. Returns when it answers."""
        command = [sys.executable, "-m", self._module, "--home", str(self._config.home),
                   "serve", "--bind", f"127.0.0.1:{self.port}", "--workers", "2",
                   "--threads", str(self._threads)]  # fmt: skip
        url = {"WORKBENCH_DATABASE_URL": self._config.database_url}
        env = {**os.environ, **url, **self._settings}
        with (self._config.home / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=code, env=env, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(self.log)
            time.sleep(0.05)

    def kill(self) -> None:
        """All its processes at once, in the middle of whatever they do (SIGKILL)."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> int:
        """Let requests end (SIGTERM); the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE)

    def _answers(self) -> bool:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            try:
                connection.request("GET", "/health")
                return connection.getresponse().status == 200
            except OSError:
                return False

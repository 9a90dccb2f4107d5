"""What tests need and pip cannot bring: Debian's packages, and what to say without them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

#: Nobody is there to answer a question of dpkg's.
QUIET = {"DEBIAN_FRONTEND": "noninteractive"}


def installable() -> bool:
    """Whether this process may install Debian's packages."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> bool:
    """Install `packages` with apt-get. False, with apt's own words shown, when that failed."""
    print(f"Installing Debian's {', '.join(packages)} ...", flush=True)
    commands = (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages],
    )
    return all(_succeeds(command) for command in commands)


def _succeeds(command: list[str]) -> bool:
    done = subprocess.run(
        command,
        env={**os.environ, **QUIET},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
    return done.returncode == 0


def required() -> bool:
    """Whether a missing part is an error: under continuous integration nothing is skipped."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def report_missing(part: str, skipped: str, remedy: str) -> int:
    """Say loudly that `part` is missing. The exit code: 1 where it is required, else 0."""
    rule = "!" * 78
    consequence = "That is an error under CI." if required() else f"{skipped} WILL BE SKIPPED."
    print(f"{rule}\n{part} was not found. {consequence}\n{remedy}\n{rule}", file=sys.stderr)
    return 1 if required() else 0

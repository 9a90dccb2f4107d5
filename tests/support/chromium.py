"""The real Chromium that browser tests drive: find it, or install it.

`python -m tests.support.chromium` installs one where it can. `WORKBENCH_CHROMIUM` names another.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support import debian

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")

#: No sandbox, since root may not have one and containers seldom do; a small /dev/shm is common in
#: containers; and a browser that looks up its maker's hosts is slow where the network is closed.
LAUNCH_ARGS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-features=Translate,MediaRouter,OptimizationHints",
)


@functools.cache
def find() -> str | None:
    """The path of a Chromium that runs: the named one, the system's, or Playwright's own."""
    named = os.environ.get("WORKBENCH_CHROMIUM")
    if named:
        return named if _runs(named) else None
    for candidate in (*map(shutil.which, NAMES), str(MAC), _playwright_own()):
        if candidate and _runs(candidate):
            return candidate
    return None


def launch_options() -> dict[str, Any]:
    """Keyword arguments for Playwright's `chromium.launch`.

    Raises:
        RuntimeError: there is no Chromium; ask `find` first.
    """
    path = find()
    if path is None:
        raise RuntimeError("no Chromium: python -m tests.support.chromium installs one")
    return {"executable_path": path, "args": list(LAUNCH_ARGS), "headless": True}


def _runs(path: str) -> bool:
    """A file of that name may be a stub that only asks for a snap, so run it."""
    if not os.access(path, os.X_OK):
        return False
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _playwright_own() -> str | None:
    """Where Playwright would keep its browser. It is asked in a process of its own, since its
    synchronous interface refuses to start where an event loop runs."""
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def _install() -> None:
    if debian.installable() and debian.install("chromium", "fonts-dejavu-core"):
        return
    print("Installing Playwright's Chromium ...", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    subprocess.run(command, check=False)


def main() -> int:
    if find() is None and not os.environ.get("WORKBENCH_CHROMIUM"):
        _install()
        find.cache_clear()
    path = find()
    if path is None:
        remedy = "Install Chromium or Chrome, or name one in WORKBENCH_CHROMIUM."
        return debian.report_missing("Chromium", "BROWSER TESTS", remedy)
    print(f"Chromium: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

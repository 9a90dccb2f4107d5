"""What Linux says of a process's memory."""

from __future__ import annotations

from pathlib import Path


def mib(field: str, process: int | str = "self") -> float:
    """MiB of a field of /proc/PID/status: `VmRSS` now, `VmHWM` at the most. Raises OSError where
    there is no such process, or no /proc."""
    status = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) / 1024

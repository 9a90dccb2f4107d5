"""The `workbench` command: one module a family of verbs."""

from __future__ import annotations

from workbench.cli.root import root

__all__ = ["main", "root"]


def main() -> None:
    """Run the command line and end the process: 0 good, 1 wrong data, 2 a wrong call."""
    root.main(prog_name="workbench")

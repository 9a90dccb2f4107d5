"""What verbs print: tables, and progress where somebody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import click

from workbench.services.spool import Progress, no_progress

_EVERY = 0.1

#: A file that is there, as an option's type.
File = click.Path(exists=True, dir_okay=False, path_type=Path)


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Rows as lines in columns; those in `right` stand to the right. The first row is the head."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


@contextmanager
def progress_of(name: str) -> Iterator[Progress]:
    """A line on standard error that counts while a file is read and stored, on a terminal only."""
    if not sys.stderr.isatty():
        yield no_progress
        return
    drawn = _Line(name)
    try:
        yield drawn.show
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)


@contextmanager
def steps_of(name: str) -> Iterator[Callable[[int, int], None] | None]:
    """A line on standard error that counts how many of some steps are done, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    click.echo(f"{name}: 0 %", nl=False, err=True)
    try:
        yield lambda done, of: click.echo(
            f"\r\x1b[K{name}: {100 * done // of} %", nl=False, err=True
        )
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)


class _Line:
    """Redrawn a few times a second at most."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._next = 0.0

    def show(self, step: Literal["read", "store"], done: int, of: int | None) -> None:
        """One step further."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        doing = "reading" if step == "read" else "storing"
        how_far = f"{100 * done // of} %" if of else f"{done:,}"
        click.echo(f"\r\x1b[K{self._name}: {doing} {how_far}", nl=False, err=True)

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
#: Seconds after which what was done tells how long the rest will take.
_TELLING = 2.0

#: A file that is there, as an option's type.
File = click.Path(exists=True, dir_okay=False, path_type=Path)


def with_article(word: str) -> str:
    """The word with the "a" or "an" that goes before it."""
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


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


@contextmanager
def stages_of(name: str) -> Iterator[Callable[[str, int, int], None]]:
    """A line on standard error with what is being done, how much of it is done of how much, and
    how long the rest of it may take; on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    line = _Stages(name)
    try:
        yield line.show
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)


class _Stages:
    """Redrawn a few times a second at most. A stage begins when `done` is less than before."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._next = 0.0
        self._began, self._from, self._done = time.monotonic(), 0, 0

    def show(self, doing: str, done: int, of: int) -> None:
        """So far; `of` 0: nobody knows how much there is."""
        now = time.monotonic()
        if done < self._done:
            self._began, self._from = now, done
        self._done = done
        if now < self._next and of:
            return
        self._next = now + _EVERY
        how_far = f" {100 * done // of} %{self._left(now, of)}" if of else ""
        click.echo(f"\r\x1b[K{self._name}: {doing}{how_far}", nl=False, err=True)

    def _left(self, now: float, of: int) -> str:
        """Nothing before it can be told, and where it is not worth a word."""
        elapsed, did = now - self._began, self._done - self._from
        seconds = elapsed / did * (of - self._done) if did and elapsed > _TELLING else 0.0
        if seconds < 1:
            return ""
        return f", {seconds / 60:.0f} min left" if seconds >= 90 else f", {seconds:.0f} s left"


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

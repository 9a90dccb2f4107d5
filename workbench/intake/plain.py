"""Columns that are read as they stand, whatever they are called: a row is {column: value}."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.intake.problems import printable
from workbench.intake.soundness import Faults
from workbench.messages import N_, Message

#: Columns that an error names, of those that a file has.
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Plain:
    """Which columns are read: these, which must be there, each once; None: all that have a name,
    and of two with the same name the first."""

    wanted: tuple[str, ...] | None = None

    def of(self, header: Sequence[str]) -> PlainColumns:
        """The columns of a file with this header."""
        return PlainColumns(header, self.wanted)


class PlainColumns:
    """The columns of one file as they stand. See `rows.Header`."""

    literal = False

    def __init__(self, header: Sequence[str], wanted: Sequence[str] | None) -> None:
        self.names = tuple(header)
        self.faults: Faults = {}
        count = Counter(self.names)
        for name in dict.fromkeys(wanted or ()):
            if not count[name]:
                self.faults[shown(name)] = no_such_column(self.names)
            elif count[name] > 1:
                self.faults[shown(name)] = N_("this column is given more than once")
        first: dict[str, int] = {}
        for place, name in enumerate(self.names):
            first.setdefault(name, place)
        chosen = first if wanted is None else wanted
        self._places = {name: first[name] for name in chosen if name and name in first}

    @property
    def picked(self) -> tuple[str, ...]:
        """The columns that are read, each once."""
        return tuple(self._places)

    def item(self, cells: Sequence[Any]) -> tuple[dict[str, Any], Faults]:
        """One row as {column: value}, without what is empty."""
        places = self._places.items()
        return {name: cells[at] for name, at in places if cells[at] is not None}, {}

    def column(self, field: str, raw: dict[str, Any]) -> str:
        """The field itself: it is one."""
        return field


def shown(name: str) -> str:
    """A column's name for people."""
    return printable(name, 100) or "(empty)"


def no_such_column(names: Sequence[str]) -> Message:
    """That a column is not there, and which are."""
    some = ", ".join(shown(name) for name in names[:_NAMED])
    if len(names) > _NAMED:
        some += f", … (+{len(names) - _NAMED})"
    return N_("there is no such column; there are: %(names)s", names=some or "–")

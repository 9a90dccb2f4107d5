"""What is wrong with a file, said so that a person finds the place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workbench.messages import N_, Message

_PLAIN_KEY = re.compile(r"[\w-]{1,100}")


def printable(text: str, most: int = 120) -> str:
    """`text` cut to `most` characters, with what a terminal would act upon written as an escape."""
    cut = text if len(text) <= most else text[:most] + "…"
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else _escape(c) for c in cut)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def path(parent: str, key: object) -> str:
    """The place of a child: `responses` and 2 give `responses[2]`. An odd key is quoted."""
    if isinstance(key, int):
        return f"{parent}[{key}]"
    key = str(key)
    name = key if _PLAIN_KEY.fullmatch(key) else f'"{printable(key, 40)}"'
    return f"{parent}.{name}" if parent else name


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `line` counts from 1; what is wrong with a whole file is at 1."""

    file: str
    line: int
    field: str
    why: Message

    @property
    def where(self) -> str:
        """`FILE:LINE: FIELD`, the part that needs no translation."""
        return f"{printable(self.file)}:{self.line}: {self.field}"

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


class Report:
    """The first problems of one or more files, and how many there were in all.

    `count` is the number of problems, `lines` the number of lines that have any.
    """

    def __init__(self, most: int = 100) -> None:
        self.most = most
        self.problems: list[Problem] = []
        self.count = 0
        self.lines = 0
        self._last: tuple[str, int] | None = None

    def add(self, problems: Iterable[Problem]) -> None:
        """Count every problem and keep it while there is room. Lines must come in their order."""
        for problem in problems:
            self.count += 1
            if (problem.file, problem.line) != self._last:
                self._last = (problem.file, problem.line)
                self.lines += 1
            if len(self.problems) < self.most:
                self.problems.append(problem)

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def more(self) -> Message | None:
        """The sentence for what was counted and not kept; None if all was kept."""
        hidden = self.count - len(self.problems)
        if not hidden:
            return None
        return N_(
            "not shown: %(hidden)d; problems in all: %(count)d, on %(lines)d lines",
            hidden=hidden,
            count=self.count,
            lines=self.lines,
        )

    def as_dict(self) -> dict[str, Any]:
        """As it is stored."""
        problems = [
            [each.file, each.line, each.field, each.why.as_dict()] for each in self.problems
        ]
        return {"problems": problems, "count": self.count, "lines": self.lines}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Report:
        """What `as_dict` wrote, to be read: nothing is added to it."""
        report = cls()
        for file, line, field, why in stored["problems"]:
            report.problems.append(Problem(file, line, field, Message.from_dict(why)))
        report.count, report.lines = stored["count"], stored["lines"]
        return report

    def __str__(self) -> str:
        shown = [str(problem) for problem in self.problems]
        return "\n".join(shown + ([str(self.more)] if self.more else []))

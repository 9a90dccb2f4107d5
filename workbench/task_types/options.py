"""Lists of choices that a project can bring: a code, a title and a line of help in es and en."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from workbench.task_types.base import N_
from workbench.task_types.fields import (
    Bilingual,
    bilingual,
    join,
    mapping,
    refuse,
    sequence,
    short,
)

Option = dict[str, Any]

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")


def read_code(value: object, path: str) -> str:
    """A code: it stands in files, addresses and field names, so it is short and plain."""
    if not isinstance(value, str) or not CODE.fullmatch(value):
        raise refuse(
            path,
            N_(
                "“%(value)s” is not a code: use at most 64 plain letters, digits and . _ : - and"
                " begin with a letter or a digit.",
                value=short(value),
            ),
        )
    return value


def read_options(value: object, path: str) -> list[Option]:
    """[{"code", "title": {"es", "en"}, "help": {"es", "en"}}, ...], at least one, codes unique."""
    options = [_option(raw, f"{path}[{i}]") for i, raw in enumerate(sequence(value, path))]
    if not options:
        raise refuse(path, N_("This list needs at least one entry."))
    unique([option["code"] for option in options], path, "code")
    return options


def _option(raw: object, path: str) -> Option:
    given = mapping(raw, path, ("code", "title", "help"))
    return {
        "code": read_code(given.get("code"), join(path, "code")),
        "title": bilingual(given.get("title"), join(path, "title")),
        "help": bilingual(
            given.get("help", {"es": "", "en": ""}), join(path, "help"), cap=2000, empty=True
        ),
    }


def unique(codes: list[str], path: str, key: str) -> None:
    """Raises Invalid at the first entry whose code stood before it."""
    seen: set[str] = set()
    for i, code in enumerate(codes):
        if code in seen:
            raise refuse(f"{path}[{i}].{key}", N_("“%(code)s” is in this list twice.", code=code))
        seen.add(code)


def codes(options: list[Option]) -> list[str]:
    """The codes of a list, in its order."""
    return [option["code"] for option in options]


def title(option: Option) -> Bilingual:
    """An option's title, fit to be a value of a Message."""
    return Bilingual(option["title"])


@cache
def load(path: Path) -> dict[str, Any]:
    """A default list that ships beside its type. Not to be changed by who reads it."""
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded

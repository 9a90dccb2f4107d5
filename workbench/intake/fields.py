"""Checks of single fields, shared by items, judgments and column names."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from itertools import islice
from typing import Any

from workbench.intake.problems import path, printable
from workbench.intake.soundness import Faults, note
from workbench.messages import N_, Message

ID_LENGTH = 200
_MOST_UNKNOWN = 20

MISSING = object()


def missing_or(value: object, otherwise: Message) -> Message:
    """A field that is not there is missing, whatever else could be said of it."""
    return N_("is missing") if value is MISSING else otherwise


def text_fault(value: object) -> Message | None:
    """Why `value` is no text; None if it is."""
    return None if isinstance(value, str) else missing_or(value, N_("must be text"))


def name_fault(value: object, most: int = ID_LENGTH) -> Message | None:
    """Why `value` can name nothing; None if it can.

    A name is 1 to `most` printable characters, without a space at either end. It is no `.` or `..`,
    which mean another place in the address of a page however they are encoded.
    """
    if not isinstance(value, str):
        return text_fault(value)
    if not value:
        return N_("is empty")
    if len(value) > most:
        return N_("is longer than %(most)d characters", most=most)
    if not value.isprintable():
        return N_("has a character that cannot be seen: %(shown)s", shown=printable(value, 60))
    if value[0] == " " or value[-1] == " ":
        return N_("has a space at its start or end")
    if value in (".", ".."):
        return N_("cannot be . or ..")
    return None


def checked_name(raw: dict[str, Any], key: str, where: str, faults: Faults, most: int) -> str:
    """The name in `raw[key]`; "" and a fault if it is none."""
    value = raw.get(key, MISSING)
    why = name_fault(value, most)
    if why is None:
        return str(value)
    note(faults, path(where, key), why)
    return ""


def unknown_fields(raw: dict[str, Any], known: frozenset[str], where: str, faults: Faults) -> None:
    """Note every key of an object that is not `known`, up to a number that a person would read."""
    if raw.keys() <= known:
        return
    unknown = (key for key in raw if isinstance(key, str) and key not in known)
    for key in islice(unknown, _MOST_UNKNOWN):
        note(faults, path(where, key), unknown_name(key, sorted(known)))


def unknown_name(name: str, known: Collection[str]) -> Message:
    """That `name` is not one of `known`, and which of them it may have been meant to be."""
    near = closest(name, known)
    if near is not None:
        return did_you_mean(near)
    return N_("is not known here; known are %(names)s", names=", ".join(known))


def closest(name: str, known: Collection[str]) -> str | None:
    """The one of `known` that `name` may be a slip of the pen for."""
    return next(iter(difflib.get_close_matches(name[:50], list(known), n=1)), None)


def did_you_mean(near: str) -> Message:
    return N_("is not known here; did you mean %(near)s?", near=near)

"""Numbers that people write into forms."""

from __future__ import annotations

from flask import request

from workbench.messages import N_, Message

#: More digits than any setting has.
_DIGITS = 6


def whole(name: str, errors: dict[str, Message], *, optional: bool = False) -> int | None:
    """The whole number in a field of the form; None where it may be left out and is.

    What is no number is None too, and noted in `errors`.
    """
    text = request.form.get(name, "").strip()
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS:
        return int(text)
    if text or not optional:
        errors[name] = N_("Write a whole number.")
    return None

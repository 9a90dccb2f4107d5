"""Sentences that a person will read, kept apart from the language they are read in.

Leaf modules (task types, intake, export) know no request and so no language. They say what is wrong
with a `Message`: an English sentence of the catalog plus its values. The web and the command line
translate it when they show it; `str(message)` is the English.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Message:
    """`text` is a msgid with `%(name)s` places, `values` fills them."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text

    def as_dict(self) -> dict[str, Any]:
        """As it is stored, to be read in a language that is not known yet."""
        return {"text": self.text, "values": {k: _plain(v) for k, v in self.values.items()}}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Message:
        """What `as_dict` wrote."""
        return cls(stored["text"], {k: _read(v) for k, v in stored["values"].items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return value.as_dict()
    return value if isinstance(value, (str, int, float)) or value is None else str(value)


def _read(value: Any) -> Any:
    return Message.from_dict(value) if isinstance(value, dict) else value


def N_(text: str, **values: Any) -> Message:
    """Mark `text` for the catalogs and carry `values` to where it is translated."""
    return Message(text, values)


class Invalid(ValueError):
    """What was given does not fit. `errors` maps a field's name to what is wrong with it.

    A field is a path a person can find: `responses[2].text`, `flags[0].start`, `tier-1`.
    """

    def __init__(self, errors: dict[str, Message]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{name}: {why}" for name, why in errors.items()))

    @classmethod
    def at(cls, field_name: str, text: str, **values: Any) -> Invalid:
        """One field, one reason."""
        return cls({field_name: Message(text, values)})

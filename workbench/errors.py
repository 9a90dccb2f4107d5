"""What a service may refuse, apart from `Invalid` input. One handler each, in web and cli."""

from __future__ import annotations

from workbench.messages import Message


class Refused(Exception):
    """Base: carries a sentence for the person who asked."""

    def __init__(self, text: str, **values: object) -> None:
        self.message = Message(text, values)
        super().__init__(str(self.message))


class Conflict(Refused):
    """The world has moved on: what was asked no longer fits what is stored. 409."""


class Forbidden(Refused):
    """Known, but not allowed. 403."""


class NotFound(Refused):
    """There is no such thing, or not for this person. 404."""

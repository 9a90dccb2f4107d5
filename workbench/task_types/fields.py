"""Reading what others wrote (forms, files, settings), value by value.

A reader takes a value, its path (the name a person finds it by) and what it must be. It gives the
clean value or raises `Invalid` at that path; no input makes it raise anything else, and no message
repeats more than a short, printable piece of the input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Self

from workbench.task_types.base import N_, Form, Invalid, Message

#: Longest reason, in code points.
REASON_CAP = 10_000

LANGUAGES = ("es", "en")

#: NUL, and halves of surrogate pairs.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Bilingual(str):
    """A title that a project wrote itself: the English as text, every language in `texts`.

    It travels as a value of a `Message`, so that whoever translates the sentence can also choose
    the title's language.
    """

    __slots__ = ("texts",)
    texts: Mapping[str, str]

    def __new__(cls, texts: Mapping[str, str]) -> Self:
        title = super().__new__(cls, texts["en"])
        title.texts = dict(texts)
        return title


def refuse(path: str, why: Message) -> Invalid:
    """One field, one sentence that the catalogs know."""
    return Invalid({path: why})


def short(value: object) -> str:
    """At most 60 printable characters of a text, or the name of another value's type."""
    if not isinstance(value, str):
        return type(value).__name__
    shown = value if len(value) <= 60 else value[:59] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)


def join(path: str, key: str) -> str:
    """The path of a key: `criteria` and `helpful` make `criteria.helpful`."""
    return f"{path}.{key}" if path else key


def gather(readers: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """What every reader gives, by name. Raises one Invalid with all that they refused."""
    values: dict[str, Any] = {}
    errors: dict[str, Message] = {}
    for name, read in readers.items():
        try:
            values[name] = read()
        except Invalid as refused:
            errors.update(refused.errors)
    if errors:
        raise Invalid(errors)
    return values


def mapping(
    value: object, path: str, allowed: Collection[str], root: str = "answer"
) -> Mapping[str, Any]:
    """An object that has no key but the allowed ones. `root` is its name when the path is empty."""
    # Asking an abstract class is slow, and nearly everything is a dict.
    if not isinstance(value, (dict, Mapping)):
        raise refuse(path or root, N_("This must be an object with named fields."))
    for key in value:
        if key not in allowed:
            raise refuse(
                join(path, short(key)),
                N_("This field is not known here. Known: %(known)s.", known=", ".join(allowed)),
            )
    return value


def sequence(value: object, path: str) -> list[Any]:
    """A list of anything."""
    if not isinstance(value, list):
        raise refuse(path, N_("This must be a list."))
    return value


def text(value: object, path: str, cap: int) -> str:
    """A text of at most `cap` code points that every database and encoding can hold."""
    if not isinstance(value, str):
        raise refuse(path, N_("This must be a text."))
    if len(value) > cap:
        raise refuse(
            path,
            N_(
                "This is too long: %(length)s characters, at most %(cap)s.",
                length=len(value),
                cap=cap,
            ),
        )
    if _UNSTORABLE.search(value):
        raise refuse(path, N_("This holds a character that cannot be stored (NUL or a surrogate)."))
    return value


def choice(value: object, path: str, allowed: Collection[str]) -> str:
    """One of the allowed codes."""
    if isinstance(value, str) and value in allowed:
        return value
    if value == "":
        raise refuse(path, N_("This is still empty: choose one."))
    known = ", ".join(allowed)
    if value is None:
        raise refuse(path, N_("This is missing: one of %(known)s.", known=known))
    raise refuse(
        path,
        N_("“%(value)s” is not a choice here. Known: %(known)s.", value=short(value), known=known),
    )


def optional_choice(value: object, path: str, allowed: Collection[str]) -> str | None:
    """One of the allowed codes, or None where nothing was chosen."""
    return None if value is None or value == "" else choice(value, path, allowed)


def whole(value: object, path: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`. A truth value is no number."""
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise refuse(
        path, N_("This must be a whole number from %(low)s to %(high)s.", low=low, high=high)
    )


def truth(value: object, path: str) -> bool:
    """True or false, never 1, 0 or a word."""
    if not isinstance(value, bool):
        raise refuse(path, N_("This must be true or false."))
    return value


def bilingual(value: object, path: str, cap: int = 500, empty: bool = False) -> dict[str, str]:
    """A text in every language of the interface: {"es": ..., "en": ...}."""
    given = mapping(value, path, LANGUAGES)
    texts = {key: text(given.get(key), join(path, key), cap).strip() for key in LANGUAGES}
    for key, written in texts.items():
        if not written and not empty:
            raise refuse(join(path, key), N_("This text is empty."))
    return texts


def posted(form: Form, name: str) -> str:
    """A field's value without the blanks around it; "" when the form has no such field."""
    return (form.get(name) or "").strip()


def posted_number(form: Form, name: str, low: int, high: int) -> int:
    """A field's whole number, in plain digits."""
    digits = posted(form, name)
    if not digits:
        raise refuse(name, N_("This is still empty."))
    # int() would also take signs, underscores, other scripts' digits and thousands of figures.
    number = int(digits) if re.fullmatch("[0-9]{1,9}", digits) else None
    return whole(number, name, low, high)


def prose(value: object, path: str, cap: int) -> str:
    """What a person wrote: line ends as LF, no blanks around it, whether posted or in a file."""
    written = plain_lines(value) if isinstance(value, str) else value
    return text(written, path, cap).strip()


def plain_lines(written: str) -> str:
    """The text with every line end as LF, the way a browser shows it."""
    return written.replace("\r\n", "\n").replace("\r", "\n")


def responses_in(count: int, least: int, most: int | None) -> None:
    """Raises Invalid unless an item has as many responses as its type needs."""
    if count < least:
        raise refuse(
            "responses",
            N_("This needs at least %(least)s responses, not %(count)s.", least=least, count=count),
        )
    if most is not None and count > most:
        raise refuse(
            "responses",
            N_("This takes at most %(most)s responses, not %(count)s.", most=most, count=count),
        )

"""A person's language and time zone, where no request says them."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from workbench.messages import Message
from workbench.paths import PACKAGE

#: What Babel formats with: Colombian Spanish, and English.
_REGIONS = {"es": "es_CO", "en": "en"}


@cache
def _catalog(locale: str) -> NullTranslations:
    return Translations.load(PACKAGE / "translations", [locale])


class Language:
    """Says sentences, numbers and times as that person reads them."""

    def __init__(self, locale: str, zone: ZoneInfo) -> None:
        self.locale = locale
        self._zone = zone
        self._said = _catalog(locale)

    def say(self, message: Message) -> str:
        """The sentence, its values filled in."""
        text = self._said.gettext(message.text)
        # Also where there is nothing to fill in: "%%" is always a percent sign.
        return str(text % message.values)

    def ngettext(self, one: str, many: str, num: int) -> str:
        """A sentence with a number, `num` in it."""
        return str(self._said.ngettext(one, many, num) % {"num": num})

    def number(self, value: float, digits: int) -> str:
        """A number with so many digits behind the point."""
        places = "." + "0" * digits if digits else ""
        return format_decimal(round(value, digits), "#,##0" + places, _REGIONS[self.locale])

    def at_time(self, moment: datetime) -> str:
        """Day and time in the person's zone."""
        return format_datetime(moment, "short", tzinfo=self._zone, locale=_REGIONS[self.locale])

    def title(self, texts: dict[str, str]) -> str:
        """Of {"es", "en"} the person's, else the other, in one line."""
        text = texts.get(self.locale) or next(filter(None, texts.values()), "")
        return " ".join(text.split())

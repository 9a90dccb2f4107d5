"""The reader's language, and dates and numbers as it writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from gettext import NullTranslations
from typing import Any, cast

from flask import Flask, g, request
from flask_babel import (
    format_date,
    format_datetime,
    format_decimal,
    get_locale,
    get_translations,
    gettext,
)
from flask_login import current_user
from markupsafe import Markup

from workbench.extensions import babel
from workbench.messages import Message
from workbench.paths import PACKAGE
from workbench.services.accounts import LOCALES
from workbench.task_types.fields import Bilingual
from workbench.web.request import config, is_api

COOKIE = "lang"
#: What Babel formats with: Colombian Spanish, and English.
_REGIONS = {"es": "es_CO", "en": "en"}


def install(app: Flask) -> None:
    """Choose the locale and give templates their filters."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(PACKAGE / "translations")
    babel.init_app(app, locale_selector=_region, timezone_selector=_timezone)
    app.jinja_env.filters.update(
        said=said,
        at_time=at_time,
        on_day=on_day,
        day_and_month=day_and_month,
        number=number,
        percent=percent,
        in_own=in_own,
    )
    app.jinja_env.globals["language"] = language
    # In place of Flask-Babel's own, which find out the language again for every sentence.
    catalogs: dict[str, Sentences] = {}

    def catalog() -> Sentences:
        # Asked for each of the hundred sentences of a page: `g` finds itself anew each time.
        found = g.get("catalog")
        if found is None:
            found = g.catalog = catalogs.setdefault(language(), Sentences(get_translations()))
        return cast(Sentences, found)

    app.jinja_env.globals.update(
        _=lambda text, /, **values: catalog().say(text, **values),
        ngettext=lambda one, many, num, /, **values: catalog().count(one, many, num, **values),
    )


class Sentences:
    """A language's catalog as templates use it: markup, what is filled in escaped."""

    def __init__(self, translations: NullTranslations) -> None:
        self._translations = translations
        self._plain: dict[str, Markup] = {}

    def say(self, text: str, /, **values: Any) -> Markup:
        """That sentence, with the values in their places."""
        if values:
            return _filled(self._translations.gettext(text), values)
        if text not in self._plain:
            self._plain[text] = _filled(self._translations.gettext(text), {})
        return self._plain[text]

    def count(self, one: str, many: str, num: int, /, **values: Any) -> Markup:
        """The same for a sentence with a number, `num` in it."""
        text = self._translations.ngettext(one, many, num)
        return _filled(text, {"num": num, **values})


def _filled(sentence: str, values: dict[str, Any]) -> Markup:
    # Also where there is nothing to fill in: "%%" is always a percent sign.
    return Markup(sentence) % values  # noqa: S704 - a sentence of our own catalog


def _region() -> str:
    return _REGIONS[choose()]


def choose() -> str:
    """What the person set (es or en), else the cookie, else what the browser asks for. A program
    gets what it asks for."""
    if is_api():
        return next(filter(LOCALES.__contains__, _asked_for()), config().locale)
    if current_user and current_user.is_authenticated:
        return str(current_user.person.locale)
    if request.cookies.get(COOKIE) in LOCALES:
        return request.cookies[COOKIE]
    return request.accept_languages.best_match(LOCALES) or config().locale


def _asked_for() -> Iterator[str]:
    """The languages of the request, the best first, without their regions: es-CO is es."""
    for tag, quality in request.accept_languages:
        if quality:
            yield tag.partition("-")[0].lower()


def language() -> str:
    """The language of the page being made: es or en."""
    locale = get_locale()
    return locale.language if locale else "en"


def _timezone() -> str:
    if current_user and current_user.is_authenticated and current_user.person.timezone:
        return str(current_user.person.timezone)
    return config().timezone


def said(message: Message | str) -> str:
    """A Message in the reader's language."""
    if isinstance(message, str):
        return message
    values = {name: _value(value) for name, value in message.values.items()}
    text = str(gettext(message.text))
    return text % values if values else text


def _value(value: Any) -> Any:
    """A Message's value: itself a Message, a title that a project wrote, or plain."""
    if isinstance(value, Bilingual):
        return in_own(value.texts)
    return said(value) if isinstance(value, Message) else value


def in_own(texts: Mapping[str, str] | None) -> str:
    """Of {"es", "en"} the reader's, else the other that says anything."""
    if not texts:
        return ""
    return texts.get(language()) or next(filter(None, texts.values()), "")


def at_time(moment: datetime | None) -> str:
    """Day and time in the reader's zone, e.g. 22/11/26, 10:12 p. m."""
    return format_datetime(moment, "short") if moment else ""


def on_day(day: Any) -> str:
    """A date, e.g. 22/11/2026. A time is taken in the reader's zone."""
    return format_date(day, "medium") if day else ""


def day_and_month(day: date) -> str:
    """A day of a year that is known, e.g. 22 nov."""
    return str(format_date(day, "d MMM"))


def number(value: float | None, digits: int | None = None) -> str:
    """A number as the language writes it; an en dash for none. What rounds to 0 has no sign."""
    if value is None:
        return "–"
    if digits is None:
        return str(format_decimal(value))
    places = "." + "0" * digits if digits else ""
    return str(format_decimal(round(value, digits) + 0.0, "#,##0" + places))


def percent(value: float | None) -> str:
    """A share as whole percent; an en dash for none."""
    return "–" if value is None else str(format_decimal(round(100 * value), "#,##0")) + " %"

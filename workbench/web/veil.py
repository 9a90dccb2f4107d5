"""Tokens of items in the addresses of reviewers and in templates."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app
from werkzeug.routing import BaseConverter, ValidationError

from workbench.veil import TOKEN, Veil


def install(app: Flask) -> None:
    """`<item:...>` in the addresses of reviewers; `item_token` and `item_code` in templates."""
    veil = Veil(str(app.config["SECRET_KEY"]))

    class ItemConverter(BaseConverter):
        """A token in an address; what is none is no page."""

        regex = TOKEN

        def to_python(self, value: str) -> int:
            try:
                return veil.number(value)
            except ValueError:
                raise ValidationError from None

        def to_url(self, value: int) -> str:
            return veil.token(value)

    app.extensions["workbench_veil"] = veil
    app.url_map.converters["item"] = ItemConverter
    app.jinja_env.filters.update(item_token=veil.token, item_code=veil.code)


def veil() -> Veil:
    """The application's."""
    return cast(Veil, current_app.extensions["workbench_veil"])

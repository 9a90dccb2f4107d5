"""The page of the log-in, whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from workbench.web.request import Page, config


def log_in_form(
    error: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    passkeys: bool,
    expired: bool = False,
) -> Page:
    """`passkeys`: whether this address can have any. `error` is said above the fields."""
    context = {
        "error": error,
        "expired": expired,
        "name": request.form.get("name", ""),
        "next": request.values.get("next", ""),
        "passkeys": passkeys,
        "provider": config().provider_label,
    }
    return Page("auth/login.html", context, None, status, dict(headers or {}))

"""What the desk's template needs to show an item with its form."""

from __future__ import annotations

import secrets
from typing import Any

from flask import request

from workbench import task_types
from workbench.queries.desk import OnDesk
from workbench.web.access import Place, person
from workbench.web.harms import SEVERITY_NAMES, harm_titles
from workbench.web.language import language
from workbench.web.request import config


def context_of(
    place: Place, shown: OnDesk | None, form: Any, *, uncovered: bool, mode: str
) -> dict[str, Any]:
    """What the desk's template needs, with this form filled in."""
    version = shown.guideline_version if shown else None
    return {
        "project": place.project,
        "panel": f"guideline-{version or 0}-{language()}",
        "panel_there": request.headers.get("X-Guideline"),
        "task": task_types.get(place.project.type),
        "config": place.project.config,
        "shown": shown,
        "form": form,
        "harm_names": harm_titles(),
        "flag_numbers": _flag_numbers(form),
        "severity_names": SEVERITY_NAMES,
        "covered": bool(shown and shown.covered and not uncovered),
        "support": config().support_contact,
        "break_minutes": person().break_minutes,
        "paused": 0,
        "resting": None,
        "practice": None,
        "decides": None,
        "returned": None,
        "mode": mode,
        "key": form.get("key") or secrets.token_urlsafe(16),
        "problems": {},
        "conflict": "",
        "leave_key": "",
        "leave_problem": "",
        "started": True,
        "today": None,
        "status": "",
    }


def _flag_numbers(form: Any) -> list[int]:
    """The numbers of the groups `flag-<k>-...` that a form holds, in order."""
    found = {name.split("-")[1] for name in form if name.startswith("flag-")}
    return sorted(int(k) for k in found if k.isascii() and k.isdigit() and len(k) < 10)

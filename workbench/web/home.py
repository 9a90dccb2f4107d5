"""The home page, and the front door of a project."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from workbench.models import Role
from workbench.permissions import Permission
from workbench.queries.decisions import returned_to
from workbench.queries.desk import my_projects
from workbench.queries.practice import practice_first
from workbench.task_types import TASK_TYPES
from workbench.web.access import Place, person, requires
from workbench.web.request import Page, config, now, session

bp = Blueprint("home", __name__)

_FRONT = {Role.REVIEWER: "desk.show", Role.LEAD: "quality.show", Role.ENGINEER: "data.show"}


def own_zone() -> ZoneInfo:
    """The person's time zone."""
    return ZoneInfo(person().timezone or config().timezone)


def start_of_day() -> datetime:
    """Midnight in the person's zone."""
    return now().astimezone(own_zone()).replace(hour=0, minute=0, second=0, microsecond=0)


@bp.get("/")
@requires(Permission.OWN_ACCOUNT)
def index() -> Page:
    """The person's projects."""
    reading, me = session(), person()
    projects = my_projects(reading, me.id, me.speaks, start_of_day())
    titles = {task_type.slug: task_type.title for task_type in TASK_TYPES}
    context = {
        "projects": projects,
        "fronts": _FRONT,
        "type_titles": titles,
        "came_back": Counter(row.slug for row in returned_to(reading, me.id)),
        "practice_first": practice_first(reading, me.id),
    }
    return Page("home/home.html", context)


@bp.get("/projects/<slug>")
@requires(Permission.SEE_PROJECT)
def project(place: Place) -> ResponseReturnValue:
    """On to the page of the person's role."""
    return redirect(url_for(_FRONT[Role(place.member.role)], slug=place.project.slug), 303)

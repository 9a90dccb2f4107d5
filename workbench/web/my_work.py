"""A reviewer's own page: what they did, and how it stands to what others said."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint

from workbench.permissions import Permission
from workbench.queries import my_work
from workbench.queries.decisions import returned_to
from workbench.queries.practice import practice_first
from workbench.web.access import person, requires
from workbench.web.request import Page, config, now, session

bp = Blueprint("my_work", __name__)

WEEK = timedelta(days=7)
#: A new guideline is news for so long.
NEWS = timedelta(days=30)


@bp.get("/my-work")
@requires(Permission.OWN_ACCOUNT)
def show() -> Page:
    """My day and week; nobody else's."""
    reading, me = session(), person()
    zone = ZoneInfo(me.timezone or config().timezone)
    week = my_work.week(reading, me.id, now(), zone)
    lines = [
        {
            "slug": project.slug,
            "title": project.title,
            "done": week.projects.get(project.id, my_work.Done()),
            "others": my_work.with_others(reading, project, me.id),
        }
        for project in my_work.reviewed_projects(reading, me.id)
    ]
    context = {
        "week": week,
        "most": max((done.judged for _, done in week.days), default=0),
        "lines": lines,
        "answered": my_work.answered(reading, me.id, now() - WEEK),
        "news": my_work.new_guidelines(reading, me.id, now() - NEWS),
        "came_back": returned_to(reading, me.id),
        "practice_first": practice_first(reading, me.id),
        "enough": my_work.ENOUGH_ITEMS,
    }
    return Page("home/my_work.html", context)

"""Which projects a token opens, and where one stands."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from workbench.messages import N_
from workbench.models import Scope
from workbench.permissions import Permission
from workbench.queries import progress, sources
from workbench.queries.people import membership_of
from workbench.web import bearer
from workbench.web.access import Place
from workbench.web.api.operation import Operation, bp, operation
from workbench.web.api.shapes import (
    DayCount,
    ItemCounts,
    JudgmentCounts,
    ProjectLine,
    ProjectList,
    ProjectStatus,
    StateCounts,
)
from workbench.web.request import config, now, session

DAYS = 14


def own_zone() -> ZoneInfo:
    """The time zone of the token's owner."""
    return ZoneInfo(bearer.who().timezone or config().timezone)


@bp.get("/projects")
@operation(
    Operation(
        scope=None,
        permission=Permission.OWN_ACCOUNT,
        title=N_("Which projects there are"),
        about=N_(
            "A token is for one project, so there is one, or none where its owner has left it."
        ),
        answer=ProjectList,
    )
)
def projects() -> ProjectList:
    """The token's project."""
    who = bearer.who()
    found = membership_of(session(), who.project_id, who.user_id)
    if found is None:
        return ProjectList(projects=[])
    project, member = found
    line = ProjectLine(
        slug=project.slug,
        type=project.type,
        title=project.title,
        role=member.role,  # type: ignore[arg-type]
        scopes=sorted(who.scopes),  # type: ignore[arg-type]
    )
    return ProjectList(projects=[line])


@bp.get("/projects/<slug>")
@operation(
    Operation(
        scope=Scope.READ,
        permission=Permission.SEE_QUALITY,
        title=N_("Where a project stands"),
        about=N_("Items, judgments, what is left, and the pace of the last two weeks."),
        answer=ProjectStatus,
    )
)
def status(place: Place) -> ProjectStatus:
    """Counts, each from an index or from what is kept."""
    reading, project = session(), place.project
    totals = progress.totals(reading, project.id)
    standing = sources.standing(reading, project.id)
    days = progress.by_day(reading, project.id, now(), own_zone(), DAYS)
    return ProjectStatus(
        slug=project.slug,
        type=project.type,
        title=project.title,
        overlap=project.overlap,
        items=ItemCounts(all=standing.items, judged=standing.judged, complete=standing.complete),
        judgments=JudgmentCounts(given=totals.judgments, left=totals.missing),
        states=StateCounts(**progress.by_state(reading, project.id)),
        active_seconds=totals.active_seconds,
        days=[DayCount(day=each.day, judgments=each.judgments) for each in days],
    )

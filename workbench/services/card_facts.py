"""What the card of a data set says beside its manifest, out of the database."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workbench.export.card import Brought, Facts, Figure
from workbench.models import Item, Membership, Project, Source, User
from workbench.queries.agreement import agreement
from workbench.queries.findings import Filters, findings, kinds_of
from workbench.queries.reliability import FINDINGS
from workbench.queries.reliability import findings as of_the_judging

#: Rates of what was found that a card has, those of most items first.
MOST_RATES = 60

_MEASURES = {
    "krippendorff_alpha": "Krippendorff's alpha",
    "percent_agreement": "share of equal pairs",
    "gwet_ac": "Gwet's AC1 or AC2",
}


def card_facts(session: Session, project: Project, zone: ZoneInfo) -> Facts:
    """The facts as they are now. Hours of the day are those of `zone`."""
    return Facts(
        title=project.title["en"],
        told=project.card or {},
        brought=_brought(session, project.id),
        sites=dict(
            session.execute(
                select(Membership.pseudonym, User.site)
                .join(User, User.id == Membership.user_id)
                .where(Membership.project_id == project.id)
            ).all()
        ),
        agreement=[
            Figure(
                f"{each.title}: {_MEASURES[each.measure]}",
                each.value,
                each.low,
                each.high,
                each.n_items,
                each.n_judgments,
                each.undefined,
                each.note,
            )
            for each in agreement(session, project).measures
        ],
        judging=list(_judging(session, project, zone)),
        found=list(_found(session, project, zone)),
    )


def _brought(session: Session, project_id: int) -> list[Brought]:
    rows = session.execute(
        select(Source.name, Source.sha256, func.count())
        .join(Item, Item.source_id == Source.id)
        .where(Item.project_id == project_id, Item.is_current, ~Item.is_gold)
        .group_by(Source.id, Source.name, Source.sha256)
        .order_by(Source.id)
    )
    return [Brought(*row) for row in rows]


def _judging(session: Session, project: Project, zone: ZoneInfo) -> Iterator[Figure]:
    """What the judgments made at the desk tell; files of judgments do not say in which order
    responses were shown."""
    for title, each in zip(FINDINGS, of_the_judging(session, project, zone), strict=False):
        if each.value is None:
            continue
        yield Figure(
            title,
            each.value,
            each.low,
            each.high,
            each.n_items,
            each.n_judgments,
            each.undefined,
            each.sentence,
        )


def _found(session: Session, project: Project, zone: ZoneInfo) -> Iterator[Figure]:
    names = {option["code"]: option["title"]["en"] for option in kinds_of(project)}
    if not names:
        return
    rates = findings(session, project, Filters(), zone).rates
    for rate in sorted(rates, key=lambda each: -each.share.n)[:MOST_RATES]:
        kind = names.get(rate.kind, rate.kind or "any")
        title = f"{kind}: {rate.model or 'no model named'}, {rate.language}"
        share = rate.share
        yield Figure(title, share.value, share.low, share.high, share.n, 0)

"""For machines that look after this one: does it answer, can it work, how much is there to do."""

from __future__ import annotations

import hmac
import logging
from datetime import datetime

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from workbench.db import now
from workbench.errors import NotFound
from workbench.queries.anchors import Anchor, last_anchor
from workbench.queries.load import Load, load, unanchored_seconds
from workbench.telemetry.exposition import MEDIA_TYPE, Metric, by, of_requests, one, text
from workbench.telemetry.ready import failing
from workbench.web.request import config, database
from workbench.web.watched import counts

log = logging.getLogger("workbench")
bp = Blueprint("probes", __name__)


@bp.get("/health/live")
def live() -> ResponseReturnValue:
    """The process answers; nothing else is asked."""
    return {"status": "ok"}


@bp.get("/health/ready")
def ready() -> ResponseReturnValue:
    """Whether requests can be answered, and what is in the way."""
    found = failing(database(), config())
    if found:
        return {"status": "not ready", "failing": found}, 503
    return {"status": "ready"}


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Figures for Prometheus, for who shows the token. Without one in the settings: no page."""
    token: str = current_app.extensions["workbench_metrics_token"]
    if not token:
        raise NotFound("There is no such page, or it is not open to you.")
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    good = hmac.compare_digest(shown.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not good:
        headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return Response("Show the token.\n", 401, headers, mimetype="text/plain")
    found = [*of_requests(counts().tallies()), *_of_the_database()]
    return Response(text(found), content_type=MEDIA_TYPE)


def _of_the_database() -> list[Metric]:
    """What no process knows by itself. A database that is gone leaves the other figures alone."""
    try:
        with database().read() as session:
            at = now(session)
            anchor = _anchor()
            waits = unanchored_seconds(session, anchor.seq if anchor else 0, at)
            found = [*_load(load(session, at)), *_trail(anchor, waits)]
    except OperationalError as error:
        log.warning("no figures of the database: %s", error.__class__.__name__)
        return [_up(0)]
    return [_up(1), *found]


def _up(value: int) -> Metric:
    return one("gauge", "workbench_database_up", "Whether the database answered.", value)


def _anchor() -> Anchor | None:
    try:
        return last_anchor(config().anchors)
    except (OSError, ValueError) as error:
        log.warning("the last anchor cannot be read: %s", error.__class__.__name__)
        return None


def _trail(anchor: Anchor | None, waits: float) -> list[Metric]:
    found = [
        one(
            "gauge",
            "workbench_audit_unanchored_seconds",
            "Age of the oldest entry of the audit trail that no anchor covers; 0: all are covered.",
            waits,
        )
    ]
    if anchor is not None:
        at = datetime.fromisoformat(anchor.at).timestamp()
        name = "workbench_anchor_timestamp_seconds"
        found.append(one("gauge", name, "When the audit trail was last anchored.", at))
    return found


def _load(load: Load) -> list[Metric]:
    return [
        one(
            "counter",
            "workbench_judgments_total",
            "Judgments stored, corrections and withdrawals included.",
            load.judgments,
        ),
        one("gauge", "workbench_leases", "Items that reviewers hold now.", load.leases),
        by(
            "project",
            "workbench_open_items",
            "Items that want judgments yet, by state of their project.",
            load.open_items,
        ),
        by("state", "workbench_jobs", "Long work that has not ended.", load.jobs),
        one(
            "gauge",
            "workbench_jobs_failed_last_day",
            "Long work that failed within 24 hours.",
            load.jobs_failed,
        ),
        one(
            "gauge",
            "workbench_job_oldest_seconds",
            "Age of the oldest work that has not ended.",
            load.oldest_job,
        ),
        one(
            "gauge",
            "workbench_webhook_deliveries_waiting",
            "Deliveries that have not arrived yet.",
            load.deliveries,
        ),
        one(
            "gauge",
            "workbench_webhook_delivery_oldest_seconds",
            "Age of the oldest of them.",
            load.oldest_delivery,
        ),
        by(
            "state",
            "workbench_webhooks_failing",
            "Webhooks that are tried again, and that were given up.",
            {"retrying": load.webhooks_retrying, "given_up": load.webhooks_given_up},
        ),
    ]

"""Every request has an id, is counted, and has a line in the log where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any, cast

from flask import Flask, Response, current_app, g, request, request_started

from workbench.telemetry import lines
from workbench.telemetry.counts import Counts
from workbench.web.access import known_id
from workbench.web.request import config

HEADER = "X-Request-Id"


def install(app: Flask, shared: Counts) -> None:
    """Before everything else that is done to a reply, so that it is done after all of that."""
    app.extensions["workbench_counts"] = shared
    request_started.connect(_begin, app)
    app.after_request(_end)
    app.teardown_request(_forget)


def begin(app: Flask) -> None:
    """When all routes are known."""
    app.extensions["workbench_counts"].begin(_pairs(app))


def counts() -> Counts:
    """The requests of all processes of this server."""
    return cast(Counts, current_app.extensions["workbench_counts"])


def _pairs(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        for method in rule.methods or ():
            yield rule.endpoint, method


def _begin(_app: Flask, **_: Any) -> None:
    g.began = perf_counter()
    given = request.headers.get(HEADER) if config().proxy_hops else None
    lines.request_id.set(lines.id_of(given))


def _end(response: Response) -> Response:
    seconds = perf_counter() - g.began
    response.headers[HEADER] = lines.request_id.get()
    counts().add(request.endpoint, request.method, response.status_code, seconds)
    fields = {
        "method": request.method,
        "endpoint": request.endpoint,
        "status": response.status_code,
        "ms": round(1000 * seconds, 1),
        "user": known_id(),
    }
    lines.access.info("request", extra={"fields": fields})
    return response


def _forget(_error: BaseException | None = None) -> None:
    lines.request_id.set("")

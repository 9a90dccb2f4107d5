"""What the API is, for programs: the OpenAPI document."""

from __future__ import annotations

import orjson
from flask import Response, current_app

from workbench.web.api.document import document
from workbench.web.api.operation import bp


@bp.get("/openapi.json")
def openapi() -> Response:
    """Open to all: it says what can be asked, and holds nothing of what is answered."""
    return Response(orjson.dumps(document(current_app)), mimetype="application/json")

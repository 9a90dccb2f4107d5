"""Lines of the log: text for a person, or JSON for a program, each with the id of its request."""

from __future__ import annotations

import json
import logging
import re
import secrets
from contextvars import ContextVar
from datetime import UTC, datetime

#: The id of the request that this thread answers; "" beside the requests.
request_id: ContextVar[str] = ContextVar("request_id", default="")

#: Gets a line a request, at INFO. Nobody listens at that level unless the log is JSON.
access = logging.getLogger("workbench.access")

_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{8,64}")


def id_of(given: str | None) -> str:
    """The id that a proxy gave the request, if it is well formed; else a new one."""
    if given is not None and _WELL_FORMED.fullmatch(given):
        return given
    # Short enough to be read out over a telephone.
    return secrets.token_hex(6)


class TextLines(logging.Formatter):
    """The message, and the id of the request where there is one."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The first line; a traceback follows it."""
        number = request_id.get()
        return f"{record.message} [{number}]" if number else record.message


class JsonLines(logging.Formatter):
    """One JSON object a line: what a record has in `fields` stands beside its message."""

    def format(self, record: logging.LogRecord) -> str:
        """Without a line break, whatever is in it."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get() or None,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


def formatter(log_format: str) -> logging.Formatter:
    """For the setting `log_format`: text or json."""
    return JsonLines() if log_format == "json" else TextLines()


def install(log_format: str) -> None:
    """Write this process's log to standard error in that format. Once, at its start."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(log_format))
    logging.getLogger().addHandler(handler)
    if log_format == "json":
        access.setLevel(logging.INFO)

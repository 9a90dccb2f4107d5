"""The client of the API, for scripts, notebooks and pipelines.

with Client("https://judge.example.org", token) as client:
    client.push(items)
    client.wait(complete=0.9, timeout=4 * 3600)
    client.snapshot("november", format="trl-preference").download("november")
"""

from workbench.client.answers import (
    Agreement,
    Changed,
    Judgment,
    Kept,
    ListedItem,
    Measure,
    Pushed,
    RejectedLine,
    Status,
)
from workbench.client.asynchronous import AsyncClient, AsyncJudgmentFeed, AsyncSnapshot
from workbench.client.problems import (
    BadRequest,
    Busy,
    Conflict,
    Corrupt,
    Fault,
    Full,
    Invalid,
    LineError,
    Missing,
    NotAllowed,
    NotFound,
    NoToken,
    NotYet,
    Problem,
    TooLarge,
    TooManyTries,
    Unreachable,
    WorkbenchError,
)
from workbench.client.sync import Client, JudgmentFeed, Snapshot

__all__ = [
    "Agreement",
    "AsyncClient",
    "AsyncJudgmentFeed",
    "AsyncSnapshot",
    "BadRequest",
    "Busy",
    "Changed",
    "Client",
    "Conflict",
    "Corrupt",
    "Fault",
    "Full",
    "Invalid",
    "Judgment",
    "JudgmentFeed",
    "Kept",
    "LineError",
    "ListedItem",
    "Measure",
    "Missing",
    "NoToken",
    "NotAllowed",
    "NotFound",
    "NotYet",
    "Problem",
    "Pushed",
    "RejectedLine",
    "Snapshot",
    "Status",
    "TooLarge",
    "TooManyTries",
    "Unreachable",
    "WorkbenchError",
]

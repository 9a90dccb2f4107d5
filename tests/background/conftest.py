"""A bench to work at, and what there is to be done."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable

import pytest

from tests.cast import Cast
from workbench.background.run import Bench
from workbench.background.waker import Waker
from workbench.config import Config
from workbench.db import Database, now
from workbench.models import Job, JobKind
from workbench.services import jobs, kept_uploads
from workbench.services.bring_in import Upload, as_parameters
from workbench.services.jobs import Wanted

#: Makes a job that is to bring these bytes in.
MakeJob = Callable[..., int]


def lines(*names: str) -> bytes:
    """A file of items."""
    responses = [{"id": one, "model": "model-one", "text": one} for one in "ab"]
    return b"".join(
        json.dumps(
            {"id": name, "language": "en", "prompt": f"What is {name}?", "responses": responses}
        ).encode()
        + b"\n"
        for name in names
    )


@pytest.fixture
def bench(database: Database, config: Config) -> Bench:
    return Bench(database, config, Waker.at(config.home), threading.Event())


@pytest.fixture
def make_job(bench: Bench, cast: Cast) -> MakeJob:
    def make(content: bytes = b"", *, kind: str = "items", skip_bad: bool = False) -> int:
        kept = kept_uploads.keep(bench.config.uploads, [io.BytesIO(content)])
        upload = Upload(kind, None, {}, (("items.jsonl", io.BytesIO()),), False, skip_bad)
        wanted = Wanted(JobKind(kind), as_parameters(upload), kept)
        with bench.database.write() as session:
            at = now(session)
            return jobs.make(session, cast.project, wanted, now=at, actor=cast.edu.id).id

    return make


def row(database: Database, job_id: int) -> Job:
    """The job as it is stored now."""
    with database.read() as session:
        return session.get_one(Job, job_id)

"""A receiver, and settings by which this machine may be sent to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.cast import Cast
from tests.support.receiver import Receiver, receiving
from workbench.config import Config
from workbench.db import Database, now
from workbench.models import Event, Webhook
from workbench.services import webhooks
from workbench.services.webhooks import Wanted

#: Makes a webhook of `main` to that receiver, for these events or all; and says its secret.
MakeHook = Callable[..., tuple[Webhook, str]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def inside(config: Config) -> Config:
    """This machine may be sent to."""
    return replace(config, webhook_networks=("127.0.0.0/8",))


@pytest.fixture
def make_hook(database: Database, cast: Cast, receiver: Receiver) -> MakeHook:
    def make(*events: str, url: str = "") -> tuple[Webhook, str]:
        wanted = Wanted(url or f"{receiver.url}/hooks?a=b", events or tuple(Event))
        with database.write() as session:
            return webhooks.make(session, cast.project, wanted, now=now(session), actor=cast.edu.id)

    return make

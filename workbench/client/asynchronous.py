"""The client of programs that do other things meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx2

from workbench.client import carry, steps
from workbench.client.answers import (
    Agreement,
    Changed,
    File,
    Judgment,
    Kept,
    ListedItem,
    Pushed,
    RejectedLine,
    Status,
    frame,
)
from workbench.client.exchange import Call, Patience, Reply, Steps, Wait
from workbench.client.lines import BATCH_BYTES, Records
from workbench.client.sets import files_of_rows, to_datasets

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


class AsyncClient:
    """As `Client`, with methods to be awaited. What is pushed is an iterable as there."""

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        project: str | None = None,
        *,
        tries: int = 6,
        language: str = "en",
    ) -> None:
        self._http = httpx2.AsyncClient(**carry.settings(url, token, language))
        self._patience = Patience(tries)
        self._project = project

    async def where(self) -> steps.Where:
        """The project, for steps."""
        if self._project is None:
            self._project = await self.run(steps.own_project(self._patience))
        return steps.Where(self._project, self._patience)

    async def status(self) -> Status:
        """Where the project stands."""
        return await self.run(steps.status(await self.where()))

    async def push(
        self,
        items: Records,
        *,
        on_error: str = "stop",
        revise: bool = False,
        name: str | None = None,
        batch_bytes: int = BATCH_BYTES,
        progress: steps.Progress | None = None,
    ) -> Pushed:
        """Bring items in, as `Client.push` does."""
        query = {"on_error": on_error, "revise": revise, "name": name}
        how = steps.How(query, batch_bytes, progress)
        return await self.run(steps.push(await self.where(), "items", items, how))

    async def push_judgments(
        self,
        judgments: Records,
        *,
        on_error: str = "stop",
        revise: bool = False,
        name: str | None = None,
        batch_bytes: int = BATCH_BYTES,
        progress: steps.Progress | None = None,
    ) -> Pushed:
        """Bring judgments in, as `Client.push_judgments` does."""
        query = {"on_error": on_error, "revise": revise, "name": name}
        how = steps.How(query, batch_bytes, progress)
        return await self.run(steps.push(await self.where(), "judgments", judgments, how))

    async def rejected(self, pushed: Pushed) -> AsyncIterator[RejectedLine]:
        """Every line that was left out, as `Client.rejected`."""
        for each in pushed.imports:
            if each.rejected:
                for line in await self.run(steps.rejected(await self.where(), each)):
                    yield line

    async def items(
        self, finished: bool | None = None, *, limit: int = 500
    ) -> AsyncIterator[ListedItem]:
        """The items that there are, as `Client.items`."""
        after, more = None, True
        while more:
            where = await self.where()
            found = await self.run(steps.item_page(where, after, finished, limit))
            for item in found.items:
                yield item
            after, more = found.next, found.more

    async def wait(
        self,
        *,
        judgments: int | None = None,
        complete: float | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
        every: float = 5.0,
    ) -> Status:
        """Until the project is there, as `Client.wait`."""
        goal = steps.Goal(judgments, complete)
        return await self.run(steps.wait(await self.where(), goal, timeout, every))

    def judgments(self, since: str | None = None, *, limit: int = 500) -> AsyncJudgmentFeed:
        """Every judgment after a cursor, once, in the order of commits."""
        return AsyncJudgmentFeed(self, since, limit)

    async def agreement(self, by: str | None = None, question: str | None = None) -> Agreement:
        """How far reviewers agree, with intervals."""
        return await self.run(steps.agreement(await self.where(), by, question))

    async def snapshot(
        self,
        name: str,
        format: str | None = None,  # noqa: A002
        **policy: Any,
    ) -> AsyncSnapshot:
        """The training set of that name, as `Client.snapshot`."""
        where = await self.where()
        if format is None:
            return AsyncSnapshot(self, await self.run(steps.get_snapshot(where, name)))
        body = {"name": name, "format": format, **policy}
        return AsyncSnapshot(self, await self.run(steps.make_snapshot(where, body)))

    async def snapshots(self) -> list[Kept]:
        """All of the project, the newest first."""
        return await self.run(steps.list_snapshots(await self.where()))

    async def run(self, doing: Steps[T]) -> T:
        """Carry steps out."""
        with closing(doing):
            try:
                step = next(doing)
                while True:
                    step = doing.send(await self._reply(step))
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]

    async def _reply(self, step: Call | Wait) -> Reply:
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
            return Reply(0, {}, b"")
        try:
            async with self._http.stream(**carry.request_of(step)) as answer:
                if step.into is None or not answer.is_success:
                    return carry.reply_of(answer, await answer.aread())
                with carry.opened(step.into, answer.status_code) as file:
                    async for chunk in answer.aiter_bytes():
                        file.write(chunk)
                return carry.reply_of(answer, b"")
        except carry.BROKEN as error:
            return carry.broken(error)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


class AsyncJudgmentFeed(AsyncIterator[Judgment]):
    """Judgments, page by page. Keep `cursor`, and give it as `since` to go on later."""

    def __init__(self, client: AsyncClient, since: str | None, limit: int) -> None:
        self.cursor = since
        self._client, self._limit = client, limit
        self._page: Iterator[Judgment] = iter(())
        self._next, self._more = since, True

    async def __anext__(self) -> Judgment:
        while True:
            for judgment in self._page:
                self.cursor = judgment.cursor
                return judgment
            if not self._more:
                raise StopAsyncIteration
            where = await self._client.where()
            found = await self._client.run(steps.page(where, self._next, self._limit))
            self._page = iter(found.judgments)
            self._next, self._more = found.next, found.more

    async def to_frame(self) -> pd.DataFrame:
        """All that is left, a row a judgment."""
        return frame([vars(each) async for each in self])


class AsyncSnapshot:
    """A training set that never changes. `info` is what the server says of it."""

    def __init__(self, client: AsyncClient, info: Kept) -> None:
        self._client, self.info = client, info

    @property
    def name(self) -> str:
        """What it is called."""
        return self.info.name

    @property
    def manifest(self) -> dict[str, Any]:
        """Policy, what was read, and what was left out and why."""
        return self.info.manifest

    async def download(self, folder: str | Path) -> list[Path]:
        """Its files into a folder: what broke off goes on, and every hash is checked."""
        return [await self._fetch(file, Path(folder)) for file in self.info.files]

    async def rows(self, split: str | None = None) -> AsyncIterator[dict[str, Any]]:
        """The rows, of one split or of all."""
        with TemporaryDirectory() as folder:
            for file in files_of_rows(self.info, split):
                for row in steps.rows_of(await self._fetch(file, Path(folder))):
                    yield row

    async def to_frame(self, split: str | None = None) -> pd.DataFrame:
        """The rows as a DataFrame."""
        return frame([row async for row in self.rows(split)])

    async def to_datasets(self) -> Any:
        """A `datasets.DatasetDict` of its splits. Raises Missing without the package."""
        return to_datasets(
            {
                str(file.split): [row async for row in self.rows(file.split)]
                for file in files_of_rows(self.info, None)
            }
        )

    async def changed(self) -> Changed:
        """What became of its items since."""
        return await self._client.run(steps.changed(await self._client.where(), self.name))

    async def _fetch(self, file: File, folder: Path) -> Path:
        where = await self._client.where()
        return await self._client.run(steps.download(where, self.name, file, folder))

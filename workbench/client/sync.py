"""The client of scripts and notebooks."""

from __future__ import annotations

import time
from collections.abc import Iterator
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


class Client:
    """A project of a Workbench server, by a token.

    `url` and `token` default to WORKBENCH_URL and WORKBENCH_TOKEN, `project` to the token's own.
    What fails for a moment is tried `tries` times; the server's messages come in `language`.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        project: str | None = None,
        *,
        tries: int = 6,
        language: str = "en",
    ) -> None:
        self._http = httpx2.Client(**carry.settings(url, token, language))
        self._patience = Patience(tries)
        self._project = project

    @property
    def project(self) -> str:
        """The project's name in addresses; asked for once, where it was not given."""
        if self._project is None:
            self._project = self.run(steps.own_project(self._patience))
        return self._project

    @property
    def where(self) -> steps.Where:
        """The project, for steps."""
        return steps.Where(self.project, self._patience)

    def status(self) -> Status:
        """Where the project stands."""
        return self.run(steps.status(self.where))

    def push(
        self,
        items: Records,
        *,
        on_error: str = "stop",
        revise: bool = False,
        name: str | None = None,
        batch_bytes: int = BATCH_BYTES,
        progress: steps.Progress | None = None,
    ) -> Pushed:
        """Bring items in: dicts or a DataFrame, sent in batches as they come.

        The same again changes nothing. A batch with a wrong line stores nothing (`on_error`
        "reject" leaves the line out); Invalid names it by its place in all that was given.
        """
        query = {"on_error": on_error, "revise": revise, "name": name}
        how = steps.How(query, batch_bytes, progress)
        return self.run(steps.push(self.where, "items", items, how))

    def push_judgments(
        self,
        judgments: Records,
        *,
        on_error: str = "stop",
        revise: bool = False,
        name: str | None = None,
        batch_bytes: int = BATCH_BYTES,
        progress: steps.Progress | None = None,
    ) -> Pushed:
        """Bring judgments in that were made elsewhere, as `push` brings items."""
        query = {"on_error": on_error, "revise": revise, "name": name}
        how = steps.How(query, batch_bytes, progress)
        return self.run(steps.push(self.where, "judgments", judgments, how))

    def rejected(self, pushed: Pushed) -> Iterator[RejectedLine]:
        """Every line that was left out with `on_error` "reject", with all that is wrong with it.

        The token needs the scope import, also where judgments were pushed.
        """
        for each in pushed.imports:
            if each.rejected:
                yield from self.run(steps.rejected(self.where, each))

    def items(self, finished: bool | None = None, *, limit: int = 500) -> Iterator[ListedItem]:
        """The items that there are, by their ids: all, or those alone that are finished or not.

        Asked for page by page, `limit` at a time.
        """
        after, more = None, True
        while more:
            found = self.run(steps.item_page(self.where, after, finished, limit))
            yield from found.items
            after, more = found.next, found.more

    def wait(
        self,
        *,
        judgments: int | None = None,
        complete: float | None = None,
        timeout: float | None = None,
        every: float = 5.0,
    ) -> Status:
        """Until there are so many judgments, or that share of items has all of theirs.

        Looks every so many seconds, and less and less often. Raises NotYet after `timeout` seconds.
        """
        goal = steps.Goal(judgments, complete)
        return self.run(steps.wait(self.where, goal, timeout, every))

    def judgments(self, since: str | None = None, *, limit: int = 500) -> JudgmentFeed:
        """Every judgment after a cursor, once, in the order of commits."""
        return JudgmentFeed(self, since, limit)

    def agreement(self, by: str | None = None, question: str | None = None) -> Agreement:
        """How far reviewers agree, with intervals."""
        return self.run(steps.agreement(self.where, by, question))

    def snapshot(self, name: str, format: str | None = None, **policy: Any) -> Snapshot:  # noqa: A002
        """The training set of that name; with a format it is made, unless it is there.

        `policy` as `workbench snapshot make` has it; split={"test": 0.1} and languages=["es"] do.
        Raises Conflict where the name has other settings.
        """
        if format is None:
            return Snapshot(self, self.run(steps.get_snapshot(self.where, name)))
        body = {"name": name, "format": format, **policy}
        return Snapshot(self, self.run(steps.make_snapshot(self.where, body)))

    def snapshots(self) -> list[Kept]:
        """All of the project, the newest first."""
        return self.run(steps.list_snapshots(self.where))

    def run(self, doing: Steps[T]) -> T:
        """Carry steps out."""
        with closing(doing):
            try:
                step = next(doing)
                while True:
                    step = doing.send(self._reply(step))
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]

    def _reply(self, step: Call | Wait) -> Reply:
        if isinstance(step, Wait):
            time.sleep(step.seconds)
            return Reply(0, {}, b"")
        try:
            with self._http.stream(**carry.request_of(step)) as answer:
                if step.into is None or not answer.is_success:
                    return carry.reply_of(answer, answer.read())
                with carry.opened(step.into, answer.status_code) as file:
                    for chunk in answer.iter_bytes():
                        file.write(chunk)
                return carry.reply_of(answer, b"")
        except carry.BROKEN as error:
            return carry.broken(error)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class JudgmentFeed(Iterator[Judgment]):
    """Judgments, page by page. Keep `cursor`, and give it as `since` to go on later."""

    def __init__(self, client: Client, since: str | None, limit: int) -> None:
        self.cursor = since
        self._client, self._limit = client, limit
        self._page: Iterator[Judgment] = iter(())
        self._next, self._more = since, True

    def __next__(self) -> Judgment:
        while True:
            for judgment in self._page:
                self.cursor = judgment.cursor
                return judgment
            if not self._more:
                raise StopIteration
            found = self._client.run(steps.page(self._client.where, self._next, self._limit))
            self._page = iter(found.judgments)
            self._next, self._more = found.next, found.more

    def to_frame(self) -> pd.DataFrame:
        """All that is left, a row a judgment."""
        return frame([vars(each) for each in self])


class Snapshot:
    """A training set that never changes. `info` is what the server says of it."""

    def __init__(self, client: Client, info: Kept) -> None:
        self._client, self.info = client, info

    @property
    def name(self) -> str:
        """What it is called."""
        return self.info.name

    @property
    def manifest(self) -> dict[str, Any]:
        """Policy, what was read, and what was left out and why."""
        return self.info.manifest

    def download(self, folder: str | Path) -> list[Path]:
        """Its files into a folder: what broke off goes on, and every hash is checked."""
        return [self._fetch(file, Path(folder)) for file in self.info.files]

    def rows(self, split: str | None = None) -> Iterator[dict[str, Any]]:
        """The rows, of one split or of all; checked as a whole before the first is given."""
        with TemporaryDirectory() as folder:
            for file in files_of_rows(self.info, split):
                yield from steps.rows_of(self._fetch(file, Path(folder)))

    def to_frame(self, split: str | None = None) -> pd.DataFrame:
        """The rows as a DataFrame."""
        return frame(list(self.rows(split)))

    def to_datasets(self) -> Any:
        """A `datasets.DatasetDict` of its splits. Raises Missing without the package."""
        return to_datasets(
            {str(file.split): self.rows(file.split) for file in files_of_rows(self.info, None)}
        )

    def changed(self) -> Changed:
        """What became of its items since."""
        return self._client.run(steps.changed(self._client.where, self.name))

    def _fetch(self, file: File, folder: Path) -> Path:
        return self._client.run(steps.download(self._client.where, self.name, file, folder))

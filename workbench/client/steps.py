"""What the client does, step by step: written once for `Client` and `AsyncClient`."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workbench.client.answers import (
    Agreement,
    Change,
    Changed,
    File,
    Import,
    ItemPage,
    Judgment,
    Kept,
    ListedItem,
    Page,
    Pushed,
    RejectedLine,
    Status,
    loaded,
    of,
)
from workbench.client.exchange import Call, Patience, Steps, Wait, ask, checked, joined
from workbench.client.lines import Records, batches
from workbench.client.problems import (
    Corrupt,
    NotFound,
    NotYet,
    Problem,
    WorkbenchError,
    line_errors,
)

Progress = Callable[[Pushed], None]

_LINES = {"Content-Type": "application/x-ndjson"}
_JSON = {"Content-Type": "application/json"}
#: Seconds between two looks at most, and how much longer each wait is than the last.
_LONGEST_LOOK, _GROWTH = 60.0, 1.5


@dataclass(frozen=True)
class Where:
    """The project that is asked about, and how patiently."""

    project: str
    patience: Patience

    def path(self, *rest: str) -> str:
        """The address of something of the project, below /api/v1."""
        return "/".join(quote(part, safe="") for part in ("projects", self.project, *rest))

    def get(self, *rest: str, **query: Any) -> Steps[Any]:
        """What the server says of it."""
        reply = yield from ask(Call("GET", self.path(*rest), joined(query)), self.patience)
        return loaded(reply.body)


def own_project(patience: Patience) -> Steps[str]:
    """The project that the token is for. Raises WorkbenchError where there is none any more."""
    reply = yield from ask(Call("GET", "projects"), patience)
    for each in loaded(reply.body)["projects"]:
        return str(each["slug"])
    raise WorkbenchError("This token opens no project: its owner has left it.")


def status(where: Where) -> Steps[Status]:
    """Where the project stands."""
    told = yield from where.get()
    return Status.read(told)


@dataclass(frozen=True)
class How:
    """How records are pushed."""

    query: Mapping[str, Any]
    batch_bytes: int
    progress: Progress | None


def push(where: Where, kind: str, records: Records, how: How) -> Steps[Pushed]:
    """Records as "items" or "judgments", batch by batch. Raises Problem, its lines counted from the
    first record of all; what earlier batches held is stored then, and pushing again is safe."""
    done, sent = Pushed(), 0
    for body, count in batches(records, how.batch_bytes):
        call = Call("POST", where.path(kind), joined(how.query), _LINES, body)
        try:
            reply = yield from ask(call, where.patience)
        except Problem as problem:
            raise problem.after(sent) from None
        done = _added(done, loaded(reply.body), sent)
        sent += count
        if how.progress is not None:
            how.progress(done)
    return done


def _added(done: Pushed, told: Mapping[str, Any], sent: int) -> Pushed:
    return Pushed(
        new=done.new + told["new"],
        same=done.same + told["same"],
        revised=done.revised + told["revised"],
        rejected=done.rejected + told["rejected"],
        errors=(*done.errors, *line_errors(told["errors"], sent)),
        imports=(*done.imports, Import(told["source"], sent, told["rejected"])),
    )


def rejected(where: Where, imported: Import) -> Steps[list[RejectedLine]]:
    """The lines that one import left out."""
    path = where.path("imports", str(imported.source), "rejected")
    reply = yield from ask(Call("GET", path), where.patience)
    return [RejectedLine.read(loaded(line), imported.after) for line in reply.body.splitlines()]


def item_page(
    where: Where, after: str | None, finished: bool | None, limit: int
) -> Steps[ItemPage]:
    """The items behind a cursor."""
    told = yield from where.get("items", after=after, finished=finished, limit=limit)
    return of(ItemPage, told, items=tuple(of(ListedItem, each) for each in told["items"]))


@dataclass(frozen=True)
class Goal:
    """What is waited for: so many judgments, or the share of items that have all of theirs."""

    judgments: int | None
    complete: float | None

    def __post_init__(self) -> None:
        if (self.judgments is None) == (self.complete is None):
            raise ValueError("wait for judgments=N or for complete=SHARE, one of the two")
        if self.complete is not None and not 0 < self.complete <= 1:
            raise ValueError("complete is a share of the items: more than 0, at most 1")

    def reached(self, now: Status) -> bool:
        """Whether the project is there. One without items is not complete."""
        if self.judgments is not None:
            return now.judgments.given >= self.judgments
        return now.items.all > 0 and now.items.complete >= (self.complete or 1) * now.items.all


def wait(where: Where, goal: Goal, timeout: float | None, every: float) -> Steps[Status]:
    """Looks again after `every` seconds, then after longer and longer. Raises NotYet."""
    end = None if timeout is None else time.monotonic() + timeout
    pause = every
    while True:
        now = yield from status(where)
        if goal.reached(now):
            return now
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            there = f"{now.items.complete} of {now.items.all} items complete"
            raise NotYet(f"Not yet: {now.judgments.given} judgments, {there}", now)
        yield Wait(pause if left is None else min(pause, left))
        pause = min(max(_LONGEST_LOOK, every), pause * _GROWTH)


def page(where: Where, since: str | None, limit: int) -> Steps[Page]:
    """The judgments after a cursor."""
    told = yield from where.get("judgments", since=since, limit=limit)
    return of(Page, told, judgments=tuple(of(Judgment, each) for each in told["judgments"]))


def agreement(where: Where, by: str | None, question: str | None) -> Steps[Agreement]:
    """How far reviewers agree."""
    told = yield from where.get("agreement", by=by, question=question)
    return Agreement.read(told)


def make_snapshot(where: Where, body: Mapping[str, Any]) -> Steps[Kept]:
    """The snapshot with those settings: made now, or there already."""
    said = {name: _option(value) for name, value in body.items() if value is not None}
    content = json.dumps(said).encode()
    call = Call("POST", where.path("snapshots"), {}, _JSON, content)
    reply = yield from ask(call, where.patience)
    return Kept.read(loaded(reply.body))


def _option(value: Any) -> Any:
    """["es", "en"] as "es,en", and {"test": 0.1} as "test=0.1"."""
    if isinstance(value, Mapping):
        return ",".join(f"{name}={share}" for name, share in value.items())
    return ",".join(map(str, value)) if isinstance(value, list | tuple | set) else value


def get_snapshot(where: Where, name: str) -> Steps[Kept]:
    """The snapshot of that name."""
    told = yield from where.get("snapshots", name)
    return Kept.read(told)


def list_snapshots(where: Where) -> Steps[list[Kept]]:
    """All of the project, the newest first, without their manifests."""
    told = yield from where.get("snapshots")
    return [Kept.read(each) for each in told["snapshots"]]


def changed(where: Where, name: str) -> Steps[Changed]:
    """What became of the items of a snapshot."""
    told = yield from where.get("snapshots", name, "changed")
    return Changed(tuple(of(Change, each) for each in told["changes"]), told["unseen"])


def download(where: Where, snapshot: str, file: File, folder: Path) -> Steps[Path]:
    """Put a file into a folder: what is there and right stays, what broke off goes on.

    Raises NotFound where it is no longer on the server, Corrupt where its hash is another one.
    """
    if file.sha256 is None:
        raise NotFound(404, title=f"{file.name} is no longer on the server")
    if Path(file.name).name != file.name or file.name in {"", ".", ".."}:
        raise Corrupt(f"{file.name!r} is no name for a file")
    folder.mkdir(parents=True, exist_ok=True)
    target, part = folder / file.name, folder / f"{file.name}.part"
    if target.is_file() and sha256_of(target) == file.sha256:
        return target
    yield from _bring(where, snapshot, file, part)
    if sha256_of(part) != file.sha256:
        part.unlink(missing_ok=True)
        raise Corrupt(f"{file.name} did not come over as it is on the server: its hash is another")
    part.replace(target)
    return target


def _bring(where: Where, snapshot: str, file: File, part: Path) -> Steps[None]:
    """All that is not here yet, in as many tries as bring something."""
    tried = 0
    while not (part.is_file() and _size(part) == file.bytes):
        before = _size(part)
        reply = yield _rest(where, snapshot, file, part)
        tried = 1 if _size(part) > before else tried + 1
        pause = where.patience.wait(reply, tried)
        if pause is not None:
            yield Wait(pause)
            continue
        checked(reply)
        if _size(part) != file.bytes:
            return


def _rest(where: Where, snapshot: str, file: File, part: Path) -> Call:
    """The request for what is not here yet."""
    headers = {"Accept-Encoding": "identity"}
    size = _size(part)
    if size >= (file.bytes or 0):
        part.unlink(missing_ok=True)
    elif size:
        headers |= {"Range": f"bytes={size}-", "If-Range": f'"{file.sha256}"'}
    return Call(
        "GET", where.path("snapshots", snapshot, "files", file.name), {}, headers, into=part
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def sha256_of(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file: a line each, or an array."""
    with path.open(encoding="utf-8") as stream:
        if path.suffix == ".json":
            yield from json.load(stream)
            return
        for line in stream:
            yield json.loads(line)

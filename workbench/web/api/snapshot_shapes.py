"""What the API takes and answers about snapshots."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from workbench.export.policy import LONGEST_SEED
from workbench.messages import N_
from workbench.queries.news import News
from workbench.services.make_export import NAME
from workbench.web.api.shapes import Strict, says
from workbench.web.export_form import LONGEST

#: What an option is as text: of one line.
_Text = Annotated[str, StringConstraints(max_length=LONGEST, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Whole = Annotated[int, Field(strict=True)]
_Share = Annotated[float, Field(strict=True)]


class SnapshotIn(Strict):
    """A snapshot to be made. What is left out takes its default."""

    name: str = says(
        N_("What it is called from now on: lower-case letters, digits, and . _ - between.").text,
        pattern=f"^{NAME.pattern}$",
        max_length=60,
    )
    format: str = says(N_("One of the formats of exports.").text, max_length=60)
    languages: _Text | None = says(N_("Items in these alone: es,en-GB.").text, default=None)
    tags: _Text | None = says(N_("Items with one of these tags alone.").text, default=None)
    since: _Text | None = says(
        N_("What was said from that day on (UTC): 2026-11-01.").text, default=None
    )
    until: _Text | None = says(N_("What was said before that day (UTC).").text, default=None)
    guideline: _Text | _Whole | None = says(
        N_("What was said under that version or a later one.").text, default=None
    )
    without: _Text | None = says(
        N_("Pseudonyms of reviewers whose judgments are left out.").text, default=None
    )
    without_paused: bool = says(
        N_("And the judgments of those who are paused by gold now.").text, default=False
    )
    decisions: _Text | None = says(
        N_(
            "What leads settled: first (in the place of judgments), only, or ignore. Unless given, "
            "first."
        ).text,
        default=None,
    )
    ties: _Text | None = says(
        N_("drop: they are left out. both: a row each way. Unless given, drop.").text, default=None
    )
    all_bad: _Text | None = says(
        N_(
            "Rankings that find all bad: drop (left out), or tie (every pair is one). Unless given,"
            " drop."
        ).text,
        default=None,
    )
    unranked: _Text | None = says(
        N_(
            "Responses left unranked: skip (in no pair), or last (below the others). Unless given, "
            "skip."
        ).text,
        default=None,
    )
    cycles: _Text | None = says(
        N_("Pairs whose majorities run in a circle: keep or drop. Unless given, keep.").text,
        default=None,
    )
    min_strength: _Text | _Share | _Whole | None = says(
        N_("Least strength of a preference in the mean, from 0 to 3.").text, default=None
    )
    aggregate: _Text | None = says(
        N_(
            "each: a row a judgment. majority: what most say. weighted: what most say, each by how "
            "reliable they are. Unless given, majority."
        ).text,
        default=None,
    )
    min_judgments: _Text | _Whole | None = says(
        N_("Items with fewer are left out.").text, default=None
    )
    min_agreement: _Text | _Share | _Whole | None = says(
        N_("Least share of judgments on the winning side, from 0 to 1.").text, default=None
    )
    min_posterior: _Text | _Share | _Whole | None = says(
        N_("What is less sure than that is left out, from 0 to 1.").text, default=None
    )
    criterion: _Text | None = says(
        N_("The criterion, where a project has several.").text, default=None
    )
    split: _Text | None = says(N_("Files of their own, by prompt: test=0.1.").text, default=None)
    near_duplicates: _Text | None = says(
        N_(
            "Prompts that are nearly the same: together in one split, or apart. Unless given, "
            "together."
        ).text,
        default=None,
    )
    seed: Annotated[_Text, StringConstraints(max_length=LONGEST_SEED)] | None = says(
        N_("Draws other splits. Without it prompts alone decide.").text, default=None
    )


class SnapshotFile(Strict):
    """A file of a snapshot."""

    name: str
    split: str | None = says(N_("Which part of the rows; null: it has none.").text)
    rows: int | None
    bytes: int | None = says(N_("Null where the file is no longer on the server.").text)
    sha256: str | None = says(N_("Of its bytes, in hexadecimal; the ETag of the file.").text)


class SnapshotLine(Strict):
    """A snapshot in the list."""

    name: str
    format: str
    rows: int
    made_at: str = says(N_("When it was made, in UTC.").text)
    files: list[SnapshotFile] = says(N_("Those that hold rows.").text)


class SnapshotList(Strict):
    """The snapshots of a project."""

    snapshots: list[SnapshotLine] = says(N_("The newest first.").text)


class SnapshotOut(Strict):
    """A snapshot."""

    name: str
    format: str
    rows: int
    made_at: str = says(N_("When it was made, in UTC.").text)
    files: list[SnapshotFile] = says(
        N_("Those that hold rows, and beside them its card and its manifest.").text
    )
    manifest: dict[str, Any] = says(
        N_("Policy, what was read, and what was left out and why.").text
    )


class ChangeOut(Strict):
    """An item of a snapshot with news."""

    item: str = says(N_("The item's id.").text)
    news: list[News] = says(N_("What became of it since.").text)
    rows: Literal["same", "other", "gone"] = says(
        N_("What an export would have of it today, beside what the snapshot has.").text
    )


class ChangedOut(Strict):
    """The news of a snapshot."""

    changes: list[ChangeOut] = says(N_("Items whose rows would be others come first.").text)
    unseen: int = says(
        N_("Further items with news that were not looked at, of the snapshot or not.").text
    )

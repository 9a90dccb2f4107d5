"""Tables with columns of their own from the shell, and mappings by name."""

from __future__ import annotations

import shlex
from pathlib import Path

from sqlalchemy import func, select

from tests.cli.conftest import Run, good, refused
from workbench.db import Database
from workbench.models import AuditEntry, Item, Judgment, Source

PANDALM = Path(__file__).parents[1] / "data/columns/pandalm.csv"
WHO = [f"annotator{n}" for n in (1, 2, 3)]
MAP = [
    *("--map", "prompt=instruction", "--map", "context=input", "--map", "id=idx"),
    *("--map", "response.1=response1", "--map", "response.2=response2", "--with", "language=en"),
    *(f"--map=judgment.{n}.winner={who}" for n, who in enumerate(WHO, 1)),
    *(f"--with=judgment.{n}.reviewer={who}" for n, who in enumerate(WHO, 1)),
    *("--value", "0=tie"),
]


def counted(database: Database) -> list[int]:
    with database.read() as session:
        return [
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Item, Judgment)
        ]


def test_a_table_comes_in_by_its_columns_and_again_by_the_name_of_the_mapping(
    run: Run, database: Database
) -> None:
    good(run("project", "create", "prefs", "--type", "ranking", "--title", "P", "--overlap", "3"))
    file = shlex.quote(str(PANDALM))
    assert refused(run("import", "prefs", str(PANDALM), "--map", "prompt=instruction"), 2) == (
        "language: is missing: say which column it is, or what it is in every row; "
        "responses: a column response.<id> is missing"
    )
    wrong = run("import", "prefs", str(PANDALM), *MAP, "--map", "tags=nope")
    assert wrong.exit_code == 1
    assert wrong.stderr.startswith(f"{PANDALM}:1: nope: there is no such column; there are: idx, ")
    assert refused(run("import", "prefs", file, "--with", "language=en"), 2).startswith("--with")
    asked = ("import", "prefs", str(PANDALM), "--from", "lmarena", "--map", "id=idx")
    assert refused(run(*asked), 2).startswith("--from knows the columns")
    assert counted(database) == [0, 0]

    assert good(run("import", "prefs", str(PANDALM), *MAP)).splitlines() == [
        f"{PANDALM}: items: 12 new, 0 already there",
        f"{PANDALM}: judgments: 36 new, 0 already there",
    ]
    assert good(run("mapping", "save", "prefs", "crowd", *MAP)) == "Saved: crowd\n"
    shown = good(run("mapping", "show", "prefs", "crowd")).strip()
    again = shlex.split(shown.replace("FILE", file))[1:]
    for words in (again, ["import", "prefs", str(PANDALM), "--mapping", "crowd"]):
        assert good(run(*words)).splitlines() == [
            f"{PANDALM}: items: 0 new, 12 already there",
            f"{PANDALM}: judgments: 0 new, 36 already there",
        ]
    assert counted(database) == [12, 36]

    constant = run("import", "prefs", str(PANDALM), "--mapping", "crowd", "--with", "id=x")
    assert refused(constant, 2).startswith("id: differs from item to item")
    assert "crowd" in good(run("mapping", "list", "prefs"))
    good(run("mapping", "save", "prefs", "crowd", *MAP))
    good(run("mapping", "save", "prefs", "crowd", *MAP[:-1], "0=all_bad"))
    good(run("mapping", "remove", "prefs", "crowd"))
    for words in (["import", "prefs", str(PANDALM), "--mapping", "crowd"],
                  ["mapping", "remove", "prefs", "crowd"]):  # fmt: skip
        assert refused(run(*words), 2) == "This project has no mapping of that name."
    with database.read() as session:
        notes = session.scalars(
            select(AuditEntry).where(AuditEntry.action.like("mapping.%")).order_by(AuditEntry.seq)
        ).all()
        # Saved as it was, nothing changes; the trail keeps what was replaced.
        assert [note.action for note in notes] == ["mapping.save", "mapping.save", "mapping.remove"]
        assert notes[0].detail["mapping"]["values"] == {"0": "tie"}
        source = session.scalars(select(Source).order_by(Source.id)).first()
        assert source is not None
        assert source.counts["mapping"] == notes[0].detail["mapping"]

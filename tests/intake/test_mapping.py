"""Tables with other names of columns: what comes out is what the own names give."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.intake.samples import items
from workbench import task_types
from workbench.intake import Line, open_source
from workbench.intake.mapping import (
    ColumnMapping,
    check_mapping,
    guess,
    parse_mapping,
    read_head,
    table_tool,
)
from workbench.intake.tools import Record, read_records
from workbench.intake.tools.base import Given
from workbench.messages import Invalid

DATA = Path(__file__).parents[1] / "data/columns"


def as_csv(rows: list[dict[str, Any]], names: list[str], delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_parquet(rows: list[dict[str, Any]], names: list[str]) -> bytes:
    out = io.BytesIO()
    columns = {name: [row.get(name) for row in rows] for name in names}
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def lines(
    data: bytes | Path,
    mapping: ColumnMapping,
    name: str = "f.csv",
    kind: str = "ranking",
    **config: Any,
) -> list[Line[Record]]:
    """Every row of a table read by a mapping."""
    task_type = task_types.get(kind)
    given = Given(kind, task_type.parse_config(config))
    source = open_source(data if isinstance(data, Path) else io.BytesIO(data), name)
    with source:
        return list(read_records(source, table_tool(mapping, task_type), task_type, given))


def records(*args: Any, **more: Any) -> list[Record]:
    """The same of a table in which nothing is wrong."""
    found = lines(*args, **more)
    assert [str(problem) for line in found for problem in line.problems] == []
    return [line.parsed for line in found if line.parsed is not None]


def problems(*args: Any, **more: Any) -> list[str]:
    return [str(problem) for line in lines(*args, **more) for problem in line.problems]


# --- nothing is changed by a mapping --------------------------------------------------------

OWN = [
    "id", "language", "prompt", "response.a", "model.a", "response.b", "tags", "harm", "severity",
    "metadata.deep.key",
]  # fmt: skip
#: The same columns by other names: some are own names of something else.
OTHERS = [
    "prompt",
    "id",
    "Ünïcode, «x»",
    "b",
    "response.b",
    "<b>",
    "model.a",
    "t;t",
    "0",
    "metadata",
]
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=20)
CELLS = st.fixed_dictionaries(
    {
        "language": st.sampled_from(["en", "es-CO"]),
        "prompt": st.one_of(
            TEXT.map(lambda text: f"p{text}"),
            st.just('[{"role": "user", "content": "x"}]'),
            st.just("[INST]"),
        ),
        "response.a": TEXT.map(lambda text: f"a{text}"),
        "model.a": st.sampled_from(["", "m"]),
        "response.b": TEXT,
        "tags": st.sampled_from(["", "x|y"]),
        "harm": st.sampled_from(["", "vcr"]),
        "severity": st.sampled_from(["", "2"]),
        "metadata.deep.key": TEXT,
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=4), st.permutations(OTHERS))
def test_a_table_gives_the_items_that_the_own_names_give(
    rows: list[dict[str, str]], others: list[str]
) -> None:
    own = [{"id": str(n), **row} for n, row in enumerate(rows)]
    renamed = dict(zip(OWN, others, strict=True))
    rows = [{renamed[name]: cell for name, cell in row.items()} for row in own]
    expected = items(as_csv(own, OWN), "f.csv")
    mapping = ColumnMapping(renamed)
    for delimiter in ",;\t":
        found = records(as_csv(rows, others, delimiter), mapping, kind="bias")
        assert [item for record in found for item, _hash in record.items] == expected
    # The same as JSON lines, where an empty cell is an absent field.
    full = [{name: cell for name, cell in row.items() if cell} for row in rows]
    seen = {name for row in full for name in row}
    there = {name: column for name, column in renamed.items() if column in seen}
    if {"response.a", "prompt"} <= there.keys():
        told = ColumnMapping(there)
        found = records(b"\n".join(map(orjson.dumps, full)), told, "f.jsonl", kind="bias")
        assert [item for record in found for item, _hash in record.items] == expected


def test_so_does_parquet_whatever_else_is_in_it() -> None:
    own = [
        {
            "id": str(n), "language": "en", "prompt": prompt, "response.a": "x", "model.a": None,
            "response.b": None if n % 2 else "", "tags": "x|y", "harm": None,
            "severity": 2.0 if n % 3 else None, "metadata.deep.key": n,
        }
        for n, prompt in enumerate(['[{"role": "user", "content": "x"}]', "[INST]", "¿?"] * 15)
    ]  # fmt: skip
    renamed = dict(zip(OWN, OTHERS, strict=True))
    rows = [{renamed[name]: cell for name, cell in row.items()} for row in own]
    # A column that nothing is read from may hold what no item may.
    rows = [row | {"id.x": float("nan"), "prompt.x": 1} for row in rows]
    expected = items(as_parquet(own, OWN), "f.parquet", kind="bias")
    table = as_parquet(rows, [*OTHERS, "id.x", "prompt.x"])
    found = records(table, ColumnMapping(renamed), "f.parquet", kind="bias")
    assert [item for record in found for item, _hash in record.items] == expected


def test_lists_of_parquet_are_responses_as_they_are_under_the_own_name() -> None:
    responses = [{"id": "a", "text": "x", "metadata": '{"n": 1}'}, {"id": "b", "text": "y"}]
    own = {"id": "1", "language": "en", "prompt": '[{"role": "user", "content": "x"}]'}
    expected = items(as_parquet([own | {"responses": responses}], [*own, "responses"]), "f.parquet")
    mapping = ColumnMapping({**{name: name for name in own}, "responses": "outputs"})
    found = records(
        as_parquet([own | {"outputs": responses}], [*own, "outputs"]), mapping, "f.parquet"
    )
    assert [item for record in found for item, _hash in record.items] == expected


# --- real tables ----------------------------------------------------------------------------


def guessed(path: Path, kind: str) -> ColumnMapping:
    task_type = task_types.get(kind)
    return guess(read_head(open_source(path)), task_type, task_type.parse_config({}))


def test_pandalm_needs_no_word_of_anybody() -> None:
    path = DATA / "pandalm.csv"
    found = records(path, guessed(path, "ranking"), str(path))
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    assert len(found) == len(rows) == 12
    tiers = {"0": [["1", "2"]], "1": [["1"], ["2"]], "2": [["2"], ["1"]]}
    for record, row in zip(found, rows, strict=True):
        ((item, _hash),) = record.items
        assert item.id == row["idx"]
        assert item.language == "en"
        parts = [part for part in (row["instruction"], row["input"]) if part]
        assert [turn.content for turn in item.prompt] == ["\n\n".join(parts)]
        assert [r.text for r in item.responses] == [row["response1"], row["response2"]]
        assert [(j["reviewer"], j["answer"]["tiers"]) for j in record.judgments] == [
            (name, tiers[row[name]]) for name in ("annotator1", "annotator2", "annotator3")
        ]
    assert any(row["annotator1"] == "0" for row in rows)


def test_hatecheck_has_a_column_a_rater() -> None:
    path = DATA / "hatecheck.csv"
    told = guessed(path, "bias")
    constants = {**told.constants, "prompt": "Is this hateful?", "language": "en"}
    for n in range(1, 11):
        constants |= {f"judgment.{n}.direction": "against", f"judgment.{n}.severity": "2"}
    mapping = ColumnMapping(told.columns, constants, {"hateful": "other", "non-hateful": "none"})
    found = records(path, mapping, str(path), kind="bias")
    assert [len(record.judgments) for record in found] == [5] * 10
    first = found[5].judgments
    assert [j["reviewer"] for j in first] == [f"label_{n}" for n in (1, 3, 4, 5, 7)]
    assert [j["answer"]["none"] for j in first] == [True, False, True, True, False]


# --- guesses --------------------------------------------------------------------------------

GUESSES = {
    "id,instruction,output_1,output_2,generator_1,generator_2,preference,annotator": {
        "id": "id", "prompt": "instruction", "response.1": "output_1", "response.2": "output_2",
        "model.1": "generator_1", "model.2": "generator_2", "judgment.1.winner": "preference",
        "judgment.1.reviewer": "annotator",
    },
    "Pregunta,Respuesta A,Respuesta B,Modelo A,Modelo B,Ganador,Evaluador,Razón,Idioma": {
        "prompt": "Pregunta", "response.a": "Respuesta A", "response.b": "Respuesta B",
        "model.a": "Modelo A", "model.b": "Modelo B", "judgment.1.winner": "Ganador",
        "judgment.1.reviewer": "Evaluador", "judgment.1.reason": "Razón", "language": "Idioma",
    },
    "question,chosen,rejected": {
        "prompt": "question", "response.chosen": "chosen", "response.rejected": "rejected",
    },
    "prompt,response_a,response_b,response_c": {
        "prompt": "prompt", "response.a": "response_a", "response.b": "response_b",
        "response.c": "response_c",
    },
    "id,language,prompt,response.x,response.y,metadata.k": {
        "id": "id", "language": "language", "prompt": "prompt", "response.x": "response.x",
        "response.y": "response.y", "metadata.k": "metadata.k",
    },
}  # fmt: skip


@pytest.mark.parametrize("header", GUESSES)
def test_columns_are_told_by_their_names(header: str) -> None:
    task_type = task_types.get("ranking")
    row = ",".join("x" for _ in header.split(","))
    head = read_head(open_source(io.BytesIO(f"\ufeff{header}\n{row}\n".encode()), "f.csv"))
    found = guess(head, task_type, task_type.parse_config({}))
    assert found.columns == GUESSES[header]
    assert found.constants.get("judgment.1.winner", "chosen") == "chosen"


@pytest.mark.parametrize(
    ("kind", "header", "columns"),
    [
        ("bias", "text,label,rater", {"response.a": "text", "judgment.1.label": "label"}),
        (
            "rating",
            "question,answer_a,answer_b,helpfulness_a,helpfulness_b",
            {"judgment.1.rating.helpfulness.a": "helpfulness_a"},
        ),
    ],
)
def test_what_is_looked_for_depends_on_the_task(
    kind: str, header: str, columns: dict[str, str]
) -> None:
    task_type = task_types.get(kind)
    head = read_head(
        open_source(
            io.BytesIO(
                f"{header}\n1\n".replace("1", "1,1,1,1,1"[: 2 * header.count(",") + 1]).encode()
            ),
            "f.csv",
        )
    )
    assert columns.items() <= guess(head, task_type, task_type.parse_config({})).columns.items()


# --- answers --------------------------------------------------------------------------------

PAIR = {
    "prompt": "q",
    "response.a": "left",
    "response.b": "right",
    "model.a": "ma",
    "model.b": "mb",
}
WHO = {"language": "en", "judgment.1.reviewer": "r"}


def told(cell: str, values: dict[str, str] | None = None) -> list[str]:
    mapping = ColumnMapping({**PAIR, "judgment.1.winner": "w"}, WHO, values or {})
    row = {"q": "?", "left": "x", "right": "y", "ma": "gpt", "mb": "llama", "w": cell}
    data = as_csv([row], list(row))
    wrong = problems(data, mapping)
    if wrong:
        return wrong
    (record,) = records(data, mapping)
    return [str(j["answer"]["verdict"] or j["answer"]["tiers"]) for j in record.judgments]


A, B, TIE = "[['a'], ['b']]", "[['b'], ['a']]", "[['a', 'b']]"


@pytest.mark.parametrize(
    ("cell", "means"),
    [
        ("a", A), ("B", B), ("1", A), ("2", B), ("left", A), ("right", B), ("model_b", B),
        ("Response 1", A), ("llama", B), ("tie", TIE), ("empate", TIE), ("both_bad", "all_bad"),
        ("tie (bothbad)", "all_bad"), ("", None), ("  ", None),
    ],
)  # fmt: skip
def test_a_winner_by_any_of_its_names(cell: str, means: str | None) -> None:
    assert told(cell) == ([means] if means else [])


@pytest.mark.parametrize("cell", ["0", "3", "model_c", "z", "99", "<b>", "²"])
def test_a_winner_that_is_none_names_file_line_and_column(cell: str) -> None:
    (why,) = told(cell)
    assert why.startswith(f"f.csv:2: w: “{cell}” is none of the responses (a, b), no tie and not")


def test_the_words_of_a_table_can_be_given_a_meaning() -> None:
    assert told("0", {"0": "a", "1": "b"}) == [A]
    assert told("1", {"0": "a", "1": "b"}) == [B]


def test_ranks_share_tiers_and_leave_out() -> None:
    mapping = ColumnMapping(
        {
            "prompt": "q", **{f"response.{i}": i for i in "abc"},
            **{f"judgment.1.rank.{i}": f"rank {i}" for i in "abc"}, "judgment.1.reviewer": "who",
            "judgment.1.reason": "why", "judgment.1.at": "when", "id": "n",
        },
        {"language": "en"},
    )  # fmt: skip
    head = "n,q,a,b,c,rank a,rank b,rank c,who,why,when\n"
    rows = "7,?,x,y,z,2,1,2,ana,por eso,2026-11-20T15:04:05Z\n"
    rows += "7,?,x,y,z,1,2,,eva,,\n8,?,x,y,z,,,,eva,,\n"
    found = records((head + rows).encode(), mapping)
    said = [(j["item"], j["reviewer"], j["answer"]["tiers"]) for r in found for j in r.judgments]
    assert said == [("7", "ana", [["b"], ["a", "c"]]), ("7", "eva", [["a"], ["b"]])]
    assert found[0].judgments[0]["at"] == "2026-11-20T15:04:05Z"
    assert problems((head + "7,?,x,y,z,2,1,x,ana,,\n").encode(), mapping) == [
        "f.csv:2: rank c: must be a whole number"
    ]


def test_ratings_attacks_and_answers_as_json() -> None:
    rating = ColumnMapping(
        {"prompt": "q", "response.a": "t", "judgment.1.rating.helpfulness.a": "h"}, WHO
    )
    one = {"attributes": [{"key": "helpfulness", "title": {"es": "x", "en": "x"}}]}
    data = as_parquet(
        [{"q": "?", "t": "x", "h": 3.0}, {"q": "!", "t": "x", "h": None}], ["q", "t", "h"]
    )
    first, second = records(data, rating, "f.parquet", kind="rating", **one)
    assert first.judgments[0]["answer"]["ratings"] == {"a": {"helpfulness": 3}}
    assert second.judgments == []

    attack = ColumnMapping(
        {"prompt": "q", "response.a": "t", "judgment.1.attack": "a", "judgment.1.outcome": "o"},
        {**WHO, "judgment.1.severity": "0"},
        {"rechazó": "refused"},
    )
    (record,) = records("q,t,a,o\n?,x,sí,rechazó\n".encode(), attack, kind="adversarial")
    assert record.judgments[0]["answer"]["attack"] is True
    assert record.judgments[0]["answer"]["outcome"] == "refused"

    written = ColumnMapping({**PAIR, "judgment.1.answer": "json"}, WHO)
    rows = [
        {
            "q": "?",
            "left": "x",
            "right": "y",
            "ma": "m",
            "mb": "m",
            "json": '{"tiers": [["a"], ["z"]]}',
        }
    ]
    (why,) = problems(as_csv(rows, list(rows[0])), written)
    assert why.startswith("f.csv:2: json: “z” is no response of this item")


# --- what is wrong --------------------------------------------------------------------------

MAPPED = ColumnMapping(PAIR, {"language": "en"})
ROW = "q,left,right,ma,mb\n"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "f.csv:1: file: has no header: the first line must name the columns"),
        (ROW, "f.csv:1: file: has no rows under its header"),
        (
            "q,left,ma,mb\n?,x,,\n",
            "f.csv:1: right: there is no such column; there are: q, left, ma, mb",
        ),
        (
            "q,left,right,left,ma,mb\n?,x,y,z,,\n",
            "f.csv:1: left: this column is given more than once",
        ),
        (ROW + "?,x,,,\n", "f.csv:2: responses: "),
        (ROW + ",x,y,,\n", "f.csv:2: q: is missing"),
        (ROW + '?,x,y," m",\n', "f.csv:2: ma: has a space at its start or end"),
        (ROW + "?,x,y\n", "f.csv:2: line: has 3 cells where the header has 5"),
        (ROW + "?\x00,x,y,,\n", "f.csv:2: q: has a NUL character"),
    ],
)
def test_what_is_wrong_names_file_line_and_column(data: str, why: str) -> None:
    found = problems(data.encode(), MAPPED)
    assert [each[: len(why)] for each in found] == [why]


def test_a_column_that_json_lines_never_have_is_a_problem_too() -> None:
    mapping = ColumnMapping({"prompt": "q", "response.a": "left", "tags": "t"}, {"language": "en"})
    row = orjson.dumps({"q": "?", "left": "x", "ma": "m"})
    assert problems(row, mapping, "f.jsonl", kind="bias") == [
        "f.jsonl:1: t: there is no such column; there are: left, ma, q"
    ]


def test_hostile_names_do_no_harm() -> None:
    names = [
        "<img src=x onerror=alert(1)>",
        "",
        "x",
        "x",
        "\u202eevil",
        "\x00",
        *map(str, range(10_000)),
    ]
    head = read_head(
        open_source(io.BytesIO(as_csv([], names) + b"," * (len(names) - 1) + b"1\n"), "f.csv")
    )
    assert len(head.columns) == len(names) - 3
    mapping = ColumnMapping(
        {"prompt": names[0], "response.a": "9998", "response.b": "\u202eevil"}, {"language": "en"}
    )
    data = io.StringIO(newline="")
    csv.writer(data).writerows([names, ["c"] * len(names)])
    (record,) = records(data.getvalue().encode(), mapping)
    assert record.items[0][0].prompt[0].content == "c"
    (why,) = problems(
        as_csv([{"q": "?"}], ["q"]),
        ColumnMapping({**mapping.columns, "prompt": "q", "response.a": "q"}, {"language": "en"}),
    )
    assert why.startswith("f.csv:1: \\u202eevil: there is no such column")


def test_only_the_head_of_a_file_is_read_for_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"q,t\n" + b"?,x\n" * 500_000 + b'"never closed')
    source = open_source(path)
    head = read_head(source)
    assert head.columns == ("q", "t")
    assert head.samples("q") == ["?"]
    assert source.position < 300_000
    table = pa.table({"q": ["?"] * 300_000, "t": list(range(300_000))})
    pq.write_table(table, tmp_path / "f.parquet")
    source = open_source(tmp_path / "f.parquet")
    assert read_head(source).samples("t") == ["0", "1", "2"]
    assert source.position < 300_000


def test_a_mapping_survives_json_and_says_what_it_lacks() -> None:
    mapping = ColumnMapping({**PAIR, "judgment.1.winner": "w"}, WHO, {"0": "tie"})
    assert parse_mapping(orjson.loads(orjson.dumps(mapping.as_dict()))) == mapping
    for raw in (
        [], {"columns": []}, {"columns": {"id": 1}}, {"columns": {"id": ""}}, {"colums": {}},
        {"columns": {"id": "x" * 1_001}}, {"columns": {"id": "\x00"}},
        {"columns": {"id": "x"}, "constants": {"id": "y"}},
        {"columns": {f"metadata.{n}": "x" for n in range(401)}},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            parse_mapping(raw)
    ranking = task_types.get("ranking")
    for columns, constants, field in (
        ({}, {}, "prompt"),
        ({"prompt": "q", "response.a": "x"}, {"language": "en"}, "responses"),
        ({**PAIR, "promt": "x"}, {"language": "en"}, "promt"),
        ({**PAIR, "judgment.1.winner": "x"}, {"language": "en"}, "judgment.1.reviewer"),
        (PAIR, WHO, "judgment.1.answer"),
        ({**PAIR, "judgment.1.label": "x"}, WHO, "judgment.1.label"),
    ):
        with pytest.raises(Invalid) as caught:
            check_mapping(ColumnMapping(columns, constants), ranking)
        assert field in caught.value.errors

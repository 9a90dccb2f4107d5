"""Small items, posted forms and judgments for the tests of the task types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from werkzeug.datastructures import MultiDict

from workbench.task_types.base import (
    Answer,
    AnswerRecord,
    Config,
    Form,
    Item,
    Record,
    Response,
    TaskType,
    Turn,
)


def an_item(*texts: str, ids: Sequence[str] = "abcdefgh") -> Item:
    """One response a text, with the ids a, b, c, ..."""
    responses = tuple(Response(i, text, f"model-{i}") for i, text in zip(ids, texts, strict=False))
    return Item("i-1", "es", (Turn("user", "¿Qué es la lluvia?"),), responses)


def a_talk(*texts: str, ids: Sequence[str] = "abcdefgh", prompt: tuple[Turn, ...] = ()) -> Item:
    """One conversation a text, which is its first answer; both ask the same and answer again."""
    more = (Turn("user", "¿Y el granizo?"), Turn("assistant", "Lluvia helada."))
    responses = tuple(
        Response(i, "", f"model-{i}", turns=(Turn("assistant", text), *more))
        for i, text in zip(ids, texts, strict=False)
    )
    return Item("i-1", "es", prompt or (Turn("user", "¿Qué es la lluvia?"),), responses)


def a_solution(*texts: str, ids: Sequence[str] = "abcdefgh") -> Item:
    """One solution a text, which is its first step; two more follow."""
    responses = tuple(
        Response(i, "", f"model-{i}", steps=(text, "Luego, $x = 2$.", "Así que $x^2 = 4$."))
        for i, text in zip(ids, texts, strict=False)
    )
    return Item("i-1", "es", (Turn("user", "¿Cuánto es $(1 + 1)^2$?"),), responses)


def item_for(task_type: TaskType, *texts: str) -> Item:
    """Responses of the kind that the type judges."""
    made = {"text": an_item, "turns": a_talk, "steps": a_solution}
    return made[task_type.shape](*texts)


def posted(fields: Mapping[str, str] | None = None, **more: str) -> Form:
    """A form as werkzeug gives it, with the fields that every post carries."""
    return cast("Form", MultiDict({"csrf_token": "x", "key": "01234567", **(fields or {}), **more}))


def told(answers: Mapping[str, Answer]) -> list[AnswerRecord]:
    """Judgments by reviewer."""
    return [AnswerRecord(reviewer, answer) for reviewer, answer in answers.items()]


def units_of(task_type: TaskType, answer: Answer, item: Item, config: Config) -> dict[Any, Any]:
    """(question, unit) to value; no unit may come twice."""
    units = list(task_type.units(answer, item, config))
    found = {(unit.question, unit.unit): unit.value for unit in units}
    assert len(found) == len(units)
    return found


def of_kind(records: Iterable[Record], kind: str) -> list[Mapping[str, Any]]:
    """The data of the records of one kind."""
    return [record.data for record in records if record.kind == kind]


def reasons(records: Iterable[Record], of: str) -> list[str]:
    """Why nothing became a record of that kind."""
    return [data["reason"] for data in of_kind(records, "dropped") if data["of"] == of]

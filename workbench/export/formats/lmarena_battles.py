"""Battles of models as Chatbot Arena publishes them, for Bradley-Terry and Elo.

The columns are those of lm-sys/FastChat, fastchat/serve/monitor/clean_battle_data.py: one row a
judgment (and pair, where an item has more than two responses: the pairs of one ranking are not
independent of each other). `judge` is the reviewer's pseudonym, `model_a` what stood first on the
screen where that is known, `tstamp` seconds since 1970 in UTC. `anony` is true: reviewers do not
see models.

A model without a name, or against itself, would be counted as a player and shift the ratings of all
others, so those are refused.
"""

from __future__ import annotations

from datetime import UTC, datetime

from workbench.export.formats.base import EVERY_JUDGMENT, RecordFormat, Row
from workbench.export.formats.columns import all_text, has_columns, is_count
from workbench.export.formats.conversation import check_whole, whole
from workbench.export.policy import PARTING
from workbench.messages import N_
from workbench.task_types.base import Item, Record

COLUMNS = (
    "question_id",
    "model_a",
    "model_b",
    "winner",
    "judge",
    "conversation_a",
    "conversation_b",
    "turn",
    "anony",
    "language",
    "tstamp",
)
WINNERS = {"a": "model_a", "b": "model_b", "tie": "tie", "both_bad": "tie (bothbad)"}


def row(item: Item, record: Record) -> Row:
    """One battle, with the columns of the arena."""
    data = record.data
    conversation = whole(item, data["a"])
    return {
        "question_id": item.id,
        "model_a": data["a"].model,
        "model_b": data["b"].model,
        "winner": WINNERS[data["winner"]],
        "judge": data["reviewer"],
        "conversation_a": conversation,
        "conversation_b": whole(item, data["b"]),
        "turn": sum(message["role"] == "user" for message in conversation),
        "anony": True,
        "language": item.language,
        "tstamp": _seconds(data["at"]),
    }


def _seconds(at: str) -> float:
    """Seconds since 1970; 0 for a judgment of which the time is not known."""
    return datetime.fromisoformat(at).astimezone(UTC).timestamp() if at else 0.0


def check(row: Row) -> str | None:
    """Code of what would spoil the ratings, or None."""
    if not has_columns(row, COLUMNS):
        return "wrong_columns"
    if not all_text(row, ("question_id", "model_a", "model_b", "judge", "language")):
        return "wrong_values"
    if row["winner"] not in WINNERS.values() or row["anony"] is not True or not row["judge"]:
        return "wrong_values"
    if not (is_count(row["turn"], 0) and isinstance(row["tstamp"], float)):
        return "wrong_values"
    if not (row["model_a"].strip() and row["model_b"].strip()):
        return "no_model"
    if row["model_a"] == row["model_b"]:
        return "same_model"
    wrong = check_whole(row["conversation_a"], row["conversation_b"])
    # Two models may well say the same, and then a tie is a fact about them.
    return None if wrong == "identical_texts" else wrong


FORMAT = RecordFormat(
    name="lmarena-battles",
    title=N_("Battles of models, one a judgment, as in Chatbot Arena"),
    kind="battle",
    row=row,
    check=check,
    heeds=("criterion", *PARTING),
    notes=(EVERY_JUDGMENT,),
)

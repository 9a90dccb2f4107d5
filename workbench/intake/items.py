"""One item out of one JSON object, and back: `parse_item`, `item_as_dict`, `content_hash`."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson

from workbench.intake.fields import (
    ID_LENGTH,
    MISSING,
    checked_name,
    missing_or,
    name_fault,
    text_fault,
    unknown_fields,
)
from workbench.intake.problems import path
from workbench.intake.rows import MIB
from workbench.intake.soundness import Faults, note, unsound
from workbench.messages import N_, Invalid, Message
from workbench.task_types.base import Item, Response, Turn

FIELDS = frozenset(
    {"id", "language", "prompt", "responses", "tags", "harm", "severity", "metadata"}
)
RESPONSE_FIELDS = frozenset({"id", "model", "text", "messages", "steps", "metadata"})
#: What a response can be, one of them.
_FORMS = ("messages", "steps", "text")
TURN_FIELDS = frozenset({"role", "content"})
ROLES = ("system", "user", "assistant", "tool")

#: Code points of one text.
TEXT_LENGTH = 1_000_000
ITEM_BYTES = 8 * MIB
RESPONSES = 26
#: Steps of one response: more than a person can hold in mind, and than a page should ask of.
STEPS = 100
RESPONSE_ID_LENGTH = 100
MODEL_LENGTH = 200
TAGS = 50
TAG_LENGTH = 100
MOST_SEVERE = 3

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
#: RFC 5646, section 4.4.1: 35 characters hold every tag in use.
_LANGUAGE_LENGTH = 35
_HARM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")

#: The field that is named when the item as such is wrong.
WHOLE = "item"


def parse_item(raw: object, *, sound: bool = False) -> Item:
    """A JSON object to an Item. Raises Invalid with everything that is wrong, by path.

    A prompt that is text becomes one turn of the user. A response may be empty text, since models
    do answer nothing; a prompt may not. A response is a text; as `messages`, a conversation that
    goes on from the prompt; or as `steps`, texts that solve it step by step. `sound`: `raw` came
    out of `strict_json` without a fault, from at most ITEM_BYTES.
    """
    if not isinstance(raw, dict):
        raise Invalid({WHOLE: N_("must be one JSON object: {...}")})
    faults = {} if sound else unsound(raw)
    unknown_fields(raw, FIELDS, "", faults)
    item = Item(
        id=checked_name(raw, "id", "", faults, ID_LENGTH),
        language=_language(raw.get("language", MISSING), faults),
        prompt=_prompt(raw.get("prompt", MISSING), faults),
        responses=_responses(raw.get("responses", MISSING), faults),
        tags=_tags(raw.get("tags"), faults),
        harm=_harm(raw.get("harm"), faults),
        severity=_severity(raw.get("severity"), faults),
        metadata=_metadata(raw.get("metadata"), "metadata", faults),
    )
    if not faults and not sound and len(_canonical(item_as_dict(item))) > ITEM_BYTES:
        note(faults, WHOLE, N_("is larger than %(most)d bytes", most=ITEM_BYTES))
    if faults:
        raise Invalid(faults)
    return item


def item_as_dict(item: Item) -> dict[str, Any]:
    """The one JSON object that stands for an item; `parse_item` gives the same item back."""
    found = {
        "id": item.id,
        "language": item.language,
        "prompt": _messages_of(item.prompt),
        "responses": [_response_as_dict(response) for response in item.responses],
        "tags": list(item.tags),
        "harm": item.harm,
        "metadata": dict(item.metadata),
    }
    # Not said is not there: the hash of such an item is what it was before there was this field.
    return found if item.severity is None else found | {"severity": item.severity}


def _response_as_dict(response: Response) -> dict[str, Any]:
    """With one of `text`, `messages` and `steps`."""
    raw: dict[str, Any] = {"id": response.id, "model": response.model}
    if response.turns:
        raw["messages"] = _messages_of(response.turns)
    elif response.steps:
        raw["steps"] = list(response.steps)
    else:
        raw["text"] = response.text
    raw["metadata"] = dict(response.metadata)
    return raw


def _messages_of(turns: tuple[Turn, ...]) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.content} for turn in turns]


def content_hash(item: Item) -> str:
    """SHA-256 (64 hexadecimal digits) over the canonical JSON of everything but the id."""
    content = item_as_dict(item)
    del content["id"]
    return hashlib.sha256(_canonical(content)).hexdigest()


def _canonical(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _language(value: object, faults: Faults) -> str:
    if (
        isinstance(value, str)
        and len(value) <= _LANGUAGE_LENGTH
        and _LANGUAGE.fullmatch(value) is not None
    ):
        return value
    note(faults, "language", missing_or(value, N_("must be a language tag such as en or es-CO")))
    return ""


def _prompt(value: object, faults: Faults) -> tuple[Turn, ...]:
    if isinstance(value, str):
        if not value.strip():
            note(faults, "prompt", N_("is empty"))
        return (Turn("user", _text(value, "prompt", faults)),)
    if not isinstance(value, list):
        why = N_("must be text or a list of messages {role, content}")
        note(faults, "prompt", missing_or(value, why))
        return ()
    return _turns(value, "prompt", faults)


def _turns(value: list[Any], where: str, faults: Faults) -> tuple[Turn, ...]:
    """A list of messages as turns; none is no conversation."""
    if not value:
        note(faults, where, N_("is empty"))
    return tuple(_turn(turn, path(where, i), faults) for i, turn in enumerate(value))


def _turn(value: object, where: str, faults: Faults) -> Turn:
    if not isinstance(value, dict):
        note(faults, where, N_("must be a message {role, content}"))
        return Turn("", "")
    unknown_fields(value, TURN_FIELDS, where, faults)
    role = value.get("role", MISSING)
    if not isinstance(role, str) or role not in ROLES:
        why = N_("must be one of %(names)s", names=", ".join(ROLES))
        note(faults, f"{where}.role", missing_or(role, why))
        role = ""
    return Turn(role, _text(value.get("content", MISSING), f"{where}.content", faults))


def _text(value: object, where: str, faults: Faults) -> str:
    """Text of at most TEXT_LENGTH code points, exactly as it was given."""
    if not isinstance(value, str):
        note(faults, where, text_fault(value) or N_("must be text"))
        return ""
    if len(value) > TEXT_LENGTH:
        note(faults, where, _too_long(TEXT_LENGTH))
    return value


def _too_long(most: int) -> Message:
    return N_("is longer than %(most)d characters", most=most)


def _responses(value: object, faults: Faults) -> tuple[Response, ...]:
    if not isinstance(value, list):
        why = N_("must be a list of responses {id, model, text}")
        note(faults, "responses", missing_or(value, why))
        return ()
    if not 1 <= len(value) <= RESPONSES:
        why = N_(
            "has %(count)d responses; an item has 1 to %(most)d",
            count=len(value),
            most=RESPONSES,
        )
        note(faults, "responses", why)
        value = value[:RESPONSES]
    found = tuple(_response(raw, path("responses", i), faults) for i, raw in enumerate(value))
    _check_distinct(found, faults)
    return found


def _check_distinct(responses: tuple[Response, ...], faults: Faults) -> None:
    first: dict[str, int] = {}
    for i, response in enumerate(responses):
        if response.id and first.setdefault(response.id, i) != i:
            why = N_("is the id of responses[%(first)d] as well", first=first[response.id])
            note(faults, f"responses[{i}].id", why)


def _response(raw: object, where: str, faults: Faults) -> Response:
    if not isinstance(raw, dict):
        note(faults, where, N_("must be a response {id, model, text}"))
        return Response("", "")
    unknown_fields(raw, RESPONSE_FIELDS, where, faults)
    forms = [name for name in _FORMS if name in raw]
    for other in forms[1:]:
        why = N_("goes without %(name)s: give one of the two", name=other)
        note(faults, f"{where}.{forms[0]}", why)
    is_text = forms[:1] in ([], ["text"])
    return Response(
        id=checked_name(raw, "id", where, faults, RESPONSE_ID_LENGTH),
        text=_text(raw.get("text", MISSING), f"{where}.text", faults) if is_text else "",
        model=_model(raw.get("model"), f"{where}.model", faults),
        metadata=_metadata(raw.get("metadata"), f"{where}.metadata", faults),
        turns=_messages(raw, where, faults),
        steps=_steps(raw, where, faults),
    )


def _messages(raw: dict[str, Any], where: str, faults: Faults) -> tuple[Turn, ...]:
    """The turns of a response that is a conversation; none for a text."""
    if "messages" not in raw:
        return ()
    where, value = f"{where}.messages", raw["messages"]
    if not isinstance(value, list):
        note(faults, where, N_("must be a list of messages {role, content}"))
        return ()
    return _turns(value, where, faults)


def _steps(raw: dict[str, Any], where: str, faults: Faults) -> tuple[str, ...]:
    """The steps of a response that is a solution; a step that says nothing cannot be judged."""
    if "steps" not in raw:
        return ()
    where, value = f"{where}.steps", raw["steps"]
    if not isinstance(value, list):
        note(faults, where, N_("must be a list of texts"))
        return ()
    if not 1 <= len(value) <= STEPS:
        why = N_("has %(count)d steps; a response has 1 to %(most)d", count=len(value), most=STEPS)
        note(faults, where, why)
        value = value[:STEPS]
    for i, step in enumerate(value):
        if isinstance(step, str) and not step.strip():
            note(faults, path(where, i), N_("is empty"))
    return tuple(_text(step, path(where, i), faults) for i, step in enumerate(value))


def _model(value: object, where: str, faults: Faults) -> str:
    if value is None or value == "":
        return ""
    why = name_fault(value, MODEL_LENGTH)
    if why is not None:
        note(faults, where, why)
    return str(value)


def _tags(value: object, faults: Faults) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        note(faults, "tags", N_("must be a list of texts"))
        return ()
    if len(value) > TAGS:
        why = N_("has %(count)d tags; the most is %(most)d", count=len(value), most=TAGS)
        note(faults, "tags", why)
        return ()
    for i, tag in enumerate(value):
        why_not = name_fault(tag, TAG_LENGTH)
        if why_not is None and tag in value[:i]:
            why_not = N_("is given more than once")
        if why_not is not None:
            note(faults, path("tags", i), why_not)
    return tuple(str(tag) for tag in value)


def _harm(value: object, faults: Faults) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and _HARM.fullmatch(value):
        return value
    note(faults, "harm", N_("must be null or the code of a harm category"))
    return None


def _severity(value: object, faults: Faults) -> int | None:
    if value is None or (type(value) is int and 0 <= value <= MOST_SEVERE):
        return value
    why = N_("must be null or a whole number from 0 to %(most)d", most=MOST_SEVERE)
    note(faults, "severity", why)
    return None


def _metadata(value: object, where: str, faults: Faults) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    note(faults, where, N_("must be an object"))
    return {}

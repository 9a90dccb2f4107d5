from __future__ import annotations

import hashlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.intake.samples import ITEM, item
from workbench.intake.items import content_hash, item_as_dict, parse_item
from workbench.messages import Invalid
from workbench.task_types.base import Item, Response, Turn


def faults(raw: object) -> dict[str, str]:
    """What parse_item says of something that is wrong."""
    with pytest.raises(Invalid) as error:
        parse_item(raw)
    return {field: str(why) for field, why in error.value.errors.items()}


def response(**changes: Any) -> dict[str, Any]:
    return item(responses=[{"id": "a", "text": "t"} | changes])


def without(field: str) -> dict[str, Any]:
    return {key: value for key, value in ITEM.items() if key != field}


def test_a_full_item_keeps_every_field_and_every_character() -> None:
    conversation = [
        {"role": "system", "content": "Sea breve."},
        {"role": "user", "content": "¿Qué  significa?\r\n"},
        {"role": "assistant", "content": ""},
        {"role": "tool", "content": "{}"},
    ]
    raw = item(prompt=conversation, harm="vcr", metadata={"a": [1, 2.5, None, True, {"b": "c"}]})
    assert parse_item(raw) == Item(
        id="mt-81",
        language="es-CO",
        prompt=tuple(Turn(turn["role"], turn["content"]) for turn in conversation),
        responses=(
            Response("a", ITEM["responses"][0]["text"], "m1"),
            Response("b", ITEM["responses"][1]["text"], "m2"),
        ),
        tags=("jerga", "es"),
        harm="vcr",
        metadata={"a": [1, 2.5, None, True, {"b": "c"}]},
    )


def test_the_least_item_has_id_language_prompt_and_one_response() -> None:
    raw = {"id": "1", "language": "en", "prompt": "p", "responses": [{"id": "a", "text": ""}]}
    assert parse_item(raw) == Item("1", "en", (Turn("user", "p"),), (Response("a", ""),))


def test_null_is_as_good_as_absent_where_a_field_is_optional() -> None:
    raw = item(tags=None, harm=None, metadata=None)
    raw["responses"] = [{"id": "a", "text": "t", "model": None, "metadata": None}]
    assert parse_item(raw) == parse_item(
        item(tags=[], harm=None, metadata={}, responses=[{"id": "a", "text": "t"}])
    )


@pytest.mark.parametrize("field", ["id", "language", "prompt", "responses"])
def test_a_required_field_that_is_missing_is_named(field: str) -> None:
    assert faults(without(field)) == {field: "is missing"}


ID = "must be text"
LANGUAGE = "must be a language tag such as en or es-CO"
HARM = "must be null or the code of a harm category"
WRONG: list[tuple[dict[str, Any], str, str]] = [
    (item(id=81), "id", ID),
    (item(id=None), "id", ID),
    (item(id=""), "id", "is empty"),
    (item(id="x" * 201), "id", "is longer than 200 characters"),
    (item(id="a\nb"), "id", r"has a character that cannot be seen: a\nb"),
    (item(id="a\u200bb"), "id", r"has a character that cannot be seen: a\u200bb"),
    (item(id=" a"), "id", "has a space at its start or end"),
    (item(id=".."), "id", "cannot be . or .."),
    (item(language="EN"), "language", LANGUAGE),
    (item(language="en_US"), "language", LANGUAGE),
    (item(language="es\n"), "language", LANGUAGE),
    (item(language="español"), "language", LANGUAGE),
    (item(language="en" + "-abcdefgh" * 4), "language", LANGUAGE),
    (item(language=["en"]), "language", LANGUAGE),
    (item(prompt=""), "prompt", "is empty"),
    (item(prompt=" \n"), "prompt", "is empty"),
    (item(prompt=[]), "prompt", "is empty"),
    (item(prompt=7), "prompt", "must be text or a list of messages {role, content}"),
    (item(prompt="x" * 1_000_001), "prompt", "is longer than 1000000 characters"),
    (item(prompt=["hi"]), "prompt[0]", "must be a message {role, content}"),
    (
        item(prompt=[{"role": "human", "content": ""}]),
        "prompt[0].role",
        "must be one of system, user, assistant, tool",
    ),
    (item(prompt=[{"content": ""}]), "prompt[0].role", "is missing"),
    (item(prompt=[{"role": "user"}]), "prompt[0].content", "is missing"),
    (item(prompt=[{"role": "user", "content": None}]), "prompt[0].content", "must be text"),
    (
        item(prompt=[{"role": "user", "content": "", "name": "x"}]),
        "prompt[0].name",
        "is not known here; known are content, role",
    ),
    (item(responses={}), "responses", "must be a list of responses {id, model, text}"),
    (item(responses=[]), "responses", "has 0 responses; an item has 1 to 26"),
    (item(responses=["text"]), "responses[0]", "must be a response {id, model, text}"),
    (response(id=""), "responses[0].id", "is empty"),
    (response(id="x" * 101), "responses[0].id", "is longer than 100 characters"),
    (response(text=None), "responses[0].text", "must be text"),
    (response(text="x" * 1_000_001), "responses[0].text", "is longer than 1000000 characters"),
    (response(model=5), "responses[0].model", "must be text"),
    (response(model="a\tb"), "responses[0].model", r"has a character that cannot be seen: a\tb"),
    (response(metadata=[]), "responses[0].metadata", "must be an object"),
    (response(txt="t"), "responses[0].txt", "is not known here; did you mean text?"),
    (item(tags="a|b"), "tags", "must be a list of texts"),
    (item(tags=["a", 1]), "tags[1]", "must be text"),
    (item(tags=["a", "a"]), "tags[1]", "is given more than once"),
    (item(tags=["x" * 101]), "tags[0]", "is longer than 100 characters"),
    (item(tags=[str(i) for i in range(51)]), "tags", "has 51 tags; the most is 50"),
    (item(harm=3), "harm", HARM),
    (item(harm=""), "harm", HARM),
    (item(harm="a b"), "harm", HARM),
    (item(metadata="x"), "metadata", "must be an object"),
    (item(prompts="x"), "prompts", "is not known here; did you mean prompt?"),
    (item(metadata={"x": float("inf")}), "metadata.x", "is inf, which is no JSON number"),
    (item(metadata={"x": 2**64}), "metadata.x", "is an integer that does not fit in 64 bits"),
    (item(prompt="a\x00"), "prompt", "has a NUL character at character 2"),
    (item(metadata={"x": "z" * 9_000_000}), "item", "is larger than 8388608 bytes"),
]


@pytest.mark.parametrize(("raw", "field", "why"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_field_is_named_with_its_reason(raw: dict[str, Any], field: str, why: str) -> None:
    assert faults(raw) == {field: why}


@pytest.mark.parametrize("raw", [None, [], "x", 5, b"{}"])
def test_what_is_no_object_is_no_item(raw: object) -> None:
    assert faults(raw) == {"item": "must be one JSON object: {...}"}


def test_the_same_response_id_twice_names_both_places() -> None:
    raw = item(
        responses=[{"id": "a", "text": "1"}, {"id": "b", "text": "2"}, {"id": "a", "text": "3"}]
    )
    assert faults(raw) == {"responses[2].id": "is the id of responses[0] as well"}


def test_everything_that_is_wrong_is_said_at_once() -> None:
    raw = {"id": 1, "langauge": "es", "prompt": [{}], "responses": [{}, 5], "tags": 0, "harm": 0}
    assert set(faults(raw)) == {
        "id",
        "langauge",
        "language",
        "prompt[0].role",
        "prompt[0].content",
        "responses[0].id",
        "responses[0].text",
        "responses[1]",
        "tags",
        "harm",
    }


def test_26_responses_are_the_most() -> None:
    responses = [{"id": str(i), "text": ""} for i in range(27)]
    assert len(parse_item(item(responses=responses[:26])).responses) == 26
    assert faults(item(responses=responses)) == {
        "responses": "has 27 responses; an item has 1 to 26"
    }


def test_a_million_wrong_fields_are_reported_as_a_few() -> None:
    assert len(faults(ITEM | {f"x{i}": 1 for i in range(1_000_000)})) == 20
    assert len(faults(item(prompt=[{}] * 100_000))) == 100


@pytest.mark.parametrize("name", ["a/b", "año 1", "日本", "%2F", "a?b#c", "x" * 200, "..."])
def test_an_id_is_any_printable_text(name: str) -> None:
    assert parse_item(item(id=name)).id == name


@pytest.mark.parametrize("tag", ["en", "es-CO", "zh-Hant-TW", "pt-BR", "gsw", "es-419"])
def test_language_tags_are_accepted(tag: str) -> None:
    assert parse_item(item(language=tag)).language == tag


@pytest.mark.parametrize("code", ["vcr", "spc_lgl", "LLM01:2025", "AML.T0051.000", "3-a"])
def test_codes_of_the_known_taxonomies_are_harm_codes(code: str) -> None:
    assert parse_item(item(harm=code)).harm == code


def test_the_canonical_form_names_every_field() -> None:
    raw = {"id": "1", "language": "en", "prompt": "p", "responses": [{"id": "a", "text": "t"}]}
    assert item_as_dict(parse_item(raw)) == {
        "id": "1",
        "language": "en",
        "prompt": [{"role": "user", "content": "p"}],
        "responses": [{"id": "a", "model": "", "text": "t", "metadata": {}}],
        "tags": [],
        "harm": None,
        "metadata": {},
    }


def test_the_hash_is_that_of_the_canonical_json_without_the_id() -> None:
    found = parse_item(ITEM)
    content = item_as_dict(found)
    del content["id"]
    canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    assert content_hash(found) == hashlib.sha256(canonical).hexdigest()


def test_the_hash_of_an_item_is_what_it_was_in_every_version_of_the_program() -> None:
    """Stored hashes are compared with it by `workbench verify`: it may never change."""
    first = "5c835cf9c41af52832b9cc290bd659ce625cf7e928df91af3defa1e0aa3b3674"
    assert content_hash(parse_item(ITEM)) == first


def test_the_hash_knows_content_and_nothing_else() -> None:
    base = content_hash(parse_item(ITEM))
    reordered = dict(reversed(ITEM.items()))
    as_messages = item(prompt=[{"role": "user", "content": ITEM["prompt"]}])
    for same in (item(id="other"), reordered, as_messages):
        assert content_hash(parse_item(same)) == base
    for other in (item(harm="vcr"), item(tags=[]), item(metadata={}), response(), item(prompt="p")):
        assert content_hash(parse_item(other)) != base


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
NAME = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=8).filter(
    lambda name: name not in (".", "..")
)
METADATA = st.dictionaries(TEXT, TEXT | st.integers(-(2**63), 2**63 - 1) | st.none(), max_size=3)
TURNS = st.lists(
    st.builds(Turn, st.sampled_from(["system", "user", "assistant", "tool"]), TEXT), min_size=1
).map(tuple)
ITEMS = st.builds(
    Item,
    id=NAME,
    language=st.sampled_from(["en", "es-CO"]),
    prompt=TURNS,
    responses=st.lists(
        st.builds(Response, id=NAME, text=TEXT, model=st.just("") | NAME, metadata=METADATA)
        | st.builds(Response, id=NAME, text=st.just(""), turns=TURNS),
        min_size=1,
        max_size=4,
        unique_by=lambda found: found.id,
    ).map(tuple),
    tags=st.lists(NAME, unique=True, max_size=3).map(tuple),
    harm=st.none() | st.just("vcr"),
    metadata=METADATA,
)


@given(ITEMS)
def test_an_item_survives_its_canonical_form(found: Item) -> None:
    assert parse_item(item_as_dict(found)) == found
    assert parse_item(orjson.loads(orjson.dumps(item_as_dict(found))), sound=True) == found

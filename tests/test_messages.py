"""Sentences that wait for their language."""

from __future__ import annotations

import pytest

from workbench.errors import Conflict, Forbidden, NotFound, Refused
from workbench.messages import N_, Invalid, Message


def test_a_message_keeps_its_sentence_apart_from_its_values() -> None:
    message = N_("At most %(n)s characters.", n=200)
    assert (message.text, message.values) == ("At most %(n)s characters.", {"n": 200})


def test_a_message_reads_as_its_english() -> None:
    assert str(N_("At most %(n)s characters.", n=200)) == "At most 200 characters."


def test_a_percent_sign_of_a_sentence_without_values_stays() -> None:
    assert str(N_("More than 50 % agree.")) == "More than 50 % agree."


def test_a_value_that_looks_like_a_place_is_not_filled_in() -> None:
    assert str(N_("“%(x)s” is unknown.", x="%(y)s %d")) == "“%(y)s %d” is unknown."


def test_messages_with_the_same_words_are_the_same() -> None:
    assert N_("At most %(n)s.", n=2) == Message("At most %(n)s.", {"n": 2})
    assert N_("At most %(n)s.", n=2) != N_("At most %(n)s.", n=3)


def test_what_is_invalid_is_named_with_its_reason() -> None:
    error = Invalid.at("responses[2].text", "At most %(n)s characters.", n=5)
    assert error.errors == {"responses[2].text": N_("At most %(n)s characters.", n=5)}
    assert str(error) == "responses[2].text: At most 5 characters."


def test_everything_that_is_invalid_is_named() -> None:
    error = Invalid({"name": N_("is missing"), "role": N_("is “%(x)s”", x="owner")})
    assert str(error) == "name: is missing; role: is “owner”"
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("kind", [Conflict, Forbidden, NotFound])
def test_a_refusal_carries_a_sentence_and_its_values(kind: type[Refused]) -> None:
    refused = kind("There is no %(name)s.", name="eva")
    assert refused.message == N_("There is no %(name)s.", name="eva")
    assert str(refused) == "There is no eva."

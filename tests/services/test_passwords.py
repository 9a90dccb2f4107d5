"""What a password may be, and how it is kept. Facts 7, 8 and 10 of the checklist."""

from __future__ import annotations

import secrets
import statistics
import threading
import time

import pytest

from tests.support.ending import ends
from workbench.messages import Invalid
from workbench.services import login
from workbench.services.demo import new_password
from workbench.services.passwords import too_easy

PASSWORD = "tinto frío en el páramo"
WRONG = "not the password of anyone"

GOOD = [
    "twelve chars", "x7#Kq!pzRt2w", "caballo batería grapa", "una frase muy larga " * 6,
    "áéíóú ñ €uro 漢字 🙂", "   spaces around   it", "739184628457", "lower case only words",
    "UPPER CASE ONLY WORDS",
]  # fmt: skip
EASY = [
    "password1234", "Passw0rd!2026", "P4ssw0rdP4ssw0rd", "contraseña123", "Contrasena2026*",
    "qwertyuiop12", "1q2w3e4r5t6y", "asdfghjklñ12", "123456789012", "000000000000",
    "aaaaaaaaaaaab", "abcabcabcabc", "administrador", "bienvenido2026", "Colombia2026!!",
    "Noviembre2026*", "MillonariosFC1", "workbench1234", "humanfeedback", "reviewer12345",
    "iloveyou iloveyou", "jesucristo777", "tequieromucho", "trustno1trustno1", "            ",
]  # fmt: skip


@pytest.mark.parametrize("password", GOOD)
def test_a_long_password_of_anything_is_taken_and_fits(password: str) -> None:
    assert login.password_fits(login.hash_password(password), password)


@pytest.mark.parametrize("password", EASY)
def test_a_password_that_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid, match="too easy to guess"):
        login.hash_password(password)


def test_a_password_of_ones_own_name_is_refused() -> None:
    with pytest.raises(Invalid, match="too easy to guess"):
        login.hash_password("ana.maria.gomez", "ana.maria.gomez")


@pytest.mark.parametrize(
    ("length", "taken"), [(11, False), (12, True), (128, True), (129, False), (100_000, False)]
)
def test_passwords_have_twelve_to_128_characters(length: int, taken: bool) -> None:
    password = ("tinto frío en el páramo con " * 4_000)[:length]
    if taken:
        assert login.hash_password(password)
    else:
        with pytest.raises(Invalid, match=r"At (least 12|most 128) characters"):
            login.hash_password(password)


def test_what_is_drawn_at_random_is_never_too_easy() -> None:
    drawn = [secrets.token_urlsafe(12) for _ in range(2_000)] + [
        new_password() for _ in range(2_000)
    ]
    assert sum(map(too_easy, drawn)) <= 2  # by chance, once in some thousands


def test_no_password_takes_long_to_look_at() -> None:
    with ends():
        for password in ("a" * 128, "ab" * 64, "1q2w" * 32, "passwor" * 18, "ñ" * 128):
            too_easy(password, "a" * 100)


def test_passwords_are_hashed_with_argon2id_in_the_recommended_range() -> None:
    hashed = login.hash_password(PASSWORD)
    algorithm, parameters = hashed.split("$")[1], hashed.split("$")[3]
    values = dict(part.split("=") for part in parameters.split(","))
    assert algorithm == "argon2id"
    assert int(values["m"]) >= 46 * 1024
    assert int(values["t"]) >= 2
    assert values["p"] == "1"


def test_at_most_two_passwords_are_hashed_at_once() -> None:
    done = threading.Event()

    def hash_one() -> None:
        login.hash_password(PASSWORD)
        done.set()

    with login._hashing, login._hashing:
        third = threading.Thread(target=hash_one)
        third.start()
        assert not done.wait(1)
    assert done.wait(120)
    third.join()


def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    stored = login.hash_password(PASSWORD)
    login.password_fits(None, WRONG)

    def measured(known: str | None) -> float:
        start = time.thread_time()
        assert not login.password_fits(known, WRONG)
        return time.thread_time() - start

    known, unknown = zip(*((measured(stored), measured(None)) for _ in range(9)), strict=True)
    gap = statistics.median(known) / statistics.median(unknown) - 1
    assert abs(gap) < 0.1

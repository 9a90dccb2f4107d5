"""Ask again for the password of who is logged in, before something is done that outlasts it."""

from __future__ import annotations

from flask import request

from workbench.messages import N_, Invalid
from workbench.models import User
from workbench.services import login, second_factor
from workbench.web.access import person
from workbench.web.request import database, now


def check_own_password(given: str, *, or_code: bool = False) -> bool:
    """Raises Invalid at "present" where it is not this person's, or they have tried too often.

    `or_code`: a code of their app is as good, and then the answer is True.
    """
    keys = login.throttle_keys(person().name, request.remote_addr or "")
    with database().read() as reading:
        stored = reading.get_one(User, person().id).password_hash
        wait = login.seconds_to_wait(reading, keys, now())
    if wait:
        raise Invalid({"present": N_("Too many tries. Wait %(seconds)s seconds.", seconds=wait)})
    if or_code and second_factor.looks_like_a_code(given):
        with database().write() as writing:
            by_code = second_factor.app_code_fits(writing, person().id, given, now())
        if by_code:
            return True
    elif login.password_fits(stored, given):
        return False
    with database().write() as writing:
        login.note_failure(writing, keys, now())
    raise Invalid.at("present", "This is not your present password.")

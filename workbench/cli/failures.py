"""From an error to what a person reads, and the exit code."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable

import click
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from workbench.config import ConfigError
from workbench.errors import NotFound, Refused
from workbench.intake.problems import printable
from workbench.messages import Invalid
from workbench.services.spool import Rejected

WRONG_DATA, WRONG_CALL, INTERRUPTED = 1, 2, 130

#: What is in a database's words to what there is to say of it.
_DATABASE = (
    ("database is locked", "The database is busy: another program holds it. Try again."),
    ("disk is full", "The disk is full, and nothing was stored."),
    ("No space left", "The disk is full, and nothing was stored."),
    ("unable to open", "The database file cannot be opened."),
    ("readonly database", "The database file may not be written to."),
    ("not a database", "The database file is none, or it is damaged: restore a backup."),
    ("malformed", "The database file is damaged: restore a backup."),
    ("deadlock", "Two who wrote at once were in each other's way. Try again."),
)


class Failure(click.ClickException):
    """Something that a verb has found to be wrong: a sentence and an exit code."""

    def __init__(self, message: str, exit_code: int = WRONG_DATA) -> None:
        super().__init__(message)
        self.code = exit_code


def explain(error: Exception) -> tuple[str, int]:
    """What to print, and the exit code: 1 the data is wrong, 2 the call is wrong."""
    if isinstance(error, Rejected):
        return f"{error.report}\nworkbench: nothing was imported", WRONG_DATA
    text, code = _explain(error)
    return f"workbench: {_one_line(text)}", code


def _explain(error: Exception) -> tuple[str, int]:
    if isinstance(error, click.UsageError):
        return _usage(error), WRONG_CALL
    if isinstance(error, Failure):
        return error.message, error.code
    if isinstance(error, Invalid):
        return said(error), WRONG_CALL
    if isinstance(error, (ConfigError, NotFound)):
        return str(error), WRONG_CALL
    return _from_outside(error), WRONG_DATA


def said(error: Invalid, name_of: Callable[[str], str] = str) -> str:
    """Every field that is wrong, and why, in one line."""
    return "; ".join(f"{name_of(name)}: {why}" for name, why in error.errors.items())


def _from_outside(error: Exception) -> str:
    """What has to do neither with how Workbench was called nor with Workbench itself."""
    match error:
        case Refused() | click.ClickException():
            return str(error)
        case SQLAlchemyError():
            return _database(error)
        case OSError():
            return _system(error)
        case MemoryError():
            return "There is not enough memory for this."
    return _unforeseen(error)


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()), 1_000)


def _usage(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx else "workbench"
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return f"say what to do; `{path} --help` lists the verbs"
    text = error.format_message().rstrip(".")
    return f"{text[:1].lower()}{text[1:]}; see `{path} --help`"


def _database(error: SQLAlchemyError) -> str:
    said = str(error.orig if isinstance(error, DBAPIError) and error.orig else error)
    for words, sentence in _DATABASE:
        if words in said:
            return sentence
    return f"The database cannot be used: {said.splitlines()[0] if said else type(error).__name__}"


def _system(error: OSError) -> str:
    why = error.strerror or str(error) or type(error).__name__
    if error.errno == errno.ENOSPC:
        return "The disk is full, and nothing was stored."
    return f"{error.filename}: {why}" if error.filename else why


def _unforeseen(error: Exception) -> str:
    """A fault of the program, with the place, for whoever mends it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{last.filename.rpartition('workbench/')[2]}:{last.lineno}"
    return f"This is a fault in Workbench ({type(error).__name__} in {place}): {error}"

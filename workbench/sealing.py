"""Secrets that must be read again are sealed before they are stored. The keys lie outside the
database, so that a copy of it alone opens nothing.

One key follows from the installation's secret; those that were made since stand in a file beside
it, the newest first. The newest seals, and all of them open. The file is read each time: a server
that runs goes on while another process changes it.
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from workbench.config import ConfigError


class Unopenable(Exception):
    """What was sealed is opened by no key that is here, or was sealed for something else."""


class Sealer:
    """Seals and opens. `secret`: the installation's; `file`: the keys made since, None for none.

    Raises ConfigError when the file is no list of keys.
    """

    def __init__(self, secret: str, file: Path | None = None) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=b"workbench sealing").derive(secret.encode())
        self._first = urlsafe_b64encode(derived)
        self.file = file
        self._all()

    def seal(self, about: str, text: str) -> str:
        """`text`, sealed by the newest key. It is opened only as being about the same."""
        return self._all().encrypt(f"{about}\n{text}".encode()).decode()

    def open(self, about: str, sealed: str) -> str:
        """The text again. Raises Unopenable."""
        try:
            said, _, text = self._all().decrypt(sealed.encode()).decode().partition("\n")
        except InvalidToken:
            raise Unopenable(about) from None
        if said != about:
            raise Unopenable(about)
        return text

    def is_newest(self, sealed: str) -> bool:
        """Whether the newest key opens it."""
        try:
            Fernet(self.keys()[0]).decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def keys(self) -> list[bytes]:
        """The newest first; the last is the one that follows from the installation's secret."""
        try:
            made = self.file.read_bytes().split() if self.file is not None else []
        except FileNotFoundError:
            made = []
        return [*made, self._first]

    def add_key(self) -> None:
        """Make a key, by which all is sealed from now on."""
        self._write([Fernet.generate_key(), *self.keys()[:-1]])

    def forget_old(self) -> int:
        """Keep the newest of the keys in the file; how many are gone."""
        made = self.keys()[:-1]
        if len(made) > 1:
            self._write(made[:1])
        return max(0, len(made) - 1)

    def _all(self) -> MultiFernet:
        try:
            return MultiFernet([Fernet(key) for key in self.keys()])
        except ValueError:
            raise ConfigError(
                f"{self.file} is no list of keys: put the file back from the backup."
            ) from None

    def _write(self, made: list[bytes]) -> None:
        """All of the new file or all of the old one, whenever the machine stops."""
        if self.file is None:
            raise ConfigError("There is no file for keys here.")
        beside = self.file.with_suffix(".new")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(b"".join(key + b"\n" for key in made))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.file)

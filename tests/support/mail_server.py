"""A mail server that really listens (RFC 5321 as far as a client that hands letters in needs it).

With TLS from the first byte or by STARTTLS, and a log-in. It keeps what it has taken, and can be
told to refuse an address, or to break off.
"""

from __future__ import annotations

import base64
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from io import BufferedReader
from pathlib import Path


@dataclass(frozen=True)
class Envelope:
    """A letter that was taken, and whom it was for."""

    sender: str
    to: str
    raw: bytes
    #: The line was encrypted, and by whom the sender had logged in.
    secured: bool
    user: str

    @property
    def letter(self) -> EmailMessage:
        """The letter as a mailbox reads it."""
        read = message_from_bytes(self.raw, _class=EmailMessage, policy=SMTP)
        assert isinstance(read, EmailMessage)
        return read

    def part(self, kind: str) -> str:
        """Its "plain" or "html" text."""
        body = self.letter.get_body((kind,))
        assert body is not None
        text: str = body.get_content()
        return text


@dataclass
class Manners:
    """How the server behaves."""

    tls: str = "none"
    certificate: Path | None = None
    user: str = ""
    password: str = ""
    #: Address to the answer to RCPT, such as "550 No such person".
    refuses: dict[str, str] = field(default_factory=dict)
    #: What it says to DATA's end in place of taking the letter; "" breaks the line off.
    after_data: str | None = None
    #: So many letters are taken before `after_data` holds.
    takes_first: int = 0


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on a port of its own."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.taken: list[Envelope] = []
        self.secret: ssl.SSLContext | None = None
        if manners.certificate is not None:
            self.secret = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.secret.load_cert_chain(manners.certificate)
        super().__init__(("127.0.0.1", 0), _Talk)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no fault of the test."""


class _Talk(socketserver.BaseRequestHandler):
    """One connection."""

    server: MailServer

    def setup(self) -> None:
        self.line: socket.socket = self.request
        self.file: BufferedReader | None = None
        self.secured, self.user = False, ""
        self.sender, self.to = "", ""

    def finish(self) -> None:
        if self.file is not None:
            self.file.close()
        self.line.close()

    def handle(self) -> None:
        if self.server.manners.tls == "tls":
            self._secure()
        self._listen()
        self._say("220 mail.example.org")
        while text := self._read():
            verb, _, rest = text.decode().strip().partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 bye")
                return
            if not getattr(self, f"do_{verb.lower()}", self._unknown)(rest):
                return

    def _listen(self) -> None:
        if self.file is not None:
            self.file.close()
        self.file = self.line.makefile("rb")

    def _read(self) -> bytes:
        assert self.file is not None
        return self.file.readline()

    def _secure(self) -> None:
        assert self.server.secret is not None
        self.line = self.server.secret.wrap_socket(self.line, server_side=True)
        self.secured = True

    def _say(self, text: str) -> bool:
        self.line.sendall(text.encode() + b"\r\n")
        return True

    def _unknown(self, _rest: str) -> bool:
        return self._say("500 what?")

    def do_ehlo(self, _rest: str) -> bool:
        offers = ["mail.example.org"]
        if self.server.manners.tls == "starttls" and not self.secured:
            offers.append("STARTTLS")
        if self.server.manners.user:
            offers.append("AUTH PLAIN")
        for offer in offers[:-1]:
            self._say(f"250-{offer}")
        return self._say(f"250 {offers[-1]}")

    def do_starttls(self, _rest: str) -> bool:
        self._say("220 go on")
        self._secure()
        self._listen()
        return True

    def do_auth(self, rest: str) -> bool:
        _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        wanted = self.server.manners
        if (user, password) != (wanted.user, wanted.password):
            return self._say("535 5.7.8 wrong name or password")
        self.user = user
        return self._say("235 come in")

    def do_mail(self, rest: str) -> bool:
        if self.server.manners.user and not self.user:
            return self._say("530 log in first")
        self.sender = _address(rest)
        return self._say("250 yes")

    def do_rcpt(self, rest: str) -> bool:
        self.to = _address(rest)
        return self._say(self.server.manners.refuses.get(self.to, "250 yes"))

    def do_rset(self, _rest: str) -> bool:
        self.sender = self.to = ""
        return self._say("250 yes")

    def do_data(self, _rest: str) -> bool:
        self._say("354 go on")
        lines = []
        while (text := self._read()) not in {b".\r\n", b""}:
            lines.append(text[1:] if text.startswith(b"..") else text)
        server = self.server
        if (
            server.manners.after_data is not None
            and len(server.taken) >= server.manners.takes_first
        ):
            return bool(server.manners.after_data) and self._say(server.manners.after_data)
        server.taken.append(
            Envelope(self.sender, self.to, b"".join(lines), self.secured, self.user)
        )
        return self._say("250 taken")


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


@contextmanager
def listening(manners: Manners | None = None) -> Iterator[MailServer]:
    """A server that answers until the block ends."""
    with MailServer(manners or Manners()) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def certificate(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1, in one file; whoever trusts the file trusts it."""
    path = folder / "mail-server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", path, "-out", folder / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + (folder / "certificate.pem").read_bytes())
    return path
